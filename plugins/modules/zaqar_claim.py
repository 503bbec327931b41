#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_claim
short_description: Read messages of a Zaqar queue so that none is lost
description:
  - Claims messages, which hides them from other readers for a while. After they have been acted on, they are acknowledged,
    which deletes them. What is not acknowledged in time can be claimed again, by anybody, so that a message is acted on at
    least once, whatever breaks in between.
  - The claim can be renewed before it expires, and released when the messages should rather go to others.
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
      - Nothing is claimed, renewed, released or deleted. RV(claim) is what it would be, of a new claim without an id.
      - Whether somebody else has taken messages of the claim shows only when they are really acknowledged.
  diff_mode:
    support: full
    details:
      - The ids of the messages that are claimed, or when the claim expires.
  idempotent:
    support: partial
    details:
      - With O(state=released) it is.
      - V(claimed) claims the next messages each time, V(renewed) renews each time.
      - V(acknowledged) fails the second time. The messages are gone then, and Zaqar does not say who has deleted them.
options:
  queue:
    description:
      - Name of the queue.
    type: str
    required: true
  state:
    description:
      - V(claimed) claims the oldest free messages. If there are none, or no queue, nothing is changed and the claim is empty.
      - V(renewed) lets the claim O(claim_id) live for O(ttl) seconds from now.
      - V(released) frees the messages of the claim for others. A claim that has expired is left alone.
      - V(acknowledged) deletes messages of the claim, all or those of O(message_ids), and the claim with the last one.
    type: str
    choices: [claimed, renewed, released, acknowledged]
    default: claimed
  claim_id:
    description:
      - Id of the claim. Required unless O(state=claimed). Claims of M(interactive.openstack.zaqar_wait) are claims as well.
    type: str
  count:
    description:
      - How many messages to claim at most, 1 to 20. A claim cannot hold more, but there can be several claims.
    type: int
    default: 1
  ttl:
    description:
      - Seconds until the claim expires, 60 to 43200, with O(state=claimed) and O(state=renewed).
    type: int
    default: 300
  grace:
    description:
      - Messages that would expire before the claim are kept for this many seconds longer than the claim, 60 to 43200.
    type: int
    default: 60
  message_ids:
    description:
      - With O(state=acknowledged), the ids of the messages to acknowledge. The default is all that the claim still has.
      - Only with the ids that were claimed it is sure that none of them was taken away by somebody else, see the notes.
    type: list
    elements: str
notes:
  - An acknowledgement succeeds only if it was this claim that held each of the messages. If the claim has expired, nothing is
    deleted. RV(acknowledged) says what was done before a failure.
  - Zaqar on Redis looks for the first free message, and claims that and those after it whether they are claimed or not. A
    message that another claim holds can thus be taken away from it if one before it becomes free, by a release, an
    expiry or a delay. Its first claim then cannot acknowledge it, which is what an error tells.
  - There, too, the release or renewal of such a first claim takes the message away from the second one, and fails with an
    answer of 503 after the second one has acknowledged it.
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

- name: Act on them
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
  when: claimed.claim.messages

- name: Keep the claim for another hour
  interactive.openstack.zaqar_claim:
    cloud: mycloud
    queue: orders
    state: renewed
    claim_id: "{{ claimed.claim.id }}"
    ttl: 3600

- name: Leave the messages to others
  interactive.openstack.zaqar_claim:
    cloud: mycloud
    queue: orders
    state: released
    claim_id: "{{ claimed.claim.id }}"
"""

RETURN = r"""
claim:
  description:
    - The claim after the change. With O(state=released), as it was before.
    - Not returned if there was nothing to release.
  returned: success
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
      description: Seconds that the claim lives in all.
      returned: success
      type: int
      sample: 300
    age:
      description: Seconds since it was made or renewed.
      returned: success
      type: int
      sample: 0
    messages:
      description: Its messages, the oldest first. With O(state=acknowledged), those that are left.
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
          description: The body, as whatever type of JSON it was posted.
          returned: success
          type: raw
          sample: {question: "Go on?"}
        age:
          description: Seconds since the message was posted.
          returned: success
          type: int
          sample: 3
        ttl:
          description: Seconds that the message lives in all.
          returned: success
          type: int
          sample: 3600
        claim_count:
          description: How often the message has been claimed, counted only in queues that limit the number of claims.
          returned: if the service says so
          type: int
          sample: 0
        claim_id:
          description: Id of the claim.
          returned: except in check mode with O(state=claimed)
          type: str
          sample: f3d40477-aa4a-4375-aba4-4e911acc8c40
acknowledged:
  description: Ids of the messages that were acknowledged, also if others could not be.
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
    - A stable word for the kind of failure, for conditions in playbooks.
    - V(claim_gone) if the claim has expired or was released, V(not_claimed) if it does not hold all of the messages to be
      acknowledged.
  returned: failure
  type: str
  sample: claim_gone
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_claim import (
    ZaqarClaim,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarClaim)


if __name__ == "__main__":
    main()
