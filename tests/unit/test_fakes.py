# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests can do with the fakes: lose, refuse and delay requests, act in between."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    CONNECTION_LOST,
    NO_ANSWER,
    UNREACHABLE,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    NewMessage,
    State,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeClock,
    FakeCloud,
    reader,
)

MESSAGE = [NewMessage(1, 60)]


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def error_of(cloud: FakeCloud, queue: str = "q") -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        Zaqar(cloud).post(queue, MESSAGE)
    return caught.value


def test_a_lost_answer_is_that_of_a_request_that_was_carried_out(cloud):
    cloud.lose("post_messages")
    error = error_of(cloud)
    assert error.error_code == CONNECTION_LOST and error.outcome_unknown
    assert cloud.zaqar.bodies("q") == [1]
    Zaqar(cloud).post("q", MESSAGE)
    assert cloud.zaqar.bodies("q") == [1, 1]


def test_a_request_that_fails_is_not_carried_out(cloud):
    cloud.fail("post_messages", times=2)
    cloud.fail("post_messages", status=503, reason="busy")
    error = error_of(cloud)
    assert error.error_code == UNREACHABLE and not error.sent
    assert error_of(cloud).status is None
    assert error_of(cloud).status == 503
    assert cloud.zaqar.bodies("q") == [] and cloud.count("post_messages") == 3
    Zaqar(cloud).post("q", MESSAGE)


def test_only_the_requests_that_are_meant_fail(cloud):
    cloud.fail("post_messages", queue="other")
    Zaqar(cloud).post("q", MESSAGE)
    error_of(cloud, "other")
    cloud.fail("zaqar")
    Mistral(cloud).environment("none")
    error_of(cloud)


def test_a_late_request_is_waited_for(cloud):
    cloud.late("post_messages", 20)
    Zaqar(cloud).post("q", MESSAGE)
    assert cloud.clock.now == 20


def test_a_request_that_is_given_up_arrives_later(cloud):
    cloud.late("post_messages", 100)
    error = error_of(cloud)
    assert error.error_code == NO_ANSWER and error.late and cloud.clock.now == 60
    assert cloud.zaqar.bodies("q") == []
    cloud.clock.sleep(40)
    assert cloud.zaqar.bodies("q") == [1]


def test_a_request_is_given_up_when_its_time_is_over(cloud):
    zaqar = Zaqar(cloud)
    cloud.late("post_messages", 20)
    with zaqar.within(5):
        assert error_of(cloud).error_code == NO_ANSWER
        assert cloud.clock.now == 5
        assert error_of(cloud).error_code == UNREACHABLE
    zaqar.post("q", MESSAGE)


def test_somebody_else_acts_before_or_after_a_request(cloud):
    cloud.before("post_messages", lambda request: cloud.zaqar.put("q", "before"))
    cloud.after("post_messages", lambda request: cloud.zaqar.put("q", "after"))
    Zaqar(cloud).post("q", MESSAGE)
    assert cloud.zaqar.bodies("q") == ["before", 1, "after"]
    Zaqar(cloud).post("q", MESSAGE)
    assert cloud.zaqar.bodies("q") == ["before", 1, "after", 1]


def test_two_people_share_the_services_and_not_their_troubles(cloud):
    other = FakeCloud(zaqar=cloud.zaqar, mistral=cloud.mistral)
    cloud.fail("post_messages")
    Zaqar(other).post("q", MESSAGE)
    error_of(cloud)
    assert cloud.kinds() == other.kinds() == ["post_messages"]
    assert other.spent().requests == {"Zaqar": 1} and other.clock is cloud.clock


def test_what_is_planned_happens_at_its_time():
    clock, seen = FakeClock(), []
    clock.at(5, lambda: seen.append(clock.now))
    clock.at(2, lambda: clock.at(3, lambda: seen.append(clock.now)))
    clock.sleep(1)
    assert seen == []
    clock.sleep(10)
    assert seen == [3, 5] and clock.now == 11


def test_a_deadline_runs_on_the_clock():
    clock = FakeClock()
    deadline = clock.deadline(10)
    deadline.wait(4)
    assert deadline.elapsed == 4 and deadline.remaining == 6


def test_a_workflow_asks_twice_and_ends(cloud):
    mistral, zaqar = cloud.mistral, cloud.zaqar
    execution = mistral.add_execution("dialogue")
    read = reader(zaqar, "in")

    def ask_again() -> object:
        mistral.pause_before(execution, "second", read)
        return read()

    mistral.pause_before(execution, "first", ask_again)
    zaqar.put("in", "one", "two")
    client = Mistral(cloud)
    client.set_state(execution["id"], State.RUNNING)
    assert execution["state"] == "PAUSED" and zaqar.bodies("in") == ["two"]
    client.set_state(execution["id"], State.RUNNING)
    assert execution["state"] == "SUCCESS"
    assert [task["result"] for task in mistral.tasks_of(execution)] == ["one", "two"]


def test_an_answer_to_interactive_ask_lets_its_caller_go_on(cloud):
    mistral = cloud.mistral
    execution = mistral.add_execution("dialogue")
    ask = mistral.ask(execution, "Who is there?", work=lambda: "published")
    action = mistral.action_of(ask)
    Mistral(cloud).complete_action(action["id"], State.SUCCESS, {"answer": "me"})
    assert (ask["state"], execution["state"]) == ("SUCCESS", "SUCCESS")
    assert mistral.tasks_of(execution)[0]["result"] == "published"


def test_an_expired_claim_is_in_the_way_until_garbage_is_collected(cloud):
    cloud.zaqar.keeps_expired_claims = True
    cloud.zaqar.put("q", 1)
    claim = cloud.zaqar.lock("q")
    cloud.clock.sleep(61)
    cloud.requests.clear()
    assert Zaqar(cloud).claimed("q", claim) is None
    assert cloud.kinds() == ["read_claim", "list_messages", "read_claim"]
    Zaqar(cloud).stats("q")
    assert cloud.kinds()[3:] == ["read_stats", *["list_messages"] * 5]
