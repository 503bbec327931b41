#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_action
short_description: Run one Mistral action and return its result
description:
  - Runs an action without a workflow and returns its result.
  - If the action fails, the task fails with the action's reason.
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
      - The action is not run. RV(result) is V(null).
  diff_mode:
    support: none
    details:
      - Nobody knows what an action changes.
  idempotent:
    support: none
    details:
      - Every run runs the action and reports a change.
options:
  name:
    description:
      - Name of the action, for instance V(std.echo) or V(zaqar.queue_post).
    type: str
    required: true
  input:
    description:
      - The input of the action.
    type: dict
    default: {}
  namespace:
    description:
      - The namespace of the action, if the action was uploaded to a namespace.
    type: str
    default: ""
notes:
  - Mistral responds when the action has ended. If an action takes long, raise O(api_timeout), or
    put the action into a workflow.
  - The module refuses actions that end only when somebody completes them, such as
    V(std.async_noop).
seealso:
  - module: interactive.openstack.mistral_execution
"""

EXAMPLES = r"""
- name: Let Mistral request a page
  interactive.openstack.mistral_action:
    cloud: mycloud
    name: std.http
    input:
      url: https://status.example.com/health
  register: health

- name: Show the status of the page
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
  description: The result of the action, as data. If the action failed, its error.
  returned: when the action was run
  type: raw
  sample: {status: 200, content: ok}
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: action_failed
"""

from ..module_utils._flows.mistral_action import MistralAction
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralAction)


if __name__ == "__main__":
    main()
