# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that data can be encoded: text as UTF-8, numbers as JSON, and not nested too deep."""

from __future__ import annotations

import itertools
import json
import math
import re
import typing as t

from .errors import Failure
from .json_types import Json, Options, inner_values
from .text import TOO_DEEP_TO_DISPLAY

SURROGATE = re.compile("[\ud800-\udfff]")  # half of a character, which UTF-8 has no bytes for
# In a JSON text, each of these may stand for what cannot be encoded.
SUSPECT = re.compile(r"\\ud[89a-f]|NaN|Infinity", re.IGNORECASE)

# What a flaw is, as words for a message
NOT_UTF8 = "text that is not UTF-8, for instance half a character"
NOT_FINITE = "a number that JSON cannot represent (infinity, or not a number)"
NESTED_TOO_DEEP = "lists or dictionaries that are nested too deep"

# Levels of lists and dictionaries. Ansible goes through a result by recursion, more than once, and
# ends in a traceback at some hundreds.
MOST_RESULT_LEVELS = 200


class Flaw(t.NamedTuple):
    """A part of some data that cannot be encoded.

    ``place`` is like ``.key[0]``, empty for all of the data. ``what`` is one of the words above.
    """

    place: str
    what: str


class _Part(t.NamedTuple):
    value: Json
    place: str
    depth: int


def flaw(value: Json) -> Flaw | None:
    """Return the first part of the data that cannot be encoded; None if all of it can."""
    if _is_surely_encodable(value):
        return None
    return next(_flaws(value), None)


def _is_surely_encodable(value: Json) -> bool:
    """Tell quickly that all of the data can be encoded; False if that is not certain."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        return False
    return True


def _flaws(value: Json) -> t.Iterator[Flaw]:
    """Find what cannot be encoded, in the order in which it is written."""
    open_parts = [_Part(value, "", 0)]
    while open_parts:
        part = open_parts.pop()
        what = _own_flaw(part.value)
        if what:
            yield Flaw(part.place, what)
        if part.depth > MOST_RESULT_LEVELS:
            yield Flaw("", NESTED_TOO_DEEP)
            return
        open_parts.extend(reversed(_parts_of(part)))


def _own_flaw(value: Json) -> str:
    """Return what is wrong with a value itself, empty if nothing is.

    A dictionary itself has its keys, but neither a dictionary nor a list has what is in it.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return NOT_FINITE
    texts = list(value) if isinstance(value, dict) else [value]
    if any(isinstance(text, str) and SURROGATE.search(text) for text in texts):
        return NOT_UTF8
    return ""


def _parts_of(part: _Part) -> list[_Part]:
    """Return what is directly in a list or a dictionary."""
    depth = part.depth + 1
    if isinstance(part.value, dict):
        return [_Part(item, f"{part.place}.{key}", depth) for key, item in part.value.items()]
    if isinstance(part.value, (list, tuple)):
        return [
            _Part(item, f"{part.place}[{number}]", depth) for number, item in enumerate(part.value)
        ]
    return []


def check_options(options: Options) -> None:
    """Raise Failure (not_encodable), which names the option, if options of a task have a flaw."""
    found_flaw = flaw(options)
    if found_flaw is None:
        return
    holder = "The options hold"
    if found_flaw.place:
        holder = f"The option '{replaced(found_flaw.place[1:])}' holds"
    raise Failure(
        f"{holder} {found_flaw.what}: type it again, or check the encoding of what it comes from.",
        "not_encodable",
    )


def check_definition(data: Json) -> None:
    """Raise Failure (invalid_definition) if the data of a workflow definition is not UTF-8.

    YAML can name half of a character by its number.
    """
    found_flaw = flaw(data)
    if found_flaw and found_flaw.what == NOT_UTF8:
        place = replaced(found_flaw.place[1:])
        raise Failure(
            f"The workflow definition holds {NOT_UTF8}, in {place}: write the whole one.",
            "invalid_definition",
        )


def check_request(service: str, url: str, params: Json = None, data: Json = None) -> None:
    """Raise Failure (not_encodable) if a request has a flaw.

    What it contains may come from a file, or from another service.
    """
    found_flaw = flaw([url, params, data])
    if not found_flaw and isinstance(data, str) and SUSPECT.search(data):
        found_flaw = flaw(_decoded(data))
    if found_flaw:
        raise Failure(
            f"What is to be sent to {service} holds {found_flaw.what}; nothing was sent. Mend that"
            " where it comes from.",
            "not_encodable",
        )


def _decoded(data: str) -> Json:
    """Return the data of a JSON text; None for another text, for instance a definition."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def replaced(value: Json) -> Json:
    """Return data that can be encoded, and returned to Ansible: the same object where possible.

    Otherwise, it is a copy with U+FFFD for each half of a character, and TOO_DEEP_TO_DISPLAY for
    what is nested too deep.
    """
    if _is_surely_encodable(value) and not is_deeper_than(value, MOST_RESULT_LEVELS):
        return value
    root = [value]
    open_holders: list[tuple[Json, int]] = [(root, 0)]
    while open_holders:
        holder, depth = open_holders.pop()
        for place, part in list(_items(holder)):
            copy = _copied(part)
            if isinstance(copy, (dict, list)):
                if depth > MOST_RESULT_LEVELS:
                    copy = TOO_DEEP_TO_DISPLAY
                else:
                    open_holders.append((copy, depth + 1))
            holder[place] = copy
    return root[0]


def _items(holder: Json) -> t.Iterable[tuple[Json, Json]]:
    """Return the keys of a dictionary, or the indexes of a list, each with its value."""
    return holder.items() if isinstance(holder, dict) else enumerate(holder)


def _copied(value: Json) -> Json:
    """Return a copy without halves of characters in a text, or in the keys of a dictionary.

    What is in a list or a dictionary stays as it is.
    """
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_copied(key): part for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return list(value)
    return value


def is_deeper_than(value: Json, levels: int) -> bool:
    """Tell whether lists and dictionaries are nested in more levels than that."""
    level = [value]
    for _level in range(levels + 1):
        level = list(itertools.chain.from_iterable(map(inner_values, level)))
        if not level:
            return False
    return True
