# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._services.push_gate import (
    MANY,
    PUSH_TO_READABLE_SECONDS,
    PushGate,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud


class World:
    """A queue with messages, a connection that tests push through, and what the looks cost."""

    def __init__(self) -> None:
        self.cloud = FakeCloud()
        self.queue = self.cloud.zaqar
        self.push = types.SimpleNamespace(pushes=0, renewals=1, up=True)
        self.looks = 0
        self.gate = PushGate(self.push, Zaqar(self.cloud), ["q"], self.cloud.clock.deadline(600))

    @property
    def requests(self) -> int:
        return len(self.cloud.requests) + self.looks

    def hide(self, *bodies: t.Any) -> None:
        """Put messages into the queue that somebody has claimed."""
        self.queue.put("q", *bodies)
        self.queue.lock("q", ttl=10000)

    def look(self) -> t.Any:
        """Look for the message "a"."""
        self.looks += 1
        return "a" if "a" in self.queue.free("q") else None

    def tick(self, force: bool = False) -> t.Any:
        return self.gate.poll(self.look, force)

    def ticks(self, number: int = 20) -> int:
        """Let time pass without news; return how many looks it took."""
        before = self.looks
        for _number in range(number):
            self.cloud.clock.sleep(PUSH_TO_READABLE_SECONDS)
            self.tick()
        return self.looks - before


@pytest.fixture
def world():
    return World()


def test_an_empty_queue_costs_one_request_until_there_is_a_push(world):
    world.tick()
    world.ticks()
    assert (world.requests, world.looks) == (1, 0)
    world.queue.put("q", "a")
    world.push.pushes += 1
    assert world.tick() == "a"
    assert world.gate.pushed
    assert world.requests == 2


def test_what_was_there_before_the_subscription_was_not_pushed(world):
    world.queue.put("q", "a")
    assert world.tick() == "a"
    assert not world.gate.pushed


def test_after_a_renewal_there_is_a_look(world):
    world.tick()
    world.queue.put("q", "a")
    assert world.tick() is None
    world.push.renewals += 1
    assert world.tick() == "a"


def test_messages_that_are_not_wanted_are_looked_at_once(world):
    world.queue.put("q", "x", "y")
    world.tick()
    world.ticks(3)
    assert world.ticks() == 0


def test_each_push_is_worth_a_look(world):
    world.tick()
    world.push.pushes += 1
    world.queue.put("q", "x")
    world.tick()
    world.ticks(3)
    assert world.ticks() == 0
    world.push.pushes += 1
    world.queue.put("q", "y")
    before = world.looks
    world.tick()
    assert world.looks == before + 1


def test_what_is_hidden_is_looked_at_until_it_appears_or_goes(world):
    world.hide("x")
    world.tick()
    assert world.ticks(20) == 20
    world.queue.queues["q"].messages.clear()
    world.ticks(2)
    assert world.ticks(20) == 0


def test_what_was_hidden_is_found(world):
    world.hide("a")
    world.tick()
    world.ticks(3)
    world.queue.unlock("q")
    assert world.tick() == "a"
    assert not world.gate.pushed


def test_a_push_that_outruns_its_message(world):
    world.tick()
    world.push.pushes += 1
    assert world.tick() is None
    for _number in range(3):
        world.cloud.clock.sleep(0.1)
        assert world.tick() is None
    world.queue.put("q", "a")
    assert world.tick() == "a"
    assert world.gate.pushed


def test_two_pushes_one_of_which_outruns_its_message(world):
    world.tick()
    world.push.pushes += 2
    world.queue.put("q", "x")
    world.tick()
    for _number in range(3):
        world.cloud.clock.sleep(0.1)
        world.tick()
    world.queue.put("q", "a")
    assert world.tick() == "a"


def test_what_never_comes_is_not_waited_for_without_end(world):
    world.tick()
    world.push.pushes += 1
    world.tick()
    world.cloud.clock.sleep(PUSH_TO_READABLE_SECONDS)
    before = world.requests
    for _number in range(20):
        world.tick()
    assert world.requests - before <= 1


def test_without_a_connection_each_look_is_worth_it(world):
    world.tick()
    world.push.up = False
    assert world.ticks(5) == 5
    world.push.up = True
    world.push.renewals += 1
    world.tick()
    assert world.ticks(5) == 0


def test_a_look_that_has_to_be_is_taken(world):
    world.tick()
    world.queue.put("q", "a")
    assert world.tick(force=True) == "a"


def test_a_look_that_failed_is_repeated(world):
    world.tick()
    world.queue.put("q", "a")
    world.push.pushes += 1

    def fail():
        raise ServiceError("Zaqar", 503, "busy", "service_error")

    with pytest.raises(ServiceError):
        world.gate.poll(fail)
    assert world.tick() == "a"
    assert world.gate.pushed


def test_many_messages_are_not_compared(world):
    world.queue.put("q", *range(MANY + 1))
    world.tick()
    assert world.ticks() == 20
    assert world.cloud.count("list_messages") == 0
