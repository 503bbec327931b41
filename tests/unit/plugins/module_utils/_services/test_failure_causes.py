# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._services.failure_causes import (
    cause,
    cause_in,
    failed_tasks,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Execution,
    FailedTask,
)

TRACEBACK = (
    '\nTraceback (most recent call last):\n  File "x.py", line 1, in <module>\nValueError: x\n'
)


@pytest.mark.parametrize(
    "text",
    [
        "[action=" * 100_000 + "msg='" * 100_000,
        "[action= " + "msg='x'] y " * 100_000,
        "[action= msg='" + "'] " * 100_000 + "x",
        "[error=" * 200_000,
        "[expression=" + ", data=" * 200_000,
    ],
    ids=["actions", "messages", "ends", "errors", "data"],
)
def test_a_cause_is_found_in_linear_time(text):
    """It holds what somebody else wrote; each of these took hours, or for ever."""
    assert len(cause_in(text)) <= 500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ""),
        ("Task timed out [timeout(s)=1].", "Task timed out [timeout(s)=1]"),
        (
            "The action raised an exception [action=<Http object at 0x7f>, action_ex_id=None, msg='URL 'x' refused.']",
            "URL 'x' refused",
        ),
        (
            "The action raised an exception [action=Fail action, action_ex_id=1, msg='first line\nsecond']",
            "first line",
        ),
        (
            "Failed to handle action completion [error=Can not evaluate YAQL expression [expression=$.a.b, error='a'],"
            " wf=w, task=t, action=std.echo]:" + TRACEBACK,
            "Can not evaluate YAQL expression [expression=$.a.b, error='a']",
        ),
        (
            "Failed to check and complete [wf_ex_id=1, wf_name=w]: Can not evaluate YAQL expression"
            " [expression=$.a,\n error=b, data={'secret': 1}]" + TRACEBACK,
            "Can not evaluate YAQL expression [expression=$.a, error=b]",
        ),
        (
            "Failed to run task [error=Failed to find action [action_name=x, namespace=], wf=w, task=t]:"
            + TRACEBACK,
            "Failed to find action [action_name=x, namespace=]",
        ),
    ],
)
def test_a_cause_is_the_useful_part_on_one_line(text, expected):
    assert cause_in(text) == expected


def task(name, state="ERROR", state_info="broke", subs=()):
    return {
        "id": f"id-{name}",
        "name": name,
        "state": state,
        "state_info": state_info,
        "workflow_executions": list(subs),
    }


def test_failed_tasks_are_sorted_by_cause_and_depth():
    inner = {
        "name": "sub",
        "state": "ERROR",
        "task_executions": [task("fine", "SUCCESS"), task("innermost")],
    }
    top = {
        "name": "top",
        "state": "ERROR",
        "state_info": "Failure caused by error in tasks: outer\n\n  outer [task_ex_id=1] -> ...",
        "task_executions": [task("handled"), task("outer", subs=[inner])],
    }
    assert [(task.name, task.workflow) for task in failed_tasks(top)] == [
        ("innermost", "sub"),
        ("outer", "top"),
        ("handled", "top"),
    ]


def test_the_cause_of_a_task_with_items_is_that_of_an_item():
    top = {
        "name": "top",
        "state_info": "Failure caused by error in tasks: t\n\n  t [task_ex_id=id-t] -> One or more actions had failed.\n"
        "    [action_ex_id=1, idx=0]: The action raised an exception [action=x, action_ex_id=1, msg='no such host']\n",
        "task_executions": [task("t", state_info="One or more actions had failed.")],
    }
    assert failed_tasks(top)[0].cause == "no such host"


def execution(workflow_name, state_info=None):
    resource = {"id": "e", "state": "ERROR"}
    return Execution.of(dict(resource, workflow_name=workflow_name, state_info=state_info))


def test_a_cause_names_the_workflow_only_if_it_is_another():
    failed = FailedTask("t", "sub", "1", "it broke")
    assert cause(execution("sub"), [failed]) == "task 't' failed: it broke"
    assert cause(execution("top"), [failed]) == "task 't' of workflow 'sub' failed: it broke"
    assert cause(execution("top", "cancelled by admin"), []) == "cancelled by admin"
    assert cause(execution("top"), []) == ""


def test_a_failed_task_has_the_documented_keys():
    result = FailedTask("t", "w", "1", "it broke").as_result()
    assert result == {"name": "t", "workflow": "w", "id": "1", "reason": "it broke"}
