# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    Answer,
    Interaction,
    OnExpiry,
    Status,
    has_passed,
    moment,
    now,
    rfc3339,
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


def test_deadlines() -> None:
    assert rfc3339(moment("2026-01-02T03:04:05+01:00")) == "2026-01-02T02:04:05Z"
    assert moment("soon") is None and moment(5) is None
    assert moment("2026-01-02t03:04:05z") == moment("2026-01-02T03:04:05")
    assert moment("9999-12-31T23:59:59-23:00") is None
    ago, soon = now() - datetime.timedelta(seconds=5), now() + datetime.timedelta(hours=1)
    assert has_passed(rfc3339(ago), now()) and not has_passed(rfc3339(soon), now())
    assert not has_passed(None, now())


ASK_BODY = {
    "type": "interactive.ask",
    "payload": {"interaction": {"id": "i", "name": "n", "schema": {}, "deadline": "d"}},
}


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


@pytest.mark.parametrize("status", list(Status))
def test_an_answer_is_found_in_its_message(status: Status) -> None:
    answer = Answer({"n": 3}, status, "me", "2026-01-02T03:04:05Z")
    body = answer.as_message("x", "i", "t")
    assert answer_in(body) == {"n": 3}
    assert body == {
        "type": "t",
        "payload": {
            "execution_id": "x",
            "interaction_id": "i",
            "answer": {"n": 3},
            "status": status.value,
            "answered_by": "me",
            "answered_at": "2026-01-02T03:04:05Z",
        },
    }
    assert not isinstance(body["payload"]["status"], Status)


def test_a_status_as_options_write_it() -> None:
    assert [status.word for status in Status] == ["answered", "declined", "expired"]
    assert f"{Status.EXPIRED}" == "EXPIRED"
