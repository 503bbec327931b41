# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.outcome import (
    Outcome,
)

INTEGER = {"type": "integer"}
FORM = {"properties": {"n": INTEGER, "all": {"default": True}}}


@pytest.mark.parametrize(
    ("outcome", "answers", "same"),
    [
        (Outcome("ANSWERED", ("a",)), ["a"], True),
        (Outcome("ANSWERED", ("a", "b")), ["a", "b"], True),
        (Outcome("ANSWERED", ("a", "b")), ["b", "a"], False),
        (Outcome("ANSWERED", ("a", "b")), ["a"], False),
        (Outcome("ANSWERED", ("a",)), [], False),
        (Outcome("ANSWERED"), ["a"], False),
        (Outcome("ANSWERED"), [], False),
        (Outcome("DECLINED", ("a",)), ["a"], False),
        (Outcome("", ("a",)), ["a"], False),
        (Outcome("ANSWERED", (3,)), ["3"], True),  # a text that became a number on its way
        (Outcome("ANSWERED", (3,), INTEGER), [" 3 "], True),
        (Outcome("ANSWERED", (3,), INTEGER), ["4"], False),
        (Outcome("ANSWERED", (3,), INTEGER), ["x"], False),
        (Outcome("ANSWERED", ({"n": 3, "all": True},), FORM), [{"n": "3"}], True),
        (Outcome("ANSWERED", ({"n": 3, "all": False},), FORM), [{"n": "3"}], False),
        (Outcome("ANSWERED", (3,), {"type": "no type"}), ["3"], True),
        (Outcome("ANSWERED", ("3 ",), "no schema"), [3], False),
    ],
)
def test_whether_a_question_got_an_answer(outcome: Outcome, answers: list, same: bool) -> None:
    assert outcome.is_answered_with(answers) is same
