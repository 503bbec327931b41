# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_workflow_info import (
    MistralWorkflowInfo,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def names(cloud: FakeCloud, **params: t.Any) -> list[str]:
    found = run_flow(MistralWorkflowInfo, cloud, **params)["workflows"]
    return [workflow["name"] for workflow in found]


def test_workflows_are_listed_by_name_namespace_and_scope(cloud):
    id = cloud.mistral.add_workflow("a")["id"]
    cloud.mistral.add_workflow("b", namespace="n")
    cloud.mistral.add_workflow("b", scope="public")
    assert names(cloud) == ["a", "b", "b"]
    assert names(cloud, name="b") == ["b", "b"]
    assert names(cloud, namespace="n") == names(cloud, scope="public") == ["b"]
    assert names(cloud, namespace="") == ["a", "b"]
    assert names(cloud, name=id) == ["a"]
    assert names(cloud, name="other") == names(cloud, name=id.replace("0", "1")) == []


def test_the_inputs_of_a_workflow_are_told(cloud):
    cloud.mistral.add_workflow("w", interface={"input": ["a", {"b": 1}]})
    (workflow,) = run_flow(MistralWorkflowInfo, cloud)["workflows"]
    assert workflow["inputs"] == ["a", "b"]
