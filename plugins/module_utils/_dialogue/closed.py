# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a question is no longer open: answered, declined, expired, or withdrawn by its workflow."""

from __future__ import annotations

from .._base.errors import Failure
from .._base.json_types import Json, as_object
from .._base.text import display_text
from .._questions.protocol import ASK, Status
from .._questions.wording import repr_short
from .._services.ids import is_id
from .._services.mistral import Mistral
from .._services.records import Execution, State, Task
from .snapshot import WAITING_TASK

NOT_DELIVERED = "your answer was not delivered"


def closed(mistral: Mistral, execution: Execution, question_id: str) -> Failure:
    """Return why a question is no longer open, as far as Mistral knows. Raises ServiceError."""
    ask = _execution(mistral, question_id)
    if ask is None:
        return answered_meanwhile(execution)
    task = waiting_task(mistral, ask)
    if task is None:
        return answered_meanwhile(execution)
    if ask.root_execution_id not in (execution.id, execution.root_execution_id):
        return Failure(
            f"Question {question_id} is one of execution {ask.root_execution_id} and not of"
            f" {execution.id}: name the execution that asks it.",
            "other_execution",
        )
    text = display_text(repr_short(ask.input.get("question")))
    subject = f"Question {text} of execution {execution.id}"
    results = results_of(mistral, task)
    if results:
        return _answered(execution, subject, results[0])
    if task.state is State.ERROR:
        return expired(execution, subject)
    return _withdrawn(execution, subject, mistral.state(execution.id))


def _execution(mistral: Mistral, id: str) -> Execution | None:
    """Return an execution; None if there is none, or if this cannot be an id of one."""
    if not is_id(id):
        return None
    return mistral.execution(id)


def waiting_task(mistral: Mistral, ask: Execution) -> Task | None:
    """Return the task in which an execution of interactive.ask waits for the answer."""
    if ask.workflow_name != ASK:
        return None
    tasks = (task for task in mistral.tasks(ask.id) if task.name == WAITING_TASK)
    return next(tasks, None)


def results_of(mistral: Mistral, task: Task) -> list[Json]:
    """Return the results of the actions of a task that have ended."""
    actions = mistral.action_executions(task.id)  # without their outputs
    ended = [action.id for action in actions if action.state.has_ended]
    return [mistral.action_execution(id).result for id in ended]


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
        " answer was not posted. Look for the open question once more.",
        "answered_meanwhile",
        execution,
    )


def _failure(message: str, error_code: str, execution: Execution) -> Failure:
    return Failure(message, error_code, execution=execution.as_result())
