# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_action_execution import (
    MistralActionExecution,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import as_good
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context

BUSY = ServiceError("Mistral", 503, "busy", "service_error")


class FakeMistral:
    """An execution with tasks that have one action each; what comes later is called at a look."""

    def __init__(self, **tasks: str) -> None:
        self.connection = types.SimpleNamespace(requests=0)
        self.state = "RUNNING"
        self.states = tasks
        self.outputs: dict[str, t.Any] = {}
        self.kind = "ACTION"
        self.failures: list[ServiceError] = []  # raised by the next attempts to complete
        self.later: list[t.Callable[[], None]] = []
        self.asked: list[t.Any] = []

    def tree(self, id: str) -> list[dict[str, t.Any]]:
        if self.later:
            self.later.pop(0)()
        return [{"id": id, "state": self.state, "workflow_name": "w"}]

    def tasks_named(self, tree: t.Any, name: str) -> list[dict[str, t.Any]]:
        return [
            {
                "id": id,
                "name": name,
                "type": self.kind,
                "state": state,
                "workflow_execution_id": "e",
                "open": state in ("RUNNING", "IDLE") and self.state == "RUNNING",
            }
            for id, state in self.states.items()
            if id.startswith(name)
        ]

    def action_executions(self, task_id: str) -> list[dict[str, t.Any]]:
        return [{"id": "of_" + task_id, "name": "std.async_noop", "state": self.states[task_id]}]

    def running_actions(self, tasks: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        return [
            self.action_executions(task["id"])[0]
            for task in tasks
            if task["open"] and task["state"] == "RUNNING"
        ]

    def complete_action(
        self, id: str, state: str, result: t.Any, check_mode: bool
    ) -> tuple[dict[str, t.Any], bool]:
        task = id.removeprefix("of_")
        if self.states[task] != "RUNNING":
            output = self.outputs.get(task)
            return as_good(
                {"id": id, "name": "n", "state": self.states[task], "output": output}, state, result
            ), False
        self.asked.append((id, state, result, check_mode))
        failures, self.failures = self.failures[:1], self.failures[1:]
        if all(
            error.status is None for error in failures
        ):  # the answer alone was lost, if anything
            self.states[task], self.outputs[task] = state, {"result": result}
        for error in failures:
            raise error
        return {"id": id, "state": state, "output": {"result": result}}, True


def end(mistral: FakeMistral, check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def new_deadline(seconds: float) -> Deadline:
        return Deadline(seconds, clock=lambda: now[0], sleep=sleep)

    given = {name: option.get("default") for name, option in MistralActionExecution.OPTIONS.items()}
    given.update(params if "id" in params else dict({"execution": "e", "task": "ask"}, **params))
    flow = MistralActionExecution(given, Context(check_mode=check_mode, new_deadline=new_deadline))
    flow.__dict__["mistral"] = mistral
    return flow.run()


def test_the_words_for_the_states():
    for state, mistrals in (
        ("completed", "SUCCESS"),
        ("failed", "ERROR"),
        ("cancelled", "CANCELLED"),
    ):
        mistral = FakeMistral(ask="RUNNING")
        result = end(mistral, id="of_ask", state=state)
        assert mistral.asked == [("of_ask", mistrals, None, False)]
        assert result["changed"] and result["diff"]["after"] == {"state": mistrals, "result": None}


def test_the_task_is_waited_for():
    mistral = FakeMistral()
    mistral.later = [
        lambda: None,
        lambda: mistral.states.update(ask="IDLE"),
        lambda: mistral.states.update(ask="RUNNING"),
    ]
    result = end(mistral, result={"a": 1})
    assert mistral.asked == [("of_ask", "SUCCESS", {"a": 1}, False)] and 0 < result["elapsed"] < 1


@pytest.mark.parametrize(
    "kind, states, said",
    [
        ("ACTION", {}, "it has no task 'ask' yet"),
        ("ACTION", {"ask": "IDLE"}, "task 'ask' is IDLE"),
        ("WORKFLOW", {"ask": "RUNNING"}, "runs a sub-workflow"),
    ],
)
def test_a_timeout_says_what_was_there_instead(kind, states, said):
    mistral = FakeMistral(**states)
    mistral.kind = kind
    with pytest.raises(Failure, match=said) as caught:
        end(mistral, wait_timeout=5)
    assert caught.value.error_code == "timeout" and caught.value.result["elapsed"] == 5


def test_the_end_of_the_execution_ends_the_wait():
    mistral = FakeMistral()
    mistral.later = [lambda: None, lambda: setattr(mistral, "state", "ERROR")]
    with pytest.raises(Failure, match="has ended in ERROR, and no task 'ask'") as caught:
        end(mistral)
    assert caught.value.error_code == "execution_ended"


def test_several_running_actions_are_listed_and_left_alone():
    mistral = FakeMistral(ask1="RUNNING", ask2="RUNNING", ask3="SUCCESS")
    with pytest.raises(
        Failure, match="2 running actions .*: of_ask1, of_ask2[.] Set 'id'"
    ) as caught:
        end(mistral)
    assert caught.value.error_code == "ambiguous" and mistral.asked == []


def test_the_running_one_is_taken_or_else_the_newest():
    mistral = FakeMistral(ask1="SUCCESS", ask2="RUNNING")
    assert end(mistral, result={"a": 2})["action_execution"]["id"] == "of_ask2"
    again = end(mistral, result={"a": 2})
    assert (
        not again["changed"]
        and "diff" not in again
        and again["action_execution"]["id"] == "of_ask2"
    )
    with pytest.raises(Failure, match='SUCCESS with {"a": 2}') as caught:
        end(mistral, result={"a": 3})
    assert caught.value.error_code == "already_completed"


def test_failures_that_may_pass_are_forgiven():
    lost = ServiceError("Mistral", None, "connection reset", "connection_lost")
    for failures in ([BUSY, BUSY], [lost], [BUSY, lost]):
        mistral = FakeMistral(ask="RUNNING")
        mistral.failures = list(failures)
        result = end(mistral, id="of_ask", result={"a": 1})
        assert result["changed"] and mistral.states["ask"] == "SUCCESS"
    mistral.states["ask"] = "RUNNING"
    mistral.failures = [ServiceError("Mistral", 403, "no", "forbidden")]
    with pytest.raises(ServiceError, match="403"):
        end(mistral, id="of_ask")
    mistral.failures = [BUSY] * 1000
    with pytest.raises(
        Failure,
        match="Could not end action execution of_ask within 600 s. The last look failed: .*503",
    ):
        end(mistral, id="of_ask")


def test_check_mode_never_waits():
    assert end(FakeMistral(), check_mode=True) == {"changed": True}
    mistral = FakeMistral(ask="RUNNING")
    assert end(mistral, check_mode=True)["changed"] and mistral.asked[0][3] is True


@pytest.mark.parametrize(
    "options", [{"result": "text"}, {"result": 0}, {"state": "cancelled", "result": {"a": 1}}]
)
def test_wrong_results_are_refused_before_anything_is_sent(options):
    mistral = FakeMistral()
    mistral.later = [lambda: pytest.fail("sent")]
    with pytest.raises(Failure) as caught:
        end(mistral, **options)
    assert caught.value.error_code == "bad_option"
