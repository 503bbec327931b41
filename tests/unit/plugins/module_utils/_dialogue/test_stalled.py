# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.stalled import (
    is_to_pause,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Task,
    Workflow,
)

PAUSES = "{tasks: {t: {action: std.noop, pause-before: true}, u: {action: std.noop}}}"


class Mistral:
    def __init__(self, name, definition):
        self.stored = Workflow.of({"id": "i", "name": name, "definition": definition})

    def workflow_by_id(self, id):
        return self.stored if id == "i" else None

    def workflow(self, name, namespace):
        return self.stored if (name, namespace) == (self.stored.name, "n") else None


@pytest.mark.parametrize(
    ("name", "definition", "task", "pauses"),
    [
        ("w", f"w: {PAUSES}", {"name": "t"}, True),
        ("w", f"w: {PAUSES}", {"name": "u"}, False),
        ("w", f"w: {PAUSES}", {"name": "t", "state_info": "Set by 'pause-before' policy"}, False),
        # a workflow of a workbook, whose definition has the short name
        ("ops.v1.w", f"w: {PAUSES}", {"name": "t"}, True),
        (
            "w",
            "w: {task-defaults: {pause-before: true}, tasks: {t: {action: std.noop}}}",
            {"name": "t"},
            True,
        ),
        ("w", "\n", {"name": "t"}, False),
        ("w", "a: [", {"name": "t"}, False),
        ("w", f"w: {PAUSES}", {"name": "t", "workflow_id": "deleted"}, False),
        # a Mistral that does not say which workflow it is
        ("w", f"w: {PAUSES}", {"name": "t", "workflow_id": None, "workflow_namespace": "n"}, True),
    ],
)
def test_whether_a_workflow_pauses_before_a_task(name, definition, task, pauses):
    found = {"id": "t", "state": "IDLE", "workflow_name": name, "workflow_id": "i"}
    assert is_to_pause(Mistral(name, definition), Task.of(dict(found, **task))) is pauses
