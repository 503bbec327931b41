# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What -v shows of a result that holds what acts on a terminal."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.plugin_utils._verbose import (
    escape,
    escape_for_terminal,
)


class Shown:
    def __init__(self, verbosity: int) -> None:
        self.verbosity = verbosity
        self.lines: list[str] = []

    def v(self, msg: str, host: str | None = None) -> None:
        self.lines.append(msg)


ACTS = {"body": "a\x9b2Jb\u202ec", "invocation": {"module_args": {}}, "changed": False}


@pytest.mark.parametrize(
    "text", ["\x9b", "\u202e", "\x7f", "\x85", "\u2028", "\ufeff", "\U000e0041", "\ud800"]
)
def test_what_acts_on_a_terminal_is_escaped_and_means_the_same(text: str) -> None:
    written = escape(json.dumps([text, "ü 🎉 \u200d"], ensure_ascii=False))
    assert text not in written and "ü 🎉" in written and json.loads(written)[0] == text


@pytest.mark.parametrize(
    ("verbosity", "result", "hidden", "lines"),
    [
        (0, ACTS, False, None),
        (1, ACTS, False, [r'{"body": "a\u009b2Jb\u202ec", "changed": false}']),
        (
            3,
            ACTS,
            False,
            [r'{"body": "a\u009b2Jb\u202ec", "changed": false, "invocation": {"module_args": {}}}'],
        ),
        (2, ACTS, True, []),
        (2, {**ACTS, "failed": True}, False, None),
        (2, {"body": "größe\x1b"}, False, None),
    ],
)
def test_only_such_a_result_is_shown_by_us(
    verbosity: int, result: dict[str, t.Any], hidden: bool, lines: list[str] | None
) -> None:
    shown, before = Shown(verbosity), dict(result)
    got = dict(result)
    escape_for_terminal(shown, got, "localhost", hidden)
    assert ("_ansible_verbose_override" in got) == (lines is not None)
    assert shown.lines == (lines or [])
    assert {key: got[key] for key in before} == before  # a playbook gets what came
