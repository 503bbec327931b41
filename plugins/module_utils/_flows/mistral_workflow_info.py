# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_workflow_info does."""

from __future__ import annotations

from .._base.json_types import Result
from .._services.definition import input_names
from .._services.mistral import may_be_id
from .._services.records import Workflow
from .._shell.flow import Flow


class MistralWorkflowInfo(Flow):
    OPTIONS = dict(
        name=dict(type="str"),
        namespace=dict(type="str"),
        scope=dict(type="str", choices=["private", "public"]),
    )

    def run(self) -> Result:
        workflows = self._named(self.params["name"])
        namespace, scope = self.params["namespace"], self.params["scope"]
        if namespace is not None:
            workflows = [workflow for workflow in workflows if workflow.namespace == namespace]
        if scope is not None:
            workflows = [workflow for workflow in workflows if workflow.scope == scope]
        results = [
            dict(workflow.as_result(), inputs=input_names(workflow)) for workflow in workflows
        ]
        return {"changed": False, "workflows": results}

    def _named(self, name: str | None) -> list[Workflow]:
        if name is None:
            return self.mistral.visible_workflows()
        # as Mistral.workflow() has it: what may be an id is one, unless there is none
        if may_be_id(name):
            workflow = self.mistral.workflow_by_id(name)
            if workflow:
                return [workflow]
        return self.mistral.visible_workflows(name)
