# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deadline of a task, on the monotonic clock."""

from __future__ import annotations

import threading
import time
import typing as t

from . import signals


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
