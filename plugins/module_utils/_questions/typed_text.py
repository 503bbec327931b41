# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts from a prompt, a survey or ``-e`` made into values of the type that a field asks for."""

from __future__ import annotations

import functools
import json
import re
import typing as t

from .._base.json_types import Json, as_object
from .._base.limits import TOO_DEEP, TOO_LARGE, measure
from .._base.text import display_text
from . import schema as schemas
from .schema import Field, Schema
from .validate import VALUE_FLAWS
from .wording import as_text, is_number, listed, repr_short

YES = ("yes", "y", "true", "on", "1")
NO = ("no", "n", "false", "off", "0")
LONGEST_NUMBER = 1000  # characters
UNREADABLE = (TOO_DEEP, TOO_LARGE)  # flaws of data of which no value is made

WHOLE_NUMBER = re.compile(r"[+-]?\d{1,1000}", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
NUMBER_OF_A_VALUE = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?", re.ASCII)
PLACE = re.compile(r"\d{1,10}")  # of a choice


class NotUnderstood(Exception):
    """A text cannot be the value that the field asks for.

    The message continues the name of the field.
    """


def is_empty(value: Json) -> bool:
    """Tell whether a value is what Enter gives, or a survey's question that was left out."""
    return value is None or is_blank(value)


def is_blank(value: Json) -> bool:
    """Tell whether a value is a text without a visible character."""
    return isinstance(value, str) and not value.strip()


def numbered(choices: list[Json]) -> bool:
    """Tell whether a person can name choices by their number, as no choice is a number itself."""
    return not any(is_number(choice) or as_text(choice).isdigit() for choice in choices)


def value_of(field: Field, value: Json) -> Json:
    """Return a value, most often a text, as one of the field's type.

    Raises NotUnderstood for a text that cannot be one. Whether the schema allows the value is not
    checked here.
    """
    return _Reader(field.schema, field.secret).read(value)


class _Reader:
    """Reads values for a schema.

    What it needs of the schema is computed once, for however many values.
    """

    def __init__(self, schema: Json, secret: bool) -> None:
        self.schema: Schema = schemas.shape(as_object(schema))
        self._secret = secret
        self._properties: dict[Json, _Reader] = {}

    @functools.cached_property
    def choices(self) -> _Choices:
        return _Choices(schemas.choices(self.schema))

    @functools.cached_property
    def items(self) -> _Reader:
        return _Reader(self.schema.get("items"), self._secret)

    def _property(self, name: Json) -> _Reader:
        if name not in self._properties:
            known = self.schema.get("properties") or {}
            self._properties[name] = _Reader(known.get(name), self._secret)
        return self._properties[name]

    def read(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self.items.read_inside(item) for item in value]
        if isinstance(value, dict):
            return {name: self._property(name).read_inside(part) for name, part in value.items()}
        if isinstance(value, str):
            return self._read_text(value)
        return value

    def read_inside(self, value: Json) -> Json:
        """Return a part of another value.

        One that is not understood is returned as it is, and is refused by the schema.
        """
        try:
            return self.read(value)
        except NotUnderstood:
            return value

    def _read_text(self, text: str) -> Json:
        if self.choices:
            return self.choices.chosen(text, self._secret)
        *others, last = schemas.kinds(self.schema) or [""]
        for kind in others:
            try:
                return self._parsed(kind, text)
            except NotUnderstood:
                pass  # it may be of another of the types
        return self._parsed(last, text)

    def _parsed(self, kind: str, text: str) -> Json:
        if kind == "array":
            return self._list(text)
        if kind in PARSERS:
            return PARSERS[kind](text, self._secret)
        return text

    def _list(self, text: str) -> list[Json]:
        values = parsed_json(_in_brackets(text))
        if isinstance(values, list):
            return [self.items.read(value) for value in values]
        if self.items.choices.named(text):  # a choice with a comma in it
            return [self.items.read(text)]
        # a survey sends the lines of a text area
        parts = [part.strip() for part in re.split(r"[,\n]", text)]
        return [self.items.read(part) for part in parts if part]


def _in_brackets(text: str) -> str:
    """Return a list or some dictionaries as the text of a JSON list; empty for any other text."""
    if text.lstrip().startswith("["):
        return text.strip()
    if text.lstrip().startswith("{"):
        return f"[{text}]"
    return ""


class _Choices:
    """The values to choose from.

    A person types their number, their exact value or their display text.
    """

    def __init__(self, choices: list[Json]) -> None:
        self._choices = choices
        self._by_value: dict[str, list[Json]] = {}
        self._by_text: dict[str, list[Json]] = {}
        self._by_folded_text: dict[str, list[Json]] = {}
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
        """Tell whether a text is one of the choices, as it is or as it is displayed."""
        return text in self._by_value or display_text(text) in self._by_text

    def chosen(self, text: str, secret: bool) -> Json:
        """Return the choice that a text names. Raises NotUnderstood."""
        for candidates in self._candidates(text):
            if candidates:
                return self._only(candidates)
        text = text.strip()
        equal = [*self._equal_numbers(text), *self._same_booleans(text)]
        if equal:
            return equal[0]
        if self._numbered and PLACE.fullmatch(text):
            return self._at(int(text))
        values = listed(map(repr_short, self._choices))
        raise NotUnderstood(f"has to be one of {values}{_not(text, secret)}")

    def _candidates(self, text: str) -> t.Iterator[list[Json]]:
        """Yield the choices that a text may mean, the most certain ones first.

        The first ones that exist count.
        """
        yield self._by_value.get(text, [])
        display = display_text(text)
        yield self._by_text.get(display, [])
        yield self._by_value.get(text.strip(), [])
        yield self._by_text.get(display.strip(), [])
        yield self._by_folded_text.get(display.strip().casefold(), [])

    def _only(self, candidates: list[Json]) -> Json:
        """Return the only choice among these. Raises NotUnderstood if two differ."""
        if len({json.dumps(choice) for choice in candidates}) == 1:
            return candidates[0]
        how = "its number or its exact value" if self._numbered else "its exact value"
        raise NotUnderstood(
            f"is the text of {len(candidates)} choices: name the one that is meant by {how}"
        )

    def _equal_numbers(self, text: str) -> list[Json]:
        if not NUMBER_OF_A_VALUE.fullmatch(text):
            return []
        number = float(text)
        return [choice for choice in self._choices if is_number(choice) and choice == number]

    def _same_booleans(self, text: str) -> list[Json]:
        word = text.casefold()
        words = {True: YES, False: NO}
        return [
            choice for choice in self._choices if isinstance(choice, bool) and word in words[choice]
        ]

    def _at(self, number: int) -> Json:
        """Return the choice with this number, of which the first is 1. Raises NotUnderstood."""
        if 1 <= number <= len(self._choices):
            return self._choices[number - 1]
        raise NotUnderstood(
            f"has to be one of the numbers 1 to {len(self._choices)}, or one of the values"
        )


def _not(text: str, secret: bool) -> str:
    if secret:
        return ""
    return f", not {repr_short(text)}"


def _whole_number(text: str, secret: bool) -> int:
    if not WHOLE_NUMBER.fullmatch(text.strip()):
        raise NotUnderstood(f"has to be a whole number{_not(text, secret)}")
    return int(text)


def _number(text: str, secret: bool) -> float | int:
    digits = text.strip()
    if len(digits) > LONGEST_NUMBER or not NUMBER.fullmatch(digits):
        raise NotUnderstood(f"has to be a number, with a point for decimals{_not(text, secret)}")
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise NotUnderstood(f"has to be a number that is not as large{_not(text, secret)}")
    if WHOLE_NUMBER.fullmatch(digits):
        return int(digits)
    return number


def _yes_or_no(text: str, secret: bool) -> bool:
    word = text.strip().casefold()
    if word not in YES + NO:
        raise NotUnderstood(f"has to be yes or no{_not(text, secret)}")
    return word in YES


def _dictionary(text: str, secret: bool) -> Json:
    value = parsed_json(text)
    if not isinstance(value, dict):
        raise NotUnderstood('has to be a dictionary, written as JSON: {"name": "value"}')
    return value


def _null(text: str, secret: bool) -> None:
    if text.strip() not in ("null", ""):
        raise NotUnderstood(f"has to be null{_not(text, secret)}")


def parsed_json(text: str) -> Json:
    """Return the data of a JSON text; None if it is not JSON.

    Raises NotUnderstood, see refuse_unreadable().
    """
    try:
        data = json.loads(text)
    except ValueError:
        return None
    except RecursionError:
        raise NotUnderstood(VALUE_FLAWS[TOO_DEEP]) from None
    refuse_unreadable(data)
    return data


def refuse_unreadable(data: Json) -> None:
    """Raise NotUnderstood for data that is too large or nested too deep to be made into a value."""
    flaw = measure(data).flaw
    if flaw in UNREADABLE:
        raise NotUnderstood(VALUE_FLAWS[flaw])


PARSERS: dict[str, t.Callable[[str, bool], Json]] = {
    "integer": _whole_number,
    "number": _number,
    "boolean": _yes_or_no,
    "object": _dictionary,
    "null": _null,
}
