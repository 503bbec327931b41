#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dialogue_start
short_description: Start a Mistral workflow that asks questions
description:
  - Uploads a workflow, or takes one that Mistral has, creates the queues of its dialogue, and
    starts an execution.
  - Reads from the definitions what will be asked, in everything that the workflow can call. These
    are other workflows of the same definition, workflows in Mistral, and members of its workbook.
  - Uploads the library workflow C(interactive.ask) if it may be called, and C(interactive.resume)
    with O(auto_resume), unless Mistral has them in this version or a newer one.
  - Starts nothing if a question can never be answered, or if O(answers) names one that is never
    asked.
  - Starts nothing either if a task only looks as if it asked. Mistral ignores C(pause-before) on a
    task with C(join), and no task waits for an answer after the engine command C(pause).
  - If the start fails or is interrupted, the module removes what it has created for this dialogue.
    Queues that the task names stay. If nobody knows whether the execution has begun, it removes
    nothing and says what is left.
  - With an O(execution) that exists already, it returns that execution as it was started. With
    O(auto_resume), it lets answers resume it from then on.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - jsonschema >= 4.18.0, for questions with a schema
  - python-mistralclient >= 4.3.0
  - python-zaqarclient >= 4.0.0
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - Mistral validates the definition. Nothing is stored and nothing is started.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - Only with an O(execution). Otherwise, each run starts another dialogue.
options:
  definition:
    description:
      - The workflow, and others that it calls, as YAML text or as a dictionary.
      - Without O(namespace), it is stored for this execution only, in a namespace of its own.
    type: raw
  file:
    description:
      - Path to a file with the definition, on the controller. A relative path is looked for from
        the folder in which Ansible was called, beside the playbook, and among the samples of this
        collection.
    type: path
  workflow:
    description:
      - Name of the workflow to start. Needed if O(definition) or O(file) holds several.
      - Without O(definition) and O(file), the name or id of a workflow that Mistral has.
    type: str
    default: ""
  namespace:
    description:
      - The namespace in which the workflow is stored, or is already.
    type: str
  execution:
    description:
      - Id of the execution, a UUID. Without it, the module makes one.
    type: str
  input:
    description:
      - Input of the workflow. If the workflow declares C(input_queue) and C(output_queue), it gets
        the names of the queues.
    type: dict
    default: {}
  env:
    description:
      - Environment of the execution, as a dictionary, or the name of an environment that Mistral
        stores.
    type: raw
  params:
    description:
      - Further parameters of the execution, such as C(task_name) for a workflow of type C(reverse).
      - O(env) takes precedence over C(env) among them.
    type: dict
    default: {}
  input_queue:
    description:
      - The queue that takes the answers. By default, it is one of the dialogue's own if the
        workflow declares C(input_queue) or calls C(interactive.ask), otherwise C(workflow-input).
    type: str
    default: ""
  output_queue:
    description:
      - The queue that takes the questions. By default, it is one of the dialogue's own if the
        workflow declares C(output_queue) or calls C(interactive.ask), otherwise C(workflow-output).
    type: str
    default: ""
  shared_output_queue:
    description:
      - Whether other dialogues use the output queue as well. Only messages that name the execution
        then belong to it.
    type: bool
    default: false
  answers:
    description:
      - The names of the questions, or of fields of their forms, for which answers are prepared. The
        answers themselves are not needed here.
    type: list
    elements: str
    default: []
  auto_resume:
    description:
      - Whether an answer in the input queue reaches the workflow without anybody's help, as the
        role P(interactive.openstack.auto_resume#role) does it.
    type: bool
    default: false
  safety_net:
    description:
      - When Mistral looks for answers whose notification was lost, as a cron pattern. Empty for
        never. Only with O(auto_resume).
    type: str
    default: "*/5 * * * *"
  subscription_ttl:
    description:
      - Seconds for which answers are delivered. Only with O(auto_resume).
    type: int
    default: 1209600
  library:
    description:
      - The definitions of the library workflows, by their names. By default, those of this
        collection.
    type: dict
    default: {}
seealso:
  - module: interactive.openstack.dialogue_question
  - module: interactive.openstack.dialogue_answer
  - module: interactive.openstack.mistral_workflow
  - module: interactive.openstack.mistral_execution
"""

EXAMPLES = r"""
- name: Start a workflow of this collection that asks by a pause
  interactive.openstack.dialogue_start:
    cloud: mycloud
    file: ask_with_pause.yaml
  register: dialogue

- name: Wait for its question
  interactive.openstack.dialogue_question:
    cloud: mycloud
    execution: "{{ dialogue.execution_id }}"
  register: asked

- name: Start a workflow that Mistral has, whose answers need nobody to deliver them
  interactive.openstack.dialogue_start:
    cloud: mycloud
    workflow: approve_deployment
    input:
      stack: overcloud
    auto_resume: true
"""

RETURN = r"""
execution_id:
  description: Id of the execution.
  returned: success
  type: str
  sample: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
execution:
  description: The execution, as M(interactive.openstack.mistral_execution) returns it.
  returned: success
  type: dict
workflow:
  description: Name of the workflow that was started.
  returned: success
  type: str
  sample: ask_with_pause
questions:
  description:
    - What the workflow will ask, as far as its definitions show it, in their order.
    - See P(interactive.openstack.workflow_questions#filter) for the keys.
  returned: success
  type: list
  elements: dict
secret:
  description: Whether an answer, or a part of one, will be a secret.
  returned: success
  type: bool
input_queue:
  description: The queue that takes the answers.
  returned: success
  type: str
  sample: dialogue-1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e-input
output_queue:
  description: The queue that takes the questions.
  returned: success
  type: str
  sample: dialogue-1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e-output
created:
  description: What the dialogue has created, and whoever ends it removes.
  returned: success
  type: dict
  contains:
    queues:
      description: Names of the queues.
      type: list
      elements: str
    namespace:
      description: The namespace of the workflows. Empty if there are none.
      type: str
    workflows:
      description: Names of the workflows.
      type: list
      elements: str
    execution:
      description: Whether the execution was started by the dialogue.
      type: bool
    auto_resume:
      description: Whether answers reach the workflow without anybody's help.
      type: bool
"""

from ..module_utils._flows.dialogue_start import DialogueStart
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(DialogueStart)


if __name__ == "__main__":
    main()
