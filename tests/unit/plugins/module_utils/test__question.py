# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.interactive.openstack.plugins.module_utils._question import question_id, shown, shown_data


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


def test_question_id_is_of_the_messages_else_of_the_tasks() -> None:
    assert question_id([{"id": "t"}], [{"id": "1"}, {"id": "2"}]) == "1,2"
    assert question_id([{"id": "t"}], []) == "t"
