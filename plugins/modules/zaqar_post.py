#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_post
short_description: Post messages to a Zaqar queue
description:
  - Posts one message or several, in order. Zaqar creates the queue if it does not exist.
  - Checks the size first. Messages that do not fit into one request are posted in several requests.
    If a single message is too large, nothing is posted.
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
      - Nothing is posted. RV(message_ids) is empty.
  diff_mode:
    support: none
    details:
      - The module only adds messages, so there is nothing to compare.
  idempotent:
    support: none
    details:
      - Every run posts the messages again.
options:
  queue:
    description:
      - Name of the queue, 1 to 64 letters, digits, underscores and dashes.
    type: str
    required: true
  body:
    description:
      - Body of a single message, of any JSON type, including V(null). Exactly one of O(body) and
        O(messages) is required.
      - A literal value keeps its YAML type, so V("5") is posted as text and V(5) as a number. On
        ansible-core 2.19 and later, the result of a template keeps its type. On earlier versions, a
        template that yields a number or a boolean yields text, and text that looks like a list or a
        dictionary becomes one, unless C(jinja2_native) is set.
    type: raw
  ttl:
    description:
      - The lifetime of the messages in seconds, 60 to 1209600. The default is the queue's
        C(_default_message_ttl).
    type: int
  delay:
    description:
      - Seconds, 0 to 900, until the messages can be read.
      - Zaqar ignores the delay unless the metadata of the queue contains a
        C(_default_message_delay) of at least 1. This is then the delay of messages without a delay
        of their own. The module warns if Zaqar ignores the delay.
    type: int
  messages:
    description:
      - The messages to post. If the list is empty, nothing is posted and the task succeeds.
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
          - The lifetime of this message in seconds, instead of O(ttl).
        type: int
      delay:
        description:
          - The delay of this message in seconds, instead of O(delay).
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

- name: Post a dictionary that expires after ten minutes
  interactive.openstack.zaqar_post:
    cloud: mycloud
    queue: answers
    body:
      answer: "yes"
      by: "{{ ansible_user_id }}"
    ttl: 600

- name: Create a queue with delays
  interactive.openstack.zaqar_queue:
    cloud: mycloud
    name: reminders
    metadata:
      _default_message_delay: 1

- name: Post two messages, the second one with a delay of a minute
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
  description: Ids of the posted messages, in their order. After a failure, the ids of the messages
    that are in the queue nevertheless.
  returned: success, and after a failure that follows the first request
  type: list
  elements: str
  sample: [9d981671-6a4a-4bdb-b5d9-0eefe7264f42]
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: too_large
"""

from ..module_utils._flows.zaqar_post import ZaqarPost
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarPost)


if __name__ == "__main__":
    main()
