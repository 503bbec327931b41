# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look reads, and what it makes of it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.pauses import (
    START_TIMEOUT,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.snapshot import (
    Queues,
    Reader,
    resumes,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Execution,
    State,
    Subscription,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    PAGE,
    Zaqar,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

IN, OUT = "workflow-input", "workflow-output"


class Room:
    """An execution, and somebody who looks at it."""

    def __init__(self, state: str = "RUNNING", is_shared: bool = False, **keys: t.Any) -> None:
        self.cloud = FakeCloud()
        self.mistral, self.zaqar = self.cloud.mistral, self.cloud.zaqar
        self.execution = self.mistral.add_execution("w", state, **keys)
        self.id: str = self.execution["id"]
        services = Mistral(t.cast(t.Any, self.cloud)), Zaqar(t.cast(t.Any, self.cloud))
        self.reader = Reader(*services, self.id, Queues(IN, OUT, is_shared))

    def look(self, **options: t.Any) -> t.Any:
        self.cloud.requests.clear()
        return self.reader.snapshot(**options)


def names(tasks: t.Iterable[t.Any]) -> list[str]:
    return [task.name for task in tasks]


def test_an_execution_that_has_ended_costs_one_request() -> None:
    room = Room("SUCCESS")
    look = room.look()
    assert look.state is State.SUCCESS and room.cloud.kinds() == ["read_tree"]
    tree = look.tree
    room.look(tree=tree)
    assert room.cloud.kinds() == []


def test_a_pause() -> None:
    room = Room()
    room.mistral.pause_before(room.execution, "read")
    room.mistral.add_task(room.execution, "starting", "IDLE")
    room.mistral.add_task(room.execution, "busy")
    room.zaqar.put(OUT, "Who?")
    room.zaqar.put(IN, "me")
    room.zaqar.put(IN, "surplus")
    look = room.look()
    assert names(look.paused_tasks) == ["read"]
    assert [message.text for message in look.messages] == ["Who?"]
    assert look.unread_answers == ("me",) and not look.resumes_itself
    assert not look.is_being_answered and names(look.starting_tasks) == ["starting"]
    # An answer that is read in between has woken the tasks before they are looked at.
    kinds = room.cloud.kinds()
    assert kinds.index("list_tasks") > len(kinds) - 1 - kinds[::-1].index("list_messages")


@pytest.mark.parametrize("answers", [PAGE - 1, PAGE, PAGE + 1, PAGE + 2, PAGE + 3])
def test_more_tasks_than_a_page_may_wait(answers: int) -> None:
    tasks = PAGE + 2
    room = Room()
    for number in range(tasks):
        room.mistral.pause_before(room.execution, f"read {number}")
    room.zaqar.put(IN, *range(answers))
    look = room.look()
    assert len(look.paused_tasks) == tasks
    assert look.unread_answers == tuple(range(min(answers, tasks)))


def test_a_pause_of_a_sub_workflow() -> None:
    room = Room("PAUSED")
    sub = room.mistral.call(room.execution, "sub", state="PAUSED")
    room.mistral.pause_before(sub, "read")
    other = room.mistral.call(room.execution, "other", name="other call")
    room.mistral.add_task(other, "elsewhere", "IDLE", state_info="Set by 'pause-before' policy")
    assert names(room.look().paused_tasks) == ["read"]


def test_the_tasks_of_interactive_ask_read_no_answers() -> None:
    room = Room()
    ask = room.mistral.ask(room.execution, "How many?")
    room.mistral.pause_before(room.execution, "read")
    assert ask["state"] == "PAUSED"
    assert names(room.look().paused_tasks) == ["read"]
    assert room.cloud.count("list_tasks", execution=ask["id"]) == 0


PAUSES = "{tasks: {t: {action: std.noop, pause-before: true}, u: {action: std.noop}}}"


@pytest.mark.parametrize(
    ("name", "definition", "task", "pauses"),
    [
        ("w", f"w: {PAUSES}", {"name": "t"}, True),
        ("w", f"w: {PAUSES}", {"name": "u"}, False),
        # a workflow of a workbook, whose definition has the short name
        ("ops.v1.w", f"w: {PAUSES}", {"name": "t"}, True),
        (
            "w",
            "w: {task-defaults: {pause-before: true}, tasks: {t: {action: std.noop}}}",
            {"name": "t"},
            True,
        ),
        ("w", "\n", {"name": "t"}, False),
        ("w", "a: [", {"name": "t"}, False),
        ("w", f"w: {PAUSES}", {"name": "t", "workflow_id": "deleted"}, False),
        # a Mistral that does not say which workflow it is
        ("w", f"w: {PAUSES}", {"name": "t", "workflow_id": None}, True),
    ],
)
def test_a_task_that_the_workflow_pauses_before_and_that_never_started(
    name: str, definition: str, task: dict[str, t.Any], pauses: bool
) -> None:
    room = Room("PAUSED")
    room.execution = room.mistral.add_execution(name, "PAUSED")
    room.mistral.workflows[room.execution["workflow_id"]]["definition"] = definition
    room.reader.id = room.execution["id"]
    room.mistral.add_task(room.execution, task.pop("name"), "IDLE", **task)
    look = room.look()
    assert look.paused_tasks == () and len(look.starting_tasks) == 1
    assert bool(look.waiting_tasks) is pauses


@pytest.mark.parametrize(
    ("seconds", "is_lost"), [(START_TIMEOUT - 1, False), (START_TIMEOUT, True)]
)
@pytest.mark.parametrize("pauses", [True, False])
def test_a_start_that_was_lost_before_the_pause_is_not_waited_for(
    seconds: int, is_lost: bool, pauses: bool
) -> None:
    """As after a recovery; the pause of the workflow then holds the task back."""
    room = Room("PAUSED")
    definition = f"w: {PAUSES}" if pauses else "w: {tasks: {t: {action: std.noop}}}"
    room.mistral.workflows[room.execution["workflow_id"]]["definition"] = definition
    room.mistral.add_task(room.execution, "t", "IDLE")
    room.cloud.clock.now += seconds
    room.mistral._touch(room.execution)
    look = room.look()
    assert names(look.paused_tasks) == (["t"] if is_lost and pauses else [])
    assert names(look.starting_tasks) == ([] if is_lost else ["t"])


def test_somebody_has_claimed_the_question() -> None:
    room = Room()
    room.mistral.pause_before(room.execution, "read")
    room.zaqar.put(OUT, "Who?")
    room.reader.zaqar.claim(OUT, 60, 60, 20)
    look = room.look()
    assert look.is_being_answered and look.messages == ()


def test_callbacks_come_oldest_first() -> None:
    room = Room()
    first = room.mistral.ask(room.execution, "one?", name="first")
    second = room.mistral.ask(room.execution, "two?", name="caller", **{})
    second["input"]["name"] = "own name"
    ended = room.mistral.ask(room.execution, "three?", name="third")
    room.mistral.end(ended, "SUCCESS")
    callbacks = room.look().callbacks
    assert [callback.ask.id for callback in callbacks] == [first["id"], second["id"]]
    assert [callback.name for callback in callbacks] == ["first", "own name"]
    assert callbacks[0].action.id == room.mistral.action_of(first)["id"]
    assert callbacks[0].action.task_name == "wait"


def test_a_question_that_is_withdrawn_during_the_look_is_not_open() -> None:
    room = Room()
    withdrawn = room.mistral.ask(room.execution, "one?", name="first")
    again = room.mistral.ask(room.execution, "one?", name="second")
    tree = tuple(room.reader.mistral.tree(room.id))
    del room.mistral.executions[withdrawn["id"]]
    assert [callback.ask.id for callback in room.look(tree=tree).callbacks] == [again["id"]]


@pytest.mark.parametrize(
    ("task", "pops", "polls"),
    [
        ("DELAYED", 1, True),
        ("RUNNING", 1, False),  # it may be reading an answer at this moment
        ("RUNNING", 2, True),
        ("RUNNING", 0, False),
        ("SUCCESS", 2, False),
    ],
)
def test_a_task_that_polls(task: str, pops: int, polls: bool) -> None:
    room = Room()
    room.zaqar.put(OUT, "Who?")
    stored = room.mistral.add_task(room.execution, "read", task)
    for _pop in range(pops):
        room.mistral.add_action(stored, "zaqar.queue_pop", input={"queue_name": IN})
    room.mistral.add_action(stored, "zaqar.queue_pop", input={"queue_name": "another"})
    assert names(room.look().polling_tasks) == (["read"] if polls else [])


def test_nobody_looks_for_tasks_that_poll_without_a_message() -> None:
    room = Room()
    room.mistral.add_task(room.execution, "read", "DELAYED")
    room.look()
    assert "list_tasks" not in room.cloud.kinds()


def about(**payload: t.Any) -> dict[str, t.Any]:
    return {"type": "x", "payload": payload}


@pytest.mark.parametrize(
    ("is_shared", "ours"),
    [(False, ["ours", "older", "of a sub", "nobody's"]), (True, ["ours", "older", "of a sub"])],
)
def test_messages_of_other_executions_are_left_alone(is_shared: bool, ours: list[str]) -> None:
    room = Room(is_shared=is_shared)
    sub = room.mistral.call(room.execution, "sub")
    for name, payload in {
        "ours": {"execution_id": room.id},
        "older": {"execution": {"id": room.id}},
        "of a sub": {"execution_id": sub["id"]},
        "other": {"execution_id": "other"},
        "nobody's": {},
    }.items():
        room.zaqar.put(OUT, about(name=name, **payload))
    look = room.look()
    assert [message.body["payload"]["name"] for message in look.messages] == ours
    assert look.messages_of_others == 5 - len(ours)


@pytest.mark.parametrize(
    ("post_data", "expected"),
    [
        ('{"workflow_name": "interactive.resume", "input": {"execution_id": "ABC"}}', True),
        ('{"workflow_name": "interactive.resume", "input": {"execution_id": "other"}}', False),
        ('{"workflow_name": "mine", "input": {"execution_id": "abc"}}', False),
        (None, False),
    ],
)
def test_which_subscription_resumes_an_execution(post_data: str | None, expected: bool) -> None:
    subscription = Subscription.of({"id": "s", "options": {"post_data": post_data}})
    assert resumes(subscription, "abc") is expected


@pytest.mark.parametrize(
    ("input", "env", "queues"),
    [
        ({}, {}, Queues(IN, OUT)),
        ({"input_queue": "a", "output_queue": "b"}, {}, Queues("a", "b")),
        ({"input_queue": "a"}, {"input_queue": "c", "output_queue": None}, Queues("c", OUT)),
        ({}, {"shared_output_queue": True}, Queues(IN, OUT, True)),
        ({}, None, Queues(IN, OUT)),
        ({}, "an environment by name", Queues(IN, OUT)),
    ],
)
def test_the_queues_of_an_execution(input: t.Any, env: t.Any, queues: Queues) -> None:
    record = {"interactive_dialogue": env} if isinstance(env, dict) else env
    execution = Execution.of(
        {"id": "e", "state": "RUNNING", "input": input, "params": {"env": record}}
    )
    assert Queues.of(execution) == queues


def test_one_queue_cannot_be_both() -> None:
    execution = Execution.of({"id": "e", "state": "RUNNING", "input": {"input_queue": OUT}})
    with pytest.raises(Failure) as caught:
        Queues.of(execution)
    assert caught.value.error_code == "same_queue"
