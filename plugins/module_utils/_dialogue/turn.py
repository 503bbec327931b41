# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A turn: the time in which nobody else answers the same question."""

from __future__ import annotations

import contextlib
import typing as t

from .._base.deadline import Deadline
from .._base.errors import ServiceError
from .._services.lock import HOLD, LOCK_TTL, LONGEST_STEP, Lock
from .._services.zaqar import PAGE, Zaqar

CLAIM_TTL = LOCK_TTL  # seconds, and the least that Zaqar takes


class TurnIsOver(Exception):
    """The turn has taken so long that somebody else may have the next one."""


class Turn:
    """One turn. Its holder has claimed the messages of the question, or holds a lock.

    ``claims`` are the ids of the claims by the ids of the messages. ``may_go_on`` is whether a
    request that was given up may still be carried out.
    """

    def __init__(
        self, zaqar: Zaqar, queue: str, deadline: Deadline, lock: Lock | None = None
    ) -> None:
        self.claims: dict[str, str] = {}
        self.may_go_on = False
        self._zaqar = zaqar
        self._queue = queue
        self._deadline = deadline
        self._lock = lock
        self._begun = deadline.elapsed

    @property
    def expires_at(self) -> float:
        """When somebody else may have the next turn if this one is not ended.

        In seconds of the deadline.
        """
        return self._begun + LOCK_TTL

    def claim_more(self) -> bool:
        """Claim messages that nobody has claimed; return False if there are none."""
        if not self.claims and self._lock is None:
            self._begun = self._deadline.elapsed
        claim = self._zaqar.claim(self._queue, CLAIM_TTL, CLAIM_TTL, PAGE)
        if claim is None:
            return False
        self.claims.update((message.id, claim.id) for message in claim.messages)
        return True

    def has_claimed(self, message_ids: t.Iterable[str]) -> bool:
        """Tell whether all of these messages are claimed."""
        return set(message_ids) <= self.claims.keys()

    def check(self) -> None:
        """Raise TurnIsOver if the turn has ended.

        Call this before each step that somebody else could also do.
        """
        is_claimed = self._deadline.elapsed - self._begun < HOLD
        is_locked = self._lock is None or self._lock.is_held
        if not is_claimed or not is_locked:
            raise TurnIsOver

    @contextlib.contextmanager
    def step(self) -> t.Iterator[None]:
        """Do a step, whose requests are given up before the turn could be somebody else's."""
        try:
            with self._zaqar.within(LONGEST_STEP):
                yield
        except ServiceError as error:
            self.may_go_on = self.may_go_on or error.late
            raise
        self.may_go_on = False

    def release_claims(self) -> None:
        """Let others claim the messages that are left."""
        for claim in set(self.claims.values()):
            self._zaqar.give_back(self._queue, claim)
        self.claims = {}

    def end(self, is_last: bool = False) -> None:
        """Let others have their turns at once.

        ``is_last`` is whether nothing is left to do for this question.

        If a request may still be carried out, claims and lock are left to expire.
        """
        if self.may_go_on:
            return
        self.release_claims()
        if self._lock:
            self._lock.release(over=is_last)
