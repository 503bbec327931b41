# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict C(changed) without modifying the target.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff
      mode.
  idempotent:
    description:
      - If the module is run twice in a row with the same arguments outside check mode, the second
        run reports no change.
      - This holds if nothing else has changed the system in between.
  action_group:
    description: Use C(group/interactive.openstack.openstack) in C(module_defaults) to set defaults
      for this module.
    support: full
    membership:
      - interactive.openstack.openstack
"""
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module does not modify state.
  diff_mode:
    support: N/A
    details:
      - This module does not modify state.
  idempotent:
    support: full
    details:
      - This module does not modify state.
"""
