# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_action_execution import (
    MistralActionExecution,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


class Running:
    """An execution whose tasks each have an action, and a run that ends the one of the task."""

    def __init__(self, cloud: FakeCloud, *states: str) -> None:
        self.cloud = cloud
        self.execution = cloud.mistral.add_execution()
        self.actions = [self.ask(state) for state in states]

    def ask(self, state: str = "RUNNING", **keys: t.Any) -> dict[str, t.Any]:
        """Add a task called ask, with an action in the same state, and return the action."""
        task = self.cloud.mistral.add_task(self.execution, "ask", state)
        return self.cloud.mistral.add_action(task, state=state, **keys)

    def end(self, action: dict[str, t.Any] | None = None, **params: t.Any) -> dict[str, t.Any]:
        """End an action by its id, without one the action of the task."""
        target = {"execution": self.execution["id"], "task": "ask"}
        if action:
            target = {"id": action["id"]}
        self.cloud.requests.clear()
        return run_flow(MistralActionExecution, self.cloud, **target, **params)

    def failure(self, **params: t.Any) -> Failure:
        with pytest.raises(Failure) as caught:
            self.end(**params)
        return caught.value


@pytest.mark.parametrize(
    "state, expected, result",
    [
        ("completed", "SUCCESS", None),
        ("failed", "ERROR", "Unknown error"),
        ("cancelled", "CANCELLED", None),
    ],
)
def test_the_words_for_the_states(cloud, state, expected, result):
    running = Running(cloud, "RUNNING")
    (action,) = running.actions
    outcome = running.end(action, state=state)
    assert action["state"] == expected
    assert outcome["changed"] and outcome["action_execution"]["id"] == action["id"]
    assert outcome["diff"]["after"]["state"] == expected
    assert outcome["diff"]["before"] == {"state": "RUNNING"}


def test_the_task_is_waited_for(cloud):
    running = Running(cloud)
    cloud.clock.at(0.2, running.ask)
    result = running.end(result={"a": 1})
    assert result["action_execution"]["output"] == {"result": {"a": 1}}
    assert 0 < result["elapsed"] < 1 and running.execution["state"] == "SUCCESS"


def test_a_task_without_an_action_is_waited_for(cloud):
    running = Running(cloud)
    task = cloud.mistral.add_task(running.execution, "ask", "IDLE")
    cloud.clock.at(2, lambda: task.update(state="RUNNING"))
    cloud.clock.at(2, lambda: cloud.mistral.add_action(task))
    assert running.end()["changed"]


def no_task(running: Running) -> None:
    """Let the execution have no task yet."""


def idle_task(running: Running) -> None:
    running.cloud.mistral.add_task(running.execution, "ask", "IDLE")


def calling_task(running: Running) -> None:
    running.cloud.mistral.call(running.execution, "other", name="ask")


@pytest.mark.parametrize(
    "prepare, words",
    [
        (no_task, "it has no task 'ask' yet"),
        (idle_task, "task 'ask' is IDLE"),
        (calling_task, "runs a sub-workflow"),
    ],
)
def test_a_timeout_says_what_was_there_instead(cloud, prepare, words):
    running = Running(cloud)
    prepare(running)
    failure = running.failure(wait_timeout=5)
    assert words in failure.message
    assert failure.error_code == "timeout" and failure.result["elapsed"] == 5


def test_the_end_of_the_execution_ends_the_wait(cloud):
    running = Running(cloud)
    cloud.clock.at(1, lambda: running.execution.update(state="ERROR"))
    failure = running.failure()
    assert failure.error_code == "execution_ended"
    assert "has ended in ERROR, and no task 'ask'" in failure.message


def test_a_task_that_ended_without_an_action_is_too_late(cloud):
    running = Running(cloud)
    cloud.mistral.add_task(running.execution, "ask", "ERROR")
    failure = running.failure()
    assert failure.error_code == "too_late" and "ended in ERROR without" in failure.message


def test_several_running_actions_are_listed_and_left_alone(cloud):
    running = Running(cloud, "RUNNING", "RUNNING", "SUCCESS")
    first, second, _ended = [action["id"] for action in running.actions]
    failure = running.failure()
    assert failure.error_code == "ambiguous"
    assert f"2 running actions of tasks named 'ask': {first}, {second}. Set 'id'" in failure.message
    assert cloud.count("update_action") == 0


def test_the_running_one_is_taken_or_else_the_newest(cloud):
    running = Running(cloud, "SUCCESS", "RUNNING")
    newest = running.actions[1]
    assert running.end(result={"a": 2})["action_execution"]["id"] == newest["id"]
    again = running.end(result={"a": 2})
    assert not again["changed"] and "diff" not in again
    assert again["action_execution"]["id"] == newest["id"]
    failure = running.failure(result={"a": 3})
    assert failure.error_code == "already_completed"
    assert 'SUCCESS with {"a": 2}' in failure.message


def test_an_outage_is_forgiven(cloud):
    running = Running(cloud, "RUNNING")
    cloud.fail("update_action", status=503, times=2)
    assert running.end(running.actions[0], result={"a": 1})["changed"]
    assert running.actions[0]["output"] == {"result": {"a": 1}}


def test_an_answer_that_was_lost_counts_as_our_change(cloud):
    running = Running(cloud, "RUNNING")
    cloud.lose("update_action")
    assert running.end(running.actions[0], result={"a": 1})["changed"]
    assert cloud.count("update_action") == 1


def test_an_answer_that_was_lost_before_an_outage_counts_as_our_change(cloud):
    running = Running(cloud, "RUNNING")
    cloud.lose("update_action")
    cloud.after("update_action", lambda request: cloud.fail("read_action", status=503))
    assert running.end(running.actions[0], result={"a": 1})["changed"]


def test_who_may_not_end_it_is_told_at_once(cloud):
    running = Running(cloud, "RUNNING")
    cloud.fail("update_action", status=403)
    failure = running.failure(action=running.actions[0])
    assert isinstance(failure, ServiceError) and failure.status == 403


def test_an_outage_that_does_not_pass_is_told(cloud):
    running = Running(cloud, "RUNNING")
    (action,) = running.actions
    cloud.fail("update_action", status=503, times=1000)
    failure = running.failure(action=action)
    assert failure.error_code == "timeout" and "503" in failure.message
    start = f"Could not end action execution {action['id']} within 600 s. The last look failed: "
    assert failure.message.startswith(start)


def test_check_mode_never_waits(cloud):
    assert Running(cloud).end(check_mode=True) == {"changed": True, "elapsed": 0}
    running = Running(cloud, "RUNNING")
    assert running.end(check_mode=True, result={"a": 1})["changed"]
    assert cloud.count("update_action") == 0 and cloud.clock.now == 0


@pytest.mark.parametrize(
    "options", [{"result": "text"}, {"result": 0}, {"state": "cancelled", "result": {"a": 1}}]
)
def test_wrong_results_are_refused_before_anything_is_sent(cloud, options):
    assert Running(cloud, "RUNNING").failure(**options).error_code == "bad_option"
    assert cloud.requests == []
