# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    asked_by,
    concerns,
    has_expired,
    moment,
    now,
    told_answer,
    written,
)


@pytest.mark.parametrize(
    ("payload", "ours"),
    [
        ({"execution_id": "ours"}, True),
        ({"execution_id": "below", "root_execution_id": "ours"}, True),
        ({"execution": {"id": "ours"}}, True),
        ({"execution": {"id": "theirs"}}, False),
        ({"execution_id": "theirs", "root_execution_id": "theirs"}, False),
        ({"message": "of nobody"}, True),
        ("no mapping", True),
    ],
)
def test_which_messages_of_a_shared_queue_are_ours(payload: object, ours: bool) -> None:
    assert concerns({"type": "tripleo.x", "payload": payload}, {"ours"}) is ours


@pytest.mark.parametrize(
    "body",
    [
        "text",
        None,
        {"type": "interactive.ask", "payload": {"interaction": []}},
        {"type": "x", "payload": {"interaction": {"id": "i"}}},
    ],
)
def test_what_interactive_ask_did_not_post(body: object) -> None:
    assert asked_by(body) == ""


def test_an_answer_in_a_queue() -> None:
    assert told_answer("raw") == "raw"
    assert told_answer({"payload": {"interaction_id": "i", "answer": 3}}) == 3
    assert told_answer({"payload": {"other": 1}}) == {"payload": {"other": 1}}


def test_deadlines() -> None:
    assert written(moment("2026-01-02T03:04:05+01:00")) == "2026-01-02T02:04:05Z"
    assert moment("soon") is None and moment(5) is None
    ago, soon = now() - datetime.timedelta(seconds=5), now() + datetime.timedelta(hours=1)
    assert has_expired({"deadline": written(ago)}) and not has_expired({"deadline": written(soon)})
    assert not has_expired({"deadline": None})
