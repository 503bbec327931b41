#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: zaqar_signed_url
short_description: Let somebody without an account post to a Zaqar queue
description:
  - Makes Zaqar sign a URL that allows certain requests to a queue without an account, until the URL
    expires. By default, it allows only to post messages.
  - The signature is a secret. Whoever knows it can do what it allows. The module writes it to the
    file O(dest), which only its owner can read, or returns it if O(show_signature) is set.
  - A signed URL cannot be revoked. It is valid until it expires or the key of the service changes.
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
      - The URL is signed, which changes nothing in the cloud. O(dest) is not written.
  diff_mode:
    support: none
    details:
      - The file is a secret.
  idempotent:
    support: none
    details:
      - Every run signs another URL, which expires later.
options:
  queue:
    description:
      - Name of the queue. It does not need to exist. The first message creates it.
    type: str
    required: true
  methods:
    description:
      - The allowed HTTP methods, for each of O(paths).
      - For V(messages), V(POST) posts messages, V(GET) reads the messages of everybody and
        V(DELETE) deletes them.
    type: list
    elements: str
    choices: [GET, POST, PUT, PATCH, DELETE]
    default: [POST]
  paths:
    description:
      - The parts of the queue that the URL gives access to. RV(signed_url.url) is the URL of the
        first one.
      - V(subscriptions) lets whoever has the URL send the messages of the queue anywhere. It is
        refused without O(force).
    type: list
    elements: str
    choices: [messages, claims, subscriptions]
    default: [messages]
  ttl:
    description:
      - How many seconds from now the URL is valid, by the clock of the host that runs the task.
    type: int
    default: 86400
  force:
    description:
      - Whether to allow V(subscriptions) in O(paths).
    type: bool
    default: false
  dest:
    description:
      - Path of a file for the request with its signature, on the host that runs the task. An
        existing file is replaced. The mode of the file is C(0600).
      - The file is a configuration file of curl. RV(signed_url.curl) is the command that uses it.
      - Required unless O(show_signature) is set.
    type: path
  show_signature:
    description:
      - Whether the result contains the signature. If so, set C(no_log=true), because Ansible shows
        results at C(-v) and when tasks fail, and callback plugins store them.
      - If not, O(dest) is required, and the result contains no secret.
    type: bool
    default: false
notes:
  - The URL contains the address of the endpoint in the cloud's catalog. Whoever uses the URL must
    be able to reach that address, see O(interface).
  - Nobody has authenticated who posts a message with the URL. Do not trust such a message.
  - Whoever has the URL can post any number of messages. With the role
    P(interactive.openstack.auto_resume#role), each of them costs an execution of a few tasks in
    Mistral. The collection's guide about answers says what such a person can do to a dialogue, and
    what not.
seealso:
  - module: interactive.openstack.zaqar_post
  - module: interactive.openstack.zaqar_wait
"""

EXAMPLES = r"""
- name: Let somebody answer within the next hour
  interactive.openstack.zaqar_signed_url:
    cloud: mycloud
    queue: answers
    ttl: 3600
    dest: ~/answer.curl
  register: signed

- name: Say how to answer, and give the file to the person in private
  ansible.builtin.debug:
    msg: "Get {{ signed.signed_url.dest }}, then run: {{ signed.signed_url.curl }}"

- name: Sign a URL to use in this playbook
  interactive.openstack.zaqar_signed_url:
    cloud: mycloud
    queue: answers
    show_signature: true
  register: signed
  no_log: true

- name: Post with the URL, from a host that has no access to the cloud's credentials
  ansible.builtin.uri:
    url: "{{ signed.signed_url.url }}"
    method: POST
    headers: "{{ signed.signed_url.headers }}"
    body_format: json
    body:
      messages:
        - body: It is done
    status_code: 201
  no_log: true
  delegate_to: worker.example.com

- name: Mail the command to somebody
  community.general.mail:
    to: ada@example.com
    subject: Please answer until {{ signed.signed_url.expires }} UTC
    body: "Put your answer in and run: {{ signed.signed_url.curl }}"
  no_log: true
"""

RETURN = r"""
signed_url:
  description: The request that the signature allows.
  returned: success
  type: dict
  contains:
    url:
      description: The URL of the first of O(paths). The others differ in the last part.
      returned: success
      type: str
      sample: https://messaging.example.com/v2/queues/answers/messages
    headers:
      description:
        - The headers that a request needs instead of a token.
        - C(URL-Signature) is C(REDACTED) without O(show_signature).
      returned: success
      type: dict
      sample:
        URL-Signature: REDACTED
        URL-Expires: '2026-11-25T00:00:00'
        URL-Methods: POST
        URL-Paths: /v2/queues/answers/messages
        X-Project-ID: 011e11b0bb8840c987ff3dd62c05742c
        Client-ID: 9d981671-6a4a-4bdb-b5d9-0eefe7264f42
        Content-Type: application/json
    curl:
      description:
        - A shell command that sends the request, with a message to replace.
        - Without O(show_signature), the command reads the file O(dest), and needs nothing else.
      returned: success
      type: str
      sample: >-
        curl --config /home/ada/answer.curl --data '{"messages": [{"body": "Your answer"}]}'
    expires:
      description: When the URL expires, in UTC.
      returned: success
      type: str
      sample: '2026-11-25T00:00:00'
    dest:
      description: The file with the signature.
      returned: with O(dest)
      type: str
      sample: /home/ada/answer.curl
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: refused
"""

from ..module_utils._flows.zaqar_signed_url import ZaqarSignedUrl
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(ZaqarSignedUrl)


if __name__ == "__main__":
    main()
