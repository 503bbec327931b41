# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a dialogue: what follows from what a look has seen."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.decide import (
    ASKED_TOGETHER,
    BARE_PAUSE_TIMEOUT,
    NOTHING_SEEN,
    NOTIFICATION_TIMEOUT,
    SEVERAL_BRANCHES,
    Action,
    Decision,
    Memory,
    Wish,
    deadline_of,
    decide,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.pauses import (
    START_TIMEOUT,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.snapshot import (
    Callback,
    Snapshot,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    OnExpiry,
    QuestionMessage,
    WaitsBy,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    ActionExecution,
    Execution,
    State,
    Task,
)

ASK = "interactive.ask"
SECRET = {"type": "string", "writeOnly": True}


def execution(
    state: str = "PAUSED", id: str = "e", workflow: str = "w", **keys: t.Any
) -> Execution:
    return Execution.of({"id": id, "state": state, "workflow_name": workflow, **keys})


def task(id: str, state: str = "IDLE") -> Task:
    return Task.of({"id": id, "name": f"task {id}", "state": state})


def message(id: str, body: t.Any = "Who?") -> QuestionMessage:
    return QuestionMessage(id, body, 0, 60)


def with_interaction(**interaction: t.Any) -> dict[str, t.Any]:
    return {"type": "mine", "payload": {"interaction": {"id": "i", **interaction}, "message": "?"}}


def callback(id: str, name: str = "", **input: t.Any) -> Callback:
    ask = execution("RUNNING", id, ASK, input={"question": f"question {id}", **input})
    action = ActionExecution.of({"id": f"action {id}", "state": "RUNNING", "task_name": "wait"})
    return Callback(ask, action, name)


def paused(*tasks: str, **seen: t.Any) -> Snapshot:
    messages = seen.pop("messages", (message("m"),))
    return Snapshot((execution(),), messages, paused_tasks=tuple(map(task, tasks)), **seen)


def running(**seen: t.Any) -> Snapshot:
    return Snapshot((execution("RUNNING"),), **seen)


def decided(
    look: Snapshot, memory: Memory = NOTHING_SEEN, elapsed: float = 0.0, **wish: t.Any
) -> Decision:
    is_last = wish.pop("is_last", False)
    return decide(look, memory, Wish(**wish), elapsed, is_last)


@pytest.mark.parametrize("state", ["SUCCESS", "ERROR", "CANCELLED"])
def test_an_execution_that_has_ended_asks_nothing(state: str) -> None:
    decision = decided(Snapshot((execution(state),)))
    assert decision.action is Action.END and decision.question is None


# Paused


def test_the_question_of_a_pause() -> None:
    decision = decided(paused("1", messages=(message("m", "Who?"), message("n", {"a": 1}))))
    question = decision.question
    assert decision.action is Action.ASK and question
    assert (question.id, question.text) == ("1,m,n", 'Who?\n{"a": 1}')
    assert question.waits_by is WaitsBy.PAUSE
    assert question.tasks == ("task 1",) and question.task_ids == ("1",)
    assert question.terms.name == "task 1" and question.terms.schema is None
    assert question.answers_needed == 1 and not question.answer_waits


def test_a_pause_without_a_message_is_a_question() -> None:
    decision = decided(paused("1", messages=()))
    assert decision.question and decision.question.id == "1" and decision.question.text == ""


def test_messages_of_interactive_ask_do_not_belong_to_a_pause() -> None:
    other = {"type": ASK, "payload": {"interaction": {"id": "elsewhere"}}}
    decision = decided(paused("1", messages=(message("m", other),)))
    assert decision.question and decision.question.messages == ()


def test_somebody_is_answering() -> None:
    decision = decided(Snapshot((execution(),), is_being_answered=True))
    assert decision.action is Action.WAIT and "somebody is answering" in decision.note


def test_a_bare_pause_is_refused_after_a_while_only() -> None:
    memory = Memory()
    for elapsed in (3.0, 4.0, 3.0 + BARE_PAUSE_TIMEOUT - 0.1):
        decision = decided(paused(), memory, elapsed)
        assert decision.action is Action.WAIT and decision.failure is None
        memory = decision.memory
    decision = decided(paused(), memory, 3.0 + BARE_PAUSE_TIMEOUT)
    assert decision.action is Action.FAIL and decision.failure
    assert decision.failure.error_code == "paused_by_hand"
    assert decision.failure.result["execution"]["id"] == "e"


@pytest.mark.parametrize("between", [paused("1"), running()], ids=["a question", "no pause"])
def test_a_bare_pause_must_last(between: Snapshot) -> None:
    memory = decided(paused(), Memory(), 0.0).memory
    memory = decided(between, memory, 10.0).memory
    assert decided(paused(), memory, BARE_PAUSE_TIMEOUT).action is Action.WAIT


def test_a_resume_on_its_way_up_is_no_pause_by_hand() -> None:
    below = execution("RUNNING", "sub")
    look = dataclasses.replace(paused(), tree=(execution(), below))
    memory = Memory(bare_since=0.0)
    decision = decided(look, memory, 10 * BARE_PAUSE_TIMEOUT)
    assert decision.action is Action.WAIT and "sub-workflows goes on" in decision.note


def test_nothing_is_asked_while_a_task_is_about_to_start() -> None:
    look = paused("1", starting_tasks=(task("2"),), unpaused_ids=frozenset(["2"]))
    first = decided(look, Memory(), 5.0)
    assert first.action is Action.WAIT and "about to start" in first.note
    late = decided(look, first.memory, 5.0 + START_TIMEOUT - 0.1)
    assert late.action is Action.WAIT
    begun = decided(paused("1", "2"), late.memory, 5.0 + START_TIMEOUT)
    assert begun.question and begun.question.task_ids == ("1", "2")


def test_each_task_has_its_time_to_start() -> None:
    memory = decided(paused("1", starting_tasks=(task("2"),)), Memory(), 0.0).memory
    memory = decided(paused("1", starting_tasks=(task("3"),)), memory, 30.0).memory
    look = paused("1", starting_tasks=(task("3"),))
    assert decided(look, memory, START_TIMEOUT).action is Action.WAIT
    assert decided(look, memory, 30.0 + START_TIMEOUT).action is Action.ASK


def test_a_task_has_its_time_to_start_anew_after_it_went_on() -> None:
    look = paused("1", starting_tasks=(task("2"),))
    memory = decided(look, Memory(), 0.0).memory
    memory = decided(running(), memory, 30.0).memory
    assert decided(look, memory, START_TIMEOUT).action is Action.WAIT


@pytest.mark.parametrize(("unpaused", "tasks"), [({"2"}, ("1", "2")), (set(), ("1",))])
def test_a_task_that_never_starts(unpaused: set[str], tasks: tuple[str, ...]) -> None:
    look = paused("1", starting_tasks=(task("2"),), unpaused_ids=frozenset(unpaused))
    memory = decided(look, Memory(), 0.0).memory
    question = decided(look, memory, START_TIMEOUT).question
    assert question and question.task_ids == tasks


def test_the_last_message_with_an_id_says_the_terms() -> None:
    first = with_interaction(id="first", name="first")
    last = with_interaction(
        id="last",
        name="last",
        schema={"type": "integer"},
        deadline="2026-01-01T00:00:00Z",
        on_expiry="default",
    )
    decision = decided(
        paused("1", messages=(message("a", first), message("b", last), message("c", "a hint")))
    )
    terms = decision.question and decision.question.terms
    assert terms and (terms.name, terms.interaction_id, terms.type) == ("last", "last", "mine")
    assert terms.schema == {"type": "integer"} and terms.on_expiry is OnExpiry.DEFAULT
    assert terms.deadline == "2026-01-01T00:00:00Z" and terms.problem == ""


def test_a_schema_cannot_be_for_several_branches() -> None:
    body = with_interaction(schema={"type": "integer"})
    alone = decided(paused("1", messages=(message("m", body),)))
    several = decided(paused("1", "2", messages=(message("m", body),)))
    plain = decided(paused("1", "2"))
    assert alone.question and alone.question.terms.problem == ""
    assert several.question and several.question.terms.problem == SEVERAL_BRANCHES
    assert plain.question and plain.question.terms.problem == ""
    assert plain.question.answers_needed == 2 and plain.question.terms.name == ""


@pytest.mark.parametrize(
    ("answers", "resumes_itself", "action"),
    [
        ((), True, Action.ASK),
        (("one",), True, Action.ASK),  # the other branch still needs one
        (("one", "two"), True, Action.WAIT),
        (("one", "two"), False, Action.ASK),  # nobody else resumes it
    ],
)
def test_an_answer_that_waits(
    answers: tuple[str, ...], resumes_itself: bool, action: Action
) -> None:
    look = paused("1", "2", unread_answers=answers, resumes_itself=resumes_itself)
    decision = decided(look)
    assert decision.action is action
    if decision.question:
        assert decision.question.waiting_answers == answers
        assert decision.question.answers_needed == 2 - len(answers)
        assert decision.question.resumes_itself is resumes_itself


@pytest.mark.parametrize("between", [running(), paused("1"), running(callbacks=(callback("a"),))])
def test_each_unread_answer_has_its_time_to_be_notified(between: Snapshot) -> None:
    look = paused("1", unread_answers=("yes",), resumes_itself=True)
    memory = decided(look, NOTHING_SEEN, 0.0).memory
    memory = decided(between, memory, 5.0).memory
    assert decided(look, memory, NOTIFICATION_TIMEOUT).action is Action.WAIT


def test_an_answer_whose_notification_was_lost_is_left_to_whoever_answers() -> None:
    look = paused("1", unread_answers=("yes",), resumes_itself=True)
    memory = Memory()
    for elapsed in (0.0, NOTIFICATION_TIMEOUT - 0.1):
        decision = decided(look, memory, elapsed)
        assert decision.action is Action.WAIT and "an answer waits" in decision.note
        memory = decision.memory
    question = decided(look, memory, NOTIFICATION_TIMEOUT).question
    assert question and question.answer_waits and question.resumes_itself


# Running


def test_nothing_is_asked() -> None:
    decision = decided(running(messages=(message("m"),)))
    assert decision.action is Action.WAIT and decision.question is None


def test_the_question_of_a_callback_is_what_the_execution_was_given() -> None:
    posted = {"type": ASK, "payload": {"interaction": {"id": "a"}, "message": "tampered with"}}
    other = {"type": ASK, "payload": {"interaction": {"id": "b"}}}
    look = running(
        messages=(message("m", posted), message("n", other), message("o")),
        callbacks=(callback("a", "size", schema={"type": "integer"}, on_expiry="default"),),
    )
    question = decided(look).question
    assert question and (question.id, question.text) == ("a", "question a")
    assert question.waits_by is WaitsBy.CALLBACK and question.action_execution_id == "action a"
    assert question.tasks == ("wait",) and question.task_ids == ("a",)
    assert [message.id for message in question.messages] == ["m"]
    assert question.terms.name == "size" and question.terms.interaction_id == "a"
    assert question.terms.schema == {"type": "integer"} and question.terms.type == ASK
    assert question.terms.on_expiry is OnExpiry.DEFAULT and question.answers_needed == 1


@pytest.mark.parametrize(
    ("wish", "id"),
    [
        ({}, "a"),
        ({"question_id": "b"}, "b"),
        ({"question_id": "gone"}, "a"),
        ({"name": "second"}, "b"),
        ({"question_id": "a", "name": "first"}, "a"),
        ({"question_id": "c", "name": "second"}, "c"),
    ],
)
def test_which_callback_is_meant(wish: dict[str, str], id: str) -> None:
    callbacks = (callback("a", "first"), callback("b", "second"), callback("c", "second"))
    question = decided(running(callbacks=callbacks), **wish).question
    assert question and question.id == id


def test_an_unread_answer_to_a_callback_is_about_to_be_delivered() -> None:
    callbacks = (callback("a"),)
    read = running(callbacks=callbacks, unread_answers=("yes",), resumes_itself=True)
    kept = running(callbacks=callbacks, unread_answers=("yes",), resumes_itself=False)
    waiting = decided(read)
    assert waiting.action is Action.WAIT
    assert decided(kept).action is Action.ASK
    late = decided(read, waiting.memory, NOTIFICATION_TIMEOUT)
    assert late.question and not late.question.answer_waits


@pytest.mark.parametrize(("named", "waits"), [("a", True), ("b", False), (7, False)])
def test_an_answer_waits_for_the_callback_that_it_names(named: t.Any, waits: bool) -> None:
    body = {"payload": {"interaction_id": named, "answer": "yes"}}
    look = running(callbacks=(callback("a"),), unread_answers=(body,), resumes_itself=True)
    question = decided(look, Memory(unread_since=0.0), NOTIFICATION_TIMEOUT).question
    assert question and question.answer_waits is waits


@pytest.mark.parametrize(
    ("created_at", "timeout", "deadline"),
    [
        ("2026-01-01 00:00:00", 60, "2026-01-01T00:01:00Z"),
        ("2026-01-01T00:00:00", "60", "2026-01-01T00:01:00Z"),
        ("2026-01-01 00:00:00", None, None),
        ("2026-01-01 00:00:00", "soon", None),
        ("2026-01-01 00:00:00", 10**20, None),
        ("", 60, None),
    ],
)
def test_when_a_callback_expires(created_at: str, timeout: t.Any, deadline: str | None) -> None:
    assert deadline_of(execution(created_at=created_at, input={"timeout": timeout})) == deadline


def test_the_question_of_a_task_that_polls() -> None:
    look = running(messages=(message("m"),), polling_tasks=(task("1", "DELAYED"),))
    question = decided(look).question
    assert question and question.waits_by is WaitsBy.POLL and question.id == "1,m"
    answered = dataclasses.replace(look, unread_answers=("yes",))
    assert decided(answered).action is Action.WAIT


# Names and secrets


def test_another_question_is_open() -> None:
    look = running(callbacks=(callback("a", "first"),))
    early = decided(look, Memory(), 3.0, name="second")
    assert early.action is Action.WAIT_FOR_OTHER and early.memory.other_question_since == 3.0
    later = decided(look, early.memory, 3.0 + ASKED_TOGETHER, name="second")
    assert later.failure and later.failure.error_code == "not_asked"
    assert "'second'" in later.failure.message and "'first'" in later.failure.message
    last = decided(look, Memory(), 3.0, name="second", is_last=True)
    assert last.failure and last.failure.error_code == "not_asked"
    assert decided(look, early.memory, 4.0, name="first").action is Action.ASK


@pytest.mark.parametrize(
    ("look", "is_secret"),
    [
        (running(callbacks=(callback("a", schema=SECRET),)), True),
        (running(callbacks=(callback("a", schema={"type": "string"}),)), False),
        (paused("1", messages=(message("m", with_interaction(schema=SECRET)),)), True),
        (
            Snapshot(
                (execution("SUCCESS"), execution("SUCCESS", "a", ASK, input={"schema": SECRET}))
            ),
            True,
        ),
        (
            Snapshot(
                (execution("SUCCESS"), execution("SUCCESS", "a", "w", input={"schema": SECRET}))
            ),
            False,
        ),
        (
            Snapshot((execution("SUCCESS"), execution("SUCCESS", "a", ASK, input={"schema": 1}))),
            False,
        ),
    ],
)
def test_a_secret_is_remembered(look: Snapshot, is_secret: bool) -> None:
    assert decided(look).memory.has_asked_secret is is_secret
    assert decided(look, Memory(has_asked_secret=True)).memory.has_asked_secret


def test_a_state_of_a_later_mistral_is_waited_for() -> None:
    look = Snapshot((execution("NEW"),))
    assert look.state is State.UNKNOWN and decided(look).action is Action.WAIT
