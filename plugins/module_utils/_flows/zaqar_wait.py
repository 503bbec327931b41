# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_wait does."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._base.deadline import TimedOut, wait_until
from .._base.errors import Failure, ServiceError
from .._base.json_types import Result
from .._base.options import WAIT_TIMEOUT, Range
from .._base.progress import Progress
from .._services.push import Push
from .._services.push_gate import LONGEST_INTERVAL, PushGate
from .._services.records import FailedTask, Message, State
from .._services.zaqar import (
    CLAIM_SECONDS,
    PAGE,
    checked_queue_name,
    describe_taken,
)
from .._shell.flow import Context, Flow

GRACE = 60  # the least that Zaqar takes: how much longer than its claim a message lives


@dataclasses.dataclass(frozen=True)
class QueuedMessage:
    """A message, the queue that it is in, and the id of the claim of ours that holds it."""

    message: Message
    queue: str
    claim_id: str = ""

    def as_result(self) -> Result:
        result = {**self.message.as_result(), "queue": self.queue}
        if self.claim_id:
            result["claim_id"] = self.claim_id
        return result


def contains(body: t.Any, part: t.Any) -> bool:
    """Tell whether ``part`` is in ``body``: dicts key by key at any depth, everything else by equality as JSON."""
    if isinstance(part, dict):
        return isinstance(body, dict) and all(
            key in body and contains(body[key], part[key]) for key in part
        )
    if isinstance(part, list):
        return isinstance(body, list) and len(body) == len(part) and all(map(_equal, body, part))
    return _equal(body, part)


def _equal(one: t.Any, other: t.Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return bool(one == other)


def messages_in_words(number: int) -> str:
    return "1 message" if number == 1 else f"{number} messages"


class ZaqarWait(Flow):
    OPTIONS = dict(
        queue=dict(type="list", elements="str", required=True),
        count=dict(type="int", default=1),
        filter=dict(type="dict"),
        consume=dict(type="str", choices=["peek", "claim", "pop"], default="peek"),
        claim_ttl=dict(type="int", default=300),
        execution=dict(type="str"),
        mode=dict(type="str", choices=["auto", "push", "poll"], default="auto"),
        wait_timeout=WAIT_TIMEOUT,
    )
    IDS = {"execution": "an execution"}
    RANGES = {"count": Range(unit="messages"), "claim_ttl": CLAIM_SECONDS}

    def __init__(self, params: dict[str, t.Any], context: Context) -> None:
        super().__init__(params, context)
        self.queues: list[str] = []
        self.state: State | None = None  # of the execution that is watched
        self.seen: list[QueuedMessage] = []  # what the last look showed, still in the queue
        self.taken: list[QueuedMessage] = []  # deleted by us
        self.doomed: list[QueuedMessage] = []  # ours, still to be deleted
        self.claims: dict[str, str] = {}  # that we hold -> queue
        self.push: Push | None = None
        self.gate: PushGate | None = None

    def new_push(self) -> Push:
        return Push(self.cloud, self.zaqar, self.queues, self.deadline)

    def run(self) -> dict[str, t.Any]:
        self._check()
        self.zaqar.connection.requests = (
            0  # logs in, as what can fail for good must not look like a wait
        )
        if self.params["execution"]:
            self.mistral.connection.requests = 0
        if self.context.check_mode:
            self._ended()
            self.seen = self._peek(self.params["count"])
            enough = len(self.seen) >= self.params["count"]
            return dict(
                self._result(self.seen), changed=enough and self.params["consume"] != "peek"
            )
        self.progress = Progress(self.context.progress, self.deadline)
        try:
            found = self._wait()
        except TimedOut as late:
            failure = self._timed_out(late)
        except Failure as error:
            # Whatever ends the wait, what was taken is nowhere but here.
            error.result = dict(self._result(self.taken + self.doomed), **error.result)
            raise
        else:
            if found:
                return dict(self._result(found), changed=self.params["consume"] != "peek")
            failure = self._ended_too_early()
        raise failure

    def _check(self) -> None:
        self.queues = list(dict.fromkeys(checked_queue_name(name) for name in self.params["queue"]))
        if not self.queues:
            raise Failure(
                "Could not wait for messages: no queue is named: set 'queue'.", "bad_option"
            )

    def _wait(self) -> list[QueuedMessage]:
        try:
            if self.params["mode"] != "poll" and self.params["wait_timeout"]:
                self._open_push()
            if not self.gate:
                return wait_until(self._look, self.deadline)
            return wait_until(self._look, self.deadline, longest=LONGEST_INTERVAL, waker=self.push)
        finally:
            if self.push:
                self.push.close()

    def _open_push(self) -> None:
        try:
            self.push = self.new_push()
            self.push.open()
        except Failure as failure:
            if self.params["mode"] == "push":
                raise
            self.context.warn(f"Messages are polled for, as none can be pushed: {failure.message}")
        else:
            self.gate = PushGate(self.push, self.zaqar, self.queues, self.deadline)

    def undo(self) -> None:
        for claim, queue in self.claims.items():
            self.zaqar.give_back(queue, claim)

    def go_on(self) -> str:
        if self.taken:
            return describe_taken([taken.message for taken in self.taken])
        return f"Nothing was taken out of {self._where()}. To wait again, run the same task."

    # One look

    def _look(self) -> list[QueuedMessage] | None:
        """Return the messages when there are enough, an empty list when the execution has ended without, else None."""
        # The execution's state first: what it posted before its end is then in the queue at this very look.
        trouble = None
        ended = False
        try:
            ended = self._ended()
        except ServiceError as error:  # Mistral's weakness must not hide messages
            if not error.transient:
                raise
            trouble = error
        if self.gate:
            must = ended or bool(self.doomed) or not self.deadline.remaining
            found = self.gate.poll(self._take, must)
        else:
            found = self._take()
        if found is not None:
            return found
        if trouble:
            raise trouble
        if ended:
            return []
        self.progress.see(
            lambda: (
                self._tally()
                + (f"; execution {self.params['execution']} is {self.state}" if self.state else "")
            )
        )
        return None

    def _ended(self) -> bool:
        execution = self.params["execution"]
        if execution and not self._has_ended():
            try:
                self.state = self.mistral.state(execution)
            except ServiceError as error:
                if error.status != 404:
                    raise
                gone = "is not there any more" if self.state else "is not there"
                raise Failure(
                    f"Could not wait for messages in {self._where()}: execution {execution}, which is to be watched,"
                    f" {gone}; check its id and the cloud.",
                    "not_found",
                ) from None
        return self._has_ended()

    def _has_ended(self) -> bool:
        return self.state is not None and self.state.has_ended

    def _take(self) -> list[QueuedMessage] | None:
        """Peek, claim or pop the messages if there are enough of them, else leave them all."""
        self._delete_doomed()
        needed = self.params["count"] - len(self.taken)
        if needed <= 0:
            return self.taken
        # A single message of any kind is claimed without having been looked at.
        if self.params["consume"] == "peek" or self.params["filter"] or needed > 1:
            self.seen = self._peek(needed)
            if len(self.seen) < needed:
                return None
            if self.params["consume"] == "peek":
                return self.seen
        if self.params["consume"] == "pop" and self.params["filter"]:
            self.doomed, self.seen = self.seen, []
        else:
            claimed = self._claim(needed)
            if claimed is None or self.params["consume"] == "claim":
                return claimed
            self.doomed, self.seen = claimed, []
        self._delete_doomed()
        return self.taken if len(self.taken) >= self.params["count"] else None

    def _peek(self, needed: int) -> list[QueuedMessage]:
        wanted = self.params["filter"] or None
        found: list[QueuedMessage] = []
        for queue in self.queues:
            if len(found) < needed:
                there = self.zaqar.messages(queue, None if wanted else needed - len(found))
                found += [
                    QueuedMessage(message, queue)
                    for message in there
                    if wanted is None or contains(message.body, wanted)
                ]
        return found[:needed]

    def _claim(self, needed: int) -> list[QueuedMessage] | None:
        """Claim as many messages as needed, or none of them.

        With a filter they are claimed one by one, so that those that do not match can be released alone, after the
        last claim. Zaqar claims the oldest ones only, and has no way to release a part of a claim.
        """
        wanted = self.params["filter"] or None
        held: list[QueuedMessage] = []
        mine: dict[str, str] = {}  # claim -> queue
        others: dict[str, str] = {}
        complete = False
        try:
            for queue in self.queues:
                expected = (
                    sum(message.queue == queue for message in self.seen) if wanted else needed
                )
                had = len(held)
                while len(held) < needed and len(held) - had < expected:
                    limit = 1 if wanted else min(PAGE, needed - len(held))
                    claim = self.zaqar.claim(queue, self.params["claim_ttl"], GRACE, limit)
                    if claim is None:
                        break
                    self.claims[claim.id] = queue
                    if wanted and not contains(claim.messages[0].body, wanted):
                        others[claim.id] = queue
                        continue
                    mine[claim.id] = queue
                    held += [QueuedMessage(message, queue, claim.id) for message in claim.messages]
            complete = len(held) >= needed
        finally:
            for claim, queue in (others if complete else {**others, **mine}).items():
                self.zaqar.give_back(queue, claim)
                self.claims.pop(claim, None)
        return held if complete else None

    def _delete_doomed(self) -> None:
        """Delete what is ours. A transient failure leaves the rest to the next look: deleting twice does no harm."""
        while self.doomed:
            message = self.doomed[0]
            try:
                self.zaqar.delete_message(
                    message.queue, message.message.id, message.claim_id or None
                )
            except ServiceError as error:
                if error.transient:
                    raise
                self.doomed.pop(0)  # somebody else has claimed it meanwhile: it is theirs
                continue
            self.doomed.pop(0)
            self.taken.append(dataclasses.replace(message, claim_id=""))

    # What came of it

    def _result(self, messages: list[QueuedMessage]) -> dict[str, t.Any]:
        result: dict[str, t.Any] = {
            "messages": [message.as_result() for message in messages],
            "elapsed": self.deadline.elapsed,
            "requests": self.zaqar.connection.requests + (self.push.requests if self.push else 0),
            "delivered": "push" if self.gate and self.gate.pushed else "poll",
        }
        if self.params["execution"]:
            result["execution"] = {
                "id": self.params["execution"],
                "state": self.state and self.state.value,
            }
            result["requests"] += self.mistral.connection.requests
        return result

    def _where(self) -> str:
        names = ", ".join(f"'{name}'" for name in self.queues)
        return f"queue {names}" if len(self.queues) == 1 else f"queues {names}"

    def _tally(self) -> str:
        matching = " that match the filter" if self.params["filter"] else ""
        return (
            f"{len(self.taken) + len(self.doomed) + len(self.seen)} of"
            f" {messages_in_words(self.params['count'])}{matching} came to {self._where()}"
        )

    def _so_far(self) -> list[QueuedMessage]:
        return self.taken + self.doomed + self.seen

    def _timed_out(self, late: TimedOut) -> Failure:
        sentence = f"Timed out after {self.deadline.elapsed:g} s: {self._tally()}"
        if self.state:
            sentence += f", and execution {self.params['execution']} is {self.state}"
        if late.last_error:
            return Failure(
                f"{sentence}. The last look failed: {late.last_error.message}",
                "timeout",
                **self._result(self._so_far()),
            )
        return Failure(
            f"{sentence}; check who posts there, or raise 'wait_timeout'.",
            "timeout",
            **self._result(self._so_far()),
        )

    def _ended_too_early(self) -> Failure:
        execution = self.params["execution"]
        why = ""
        failed: list[FailedTask] = []
        if self.state is State.ERROR:
            with contextlib.suppress(ServiceError):
                failed = self.mistral.failed_tasks(execution)
                if failed:
                    why = f" (task '{failed[0].name}' failed: {failed[0].cause.rstrip('.')})"
        result = self._result(self._so_far())
        if failed:
            result["execution"]["failed_tasks"] = [task.as_result() for task in failed]
        sentence = f"Execution {execution} ended in {self.state}{why} after {self._tally()}."
        return Failure(sentence, "execution_ended", **result)
