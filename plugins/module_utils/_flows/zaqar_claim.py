# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_claim does."""

from __future__ import annotations

import typing as t

from .._base.deadline import TimedOut, wait_until
from .._base.errors import Failure, ServiceError
from .._base.options import Range
from .._services.unknown import settled
from .._services.zaqar import (
    CLAIM_SECONDS,
    PAGE,
    checked_queue_name,
    shown,
)
from .._shell.flow import Flow

# Whether a message was deleted cannot be found out later, so an acknowledgement that may have been lost is repeated.
PATIENCE = 30

Claim = t.Dict[str, t.Any]


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

    def run(self) -> dict[str, t.Any]:
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

    def _shown(self, id: str | None, found: dict[str, t.Any]) -> Claim:
        mine = {"queue": self.queue} if id is None else {"queue": self.queue, "claim_id": id}
        return {
            "id": id,
            "queue": self.queue,
            "ttl": found["ttl"],
            "age": found["age"],
            "messages": [dict(shown(message), **mine) for message in found["messages"]],
        }

    def _existing(self) -> Claim:
        found = self.zaqar.claimed(self.queue, self.id)
        if found is None:
            raise self._gone()
        return self._shown(self.id, found)

    def _gone(self) -> Failure:
        done = {"renewed": "renew", "acknowledged": "acknowledge messages of"}[self.params["state"]]
        return Failure(
            f"Could not {done} claim {self.id} on queue '{self.queue}': it has expired or was released, so its messages"
            " are free, or with somebody else by now. Claim anew ('state' claimed), and act on what you get then.",
            "claim_gone",
        )

    # One method a state

    def _claimed(self) -> dict[str, t.Any]:
        count, ttl = self.params["count"], self.params["ttl"]
        id = None
        if self.context.check_mode:
            messages = self.zaqar.messages(self.queue, limit=count)
        else:
            id, messages = self.zaqar.claim(self.queue, ttl, self.params["grace"], count)
            self.made = id
        claim = self._shown(id, {"messages": messages, "ttl": ttl, "age": 0})
        if not messages:
            return {"changed": False, "claim": claim}
        return {"changed": True, "claim": claim, "diff": self._diff([], claim["messages"])}

    def _renewed(self) -> dict[str, t.Any]:
        ttl = self.params["ttl"]
        result: dict[str, t.Any] = {"changed": True}
        if self.context.check_mode or self.context.diff:
            before = self._existing()
            result["claim"] = dict(before, ttl=ttl, age=0)
            result["diff"] = {
                "before": {"claim": self.id, "expires_in": before["ttl"] - before["age"]},
                "after": {"claim": self.id, "expires_in": ttl},
            }
        if not self.context.check_mode:
            try:
                self.zaqar.renew(self.queue, self.id, ttl, self.params["grace"])
            except ServiceError:
                self._existing()  # says it better if it has expired
                raise
            result["claim"] = self._existing()
        return result

    def _released(self) -> dict[str, t.Any]:
        found = self.zaqar.claimed(self.queue, self.id)
        if found is None:
            return {"changed": False}
        if not self.context.check_mode:
            settled(
                lambda: self.zaqar.release(self.queue, self.id),
                lambda: True if self.zaqar.claimed(self.queue, self.id) is None else None,
                self.deadline,
            )
        claim = self._shown(self.id, found)
        return {"changed": True, "claim": claim, "diff": self._diff(claim["messages"], [])}

    def _acknowledged(self) -> dict[str, t.Any]:
        claim = self._existing()
        there = [message["id"] for message in claim["messages"]]
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
        left = [message for message in claim["messages"] if message["id"] not in done]
        if not left and not self.context.check_mode:
            self.zaqar.give_back(self.queue, self.id)
        return {
            "changed": True,
            "acknowledged": done,
            "claim": dict(claim, messages=left),
            "diff": self._diff(claim["messages"], left),
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

    def _diff(
        self, before: list[dict[str, t.Any]], after: list[dict[str, t.Any]]
    ) -> dict[str, t.Any]:
        return {
            "before": {"claimed": [message["id"] for message in before]},
            "after": {"claimed": [message["id"] for message in after]},
        }
