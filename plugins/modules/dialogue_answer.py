#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dialogue_answer
short_description: Answer the open question of a Mistral execution and wake it
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Waits until the execution asks (see M(interactive.openstack.dialogue_question)), posts the answer to its Zaqar input
    queue, removes the question from the output queue, then resumes the execution if it is paused. Always in this order. An
    execution that resumes by itself (role P(interactive.openstack.auto_resume#role)) is left to do so.
  - The answer to C(interactive.ask) goes straight to the task that waits, and no queue has a part in it.
  - The question's messages are claimed first, so that of all who answer at once one succeeds and the others get
    V(answered_meanwhile) as RV(error_code). Where there are none, as somebody has popped them, they have expired or the workflow posts
    none, a Mistral environment is created and deleted for that, as its name can exist only once.
  - When an unread answer already lies in the input queue, because a playbook died between post and resume, it is not posted
    again and the execution is resumed. Another answer than that one is refused.
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode it looks once for the question and does not wait.
  diff_mode:
    support: none
    details:
      - An answer replaces nothing.
  idempotent:
    support: none
    details:
      - Every call answers one more question.
requirements:
  - jsonschema >= 4.18.0, for questions with a schema
  - python-mistralclient >= 4.3.0
  - python-zaqarclient >= 4.0.0
options:
  execution:
    description: Id of the execution.
    type: str
    required: true
  answer:
    description:
      - The answer, of any JSON type but V(null). An empty string is refused.
      - Of a question with a schema, the answer must satisfy it. Texts are read as what the schema asks for, so V("3") will do for
        an integer, V("yes") for a boolean, and V("a, b") for a list. All that is wrong is told at once, and nothing is posted then.
      - Of a question with an id, the workflow is told in a message who answered and when. To a plain one, the answer is posted as
        it is.
      - Without this and O(answers), only an answer that lies in the input queue already is delivered.
    type: raw
  answers:
    description:
      - The answers to a question that takes several, see
        RV(interactive.openstack.dialogue_question#module:question.answers_needed). They are posted together. With fewer, the
        execution stays paused until the others are there.
      - For one answer, a list of one. In a list a template keeps the type of its value with every ansible-core, and V(null)
        can be given. An empty list is the same as none.
    type: list
    elements: raw
  status:
    description:
      - V(declined) tells the workflow that nobody will answer. It is for questions of C(interactive.ask), and for others with an
        id; a plain text cannot be declined.
    type: str
    choices: [answered, declined]
    default: answered
  answered_by:
    description: Who answers, for the workflow to read. It is not verified. Without it, the name of the cloud's user.
    type: str
  question:
    description: Name of the question to answer, where several are open. Without it, the oldest.
    type: str
  question_id:
    description:
      - The RV(interactive.openstack.dialogue_question#module:question.id) of the question that the answer is for.
      - With it the task fails rather than answer another question, because somebody else was faster.
      - A pause counts as the same question as long as its tasks wait, also if a message of it was popped or has expired.
    type: str
  ttl:
    description: Seconds that the answer may lie in the queue unread. Without it, 3600, and 300 if it is a secret.
    type: int
  wait_timeout:
    description: Seconds to wait for the question.
    type: int
    default: 600
notes:
  - At C(-vvv), Ansible shows the options of a task. Give an answer that is a secret with C(no_log=true).
seealso:
  - module: interactive.openstack.dialogue_question
"""

EXAMPLES = r"""
- name: Approve
  interactive.openstack.dialogue_answer:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    answer: approved

- name: Hand a secret over
  interactive.openstack.dialogue_answer:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    answer: "{{ password }}"
  no_log: true
"""

RETURN = r"""
status:
  description: V(ANSWERED) or V(DECLINED); V(EXPIRED) for a question whose deadline had passed.
  returned: success
  type: str
  sample: ANSWERED
problems:
  description: All that is wrong with the answer, one sentence each.
  returned: when the answer is not what the question's schema asks for
  type: list
  elements: str
  sample: ["'nodes' has to be at most 50, not 51"]
question:
  description: The question that was answered, as M(interactive.openstack.dialogue_question) returns it.
  returned: success
  type: dict
  sample: {text: "Go on?", waits_by: pause}
message_ids:
  description: Ids of the posted messages. Empty when an answer was waiting already.
  returned: success
  type: list
  elements: str
  sample: [0f3f4a7e-4c0c-4ea6-8c4a-30b15fc8d1a2]
resumed:
  description: Whether the execution was paused and has been resumed. Not while tasks wait that have no answer yet.
  returned: success
  type: bool
  sample: true
execution:
  description: The execution as it was when it asked.
  returned: success
  type: dict
  sample: {id: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e, state: PAUSED}
input_queue:
  description: Name of the queue that the workflow reads answers from.
  returned: success
  type: str
  sample: workflow-input
output_queue:
  description: Name of the queue that the workflow posts questions to.
  returned: success
  type: str
  sample: workflow-output
secret:
  description:
    - Whether the execution has asked for a secret (C(writeOnly) in a schema), as far as is known. What it returns can hold that then.
  returned: success
  type: bool
  sample: false
shared_output_queue:
  description: Whether the dialogue was started in an output queue that others use as well, where only what names the execution counts.
  returned: success
  type: bool
  sample: false
created:
  description: What the role P(interactive.openstack.interactive_workflow#role) created for this dialogue alone.
  returned: success
  type: dict
  sample: {}
error_code:
  description: A word for the kind of failure, for instance V(execution_ended), V(answered_meanwhile), V(answer_waits),
    V(empty_answer), V(invalid_answer), V(bad_schema), V(cannot_decline), V(expired), V(withdrawn) or V(not_asked).
  returned: failure
  type: str
  sample: ended
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer import (
    DialogueAnswer,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(DialogueAnswer)


if __name__ == "__main__":
    main()
