# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_wait import (
    ZaqarWait,
    contains,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Claim,
    Message,
    QueueStats,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    Zaqar as RealZaqar,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context


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


def message(id, body):
    return Message.of({"id": id, "body": body, "age": 1, "ttl": 60, "href": "x"})


class Zaqar:
    """Queues in memory. Claims take the oldest free messages, as the service does."""

    def __init__(self):
        self.connection = types.SimpleNamespace(requests=0)
        self.queues = {}
        self.claims = {}
        self.failures = []  # raised by the next calls

    def fill(self, queue, *bodies):
        there = self.queues.setdefault(queue, [])
        there += [
            message(f"{queue}{len(there) + number}", body) for number, body in enumerate(bodies)
        ]

    def free(self, queue):
        claimed = {message.id for ours in self.claims.values() for message in ours}
        return [message for message in self.queues.get(queue, []) if message.id not in claimed]

    def bodies(self, queue):
        return [message.body for message in self.free(queue)]

    def _call(self):
        self.connection.requests += 1
        if self.failures:
            error = self.failures.pop(0)
            if error:
                raise error

    def stats(self, queue):
        self._call()
        total = len(self.queues.get(queue, []))
        free = len(self.free(queue))
        return QueueStats(free, total - free, total)

    def messages(self, queue, limit=None):
        self._call()
        return self.free(queue)[:limit]

    def claim(self, queue, ttl, grace, limit):
        self._call()
        found = self.free(queue)[:limit]
        if not found:
            return None
        name = f"claim{self.connection.requests}"
        self.claims[name] = found
        return Claim(name, tuple(found), ttl=ttl)

    give_back = RealZaqar.give_back

    def release(self, queue, claim):
        self._call()
        del self.claims[claim]

    def delete_message(self, queue, id, claim=None):
        self._call()
        self.queues[queue] = [message for message in self.queues[queue] if message.id != id]


class Mistral:
    def __init__(self, *states):
        self.connection = types.SimpleNamespace(requests=0)
        self.states = list(states)
        self.before_end = lambda: None

    def state(self, id):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, Exception):
            raise state
        if state != "RUNNING":
            self.before_end()
        return state

    def failed_tasks(self, id):
        return [{"name": "deploy", "workflow": "w", "id": "1", "reason": "no space left"}]


@pytest.fixture
def zaqar():
    return Zaqar()


class Push:
    """A WebSocket that opens, or not, and pushes when told."""

    def __init__(self, sleep, refused=None):
        self._sleep = sleep
        self._refused = refused
        self.up = False
        self.pushes = self.renewals = self.requests = 0
        self.closed = False

    def open(self):
        if self._refused:
            raise self._refused
        self.up = True
        self.renewals = 1
        self.requests = 2

    def wait(self, seconds):
        before = self.pushes
        self._sleep(seconds)
        return self.pushes > before

    def close(self):
        self.closed = True


def wait(
    zaqar, mistral=None, check_mode=False, arrive=None, refused=None, warnings=None, **options
):
    """Run a wait; ``arrive`` is called at each sleep, with the time and the WebSocket if there is one."""
    params = dict(
        queue=["q"],
        count=1,
        filter=None,
        consume="peek",
        claim_ttl=300,
        execution=None,
        mode="poll",
        wait_timeout=10,
    )
    params.update(options)
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds
        if arrive:
            arrive(now[0], *pushes)

    def new_deadline(seconds):
        return Deadline(seconds, clock=lambda: now[0], sleep=sleep)

    pushes = []

    class Flow(ZaqarWait):
        def new_push(self):
            pushes.append(Push(sleep, refused))
            return pushes[0]

    flow = Flow(
        params,
        Context(
            check_mode=check_mode,
            warn=(warnings if warnings is not None else []).append,
            new_deadline=new_deadline,
        ),
    )
    flow.__dict__.update(zaqar=zaqar, mistral=mistral)
    try:
        return flow.run()
    finally:
        assert all(push.closed for push in pushes)


def bodies(result):
    return [message["body"] for message in result["messages"]]


def error(status):
    return ServiceError("Zaqar", status, "no", "service_error")


def test_a_message_that_is_there_takes_one_request(zaqar):
    zaqar.fill("q", 1, 2)
    result = wait(zaqar)
    assert bodies(result) == [1]
    assert result["messages"][0] == {"id": "q0", "body": 1, "age": 1, "ttl": 60, "queue": "q"}
    assert result["requests"] == 1
    assert result["changed"] is False


def test_a_message_that_arrives_later(zaqar):
    result = wait(zaqar, arrive=lambda now: now > 2 and zaqar.fill("q", "late"))
    assert bodies(result) == ["late"]
    assert 2 < result["elapsed"] < 4


def test_messages_of_several_queues_count_together(zaqar):
    zaqar.fill("a", 1)
    zaqar.fill("b", 2, 3)
    result = wait(zaqar, queue=["a", "b", "a"], count=2)
    assert [(message["queue"], message["body"]) for message in result["messages"]] == [
        ("a", 1),
        ("b", 2),
    ]


@pytest.mark.parametrize("consume", ["peek", "claim", "pop"])
@pytest.mark.parametrize("wanted", [None, {"n": 1}])
def test_a_timeout_tells_what_was_seen_and_consumes_nothing(zaqar, consume, wanted):
    zaqar.fill("q", {"n": 1})
    with pytest.raises(Failure) as caught:
        wait(zaqar, count=2, consume=consume, filter=wanted)
    assert caught.value.error_code == "timeout"
    assert "1 of 2 messages" in caught.value.message and "10 s" in caught.value.message
    assert caught.value.result["messages"][0]["body"] == {"n": 1}
    assert caught.value.result["elapsed"] == 10
    assert zaqar.bodies("q") == [{"n": 1}]


@pytest.mark.parametrize("count", [1, 2])
def test_claim_hides_the_wanted_messages_and_no_others(zaqar, count):
    zaqar.fill("q", {"n": 0}, {"n": 1}, "x", {"n": 1}, {"n": 2})
    result = wait(zaqar, filter={"n": 1}, consume="claim", count=count)
    assert bodies(result) == [{"n": 1}] * count
    assert all(zaqar.claims[message["claim_id"]] for message in result["messages"])
    assert len(zaqar.bodies("q")) == 5 - count
    assert result["changed"] is True


def test_claim_without_a_filter_takes_pages(zaqar):
    zaqar.fill("q", *range(30))
    result = wait(zaqar, consume="claim", count=25)
    assert bodies(result) == list(range(25))
    assert zaqar.bodies("q") == list(range(25, 30))


@pytest.mark.parametrize(
    "wanted, left", [(None, [{"n": 1}, {"n": 2}]), ({"n": 1}, [{"n": 0}, {"n": 2}])]
)
def test_pop_takes_the_wanted_messages_and_no_others(zaqar, wanted, left):
    zaqar.fill("q", {"n": 0}, {"n": 1}, {"n": 2})
    result = wait(zaqar, filter=wanted, consume="pop")
    assert len(result["messages"]) == 1 and "claim_id" not in result["messages"][0]
    assert zaqar.bodies("q") == left


def test_a_deletion_that_fails_is_repeated(zaqar):
    zaqar.fill("q", 1)
    zaqar.failures = [None, error(503)]
    result = wait(zaqar, consume="pop")
    assert bodies(result) == [1]
    assert zaqar.queues["q"] == []


def test_claims_are_released_when_a_later_one_fails(zaqar):
    zaqar.fill("q", *range(30))
    zaqar.failures = [None, None, error(403)]
    with pytest.raises(ServiceError):
        wait(zaqar, consume="claim", count=25)
    assert zaqar.bodies("q") == list(range(30))


def test_transient_failures_are_forgiven_and_told_in_a_timeout(zaqar):
    zaqar.fill("q", 1)
    zaqar.failures = [error(503), error(429)]
    assert bodies(wait(zaqar)) == [1]
    zaqar.failures = [error(503)] * 100
    with pytest.raises(Failure) as caught:
        wait(zaqar)
    assert "503" in caught.value.message


def test_messages_posted_just_before_the_end_are_found(zaqar):
    mistral = Mistral("RUNNING", "SUCCESS")
    mistral.before_end = lambda: zaqar.fill("q", "last words")
    result = wait(zaqar, mistral, execution="e")
    assert bodies(result) == ["last words"]
    assert result["execution"] == {"id": "e", "state": "SUCCESS"}


@pytest.mark.parametrize("state", ["SUCCESS", "ERROR", "CANCELLED"])
def test_the_end_of_the_execution_ends_the_wait(zaqar, state):
    zaqar.fill("q", 1)
    with pytest.raises(Failure) as caught:
        wait(
            zaqar,
            Mistral("RUNNING", state),
            execution="e",
            count=2,
            consume="pop",
            wait_timeout=600,
        )
    assert caught.value.error_code == "execution_ended"
    assert state in caught.value.message
    assert ("no space left" in caught.value.message) == (state == "ERROR")
    assert bodies(caught.value.result) == [1]
    assert caught.value.result["execution"]["state"] == state
    assert caught.value.result["elapsed"] < 1
    assert zaqar.bodies("q") == [1]


def test_a_paused_execution_does_not_end_the_wait(zaqar):
    with pytest.raises(Failure) as caught:
        wait(zaqar, Mistral("PAUSED"), execution="e")
    assert caught.value.error_code == "timeout"
    assert "is PAUSED" in caught.value.message


def test_trouble_with_mistral_does_not_hide_messages(zaqar):
    zaqar.fill("q", 1)
    assert bodies(wait(zaqar, Mistral(error(503)), execution="e")) == [1]


def test_an_execution_that_is_not_there_ends_the_wait(zaqar):
    with pytest.raises(Failure) as caught:
        wait(zaqar, Mistral(error(404)), execution="e")
    assert caught.value.error_code == "not_found"


@pytest.mark.parametrize("consume, changed", [("peek", False), ("claim", True), ("pop", True)])
def test_check_mode_looks_once(zaqar, consume, changed):
    assert wait(zaqar, check_mode=True, consume=consume)["changed"] is False
    zaqar.fill("q", 1)
    assert wait(zaqar, check_mode=True, consume=consume)["changed"] is changed
    assert zaqar.connection.requests == 1
    assert zaqar.bodies("q") == [1]


def test_a_push_is_looked_at_when_it_comes_and_costs_little(zaqar):
    def arrive(now, push):
        if now > 600 and not push.pushes:
            zaqar.fill("q", "late")
            push.pushes += 1

    result = wait(zaqar, mode="push", wait_timeout=1000, arrive=arrive)
    assert bodies(result) == ["late"]
    assert result["delivered"] == "push"
    assert result["requests"] == 4


@pytest.mark.parametrize("consume", ["peek", "claim", "pop"])
@pytest.mark.parametrize("wanted", [None, {"n": 1}])
def test_pushes_and_polls_give_the_same(zaqar, consume, wanted):
    def arrive(now, push=None):
        if now > 5 and "q" not in zaqar.queues:
            zaqar.fill("q", {"n": 0}, {"n": 1}, {"n": 1})
            if push:
                push.pushes += 3

    results = []
    for mode in ("poll", "push"):
        zaqar.queues, zaqar.claims = {}, {}
        result = wait(zaqar, mode=mode, consume=consume, filter=wanted, count=2, arrive=arrive)
        results.append((bodies(result), result["changed"], zaqar.bodies("q")))
    assert results[0] == results[1]
    assert len(results[0][0]) == 2


def test_a_message_whose_claim_ends_is_found_without_a_push(zaqar):
    zaqar.fill("q", 1)
    zaqar.claim("q", 300, 60, 1)
    result = wait(
        zaqar,
        mode="push",
        wait_timeout=600,
        arrive=lambda now, push: now > 100 and zaqar.claims.clear(),
    )
    assert bodies(result) == [1]
    assert 100 < result["elapsed"] < 131


def test_a_deletion_whose_answer_was_lost_does_not_wait_for_a_push(zaqar):
    zaqar.fill("q", 1)
    delete = zaqar.delete_message

    def delete_and_lose_the_answer(*args):
        delete(*args)
        zaqar.delete_message = delete
        raise error(503)

    zaqar.delete_message = delete_and_lose_the_answer
    result = wait(zaqar, mode="push", consume="pop", wait_timeout=600)
    assert bodies(result) == [1]
    assert result["elapsed"] < 1


def test_the_end_of_an_execution_is_noticed_while_there_are_pushes(zaqar):
    states = iter(["RUNNING"] * 25 + ["ERROR"] * 2)
    mistral = Mistral("RUNNING")
    mistral.state = lambda id: next(states)
    with pytest.raises(Failure) as caught:
        wait(zaqar, mistral, execution="e", mode="push", wait_timeout=6000)
    assert caught.value.error_code == "execution_ended"
    assert 300 < caught.value.result["elapsed"] < 450
    assert next(states) == "ERROR"


def test_a_message_without_a_push_is_seen_at_the_deadline(zaqar):
    result = wait(zaqar, mode="push", arrive=lambda now, push: now > 5 and zaqar.fill("q", 1))
    assert bodies(result) == [1]
    assert result["elapsed"] == 10 and result["delivered"] == "poll"


def test_auto_warns_once_and_polls_when_there_can_be_no_push(zaqar):
    warnings = []
    refused = Failure("The WebSocket is not there; check it.", "unreachable")
    result = wait(
        zaqar,
        mode="auto",
        refused=refused,
        warnings=warnings,
        arrive=lambda now, push: now > 2 and zaqar.fill("q", 1),
    )
    assert bodies(result) == [1] and result["elapsed"] < 4 and result["delivered"] == "poll"
    assert len(warnings) == 1 and "The WebSocket is not there; check it." in warnings[0]


def test_push_fails_when_there_can_be_no_push(zaqar):
    zaqar.fill("q", 1)
    with pytest.raises(Failure) as caught:
        wait(
            zaqar,
            mode="push",
            refused=Failure("The WebSocket is not there; check it.", "unreachable"),
        )
    assert caught.value.message == "The WebSocket is not there; check it."
    assert caught.value.error_code == "unreachable"


@pytest.mark.parametrize("options", [{"check_mode": True}, {"wait_timeout": 0}])
def test_a_single_look_needs_no_push(zaqar, options):
    zaqar.fill("q", 1)
    assert wait(zaqar, mode="push", refused=Failure("no"), **options)["requests"] == 1


@pytest.mark.parametrize("options", [{"queue": []}, {"queue": ["a b"]}])
def test_wrong_options_are_refused_before_anything_is_sent(zaqar, options):
    with pytest.raises(Failure):
        wait(zaqar, **options)
    assert zaqar.connection.requests == 0
