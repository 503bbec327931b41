# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a person can answer a prompt of this playbook."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..module_utils._base.json_types import Result, Variables
from ..plugin_utils._terminal import WHY_NOT_INTERACTIVE


class ActionModule(ActionBase):
    """The whole module: only the controller knows its terminal."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Variables | None = None) -> Result:
        """Return whether the playbook is interactive, otherwise the cause."""
        self.validate_argument_spec(argument_spec={})
        result: Result = super().run(tmp, task_vars)
        result.update(
            changed=False, interactive=not WHY_NOT_INTERACTIVE, reason=WHY_NOT_INTERACTIVE
        )
        return result
