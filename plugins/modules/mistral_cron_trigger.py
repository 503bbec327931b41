#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_cron_trigger
short_description: Have Mistral start a workflow at set times
description:
  - Creates, replaces and deletes a cron trigger, which starts a workflow again and again, in the
    name and project of the user who created it.
  - Mistral cannot change a cron trigger. One of this name that differs is deleted and created anew,
    with another id and another trust. Mistral's objections to the new one are heard before the old
    one is deleted.
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
      - Nothing is created, replaced or deleted. Mistral has no way to only look at a pattern or at
        an input, so what it would refuse is not foreseen. A workflow that is not there is warned
        of.
  diff_mode:
    support: full
    details:
      - A trigger that is replaced is shown as it was and as it is.
  idempotent:
    support: partial
    details:
      - The second invocation changes nothing, unless the trigger has run out in between. Mistral
        deletes it then.
options:
  name:
    description:
      - Name of the cron trigger, unique in the project.
    type: str
    required: true
  state:
    description:
      - With V(present), the trigger is there with this workflow, input, pattern and first time.
      - With V(absent), it is not there any more, and neither is its trust.
    type: str
    choices: [present, absent]
    default: present
  workflow:
    description:
      - Name of the workflow, or its id, which is the only way to name one that is not in the
        default namespace.
      - Required with O(state=present).
    type: str
  workflow_input:
    description:
      - The workflow's input, nothing by default. Mistral compares its names with those that the
        workflow declares, when the trigger is created.
    type: dict
  workflow_params:
    description:
      - Further parameters of each start, such as C(env), nothing by default. Mistral does not look
        at them before it starts the workflow.
    type: dict
  pattern:
    description:
      - When to start the workflow, in UTC, as cron writes it in five fields. A sixth field is for
        seconds.
      - How soon after that time it is started depends on how often the cloud's Mistral looks, which
        many clouds let it do once a minute.
      - Required with O(state=present) unless there is a O(first_time).
    type: str
  first_time:
    description:
      - When to start the workflow for the first time, in UTC, written like V(2027-01-31 08:00). It
        must be a minute or more in the future when the trigger is created.
      - Another time than that of the trigger replaces it. A time that is computed anew in each run,
        from the present, does so in each run.
      - Without O(pattern), the workflow is started at this time only. Without this option, the one
        of the trigger is not looked at.
    type: str
  count:
    description:
      - How many times to start the workflow. Mistral deletes the trigger after the last. Without
        it, there is no end.
      - It only has a meaning while the trigger is created. Mistral keeps how often it is still to
        start the workflow, not how often it was, so that another value does not replace the
        trigger.
    type: int
notes:
  - Mistral makes a Keystone trust for each trigger, that does not expire. The user has to be one
    who may create trusts. Keystone does not allow that to application credentials.
  - Mistral removes the trust when the trigger is deleted or replaced. What the trigger has started
    and still runs loses its authorization. Of a trigger that has run out, Mistral removes the trust
    when an execution that it has started ends.
  - Whether a start fails is nowhere to be seen but in the log of Mistral. The executions tell the
    trigger's id in their description.
  - A workflow cannot be deleted while a trigger starts it.
  - Public triggers of other projects are never touched.
seealso:
  - module: interactive.openstack.mistral_execution
  - module: interactive.openstack.mistral_execution_info
  - module: interactive.openstack.mistral_workflow
  - module: interactive.openstack.zaqar_subscription
"""

EXAMPLES = r"""
- name: Look after the servers each night
  interactive.openstack.mistral_cron_trigger:
    cloud: mycloud
    name: nightly
    workflow: maintenance
    workflow_input:
      depth: full
    pattern: 30 2 * * *

- name: Start a workflow once
  interactive.openstack.mistral_cron_trigger:
    cloud: mycloud
    name: migration
    workflow: migrate_everything
    first_time: 2027-01-31 22:00

- name: Start a workflow on ten Mondays
  interactive.openstack.mistral_cron_trigger:
    cloud: mycloud
    name: mondays
    workflow: report
    pattern: 0 6 * * mon
    count: 10

- name: Let the servers alone
  interactive.openstack.mistral_cron_trigger:
    cloud: mycloud
    name: nightly
    state: absent
"""

RETURN = r"""
cron_trigger:
  description: The cron trigger as it is now, or as it would be in check mode.
  returned: when O(state=present)
  type: dict
  contains:
    id:
      description: The trigger's id.
      returned: unless it would be created in check mode
      type: str
      sample: 06613f9e-f503-459a-9af7-06f2b056de98
    name:
      description: The trigger's name.
      returned: success
      type: str
      sample: nightly
    workflow_name:
      description: Name of the workflow.
      returned: success
      type: str
      sample: maintenance
    workflow_id:
      description: Id of the workflow. In check mode it is null for a workflow that is not there
        yet.
      returned: success
      type: str
      sample: 193f2c1f-14ab-4498-9623-69cdae1110f6
    workflow_input:
      description: The workflow's input.
      returned: success
      type: dict
      sample: {depth: full}
    workflow_params:
      description: The other parameters of each start.
      returned: success
      type: dict
      sample: {env: {region: north}}
    pattern:
      description: The pattern. In the place of none, Mistral has V(0 0 30 2 0), which is never.
      returned: success
      type: str
      sample: 30 2 * * *
    first_execution_time:
      description: The first time that was asked for, in UTC, or null.
      returned: success
      type: str
      sample: "2027-01-31 22:00:00"
    next_execution_time:
      description: When the workflow is to be started next, in UTC.
      returned: unless it would be created in check mode
      type: str
      sample: "2026-11-25 02:30:00"
    remaining_executions:
      description: How many times the workflow is still to be started, null for no end.
      returned: success
      type: int
      sample: 10
    scope:
      description: V(private) to the project or V(public).
      returned: unless it would be created in check mode
      type: str
      sample: private
    project_id:
      description: The id of the project that the trigger belongs to.
      returned: unless it would be created in check mode
      type: str
      sample: 8069f9685c674e0ab2ce43683da42356
    created_at:
      description: When the trigger was created, in UTC.
      returned: unless it would be created in check mode
      type: str
      sample: "2026-11-24 22:42:39"
    updated_at:
      description: When the trigger has last started its workflow, in UTC.
      returned: if it has
      type: str
      sample: "2026-11-25 02:30:02"
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: not_found
"""

from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_cron_trigger import (
    MistralCronTrigger,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralCronTrigger)


if __name__ == "__main__":
    main()
