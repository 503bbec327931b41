# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a long wait says while it goes on."""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils import _definition as definitions
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, one_line
from ansible_collections.interactive.openstack.plugins.module_utils._mistral import ENDED, Mistral
from ansible_collections.interactive.openstack.plugins.module_utils._wait import Deadline

QUIET = 5.0  # seconds in which a wait says nothing: most end sooner
HEARTBEAT = 60.0  # seconds after which a wait says once more what it has said already
LONGEST = 1000  # characters of a line
NAMED = 3  # tasks that are named at most


class Progress:
    """Says what is the case when that has changed, and at long intervals that it has not. ``say`` takes a line; None: nobody reads."""

    def __init__(self, say: t.Callable[[str], None] | None, deadline: Deadline) -> None:
        self._say = say
        self._deadline = deadline
        self._told = ""
        self._told_at = 0.0

    def see(self, describe: t.Callable[[], str]) -> None:
        """To be called at each look. ``describe`` is called only if somebody reads it; a Failure in it is no matter."""
        now = self._deadline.elapsed
        if not self._say or now < QUIET:
            return
        try:
            text = one_line(describe(), LONGEST)
        except Failure:
            return
        if text != self._told or now - self._told_at >= HEARTBEAT:
            self._say(f"{text} ({now:.0f} s)")
            self._told, self._told_at = text, now


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
        named = ", ".join(going_on[:NAMED]) + (f" and {len(going_on) - NAMED} more" if len(going_on) > NAMED else "")
        return (f"execution {self._execution['id']} of workflow '{name}' is {state}, {done} of"
                f" {max(self._tasks_defined(), len(tasks))} tasks done" + (f", now at {named}" if named else ""))

    def _tasks_defined(self) -> int:
        if self._defined is None:
            workflow = self._mistral.workflow_by_id(self._execution["workflow_id"])
            self._defined = len(definitions.stored_tasks(workflow, self._execution.get("workflow_name") or ""))
        return self._defined
