# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_cron_trigger does."""

from __future__ import annotations

import datetime
import json

from .._base.errors import Failure, ServiceError
from .._base.json_types import Result
from .._base.options import Range
from .._services.records import CronTrigger
from .._services.unknown import settled
from .._shell.flow import Flow

NEVER = "0 0 30 2 0"  # what Mistral stores in the place of no pattern

TIME = "%Y-%m-%d %H:%M"


def compared(trigger: CronTrigger) -> Result:
    """Return what a trigger is, without what changes by itself."""
    pattern = " ".join((trigger.pattern or "").split())
    return {
        "workflow_name": trigger.workflow_name,
        "workflow_id": trigger.workflow_id,
        "workflow_input": trigger.workflow_input,
        "workflow_params": trigger.workflow_params,
        "pattern": None if pattern in ("", NEVER) else pattern,
        "first_execution_time": trigger.first_execution_time,
    }


def differs(stored: CronTrigger, planned: CronTrigger) -> bool:
    """Tell whether a trigger is another than planned. Any first time fits a plan without one."""
    before, after = compared(stored), compared(planned)
    if after["first_execution_time"] is None:
        before["first_execution_time"] = None
    return json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True)


def diff_side(trigger: CronTrigger | None) -> Result:
    """Return a trigger as one side of a diff; empty if there is none."""
    if trigger is None:
        return {}
    return dict(
        compared(trigger),
        name=trigger.name,
        remaining_executions=trigger.remaining_executions,
    )


class MistralCronTrigger(Flow):
    OPTIONS = dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        workflow=dict(type="str"),
        workflow_input=dict(type="dict"),
        workflow_params=dict(type="dict"),
        pattern=dict(type="str"),
        first_time=dict(type="str"),
        count=dict(type="int"),
    )
    CONSTRAINTS = dict(
        required_if=[
            ("state", "present", ("workflow",)),
            ("state", "present", ("pattern", "first_time"), True),
        ],
    )
    RANGES = {"count": Range(unit="executions")}

    does = "create or replace"  # what it does for a trigger that shall be there, once known
    first_time: datetime.datetime | None = None  # in UTC

    def run(self) -> Result:
        self.name = self.params["name"]
        if self.params["state"] == "absent":
            return self._absent(self.mistral.cron_trigger(self.name))
        self.first_time = self._first_time()
        stored = self.mistral.cron_trigger(self.name)
        self.does = "replace" if stored else "create"
        return self._present(stored)

    def _first_time(self) -> datetime.datetime | None:
        text = self.params["first_time"]
        if not text:
            return None
        try:
            return datetime.datetime.strptime(text, TIME)
        except ValueError:
            raise self._failed(
                f"'first_time' is '{text}', has to be a time in UTC like 2027-01-31 08:00",
                "bad_option",
            ) from None

    def _absent(self, stored: CronTrigger | None) -> Result:
        if stored is None:
            return {"changed": False}
        if not self.context.check_mode:
            self._delete(stored.id)
        return {"changed": True, "diff": {"before": diff_side(stored), "after": {}}}

    def _present(self, stored: CronTrigger | None) -> Result:
        planned = self._planned()
        if stored and not differs(stored, planned):
            return {"changed": False, "cron_trigger": stored.as_result()}
        after, changed = planned, True
        if not self.context.check_mode:
            after, changed = self._write(stored, planned)
        if not changed:
            return {"changed": False, "cron_trigger": after.as_result()}
        return {
            "changed": True,
            "cron_trigger": after.as_result(),
            "diff": {"before": diff_side(stored), "after": diff_side(after)},
        }

    def _planned(self) -> CronTrigger:
        """Return the trigger as it shall be."""
        workflow_name, workflow_id = self._workflow()
        pattern, count = self.params["pattern"], self.params["count"]
        if not count and not pattern:
            count = 1
        return CronTrigger.of(
            {
                "name": self.name,
                "workflow_name": workflow_name,
                "workflow_id": workflow_id,
                "workflow_input": self.params["workflow_input"] or {},
                "workflow_params": self.params["workflow_params"] or {},
                "pattern": pattern,
                "first_execution_time": str(self.first_time) if self.first_time else None,
                "remaining_executions": count or None,
            }
        )

    def _workflow(self) -> tuple[str, str | None]:
        """Return the name and the id of the workflow.

        The id is None in check mode if there is no such workflow: an earlier task may upload it.
        """
        identifier = self.params["workflow"]
        workflow = self.mistral.workflow(identifier)
        if workflow:
            return workflow.name, workflow.id
        failure = self._failed(
            f"there is no workflow '{identifier}'. Upload it first, for instance with"
            " interactive.openstack.mistral_workflow, and name one of another namespace by its id",
            "not_found",
        )
        if not self.context.check_mode:
            raise failure
        self.context.warn(failure.message)
        return identifier, None

    def _write(self, stored: CronTrigger | None, planned: CronTrigger) -> tuple[CronTrigger, bool]:
        """Create the trigger, in the place of ``stored``; return it, and whether we created it.

        Mistral looks at all the rest before it finds the name taken. So the stored trigger is
        deleted only if Mistral accepts the planned one.
        """
        try:
            return self._create(planned), True
        except ServiceError as error:
            if error.status != 409:
                raise
        now = self.mistral.cron_trigger(self.name)
        if now is None:
            raise self._failed(
                "Mistral takes no second one with the same workflow, input, pattern, time and"
                " count. Delete the other, or change one of these",
                "conflict",
            )
        if stored is None or now.id != stored.id:
            if not differs(now, planned):
                return now, False
            raise self._failed(
                "somebody else has created one of this name meanwhile. Run the task again to"
                " replace it, or choose another name",
                "conflict",
            )
        self._delete(now.id)
        try:
            return self._create(planned), True
        except ServiceError as error:
            error.message += " The one that was there is deleted already: run the task again."
            raise

    def _create(self, planned: CronTrigger) -> CronTrigger:
        def look() -> CronTrigger | None:
            now = self.mistral.cron_trigger(self.name)
            return now if now and not differs(now, planned) else None

        return settled(lambda: self._request(planned), look, self.whole_task)

    def _request(self, planned: CronTrigger) -> CronTrigger:
        return self.mistral.create_cron_trigger(
            self.name,
            planned.workflow_id,
            self.does,
            workflow_input=planned.workflow_input,
            workflow_params=planned.workflow_params,
            pattern=planned.pattern,
            first_time=self.first_time and self.first_time.strftime(TIME),
            count=self.params["count"],
        )

    def _delete(self, id: str) -> None:
        def delete() -> bool:
            self.mistral.delete_cron_trigger(self.name, id)
            return True

        def look() -> bool | None:
            now = self.mistral.cron_trigger(self.name)
            return True if now is None or now.id != id else None

        settled(delete, look, self.whole_task)

    def _failed(self, cause: str, error_code: str) -> Failure:
        return Failure(f"Could not {self.does} cron trigger '{self.name}': {cause}.", error_code)
