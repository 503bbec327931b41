# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands with which a person goes on with a dialogue."""

from __future__ import annotations

import shlex

from .._base.json_types import Json
from .._cloud.options import is_dictionary


def answer_command(execution_id: str, cloud: Json) -> str:
    """Return the command that answers the question of an execution.

    ``cloud`` is the option of that name. A cloud without a name is left out.
    """
    command = f"ansible-playbook interactive.openstack.answer -e execution_id={execution_id}"
    if not isinstance(cloud, str) or is_dictionary(cloud):
        return command
    return f"{command} -e cloud={shlex.quote(cloud)}"
