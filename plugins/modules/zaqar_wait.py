#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_wait
short_description: Wait for messages in Zaqar queues
description:
  - Waits until messages are in a queue, or in several, and looks at them, claims them or takes
    them.
  - Can watch a Mistral execution at the same time. An execution that ends then ends the wait.
  - Where the cloud offers Zaqar over WebSocket, the service says when something is posted (push).
    Elsewhere the queues are looked at again and again (poll). What is returned is the same, see
    O(mode).
  - A queue that is not there counts as empty until it appears.
  - Requests that fail for reasons that may pass (no connection, the service is busy or broken) are
    repeated until O(wait_timeout).
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
      - Looks once, never waits, and takes and claims nothing. Too few messages are no error then.
  diff_mode:
    support: none
    details:
      - The messages are the result.
  idempotent:
    support: partial
    details:
      - With O(consume=peek) nothing is changed. V(claim) and V(pop) get the next messages each
        time.
options:
  queue:
    description:
      - Name of the queue, or a list of names.
    type: list
    elements: str
    required: true
  count:
    description:
      - How many messages to wait for, in all queues together. So many are returned, even if there
        are more.
    type: int
    default: 1
  filter:
    description:
      - Only messages count whose body contains this. Dictionaries are compared key by key at any
        depth, so the body may have more keys. All other values, lists included, have to be equal,
        and of the same JSON type.
      - Other messages stay where they are. With O(consume=claim) those before the wanted one are
        claimed and released again at once, because the service claims only the oldest messages.
        Where that disturbs other readers, give each dialogue a queue of its own.
    type: dict
  consume:
    description:
      - What to do with the messages. It is done to all of them or, if there are not enough, to
        none.
      - V(peek) leaves them in the queue.
      - V(claim) hides them from other readers for O(claim_ttl) seconds. After that, messages that
        have not been deleted can be read again.
      - V(pop) takes them out of the queue. They are claimed first and deleted then, so that an
        answer that does not arrive loses none. With O(filter) they are deleted without a claim, so
        that two readers with the same filter can get the same message.
    type: str
    choices: [peek, claim, pop]
    default: peek
  claim_ttl:
    description:
      - Seconds until a claim ends by itself, 60 to 43200.
    type: int
    default: 300
  execution:
    description:
      - Id of an execution to watch. When it is over (V(SUCCESS), V(ERROR) or V(CANCELLED)), the
        queues are looked at for the last time, and the task fails at once if there are not enough
        messages, whatever the state.
      - V(PAUSED) does not end the wait.
      - Nobody says when a state changes. It is looked at in pauses that grow to 3 seconds, or to 30
        seconds while there are pushes. So the end of an execution can be noticed that late, but no
        message is.
    type: str
  mode:
    description:
      - How to find out that there may be messages. They are read in the same way in each mode.
      - V(push) subscribes to the queues over Zaqar's WebSocket, looks at what is there already, and
        looks again when the service says that something was posted. It fails if this cannot be
        begun. A connection that breaks later is made again; until then the queues are polled.
      - V(poll) looks in pauses that grow from 0.1 to 3 seconds.
      - V(auto) pushes if that can be begun, and otherwise warns and polls.
    type: str
    choices: [auto, push, poll]
    default: auto
notes:
  - The WebSocket is the endpoint of service type C(messaging-websocket) in the cloud's catalog, or
    in clouds.yaml C(messaging_websocket_endpoint_override). O(ca_cert), O(validate_certs),
    O(client_cert) and O(client_key) apply to it.
  - A push wait sends three requests for one queue (log in, subscribe, look), one more when there is
    a message, and then two each eleven minutes, to renew the subscription and to look in case a
    push was lost. While there are messages that may become readable without a push (claimed by
    somebody else, delayed, expired but not yet cleaned up by the service), it looks at them in
    pauses that grow to 30 seconds.
  - Pushes come late where the service has to notify other subscribers that do not answer (each
    message to such a one keeps one of its ten workers busy for minutes), and not at all where its
    configuration has C(require_confirmation). Set O(mode=poll) there.
  - To subscribe to a queue creates it, as to post to it does. Subscriptions end with the wait, even
    if it is killed. Only if the service itself dies at the same time, they stay for up to 15
    minutes.
  - Zaqar on Redis protects a claimed message only as long as no free one is before it in the queue.
  - python-mistralclient is needed to watch an execution.
seealso:
  - module: interactive.openstack.zaqar_post
  - module: interactive.openstack.zaqar_pop
  - module: interactive.openstack.mistral_execution
"""

EXAMPLES = r"""
- name: Wait for a question, and stop waiting when the execution is over
  interactive.openstack.zaqar_wait:
    cloud: mycloud
    queue: questions
    execution: "{{ execution_id }}"
    wait_timeout: 3600
  register: question

- name: Show it
  ansible.builtin.debug:
    var: question.messages[0].body

- name: Take the next message that is about this execution, and leave those of others
  interactive.openstack.zaqar_wait:
    cloud: mycloud
    queue: tripleo
    consume: pop
    filter:
      payload:
        execution_id: "{{ execution_id }}"

- name: Take an answer as soon as it is posted, and fail if this cloud cannot say when that is
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
    - The messages, by queue in the order of O(queue), and the oldest first.
    - After a failure, those that were there, too few though they were. They are still in the queue,
      unless O(consume=pop) was interrupted half way.
  returned: always
  type: list
  elements: dict
  contains:
    queue:
      description: The queue where the message is, or was.
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
      description: Id of the claim, needed to delete the message or to renew or release the claim.
      returned: when O(consume=claim)
      type: str
      sample: f3d40477-aa4a-4375-aba4-4e911acc8c40
execution:
  description: The execution that was watched.
  returned: when O(execution) is set
  type: dict
  contains:
    id:
      description: The execution's id.
      returned: always
      type: str
      sample: 0c4ab4b6-5b0c-4e3c-9d3c-6c1f5a1a4a3e
    state:
      description: The state seen last.
      returned: always
      type: str
      sample: RUNNING
    failed_tasks:
      description: The failed tasks, the innermost first, with C(name), C(workflow), C(id) and
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
  description: Seconds that the wait took.
  returned: always
  type: float
  sample: 2.417
requests:
  description:
    - How many requests were sent to Zaqar and Mistral, over HTTP and, from logging in to it on,
      over the WebSocket. Neither the opening and closing of connections nor requests to Keystone
      are counted.
  returned: always
  type: int
  sample: 6
delivered:
  description:
    - How the messages were noticed, V(push) or V(poll).
    - V(push) if the service had just announced a message when they were found. Messages that were
      there already count as V(poll), as do those that are found while the WebSocket is down.
  returned: always
  type: str
  sample: push
error_code:
  description:
    - The kind of failure, as a stable word for conditions in playbooks.
    - V(timeout) if O(wait_timeout) has passed, V(execution_ended) if the watched execution is over,
      V(not_found) if there is no such execution.
  returned: failure
  type: str
  sample: timeout
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_wait import (
    ZaqarWait,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarWait)


if __name__ == "__main__":
    main()
