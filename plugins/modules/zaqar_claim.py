#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_claim
short_description: Read messages of a Zaqar queue without losing any
description:
  - Claims messages, which hides them from other readers for a limited time. After the playbook has
    acted on the messages, it acknowledges them, which deletes them. Anybody can claim a message
    again if it is not acknowledged in time. Each message is therefore acted on at least once, even
    if a playbook fails in between.
  - Renews a claim before it expires, or releases it to leave the messages to other readers.
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
      - Nothing is claimed, renewed, released or deleted. RV(claim) is the predicted claim. A new
        claim has no id.
      - Only a real acknowledgement shows whether somebody else has taken messages of the claim.
  diff_mode:
    support: full
    details:
      - Shows the ids of the claimed messages, or when the claim expires.
  idempotent:
    support: partial
    details:
      - O(state=released) is idempotent.
      - Every run with V(claimed) claims the next messages, and every run with V(renewed) renews the
        claim.
      - V(acknowledged) fails the second time. The messages do not exist any more, and Zaqar does
        not say who deleted them.
options:
  queue:
    description:
      - Name of the queue.
    type: str
    required: true
  state:
    description:
      - V(claimed) claims the oldest free messages. If there are no messages or no queue, nothing
        changes and the claim is empty.
      - V(renewed) extends the claim O(claim_id) to O(ttl) seconds from now.
      - V(released) makes the messages of the claim free for other readers. An expired claim is not
        changed.
      - V(acknowledged) deletes the messages of the claim, either all of them or those in
        O(message_ids). It deletes the claim with its last message.
    type: str
    choices: [claimed, renewed, released, acknowledged]
    default: claimed
  claim_id:
    description:
      - Id of the claim. Required unless O(state=claimed). It can also be a claim of
        M(interactive.openstack.zaqar_wait).
    type: str
  count:
    description:
      - How many messages to claim at most, 1 to 20. A claim cannot contain more, but you can make
        several claims.
    type: int
    default: 1
  ttl:
    description:
      - Seconds until the claim expires, 60 to 43200. Used with O(state=claimed) and
        O(state=renewed).
    type: int
    default: 300
  grace:
    description:
      - Zaqar keeps messages that would expire before the claim for this many seconds longer than
        the claim, 60 to 43200.
    type: int
    default: 60
  message_ids:
    description:
      - With O(state=acknowledged), the ids of the messages to acknowledge. The default is all
        messages that the claim still contains.
      - Give the ids of all claimed messages to be sure that nobody else has taken one of them, see
        the notes.
    type: list
    elements: str
notes:
  - An acknowledgement succeeds only if the claim holds each of the messages. If the claim has
    expired, nothing is deleted. RV(acknowledged) lists what was acknowledged before a failure.
  - Zaqar on Redis looks for the first free message, and claims this message and those after it,
    even if they are claimed already. A second claim can therefore take a message away from the
    first claim if a message before it becomes free, because of a release, an expiry or a delay. The
    first claim then cannot acknowledge the message, and the module fails with an error that says
    so.
  - On Redis, the release or renewal of the first claim then takes the message away from the second
    claim. It fails with HTTP status 503 if the second claim has acknowledged the message.
seealso:
  - module: interactive.openstack.zaqar_wait
  - module: interactive.openstack.zaqar_pop
  - module: interactive.openstack.zaqar_post
"""

EXAMPLES = r"""
- name: Claim up to ten messages for ten minutes
  interactive.openstack.zaqar_claim:
    cloud: mycloud
    queue: orders
    count: 10
    ttl: 600
  register: claimed

- name: Process the messages
  ansible.builtin.include_tasks: order.yml
  loop: "{{ claimed.claim.messages }}"
  loop_control:
    loop_var: order

- name: Acknowledge them
  interactive.openstack.zaqar_claim:
    cloud: mycloud
    queue: orders
    state: acknowledged
    claim_id: "{{ claimed.claim.id }}"
    message_ids: "{{ claimed.claim.messages | map(attribute='id') }}"
  when: claimed.claim.messages | length > 0

- name: Keep the claim for another hour
  interactive.openstack.zaqar_claim:
    cloud: mycloud
    queue: orders
    state: renewed
    claim_id: "{{ claimed.claim.id }}"
    ttl: 3600

- name: Leave the messages to other readers
  interactive.openstack.zaqar_claim:
    cloud: mycloud
    queue: orders
    state: released
    claim_id: "{{ claimed.claim.id }}"
"""

RETURN = r"""
claim:
  description:
    - The claim after the change. With O(state=released), the claim before the change.
  returned: success, unless O(state=released) finds no such claim
  type: dict
  contains:
    id:
      description: The id. V(null) if nothing was claimed.
      returned: success
      type: str
      sample: f3d40477-aa4a-4375-aba4-4e911acc8c40
    queue:
      description: The queue.
      returned: success
      type: str
      sample: orders
    ttl:
      description: The lifetime of the claim in seconds.
      returned: success
      type: int
      sample: 300
    age:
      description: Seconds since the claim was made or renewed.
      returned: success
      type: int
      sample: 0
    messages:
      description: The messages of the claim, oldest first. With O(state=acknowledged), the messages
        that are left.
      returned: success
      type: list
      elements: dict
      contains:
        queue:
          description: The queue.
          returned: success
          type: str
          sample: orders
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
        claim_id:
          description: Id of the claim.
          returned: except in check mode with O(state=claimed)
          type: str
          sample: f3d40477-aa4a-4375-aba4-4e911acc8c40
acknowledged:
  description: Ids of the acknowledged messages, also if others could not be acknowledged.
  returned: with O(state=acknowledged), unless nothing was tried
  type: list
  elements: str
  sample: [9d981671-6a4a-4bdb-b5d9-0eefe7264f42]
not_acknowledged:
  description: Ids of the messages that this claim did not hold.
  returned: after V(not_claimed)
  type: list
  elements: str
  sample: []
error_code:
  description:
    - The kind of failure, as a stable word for conditions in playbooks.
    - V(claim_gone) if the claim has expired or was released, V(not_claimed) if the claim does not
      hold all messages to acknowledge.
  returned: failure
  type: str
  sample: claim_gone
"""

from ..module_utils._flows.zaqar_claim import ZaqarClaim
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarClaim)


if __name__ == "__main__":
    main()
