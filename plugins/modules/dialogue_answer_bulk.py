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
  - Does for each item of a list what M(interactive.openstack.dialogue_answer) does, several items
    at a time, with one login.
  - Checks all items first. If one of them is not valid, nothing is sent.
  - Then tries all items, whatever the outcome of each. RV(results) contains the outcome of each
    item. If a question was not answered, the task fails after the last item, with the same results.
  - Answers the items for the same execution in their order, each with the next question. If one of
    them is not answered, the items after it are skipped, so that no question gets the answer to
    another question. Items with O(answers[].question_id), or with another O(answers[].question),
    are not skipped.
  - If the task is interrupted, it finishes the items that it has begun and begins no others.
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.wait
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode it looks once for each question, does not wait and changes nothing. If there
        are several items for the same execution, it looks for the question of the first item only.
  diff_mode:
    support: none
    details:
      - An answer does not replace anything.
  idempotent:
    support: partial
    details:
      - An item with O(answers[].question_id) changes nothing if the question already has the same
        answer, as long as Mistral keeps that answer. Without O(answers[].question_id), every run
        answers the next question.
requirements:
  - jsonschema >= 4.18.0, for questions with a schema
  - python-mistralclient >= 4.3.0
  - python-zaqarclient >= 4.0.0
  - PyYAML, for O(file)
options:
  answers:
    description:
      - The answers. Exactly one of O(answers) and O(file) is required. No log and no output
        contains the answers.
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
        description: The answers to a question that takes several, see
          O(interactive.openstack.dialogue_answer#module:answers).
        type: list
        elements: raw
      status:
        description: V(declined) tells the workflow that nobody will answer, see
          O(interactive.openstack.dialogue_answer#module:status).
        type: str
        choices: [answered, declined]
        default: answered
      answered_by:
        description: Who answers, instead of O(answered_by).
        type: str
      question:
        description: Name of the question to answer if several questions are open. Without it, the
          module answers the oldest question.
        type: str
      question_id:
        description:
          - The RV(interactive.openstack.dialogue_question#module:question.id) of the question that
            the answer is for. No other question gets the answer, so you can give the same list
            again after a failure.
        type: str
  file:
    description:
      - Path to a YAML or JSON file on the host that runs the task. The file contains the same list,
        or a dictionary whose key C(answers) contains it. Templates in the file are not evaluated.
    type: path
  answered_by:
    description: Who answers. The workflows can read this name. It is not verified. The default is
      the name of the cloud's user.
    type: str
  ttl:
    description: Seconds that an unread answer stays in its queue. The default is 3600, and 300 if
      the answer is a secret.
    type: int
  parallel:
    description: How many items to answer at the same time, 1 to 32.
    type: int
    default: 8
notes:
  - O(wait_timeout) counts from the start of the task, for all items together. An item whose
    execution has not asked yet does not delay the other items. At the end, the module looks once
    more at all executions that have not asked. Their items fail with
    RV(results[].error_code=timeout), and the task with RV(error_code=not_answered).
seealso:
  - module: interactive.openstack.dialogue_answer
  - module: interactive.openstack.mistral_execution_info
"""

EXAMPLES = r"""
- name: List the executions that wait for an answer
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
  when: waiting.executions | length > 0

- name: Answer each question as a file says
  interactive.openstack.dialogue_answer_bulk:
    cloud: mycloud
    file: answers.yml
    parallel: 16
  register: answered
  ignore_errors: true

- name: Show one line for each item
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
  description: The outcome of each item, in the order of the list.
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
      description: V(answered), V(declined), V(expired) if the deadline of the question has passed,
        or V(failed).
      returned: always
      type: str
      sample: answered
    changed:
      description: Whether the module changed something, or may have. V(false) if the question
        already had the same answer.
      returned: always
      type: bool
      sample: true
    question:
      description: The question's C(name), C(id), and C(text) on one line of up to 200 characters.
        V(null) if there is no question.
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
      description: Whether the module resumed the paused execution.
      returned: always
      type: bool
      sample: false
    line:
      description: The outcome on one line, for people.
      returned: always
      type: str
      sample: "089a377e-a1df-5098-901a-b7bb2a2ed483: answered (ask_size)"
    msg:
      description: Why the question was not answered.
      returned: if the question was not answered
      type: str
      sample: >-
        Execution 089a377e-a1df-5098-901a-b7bb2a2ed483 has ended in SUCCESS: nothing waits for an
        answer.
    error_code:
      description:
        - The kind of failure, as a stable word, see
          RV(interactive.openstack.dialogue_answer#module:error_code). V(timeout) means that the
          execution asked nothing in time, V(not_tried) that an item before it, for the same
          execution, was not answered.
      returned: if the question was not answered
      type: str
      sample: execution_ended
    problems:
      description: All that is wrong with the answer, one sentence each.
      returned: when the answer does not satisfy the schema
      type: list
      elements: str
      sample: ["'nodes' has to be at most 50, not 51"]
    http_status:
      description: The HTTP status of the response.
      returned: when a service refused
      type: int
      sample: 403
answered:
  description: How many questions were answered or declined.
  returned: as RV(results)
  type: int
  sample: 197
not_answered:
  description: How many items failed.
  returned: as RV(results)
  type: int
  sample: 3
requests:
  description: How many requests the module sent to the services.
  returned: as RV(results)
  type: int
  sample: 2400
item:
  description: Number of the item that is not valid.
  returned: when an item of O(answers) or O(file) is not valid
  type: int
  sample: 7
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks. V(not_answered) if
    at least one item was not answered, V(bad_item) if an item is not valid.
  returned: failure
  type: str
  sample: not_answered
"""

from ..module_utils._flows.dialogue_answer_bulk import DialogueAnswerBulk
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(DialogueAnswerBulk)


if __name__ == "__main__":
    main()
