# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which schemas cost next to nothing, whatever the value: most. All others are looked at in a process with limits."""

from __future__ import annotations

import re
import typing as t

from .._base.limits import Size, measure
from .schema import Schema, subschemas

# A schema is compared with each part of a value in the worst case: together they stay below a tenth of a second.
SMALL_SCHEMA = Size(500, 20_000)
SMALL_VALUE = Size(100, 2_000)
LONGEST_PATTERN = 200
MOST_STEPS = 4_000_000  # of comparing texts with patterns

# Those that look at each part of a value once, or do what these say; and those that say nothing of the value.
KEYWORDS = frozenset(
    [
        "type",
        "enum",
        "const",
        "format",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
        "items",
        "prefixItems",
        "contains",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "title",
        "description",
        "default",
        "examples",
        "readOnly",
        "writeOnly",
        "deprecated",
        "$comment",
    ]
)
FORMATS = frozenset(["date", "time", "email", "ipv4", "ipv6", "uuid", "password"])

# A pattern with one repetition at most, of one character: no other one makes a match take more than the square of its text.
ATOM = r"(?:[^\\\[\](){}|*+?^$]|\\[dwsDWSnt.\-+*?^$()\[\]{}|/\\]|\[\^?(?:[^\\\[\]^]|\\[dwsDWSnt.\-+*?^$()\[\]{}|/\\])+\])"
PLAIN_PATTERN = re.compile(
    rf"\^?{ATOM}*(?:{ATOM}(?:[*+?]|\{{\d{{1,3}}(?:,\d{{0,3}})?\}}))?{ATOM}*\$?"
)


def is_harmless(schema: Schema) -> bool:
    """Tell whether it is certain that checking a schema takes next to no time, and no memory."""
    return _is_small(measure(schema), SMALL_SCHEMA) and all(
        _is_plain(one) for one in subschemas(schema)
    )


def is_harmless_for(schema: Schema, value: t.Any) -> bool:
    """Tell whether it is certain that comparing a value with a schema takes next to no time, and no memory."""
    size = measure(value)
    if not _is_small(size, SMALL_VALUE) or not is_harmless(schema):
        return False
    patterns = sum("pattern" in one for one in subschemas(schema))
    return patterns * size.characters**2 <= MOST_STEPS


def _is_small(size: Size, most: Size) -> bool:
    return not size.flaw and size.nodes <= most.nodes and size.characters <= most.characters


def _is_plain(schema: Schema) -> bool:
    return (
        all(isinstance(key, str) and key in KEYWORDS for key in schema)
        and ("format" not in schema or _is_in(schema["format"], FORMATS))
        and ("pattern" not in schema or is_plain_pattern(schema["pattern"]))
    )


def _is_in(value: t.Any, known: frozenset[str]) -> bool:
    return isinstance(value, str) and value in known


def is_plain_pattern(pattern: t.Any) -> bool:
    """Tell whether a pattern takes no more than the square of its text's length."""
    return (
        isinstance(pattern, str)
        and len(pattern) <= LONGEST_PATTERN
        and bool(PLAIN_PATTERN.fullmatch(pattern))
    )
