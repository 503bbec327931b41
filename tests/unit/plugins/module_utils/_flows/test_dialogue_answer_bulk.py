# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of answers: which item reaches which question, and what becomes of each."""

from __future__ import annotations

import itertools
import threading
import types
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.signals import Interrupted
from ansible_collections.interactive.openstack.plugins.module_utils._base.worker_pool import Later
from ansible_collections.interactive.openstack.plugins.module_utils._flows import (
    dialogue_answer_bulk,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer import (
    DialogueAnswer,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer_bulk import (
    DialogueAnswerBulk,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    reader,
    refusal,
    run_flow,
)

IN, OUT = "workflow-input", "workflow-output"
NUMBER = {"type": "integer"}


class Room:
    """Executions, each with queues of its own. One thread answers, so that the order is known."""

    def __init__(self) -> None:
        self.cloud = FakeCloud()
        self.mistral, self.zaqar = self.cloud.mistral, self.cloud.zaqar
        self.numbers = itertools.count()

    def paused(self, message: t.Any = "Who?") -> dict[str, t.Any]:
        number = next(self.numbers)
        queues = {"input_queue": f"in-{number}", "output_queue": f"out-{number}"}
        execution = self.mistral.add_execution("w", input=queues)
        work = reader(self.zaqar, queues["input_queue"])
        self.mistral.pause_before(execution, "read", work)
        self.zaqar.put(queues["output_queue"], message)
        return execution

    def answer(self, *items: dict[str, t.Any], **params: t.Any) -> dict[str, t.Any]:
        options = {"answers": list(items), "parallel": 1, "wait_timeout": 0, **params}
        return run_flow(DialogueAnswerBulk, self.cloud, **options)

    def failed(self, *items: dict[str, t.Any], **params: t.Any) -> Failure:
        with pytest.raises(Failure) as caught:
            self.answer(*items, **params)
        return caught.value


def item(execution: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    return {"execution": execution["id"], **options}


def parts(failure: Failure, key: str) -> list[t.Any]:
    return [result.get(key) for result in failure.result["results"]]


def test_each_execution_gets_its_answer() -> None:
    room = Room()
    first, second = room.paused(), room.paused()
    result = room.answer(item(second, answer="two"), item(first, answer="one"))
    assert (result["answered"], result["not_answered"], result["changed"]) == (2, 0, True)
    assert [entry["status"] for entry in result["results"]] == ["answered"] * 2
    assert [entry["execution"] for entry in result["results"]] == [second["id"], first["id"]]
    assert result["results"][0]["line"] == f"{second['id']}: answered (read)"
    assert result["results"][0]["question"]["text"] == "Who?"
    assert first["state"] == second["state"] == "SUCCESS"


@pytest.mark.parametrize("kind", ["create_claim", "post_messages", "update_execution"])
def test_a_delivery_has_its_time_however_short_the_wait_for_questions_is(kind: str) -> None:
    room = Room()
    execution = room.paused()
    room.cloud.fail(kind, 503, times=5)
    assert room.answer(item(execution, answer="me"), wait_timeout=0)["answered"] == 1
    assert execution["state"] == "SUCCESS"


def test_check_mode_changes_nothing() -> None:
    room = Room()
    execution = room.paused()
    result = room.answer(
        item(execution, answer="one"), item(execution, answer="two"), check_mode=True
    )
    lines = [entry["line"].split(": ")[1] for entry in result["results"]]
    assert lines == ["would be answered (read)", "would be answered if it asks again"]
    assert result["changed"] and execution["state"] == "PAUSED"


def test_a_wrong_answer_is_kept_from_the_next_question() -> None:
    room = Room()
    body = {"type": "x", "payload": {"interaction": {"id": "i", "schema": NUMBER}}}
    execution, other = room.paused(body), room.paused()
    failure = room.failed(
        item(execution, answer="not a number"), item(execution, answer=5), item(other, answer="me")
    )
    assert failure.error_code == "not_answered"
    assert parts(failure, "error_code") == ["invalid_answer", "not_tried", None]
    assert parts(failure, "status") == ["failed", "failed", "answered"]
    assert parts(failure, "changed") == [False, False, True]
    assert failure.result["results"][0]["problems"]
    assert "give only these again" in failure.message and "And 1 more" in failure.message


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        ({"question": "second"}, ["not_asked", None]),
        ({"question": "first"}, ["not_asked", "not_tried"]),
        ({}, ["not_asked", "not_tried"]),
    ],
)
def test_an_item_for_another_question_is_not_kept(
    second: dict[str, str], codes: list[str | None]
) -> None:
    room = Room()
    execution = room.mistral.add_execution("w")
    room.mistral.ask(execution, "two?", name="second")
    failure = room.failed(
        item(execution, answer="a", question="first"), item(execution, answer="b", **second)
    )
    assert parts(failure, "error_code") == codes


def test_an_item_without_a_name_keeps_its_question_from_one_with_a_name() -> None:
    room = Room()
    execution = room.mistral.add_execution("w")
    room.mistral.ask(execution, "How many?", name="number", schema=NUMBER)
    failure = room.failed(
        item(execution, answer="none"), item(execution, answer=5, question="number")
    )
    assert parts(failure, "error_code") == ["invalid_answer", "not_tried"]


@pytest.mark.parametrize(("is_bound", "code"), [(False, "not_tried"), (True, None)])
def test_who_was_too_late_leaves_the_next_question_open(is_bound: bool, code: str | None) -> None:
    """Nobody can tell which of the two questions an item without an id was for."""
    room = Room()
    execution = room.paused()
    (task,) = room.mistral.tasks_of(execution)
    room.zaqar.take(execution["input"]["output_queue"])  # a question without a message has a lock
    read = room.mistral.works[task["id"]]

    def read_and_pause_again() -> t.Any:
        work = reader(room.zaqar, execution["input"]["input_queue"])
        room.mistral.pause_before(execution, "again", work)
        return read()

    room.mistral.works[task["id"]] = read_and_pause_again
    other = FakeCloud(zaqar=room.zaqar, mistral=room.mistral)

    def overtake(_request: t.Any) -> None:
        run_flow(DialogueAnswer, other, execution=execution["id"], answer="somebody else's")

    room.cloud.before("create_environment", overtake)
    bound = {"question_id": task["id"]} if is_bound else {}
    failure = room.failed(item(execution, answer="a", **bound), item(execution, answer="b"))
    assert parts(failure, "error_code") == ["answered_meanwhile", code]


@pytest.mark.parametrize(
    ("code", "ask_state", "task_state"),
    [("expired", "ERROR", "ERROR"), ("withdrawn", "CANCELLED", "RUNNING")],
)
def test_a_question_that_is_over_leaves_the_next_one_open(
    code: str, ask_state: str, task_state: str
) -> None:
    room = Room()
    execution = room.mistral.add_execution("w")
    ask = room.mistral.ask(execution, "Who?")
    room.mistral.ask(execution, "How many?")

    def close(_request: t.Any) -> None:
        (task,) = room.mistral.tasks_of(ask)
        task["state"], ask["state"] = task_state, ask_state

    room.cloud.before("read_action", close)
    failure = room.failed(item(execution, answer="me"), item(execution, answer=5))
    assert parts(failure, "error_code") == [code, None]
    assert "give only these again" not in failure.message


def test_an_execution_that_has_ended_is_over() -> None:
    room = Room()
    execution = room.paused()
    room.mistral.end(execution, "SUCCESS")
    failure = room.failed(item(execution, answer="a"))
    assert parts(failure, "error_code") == ["execution_ended"]
    assert "give only these again" not in failure.message


def test_a_question_that_the_execution_does_not_have_is_not_worth_another_try() -> None:
    room = Room()
    failure = room.failed(item(room.paused(), answer="a", question_id="x"))
    assert parts(failure, "error_code") == ["no_question"]
    assert "give only these again" not in failure.message


def test_a_question_that_is_not_asked_yet_is_waited_for() -> None:
    room = Room()
    execution = room.mistral.add_execution("w")
    clock = room.cloud.clock
    clock.at(clock.now + 30, lambda: room.mistral.ask(execution, "two?"))
    params = {name: option.get("default") for name, option in DialogueAnswerBulk.OPTIONS.items()}
    assert params["wait_timeout"] == 600
    failure = room.failed(item(execution, answer="a"))
    assert parts(failure, "error_code") == ["timeout"]
    assert "has asked nothing within 0 seconds" in failure.message


@pytest.mark.parametrize(
    ("again", "status"),
    [
        ({"answer": "me"}, "answered"),
        ({"answer": "somebody else"}, "failed"),
        ({"status": "declined"}, "failed"),
    ],
)
def test_the_same_list_again_changes_nothing(again: dict[str, str], status: str) -> None:
    room = Room()
    execution = room.mistral.add_execution("w")
    ask = room.mistral.ask(execution, "Who?", schema={"type": "string"})
    room.mistral.add_task(execution, "goes on")
    bound = {"question_id": ask["id"]}
    room.answer(item(execution, answer="me", **bound))
    if status == "answered":
        result = room.answer(item(execution, **again, **bound))
        assert not result["changed"]
        assert result["results"][0]["line"].endswith("answered before, as it is here")
        return
    failure = room.failed(item(execution, **again, **bound))
    assert parts(failure, "error_code") == ["answered_meanwhile"]


@pytest.mark.parametrize(
    "entry", [{"answer": ""}, {"answer": "a", "status": "declined"}, {"unknown": 1}]
)
def test_a_bad_item_is_found_before_anything_is_sent(entry: dict[str, t.Any]) -> None:
    room = Room()
    execution = room.paused()
    failure = room.failed(item(execution, answer="me"), item(execution, **entry))
    assert failure.error_code == "bad_item" and "2" in failure.message
    assert room.cloud.requests == []


def test_an_id_that_cannot_be_one_is_named_without_the_answer() -> None:
    room = Room()
    bad = {"execution": "5", "answer": "secret"}
    failure = room.failed(item(room.paused(), answer="me"), bad)
    assert failure.message == (
        "Item 2 of 2 cannot be used, so nothing was sent: '5' cannot be the id of an execution:"
        " Mistral's ids are UUIDs, like 6c8ae7b0-6b1e-4d86-9d5b-0d8f3a1f8a52. Check where it comes"
        " from."
    )
    assert failure.error_code == "bad_item" and room.cloud.requests == []


def test_ids_in_upper_case_are_those_of_the_same_execution() -> None:
    room = Room()
    execution = room.paused()
    loud = {"execution": execution["id"].upper(), "answer": "me"}
    failure = room.failed(loud, item(execution, answer="you"))
    assert parts(failure, "status") == ["answered", "failed"]
    assert {result["execution"] for result in failure.result["results"]} == {execution["id"]}


# Waits, in one thread and on the clock of the fakes


class PoolOnClock:
    """Stands in for WorkerPool. Its jobs run in turn, and their pauses move the clock."""

    cloud: FakeCloud

    def __init__(self, jobs: list[t.Iterator[t.Any]], size: int, stopping: t.Any) -> None:
        self._turns = [(0.0, number, job) for number, job in enumerate(jobs)]
        self._stopping = stopping

    def __enter__(self) -> PoolOnClock:
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()

    def results(self) -> t.Iterator[t.Any]:
        clock = self.cloud.clock
        while self._turns:
            due, number, job = min(self._turns, key=lambda turn: turn[:2])
            self._turns.remove((due, number, job))
            clock.sleep(max(0.0, due - clock.now))
            for result in job:
                if isinstance(result, Later):
                    self._turns.append((clock.now + result.seconds, number, job))
                    break
                yield result

    def remaining_results(self) -> list[t.Any]:
        return []


class EventOnClock(threading.Event):
    """An event for which a wait moves the clock."""

    def __init__(self, cloud: FakeCloud) -> None:
        super().__init__()
        self._clock = cloud.clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.sleep(timeout or 0)
        return self.is_set()


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room()
    monkeypatch.setattr(PoolOnClock, "cloud", room.cloud, raising=False)
    monkeypatch.setattr(dialogue_answer_bulk, "WorkerPool", PoolOnClock)
    events = types.SimpleNamespace(Event=lambda: EventOnClock(room.cloud))
    monkeypatch.setattr(dialogue_answer_bulk, "threading", events)
    return room


def test_a_question_that_comes_later_is_answered(room: Room) -> None:
    late = room.mistral.add_execution("w")
    other = room.paused()
    room.cloud.clock.at(30, lambda: room.mistral.ask(late, "Who?"))
    result = room.answer(item(late, answer="a"), item(other, answer="b"), wait_timeout=600)
    assert [entry["item"] for entry in result["results"]] == [1, 2]
    assert result["answered"] == 2 and 30 <= room.cloud.clock.now < 40


def test_a_question_that_does_not_come_is_waited_for_until_the_deadline(room: Room) -> None:
    execution = room.mistral.add_execution("w")
    failure = room.failed(item(execution, answer="a"), wait_timeout=600)
    assert parts(failure, "error_code") == ["timeout"]
    assert "has asked nothing within 600 seconds; its state is RUNNING" in failure.message


def test_looks_remember_what_earlier_looks_saw(room: Room) -> None:
    """Each look is short, but a pause by somebody shows only after a while."""
    execution = room.mistral.add_execution("w", "PAUSED")
    failure = room.failed(item(execution, answer="me"), wait_timeout=60)
    assert parts(failure, "error_code") == ["paused_by_hand"]
    assert 20 <= room.cloud.clock.now < 30


def test_an_answer_whose_notification_was_lost_is_delivered(room: Room) -> None:
    execution = room.paused()
    queue = execution["input"]["input_queue"]
    post_data = f'{{"workflow_name": "interactive.resume", "input": "{execution["id"]}"}}'
    cloud = t.cast(t.Any, room.cloud)
    Zaqar(cloud).create_subscription(queue, "http://mistral", 600, {"post_data": post_data})
    room.zaqar.put(queue, "me")
    room.mistral.add_workflow("interactive.resume")
    clock = room.cloud.clock
    room.mistral.starts["interactive.resume"] = lambda _execution: clock.at(
        clock.now + 5, lambda: room.mistral.end(execution, "SUCCESS")
    )
    result = room.answer(item(execution, answer="me"), wait_timeout=60)
    assert [one["status"] for one in result["results"]] == ["answered"]
    assert room.cloud.count("start_execution") == 1


@pytest.mark.parametrize(("seconds", "code"), [(5, None), (15, "not_asked")])
def test_a_question_of_another_name_may_follow_in_a_moment(
    room: Room, seconds: float, code: str | None
) -> None:
    execution = room.mistral.add_execution("w")
    room.mistral.ask(execution, "one?", name="first")
    clock = room.cloud.clock
    clock.at(seconds, lambda: room.mistral.ask(execution, "two?", "ask more", name="second"))
    entry = item(execution, answer="a", question="second")
    if code is None:
        assert room.answer(entry, wait_timeout=600)["answered"] == 1
    else:
        assert parts(room.failed(entry, wait_timeout=600), "error_code") == [code]


@pytest.mark.parametrize(("status", "code"), [(503, None), (None, None), (403, "forbidden")])
def test_a_look_that_fails_is_repeated_if_that_may_help(
    room: Room, status: int | None, code: str | None
) -> None:
    execution = room.paused()
    room.cloud.fail("read_tree", status, times=5)
    entry = item(execution, answer="a")
    if code is None:
        assert room.answer(entry, wait_timeout=600)["answered"] == 1
        return
    failure = room.failed(entry, wait_timeout=600)
    assert parts(failure, "error_code") == [code] and parts(failure, "changed") == [False]
    assert room.cloud.count("read_tree") == 1


def test_a_delivery_that_has_begun_is_not_begun_again(room: Room) -> None:
    execution = room.paused()
    clock = room.cloud.clock

    def refuse_for_a_while(_request: t.Any) -> None:
        if clock.now < 200:
            raise refusal("Mistral", 503)

    room.cloud.before("update_execution", refuse_for_a_while, times=1000)
    failure = room.failed(item(execution, answer="a"), wait_timeout=600)
    assert parts(failure, "status") == ["failed"] and parts(failure, "changed") == [True]
    assert "The answer is posted and kept" in failure.message
    assert execution["state"] == "PAUSED" and clock.now < 200


def test_who_interrupts_it_hears_how_many_items_are_done(room: Room) -> None:
    first, second = room.paused(), room.paused()

    def interrupt(_line: str) -> None:
        raise Interrupted

    defaults = {name: option.get("default") for name, option in DialogueAnswerBulk.OPTIONS.items()}
    params = {**defaults, "answers": [item(first, answer="a"), item(second, answer="b")]}
    context = Context(progress=interrupt, new_deadline=room.cloud.clock.deadline)
    flow = DialogueAnswerBulk(params, context)
    flow.__dict__["cloud"] = room.cloud
    assert flow.go_on() == ""
    with pytest.raises(Interrupted):
        flow.run()
    assert flow.go_on().startswith("1 of 2 items are done, and nothing was begun for the others")
    assert (first["state"], second["state"]) == ("SUCCESS", "PAUSED")


def test_the_list_can_be_in_a_file(room: Room, tmp_path: t.Any) -> None:
    execution = room.paused()
    path = tmp_path / "answers.yml"
    path.write_text(f"- execution: {execution['id']}\n  answer: me\n", encoding="utf-8")
    result = run_flow(DialogueAnswerBulk, room.cloud, file=str(path))
    assert result["answered"] == 1 and execution["state"] == "SUCCESS"


def test_two_items_for_one_execution_are_answered_in_their_order(room: Room) -> None:
    execution = room.paused("first?")
    queue = execution["input"]["input_queue"]
    task = room.mistral.tasks_of(execution)[0]
    read = room.mistral.works[task["id"]]
    answers: list[t.Any] = []

    def read_and_pause_again() -> None:
        answers.append(read())
        work = reader(room.zaqar, queue)
        room.mistral.pause_before(execution, "again", lambda: answers.append(work()))

    room.mistral.works[task["id"]] = read_and_pause_again
    entries = [item(execution, answer=answer) for answer in ("one", "two")]
    assert room.answer(*entries, wait_timeout=600)["answered"] == 2
    assert answers == ["one", "two"]


# Secrets


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([{"execution": "e", "answer": "s"}, "s"], [{"execution": "e"}, "REDACTED"]),
        ([{"answers": ["s"], "question": "q", "unknown": "s"}], [{"question": "q"}]),
        (None, None),
    ],
)
def test_no_answer_is_in_the_redacted_options(answers: t.Any, expected: t.Any) -> None:
    assert DialogueAnswerBulk.redacted({"answers": answers}) == {"answers": expected}
