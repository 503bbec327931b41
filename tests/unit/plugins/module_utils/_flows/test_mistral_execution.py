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
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_execution import (
    MistralExecution,
    differing,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Execution,
    FailedTask,
    State,
    Task,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context

ID = "00000000-0000-4000-8000-000000000001"


class FakeMistral:
    """An execution whose states follow a script; an exception in it is raised."""

    def __init__(self, *states: t.Any) -> None:
        self.script = list(states)
        self.asked: list[t.Any] = []

    def state(self, id: str) -> State:
        next_one = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(next_one, Exception):
            raise next_one
        return State(next_one)

    def execution(self, id: str) -> Execution:
        return Execution.of(
            {
                "id": id,
                "workflow_name": "w",
                "workflow_id": "wid",
                "state": self.state(id).value,
                "input": {"a": 1},
            }
        )

    existing = execution

    def tree(self, id: str) -> list[Execution]:
        return [Execution.of({"id": id, "state": "PAUSED"})]

    def set_state(self, id: str, state: State, env: t.Any = None) -> Execution:
        self.asked.append((state, env))
        self.script = self.script[1:] if len(self.script) > 1 else [state]
        return self.execution(id).with_state(state)

    def tasks(self, id: str) -> list[Task]:
        return [Task.of({"id": "1", "name": "a", "state": "RUNNING"})]

    def failed_tasks(self, id: str) -> list[FailedTask]:
        return [FailedTask("a", "w", "1", "broke")]


def flow(mistral: FakeMistral, check_mode: bool = False, **params: t.Any) -> MistralExecution:
    defaults = {name: option.get("default") for name, option in MistralExecution.OPTIONS.items()}
    made = MistralExecution(dict(defaults, id=ID, **params), Context(check_mode=check_mode))
    made.__dict__["mistral"] = mistral
    return made


def test_resume_waits_for_the_pause():
    mistral = FakeMistral("RUNNING", "RUNNING", "PAUSED", "PAUSED", "PAUSED", "SUCCESS")
    result = flow(mistral, state="resumed", wait_for=["SUCCESS"]).run()
    assert mistral.asked == [("RUNNING", None)]
    assert result["changed"] and result["execution"]["state"] == "SUCCESS"


def test_resume_is_not_asked_for_when_the_execution_ends_first():
    mistral = FakeMistral("RUNNING", "RUNNING", "ERROR")
    with pytest.raises(
        Failure,
        match=f"Could not resume execution {ID} .* ended in ERROR already .task 'a' failed: broke",
    ):
        flow(mistral, state="resumed").run()
    assert mistral.asked == []


def test_resume_times_out_without_a_pause():
    mistral = FakeMistral("RUNNING")
    with pytest.raises(
        Failure, match="still RUNNING after 0 seconds, not PAUSED: task 'a' is RUNNING"
    ) as raised:
        flow(mistral, state="resumed", wait_timeout=0.2).run()
    assert mistral.asked == [] and raised.value.error_code == "timeout"
    assert sorted(raised.value.result) == ["elapsed", "execution", "tasks"]


def test_a_wait_forgives_what_may_pass():
    busy = ServiceError("Mistral", 503, "busy", "service_error")
    mistral = FakeMistral("RUNNING", busy, busy, "SUCCESS")
    assert (
        flow(mistral, workflow="w", wait_for=["SUCCESS"]).run()["execution"]["state"] == "SUCCESS"
    )


def test_check_mode_asks_for_nothing():
    for state in ("paused", "resumed", "cancelled", "absent"):
        mistral = FakeMistral("RUNNING")
        result = flow(mistral, check_mode=True, state=state, force=True, wait_for=["SUCCESS"]).run()
        assert result["changed"] and mistral.asked == []


def test_an_id_of_another_workflow_is_a_conflict():
    with pytest.raises(Failure, match="that is an execution of workflow 'w' already"):
        flow(FakeMistral("RUNNING"), workflow="other").run()
    assert not flow(FakeMistral("RUNNING"), workflow="wid").run()["changed"]


def test_input_is_compared_with_what_was_given_only():
    assert differing({"a": 1}, {"a": 1, "with_default": 2}) == []
    assert differing({"a": 1, "b": 2}, {"a": 2}) == ["a", "b"]
    assert differing(None, {}) == []
