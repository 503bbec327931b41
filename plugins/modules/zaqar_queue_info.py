#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_queue_info
short_description: List Zaqar queues
description:
  - Returns one queue or all queues of the project, with metadata and, with O(statistics), the
    numbers of messages.
  - If nothing matches, the list is empty. This is not an error.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-zaqarclient >= 4.0.0
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
  - interactive.openstack.attributes.info
options:
  name:
    description:
      - Name of the queue to return. Without it, the module returns all queues of the project.
    type: str
  statistics:
    description:
      - Whether to count the messages. This takes one more request per queue.
    type: bool
    default: false
seealso:
  - module: interactive.openstack.zaqar_queue
"""

EXAMPLES = r"""
- name: List all queues
  interactive.openstack.zaqar_queue_info:
    cloud: mycloud
  register: all

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ all.queues | map(attribute='name') }}"

- name: Count the answers
  interactive.openstack.zaqar_queue_info:
    cloud: mycloud
    name: answers
    statistics: true
  register: info

- name: Show the count, if the queue exists
  ansible.builtin.debug:
    msg: "{{ info.queues[0].statistics.free }} answers"
  when: info.queues | length > 0
"""

RETURN = r"""
queues:
  description: The queues. Empty if there are none.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The queue's name.
      returned: success
      type: str
      sample: answers
    metadata:
      description: The queue's metadata, including the keys of the service.
      returned: success
      type: dict
      sample: {owner: operations, _default_message_ttl: 3600, _max_messages_post_size: 262144}
    statistics:
      description: The numbers of messages, in total (C(total)), claimed (C(claimed)) and not
        claimed (C(free)).
      returned: when O(statistics=true)
      type: dict
      sample: {claimed: 0, free: 3, total: 3}
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: bad_queue_name
"""

from ..module_utils._flows.zaqar_queue_info import ZaqarQueueInfo
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarQueueInfo)


if __name__ == "__main__":
    main()
