# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The push gate: decides whether a poll is worth its requests while pushes come."""

from __future__ import annotations

import typing as t

from .._base.deadline import Deadline
from .push import Push
from .zaqar import PAGE, Zaqar

Seen = t.TypeVar("Seen")

LONGEST_POLL_INTERVAL = 30.0  # seconds between two polls of what may change without a push
PUSH_TO_READABLE_SECONDS = 10.0  # seconds in which the message of a push should become readable
MANY = 5 * PAGE  # more messages than this are not compared by their ids


class PushGate:
    """Polls queues only when there can be something new. Without a connection, it always polls.

    Not every message that becomes readable is pushed: its delay, or somebody else's claim, may have
    ended. And a message may become readable a moment after its push. As long as there can be such
    messages, polls are worth their requests. The ``deadline`` lends its clock.

    ``pushed`` tells whether a push caused the last poll.
    """

    def __init__(self, push: Push, zaqar: Zaqar, queues: list[str], deadline: Deadline) -> None:
        self._push = push
        self._zaqar = zaqar
        self._queues = queues
        self._clock = deadline.clock
        self._handled_pushes = 0  # pushes that have caused a poll
        self._handled_renewals = 0
        self._may_hide = True  # whether messages may become readable without a push
        self._awaited = 0  # pushes whose messages have not been seen
        self._awaited_until = 0.0
        self._known: set[str] = set()  # the ids of the messages that were readable at the last poll
        self.pushed = False

    def poll(self, read: t.Callable[[], Seen | None], force: bool = False) -> Seen | None:
        """Call ``read`` if that is worth it, or if ``force`` is set, and return its result.

        Returns None if ``read`` is not called.
        """
        new_pushes = self._push.pushes - self._handled_pushes
        self._expect(new_pushes)
        self.pushed = self._awaited > 0
        if new_pushes or force or not self._push.up:
            self._may_hide = True
            self._handled_pushes += new_pushes
            return read()
        if self._push.renewals != self._handled_renewals:
            # A push may have been missed.
            self._may_hide = self._total() > 0
            self._handled_renewals = self._push.renewals
            return read() if self._may_hide else None
        if self._may_hide or self._awaited:
            return self._read_and_learn(read)
        return None

    def _expect(self, new_pushes: int) -> None:
        """Expect a message for each new push, but not without end."""
        if new_pushes:
            self._awaited += new_pushes
            self._awaited_until = self._clock() + PUSH_TO_READABLE_SECONDS
        elif self._clock() >= self._awaited_until:
            self._awaited = 0

    def _read_and_learn(self, read: t.Callable[[], Seen | None]) -> Seen | None:
        """Read, and find out whether messages are left that may become readable without a push."""
        self._may_hide = True  # in case one of these requests fails
        total = self._total()
        # This comes before the read, so that neither misses what becomes readable in between.
        readable = self._readable_ids() if 0 < total <= MANY else set()
        seen = read() if total else None
        self._may_hide = total > len(readable)
        self._awaited = max(0, self._awaited - len(readable - self._known))
        self._known = readable
        return seen

    def _readable_ids(self) -> set[str]:
        ids: set[str] = set()
        for queue in self._queues:
            ids.update(message.id for message in self._zaqar.messages(queue))
        return ids

    def _total(self) -> int:
        """Return how many messages there are, including those that cannot be read now."""
        return sum(self._zaqar.stats(queue).total for queue in self._queues)
