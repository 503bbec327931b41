#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_execution
short_description: Start, pause, resume, cancel or delete a Mistral execution, and wait for its
  states
description:
  - Starts an execution of a workflow, or changes the state of one, and waits for any of a set of
    states if asked to.
  - A wait ends at once when the execution ends in a state that was not waited for. The message then
    names the failed task and its reason.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-mistralclient >= 4.3.0
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.wait
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is started, changed or waited for. RV(execution) is what it would be right after the
        change.
      - Whether the workflow is there and takes the input shows only at a real start.
  diff_mode:
    support: full
    details:
      - The state before and after the change, not after the wait.
  idempotent:
    support: partial
    details:
      - O(state=started) is with an O(id), and starts another execution at each run without.
      - O(state=resumed) is not. It waits for the next pause.
      - All others are.
options:
  state:
    description:
      - V(started) starts an execution of O(workflow), unless there is one with this O(id) already.
      - V(paused) pauses a running one. A paused one is left alone, one that has ended is an error.
      - V(resumed) waits until the execution is paused, for O(wait_timeout) at most, and resumes it.
        Mistral takes a resume of a running execution for done and would stay in the pause that
        comes later. An execution that has ended is an error.
      - V(cancelled) cancels an execution that has not ended.
      - V(absent) deletes an execution with all that Mistral stores about it, and the locks of its
        answers that runs which were killed have left (environments named
        C(interactive.answer.ID.0), C(interactive.resume.ID...)).
    type: str
    choices: [started, paused, resumed, cancelled, absent]
    default: started
  id:
    description:
      - The execution's id. Required unless O(state=started).
      - With O(state=started), the id to give to the execution, a UUID made before. If there is an
        execution with this id, it is returned instead, which makes a start that is repeated safe.
        One of another workflow is an error, one with other input gives a warning.
    type: str
  workflow:
    description:
      - Name or id of the workflow to start. Required with O(state=started).
    type: str
  namespace:
    description:
      - The namespace of the workflow.
    type: str
    default: ""
  input:
    description:
      - The input of the workflow.
    type: dict
  env:
    description:
      - The environment, for C(env()) in expressions of the workflow.
      - With O(state=resumed), it is merged into the environment that the execution has.
    type: dict
  params:
    description:
      - Further parameters of the start, for instance C(task_name) of a reverse workflow.
    type: dict
  description:
    description:
      - A description of the execution.
    type: str
  wait_for:
    description:
      - States to wait for after the change. The task returns at the first of them.
      - The task fails at once if the execution ends in another one, and after O(wait_timeout).
      - The default is not to wait. Not used with O(state=absent).
    type: list
    elements: str
    choices: [RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED]
    default: []
  force:
    description:
      - With O(state=absent), whether to delete an execution that has not ended, too.
    type: bool
    default: false
seealso:
  - module: interactive.openstack.mistral_execution_info
  - module: interactive.openstack.mistral_workflow
  - module: interactive.openstack.zaqar_wait
"""

EXAMPLES = r"""
- name: Start a workflow and wait for its end
  interactive.openstack.mistral_execution:
    cloud: mycloud
    workflow: greet
    input:
      name: world
    wait_for: [SUCCESS]
  register: greeted

- name: Show its output
  ansible.builtin.debug:
    msg: "{{ greeted.execution.output.greeting }}"

- name: Start a workflow that pauses for an answer, once only, even if this task is repeated
  interactive.openstack.mistral_execution:
    cloud: mycloud
    id: "{{ 'maintenance of 2026-11-24' | ansible.builtin.to_uuid }}"
    workflow: ask_operator
    env:
      site: north
    wait_for: [PAUSED, SUCCESS]
    wait_timeout: 120
  register: asked

- name: Resume it after the answer was posted, and wait for what comes next
  interactive.openstack.mistral_execution:
    cloud: mycloud
    id: "{{ asked.execution.id }}"
    state: resumed
    wait_for: [PAUSED, SUCCESS]

- name: Cancel it
  interactive.openstack.mistral_execution:
    cloud: mycloud
    id: "{{ asked.execution.id }}"
    state: cancelled

- name: Delete it
  interactive.openstack.mistral_execution:
    cloud: mycloud
    id: "{{ asked.execution.id }}"
    state: absent
"""

RETURN = r"""
execution:
  description:
    - The execution after the change and the wait.
    - With O(state=absent), as it was before it was deleted. Not returned if there was none.
    - After a failed wait, as it was at last.
  returned: if it exists
  type: dict
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
      description: The input, with the workflow's defaults, as data.
      returned: success
      type: dict
      sample: {question: "Go on?"}
    output:
      description: The output as data. Empty before the end.
      returned: success
      type: dict
      sample: {answer: "yes"}
    params:
      description: The parameters of the start as data, the environment in C(env) among them.
      returned: success
      type: dict
      sample: {env: {site: north}, namespace: ""}
    published_global:
      description: What the tasks published for all branches.
      returned: if the service says so
      type: dict
      sample: {}
    task_execution_id:
      description: Of a sub-execution, the id of the task that started it.
      returned: success
      type: str
      sample: null
    root_execution_id:
      description: Of a sub-execution, the id of the execution at the top.
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
elapsed:
  description: Seconds that the task waited, its requests included.
  returned: with O(wait_for), and when a wait fails
  type: float
  sample: 2.417
failed_tasks:
  description: The failed tasks, those that caused the end first and of each the innermost first,
    sub-workflows included.
  returned: when the execution has ended and that is a failure
  type: list
  elements: dict
  contains:
    name:
      description: The task's name.
      returned: success
      type: str
      sample: read_answer
    workflow:
      description: The workflow that the task is of.
      returned: success
      type: str
      sample: ask_operator
    id:
      description: The task's id.
      returned: success
      type: str
      sample: b137cad9-3a06-47eb-b6b0-d03832cab05f
    reason:
      description: Why it failed, on one line.
      returned: success
      type: str
      sample: Fail action expected exception
tasks:
  description: The tasks of the execution, when a wait fails.
  returned: when a wait fails
  type: list
  elements: dict
  contains:
    id:
      description: The task's id.
      returned: success
      type: str
      sample: 33e81690-3ead-4054-8614-791f673517fe
    name:
      description: The task's name.
      returned: success
      type: str
      sample: read_answer
    type:
      description: V(ACTION) or V(WORKFLOW).
      returned: success
      type: str
      sample: ACTION
    state:
      description: The task's state.
      returned: success
      type: str
      sample: RUNNING
    state_info:
      description: What Mistral says about the state.
      returned: success
      type: str
      sample: null
    workflow_name:
      description: The workflow that the task is of.
      returned: success
      type: str
      sample: ask_operator
    started_at:
      description: When it started, in UTC.
      returned: success
      type: str
      sample: "2026-11-24 08:14:19"
    finished_at:
      description: When it ended, in UTC.
      returned: success
      type: str
      sample: null
error_code:
  description:
    - The kind of failure, as a stable word for conditions in playbooks.
    - V(timeout) and V(execution_ended) come from waits, V(not_found), V(conflict) and V(not_ended)
      from the change.
  returned: failure
  type: str
  sample: execution_ended
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_execution import (
    MistralExecution,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralExecution)


if __name__ == "__main__":
    main()
