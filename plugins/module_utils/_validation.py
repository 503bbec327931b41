# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a schema is one that somebody can answer, and what is wrong with a value, in a person's words."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import traceback
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._clients import check_client
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, one_line, printable
from ansible_collections.interactive.openstack.plugins.module_utils._schema import Field, Schema, fields, is_secret, shape, subschemas

try:
    import jsonschema
    import referencing
    from jsonschema import validators

    JSONSCHEMA_IMPORT_ERROR = None
except Exception:  # what is installed can be broken in any way
    JSONSCHEMA_IMPORT_ERROR = traceback.format_exc()

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
LONGEST_MATCH = 5  # seconds that a text may take to be compared with a pattern
SLOW_PATTERN = "slow pattern"
BOUNDS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))


def check(schema: t.Any) -> None:
    """Raise Failure (``bad_schema``) for what cannot be the schema of an answer; the sentence continues 'the schema'."""
    check_client("jsonschema", JSONSCHEMA_IMPORT_ERROR)
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


def complaint(schema: t.Any) -> str:
    """Return why nothing can be the answer to a schema; empty if something can."""
    try:
        check(schema)
    except Failure as failure:
        if failure.error_code != "bad_schema":
            raise
        return f"its schema {failure.message}"
    return ""


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
    """Return the class that validates by a schema: that of its own draft, if that is not older than it can be; else None."""
    found = validators.validator_for(schema, *([] if default is ... else [default]))
    return None if found in (None, jsonschema.Draft3Validator) else validators.extend(found, {"pattern": _pattern})


def _pattern(validator: t.Any, pattern: str, value: t.Any, schema: Schema) -> t.Iterator[t.Any]:
    """Compare a text with a pattern, of which some take for ever: these in a process that can be ended."""
    if not isinstance(value, str):
        return
    if len(re.findall(r"[*+]|,\}", pattern)) < 2:
        matches = re.search(pattern, value) is not None
    else:
        compare = "import json, re, sys; pattern, value = json.load(sys.stdin); sys.exit(re.search(pattern, value) is None)"
        try:
            given = json.dumps([pattern, value])
            matches = not subprocess.run([sys.executable, "-I", "-c", compare], input=given, text=True, timeout=LONGEST_MATCH, check=False).returncode
        except subprocess.TimeoutExpired:
            yield jsonschema.ValidationError("slow", validator=SLOW_PATTERN, validator_value=pattern, instance=value, schema=schema)
            return
    if not matches:
        yield jsonschema.ValidationError("no match")


def problems(schema: Schema, value: t.Any) -> list[str]:
    """Return what is wrong with a value, one sentence each without an end; empty if nothing is.

    The value of what is secret is in none of them.
    """
    check_client("jsonschema", JSONSCHEMA_IMPORT_ERROR)
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
    SLOW_PATTERN: "takes too long to be compared with the pattern {wanted}, which has to be mended",
    "minItems": "has to have at least {wanted} values",
    "maxItems": "has to have at most {wanted} values",
    "uniqueItems": "has a value twice: {said}",
}


def default_answer(schema: Schema) -> t.Any:
    """Return the answer that the schema's defaults make: its own, or those of its properties. None if they make none."""
    if "default" in schema:
        return schema["default"]
    made = {field.name: field.default for field in fields(schema) if field.name and field.has_default}
    return made if made and not problems(schema, made) else None


def listed(texts: t.Iterable[str]) -> str:
    """Return the first of some texts, as a sentence lists them."""
    texts = list(texts)
    return ", ".join(texts[:8]) + (", …" if len(texts) > 8 else "")


def repr_short(value: t.Any) -> str:
    """Return a value as a person reads it in a sentence, on one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = one_line(text, LONGEST_VALUE)
    return f"'{text}'" if isinstance(value, str) else text
