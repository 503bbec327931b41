# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: workflow_questions
short_description: List the questions in the definition of a workflow
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Reads a definition of Mistral workflows and returns the questions that one of the workflows
    asks. Does not run the workflow.
  - A question is a call of C(interactive.ask), a posted message with an C(interaction), or a task
    with C(pause-before) that reads a queue. The filter also returns the questions of workflows that
    the workflow calls, if the definition contains these workflows.
  - The filter cannot know values that are computed while the workflow runs. RV(_value[].unknown)
    lists them.
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
      - Name of the workflow. Required if the definition contains several workflows.
      - Name a workflow of a workbook by its own name, or by C(WORKBOOK.WORKFLOW), which is its name
        in Mistral.
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
      description: The name of the question, by which variables and lists give its answer. The
        default is the name of the task that asks or that waits.
      type: str
      sample: deployment
    text:
      description: The text of the question. An ellipsis replaces values that are inserted while the
        workflow runs.
      type: str
      sample: What shall be deployed?
    schema:
      description: The JSON Schema of the answer. Null for a plain question, which takes any text.
      type: dict
      sample: {type: integer, minimum: 1}
    secret:
      description: Whether the answer or a part of it is a secret (C(writeOnly) in the schema).
      type: bool
      sample: false
    always:
      description: Whether every execution in which nothing fails asks the question.
      type: bool
      sample: true
    unknown:
      description: Which part of the question, such as its schema, is computed while the workflow
        runs. Empty if the whole question is known.
      type: str
      sample: ''
    problem:
      description: Why nobody could answer the question, for instance because its schema is not
        valid. Empty if the question can be answered.
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
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.defined import (
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
