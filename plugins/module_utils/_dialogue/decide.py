# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do after a look at a dialogue: all rules of a dialogue, as functions of what was seen.

Nothing in this file sends a request. Times are seconds of a monotonic clock.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import typing as t

from .._base.errors import Failure
from .._base.text import display_text
from .._questions.protocol import ASK, Interaction, moment, rfc3339
from .._questions.question import (
    Question,
    QuestionMessage,
    Terms,
    WaitsBy,
    body_text,
    joined_text,
    question_id,
)
from .._questions.recognise import (
    answers_question,
    asked_by,
    interaction_of,
    message_type,
)
from .._questions.schema import is_secret
from .._services.records import Execution, State, Task
from .pauses import START_TIMEOUT
from .snapshot import Callback, Snapshot

# Seconds that an execution is paused, while none of its tasks waits for anything, until somebody
# must have paused it. A resume that is on its way through Mistral looks the same.
BARE_PAUSE_TIMEOUT = 20
# Seconds until an unread answer counts as not notified. Whoever answers then delivers it.
NOTIFICATION_TIMEOUT = 10
# Seconds that a question may come later than another one that is open.
ASKED_TOGETHER = 10.0

IS_ANSWERING = "; somebody is answering its question"
ANSWER_WAITS = "; an answer waits to be read"
IS_STARTING = "; one of its tasks is about to start"
IS_RESUMING = "; one of its sub-workflows goes on"
SEVERAL_BRANCHES = (
    "asks in several branches that are paused at the same time, so nobody can tell which answer is"
    " for which: let the workflow ask with interactive.ask"
)


class Action(enum.Enum):
    """What follows from a look."""

    WAIT = "wait"  # nothing is open; look again later
    WAIT_FOR_OTHER = "wait for other"  # only questions of other names are open; look again later
    ASK = "ask"  # a question is open
    END = "end"  # the execution has ended
    FAIL = "fail"


@dataclasses.dataclass(frozen=True)
class Wish:
    """The question that the caller needs. An id is a preference, a name is a condition."""

    question_id: str | None = None
    name: str | None = None


@dataclasses.dataclass(frozen=True)
class Memory:
    """What earlier looks of the same wait saw, or of the waits before it.

    ``starting`` are the ids of the tasks that are about to start.
    """

    bare_since: float | None = None
    unread_since: float | None = None
    other_question_since: float | None = None
    starting_since: float | None = None
    starting: frozenset[str] = frozenset()
    has_asked_secret: bool = False


NOTHING_SEEN = Memory()


@dataclasses.dataclass(frozen=True)
class Decision:
    """What to do, and what to remember. ``note`` continues the sentence about the execution."""

    action: Action
    memory: Memory
    question: Question | None = None
    failure: Failure | None = None
    note: str = ""


def decide(
    look: Snapshot, memory: Memory, wish: Wish, now: float, is_last: bool = False
) -> Decision:
    """Return what follows from a look. ``is_last``: no other look fits before the deadline."""
    if asks_secret(look):
        memory = dataclasses.replace(memory, has_asked_secret=True)
    if look.state.has_ended:
        return Decision(Action.END, memory)
    if look.state is State.PAUSED:
        decision = _paused(look, memory, now)
    else:
        decision = _running(look, memory, wish, now)
    question = decision.question
    if question is None:
        return decision
    if wish.name not in (None, question.terms.name):
        return _other_question(look.execution, question, decision.memory, wish, now, is_last)
    if question.terms.secret:
        memory = dataclasses.replace(decision.memory, has_asked_secret=True)
        return dataclasses.replace(decision, memory=memory)
    return decision


def asks_secret(look: Snapshot) -> bool:
    """Tell whether the execution has asked for a secret with interactive.ask."""
    asks = [execution for execution in look.tree[1:] if execution.workflow_name == ASK]
    schemas = [ask.input.get("schema") for ask in asks]
    return any(isinstance(schema, dict) and is_secret(schema) for schema in schemas)


# An execution that is paused


def _paused(look: Snapshot, memory: Memory, now: float) -> Decision:
    if look.is_being_answered:
        return Decision(Action.WAIT, memory, note=IS_ANSWERING)
    memory = _remember_starting(look, memory, now)
    if look.starting_tasks and not _is_over(memory.starting_since, now, START_TIMEOUT):
        # A resume runs every task that is not begun. One whose start is on its way through Mistral
        # would run twice.
        return Decision(Action.WAIT, memory, note=IS_STARTING)
    if not look.waiting_tasks:
        return _bare_pause(look, memory, now)
    memory = dataclasses.replace(memory, bare_since=None)
    question = question_of_pause(look)
    if look.resumes_itself and question.answer_waits:
        return _unread_answer(question, memory, now)
    memory = dataclasses.replace(memory, unread_since=None)
    return Decision(Action.ASK, memory, question=question)


def _remember_starting(look: Snapshot, memory: Memory, now: float) -> Memory:
    starting = frozenset(task.id for task in look.starting_tasks)
    if starting == memory.starting and memory.starting_since is not None:
        return memory
    return dataclasses.replace(memory, starting=starting, starting_since=now)


def _is_over(since: float | None, now: float, seconds: float) -> bool:
    return since is not None and now - since >= seconds


def _bare_pause(look: Snapshot, memory: Memory, now: float) -> Decision:
    if any(execution.state is State.RUNNING for execution in look.tree[1:]):
        return Decision(Action.WAIT, memory, note=IS_RESUMING)
    if memory.bare_since is None:
        memory = dataclasses.replace(memory, bare_since=now)
    if not _is_over(memory.bare_since, now, BARE_PAUSE_TIMEOUT):
        return Decision(Action.WAIT, memory)
    execution = look.execution
    failure = Failure(
        f"{execution.title} is PAUSED, but none of its tasks waits for an answer: somebody paused"
        " it, or the task that waited has timed out. Resume it with"
        " interactive.openstack.mistral_execution, 'state' resumed.",
        "paused_by_hand",
        execution=execution.as_result(),
    )
    return Decision(Action.FAIL, memory, failure=failure)


def _unread_answer(question: Question, memory: Memory, now: float) -> Decision:
    """An answer is on its way. If that takes long, its notification may have been lost."""
    if memory.unread_since is None:
        memory = dataclasses.replace(memory, unread_since=now)
    if _is_over(memory.unread_since, now, NOTIFICATION_TIMEOUT):
        return Decision(Action.ASK, memory, question=question)
    return Decision(Action.WAIT, memory, note=ANSWER_WAITS)


def question_of_pause(look: Snapshot) -> Question:
    """Return the question of an execution that is paused before tasks that read answers."""
    question = _plain_question(look, WaitsBy.PAUSE, look.waiting_tasks)
    question = dataclasses.replace(
        question, waiting_answers=look.unread_answers, resumes_itself=look.resumes_itself
    )
    if len(look.waiting_tasks) > 1 and question.terms.schema:
        terms = dataclasses.replace(question.terms, problem=SEVERAL_BRANCHES)
        question = dataclasses.replace(question, terms=terms)
    return question


# An execution that runs


def _running(look: Snapshot, memory: Memory, wish: Wish, now: float) -> Decision:
    memory = dataclasses.replace(memory, bare_since=None, starting_since=None)
    if look.callbacks:
        question = question_of_callback(look, chosen_callback(look.callbacks, wish))
        if look.unread_answers and look.resumes_itself:
            return _unread_answer(question, memory, now)
        memory = dataclasses.replace(memory, unread_since=None)
        return Decision(Action.ASK, memory, question=question)
    memory = dataclasses.replace(memory, unread_since=None)
    if look.polling_tasks and not look.unread_answers:
        question = _plain_question(look, WaitsBy.POLL, look.polling_tasks)
        return Decision(Action.ASK, memory, question=question)
    return Decision(Action.WAIT, memory)


def chosen_callback(callbacks: tuple[Callback, ...], wish: Wish) -> Callback:
    """Return the question with the wished id, else that of the wished name, else the oldest."""
    for callback in callbacks:
        if callback.ask.id == wish.question_id:
            return callback
    for callback in callbacks:
        if callback.name == wish.name:
            return callback
    return callbacks[0]


def question_of_callback(look: Snapshot, callback: Callback) -> Question:
    """Return the question of interactive.ask as its execution has it.

    Somebody may have read its message. Only an unread answer that names the question waits for it.
    """
    ask = callback.ask
    named = tuple(body for body in look.unread_answers if answers_question(body) == ask.id)
    interaction = Interaction.of(
        {**ask.input, "id": ask.id, "name": callback.name, "deadline": deadline_of(ask)}
    )
    messages = tuple(message for message in look.messages if asked_by(message.body) == ask.id)
    return Question(
        id=ask.id,
        text=body_text(ask.input.get("question")),
        terms=Terms.of_interaction(interaction, ASK),
        waits_by=WaitsBy.CALLBACK,
        tasks=(display_text(callback.action.task_name),),
        task_ids=(ask.id,),
        messages=messages,
        waiting_answers=named,
        resumes_itself=look.resumes_itself,
        action_execution_id=callback.action.id,
    )


def deadline_of(ask: Execution) -> str | None:
    """Return when a question of interactive.ask expires, as in RFC 3339; None if it does not."""
    begun = moment(ask.created_at.replace(" ", "T"))
    timeout = ask.input.get("timeout")
    if not begun or not timeout:
        return None
    try:
        return rfc3339(begun + datetime.timedelta(seconds=int(timeout)))
    except (TypeError, ValueError, OverflowError):  # interactive.ask fails for such a timeout
        return None


# Both


def _plain_question(look: Snapshot, waits_by: WaitsBy, tasks: tuple[Task, ...]) -> Question:
    """Return the question that the messages ask. Its terms are those of the last one with an id."""
    messages = look.plain_messages
    terms = terms_of(messages)
    if not terms.name and len(tasks) == 1:
        terms = dataclasses.replace(terms, name=display_text(tasks[0].name))
    return Question(
        id=question_id([task.id for task in tasks], messages),
        text=joined_text(messages),
        terms=terms,
        waits_by=waits_by,
        tasks=tuple(display_text(task.name) for task in tasks),
        task_ids=tuple(task.id for task in tasks),
        messages=messages,
    )


def terms_of(messages: t.Sequence[QuestionMessage]) -> Terms:
    """Return the terms of the last message with an id; those of a plain question without one."""
    for message in reversed(messages):
        interaction = interaction_of(message.body)
        if interaction:
            return Terms.of_interaction(interaction, message_type(message.body))
    return Terms()


def _other_question(
    execution: Execution,
    question: Question,
    memory: Memory,
    wish: Wish,
    now: float,
    is_last: bool,
) -> Decision:
    """Only questions of other names are open. The one that is meant may follow in a moment."""
    since = memory.other_question_since
    if since is None:
        since = now
        memory = dataclasses.replace(memory, other_question_since=since)
    if now - since < ASKED_TOGETHER and not is_last:
        return Decision(Action.WAIT_FOR_OTHER, memory)
    failure = Failure(
        f"{execution.title} does not ask '{wish.name}' now; what it asks is"
        f" '{question.terms.name}'. Name that one, or none.",
        "not_asked",
        execution=execution.as_result(),
    )
    return Decision(Action.FAIL, memory, failure=failure)
