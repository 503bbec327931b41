# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._base.retry import (
    TimedOut,
    wait_until,
)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def deadline(self, seconds):
        return Deadline(seconds, clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


def looks(*seen):
    """Return a look that yields these one after the other; the last one for ever."""
    rest = list(seen)

    def look():
        value = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(value, Exception):
            raise value
        return value

    return look


def busy():
    return ServiceError("Zaqar", 503, "busy", "service_error")


def test_what_is_there_already_is_returned_without_a_pause(clock):
    assert wait_until(looks("here"), clock.deadline(10)) == "here"
    assert clock.slept == []


@pytest.mark.parametrize("falsy", [[], "", 0, False, {}])
def test_anything_but_none_ends_the_wait(clock, falsy):
    assert wait_until(looks(None, falsy), clock.deadline(10)) == falsy


def test_the_intervals_grow_up_to_the_longest(clock):
    wait_until(looks(*[None] * 5, "here"), clock.deadline(100), first=1, longest=3)
    assert clock.slept == [1, 1.5, 2.25, 3, 3]


def test_the_last_look_is_taken_at_the_deadline_and_not_later(clock):
    deadline = clock.deadline(2.5)
    times = []
    with pytest.raises(TimedOut) as caught:
        wait_until(lambda: times.append(clock.now), deadline, first=1, longest=1)
    assert times == [100, 101, 102, 102.5]
    assert caught.value.last_error is None
    assert deadline.elapsed == 2.5
    assert deadline.remaining == 0


def test_after_a_look_that_lasts_beyond_the_deadline_there_is_another(clock):
    times = []

    def slow_look():
        times.append(clock.now)
        clock.now += 3

    with pytest.raises(TimedOut):
        wait_until(slow_look, clock.deadline(2))
    assert times == [100, 103]


def test_without_time_there_is_one_look(clock):
    assert wait_until(looks("here"), clock.deadline(0)) == "here"
    with pytest.raises(TimedOut):
        wait_until(looks(None), clock.deadline(0))
    assert clock.slept == []


def test_a_transient_failure_counts_as_a_look_that_saw_nothing(clock):
    assert wait_until(looks(busy(), None, busy(), "here"), clock.deadline(10)) == "here"


def test_a_timeout_tells_the_failure_of_the_last_look(clock):
    error = busy()
    with pytest.raises(TimedOut) as caught:
        wait_until(looks(None, error), clock.deadline(1))
    assert caught.value.last_error is error


def test_a_failure_that_was_overcome_is_forgotten(clock):
    with pytest.raises(TimedOut) as caught:
        wait_until(looks(busy(), None), clock.deadline(1))
    assert caught.value.last_error is None


def test_other_failures_end_the_wait_at_once(clock):
    with pytest.raises(ServiceError) as caught:
        wait_until(looks(ServiceError("Zaqar", 403, "forbidden", "forbidden")), clock.deadline(10))
    assert caught.value.status == 403
    assert clock.slept == []


class Waker:
    """Ends the pauses that it is told, and counts all."""

    def __init__(self, clock, *wakes):
        self.clock = clock
        self.wakes = list(wakes)
        self.asked = []

    def wait(self, seconds):
        self.asked.append(seconds)
        if self.wakes and self.wakes.pop(0):
            return True
        self.clock.now += seconds
        return False


def test_a_waker_ends_a_pause_and_the_pauses_grow_again(clock):
    waker = Waker(clock, False, False, True)
    assert (
        wait_until(looks(*[None] * 5, "here"), clock.deadline(100), first=1, longest=3, waker=waker)
        == "here"
    )
    assert waker.asked == [1, 1.5, 2.25, 1, 1.5]
    assert clock.slept == []


def test_a_waker_does_not_move_the_deadline(clock):
    waker = Waker(clock)
    with pytest.raises(TimedOut):
        wait_until(looks(None), clock.deadline(4), first=3, longest=3, waker=waker)
    assert waker.asked == [3, 1]
