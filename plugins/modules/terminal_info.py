# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: terminal_info
short_description: Tell whether a person can answer a prompt of this playbook
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Tells whether C(ansible-playbook) was started from a terminal with somebody at it.
  - Use it before M(ansible.builtin.pause), which returns at once without a terminal, as if Enter had been pressed, and
    hangs under ansible-runner and in AWX jobs, which give the playbook a terminal with nobody at it.
extends_documentation_fragment:
  - interactive.openstack.attributes
  - interactive.openstack.attributes.info
attributes:
  action_group:
    support: none
    membership: []
  action:
    description: Runs on the controller as an action plugin, whatever the host of the task.
    support: full
options: {}
"""

EXAMPLES = r"""
- name: Look for somebody to ask
  interactive.openstack.terminal_info:
  register: terminal

- name: Ask
  ansible.builtin.pause:
    prompt: Go on?
  when: terminal.interactive
"""

RETURN = r"""
interactive:
  description: Whether a prompt can be answered.
  returned: always
  type: bool
  sample: false
reason:
  description: Why a prompt cannot be answered, for an error message. Empty when it can.
  returned: always
  type: str
  sample: there is no terminal
"""
