# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_execution_info import (
    MistralExecutionInfo,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def executions(cloud: FakeCloud, **params: t.Any) -> list[dict[str, t.Any]]:
    return run_flow(MistralExecutionInfo, cloud, **params)["executions"]


def ids(cloud: FakeCloud, **params: t.Any) -> list[str]:
    return [execution["id"] for execution in executions(cloud, **params)]


def test_executions_are_listed_by_workflow_and_state(cloud):
    added = []
    for workflow, state in (("a", "RUNNING"), ("b", "RUNNING"), ("b", "ERROR")):
        added.append(cloud.mistral.add_execution(workflow, state)["id"])
        cloud.clock.sleep(1)
    first, second, third = added
    assert ids(cloud) == [third, second, first]
    assert ids(cloud, workflow="b") == [third, second]
    assert ids(cloud, workflow="b", state="RUNNING") == [second]
    assert ids(cloud, limit=1) == [third]


def test_an_execution_is_found_by_its_id(cloud):
    id = cloud.mistral.add_execution(output={"a": 1})["id"]
    (execution,) = executions(cloud, id=id)
    assert execution["output"] == {"a": 1}
    assert {"tasks", "sub_executions", "report", "failed_tasks"}.isdisjoint(execution)
    assert len(cloud.requests) == 1
    assert ids(cloud, id="other") == []


def test_what_is_asked_for_is_added(cloud):
    execution = cloud.mistral.add_execution()
    sub = cloud.mistral.call(execution, "other")
    cloud.mistral.add_task(sub, "deploy", "ERROR", state_info="no space left")
    (found,) = executions(cloud, id=execution["id"], tasks=True, sub_executions=True, report=True)
    assert [task["name"] for task in found["tasks"]] == ["call"]
    assert [below["id"] for below in found["sub_executions"]] == [sub["id"]]
    assert found["report"]["root_workflow_execution"]["id"] == execution["id"]
    (failed,) = found["failed_tasks"]
    assert (failed["name"], failed["reason"]) == ("deploy", "no space left")
