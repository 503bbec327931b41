# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflows in Mistral: created, updated, deleted, and what is said of a refusal."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_workflow import (
    MistralWorkflow,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)

DEFINITION = "version: '2.0'\nw:\n  tasks:\n    a:\n      action: std.noop\n"
REASON = "Parse error: the real reason"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def run(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    return run_flow(MistralWorkflow, cloud, **{"definition": DEFINITION, **params})


def refuse_creation(cloud: FakeCloud) -> None:
    cloud.fail("create_workflows", status=400, reason="the real reason")


@pytest.mark.parametrize("status", [None, 403, 503])
def test_the_real_reason_is_told_whatever_becomes_of_the_validation(cloud, status):
    refuse_creation(cloud)
    cloud.fail("validate_workflow", status=status, times=100)
    with pytest.raises(ServiceError, match="the real reason") as caught:
        run(cloud)
    assert caught.value.status == 400


def test_the_real_reason_is_told_if_the_validation_finds_none(cloud):
    refuse_creation(cloud)
    with pytest.raises(ServiceError, match="the real reason"):
        run(cloud)
    assert cloud.count("validate_workflow") == 1


def test_a_reason_with_a_place_is_better_than_one_without(cloud):
    cloud.mistral.rejects = REASON
    with pytest.raises(Failure) as caught:
        run(cloud)
    assert caught.value.error_code == "invalid_definition"
    assert caught.value.message.startswith("Mistral does not accept the workflow definition: ")


def test_a_task_that_ends_before_its_question_is_warned_of(cloud):
    definition = DEFINITION.replace("action: std.noop", "{workflow: interactive.ask, timeout: 9}")
    warnings: list[str] = []
    run(cloud, definition=definition.replace("a:\n      {", "a: {"), warn=warnings.append)
    assert len(warnings) == 1 and "ends before its question expires" in warnings[0]


# Present

TWO = """version: '2.0'
a:
  tasks:
    x: {action: std.noop}
b:
  tasks:
    y: {action: std.noop}
"""


def stored(cloud: FakeCloud) -> dict[str, str]:
    """Return the scopes of the workflows by name."""
    return {each["name"]: each["scope"] for each in cloud.mistral.workflows.values()}


def writes(cloud: FakeCloud) -> list[str]:
    return [request.kind for request in cloud.requests if request.method != "GET"]


def test_a_workflow_is_created_once(cloud):
    result = run(cloud)
    assert result["changed"] and stored(cloud) == {"w": "private"}
    assert [workflow["name"] for workflow in result["workflows"]] == ["w"]
    assert result["diff"][0]["before"] == "" and "std.noop" in result["diff"][0]["after"]
    assert writes(cloud) == ["create_workflows"]
    assert run(cloud)["changed"] is False


def test_a_workflow_that_differs_is_updated(cloud):
    run(cloud)
    changed = DEFINITION.replace("std.noop", "std.echo output=1")
    result = run(cloud, definition=changed, scope="public")
    assert result["changed"] and stored(cloud) == {"w": "public"}
    assert "std.echo" in result["workflows"][0]["definition"]
    assert writes(cloud) == ["create_workflows", "update_workflow"]
    assert run(cloud, definition=changed)["changed"] is False


def test_the_workflows_of_a_definition_are_created_in_one_request(cloud):
    result = run(cloud, definition=TWO)
    assert [workflow["name"] for workflow in result["workflows"]] == ["a", "b"]
    assert writes(cloud) == ["create_workflows"]


def test_only_what_is_missing_is_created(cloud):
    run(cloud, definition=TWO)
    for workflow in list(cloud.mistral.workflows.values()):
        if workflow["name"] == "b":
            del cloud.mistral.workflows[workflow["id"]]
    cloud.requests.clear()
    result = run(cloud, definition=TWO)
    assert [workflow["name"] for workflow in result["workflows"]] == ["a", "b"]
    assert len(result["diff"]) == 1 and stored(cloud) == {"a": "private", "b": "private"}
    assert writes(cloud) == ["validate_workflow", "create_workflows"]


@pytest.mark.parametrize("namespace", ["", "n"])
@pytest.mark.parametrize("kind", ["create_workflows", "update_workflow"])
def test_a_write_whose_answer_was_lost_is_found_out(cloud, kind, namespace):
    if kind == "update_workflow":
        run(cloud, namespace=namespace)
    cloud.lose(kind)
    changed = {"definition": DEFINITION.replace("std.noop", "std.fail"), "namespace": namespace}
    assert run(cloud, **changed)["changed"]
    assert cloud.count(kind) == 1 and run(cloud, **changed)["changed"] is False


def test_a_definition_may_be_data_or_a_file(cloud, tmp_path):
    run(cloud, definition={"version": "2.0", "w": {"tasks": {"a": {"action": "std.noop"}}}})
    file = tmp_path / "w.yaml"
    file.write_text(DEFINITION)
    assert run(cloud, definition=None, file=str(file))["changed"] is False


@pytest.mark.parametrize(
    "content, code", [(None, "no_file"), (b"\xff", "no_file"), (b" ", "invalid_definition")]
)
def test_a_file_that_is_no_definition_is_told(cloud, tmp_path, content, code):
    file = tmp_path / "w.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Failure) as caught:
        run(cloud, definition=None, file=str(file))
    assert caught.value.error_code == code and cloud.requests == []


def test_a_definition_without_workflows_is_refused(cloud):
    with pytest.raises(Failure, match="holds no workflow") as caught:
        run(cloud, definition="version: '2.0'\n")
    assert caught.value.error_code == "invalid_definition"


def test_check_mode_validates_and_writes_nothing(cloud):
    result = run(cloud, check_mode=True)
    assert result["changed"] and writes(cloud) == ["validate_workflow"]
    assert stored(cloud) == {}


def test_check_mode_does_not_describe_the_definition_that_is_replaced(cloud):
    before = run(cloud)["workflows"][0]
    cloud.mistral.workflows[before["id"]].update(input="old", checksum="5", tags=["old"])
    changed = DEFINITION.replace("w:\n", "w:\n  input: [new]\n")
    (workflow,) = run(cloud, definition=changed, check_mode=True)["workflows"]
    assert workflow["inputs"] == ["new"] and workflow["id"] == before["id"]
    assert workflow.keys().isdisjoint({"input", "interface", "tags", "checksum", "updated_at"})


# Absent


@pytest.mark.parametrize("params", [{"name": ["a", "b", "c"], "definition": None}, {}])
def test_workflows_are_deleted_once(cloud, params):
    run(cloud, definition=TWO)
    options = {"definition": TWO, **params, "state": "absent"}
    assert run(cloud, **options, check_mode=True)["changed"] and len(stored(cloud)) == 2
    result = run(cloud, **options)
    assert len(result["diff"]) == 2 and stored(cloud) == {}
    assert run(cloud, **options) == {"changed": False, "workflows": []}


def test_what_somebody_else_deletes_meanwhile_is_gone(cloud):
    run(cloud)
    cloud.before("delete_workflow", lambda request: cloud.mistral.workflows.clear())
    assert run(cloud, state="absent")["changed"]


def test_a_deletion_whose_answer_was_lost_is_found_out(cloud):
    run(cloud)
    cloud.lose("delete_workflow")
    assert run(cloud, state="absent")["changed"] and cloud.count("delete_workflow") == 1


@pytest.mark.parametrize("namespace", ["", "n"])
def test_a_deletion_that_was_lost_fails(cloud, namespace):
    run(cloud, namespace=namespace)
    cloud.late("delete_workflow", seconds=1000)
    with pytest.raises(ServiceError) as caught:
        run(cloud, state="absent", namespace=namespace)
    assert caught.value.result["outcome_unknown"] is True and len(stored(cloud)) == 1


def test_a_new_one_of_its_name_is_not_what_was_deleted(cloud):
    run(cloud)
    cloud.after("delete_workflow", lambda request: cloud.mistral.add_workflow("w", DEFINITION))
    cloud.lose("delete_workflow")
    assert run(cloud, state="absent")["changed"] and len(stored(cloud)) == 1


def test_who_may_not_delete_is_told(cloud):
    run(cloud)
    cloud.fail("delete_workflow", status=403)
    with pytest.raises(ServiceError) as caught:
        run(cloud, state="absent")
    assert caught.value.status == 403


# Public workflows of other projects


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_workflow_of_another_project_is_left_alone(cloud, state):
    theirs = cloud.mistral.add_workflow("w", project_id="theirs", scope="public")
    before = dict(theirs)
    if state == "absent":
        assert run(cloud, state=state) == {"changed": False, "workflows": []}
    else:
        cloud.fail("create_workflows", status=409)
        with pytest.raises(ServiceError) as caught:
            run(cloud)
        assert caught.value.status == 409
    assert theirs == before and len(stored(cloud)) == 1
    assert {"update_workflow", "delete_workflow"}.isdisjoint(cloud.kinds())
