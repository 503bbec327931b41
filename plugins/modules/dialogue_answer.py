#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dialogue_answer
short_description: Answer the open question of a Mistral execution
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Waits for the question as M(interactive.openstack.dialogue_question) does. Then posts the answer
    to the Zaqar input queue of the execution, removes the question from the output queue, and
    resumes the execution if it is paused. The order is always the same.
  - If the role P(interactive.openstack.auto_resume#role) resumes the execution, this module leaves
    the resume to the role.
  - The answer to a question of C(interactive.ask) goes straight to the task that waits, without a
    queue.
  - If several people answer at the same time, one of them succeeds and the others get
    RV(error_code=answered_meanwhile). For that, the module first claims the messages of the
    question. A question can have no messages, because somebody popped them, because they expired,
    or because the workflow posted none. In this case, and for a question of C(interactive.ask), the
    module creates and deletes a Mistral environment instead, because its name can exist only once.
  - If an unread answer is already in the input queue, because a playbook ended between the post and
    the resume, the module does not post it again and resumes the execution. It refuses a different
    answer.
  - If such an answer is to be delivered by the role P(interactive.openstack.auto_resume#role), the
    module starts an execution of C(interactive.resume), which delivers it, and waits for that.
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.wait
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode it looks once, does not wait and changes nothing.
  diff_mode:
    support: none
    details:
      - An answer does not replace anything.
  idempotent:
    support: none
    details:
      - Every call answers the next question.
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
      - The answer, of any JSON type except V(null). An empty string is refused.
      - The answer to a question with a schema must satisfy the schema. A text is converted to the
        type that the schema requires, so V("3") is valid for an integer, V("yes") for a boolean,
        and V("a, b") for a list. If the answer is not valid, the error lists everything that is
        wrong, and nothing is posted.
      - A question with an id gets a message that also names who answered and when. A plain question
        gets the answer itself.
      - Without this option and O(answers), the module delivers only an answer that is already in
        the input queue.
    type: raw
  answers:
    description:
      - The answers to a question that takes several, see
        RV(interactive.openstack.dialogue_question#module:question.answers_needed). They are posted
        together. If there are fewer, the execution stays paused until the missing answers arrive.
      - To give a single answer, use a list with one item. In a list, the value of a template keeps
        its type with every ansible-core, and V(null) is allowed. An empty list means no answer.
    type: list
    elements: raw
  status:
    description:
      - V(declined) tells the workflow that nobody will answer. Only a question of
        C(interactive.ask) or another question with an id can be declined, a plain question cannot.
    type: str
    choices: [answered, declined]
    default: answered
  answered_by:
    description: Who answers. The workflow can read this name. It is not verified. The default is
      the name of the cloud's user.
    type: str
  question:
    description: Name of the question to answer if several questions are open. Without it, the
      module answers the oldest question.
    type: str
  question_id:
    description:
      - The RV(interactive.openstack.dialogue_question#module:question.id) of the question that the
        answer is for.
      - If somebody else has answered this question, the task fails instead of answering another
        question. The execution must have this question, otherwise the task fails with
        RV(error_code=no_question).
      - The question of a pause stays the same question as long as its tasks wait, even if one of
        its messages was popped or has expired.
    type: str
  ttl:
    description: Seconds that the unread answer stays in the queue. The default is 3600, and 300 if
      the answer is a secret.
    type: int
notes:
  - At C(-vvv), Ansible shows the options of a task. Set C(no_log=true) if the answer is a secret.
seealso:
  - module: interactive.openstack.dialogue_question
"""

EXAMPLES = r"""
- name: Approve
  interactive.openstack.dialogue_answer:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    answer: approved

- name: Deliver a secret
  interactive.openstack.dialogue_answer:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    answer: "{{ password }}"
  no_log: true
"""

RETURN = r"""
status:
  description: V(ANSWERED) or V(DECLINED), or V(EXPIRED) if the deadline of the question has passed.
  returned: success
  type: str
  sample: ANSWERED
problems:
  description: Everything that is wrong with the answer, in one sentence per error.
  returned: when the answer does not satisfy the schema
  type: list
  elements: str
  sample: ["'nodes' has to be at most 50, not 51"]
question:
  description: The answered question, as M(interactive.openstack.dialogue_question) returns it.
  returned: success
  type: dict
  sample: {text: "Go on?", waits_by: pause}
message_ids:
  description: Ids of the posted messages. Empty if the answer was in the queue already.
  returned: success
  type: list
  elements: str
  sample: [0f3f4a7e-4c0c-4ea6-8c4a-30b15fc8d1a2]
resumed:
  description: Whether the module resumed the paused execution. V(false) as long as a waiting task
    has no answer.
  returned: success
  type: bool
  sample: true
execution:
  description: The execution as it was when it asked the question.
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
    - Whether the execution is known to have asked for a secret (C(writeOnly) in a schema). If so,
      its output can contain the secret.
  returned: success
  type: bool
  sample: false
shared_output_queue:
  description: Whether the output queue of the dialogue is shared with others. In a shared queue,
    only the messages that name the execution count.
  returned: success
  type: bool
  sample: false
created:
  description: What the role P(interactive.openstack.interactive_workflow#role) created for this
    dialogue alone.
  returned: success
  type: dict
  sample: {}
elapsed:
  description: Seconds that the module waited.
  returned: on timeout
  type: float
  sample: 600.1
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks, for instance
    V(execution_ended), V(answered_meanwhile), V(answer_waits), V(empty_answer), V(invalid_answer),
    V(bad_schema), V(cannot_decline), V(expired), V(withdrawn), V(not_asked), V(no_question),
    V(other_execution) or V(timeout).
  returned: failure
  type: str
  sample: execution_ended
"""

from ..module_utils._flows.dialogue_answer import DialogueAnswer
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(DialogueAnswer)


if __name__ == "__main__":
    main()
