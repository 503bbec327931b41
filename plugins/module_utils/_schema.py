# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of an answer: whether it is one, its fields, and what is wrong with a value, in a person's words."""

from __future__ import annotations

import json
import traceback
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._cloud import missing_client
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, one_line, printable

try:
    import jsonschema
    from jsonschema import validators

    JSONSCHEMA_IMPORT_ERROR = None
except ImportError:
    JSONSCHEMA_IMPORT_ERROR = traceback.format_exc()

Schema = t.Dict[str, t.Any]

KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "a dictionary",
    "null": "nothing (null)",
}
FORMATS = {
    "date": "a date, YYYY-MM-DD",
    "time": "a time",
    "date-time": "a date and a time as in RFC 3339",
    "email": "an e-mail address",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "uuid": "a UUID",
    "regex": "a regular expression",
    "hostname": "a host name",
    "uri": "a URI",
}
LONGEST_VALUE = 60  # characters of a value in a sentence about it


class Field:
    """One thing that a question asks for: a property of the answer, or the whole answer (``name`` is empty then)."""

    def __init__(self, name: str, schema: t.Any, required: bool = True, secret: bool = False) -> None:
        self.name = name
        self.schema: Schema = schema if isinstance(schema, dict) else {}
        self.required = required
        self.secret = secret or is_secret(self.schema)

    @property
    def title(self) -> str:
        title = self.schema.get("title")
        return printable(title if isinstance(title, str) and title.strip() else self.name)

    @property
    def description(self) -> str:
        text = self.schema.get("description")
        return printable(text) if isinstance(text, str) else ""

    @property
    def kind(self) -> str:
        """Return the JSON type that is asked for; empty if any will do."""
        return kind(self.schema)

    @property
    def choices(self) -> list[t.Any]:
        """Return the values to choose from; of a list, those of its items; empty if it is no choice."""
        return choices(self.items if self.kind == "array" else self.schema)

    @property
    def items(self) -> Schema:
        items = self.schema.get("items")
        return items if isinstance(items, dict) else {}

    @property
    def has_default(self) -> bool:
        return "default" in self.schema

    @property
    def default(self) -> t.Any:
        return self.schema.get("default")


def kind(schema: Schema) -> str:
    named = schema.get("type")
    if isinstance(named, list):
        named = next((one for one in named if one != "null"), None)
    if isinstance(named, str):
        return named
    if isinstance(schema.get("properties"), dict):
        return "object"
    return "array" if "items" in schema else ""


def choices(schema: Schema) -> list[t.Any]:
    found = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return found if isinstance(found, list) else []


def is_secret(schema: Schema) -> bool:
    """Tell whether what a schema describes, or anything in it, is not to be shown."""
    if schema.get("writeOnly") is True or schema.get("format") == "password":
        return True
    inner = [schema.get("items"), *(schema["properties"].values() if isinstance(schema.get("properties"), dict) else ())]
    return any(isinstance(one, dict) and is_secret(one) for one in inner)


def fields(schema: Schema) -> list[Field]:
    """Return what to ask for, in the order of the schema: of an object each of its properties, else the answer itself."""
    properties = schema.get("properties")
    if kind(schema) != "object" or not isinstance(properties, dict) or not properties:
        return [Field("", schema)]
    required = schema.get("required")
    needed = set(required) if isinstance(required, list) else set()
    whole = schema.get("writeOnly") is True
    return [Field(name, one, required=name in needed, secret=whole) for name, one in properties.items()]


def default_answer(schema: Schema) -> t.Any:
    """Return the answer that the schema's defaults make: its own, or those of its properties. None if they make none."""
    if "default" in schema:
        return schema["default"]
    made = {field.name: field.default for field in fields(schema) if field.name and field.has_default}
    return made if made and not problems(schema, made) else None


def check(schema: t.Any) -> None:
    """Raise Failure (``bad_schema``) for what cannot be the schema of an answer; the sentence continues 'the schema'."""
    if JSONSCHEMA_IMPORT_ERROR:
        raise missing_client("jsonschema")
    if not isinstance(schema, dict):
        raise Failure(f"is {json.dumps(schema)[:LONGEST_VALUE]} and no dictionary", "bad_schema")
    if _refers(schema):
        raise Failure("uses $ref, which is not followed: write the schema in one piece", "bad_schema")
    try:
        validators.validator_for(schema).check_schema(schema)
    except jsonschema.SchemaError as error:
        place = ".".join(map(str, error.absolute_path))
        raise Failure(f"is no JSON Schema: {f'{place}: ' if place else ''}{one_line(error.message, 200)}", "bad_schema") from None
    except RecursionError:
        raise Failure("is nested too deep", "bad_schema") from None
    for field in [Field("", schema), *fields(schema)]:
        wrong = problems(field.schema, field.default) if field.has_default else []
        if wrong:
            whose = f" of '{printable(field.name)}'" if field.name else ""
            raise Failure(f"has a default{whose} that it does not allow: {wrong[0]}", "bad_schema")


def _refers(schema: t.Any) -> bool:
    """Tell whether a schema refers to anything: to other places on the network, or to itself without an end."""
    if isinstance(schema, dict):
        return any(
            key in ("$ref", "$dynamicRef", "$recursiveRef") and isinstance(value, str) or _refers(value)
            for key, value in schema.items()
            if key not in ("default", "enum", "const", "examples")
        )
    return isinstance(schema, list) and any(map(_refers, schema))


def problems(schema: Schema, value: t.Any) -> list[str]:
    """Return what is wrong with a value, one sentence each without an end; empty if nothing is.

    The value of what is secret is in none of them.
    """
    if JSONSCHEMA_IMPORT_ERROR:
        raise missing_client("jsonschema")
    cls = validators.validator_for(schema)
    validator = cls(schema, format_checker=jsonschema.FormatChecker())
    found = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
    return [_sentence(schema, error) for error in found]


def _sentence(schema: Schema, error: t.Any) -> str:
    path = list(error.absolute_path)
    where = ".".join(str(part + 1) if isinstance(part, int) else printable(part) for part in path)
    wrong = _wrong(error, _secret_at(schema, path))
    return f"'{where}' {wrong}" if where else wrong


def _secret_at(schema: Schema, path: list[t.Any]) -> bool:
    for part in path:
        if is_secret(dict(schema, properties={}, items={})):
            return True
        inner = schema.get("items") if isinstance(part, int) else (schema.get("properties") or {}).get(part)
        schema = inner if isinstance(inner, dict) else {}
    return is_secret(schema)


def _wrong(error: t.Any, secret: bool) -> str:
    keyword, wanted = error.validator, error.validator_value
    if keyword == "required":
        missing = [name for name in wanted if name not in error.instance]
        return f"lacks '{printable(missing[0])}'" if missing else "lacks a value"
    said = "what was given" if secret else repr_short(error.instance)
    if keyword == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        return f"has to be {' or '.join(KINDS.get(one, one) for one in kinds)}, not {said}"
    if keyword in ("enum", "const"):
        values = wanted if keyword == "enum" else [wanted]
        listed = ", ".join(repr_short(one) for one in values[:8]) + (", …" if len(values) > 8 else "")
        return f"has to be one of {listed}, not {said}" if len(values) > 1 else f"has to be {listed}, not {said}"
    if keyword == "format":
        return f"has to be {FORMATS.get(wanted, f'of the format {printable(str(wanted))}')}, not {said}"
    if keyword == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties") or {}
        extra = [name for name in error.instance if name not in known]
        return f"takes no '{printable(str(extra[0]))}'" if extra else "has a value that is not allowed"
    rule = RULES.get(keyword)
    if rule:
        return rule.format(wanted=printable(str(wanted)), said=said)
    return f"does not satisfy the schema's '{keyword}'" + ("" if secret else f": {said}")


RULES = {
    "minimum": "has to be at least {wanted}, not {said}",
    "maximum": "has to be at most {wanted}, not {said}",
    "exclusiveMinimum": "has to be more than {wanted}, not {said}",
    "exclusiveMaximum": "has to be less than {wanted}, not {said}",
    "multipleOf": "has to be a multiple of {wanted}, not {said}",
    "minLength": "has to have at least {wanted} characters",
    "maxLength": "has to have at most {wanted} characters",
    "pattern": "has to match {wanted}, not {said}",
    "minItems": "has to have at least {wanted} values",
    "maxItems": "has to have at most {wanted} values",
    "uniqueItems": "has a value twice: {said}",
}


def repr_short(value: t.Any) -> str:
    """Return a value as a person reads it in a sentence, on one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = one_line(text, LONGEST_VALUE)
    return f"'{text}'" if isinstance(value, str) else text
