# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an execution is, in words."""

from __future__ import annotations

import typing as t

from .._base.text import one_line
from . import definition as definitions
from .mistral import ENDED, Mistral

NAMED = 3  # tasks that are named at most


class Tally:
    """How far an execution is. It costs a request each time, and two at the first."""

    def __init__(self, mistral: Mistral, execution: dict[str, t.Any]) -> None:
        self._mistral = mistral
        self._execution = execution
        self._defined: int | None = None  # the number of tasks in the workflow's definition

    def words(self, state: str) -> str:
        name = self._execution.get("workflow_name")
        tasks = self._mistral.task_states(self._execution["id"])
        done = sum(task["state"] in ENDED for task in tasks)
        going_on = [f"'{one_line(task['name'])}'" for task in tasks if task["state"] not in ENDED]
        named = ", ".join(going_on[:NAMED]) + (
            f" and {len(going_on) - NAMED} more" if len(going_on) > NAMED else ""
        )
        return (
            f"execution {self._execution['id']} of workflow '{name}' is {state}, {done} of"
            f" {max(self._tasks_defined(), len(tasks))} tasks done"
            + (f", now at {named}" if named else "")
        )

    def _tasks_defined(self) -> int:
        if self._defined is None:
            workflow = self._mistral.workflow_by_id(self._execution["workflow_id"])
            self._defined = len(
                definitions.stored_tasks(workflow, self._execution.get("workflow_name") or "")
            )
        return self._defined
