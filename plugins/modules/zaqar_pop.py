#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_pop
short_description: Take messages out of a Zaqar queue
description:
  - Takes the oldest messages that nobody has claimed, and deletes them.
  - The service deletes the messages before it sends its response. If the response does not arrive,
    the messages are lost. Use M(interactive.openstack.zaqar_wait) for messages that must not be
    lost.
  - If the queue is empty or does not exist, the result is an empty list.
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
      - Nothing is taken. RV(messages) lists the messages that would be taken.
  diff_mode:
    support: none
    details:
      - The result contains the messages.
  idempotent:
    support: none
    details:
      - Every run takes the next messages.
options:
  queue:
    description:
      - Name of the queue.
    type: str
    required: true
  count:
    description:
      - How many messages to take at most. The module sends several requests for more than 20
        messages.
    type: int
    default: 1
notes:
  - If the module takes more than one message at a time, Zaqar on Redis also takes claimed and
    delayed messages that follow a free one.
seealso:
  - module: interactive.openstack.zaqar_wait
  - module: interactive.openstack.zaqar_post
"""

EXAMPLES = r"""
- name: Take the oldest message
  interactive.openstack.zaqar_pop:
    cloud: mycloud
    queue: answers
  register: popped

- name: Show the message, if there was one
  ansible.builtin.debug:
    var: popped.messages[0].body
  when: popped.messages | length > 0

- name: Take everything, up to a thousand messages
  interactive.openstack.zaqar_pop:
    cloud: mycloud
    queue: answers
    count: 1000
"""

RETURN = r"""
messages:
  description:
    - The messages that were taken, oldest first. Empty if there were none.
    - After a failure, the messages that were taken before it. They are no longer in the queue.
  returned: success, and after a failure in between
  type: list
  elements: dict
  contains:
    id:
      description: The message's id.
      returned: success
      type: str
      sample: 9d981671-6a4a-4bdb-b5d9-0eefe7264f42
    body:
      description: The body, with the JSON type that it was posted with.
      returned: success
      type: raw
      sample: {question: "Go on?"}
    age:
      description: Seconds since the message was posted.
      returned: success
      type: int
      sample: 3
    ttl:
      description: The lifetime of the message in seconds.
      returned: success
      type: int
      sample: 3600
    claim_count:
      description: How often the message has been claimed. Zaqar counts this only in queues that
        limit the number of claims.
      returned: if the service says so
      type: int
      sample: 0
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: bad_queue_name
"""

from ..module_utils._flows.zaqar_pop import ZaqarPop
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarPop)


if __name__ == "__main__":
    main()
