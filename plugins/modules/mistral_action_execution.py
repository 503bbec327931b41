#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_action_execution
short_description: Complete, fail or cancel an action that a Mistral workflow waits for
description:
  - Ends an asynchronous action, for instance C(std.async_noop), with a result. The task of the
    action then goes on. This needs no pause and no polling.
  - O(id) names the action, or O(execution) and O(task) together. With O(task), the module waits
    until the action runs.
  - An action can be ended only once. If several people try, one of them succeeds and the others get
    an error that says how the action ended.
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
      - Looks once, does not wait and changes nothing. If the action does not exist yet, the module
        assumes that it will. The module reports the same errors as a normal run, except those that
        only a wait can reveal.
  diff_mode:
    support: full
    details:
      - Shows the state and the result.
  idempotent:
    support: partial
    details:
      - An action that has ended in the same state with the same result is not changed.
      - With O(task), a task that runs several times, or with items, has several actions. Every run
        of the module ends the next action that waits.
options:
  id:
    description:
      - Id of the action execution.
    type: str
  execution:
    description:
      - Id of an execution. The module looks for O(task) in this execution and in its sub-workflows,
        at any depth.
      - The task fails at once if the execution ends before the action exists.
    type: str
  task:
    description:
      - Name of the task that waits. Required with O(execution). A task that runs a sub-workflow has
        no action. Name a task of the sub-workflow instead.
      - If several actions of such tasks are running, the module ends none of them. The error lists
        their ids.
    type: str
  state:
    description:
      - V(completed) makes the task succeed, V(failed) makes it fail. V(cancelled) cancels the task
        and the execution, unless the workflow handles the cancellation.
    type: str
    choices: [completed, failed, cancelled]
    default: completed
  result:
    description:
      - The result of the action, a dictionary. The workflow reads it with V(task(\).result).
      - Mistral accepts only dictionaries, so a single value needs a key, as in the examples.
      - Without this option, or with V(null), the result is C(null). With O(state=failed), Mistral
        replaces it with C(Unknown error). O(state=cancelled) allows no result.
      - The limit is 1024 kB of JSON.
    type: raw
notes:
  - When a task has timed out or its execution was stopped, or when this happened to a workflow
    above it, Mistral lets the action go on and accepts a result that nobody reads. The module fails
    in this case and sends nothing.
  - A paused execution accepts the result. It goes on with the result when it is resumed.
  - Mistral does not say which actions are asynchronous. The module also replaces the result of any
    other running action.
  - The output of the task shows the result. Set C(no_log=true) if the result is a secret.
seealso:
  - module: interactive.openstack.mistral_execution
  - module: interactive.openstack.mistral_execution_info
  - module: interactive.openstack.mistral_action
"""

EXAMPLES = r"""
- name: Complete the action of a task as soon as the task waits
  interactive.openstack.mistral_action_execution:
    cloud: mycloud
    execution: "{{ execution_id }}"
    task: ask
    result:
      answer: true
      answered_by: operator

- name: Make the task fail instead
  interactive.openstack.mistral_action_execution:
    cloud: mycloud
    execution: "{{ execution_id }}"
    task: ask
    state: failed
    result:
      reason: nobody is there

- name: Complete an action whose id the workflow has posted
  interactive.openstack.mistral_action_execution:
    cloud: mycloud
    id: "{{ question.messages[0].body.action_execution_id }}"
    result:
      approved: true
"""

RETURN = r"""
action_execution:
  description:
    - The action execution after the change, or as it had ended before.
    - After V(already_completed), V(too_late) and V(not_taken), its present state.
  returned: success, except in check mode for an action that does not run yet, and after
    V(already_completed), V(too_late) and V(not_taken)
  type: dict
  contains:
    id:
      description: The id.
      returned: success
      type: str
      sample: 3d8cdcd6-d077-4735-b937-85711f461256
    name:
      description: The name of the action.
      returned: success
      type: str
      sample: std.async_noop
    state:
      description: V(SUCCESS), V(ERROR) or V(CANCELLED).
      returned: success
      type: str
      sample: SUCCESS
    state_info:
      description: What Mistral says about the state.
      returned: success
      type: str
      sample: null
    input:
      description: The input of the action, as data.
      returned: success
      type: dict
      sample: {}
    output:
      description: The output, as data. Its key C(result) contains the result.
      returned: success
      type: dict
      sample: {result: {answer: true}}
    accepted:
      description: Whether Mistral has accepted the result.
      returned: success
      type: bool
      sample: true
    task_name:
      description: The name of the task.
      returned: if the service says so
      type: str
      sample: ask
    task_execution_id:
      description: The id of the task. V(null) if the action runs without a workflow.
      returned: success
      type: str
      sample: c77f6f88-0775-49d8-bc91-28128813b122
    workflow_name:
      description: The name of the workflow.
      returned: success
      type: str
      sample: deploy
    workflow_namespace:
      description: The namespace of the workflow.
      returned: success
      type: str
      sample: ""
    description:
      description: The description.
      returned: success
      type: str
      sample: ""
    tags:
      description: The tags.
      returned: if the service says so
      type: list
      elements: str
      sample: null
    project_id:
      description: The id of the project.
      returned: success
      type: str
      sample: a8ee025b3ea641539528c5c3df602dd4
    created_at:
      description: When the action was started, in UTC.
      returned: success
      type: str
      sample: "2026-11-24 08:14:19"
    updated_at:
      description: When it last changed, in UTC.
      returned: success
      type: str
      sample: "2026-11-24 08:14:25"
action_executions:
  description: The running actions, each with its C(task_name) and C(workflow_execution_id). Choose
    one of them with O(id).
  returned: after V(ambiguous)
  type: list
  elements: dict
  sample: []
elapsed:
  description: Seconds that the module ran.
  returned: success, and after V(timeout)
  type: float
  sample: 0.217
error_code:
  description:
    - The kind of failure, as a stable word for conditions in playbooks.
    - V(already_completed) if the action has ended in another state or with another result.
    - V(too_late) if the task, its execution or a workflow above it has ended, so that nothing waits
      for the result.
    - V(execution_ended) if the execution ended and never ran the task.
    - V(ambiguous) if several actions are running, V(not_found) if the action or the execution does
      not exist, V(timeout) if O(wait_timeout) has passed.
    - V(bad_option) or V(too_large) if Mistral does not accept such a result, V(not_taken) if
      Mistral refused the result.
  returned: failure
  type: str
  sample: already_completed
"""

from ..module_utils._flows.mistral_action_execution import MistralActionExecution
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralActionExecution)


if __name__ == "__main__":
    main()
