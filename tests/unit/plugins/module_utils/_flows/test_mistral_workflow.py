# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A definition that Mistral refuses: which reason is told."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_workflow import (
    MistralWorkflow,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context

DEFINITION = "version: '2.0'\nw:\n  tasks:\n    a:\n      action: std.noop\n"
REASON = ServiceError("Mistral", 400, "the real reason", "bad_request")
LATE = ServiceError("Mistral", None, "Mistral did not answer within 60 seconds", "no_answer")
FORBIDDEN = ServiceError("Mistral", 403, "Forbidden", "forbidden")
PLACED = Failure(
    "Mistral does not accept the workflow definition: the real reason (line 4).",
    "invalid_definition",
)


class Refusing:
    """Has no workflow, and takes none."""

    def __init__(self, validation: Failure | None) -> None:
        self.validation = validation

    def own_workflows(self, names: list[str], namespace: str) -> dict[str, dict[str, str]]:
        return {}

    def create_workflows(self, definition: str, namespace: str, scope: str) -> None:
        raise REASON

    def validate(self, definition: str, deadline: object) -> None:
        if self.validation:
            raise self.validation


@pytest.mark.parametrize(
    "validation, told", [(PLACED, PLACED), (LATE, REASON), (FORBIDDEN, REASON), (None, REASON)]
)
def test_the_real_reason_is_told_whatever_becomes_of_the_validation(validation, told):
    params = {name: option.get("default") for name, option in MistralWorkflow.OPTIONS.items()}
    flow = MistralWorkflow(params | {"definition": DEFINITION}, Context())
    flow.__dict__["mistral"] = Refusing(validation)
    with pytest.raises(Failure) as caught:
        flow.run()
    assert caught.value is told
