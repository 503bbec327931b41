# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells which schemas cost next to nothing, whatever the value.

Most do. All others are used in a process with limits.
"""

from __future__ import annotations

import re
import typing as t

from .._base.limits import Size, measure
from .schema import Schema, subschemas

# In the worst case a schema is compared with each part of a value. With these sizes that takes less
# than a tenth of a second.
SMALL_SCHEMA = Size(500, 20_000)
SMALL_VALUE = Size(100, 2_000)
LONGEST_PATTERN = 200
MOST_STEPS = 4_000_000  # of comparing texts with patterns

# Keywords that look at each part of a value once or apply others that do, and annotations.
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

# Part of a pattern that matches exactly one character.
ESCAPED = r"\\[dwsDWSnt.\-+*?^$()\[\]{}|/\\]"
ATOM = (
    r"(?:"
    r"[^\\\[\](){}|*+?^$]"
    rf"|{ESCAPED}"
    rf"|\[\^?(?:[^\\\[\]^]|{ESCAPED})+\]"
    r")"
)
# At most one repetition, of one character: a match takes at most the square of its text's length.
PLAIN_PATTERN = re.compile(
    rf"\^?{ATOM}*(?:{ATOM}(?:[*+?]|\{{\d{{1,3}}(?:,\d{{0,3}})?\}}))?{ATOM}*\$?"
)


def is_harmless(schema: Schema) -> bool:
    """Tell whether checking a schema itself certainly takes next to no time and memory."""
    return _is_small(measure(schema), SMALL_SCHEMA) and all(
        _is_plain(part) for part in subschemas(schema)
    )


def is_harmless_for(schema: Schema, value: t.Any) -> bool:
    """Tell whether checking a value by a schema certainly takes next to no time and memory."""
    size = measure(value)
    if not _is_small(size, SMALL_VALUE) or not is_harmless(schema):
        return False
    patterns = sum("pattern" in part for part in subschemas(schema))
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
