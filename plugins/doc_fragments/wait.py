# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait_timeout:
    description:
      - Seconds to wait. The task fails after that with RV(error_code=timeout).
      - Until then, the module repeats requests that fail because of the network or a busy service.
      - With V(0), the module looks once and does not wait.
    type: int
    default: 600
"""
