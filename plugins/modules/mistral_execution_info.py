#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_execution_info
short_description: Read Mistral executions, with their tasks and failures
description:
  - Returns one execution or a list of them, with input, output and parameters as data.
  - If nothing matches, the list is empty. This is not an error.
  - An administrator gets the executions of all projects.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-mistralclient >= 4.3.0
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
  - interactive.openstack.attributes.info
options:
  id:
    description:
      - Id of an execution. Without it, the module lists executions.
    type: str
  workflow:
    description:
      - Only executions of the workflow with this name.
    type: str
  state:
    description:
      - Only executions in this state.
    type: str
    choices: [RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED]
  limit:
    description:
      - How many executions to return at most, 1 or more. The module returns the newest ones.
        Without it, the module returns all executions, with one request per 1000 executions.
    type: int
  tasks:
    description:
      - Whether to add the tasks of each execution. This takes one more request per execution.
    type: bool
    default: false
  sub_executions:
    description:
      - Whether to add the sub-executions of each execution. This takes one more request per
        execution.
    type: bool
    default: false
  report:
    description:
      - Whether to add the report of each execution and its failed tasks. This takes one more
        request per execution.
    type: bool
    default: false
seealso:
  - module: interactive.openstack.mistral_execution
"""

EXAMPLES = r"""
- name: Read an execution, with its tasks
  interactive.openstack.mistral_execution_info:
    cloud: mycloud
    id: 05a7d483-51ec-48f5-b618-dbd9e1d88f21
    tasks: true
  register: read

- name: Show the states of the tasks
  ansible.builtin.debug:
    msg: "{{ read.executions[0].tasks | items2dict(key_name='name', value_name='state') }}"
  when: read.executions | length > 0

- name: List the executions that are paused
  interactive.openstack.mistral_execution_info:
    cloud: mycloud
    state: PAUSED

- name: Find out why the last three failed
  interactive.openstack.mistral_execution_info:
    cloud: mycloud
    workflow: ask_operator
    state: ERROR
    limit: 3
    report: true
  register: failed

- name: Show the reasons
  ansible.builtin.debug:
    msg: >-
      {{ failed.executions | map(attribute='failed_tasks') | flatten | map(attribute='reason') }}
"""

RETURN = r"""
executions:
  description: The executions, newest first. Empty if there are none.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The execution's id.
      returned: success
      type: str
      sample: 05a7d483-51ec-48f5-b618-dbd9e1d88f21
    workflow_id:
      description: The id of the workflow.
      returned: success
      type: str
      sample: c2441dab-a824-4a79-b44a-48cb466c17f2
    workflow_name:
      description: The name of the workflow.
      returned: success
      type: str
      sample: ask_operator
    workflow_namespace:
      description: The namespace of the workflow.
      returned: success
      type: str
      sample: ""
    description:
      description: The description that the execution was started with.
      returned: success
      type: str
      sample: nightly maintenance
    state:
      description: V(RUNNING), V(PAUSED), V(SUCCESS), V(ERROR), V(CANCELLED), or, for a moment,
        V(IDLE).
      returned: success
      type: str
      sample: SUCCESS
    state_info:
      description: What Mistral says about the state, in its own words.
      returned: success
      type: str
      sample: null
    input:
      description: The input, with the defaults of the workflow, as data.
      returned: success
      type: dict
      sample: {question: "Go on?"}
    output:
      description: The output, as data. Empty before the end.
      returned: success
      type: dict
      sample: {answer: "yes"}
    params:
      description: The parameters of the start, as data. C(env) is the environment.
      returned: success
      type: dict
      sample: {env: {site: north}, namespace: ""}
    published_global:
      description: What the tasks published for all branches.
      returned: if the service says so
      type: dict
      sample: {}
    task_execution_id:
      description: For a sub-execution, the id of the task that started it.
      returned: success
      type: str
      sample: null
    root_execution_id:
      description: For a sub-execution, the id of the topmost execution.
      returned: success
      type: str
      sample: null
    tags:
      description: The tags.
      returned: if the service says so
      type: list
      elements: str
      sample: []
    project_id:
      description: The id of the project.
      returned: success
      type: str
      sample: a8ee025b3ea641539528c5c3df602dd4
    created_at:
      description: When the execution was started, in UTC.
      returned: success
      type: str
      sample: "2026-11-24 08:14:19"
    updated_at:
      description: When the execution last changed, in UTC.
      returned: success
      type: str
      sample: "2026-11-24 08:14:25"
    tasks:
      description: The tasks, as Mistral's API returns them, with C(published) as data.
      returned: with O(tasks=true)
      type: list
      elements: dict
      sample: [{name: ask, state: SUCCESS, published: {answer: "yes"}}]
    sub_executions:
      description: The executions that this execution started, at any depth, in the form of
        RV(executions), without C(output).
      returned: with O(sub_executions=true)
      type: list
      elements: dict
      sample: []
    report:
      description: Mistral's execution report, the tree of tasks, actions and sub-executions, with
        statistics.
      returned: with O(report=true)
      type: dict
      sample:
        root_workflow_execution: {name: ask_operator, state: SUCCESS, task_executions: []}
        statistics: {}
    failed_tasks:
      description: The failed tasks, including those of sub-workflows. Tasks that caused the end
        come first. For each of them, the innermost task comes first.
      returned: with O(report=true)
      type: list
      elements: dict
      contains:
        name:
          description: The task's name.
          returned: success
          type: str
          sample: read_answer
        workflow:
          description: The workflow of the task.
          returned: success
          type: str
          sample: ask_operator
        id:
          description: The task's id.
          returned: success
          type: str
          sample: b137cad9-3a06-47eb-b6b0-d03832cab05f
        reason:
          description: Why the task failed, on one line.
          returned: success
          type: str
          sample: Fail action expected exception
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: unauthorized
"""

from ..module_utils._flows.mistral_execution_info import MistralExecutionInfo
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralExecutionInfo)


if __name__ == "__main__":
    main()
