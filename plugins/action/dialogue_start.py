# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module dialogue_start in Ansible's own process where possible.

The file with the workflow, and the library that dialogues use, lie on the controller.
"""

from __future__ import annotations

from ..module_utils._base.errors import Failure
from ..module_utils._flows.dialogue_start import DialogueStart
from ..plugin_utils import _workflow_file
from ..plugin_utils._in_process import InProcess


class ActionModule(InProcess):
    flow = DialogueStart

    def _option_failure(self) -> Failure | None:
        """Read the files for the module; return why they cannot be read, None if they can."""
        options = dict(self._task.args)
        try:
            if options.get("file") and options.get("definition") is None:
                text = _workflow_file.read(
                    str(options["file"]), self._loader.get_basedir(), self._loader.get_real_file
                )
                options["definition"] = text
                del options["file"]
            options.setdefault("library", _workflow_file.library())
        except Failure as failure:
            return failure
        self._task.args = options
        return super()._option_failure()
