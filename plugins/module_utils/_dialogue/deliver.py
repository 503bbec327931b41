# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to a dialogue's open question: handed over once, whatever is lost on the way."""

from __future__ import annotations

import contextlib
import typing as t

from .._base.deadline import Deadline, TimedOut, wait_until
from .._base.errors import Failure, ServiceError
from .._base.options import UUID
from .._base.text import display_text
from .._questions.protocol import ASK, DECLINED, answer_body
from .._questions.wording import repr_short
from .._services.lock import HOLD, LONGEST_STEP, TTL, Lock
from .._services.mistral import (
    CANCELLED,
    ENDED,
    ERROR,
    LOCKS,
    SUCCESS,
    Mistral,
    named,
    result_of,
    titled,
)
from .._services.records import NewMessage
from .._services.zaqar import PAGE, USUAL_LIMIT, Zaqar, request_size
from .dialogue import Dialogue
from .resume import resume as resume_execution

CLAIM_TTL = TTL  # seconds, and the least that Zaqar takes


class TurnIsOver(Exception):
    """A turn has taken so long that somebody else may have the next one."""


class Arrived(Exception):
    """The answer is where it was to go: there is nothing left to do."""


class Turn:
    """The time in which nobody else answers the question: its messages are claimed, or, where it has none, a lock is held."""

    def __init__(
        self, zaqar: Zaqar, queue: str, deadline: Deadline, lock: Lock | None = None
    ) -> None:
        self.claims: dict[str, str] = {}  # by the id of each message
        self.may_go_on = False  # whether a request that was given up may still be on its way
        self._zaqar = zaqar
        self._queue = queue
        self._deadline = deadline
        self._lock = lock
        self._begun = deadline.elapsed

    def begin(self) -> None:
        self._begun = self._deadline.elapsed

    @property
    def expires_at(self) -> float:
        """When somebody else may have the next turn if this one is not given back."""
        return self._begun + TTL

    def check(self) -> None:
        """Raise TurnIsOver if it is. To be called before each step that somebody else could do as well."""
        claimed = self._deadline.elapsed - self._begun < HOLD
        locked = self._lock is None or self._lock.is_held
        if not claimed or not locked:
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
        for claim in set(self.claims.values()):
            self._zaqar.give_back(self._queue, claim)
        self.claims = {}

    def end(self, resumed: bool = False) -> None:
        """Let others have their turns: at once, or, if something may still be on its way, when claims and lock have expired."""
        if self.may_go_on:
            return
        self.release_claims()
        if self._lock:
            self._lock.release(over=resumed)


class Answer:
    """What is done with an answer. Each step is tried again until the deadline.

    Of many who answer one question at once, one does it: by turns. Whoever can claim the messages of the question has a
    turn, as nobody else can claim them. A question without messages (popped by somebody, expired, or never posted) has a
    lock. What was read before the turn began may be over by then, so it is read once more, unless the claim came at once.
    A turn is shorter than a claim or a lock lives. What takes longer is done in the next turn.

    Wherever this ends, the next run goes on: a question that is there can be claimed again, an answer that waits is not
    posted again, and to resume is the last that is to be done.
    """

    def __init__(
        self,
        mistral: Mistral,
        zaqar: Zaqar,
        dialogue: Dialogue,
        question: dict[str, t.Any],
        deadline: Deadline,
    ) -> None:
        self._mistral = mistral
        self._zaqar = zaqar
        self._dialogue = dialogue
        self._question = question
        self._deadline = deadline
        self._bodies: list[NewMessage] = []
        self._to_delete = [message["id"] for message in question["messages"]]
        self._lock = Lock(mistral, f"{LOCKS[0]}.{dialogue.root}", lambda: deadline.elapsed)
        self._perhaps_posted = self._perhaps_resumed = False  # sent, and not known to have failed
        self._posted: list[str] | None = None  # the ids, once it is known
        self._last_error: ServiceError | None = None
        self._next_turn_at = 0.0  # seconds of the deadline's clock

    def deliver(self, answers: list[t.Any], told: dict[str, t.Any], ttl: int) -> list[str]:
        """Give the workflow its answers (none if they wait in its queue already); return the ids of what was posted.

        ``told`` are status, answered_by and answered_at, which a question with an id is told beside its answer.

        As long as there are fewer than tasks that wait for one, the execution stays paused. Raises Failure if somebody
        else has answered, or is answering.
        """
        if self._question["waits_by"] == "callback":
            self._complete({"answer": answers[0], **told})
            return []
        if self._question["interaction_id"]:
            answers = [
                answer_body(self._question, self._dialogue.id, {"answer": answer, **told})
                for answer in answers
            ]
        self._bodies = [NewMessage(body, ttl) for body in answers]
        if request_size(self._bodies) > USUAL_LIMIT:
            self._zaqar.size_limit(self._dialogue.input_queue, self._bodies)
        turn = self._first_turn() or self._checked_turn()
        while turn:
            try:
                return self._act(turn)
            except TurnIsOver:
                if self._last_error and not self._deadline.remaining:
                    raise self._last_error from None
            turn = self._checked_turn()
        return self._posted or []

    def _act(self, turn: Turn) -> list[str]:
        """Do what is still to be done, in one turn."""
        resumed = False
        try:
            if self._posted is None:
                self._posted = self._post(turn) if self._bodies else []
            try:
                self._delete_question(turn)
                turn.release_claims()  # what was said since belongs to the next question
                if resumes(self._question, self._bodies):
                    self._resume(turn)
                    resumed = True
            except ServiceError as error:
                error.message += (
                    f" The answer is posted and kept: to go on, run interactive.openstack.dialogue_answer for"
                    f" {self._dialogue.id} once more, without an answer."
                )
                raise
        finally:  # also if somebody interrupts it
            turn.end(resumed)
            if turn.may_go_on:
                self._next_turn_at = turn.expires_at
        return self._posted

    def _delete_question(self, turn: Turn) -> None:
        queue = self._dialogue.output_queue
        for id in [id for id in self._to_delete if id in turn.claims]:
            self._insist(lambda id=id: self._zaqar.delete_message(queue, id, turn.claims[id]), turn)
            self._to_delete.remove(id)
            del turn.claims[id]

    def _complete(self, result: dict[str, t.Any]) -> None:
        """End the action that waits for the answer, which Mistral lets happen only once."""
        action = self._question["action_execution_id"]
        try:
            self._insist(lambda: self._mistral.complete_action(action, SUCCESS, result))
        except Failure as failure:
            if failure.error_code in ("already_completed", "too_late"):
                raise closed(self._mistral, self._dialogue, self._question["id"]) from None
            raise

    def _insist(self, step: t.Callable[[], t.Any], turn: Turn | None = None) -> t.Any:
        """Do a step that can be done twice, again after each transient failure, until the deadline; return its result.

        Raises TurnIsOver if the turn is.
        """

        checked = turn if self._question["waits_by"] == "pause" else None

        def look() -> list[t.Any]:
            if checked:
                checked.check()
            try:
                with checked.step() if checked else contextlib.nullcontext():
                    return [step()]
            except ServiceError as error:
                self._last_error = error
                raise

        try:
            return wait_until(look, self._deadline)[0]
        except TimedOut as timeout:
            raise timeout.last_error from None  # a step that succeeds has a result: it was not for want of one

    # Turns

    def _first_turn(self) -> Turn | None:
        """Claim the question's messages; return None if there are none to claim, or not all of them any more."""
        if not self._to_delete:
            return None
        polls = (
            self._question["waits_by"] == "poll"
        )  # what it has read is gone: a second look would show nothing
        turn, at_once = self._claim()
        if polls and not turn:
            raise answered_meanwhile(self._dialogue.execution)
        if not turn or at_once or polls:
            return turn
        try:
            self._insist(self._still_waits)
        except BaseException:
            turn.end()
            raise
        return turn

    def _claim(self) -> tuple[Turn | None, bool]:
        """Claim the question's messages, so that nobody else answers it; tell whether that was done at once."""
        wanted = set(self._to_delete)
        turn = self._turn()
        tries = 0

        def claimed() -> bool | None:
            nonlocal tries
            tries += 1
            while not wanted <= set(turn.claims):
                if not turn.claims:
                    turn.begin()
                claim = self._zaqar.claim(self._dialogue.output_queue, CLAIM_TTL, CLAIM_TTL, PAGE)
                if not claim:
                    # It may be a claim of our own whose answer was lost that holds them, until it expires.
                    return None if tries > 1 and self._dialogue.being_answered() else False
                turn.claims.update({message.id: claim.id for message in claim.messages})
            return True

        try:
            mine = wait_until(claimed, self._deadline)
        except TimedOut as timeout:
            turn.end()
            raise timeout.last_error or answered_meanwhile(self._dialogue.execution) from None
        except BaseException:
            turn.end()
            raise
        if not mine:
            turn.end()
        return (turn if mine else None), tries == 1

    def _turn(self, lock: Lock | None = None) -> Turn:
        return Turn(self._zaqar, self._dialogue.output_queue, self._deadline, lock)

    def _checked_turn(self) -> Turn | None:
        """Take the lock, and what is there to claim, and look once more; None if this answer has arrived already.

        Raises Failure if somebody else has answered.
        """
        try:
            return wait_until(self._next_turn, self._deadline)
        except Arrived:
            self._lock.release(over=False)
            return None
        except TimedOut as timeout:
            self._lock.release(over=False)
            if self._deadline.elapsed <= self._next_turn_at:
                raise self._last_error from None
            raise timeout.last_error or answered_meanwhile(self._dialogue.execution) from None
        except BaseException:
            self._lock.release(over=False)
            raise

    def _next_turn(self) -> Turn | None:
        """Return a turn, or None while somebody else has one. Raises Arrived, or Failure if somebody else has answered.

        After something that may still be on its way we wait as all others do: to send it once more could make it come twice.
        """
        if self._deadline.elapsed < self._next_turn_at:
            self._check_that_it_waits()
            return None
        if not self._lock.is_held and not self._lock.take():
            self._check_that_it_waits()
            return None
        turn = self._turn(self._lock)
        try:
            mine = self._claim_what_is_there(turn)
            if mine:
                self._check_that_it_waits()
        except BaseException:
            turn.release_claims()
            raise
        if mine:
            return turn
        turn.release_claims()
        return None

    def _check_that_it_waits(self) -> None:
        if not self._still_waits():
            raise Arrived

    def _claim_what_is_there(self, turn: Turn) -> bool:
        """Claim all that the workflow has said; False while somebody else has claimed some of it.

        Whoever answers claims first, and posts and deletes what was claimed after that: what is neither there nor claimed
        was answered, and the answer has been in its queue since.
        """
        there = self._dialogue.plain_messages()
        if self._dialogue.being_answered():
            return False
        wanted = {message["id"] for message in there}
        while not wanted <= set(turn.claims):
            claim = self._zaqar.claim(self._dialogue.output_queue, CLAIM_TTL, CLAIM_TTL, PAGE)
            if not claim:
                return False
            turn.claims.update({message.id: claim.id for message in claim.messages})
        return True

    def _still_waits(self) -> bool:
        """Whether the question waits for this answer; False if it has got it. Raises Failure if it has got another one.

        The queue is read first: an answer that is not in it any more has woken the tasks before they are looked at.
        """
        known = self._question["waiting_answers"]
        there = self._zaqar.messages(
            self._dialogue.input_queue, limit=len(known) + len(self._bodies) + 1
        )
        since = there[len(known) :]
        waits = self._dialogue.still_waits(self._question)
        if not waits and (self._perhaps_posted or self._perhaps_resumed):
            return False
        ours = [message.body for message in self._bodies]
        if (
            self._posted is None
            and self._perhaps_posted
            and since
            and all(message.body in ours for message in since)
        ):
            self._posted = [message.id for message in since]
        unchanged = [message.body for message in there[: len(known)]] == known
        is_of_another = bool(since) and self._posted is None
        if not waits or not unchanged or is_of_another:
            raise answered_meanwhile(self._dialogue.execution)
        return True

    # Steps of a turn

    def _send(self) -> list[str]:
        try:
            posted = self._zaqar.post(self._dialogue.input_queue, self._bodies)
        except ServiceError as error:
            self._perhaps_posted = self._perhaps_posted or error.outcome_unknown
            if error.status in (400, 413):
                self._zaqar.size_limit(self._dialogue.input_queue, self._bodies)
            raise
        self._perhaps_posted = True
        return posted

    def _post(self, turn: Turn) -> list[str]:
        """Post the answers, once, whatever becomes of the requests."""
        if self._question["waits_by"] == "poll":
            with turn.step():
                return self._send()  # what was read is gone: nobody can tell whether it came
        queue, answers = self._dialogue.input_queue, [message.body for message in self._bodies]
        before = len(self._question["waiting_answers"])
        in_doubt = False

        def post() -> list[str]:
            nonlocal in_doubt
            if not self._perhaps_posted:
                return self._send()
            in_doubt = True
            # What a request whose answer was lost has done is there, unless it has resumed the execution already.
            there = self._zaqar.messages(queue)[before:]
            if not there and not self._dialogue.still_waits(self._question):
                return []
            return [message.id for message in there] or self._send()

        posted = self._insist(post, turn)
        if in_doubt:
            # A request that was given up may have been done after the look for it.
            there = self._insist(lambda: self._zaqar.messages(queue), turn)[before:]
            for twice in [message.id for message in there if message.body in answers][
                len(answers) :
            ]:
                self._insist(lambda id=twice: self._zaqar.delete_message(queue, id), turn)
        return posted

    def _resume(self, turn: Turn) -> None:
        """Resume an execution that is PAUSED: that is how its question was found."""

        def resume() -> None:
            # A resume whose answer was lost may have been done, and the execution be paused before the next question.
            if self._last_error and not self._dialogue.still_waits(self._question):
                return
            self._perhaps_resumed = True
            resume_execution(
                self._mistral, self._dialogue.id, self._deadline, alone=self._dialogue.alone
            )

        self._insist(resume, turn)


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
    if ask["root_execution_id"] != dialogue.id and ask[
        "root_execution_id"
    ] != dialogue.execution.get("root_execution_id"):
        return Failure(
            f"Question {question_id} is one of execution {ask['root_execution_id']} and not of {dialogue.id}: name the"
            " execution that asks it.",
            "other_execution",
        )
    asked = f"Question {display_text(repr_short((ask.get('input') or {}).get('question')))} of execution {dialogue.id}"
    ended = [
        action["id"]
        for action in mistral.action_executions(waiting[0]["id"])
        if action["state"] in ENDED
    ]
    told = [
        result_of(mistral.action_execution(id)) for id in ended
    ]  # a list leaves the results out
    if told:
        result = told[0] if isinstance(told[0], dict) else {}
        by = f" by {display_text(str(result['answered_by']))}" if result.get("answered_by") else ""
        at = f" at {display_text(str(result['answered_at']))}" if result.get("answered_at") else ""
        how = "declined" if result.get("status") == DECLINED else "answered"
        return Failure(
            f"{asked} was {how}{by}{at}; your answer was not handed over.",
            "answered_meanwhile",
            execution=dialogue.execution,
        )
    if waiting[0]["state"] == ERROR:
        return expired(dialogue, asked)
    state = mistral.state(dialogue.id)
    if state in (CANCELLED, ERROR):
        return Failure(
            f"{asked} is not open any more: that execution has ended in {state}; your answer was not handed over.",
            "withdrawn",
            execution=dict(dialogue.execution, state=state),
        )
    return Failure(
        f"{asked} was withdrawn: the workflow went on without an answer; yours was not handed over.",
        "withdrawn",
        execution=dialogue.execution,
    )


def expired(dialogue: Dialogue, asked: str) -> Failure:
    return Failure(
        f"{asked} has expired: your answer came too late and was not handed over.",
        "expired",
        execution=dialogue.execution,
    )


def answered_meanwhile(execution: dict[str, t.Any]) -> Failure:
    state = execution["state"]
    if state in ENDED:
        code = "withdrawn"
        if state == SUCCESS:  # it has got an answer, or did not need one
            code = "answered_meanwhile"
        return Failure(
            f"{titled(execution)} has ended in {state} meanwhile: your answer was not posted.",
            code,
            execution=execution,
        )
    return Failure(
        f"Somebody else answered the question of {named(execution)} meanwhile, or is doing so; your answer was not"
        " posted. Look for the open question once more.",
        "answered_meanwhile",
        execution=execution,
    )
