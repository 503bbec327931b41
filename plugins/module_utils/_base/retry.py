# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retries: look again until a condition holds, after growing pauses, until the deadline.

ServiceError.transient decides whether a request that failed may be tried again.
"""

from __future__ import annotations

import typing as t

from .deadline import Deadline
from .errors import ServiceError

State = t.TypeVar("State")

# Seconds between two looks
FIRST_INTERVAL = 0.1
LONGEST_INTERVAL = 3.0

GROWTH = 1.5  # of an interval, compared with the one before


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
