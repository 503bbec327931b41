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
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_claim import (
    ZaqarClaim,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)

NO_CLAIM = "The specified claim does not exist or has expired."
NOT_OURS = "This message is claimed; it cannot be deleted."


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


class Held:
    """A claim of this many messages, and a run that works on it."""

    def __init__(self, cloud: FakeCloud, count: int) -> None:
        self.cloud = cloud
        self.ids = cloud.zaqar.put("q", *range(count))
        self.id = cloud.zaqar.lock("q") or "c"

    def run(self, state: str = "acknowledged", **params: t.Any) -> dict[str, t.Any]:
        self.cloud.requests.clear()
        return run_flow(ZaqarClaim, self.cloud, queue="q", state=state, claim_id=self.id, **params)

    def failure(self, **params: t.Any) -> Failure:
        with pytest.raises(Failure) as caught:
            self.run(**params)
        return caught.value

    @property
    def is_there(self) -> bool:
        return self.id in self.cloud.zaqar.queues["q"].claims


def test_all_messages_are_deleted_and_then_the_claim(cloud):
    held = Held(cloud, 2)
    result = held.run()
    assert cloud.kinds() == ["read_claim", "delete_message", "delete_message", "delete_claim"]
    assert result["acknowledged"] == held.ids
    assert result["claim"]["messages"] == [] and result["changed"]
    assert cloud.zaqar.bodies("q") == [] and not held.is_there


def test_the_claim_stays_while_it_has_messages(cloud):
    held = Held(cloud, 2)
    last = held.ids[1]
    result = held.run(message_ids=[last, last])
    assert cloud.kinds() == ["read_claim", "delete_message"] and result["acknowledged"] == [last]
    assert [message["id"] for message in result["claim"]["messages"]] == held.ids[:1]
    assert cloud.zaqar.bodies("q") == [0] and held.is_there


def test_a_release_that_fails_in_the_end_does_not_matter(cloud):
    held = Held(cloud, 1)
    cloud.fail("delete_claim", status=503)
    assert held.run()["acknowledged"] == held.ids


def refuse_once(cloud: FakeCloud) -> None:
    cloud.fail("delete_message", status=503)


def do_not_arrive_once(cloud: FakeCloud) -> None:
    cloud.fail("delete_message")


def lose_once(cloud: FakeCloud) -> None:
    cloud.lose("delete_message")


@pytest.mark.parametrize(
    "troubles",
    [[do_not_arrive_once], [lose_once], [refuse_once, lose_once], [lose_once, refuse_once]],
)
def test_an_answer_that_is_lost_is_asked_for_again(cloud, troubles):
    held = Held(cloud, 1)
    for trouble in troubles:
        trouble(cloud)
    assert held.run()["acknowledged"] == held.ids
    assert cloud.count("delete_message") == len(troubles) + 1


def test_an_outage_that_does_not_pass_is_told_with_what_was_done_before(cloud):
    held = Held(cloud, 2)
    cloud.fail("delete_message", status=503, times=1000, message=held.ids[1])
    failure = held.failure()
    assert isinstance(failure, ServiceError) and failure.status == 503
    assert failure.result["acknowledged"] == held.ids[:1]


@pytest.mark.parametrize("status, reason", [(400, NO_CLAIM), (403, NOT_OURS)])
def test_what_was_taken_away_is_told_and_the_rest_is_acknowledged(cloud, status, reason):
    held = Held(cloud, 2)
    first, last = held.ids
    cloud.fail("delete_message", status=status, reason=reason)
    failure = held.failure()
    assert f"1 of 2 messages of claim {held.id} " in failure.message
    assert f"message {first} was not: {reason}" in failure.message
    assert failure.error_code == "not_claimed"
    assert failure.result == {"acknowledged": [last], "not_acknowledged": [first]}
    assert "delete_claim" not in cloud.kinds()


def test_a_claim_that_expires_meanwhile_is_told(cloud):
    held = Held(cloud, 2)
    cloud.after("read_claim", lambda request: cloud.clock.sleep(61))
    failure = held.failure()
    assert failure.error_code == "not_claimed"
    assert failure.result == {"acknowledged": [], "not_acknowledged": held.ids}
    assert "(and 1 more)" in failure.message and cloud.zaqar.free("q") == [0, 1]


def test_who_may_not_delete_is_told_so(cloud):
    held = Held(cloud, 1)
    cloud.fail("delete_message", status=403, reason="You are not authorized")
    with pytest.raises(ServiceError, match="not authorized"):
        held.run()


def test_a_claim_that_was_emptied_by_others_is_no_success(cloud):
    held = Held(cloud, 1)
    cloud.zaqar.queues["q"].messages.clear()
    failure = held.failure()
    assert failure.error_code == "not_claimed" and "it has none any more" in failure.message


def test_messages_of_others_are_not_acknowledged(cloud):
    held = Held(cloud, 1)
    (other,) = cloud.zaqar.put("q", "other")
    failure = held.failure(message_ids=[other])
    assert failure.result == {"acknowledged": [], "not_acknowledged": [other]}
    assert "delete_message" not in cloud.kinds()


@pytest.mark.parametrize("state", ["renewed", "acknowledged"])
def test_a_claim_that_is_gone_is_told(cloud, state):
    held = Held(cloud, 1)
    cloud.clock.sleep(61)
    failure = held.failure(state=state)
    assert failure.error_code == "claim_gone" and "Claim anew" in failure.message


def test_a_claim_is_renewed(cloud):
    held = Held(cloud, 1)
    result = held.run(state="renewed", ttl=120)
    assert result["changed"] and result["claim"]["ttl"] == 120 and result["claim"]["age"] == 0
    cloud.clock.sleep(100)
    assert cloud.zaqar.free("q") == []


def test_a_renewal_that_fails_says_whether_the_claim_is_gone(cloud):
    held = Held(cloud, 1)
    cloud.fail("update_claim", status=503)
    failure = held.failure(state="renewed")
    assert isinstance(failure, ServiceError) and failure.status == 503
    cloud.fail("update_claim", status=503)
    cloud.before("update_claim", lambda request: cloud.clock.sleep(61))
    assert held.failure(state="renewed").error_code == "claim_gone"


def test_a_claim_is_released_once(cloud):
    held = Held(cloud, 1)
    assert held.run(state="released")["changed"] is True
    assert cloud.zaqar.free("q") == [0]
    assert held.run(state="released") == {"changed": False}


def test_a_release_whose_answer_was_lost_is_found_out(cloud):
    held = Held(cloud, 1)
    cloud.lose("delete_claim")
    assert held.run(state="released")["changed"] is True
    assert cloud.count("delete_claim") == 1


def test_a_release_that_was_not_done_is_unknown(cloud):
    held = Held(cloud, 1)
    cloud.late("delete_claim", seconds=1000)
    cloud.zaqar.queues["q"].claims[held.id].expires = 2000
    failure = held.failure(state="released")
    assert failure.result["outcome_unknown"] is True


@pytest.mark.parametrize("count, expected", [(1, [0]), (20, [0, 1])])
def test_messages_are_claimed(cloud, count, expected):
    cloud.zaqar.put("q", 0, 1)
    result = run_flow(ZaqarClaim, cloud, queue="q", state="claimed", count=count)
    claim = result["claim"]
    assert result["changed"] and [message["body"] for message in claim["messages"]] == expected
    assert {message["claim_id"] for message in claim["messages"]} == {claim["id"]}
    assert len(cloud.zaqar.free("q")) == 2 - len(expected)


def test_an_empty_queue_gives_no_claim(cloud):
    result = run_flow(ZaqarClaim, cloud, queue="q", state="claimed")
    assert result["changed"] is False
    assert result["claim"]["id"] is None and result["claim"]["messages"] == []


def test_check_mode_says_what_would_be_claimed(cloud):
    cloud.zaqar.put("q", 0, 1)
    result = run_flow(ZaqarClaim, cloud, queue="q", state="claimed", count=1, check_mode=True)
    assert result["changed"] and [found["body"] for found in result["claim"]["messages"]] == [0]
    assert cloud.zaqar.free("q") == [0, 1]


@pytest.mark.parametrize("state", ["renewed", "released", "acknowledged"])
def test_check_mode_only_reads(cloud, state):
    held = Held(cloud, 1)
    assert held.run(state=state, check_mode=True)["changed"]
    assert cloud.kinds() == ["read_claim"]


@pytest.mark.parametrize(
    "params, words",
    [
        ({"state": "claimed", "claim_id": "c"}, "leave 'claim_id' out"),
        ({"state": "claimed", "message_ids": ["m"]}, "for 'state' acknowledged only"),
        ({"state": "renewed", "claim_id": "c", "message_ids": []}, "acknowledged only"),
        ({"state": "acknowledged", "claim_id": "c", "message_ids": []}, "'message_ids' is empty"),
    ],
)
def test_options_that_contradict_are_refused(cloud, params, words):
    with pytest.raises(Failure, match=words) as caught:
        run_flow(ZaqarClaim, cloud, queue="q", **params)
    assert caught.value.error_code == "bad_option" and cloud.requests == []


def flow_of(cloud: FakeCloud, **params: t.Any) -> ZaqarClaim:
    defaults = {name: option.get("default") for name, option in ZaqarClaim.OPTIONS.items()}
    flow = ZaqarClaim({**defaults, "queue": "q", **params}, Context())
    flow.__dict__["cloud"] = cloud
    return flow


def test_an_interrupted_claim_is_released_and_no_other(cloud):
    cloud.zaqar.put("q", 0, 1)
    flow = flow_of(cloud, state="claimed")
    flow.run()
    flow.undo()
    assert cloud.zaqar.free("q") == [0, 1]

    held = Held(cloud, 1)
    flow = flow_of(cloud, state="renewed", claim_id=held.id)
    flow.run()
    flow.undo()
    assert held.is_there


def test_a_diff_shows_the_messages_that_are_claimed(cloud):
    held = Held(cloud, 2)
    diff = held.run(message_ids=held.ids[:1])["diff"]
    assert diff == {"before": {"claimed": held.ids}, "after": {"claimed": held.ids[1:]}}
    diff = held.run(state="released")["diff"]
    assert diff == {"before": {"claimed": held.ids[1:]}, "after": {"claimed": []}}
