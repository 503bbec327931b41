# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of an answer as a person meets it: its fields, what each asks for, and what is a secret."""

from __future__ import annotations

import typing as t

from .._base.text import display_text

Schema = t.Dict[str, t.Any]

# where a schema holds others: as a value, in a list, in a dictionary by names that are not keywords
HOLDING_ONE = (
    "items",
    "additionalItems",
    "additionalProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
)
HOLDING_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
HOLDING_NAMED = (
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
)


class Field:
    """One thing that a question asks for: a property of the answer, or the whole answer (``name`` is empty then)."""

    def __init__(
        self, name: str, schema: t.Any, required: bool = True, secret: bool = False
    ) -> None:
        self.name = name
        self.schema: Schema = schema if isinstance(schema, dict) else {}
        self.shape = shape(self.schema)
        self.required = required
        self.secret = secret or is_secret(self.schema)

    @property
    def title(self) -> str:
        title = self.shape.get("title")
        return display_text(title if isinstance(title, str) and title.strip() else self.name)

    @property
    def description(self) -> str:
        text = self.shape.get("description")
        return display_text(text) if isinstance(text, str) else ""

    @property
    def kind(self) -> str:
        """Return the JSON type that is asked for; empty if any will do."""
        return kind(self.shape)

    @property
    def choices(self) -> list[t.Any]:
        """Return the values to choose from; of a list, those of its items; empty if it is no choice."""
        return choices(self.items if self.kind == "array" else self.shape)

    @property
    def items(self) -> Schema:
        items = self.shape.get("items")
        return shape(items) if isinstance(items, dict) else {}

    @property
    def has_default(self) -> bool:
        return "default" in self.shape

    @property
    def default(self) -> t.Any:
        return self.shape.get("default")


def shape(schema: Schema) -> Schema:
    """Return what a person is asked for by a schema: with its allOf, the one branch of its anyOf that is not null, its choices."""
    made = {key: value for key, value in schema.items() if key not in ("allOf", "anyOf", "oneOf")}
    for part in _dictionaries(schema.get("allOf")):
        _add(made, shape(part))
    for key in ("anyOf", "oneOf"):
        branches = _dictionaries(schema.get(key))
        if branches and all("const" in branch for branch in branches):
            _add(made, {"enum": [branch["const"] for branch in branches]})
        branches = [branch for branch in branches if branch.get("type") != "null"]
        if len(branches) == 1:
            _add(made, shape(branches[0]))
    return made


def _add(schema: Schema, more: Schema) -> None:
    """Add the keywords that a schema lacks."""
    for key, value in more.items():
        schema.setdefault(key, value)


def _dictionaries(value: t.Any) -> list[Schema]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def kinds(schema: Schema) -> list[str]:
    """Return the JSON types that are asked for beside null; none if any will do."""
    named = schema.get("type")
    if isinstance(named, (str, list)):
        return [
            one
            for one in ([named] if isinstance(named, str) else named)
            if one != "null" or named == "null"
        ]
    if isinstance(schema.get("properties"), dict):
        return ["object"]
    return ["array"] if "items" in schema else []


def kind(schema: Schema) -> str:
    return next(iter(kinds(schema)), "")


def allows_null(schema: Schema) -> bool:
    """Tell whether a schema names null as a value."""
    named = schema.get("type")
    branches = [
        branch for key in ("allOf", "anyOf", "oneOf") for branch in _dictionaries(schema.get(key))
    ]
    return (
        named == "null"
        or isinstance(named, list)
        and "null" in named
        or None in choices(schema)
        or any(map(allows_null, branches))
    )


def choices(schema: Schema) -> list[t.Any]:
    found = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return found if isinstance(found, list) else []


def subschemas(schema: t.Any) -> t.Iterator[Schema]:
    """Yield a schema and all that are in it, however deep they are."""
    found = [schema]
    while found:
        one = found.pop()
        if not isinstance(one, dict):
            continue
        yield one
        found += [one[key] for key in HOLDING_ONE if key in one]
        for key in HOLDING_LISTS:
            if isinstance(one.get(key), list):
                found += one[key]
        for key in HOLDING_NAMED:
            if isinstance(one.get(key), dict):
                found += one[key].values()


def is_secret(schema: Schema) -> bool:
    """Tell whether what a schema describes, or anything in it, is not to be shown."""
    return any(
        one.get("writeOnly") is True or one.get("format") == "password"
        for one in subschemas(schema)
    )


def fields(schema: Schema) -> list[Field]:
    """Return what to ask for, in the order of the schema: of an object each of its properties, else the answer itself."""
    made = shape(schema)
    properties = made.get("properties")
    if kind(made) != "object" or not isinstance(properties, dict) or not properties:
        return [Field("", schema)]
    required = made.get("required")
    needed = (
        [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    )
    asked = {name: one for name, one in properties.items() if one is not False}
    asked.update({name: {} for name in needed if name not in properties})
    whole = made.get("writeOnly") is True
    required_names = set(needed)
    return [
        Field(name, one, required=name in required_names, secret=whole)
        for name, one in asked.items()
    ]
