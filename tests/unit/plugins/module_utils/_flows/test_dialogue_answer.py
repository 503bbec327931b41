# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which answers a question takes, and what the module returns."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer import (
    DialogueAnswer,
)
from ansible_collections.interactive.openstack.tests.unit.fake_dialogue import FakeDialogue
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    reader,
    run_flow,
)

IN, OUT = "workflow-input", "workflow-output"
PAST = "2020-01-01T00:00:00Z"
NUMBER = {"type": "integer", "minimum": 1, "default": 7}
SECRET = {"type": "string", "writeOnly": True}


class Room:
    """An execution that is paused before tasks which read an answer each."""

    def __init__(self, *messages: t.Any, tasks: int = 1) -> None:
        self.cloud = FakeCloud()
        self.mistral, self.zaqar = self.cloud.mistral, self.cloud.zaqar
        self.execution = self.mistral.add_execution("w")
        self.tasks = [
            self.mistral.pause_before(self.execution, f"read {number}", reader(self.zaqar, IN))
            for number in range(tasks)
        ]
        self.zaqar.put(OUT, *messages)

    def answer(self, **params: t.Any) -> dict[str, t.Any]:
        return run_flow(DialogueAnswer, self.cloud, execution=self.execution["id"], **params)

    def read(self) -> list[t.Any]:
        """Return what the tasks have read."""
        return [task["result"] for task in self.tasks]

    def delivered(self) -> t.Any:
        """Return the answer that the only task has read, of a question with an id."""
        return self.read()[0]["payload"]


def with_id(**interaction: t.Any) -> dict[str, t.Any]:
    return {"type": "x", "payload": {"interaction": {"id": "i", **interaction}, "message": "?"}}


def code(room: Room, **params: t.Any) -> str:
    with pytest.raises(Failure) as caught:
        room.answer(**params)
    return caught.value.error_code


def test_a_plain_answer() -> None:
    room = Room("Who?")
    result = room.answer(answer="me")
    assert room.read() == ["me"]
    assert result["changed"] and result["resumed"] and result["status"] == "ANSWERED"
    assert len(result["message_ids"]) == 1 and result["question"]["text"] == "Who?"
    assert (result["input_queue"], result["output_queue"]) == (IN, OUT)


def test_check_mode_sends_nothing_that_changes() -> None:
    room = Room("Who?")
    result = room.answer(answer="me", check_mode=True)
    assert result["changed"] and result["resumed"] and result["message_ids"] == []
    assert {request.method for request in room.cloud.requests} <= {"GET", "PATCH"}
    assert room.execution["state"] == "PAUSED" and room.zaqar.bodies(IN) == []


def test_several_answers() -> None:
    room = Room("Who?", tasks=2)
    assert code(room, answers=["a", "b", "c"]) == "bad_option"
    assert not room.answer(answers=["a"])["resumed"]
    assert room.answer(answer="b")["resumed"]
    assert sorted(room.read()) == ["a", "b"]


@pytest.mark.parametrize(
    ("params", "error_code"),
    [
        ({"answer": ""}, "empty_answer"),
        ({}, "empty_answer"),
        ({"answer": "me", "status": "declined"}, "bad_option"),
        ({"status": "declined"}, "cannot_decline"),
        ({"answer": "me", "question": "another"}, "not_asked"),
        ({"answer": "me", "question_id": "another"}, "no_question"),
    ],
)
def test_an_answer_that_does_not_fit(params: dict[str, t.Any], error_code: str) -> None:
    room = Room("Who?")
    assert code(room, **params) == error_code
    assert room.zaqar.bodies(IN) == [] and room.execution["state"] == "PAUSED"


def test_an_answer_with_a_schema_is_coerced() -> None:
    room = Room(with_id(schema=NUMBER))
    room.answer(answer=" 42 ", answered_by="somebody")
    delivered = room.delivered()
    assert (delivered["answer"], delivered["status"]) == (42, "ANSWERED")
    assert delivered["answered_by"] == "somebody" and delivered["interaction_id"] == "i"


def test_an_invalid_answer_names_all_problems() -> None:
    room = Room(with_id(schema=NUMBER))
    with pytest.raises(Failure) as caught:
        room.answer(answer="0")
    assert caught.value.error_code == "invalid_answer" and caught.value.result["problems"]
    assert room.zaqar.bodies(IN) == []


def test_a_question_with_an_id_can_be_declined() -> None:
    room = Room(with_id(schema=NUMBER))
    assert room.answer(status="declined")["status"] == "DECLINED"
    delivered = room.delivered()
    assert (delivered["answer"], delivered["status"]) == (None, "DECLINED")
    assert delivered["answered_by"] == "demo"


def test_a_question_with_a_bad_schema_can_only_be_declined() -> None:
    room = Room(with_id(schema={"type": "nonsense"}))
    assert code(room, answer="me") == "bad_schema"
    assert room.answer(status="declined")["status"] == "DECLINED"


@pytest.mark.parametrize(
    ("on_expiry", "answer"), [("default", 7), ("decline", None), ("else", None)]
)
def test_a_question_that_has_expired(on_expiry: str, answer: t.Any) -> None:
    room = Room(with_id(schema=NUMBER, deadline=PAST, on_expiry=on_expiry))
    assert room.answer()["status"] == "EXPIRED"
    delivered = room.delivered()
    assert (delivered["answer"], delivered["status"]) == (answer, "EXPIRED")
    assert delivered["answered_by"] is None


@pytest.mark.parametrize("params", [{"answer": 5}, {"status": "declined"}])
def test_an_answer_that_is_too_late_is_refused_and_the_workflow_goes_on(
    params: dict[str, t.Any],
) -> None:
    room = Room(with_id(schema=NUMBER, deadline=PAST))
    assert code(room, **params) == "expired"
    assert room.delivered()["status"] == "EXPIRED"


@pytest.mark.parametrize(
    ("schema", "ttl", "seconds"), [(None, None, 3600), (SECRET, None, 300), (SECRET, 90, 90)]
)
def test_a_secret_lies_unread_for_a_short_time(
    schema: t.Any, ttl: int | None, seconds: int
) -> None:
    room = Room(with_id(schema=schema))
    room.answer(answer="me", ttl=ttl)
    [posted] = [request for request in room.cloud.requests if request.kind == "post_messages"]
    assert posted.body["messages"][0]["ttl"] == seconds


class TestAnAnswerWaits:
    def test_it_is_delivered_without_another_one(self) -> None:
        room = Room("Who?")
        room.zaqar.put(IN, "me")
        result = room.answer()
        assert room.read() == ["me"] and result["message_ids"] == [] and result["resumed"]

    def test_the_same_one_is_not_posted_again(self) -> None:
        room = Room("Who?")
        room.zaqar.put(IN, "me")
        room.answer(answer="me")
        assert room.read() == ["me"] and room.zaqar.bodies(IN) == []

    @pytest.mark.parametrize(
        ("params", "answer", "status"),
        [
            ({"answer": " 42 "}, 42, "ANSWERED"),
            ({"status": "declined"}, None, "DECLINED"),
        ],
    )
    def test_nor_is_the_same_one_to_a_question_with_an_id(
        self, params: dict[str, t.Any], answer: t.Any, status: str
    ) -> None:
        room = Room(with_id(schema=NUMBER))
        payload = {"interaction_id": "i", "answer": answer, "status": status}
        room.zaqar.put(IN, {"type": "x", "payload": payload})
        assert room.answer(**params)["message_ids"] == []
        assert room.delivered() == payload and room.zaqar.bodies(IN) == []

    def test_another_one_is_refused(self) -> None:
        room = Room("Who?")
        room.zaqar.put(IN, "somebody else's")
        assert code(room, answer="me") == "answer_waits"
        assert room.execution["state"] == "PAUSED"

    def test_whoever_posted_it_may_be_about_to_resume(self) -> None:
        room = Room("Who?")
        room.zaqar.put(IN, "me")

        def resume() -> None:
            room.mistral.end_task(room.tasks[0])
            room.mistral.end(room.execution, "SUCCESS")

        room.cloud.clock.at(room.cloud.clock.now + 0.5, resume)
        assert code(room, answer="me") == "answered_meanwhile"


def test_an_execution_that_has_ended() -> None:
    room = Room("Who?")
    room.mistral.end(room.execution, "SUCCESS")
    assert code(room, answer="me") == "execution_ended"
    assert code(room, answer="me", question_id="x") == "no_question"


def test_a_callback_by_its_id() -> None:
    room = Room(tasks=0)
    first = room.mistral.ask(room.execution, "one?", name="first")
    second = room.mistral.ask(room.execution, "two?", name="second", schema=NUMBER)
    result = room.answer(answer="3", question_id=second["id"])
    assert result["status"] == "ANSWERED" and result["message_ids"] == []
    assert room.mistral.action_of(second)["output"]["result"]["answer"] == 3
    assert room.mistral.action_of(first)["state"] == "RUNNING"
    assert code(room, answer="4", question_id=second["id"]) == "answered_meanwhile"


# An answer whose notification was lost


class Notified:
    """A dialogue with auto_resume, whose answer lies in the queue."""

    def __init__(self, is_callback: bool) -> None:
        self.cloud = FakeCloud()
        self.dialogue = FakeDialogue(self.cloud)
        self.dialogue.subscribe()
        self.starts: list[t.Any] = []
        self.mistral = self.cloud.mistral
        self.mistral.add_workflow("interactive.resume")
        if is_callback:
            self.ask = self.dialogue.ask()
            body: t.Any = {"payload": {"interaction_id": self.ask["id"], "answer": 3}}
        else:
            self.dialogue.pause("Who?", then=self.dialogue.end)
            body = "me"
        self.cloud.zaqar.put("in", body)
        self.handle = self.complete if is_callback else self.resume
        self.mistral.starts["interactive.resume"] = self.start

    def start(self, execution: dict[str, t.Any]) -> None:
        self.starts.append(execution["input"])
        self.cloud.clock.at(self.cloud.clock.now + 30, self.handle)

    def resume(self) -> None:
        self.mistral._move(self.dialogue.execution, "RUNNING")
        self.mistral._run_idle(self.dialogue.execution)

    def complete(self) -> None:
        self.cloud.zaqar.take("in")
        self.mistral.end(self.ask, "SUCCESS")

    def answer(self, **params: t.Any) -> dict[str, t.Any]:
        return run_flow(DialogueAnswer, self.cloud, execution=self.dialogue.id, **params)


@pytest.mark.parametrize("is_callback", [False, True], ids=["pause", "callback"])
def test_an_answer_whose_notification_was_lost_is_delivered(is_callback: bool) -> None:
    room = Notified(is_callback)
    result = room.answer()
    queues = {"input_queue": "in", "output_queue": "out"}
    assert room.starts == [{"execution_id": room.dialogue.id, **queues}]
    assert result["changed"] and result["message_ids"] == [] and not result["resumed"]
    assert room.cloud.zaqar.bodies("in") == [] and 40 <= room.cloud.clock.now < 60


def test_an_answer_that_nobody_delivers_is_reported() -> None:
    room = Notified(False)
    room.handle = lambda: None
    with pytest.raises(Failure) as caught:
        room.answer(wait_timeout=100)
    assert caught.value.error_code == "timeout" and "It stays in the queue" in str(caught.value)
    assert room.cloud.zaqar.bodies("in") == ["me"] and len(room.starts) == 1
