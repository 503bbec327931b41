#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_queue
short_description: Create, change, purge or delete a Zaqar queue
description:
  - Creates a queue, sets keys of its metadata, purges it, or deletes it with everything in it.
  - Zaqar creates a queue when somebody posts the first message to it. Use this module to set
    metadata, to start with an empty queue, and to delete a queue.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-zaqarclient >= 4.0.0
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is created, changed, purged or deleted. The prediction is exact.
  diff_mode:
    support: full
    details:
      - Shows the metadata, and the number of messages and subscriptions to purge.
  idempotent:
    support: full
options:
  name:
    description:
      - Name of the queue, 1 to 64 letters, digits, underscores and dashes.
    type: str
    required: true
  state:
    description:
      - V(present) creates the queue if it does not exist, and applies O(metadata) and O(purge).
      - V(absent) deletes the queue together with its messages and subscriptions.
    type: str
    choices: [present, absent]
    default: present
  metadata:
    description:
      - Keys to set in the metadata of the queue. Other keys are not changed.
      - A key with the value V(null) is removed. A key of the service then gets the default of the
        service.
      - Keys that begin with an underscore belong to the service, for instance
        C(_max_messages_post_size), C(_default_message_ttl), C(_default_message_delay),
        C(_dead_letter_queue) and C(_max_claim_count).
    type: dict
  purge:
    description:
      - What to remove from an existing queue. Claimed messages are not removed.
    type: list
    elements: str
    choices: [messages, subscriptions]
seealso:
  - module: interactive.openstack.zaqar_queue_info
  - module: interactive.openstack.zaqar_post
"""

EXAMPLES = r"""
- name: Create a queue whose messages expire after an hour
  interactive.openstack.zaqar_queue:
    cloud: mycloud
    name: answers
    metadata:
      _default_message_ttl: 3600
      owner: operations

- name: Remove the owner from the metadata, and leave the rest as it is
  interactive.openstack.zaqar_queue:
    cloud: mycloud
    name: answers
    metadata:
      owner: null

- name: Start with an empty queue
  interactive.openstack.zaqar_queue:
    cloud: mycloud
    name: answers
    purge: [messages]

- name: Delete the queue with everything in it
  interactive.openstack.zaqar_queue:
    cloud: mycloud
    name: answers
    state: absent
"""

RETURN = r"""
queue:
  description: The queue as it is now, or as it would be in check mode.
  returned: when O(state=present)
  type: dict
  contains:
    name:
      description: The queue's name.
      returned: success
      type: str
      sample: answers
    metadata:
      description: The whole metadata, including the keys of the service.
      returned: success
      type: dict
      sample: {owner: operations, _default_message_ttl: 3600, _max_messages_post_size: 262144}
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: bad_queue_name
"""

from ..module_utils._flows.zaqar_queue import ZaqarQueue
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarQueue)


if __name__ == "__main__":
    main()
