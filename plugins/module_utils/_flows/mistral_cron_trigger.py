# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_cron_trigger does."""

from __future__ import annotations

import datetime
import json
import typing as t

from .._base.errors import Failure, ServiceError
from .._base.options import Range
from .._services.unknown import settled
from .._shell.flow import Flow

NEVER = "0 0 30 2 0"  # what Mistral stores in the place of no pattern

TIME = "%Y-%m-%d %H:%M"

Trigger = t.Dict[str, t.Any]


def compared(trigger: Trigger) -> Trigger:
    """Return what a trigger is, without what changes by itself."""
    pattern = " ".join((trigger.get("pattern") or "").split())
    return {
        "workflow_name": trigger["workflow_name"],
        "workflow_id": trigger["workflow_id"],
        "workflow_input": trigger.get("workflow_input") or {},
        "workflow_params": trigger.get("workflow_params") or {},
        "pattern": None if pattern in ("", NEVER) else pattern,
        "first_execution_time": trigger.get("first_execution_time"),
    }


def differs(found: Trigger, wanted: Trigger) -> bool:
    there, planned = compared(found), compared(wanted)
    if planned["first_execution_time"] is None:
        there["first_execution_time"] = None
    return json.dumps(there, sort_keys=True) != json.dumps(planned, sort_keys=True)


def shown(trigger: Trigger | None) -> dict[str, t.Any]:
    """Return a trigger as one side of a diff."""
    if trigger is None:
        return {}
    return dict(
        compared(trigger),
        name=trigger["name"],
        remaining_executions=trigger.get("remaining_executions"),
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

    does = "create or replace"  # what it does for a trigger that shall be there, once that is known

    def run(self) -> dict[str, t.Any]:
        self.name = self.params["name"]
        if self.params["state"] == "absent":
            return self._absent(self.mistral.cron_trigger(self.name))
        self._check()
        found = self.mistral.cron_trigger(self.name)
        self.does = "create"
        if found:
            self.does = "replace"
        return self._present(found)

    def _check(self) -> None:
        first = self.params["first_time"]
        try:
            self.first = first and datetime.datetime.strptime(first, TIME)
        except ValueError:
            raise self._failed(
                f"'first_time' is '{first}', has to be a time in UTC like 2027-01-31 08:00",
                "bad_option",
            ) from None

    def _absent(self, found: Trigger | None) -> dict[str, t.Any]:
        if found is None:
            return {"changed": False}
        if not self.context.check_mode:
            self._delete(found["id"])
        return {"changed": True, "diff": {"before": shown(found), "after": {}}}

    def _present(self, found: Trigger | None) -> dict[str, t.Any]:
        wanted = self._wanted()
        if found and not differs(found, wanted):
            return {"changed": False, "cron_trigger": found}
        after, changed = (wanted, True) if self.context.check_mode else self._write(found, wanted)
        if not changed:
            return {"changed": False, "cron_trigger": after}
        return {
            "changed": True,
            "cron_trigger": after,
            "diff": {"before": shown(found), "after": shown(after)},
        }

    def _wanted(self) -> Trigger:
        """Return the trigger as it shall be, in Mistral's names."""
        workflow = self.mistral.workflow(self.params["workflow"])
        if workflow is None:
            failure = self._failed(
                f"there is no workflow '{self.params['workflow']}'. Upload it first, for instance with"
                " interactive.openstack.mistral_workflow, and name one of another namespace by its id",
                "not_found",
            )
            if not self.context.check_mode:
                raise failure
            self.context.warn(failure.message)  # an earlier task may be the one to upload it
            workflow = {"name": self.params["workflow"], "id": None}
        return {
            "name": self.name,
            "workflow_name": workflow["name"],
            "workflow_id": workflow["id"],
            "workflow_input": self.params["workflow_input"] or {},
            "workflow_params": self.params["workflow_params"] or {},
            "pattern": self.params["pattern"],
            "first_execution_time": str(self.first) if self.first else None,
            "remaining_executions": self.params["count"] or (None if self.params["pattern"] else 1),
        }

    def _write(self, found: Trigger | None, wanted: Trigger) -> tuple[Trigger, bool]:
        """Create the trigger, in the place of ``found``; return it, and whether it was us who did so.

        Mistral looks at all the rest before it finds the name taken: what is there is deleted only for what is good.
        """
        try:
            return self._create(wanted), True
        except ServiceError as error:
            if error.status != 409:
                raise
        now = self.mistral.cron_trigger(self.name)
        if now is None:
            raise self._failed(
                "Mistral takes no second one with the same workflow, input, pattern, time and count. Delete the other,"
                " or change one of these",
                "conflict",
            )
        if found is None or now["id"] != found["id"]:
            if not differs(now, wanted):
                return now, False
            raise self._failed(
                "somebody else has created one of this name meanwhile. Run the task again to replace it, or choose"
                " another name",
                "conflict",
            )
        self._delete(now["id"])
        try:
            return self._create(wanted), True
        except ServiceError as error:
            error.message += " The one that was there is deleted already: run the task again."
            raise

    def _create(self, wanted: Trigger) -> Trigger:
        def look() -> Trigger | None:
            now = self.mistral.cron_trigger(self.name)
            return now if now and not differs(now, wanted) else None

        return settled(lambda: self._request(wanted), look, self.deadline)

    def _request(self, wanted: Trigger) -> Trigger:
        return self.mistral.create_cron_trigger(
            self.name,
            wanted["workflow_id"],
            self.does,
            workflow_input=wanted["workflow_input"],
            workflow_params=wanted["workflow_params"],
            pattern=wanted["pattern"],
            first_time=self.first and self.first.strftime(TIME),
            count=self.params["count"],
        )

    def _delete(self, id: str) -> None:
        def look() -> bool | None:
            now = self.mistral.cron_trigger(self.name)
            return True if now is None or now["id"] != id else None

        settled(lambda: self.mistral.delete_cron_trigger(self.name, id), look, self.deadline)

    def _failed(self, why: str, error_code: str) -> Failure:
        return Failure(f"Could not {self.does} cron trigger '{self.name}': {why}.", error_code)
