# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_action_execution does."""

from __future__ import annotations

import typing as t

from .._base.deadline import TimedOut, wait_until
from .._base.errors import Failure, ServiceError
from .._base.options import WAIT_TIMEOUT
from .._base.progress import Progress
from .._services.mistral import (
    CANCELLED,
    ENDED,
    ERROR,
    RUNNING,
    SUCCESS,
    check_result,
    result_of,
    titled,
)
from .._shell.flow import Context, Flow

STATES = {"completed": SUCCESS, "failed": ERROR, "cancelled": CANCELLED}


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

    def __init__(self, params: dict[str, t.Any], context: Context) -> None:
        super().__init__(params, context)
        self.state = STATES[params["state"]]
        self.unsure = False  # whether a request to end the action may have arrived
        self.seen = ""  # what the last look saw instead of the action
        self.progress = Progress(context.progress, self.deadline)

    def run(self) -> dict[str, t.Any]:
        check_result(self.state, self.params["result"])
        self.mistral.connection.requests = (
            0  # logs in, as what can fail for good must not look like a wait
        )
        if self.context.check_mode:
            ended = self._look()
            if ended is None:  # never waits: it is taken to be there soon
                return {"changed": True}
        else:
            try:
                ended = wait_until(self._look, self.deadline)
            except TimedOut as late:
                raise self._timed_out(late.last_error) from None
        action, changed = ended
        result = {"changed": changed, "action_execution": action, "elapsed": self.deadline.elapsed}
        if changed:
            result["diff"] = {
                "before": {"state": RUNNING},
                "after": {"state": action["state"], "result": result_of(action)},
            }
        return result

    def _look(self) -> tuple[dict[str, t.Any], bool] | None:
        """End the action if it is there: return it and whether that changed it, None if it is not there yet."""
        id = self.params["id"] or self._found()
        if id is None:
            self.progress.see(lambda: f"execution {self.params['execution']}: {self.seen}")
            return None
        try:
            action, ours = self.mistral.complete_action(
                id, self.state, self.params["result"], self.context.check_mode
            )
        except ServiceError as error:
            self.unsure = self.unsure or error.outcome_unknown
            raise
        return action, ours or self.unsure

    def _found(self) -> str | None:
        """Return the id of the action that the task waits for, or of the one it waited for last; None before that."""
        name = self.params["task"]
        tree = self.mistral.tree(self.params["execution"])
        named = self.mistral.tasks_named(tree, name)
        tasks = [task for task in named if task["type"] == "ACTION"]
        running = self.mistral.running_actions(tasks)
        if len(running) > 1:
            raise Failure(
                f"{titled(tree[0])} has {len(running)} running actions of tasks named '{name}':"
                f" {', '.join(action['id'] for action in running[:20])}. Set 'id' to one of them.",
                "ambiguous",
                action_executions=running,
            )
        if running:
            return running[0]["id"]
        if tasks and not any(task["open"] for task in tasks):
            actions = self.mistral.action_executions(tasks[-1]["id"])
            if actions:
                return actions[-1]["id"]
            raise Failure(
                f"Task '{name}' of execution {tasks[-1]['workflow_execution_id']} ended in {tasks[-1]['state']} without"
                " an action to complete.",
                "too_late",
            )
        if tree[0]["state"] in ENDED:
            raise Failure(
                f"{titled(tree[0])} has ended in {tree[0]['state']}, and no task '{name}' with an action was run: check"
                " the task's name.",
                "execution_ended",
            )
        if tasks:
            self.seen = f"task '{name}' is {tasks[-1]['state']} and has no running action"
        elif named:
            self.seen = f"task '{name}' runs a sub-workflow: 'task' is to name the task in that"
        else:
            self.seen = f"it has no task '{name}' yet"
        return None

    def _timed_out(self, last_error: ServiceError | None) -> Failure:
        what = f"action execution {self.params['id']}"
        if self.params["task"]:
            what = f"the action of task '{self.params['task']}' of execution {self.params['execution']}"
        sentence = f"Could not end {what} within {self.deadline.elapsed:g} s"
        if self.seen:
            sentence += f": {self.seen}"
        if last_error:
            sentence += f". The last look failed: {last_error.message.rstrip('.')}"
        elif self.seen:
            sentence += ". Check the name and the execution, or raise 'wait_timeout'"
        return Failure(sentence + ".", "timeout", elapsed=self.deadline.elapsed)
