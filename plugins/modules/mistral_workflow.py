#!/usr/bin/python
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mistral_workflow
short_description: Upload or delete Mistral workflows
description:
  - Creates and updates the workflows of a definition, or deletes workflows.
  - Compares the meaning of the definition with the stored one. The order of keys, comments and the
    YAML style do not matter.
  - Mistral validates the whole definition before the module uploads any of it.
  - Warns if a task that calls the library workflow C(interactive.ask) has a C(timeout) of its own
    that ends before the question expires. The question would stay open after it.
  - Warns of a C(pause-before) on a task with C(join), which Mistral ignores, and of the engine
    command C(pause), after which no task waits for an answer.
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
      - Mistral validates the definition and stores nothing.
  diff_mode:
    support: full
    details:
      - Shows one difference per changed workflow. Both sides have their keys in the same order.
  idempotent:
    support: full
options:
  definition:
    description:
      - One or several workflows, as YAML text or as a dictionary. Every key except C(version) names
        a workflow.
      - A workbook and ad-hoc actions are other kinds of definition. The module refuses them.
      - A key that YAML does not read as text, such as C(on) or C(123), must be quoted.
      - In a playbook, text that contains Jinja expressions for Mistral must be marked with
        C(!unsafe). A O(file) does not need this.
    type: raw
  file:
    description:
      - Path to a file with the definition, on the host that runs the task.
    type: path
  name:
    description:
      - Names of the workflows to delete, with O(state=absent). A workflow of a workbook is called
        C(WORKBOOK.WORKFLOW).
    type: list
    elements: str
  state:
    description:
      - With V(present), the workflows are stored as O(definition) or O(file) defines them. Other
        workflows are not changed.
      - With V(absent), the workflows that O(name), O(definition) or O(file) name do not exist.
    type: str
    choices: [present, absent]
    default: present
  namespace:
    description:
      - The namespace of the workflows. The default is the default namespace.
    type: str
    default: ""
  scope:
    description:
      - Whether the workflows are V(private) to the project or V(public). Most clouds allow only an
        administrator to make a workflow public.
      - Without this option, new workflows are private and stored workflows keep their scope.
    type: str
    choices: [private, public]
notes:
  - The module never changes public workflows of other projects. You can create a workflow with the
    same name beside them.
  - If several workflows differ, the module updates them one after the other. Before that, it
    creates the missing workflows in one request.
seealso:
  - module: interactive.openstack.mistral_workflow_info
  - module: interactive.openstack.mistral_execution
  - name: Mistral workflow language
    description: What a definition consists of.
    link: https://docs.openstack.org/mistral/latest/user/wf_lang_v2.html
"""

EXAMPLES = r"""
- name: Upload the workflows of a file
  interactive.openstack.mistral_workflow:
    cloud: mycloud
    file: "{{ playbook_dir }}/workflows/maintenance.yml"

- name: Upload a workflow from the playbook
  interactive.openstack.mistral_workflow:
    cloud: mycloud
    definition:
      version: "2.0"
      greet:
        input: [name]
        output:
          greeting: <% $.greeting %>
        tasks:
          say:
            action: std.echo
            input:
              output: "Hello <% $.name %>"
            publish:
              greeting: <% task().result %>

- name: Show what would change
  interactive.openstack.mistral_workflow:
    cloud: mycloud
    file: "{{ playbook_dir }}/workflows/maintenance.yml"
  check_mode: true
  diff: true

- name: Offer the workflows to all projects
  interactive.openstack.mistral_workflow:
    cloud: mycloud-admin
    file: "{{ playbook_dir }}/workflows/maintenance.yml"
    scope: public

- name: Delete a workflow by name
  interactive.openstack.mistral_workflow:
    cloud: mycloud
    name: greet
    state: absent

- name: Delete all the workflows that a file names
  interactive.openstack.mistral_workflow:
    cloud: mycloud
    file: "{{ playbook_dir }}/workflows/maintenance.yml"
    state: absent
"""

RETURN = r"""
workflows:
  description:
    - The stored workflows of the definition, in the order of the definition.
    - With O(state=absent), the deleted workflows.
    - In check mode, the workflows as they would be stored.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The workflow's id.
      returned: unless it would be created in check mode
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
      returned: unless it would be created or changed in check mode
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
      returned: if the service says so, unless it would be created or changed in check mode
      type: dict
      sample: {input: [question], output: [answer]}
    definition:
      description: The definition as YAML text, as Mistral stores it for this workflow alone.
      returned: success
      type: str
      sample: "version: '2.0'\nask_operator: {tasks: {ask: {action: std.noop}}}\n"
    tags:
      description: The tags.
      returned: unless it would be created or changed in check mode
      type: list
      elements: str
      sample: [maintenance]
    checksum:
      description: The MD5 checksum of the definition.
      returned: if the service says so, unless it would be created or changed in check mode
      type: str
      sample: 6384edd58b535f0b49cafbae40937fbf
    project_id:
      description: The id of the project that the workflow belongs to.
      returned: unless it would be created in check mode
      type: str
      sample: a8ee025b3ea641539528c5c3df602dd4
    created_at:
      description: When the workflow was created, in UTC.
      returned: unless it would be created in check mode
      type: str
      sample: "2026-11-24 08:14:25"
    updated_at:
      description: When the workflow was last changed, in UTC.
      returned: if the workflow was changed, unless it would be changed in check mode
      type: str
      sample: "2026-11-24 08:15:02"
error_code:
  description: The kind of failure, as a stable word for conditions in playbooks.
  returned: failure
  type: str
  sample: invalid_definition
"""

from ..module_utils._flows.mistral_workflow import MistralWorkflow
from ..module_utils._shell.module import run_module


def main() -> None:
    run_module(MistralWorkflow)


if __name__ == "__main__":
    main()
