# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._mistral import (
    RPC_PREFIX,
    cause,
    definition_error,
    failures,
    parsed,
    reason,
)

TRACEBACK = "\nTraceback (most recent call last):\n  File \"x.py\", line 1, in <module>\nValueError: x\n"


def test_parsed_turns_json_texts_into_data():
    found = parsed({"input": '{"a": [1]}', "output": "no json", "params": None, "name": '{"kept": 1}'})
    assert found == {"input": {"a": [1]}, "output": "no json", "params": None, "name": '{"kept": 1}'}


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
            "Failed to run task [error=Failed to find action [action_name=x, namespace=], wf=w, task=t]:" + TRACEBACK,
            "Failed to find action [action_name=x, namespace=]",
        ),
    ],
)
def test_reason_is_the_useful_part_on_one_line(text, expected):
    assert reason(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Task 'nope' not found.", "Task 'nope' not found"),
        (
            "Invalid DSL: {} should be non-empty\n\nFailed validating 'minProperties' in schema:\n    {}\n\n"
            "On instance['w']['tasks']:\n    {}",
            "Invalid DSL: {} should be non-empty, at ['w']['tasks']",
        ),
        (
            "Definition could not be parsed: while parsing a flow node\nexpected the node content, but found '<stream"
            " end>'\n  in \"<unicode string>\", line 1, column 7:\n    foo: [\n          ^\n",
            "it is not valid YAML: while parsing a flow node, expected the node content, but found '<stream end>'"
            " (line 1, column 7)",
        ),
    ],
)
def test_definition_error(text, expected):
    assert definition_error(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mistral answered 500: DBEntityNotFoundError: 404: Workflow not found", "Mistral answered 500: Workflow not found"),
        ("ActionException: Invalid input", "Invalid input"),
        ("Mistral answered 400: Invalid input: NameError: x", "Mistral answered 400: Invalid input: NameError: x"),
    ],
)
def test_the_names_of_the_servers_exceptions_are_left_out(text, expected):
    assert RPC_PREFIX.sub(r"\1", text, count=1) == expected


def task(name, state="ERROR", state_info="broke", subs=()):
    return {"id": f"id-{name}", "name": name, "state": state, "state_info": state_info, "workflow_executions": list(subs)}


def test_failures_are_sorted_by_cause_and_depth():
    inner = {"name": "sub", "state": "ERROR", "task_executions": [task("fine", "SUCCESS"), task("innermost")]}
    top = {
        "name": "top",
        "state": "ERROR",
        "state_info": "Failure caused by error in tasks: outer\n\n  outer [task_ex_id=1] -> ...",
        "task_executions": [task("handled"), task("outer", subs=[inner])],
    }
    assert [(f["name"], f["workflow"]) for f in failures(top)] == [
        ("innermost", "sub"), ("outer", "top"), ("handled", "top"),
    ]


def test_the_reason_of_a_task_with_items_is_that_of_an_item():
    top = {
        "name": "top",
        "state_info": "Failure caused by error in tasks: t\n\n  t [task_ex_id=id-t] -> One or more actions had failed.\n"
        "    [action_ex_id=1, idx=0]: The action raised an exception [action=x, action_ex_id=1, msg='no such host']\n",
        "task_executions": [task("t", state_info="One or more actions had failed.")],
    }
    assert failures(top)[0]["reason"] == "no such host"


def test_cause_names_the_workflow_only_if_it_is_another():
    failed = {"name": "t", "workflow": "sub", "id": "1", "reason": "it broke"}
    assert cause({"workflow_name": "sub"}, [failed]) == "task 't' failed: it broke"
    assert cause({"workflow_name": "top"}, [failed]) == "task 't' of workflow 'sub' failed: it broke"
    assert cause({"workflow_name": "top", "state_info": "cancelled by admin"}, []) == "cancelled by admin"
    assert cause({"workflow_name": "top", "state_info": None}, []) == ""
