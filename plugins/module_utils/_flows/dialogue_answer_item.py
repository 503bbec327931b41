# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One item of a list: its question is polled, its answer is delivered once."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading

from .._base.errors import Failure, ServiceError
from .._base.json_types import JsonObject, Options, Result
from .._base.text import one_line
from .._base.worker_pool import must_stop
from .._cloud.login import Cloud
from .._dialogue.closed import closed
from .._dialogue.dialogue import Dialogue
from .._dialogue.outcome import outcome_of
from .._questions.outcome import Outcome
from .._questions.protocol import Answer, Status
from .._questions.question import Question
from .._services.ids import check_ids
from .._shell.flow import Context
from .dialogue_answer import DialogueAnswer

# Seconds that a delivery may take, however late its question was found: longer than a claim lives
# whose answer was lost.
DELIVERY_TIMEOUT = 90
LONGEST_TEXT = 200  # characters of a question in a result
FAILED = "failed"  # the status of an item that is neither answered nor declined nor expired

# The question is not open and will not be, so that the next answer to the same execution is for
# another one.
OVER = frozenset(["expired", "withdrawn", "no_question", "other_execution"])
NO_LONGER_ASKING = frozenset(["execution_ended", "not_found"])  # nor is any other of this execution


@dataclasses.dataclass(frozen=True)
class ItemResult:
    """What became of an item. ``line`` says so to a person; ``more`` are further return keys."""

    item: int
    execution: str
    status: str
    question: JsonObject | None
    line: str
    changed: bool
    message_ids: tuple[str, ...] = ()
    resumed: bool = False
    more: Result = dataclasses.field(default_factory=dict)

    @property
    def error_code(self) -> str:
        """The error code of an item that was not answered; else empty."""
        code: str = self.more.get("error_code", "")
        return code

    def as_result(self) -> Result:
        return {
            "item": self.item,
            "execution": self.execution,
            "status": self.status,
            "question": self.question,
            "message_ids": list(self.message_ids),
            "resumed": self.resumed,
            "changed": self.changed,
            **self.more,
            "line": self.line,
        }


class Item(DialogueAnswer):
    """One answer of the list. ``is_begun`` is whether anything was sent that changes something."""

    def __init__(
        self,
        number: int,
        params: Options,
        context: Context,
        cloud: Cloud,
        stopping: threading.Event,
    ) -> None:
        super().__init__(params, context)
        self.cloud = cloud  # one login for all
        self.number = number
        self.is_begun = False
        self._stopping = stopping
        self.whole_task = context.new_deadline(math.inf).stopped_by(stopping)
        self._summary: JsonObject | None = None  # of the question, once it was seen

    @property
    def is_bound(self) -> bool:
        """Whether it can be for one question only, whatever came before."""
        return self.params["question_id"] is not None

    def check(self) -> None:
        """Raise Failure for what can be recognised as wrong before anything is sent."""
        check_ids(self.IDS, self.params)
        self._answers()

    def answer(self) -> ItemResult:
        """Look, and answer the question if it is open. Raises Failure, also if it is not yet."""
        self.deadline = self.whole_task.within(0)
        try:
            result = self.run()
        except Failure as failure:
            is_over = failure.error_code in ("answered_meanwhile", "withdrawn")
            if not is_over or not self._was_ours():
                raise
            word = self._status.word
            return self._result(word, f"{word} before, as it is here", changed=False)
        word = Status(result["status"]).word
        line = f"would be {word}" if self.context.check_mode else word
        return dataclasses.replace(
            self._result(word, line, changed=True),
            message_ids=tuple(result["message_ids"]),
            resumed=result["resumed"],
        )

    def failed(self, failure: Failure) -> ItemResult:
        """Return the result of an item that has failed."""
        status = Status.EXPIRED.word if failure.error_code == "expired" else FAILED
        # An error of a service may come after what was done.
        may_have_changed = status != FAILED or isinstance(failure, ServiceError)
        result = self._result(
            status,
            f"{status}: {one_line(failure.message)}",
            changed=self.is_begun and may_have_changed,
        )
        details: Result = {
            key: failure.result[key] for key in ("problems", "http_status") if key in failure.result
        }
        more = {"error_code": failure.error_code, "msg": failure.message, **details}
        return dataclasses.replace(result, more=more)

    def left_out(self, cause: str) -> ItemResult:
        return self.failed(Failure(cause, "not_tried"))

    def presumed(self) -> ItemResult:
        """Return the result in check mode of an item whose question would come later."""
        word = self._status.word
        return self._result(word, f"would be {word} if it asks again", changed=True)

    def _result(self, status: str, line: str, changed: bool) -> ItemResult:
        name = self._summary["name"] if self._summary else ""
        words, colon, rest = line.partition(":")
        subject = f" ({name})" if name else ""
        return ItemResult(
            item=self.number,
            execution=self.params["execution"],
            status=status,
            question=self._summary,
            line=f"{self.params['execution']}: {words}{subject}{colon}{rest}",
            changed=changed,
        )

    def _question(self, dialogue: Dialogue) -> Question:
        try:
            question = super()._question(dialogue)
        except Failure as failure:
            # It asks nothing, and may do so for long: the question that this is for may have been
            # answered.
            if failure.error_code == "timeout" and self.is_bound and self._outcome() is not None:
                id = self.params["question_id"]
                raise closed(self.mistral, dialogue.execution, id) from None
            raise
        self._summary = {
            "name": question.terms.name,
            "id": question.id,
            "text": one_line(question.text, LONGEST_TEXT),
        }
        return question

    def _let_deliver(self, dialogue: Dialogue, question: Question) -> None:
        self._begin()
        super()._let_deliver(dialogue, question)

    def _deliver(self, dialogue: Dialogue, question: Question, answers: list[Answer]) -> list[str]:
        self._begin()
        return super()._deliver(dialogue, question, answers)

    def _begin(self) -> None:
        if must_stop(self._stopping):
            raise Failure(
                "Somebody interrupted this before the answer was delivered.", "interrupted"
            )
        self.is_begun = True
        self.deadline = self.whole_task.within(DELIVERY_TIMEOUT)

    def _outcome(self) -> Outcome | None:
        with contextlib.suppress(ServiceError):
            return outcome_of(self.mistral, self.params["question_id"] or "")
        return None

    def _was_ours(self) -> bool:
        """Tell whether an earlier run of the same list has delivered exactly this answer."""
        outcome = self._outcome()
        if outcome is None:
            return False
        if self._status is Status.DECLINED:
            return outcome.status == Status.DECLINED
        return outcome.is_answered_with(self._answers())


def are_apart(item: Item, unanswered: list[Item]) -> bool:
    """Tell whether an item cannot be for a question that an earlier one was to answer."""
    names = {other.params["question"] for other in unanswered if not other.is_bound}
    if item.is_bound or not names:
        return True
    name = item.params["question"]
    return name is not None and names.isdisjoint({None, name})
