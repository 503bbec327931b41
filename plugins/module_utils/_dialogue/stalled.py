# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executions that the death of a Mistral process has left stalled, and how they are recovered.

Mistral stores that a task is next, or that an execution was resumed, before it runs the task. If it
dies in between, the task stays IDLE in an execution that is RUNNING, and no timeout of the
workflow's own runs yet. Or nothing is left to run, and nobody says so: Mistral died before the
first task was stored, or after the last one ended.
"""

from __future__ import annotations

import dataclasses

from .._services.mistral import Mistral
from .._services.records import State, Task
from .snapshot import Snapshot, will_pause_before

# Seconds between two looks at the tasks of a running execution. In a long wait they are a tenth of
# it.
CHECK_INTERVAL = 5


@dataclasses.dataclass(frozen=True)
class StallMemory:
    """What the last look at the tasks saw.

    ``suspects`` are ids of tasks, and of the execution itself.
    """

    checked_at: float = 0.0
    suspects: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Stall:
    """An execution that is stalled.

    ``ids`` are those of the tasks that are not begun. Where nothing is left to run, they are those
    of all tasks and of the execution.
    """

    ids: frozenset[str]
    idle_tasks: tuple[Task, ...]


def is_check_due(look: Snapshot, memory: StallMemory, elapsed: float) -> bool:
    """Tell whether the tasks are to be looked at.

    An execution with an open sub-workflow is left to the timeout of its task: a sub-workflow that
    is resumed and ends at once can end its task without what that publishes.
    """
    if any(not execution.state.has_ended for execution in look.tree[1:]):
        return False
    return elapsed - memory.checked_at >= max(CHECK_INTERVAL, elapsed / 10)


def suspects_among(execution_id: str, tasks: tuple[Task, ...]) -> frozenset[str]:
    """Return the ids of the tasks that are not begun.

    Where nothing is left to run, return those of all tasks and of the execution.
    """
    if any(not task.state.has_ended for task in tasks):
        return frozenset(task.id for task in tasks if task.state is State.IDLE)
    return frozenset([execution_id, *(task.id for task in tasks)])


def decide_stall(
    execution_id: str, tasks: tuple[Task, ...], memory: StallMemory, elapsed: float
) -> tuple[Stall | None, StallMemory]:
    """Return whether an execution is stalled, and what to remember.

    Two looks must see the same suspects.
    """
    suspects = suspects_among(execution_id, tasks)
    stalled = suspects & memory.suspects
    memory = StallMemory(elapsed, suspects)
    idle = tuple(task for task in tasks if task.state is State.IDLE)
    something_ended = not idle and stalled != suspects
    if not stalled or something_ended:
        return None, memory
    return Stall(stalled, tuple(task for task in idle if task.id in stalled)), memory


def pauses_next(mistral: Mistral, stall: Stall) -> bool:
    """Tell whether the workflow pauses before a task that is not begun. Raises ServiceError."""
    return any(will_pause_before(mistral, task) for task in stall.idle_tasks)


def recover(mistral: Mistral, execution_id: str, stays_paused: bool) -> None:
    """Pause and resume a stalled execution, so that it goes on where it was.

    That does no harm to one that is only slow. But a resume skips the pause before a task that was
    never run: if the workflow pauses there, the execution must stay paused.
    """
    mistral.set_state(execution_id, State.PAUSED)
    if not stays_paused:
        mistral.set_state(execution_id, State.RUNNING)
