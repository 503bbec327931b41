# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until something is so: one deadline, growing pauses, and transient errors forgiven."""

from __future__ import annotations

import threading
import time
import typing as t

from . import signals
from .errors import ServiceError

State = t.TypeVar("State")

# Seconds between two looks
FIRST_INTERVAL = 0.1
LONGEST_INTERVAL = 3.0

GROWTH = 1.5  # of an interval, compared with the one before


class Deadline:
    """A point in time on the monotonic clock. A task has one; a part of its wait is ``within`` it.

    ``seconds`` is how far away the deadline is, infinity if it never comes. It comes at once when
    ``stopping`` is set. Tests replace ``clock`` and ``sleep``.
    """

    def __init__(
        self,
        seconds: float,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], object] = time.sleep,
        stopping: threading.Event | None = None,
    ) -> None:
        self.seconds = seconds
        self.clock = clock
        self._sleep = sleep
        self._stopping = stopping
        self._start = clock()

    def within(self, seconds: float) -> Deadline:
        """Return a deadline in ``seconds``, or at the end of this one if that comes first.

        Both share clock, sleep and stop.
        """
        return Deadline(min(seconds, self.remaining), self.clock, self._sleep, self._stopping)

    def stopped_by(self, stopping: threading.Event) -> Deadline:
        """Return a deadline at the same time that comes at once when ``stopping`` is set.

        Its ``elapsed`` begins now. An injected sleep stays.
        """
        sleep = self._sleep
        if sleep is time.sleep:
            sleep = stopping.wait
        return Deadline(self.remaining, self.clock, sleep, stopping)

    @property
    def elapsed(self) -> float:
        """Seconds since the start, to the millisecond."""
        return round(self.clock() - self._start, 3)

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; 0 after it."""
        if self._stopping and self._stopping.is_set():
            return 0.0
        return max(0.0, self.seconds - (self.clock() - self._start))

    def wait(self, seconds: float) -> bool:
        """Sleep for ``seconds``, or until all must stop. Return False: see Waker.

        Raises Interrupted.
        """
        with signals.interruptible():
            self._sleep(seconds)
        return False


class Waker(t.Protocol):
    """What can end a pause early, for instance a push."""

    def wait(self, seconds: float) -> bool:
        """Pause for ``seconds`` or less.

        Return whether there is a reason to look now, and often for a while.
        """


class TimedOut(Exception):
    """The deadline has passed.

    ``last_error`` is the transient error of the last look, None if that look succeeded.
    """

    def __init__(self, last_error: ServiceError | None) -> None:
        super().__init__("timed out")
        self.last_error = last_error


def wait_until(
    look: t.Callable[[], State | None],
    deadline: Deadline,
    first: float = FIRST_INTERVAL,
    longest: float = LONGEST_INTERVAL,
    waker: Waker | None = None,
) -> State:
    """Call ``look`` until it returns something other than None, and return that.

    The pauses grow from ``first`` to ``longest`` seconds. When ``waker`` has ended a pause, they
    start again at ``first``. There is at least one look, and one at the deadline. A transient
    ServiceError counts as None. Raises TimedOut, and what else ``look`` raises.
    """
    pauser: Waker = deadline if waker is None else waker
    interval = first
    while True:
        is_last = deadline.remaining <= 0
        state, error = _state_or_error(look)
        if state is not None:
            return state
        if is_last:
            raise TimedOut(error)
        is_woken = pauser.wait(min(interval, deadline.remaining))
        interval = first if is_woken else min(interval * GROWTH, longest)


def _state_or_error(
    look: t.Callable[[], State | None],
) -> tuple[State | None, ServiceError | None]:
    """Return what a look returns, and the transient error that it raises."""
    try:
        return look(), None
    except ServiceError as error:
        if not error.transient:
            raise
        return None, error
