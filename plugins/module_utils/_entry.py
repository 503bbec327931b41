# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people and variables give for the fields of a question, made into the answer: texts into values, all problems at once."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils import _schema, _validation
from ansible_collections.interactive.openstack.plugins.module_utils._errors import one_line, printable
from ansible_collections.interactive.openstack.plugins.module_utils._schema import Field, Schema
from ansible_collections.interactive.openstack.plugins.module_utils._validation import listed, repr_short

YES, NO = ("yes", "y", "true", "on", "1"), ("no", "n", "false", "off", "0")


class NotUnderstood(Exception):
    """A text that cannot be what is asked for; the message continues the name of the field."""


def is_empty(value: t.Any) -> bool:
    """Tell whether a value says nothing: what pressing Enter gives, and a survey's question that was left out."""
    return value is None or isinstance(value, str) and not value.strip()


def numbered(choices: list[t.Any]) -> bool:
    """Tell whether choices can be named by their number: not if one of them could be meant by it."""
    return not any(_is_number(choice) or re.fullmatch(r"\d+", as_text(choice)) for choice in choices)


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def as_text(value: t.Any) -> str:
    """Return what a person types for a value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, (str, int, float)) for one in value):
        texts = [as_text(one) for one in value]
        if texts and not any("," in text or text != text.strip() for text in texts):
            return ", ".join(texts)
    return printable(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def value_of(field: Field, given: t.Any) -> t.Any:
    """Return what was given as a value of the field's type. A text may come from a prompt, a survey or ``-e``.

    Raises NotUnderstood for a text that cannot be one. Whether the schema allows the value is not looked at.
    """
    return _value(field.shape, given, field.secret)


def _value(schema: t.Any, given: t.Any, secret: bool) -> t.Any:
    schema = _schema.shape(schema) if isinstance(schema, dict) else {}
    if isinstance(given, list):
        return [_within(schema.get("items"), one, secret) for one in given]
    if isinstance(given, dict):
        properties = schema.get("properties") or {}
        return {name: _within(properties.get(name), one, secret) for name, one in given.items()}
    if not isinstance(given, str):
        return given
    choices = _schema.choices(schema)
    if choices:
        return _chosen(choices, given, secret)
    for kind in _schema.kinds(schema)[:-1]:
        try:
            return PARSERS.get(kind, _as_it_is)(schema, given, secret)
        except NotUnderstood:
            pass  # it may be of another of the types that will do
    return PARSERS.get((_schema.kinds(schema) or [""])[-1], _as_it_is)(schema, given, secret)


def _within(schema: t.Any, given: t.Any, secret: bool) -> t.Any:
    """Return a value inside another one; what cannot be understood comes back as it is, and is found to be wrong in its place."""
    try:
        return _value(schema, given, secret)
    except NotUnderstood:
        return given


def _chosen(choices: list[t.Any], text: str, secret: bool) -> t.Any:
    exact = [choice for choice in choices if as_text(choice) == text]
    if exact:
        return exact[0]
    text = text.strip()
    for same in (str.__eq__, lambda one, other: one.casefold() == other.casefold()):
        found = [choice for choice in choices if same(as_text(choice), text)]
        if found:
            return found[0]
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII):
        found = [choice for choice in choices if _is_number(choice) and choice == float(text)]
        if found:
            return found[0]
    for choice in choices:
        if isinstance(choice, bool) and text.casefold() in (YES if choice else NO):
            return choice
    if numbered(choices) and re.fullmatch(r"\d+", text):
        if 1 <= int(text) <= len(choices):
            return choices[int(text) - 1]
        raise NotUnderstood(f"has to be one of the numbers 1 to {len(choices)}, or a value itself")
    raise NotUnderstood(f"has to be one of {listed(map(repr_short, choices))}{_not(text, secret)}")


def _not(text: str, secret: bool) -> str:
    return "" if secret else f", not {repr_short(text)}"


def _as_it_is(schema: Schema, text: str, secret: bool) -> str:
    return text


def _whole_number(schema: Schema, text: str, secret: bool) -> int:
    if not re.fullmatch(r"\s*[+-]?\d{1,4000}\s*", text, re.ASCII):
        raise NotUnderstood(f"has to be a whole number{_not(text, secret)}")
    return int(text)


def _number(schema: Schema, text: str, secret: bool) -> float | int:
    if not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*", text, re.ASCII):
        raise NotUnderstood(f"has to be a number, with a point for decimals{_not(text, secret)}")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotUnderstood(f"has to be a number that is not as large{_not(text, secret)}")
    return int(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) else value


def _yes_or_no(schema: Schema, text: str, secret: bool) -> bool:
    word = text.strip().casefold()
    if word not in YES + NO:
        raise NotUnderstood(f"has to be yes or no{_not(text, secret)}")
    return word in YES


def _list(schema: Schema, text: str, secret: bool) -> list[t.Any]:
    items = schema.get("items")
    bracketed = text.strip() if text.lstrip().startswith("[") else f"[{text}]" if text.lstrip().startswith("{") else ""
    found = _json(bracketed)
    if isinstance(found, list):
        return [_value(items, one, secret) for one in found]
    if text in map(as_text, _schema.choices(_schema.shape(items) if isinstance(items, dict) else {})):  # one that has a comma
        return [_value(items, text, secret)]
    # a survey sends the lines of a text area
    parts = [part.strip() for part in re.split(r"[,\n]", text)]
    return [_value(items, part, secret) for part in parts if part]


def _dictionary(schema: Schema, text: str, secret: bool) -> t.Any:
    found = _json(text)
    if not isinstance(found, dict):
        raise NotUnderstood('has to be a dictionary, written as JSON: {"name": "value"}')
    return found


def _null(schema: Schema, text: str, secret: bool) -> None:
    if text.strip() not in ("null", ""):
        raise NotUnderstood(f"has to be null{_not(text, secret)}")
    return None


def _json(text: str) -> t.Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


PARSERS: dict[str, t.Callable[[Schema, str, bool], t.Any]] = {
    "integer": _whole_number,
    "number": _number,
    "boolean": _yes_or_no,
    "array": _list,
    "object": _dictionary,
    "null": _null,
}


class Entry:
    """The answer to one question as far as it is there: ``values`` by the field's name, ``wrong`` and ``missing`` fields."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.fields = _schema.fields(schema)
        self.values: dict[str, t.Any] = {}
        self.wrong: dict[str, str] = {}
        self.unknown: dict[str, t.Any] = {}

    def take(self, field: Field, given: t.Any) -> str:
        """Take what was given for a field; return what is wrong with it, empty if nothing is.

        An empty value stands for the default, or leaves out a field that may be missing.
        """
        self.values.pop(field.name, None)
        self.wrong.pop(field.name, None)
        wrong = ""
        null = _schema.allows_null(field.schema)
        if is_empty(given) and not (given is None and null):
            if field.has_default:
                self.values[field.name] = field.default
            elif field.required and null:
                self.values[field.name] = None
            elif field.required:
                wrong = "needs a value"
        else:
            try:
                value = value_of(field, given)
            except NotUnderstood as error:
                wrong = str(error)
            else:
                found = _validation.problems(dict(field.schema, writeOnly=True) if field.secret else field.schema, value)
                wrong = found[0] if found else ""
                self.values[field.name] = value
        if wrong:
            self.values.pop(field.name, None)
            self.wrong[field.name] = wrong
        return wrong

    def take_all(self, given: t.Any) -> None:
        """Take a whole answer: of an object, a dictionary (or its JSON) of its fields."""
        if not self.fields[0].name:
            self.take(self.fields[0], given)
            return
        found = _json(given) if isinstance(given, str) else given
        if not isinstance(found, dict):
            secret = any(field.secret for field in self.fields)
            said = "" if secret else f", not {repr_short(given)}"
            self.wrong[""] = f"has to be a dictionary of {', '.join(repr_short(field.name) for field in self.fields)}{said}"
            return
        self.take_named(found)
        known = {field.name for field in self.fields}
        self.unknown = {name: value for name, value in found.items() if name not in known}

    def take_named(self, given: dict[str, t.Any]) -> None:
        """Take the fields that are named in a dictionary."""
        for field in self.fields:
            if field.name in given:
                self.take(field, given[field.name])

    @property
    def missing(self) -> list[Field]:
        """Return the fields that nobody has given anything for, required or not."""
        return [field for field in self.fields if field.name not in self.values and field.name not in self.wrong]

    def fill(self) -> None:
        """Let the defaults stand for what is missing."""
        for field in self.missing:
            if field.has_default:
                self.values[field.name] = field.default

    @property
    def answer(self) -> t.Any:
        if not self.fields[0].name:
            return self.values.get("")
        return {**{field.name: self.values[field.name] for field in self.fields if field.name in self.values}, **self.unknown}

    def problems(self) -> list[str]:
        """Return all that is wrong or missing, one sentence each; empty if the answer can be given."""
        found = [_within_answer(printable(name), wrong) for name, wrong in self.wrong.items()]
        found += [
            f"'{printable(field.name)}' is missing ({expected(field)})" if field.name else f"The answer is missing ({expected(field)})"
            for field in self.missing if field.required
        ]
        if found:
            return found
        return [_within_answer("", wrong) for wrong in _validation.problems(self.schema, self.answer)]


def _within_answer(name: str, wrong: str) -> str:
    """Return a sentence about a part of an answer, of which ``wrong`` can name a part itself."""
    if not wrong.startswith("'"):
        return f"'{name}' {wrong}" if name else f"The answer {wrong}"
    return f"'{name}.{wrong[1:]}" if name else wrong


def expected(field: Field) -> str:
    """Return what a field takes, in a few words: type, bounds, choices."""
    schema = field.shape
    if field.choices:
        return f"{'any of' if field.kind == 'array' else 'one of'} {one_line(listed(map(as_text, field.choices)), 200)}"
    words = [" or ".join(_validation.KINDS.get(kind, "a text") for kind in _schema.kinds(schema)) or "a text"]
    if schema.get("format") in _validation.FORMATS:
        words = [_validation.FORMATS[schema["format"]]]
    if field.kind in ("integer", "number"):
        words += _between(schema.get("minimum"), schema.get("maximum"), "from {} to {}", "of at least {}", "of at most {}")
        words += _between(_number_or_none(schema.get("exclusiveMinimum")), _number_or_none(schema.get("exclusiveMaximum")),
                          "above {} and below {}", "above {}", "below {}")
        words += [f"that is a multiple of {schema['multipleOf']}"] if "multipleOf" in schema else []
    if field.kind in ("", "string"):
        least = schema.get("minLength")
        length = _between(None if least == 1 else least, schema.get("maxLength"), "of {} to {} characters",
                          "of at least {} characters", "of at most {} characters")
        words += length + ([f"that matches {printable(str(schema['pattern']))}"] if "pattern" in schema else [])
    if field.kind == "array":
        words += [f"of {WORDS[_schema.kind(field.items)]}"] if _schema.kind(field.items) in WORDS else []
        words += _between(schema.get("minItems"), schema.get("maxItems"), "of {} to {} values", "of at least {} values",
                          "of at most {} values")
    return " ".join(words)


WORDS = {"integer": "whole numbers", "number": "numbers", "boolean": "yes or no", "object": "dictionaries", "array": "lists"}


def _number_or_none(bound: t.Any) -> t.Any:
    return bound if _is_number(bound) else None  # in draft 4 it is true or false


def _between(least: t.Any, most: t.Any, both: str, only_least: str, only_most: str) -> list[str]:
    if least is not None and most is not None:
        return [both.format(least, most)]
    return [only_least.format(least)] if least is not None else [only_most.format(most)] if most is not None else []
