# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: workflow_questions
short_description: The questions that a workflow's definition shows
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Reads a definition of Mistral workflows and returns what one of them asks a person, without
    running it.
  - These are its calls of C(interactive.ask), the messages with an C(interaction) that it posts,
    and its tasks with C(pause-before) that read a queue. Those of the workflows that it calls
    belong to them, if the same definition contains these workflows.
  - What is made while the workflow runs is not known before; RV(_value[].unknown) says so.
requirements:
  - jsonschema >= 4.18.0, on the controller
positional: workflow
options:
  _input:
    description: The definition of workflows or of a workbook, as text or as a dictionary.
    type: raw
    required: true
  workflow:
    description:
      - Name of the workflow, needed where the definition holds several.
      - A workflow of a workbook is called by its own name, or by C(WORKBOOK.WORKFLOW), as Mistral
        calls it.
    type: str
    default: ''
seealso:
  - plugin: interactive.openstack.awx_survey
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what a workflow will ask
  ansible.builtin.debug:
    msg: >-
      {{ lookup('ansible.builtin.file', 'configure_deployment.yaml')
         | interactive.openstack.workflow_questions | map(attribute='text') }}
"""

RETURN = r"""
_value:
  description: The questions, in the order of the definition.
  type: list
  elements: dict
  contains:
    name:
      description:
        - What answers call the question, by default the name of the task that asks or that waits.
      type: str
      sample: deployment
    text:
      description: The question, with an ellipsis for what is inserted while the workflow runs.
      type: str
      sample: What shall be deployed?
    schema:
      description: The JSON Schema of the answer. Null for a plain question, which takes any text.
      type: dict
      sample: {type: integer, minimum: 1}
    secret:
      description: Whether the answer, or a part of it, is secret (C(writeOnly) in the schema).
      type: bool
      sample: false
    always:
      description: Whether it is asked in every run in which nothing fails.
      type: bool
      sample: true
    unknown:
      description:
        - What of the question is made while the workflow runs, such as its schema.
        - Empty if all of it is known.
      type: str
      sample: ''
    problem:
      description:
        - Why nobody could answer the question, such as a schema that is not valid.
        - Empty if there is no problem.
      type: str
      sample: ''
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.json_types import (
    Json,
    Result,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._workflow_questions import (
    questions,
)


def workflow_questions(definition: Json, workflow: str = "") -> list[Result]:
    try:
        return questions(definition, workflow)
    except Failure as failure:
        raise AnsibleFilterError(failure.message) from None


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"workflow_questions": workflow_questions}
