# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_action import (
    MistralAction,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    TaskFailed,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def run(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    return run_flow(MistralAction, cloud, **{"name": "std.echo", "input": {"output": 1}, **params})


def test_an_action_is_run(cloud):
    cloud.mistral.actions_run["std.echo"] = lambda input: input["output"]
    assert run(cloud) == {"changed": True, "result": 1}
    assert cloud.requests[0].body["params"] == '{"run_sync": true}'


def test_check_mode_runs_nothing(cloud):
    assert run(cloud, check_mode=True) == {"changed": True, "result": None}
    assert cloud.requests == []


def test_an_action_that_fails_is_told_with_its_reason(cloud):
    def fail(input: t.Any) -> t.Any:
        raise TaskFailed("no space left")

    cloud.mistral.actions_run["std.echo"] = fail
    with pytest.raises(Failure) as caught:
        run(cloud)
    assert caught.value.error_code == "action_failed"
    assert caught.value.message == "Action 'std.echo' ended in ERROR: no space left."
    assert caught.value.result == {"result": "no space left"}


def test_an_action_that_is_not_there_is_told(cloud):
    with pytest.raises(ServiceError, match="Could not run action 'std.echo'.*400") as caught:
        run(cloud)
    assert "outcome_unknown" not in caught.value.result


def test_an_action_that_may_have_run_is_told_as_such(cloud):
    cloud.mistral.actions_run["std.echo"] = lambda input: 1
    cloud.lose("run_action")
    with pytest.raises(ServiceError, match="It may have run all the same") as caught:
        run(cloud)
    assert caught.value.result["outcome_unknown"] is True
