# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of an answer: whether it is one, its fields, and what is wrong with a value, in a person's words."""

from __future__ import annotations

import json
import math
import re
import traceback
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._cloud import missing_client
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, one_line, printable

try:
    import jsonschema
    import referencing
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
BOUNDS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))
# where a schema holds others: as a value, in a list, in a dictionary by names that are not keywords
HOLDING_ONE = ("items", "additionalItems", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else",
               "unevaluatedItems", "unevaluatedProperties")
HOLDING_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
HOLDING_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")


class Field:
    """One thing that a question asks for: a property of the answer, or the whole answer (``name`` is empty then)."""

    def __init__(self, name: str, schema: t.Any, required: bool = True, secret: bool = False) -> None:
        self.name = name
        self.schema: Schema = schema if isinstance(schema, dict) else {}
        self.shape = shape(self.schema)
        self.required = required
        self.secret = secret or is_secret(self.schema)

    @property
    def title(self) -> str:
        title = self.shape.get("title")
        return printable(title if isinstance(title, str) and title.strip() else self.name)

    @property
    def description(self) -> str:
        text = self.shape.get("description")
        return printable(text) if isinstance(text, str) else ""

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
        made = {**shape(part), **made}
    for key in ("anyOf", "oneOf"):
        branches = _dictionaries(schema.get(key))
        if branches and all("const" in branch for branch in branches):
            made = {"enum": [branch["const"] for branch in branches], **made}
        branches = [branch for branch in branches if branch.get("type") != "null"]
        if len(branches) == 1:
            made = {**shape(branches[0]), **made}
    return made


def _dictionaries(value: t.Any) -> list[Schema]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def kinds(schema: Schema) -> list[str]:
    """Return the JSON types that are asked for beside null; none if any will do."""
    named = schema.get("type")
    if isinstance(named, (str, list)):
        return [one for one in ([named] if isinstance(named, str) else named) if one != "null" or named == "null"]
    if isinstance(schema.get("properties"), dict):
        return ["object"]
    return ["array"] if "items" in schema else []


def kind(schema: Schema) -> str:
    return next(iter(kinds(schema)), "")


def allows_null(schema: Schema) -> bool:
    """Tell whether a schema names null as a value."""
    named = schema.get("type")
    branches = [branch for key in ("allOf", "anyOf", "oneOf") for branch in _dictionaries(schema.get(key))]
    return named == "null" or isinstance(named, list) and "null" in named or None in choices(schema) or any(map(allows_null, branches))


def choices(schema: Schema) -> list[t.Any]:
    found = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return found if isinstance(found, list) else []


def subschemas(schema: t.Any) -> t.Iterator[Schema]:
    """Yield a schema and all that are in it."""
    if not isinstance(schema, dict):
        return
    yield schema
    held = [schema.get(key) for key in HOLDING_ONE]
    held += [one for key in HOLDING_LISTS if isinstance(schema.get(key), list) for one in schema[key]]
    held += [one for key in HOLDING_NAMED if isinstance(schema.get(key), dict) for one in schema[key].values()]
    for one in held:
        yield from subschemas(one)


def is_secret(schema: Schema) -> bool:
    """Tell whether what a schema describes, or anything in it, is not to be shown."""
    return any(one.get("writeOnly") is True or one.get("format") == "password" for one in subschemas(schema))


def fields(schema: Schema) -> list[Field]:
    """Return what to ask for, in the order of the schema: of an object each of its properties, else the answer itself."""
    made = shape(schema)
    properties = made.get("properties")
    if kind(made) != "object" or not isinstance(properties, dict) or not properties:
        return [Field("", schema)]
    required = made.get("required")
    needed = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    asked = {name: one for name, one in properties.items() if one is not False}
    asked.update({name: {} for name in needed if name not in properties})
    whole = made.get("writeOnly") is True
    return [Field(name, one, required=name in needed, secret=whole) for name, one in asked.items()]


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
        raise Failure(f"is {json.dumps(schema, default=str)[:LONGEST_VALUE]} and no dictionary", "bad_schema")
    try:
        _check_keywords(schema)
    except RecursionError:
        raise Failure("is nested too deep", "bad_schema") from None
    for field in [Field("", schema), *fields(schema)]:
        wrong = problems(field.schema, field.default) if field.has_default else []
        if wrong:
            whose = f" of '{printable(field.name)}'" if field.name else ""
            raise Failure(f"has a default{whose} that it does not allow: {wrong[0]}", "bad_schema")


def _check_keywords(schema: Schema) -> None:
    if "$schema" in schema and not (isinstance(schema["$schema"], str) and _validator(schema, None)):
        raise Failure("names a $schema that is not known: leave it out", "bad_schema")
    try:
        _validator(schema).check_schema(schema)
    except jsonschema.SchemaError as error:
        place = ".".join(map(str, error.absolute_path))
        raise Failure(f"is no JSON Schema: {f'{place}: ' if place else ''}{one_line(error.message, 200)}", "bad_schema") from None
    for one in subschemas(schema):
        # to other places on the network, or to itself without an end
        if any(key in one for key in ("$ref", "$dynamicRef", "$recursiveRef")):
            raise Failure("uses $ref, which is not followed: write the schema in one piece", "bad_schema")
        if one is not schema and "$schema" in one:
            raise Failure("names a $schema in its midst: leave it out", "bad_schema")
        if one.get("enum") == []:
            raise Failure("has an 'enum' without a value to choose", "bad_schema")
        if "" in (one.get("properties") or {}):
            raise Failure("has a property without a name", "bad_schema")
        for least, most in BOUNDS:
            if least in one and most in one and one[least] > one[most]:
                raise Failure(f"allows nothing: its {least}, {one[least]}, is above its {most}, {one[most]}", "bad_schema")


def _validator(schema: Schema, default: t.Any = ...) -> t.Any:
    """Return the class that validates by a schema: that of its own draft, if that is not older than it can be."""
    found = validators.validator_for(schema, *([] if default is ... else [default]))
    return None if found is jsonschema.Draft3Validator else found


def problems(schema: Schema, value: t.Any) -> list[str]:
    """Return what is wrong with a value, one sentence each without an end; empty if nothing is.

    The value of what is secret is in none of them.
    """
    if JSONSCHEMA_IMPORT_ERROR:
        raise missing_client("jsonschema")
    if _is_endless(value):
        return ["has to be a number that is not infinite"]
    # nothing is fetched, whatever a schema refers to
    validator = _validator(schema)(schema, format_checker=jsonschema.FormatChecker(), registry=referencing.Registry())
    try:
        found = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
    except OverflowError:
        return ["has to be a number that is not as large"]
    return [_sentence(schema, error) for error in found]


def _is_endless(value: t.Any) -> bool:
    """Tell whether a value holds what JSON has no number for: infinity, or what is no number."""
    if isinstance(value, dict):
        return any(map(_is_endless, value.values()))
    if isinstance(value, list):
        return any(map(_is_endless, value))
    return isinstance(value, float) and not math.isfinite(value)


def _sentence(schema: Schema, error: t.Any) -> str:
    path = list(error.absolute_path)
    where = ".".join(str(part + 1) if isinstance(part, int) else printable(part) for part in path)
    wrong = _wrong(error, _secret_at(schema, path))
    return f"'{where}' {wrong}" if where else wrong


def _secret_at(schema: Schema, path: list[t.Any]) -> bool:
    for part in path:
        schema = shape(schema)
        if is_secret({key: value for key, value in schema.items() if key not in ("properties", "items")}):
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
        return f"has to be {'one of ' if len(values) > 1 else ''}{listed(map(repr_short, values))}, not {said}"
    if keyword == "format":
        return f"has to be {FORMATS.get(wanted, f'of the format {printable(str(wanted))}')}, not {said}"
    if keyword == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties") or {}
        patterns = error.schema.get("patternProperties") or {}
        extra = [name for name in error.instance if name not in known and not any(re.search(one, name) for one in patterns)]
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


def listed(texts: t.Iterable[str]) -> str:
    """Return the first of some texts, as a sentence lists them."""
    texts = list(texts)
    return ", ".join(texts[:8]) + (", …" if len(texts) > 8 else "")


def repr_short(value: t.Any) -> str:
    """Return a value as a person reads it in a sentence, on one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = one_line(text, LONGEST_VALUE)
    return f"'{text}'" if isinstance(value, str) else text
