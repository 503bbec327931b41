# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a question is not open: answered, declined, expired, withdrawn, unknown."""

from __future__ import annotations

from .._base.errors import Failure
from .._base.json_types import Json, as_object
from .._base.text import display_text, one_line
from .._questions.protocol import Status
from .._questions.wording import repr_short
from .._services.ids import LONGEST_SHOWN_ID
from .._services.mistral import Mistral
from .._services.records import Execution, State, Task
from .outcome import ask_of, ids_in, outcome_of_tasks, results_of, tasks_of, waiting_task

NOT_DELIVERED = "your answer was not delivered"
LOOK_AGAIN = "Look for the open question once more."


def closed(mistral: Mistral, execution: Execution, question_id: str) -> Failure:
    """Return why a question is not open, as far as Mistral knows. Raises ServiceError.

    The id of a question contains the id of each task that waits, which Mistral keeps as long as the
    execution. What has become of a message in a queue, nobody can find out.
    """
    ids = ids_in(question_id)
    ask = ask_of(mistral, ids)
    if ask is not None:
        return _closed_ask(mistral, execution, ask)
    tasks = tasks_of(mistral, ids)
    if not tasks:
        return _no_question(execution, question_id)
    return _closed_tasks(mistral, execution, tasks)


def _closed_ask(mistral: Mistral, execution: Execution, ask: Execution) -> Failure:
    """Return why a question of interactive.ask is not open; ``ask`` is its execution."""
    if not _are_of_one_tree(ask, execution):
        return _of_another(execution, ask)
    text = display_text(repr_short(ask.input.get("question")))
    subject = f"Question {text} of execution {execution.id}"
    task = waiting_task(mistral, ask)
    if task is not None:
        results = results_of(mistral, task)
        if results:
            return _answered(execution, subject, results[0])
        if task.state is State.ERROR:
            return expired(execution, subject)
    state = mistral.state(execution.id)
    if state.has_ended or ask.state.has_ended:
        return _withdrawn(execution, subject, state)
    # It does not wait yet, or the whole execution is paused for another question.
    return _failure(
        f"{subject} has no answer yet, but cannot be answered now; {NOT_DELIVERED}. {LOOK_AGAIN}",
        "not_asked",
        execution.with_state(state),
    )


def _closed_tasks(mistral: Mistral, execution: Execution, tasks: list[Task]) -> Failure:
    """Return why a question that waits by tasks is not open."""
    owner = mistral.execution(tasks[0].workflow_execution_id)
    if owner and not _are_of_one_tree(owner, execution):
        return _of_another(execution, owner)
    outcome = outcome_of_tasks(tasks)
    if execution.state.has_ended or (outcome and outcome.answers):
        return answered_meanwhile(execution)
    return _failure(
        f"{execution.title} does not ask this question now: somebody may have answered it"
        f" meanwhile, or be doing so; your answer was not posted. {LOOK_AGAIN}",
        "answered_meanwhile",
        execution,
    )


def _are_of_one_tree(part: Execution, execution: Execution) -> bool:
    return part.root_execution_id in (execution.id, execution.root_execution_id)


def _of_another(execution: Execution, owner: Execution) -> Failure:
    return Failure(
        f"The question with this id is one of execution {owner.root_execution_id} and not of"
        f" {execution.id}: name the execution that asks it.",
        "other_execution",
    )


def _no_question(execution: Execution, question_id: str) -> Failure:
    return _failure(
        f"{execution.title} has no question with the id"
        f" '{one_line(question_id, LONGEST_SHOWN_ID)}': {NOT_DELIVERED}. Take the id from what"
        " interactive.openstack.dialogue_question returns.",
        "no_question",
        execution,
    )


def _answered(execution: Execution, subject: str, result: Json) -> Failure:
    answer = as_object(result)
    verb = "answered"
    if answer.get("status") == Status.DECLINED:
        verb = "declined"
    for key, preposition in (("answered_by", "by"), ("answered_at", "at")):
        if answer.get(key):
            verb += f" {preposition} {display_text(str(answer[key]))}"
    return _failure(f"{subject} was {verb}; {NOT_DELIVERED}.", "answered_meanwhile", execution)


def _withdrawn(execution: Execution, subject: str, state: State) -> Failure:
    if state in (State.CANCELLED, State.ERROR):
        return _failure(
            f"{subject} is no longer open: that execution has ended in {state}; {NOT_DELIVERED}.",
            "withdrawn",
            execution.with_state(state),
        )
    return _failure(
        f"{subject} was withdrawn: the workflow went on without an answer; yours was not"
        " delivered.",
        "withdrawn",
        execution,
    )


def expired(execution: Execution, subject: str) -> Failure:
    """Return the failure for an answer that came after the deadline of its question."""
    return _failure(
        f"{subject} has expired: your answer came too late and was not delivered.",
        "expired",
        execution,
    )


def answered_meanwhile(execution: Execution) -> Failure:
    """Return the failure for a question that somebody else has answered.

    ``execution`` is as the last look saw it.
    """
    state = execution.state
    if state.has_ended:
        # One that succeeded has got an answer, or did not need one.
        error_code = "withdrawn"
        if state is State.SUCCESS:
            error_code = "answered_meanwhile"
        return _failure(
            f"{execution.title} has ended in {state} meanwhile: your answer was not posted.",
            error_code,
            execution,
        )
    return _failure(
        f"Somebody else answered the question of {execution.noun} meanwhile, or is doing so; your"
        f" answer was not posted. {LOOK_AGAIN}",
        "answered_meanwhile",
        execution,
    )


def _failure(message: str, error_code: str, execution: Execution) -> Failure:
    return Failure(message, error_code, execution=execution.as_result())
