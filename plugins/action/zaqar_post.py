# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module zaqar_post in Ansible's own process where possible."""

from __future__ import annotations

from ..module_utils._flows.zaqar_post import ZaqarPost
from ..plugin_utils._in_process import InProcess


class ActionModule(InProcess):
    flow = ZaqarPost
