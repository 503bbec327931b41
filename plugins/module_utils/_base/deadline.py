# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: one deadline on the monotonic clock, backing-off looks, transient failures forgiven inside it."""

from __future__ import annotations

import threading
import time
import typing as t

from . import signals
from .errors import ServiceError

Seen = t.TypeVar("Seen")

FIRST_INTERVAL = 0.1
LONGEST_INTERVAL = 3.0
GROWTH = 1.5


class Deadline:
    """A point in time on the monotonic clock. A task has one; a part of its wait is within() it.

    ``seconds`` is how far away it is, infinity if it never comes. It comes at once when ``stopping`` is set. Clock and
    sleep are injectable for tests.
    """

    def __init__(
        self,
        seconds: float,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
        stopping: threading.Event | None = None,
    ) -> None:
        self.seconds = seconds
        self.clock = clock
        self._sleep = sleep
        self._stopping = stopping
        self._start = clock()

    def within(self, seconds: float) -> Deadline:
        """Return a deadline in ``seconds``, or at the end of this one. Both share clock, sleep and stop."""
        return Deadline(min(seconds, self.remaining), self.clock, self._sleep, self._stopping)

    def stopped_by(self, stopping: threading.Event) -> Deadline:
        """Return the same deadline, which comes at once when ``stopping`` is set."""
        return Deadline(self.remaining, self.clock, self._sleep, stopping)

    @property
    def elapsed(self) -> float:
        """Seconds since the start, to the millisecond."""
        return round(self.clock() - self._start, 3)

    @property
    def remaining(self) -> float:
        if self._stopping and self._stopping.is_set():
            return 0.0
        return max(0.0, self.seconds - (self.clock() - self._start))

    def wait(self, seconds: float) -> bool:
        """Sleep for ``seconds``, less if all is to stop. Return False: nothing else wakes a deadline."""
        if self._stopping:
            self._stopping.wait(seconds)
            return False
        with signals.interruptible():
            self._sleep(seconds)
        return False


class Waker(t.Protocol):
    """What can end a pause early, for instance a push."""

    def wait(self, seconds: float) -> bool:
        """Pause for ``seconds`` or less; tell whether there is a reason to look now, and often for a while."""


class TimedOut(Exception):
    """The deadline passed; ``last_error`` is the transient failure of the last look, if it failed."""

    def __init__(self, last_error: ServiceError | None) -> None:
        super().__init__("timed out")
        self.last_error = last_error


def wait_until(
    look: t.Callable[[], Seen | None],
    deadline: Deadline,
    first: float = FIRST_INTERVAL,
    longest: float = LONGEST_INTERVAL,
    waker: Waker | None = None,
) -> Seen:
    """Call ``look`` until it returns something other than None, and return that.

    The pauses grow from ``first`` to ``longest`` seconds; when the ``waker`` has ended one, they start again. At least
    one look is taken, and one more at the deadline. Transient ServiceErrors count as a look that saw nothing; others
    are raised. Raises TimedOut.
    """
    interval = first
    last_error: ServiceError | None = None
    while True:
        final = deadline.remaining <= 0
        try:
            seen = look()
            last_error = None
        except ServiceError as error:
            if not error.transient:
                raise
            seen, last_error = None, error
        if seen is not None:
            return seen
        if final:
            raise TimedOut(last_error)
        woken = (waker or deadline).wait(min(interval, deadline.remaining))
        interval = first if woken else min(interval * GROWTH, longest)
