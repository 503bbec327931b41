# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock that all runs share which use the same project: an environment of Mistral, as its name can exist only once."""

from __future__ import annotations

import contextlib
import time
import typing as t
import uuid

from .._base.errors import ServiceError
from .mistral import Mistral

# Seconds in which a holder acts. After that it has to take the lock again, and never removes it.
HOLD = 25
# Seconds after which a step of a holder is given up: not before HOLD, as the same holder would do it once more, and well before
# TTL, as what was given up may still come through.
LONGEST_STEP = 25
# Seconds after which a lock counts as one of a holder that died. What a network holds back for longer than TTL - HOLD may come
# through when somebody else acts: nobody can exclude that.
TTL = 60


class Lock:
    """A lock called ``name``, of which there are numbers: NAME.0, and so on.

    A holder that died leaves its lock behind. Whoever has seen the same one for TTL seconds, by its own clock, goes on
    to the next number. So the lock of a dead holder must not be removed while somebody could need it: the name would be
    free for one, the next number for another. It goes when there is nothing left to do under this name.
    """

    def __init__(
        self, mistral: Mistral, name: str, clock: t.Callable[[], float] = time.monotonic
    ) -> None:
        self._mistral = mistral
        self._name = name
        self._clock = clock
        self._me = uuid.uuid4().hex
        self._number = 0
        self._tried_at: float | None = None  # since when a request of ours may have created it
        self._held_since: float | None = None
        self._holder = ""  # the other one that was seen last
        self._seen_since = 0.0

    @property
    def is_held(self) -> bool:
        """Whether its holder may act now."""
        return self._held_since is not None and self._clock() - self._held_since < HOLD

    def take(self) -> bool:
        """Try to take it, once. To be called again and again, also after a ServiceError, until it is taken."""
        if self.is_held:
            return True
        if self._held_since is not None:  # for too long
            self._next_number()
        now = self._clock()
        if self._tried_at is None:
            self._tried_at = now
        if self._mistral.create_environment(self._current(self._number), {"holder": self._me}):
            self._held_since = now
            return True
        holder = self._holder_now()
        if holder == self._me:  # created by a request whose answer was lost
            self._held_since = self._tried_at
            return self.is_held
        self._tried_at = None
        if holder != self._holder:
            self._holder, self._seen_since = holder, now
        elif holder and now - self._seen_since >= TTL:
            self._next_number()
        return False

    def release(self, over: bool) -> None:
        """Give it back, unless it was held for so long that it may count as one of a dead holder.

        If nothing is left to do under this name (``over``), what dead holders left goes as well. Each request is made
        once: one that is made again could remove the lock of somebody else. What stays counts as that of a dead holder.
        """
        if not self.is_held:
            return
        self._held_since = self._tried_at = None
        last = 0 if over else self._number
        with self._mistral.within(LONGEST_STEP):
            for number in range(self._number, last - 1, -1):
                with contextlib.suppress(ServiceError):
                    self._mistral.delete_environment(self._current(number))

    def _holder_now(self) -> str:
        """Return who holds it; empty if it was released just now."""
        variables = self._mistral.environment(self._current(self._number))
        if variables is None:
            return ""
        return str(variables.get("holder") or "somebody")

    def _next_number(self) -> None:
        self._number += 1
        self._tried_at = self._held_since = None
        self._holder = ""

    def _current(self, number: int) -> str:
        return f"{self._name}.{number}"
