# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a schema is one that somebody can answer, and what is wrong with a value, in a person's words."""

from __future__ import annotations

import functools
import itertools
import json
import re
import time
import traceback
import typing as t

from .._base.clients import check_client
from .._base.errors import Failure
from .._base.limits import (
    ENDLESS,
    MEMORY_MEGABYTES,
    CPU_SECONDS,
    TOO_DEEP,
    TOO_LARGE,
    TOO_LARGE_A_NUMBER,
    Budget,
    NoRoom,
    TooMuch,
    measure,
)
from .._base.text import one_line
from .harmless import is_harmless, is_harmless_for
from .schema import (
    HOLDING_LISTS,
    HOLDING_NAMED,
    HOLDING_ONE,
    Field,
    Schema,
    fields,
    is_secret,
    shape,
    subschemas,
)

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
LONGEST_RULE = 200  # characters of what a schema wants
MOST_FIELDS = 1000  # of a question
MOST_PROBLEMS = 100  # that are told; of ten times as many the first are found out
BOUNDS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)

NOTHING: Schema = {"not": {}}  # what no value satisfies
CLOSING = (
    "additionalProperties",
    "additionalItems",
    "unevaluatedProperties",
    "unevaluatedItems",
)  # false is about names there

BAD_SCHEMA = "bad_schema"
COSTLY = f"more than {CPU_SECONDS:g} seconds or {MEMORY_MEGABYTES} MB"
# why a schema is not looked at, to continue 'the schema'
SCHEMA_FLAWS = {
    TOO_DEEP: "is nested too deep",
    TOO_LARGE: "is too large",
    TOO_LARGE_A_NUMBER: "holds a number of more than 300 digits",
    ENDLESS: "holds a number that is infinite or none",
}
# and a value
VALUE_FLAWS = {
    TOO_DEEP: "has to be nested less deep",
    TOO_LARGE: "has to be smaller",
    TOO_LARGE_A_NUMBER: "has to be a number that is not as large",
    ENDLESS: "has to be a number that is not infinite",
}
TOO_COSTLY = f"takes {COSTLY} to be checked: make it simpler"
COSTLY_FOR = 60  # seconds for which that is remembered of a schema
MOST_REMEMBERED = 64  # schemas
UNCHECKED = (
    f"cannot be checked: that takes {COSTLY}, so the question's schema has to be made simpler"
)
UNCHECKED_NOW = "cannot be checked now, as this machine has no process or memory left for that: try again when it is less busy"
_costly_until: dict[str, float] = {}  # by the schema's text

Pair = t.Tuple[Schema, t.Any]  # a schema, and a value that it is to allow


def complaint(schema: t.Any) -> str:
    """Return why nothing can be the answer to a schema; empty if something can. It takes a limited time. Raises NoRoom."""
    flaw = _flaw(schema)
    return f"its schema {flaw}" if flaw else ""


def _flaw(schema: t.Any) -> str:
    """Return what is wrong with a schema, to continue 'the schema'; empty if nothing is."""
    check_client("jsonschema", JSONSCHEMA_IMPORT_ERROR)
    if not isinstance(schema, dict):
        return f"is {repr_short(schema)} and no dictionary"
    flaw = measure(schema).flaw
    if flaw:
        return SCHEMA_FLAWS[flaw]
    if len(fields(schema)) > MOST_FIELDS:
        return f"asks for more than {MOST_FIELDS} values"
    try:
        text = json.dumps(schema)
    except (TypeError, ValueError):
        return "holds what JSON has no type for"
    if time.monotonic() < _costly_until.get(text, 0):
        return TOO_COSTLY
    try:
        return _remembered(text)
    except TooMuch:
        if len(_costly_until) >= MOST_REMEMBERED:
            _costly_until.clear()
        _costly_until[text] = time.monotonic() + COSTLY_FOR
        return TOO_COSTLY


@functools.lru_cache(maxsize=MOST_REMEMBERED)
def _remembered(schema: str) -> str:
    """Return what is wrong with a schema that was looked at before: who waits looks at the same question again and again.

    Raises TooMuch, which is not remembered for good: the machine may have been busy.
    """
    data = json.loads(schema)
    defaults = [(field.schema, field.default) for field in _with_defaults(data)]
    if is_harmless(data) and all(is_harmless_for(*pair) for pair in defaults):
        return _wrong_with(data)
    return Budget().spend(lambda: _wrong_with(data))


def _with_defaults(schema: Schema) -> list[Field]:
    return [field for field in [Field("", schema), *fields(schema)] if field.has_default]


def _wrong_with(schema: Schema) -> str:
    """Return what is wrong with a schema; not to be called without a limit for one that is not known to be harmless."""
    try:
        _check_keywords(schema)
        for field in _with_defaults(schema):
            wrong = _problems(field.schema, field.default)
            if wrong == [UNCHECKED]:
                raise TooMuch
            if wrong:
                whose = f" of '{_part(field.name)}'" if field.name else ""
                return f"has a default{whose} that it does not allow: {wrong[0]}"
    except Failure as failure:
        return failure.message
    except RecursionError:
        return SCHEMA_FLAWS[TOO_DEEP]
    except MemoryError:
        raise TooMuch from None
    except (OverflowError, ValueError, TypeError, ArithmeticError) as error:
        return f"cannot be used: {one_line(error, LONGEST_RULE) or type(error).__name__}"
    return ""


def _check_keywords(schema: Schema) -> None:
    if "$schema" in schema and not (
        isinstance(schema["$schema"], str) and _validator(schema, None)
    ):
        raise Failure("names a $schema that is not known: leave it out", BAD_SCHEMA)
    try:
        _validator(schema).check_schema(schema)
    except jsonschema.SchemaError as error:
        place = _part(".".join(map(str, error.absolute_path)))
        where = f"{place}: " if place else ""
        raise Failure(
            f"is no JSON Schema: {where}{one_line(error.message, LONGEST_RULE)}", BAD_SCHEMA
        ) from None
    for one in subschemas(schema):
        # to other places on the network, or to itself without an end
        if any(key in one for key in ("$ref", "$dynamicRef", "$recursiveRef")):
            raise Failure(
                "uses $ref, which is not followed: write the schema in one piece", BAD_SCHEMA
            )
        if one is not schema and "$schema" in one:
            raise Failure("names a $schema in its midst: leave it out", BAD_SCHEMA)
        if one.get("enum") == []:
            raise Failure("has an 'enum' without a value to choose", BAD_SCHEMA)
        if "" in (one.get("properties") or {}):
            raise Failure("has a property without a name", BAD_SCHEMA)
        for least, most in BOUNDS:
            if least in one and most in one and one[least] > one[most]:
                raise Failure(
                    f"allows nothing: its {least}, {one[least]}, is above its {most}, {one[most]}",
                    BAD_SCHEMA,
                )


def _validator(schema: Schema, default: t.Any = ...) -> t.Any:
    """Return the class that validates by a schema: that of its own draft, if that is not older than it can be; else None."""
    found = validators.validator_for(schema, *([] if default is ... else [default]))
    if found in (None, jsonschema.Draft3Validator):
        return None
    return _extended(found)


@functools.cache
def _extended(draft: t.Any) -> t.Any:
    return validators.extend(draft, {"uniqueItems": _unique_items})


def _unique_items(
    validator: t.Any, wanted: t.Any, value: t.Any, schema: Schema
) -> t.Iterator[t.Any]:
    """Find values that are there twice, in linear time."""
    if not wanted or not isinstance(value, list):
        return
    texts = {_canonical(one) for one in value}
    if len(texts) < len(value):
        yield jsonschema.ValidationError("not unique")


def _canonical(value: t.Any) -> str:
    """Return a text that is the same for values that are equal in JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, dict):
        inside = ",".join(
            sorted(f"{json.dumps(str(name))}:{_canonical(one)}" for name, one in value.items())
        )
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, default=str)


def problems(schema: Schema, value: t.Any, budget: Budget | None = None) -> list[str]:
    """Return what is wrong with a value, one sentence each without an end; empty if nothing is.

    The value of what is secret is in none of them.
    """
    return problems_of([(schema, value)], budget)[0]


def problems_of(pairs: list[Pair], budget: Budget | None = None) -> list[list[str]]:
    """Return what is wrong with each of some values, all of which share one limit."""
    check_client("jsonschema", JSONSCHEMA_IMPORT_ERROR)
    flaws = [measure(value).flaw for _schema, value in pairs]
    found = [[VALUE_FLAWS[flaw]] if flaw else [] for flaw in flaws]
    sound = [place for place, flaw in enumerate(flaws) if not flaw]
    risky = []
    for place in sound:
        if is_harmless_for(*pairs[place]):
            found[place] = _problems(*pairs[place])
        else:
            risky.append(place)
    if risky:
        try:
            told = (budget or Budget()).spend(lambda: [_problems(*pairs[place]) for place in risky])
        except TooMuch:
            told = [[UNCHECKED]] * len(risky)
        except NoRoom:
            told = [[UNCHECKED_NOW]] * len(risky)
        for place, wrong in zip(risky, told):
            found[place] = wrong
    return found


def _problems(schema: Schema, value: t.Any) -> list[str]:
    """Return what is wrong with a value; not to be called without a limit for what is not known to be harmless."""
    try:
        # nothing is fetched, whatever a schema refers to
        validator = _validator(schema)(
            _spelled_out(schema),
            format_checker=jsonschema.FormatChecker(),
            registry=referencing.Registry(),
        )
        errors = list(itertools.islice(validator.iter_errors(value), 10 * MOST_PROBLEMS))
        errors.sort(key=lambda error: [str(part) for part in error.absolute_path])
        return [_sentence(schema, error) for error in errors[:MOST_PROBLEMS]]
    except OverflowError:
        return [VALUE_FLAWS[TOO_LARGE_A_NUMBER]]
    except RecursionError:
        return [VALUE_FLAWS[TOO_DEEP]]
    except MemoryError:
        return [UNCHECKED]
    except (ValueError, TypeError, ArithmeticError):
        return ["cannot be checked by the question's schema, which has to be mended"]


def _spelled_out(schema: t.Any) -> t.Any:
    """Return a schema that writes {"not": {}} where it has false: of that, jsonschema does not tell the place."""
    if schema is False:
        return NOTHING
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    for key in HOLDING_ONE:
        if key in made and (key not in CLOSING or made[key] is not False):
            made[key] = _spelled_out(made[key])
    for key in HOLDING_LISTS:
        if isinstance(made.get(key), list):
            made[key] = list(map(_spelled_out, made[key]))
    for key in HOLDING_NAMED:
        if isinstance(made.get(key), dict):
            made[key] = {name: _spelled_out(one) for name, one in made[key].items()}
    return made


def _part(name: t.Any) -> str:
    return one_line(name, LONGEST_RULE)


def _sentence(schema: Schema, error: t.Any) -> str:
    path = list(error.absolute_path)
    where = ".".join(str(part + 1) if isinstance(part, int) else _part(part) for part in path)
    if error.validator == "not" and error.validator_value == NOTHING["not"]:
        return f"'{where}' is not allowed: leave it out" if where else "is not allowed"
    wrong = _wrong(error, _secret_at(schema, path))
    return f"'{where}' {wrong}" if where else wrong


def _secret_at(schema: Schema, path: list[t.Any]) -> bool:
    for part in path:
        schema = shape(schema)
        if is_secret(
            {key: value for key, value in schema.items() if key not in ("properties", "items")}
        ):
            return True
        inner = (
            schema.get("items")
            if isinstance(part, int)
            else (schema.get("properties") or {}).get(part)
        )
        schema = inner if isinstance(inner, dict) else {}
    return is_secret(schema)


def _wrong(error: t.Any, secret: bool) -> str:
    keyword, wanted = error.validator, error.validator_value
    if keyword == "required":
        missing = [name for name in wanted if name not in error.instance]
        return f"lacks '{_part(missing[0])}'" if missing else "lacks a value"
    said = "what was given" if secret else repr_short(error.instance)
    if keyword == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        return f"has to be {' or '.join(KINDS.get(one, one) for one in kinds)}, not {said}"
    if keyword in ("enum", "const"):
        values = wanted if keyword == "enum" else [wanted]
        return f"has to be {'one of ' if len(values) > 1 else ''}{listed(map(repr_short, values))}, not {said}"
    if keyword == "format":
        return f"has to be {FORMATS.get(wanted, f'of the format {_rule(wanted)}')}, not {said}"
    if keyword == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties") or {}
        patterns = error.schema.get("patternProperties") or {}
        extra = (
            name
            for name in error.instance
            if name not in known and not any(re.search(one, name) for one in patterns)
        )
        name = next(extra, None)
        return "has a value that is not allowed" if name is None else f"takes no '{_part(name)}'"
    rule = RULES.get(keyword)
    if rule:
        return rule.format(wanted=_rule(wanted), said=said)
    return f"does not satisfy the schema's '{_part(keyword)}'" + ("" if secret else f": {said}")


def _rule(wanted: t.Any) -> str:
    return one_line(wanted, LONGEST_RULE) if isinstance(wanted, str) else repr_short(wanted)


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


def default_answer(schema: Schema) -> t.Any:
    """Return the answer that the schema's defaults make: its own, or those of its properties. None if they make none."""
    if "default" in schema:
        return schema["default"]
    made = {
        field.name: field.default for field in fields(schema) if field.name and field.has_default
    }
    return made if made and not problems(schema, made) else None


def listed(texts: t.Iterable[str]) -> str:
    """Return the first of some texts, as a sentence lists them."""
    first = list(itertools.islice(texts, 9))
    return ", ".join(first[:8]) + (", …" if len(first) > 8 else "")


def repr_short(value: t.Any) -> str:
    """Return a value as a person reads it in a sentence, on one line."""
    try:
        text = (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        )
    except (RecursionError, ValueError):  # a whole number can be too long for a text
        text = "…"
    text = one_line(text[: 10 * LONGEST_VALUE], LONGEST_VALUE)
    return f"'{text}'" if isinstance(value, str) else text
