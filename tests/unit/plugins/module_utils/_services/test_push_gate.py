# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._services.push_gate import (
    MANY,
    PATIENCE,
    PushGate,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Message,
    QueueStats,
)


class World:
    """A queue with visible and hidden messages, and what the looks at it cost."""

    def __init__(self):
        self.now = 0.0
        self.push = types.SimpleNamespace(pushes=0, renewals=1, up=True)
        self.visible = []
        self.hidden = 0
        self.looks = 0
        self.requests = 0
        self.wanted = None  # what a look is for
        self.gate = PushGate(self.push, self, ["q"], clock=lambda: self.now)

    def stats(self, queue):
        self.requests += 1
        total = len(self.visible) + self.hidden
        return QueueStats(len(self.visible), self.hidden, total)

    def messages(self, queue):
        self.requests += 1
        return [Message.of({"id": id}) for id in self.visible]

    def take(self):
        self.looks += 1
        self.requests += 1
        return self.wanted if self.wanted in self.visible else None

    def tick(self, force=False):
        return self.gate.poll(self.take, force)

    def ticks(self, number=20):
        """Let time pass without news; return how many looks it took."""
        before = self.looks
        for _number in range(number):
            self.now += PATIENCE
            self.tick()
        return self.looks - before


@pytest.fixture
def world():
    return World()


def test_an_empty_queue_costs_one_request_until_there_is_a_push(world):
    world.tick()
    world.ticks()
    assert (world.requests, world.looks) == (1, 0)
    world.wanted = "a"
    world.visible = ["a"]
    world.push.pushes += 1
    assert world.tick() == "a"
    assert world.gate.pushed
    assert world.requests == 2


def test_what_was_there_before_the_subscription_was_not_pushed(world):
    world.wanted = "a"
    world.visible = ["a"]
    assert world.tick() == "a"
    assert not world.gate.pushed


def test_after_a_renewal_there_is_a_look(world):
    world.tick()
    world.visible, world.wanted = ["a"], "a"
    assert world.tick() is None
    world.push.renewals += 1
    assert world.tick() == "a"


def test_messages_that_are_not_wanted_are_looked_at_once(world):
    world.visible = ["x", "y"]
    world.tick()
    world.ticks(3)
    assert world.ticks() == 0


def test_each_push_is_worth_a_look(world):
    world.tick()
    world.push.pushes += 1
    world.visible = ["x"]
    world.tick()
    world.ticks(3)
    assert world.ticks() == 0
    world.push.pushes += 1
    world.visible.append("y")
    before = world.looks
    world.tick()
    assert world.looks == before + 1


def test_what_is_hidden_is_looked_at_until_it_appears_or_goes(world):
    world.hidden = 1
    world.tick()
    assert world.ticks(20) == 20
    world.hidden = 0
    world.ticks(2)
    assert world.ticks(20) == 0


def test_what_was_hidden_is_found(world):
    world.hidden, world.wanted = 1, "a"
    world.tick()
    world.ticks(3)
    world.hidden, world.visible = 0, ["a"]
    assert world.tick() == "a"
    assert not world.gate.pushed


def test_a_push_that_outruns_its_message(world):
    world.tick()
    world.push.pushes += 1
    assert world.tick() is None
    for _number in range(3):
        world.now += 0.1
        assert world.tick() is None
    world.visible, world.wanted = ["a"], "a"
    assert world.tick() == "a"
    assert world.gate.pushed


def test_two_pushes_one_of_which_outruns_its_message(world):
    world.tick()
    world.push.pushes += 2
    world.visible = ["x"]
    world.tick()
    for _number in range(3):
        world.now += 0.1
        world.tick()
    world.visible, world.wanted = ["x", "a"], "a"
    assert world.tick() == "a"


def test_what_never_comes_is_not_waited_for_without_end(world):
    world.tick()
    world.push.pushes += 1
    world.tick()
    world.now += PATIENCE
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
    world.visible, world.wanted = ["a"], "a"
    assert world.tick(force=True) == "a"


def test_a_look_that_failed_is_repeated(world):
    world.tick()
    world.visible, world.wanted = ["a"], "a"
    world.push.pushes += 1

    def fail():
        raise ServiceError("Zaqar", 503, "busy", "service_error")

    with pytest.raises(ServiceError):
        world.gate.poll(fail)
    assert world.tick() == "a"
    assert world.gate.pushed


def test_many_messages_are_not_compared(world):
    world.visible = list(range(MANY + 1))
    world.tick()
    world.messages = None
    assert world.ticks() == 20
