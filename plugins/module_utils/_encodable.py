# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be sent: text that UTF-8 has bytes for, and numbers that JSON has digits for."""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure

SURROGATE = re.compile("[\ud800-\udfff]")
SUSPECT = re.compile(r"\\ud[89a-f]|NaN|Infinity", re.IGNORECASE)  # in JSON, of what cannot be sent
HALF = "text that is not UTF-8, for instance half a character"
INFINITE = "a number that JSON cannot represent (infinity, or not a number)"
DEEP = "lists or dictionaries that are nested too deep"


def flaw(value: t.Any) -> tuple[str, str] | None:
    """Return where a value holds what cannot be sent, as ``.key[0]``, and what that is; None if all of it can be sent."""
    if _is_sendable(value):
        return None
    try:
        return next(_flaws(value, ""), None)
    except RecursionError:
        return "", DEEP


def _is_sendable(value: t.Any) -> bool:
    """Tell quickly that all of a value can be sent; False if that is not certain."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        return False
    return True


def _flaws(value: t.Any, place: str) -> t.Iterator[tuple[str, str]]:
    if isinstance(value, str) and SURROGATE.search(value):
        yield place, HALF
    elif isinstance(value, float) and not math.isfinite(value):
        yield place, INFINITE
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from ((place, HALF) for flawed in _flaws(key, ""))
            yield from _flaws(part, f"{place}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value):
            yield from _flaws(part, f"{place}[{number}]")


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
        raise Failure(f"The workflow definition holds {HALF}, in {replaced(found[0][1:])}: write the whole one.", "invalid_definition")


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
    """Return a value with U+FFFD for each half of a character, so that it can be shown; the value itself if it has none."""
    if _is_sendable(value):
        return value
    return _replaced(value)


def _replaced(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_replaced(key): _replaced(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(part) for part in value]
    return value
