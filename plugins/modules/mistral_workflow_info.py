#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_workflow_info
short_description: List Mistral workflows, with their definitions
description:
  - Returns the workflows that the project can use, with their definitions. These are its own
    workflows, public workflows, and workflows that other projects share with the project.
  - To an administrator, Mistral shows the private workflows of all projects. The module then leaves
    out the private workflows of other projects, even if they are shared with the project, unless
    O(name) is an id.
  - If nothing matches, the list is empty. This is not an error.
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
requirements:
  - python-mistralclient >= 4.3.0
extends_documentation_fragment:
  - interactive.openstack.cloud
  - interactive.openstack.attributes
  - interactive.openstack.attributes.info
options:
  name:
    description:
      - Name or id of a workflow. Without it, the module returns all workflows.
      - A workflow of a workbook is called C(WORKBOOK.WORKFLOW).
    type: str
  namespace:
    description:
      - Only workflows of this namespace. An empty text means the default namespace. Without this
        option, the module returns the workflows of all namespaces.
    type: str
  scope:
    description:
      - Only workflows of this scope.
    type: str
    choices: [private, public]
seealso:
  - module: interactive.openstack.mistral_workflow
"""

EXAMPLES = r"""
- name: List all workflows
  interactive.openstack.mistral_workflow_info:
    cloud: mycloud
  register: all

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ all.workflows | map(attribute='name') }}"

- name: Read one
  interactive.openstack.mistral_workflow_info:
    cloud: mycloud
    name: greet
    namespace: ""
  register: found

- name: Show its definition, if the workflow exists
  ansible.builtin.debug:
    msg: "{{ found.workflows[0].definition }}"
  when: found.workflows | length > 0
"""

RETURN = r"""
workflows:
  description: The workflows, oldest first. Empty if there are none.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The workflow's id.
      returned: success
      type: str
      sample: c2441dab-a824-4a79-b44a-48cb466c17f2
    name:
      description: The workflow's name.
      returned: success
      type: str
      sample: ask_operator
    namespace:
      description: The namespace. Empty for the default namespace.
      returned: success
      type: str
      sample: ""
    scope:
      description: V(private) to the project or V(public).
      returned: success
      type: str
      sample: private
    input:
      description: The names of the input parameters, with their defaults.
      returned: success
      type: str
      sample: question, queue="answers"
    inputs:
      description: The names of the input parameters.
      returned: success
      type: list
      elements: str
      sample: [question, queue]
    interface:
      description: The parameters of the input and the output, as data.
      returned: if the service says so
      type: dict
      sample: {input: [question], output: [answer]}
    definition:
      description:
        - The definition as YAML text, as Mistral stores it for this workflow alone.
        - For a workflow of a workbook, Mistral stores a part of the workbook's text, without
          C(version) and with the short name as its key. It stores nothing if the workbook is
          written in braces.
      returned: success
      type: str
      sample: "version: '2.0'\nask_operator: {tasks: {ask: {action: std.noop}}}\n"
    tags:
      description: The tags.
      returned: success
      type: list
      elements: str
      sample: [maintenance]
    checksum:
      description: The MD5 checksum of the definition.
      returned: if the service says so
      type: str
      sample: 6384edd58b535f0b49cafbae40937fbf
    project_id:
      description: The id of the project that the workflow belongs to.
      returned: success
      type: str
      sample: a8ee025b3ea641539528c5c3df602dd4
    created_at:
      description: When the workflow was created, in UTC.
      returned: success
      type: str
      sample: "2026-11-24 08:14:25"
    updated_at:
      description: When the workflow was last changed, in UTC.
      returned: success, if the workflow was changed
      type: str
      sample: "2026-11-24 08:15:02"
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: unauthorized
"""

from ..module_utils._flows.mistral_workflow_info import MistralWorkflowInfo
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralWorkflowInfo)


if __name__ == "__main__":
    main()
