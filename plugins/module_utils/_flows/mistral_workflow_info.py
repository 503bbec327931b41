# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_workflow_info does."""

from __future__ import annotations

import typing as t

from .._services.definition import input_names
from .._services.mistral import may_be_id
from .._shell.flow import Flow


class MistralWorkflowInfo(Flow):
    OPTIONS = dict(
        name=dict(type="str"),
        namespace=dict(type="str"),
        scope=dict(type="str", choices=["private", "public"]),
    )

    def run(self) -> dict[str, t.Any]:
        found = self._found(self.params["name"])
        for field in ("namespace", "scope"):
            wanted = self.params[field]
            if wanted is not None:
                found = [workflow for workflow in found if (workflow.get(field) or "") == wanted]
        return {
            "changed": False,
            "workflows": [dict(workflow, inputs=input_names(workflow)) for workflow in found],
        }

    def _found(self, name: str | None) -> list[dict[str, t.Any]]:
        if name is None:
            return self.mistral.visible_workflows()
        # as Mistral.workflow() has it: what may be an id is one, unless there is none
        workflow = self.mistral.workflow_by_id(name) if may_be_id(name) else None
        return [workflow] if workflow else self.mistral.visible_workflows(name)
