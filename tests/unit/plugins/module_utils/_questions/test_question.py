# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import (
    TOO_DEEP,
    display_data,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    as_seen,
    shown,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    old_question_id as question_id,
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("plain", "plain"),
        ("two\r\nlines\tand tab", "two\nlines\tand tab"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://example.org\x1b\\link", "link"),
        ("a\x00b\x07c\x7fd\x9be", "abcde"),
        ("right\u202eleft", "rightleft"),
        ("one\u2028two\u2029three\x85four\rfive\x0bsix", "one\ntwo\nthree\nfour\nfive\nsix"),
        ("\x1b]0;no end", "0;no end"),
        ("\x1bPno end", "no end"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("\x1b[12;", "12;"),
        ("\x1b(Bplain", "plain"),
        ("end\x1b", "end"),
        ("{{ 7 * 7 }} <% $.x %>", "{{ 7 * 7 }} <% $.x %>"),
        ({"ü": [1, None]}, '{"ü": [1, null]}'),
        (None, "null"),
    ],
)
def test_shown(body: object, text: str) -> None:
    assert shown(body) == text


def test_shown_data_keeps_types_and_cleans_texts() -> None:
    data = {"a\x1b[2J": [1, True, None, "x\x9by"], "b": {"c": "\u202ed"}}
    assert display_data(data) == {"a": [1, True, None, "xy"], "b": {"c": "d"}}


def test_what_is_nested_too_deep_is_not_shown() -> None:
    deep: list = []
    for _level in range(200_000):  # newer versions of Python take some ten thousand levels
        deep = [deep]
    assert display_data({"a": deep}) == shown(deep) == TOO_DEEP


@pytest.mark.parametrize(
    "start",
    [
        "\x1bP",
        "\x1b]",
        "\x1b[",
        "\x1b_",
        "\x1b[0;",
        "\x1bP\x1b",
        "\x1b]\x07",
        "\x1b(",
        "\x1b",
        "\x1b[ ",
    ],
)
def test_sequences_without_an_end_take_no_longer_the_more_there_are(start: str) -> None:
    """The work is counted, not timed: of 2 MB, what is quadratic would take days."""
    assert "\x1b" not in shown(start * (2_000_000 // len(start)))


def test_question_id_is_of_the_tasks_and_the_messages() -> None:
    assert question_id([{"id": "t"}], [{"id": "1"}, {"id": "2"}]) == "t,1,2"
    assert question_id([{"id": "t"}], []) == "t"


def question(tasks: str, messages: str, waits_by: str = "pause") -> dict:
    said = [{"id": id, "text": "?"} for id in messages]
    id = question_id([{"id": id} for id in tasks], said)
    text = "\n".join("?" for id in messages)
    return {"id": id, "task_ids": list(tasks), "waits_by": waits_by, "messages": said, "text": text}


def test_a_question_is_the_same_while_more_is_said() -> None:
    first = question("t", "12")
    assert as_seen(question("t", "123"), first["id"]) == first


def test_a_question_is_the_same_while_more_is_asked() -> None:
    first = question("t", "12")
    assert as_seen(question("tu", "123"), first["id"]) == dict(first, task_ids=["t", "u"])


@pytest.mark.parametrize("tasks", ["t", "tu"])
@pytest.mark.parametrize("left", ["2", "23", "", "3"])
def test_a_pause_is_the_same_though_a_message_of_it_is_gone(tasks: str, left: str) -> None:
    seen = as_seen(question(tasks, left), "t,1,2")
    assert (
        seen
        and seen["id"] == "t,1,2"
        and [message["id"] for message in seen["messages"]] == [id for id in left if id == "2"]
    )


@pytest.mark.parametrize(
    "now",
    [
        question("u", "12"),
        question("u", ""),
        question("t", "23", "poll"),
        question("t", "", "poll"),
    ],
)
def test_a_question_whose_tasks_are_others_is_another(now: dict) -> None:
    assert as_seen(now, "t,1,2") is None
