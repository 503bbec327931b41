# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executions that Mistral's own death has left hanging, and how they are helped on."""

from __future__ import annotations


from .._base.deadline import Deadline
from .._services import definition as definitions
from .._services.mistral import Mistral
from .._services.records import Execution, State, Task

CHECK_INTERVAL = (
    5  # seconds between two looks at what a running execution is about to do, more in a long wait
)


class Stalled:
    """What a wait has seen of an execution that does not go on, and what it has done about it."""

    def __init__(self, mistral: Mistral, execution_id: str, deadline: Deadline) -> None:
        self._mistral = mistral
        self._id = execution_id
        self._deadline = deadline
        self._checked = 0.0
        self._seen_stalled: set[str] = set()  # ids of tasks, and of the execution
        self._paused: set[str] = set()  # the same, for which it was paused

    def recover(self, tree: list[Execution]) -> None:
        """Pause and resume an execution that hangs.

        Mistral stores that a task is next, or that an execution was resumed, before it runs the task. If it dies in
        between, the task is IDLE for ever in an execution that is RUNNING, and no timeout of the workflow's own runs yet.
        Or nothing is left to run, and nobody says so: if it dies before the first task is stored, or after the last one ended.
        What is paused and resumed goes on where it was, so it does no harm to one that is only slow. But a resume skips
        the pause before a task that was never run, so where that was to come, the execution stays paused. And a
        sub-workflow that is resumed and ends at once can end its task without what that publishes, so where one is
        open, it is left to the timeout of its task.
        """
        self._paused = set()
        now = self._deadline.elapsed
        if now - self._checked < max(CHECK_INTERVAL, now / 10) or any(
            not sub.state.has_ended for sub in tree[1:]
        ):
            return
        self._checked = now
        tasks = self._tasks_of_running(tree)
        idle = {task.id for task in tasks if task.state is State.IDLE}
        # the execution stands for itself where nothing is left to run
        stalled = (
            idle
            if any(not task.state.has_ended for task in tasks)
            else {self._id} | {task.id for task in tasks}
        )
        hanging, self._seen_stalled = stalled & self._seen_stalled, stalled
        if not idle and hanging != stalled:  # something ended meanwhile
            return
        if hanging:
            stays = any(
                is_to_pause(self._mistral, task) for task in tasks if task.id in hanging & idle
            )
            self._paused = set() if stays else hanging
            self._mistral.set_state(self._id, State.PAUSED)
            if not stays:
                self._mistral.set_state(self._id, State.RUNNING)

    def is_our_pause(self, tree: list[Execution]) -> bool:
        """Tell whether an execution that is paused is so because it was helped on, and is to be resumed."""
        return (
            bool(self._paused)
            and {task.id for task in self._tasks_of_running(tree) if task.state is State.IDLE}
            <= self._paused
        )

    def _tasks_of_running(self, tree: list[Execution]) -> list[Task]:
        return [
            task
            for execution in tree
            if not execution.state.has_ended
            for task in self._mistral.tasks(execution.id)
        ]


def is_to_pause(mistral: Mistral, task: Task) -> bool:
    """Whether the workflow pauses before this task, and has not done so yet."""
    if task.state_info:  # "Set by 'pause-before' policy": a resume is what was lost
        return False
    name = task.workflow_name
    if task.workflow_id:
        workflow = mistral.workflow_by_id(task.workflow_id)
    else:
        workflow = mistral.workflow(name, task.workflow_namespace)
    defined = definitions.stored_tasks(workflow, name).get(task.name, {})
    return bool(defined.get("pause-before"))
