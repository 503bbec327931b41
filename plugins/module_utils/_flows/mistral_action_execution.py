# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_action_execution does."""

from __future__ import annotations

from .._base.errors import Failure, ServiceError
from .._base.json_types import Options, Result
from .._base.options import WAIT_TIMEOUT
from .._base.progress import Progress
from .._base.retry import TimedOut, wait_until
from .._services.mistral import check_result
from .._services.records import ActionExecution, Execution, State, Task
from .._shell.flow import Context, Flow

STATES = {"completed": State.SUCCESS, "failed": State.ERROR, "cancelled": State.CANCELLED}


class MistralActionExecution(Flow):
    OPTIONS = dict(
        id=dict(type="str"),
        execution=dict(type="str"),
        task=dict(type="str"),
        state=dict(type="str", choices=list(STATES), default="completed"),
        result=dict(type="raw"),
        wait_timeout=WAIT_TIMEOUT,
    )
    CONSTRAINTS = dict(
        required_one_of=[("id", "execution")],
        mutually_exclusive=[("id", "execution"), ("id", "task")],
        required_together=[("execution", "task")],
    )
    IDS = {"id": "an action execution", "execution": "an execution"}

    def __init__(self, params: Options, context: Context) -> None:
        super().__init__(params, context)
        self.state = STATES[params["state"]]
        self.unsure = False  # whether a request to end the action may have arrived
        self.seen = ""  # what the last look saw instead of the action
        self.progress = Progress(context.progress, self.deadline)

    def run(self) -> Result:
        check_result(self.state, self.params["result"])
        # This logs in: what can fail for good must not look like a wait.
        self.mistral.connection.requests = 0
        ended = self._ended()
        if ended is None:
            return {"changed": True, "elapsed": self.deadline.elapsed}
        action, changed = ended
        result = {
            "changed": changed,
            "action_execution": action.as_result(),
            "elapsed": self.deadline.elapsed,
        }
        if changed:
            result["diff"] = {
                "before": {"state": State.RUNNING.value},
                "after": {"state": action.state.value, "result": action.result},
            }
        return result

    def _ended(self) -> tuple[ActionExecution, bool] | None:
        """End the action; return it, and whether that changed it.

        Check mode never waits: it returns None for an action that is not there yet.
        """
        if self.context.check_mode:
            return self._look()
        try:
            return wait_until(self._look, self.deadline)
        except TimedOut as late:
            raise self._timed_out(late.last_error) from None

    def _look(self) -> tuple[ActionExecution, bool] | None:
        """End the action if it is there: return it, and whether that changed it. None if not."""
        id = self.params["id"] or self._action_id()
        if id is None:
            self.progress.see(lambda: f"execution {self.params['execution']}: {self.seen}")
            return None
        try:
            action, ended_by_us = self.mistral.complete_action(
                id, self.state, self.params["result"], self.context.check_mode
            )
        except ServiceError as error:
            self.unsure = self.unsure or error.outcome_unknown
            raise
        return action, ended_by_us or self.unsure

    def _action_id(self) -> str | None:
        """Return the id of the action that the task waits for, or of the one it waited for last.

        None before the task has one.
        """
        name = self.params["task"]
        tree = self.mistral.tree(self.params["execution"])
        named = self.mistral.tasks_named(tree, name)
        tasks = [task for task in named if task.type == "ACTION"]
        running = self.mistral.running_actions(tasks)
        if len(running) > 1:
            raise self._ambiguous(tree[0], running)
        if running:
            return running[0].id
        if tasks and not any(task.is_open for task in tasks):
            return self._last_action_id(tasks[-1])
        if tree[0].state.has_ended:
            raise Failure(
                f"{tree[0].title} has ended in {tree[0].state}, and no task '{name}' with an action"
                " was run: check the task's name.",
                "execution_ended",
            )
        if tasks:
            self.seen = f"task '{name}' is {tasks[-1].state} and has no running action"
        elif named:
            self.seen = f"task '{name}' runs a sub-workflow: 'task' is to name the task in that"
        else:
            self.seen = f"it has no task '{name}' yet"
        return None

    def _last_action_id(self, task: Task) -> str:
        """Return the id of the last action of a task that has ended."""
        actions = self.mistral.action_executions(task.id)
        if actions:
            return actions[-1].id
        raise Failure(
            f"Task '{task.name}' of execution {task.workflow_execution_id} ended in {task.state}"
            " without an action to complete.",
            "too_late",
        )

    def _ambiguous(self, execution: Execution, running: list[ActionExecution]) -> Failure:
        ids = ", ".join(action.id for action in running[:20])
        return Failure(
            f"{execution.title} has {len(running)} running actions of tasks named"
            f" '{self.params['task']}': {ids}. Set 'id' to one of them.",
            "ambiguous",
            action_executions=[action.as_result() for action in running],
        )

    def _timed_out(self, last_error: ServiceError | None) -> Failure:
        task, execution = self.params["task"], self.params["execution"]
        what = f"action execution {self.params['id']}"
        if task:
            what = f"the action of task '{task}' of execution {execution}"
        sentence = f"Could not end {what} within {self.deadline.elapsed:g} s"
        if self.seen:
            sentence += f": {self.seen}"
        if last_error:
            sentence += f". The last look failed: {last_error.message.rstrip('.')}"
        elif self.seen:
            sentence += ". Check the name and the execution, or raise 'wait_timeout'"
        return Failure(sentence + ".", "timeout", elapsed=self.deadline.elapsed)
