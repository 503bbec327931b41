#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_action_execution
short_description: Complete, fail or cancel an action that a Mistral workflow waits for
description:
  - Ends an asynchronous action, for instance C(std.async_noop), with a result. Its task then goes on, and nothing had to
    be paused or polled for that.
  - The action is named by its id, or by an execution and the name of a task. That is then waited for until it runs.
  - An action can be ended once only. Of several who try, one succeeds and the others are told what it ended with.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-mistralclient >= 4.3.0
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
attributes:
  check_mode:
    support: full
    details:
      - Looks once and never waits. An action that is not there yet is taken to be there soon. All errors that can be seen
        without waiting are the same.
  diff_mode:
    support: full
    details:
      - The state and the result.
  idempotent:
    support: partial
    details:
      - An action that has ended in this state with this result already is left alone.
      - With O(task), a task that runs several times, or with items, has several actions. Each run ends the next one that
        waits.
options:
  id:
    description:
      - Id of the action execution.
    type: str
  execution:
    description:
      - Id of an execution. The action is that of its O(task), or of a task of this name in one of its sub-workflows, at
        any depth.
      - The task fails at once if the execution ends before.
    type: str
  task:
    description:
      - Name of the task that waits, required with O(execution). One that runs a sub-workflow has no action, the tasks in
        that do.
      - If several actions of such tasks are running, none is ended, and the error lists their ids.
    type: str
  state:
    description:
      - V(completed) lets the task succeed, V(failed) lets it fail, V(cancelled) cancels it and with it the execution,
        unless the workflow handles that.
    type: str
    choices: [completed, failed, cancelled]
    default: completed
  result:
    description:
      - The result of the action, a dictionary. The workflow reads it with C(task().result).
      - Mistral takes nothing but dictionaries, so a single value needs a key, as in the examples.
      - Without it, or with V(null), the result is C(null). With O(state=failed), Mistral then puts C(Unknown error). With
        O(state=cancelled), there can be none.
      - The limit is 1024 kB of JSON.
    type: raw
  wait_timeout:
    description:
      - Seconds to wait at most until the action is there. Failures of the network or the service are forgiven until then.
      - V(0) means one look only.
    type: int
    default: 600
notes:
  - Mistral lets an action go on when its task has timed out, when its execution was stopped, or when that happened to the
    workflow that called it, and takes a result that nobody will read. Here this is an error, and nothing is sent.
  - A paused execution takes the result, and goes on with it when it is resumed.
  - Mistral does not say which actions are asynchronous. The result of any other running action is replaced, too.
  - The result is shown in the output of the task. Set C(no_log) if it is a secret.
seealso:
  - module: interactive.openstack.mistral_execution
  - module: interactive.openstack.mistral_execution_info
  - module: interactive.openstack.mistral_action
"""

EXAMPLES = r"""
- name: Give the task that asks its answer, as soon as it waits for it
  interactive.openstack.mistral_action_execution:
    cloud: mycloud
    execution: "{{ execution_id }}"
    task: ask
    result:
      answer: true
      answered_by: operator

- name: Let it fail instead
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
    - The action execution after the change, or as it ended before.
    - After V(already_completed), V(too_late) and V(not_taken), as it is.
  returned: when there is one
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
      description: The input of the action as data.
      returned: success
      type: dict
      sample: {}
    output:
      description: The output as data, whose key C(result) is the result.
      returned: success
      type: dict
      sample: {result: {answer: true}}
    accepted:
      description: Whether the result counts.
      returned: success
      type: bool
      sample: true
    task_execution_id:
      description: The id of the task. V(null) if the action was run alone.
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
  description: The running actions, of which one has to be chosen by O(id), each with its C(task_name) and
    C(workflow_execution_id).
  returned: after V(ambiguous)
  type: list
  elements: dict
  sample: []
elapsed:
  description: Seconds that it took.
  returned: success, and after V(timeout)
  type: float
  sample: 0.217
error_code:
  description:
    - A stable word for the kind of failure, for conditions in playbooks.
    - V(already_completed) if the action has ended in another state or with another result.
    - V(too_late) if the task, its execution or a workflow above it has ended, so that nobody waits for the result.
    - V(execution_ended) if the execution ended without having run the task.
    - V(ambiguous) if several actions are running, V(not_found) if there is no such action or execution, V(timeout) if
      O(wait_timeout) has passed.
    - V(bad_option) and V(too_large) for results that Mistral does not take, V(not_taken) if it refused one in the end.
  returned: failure
  type: str
  sample: already_completed
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_action_execution import (
    MistralActionExecution,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralActionExecution)


if __name__ == "__main__":
    main()
