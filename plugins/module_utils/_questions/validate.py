# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks whether somebody can answer a schema, and whether a value is valid.

The causes are in a person's words.
"""

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
from .._base.json_types import Json, as_object
from .._base.limits import (
    CPU_SECONDS,
    ENDLESS,
    MEMORY_MEGABYTES,
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
from .wording import FORMATS, KINDS, LONGEST_RULE, listed, repr_short

try:
    import jsonschema
    import referencing
    from jsonschema import validators

    JSONSCHEMA_IMPORT_ERROR = None
except Exception:  # what is installed can be broken in any way
    JSONSCHEMA_IMPORT_ERROR = traceback.format_exc()

MOST_FIELDS = 1000  # of a question
MOST_PROBLEMS = 100  # of a value, sorted by their places; ten times as many are looked for
BOUNDS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)

NOTHING: Schema = {"not": {}}  # no value satisfies it
# Where false says that no more names or items are allowed; jsonschema names these in its error.
CLOSING = (
    "additionalProperties",
    "additionalItems",
    "unevaluatedProperties",
    "unevaluatedItems",
)
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

BAD_SCHEMA = "bad_schema"
COSTLY = f"more than {CPU_SECONDS:g} seconds or {MEMORY_MEGABYTES} MB"
# Why a schema is not used, to continue 'the schema'.
SCHEMA_FLAWS = {
    TOO_DEEP: "is nested too deep",
    TOO_LARGE: "is too large",
    TOO_LARGE_A_NUMBER: "holds a number of more than 300 digits",
    ENDLESS: "holds a number that is infinite or none",
}
# Why a value is not checked, to continue its name.
VALUE_FLAWS = {
    TOO_DEEP: "has to be nested less deep",
    TOO_LARGE: "has to be smaller",
    TOO_LARGE_A_NUMBER: "has to be a number that is not as large",
    ENDLESS: "has to be a number that is not infinite",
}
TOO_COSTLY = f"takes {COSTLY} to be checked: make it simpler"
COSTLY_FOR = 60  # seconds for which this is remembered of a schema
MOST_REMEMBERED = 64  # schemas
UNCHECKED = (
    f"cannot be checked: that takes {COSTLY}, so the question's schema has to be made simpler"
)
UNCHECKED_NOW = (
    "cannot be checked now, as this machine has no process or memory left for that: try again when"
    " it is less busy"
)
_costly_until: dict[str, float] = {}  # on the monotonic clock, by the schema's text

Pair = tuple[Schema, Json]  # a schema, and a value to check by it


def complaint(schema: Json) -> str:
    """Return the cause why nobody can answer a schema; empty if somebody can.

    It takes a limited time. Raises NoRoom.
    """
    flaw = _flaw(schema)
    if flaw:
        return f"its schema {flaw}"
    return ""


def _flaw(schema: Json) -> str:
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
    """Return what is wrong with a schema.

    The result is kept: whoever waits for a question checks the same schema again and again.

    Raises TooMuch, which is not remembered here: the machine may only have been busy.
    """
    data = json.loads(schema)
    defaults = [(field.schema, field.default) for field in _with_defaults(data)]
    if is_harmless(data) and all(is_harmless_for(*pair) for pair in defaults):
        return _schema_problem(data)
    return Budget().spend(lambda: _schema_problem(data))


def _with_defaults(schema: Schema) -> list[Field]:
    return [field for field in [Field("", schema), *fields(schema)] if field.has_default]


def _schema_problem(schema: Schema) -> str:
    """Return what is wrong with a schema.

    A schema that may not be harmless needs a limit around this.

    Raises TooMuch.
    """
    try:
        _check_keywords(schema)
        _check_defaults(schema)
    except Failure as failure:
        return failure.message
    except RecursionError:
        return SCHEMA_FLAWS[TOO_DEEP]
    except MemoryError:
        raise TooMuch from None
    except (OverflowError, ValueError, TypeError, ArithmeticError) as error:
        return f"cannot be used: {one_line(error, LONGEST_RULE) or type(error).__name__}"
    return ""


def _check_defaults(schema: Schema) -> None:
    """Raise Failure for a default that the schema does not allow, or TooMuch."""
    for field in _with_defaults(schema):
        causes = _problems(field.schema, field.default)
        if causes == [UNCHECKED]:
            raise TooMuch
        if causes:
            owner = f" of '{_part(field.name)}'" if field.name else ""
            raise Failure(f"has a default{owner} that it does not allow: {causes[0]}", BAD_SCHEMA)


def _check_keywords(schema: Schema) -> None:
    """Raise Failure for a schema that is not valid, or that no value can satisfy."""
    if "$schema" in schema and not _names_known_draft(schema):
        raise Failure("names a $schema that is not known: leave it out", BAD_SCHEMA)
    try:
        _validator(schema).check_schema(schema)
    except jsonschema.SchemaError as error:
        place = _part(".".join(map(str, error.absolute_path)))
        cause = one_line(error.message, LONGEST_RULE)
        if place:
            cause = f"{place}: {cause}"
        raise Failure(f"is no JSON Schema: {cause}", BAD_SCHEMA) from None
    for part in subschemas(schema):
        flaw = _flaw_of_part(part, is_whole=part is schema)
        if flaw:
            raise Failure(flaw, BAD_SCHEMA)


def _names_known_draft(schema: Schema) -> bool:
    return isinstance(schema["$schema"], str) and bool(_validator(schema, None))


def _flaw_of_part(schema: Schema, is_whole: bool) -> str:
    # A reference can lead elsewhere on the network, or to itself without an end.
    if any(key in schema for key in REFERENCES):
        return "uses $ref, which is not followed: write the schema in one piece"
    if not is_whole and "$schema" in schema:
        return "names a $schema in its midst: leave it out"
    if schema.get("enum") == []:
        return "has an 'enum' without a value to choose"
    if "" in (schema.get("properties") or {}):
        return "has a property without a name"
    return _crossed_bounds(schema)


def _crossed_bounds(schema: Schema) -> str:
    for least, most in BOUNDS:
        if least not in schema or most not in schema:
            continue
        if schema[least] > schema[most]:
            return (
                f"allows nothing: its {least}, {schema[least]}, is above its {most}, {schema[most]}"
            )
    return ""


def _validator(schema: Schema, *default: t.Any) -> t.Any:
    """Return jsonschema's class for a schema's draft; None for draft 3.

    For a draft that is not known this is ``default``, or the newest draft if there is no
    ``default``.
    """
    draft = validators.validator_for(schema, *default)
    if draft in (None, jsonschema.Draft3Validator):
        return None
    return _extended(draft)


@functools.cache
def _extended(draft: t.Any) -> t.Any:
    extend: t.Callable[..., t.Any] = validators.extend  # its stub lacks types
    return extend(draft, {"uniqueItems": _unique_items})


def _unique_items(validator: t.Any, is_on: Json, values: Json, schema: Schema) -> t.Iterator[t.Any]:
    """Find equal values in linear time; jsonschema's own check is quadratic."""
    if not is_on or not isinstance(values, list):
        return
    texts = {_canonical(value) for value in values}
    if len(texts) < len(values):
        yield jsonschema.ValidationError("not unique")


def _canonical(value: Json) -> str:
    """Return a text that is the same for values that are equal in JSON.

    1 and 1.0 are equal, 1 and true are not.
    """
    if isinstance(value, dict):
        parts = [f"{json.dumps(str(name))}:{_canonical(part)}" for name, part in value.items()]
        return "{" + ",".join(sorted(parts)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, default=str)


def problems(schema: Schema, value: Json, budget: Budget | None = None) -> list[str]:
    """Return all that is wrong with a value.

    A sentence continues the value's name, or begins with the name of a part in quotes.

    Empty if the value is valid. A secret is in no sentence. ``budget`` is the limit if other checks
    share it.
    """
    return problems_of([(schema, value)], budget)[0]


def problems_of(pairs: list[Pair], budget: Budget | None = None) -> list[list[str]]:
    """Return what is wrong with each of some values, see problems(). All share one limit."""
    check_client("jsonschema", JSONSCHEMA_IMPORT_ERROR)
    results: list[list[str]] = []
    risky = []
    for place, (schema, value) in enumerate(pairs):
        flaw = measure(value).flaw
        if flaw:
            results.append([VALUE_FLAWS[flaw]])
        elif is_harmless_for(schema, value):
            results.append(_problems(schema, value))
        else:
            results.append([])
            risky.append(place)
    risky_pairs = [pairs[place] for place in risky]
    for place, causes in zip(risky, _problems_within(budget or Budget(), risky_pairs)):
        results[place] = causes
    return results


def _problems_within(budget: Budget, pairs: list[Pair]) -> list[list[str]]:
    """Check values in a process with limits."""
    if not pairs:
        return []
    try:
        return budget.spend(lambda: [_problems(*pair) for pair in pairs])
    except TooMuch:
        return [[UNCHECKED]] * len(pairs)
    except NoRoom:
        return [[UNCHECKED_NOW]] * len(pairs)


def _problems(schema: Schema, value: Json) -> list[str]:
    """Return what is wrong with a value. What may not be harmless needs a limit around this."""
    try:
        # nothing is fetched, whatever a schema refers to
        validator = _validator(schema)(
            _without_false(schema),
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


def _without_false(schema: Json) -> Json:
    """Return a schema with {"not": {}} in the place of false.

    For false, jsonschema does not report the place.
    """
    if schema is False:
        return NOTHING
    if not isinstance(schema, dict):
        return schema
    return {keyword: _value_without_false(keyword, value) for keyword, value in schema.items()}


def _value_without_false(keyword: str, value: Json) -> Json:
    """Return the value of a keyword with {"not": {}} in the place of a schema that is false."""
    if keyword in CLOSING and value is False:
        return value
    if keyword in HOLDING_LISTS and isinstance(value, list):
        return list(map(_without_false, value))
    if keyword in HOLDING_NAMED and isinstance(value, dict):
        return {name: _without_false(part) for name, part in value.items()}
    if keyword in HOLDING_ONE:
        return _without_false(value)
    return value


def _part(name: Json) -> str:
    return one_line(name, LONGEST_RULE)


def _sentence(schema: Schema, error: t.Any) -> str:
    path = list(error.absolute_path)
    where = ".".join(map(_place, path))
    if error.validator == "not" and error.validator_value == NOTHING["not"]:
        return f"'{where}' is not allowed: leave it out" if where else "is not allowed"
    cause = _cause(_Broken(error, _is_secret_at(schema, path)))
    if where:
        return f"'{where}' {cause}"
    return cause


def _place(part: Json) -> str:
    """Return a part of a path as a person reads it, who counts from 1."""
    if isinstance(part, int):
        return str(part + 1)
    return _part(part)


def _is_secret_at(schema: Schema, path: list[Json]) -> bool:
    """Tell whether the value at a path, or one around it, is a secret."""
    for part in path:
        schema = shape(schema)
        own = {key: value for key, value in schema.items() if key not in ("properties", "items")}
        if is_secret(own):
            return True
        schema = as_object(_inner(schema, part))
    return is_secret(schema)


def _inner(schema: Schema, part: Json) -> Json:
    if isinstance(part, int):
        return schema.get("items")
    return (schema.get("properties") or {}).get(part)


class _Broken:
    """A keyword of a schema that a value does not satisfy."""

    def __init__(self, error: t.Any, secret: bool) -> None:
        self.keyword: str = error.validator
        self.rule: Json = error.validator_value
        self.instance: Json = error.instance
        self.schema: Schema = error.schema
        self.secret = secret

    @property
    def value(self) -> str:
        """The value in a sentence."""
        if self.secret:
            return "what was given"
        return repr_short(self.instance)


def _cause(broken: _Broken) -> str:
    """Return why a value is not valid, to continue its name."""
    if broken.keyword in CAUSES:
        return CAUSES[broken.keyword](broken)
    if broken.keyword in RULES:
        return RULES[broken.keyword].format(rule=_rule(broken.rule), value=broken.value)
    cause = f"does not satisfy the schema's '{_part(broken.keyword)}'"
    if broken.secret:
        return cause
    return f"{cause}: {broken.value}"


def _cause_of_required(broken: _Broken) -> str:
    missing = [name for name in broken.rule if name not in broken.instance]
    if missing:
        return f"lacks '{_part(missing[0])}'"
    return "lacks a value"


def _cause_of_type(broken: _Broken) -> str:
    types = broken.rule
    if not isinstance(types, list):
        types = [types]
    kinds = " or ".join(KINDS.get(name, name) for name in types)
    return f"has to be {kinds}, not {broken.value}"


def _cause_of_enum(broken: _Broken) -> str:
    return _cause_of_choices(broken.rule, broken)


def _cause_of_const(broken: _Broken) -> str:
    return _cause_of_choices([broken.rule], broken)


def _cause_of_choices(choices: list[Json], broken: _Broken) -> str:
    values = listed(map(repr_short, choices))
    if len(choices) > 1:
        values = f"one of {values}"
    return f"has to be {values}, not {broken.value}"


def _cause_of_format(broken: _Broken) -> str:
    form = FORMATS.get(broken.rule) or f"of the format {_rule(broken.rule)}"
    return f"has to be {form}, not {broken.value}"


def _cause_of_additional_properties(broken: _Broken) -> str:
    known = broken.schema.get("properties") or {}
    patterns = broken.schema.get("patternProperties") or {}
    for name in broken.instance:
        if name not in known and not any(re.search(pattern, name) for pattern in patterns):
            return f"takes no '{_part(name)}'"
    return "has a value that is not allowed"


def _rule(rule: Json) -> str:
    if isinstance(rule, str):
        return one_line(rule, LONGEST_RULE)
    return repr_short(rule)


CAUSES: dict[str, t.Callable[[_Broken], str]] = {
    "required": _cause_of_required,
    "type": _cause_of_type,
    "enum": _cause_of_enum,
    "const": _cause_of_const,
    "format": _cause_of_format,
    "additionalProperties": _cause_of_additional_properties,
}
RULES = {
    "minimum": "has to be at least {rule}, not {value}",
    "maximum": "has to be at most {rule}, not {value}",
    "exclusiveMinimum": "has to be more than {rule}, not {value}",
    "exclusiveMaximum": "has to be less than {rule}, not {value}",
    "multipleOf": "has to be a multiple of {rule}, not {value}",
    "minLength": "has to have at least {rule} characters",
    "maxLength": "has to have at most {rule} characters",
    "pattern": "has to match {rule}, not {value}",
    "minItems": "has to have at least {rule} values",
    "maxItems": "has to have at most {rule} values",
    "uniqueItems": "has a value twice: {value}",
}


def default_answer(schema: Schema) -> Json:
    """Return the answer that a schema's defaults make: its own, or those of its properties.

    None if that is not valid.
    """
    if "default" in schema:
        return schema["default"]
    defaults = {
        field.name: field.default for field in fields(schema) if field.name and field.has_default
    }
    if defaults and not problems(schema, defaults):
        return defaults
    return None
