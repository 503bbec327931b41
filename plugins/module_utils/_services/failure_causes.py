# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an execution failed: the cause in Mistral's ``state_info`` and in its execution report.

The texts are Mistral's, and hold what workflows and actions wrote. Each is searched in linear time.
"""

from __future__ import annotations

import re
import typing as t

from .._base.json_types import JsonObject
from .._base.text import one_line
from .records import Execution, FailedTask, State

# What Mistral says of a task with items. The execution's state_info names the cause of each item.
ITEMS_FAILED = "One or more actions had failed"


def cause(execution: Execution, failed: t.Sequence[FailedTask]) -> str:
    """Return why an execution failed, to follow a colon.

    It is the cause of the first of its failed tasks, or what Mistral says of the execution itself.
    """
    if not failed:
        return cause_in(execution.state_info)
    first = failed[0]
    sentence = f"task '{first.name}'"
    if first.workflow != execution.workflow_name:
        sentence += f" of workflow '{first.workflow}'"
    sentence += " failed"
    if first.cause:
        sentence += f": {first.cause}"
    return sentence


def failed_tasks(execution: JsonObject) -> list[FailedTask]:
    """Return the failed tasks in an execution of Mistral's execution report, and below it.

    The tasks that made the execution fail come first. The tasks of a sub-workflow come before the
    task that ran it. A failure that the workflow handled itself (on-error) comes later.
    """
    state_info = str(execution.get("state_info") or "")
    names = _failing_tasks(state_info)
    tasks = execution.get("task_executions") or []
    failed: list[FailedTask] = []
    for task in sorted(tasks, key=lambda task: task.get("name") not in names):
        for sub_execution in task.get("workflow_executions") or []:
            failed += failed_tasks(sub_execution)
        if task.get("state") == State.ERROR:
            failed.append(_failed_task(task, execution, state_info))
    return failed


def _failing_tasks(state_info: str) -> set[str]:
    """Return the names of the tasks that an execution's state_info blames."""
    listed = re.match(r"Failure caused by error in tasks: (.*)", state_info)
    if listed:
        return set(listed.group(1).split(", "))
    first_line = state_info.partition("\n")[0]
    return set(re.findall(r"\btask=([^,\]\s]+)", first_line))


def _failed_task(task: JsonObject, execution: JsonObject, state_info: str) -> FailedTask:
    task_cause = cause_in(task.get("state_info"))
    if task_cause == ITEMS_FAILED:
        of_items = state_info.partition(task["id"])[2]
        task_cause = cause_in(of_items) or task_cause
    return FailedTask(
        name=task.get("name", ""),
        workflow=task.get("workflow_name") or execution.get("name", ""),
        id=task.get("id", ""),
        cause=task_cause,
    )


def cause_in(text: t.Any) -> str:
    """Return the cause in a ``state_info`` of Mistral on one line, without a full stop at its end.

    The traceback and the words that the engine puts around the cause are left out.
    """
    text = str(text or "")
    raised = _raised(text)
    if raised:
        return one_line(raised).rstrip(".")
    head = text.split("\nTraceback", 1)[0]
    wrapped = _wrapped(head)
    if wrapped:
        head = " ".join(wrapped.split())
    return one_line(_without_data(head)).rstrip(".")


def _raised(text: str) -> str:
    """Return the message of an error that an action raised; empty if there is none."""
    start = text.find("[action=")
    if start < 0:
        return ""
    quotes_without_end: set[str] = set()
    for beginning in re.finditer(r"\bmsg=(['\"])", text[start:]):
        quote = beginning.group(1)
        if quote in quotes_without_end:  # nor does a later message end
            continue
        message_start = start + beginning.end()
        end = re.compile(rf"{quote}\](?=\s*(?:\n|\Z))").search(text, message_start)
        if end:
            return text[message_start : end.start()]
        quotes_without_end.add(quote)
    return ""


def _wrapped(text: str) -> str:
    """Return the text that the engine has put its own words around; empty if it has not."""
    completed = re.match(r"Failed to complete action \[error=(.*), action=", text, re.DOTALL)
    if completed:
        return completed.group(1)
    start, end = text.find("[error="), text.rfind(", wf=")
    if 0 <= start < end:
        return text[start + len("[error=") : end]
    checked = re.match(r"Failed to check and complete \[.*?\]: (.*)", text, re.DOTALL)
    return checked.group(1) if checked else ""


def _without_data(text: str) -> str:
    """Return an error of an expression without the data that the expression was evaluated on."""
    if "[expression=" not in text:
        return text
    text = " ".join(text.split())
    start, end = text.find(", data="), text.rfind("]")
    if 0 <= start < end:
        return text[:start] + text[end:]
    return text
