# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_execution_info does."""

from __future__ import annotations

from .._base.json_types import Result
from .._services.failure_causes import failed_tasks
from .._services.records import EXECUTION_STATES, Execution, State
from .._shell.flow import Flow


class MistralExecutionInfo(Flow):
    OPTIONS = dict(
        id=dict(type="str"),
        workflow=dict(type="str"),
        state=dict(type="str", choices=[state.value for state in EXECUTION_STATES]),
        limit=dict(type="int"),
        tasks=dict(type="bool", default=False),
        sub_executions=dict(type="bool", default=False),
        report=dict(type="bool", default=False),
    )
    CONSTRAINTS = dict(mutually_exclusive=[("id", "workflow"), ("id", "state"), ("id", "limit")])
    IDS = {"id": "an execution"}

    def run(self) -> Result:
        return {
            "changed": False,
            "executions": [self._result(execution) for execution in self._executions()],
        }

    def _executions(self) -> list[Execution]:
        if self.params["id"] is not None:
            execution = self.mistral.execution(self.params["id"])
            return [execution] if execution else []
        state = State(self.params["state"]) if self.params["state"] else None
        return self.mistral.executions(self.params["workflow"], state, self.params["limit"])

    def _result(self, execution: Execution) -> Result:
        """Return an execution with the details that the options ask for.

        Each of them costs a request per execution.
        """
        id = execution.id
        result = dict(execution.as_result())
        if self.params["tasks"]:
            result["tasks"] = [task.as_result() for task in self.mistral.tasks(id)]
        if self.params["sub_executions"]:
            below = self.mistral.sub_executions(id)
            result["sub_executions"] = [sub_execution.as_result() for sub_execution in below]
        if self.params["report"]:
            report = self.mistral.report(id, errors_only=False)
            failed = failed_tasks(report.get("root_workflow_execution") or {})
            result["report"] = report
            result["failed_tasks"] = [task.as_result() for task in failed]
        return result
