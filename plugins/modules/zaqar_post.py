#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_post
short_description: Post messages to a Zaqar queue
description:
  - Posts one message or many, in order. A queue that is not there is created by the service.
  - The size is checked first. Messages that do not fit into one request are posted in several ones. If one message is
    too large by itself, none is posted.
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
      - Nothing is posted. RV(message_ids) is then empty.
  diff_mode:
    support: none
    details:
      - Messages are added, there is nothing to compare them with.
  idempotent:
    support: none
    details:
      - Each run posts the messages again.
options:
  queue:
    description:
      - Name of the queue, 1 to 64 letters, digits, underscores and dashes.
    type: str
    required: true
  body:
    description:
      - Body of the one message to post, of any JSON type, V(null) included. Exactly one of O(body) and O(messages) is
        needed.
      - A literal value is posted as the type that it has in YAML, so V("5") is posted as text and V(5) as a number.
        What a template yields has its own type on ansible-core 2.19 and later. Before, a template that yields a
        number or a boolean yields text, and text that looks like a list or a dictionary becomes one, unless
        C(jinja2_native) is set.
    type: raw
  ttl:
    description:
      - Seconds that the messages live, 60 to 1209600. Without it, the queue's C(_default_message_ttl) applies.
    type: int
  delay:
    description:
      - Seconds, 0 to 900, until the messages can be read.
      - Zaqar ignores this unless the metadata of the queue has a C(_default_message_delay) of at least 1, which is then
        the delay of messages that have none of their own. The module warns if that is so.
    type: int
  messages:
    description:
      - The messages to post. None are posted, without an error, if the list is empty.
    type: list
    elements: dict
    suboptions:
      body:
        description:
          - Body of the message, of any JSON type. See O(body).
        type: raw
        required: true
      ttl:
        description:
          - Seconds that this message lives, instead of O(ttl).
        type: int
      delay:
        description:
          - Seconds of delay of this message, instead of O(delay).
        type: int
seealso:
  - module: interactive.openstack.zaqar_wait
  - module: interactive.openstack.zaqar_pop
"""

EXAMPLES = r"""
- name: Post one message
  interactive.openstack.zaqar_post:
    cloud: mycloud
    queue: answers
    body: "yes"

- name: Post a message with a structure, which lives for ten minutes
  interactive.openstack.zaqar_post:
    cloud: mycloud
    queue: answers
    body:
      answer: "yes"
      by: "{{ ansible_user_id }}"
    ttl: 600

- name: Have a queue that knows delays
  interactive.openstack.zaqar_queue:
    cloud: mycloud
    name: reminders
    metadata:
      _default_message_delay: 1

- name: Post several messages, of which the second one can be read only after a minute
  interactive.openstack.zaqar_post:
    cloud: mycloud
    queue: reminders
    messages:
      - body: first
      - body: second
        delay: 60
"""

RETURN = r"""
message_ids:
  description: Ids of the posted messages, in their order. After a failure, of those that are in the queue nevertheless.
  returned: success, and on a failure after the first request
  type: list
  elements: str
  sample: [9d981671-6a4a-4bdb-b5d9-0eefe7264f42]
error_code:
  description: A stable word for the kind of failure, for conditions in playbooks.
  returned: failure
  type: str
  sample: too_large
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_post import (
    ZaqarPost,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarPost)


if __name__ == "__main__":
    main()
