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
  - Tells whether a person can answer a prompt, that is, whether C(ansible-playbook) was started
    from a terminal with a person at it.
  - Use this module before M(ansible.builtin.pause). Without a terminal, that module returns at
    once, as if Enter had been pressed. Under ansible-runner and in AWX jobs, which give the
    playbook a terminal with nobody at it, that module hangs.
extends_documentation_fragment:
  - interactive.openstack.attributes
  - interactive.openstack.attributes.info
attributes:
  action_group:
    support: none
    membership: []
  action:
    description: Runs on the controller as an action plugin, whatever the host of the task is.
    support: full
options: {}
"""

EXAMPLES = r"""
- name: Check whether a person can answer
  interactive.openstack.terminal_info:
  register: terminal

- name: Ask
  ansible.builtin.pause:
    prompt: Go on?
  when: terminal.interactive
"""

RETURN = r"""
interactive:
  description: Whether a person can answer a prompt.
  returned: always
  type: bool
  sample: false
reason:
  description: Why nobody can answer a prompt, for an error message. Empty if a person can.
  returned: always
  type: str
  sample: there is no terminal
"""
