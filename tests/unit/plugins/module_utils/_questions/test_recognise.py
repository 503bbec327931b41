# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which messages are questions, whose they are, and which answer one holds."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    Interaction,
    OnExpiry,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.recognise import (
    answer_in,
    asked_by,
    concerns,
    interaction,
    interaction_of,
    message_type,
    payload,
)

ASK_BODY = {
    "type": "interactive.ask",
    "payload": {"interaction": {"id": "i", "name": "n", "schema": {}, "deadline": "d"}},
}


@pytest.mark.parametrize(
    ("payload", "ours"),
    [
        ({"execution_id": "ours"}, True),
        ({"execution_id": "below", "root_execution_id": "ours"}, True),
        ({"execution": {"id": "ours"}}, True),
        ({"execution": {"id": "theirs"}}, False),
        ({"execution_id": "theirs", "root_execution_id": "theirs"}, False),
        ({"message": "of nobody"}, True),
        ({"execution_id": "", "message": "of nobody"}, True),
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
    assert answer_in("raw") == "raw"
    assert answer_in({"payload": {"interaction_id": "i", "answer": 3}}) == 3
    assert answer_in({"payload": {"other": 1}}) == {"payload": {"other": 1}}


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (ASK_BODY, Interaction("i", "n", None, "d", OnExpiry.DECLINE)),
        (
            {"payload": {"interaction": {"id": "i", "on_expiry": "default"}}},
            Interaction("i", on_expiry=OnExpiry.DEFAULT),
        ),
        ({"payload": {"interaction": {"id": "i", "name": "", "deadline": 5}}}, Interaction("i")),
        ({"payload": {"interaction": {"id": ""}}}, None),
        ({"payload": {"interaction": {"id": 5}}}, None),
        ({"payload": {"interaction": {"name": "n"}}}, None),
        ({"payload": {"interaction": "i"}}, None),
        ({"payload": []}, None),
        ("text", None),
        (None, None),
    ],
)
def test_a_message_that_is_a_question(body: object, read: Interaction | None) -> None:
    assert interaction_of(body) == read
    assert bool(interaction(body)) == (read is not None)


def test_who_asked() -> None:
    assert asked_by(ASK_BODY) == "i"
    assert asked_by(dict(ASK_BODY, payload={})) == ""


def test_the_parts_of_a_message() -> None:
    assert payload(ASK_BODY) == ASK_BODY["payload"] and payload("text") == {}
    assert message_type(ASK_BODY) == "interactive.ask"
    assert message_type("text") is None and message_type({}) is None
