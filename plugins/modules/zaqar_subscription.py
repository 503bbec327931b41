#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_subscription
short_description: Have each message of a Zaqar queue call a webhook, send a mail or start a
  workflow
description:
  - Creates, changes, renews and deletes a subscription of a queue. Zaqar notifies the subscriber of
    each message that is posted to the queue while the subscription is there.
  - A notification is not the message. The message stays in the queue as well, it is to be taken
    from there or expires.
  - Zaqar promises no delivery. It does not look at an HTTP error that the subscriber answers with,
    a subscriber that cannot be reached is tried again as the retry policy says, and a message that
    was posted before the subscription is never notified. Subscribe first, then look into the queue,
    and look again now and then.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-zaqarclient >= 4.0.0
  - python-mistralclient >= 4.3.0, with O(workflow)
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is created, changed, renewed or deleted, the prediction is exact. The id of a
        subscription or trust that would be new is not known.
  diff_mode:
    support: full
    details:
      - The values of headers are not shown, only whether they change. Trusts are left out.
  idempotent:
    support: partial
    details:
      - The second invocation changes nothing, unless more than half of the subscription's life has
        passed in between.
options:
  queue:
    description:
      - Name of the queue. It is created by the service if it is not there.
    type: str
    required: true
  state:
    description:
      - V(present) creates the subscription, changes it if its O(options) or O(ttl) differ, and
        renews it if less than half of O(ttl) remains.
      - V(absent) deletes the subscription of this O(queue) and O(subscriber) or O(workflow), and
        the Keystone trust that belongs to it. What was started with the trust and still runs loses
        its authorization.
    type: str
    choices: [present, absent]
    default: present
  subscriber:
    description:
      - Whom to notify. A queue has one subscription for each subscriber.
      - C(http://...) or C(https://...) gets each message in a POST request.
      - C(trust+http://...) or C(trust+https://...) gets them with the token of a Keystone trust,
        which lets the request act in the name of the user of this task. It is meant for other
        services of the cloud.
      - C(mailto:...) gets them as mail, if the cloud is set up to send any. O(options) may say
        C(subject) and C(from).
      - Use O(workflow) instead to start a workflow of Mistral.
      - The service that sends the notifications has to reach the subscriber. This module warns if
        they would go unencrypted over HTTP to another host than the service's own.
    type: str
  workflow:
    description:
      - Starts this workflow of Mistral for each message, in the name and project of the user of
        this task.
      - The subscriber is C(trust+<endpoint of Mistral>/v2/executions#<namespace>/<name>;<label>).
        The part behind C(#) is never sent, it lets several workflows subscribe to one queue.
      - This module warns if the workflow is not there or does not have these inputs. Mistral would
        refuse to start it, and nobody would learn of that.
    type: dict
    suboptions:
      name:
        description:
          - Name of the workflow.
        type: str
        required: true
      namespace:
        description:
          - Namespace of the workflow.
        type: str
        default: ''
      input:
        description:
          - Values for the workflow's inputs. Mistral takes them as they are, expressions in them
            are not evaluated.
        type: dict
      message_input:
        description:
          - Name of the input that gets the message, a dictionary with the message's C(body), C(ttl)
            and C(queue_name). The message's id is not in it, a notification has none.
          - Without it, the workflow is started and has to look into the queue. It may be faster
            than the message then, which is stored and notified at the same time.
        type: str
      description:
        description:
          - Description of the executions.
        type: str
      label:
        description:
          - Tells subscriptions apart that start the same workflow for messages of the same queue,
            with other inputs for instance. It is a part of the subscriber, so give it with
            O(state=absent) as well.
        type: str
        default: ''
  ttl:
    description:
      - How many seconds the subscription is to live, 60 at least. The service deletes it then,
        without a word.
      - If another C(ttl) is set, or less than half of this one remains, the subscription is
        renewed. It lives for O(ttl) seconds from then on. A change of O(options) alone leaves its
        remaining life as it is.
      - To keep a subscription alive, run the task again in intervals of less than half of O(ttl).
      - The trust of a C(trust+) subscription lives as long. It is replaced at each renewal, at once
        with the C(ttl), so that there is no moment without a subscription. It is also replaced if
        it is gone, or ends before half of O(ttl).
      - The trust before is left to expire. To delete it would take away the authorization of
        workflows that were started with it and still run. For the same reason O(ttl) has to be
        longer than what is started may run.
    type: int
    default: 3600
  options:
    description:
      - Options of the subscription, which replace those that are there. Without it they are left
        alone.
      - C(post_data) is the body of the request, as text or as data that becomes JSON. Zaqar puts
        the message in the place of V("$zaqar_message$") with its quotes, wherever it is. Not with
        O(workflow), which makes it.
      - C(post_headers) is a dictionary of headers for the request. Their values are shown in no
        output.
      - C(_retry_policy) is a dictionary that says how a subscriber is tried again that cannot be
        reached, with C(retries_with_no_delay), C(minimum_delay_retries), C(minimum_delay),
        C(maximum_delay), C(maximum_delay_retries), C(retry_backoff_function) and
        C(ignore_subscription_override).
      - C(trust_id) is the service's own and not to be set here.
    type: dict
notes:
  - A C(trust+) subscription needs a user who may create trusts. Keystone does not allow that to
    application credentials.
  - If another user of the project has created a C(trust+) subscription, this module renews it with
    a trust of the user of this task. Only the user who created a trust can delete it, what is left
    behind is said in a warning and expires.
  - On Redis, Zaqar keeps the subscriptions when a queue is deleted. They work again as soon as the
    queue is there again.
seealso:
  - module: interactive.openstack.zaqar_wait
  - module: interactive.openstack.mistral_workflow
"""

EXAMPLES = r"""
- name: Start a workflow for each message of the next day
  interactive.openstack.zaqar_subscription:
    cloud: mycloud
    queue: answers
    workflow:
      name: handle_answer
      input:
        severity: high
      message_input: message
    ttl: 86400

- name: Call a webhook with a body and a token of its own
  interactive.openstack.zaqar_subscription:
    cloud: mycloud
    queue: answers
    subscriber: https://hooks.example.com/answers
    ttl: 604800
    options:
      post_headers:
        Authorization: "Bearer {{ hook_token }}"
      post_data:
        event: answered
        message: $zaqar_message$
      _retry_policy:
        retries_with_no_delay: 1
        minimum_delay_retries: 2

- name: Send mails
  interactive.openstack.zaqar_subscription:
    cloud: mycloud
    queue: alarms
    subscriber: mailto:operations@example.com
    options:
      subject: A workflow has something to say

- name: Stop starting workflows
  interactive.openstack.zaqar_subscription:
    cloud: mycloud
    queue: answers
    workflow:
      name: handle_answer
    state: absent
"""

RETURN = r"""
subscription:
  description: The subscription as it is now, or as it would be in check mode.
  returned: when O(state=present)
  type: dict
  contains:
    id:
      description: The subscription's id.
      returned: unless it would be created in check mode
      type: str
      sample: 3d17fbb9-178e-4fc5-8ab5-0323da499636
    queue:
      description: Name of the queue.
      returned: success
      type: str
      sample: answers
    subscriber:
      description: Who is notified. User name and password in the URL are not shown.
      returned: success
      type: str
      sample: trust+https://workflow.example.com/v2/executions#handle_answer
    ttl:
      description: Seconds that the subscription lives from its creation or last renewal.
      returned: success
      type: int
      sample: 86400
    age:
      description: Seconds since its creation or last renewal.
      returned: success
      type: int
      sample: 0
    confirmed:
      description:
        - Whether the subscriber has confirmed. It matters only in clouds that require that, where
          nothing is notified before.
      returned: if the service says so
      type: bool
      sample: false
    options:
      description:
        - The options, of C(post_headers) only the names. Subscribers with C(trust+) have
          C(trust_id), the id of the trust in Keystone.
      returned: success
      type: dict
      sample: {post_headers: {Authorization: REDACTED}, trust_id: ce6dd720f82f43009624d78efa1ef632}
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: bad_option
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_subscription import (
    ZaqarSubscription,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarSubscription)


if __name__ == "__main__":
    main()
