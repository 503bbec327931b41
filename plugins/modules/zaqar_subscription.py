#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_subscription
short_description: Make each message of a Zaqar queue call a webhook, send a mail or start a
  workflow
description:
  - Creates, changes, renews and deletes a subscription to a queue. Zaqar notifies the subscriber of
    each message that is posted to the queue while the subscription exists.
  - A notification does not remove the message from the queue. The message stays there until
    somebody takes it or it expires.
  - Zaqar does not guarantee delivery. It ignores HTTP errors of the subscriber. If the subscriber
    cannot be reached, Zaqar tries again as the retry policy says. It never notifies of messages
    that were posted before the subscription. Subscribe first, then read the queue, and read it
    again from time to time.
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
      - Nothing is created, changed, renewed or deleted. The prediction is exact. It does not
        contain the id of a new subscription or trust.
  diff_mode:
    support: full
    details:
      - Shows whether the values of headers change, but not the values. Does not show trusts.
  idempotent:
    support: partial
    details:
      - The second run changes nothing, unless more than half of the subscription's lifetime has
        passed in between.
options:
  queue:
    description:
      - Name of the queue. Zaqar creates the queue if it does not exist.
    type: str
    required: true
  state:
    description:
      - V(present) creates the subscription, changes it if its O(options) or O(ttl) differ, and
        renews it if less than half of O(ttl) remains.
      - V(absent) deletes the subscription of this O(queue) and O(subscriber) or O(workflow), and
        its Keystone trust. Executions that were started with the trust and still run lose their
        authorization.
    type: str
    choices: [present, absent]
    default: present
  subscriber:
    description:
      - Whom to notify. A queue has one subscription for each subscriber.
      - C(http://...) or C(https://...) gets each message in a POST request.
      - C(trust+http://...) or C(trust+https://...) gets each message with the token of a Keystone
        trust, which lets the request act in the name of the user of this task. It is meant for
        other services of the cloud.
      - C(mailto:...) gets each message as mail, if the cloud can send mail. O(options) can set
        C(subject) and C(from).
      - To start a Mistral workflow, use O(workflow) instead.
      - The service that sends the notifications must be able to reach the subscriber. The module
        warns if the notifications would go to a host other than the service's own over unencrypted
        HTTP.
    type: str
  workflow:
    description:
      - Starts this Mistral workflow for each message, in the name and project of the user of this
        task.
      - The subscriber is C(trust+<endpoint of Mistral>/v2/executions#<namespace>/<name>;<label>).
        Zaqar never sends the part after C(#), which makes it possible to subscribe several
        workflows to a queue.
      - The module warns if the workflow does not exist or does not have these inputs. Mistral would
        refuse to start the workflow, and nobody would learn of that.
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
          - Values for the workflow's inputs. Mistral does not evaluate expressions in them.
        type: dict
      message_input:
        description:
          - Name of the input that gets the message, a dictionary with the message's C(body), C(ttl)
            and C(queue_name). It does not contain the message's id, because a notification does not
            contain the id.
          - Without this option, the workflow must read the queue. Zaqar stores the message and
            sends the notification at the same time, so the workflow can start before the message is
            in the queue.
        type: str
      description:
        description:
          - Description of the executions.
        type: str
      label:
        description:
          - Distinguishes subscriptions that start the same workflow for messages of the same queue,
            for instance with other inputs. The label is a part of the subscriber, so
            O(state=absent) needs it as well.
        type: str
        default: ''
  ttl:
    description:
      - The lifetime of the subscription in seconds, at least 60. Zaqar then deletes it without
        notice.
      - If O(ttl) changes, or less than half of it remains, the module renews the subscription. It
        then lives for another O(ttl) seconds. A change of O(options) alone does not change the
        remaining lifetime.
      - To keep a subscription alive, run the task again at intervals of less than half of O(ttl).
      - The trust of a C(trust+) subscription has the same lifetime. Each renewal replaces the trust
        together with the C(ttl), so there is no moment without a subscription. The module also
        replaces a trust that does not exist any more, or that ends before half of O(ttl).
      - The module does not delete the replaced trust, which expires. To delete it would take away
        the authorization of executions that were started with it and still run. For the same
        reason, O(ttl) must be longer than the longest execution.
    type: int
    default: 3600
  options:
    description:
      - Options of the subscription. They replace the existing options. Without it, the options are
        not changed.
      - C(post_data) is the body of the request, as text or as data that becomes JSON. Zaqar
        replaces V("$zaqar_message$"), including the quotes, with the message. Not allowed with
        O(workflow), which sets it.
      - C(post_headers) is a dictionary of headers for the request. No output shows their values.
      - C(_retry_policy) is a dictionary that says how Zaqar tries again if it cannot reach the
        subscriber, with C(retries_with_no_delay), C(minimum_delay_retries), C(minimum_delay),
        C(maximum_delay), C(maximum_delay_retries), C(retry_backoff_function) and
        C(ignore_subscription_override).
      - C(trust_id) belongs to the service and cannot be set.
    type: dict
notes:
  - For a C(trust+) subscription, the user must be allowed to create trusts. Keystone does not allow
    this to application credentials.
  - If another user of the project created a C(trust+) subscription, the module renews it with a
    trust of the user of this task. Only the user who created a trust can delete it. The module
    warns if an old trust stays behind. That trust expires.
  - On Redis, Zaqar keeps the subscriptions when a queue is deleted. They work again as soon as the
    queue exists again.
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
      description: Who is notified. The user name and password in the URL are not shown.
      returned: success
      type: str
      sample: trust+https://workflow.example.com/v2/executions#handle_answer
    ttl:
      description: The lifetime of the subscription in seconds, from its creation or last renewal.
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
        - Whether the subscriber has confirmed the subscription. In clouds that require a
          confirmation, Zaqar sends nothing before it. In other clouds, this has no effect.
      returned: if the service says so
      type: bool
      sample: false
    options:
      description:
        - The options. C(post_headers) contains only the names of the headers. Subscribers with
          C(trust+) have C(trust_id), the id of the trust in Keystone.
      returned: success
      type: dict
      sample: {post_headers: {Authorization: REDACTED}, trust_id: ce6dd720f82f43009624d78efa1ef632}
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: bad_option
"""

from ..module_utils._flows.zaqar_subscription import ZaqarSubscription
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarSubscription)


if __name__ == "__main__":
    main()
