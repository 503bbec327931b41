# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mistral still knows of a question that is no longer open."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.outcome import (
    outcome_of,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.outcome import (
    Outcome,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.tests.unit.fake_mistral import Resource
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
SCHEMA = {"type": "integer"}


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def outcome(cloud: FakeCloud, *ids: str) -> Outcome | None:
    return outcome_of(Mistral(t.cast(t.Any, cloud)), ",".join(ids))


def answer(value: t.Any, status: t.Any = "ANSWERED") -> Resource:
    """Return the body of an answer to a question with an id."""
    return {"type": "t", "payload": {"interaction_id": "i", "answer": value, "status": status}}


def read(cloud: FakeCloud, *bodies: t.Any, state: str = "SUCCESS") -> str:
    """Store a task that has read answers, and return its id."""
    execution = cloud.mistral.add_execution("w")
    result = [{"id": "m", "body": body} for body in bodies]
    task: Resource = cloud.mistral.add_task(execution, "read", state, result=result)
    return str(task["id"])


# A question that a pause or a poll has asked


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        (["me"], Outcome("ANSWERED", ("me",))),
        ([], Outcome("ANSWERED")),
        ([answer(3)], Outcome("ANSWERED", (3,))),
        ([answer(None, "DECLINED")], Outcome("DECLINED", (None,))),
        ([answer(5, "EXPIRED")], Outcome("EXPIRED", (5,))),
        ([answer(5, "mine")], Outcome("mine", (5,))),
        # somebody else wrote it: a status can be anything
        ([answer(5, ["DECLINED"])], Outcome("ANSWERED", (5,))),
        ([answer(5, {})], Outcome("ANSWERED", (5,))),
        # answers of different kinds: some of them count
        ([answer(3), answer(None, "DECLINED")], Outcome("ANSWERED", (3, None))),
    ],
)
def test_what_a_task_has_read_is_the_outcome(
    cloud: FakeCloud, bodies: list[t.Any], expected: Outcome
) -> None:
    assert outcome(cloud, read(cloud, *bodies)) == expected


@pytest.mark.parametrize("result", [None, "text", {"body": "me"}, ["text", {"id": "m"}]])
def test_a_result_without_messages_has_no_answers(cloud: FakeCloud, result: t.Any) -> None:
    execution = cloud.mistral.add_execution("w")
    task = cloud.mistral.add_task(execution, "read", "SUCCESS", result=result)
    assert outcome(cloud, task["id"]) == Outcome("ANSWERED")


def test_the_answers_of_several_tasks_are_in_their_order(cloud: FakeCloud) -> None:
    ids = [read(cloud, "first"), read(cloud, "second")]
    assert outcome(cloud, *ids) == Outcome("ANSWERED", ("first", "second"))


def test_the_ids_of_messages_are_passed_over(cloud: FakeCloud) -> None:
    assert outcome(cloud, read(cloud, "me"), "a-message", UNKNOWN_ID) == Outcome(
        "ANSWERED", ("me",)
    )


@pytest.mark.parametrize("state", ["RUNNING", "IDLE", "DELAYED"])
def test_a_question_is_open_while_one_of_its_tasks_has_not_ended(
    cloud: FakeCloud, state: str
) -> None:
    assert outcome(cloud, read(cloud, "first"), read(cloud, state=state)) is None


@pytest.mark.parametrize("id", ["", "x", "a-message,another", UNKNOWN_ID])
def test_of_an_unknown_question_nothing_is_known(cloud: FakeCloud, id: str) -> None:
    assert outcome(cloud, id) is None


def test_an_error_of_mistral_is_not_an_unknown_question(cloud: FakeCloud) -> None:
    cloud.fail("read_task", 403)
    with pytest.raises(ServiceError):
        outcome(cloud, read(cloud, "me"), read(cloud, "you"))


# A question of interactive.ask


def completed_ask(cloud: FakeCloud, result: t.Any, state: str = "SUCCESS") -> str:
    """Store an execution of interactive.ask whose action has ended, and return its id."""
    execution = cloud.mistral.add_execution("w")
    ask = cloud.mistral.ask(execution, "How many?", schema=SCHEMA)
    action = cloud.mistral.action_of(ask)
    action.update(state=state, output={"result": result})
    cloud.mistral.tasks[action["task_execution_id"]]["state"] = state
    return str(ask["id"])


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"status": "ANSWERED", "answer": 3}, Outcome("ANSWERED", (3,), SCHEMA)),
        ({"status": "DECLINED", "answer": None}, Outcome("DECLINED", (None,), SCHEMA)),
        ({"status": "EXPIRED"}, Outcome("EXPIRED", (None,), SCHEMA)),
        ({"answer": 3}, Outcome("ANSWERED", (3,), SCHEMA)),
        # somebody has completed the action with something else
        ("a text", Outcome("")),
        (None, Outcome("")),
    ],
)
def test_what_the_action_was_completed_with_is_the_outcome(
    cloud: FakeCloud, result: t.Any, expected: Outcome
) -> None:
    assert outcome(cloud, completed_ask(cloud, result)) == expected


def test_nothing_is_known_of_a_question_that_was_withdrawn(cloud: FakeCloud) -> None:
    execution = cloud.mistral.add_execution("w")
    ask = cloud.mistral.ask(execution, "How many?")
    (task,) = cloud.mistral.tasks_of(ask)
    task["state"] = "ERROR"
    assert outcome(cloud, ask["id"]) == Outcome("")


def test_an_ask_that_still_waits_is_open(cloud: FakeCloud) -> None:
    execution = cloud.mistral.add_execution("w")
    ask = cloud.mistral.ask(execution, "How many?")
    assert outcome(cloud, ask["id"]) is None


def test_an_ask_that_has_not_begun_to_wait_is_open(cloud: FakeCloud) -> None:
    execution = cloud.mistral.add_execution("w")
    ask = cloud.mistral.call(execution, "interactive.ask")
    assert outcome(cloud, ask["id"]) is None


def test_an_execution_of_another_workflow_is_no_question(cloud: FakeCloud) -> None:
    execution = cloud.mistral.add_execution("w", "SUCCESS")
    assert outcome(cloud, execution["id"]) is None
