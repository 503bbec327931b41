# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How zaqar_wait gets its messages: it peeks, claims or pops all that it needs, or none."""

from __future__ import annotations

import dataclasses

from .._base.errors import ServiceError
from .._base.json_types import Json, JsonObject, Result, is_same_json
from .._services.records import Message
from .._services.zaqar import PAGE, Zaqar, describe_taken

GRACE = 60  # seconds that a message lives longer than its claim: the least that Zaqar takes


def contains(body: Json, part: Json) -> bool:
    """Tell whether ``part`` is in ``body``.

    Dictionaries are compared key by key at any depth, everything else by equality as JSON.
    """
    if isinstance(part, dict):
        return isinstance(body, dict) and all(
            key in body and contains(body[key], part[key]) for key in part
        )
    return is_same_json(body, part)


@dataclasses.dataclass(frozen=True)
class Order:
    """Which messages a wait needs, and what it does with them."""

    queues: list[str]
    count: int
    consume: str  # peek, claim or pop
    filter: JsonObject | None  # what a body must contain; None if any message will do
    claim_ttl: int  # seconds

    def matches(self, message: Message) -> bool:
        return self.filter is None or contains(message.body, self.filter)


@dataclasses.dataclass(frozen=True)
class QueuedMessage:
    """A message, its queue, and the id of our claim that holds it; empty if none does."""

    message: Message
    queue: str
    claim_id: str = ""

    def as_result(self) -> Result:
        result = {**self.message.as_result(), "queue": self.queue}
        if self.claim_id:
            result["claim_id"] = self.claim_id
        return result


@dataclasses.dataclass
class Attempt:
    """What one attempt to claim messages has claimed so far."""

    missing: int  # messages
    held: list[QueuedMessage] = dataclasses.field(default_factory=list)
    claims: list[str] = dataclasses.field(default_factory=list)  # ids; they hold our messages
    others: list[str] = dataclasses.field(default_factory=list)  # ids; they hold no match
    is_complete: bool = False


class Consumer:
    """Gets the messages of an order.

    ``claims`` are the claims that it holds: the queue by id. The other attributes are messages.
    """

    def __init__(self, zaqar: Zaqar, order: Order) -> None:
        self._zaqar = zaqar
        self._order = order
        self.claims: dict[str, str] = {}
        self.seen: list[QueuedMessage] = []  # by the last look; they are in the queue
        self.taken: list[QueuedMessage] = []  # deleted by us
        self.doomed: list[QueuedMessage] = []  # ours, still to be deleted

    @property
    def removed(self) -> list[QueuedMessage]:
        """What only this run has."""
        return self.taken + self.doomed

    @property
    def messages(self) -> list[QueuedMessage]:
        """All that has come so far."""
        return self.removed + self.seen

    def describe_taken(self) -> str:
        """Return the sentence for somebody who interrupts the run; empty if nothing is deleted."""
        if not self.taken:
            return ""
        return describe_taken([taken.message for taken in self.taken])

    def release(self) -> None:
        """Release all claims."""
        for id, queue in self.claims.items():
            self._zaqar.give_back(queue, id)

    def peek(self) -> list[QueuedMessage]:
        """Look at as many messages as are needed, and leave them in their queues."""
        self.seen = self._read(self._needed)
        return self.seen

    def take(self) -> list[QueuedMessage] | None:
        """Get the messages. If there are not enough, return None and leave them all.

        Raises ServiceError. After a transient failure, the next call goes on.
        """
        self._delete_doomed()
        needed = self._needed
        if needed <= 0:
            return self.taken
        # A single message of any kind is claimed without a look.
        consume, has_filter = self._order.consume, self._order.filter is not None
        if consume == "peek" or has_filter or needed > 1:
            if len(self.peek()) < needed:
                return None
        if consume == "peek":
            return self.seen
        if consume == "claim":
            return self._claim(needed)
        return self._pop(needed)

    @property
    def _needed(self) -> int:
        return self._order.count - len(self.taken)

    # Peek

    def _read(self, needed: int) -> list[QueuedMessage]:
        messages: list[QueuedMessage] = []
        for queue in self._order.queues:
            missing = needed - len(messages)
            if missing <= 0:
                break
            # With a filter, nobody knows how many messages have to be read.
            limit = missing if self._order.filter is None else None
            for message in self._zaqar.messages(queue, limit):
                if self._order.matches(message):
                    messages.append(QueuedMessage(message, queue))
        return messages[:needed]

    # Claim

    def _claim(self, needed: int) -> list[QueuedMessage] | None:
        """Claim as many messages as needed, or none of them.

        With a filter they are claimed one by one, so that those that do not match can be released
        alone, after the last claim: Zaqar always claims the oldest messages, and cannot release a
        part of a claim.
        """
        attempt = Attempt(missing=needed)
        try:
            for queue in self._order.queues:
                self._claim_in(queue, attempt)
            attempt.is_complete = attempt.missing <= 0
        finally:
            self._release_rest(attempt)
        return attempt.held if attempt.is_complete else None

    def _claim_in(self, queue: str, attempt: Attempt) -> None:
        """Claim messages of a queue until the attempt has enough, or has all that can match."""
        expected = attempt.missing
        if self._order.filter is not None:
            expected = min(expected, sum(seen.queue == queue for seen in self.seen))
        while expected > 0:
            limit = 1 if self._order.filter is not None else min(PAGE, expected)
            claim = self._zaqar.claim(queue, self._order.claim_ttl, GRACE, limit)
            if claim is None:
                return
            self.claims[claim.id] = queue
            if not all(map(self._order.matches, claim.messages)):
                attempt.others.append(claim.id)
                continue
            attempt.claims.append(claim.id)
            attempt.held += [QueuedMessage(message, queue, claim.id) for message in claim.messages]
            attempt.missing -= len(claim.messages)
            expected -= len(claim.messages)

    def _release_rest(self, attempt: Attempt) -> None:
        """Release what does not match, and everything if there are not enough messages."""
        needless = list(attempt.others)
        if not attempt.is_complete:
            needless += attempt.claims
        for id in needless:
            self._zaqar.give_back(self.claims[id], id)
            del self.claims[id]

    # Pop

    def _pop(self, needed: int) -> list[QueuedMessage] | None:
        """Delete the messages that were seen, or claim messages and delete them."""
        if self._order.filter is not None:
            self.doomed = self.seen
        else:
            claimed = self._claim(needed)
            if claimed is None:
                return None
            self.doomed = claimed
        self.seen = []
        self._delete_doomed()
        return self.taken if self._needed <= 0 else None

    def _delete_doomed(self) -> None:
        """Delete what is ours. A transient failure leaves the rest: deleting twice does no harm."""
        while self.doomed:
            message = self.doomed[0]
            is_deleted = self._delete(message)
            self.doomed.pop(0)
            if is_deleted:
                self.taken.append(dataclasses.replace(message, claim_id=""))

    def _delete(self, queued: QueuedMessage) -> bool:
        """Delete a message. Return False if somebody else has claimed it meanwhile."""
        try:
            self._zaqar.delete_message(queued.queue, queued.message.id, queued.claim_id or None)
        except ServiceError as error:
            if error.transient:
                raise
            return False
        return True
