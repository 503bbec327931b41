# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dialogue_collect
short_description: Collect the answer to a workflow's question from variables or from the person at the terminal
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Takes what was given beforehand for a question that M(interactive.openstack.dialogue_question) returned, and asks at the
    terminal for what is missing, with M(ansible.builtin.pause), one prompt for each field of the question's schema. What is
    typed wrong is asked for again.
  - Without a terminal nothing is asked. Then RV(problem) says all that is wrong or missing.
  - Hands nothing over. That is for M(interactive.openstack.dialogue_answer).
  - The text of the question is shown as it is and never used as a template.
extends_documentation_fragment:
  - interactive.openstack.attributes
  - interactive.openstack.attributes.info
attributes:
  action_group:
    support: none
    membership: []
  action:
    description: Runs on the controller as an action plugin, whatever the host of the task.
    support: full
requirements:
  - jsonschema >= 4.18.0, on the controller
options:
  question:
    description: The question, RV(interactive.openstack.dialogue_question#module:question).
    type: dict
    required: true
  answers:
    description:
      - A list of answers, of which as many are taken as the question needs; or a dictionary of answers by the names of questions, or
        of the fields of their schemas.
      - What is not in it is taken from variables, if there are such - C(answer_QUESTION), or C(answer_QUESTION_FIELD) for a field, with an
        underscore for each character that no name of a variable can hold.
    type: raw
  default_answer:
    description: What an empty answer to a plain question stands for. Without it an empty answer is refused.
    type: raw
  decline:
    description: Whether to decline the question instead of answering it.
    type: bool
    default: false
  execution:
    description: Id of the execution, for the sentence that tells how to answer later.
    type: str
    default: ''
  go_on:
    description: The command that answers the question from elsewhere, for the same sentence and for the prompt.
    type: str
    default: ''
  hide:
    description: Whether RV(problem) leaves out the question and the values.
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

- name: Hand the answer over
  interactive.openstack.dialogue_answer:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    question_id: "{{ asked.question.id }}"
    answers: "{{ collected.answers }}"
    status: "{{ 'declined' if collected.status == 'DECLINED' else 'answered' }}"
  no_log: "{{ asked.question.secret }}"
  when: not collected.problem
"""

RETURN = r"""
answers:
  description: The answers, for O(interactive.openstack.dialogue_answer#module:answers).
  returned: always
  type: list
  elements: raw
  sample: [{nodes: 3}]
shown:
  description: The answers that were given beforehand or taken field by field, as lines that may be shown; of secrets only asterisks.
  returned: always
  type: list
  elements: str
  sample: ["> Nodes: 3"]
status:
  description: V(ANSWERED), V(DECLINED) if the person declined, V(EXPIRED) if the question's deadline has passed.
  returned: always
  type: str
  sample: ANSWERED
problem:
  description: Why there is no answer, in one sentence. Empty if there is one.
  returned: always
  type: str
  sample: ''
"""
