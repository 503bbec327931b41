# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of an answer as a person meets it: its fields, and which are secret."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .._base.json_types import Json, JsonObject, as_object
from .._base.text import display_text

Schema = JsonObject  # a JSON Schema that is a dictionary; others are true and false

# Where a schema contains others: as a value, in a list, in a dictionary whose names are no
# keywords.
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


COMBINING = ("allOf", "anyOf", "oneOf")


@dataclasses.dataclass(frozen=True)
class Field:
    """A value that a question asks for: a property of the answer, or the answer itself.

    The name of the answer itself is empty. ``within_secret`` says that the whole answer is secret.
    """

    name: str
    schema: Schema
    required: bool = True
    within_secret: bool = False

    @functools.cached_property
    def shape(self) -> Schema:
        """The schema as a person meets it."""
        return shape(self.schema)

    @functools.cached_property
    def secret(self) -> bool:
        """Whether no value of the field may be shown."""
        return self.within_secret or is_secret(self.schema)

    @property
    def title(self) -> str:
        """What to call the field: display text."""
        title = self.shape.get("title")
        if isinstance(title, str) and title.strip():
            return display_text(title)
        return display_text(self.name)

    @property
    def description(self) -> str:
        """What the schema says about the field: display text; may be empty."""
        text = self.shape.get("description")
        if isinstance(text, str):
            return display_text(text)
        return ""

    @property
    def kind(self) -> str:
        """The JSON type of the value; empty if any will do."""
        return kind(self.shape)

    @property
    def choices(self) -> list[Json]:
        """The values to choose from; for a list, those of its items.

        Empty if there is no choice.
        """
        return choices(self.items if self.kind == "array" else self.shape)

    @property
    def items(self) -> Schema:
        """The schema of a list's items; empty if any will do."""
        return shape(as_object(self.shape.get("items")))

    @property
    def has_default(self) -> bool:
        """Whether the schema has a default value, which may be None."""
        return "default" in self.shape

    @property
    def default(self) -> Json:
        """The default value of the schema."""
        return self.shape.get("default")


def shape(schema: Schema) -> Schema:
    """Return what a schema asks a person for.

    Its allOf is merged into it, and so are its choices, and the branch of its anyOf or oneOf if
    only one is not null.
    """
    merged = {key: value for key, value in schema.items() if key not in COMBINING}
    for part in _dictionaries(schema.get("allOf")):
        _add(merged, shape(part))
    for key in ("anyOf", "oneOf"):
        branches = _dictionaries(schema.get(key))
        if branches and all("const" in branch for branch in branches):
            _add(merged, {"enum": [branch["const"] for branch in branches]})
        not_null = [branch for branch in branches if branch.get("type") != "null"]
        if len(not_null) == 1:
            _add(merged, shape(not_null[0]))
    return merged


def _add(schema: Schema, more: Schema) -> None:
    """Add the keywords that a schema lacks."""
    for key, value in more.items():
        schema.setdefault(key, value)


def _dictionaries(value: Json) -> list[Schema]:
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def kinds(schema: Schema) -> list[str]:
    """Return the JSON types that a schema asks for, without null if there are others.

    Empty if any will do.
    """
    types = schema.get("type")
    if isinstance(types, str):
        return [types]
    if isinstance(types, list):
        return [name for name in types if name != "null"]
    if isinstance(schema.get("properties"), dict):
        return ["object"]
    if "items" in schema:
        return ["array"]
    return []


def kind(schema: Schema) -> str:
    """Return the first JSON type that a schema asks for; empty if any will do."""
    return next(iter(kinds(schema)), "")


def allows_null(schema: Schema) -> bool:
    """Tell whether a schema names null as a value."""
    types = schema.get("type")
    names_null = types == "null" or (isinstance(types, list) and "null" in types)
    if names_null or None in choices(schema):
        return True
    return any(any(map(allows_null, _dictionaries(schema.get(key)))) for key in COMBINING)


def choices(schema: Schema) -> list[Json]:
    """Return the values that a schema allows one by one; empty if it lists none."""
    if "enum" not in schema:
        if "const" in schema:
            return [schema["const"]]
        return []
    values = schema["enum"]
    if isinstance(values, list):
        return values
    return []


def subschemas(schema: Json) -> t.Iterator[Schema]:
    """Yield a schema and all that it contains, however deep they are."""
    unseen = [schema]
    while unseen:
        part = unseen.pop()
        if not isinstance(part, dict):
            continue
        yield part
        unseen += [part[key] for key in HOLDING_ONE if key in part]
        for key in HOLDING_LISTS:
            if isinstance(part.get(key), list):
                unseen += part[key]
        for key in HOLDING_NAMED:
            if isinstance(part.get(key), dict):
                unseen += part[key].values()


def is_secret(schema: Schema) -> bool:
    """Tell whether a value of this schema, or any part of it, must not be shown."""
    return any(map(_is_marked_secret, subschemas(schema)))


def _is_marked_secret(schema: Schema) -> bool:
    return schema.get("writeOnly") is True or schema.get("format") == "password"


def fields(schema: Schema) -> list[Field]:
    """Return what to ask for: an object's properties in their order, else the answer itself."""
    merged = shape(schema)
    properties = merged.get("properties")
    if kind(merged) != "object" or not isinstance(properties, dict) or not properties:
        return [Field("", schema)]
    required = _required(merged)
    schemas = {name: part for name, part in properties.items() if part is not False}
    schemas.update({name: {} for name in required if name not in properties})
    is_whole_secret = _is_secret_outside(schema, schemas.values())
    return [
        Field(
            name,
            as_object(part),
            required=name in required,
            within_secret=is_whole_secret,
        )
        for name, part in schemas.items()
    ]


def _is_secret_outside(schema: Schema, parts: t.Iterable[Json]) -> bool:
    """Tell whether a schema is marked as secret elsewhere than in these parts of it.

    Nobody can tell then which of the parts are secret.
    """
    inside = {id(inner) for part in parts for inner in subschemas(part)}
    marked = filter(_is_marked_secret, subschemas(schema))
    return any(id(part) not in inside for part in marked)


def _required(schema: Schema) -> dict[str, None]:
    """Return the names of the required properties, in their order and quick to look up."""
    names = schema.get("required")
    if not isinstance(names, list):
        return {}
    return {name: None for name in names if isinstance(name, str)}
