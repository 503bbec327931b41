# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent to deliver an answer, in which order, and what becomes of it when requests are lost."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    CONNECTION_LOST,
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.closed import (
    answered_meanwhile,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.decide import Wish
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.deliver import (
    Delivery,
    resumes,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.dialogue import (
    Dialogue,
    Services,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    Answer,
    Status,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
    Terms,
    WaitsBy,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    LOCKS,
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Execution,
    State,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

IN, OUT = "workflow-input", "workflow-output"
NOW = "2026-01-01T00:00:00Z"


class Room:
    """An execution that is paused before tasks which read an answer each, and somebody who answers."""

    def __init__(self, *messages: t.Any, tasks: int = 1) -> None:
        self.cloud = FakeCloud()
        self.mistral, self.zaqar = self.cloud.mistral, self.cloud.zaqar
        self.read: list[t.Any] = []  # by the workflow
        self.execution = self.mistral.add_execution("w")
        for number in range(tasks):
            self.mistral.pause_before(self.execution, f"read {number}", self.read_answer)
        self.zaqar.put(OUT, *messages)
        cloud = t.cast(t.Any, self.cloud)
        self.services = Services(cloud, Mistral(cloud), Zaqar(cloud))
        self.deadline = self.cloud.clock.deadline(300)
        self.dialogue = Dialogue(self.services, self.execution["id"], self.deadline)

    def read_answer(self) -> None:
        self.read.append(self.services.zaqar.pop(IN, 1)[0].body)

    def question(self) -> Question:
        question = self.dialogue.wait(Wish())
        assert question
        self.cloud.requests.clear()
        return question

    def deliver(self, *values: t.Any, question: Question | None = None, ttl: int = 60) -> list[str]:
        question = question or self.question()
        answers = [Answer(value, Status.ANSWERED, "me", NOW) for value in values]
        return Delivery(self.services, self.dialogue, question, self.deadline).deliver(answers, ttl)

    def changes(self) -> list[str]:
        """Return the kinds of the requests that change something, in order."""
        reads = ("read_", "list_", "pop_")  # what pops is the workflow
        kinds = [request.kind for request in self.cloud.requests]
        return [kind for kind in kinds if not kind.startswith(reads)]


def test_the_question_is_claimed_answered_deleted_and_then_resumed() -> None:
    room = Room("Who?")
    ids = room.deliver("me")
    assert len(ids) == 1 and room.read == ["me"]
    assert room.changes() == [
        "create_claim",
        "post_messages",
        "delete_message",
        "update_execution",
    ]
    assert room.zaqar.bodies(OUT) == [] and room.execution["state"] == "SUCCESS"


def test_what_was_posted_since_is_free_before_the_resume() -> None:
    room = Room("Who?")
    question = room.question()
    room.zaqar.put(OUT, "later")
    free: list[int] = []

    def look(_request: t.Any) -> None:
        free.append(room.services.zaqar.stats(OUT).free)

    room.cloud.before("update_execution", look)
    room.deliver("me", question=question)
    assert free == [1] and room.zaqar.bodies(OUT) == ["later"]


def test_with_too_few_answers_nothing_is_resumed() -> None:
    room = Room("Who?", tasks=2)
    room.deliver("me")
    assert room.read == [] and room.zaqar.bodies(IN) == ["me"]
    assert "update_execution" not in room.changes() and room.execution["state"] == "PAUSED"


def test_an_answer_that_waits_is_not_posted_again() -> None:
    room = Room("Who?")
    room.zaqar.put(IN, "me")
    assert room.deliver() == []
    assert room.read == ["me"] and "post_messages" not in room.changes()


def test_a_question_with_an_id_is_answered_by_its_id() -> None:
    room = Room({"type": "mine", "payload": {"interaction": {"id": "i"}, "message": "Who?"}})
    room.deliver("me")
    payload = room.read[0]["payload"]
    assert room.read[0]["type"] == "mine"
    assert payload == {
        "execution_id": room.execution["id"],
        "interaction_id": "i",
        "answer": "me",
        "status": "ANSWERED",
        "answered_by": "me",
        "answered_at": NOW,
    }


@pytest.mark.parametrize("messages", [(), ("Who?",)], ids=["without a message", "with one"])
@pytest.mark.parametrize("kind", ["post_messages", "update_execution", "delete_message"])
@pytest.mark.parametrize("fault", ["lose", "fail"])
def test_whatever_is_lost_the_workflow_reads_one_answer(
    fault: str, kind: str, messages: tuple[str, ...]
) -> None:
    room = Room(*messages)
    question = room.question()
    getattr(room.cloud, fault)(kind)
    room.deliver("me", question=question)
    assert room.read == ["me"] and room.zaqar.bodies(IN) == []
    assert room.mistral.environments == {}


@pytest.mark.parametrize("fault", ["lose", "fail"])
def test_a_claim_whose_answer_is_lost_is_waited_for(fault: str) -> None:
    room = Room("Who?")
    question = room.question()
    getattr(room.cloud, fault)("create_claim")
    room.deliver("me", question=question)
    assert room.read == ["me"]


def test_a_message_that_somebody_pops_after_a_failed_claim_is_not_waited_for() -> None:
    room = Room("Who?")
    question = room.question()
    room.cloud.fail("create_claim", 503)
    room.zaqar.take(OUT)
    room.deliver("me", question=question)
    assert room.read == ["me"] and room.cloud.clock.now < 10


def test_a_post_that_arrives_late_is_not_left_for_the_next_question() -> None:
    room = Room("Who?")
    question = room.question()
    room.cloud.late("post_messages", seconds=20)
    room.deliver("me", question=question)
    assert room.read == ["me"] and room.zaqar.bodies(IN) == []


def test_an_answer_of_somebody_else_wins() -> None:
    room = Room()
    question = room.question()
    room.zaqar.put(IN, "somebody else's")
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert caught.value.error_code == "answered_meanwhile"
    assert room.zaqar.bodies(IN) == ["somebody else's"]


@pytest.mark.parametrize("messages", [(), ("Who?",)], ids=["without a message", "with one"])
def test_an_answer_is_not_for_the_next_pause(messages: tuple[str, ...]) -> None:
    room = Room(*messages)
    question = room.question()
    (task,) = room.mistral.tasks_of(room.execution)
    task["state"] = "SUCCESS"
    room.zaqar.take(OUT)
    room.mistral.pause_before(room.execution, "read the next", room.read_answer)
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert caught.value.error_code == "answered_meanwhile"
    assert room.zaqar.bodies(IN) == [] and room.execution["state"] == "PAUSED"


def test_after_a_second_try_to_claim_the_input_queue_is_read_once_more() -> None:
    """Somebody else has posted, and died before the question was deleted."""
    room = Room("Who?")
    question = room.question()
    room.cloud.fail("create_claim", 503)
    room.zaqar.put(IN, "somebody else's")
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert caught.value.error_code == "answered_meanwhile"
    assert room.zaqar.bodies(IN) == ["somebody else's"] and room.read == []
    assert room.services.zaqar.stats(OUT).claimed == 0


def test_a_lost_post_that_arrives_beside_the_second_try_is_deleted() -> None:
    room = Room("Who?")
    question = room.question()

    def arrive(_request: t.Any) -> None:
        room.zaqar.put(IN, "me")

    def lose(_request: t.Any) -> None:
        room.cloud.before("post_messages", arrive)
        raise ServiceError("Zaqar", None, "the connection was lost", CONNECTION_LOST)

    room.cloud.before("post_messages", lose)
    room.deliver("me", question=question)
    assert room.cloud.count("post_messages") == 2
    assert room.read == ["me"] and room.zaqar.bodies(IN) == []


def test_a_lost_post_that_the_workflow_has_read_is_not_repeated() -> None:
    """A second one would be taken for the answer to the next question."""
    room = Room("Who?")
    question = room.question()
    (task,) = room.mistral.tasks_of(room.execution)

    def read_and_pause_again() -> None:
        room.mistral.pause_before(room.execution, "read the next", room.read_answer)
        room.read_answer()

    def lose(_request: t.Any) -> None:
        room.services.mistral.set_state(room.execution["id"], State.RUNNING)
        raise ServiceError("Zaqar", None, "the connection was lost", CONNECTION_LOST)

    room.mistral.works[task["id"]] = read_and_pause_again
    room.cloud.after("post_messages", lose)
    assert room.deliver("me", question=question) == []
    assert room.read == ["me"] and room.zaqar.bodies(IN) == []
    assert room.execution["state"] == "PAUSED" and room.zaqar.bodies(OUT) == []


def test_somebody_else_has_claimed_the_question() -> None:
    room = Room("Who?")
    question = room.question()
    room.services.zaqar.claim(OUT, 600, 60, 20)
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert caught.value.error_code == "answered_meanwhile" and room.zaqar.bodies(IN) == []


@pytest.mark.parametrize("seconds", [26, 30], ids=["seen before ours", "seen beside ours"])
def test_an_answer_of_somebody_else_before_ours_wins(seconds: float) -> None:
    """Our post is given up and arrives late. Somebody else posts before it does."""
    room = Room()
    question = room.question()
    room.cloud.late("post_messages", seconds=30)
    moment = room.cloud.clock.now + seconds
    room.cloud.clock.at(moment, lambda: room.zaqar.put(IN, "somebody else's"))
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert caught.value.error_code == "answered_meanwhile"
    assert room.read == [] and room.execution["state"] == "PAUSED"


def test_an_answer_that_waited_and_was_replaced_is_one_of_somebody_else() -> None:
    room = Room(tasks=2)
    room.zaqar.put(IN, "first")
    question = room.question()
    room.zaqar.take(IN)
    room.zaqar.put(IN, "somebody else's")
    with pytest.raises(Failure) as caught:
        room.deliver("second", question=question)
    assert caught.value.error_code == "answered_meanwhile"
    assert room.zaqar.bodies(IN) == ["somebody else's"] and room.read == []


def test_the_lock_of_a_dead_holder_stays_until_the_execution_is_resumed() -> None:
    room = Room(tasks=2)
    lock = f"{LOCKS[0]}.{room.execution['id']}"
    room.services.mistral.create_environment(f"{lock}.0", {"holder": "who died"})
    room.deliver("first", ttl=600)
    assert list(room.mistral.environments) == [f"{lock}.0"]
    room.deliver("second")
    assert room.mistral.environments == {} and room.read == ["first", "second"]


def test_messages_that_are_left_of_a_question_are_not_kept_claimed() -> None:
    room = Room("Who?", "I am waiting.")
    question = room.question()
    room.services.zaqar.delete_message(OUT, question.messages[1].id)
    room.deliver("me", question=question)
    assert room.read == ["me"] and room.cloud.clock.now < 10


def test_who_gets_no_turn_in_time_leaves_no_lock() -> None:
    room = Room("Who?")
    question = room.question()
    room.services.zaqar.claim(OUT, 600, 60, 20)
    room.deadline = room.cloud.clock.deadline(10)
    with pytest.raises(Failure):
        room.deliver("me", question=question)
    assert room.cloud.count("create_environment") == 1 and room.mistral.environments == {}


@pytest.mark.parametrize(("status", "code"), [(400, "bad_request"), (413, "too_large")])
def test_after_a_refused_post_the_question_is_free_again(status: int, code: str) -> None:
    room = Room("Who?")
    question = room.question()
    room.cloud.fail("post_messages", status)
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert caught.value.error_code == code
    assert room.services.zaqar.stats(OUT).claimed == 0
    assert room.deliver("me", question=question) and room.read == ["me"]


def test_an_answer_that_is_too_large_is_refused_before_anything_is_claimed() -> None:
    room = Room("Who?")
    with pytest.raises(Failure) as caught:
        room.deliver("x" * 300000)
    assert caught.value.error_code == "too_large" and room.changes() == []


def test_the_error_of_the_resume_says_that_the_answer_is_kept() -> None:
    room = Room("Who?")
    question = room.question()
    room.cloud.fail("update_execution", 403)
    with pytest.raises(ServiceError) as caught:
        room.deliver("me", question=question)
    assert "The answer is posted and kept" in caught.value.message
    assert room.zaqar.bodies(IN) == ["me"]


# Callbacks


class CallbackRoom(Room):
    def __init__(self) -> None:
        super().__init__(tasks=0)
        self.ask = self.mistral.ask(self.execution, "Who?")
        self.look_anew()

    def look_anew(self) -> None:
        self.dialogue = Dialogue(self.services, self.execution["id"], self.deadline)

    def result(self) -> t.Any:
        return self.mistral.action_of(self.ask)["output"]


RESULT = {"answer": "me", "status": "ANSWERED", "answered_by": "me", "answered_at": NOW}


@pytest.mark.parametrize("fault", ["", "lose", "fail"])
def test_a_callback_is_completed_once(fault: str) -> None:
    room = CallbackRoom()
    question = room.question()
    if fault:
        getattr(room.cloud, fault)("update_action")
    assert room.deliver("me", question=question) == []
    assert room.result() == {"result": RESULT}


def test_somebody_else_has_completed_the_callback() -> None:
    room = CallbackRoom()
    question = room.question()
    Delivery(room.services, room.dialogue, question, room.deadline).deliver(
        [Answer("somebody else's", Status.DECLINED, "another", NOW)], 60
    )
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert caught.value.error_code == "answered_meanwhile"
    assert f"was declined by another at {NOW}; your answer was not" in caught.value.message


def test_two_engines_cannot_take_an_answer_each() -> None:
    """Somebody else answers after we have seen that the action waits, and before we complete it."""
    room = CallbackRoom()
    question = room.question()
    late = Dialogue(room.services, room.execution["id"], room.cloud.clock.deadline(5))
    other = Delivery(room.services, late, question, room.cloud.clock.deadline(5))
    failures: list[str] = []

    def answer_too(_request: t.Any) -> None:
        with pytest.raises(Failure) as caught:
            other.deliver([Answer("theirs", Status.ANSWERED, "another", NOW)], 60)
        failures.append(caught.value.error_code)

    room.cloud.before("update_action", answer_too)
    room.deliver("me", question=question)
    assert failures == ["answered_meanwhile"] and room.result() == {"result": RESULT}
    assert room.cloud.count("update_action") == 1 and room.mistral.environments == {}


def test_who_waits_for_the_lock_learns_that_the_callback_is_completed() -> None:
    room = CallbackRoom()
    question = room.question()
    name = f"interactive.answer.{room.execution['id']}.{room.ask['id']}.0"
    room.services.mistral.create_environment(name, {"holder": "another"})
    action = room.mistral.action_of(room.ask)
    output = {"result": {"answer": "theirs", "answered_by": "another", "answered_at": NOW}}
    room.cloud.clock.at(10, lambda: action.update(state="SUCCESS", output=output))
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert "was answered by another" in caught.value.message and room.cloud.clock.now < 15


class TestAboutToExpire:
    """A question that expires in half a minute by its own deadline."""

    def setup_method(self) -> None:
        self.room = CallbackRoom()
        self.expire_in(30)
        (self.task,) = self.room.mistral.tasks_of(self.room.ask)

    def expire_in(self, seconds: int) -> None:
        begun = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=30)
        self.room.ask["created_at"] = f"{begun:%Y-%m-%d %H:%M:%S}"
        self.room.ask["input"]["timeout"] = 30 + seconds
        self.room.look_anew()

    def deliver(self, **task: t.Any) -> list[str]:
        """Deliver an answer; ten seconds later the task has ended so."""
        question = self.room.question()
        clock = self.room.cloud.clock

        def end_later(_request: t.Any) -> None:
            self.task["state"] = "RUNNING"
            clock.at(clock.now + 10, lambda: self.task.update(task))

        self.room.cloud.after("update_action", end_later)
        return self.room.deliver("me", question=question)

    @pytest.mark.parametrize("published", [{"status": "ANSWERED"}, {}])
    @pytest.mark.parametrize("state", ["SUCCESS", "ERROR"])
    def test_the_task_took_the_answer(self, state: str, published: dict[str, str]) -> None:
        assert self.deliver(state=state, published=published) == []
        assert self.room.cloud.clock.now >= 10

    @pytest.mark.parametrize(("seconds", "is_looked_at"), [(50, True), (90, False)])
    def test_the_task_of_a_question_with_more_time_is_not_looked_at(
        self, seconds: int, is_looked_at: bool
    ) -> None:
        self.expire_in(seconds)
        self.deliver(state="SUCCESS", published={"status": "ANSWERED"})
        assert (self.room.cloud.clock.now >= 10) is is_looked_at

    def test_the_task_had_timed_out(self) -> None:
        with pytest.raises(Failure) as caught:
            self.deliver(state="ERROR", published={"status": "EXPIRED"})
        assert caught.value.error_code == "expired"

    def test_the_question_was_withdrawn(self) -> None:
        question = self.room.question()
        remove = self.room.mistral.executions.pop
        self.room.cloud.after("update_action", lambda request: remove(self.room.ask["id"]))
        with pytest.raises(Failure) as caught:
            self.room.deliver("me", question=question)
        assert "nobody knows whether it was in time" in caught.value.message


def test_a_lock_of_somebody_who_died_delays_an_answer() -> None:
    room = CallbackRoom()
    question = room.question()
    name = f"interactive.answer.{room.execution['id']}.{room.ask['id']}.0"
    room.services.mistral.create_environment(name, {"holder": "dead"})
    room.deliver("me", question=question)
    assert room.result() == {"result": RESULT} and room.cloud.clock.now >= 60
    assert room.mistral.environments == {}


def test_a_callback_that_has_expired_meanwhile_takes_no_answer() -> None:
    room = CallbackRoom()
    question = room.question()
    (task,) = room.mistral.tasks_of(room.ask)
    task["state"] = room.ask["state"] = "ERROR"
    with pytest.raises(Failure) as caught:
        room.deliver("me", question=question)
    assert caught.value.error_code == "expired"


# Pure


@pytest.mark.parametrize(
    ("changes", "answers", "expected"),
    [
        ({}, 2, True),
        ({}, 1, False),
        ({"waiting_answers": ("a", "b")}, 0, True),
        ({"waits_by": WaitsBy.POLL}, 2, False),
        ({"waits_by": WaitsBy.CALLBACK}, 2, False),
        ({"resumes_itself": True}, 2, False),
    ],
)
def test_a_resume_takes_an_answer_for_each_task(
    changes: dict[str, t.Any], answers: int, expected: bool
) -> None:
    question = Question("", "", Terms(), WaitsBy.PAUSE, ("a", "b"), ("1", "2"), ())
    assert resumes(dataclasses.replace(question, **changes), answers) is expected


@pytest.mark.parametrize(
    ("state", "words", "code"),
    [
        ("CANCELLED", "has ended in CANCELLED meanwhile", "withdrawn"),
        ("ERROR", "has ended in ERROR meanwhile", "withdrawn"),
        ("SUCCESS", "has ended in SUCCESS meanwhile", "answered_meanwhile"),
        ("PAUSED", "Somebody else answered", "answered_meanwhile"),
        ("RUNNING", "Somebody else answered", "answered_meanwhile"),
    ],
)
def test_an_execution_that_has_ended_was_not_answered_by_somebody(
    state: str, words: str, code: str
) -> None:
    execution = Execution.of({"id": "1", "workflow_name": "w", "state": state})
    failure = answered_meanwhile(execution)
    assert words in failure.message and "not posted" in failure.message
    assert failure.error_code == code
    assert ("Somebody else" in failure.message) is (state in ("PAUSED", "RUNNING"))
