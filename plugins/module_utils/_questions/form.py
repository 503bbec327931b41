# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people and variables give for the fields of a question, made into the answer: texts into values, all problems at once."""

from __future__ import annotations

import functools
import json
import re
import typing as t

from .._base.limits import TOO_DEEP, TOO_LARGE, Budget, measure
from .._base.text import display_text, one_line
from . import schema as _schema
from . import validate as _validation
from .schema import Field, Schema
from .validate import listed, repr_short

YES, NO = ("yes", "y", "true", "on", "1"), ("no", "n", "false", "off", "0")
LONGEST_NUMBER = 1000  # characters
UNREADABLE = (TOO_DEEP, TOO_LARGE)  # of which no value is made


class NotUnderstood(Exception):
    """A text that cannot be what is asked for; the message continues the name of the field."""


def is_empty(value: t.Any) -> bool:
    """Tell whether a value says nothing: what pressing Enter gives, and a survey's question that was left out."""
    return value is None or isinstance(value, str) and not value.strip()


def numbered(choices: list[t.Any]) -> bool:
    """Tell whether choices can be named by their number: not if one of them could be meant by it."""
    return not any(_is_number(choice) or as_text(choice).isdigit() for choice in choices)


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def as_text(value: t.Any) -> str:
    """Return what a person types for a value: its display text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, (str, int, float)) for one in value):
        texts = [as_text(one) for one in value]
        if texts and not any("," in text or text != text.strip() for text in texts):
            return ", ".join(texts)
    return display_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def value_of(field: Field, given: t.Any) -> t.Any:
    """Return what was given as a value of the field's type. A text may come from a prompt, a survey or ``-e``.

    Raises NotUnderstood for a text that cannot be one. Whether the schema allows the value is not looked at.
    """
    return _Reader(field.schema, field.secret).read(given)


class _Reader:
    """Reads what is given for a schema. What it has to know of the schema it finds out once, however many values there are."""

    def __init__(self, schema: t.Any, secret: bool) -> None:
        self.schema: Schema = _schema.shape(schema) if isinstance(schema, dict) else {}
        self._secret = secret
        self._properties: dict[t.Any, _Reader] = {}

    @functools.cached_property
    def choices(self) -> _Choices:
        return _Choices(_schema.choices(self.schema))

    @functools.cached_property
    def items(self) -> _Reader:
        return _Reader(self.schema.get("items"), self._secret)

    def _property(self, name: t.Any) -> _Reader:
        if name not in self._properties:
            known = self.schema.get("properties") or {}
            self._properties[name] = _Reader(known.get(name), self._secret)
        return self._properties[name]

    def read(self, given: t.Any) -> t.Any:
        if isinstance(given, list):
            return [self.items.read_inside(one) for one in given]
        if isinstance(given, dict):
            return {name: self._property(name).read_inside(one) for name, one in given.items()}
        if not isinstance(given, str):
            return given
        if self.choices:
            return self.choices.chosen(given, self._secret)
        *others, last = _schema.kinds(self.schema) or [""]
        for kind in others:
            try:
                return self._parsed(kind, given)
            except NotUnderstood:
                pass  # it may be of another of the types that will do
        return self._parsed(last, given)

    def read_inside(self, given: t.Any) -> t.Any:
        """Return a value inside another one; what cannot be understood comes back as it is, and is found to be wrong in its place."""
        try:
            return self.read(given)
        except NotUnderstood:
            return given

    def _parsed(self, kind: str, text: str) -> t.Any:
        if kind == "array":
            return self._list(text)
        parse = PARSERS.get(kind)
        return parse(text, self._secret) if parse else text

    def _list(self, text: str) -> list[t.Any]:
        bracketed = ""
        if text.lstrip().startswith("["):
            bracketed = text.strip()
        elif text.lstrip().startswith("{"):
            bracketed = f"[{text}]"
        found = _json(bracketed)
        if isinstance(found, list):
            return [self.items.read(one) for one in found]
        if self.items.choices.named(text):  # one that has a comma
            return [self.items.read(text)]
        # a survey sends the lines of a text area
        parts = [part.strip() for part in re.split(r"[,\n]", text)]
        return [self.items.read(part) for part in parts if part]


class _Choices:
    """The values to choose from, found by what a person types: their number, their exact value or their display text."""

    def __init__(self, choices: list[t.Any]) -> None:
        self._choices = choices
        self._by_value: dict[str, list[t.Any]] = {}
        self._by_text: dict[str, list[t.Any]] = {}
        self._by_folded_text: dict[str, list[t.Any]] = {}
        for choice in choices:
            text = as_text(choice)
            if isinstance(choice, str):
                self._by_value.setdefault(choice, []).append(choice)
            self._by_text.setdefault(text, []).append(choice)
            self._by_folded_text.setdefault(text.casefold(), []).append(choice)

    def __bool__(self) -> bool:
        return bool(self._choices)

    @functools.cached_property
    def _numbered(self) -> bool:
        return numbered(self._choices)

    def named(self, text: str) -> bool:
        """Tell whether a text is one of the choices, as it stands or as it is displayed."""
        return text in self._by_value or display_text(text) in self._by_text

    def chosen(self, text: str, secret: bool) -> t.Any:
        """Return the choice that a text names. Raises NotUnderstood."""
        for found in self._found(text):
            if found:
                return self._only(found)
        text = text.strip()
        if re.fullmatch(r"[+-]?\d{1,300}(\.\d{1,300})?", text, re.ASCII):
            equal = [
                choice for choice in self._choices if _is_number(choice) and choice == float(text)
            ]
            if equal:
                return equal[0]
        for choice in self._choices:
            if isinstance(choice, bool) and text.casefold() in (YES if choice else NO):
                return choice
        if self._numbered and re.fullmatch(r"\d{1,10}", text):
            if 1 <= int(text) <= len(self._choices):
                return self._choices[int(text) - 1]
            raise NotUnderstood(
                f"has to be one of the numbers 1 to {len(self._choices)}, or one of the values"
            )
        raise NotUnderstood(
            f"has to be one of {listed(map(repr_short, self._choices))}{_not(text, secret)}"
        )

    def _found(self, text: str) -> t.Iterator[list[t.Any]]:
        """Yield the choices that a text may mean, the most certain ones first: of these, the first that are any count."""
        yield self._by_value.get(text, [])
        display = display_text(text)
        yield self._by_text.get(display, [])
        yield self._by_value.get(text.strip(), [])
        yield self._by_text.get(display.strip(), [])
        yield self._by_folded_text.get(display.strip().casefold(), [])

    def _only(self, found: list[t.Any]) -> t.Any:
        """Return the one choice that was found; equal ones are one."""
        if len({json.dumps(choice) for choice in found}) == 1:
            return found[0]
        how = "its number or its exact value" if self._numbered else "its exact value"
        raise NotUnderstood(
            f"is the text of {len(found)} choices: name the one that is meant by {how}"
        )


def _not(text: str, secret: bool) -> str:
    return "" if secret else f", not {repr_short(text)}"


def _whole_number(text: str, secret: bool) -> int:
    if not re.fullmatch(r"[+-]?\d{1,1000}", text.strip(), re.ASCII):
        raise NotUnderstood(f"has to be a whole number{_not(text, secret)}")
    return int(text)


def _number(text: str, secret: bool) -> float | int:
    number = text.strip()
    form = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
    if len(number) > LONGEST_NUMBER or not re.fullmatch(form, number, re.ASCII):
        raise NotUnderstood(f"has to be a number, with a point for decimals{_not(text, secret)}")
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise NotUnderstood(f"has to be a number that is not as large{_not(text, secret)}")
    return int(number) if re.fullmatch(r"[+-]?\d+", number) else value


def _yes_or_no(text: str, secret: bool) -> bool:
    word = text.strip().casefold()
    if word not in YES + NO:
        raise NotUnderstood(f"has to be yes or no{_not(text, secret)}")
    return word in YES


def _dictionary(text: str, secret: bool) -> t.Any:
    found = _json(text)
    if not isinstance(found, dict):
        raise NotUnderstood('has to be a dictionary, written as JSON: {"name": "value"}')
    return found


def _null(text: str, secret: bool) -> None:
    if text.strip() not in ("null", ""):
        raise NotUnderstood(f"has to be null{_not(text, secret)}")
    return None


def _json(text: str) -> t.Any:
    """Return the data of a JSON text; None if it is none. Raises NotUnderstood for data that nothing is made of."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    except RecursionError:
        raise NotUnderstood(_validation.VALUE_FLAWS[TOO_DEEP]) from None
    _refuse_unreadable(found)
    return found


def _refuse_unreadable(value: t.Any) -> None:
    flaw = measure(value).flaw
    if flaw in UNREADABLE:
        raise NotUnderstood(_validation.VALUE_FLAWS[flaw])


PARSERS: dict[str, t.Callable[[str, bool], t.Any]] = {
    "integer": _whole_number,
    "number": _number,
    "boolean": _yes_or_no,
    "object": _dictionary,
    "null": _null,
}


class Form:
    """The answer to one question as far as it is there: ``values`` by the field's name, ``wrong`` and ``missing`` fields."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.fields = _schema.fields(schema)
        self.values: dict[str, t.Any] = {}
        self.wrong: dict[str, str] = {}
        self.unknown: dict[str, t.Any] = {}
        self._budget = Budget()

    def take(self, field: Field, given: t.Any) -> str:
        """Take what was given for a field; return what is wrong with it, empty if nothing is.

        An empty value stands for the default, or leaves out a field that may be missing.
        """
        self._take([(field, given)])
        return self.wrong.get(field.name, "")

    def _take(self, given: list[tuple[Field, t.Any]]) -> None:
        """Take what was given for some fields, which is all checked within one limit."""
        self._budget = Budget()
        read = []
        for field, value in given:
            self.values.pop(field.name, None)
            self.wrong.pop(field.name, None)
            try:
                if self._read(field, value):
                    read.append(field)
            except NotUnderstood as error:
                self.wrong[field.name] = str(error)
        found = _validation.problems_of(
            [(_for_sentences(field), self.values[field.name]) for field in read], self._budget
        )
        for field, problems in zip(read, found):
            if problems:
                del self.values[field.name]
                self.wrong[field.name] = problems[0]

    def _read(self, field: Field, given: t.Any) -> bool:
        """Put the value that was given for a field into ``values``; tell whether it has to be checked. Raises NotUnderstood."""
        null = _schema.allows_null(field.schema)
        if not is_empty(given) or (given is None and null):
            _refuse_unreadable(given)
            self.values[field.name] = value_of(field, given)
            return True
        if field.has_default:
            self.values[field.name] = field.default
        elif field.required and null:
            self.values[field.name] = None
        elif field.required:
            raise NotUnderstood("needs a value")
        return False

    def take_all(self, given: t.Any) -> None:
        """Take a whole answer: of an object, a dictionary (or its JSON) of its fields."""
        if not self.fields[0].name:
            self.take(self.fields[0], given)
            return
        try:
            found = _json(given) if isinstance(given, str) else given
        except NotUnderstood as error:
            self.wrong[""] = str(error)
            return
        if not isinstance(found, dict):
            secret = any(field.secret for field in self.fields)
            said = "" if secret else f", not {repr_short(given)}"
            names = listed(repr_short(field.name) for field in self.fields)
            self.wrong[""] = f"has to be a dictionary of {names}{said}"
            return
        self.take_named(found)
        known = {field.name for field in self.fields}
        self.unknown = {name: value for name, value in found.items() if name not in known}

    def take_named(self, given: dict[str, t.Any]) -> None:
        """Take the fields that are named in a dictionary."""
        self._take([(field, given[field.name]) for field in self.fields if field.name in given])

    @property
    def missing(self) -> list[Field]:
        """Return the fields that nobody has given anything for, required or not."""
        return [
            field
            for field in self.fields
            if field.name not in self.values and field.name not in self.wrong
        ]

    def fill(self) -> None:
        """Let the defaults stand for what is missing."""
        for field in self.missing:
            if field.has_default:
                self.values[field.name] = field.default

    @property
    def answer(self) -> t.Any:
        if not self.fields[0].name:
            return self.values.get("")
        return {
            **{
                field.name: self.values[field.name]
                for field in self.fields
                if field.name in self.values
            },
            **self.unknown,
        }

    def problems(self) -> list[str]:
        """Return all that is wrong or missing, one sentence each; empty if the answer can be given."""
        found = [_within_answer(display_text(name), wrong) for name, wrong in self.wrong.items()]
        found += [
            f"'{display_text(field.name)}' is missing ({expected(field)})"
            if field.name
            else f"The answer is missing ({expected(field)})"
            for field in self.missing
            if field.required
        ]
        if found:
            return found
        return [
            _within_answer("", wrong)
            for wrong in _validation.problems(self.schema, self.answer, self._budget)
        ]


def _for_sentences(field: Field) -> Schema:
    """Return the schema of a field; of one that is a secret for what is around it, so that no sentence tells its value."""
    return dict(field.schema, writeOnly=True) if field.secret else field.schema


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
    words = [
        " or ".join(_validation.KINDS.get(kind, "a text") for kind in _schema.kinds(schema))
        or "a text"
    ]
    if schema.get("format") in _validation.FORMATS:
        words = [_validation.FORMATS[schema["format"]]]
    if field.kind in ("integer", "number"):
        words += _between(
            schema.get("minimum"),
            schema.get("maximum"),
            "from {} to {}",
            "of at least {}",
            "of at most {}",
        )
        words += _between(
            _number_or_none(schema.get("exclusiveMinimum")),
            _number_or_none(schema.get("exclusiveMaximum")),
            "above {} and below {}",
            "above {}",
            "below {}",
        )
        words += [f"that is a multiple of {schema['multipleOf']}"] if "multipleOf" in schema else []
    if field.kind in ("", "string"):
        least = schema.get("minLength")
        length = _between(
            None if least == 1 else least,
            schema.get("maxLength"),
            "of {} to {} characters",
            "of at least {} characters",
            "of at most {} characters",
        )
        words += length + (
            [f"that matches {one_line(schema['pattern'], 200)}"] if "pattern" in schema else []
        )
    if field.kind == "array":
        words += (
            [f"of {WORDS[_schema.kind(field.items)]}"] if _schema.kind(field.items) in WORDS else []
        )
        words += _between(
            schema.get("minItems"),
            schema.get("maxItems"),
            "of {} to {} values",
            "of at least {} values",
            "of at most {} values",
        )
    return " ".join(words)


WORDS = {
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "yes or no",
    "object": "dictionaries",
    "array": "lists",
}


def _number_or_none(bound: t.Any) -> t.Any:
    return bound if _is_number(bound) else None  # in draft 4 it is true or false


def _between(least: t.Any, most: t.Any, both: str, only_least: str, only_most: str) -> list[str]:
    if least is not None and most is not None:
        return [both.format(least, most)]
    return (
        [only_least.format(least)]
        if least is not None
        else [only_most.format(most)]
        if most is not None
        else []
    )
