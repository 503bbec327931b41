# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_claim does."""

from __future__ import annotations

import dataclasses
import typing as t

from .._base.deadline import TimedOut, wait_until
from .._base.errors import Failure, ServiceError
from .._base.json_types import Result
from .._base.options import Range
from .._services.records import Claim, Message
from .._services.unknown import settled
from .._services.zaqar import (
    CLAIM_SECONDS,
    PAGE,
    checked_queue_name,
)
from .._shell.flow import Flow

# Whether a message was deleted cannot be found out later, so an acknowledgement that may have been lost is repeated.
PATIENCE = 30


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

    made: str | None = None  # the claim that this run made

    def run(self) -> Result:
        self.queue = checked_queue_name(self.params["queue"])
        self.id: str | None = self.params["claim_id"]
        self._check()
        return getattr(self, "_" + self.params["state"])()

    def undo(self) -> None:
        if self.made:
            self.zaqar.give_back(self.queue, self.made)

    def _check(self) -> None:
        ids = self.params["message_ids"]
        problem = ""
        if self.params["state"] == "claimed" and self.id:
            problem = "a new claim gets its id from Zaqar: leave 'claim_id' out"
        elif ids is not None and self.params["state"] != "acknowledged":
            problem = "'message_ids' is for 'state' acknowledged only"
        elif ids == []:
            problem = "'message_ids' is empty: name the messages to acknowledge, or leave it out for all of the claim"
        if problem:
            raise Failure(
                f"Could not work on a claim on queue '{self.queue}': {problem}.", "bad_option"
            )

    def _as_result(self, claim: Claim) -> Result:
        mine = {"queue": self.queue}
        if claim.id:
            mine["claim_id"] = claim.id
        return {
            "id": claim.id or None,
            "queue": self.queue,
            "ttl": claim.ttl,
            "age": claim.age,
            "messages": [{**message.as_result(), **mine} for message in claim.messages],
        }

    def _existing(self) -> Claim:
        claim = self.zaqar.claimed(self.queue, self.id)
        if claim is None:
            raise self._gone()
        return claim

    def _gone(self) -> Failure:
        done = {"renewed": "renew", "acknowledged": "acknowledge messages of"}[self.params["state"]]
        return Failure(
            f"Could not {done} claim {self.id} on queue '{self.queue}': it has expired or was released, so its messages"
            " are free, or with somebody else by now. Claim anew ('state' claimed), and act on what you get then.",
            "claim_gone",
        )

    # One method a state

    def _claimed(self) -> Result:
        count, ttl = self.params["count"], self.params["ttl"]
        claim = None
        if self.context.check_mode:
            predicted = self.zaqar.messages(self.queue, limit=count)
            claim = Claim("", tuple(predicted), age=0, ttl=ttl)
        else:
            claim = self.zaqar.claim(self.queue, ttl, self.params["grace"], count)
            self.made = claim and claim.id
        claim = claim or Claim("", (), age=0, ttl=ttl)
        result = {"changed": bool(claim.messages), "claim": self._as_result(claim)}
        if claim.messages:
            result["diff"] = self._diff((), claim.messages)
        return result

    def _renewed(self) -> Result:
        ttl = self.params["ttl"]
        result: Result = {"changed": True}
        if self.context.check_mode or self.context.diff:
            before = self._existing()
            result["claim"] = self._as_result(dataclasses.replace(before, ttl=ttl, age=0))
            result["diff"] = {
                "before": {"claim": self.id, "expires_in": before.ttl - before.age},
                "after": {"claim": self.id, "expires_in": ttl},
            }
        if not self.context.check_mode:
            try:
                self.zaqar.renew(self.queue, self.id, ttl, self.params["grace"])
            except ServiceError:
                self._existing()  # says it better if it has expired
                raise
            result["claim"] = self._as_result(self._existing())
        return result

    def _released(self) -> Result:
        claim = self.zaqar.claimed(self.queue, self.id)
        if claim is None:
            return {"changed": False}
        if not self.context.check_mode:
            settled(
                lambda: self.zaqar.release(self.queue, self.id),
                lambda: True if self.zaqar.claimed(self.queue, self.id) is None else None,
                self.deadline,
            )
        return {
            "changed": True,
            "claim": self._as_result(claim),
            "diff": self._diff(claim.messages, ()),
        }

    def _acknowledged(self) -> Result:
        claim = self._existing()
        there = [message.id for message in claim.messages]
        wanted = (
            there
            if self.params["message_ids"] is None
            else list(dict.fromkeys(self.params["message_ids"]))
        )
        # Zaqar takes a deletion for done when the message is gone already, whoever deleted it.
        strange = {
            id: "it is not one of this claim's, or not any more" for id in wanted if id not in there
        }
        done: list[str] = []
        try:
            for id in wanted:
                if id not in strange:
                    refused = "" if self.context.check_mode else self._acknowledge(id)
                    if refused:
                        strange[id] = refused
                    else:
                        done.append(id)
        except Failure as error:
            error.result["acknowledged"] = done
            raise
        if strange or not there:
            raise self._not_acknowledged(strange, done, len(wanted))
        left = tuple(message for message in claim.messages if message.id not in done)
        if not left and not self.context.check_mode:
            self.zaqar.give_back(self.queue, self.id)
        return {
            "changed": True,
            "acknowledged": done,
            "claim": self._as_result(dataclasses.replace(claim, messages=left)),
            "diff": self._diff(claim.messages, left),
        }

    def _acknowledge(self, id: str) -> str:
        """Delete a message of the claim; return why that was refused, empty if it was not."""

        def look() -> str | None:
            try:
                self.zaqar.delete_message(self.queue, id, self.id)
            except ServiceError as error:
                if error.status in (400, 403) and "claim" in error.reason:
                    return error.reason
                raise
            return ""

        try:
            return wait_until(look, self.deadline.within(PATIENCE))
        except TimedOut as late:
            raise late.last_error or late from None

    def _not_acknowledged(self, strange: dict[str, str], done: list[str], number: int) -> Failure:
        sentence = f"{len(done)} of {number} messages of claim {self.id} on queue '{self.queue}' were acknowledged"
        if strange:
            first = next(iter(strange))
            sentence += f"; message {first} was not: {strange[first].rstrip('.')}"
            sentence += f" (and {len(strange) - 1} more)" if len(strange) > 1 else ""
        else:
            sentence += ": it has none any more"
        return Failure(
            f"{sentence}. Somebody else may have got what was not, and may act on it as well.",
            "not_claimed",
            acknowledged=done,
            not_acknowledged=list(strange),
        )

    def _diff(self, before: t.Sequence[Message], after: t.Sequence[Message]) -> Result:
        return {
            "before": {"claimed": [message.id for message in before]},
            "after": {"claimed": [message.id for message in after]},
        }
