# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base import (
    encodable as _encodable,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import (
    TOO_DEEP_TO_DISPLAY,
)

HALF = "M\udcc3"


@pytest.mark.parametrize(
    ("value", "place", "what"),
    [
        ({"body": HALF}, ".body", _encodable.NOT_UTF8),
        ({"input": {"a": ["x", {"b": HALF}]}}, ".input.a[1].b", _encodable.NOT_UTF8),
        ({"metadata": {HALF: 1}}, ".metadata", _encodable.NOT_UTF8),
        ({"body": float("inf")}, ".body", _encodable.NOT_FINITE),
        ({"body": {"n": [1.0, float("nan")]}}, ".body.n[1]", _encodable.NOT_FINITE),
        ({"body": b"bytes", "other": [HALF]}, ".other[0]", _encodable.NOT_UTF8),
    ],
)
def test_a_flaw_is_found_wherever_it_is(value, place, what):
    assert _encodable.flaw(value) == (place, what)


@pytest.mark.parametrize(
    "value",
    [
        "M\u00fc\U0001f389\u2028\ufeff\0",
        {"n": [1, 1.5, None, True, 10**400]},
        {"o": object()},
        {1: {"a": "b"}},
    ],
)
def test_what_can_be_sent_has_no_flaw(value):
    assert _encodable.flaw(value) is None
    assert _encodable.replaced(value) is value or _encodable.replaced(value) == value


def test_an_option_that_cannot_be_sent_is_named_and_not_shown():
    with pytest.raises(Failure) as raised:
        _encodable.check_options({"queue": "q", "body": {"a": "secret" + HALF}})
    assert raised.value.error_code == "not_encodable"
    assert (
        "'body.a' holds text that is not UTF-8" in raised.value.message
        and "secret" not in raised.value.message
    )
    _encodable.check_options({"queue": "q", "body": "M\u00fc", "ttl": None})


@pytest.mark.parametrize(
    ("url", "parts", "what"),
    [
        ("http://x/v2", {"data": json.dumps({"body": HALF})}, _encodable.NOT_UTF8),
        ("http://x/v2", {"data": json.dumps({"body": float("nan")})}, _encodable.NOT_FINITE),
        ("http://x/v2", {"data": "version: '2.0'\n# " + HALF}, _encodable.NOT_UTF8),
        ("http://x/" + HALF, {}, _encodable.NOT_UTF8),
        ("http://x/v2", {"params": {"name": HALF}}, _encodable.NOT_UTF8),
    ],
)
def test_a_request_that_cannot_be_sent_is_refused(url, parts, what):
    with pytest.raises(Failure) as raised:
        _encodable.check_request("Mistral", url, **parts)
    assert f"What is to be sent to Mistral holds {what}; nothing was sent" in raised.value.message


@pytest.mark.parametrize(
    "data",
    [
        None,
        json.dumps({"body": "M\u00fc \U0001f389", "more": "NaN Infinity \\ud800"}),
        "version: '2.0'\nInfinity: {}",
        b"bytes",
    ],
)
def test_a_request_that_can_be_sent_is_let_through(data):
    _encodable.check_request(
        "Mistral",
        "http://x/v2/a?b=c",
        {"data": data, "params": {"limit": 1}, "headers": {"A": "b"}},
    )


def test_half_a_character_is_replaced_to_be_shown():
    assert _encodable.replaced({HALF: [HALF, 1, ("\u00fc", HALF)]}) == {
        "M\ufffd": ["M\ufffd", 1, ["\u00fc", "M\ufffd"]]
    }


def test_half_of_a_character_by_its_number_is_found_in_a_definition():
    _encodable.check_definition(
        {
            "w": {
                "tasks": {
                    "a": {
                        "action": "std.echo",
                        "since": datetime.date(2026, 2, 3),
                        "n": float("inf"),
                    }
                }
            }
        }
    )
    with pytest.raises(Failure) as raised:
        _encodable.check_definition({"w": {"tasks": {"a": {"input": {"output": HALF}}}}})
    assert (
        raised.value.error_code == "invalid_definition"
        and "in w.tasks.a.input.output" in raised.value.message
    )


def test_what_is_nested_too_deep_is_refused():
    value: list = []
    for _level in range(100_000):
        value = [value]
    with pytest.raises(Failure) as raised:
        _encodable.check_options({"body": value})
    assert "nested too deep" in raised.value.message


def nested(depth: int, inner: t.Any) -> t.Any:
    value = inner
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def levels(value: t.Any) -> tuple[int, t.Any]:
    """How many lists and dictionaries are in each other, and what is in the innermost."""
    count = 0
    while isinstance(value, (list, dict)):
        [value] = value.values() if isinstance(value, dict) else value
        count += 1
    return count, value


@pytest.mark.parametrize("inner", [HALF, "whole"])
@pytest.mark.parametrize("depth", [600, 50_000])
def test_what_is_nested_too_deep_to_be_returned_is_cut(depth: int, inner: str) -> None:
    """A message that is in no queue any more must not end in a traceback."""
    shown = _encodable.replaced({"messages": [{"id": HALF, "body": nested(depth, inner)}]})
    assert shown["messages"][0]["id"] == "M\ufffd"
    depth_shown, innermost = levels(shown["messages"][0]["body"])
    assert 100 < depth_shown <= _encodable.MOST_RESULT_LEVELS and innermost == TOO_DEEP_TO_DISPLAY


def test_what_is_nested_less_deep_is_returned_whole() -> None:
    assert levels(_encodable.replaced(nested(150, HALF))) == (150, "M\ufffd")
    value = nested(150, "whole")
    assert _encodable.replaced(value) is value


@pytest.mark.parametrize("depth", [600, 50_000])
def test_a_flaw_in_what_is_nested_deep_is_found_without_a_traceback(depth: int) -> None:
    assert _encodable.flaw({"body": nested(depth, HALF)}) == ("", _encodable.NESTED_TOO_DEEP)
    assert _encodable.flaw({"name": HALF, "body": nested(depth, 1)}) == (
        ".name",
        _encodable.NOT_UTF8,
    )
