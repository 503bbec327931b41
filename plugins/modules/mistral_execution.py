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
  - Starts an execution of a workflow, or changes the state of an execution. With O(wait_for), then
    waits until the execution is in one of these states.
  - The wait ends at once if the execution ends in a state that O(wait_for) does not list. The error
    then names the failed task and its reason.
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
      - Nothing is started or changed, and the module does not wait. RV(execution) is the predicted
        execution right after the change.
      - Only a real start shows whether the workflow exists and accepts the input.
      - With O(state=recovered), one look decides whether the execution seems to be left behind.
  diff_mode:
    support: full
    details:
      - Shows the state before and after the change, not after the wait.
  idempotent:
    support: partial
    details:
      - O(state=started) is idempotent with O(id). Without O(id), every run starts another
        execution.
      - O(state=resumed) is not idempotent, because it waits for the next pause.
      - All other states are idempotent.
options:
  state:
    description:
      - V(started) starts an execution of O(workflow), unless an execution with this O(id) exists.
      - V(paused) pauses a running execution. A paused execution is not changed. It is an error if
        the execution has ended.
      - V(resumed) waits until the execution is paused, for at most O(wait_timeout), and resumes it.
        Mistral reports success for the resume of a running execution, but does not skip the pause
        that comes later, so the module waits for the pause. It also waits for up to a minute for
        tasks that are about to start, which a resume would run twice. It is an error if the
        execution has ended.
      - V(recovered) lets an execution go on that Mistral has left behind. If a process of Mistral
        dies between two tasks, an execution can stay C(RUNNING) for ever, with a task that stays
        C(IDLE) or with no task left to run. If nothing in the execution changes for
        O(stalled_for) seconds, the module pauses and resumes it. If the workflow pauses before the
        task that is next, the execution stays paused. An execution with an open sub-workflow is not
        recovered. Recover the sub-workflow by its own id instead.
      - V(cancelled) cancels an execution that has not ended.
      - V(absent) deletes an execution and everything that Mistral stores about it. It also deletes
        the locks that killed runs have left behind (environments named C(interactive.answer.ID.0),
        C(interactive.resume.ID...)).
    type: str
    choices: [started, paused, resumed, recovered, cancelled, absent]
    default: started
  id:
    description:
      - Id of the execution. Required unless O(state=started).
      - With O(state=started), the id for the new execution, a UUID. If an execution with this id
        exists, the module returns that execution, which makes it safe to repeat the start. It is an
        error if that execution is of another workflow. The module warns if its input differs.
    type: str
  workflow:
    description:
      - Name or id of the workflow to start. Required with O(state=started), unless there is an
        execution with this O(id).
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
      - The environment, for V(env(\)) in expressions of the workflow.
      - With O(state=resumed), it is merged into the environment of the execution.
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
      - States to wait for after the change. The task returns when the execution is in one of them.
      - The task fails at once if the execution ends in another state.
      - By default, the module does not wait. Not used with O(state=absent).
    type: list
    elements: str
    choices: [RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED]
    default: []
  stalled_for:
    description:
      - With O(state=recovered), the number of seconds in which nothing must change in the
        execution. The module always waits for so long.
      - Mistral cannot tell an execution that was left behind from one whose next task waits for a
        busy engine. If such an execution is recovered, its task runs twice. So choose more seconds
        than your cloud ever needs to start a task.
    type: int
    default: 300
  force:
    description:
      - With O(state=absent), whether to delete an execution that has not ended.
    type: bool
    default: false
seealso:
  - module: interactive.openstack.mistral_execution_info
  - module: interactive.openstack.mistral_workflow
  - module: interactive.openstack.zaqar_wait
"""

EXAMPLES = r"""
- name: Wait for the end of an execution that somebody else started
  interactive.openstack.mistral_execution:
    cloud: mycloud
    id: 1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e
    wait_for: [SUCCESS]

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

- name: Resume the execution after the answer was posted, and wait for the next pause or the end
  interactive.openstack.mistral_execution:
    cloud: mycloud
    id: "{{ asked.execution.id }}"
    state: resumed
    wait_for: [PAUSED, SUCCESS]

- name: Let it go on if nothing has happened in it for ten minutes, as a process of Mistral has died
  interactive.openstack.mistral_execution:
    cloud: mycloud
    id: "{{ asked.execution.id }}"
    state: recovered
    stalled_for: 600

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
    - With O(state=absent), as it was before it was deleted.
    - After a failed wait, as it was last read.
  returned: success, unless O(state=absent) finds no such execution, and after V(timeout),
    V(execution_ended), V(conflict) and V(not_ended)
  type: dict
  contains:
    id:
      description: The execution's id. V(null) in check mode if it would be started without O(id).
      returned: success
      type: str
      sample: 05a7d483-51ec-48f5-b618-dbd9e1d88f21
    workflow_id:
      description: The id of the workflow.
      returned: unless it would be started in check mode
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
      description: The input, with the defaults of the workflow, as data. In check mode, without
        the defaults if it would be started.
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
      returned: unless it would be started in check mode
      type: str
      sample: a8ee025b3ea641539528c5c3df602dd4
    created_at:
      description: When the execution was started, in UTC.
      returned: unless it would be started in check mode
      type: str
      sample: "2026-11-24 08:14:19"
    updated_at:
      description: When the execution last changed, in UTC.
      returned: unless it would be started in check mode
      type: str
      sample: "2026-11-24 08:14:25"
elapsed:
  description: Seconds that the module waited, including its requests.
  returned: if the module waited, see O(wait_for), and when a wait fails
  type: float
  sample: 2.417
execution_id:
  description: The id of the execution, to look at it before the task is run again.
  returned: if nobody knows whether the change was made
  type: str
  sample: 05a7d483-51ec-48f5-b618-dbd9e1d88f21
failed_tasks:
  description: The failed tasks, including those of sub-workflows. Tasks that caused the end come
    first. For each of them, the innermost task comes first.
  returned: when the execution ended and the module failed
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
tasks:
  description: The tasks of the execution.
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
      description: The workflow of the task.
      returned: success
      type: str
      sample: ask_operator
    started_at:
      description: When the task started, in UTC.
      returned: success
      type: str
      sample: "2026-11-24 08:14:19"
    finished_at:
      description: When the task ended, in UTC.
      returned: success
      type: str
      sample: null
error_code:
  description:
    - The kind of failure, as a stable word for conditions in playbooks.
    - V(timeout) and V(execution_ended) come from the wait, V(not_found), V(conflict) and
      V(not_ended) from the change.
  returned: failure
  type: str
  sample: execution_ended
"""

from ..module_utils._flows.mistral_execution import MistralExecution
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralExecution)


if __name__ == "__main__":
    main()
