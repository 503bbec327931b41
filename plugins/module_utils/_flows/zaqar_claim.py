# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_claim does."""

from __future__ import annotations

import dataclasses
import typing as t

from .._base.errors import Failure, ServiceError
from .._base.json_types import Result
from .._base.options import Range
from .._base.retry import TimedOut, wait_until
from .._services.records import Claim, Message
from .._services.unknown import settled
from .._services.zaqar import CLAIM_SECONDS, PAGE, checked_queue_name
from .._shell.flow import Flow

# Seconds in which a deletion is repeated. Nobody can find out later whether a message was deleted,
# so a deletion whose outcome is unknown is repeated.
DELETION_SECONDS = 30

NOT_IN_CLAIM = "it is not one of this claim's, or not any more"


@dataclasses.dataclass
class Acknowledgement:
    """What became of the messages that a run acknowledges."""

    claim: Claim
    done: list[str] = dataclasses.field(default_factory=list)  # ids
    refused: dict[str, str] = dataclasses.field(default_factory=dict)  # the cause by id

    @property
    def left(self) -> tuple[Message, ...]:
        """The messages that the claim still holds."""
        return tuple(message for message in self.claim.messages if message.id not in self.done)


class ZaqarClaim(Flow):
    OPTIONS = dict(
        queue=dict(type="str", required=True),
        state=dict(
            type="str",
            choices=["claimed", "renewed", "released", "acknowledged"],
            default="claimed",
        ),
        claim_id=dict(type="str"),
        count=dict(type="int", default=1),
        ttl=dict(type="int", default=300),
        grace=dict(type="int", default=60),
        message_ids=dict(type="list", elements="str"),
    )
    CONSTRAINTS = dict(
        required_if=[
            ("state", "renewed", ("claim_id",)),
            ("state", "released", ("claim_id",)),
            ("state", "acknowledged", ("claim_id",)),
        ],
    )
    RANGES = {
        "count": Range(1, PAGE, "messages", "One claim holds no more: claim again for more."),
        "ttl": CLAIM_SECONDS,
        "grace": CLAIM_SECONDS,
    }

    made: str | None = None  # the id of the claim that this run made

    def run(self) -> Result:
        self.queue = checked_queue_name(self.params["queue"])
        self._check()
        self.id: str = self.params["claim_id"] or ""
        actions: dict[str, t.Callable[[], Result]] = {
            "claimed": self._claim,
            "renewed": self._renew,
            "released": self._release,
            "acknowledged": self._acknowledge,
        }
        return actions[self.params["state"]]()

    def undo(self) -> None:
        if self.made:
            self.zaqar.give_back(self.queue, self.made)

    def _check(self) -> None:
        """Raise Failure for options that contradict each other."""
        state, ids = self.params["state"], self.params["message_ids"]
        cause = ""
        if state == "claimed" and self.params["claim_id"]:
            cause = "a new claim gets its id from Zaqar: leave 'claim_id' out"
        elif ids is not None and state != "acknowledged":
            cause = "'message_ids' is for 'state' acknowledged only"
        elif ids == []:
            cause = (
                "'message_ids' is empty: name the messages to acknowledge, or leave it out for all"
                " of the claim"
            )
        if cause:
            raise Failure(
                f"Could not work on a claim on queue '{self.queue}': {cause}.", "bad_option"
            )

    # Claim

    def _claim(self) -> Result:
        claim = self._predicted_claim() if self.context.check_mode else self._new_claim()
        result: Result = {"changed": False, "claim": self._as_result(claim)}
        if claim.messages:
            result["changed"] = True
            result["diff"] = diff((), claim.messages)
        return result

    def _predicted_claim(self) -> Claim:
        messages = self.zaqar.messages(self.queue, limit=self.params["count"])
        return Claim(id="", messages=tuple(messages), ttl=self.params["ttl"])

    def _new_claim(self) -> Claim:
        """Claim messages. Without a message there is no claim: then the record is empty."""
        ttl, grace, count = self.params["ttl"], self.params["grace"], self.params["count"]
        claim = self.zaqar.claim(self.queue, ttl, grace, count)
        if not claim:
            return Claim(id="", messages=(), ttl=ttl)
        self.made = claim.id
        return claim

    # Renew

    def _renew(self) -> Result:
        ttl = self.params["ttl"]
        result: Result = {"changed": True}
        if self.context.check_mode or self.context.diff:
            before = self._existing_claim()
            result["claim"] = self._as_result(dataclasses.replace(before, ttl=ttl, age=0))
            result["diff"] = {
                "before": {"claim": self.id, "expires_in": before.ttl - before.age},
                "after": {"claim": self.id, "expires_in": ttl},
            }
        if not self.context.check_mode:
            try:
                self.zaqar.renew(self.queue, self.id, ttl, self.params["grace"])
            except ServiceError:
                self._existing_claim()  # raises a better error if the claim has expired
                raise
            result["claim"] = self._as_result(self._existing_claim())
        return result

    # Release

    def _release(self) -> Result:
        claim = self.zaqar.claimed(self.queue, self.id)
        if claim is None:
            return {"changed": False}
        if not self.context.check_mode:

            def release() -> bool | None:
                self.zaqar.release(self.queue, self.id)
                return True

            settled(release, self._is_released, self.whole_task)
        return {
            "changed": True,
            "claim": self._as_result(claim),
            "diff": diff(claim.messages, ()),
        }

    def _is_released(self) -> bool | None:
        """Return True if the claim does not exist any more, else None."""
        if self.zaqar.claimed(self.queue, self.id) is None:
            return True
        return None

    # Acknowledge

    def _acknowledge(self) -> Result:
        claim = self._existing_claim()
        ids = self._ids_to_acknowledge(claim)
        work = self._acknowledged(claim, ids)
        if work.refused or not claim.messages:
            raise self._not_acknowledged(work, len(ids))
        if not work.left and not self.context.check_mode:
            self.zaqar.give_back(self.queue, self.id)
        return {
            "changed": True,
            "acknowledged": work.done,
            "claim": self._as_result(dataclasses.replace(claim, messages=work.left)),
            "diff": diff(claim.messages, work.left),
        }

    def _ids_to_acknowledge(self, claim: Claim) -> list[str]:
        """Return the ids that the task names, each of them once, or those of the whole claim."""
        ids = self.params["message_ids"]
        if ids is None:
            return [message.id for message in claim.messages]
        return list(dict.fromkeys(ids))

    def _acknowledged(self, claim: Claim, ids: list[str]) -> Acknowledgement:
        """Delete messages of the claim. A message of somebody else's is refused before that.

        Zaqar does not refuse it: to delete a message that is gone succeeds, whoever deleted it.
        """
        work = Acknowledgement(claim)
        own = {message.id for message in claim.messages}
        for id in ids:
            if id not in own:
                work.refused[id] = NOT_IN_CLAIM
        try:
            for id in ids:
                if id in own:
                    self._acknowledge_message(id, work)
        except Failure as error:
            error.result["acknowledged"] = work.done
            raise
        return work

    def _acknowledge_message(self, id: str, work: Acknowledgement) -> None:
        cause = "" if self.context.check_mode else self._delete(id)
        if cause:
            work.refused[id] = cause
        else:
            work.done.append(id)

    def _delete(self, id: str) -> str:
        """Delete a message of the claim. Return the cause if Zaqar refuses that, else ''."""

        def delete() -> str:
            try:
                self.zaqar.delete_message(self.queue, id, self.id)
            except ServiceError as error:
                if error.status in (400, 403) and "claim" in error.reason:
                    return error.reason
                raise
            return ""

        try:
            return wait_until(delete, self.deadline.within(DELETION_SECONDS))
        except TimedOut as timeout:
            raise timeout.last_error or timeout from None

    # Results and failures

    def _existing_claim(self) -> Claim:
        """Return the claim that the task names. Raises Failure if it is gone."""
        claim = self.zaqar.claimed(self.queue, self.id)
        if claim is None:
            raise self._gone()
        return claim

    def _as_result(self, claim: Claim) -> Result:
        origin = {"queue": self.queue}
        if claim.id:
            origin["claim_id"] = claim.id
        return {
            "id": claim.id or None,
            "queue": self.queue,
            "ttl": claim.ttl,
            "age": claim.age,
            "messages": [{**message.as_result(), **origin} for message in claim.messages],
        }

    def _gone(self) -> Failure:
        purposes = {"renewed": "renew", "acknowledged": "acknowledge messages of"}
        return Failure(
            f"Could not {purposes[self.params['state']]} claim {self.id} on queue '{self.queue}':"
            " it has expired or was released, so its messages are free, or with somebody else by"
            " now. Claim anew ('state' claimed), and act on what you get then.",
            "claim_gone",
        )

    def _not_acknowledged(self, work: Acknowledgement, number: int) -> Failure:
        sentence = (
            f"{len(work.done)} of {number} messages of claim {self.id} on queue '{self.queue}'"
            " were acknowledged"
        )
        if work.refused:
            id, cause = next(iter(work.refused.items()))
            sentence += f"; message {id} was not: {cause.rstrip('.')}"
            if len(work.refused) > 1:
                sentence += f" (and {len(work.refused) - 1} more)"
        else:
            sentence += ": it has none any more"
        return Failure(
            f"{sentence}. Somebody else may have got what was not, and may act on it as well.",
            "not_claimed",
            acknowledged=work.done,
            not_acknowledged=list(work.refused),
        )


def diff(before: t.Sequence[Message], after: t.Sequence[Message]) -> Result:
    """Return the diff of which messages are claimed."""
    return {
        "before": {"claimed": [message.id for message in before]},
        "after": {"claimed": [message.id for message in after]},
    }
