# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may come from anybody, on a terminal."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import (
    TOO_DEEP_TO_DISPLAY,
    display_data,
    display_text,
    one_line,
)


@pytest.mark.parametrize(
    ("text", "displayed"),
    [
        ("größe 🎉\ttab", "größe 🎉\ttab"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x1bPq#0\x1b\\text", "text"),
        ("\x1b(Btext", "text"),
        ("\x1b]no end", "no end"),
        ("a\x9b2Jb", "a2Jb"),
        ("left\u202eright", "leftright"),
        ("word\u200d\u200cword", "word\u200d\u200cword"),
        ("half \ud800", "half "),
    ],
)
def test_what_acts_on_a_terminal_is_left_out(text, displayed):
    assert display_text(text) == displayed


def test_data_becomes_display_text_also_in_its_keys():
    data = {"a\x1b[2J": ["b\x9b", {"c": 1}], 2: None, "d": True}
    assert display_data(data) == {"a": ["b", {"c": 1}], "2": None, "d": True}


def test_data_that_is_nested_too_deep():
    data: list = []
    for _level in range(100_000):
        data = [data]
    assert display_data(data) == TOO_DEEP_TO_DISPLAY


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        (None, ""),
        ("\n  \nfirst  words:\nsecond", "first words"),
        ("Traceback (most recent call last):\n  File", "File"),
        ("12345678", "12345678"),
        ("123456789", "1234567…"),
    ],
)
def test_the_first_meaningful_line(text, line):
    assert one_line(text, 8 if text and text[0] == "1" else 500) == line
