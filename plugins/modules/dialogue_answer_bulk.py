#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dialogue_answer_bulk
short_description: Answer the open questions of many Mistral executions in one task
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Does for each item of a list what M(interactive.openstack.dialogue_answer) does, several at a time, with one login.
  - All items are checked first. If one is wrong, nothing is sent.
  - All are tried then, whatever becomes of one of them. RV(results) tells of each what came of it. If any was not answered, the task fails
    after the last one, with the same results.
  - Items for the same execution are answered in their order, each with the next question. If one is not answered, those after it are left
    out, so that no question gets the answer of another one; but not those with O(answers[].question_id), or with another O(answers[].question).
  - Whatever interrupts the task, what has begun is finished and nothing else begins.
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode it looks once for each question and does not wait. Of several items for one execution, it looks for the first.
  diff_mode:
    support: none
    details:
      - An answer replaces nothing.
  idempotent:
    support: partial
    details:
      - An item with O(answers[].question_id) whose question has got just this answer already changes nothing, as far as Mistral has kept what
        it got. Without, every call answers one more question.
requirements:
  - jsonschema >= 4.18.0, for questions with a schema
  - python-mistralclient >= 4.3.0
  - python-zaqarclient >= 4.0.0
  - PyYAML, for O(file)
options:
  answers:
    description:
      - The answers. Exactly one of this and O(file) is needed. They are in no log and no output.
    type: list
    elements: dict
    suboptions:
      execution:
        description: Id of the execution.
        type: str
        required: true
      answer:
        description: The answer, see O(interactive.openstack.dialogue_answer#module:answer).
        type: raw
      answers:
        description: The answers to a question that takes several, see O(interactive.openstack.dialogue_answer#module:answers).
        type: list
        elements: raw
      status:
        description: V(declined) tells the workflow that nobody will answer, see O(interactive.openstack.dialogue_answer#module:status).
        type: str
        choices: [answered, declined]
        default: answered
      answered_by:
        description: Who answers, instead of O(answered_by).
        type: str
      question:
        description: Name of the question to answer, where several are open. Without it, the oldest.
        type: str
      question_id:
        description:
          - The RV(interactive.openstack.dialogue_question#module:question.id) of the question that the answer is for. No other question gets
            it, so that the same list can be given again after a failure.
        type: str
  file:
    description:
      - Path of a file in YAML or JSON, where the task runs, with the same list, or with a dictionary whose key C(answers) has it. Templates in
        it are not evaluated.
    type: path
  answered_by:
    description: Who answers, for the workflows to read. It is not verified. Without it, the name of the cloud's user.
    type: str
  ttl:
    description: Seconds that an answer may lie in its queue unread. Without it, 3600, and 300 if it is a secret.
    type: int
  parallel:
    description: How many are answered at the same time, 1 to 32.
    type: int
    default: 8
  wait_timeout:
    description:
      - Seconds from the start in which an execution that asks nothing yet may still do so. The others do not wait for it. All are looked at
        once more at the end.
    type: int
    default: 600
seealso:
  - module: interactive.openstack.dialogue_answer
  - module: interactive.openstack.mistral_execution_info
"""

EXAMPLES = r"""
- name: Find the executions that wait for somebody
  interactive.openstack.mistral_execution_info:
    cloud: mycloud
    workflow: approve_stack_update
    state: PAUSED
  register: waiting

- name: Approve all of them
  interactive.openstack.dialogue_answer_bulk:
    cloud: mycloud
    answers: >-
      {{ dict(waiting.executions | map(attribute='id') | product(['approved']))
         | dict2items(key_name='execution', value_name='answer') }}
  when: waiting.executions

- name: Answer each as it is written in a file
  interactive.openstack.dialogue_answer_bulk:
    cloud: mycloud
    file: answers.yml
    parallel: 16
  register: answered
  ignore_errors: true

- name: Show one line for each
  ansible.builtin.debug:
    msg: "{{ answered.results | map(attribute='line') }}"

# answers.yml
#
# - execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
#   answer: approved
# - execution: 089a377e-a1df-5098-901a-b7bb2a2ed483
#   question: ask_size
#   answer: 3
# - execution: 5a0c7f0e-2f5c-4b5e-8d0b-6f8c3f8f6a11
#   status: declined
"""

RETURN = r"""
results:
  description: What came of each item, in the order of the list.
  returned: when all items are well-formed and the cloud can be used, also on failure
  type: list
  elements: dict
  contains:
    item:
      description: Number of the item, from 1.
      returned: always
      type: int
      sample: 1
    execution:
      description: Id of the execution.
      returned: always
      type: str
      sample: 089a377e-a1df-5098-901a-b7bb2a2ed483
    status:
      description: V(answered), V(declined), V(expired) for a question whose deadline had passed, or V(failed).
      returned: always
      type: str
      sample: answered
    changed:
      description: Whether anything was changed, or may have been. Not if the question had got this answer before.
      returned: always
      type: bool
      sample: true
    question:
      description: The question's C(name), C(id), and C(text) on one line of up to 200 characters. V(null) if none was found.
      returned: always
      type: dict
      sample: {name: ask_size, id: 5f3ab2f8-40dd-4dd8-a4a1-cb1a0bdeb6ac, text: "How many nodes?"}
    message_ids:
      description: Ids of the posted messages.
      returned: always
      type: list
      elements: str
      sample: []
    resumed:
      description: Whether the execution was paused and has been resumed.
      returned: always
      type: bool
      sample: false
    line:
      description: All this in one line, for people.
      returned: always
      type: str
      sample: "089a377e-a1df-5098-901a-b7bb2a2ed483: answered (ask_size)"
    msg:
      description: Why it was not answered.
      returned: if it was not
      type: str
      sample: "Execution 089a377e-a1df-5098-901a-b7bb2a2ed483 has ended in SUCCESS: nothing waits for an answer."
    error_code:
      description:
        - A word for that, see RV(interactive.openstack.dialogue_answer#module:error_code); V(timeout) if nothing was asked in time; V(not_tried)
          if an item before it, for the same execution, was not answered.
      returned: if it was not
      type: str
      sample: execution_ended
    problems:
      description: All that is wrong with the answer, one sentence each.
      returned: when the answer is not what the question's schema asks for
      type: list
      elements: str
      sample: ["'nodes' has to be at most 50, not 51"]
    http_status:
      description: What the service answered.
      returned: when a service refused
      type: int
      sample: 403
answered:
  description: How many questions have their answer, or were declined.
  returned: as RV(results)
  type: int
  sample: 197
not_answered:
  description: How many of the items failed.
  returned: as RV(results)
  type: int
  sample: 3
requests:
  description: How many requests were sent to the services.
  returned: as RV(results)
  type: int
  sample: 2400
item:
  description: Number of the item that cannot be used.
  returned: when O(answers) or O(file) has one
  type: int
  sample: 7
error_code:
  description: V(not_answered) if at least one item was not answered, V(bad_item) if one cannot be used, or what else went wrong.
  returned: failure
  type: str
  sample: not_answered
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer_bulk import (
    DialogueAnswerBulk,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(DialogueAnswerBulk)


if __name__ == "__main__":
    main()
