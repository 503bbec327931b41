# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_workflow_info does."""

from __future__ import annotations

import typing as t
import uuid

from ansible_collections.interactive.openstack.plugins.module_utils._definition import input_names
from ansible_collections.interactive.openstack.plugins.module_utils._flow import Flow


def may_be_id(text: str) -> bool:
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


class MistralWorkflowInfo(Flow):
    OPTIONS = dict(
        name=dict(type="str"),
        namespace=dict(type="str"),
        scope=dict(type="str", choices=["private", "public"]),
    )

    def run(self) -> dict[str, t.Any]:
        name = self.params["name"]
        found = self.mistral.workflows(**({} if name is None else {"name": f"in:{name}"}))
        if not found and name and may_be_id(name):
            workflow = self.mistral.workflow(name)
            found = [workflow] if workflow else []
        for field in ("namespace", "scope"):
            wanted = self.params[field]
            if wanted is not None:
                found = [workflow for workflow in found if (workflow.get(field) or "") == wanted]
        workflows = [
            dict(workflow, inputs=input_names(workflow.get("definition"), workflow["name"])) for workflow in found
        ]
        return {"changed": False, "workflows": workflows}
