#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dialogue_question
short_description: Wait until a Mistral execution asks a person something, or ends
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Waits until a workflow execution needs an answer through its Zaqar input queue, or has ended.
  - An execution asks when it is C(PAUSED) before a task, its own or one of a sub-workflow, when it has called the library
    workflow C(interactive.ask), or when a message lies in its output queue while one of its tasks polls the input queue with
    C(zaqar.queue_pop). Of several questions of C(interactive.ask) that are open at once, it is the oldest.
  - Fails at once for an execution that is C(PAUSED) but not before a task, that is, by somebody and not by the workflow.
  - Takes nothing from the queues. The question stays where it is until M(interactive.openstack.dialogue_answer)
    answers it, so whoever asks again sees it again.
  - The queues are those that the execution was started with, read back from Mistral.
  - An execution without sub-workflows that Mistral's own death has left between two tasks is helped on. It is C(RUNNING) then
    with a task that stays C(IDLE), and would be for ever. It is paused and resumed, which does no harm to one that is only slow.
  - After two seconds the wait is woken by pushes where the cloud has a service of type C(messaging-websocket) and
    C(websocket-client) is installed; it looks every 10 seconds then, else every 3 seconds.
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
  - interactive.openstack.attributes.info
attributes:
  check_mode:
    support: full
    details:
      - In check mode it looks once and does not wait.
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
      - Name of the question to wait for. Fails when only others are open.
    type: str
  wait_timeout:
    description: Seconds to wait for a question or the end. The task fails after them.
    type: int
    default: 600
seealso:
  - module: interactive.openstack.dialogue_answer
  - module: interactive.openstack.mistral_execution
"""

EXAMPLES = r"""
- name: Wait for the workflow's question
  interactive.openstack.dialogue_question:
    cloud: mycloud
    execution: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    wait_timeout: 600
  register: asked

- name: Show it
  ansible.builtin.debug:
    msg: "{{ asked.question.text }}"
  when: asked.question
"""

RETURN = r"""
question:
  description: The open question. V(null) when the execution has ended.
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
      description: What tells this question from the next one, for O(interactive.openstack.dialogue_answer#module:question_id).
      type: str
    name:
      description: Name of the question, which answers that are given beforehand call it. Without one of its own, it is the name
        of the task that asks or that waits; empty if several tasks wait for the answers to it.
      type: str
    schema:
      description:
        - JSON Schema of the answer. V(null) if any will do.
      type: dict
    secret:
      description: Whether the answer, or a part of it, is not to be shown (C(writeOnly) in the schema).
      type: bool
    deadline:
      description: When the question expires, as in RFC 3339. V(null) if it does not.
      type: str
    on_expiry:
      description: V(default) if the schema's default is the answer then, else V(decline).
      type: str
    problem:
      description: Why nobody can answer the question, for instance because its schema is none. Empty if all is well.
      type: str
    interaction_id:
      description: Id that the workflow gave the question. V(null) for a plain text.
      type: str
    type:
      description: Type of the message that asks, which the answer repeats. V(null) for a plain text.
      type: str
    text:
      description:
        - What the workflow said since the last answer, safe to show on a terminal.
        - It was written by somebody else. Never use it as a template.
      type: str
    waits_by:
      description: V(pause) when the execution is paused, V(callback) when C(interactive.ask) waits, V(poll) when a task polls
        the input queue.
      type: str
    tasks:
      description: Names of the tasks that wait.
      type: list
      elements: str
    task_ids:
      description: Ids of the tasks that wait, of C(interactive.ask) the id of its execution.
      type: list
      elements: str
    action_execution_id:
      description: With V(callback) the action that waits, which M(interactive.openstack.mistral_action_execution) could complete.
      type: str
    resumes_itself:
      description: Whether a message in the input queue resumes the paused execution, as the role
        P(interactive.openstack.auto_resume#role) arranges it.
      type: bool
    answer_waits:
      description: Whether each task that waits has an unread answer in the input queue already, so that only the resume is missing.
      type: bool
    answers_needed:
      description: How many answers are missing. Tasks of parallel branches that wait at the same time are woken together, so
        each of them needs one. Which task gets which answer is for the workflow to say; if it does not, it is chance.
      type: int
    waiting_answers:
      description: Unread answers in the input queue, at most one for each task that waits.
      type: list
      elements: raw
    messages:
      description: The same as RV(messages).
      type: list
      elements: dict
messages:
  description: The messages in the output queue, the oldest first, with the keys C(id), C(body), C(text), C(age), C(ttl).
  returned: success
  type: list
  elements: dict
  sample: []
messages_of_others:
  description: How many messages about other executions are in the output queue. They are left alone.
  returned: success
  type: int
  sample: 0
execution:
  description: The execution, with parsed input and output.
  returned: success
  type: dict
  sample: {id: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e, state: PAUSED}
failed_tasks:
  description: The failed tasks of an execution that ended in C(ERROR), the innermost first.
  returned: success
  type: list
  elements: dict
  sample: []
output_shown:
  description: The execution's output, all of whose texts are safe to show on a terminal.
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
elapsed:
  description: Seconds waited.
  returned: on timeout
  type: float
  sample: 600.1
error_code:
  description: A word for the kind of failure, for instance V(timeout) or V(not_found).
  returned: failure
  type: str
  sample: timeout
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_question import (
    DialogueQuestion,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(DialogueQuestion)


if __name__ == "__main__":
    main()
