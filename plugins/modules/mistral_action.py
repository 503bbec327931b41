#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_action
short_description: Run one Mistral action and return its result
description:
  - Runs an action by itself, without a workflow, and returns what it returns.
  - An action that fails lets the task fail, with the action's reason.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-mistralclient >= 4.3.0
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - The action is not run, RV(result) is null.
  diff_mode:
    support: none
    details:
      - What an action changes is not known.
  idempotent:
    support: none
    details:
      - The action is run each time, and always taken for a change.
options:
  name:
    description:
      - Name of the action, for instance V(std.echo) or V(zaqar.queue_post).
    type: str
    required: true
  input:
    description:
      - The action's input.
    type: dict
    default: {}
  namespace:
    description:
      - The namespace of an action that was uploaded to one.
    type: str
    default: ""
notes:
  - Mistral answers when the action has ended. For actions that take long, raise O(api_timeout), or put them into a
    workflow.
  - Actions that only end when somebody completes them, such as V(std.async_noop), are refused.
seealso:
  - module: interactive.openstack.mistral_execution
"""

EXAMPLES = r"""
- name: Let Mistral reach a service with its own eyes
  interactive.openstack.mistral_action:
    cloud: mycloud
    name: std.http
    input:
      url: https://status.example.com/health
  register: health

- name: Show what it saw
  ansible.builtin.debug:
    msg: "{{ health.result.status }}"

- name: Post a message as Mistral
  interactive.openstack.mistral_action:
    cloud: mycloud
    name: zaqar.queue_post
    input:
      queue_name: answers
      messages:
        body: "yes"
"""

RETURN = r"""
result:
  description: What the action returned, as data. After a failure of the action, what it said.
  returned: when the action was run
  type: raw
  sample: {status: 200, content: ok}
error_code:
  description: A stable word for the kind of failure, for conditions in playbooks.
  returned: failure
  type: str
  sample: action_failed
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_action import (
    MistralAction,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralAction)


if __name__ == "__main__":
    main()
