# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_survey
short_description: Make an AWX survey from the questions of a workflow
version_added: 0.1.0
author: Interactive OpenStack developers (@interactive-openstack)
description:
  - Makes a C(survey_spec) of AWX from questions, with one survey question for each field of their
    schemas.
  - The variables of the survey contain the answers. The role
    P(interactive.openstack.interactive_workflow#role) reads them by their names,
    C(answer_QUESTION), or C(answer_QUESTION_FIELD) for a field of a form. Characters that are not
    allowed in a variable name become underscores.
  - Leaves out questions with a C(problem) or with something C(unknown).
positional: name, description
options:
  _input:
    description: Questions, as P(interactive.openstack.workflow_questions#filter) returns them.
    type: list
    elements: dict
    required: true
  name:
    description: Name of the survey.
    type: str
    default: ''
  description:
    description: Description of the survey.
    type: str
    default: ''
seealso:
  - plugin: interactive.openstack.workflow_questions
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Give a job template the questions of a workflow
  awx.awx.job_template:
    name: Deploy
    survey_enabled: true
    survey_spec: >-
      {{ lookup('ansible.builtin.file', 'configure_deployment.yaml')
         | interactive.openstack.workflow_questions | interactive.openstack.awx_survey }}
"""

RETURN = r"""
_value:
  description: The survey, with the keys C(name), C(description) and C(spec).
  type: dict
  sample:
    name: Deploy
    description: ''
    spec:
      - {question_name: Number of compute nodes, required: false, type: integer,
         question_description: A whole number from 1 to 50.,
         variable: answer_deployment_compute_nodes, min: 1, max: 50, default: 3, choices: []}
"""

import typing as t

from ansible_collections.interactive.openstack.plugins.plugin_utils._awx_survey import survey


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"awx_survey": survey}
