# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resume of an execution that is PAUSED, with what is below it."""

from __future__ import annotations

import contextlib

from .._base.deadline import Deadline
from .._base.json_types import JsonObject
from .._base.retry import TimedOut, wait_until
from .._services.mistral import Mistral
from .._services.records import Execution, State, Task
from .pauses import is_paused_before

UPWARDS = 10  # seconds to wait for what is above the sub-workflows that were resumed


def resume(
    mistral: Mistral,
    id: str,
    deadline: Deadline,
    env: JsonObject | None = None,
    alone: bool = False,
) -> Execution:
    """Resume a PAUSED execution, and return it as it is then.

    ``env`` is merged into its environment.

    ``alone``: the execution is known to have had no sub-executions since it was paused.

    If an execution with open sub-workflows is resumed itself, Mistral runs the task before which it
    is paused twice. If what is below is resumed, Mistral resumes what is above as well, once the
    last of them goes on, and runs the task once. Only the execution itself can be given an
    environment. Raises ServiceError.
    """
    if alone or env:
        return mistral.set_state(id, State.RUNNING, env)
    tree = mistral.tree(id)
    below = lowest_paused(mistral, tree)
    if not below:
        return mistral.set_state(id, State.RUNNING)
    return resume_below(mistral, tree, below, deadline)


def resume_below(
    mistral: Mistral, tree: list[Execution], below: list[str], deadline: Deadline
) -> Execution:
    """Resume sub-executions, and return the first of the tree once it goes on by that.

    After UPWARDS seconds, return it as it is: Mistral has stored the resume of what is above, and
    does it when it can. Another resume would run its task twice. Raises ServiceError.
    """
    id = tree[0].id
    waiting = idle_tasks(mistral, tree)
    for sub_execution_id in below:
        mistral.set_state(sub_execution_id, State.RUNNING)

    def resumed() -> Execution | None:
        execution = mistral.existing(id)
        if execution.state is not State.PAUSED:
            return execution
        goes_on = bool(waiting) and not idle_tasks(mistral, tree) & waiting
        return execution if goes_on else None

    try:
        return wait_until(resumed, deadline.within(UPWARDS))
    except TimedOut:
        return mistral.existing(id)


def lowest_paused(mistral: Mistral, tree: list[Execution]) -> list[str]:
    """Return the ids of the sub-executions that are paused and have none below them that is."""
    paused = [execution for execution in tree[1:] if execution.state is State.PAUSED]
    if not paused:
        return []
    callers = {
        task.id: task.workflow_execution_id for task in mistral.tasks_named(tree) if task.is_open
    }
    reachable = [sub for sub in paused if sub.task_execution_id in callers]
    parents = {callers[sub.task_execution_id] for sub in reachable}
    return [sub.id for sub in reachable if sub.id not in parents]


def idle_tasks(mistral: Mistral, tree: list[Execution]) -> set[str]:
    """Return the ids of the open tasks that are not begun."""
    return {task.id for task in _idle_tasks(mistral, tree)}


def await_starts(mistral: Mistral, id: str, deadline: Deadline) -> None:
    """Wait until no task of a PAUSED execution, or below it, is about to start.

    A resume would run such a task, and its start that is on its way would run it again. Returns at
    the deadline at the latest. Raises ServiceError.
    """
    tree = mistral.tree(id)

    def have_started() -> bool | None:
        return all(is_paused_before(task) for task in _idle_tasks(mistral, tree)) or None

    with contextlib.suppress(TimedOut):
        wait_until(have_started, deadline)


def _idle_tasks(mistral: Mistral, tree: list[Execution]) -> list[Task]:
    tasks = mistral.tasks_named(tree)
    return [task for task in tasks if task.is_open and task.state is State.IDLE]
