# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which looks at queues are worth their requests while pushes come."""

from __future__ import annotations

import time
import typing as t

from .push import Push
from .zaqar import PAGE, Zaqar

Seen = t.TypeVar("Seen")

LONGEST_INTERVAL = 30.0  # seconds between two looks at what may change without a push
PATIENCE = 10.0  # seconds in which what was announced is expected to be readable
MANY = 5 * PAGE  # more messages than this are not compared one by one


class PushGate:
    """Looks at queues only when there can be something new; without a connection, each time.

    Not everything that can be read is announced: a message whose delay or whose claim by somebody else is over is not,
    and one that is announced may be stored a moment later. As long as there may be such, looks are worth it.
    """

    def __init__(
        self,
        push: Push,
        zaqar: Zaqar,
        queues: list[str],
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._push = push
        self._zaqar = zaqar
        self._queues = queues
        self._clock = clock
        self._pushes = 0  # those that led to a look already
        self._renewals = 0
        self._unsure = True  # whether there may be messages that come without a push
        self._awaited = 0  # pushes whose messages have not been seen
        self._awaited_until = 0.0
        self._known: set[str] = set()
        self.pushed = False  # whether the last look was a push's doing

    def poll(self, read: t.Callable[[], Seen | None], force: bool = False) -> Seen | None:
        """Call ``read`` if it is worth it, or if ``force`` is set, and return what it returns, else None."""
        news = self._push.pushes - self._pushes
        renewed = self._push.renewals != self._renewals
        if news:
            self._awaited += news
            self._awaited_until = self._clock() + PATIENCE
        elif self._clock() >= self._awaited_until:
            self._awaited = 0
        self.pushed = self._awaited > 0
        if news or force or not self._push.up:
            self._unsure = True
            self._pushes += news
            return read()
        if renewed:
            self._unsure = self._total() > 0
            self._renewals = self._push.renewals
            return read() if self._unsure else None
        return self._careful(read) if self._unsure or self._awaited else None

    def _careful(self, read: t.Callable[[], Seen | None]) -> Seen | None:
        """Look, and find out whether anything is left that may come without a push."""
        self._unsure = True
        total = self._total()
        visible: set[str] = set()
        # Before the look: what becomes visible in between would be missed by both otherwise.
        if 0 < total <= MANY:
            visible = {
                message.id for queue in self._queues for message in self._zaqar.messages(queue)
            }
        seen = read() if total else None
        self._unsure = total > len(visible)
        self._awaited = max(0, self._awaited - len(visible - self._known))
        self._known = visible
        return seen

    def _total(self) -> int:
        """How many messages there are, those included that cannot be read now."""
        return sum(self._zaqar.stats(queue).total for queue in self._queues)
