# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which people read values, and what a field takes."""

from __future__ import annotations

import itertools
import json
import typing as t

from .._base.json_types import Json
from .._base.text import display_text, one_line
from .schema import Field, Schema, kind, kinds

KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "a dictionary",
    "null": "nothing (null)",
}
KINDS_OF_ITEMS = {
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "yes or no",
    "object": "dictionaries",
    "array": "lists",
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
LONGEST_RULE = 200  # characters of what a schema asks for
MOST_LISTED = 8  # values in a sentence


def is_number(value: Json) -> bool:
    """Tell whether a value is a number.

    True and false, which Python takes for numbers, are none.
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def as_text(value: Json) -> str:
    """Return what a person types for a value: its display text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        line = _joined(value)
        if line is not None:
            return line
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    return display_text(value)


def _joined(values: list[Json]) -> str | None:
    """Return values separated by commas; None if they could not be told apart."""
    if not values or not all(isinstance(value, (str, int, float)) for value in values):
        return None
    texts = [as_text(value) for value in values]
    if any("," in text or text != text.strip() for text in texts):
        return None
    return ", ".join(texts)


def listed(texts: t.Iterable[str]) -> str:
    """Return the first of some texts, as a sentence lists them."""
    first = list(itertools.islice(texts, MOST_LISTED + 1))
    line = ", ".join(first[:MOST_LISTED])
    if len(first) > MOST_LISTED:
        return f"{line}, …"
    return line


def repr_short(value: Json) -> str:
    """Return a value as a person reads it in a sentence, on one line. A text is in quotes."""
    if isinstance(value, str):
        return f"'{_cut(value)}'"
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):  # a whole number can be too long for a text
        text = "…"
    return _cut(text)


def _cut(text: str) -> str:
    return one_line(text[: 10 * LONGEST_VALUE], LONGEST_VALUE)


def expected(field: Field) -> str:
    """Return what a field takes, in a few words: its type, bounds or choices."""
    if field.choices:
        texts = one_line(listed(map(as_text, field.choices)), LONGEST_RULE)
        if field.kind == "array":
            return f"any of {texts}"
        return f"one of {texts}"
    words = [_type(field.shape)]
    if field.kind in LIMITS:
        words += LIMITS[field.kind](field)
    return " ".join(words)


def _type(schema: Schema) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    return " or ".join(KINDS.get(name, "a text") for name in kinds(schema)) or "a text"


class _Between(t.NamedTuple):
    """How to say that something is between two bounds, or has only one of them."""

    both: str
    least: str
    most: str

    def words(self, least: Json, most: Json) -> list[str]:
        """Return the words; none if both bounds are None."""
        if least is None and most is None:
            return []
        if most is None:
            return [self.least.format(least)]
        if least is None:
            return [self.most.format(most)]
        return [self.both.format(least, most)]


VALUE = _Between("from {} to {}", "of at least {}", "of at most {}")
VALUE_WITHOUT_BOUNDS = _Between("above {} and below {}", "above {}", "below {}")
LENGTH = _Between("of {} to {} characters", "of at least {} characters", "of at most {} characters")
ITEMS = _Between("of {} to {} values", "of at least {} values", "of at most {} values")


def _limits_of_number(field: Field) -> list[str]:
    schema = field.shape
    words = VALUE.words(schema.get("minimum"), schema.get("maximum"))
    words += VALUE_WITHOUT_BOUNDS.words(
        _exclusive(schema, "exclusiveMinimum"), _exclusive(schema, "exclusiveMaximum")
    )
    if "multipleOf" in schema:
        words.append(f"that is a multiple of {schema['multipleOf']}")
    return words


def _exclusive(schema: Schema, keyword: str) -> Json:
    """Return an exclusive bound. In draft 4 it is true or false, and no number."""
    bound = schema.get(keyword)
    if is_number(bound):
        return bound
    return None


def _limits_of_text(field: Field) -> list[str]:
    schema = field.shape
    least = schema.get("minLength")
    if least == 1:  # which needs no word
        least = None
    words = LENGTH.words(least, schema.get("maxLength"))
    if "pattern" in schema:
        words.append(f"that matches {one_line(schema['pattern'], LONGEST_RULE)}")
    return words


def _limits_of_list(field: Field) -> list[str]:
    schema = field.shape
    words = []
    kind_of_items = kind(field.items)
    if kind_of_items in KINDS_OF_ITEMS:
        words.append(f"of {KINDS_OF_ITEMS[kind_of_items]}")
    return words + ITEMS.words(schema.get("minItems"), schema.get("maxItems"))


LIMITS: dict[str, t.Callable[[Field], list[str]]] = {
    "": _limits_of_text,
    "string": _limits_of_text,
    "integer": _limits_of_number,
    "number": _limits_of_number,
    "array": _limits_of_list,
}
