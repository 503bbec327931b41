# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an execution is, in words."""

from __future__ import annotations

from .._base.text import one_line
from . import definition as definitions
from .mistral import Mistral
from .records import Execution, State

NAMED = 3  # tasks that are named at most


class Tally:
    """How far an execution is. It costs a request each time, and two at the first."""

    def __init__(self, mistral: Mistral, execution: Execution) -> None:
        self._mistral = mistral
        self._execution = execution
        self._defined: int | None = None  # the number of tasks in the workflow's definition

    def words(self, state: State) -> str:
        """Return how far the execution is in this state, to stand within a sentence."""
        tasks = self._mistral.task_states(self._execution.id)
        running = [f"'{one_line(task.name)}'" for task in tasks if not task.state.has_ended]
        done = len(tasks) - len(running)
        count = max(self._tasks_defined(), len(tasks))
        words = f"{self._execution.noun} is {state}, {done} of {count} tasks done"
        if running:
            words += f", now at {', '.join(running[:NAMED])}"
        if len(running) > NAMED:
            words += f" and {len(running) - NAMED} more"
        return words

    def _tasks_defined(self) -> int:
        if self._defined is None:
            workflow = self._mistral.workflow_by_id(self._execution.workflow_id)
            tasks = definitions.stored_tasks(workflow, self._execution.workflow_name)
            self._defined = len(tasks)
        return self._defined
