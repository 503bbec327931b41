#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_wait
short_description: Wait for messages in Zaqar queues
description:
  - Waits until messages are in one or several queues, and reads, claims or takes the messages.
  - Can watch a Mistral execution at the same time. The end of the execution then ends the wait.
  - If the cloud offers Zaqar over WebSocket, the service tells the module when somebody posts a
    message (push). Otherwise, the module reads the queues repeatedly (poll). Both return the same,
    see O(mode).
  - A queue that does not exist counts as an empty queue.
  - If a request fails for a temporary reason (no connection, a busy or broken service), the module
    repeats it until O(wait_timeout).
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-zaqarclient >= 4.0.0
  - websocket-client >= 1.0.0 for pushes
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.wait
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - Looks once, does not wait and changes nothing. Too few messages are not an error then.
  diff_mode:
    support: none
    details:
      - The result contains the messages.
  idempotent:
    support: partial
    details:
      - With O(consume=peek), the module changes no messages. Every run with V(claim) or V(pop) gets
        the next messages.
options:
  queue:
    description:
      - Name of the queue, or a list of names.
    type: list
    elements: str
    required: true
  count:
    description:
      - How many messages to wait for, in all queues together. The module returns this many
        messages, even if there are more.
    type: int
    default: 1
  filter:
    description:
      - Only messages whose body contains this dictionary count. Dictionaries are compared key by
        key at any depth, so the body can have more keys. All other values, including lists, must be
        equal and of the same JSON type.
      - Other messages stay in the queue. With O(consume=claim), the module also claims the messages
        before the matching one and releases them at once, because Zaqar claims only the oldest
        messages. If this disturbs other readers, give each dialogue a queue of its own.
    type: dict
  consume:
    description:
      - What to do with the messages. This applies to all of them, or to none if there are not
        enough.
      - V(peek) leaves the messages in the queue.
      - V(claim) hides the messages from other readers for O(claim_ttl) seconds. After that, others
        can read the messages that were not deleted.
      - V(pop) takes the messages out of the queue. The module claims them first and then deletes
        them, so a lost response loses no message. With O(filter), it deletes them without a claim,
        so two readers with the same filter can get the same message.
    type: str
    choices: [peek, claim, pop]
    default: peek
  claim_ttl:
    description:
      - Seconds until a claim expires, 60 to 43200.
    type: int
    default: 300
  execution:
    description:
      - Id of an execution to watch. When the execution has ended (V(SUCCESS), V(ERROR) or
        V(CANCELLED)), the module reads the queues for the last time. If there are not enough
        messages, the task then fails at once, whatever the state.
      - V(PAUSED) does not end the wait.
      - The service does not announce a change of state, so the module polls the state at intervals
        that grow to 3 seconds, or to 30 seconds with pushes. The module can therefore notice the
        end of an execution that much later. This delays no message.
    type: str
  mode:
    description:
      - How the module notices that there are new messages. It reads the messages in the same way in
        each mode.
      - V(push) subscribes to the queues over Zaqar's WebSocket, reads the messages that are there
        already, and reads again when the service announces a message. The task fails if it cannot
        subscribe. If the connection breaks later, the module restores it and polls the queues in
        the meantime.
      - V(poll) reads the queues at intervals that grow from 0.1 to 3 seconds.
      - V(auto) uses pushes if it can subscribe. Otherwise, it warns and polls.
    type: str
    choices: [auto, push, poll]
    default: auto
notes:
  - O(wait_timeout) does not interrupt a request that has been sent, see O(api_timeout).
  - The WebSocket is the endpoint of the service type C(messaging-websocket) in the cloud's catalog,
    or C(messaging_websocket_endpoint_override) in C(clouds.yaml). O(ca_cert), O(validate_certs),
    O(client_cert) and O(client_key) apply to it.
  - For one queue, a wait with pushes sends three requests (log in, subscribe, read), one more when
    there is a message, and two every eleven minutes, to renew the subscription and to read the
    queue in case a push was lost. Some messages can become readable without a push, because
    somebody else has claimed them, because they are delayed, or because they have expired and the
    service has not removed them yet. While there are such messages, the module also reads the queue
    at intervals that grow to 30 seconds.
  - Pushes are late if the service must notify other subscribers that do not respond, because each
    message to such a subscriber blocks one of its ten workers for minutes. There are no pushes if
    the configuration of the service contains C(require_confirmation). Set O(mode=poll) in both
    cases.
  - A subscription creates the queue if it does not exist, as a post does. This does not count as a
    change. Subscriptions end with the wait, even if the wait is killed. If the service dies at the
    same time, they stay for up to 15 minutes.
  - Zaqar on Redis protects a claimed message only as long as no free message is before it in the
    queue.
  - O(execution) requires python-mistralclient.
seealso:
  - module: interactive.openstack.zaqar_post
  - module: interactive.openstack.zaqar_pop
  - module: interactive.openstack.mistral_execution
"""

EXAMPLES = r"""
- name: Wait for a question, and stop waiting when the execution has ended
  interactive.openstack.zaqar_wait:
    cloud: mycloud
    queue: questions
    execution: "{{ execution_id }}"
    wait_timeout: 3600
  register: question

- name: Show it
  ansible.builtin.debug:
    var: question.messages[0].body

- name: Take the next message about this execution, and leave the messages about others
  interactive.openstack.zaqar_wait:
    cloud: mycloud
    queue: tripleo
    consume: pop
    filter:
      payload:
        execution_id: "{{ execution_id }}"

- name: Take an answer as soon as it is posted, and fail if this cloud has no pushes
  interactive.openstack.zaqar_wait:
    cloud: mycloud
    queue: answers
    consume: pop
    mode: push

- name: Claim the first three messages of two queues, for ten minutes
  interactive.openstack.zaqar_wait:
    cloud: mycloud
    queue: [berlin, paris]
    count: 3
    consume: claim
    claim_ttl: 600
"""

RETURN = r"""
messages:
  description:
    - The messages, in the order of O(queue), and oldest first for each queue.
    - After a failure, the messages that the module read, although they are too few. They are still
      in the queue, unless O(consume=pop) was interrupted half way.
  returned: always
  type: list
  elements: dict
  contains:
    queue:
      description: The queue that contains the message, or contained it.
      returned: success
      type: str
      sample: questions
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
      description: Id of the claim. You need it to delete the message, or to renew or release the
        claim.
      returned: when O(consume=claim), except in check mode
      type: str
      sample: f3d40477-aa4a-4375-aba4-4e911acc8c40
execution:
  description: The watched execution.
  returned: when O(execution) is set
  type: dict
  contains:
    id:
      description: The execution's id.
      returned: always
      type: str
      sample: 0c4ab4b6-5b0c-4e3c-9d3c-6c1f5a1a4a3e
    state:
      description: The last state that the module read.
      returned: always
      type: str
      sample: RUNNING
    failed_tasks:
      description: The failed tasks, the causes first, with C(name), C(workflow), C(id) and
        C(reason).
      returned: when the execution ended in ERROR before there were enough messages
      type: list
      elements: dict
      sample:
        - name: deploy
          workflow: site
          id: 3e0b2a52-9a3f-47c0-8b5b-0f3bb1b0c8b1
          reason: The action raised an exception
elapsed:
  description: Seconds that the module waited.
  returned: always
  type: float
  sample: 2.417
requests:
  description:
    - How many requests the module sent to Zaqar and Mistral, over HTTP and over the WebSocket,
      including the login there. The number does not include the opening and closing of connections,
      nor requests to Keystone.
  returned: always
  type: int
  sample: 6
delivered:
  description:
    - How the module noticed the messages, V(push) or V(poll).
    - V(push) if the service had announced a message just before. V(poll) if the messages were there
      already, or if the WebSocket was down.
  returned: always
  type: str
  sample: push
error_code:
  description:
    - The kind of failure, as a stable word for conditions in playbooks.
    - V(timeout) if O(wait_timeout) has passed, V(execution_ended) if the watched execution has
      ended, V(not_found) if it does not exist.
  returned: failure
  type: str
  sample: timeout
"""

from ..module_utils._flows.zaqar_wait import ZaqarWait
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarWait)


if __name__ == "__main__":
    main()
