# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to an open question: delivered once, whatever is lost on the way.

Of many who answer one question at once, one delivers. A question of interactive.ask is locked while
its action is completed. For another one, they take turns. Whoever can claim the messages of the
question has a turn, since nobody else can claim them. A question without messages
(somebody popped them, they have expired, or the workflow posted none) has a lock. What was read
before the turn began may be over by then, so it is read once more, unless the claim came at once. A
turn is shorter than a claim or a lock lives. What takes longer is done in the next turn.

Wherever this ends, the next run goes on: a question that was not deleted can be claimed again, an
answer that waits is not posted again, and the resume is the last step.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._base.deadline import Deadline
from .._base.errors import Failure, ServiceError
from .._base.json_types import Json, as_object
from .._base.retry import TimedOut, wait_until
from .._questions.protocol import Answer, Status, now
from .._questions.question import Question, WaitsBy
from .._services.lock import LONGEST_STEP, Lock
from .._services.mistral import LOCKS
from .._services.records import Message, NewMessage, State, Task
from .._services.zaqar import USUAL_LIMIT, request_size
from .closed import answered_meanwhile, closed, expired
from .dialogue import Dialogue, Services
from .outcome import waiting_task
from .resume import resume
from .turn import Turn, TurnIsOver

Value = t.TypeVar("Value")

# Seconds before its deadline in which a question may expire while an answer is on the way.
CLOSE = 60


class HasArrived(Exception):
    """The answer has arrived: nothing is left to do."""


class Delivery:
    """The delivery of one answer, or of one for each task that waits.

    Each step is tried until the deadline.
    """

    def __init__(
        self, services: Services, dialogue: Dialogue, question: Question, deadline: Deadline
    ) -> None:
        self._mistral = services.mistral
        self._zaqar = services.zaqar
        self._dialogue = dialogue
        self._queues = dialogue.queues
        self._question = question
        self._deadline = deadline
        self._messages: list[NewMessage] = []
        self._to_delete = [message.id for message in question.messages]
        name = f"{LOCKS[0]}.{dialogue.execution.root_execution_id}"
        if question.waits_by is WaitsBy.CALLBACK:
            name += f".{question.id}"
        self._lock = Lock(services.mistral, name, lambda: deadline.elapsed)
        # Whether a post, or a resume, was sent and is not known to have failed.
        self._may_be_posted = False
        self._may_be_resumed = False
        self._posted: list[str] | None = None  # the ids, once they are known
        self._last_error: ServiceError | None = None
        self._next_turn_at = 0.0  # seconds of the deadline's clock

    def deliver(self, answers: list[Answer], ttl: int) -> list[str]:
        """Deliver the answers, and return the ids of the messages that were posted.

        ``answers`` is empty if they wait in the input queue already. ``ttl`` is the seconds that a
        posted answer lives. While there are fewer answers than tasks that wait, the execution stays
        paused. Raises Failure if somebody else has answered, or is answering.
        """
        if self._question.waits_by is WaitsBy.CALLBACK:
            self._complete(answers[0])
            return []
        self._messages = [NewMessage(self._body(answer), ttl) for answer in answers]
        if request_size(self._messages) > USUAL_LIMIT:
            self._zaqar.size_limit(self._queues.input, self._messages)
        turn = self._first_turn() or self._checked_turn()
        while turn:
            try:
                return self._act(turn)
            except TurnIsOver:
                if self._last_error and not self._deadline.remaining:
                    raise self._last_error from None
            turn = self._checked_turn()
        return self._posted or []

    def _body(self, answer: Answer) -> Json:
        terms = self._question.terms
        if not terms.interaction_id:
            return answer.value
        return answer.as_message(self._dialogue.id, terms.interaction_id, terms.type)

    def _complete(self, answer: Answer) -> None:
        """Complete the action that waits for the answer.

        Mistral reads whether it is completed and completes it in two steps, so two engines could
        take two answers. The lock keeps everybody else away between them.
        """
        action = self._question.action_execution_id or ""
        result = answer.as_result()

        def attempt() -> bool | None:
            is_ours = self._lock.take()
            with self._mistral.within(LONGEST_STEP):
                _action, is_changed = self._mistral.complete_action(
                    action, State.SUCCESS, result, check_mode=not is_ours
                )
            if is_changed and not is_ours:
                return None
            return True

        try:
            wait_until(attempt, self._deadline)
        except TimedOut as timeout:
            raise timeout.last_error or answered_meanwhile(self._dialogue.execution) from None
        except Failure as failure:
            if failure.error_code not in ("already_completed", "too_late"):
                raise
            raise closed(self._mistral, self._dialogue.execution, self._question.id) from None
        finally:
            self._lock.release(over=True)
        if self._question.terms.expires_within(CLOSE, now()):
            self._check_in_time()

    def _check_in_time(self) -> None:
        """Raise Failure if the question expired while its answer was on the way.

        Mistral completes the action of a task that has timed out in this moment, and tells nobody
        that the task did not take the result.
        """
        [id] = self._question.task_ids
        unknown = Failure(
            f"The answer to question {id} came when the question was about to end, and nobody knows"
            f" whether it was in time: look at execution {self._dialogue.id}.",
            "timeout",
        )

        def ended_task() -> Task | None:
            ask = self._mistral.execution(id)
            if ask is None:  # withdrawn, as the task that asks is tried again
                raise unknown
            task = waiting_task(self._mistral, ask)
            return task if task and task.state.has_ended else None

        try:
            task = wait_until(ended_task, self._deadline)
        except TimedOut as timeout:
            raise timeout.last_error or unknown from None
        published = as_object(self._mistral.task(task.id).resource.get("published"))
        if published.get("status") == Status.EXPIRED:
            raise expired(
                self._dialogue.execution, f"The question of execution {self._dialogue.id}"
            )

    def _act(self, turn: Turn) -> list[str]:
        """Do the remaining steps within one turn."""
        is_resumed = False
        try:
            if self._posted is None:
                self._posted = self._post(turn) if self._messages else []
            try:
                self._delete_question(turn)
                turn.release_claims()  # what was posted since belongs to the next question
                if resumes(self._question, len(self._messages)):
                    self._resume(turn)
                    is_resumed = True
            except ServiceError as error:
                error.message += (
                    " The answer is posted and kept: to go on, run"
                    f" interactive.openstack.dialogue_answer for {self._dialogue.id} once more,"
                    " without an answer."
                )
                raise
        finally:  # also if the run is interrupted
            turn.end(is_last=is_resumed)
            if turn.may_go_on:
                self._next_turn_at = turn.expires_at
        return self._posted

    def _insist(self, step: t.Callable[[], Value], turn: Turn | None = None) -> Value:
        """Do a step that can be done twice, and return its result.

        Repeat it after transient errors until the deadline. Raises ServiceError and TurnIsOver.
        """
        if self._question.waits_by is not WaitsBy.PAUSE:
            turn = None

        def attempt() -> list[Value]:
            if turn:
                turn.check()
            try:
                with turn.step() if turn else contextlib.nullcontext():
                    return [step()]
            except ServiceError as error:
                self._last_error = error
                raise

        try:
            return wait_until(attempt, self._deadline)[0]
        except TimedOut as timeout:
            raise timeout.last_error or timeout from None

    # Turns

    def _new_turn(self, lock: Lock | None = None) -> Turn:
        return Turn(self._zaqar, self._queues.output, self._deadline, lock)

    def _first_turn(self) -> Turn | None:
        """Claim the messages of the question; return None if it has none, or some are gone."""
        if not self._to_delete:
            return None
        turn = self._new_turn()
        try:
            tries = self._claim_question(turn)
            if not tries:
                turn.end()
                self._check_without_claim()
                return None
            # What was polled for is gone once it is read: another look would show nothing.
            is_certain = tries == 1 or self._question.waits_by is WaitsBy.POLL
            if not is_certain:
                self._insist(self._still_waits)
        except BaseException:
            turn.end()
            raise
        return turn

    def _check_without_claim(self) -> None:
        """Raise Failure where only the claim shows that nobody else has answered."""
        if self._question.waits_by is WaitsBy.POLL:
            raise answered_meanwhile(self._dialogue.execution)

    def _claim_question(self, turn: Turn) -> int:
        """Claim the messages of the question; return how many tries it took, 0 if some are gone."""
        tries = 0

        def claim() -> bool | None:
            nonlocal tries
            tries += 1
            while not turn.has_claimed(self._to_delete):
                if not turn.claim_more():
                    # A claim of our own whose answer was lost may hold them, until it expires.
                    may_be_ours = tries > 1 and self._dialogue.reader.is_being_answered()
                    return None if may_be_ours else False
            return True

        try:
            is_claimed = wait_until(claim, self._deadline)
        except TimedOut as timeout:
            raise timeout.last_error or answered_meanwhile(self._dialogue.execution) from None
        return tries if is_claimed else 0

    def _checked_turn(self) -> Turn | None:
        """Wait for a turn, and look once more whether the question is open.

        Return None if this answer has arrived already. Raises Failure if somebody else has
        answered.
        """
        try:
            return wait_until(self._next_turn, self._deadline)
        except HasArrived:
            self._lock.release(over=False)
            return None
        except TimedOut as timeout:
            self._lock.release(over=False)
            error = timeout.last_error
            if self._deadline.elapsed <= self._next_turn_at:
                error = self._last_error
            raise error or answered_meanwhile(self._dialogue.execution) from None
        except BaseException:
            self._lock.release(over=False)
            raise

    def _next_turn(self) -> Turn | None:
        """Return a turn, or None while somebody else has one.

        While a request that was given up may be carried out, this waits as everybody else: to send
        it once more could make it happen twice.
        """
        is_too_early = self._deadline.elapsed < self._next_turn_at
        if is_too_early or not (self._lock.is_held or self._lock.take()):
            self._check_that_it_waits()
            return None
        turn = self._new_turn(self._lock)
        try:
            is_ours = self._claim_all(turn)
            if is_ours:
                self._check_that_it_waits()
        except BaseException:
            turn.release_claims()
            raise
        if is_ours:
            return turn
        turn.release_claims()
        return None

    def _claim_all(self, turn: Turn) -> bool:
        """Claim all messages of the dialogue; return False while somebody else has claimed some.

        Whoever answers claims first, and then posts and deletes what was claimed: what can neither
        be read nor is claimed was answered, and the answer has been in its queue since.
        """
        messages = self._dialogue.plain_messages()
        if self._dialogue.reader.is_being_answered():
            return False
        ids = {message.id for message in messages}
        while not turn.has_claimed(ids):
            if not turn.claim_more():
                return False
        return True

    def _check_that_it_waits(self) -> None:
        if not self._still_waits():
            raise HasArrived

    def _still_waits(self) -> bool:
        """Tell whether the question waits for this answer; False if it has got it.

        Raises Failure if it has got another one. The queue is read first: an answer that was read
        in between has woken the tasks before they are looked at.
        """
        known = list(self._question.waiting_answers)
        limit = len(known) + len(self._messages) + 1
        unread = self._zaqar.messages(self._queues.input, limit=limit)
        since = unread[len(known) :]
        is_waiting = self._dialogue.still_waits(self._question)
        if not is_waiting and (self._may_be_posted or self._may_be_resumed):
            return False
        self._recognise_posted(since)
        is_unchanged = [message.body for message in unread[: len(known)]] == known
        is_answered_by_another = bool(since) and self._posted is None
        if not is_waiting or not is_unchanged or is_answered_by_another:
            raise answered_meanwhile(self._dialogue.execution)
        return True

    def _recognise_posted(self, messages: list[Message]) -> None:
        """Find our answers among unread ones, after a post whose outcome was unknown."""
        if self._posted is not None or not self._may_be_posted or not messages:
            return
        ours = [message.body for message in self._messages]
        if all(message.body in ours for message in messages):
            self._posted = [message.id for message in messages]

    # Steps of a turn

    def _post(self, turn: Turn) -> list[str]:
        """Post the answers once, whatever becomes of the requests; return the ids."""
        if self._question.waits_by is WaitsBy.POLL:
            with turn.step():
                return self._send()  # what was read is gone: nobody can tell whether it came
        is_in_doubt = False

        def post() -> list[str]:
            nonlocal is_in_doubt
            if not self._may_be_posted:
                return self._send()
            is_in_doubt = True
            unread = self._unread()
            if unread:  # a request whose answer was lost has posted it
                return [message.id for message in unread]
            if not self._dialogue.still_waits(self._question):  # and the workflow has read it
                return []
            return self._send()

        posted = self._insist(post, turn)
        if is_in_doubt:
            self._delete_doubles(turn)
        return posted

    def _delete_doubles(self, turn: Turn) -> None:
        """Delete what was posted twice.

        A request that was given up may have been carried out after the look for it.
        """
        answers = [message.body for message in self._messages]
        unread = self._insist(self._unread, turn)
        ours = [message.id for message in unread if message.body in answers]
        for id in ours[len(answers) :]:
            self._delete(self._queues.input, id, None, turn)

    def _unread(self) -> list[Message]:
        """Return the messages in the input queue that came after the question was found."""
        return self._zaqar.messages(self._queues.input)[len(self._question.waiting_answers) :]

    def _send(self) -> list[str]:
        try:
            posted = self._zaqar.post(self._queues.input, self._messages)
        except ServiceError as error:
            self._may_be_posted = self._may_be_posted or error.outcome_unknown
            if error.status in (400, 413):
                self._zaqar.size_limit(self._queues.input, self._messages)
            raise
        self._may_be_posted = True
        return posted

    def _delete_question(self, turn: Turn) -> None:
        for id in [id for id in self._to_delete if id in turn.claims]:
            self._delete(self._queues.output, id, turn.claims[id], turn)
            self._to_delete.remove(id)
            del turn.claims[id]

    def _delete(self, queue: str, id: str, claim: str | None, turn: Turn) -> None:
        self._insist(lambda: self._zaqar.delete_message(queue, id, claim), turn)

    def _resume(self, turn: Turn) -> None:
        """Resume the execution, which is PAUSED: that is how its question was found."""

        def attempt() -> None:
            # A resume whose answer was lost may have been done, and the execution be paused before
            # the next question.
            if self._last_error and not self._dialogue.still_waits(self._question):
                return
            self._may_be_resumed = True
            resume(self._mistral, self._dialogue.id, self._deadline, alone=self._dialogue.is_alone)

        self._insist(attempt, turn)


def resumes(question: Question, answers: int) -> bool:
    """Tell whether the execution must be resumed after this number of answers.

    A resume wakes all tasks that wait.
    """
    # With auto_resume the post has resumed it, and a second resume could hit the next pause.
    is_left_to_us = question.waits_by is WaitsBy.PAUSE and not question.resumes_itself
    return is_left_to_us and answers >= question.answers_needed
