# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_execution_info does."""

from __future__ import annotations

import typing as t

from .._services.mistral import STATES, failures
from .._shell.flow import Flow


class MistralExecutionInfo(Flow):
    OPTIONS = dict(
        id=dict(type="str"),
        workflow=dict(type="str"),
        state=dict(type="str", choices=STATES),
        limit=dict(type="int"),
        tasks=dict(type="bool", default=False),
        sub_executions=dict(type="bool", default=False),
        report=dict(type="bool", default=False),
    )
    CONSTRAINTS = dict(mutually_exclusive=[("id", "workflow"), ("id", "state"), ("id", "limit")])
    IDS = {"id": "an execution"}

    def run(self) -> dict[str, t.Any]:
        return {
            "changed": False,
            "executions": [self._more(execution) for execution in self._found()],
        }

    def _found(self) -> list[dict[str, t.Any]]:
        if self.params["id"] is not None:
            execution = self.mistral.execution(self.params["id"])
            return [execution] if execution else []
        return self.mistral.executions(
            self.params["workflow"], self.params["state"], self.params["limit"]
        )

    def _more(self, execution: dict[str, t.Any]) -> dict[str, t.Any]:
        """Add what was asked for; each costs a request per execution."""
        id = execution["id"]
        more: dict[str, t.Any] = {}
        if self.params["tasks"]:
            more["tasks"] = self.mistral.tasks(id)
        if self.params["sub_executions"]:
            more["sub_executions"] = self.mistral.sub_executions(id)
        if self.params["report"]:
            more["report"] = self.mistral.report(id, errors_only=False)
            more["failed_tasks"] = failures(more["report"].get("root_workflow_execution") or {})
        return dict(execution, **more)
