#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dialogue_question
short_description: Wait until a Mistral execution asks a person a question, or ends
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Waits until a workflow execution asks a question, or has ended.
  - An execution asks a question in three ways. It is C(PAUSED) before a task of its own or of a
    sub-workflow. Or it has called the library workflow C(interactive.ask). Or one of its tasks
    polls the input queue with C(zaqar.queue_pop), and a message is in its output queue. If several
    questions of C(interactive.ask) are open, the module returns the oldest one.
  - Fails if the execution is C(PAUSED) for 20 seconds, and not before a task. Somebody has paused
    it then, not the workflow, or the task before which it is paused has timed out.
  - Takes nothing from the queues. The question stays open until
    M(interactive.openstack.dialogue_answer) answers it, so every further call returns it again.
  - Reads from Mistral which queues the execution was started with.
  - Changes nothing, also where something seems to be stuck. To recover an execution that Mistral
    has left behind, use M(interactive.openstack.mistral_execution).
  - If an answer lies unread in the input queue and the role
    P(interactive.openstack.auto_resume#role) does not deliver it within ten seconds, its
    notification may have been lost. The module then returns the question with
    RV(question.answer_waits), and M(interactive.openstack.dialogue_answer) delivers that answer.
  - While a task of a paused execution is about to start, the module waits for up to a minute, as it
    may ask something as well.
  - After two seconds, the service wakes the wait with pushes if the cloud has a service of type
    C(messaging-websocket) and C(websocket-client) is installed. The module then looks every 10
    seconds, otherwise every 3 seconds.
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.wait
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode it looks once and does not wait.
  diff_mode:
    support: none
    details:
      - It changes nothing.
  idempotent:
    support: full
requirements:
  - jsonschema >= 4.18.0, for questions with a schema
  - python-mistralclient >= 4.3.0
  - python-zaqarclient >= 4.0.0
options:
  execution:
    description: Id of the execution.
    type: str
    required: true
  question:
    description:
      - Name of the question to wait for. The task fails if only other questions are open.
    type: str
seealso:
  - module: interactive.openstack.dialogue_answer
  - module: interactive.openstack.mistral_execution
"""

EXAMPLES = r"""
- name: Wait for the workflow's question
  interactive.openstack.dialogue_question:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    wait_timeout: 3600
  register: asked

- name: Show it
  ansible.builtin.debug:
    msg: "{{ asked.question.text }}"
  when: asked.question is not none
"""

RETURN = r"""
question:
  description: The open question. V(null) if the execution has ended.
  returned: success
  type: dict
  sample:
    text: Send some input to 'workflow-input'
    waits_by: pause
    tasks: [read_user_input]
    answer_waits: false
    answers_needed: 1
    waiting_answers: []
    id: 0f3f4a7e-4c0c-4ea6-8c4a-30b15fc8d1a2
    messages: []
  contains:
    id:
      description: What distinguishes this question from the next one, for
        O(interactive.openstack.dialogue_answer#module:question_id).
      type: str
    name:
      description: Name of the question, by which variables and lists give its answer. Without a
        name of its own, it is the name of the task that asks or that waits. Empty if several tasks
        wait for the answers.
      type: str
    schema:
      description:
        - JSON Schema of the answer. V(null) if the question takes any answer.
      type: dict
    secret:
      description: Whether the answer or a part of it is a secret (C(writeOnly) in the schema).
      type: bool
    deadline:
      description: When the question expires, in the format of RFC 3339. V(null) if it does not
        expire.
      type: str
    on_expiry:
      description: V(default) if the default of the schema becomes the answer when the question
        expires, V(decline) otherwise.
      type: str
    problem:
      description: Why nobody can answer the question, for instance because its schema is not valid.
        Empty if the question can be answered.
      type: str
    interaction_id:
      description: The id that the workflow gave the question. V(null) for a plain question.
      type: str
    type:
      description: Type of the message that asks. The answer repeats it. V(null) for a plain
        question.
      type: str
    text:
      description:
        - What the workflow has posted since the last answer, as display text, which is safe to show
          on a terminal.
        - Somebody else wrote this text. Never use it as a template.
      type: str
    waits_by:
      description: V(pause) if the execution is paused, V(callback) if C(interactive.ask) waits,
        V(poll) if a task polls the input queue.
      type: str
    tasks:
      description: Names of the tasks that wait.
      type: list
      elements: str
    task_ids:
      description: Ids of the tasks that wait. For C(interactive.ask), the id of its execution.
      type: list
      elements: str
    action_execution_id:
      description: With V(callback), the id of the action that waits.
        M(interactive.openstack.mistral_action_execution) can complete this action.
      type: str
    resumes_itself:
      description: Whether a message in the input queue resumes the paused execution. The role
        P(interactive.openstack.auto_resume#role) sets this up.
      type: bool
    answer_waits:
      description: Whether the input queue contains an unread answer for each task that waits, so
        that only the resume is missing.
      type: bool
    answers_needed:
      description: How many answers are missing. Tasks of parallel branches that wait at the same
        time are resumed together, so each of them needs an answer. The workflow decides which task
        gets which answer. If it does not decide, the assignment is random.
      type: int
    waiting_answers:
      description: Unread answers in the input queue, at most one for each task that waits. Empty if
        they are secret.
      type: list
      elements: raw
    messages:
      description: The same as RV(messages).
      type: list
      elements: dict
messages:
  description: The messages in the output queue, oldest first, with the keys C(id), C(body),
    C(text), C(age) and C(ttl).
  returned: success
  type: list
  elements: dict
  sample: []
messages_of_others:
  description: How many messages in the output queue are about other executions. The module ignores
    these messages.
  returned: success
  type: int
  sample: 0
execution:
  description: The execution, with its input and output as data.
  returned: success
  type: dict
  sample: {id: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e, state: PAUSED}
failed_tasks:
  description: The failed tasks of an execution that ended in C(ERROR), the causes first.
  returned: success
  type: list
  elements: dict
  sample: []
output_shown:
  description: The output of the execution. All texts in it are display texts, which are safe to
    show on a terminal.
  returned: success
  type: dict
  sample: {}
cause:
  description: Why the execution ended in C(ERROR), on one line. Empty if it did not.
  returned: success
  type: str
  sample: "task 'give_up' failed: as you wished"
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
    V(timeout) or V(not_found).
  returned: failure
  type: str
  sample: timeout
"""

from ..module_utils._flows.dialogue_question import DialogueQuestion
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(DialogueQuestion)


if __name__ == "__main__":
    main()
