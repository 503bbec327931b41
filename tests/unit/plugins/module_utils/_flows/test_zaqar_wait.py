# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_consumer import (
    contains,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_wait import (
    ZaqarWait,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    Request,
    run_flow,
)


@pytest.mark.parametrize(
    "body, part, expected",
    [
        ({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, False),
        ({"a": 1}, {"a": {"b": 1}}, False),
        ({"a": 1}, {}, True),
        ({"a": None}, {"a": None}, True),
        ({}, {"a": None}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 0}, {"a": False}, False),
        ({"a": [1, 2]}, {"a": [1, 2]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [True]}, {"a": [1]}, False),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, False),
        ("text", {"a": 1}, False),
        (None, {"a": 1}, False),
    ],
)
def test_contains(body, part, expected):
    assert contains(body, part) is expected


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


class Push:
    """A WebSocket that opens unless it is refused, and wakes with each post unless it is deaf."""

    def __init__(self, cloud: FakeCloud, refused: Failure | None, deaf: bool) -> None:
        self._cloud = cloud
        self._refused = refused
        self._deaf = deaf
        self.up = False
        self.pushes = self.renewals = self.requests = 0
        self.closed = False

    def open(self) -> None:
        if self._refused:
            raise self._refused
        self.up = True
        self.renewals = 1
        self.requests = 2
        if not self._deaf:
            self._cloud.zaqar.listeners.append(self._count)

    def _count(self, queue: str, messages: list[t.Any]) -> None:
        self.pushes += len(messages)

    def wait(self, seconds: float) -> bool:
        before = self.pushes
        self._cloud.clock.sleep(seconds)
        return self.pushes > before

    def close(self) -> None:
        self.closed = True


def wait(
    cloud: FakeCloud, refused: Failure | None = None, deaf: bool = False, **options: t.Any
) -> dict[str, t.Any]:
    """Run a wait for ten seconds that polls, unless the options say otherwise."""
    pushes: list[Push] = []

    class Wait(ZaqarWait):
        def new_push(self) -> t.Any:
            pushes.append(Push(cloud, refused, deaf))
            return pushes[0]

    options = {"queue": ["q"], "mode": "poll", "wait_timeout": 10, **options}
    cloud.requests.clear()
    try:
        return run_flow(Wait, cloud, **options)
    finally:
        assert all(push.closed for push in pushes)


def bodies(result: dict[str, t.Any]) -> list[t.Any]:
    return [message["body"] for message in result["messages"]]


def failure_of(cloud: FakeCloud, **options: t.Any) -> Failure:
    with pytest.raises(Failure) as caught:
        wait(cloud, **options)
    return caught.value


def later(cloud: FakeCloud, moment: float, *contents: t.Any) -> None:
    """Put messages into the queue at a time."""
    cloud.clock.at(moment, lambda: cloud.zaqar.put("q", *contents))


def test_a_message_that_is_there_takes_one_request(cloud):
    (id, _other) = cloud.zaqar.put("q", 1, 2, ttl=60, age=1)
    result = wait(cloud)
    assert result["messages"] == [{"id": id, "body": 1, "age": 1, "ttl": 60, "queue": "q"}]
    assert result["requests"] == 1 and cloud.kinds() == ["list_messages"]
    assert result["changed"] is False


def test_a_message_that_arrives_later(cloud):
    later(cloud, 2, "late")
    result = wait(cloud)
    assert bodies(result) == ["late"]
    assert 2 < result["elapsed"] < 4


def test_messages_of_several_queues_count_together(cloud):
    cloud.zaqar.put("a", 1)
    cloud.zaqar.put("b", 2, 3)
    result = wait(cloud, queue=["a", "b", "a"], count=2)
    assert [(message["queue"], message["body"]) for message in result["messages"]] == [
        ("a", 1),
        ("b", 2),
    ]


@pytest.mark.parametrize("consume", ["peek", "claim", "pop"])
@pytest.mark.parametrize("wanted", [None, {"n": 1}])
def test_a_timeout_tells_what_was_seen_and_consumes_nothing(cloud, consume, wanted):
    cloud.zaqar.put("q", {"n": 1})
    failure = failure_of(cloud, count=2, consume=consume, filter=wanted)
    assert failure.error_code == "timeout"
    assert "1 of 2 messages" in failure.message and "10 s" in failure.message
    assert failure.result["messages"][0]["body"] == {"n": 1}
    assert failure.result["elapsed"] == 10
    assert cloud.zaqar.free("q") == [{"n": 1}]


@pytest.mark.parametrize("count", [1, 2])
def test_claim_hides_the_wanted_messages_and_no_others(cloud, count):
    cloud.zaqar.put("q", {"n": 0}, {"n": 1}, "x", {"n": 1}, {"n": 2})
    result = wait(cloud, filter={"n": 1}, consume="claim", count=count)
    assert bodies(result) == [{"n": 1}] * count
    claims = cloud.zaqar.queues["q"].claims
    assert {message["claim_id"] for message in result["messages"]} == set(claims)
    assert len(cloud.zaqar.free("q")) == 5 - count
    assert result["changed"] is True


def test_claim_without_a_filter_takes_pages(cloud):
    cloud.zaqar.put("q", *range(30))
    result = wait(cloud, consume="claim", count=25)
    assert bodies(result) == list(range(25))
    assert cloud.zaqar.free("q") == list(range(25, 30))


@pytest.mark.parametrize(
    "wanted, left", [(None, [{"n": 1}, {"n": 2}]), ({"n": 1}, [{"n": 0}, {"n": 2}])]
)
def test_pop_takes_the_wanted_messages_and_no_others(cloud, wanted, left):
    cloud.zaqar.put("q", {"n": 0}, {"n": 1}, {"n": 2})
    result = wait(cloud, filter=wanted, consume="pop")
    assert len(result["messages"]) == 1 and "claim_id" not in result["messages"][0]
    assert cloud.zaqar.free("q") == left


def test_a_deletion_that_fails_is_repeated(cloud):
    cloud.zaqar.put("q", 1)
    cloud.fail("delete_message", status=503)
    assert bodies(wait(cloud, consume="pop")) == [1]
    assert cloud.zaqar.bodies("q") == []


def test_what_somebody_else_has_claimed_meanwhile_is_theirs(cloud):
    cloud.zaqar.put("q", {"n": 1}, {"n": 1})
    cloud.before("delete_message", lambda request: cloud.zaqar.lock("q", count=1))
    result = wait(cloud, consume="pop", filter={"n": 1})
    assert len(result["messages"]) == 1
    assert len(cloud.zaqar.bodies("q")) == 1 and cloud.zaqar.free("q") == []


def test_claims_are_released_when_a_later_one_fails(cloud):
    cloud.zaqar.put("q", *range(30))
    cloud.after("create_claim", lambda request: cloud.fail("create_claim", status=403))
    assert failure_of(cloud, consume="claim", count=25).error_code == "forbidden"
    assert cloud.zaqar.free("q") == list(range(30))


def test_transient_failures_are_forgiven_and_told_in_a_timeout(cloud):
    cloud.zaqar.put("q", 1)
    cloud.fail("list_messages", status=503)
    cloud.fail("list_messages", status=429)
    assert bodies(wait(cloud)) == [1]
    cloud.fail("list_messages", status=503, times=100)
    assert "503" in failure_of(cloud).message


def end_at_the_next_look(cloud: FakeCloud, execution: dict[str, t.Any], *words: t.Any) -> None:
    """Let an execution say its last words and end just before its state is read."""

    def end(request: Request) -> None:
        cloud.zaqar.put("q", *words)
        execution["state"] = "SUCCESS"

    cloud.before("read_execution", end)


def test_messages_posted_just_before_the_end_are_found(cloud):
    execution = cloud.mistral.add_execution()
    cloud.clock.at(0.05, lambda: end_at_the_next_look(cloud, execution, "last words"))
    result = wait(cloud, execution=execution["id"])
    assert bodies(result) == ["last words"]
    assert result["execution"] == {"id": execution["id"], "state": "SUCCESS"}
    assert result["requests"] == len(cloud.requests)


@pytest.mark.parametrize("state", ["SUCCESS", "ERROR", "CANCELLED"])
def test_the_end_of_the_execution_ends_the_wait(cloud, state):
    cloud.zaqar.put("q", 1)
    execution = cloud.mistral.add_execution()
    cloud.mistral.add_task(execution, "deploy", "ERROR", state_info="no space left")
    cloud.clock.at(0.05, lambda: execution.update(state=state))
    failure = failure_of(cloud, execution=execution["id"], count=2, consume="pop", wait_timeout=600)
    assert failure.error_code == "execution_ended"
    assert state in failure.message
    assert ("no space left" in failure.message) == (state == "ERROR")
    assert bodies(failure.result) == [1]
    assert failure.result["execution"]["state"] == state
    assert failure.result["elapsed"] < 1
    assert cloud.zaqar.free("q") == [1]


def test_a_paused_execution_does_not_end_the_wait(cloud):
    execution = cloud.mistral.add_execution(state="PAUSED")
    failure = failure_of(cloud, execution=execution["id"])
    assert failure.error_code == "timeout"
    assert "is PAUSED" in failure.message


def test_trouble_with_mistral_does_not_hide_messages(cloud):
    cloud.zaqar.put("q", 1)
    cloud.fail("mistral", status=503, times=100)
    assert bodies(wait(cloud, execution="e")) == [1]


def test_an_execution_that_is_not_there_ends_the_wait(cloud):
    failure = failure_of(cloud, execution="e")
    assert failure.error_code == "not_found" and "is not there;" in failure.message


def test_an_execution_that_is_deleted_ends_the_wait(cloud):
    execution = cloud.mistral.add_execution()
    cloud.clock.at(5, cloud.mistral.executions.clear)
    failure = failure_of(cloud, execution=execution["id"])
    assert failure.error_code == "not_found" and "is not there any more" in failure.message


@pytest.mark.parametrize("consume, changed", [("peek", False), ("claim", True), ("pop", True)])
def test_check_mode_looks_once(cloud, consume, changed):
    assert wait(cloud, check_mode=True, consume=consume)["changed"] is False
    cloud.zaqar.put("q", 1)
    assert wait(cloud, check_mode=True, consume=consume)["changed"] is changed
    assert cloud.kinds() == ["list_messages"]
    assert cloud.zaqar.free("q") == [1]


def test_a_push_is_looked_at_when_it_comes_and_costs_little(cloud):
    later(cloud, 600, "late")
    result = wait(cloud, mode="push", wait_timeout=1000)
    assert bodies(result) == ["late"]
    assert result["delivered"] == "push"
    assert result["requests"] == 4


@pytest.mark.parametrize("consume", ["peek", "claim", "pop"])
@pytest.mark.parametrize("wanted", [None, {"n": 1}])
def test_pushes_and_polls_give_the_same(consume, wanted):
    results = []
    for mode in ("poll", "push"):
        cloud = FakeCloud()
        later(cloud, 5, {"n": 0}, {"n": 1}, {"n": 1})
        result = wait(cloud, mode=mode, consume=consume, filter=wanted, count=2)
        results.append((bodies(result), result["changed"], cloud.zaqar.free("q")))
    assert results[0] == results[1]
    assert len(results[0][0]) == 2


def test_a_message_whose_claim_ends_is_found_without_a_push(cloud):
    cloud.zaqar.put("q", 1)
    cloud.zaqar.lock("q", ttl=100)
    result = wait(cloud, mode="push", wait_timeout=600)
    assert bodies(result) == [1]
    assert 100 <= result["elapsed"] < 131


def test_a_deletion_whose_answer_was_lost_does_not_wait_for_a_push(cloud):
    cloud.zaqar.put("q", 1)
    cloud.lose("delete_message")
    result = wait(cloud, mode="push", consume="pop", wait_timeout=600)
    assert bodies(result) == [1]
    assert result["elapsed"] < 1


def test_the_end_of_an_execution_is_noticed_while_there_are_pushes(cloud):
    execution = cloud.mistral.add_execution()
    cloud.clock.at(300, lambda: execution.update(state="ERROR"))
    failure = failure_of(cloud, execution=execution["id"], mode="push", wait_timeout=6000)
    assert failure.error_code == "execution_ended"
    assert 300 < failure.result["elapsed"] < 331
    assert cloud.count("read_execution") < 25


def test_last_words_without_a_push_are_found_when_the_execution_ends(cloud):
    execution = cloud.mistral.add_execution()
    cloud.clock.at(5, lambda: end_at_the_next_look(cloud, execution, "last words"))
    result = wait(cloud, mode="push", deaf=True, execution=execution["id"], wait_timeout=600)
    assert bodies(result) == ["last words"]
    assert result["elapsed"] < 40


def test_a_message_without_a_push_is_seen_at_the_deadline(cloud):
    later(cloud, 5, 1)
    result = wait(cloud, mode="push", deaf=True)
    assert bodies(result) == [1]
    assert result["elapsed"] == 10 and result["delivered"] == "poll"


def test_auto_warns_once_and_polls_when_there_can_be_no_push(cloud):
    warnings: list[str] = []
    refused = Failure("The WebSocket is not there; check it.", "unreachable")
    later(cloud, 2, 1)
    result = wait(cloud, mode="auto", refused=refused, warn=warnings.append)
    assert bodies(result) == [1] and result["elapsed"] < 4 and result["delivered"] == "poll"
    assert len(warnings) == 1 and "The WebSocket is not there; check it." in warnings[0]


def test_push_fails_when_there_can_be_no_push(cloud):
    cloud.zaqar.put("q", 1)
    refused = Failure("The WebSocket is not there; check it.", "unreachable")
    failure = failure_of(cloud, mode="push", refused=refused)
    assert failure.message == "The WebSocket is not there; check it."
    assert failure.error_code == "unreachable"


@pytest.mark.parametrize("options", [{"check_mode": True}, {"wait_timeout": 0}])
def test_a_single_look_needs_no_push(cloud, options):
    cloud.zaqar.put("q", 1)
    assert wait(cloud, mode="push", refused=Failure("no"), **options)["requests"] == 1


@pytest.mark.parametrize("options", [{"queue": []}, {"queue": ["a b"]}])
def test_wrong_options_are_refused_before_anything_is_sent(cloud, options):
    with pytest.raises(Failure):
        wait(cloud, **options)
    assert cloud.requests == []


def flow_of(cloud: FakeCloud, **params: t.Any) -> ZaqarWait:
    defaults = {name: option.get("default") for name, option in ZaqarWait.OPTIONS.items()}
    context = Context(new_deadline=cloud.clock.deadline)
    flow = ZaqarWait({**defaults, "queue": ["q"], "mode": "poll", **params}, context)
    flow.__dict__["cloud"] = cloud
    return flow


def test_an_interrupted_wait_releases_its_claims(cloud):
    flow = flow_of(cloud, consume="claim")
    flow.undo()  # before it has begun
    cloud.zaqar.put("q", 1)
    flow.run()
    assert cloud.zaqar.free("q") == []
    flow.undo()
    assert cloud.zaqar.free("q") == [1]


@pytest.mark.parametrize(
    "consume, words",
    [("peek", "Nothing was taken out of queue 'q'."), ("pop", 'in no result: "only copy"')],
)
def test_who_interrupts_a_wait_learns_what_was_taken(cloud, consume, words):
    flow = flow_of(cloud, consume=consume)
    cloud.zaqar.put("q", "only copy")
    flow.run()
    assert words in flow.go_on()


def test_a_failure_returns_what_was_popped(cloud):
    cloud.zaqar.put("q", 1, 2)
    cloud.after("delete_message", lambda request: cloud.fail("any", status=503, times=1000))
    failure = failure_of(cloud, consume="pop", count=2)
    assert failure.error_code == "timeout" and bodies(failure.result) == [1, 2]

    cloud = FakeCloud()
    cloud.zaqar.put("q", {"n": 1}, {"n": 1})
    cloud.after("delete_message", lambda request: cloud.fail("delete_message", status=403))
    cloud.after("delete_message", lambda request: cloud.fail("list_messages", status=403))
    failure = failure_of(cloud, consume="pop", count=2, filter={"n": 1})
    assert failure.error_code == "forbidden" and bodies(failure.result) == [{"n": 1}]


@pytest.mark.parametrize(
    "options, words",
    [
        ({}, "0 of 1 message came to queue 'q'"),
        ({"count": 2}, "1 of 2 messages came to queue 'q'"),
        ({"queue": ["q", "r"], "count": 3}, "1 of 3 messages came to queues 'q', 'r'"),
        ({"filter": {"n": 2}}, "0 of 1 message that matches the filter came to queue 'q'"),
    ],
)
def test_a_timeout_counts_what_came(cloud, options, words):
    if options:
        cloud.zaqar.put("q", {"n": 1})
    assert words in failure_of(cloud, **options).message


def test_trouble_with_mistral_is_told_in_a_timeout(cloud):
    cloud.fail("mistral", status=503, times=100)
    failure = failure_of(cloud, execution="e")
    assert failure.error_code == "timeout" and "503" in failure.message


def test_a_failure_returns_what_was_still_to_be_popped(cloud):
    cloud.zaqar.put("q", 1)
    execution = cloud.mistral.add_execution()
    cloud.fail("delete_message", status=503, times=100)
    cloud.clock.at(1, lambda: cloud.fail("mistral", status=404, times=100))
    failure = failure_of(cloud, consume="pop", execution=execution["id"])
    assert failure.error_code == "not_found" and bodies(failure.result) == [1]
