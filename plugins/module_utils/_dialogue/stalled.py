# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executions that the death of a Mistral process has left stalled.

Mistral stores that a task is next, or that an execution was resumed, before it runs the task. If it
dies in between, the task stays IDLE in an execution that is RUNNING, and no timeout of the
workflow's own runs yet. Or nothing is left to run, and nobody says so: Mistral died before the
first task was stored, or after the last one ended.

Nothing that Mistral tells distinguishes a stalled execution from a slow one: the start of a task
may also be on its way to a busy engine. And a recovery of a slow one runs its task twice. So only
the person who knows the cloud can say for how long nothing must have changed.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._services.mistral import Mistral
from .._services.records import Execution, State, Task
from .pauses import is_paused_before, pauses_before


@dataclasses.dataclass(frozen=True)
class Stall:
    """What is to be run: tasks that are not begun. Empty if nothing is left to run."""

    idle_tasks: tuple[Task, ...]

    def pauses_next(self, mistral: Mistral) -> bool:
        """Tell whether the workflow pauses before one of the tasks. Raises ServiceError.

        A resume skips the pause before a task that was never run.
        """
        unpaused = [task for task in self.idle_tasks if not is_paused_before(task)]
        return any(pauses_before(mistral, task) for task in unpaused)


def stall_of(tree: t.Sequence[Execution], tasks: t.Sequence[Task]) -> Stall | None:
    """Return what can be stalled in an execution; None if something in it goes on.

    ``tree`` is the execution and all below it, ``tasks`` are its own tasks. An execution with an
    open sub-workflow is left to the timeout of its task: a sub-workflow that is resumed and ends at
    once can end its task without what that publishes.
    """
    is_running = tree[0].state is State.RUNNING
    has_open_below = any(not execution.state.has_ended for execution in tree[1:])
    if not is_running or has_open_below:
        return None
    idle = tuple(task for task in tasks if task.state is State.IDLE)
    if not idle and any(not task.state.has_ended for task in tasks):
        return None
    return Stall(idle)


def fingerprint(tree: t.Sequence[Execution], tasks: t.Sequence[Task]) -> object:
    """Return what differs between two looks if anything has happened in the execution."""
    executions = [(execution.id, execution.state) for execution in tree]
    return sorted(executions), sorted((task.id, task.state, task.updated_at) for task in tasks)
