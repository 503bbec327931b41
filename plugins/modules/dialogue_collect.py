# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dialogue_collect
short_description: Collect the answer to a workflow's question from variables or from the person at
  the terminal
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Takes the answer to a question that M(interactive.openstack.dialogue_question) returned from
    O(answers) and from variables. Asks the person at the terminal for what is missing, with
    M(ansible.builtin.pause), in one prompt for each field of the question's schema. If the person
    types something that is not valid, asks again.
  - Without a terminal, asks nothing. RV(problem) then lists everything that is wrong or missing.
  - Does not deliver the answer. Use M(interactive.openstack.dialogue_answer) for that.
  - Shows the text of the question as display text and never uses it as a template.
extends_documentation_fragment:
  - interactive.openstack.attributes
  - interactive.openstack.attributes.info
attributes:
  action_group:
    support: none
    membership: []
  action:
    description: Runs on the controller as an action plugin, whatever the host of the task is.
    support: full
requirements:
  - jsonschema >= 4.18.0, on the controller
options:
  question:
    description: The question, as RV(interactive.openstack.dialogue_question#module:question).
    type: dict
    required: true
  answers:
    description:
      - A list of answers, or a dictionary of answers by the names of the questions or of the fields
        of their schemas. From a list, the module takes as many answers as the question needs.
      - If an answer is not in O(answers), the module takes it from the variable C(answer_QUESTION),
        or C(answer_QUESTION_FIELD) for a field. Characters that are not allowed in a variable name
        become underscores.
    type: raw
  default_answer:
    description: The answer to a plain question if the person gives an empty answer. Without this
      option, an empty answer is refused.
    type: raw
  decline:
    description: Whether to decline the question instead of answering it.
    type: bool
    default: false
  execution:
    description: Id of the execution. The module shows it in the message that says how to answer
      later.
    type: str
    default: ''
  go_on:
    description: The command that answers the question later. The module shows it in the same
      message and in the prompt.
    type: str
    default: ''
  hide:
    description: Whether to leave the question and the values out of RV(problem).
    type: bool
    default: false
seealso:
  - module: interactive.openstack.dialogue_question
  - module: interactive.openstack.dialogue_answer
"""

EXAMPLES = r"""
- name: Wait for the question
  interactive.openstack.dialogue_question:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
  register: asked

- name: Ask the person at the terminal
  interactive.openstack.dialogue_collect:
    question: "{{ asked.question }}"
  register: collected
  no_log: "{{ asked.question.secret }}"

- name: Leave the question open if nobody answers
  ansible.builtin.fail:
    msg: "{{ collected.problem }}"
  when: collected.problem | length > 0

- name: Deliver the answer
  interactive.openstack.dialogue_answer:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    question_id: "{{ asked.question.id }}"
    answers: "{{ collected.answers }}"
    status: "{{ 'declined' if collected.status == 'DECLINED' else 'answered' }}"
  no_log: "{{ asked.question.secret }}"
"""

RETURN = r"""
answers:
  description: The answers, for O(interactive.openstack.dialogue_answer#module:answers).
  returned: always
  type: list
  elements: raw
  sample: [{nodes: 3}]
shown:
  description: The answers that were given beforehand or collected field by field, as lines of
    display text. Asterisks replace secrets.
  returned: always
  type: list
  elements: str
  sample: ["> Nodes: 3"]
status:
  description: V(ANSWERED), V(DECLINED) if the person declined, or V(EXPIRED) if the deadline of the
    question has passed.
  returned: always
  type: str
  sample: ANSWERED
problem:
  description: Why there is no answer, and what to do. Empty if there is an answer.
  returned: always
  type: str
  sample: ''
"""
