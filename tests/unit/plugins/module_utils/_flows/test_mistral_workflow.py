# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A definition that Mistral refuses: which reason is told."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_workflow import (
    MistralWorkflow,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)

DEFINITION = "version: '2.0'\nw:\n  tasks:\n    a:\n      action: std.noop\n"
REASON = "Parse error: the real reason"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def run(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    return run_flow(MistralWorkflow, cloud, **{"definition": DEFINITION, **params})


def refuse_creation(cloud: FakeCloud) -> None:
    cloud.fail("create_workflows", status=400, reason="the real reason")


@pytest.mark.parametrize("status", [None, 403, 503])
def test_the_real_reason_is_told_whatever_becomes_of_the_validation(cloud, status):
    refuse_creation(cloud)
    cloud.fail("validate_workflow", status=status, times=100)
    with pytest.raises(ServiceError, match="the real reason") as caught:
        run(cloud)
    assert caught.value.status == 400


def test_the_real_reason_is_told_if_the_validation_finds_none(cloud):
    refuse_creation(cloud)
    with pytest.raises(ServiceError, match="the real reason"):
        run(cloud)
    assert cloud.count("validate_workflow") == 1


def test_a_reason_with_a_place_is_better_than_one_without(cloud):
    cloud.mistral.rejects = REASON
    with pytest.raises(Failure) as caught:
        run(cloud)
    assert caught.value.error_code == "invalid_definition"
    assert caught.value.message.startswith("Mistral does not accept the workflow definition: ")
