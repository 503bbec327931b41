# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import typing as t
import uuid

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_execution import (
    MistralExecution,
    differing,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)

ID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def add(cloud: FakeCloud, state: str = "RUNNING", **keys: t.Any) -> dict[str, t.Any]:
    """Add the execution, with a task called a."""
    execution = cloud.mistral.add_execution(state=state, id=ID, **keys)
    cloud.mistral.add_task(execution, "a")
    return execution


def run(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    return run_flow(MistralExecution, cloud, **{"id": ID, **params})


def failure_of(cloud: FakeCloud, **params: t.Any) -> Failure:
    with pytest.raises(Failure) as caught:
        run(cloud, **params)
    return caught.value


# Started


def test_an_execution_is_started_once(cloud):
    cloud.mistral.add_workflow("w")
    options = {"workflow": "w", "input": {"a": 1}, "env": {"b": 2}, "description": "why"}
    result = run(cloud, **options)
    assert result["changed"] and result["execution"]["id"] == ID
    execution = cloud.mistral.executions[ID]
    assert execution["input"] == {"a": 1} and execution["description"] == "why"
    assert execution["params"] == {"namespace": "", "env": {"b": 2}}
    assert run(cloud, **options)["changed"] is False
    assert cloud.count("start_execution") == 1


def test_an_execution_gets_an_id(cloud):
    cloud.mistral.add_workflow("w")
    result = run(cloud, id=None, workflow="w")
    assert list(cloud.mistral.executions) == [result["execution"]["id"]]


def test_a_workflow_that_is_not_there_is_not_started(cloud):
    assert failure_of(cloud, workflow="w").error_code == "not_found"


def test_a_start_whose_answer_was_lost_is_found(cloud):
    cloud.mistral.add_workflow("w")
    cloud.lose("start_execution")
    assert run(cloud, workflow="w")["changed"]
    assert cloud.count("start_execution") == 1


def test_a_start_that_nobody_knows_of_is_told_with_the_id(cloud):
    cloud.mistral.add_workflow("w")
    cloud.late("start_execution", seconds=1000)
    failure = failure_of(cloud, id=None, workflow="w")
    assert failure.result["outcome_unknown"] is True
    assert failure.result["execution_id"] in failure.message


def test_an_id_of_another_workflow_is_a_conflict(cloud):
    execution = add(cloud)
    failure = failure_of(cloud, workflow="other")
    assert "that is an execution of workflow 'w' already" in failure.message
    assert failure.error_code == "conflict"
    assert not run(cloud, workflow=execution["workflow_id"])["changed"]


def test_an_execution_is_found_by_its_id_alone(cloud):
    id = cloud.mistral.add_execution("w", "SUCCESS")["id"]
    result = run(cloud, id=id, workflow=None, wait_for=["SUCCESS"])
    assert not result["changed"] and result["execution"]["workflow_name"] == "w"


def test_an_id_alone_that_nothing_has_is_told(cloud):
    with pytest.raises(
        Failure, match="check the id and the cloud, or name the 'workflow'"
    ) as caught:
        run(cloud, id=str(uuid.uuid4()), workflow=None)
    assert caught.value.error_code == "not_found" and cloud.count("start_execution") == 0


def test_an_id_of_another_namespace_is_a_conflict(cloud):
    add(cloud)
    assert "of namespace 'n'" in failure_of(cloud, workflow="w", namespace="n").message


def test_an_execution_keeps_its_input_and_that_is_told(cloud):
    add(cloud, input={"a": 1})
    warnings: list[str] = []
    run(cloud, workflow="w", input={"a": 2}, warn=warnings.append)
    assert len(warnings) == 1 and warnings[0].endswith("it differs in: a.")


# Paused, cancelled, resumed


def test_an_execution_is_paused_and_cancelled_once(cloud):
    add(cloud)
    for state, expected in (("paused", "PAUSED"), ("cancelled", "CANCELLED")):
        result = run(cloud, state=state)
        assert result["changed"] and result["execution"]["state"] == expected
        assert run(cloud, state=state)["changed"] is False
    assert cloud.count("update_execution") == 2


def test_what_has_ended_cannot_be_paused(cloud):
    add(cloud, state="SUCCESS")
    failure = failure_of(cloud, state="paused")
    assert failure.error_code == "execution_ended" and "Could not pause" in failure.message
    assert cloud.count("update_execution") == 0


def test_what_ends_before_it_is_cancelled_is_no_change(cloud):
    execution = add(cloud)
    cloud.before("update_execution", lambda request: execution.update(state="SUCCESS"))
    result = run(cloud, state="cancelled")
    assert result["changed"] is False and result["execution"]["state"] == "SUCCESS"


CHANGES = pytest.mark.parametrize(
    ("before", "state", "after"),
    [
        ("RUNNING", "paused", "PAUSED"),
        ("PAUSED", "resumed", "RUNNING"),
        ("RUNNING", "cancelled", "CANCELLED"),
    ],
)


@CHANGES
def test_a_change_whose_answer_was_lost_is_found(cloud, before, state, after):
    add(cloud, state=before)
    cloud.lose("update_execution")
    assert run(cloud, state=state)["execution"]["state"] == after
    assert cloud.count("update_execution") == 1


@CHANGES
def test_a_change_that_nobody_has_seen_is_unknown(cloud, before, state, after):
    execution = add(cloud, state=before)
    cloud.late("update_execution", seconds=1000)
    failure = failure_of(cloud, state=state)
    assert failure.result["outcome_unknown"] is True and failure.result["execution_id"] == ID
    assert execution["state"] == before and cloud.count("update_execution") == 1


@pytest.mark.parametrize(
    ("before", "params", "kind"),
    [
        (None, {"workflow": "w"}, "start_execution"),
        ("RUNNING", {"state": "paused"}, "update_execution"),
        ("RUNNING", {"state": "cancelled"}, "update_execution"),
        ("PAUSED", {"state": "resumed"}, "update_execution"),
        ("SUCCESS", {"state": "absent"}, "delete_execution"),
    ],
)
def test_a_short_wait_timeout_does_not_shorten_the_look_for_what_is_done_late(
    cloud, before, params, kind
):
    cloud.mistral.add_workflow("w")
    if before:
        add(cloud, state=before)
    cloud.late(kind, seconds=70)
    assert run(cloud, wait_timeout=0, **params)["changed"]
    assert cloud.count(kind) == 1 and 70 <= cloud.clock.now < 80


def test_resume_waits_for_the_pause(cloud):
    execution = add(cloud)
    cloud.clock.at(5, lambda: execution.update(state="PAUSED"))
    cloud.clock.at(10, lambda: execution.update(state="SUCCESS"))
    result = run(cloud, state="resumed", wait_for=["SUCCESS"])
    assert cloud.count("update_execution") == 1
    assert result["changed"] and result["execution"]["state"] == "SUCCESS"
    assert result["diff"]["before"]["state"] == "PAUSED" and 10 <= result["elapsed"] < 14


def test_resume_is_not_asked_for_when_the_execution_ends_first(cloud):
    execution = add(cloud)
    cloud.mistral.add_task(execution, "b", "ERROR", state_info="broke")
    cloud.clock.at(5, lambda: execution.update(state="ERROR"))
    failure = failure_of(cloud, state="resumed")
    assert failure.message.startswith(f"Could not resume execution {ID} ")
    assert "ended in ERROR already (task 'b' failed: broke)" in failure.message
    assert cloud.count("update_execution") == 0


def test_resume_times_out_without_a_pause(cloud):
    add(cloud)
    failure = failure_of(cloud, state="resumed", wait_timeout=20)
    words = "still RUNNING after 20 seconds, not PAUSED: task 'a' is RUNNING"
    assert words in failure.message and failure.error_code == "timeout"
    assert sorted(failure.result) == ["elapsed", "execution", "tasks"]
    assert cloud.count("update_execution") == 0


@pytest.mark.parametrize(("starts_at", "resumed_at"), [(20, 20), (1000, 60)])
def test_a_resume_waits_for_tasks_that_are_about_to_start(cloud, starts_at, resumed_at):
    execution = add(cloud, "PAUSED")
    task = cloud.mistral.add_task(execution, "b", "IDLE")
    cloud.clock.at(starts_at, lambda: task.update(state="RUNNING"))
    run(cloud, state="resumed", wait_timeout=5)
    assert changes(cloud) == ["RUNNING"] and 0 <= cloud.clock.now - resumed_at < 5


def test_a_resume_does_not_wait_for_what_a_pause_holds_back(cloud):
    execution = cloud.mistral.add_execution(id=ID)
    cloud.mistral.pause_before(execution, "b")
    run(cloud, state="resumed")
    assert changes(cloud) == ["RUNNING"] and cloud.clock.now == 0


def test_an_environment_is_given_with_a_resume(cloud):
    execution = add(cloud, state="PAUSED")
    run(cloud, state="resumed", env={"a": 1})
    assert execution["params"]["env"] == {"a": 1} and execution["state"] == "RUNNING"


# Recovered

PAUSES = "w: {tasks: {b: {action: std.noop, pause-before: true}}}"


def stall(cloud: FakeCloud, definition: str = "") -> dict[str, t.Any]:
    """Let Mistral die before it runs task b."""
    execution = cloud.mistral.add_execution(id=ID)
    if definition:
        cloud.mistral.workflows[execution["workflow_id"]]["definition"] = definition
    return cloud.mistral.add_task(
        execution, "b", "IDLE", work=lambda: cloud.mistral.end(execution, "SUCCESS")
    )


def changes(cloud: FakeCloud) -> list[str]:
    """Return the states that were asked for."""
    updates = [request for request in cloud.requests if request.kind == "update_execution"]
    return [update.body["state"] for update in updates]


def recover(cloud: FakeCloud, **params: t.Any) -> tuple[dict[str, t.Any], list[str]]:
    """Return the result and the warnings."""
    warnings: list[str] = []
    result = run(cloud, state="recovered", warn=warnings.append, **params)
    return result, warnings


def test_a_task_that_nobody_runs_is_run(cloud):
    stall(cloud)
    result, warnings = recover(cloud, stalled_for=60)
    assert result["changed"] and cloud.mistral.executions[ID]["state"] == "SUCCESS"
    assert changes(cloud) == ["PAUSED", "RUNNING"] and 60 <= cloud.clock.now < 70
    assert len(warnings) == 1 and "was paused and resumed" in warnings[0]
    assert result["diff"]["before"] == {"state": "stalled"}


def test_an_execution_with_nothing_left_to_run_is_ended(cloud):
    execution = cloud.mistral.add_execution(id=ID)
    cloud.mistral.add_task(execution, "b", "SUCCESS")
    result, _warnings = recover(cloud)
    assert result["changed"] and execution["state"] == "SUCCESS"
    assert cloud.clock.now >= 300


def test_it_stays_paused_where_the_workflow_pauses(cloud):
    task = stall(cloud, PAUSES)
    result, warnings = recover(cloud)
    assert result["execution"]["state"] == "PAUSED" and task["state"] == "IDLE"
    assert changes(cloud) == ["PAUSED"] and "pauses before the task" in warnings[0]


def test_a_resume_that_was_lost_is_done(cloud):
    task = stall(cloud, PAUSES)
    task["state_info"] = "Set by 'pause-before' policy"
    recover(cloud)
    assert cloud.mistral.executions[ID]["state"] == "SUCCESS"


@pytest.mark.parametrize(
    "change",
    [{"state": "RUNNING"}, {"state": "SUCCESS"}, {"updated_at": "2026-01-01 00:00:01"}],
)
def test_what_is_only_slow_is_left_alone(cloud, change):
    task = stall(cloud)
    cloud.clock.at(299, lambda: task.update(change))
    result, warnings = recover(cloud)
    assert not result["changed"] and changes(cloud) == [] and warnings == []


@pytest.mark.parametrize("wait_timeout", [0, 60])
def test_a_short_wait_timeout_makes_nothing_look_stalled(cloud, wait_timeout):
    task = stall(cloud)
    cloud.clock.at(299, lambda: task.update(state="RUNNING"))
    result, warnings = recover(cloud, wait_timeout=wait_timeout)
    assert not result["changed"] and changes(cloud) == [] and warnings == []


@pytest.mark.parametrize("state", ["PAUSED", "SUCCESS", "ERROR", "CANCELLED"])
def test_what_does_not_run_is_not_recovered(cloud, state):
    add(cloud, state)
    result, _warnings = recover(cloud)
    assert not result["changed"] and result["execution"]["state"] == state
    assert changes(cloud) == [] and cloud.clock.now == 0


def test_one_with_an_open_sub_workflow_is_left_alone(cloud):
    stall(cloud)
    cloud.mistral.call(cloud.mistral.executions[ID], "sub")
    result, _warnings = recover(cloud)
    assert not result["changed"] and changes(cloud) == []


def test_what_ends_before_it_is_paused_was_only_slow(cloud):
    stall(cloud)
    execution = cloud.mistral.executions[ID]
    cloud.before("update_execution", lambda request: execution.update(state="SUCCESS"))
    cloud.lose("update_execution")
    result, warnings = recover(cloud)
    assert result["execution"]["state"] == "SUCCESS" and warnings == []
    assert not result["changed"]


@pytest.mark.parametrize("state", ["PAUSED", "RUNNING"])
@pytest.mark.parametrize("fault", ["lose", "fail"])
def test_a_pause_of_a_recovery_is_ended_whatever_is_lost(cloud, fault, state):
    stall(cloud)
    broken = []

    def break_it(request: t.Any) -> None:
        if request.body["state"] == state and not broken:
            broken.append(state)
            getattr(cloud, fault)("update_execution", *([503] if fault == "fail" else []))

    cloud.before("update_execution", break_it, times=9)
    with contextlib.suppress(Failure):
        recover(cloud)
    assert broken and cloud.mistral.executions[ID]["state"] != "PAUSED"


def test_an_interrupted_recovery_leaves_no_pause(cloud):
    stall(cloud)
    params = {name: option.get("default") for name, option in MistralExecution.OPTIONS.items()}
    context = Context(new_deadline=cloud.clock.deadline)
    flow = MistralExecution({**params, "id": ID, "state": "recovered"}, context)
    flow.__dict__["cloud"] = cloud

    def interrupt(request: t.Any) -> None:
        if request.body["state"] == "RUNNING":
            raise KeyboardInterrupt

    cloud.before("update_execution", interrupt, times=2)
    with pytest.raises(KeyboardInterrupt):
        flow.run()
    assert cloud.mistral.executions[ID]["state"] == "PAUSED"
    flow.undo()
    assert cloud.mistral.executions[ID]["state"] == "SUCCESS"


def test_check_mode_says_what_looks_stalled(cloud):
    stall(cloud)
    result, warnings = recover(cloud, check_mode=True)
    assert result["changed"] and changes(cloud) == [] and warnings == []
    assert cloud.clock.now == 0


# Absent


def test_an_execution_is_deleted_with_its_locks(cloud):
    add(cloud, state="SUCCESS")
    others = ["other", f"of somebody.{ID}.0"]
    for name in (f"interactive.answer.{ID}.0", f"interactive.resume.{ID}.0", *others):
        cloud.mistral.environments[name] = {"id": name, "name": name, "created_at": ""}
    assert run(cloud, state="absent")["changed"]
    assert list(cloud.mistral.environments) == others and not cloud.mistral.executions
    assert run(cloud, state="absent") == {"changed": False}


def test_what_runs_is_deleted_by_force_only(cloud):
    add(cloud)
    assert failure_of(cloud, state="absent").error_code == "not_ended"
    assert run(cloud, state="absent", force=True)["changed"]


def test_what_somebody_else_deletes_meanwhile_is_gone(cloud):
    add(cloud, state="SUCCESS")
    cloud.before("delete_execution", lambda request: cloud.mistral.executions.clear())
    assert run(cloud, state="absent")["changed"]


def test_a_deletion_whose_answer_was_lost_is_found_out(cloud):
    add(cloud, state="SUCCESS")
    cloud.lose("delete_execution")
    assert run(cloud, state="absent")["changed"]
    assert cloud.count("delete_execution") == 1


# Waits


def test_a_wait_forgives_what_may_pass(cloud):
    execution = add(cloud)
    cloud.clock.at(1, lambda: cloud.fail("read_execution", status=503, times=2))
    cloud.clock.at(5, lambda: execution.update(state="SUCCESS"))
    result = run(cloud, workflow="w", wait_for=["SUCCESS"])
    assert result["execution"]["state"] == "SUCCESS"


def test_a_wait_ends_with_a_state_that_excludes_the_wanted_one(cloud):
    execution = add(cloud)
    cloud.clock.at(5, lambda: execution.update(state="CANCELLED"))
    failure = failure_of(cloud, workflow="w", wait_for=["SUCCESS"])
    assert failure.error_code == "execution_ended" and failure.result["elapsed"] < 10
    assert failure.message.endswith("ended in CANCELLED and will not be SUCCESS any more.")


def test_a_timeout_tells_of_the_outage_behind_it(cloud):
    add(cloud)
    cloud.clock.at(1, lambda: cloud.fail("mistral", status=503, times=1000))
    failure = failure_of(cloud, workflow="w", wait_for=["SUCCESS"], wait_timeout=10)
    assert failure.error_code == "timeout" and "The last look failed: " in failure.message


def test_no_wait_is_needed_for_a_state_that_is_there(cloud):
    add(cloud, state="PAUSED")
    assert run(cloud, workflow="w", wait_for=["PAUSED"])["elapsed"] == 0


@pytest.mark.parametrize("state", ["paused", "resumed", "cancelled", "absent"])
def test_check_mode_asks_for_nothing(cloud, state):
    add(cloud)
    result = run(cloud, check_mode=True, state=state, force=True, wait_for=["SUCCESS"])
    assert result["changed"] and {request.method for request in cloud.requests} == {"GET"}


def test_check_mode_starts_nothing(cloud):
    result = run(cloud, check_mode=True, workflow="w", wait_for=["SUCCESS"])
    assert result["changed"] and result["execution"]["state"] == "RUNNING"
    assert cloud.kinds() == ["read_execution"]


def test_input_is_compared_with_what_was_given_only():
    assert differing({"a": 1}, {"a": 1, "with_default": 2}) == []
    assert differing({"a": 1, "b": 2}, {"a": 2}) == ["a", "b"]
    assert differing(None, None) == []


def test_who_interrupts_it_learns_what_was_done(cloud):
    cloud.mistral.add_workflow("w")
    options = {name: option.get("default") for name, option in MistralExecution.OPTIONS.items()}
    flow = MistralExecution({**options, "id": ID, "workflow": "w"}, Context())
    flow.__dict__["cloud"] = cloud
    assert flow.go_on() == ""
    flow.run()
    beginning = f"Execution {ID} was started, and is not touched by the interruption. To look at it"
    assert flow.go_on().startswith(beginning)
