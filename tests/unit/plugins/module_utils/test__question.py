# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.interactive.openstack.plugins.module_utils._question import (
    as_seen,
    question_id,
    shown,
    shown_data,
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
        ("{{ 7 * 7 }} <% $.x %>", "{{ 7 * 7 }} <% $.x %>"),
        ({"ü": [1, None]}, '{"ü": [1, null]}'),
        (None, "null"),
    ],
)
def test_shown(body: object, text: str) -> None:
    assert shown(body) == text


def test_shown_data_keeps_types_and_cleans_texts() -> None:
    data = {"a\x1b[2J": [1, True, None, "x\x9by"], "b": {"c": "\u202ed"}}
    assert shown_data(data) == {"a": [1, True, None, "xy"], "b": {"c": "d"}}


def test_question_id_is_of_the_tasks_and_the_messages() -> None:
    assert question_id([{"id": "t"}], [{"id": "1"}, {"id": "2"}]) == "t,1,2"
    assert question_id([{"id": "t"}], []) == "t"


def question(tasks: str, messages: str) -> dict:
    said = [{"id": id, "text": "?"} for id in messages]
    return {"id": question_id([{"id": id} for id in tasks], said), "messages": said, "text": "\n".join("?" for id in messages)}


def test_a_question_is_the_same_while_more_is_said_or_asked() -> None:
    first = question("t", "12")
    later = as_seen(question("tu", "123"), first["id"])
    assert later == first


@pytest.mark.parametrize("now", [question("t", "23"), question("u", "12"), question("u", "")])
def test_a_question_whose_message_or_task_is_gone_is_another(now: dict) -> None:
    assert as_seen(now, question("t", "12")["id"]) is None
