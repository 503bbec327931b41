#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_cron_trigger
short_description: Make Mistral start a workflow at set times
description:
  - Creates, replaces and deletes a cron trigger. A cron trigger starts a workflow repeatedly, in
    the name and project of the user who created the trigger.
  - Mistral cannot change a cron trigger. If the trigger with this name differs, the module deletes
    it and creates a new one, with another id and another trust. The module makes sure that Mistral
    accepts the new trigger before it deletes the old one.
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
      - Nothing is created, replaced or deleted. Mistral cannot check a pattern or an input without
        creating a trigger, so the module does not predict what Mistral would refuse. The module
        warns if the workflow does not exist.
  diff_mode:
    support: full
    details:
      - Shows a replaced trigger before and after.
  idempotent:
    support: partial
    details:
      - The second run changes nothing, unless the trigger has run out in between. Mistral deletes
        such a trigger.
options:
  name:
    description:
      - Name of the cron trigger, unique in the project.
    type: str
    required: true
  state:
    description:
      - With V(present), the trigger exists with this workflow, input, pattern and first time.
      - With V(absent), neither the trigger nor its trust exists.
    type: str
    choices: [present, absent]
    default: present
  workflow:
    description:
      - Name or id of the workflow. A workflow outside the default namespace must be named by its
        id.
      - Required with O(state=present).
    type: str
  workflow_input:
    description:
      - The input of the workflow. The default is no input. When the trigger is created, Mistral
        checks the names against the inputs that the workflow declares.
    type: dict
  workflow_params:
    description:
      - Further parameters of each start, such as C(env). The default is none. Mistral does not
        check them before it starts the workflow.
    type: dict
  pattern:
    description:
      - When to start the workflow, in UTC, in the five fields of cron. A sixth field is for
        seconds.
      - The delay after that time depends on how often the cloud's Mistral checks its triggers. Many
        clouds check once a minute.
      - Required with O(state=present) unless O(first_time) is set.
    type: str
  first_time:
    description:
      - When to start the workflow for the first time, in UTC, in the form V(2027-01-31 08:00). When
        the trigger is created, this must be at least a minute in the future.
      - If the time differs from the time of the trigger, the trigger is replaced. A time that is
        computed from the present therefore replaces the trigger in each run.
      - Without O(pattern), Mistral starts the workflow at this time only. Without this option, the
        first time is not compared.
    type: str
  count:
    description:
      - How many times to start the workflow. Mistral deletes the trigger after the last start.
        Without this option, there is no limit.
      - The option applies only when the trigger is created. Mistral stores how many starts remain,
        not how many there were, so another value does not replace the trigger.
    type: int
notes:
  - Mistral creates a Keystone trust for each trigger. The trust does not expire. The user must be
    allowed to create trusts. Keystone does not allow this to application credentials.
  - Mistral removes the trust when the trigger is deleted or replaced. Executions of the trigger
    that still run then lose their authorization. If the trigger has run out, Mistral removes the
    trust when an execution of the trigger ends.
  - If a start fails, only the log of Mistral says so. The description of each execution contains
    the id of the trigger.
  - A workflow cannot be deleted while a trigger starts it.
  - The module never changes public triggers of other projects.
seealso:
  - module: interactive.openstack.mistral_execution
  - module: interactive.openstack.mistral_execution_info
  - module: interactive.openstack.mistral_workflow
  - module: interactive.openstack.zaqar_subscription
"""

EXAMPLES = r"""
- name: Run the maintenance each night
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

- name: Stop the nightly maintenance
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
      description: Id of the workflow. V(null) in check mode if the workflow does not exist yet.
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
      description: The pattern. For a trigger without a pattern, Mistral returns V(0 0 30 2 0),
        which never matches.
      returned: success
      type: str
      sample: 30 2 * * *
    first_execution_time:
      description: The first time as it was set, in UTC, or V(null).
      returned: success
      type: str
      sample: "2027-01-31 22:00:00"
    next_execution_time:
      description: When Mistral starts the workflow next, in UTC.
      returned: unless it would be created in check mode
      type: str
      sample: "2026-11-25 02:30:00"
    remaining_executions:
      description: How many starts remain. V(null) if there is no limit.
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
      description: When the trigger last started its workflow, in UTC.
      returned: if the trigger has started its workflow
      type: str
      sample: "2026-11-25 02:30:02"
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: not_found
"""

from ..module_utils._flows.mistral_cron_trigger import MistralCronTrigger
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralCronTrigger)


if __name__ == "__main__":
    main()
