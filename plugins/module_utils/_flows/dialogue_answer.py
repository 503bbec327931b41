# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer the open question of an execution, or decline it, and resume the execution."""

from __future__ import annotations

import contextlib
import typing as t

from .._base.errors import Failure
from .._base.json_types import Json, Result
from .._base.options import WAIT_TIMEOUT
from .._base.retry import TimedOut, wait_until
from .._dialogue.closed import answered_meanwhile, closed, expired
from .._dialogue.decide import NOTHING_SEEN, Wish
from .._dialogue.deliver import Delivery, resumes
from .._dialogue.dialogue import Dialogue, Services
from .._questions.form import InvalidAnswer, validated_answer
from .._questions.protocol import Answer, OnExpiry, Status, now, rfc3339
from .._questions.question import Question, Terms
from .._questions.recognise import answer_in
from .._questions.validate import BAD_SCHEMA, default_answer
from .._services.zaqar import MESSAGE_SECONDS
from .._shell.flow import Flow

# Seconds from the post of an answer to the resume, unless whoever posted it is gone.
RESUMES_WITHIN = 1
# Seconds that an answer may lie unread, by whether it is secret.
ANSWER_TTL = {False: 3600, True: 300}


class DialogueAnswer(Flow):
    OPTIONS = dict(
        execution=dict(type="str", required=True),
        answer=dict(type="raw"),
        answers=dict(type="list", elements="raw"),
        status=dict(type="str", choices=["answered", "declined"], default="answered"),
        answered_by=dict(type="str"),
        question=dict(type="str"),
        question_id=dict(type="str"),
        ttl=dict(type="int"),
        wait_timeout=WAIT_TIMEOUT,
    )
    CONSTRAINTS = dict(mutually_exclusive=[("answer", "answers")])
    IDS = {"execution": "an execution"}
    RANGES = {"ttl": MESSAGE_SECONDS}
    memory = NOTHING_SEEN  # of earlier looks

    def go_on(self) -> str:
        id = self.params["execution"]
        return (
            f"If the answer to execution {id} was posted already, it is kept: to go on, run"
            " interactive.openstack.dialogue_answer for it again."
        )

    def run(self) -> Result:
        answers = self._answers()
        dialogue = self._dialogue()
        question = self._question(dialogue)
        self._let_go_on(dialogue, question)
        is_too_late = question.is_too_late(now())
        status = Status.EXPIRED if is_too_late else self._status
        to_post = still_to_post(
            self._values(answers, question, dialogue, status), question, dialogue
        )
        posted: list[str] = []
        if not self.context.check_mode:
            if question.answer_waits and question.resumes_itself:
                self._let_deliver(dialogue, question)
            else:
                posted = self._deliver(dialogue, question, self._stamped(to_post, status))
        if is_too_late and (answers or self._status is Status.DECLINED):
            raise expired(dialogue.execution, f"The question of execution {dialogue.id}")
        return {
            "changed": True,
            "status": status.value,
            "question": question.as_result(),
            "message_ids": posted,
            "resumed": resumes(question, len(to_post)),
            **dialogue.summary(),
        }

    @property
    def _status(self) -> Status:
        """What the task wants the question to become."""
        return Status(self.params["status"].upper())

    def _answers(self) -> list[Json]:
        """Return the answers that the task gives. Raises Failure for contradictions."""
        answers = self.params["answers"] or []
        if self.params["answer"] is not None:
            answers = [self.params["answer"]]
        if self._status is Status.DECLINED and answers:
            raise Failure(
                "A question is declined without an answer: leave out 'answer' and 'answers'.",
                "bad_option",
            )
        if "" in answers:
            raise Failure("An empty answer is not posted: give it a value.", "empty_answer")
        return list(answers)

    def _services(self) -> Services:
        return Services(self.cloud, self.mistral, self.zaqar)

    def _dialogue(self) -> Dialogue:
        return Dialogue(
            self._services(),
            self.params["execution"],
            self.deadline,
            self.context.progress,
            self.context.check_mode,
            self.memory,
        )

    def _question(self, dialogue: Dialogue) -> Question:
        """Return the question to answer. Raises Failure if it is not open."""
        id = self.params["question_id"]
        try:
            question = dialogue.wait(Wish(id, self.params["question"]))
        finally:
            self.memory = dialogue.memory
        if id is not None:
            question = question and question.restricted_to(id)
            if question is None:
                raise closed(self.mistral, dialogue.execution, id)
        if question is None:
            raise Failure(
                f"Execution {dialogue.id} has ended in {dialogue.execution.state}: nothing waits"
                " for an answer.",
                "execution_ended",
                **dialogue.summary(),
            )
        return question

    def _let_go_on(self, dialogue: Dialogue, question: Question) -> None:
        """Give somebody who has posted an answer a moment to resume the execution.

        Raises Failure if it happens.
        """
        if self.context.check_mode or not question.answer_waits:
            return

        def is_over() -> bool | None:
            return not dialogue.waits_for(question) or None

        with contextlib.suppress(TimedOut):
            wait_until(is_over, self.whole_task.within(RESUMES_WITHIN))
            raise answered_meanwhile(dialogue.execution)

    def _let_deliver(self, dialogue: Dialogue, question: Question) -> None:
        """Deliver an answer that waits unread as its lost notification should have done.

        Raises Failure if it is not delivered by the deadline.
        """

        def is_delivered() -> bool | None:
            return None if dialogue.waits_for(question) else True

        try:
            wait_until(dialogue.notify, self.deadline)
            wait_until(is_delivered, self.deadline)
        except TimedOut as timeout:
            late = Failure(
                f"The answer in queue '{dialogue.queues.input}' was not delivered to"
                f" {dialogue.execution.noun} within {self.deadline.elapsed:.0f} seconds. It stays"
                " in the queue: look at the executions of workflow interactive.resume.",
                "timeout",
                **dialogue.summary(),
            )
            raise timeout.last_error or late from None

    def _values(
        self, answers: list[Json], question: Question, dialogue: Dialogue, status: Status
    ) -> list[Json]:
        """Return the answers as the question wants them. Raises Failure with all that is wrong."""
        if status is Status.EXPIRED:
            return [value_on_expiry(question.terms)]
        if status is Status.DECLINED:
            check_declinable(question, dialogue)
            return [None]
        if question.terms.problem:
            raise Failure(
                f"{dialogue.execution.title} {question.terms.problem}. Mend the workflow; this"
                " question can only be declined, with 'status' declined.",
                BAD_SCHEMA,
            )
        if not question.terms.schema or not answers:
            return answers
        try:
            return [validated_answer(question.terms.schema, answers[0]), *answers[1:]]
        except InvalidAnswer as invalid:
            raise Failure(
                f"The answer to {dialogue.execution.noun} is not what it asks for, and was not"
                f" delivered: {'; '.join(invalid.problems)}.",
                "invalid_answer",
                problems=invalid.problems,
            ) from None

    def _stamped(self, values: list[Json], status: Status) -> list[Answer]:
        """Return the answers with who gave them, and when."""
        answered_by = None
        if status is not Status.EXPIRED:
            answered_by = self.params["answered_by"] or self.cloud.user_name
        answered_at = rfc3339(now())
        return [Answer(value, status, answered_by, answered_at) for value in values]

    def _deliver(self, dialogue: Dialogue, question: Question, answers: list[Answer]) -> list[str]:
        delivery = Delivery(self._services(), dialogue, question, self.deadline)
        ttl = self.params["ttl"] or ANSWER_TTL[question.terms.secret]
        return delivery.deliver(answers, ttl)


def value_on_expiry(terms: Terms) -> t.Any:
    """Return what the workflow gets once the deadline has passed: the default values, or None."""
    if terms.on_expiry is not OnExpiry.DEFAULT or terms.problem or not terms.schema:
        return None
    return default_answer(terms.schema)


def check_declinable(question: Question, dialogue: Dialogue) -> None:
    """Raise Failure for a plain question: nothing tells the workflow that it was declined."""
    if question.terms.interaction_id:
        return
    raise Failure(
        f"{dialogue.execution.title} asks with a plain text, which cannot be declined: its workflow"
        " would take whatever is posted for the answer. Cancel the execution instead, with"
        " interactive.openstack.mistral_execution, or let the workflow ask with interactive.ask.",
        "cannot_decline",
    )


def still_to_post(values: list[Json], question: Question, dialogue: Dialogue) -> list[Json]:
    """Return the answers that are still to be posted: those that wait already are not posted again.

    Raises Failure if there are too many of them or none, and if another answer waits already.
    """
    needed = question.answers_needed
    queue = dialogue.queues.input
    if not needed:
        waiting = [answer_in(body) for body in question.waiting_answers]
        if values and values != waiting:
            raise Failure(
                f"Another answer already waits unread in queue '{queue}', and nobody has resumed"
                " the workflow; yours was not posted. To deliver the waiting one, run this without"
                " an answer.",
                "answer_waits",
                **dialogue.summary(),
            )
        return []
    if not values:
        raise Failure(
            f"No answer waits in queue '{queue}' and none was given: set 'answer'.", "empty_answer"
        )
    if len(values) > needed:
        plural = "s" if needed > 1 else ""
        raise Failure(
            f"The question takes {needed} answer{plural}, 'answers' holds {len(values)}.",
            "bad_option",
        )
    return values
