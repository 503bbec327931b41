# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to a dialogue's open question: handed over once, whatever is lost on the way."""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._dialogue import Dialogue
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, ServiceError, printable
from ansible_collections.interactive.openstack.plugins.module_utils._interaction import ASK, DECLINED, answer_body
from ansible_collections.interactive.openstack.plugins.module_utils._mistral import (
    ENDED,
    ERROR,
    SUCCESS,
    Mistral,
    result_of,
    titled,
)
from ansible_collections.interactive.openstack.plugins.module_utils._options import UUID
from ansible_collections.interactive.openstack.plugins.module_utils._resume import resume as resume_execution
from ansible_collections.interactive.openstack.plugins.module_utils._validation import repr_short
from ansible_collections.interactive.openstack.plugins.module_utils._wait import Deadline, TimedOut, wait_until
from ansible_collections.interactive.openstack.plugins.module_utils._zaqar import PAGE, USUAL_LIMIT, Zaqar, request_size

CLAIM_TTL = 60  # seconds, the least that Zaqar takes


class Answer:
    """What is done with an answer. Each step is tried again until the deadline.

    Wherever this ends, the next run goes on: a question that is there can be claimed again, an answer that waits is not
    posted again, and to resume is the last that is to be done.
    """

    def __init__(
        self, mistral: Mistral, zaqar: Zaqar, dialogue: Dialogue, question: dict[str, t.Any], deadline: Deadline
    ) -> None:
        self._mistral = mistral
        self._zaqar = zaqar
        self._dialogue = dialogue
        self._question = question
        self._deadline = deadline

    def hand_over(self, answers: list[t.Any], told: dict[str, t.Any], ttl: int) -> list[str]:
        """Give the workflow its answers (none if they wait in its queue already); return the ids of what was posted.

        ``told`` are status, answered_by and answered_at, which a question with an id is told beside its answer.

        As long as there are fewer than tasks that wait for one, the execution stays paused. Raises Failure if somebody
        else has answered, or is answering.
        """
        if self._question["waits_by"] == "callback":
            self._complete({"answer": answers[0], **told})
            return []
        if self._question["interaction_id"]:
            answers = [answer_body(self._question, self._dialogue.id, {"answer": answer, **told}) for answer in answers]
        bodies = [{"body": body, "ttl": ttl} for body in answers]
        if request_size(bodies) > USUAL_LIMIT:
            self._zaqar.size_limit(self._dialogue.input_queue, bodies)
        claims = self._claim()
        try:
            posted = self._post(bodies) if bodies else []
            try:
                for id in (message["id"] for message in self._question["messages"]):
                    self._insist(lambda id=id: self._zaqar.delete_message(self._dialogue.output_queue, id, claims[id]))
                    del claims[id]
                self._release(claims)  # what was said since belongs to the next question
                if resumes(self._question, answers):
                    self._resume()
            except ServiceError as error:
                error.message += (
                    f" The answer is posted and kept: to go on, run interactive.openstack.dialogue_answer for"
                    f" {self._dialogue.id} once more, without an answer."
                )
                raise
        except BaseException:  # also if somebody interrupts it
            self._release(claims)
            raise
        return posted

    def _complete(self, result: dict[str, t.Any]) -> None:
        """End the action that waits for the answer, which Mistral lets happen only once."""
        action = self._question["action_execution_id"]
        try:
            self._insist(lambda: self._mistral.complete_action(action, SUCCESS, result))
        except Failure as failure:
            if failure.error_code in ("already_completed", "too_late"):
                raise closed(self._mistral, self._dialogue, self._question["id"]) from None
            raise

    def _insist(self, step: t.Callable[[], t.Any]) -> t.Any:
        """Do a step that can be done twice, again after each transient failure, until the deadline; return its result."""
        try:
            return wait_until(lambda: [step()], self._deadline)[0]
        except TimedOut as timeout:
            raise timeout.last_error from None  # a step that succeeds has a result: it was not for want of one

    def _claim(self) -> dict[str, str]:
        """Claim the question's messages, so that nobody else answers it; return the claim of each message."""
        wanted = {message["id"] for message in self._question["messages"]}
        claims: dict[str, str] = {}
        failed = False

        def claimed() -> bool | None:
            nonlocal failed
            try:
                while not wanted <= set(claims):
                    claim, messages = self._zaqar.claim(self._dialogue.output_queue, CLAIM_TTL, CLAIM_TTL, PAGE)
                    if not claim:
                        # It may be a claim of our own whose answer was lost that holds them, until it expires.
                        return None if failed and self._dialogue.being_answered() else False
                    claims.update({message["id"]: claim for message in messages})
            except ServiceError:
                failed = True
                raise
            return True

        try:
            mine = wait_until(claimed, self._deadline)
        except TimedOut as timeout:
            self._release(claims)
            raise timeout.last_error or answered_meanwhile(self._dialogue.execution) from None
        if not mine:
            self._release(claims)
            raise answered_meanwhile(self._dialogue.execution)
        return claims

    def _release(self, claims: dict[str, str]) -> None:
        for claim in set(claims.values()):
            self._zaqar.give_back(self._dialogue.output_queue, claim)

    def _send(self, bodies: list[dict[str, t.Any]]) -> list[str]:
        try:
            return self._zaqar.post(self._dialogue.input_queue, bodies)
        except ServiceError as error:
            if error.status in (400, 413):
                self._zaqar.size_limit(self._dialogue.input_queue, bodies)
            raise

    def _post(self, bodies: list[dict[str, t.Any]]) -> list[str]:
        """Post the answers, once, whatever becomes of the requests."""
        if self._question["waits_by"] == "poll":
            return self._send(bodies)  # what was read is gone: nobody can tell whether it came
        queue, answers = self._dialogue.input_queue, [message["body"] for message in bodies]
        before = len(self._question["waiting_answers"])
        tries = 0

        def post() -> list[str]:
            nonlocal tries
            tries += 1
            # What a request whose answer was lost has done is there, unless it has resumed the execution already.
            there = self._zaqar.messages(queue)[before:] if tries > 1 else []
            if tries > 1 and not there and not self._dialogue.still_waits(self._question):
                return []
            return [message["id"] for message in there] or self._send(bodies)

        posted = self._insist(post)
        if tries > 1:
            # A request that was given up may have been done after the look for it.
            there = self._insist(lambda: self._zaqar.messages(queue))[before:]
            for twice in [message["id"] for message in there if message["body"] in answers][len(answers):]:
                self._insist(lambda id=twice: self._zaqar.delete_message(queue, id))
        return posted

    def _resume(self) -> None:
        """Resume an execution that is PAUSED: that is how its question was found."""
        tries = 0

        def resume() -> None:
            nonlocal tries
            tries += 1
            # A resume whose answer was lost may have been done, and the execution be paused before the next question.
            if tries == 1 or self._dialogue.still_waits(self._question):
                resume_execution(self._mistral, self._dialogue.id, alone=self._dialogue.alone)

        self._insist(resume)


def resumes(question: dict[str, t.Any], answers: list[t.Any]) -> bool:
    """Whether the execution is to be resumed after these answers. A resume wakes all the tasks that wait for one."""
    # With auto_resume the post has resumed it, and a second resume could hit the next pause.
    return (
        question["waits_by"] == "pause"
        and not question["resumes_itself"]
        and len(answers) >= question["answers_needed"]
    )


def closed(mistral: Mistral, dialogue: Dialogue, question_id: str) -> Failure:
    """Return why a question is not open any more: answered, declined, expired, or withdrawn by the workflow."""
    ask = mistral.execution(question_id) if UUID.match(question_id) else None
    waiting = [task for task in mistral.tasks(question_id) if task["name"] == "wait"] if ask else []
    if not ask or ask["workflow_name"] != ASK or not waiting:
        return answered_meanwhile(dialogue.execution)
    if ask["root_execution_id"] != dialogue.id and ask["root_execution_id"] != dialogue.execution.get("root_execution_id"):
        return Failure(
            f"Question {question_id} is one of execution {ask['root_execution_id']} and not of {dialogue.id}: name the"
            " execution that asks it.",
            "other_execution",
        )
    asked = f"Question {printable(repr_short((ask.get('input') or {}).get('question')))} of execution {dialogue.id}"
    ended = [action["id"] for action in mistral.action_executions(waiting[0]["id"]) if action["state"] in ENDED]
    told = [result_of(mistral.action_execution(id)) for id in ended]  # a list leaves the results out
    if told:
        result = told[0] if isinstance(told[0], dict) else {}
        by = f" by {printable(str(result['answered_by']))}" if result.get("answered_by") else ""
        at = f" at {printable(str(result['answered_at']))}" if result.get("answered_at") else ""
        how = "declined" if result.get("status") == DECLINED else "answered"
        return Failure(
            f"{asked} was {how}{by}{at}; your answer was not handed over.", "answered_meanwhile", execution=dialogue.execution
        )
    if waiting[0]["state"] == ERROR:
        return expired(dialogue, asked)
    return Failure(
        f"{asked} was withdrawn: the workflow went on without an answer; yours was not handed over.",
        "withdrawn",
        execution=dialogue.execution,
    )


def expired(dialogue: Dialogue, asked: str) -> Failure:
    return Failure(
        f"{asked} has expired: your answer came too late and was not handed over.", "expired", execution=dialogue.execution
    )


def answered_meanwhile(execution: dict[str, t.Any]) -> Failure:
    return Failure(
        f"Somebody else answered the question of {titled(execution)} meanwhile, or is doing so; your answer was not"
        " posted. Look for the open question once more.",
        "answered_meanwhile",
        execution=execution,
    )
