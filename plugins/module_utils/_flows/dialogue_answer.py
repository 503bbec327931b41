# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer the open question of an execution, or decline it, and wake the execution."""

from __future__ import annotations

import contextlib
import typing as t

from .._base.deadline import Deadline, TimedOut, wait_until
from .._base.errors import Failure
from .._base.options import WAIT_TIMEOUT
from .._dialogue.deliver import (
    Answer,
    answered_meanwhile,
    closed,
    expired,
    resumes,
)
from .._dialogue.dialogue import Dialogue
from .._questions.form import Form
from .._questions.protocol import (
    ANSWERED,
    DECLINED,
    EXPIRED,
    has_expired,
    now,
    told_answer,
    written,
)
from .._questions.question import as_seen
from .._questions.validate import BAD_SCHEMA, default_answer
from .._services.mistral import named, titled
from .._services.zaqar import MESSAGE_SECONDS
from .._shell.flow import Flow

WAKES_SOON = 1  # seconds from the post of an answer to the resume, unless whoever posted it is gone
USUAL_TTL, SECRET_TTL = 3600, 300  # seconds that an answer may lie unread


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

    def go_on(self) -> str:
        id = self.params["execution"]
        return (
            f"If the answer to execution {id} was posted already, it is kept: to go on, run"
            f" interactive.openstack.dialogue_answer for it again."
        )

    def run(self) -> dict[str, t.Any]:
        answers = self._given()
        declined = self.params["status"] == "declined"
        dialogue = Dialogue(
            self.cloud,
            self.mistral,
            self.zaqar,
            self.params["execution"],
            self.deadline,
            self.context.progress,
        )
        question = self._question(dialogue)
        self._let_go_on(dialogue, question)
        too_late = question["waits_by"] != "callback" and has_expired(question)
        status = EXPIRED if too_late else DECLINED if declined else ANSWERED
        to_post = self._to_post(
            self._checked(answers, question, dialogue, status), question, dialogue
        )
        posted = (
            []
            if self.context.check_mode
            else self._deliver(dialogue, question, to_post, status, self.deadline)
        )
        if too_late and (answers or declined):
            raise expired(dialogue, f"The question of execution {dialogue.id}")
        return {
            "changed": True,
            "status": status,
            "question": question,
            "message_ids": posted,
            "resumed": resumes(question, to_post),
            **dialogue.summary(),
        }

    def _deliver(
        self,
        dialogue: Dialogue,
        question: dict[str, t.Any],
        answers: list[t.Any],
        status: str,
        deadline: Deadline,
    ) -> list[str]:
        answer = Answer(self.mistral, self.zaqar, dialogue, question, deadline)
        return answer.deliver(answers, self._told(status), self._ttl(question))

    def _question(self, dialogue: Dialogue) -> dict[str, t.Any]:
        """Return the question that is to be answered; raises Failure if it is not open."""
        wanted = self.params["question_id"]
        question = dialogue.wait(wanted, self.params["question"])
        if wanted is not None:
            question = as_seen(question, wanted) if question else None
            if question is None:
                raise closed(self.mistral, dialogue, wanted)
        if question is None:
            raise Failure(
                f"Execution {dialogue.id} has ended in {dialogue.execution['state']}: nothing waits for an answer.",
                "execution_ended",
                **dialogue.summary(),
            )
        return question

    def _let_go_on(self, dialogue: Dialogue, question: dict[str, t.Any]) -> None:
        """Where an answer waits already, somebody may be about to wake the workflow: give it a moment.

        Raises Failure if that happens.
        """
        if self.context.check_mode or not question["answer_waits"]:
            return
        with contextlib.suppress(TimedOut):
            wait_until(
                lambda: None if dialogue.still_waits(question) else True,
                self.deadline.within(WAKES_SOON),
            )
            raise answered_meanwhile(dialogue.execution)

    def _given(self) -> list[t.Any]:
        answer, answers = self.params["answer"], self.params["answers"]
        given = answers if answers is not None else [] if answer is None else [answer]
        if self.params["status"] == "declined":
            if given:
                raise Failure(
                    "A question is declined without an answer: leave out 'answer' and 'answers'.",
                    "bad_option",
                )
            return given
        if "" in given:
            raise Failure("An empty answer is not posted: give it a value.", "empty_answer")
        return given

    def _checked(
        self, answers: list[t.Any], question: dict[str, t.Any], dialogue: Dialogue, status: str
    ) -> list[t.Any]:
        """Return the answers as the question's schema wants them; raises Failure with all that is wrong."""
        if status == EXPIRED:
            defaults = (
                question["on_expiry"] == "default"
                and question["schema"]
                and not question["problem"]
            )
            return [default_answer(question["schema"]) if defaults else None]
        if status == DECLINED:
            if not question["interaction_id"]:
                raise Failure(
                    f"{titled(dialogue.execution)} asks with a plain text, which cannot be declined: its workflow would take"
                    " whatever is posted for the answer. Cancel the execution instead, with"
                    " interactive.openstack.mistral_execution, or let the workflow ask with interactive.ask.",
                    "cannot_decline",
                )
            return [None]
        if question["problem"]:
            raise Failure(
                f"{titled(dialogue.execution)} {question['problem']}. Mend the workflow; this question can only be declined,"
                " with 'status' declined.",
                BAD_SCHEMA,
            )
        if not question["schema"] or not answers:
            return answers
        entry = Form(question["schema"])
        entry.take_all(answers[0])
        entry.fill()
        problems = entry.problems()
        if problems:
            raise Failure(
                f"The answer to {named(dialogue.execution)} is not what it asks for, and was not handed over: "
                + "; ".join(problems)
                + ".",
                "invalid_answer",
                problems=problems,
            )
        return [entry.answer, *answers[1:]]

    def _told(self, status: str) -> dict[str, t.Any]:
        by = None if status == EXPIRED else self.params["answered_by"] or self.cloud.user_name
        return {"status": status, "answered_by": by, "answered_at": written(now())}

    def _ttl(self, question: dict[str, t.Any]) -> int:
        return self.params["ttl"] or (SECRET_TTL if question["secret"] else USUAL_TTL)

    @staticmethod
    def _to_post(
        answers: list[t.Any], question: dict[str, t.Any], dialogue: Dialogue
    ) -> list[t.Any]:
        """Return what is still to be posted; answers that wait already, from a run that died, are not posted again."""
        waiting, needed = (
            [told_answer(body) for body in question["waiting_answers"]],
            question["answers_needed"],
        )
        if not needed and answers and answers != waiting:
            raise Failure(
                f"Another answer already waits unread in queue '{dialogue.input_queue}', and nobody has woken the workflow;"
                " yours was not posted. To hand the waiting one over, run this without an answer.",
                "answer_waits",
                **dialogue.summary(),
            )
        if needed and not answers:
            raise Failure(
                f"No answer waits in queue '{dialogue.input_queue}' and none was given: set 'answer'.",
                "empty_answer",
            )
        if needed and len(answers) > needed:
            raise Failure(
                f"The question takes {needed} answer{'s' if needed > 1 else ''}, 'answers' holds {len(answers)}.",
                "bad_option",
            )
        return answers if needed else []
