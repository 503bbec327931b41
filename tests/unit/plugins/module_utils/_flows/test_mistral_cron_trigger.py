# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_cron_trigger import (
    MistralCronTrigger,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    Request,
    run_flow,
)

Trigger = dict[str, t.Any]


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.mistral.add_workflow("w")
    return cloud


def run(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    options = {"name": "nightly", "workflow": "w", "pattern": "0 2 * * *"}
    return run_flow(MistralCronTrigger, cloud, **{**options, **params})


def failure_of(cloud: FakeCloud, **params: t.Any) -> Failure:
    with pytest.raises(Failure) as caught:
        run(cloud, **params)
    return caught.value


def other(cloud: FakeCloud) -> Trigger:
    """Add a trigger of the same name that differs."""
    return cloud.mistral.add_cron_trigger("nightly", pattern="0 3 * * *")


def between(cloud: FakeCloud, act: t.Callable[[], object]) -> None:
    """Let somebody act between the look for the trigger and its creation."""
    cloud.before("create_cron_trigger", lambda request: act())


def ids(cloud: FakeCloud) -> list[str]:
    return list(cloud.mistral.cron_triggers)


def test_a_trigger_is_created_once(cloud):
    result = run(cloud)
    assert result["changed"] and ids(cloud) == [result["cron_trigger"]["id"]]
    assert run(cloud)["changed"] is False and cloud.count("create_cron_trigger") == 1


def test_a_trigger_that_differs_is_replaced(cloud):
    other(cloud)
    result = run(cloud)
    assert result["changed"] and ids(cloud) == [result["cron_trigger"]["id"]]
    assert result["cron_trigger"]["pattern"] == "0 2 * * *"


def test_a_trigger_is_deleted_once(cloud):
    other(cloud)
    assert run(cloud, state="absent")["changed"] and ids(cloud) == []
    assert run(cloud, state="absent") == {"changed": False}


def test_a_deletion_whose_answer_was_lost_is_found_out(cloud):
    other(cloud)
    cloud.lose("delete_cron_trigger")
    assert run(cloud, state="absent")["changed"]
    assert cloud.count("delete_cron_trigger") == 1


def test_nor_is_one_that_somebody_creates_meanwhile_taken_for_it(cloud):
    before = other(cloud)
    cloud.after("delete_cron_trigger", lambda request: other(cloud))
    cloud.lose("delete_cron_trigger")
    assert run(cloud, state="absent")["changed"]
    assert len(ids(cloud)) == 1 and before["id"] not in ids(cloud)


def test_a_name_that_is_taken_meanwhile_is_not_taken_away(cloud):
    between(cloud, lambda: other(cloud))
    failure = failure_of(cloud)
    assert "somebody else has created one of this name meanwhile" in failure.message
    assert failure.error_code == "conflict"
    assert cloud.count("delete_cron_trigger") == 0


def test_nor_if_it_was_replaced_meanwhile(cloud):
    other(cloud)

    def replace() -> None:
        cloud.mistral.cron_triggers.clear()
        other(cloud)

    between(cloud, replace)
    assert "meanwhile" in failure_of(cloud).message
    assert cloud.count("delete_cron_trigger") == 0


def test_if_somebody_else_has_created_the_same_meanwhile_it_is_there(cloud):
    theirs: list[Trigger] = []
    between(cloud, lambda: theirs.append(cloud.mistral.add_cron_trigger("nightly")))
    result = run(cloud)
    assert result["changed"] is False
    assert result["cron_trigger"]["id"] == theirs[0]["id"]


def test_one_of_another_name_that_does_the_same_is_a_conflict(cloud):
    times = {"first_time": "2099-01-01 00:00", "count": 2}
    run(cloud, name="other", **times)
    failure = failure_of(cloud, **times)
    assert failure.error_code == "conflict" and "takes no second one" in failure.message


def test_a_lost_answer_to_a_creation_is_looked_up(cloud):
    cloud.lose("create_cron_trigger")
    result = run(cloud)
    assert result["changed"] and ids(cloud) == [result["cron_trigger"]["id"]]


@pytest.mark.parametrize("is_there", [False, True])
def test_a_creation_that_was_lost_fails(cloud, is_there):
    if is_there:
        other(cloud)
    before = ids(cloud)
    cloud.late("create_cron_trigger", seconds=1000)
    failure = failure_of(cloud)
    assert ". It may be done all the same" in failure.message
    assert failure.result["outcome_unknown"] is True
    assert ids(cloud) == before


def test_a_deletion_that_was_lost_fails(cloud):
    other(cloud)
    cloud.late("delete_cron_trigger", seconds=1000)
    assert failure_of(cloud, state="absent").result["outcome_unknown"] is True
    assert len(ids(cloud)) == 1


def test_a_creation_that_was_never_sent_is_not_looked_for(cloud):
    cloud.fail("create_cron_trigger")
    assert "is not reachable" in failure_of(cloud).message
    assert cloud.kinds()[-1] == "create_cron_trigger" and cloud.clock.now == 0


def test_a_trigger_that_ran_out_meanwhile_needs_no_deletion(cloud):
    other(cloud)
    between(cloud, cloud.mistral.cron_triggers.clear)
    result = run(cloud)
    assert ids(cloud) == [result["cron_trigger"]["id"]]
    assert cloud.count("delete_cron_trigger") == 0


def refuse_the_second_creation(cloud: FakeCloud) -> None:
    def refuse(request: Request) -> None:
        cloud.fail("create_cron_trigger", status=400, reason="bad pattern")

    cloud.after("delete_cron_trigger", refuse)


def test_if_nothing_takes_the_place_of_what_was_deleted_the_error_says_so(cloud):
    other(cloud)
    refuse_the_second_creation(cloud)
    assert failure_of(cloud).message.endswith(
        "bad pattern. The one that was there is deleted already: run the task again."
    )
    assert ids(cloud) == []


def test_the_error_says_that_one_was_to_be_created(cloud):
    assert failure_of(cloud, pattern="x").message.startswith("Could not create cron trigger")
    between(cloud, lambda: other(cloud))
    assert failure_of(cloud).message.startswith("Could not create cron trigger")


def test_the_error_says_that_one_was_to_be_replaced(cloud):
    other(cloud)
    assert failure_of(cloud, pattern="x").message.startswith("Could not replace cron trigger")
    refuse_the_second_creation(cloud)
    assert failure_of(cloud).message.startswith("Could not replace cron trigger")


def test_before_anything_is_known_the_error_says_both(cloud):
    failure = failure_of(cloud, first_time="tomorrow")
    assert failure.message.startswith(
        "Could not create or replace cron trigger 'nightly': 'first_time'"
    )
    assert cloud.requests == []


def test_a_workflow_that_is_not_there_is_told_and_in_check_mode_warned_of(cloud):
    assert failure_of(cloud, workflow="later").error_code == "not_found"
    warnings: list[str] = []
    result = run(cloud, workflow="later", check_mode=True, warn=warnings.append)
    assert result["changed"] and len(warnings) == 1 and ids(cloud) == []


def test_check_mode_changes_nothing(cloud):
    before = other(cloud)
    assert run(cloud, check_mode=True)["changed"]
    assert run(cloud, check_mode=True, state="absent")["changed"]
    assert ids(cloud) == [before["id"]] and cloud.count("create_cron_trigger") == 0


def test_a_trigger_of_another_project_is_left_alone(cloud):
    theirs = cloud.mistral.add_cron_trigger("nightly", project_id="theirs", scope="public")
    assert run(cloud, state="absent") == {"changed": False}
    cloud.before("create_cron_trigger", lambda request: cloud.mistral.cron_triggers.clear())
    assert run(cloud)["changed"]
    assert theirs["id"] not in ids(cloud) and cloud.count("delete_cron_trigger") == 0
