# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be sent: text that UTF-8 has bytes for, and numbers that JSON has digits for."""

from __future__ import annotations

import json
import math
import re
import typing as t

from .errors import Failure
from .text import TOO_DEEP

SURROGATE = re.compile("[\ud800-\udfff]")
SUSPECT = re.compile(r"\\ud[89a-f]|NaN|Infinity", re.IGNORECASE)  # in JSON, of what cannot be sent
HALF = "text that is not UTF-8, for instance half a character"
INFINITE = "a number that JSON cannot represent (infinity, or not a number)"
DEEP = "lists or dictionaries that are nested too deep"
# Levels of lists and dictionaries in each other. Ansible goes through a result by recursion, more than once, and ends in a
# traceback at some hundreds.
DEEPEST = 200


def flaw(value: t.Any) -> tuple[str, str] | None:
    """Return where a value holds what cannot be sent, as ``.key[0]``, and what that is; None if all of it can be sent."""
    if _is_sendable(value):
        return None
    return next(_flaws(value), None)


def _is_sendable(value: t.Any) -> bool:
    """Tell quickly that all of a value can be sent; False if that is not certain."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        return False
    return True


def _flaws(value: t.Any) -> t.Iterator[tuple[str, str]]:
    """Find what cannot be sent, in the order in which it is written."""
    waiting = [(value, "", 0)]
    while waiting:
        one, place, depth = waiting.pop()
        what = _flaw_of_itself(one)
        if what:
            yield place, what
        if depth > DEEPEST:
            yield "", DEEP
            return
        inner = [(part, place + step, depth + 1) for step, part in _steps(one)]
        waiting.extend(reversed(inner))


def _flaw_of_itself(value: t.Any) -> str:
    """Return what is wrong with a value, without what is in it; of a dictionary, its keys are a part of it."""
    texts = list(value) if isinstance(value, dict) else [value]
    if any(isinstance(text, str) and SURROGATE.search(text) for text in texts):
        return HALF
    if isinstance(value, float) and not math.isfinite(value):
        return INFINITE
    return ""


def _steps(value: t.Any) -> list[tuple[str, t.Any]]:
    """Return what is directly in a list or a dictionary, each after how its place continues."""
    if isinstance(value, dict):
        return [(f".{key}", part) for key, part in value.items()]
    if isinstance(value, (list, tuple)):
        return [(f"[{number}]", part) for number, part in enumerate(value)]
    return []


def check_options(options: dict[str, t.Any]) -> None:
    """Raise Failure, which names the option, if a task's options hold what cannot be sent to a service."""
    found = flaw(options)
    if found:
        place, what = found
        holder = f"The option '{replaced(place[1:])}' holds" if place else "The options hold"
        raise Failure(
            f"{holder} {what}: type it again, or check the encoding of what it comes from.",
            "not_encodable",
        )


def check_definition(data: t.Any) -> None:
    """Raise Failure if what a workflow definition means cannot be sent: YAML can name half of a character by its number."""
    found = flaw(data)
    if found and found[1] == HALF:
        raise Failure(
            f"The workflow definition holds {HALF}, in {replaced(found[0][1:])}: write the whole one.",
            "invalid_definition",
        )


def check_request(service: str, url: str, parts: dict[str, t.Any]) -> None:
    """Raise Failure if a request holds what cannot be sent: something that came from a file, or from another service."""
    found = flaw([url, parts.get("params"), parts.get("data")])
    data = parts.get("data")
    if not found and isinstance(data, str) and SUSPECT.search(data):
        found = flaw(_decoded(data))
    if found:
        raise Failure(
            f"What is to be sent to {service} holds {found[1]}; nothing was sent. Mend that where it comes from.",
            "not_encodable",
        )


def _decoded(data: str) -> t.Any:
    """Return what a text says as JSON; None for another text, as a definition is."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def replaced(value: t.Any) -> t.Any:
    """Return a value that can be shown, and be returned to Ansible; the value itself if it is one already.

    It has U+FFFD for each half of a character, and a text for what is nested too deep.
    """
    if _is_sendable(value) and not is_deeper_than(value, DEEPEST):
        return value
    made = [value]
    waiting: list[tuple[t.Any, int]] = [(made, 0)]
    while waiting:
        holder, depth = waiting.pop()
        for place, part in list(_places(holder)):
            copy = _cleaned(part)
            if isinstance(copy, (dict, list)) and depth > DEEPEST:
                copy = TOO_DEEP
            holder[place] = copy
            if isinstance(copy, (dict, list)):
                waiting.append((copy, depth + 1))
    return made[0]


def _places(holder: t.Any) -> t.Iterable[tuple[t.Any, t.Any]]:
    return holder.items() if isinstance(holder, dict) else enumerate(holder)


def _cleaned(value: t.Any) -> t.Any:
    """Return a text or a key without halves of characters; of a list or a dictionary a copy, with what is in it as it was."""
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_cleaned(key): part for key, part in value.items()}
    return list(value) if isinstance(value, (list, tuple)) else value


def is_deeper_than(value: t.Any, most: int) -> bool:
    """Tell whether more lists and dictionaries than that are in each other."""
    level = [value]
    for _depth in range(most + 1):
        level = [part for one in level for part in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: t.Any) -> t.Iterable[t.Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()
