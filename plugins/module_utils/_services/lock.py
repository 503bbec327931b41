# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock that is shared by all runs in a project.

It is an environment of Mistral: a project can have only one of a name.
"""

from __future__ import annotations

import contextlib
import time
import typing as t
import uuid

from .._base.errors import ServiceError
from .mistral import Mistral

# Seconds in which a holder acts. After that it must take the lock again, and never removes it.
HOLD = 25
# Seconds after which a step of a holder is given up. That is not before HOLD: the same holder would
# repeat the step. It is well before LOCK_TTL: a request that was given up may still come through.
LONGEST_STEP = 25
# Seconds after which a lock counts as one of a dead holder. A request that a network holds back for
# longer than LOCK_TTL - HOLD can come through while somebody else acts: nobody can exclude that.
LOCK_TTL = 60


class Lock:
    """A lock called ``name``. Its environments have numbers: NAME.0, NAME.1, and so on.

    A holder that dies leaves its lock behind. Whoever has seen the same holder for LOCK_TTL
    seconds, by its own clock, goes on to the next number. So the lock of a dead holder must not be
    removed while somebody could need it: this number would be free for one of us, and the next
    number for another. It is removed when nothing is left to do under this name.
    """

    def __init__(
        self, mistral: Mistral, name: str, clock: t.Callable[[], float] = time.monotonic
    ) -> None:
        self._mistral = mistral
        self._name = name
        self._clock = clock
        self._me = uuid.uuid4().hex
        self._number = 0
        # Since when a request of ours may have created it.
        self._tried_at: float | None = None
        self._held_since: float | None = None
        self._holder = ""  # the other holder that was seen last
        self._seen_since = 0.0

    @property
    def is_held(self) -> bool:
        """Whether its holder may act now."""
        return self._held_since is not None and self._clock() - self._held_since < HOLD

    def take(self) -> bool:
        """Try once to take the lock; return whether we hold it.

        Call it until it returns True, also after a ServiceError.
        """
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
        elif holder and now - self._seen_since >= LOCK_TTL:
            self._next_number()
        return False

    def release(self, over: bool) -> None:
        """Release the lock, unless it is so old that it may count as one of a dead holder.

        If nothing is left to do under this name (``over``), the locks of dead holders are removed
        as well. Each request is made once: a repeated one could remove the lock of somebody else.
        A lock that stays counts as one of a dead holder.
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
        """Return the id of the holder; empty if the lock was released just now."""
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
