# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a question that is no longer open was answered with, as far as Mistral has kept it."""

from __future__ import annotations

from .._base.errors import ServiceError
from .._base.json_types import Json, JsonObject, as_list
from .._questions.outcome import Outcome
from .._questions.protocol import ASK, Status
from .._questions.recognise import answer_in, payload
from .._services.ids import is_id
from .._services.mistral import Mistral
from .._services.records import Execution, Task
from .snapshot import WAITING_TASK


def outcome_of(mistral: Mistral, question_id: str) -> Outcome | None:
    """Return the outcome of a question; None if it is open or unknown. Raises ServiceError."""
    ids = ids_in(question_id)
    ask = ask_of(mistral, ids)
    if ask is not None:
        return _outcome_of_ask(mistral, ask)
    return outcome_of_tasks(tasks_of(mistral, ids))


def ids_in(question_id: str) -> list[str]:
    """Return the parts of a question's id that can be ids of Mistral; the others are messages."""
    return [id for id in question_id.split(",") if is_id(id)]


def ask_of(mistral: Mistral, ids: list[str]) -> Execution | None:
    """Return the execution of interactive.ask that an id is of; None if it is of something else."""
    ask = mistral.execution(ids[0]) if len(ids) == 1 else None
    if ask is None or ask.workflow_name != ASK:
        return None
    return ask


def tasks_of(mistral: Mistral, ids: list[str]) -> list[Task]:
    """Return the tasks with these ids that exist."""
    tasks = []
    for id in ids:
        try:
            tasks.append(mistral.task(id))
        except ServiceError as error:
            if error.status != 404:
                raise
    return tasks


def waiting_task(mistral: Mistral, ask: Execution) -> Task | None:
    """Return the task in which an execution of interactive.ask waits for the answer."""
    tasks = (task for task in mistral.tasks(ask.id) if task.name == WAITING_TASK)
    return next(tasks, None)


def results_of(mistral: Mistral, task: Task) -> list[Json]:
    """Return the results of the actions of a task that have ended."""
    actions = mistral.action_executions(task.id)  # without their outputs
    ended = [action.id for action in actions if action.state.has_ended]
    return [mistral.action_execution(id).result for id in ended]


def outcome_of_tasks(tasks: list[Task]) -> Outcome | None:
    """Return what the tasks of a question have read; None if one has not ended, or none exists."""
    if not tasks or not all(task.state.has_ended for task in tasks):
        return None
    bodies: list[Json] = []
    for task in tasks:
        bodies += _bodies(task.result)
    statuses = {_status(payload(body)) for body in bodies}
    status = statuses.pop() if len(statuses) == 1 else Status.ANSWERED.value
    return Outcome(status, tuple(map(answer_in, bodies)))


def _outcome_of_ask(mistral: Mistral, ask: Execution) -> Outcome | None:
    task = waiting_task(mistral, ask)
    if task is None or not task.state.has_ended:
        return None
    results = results_of(mistral, task)
    result = results[0] if results else None
    if not isinstance(result, dict):
        return Outcome("", ())
    return Outcome(_status(result), (result.get("answer"),), ask.input.get("schema"))


def _status(answer: JsonObject) -> str:
    """Return the status of an answer. One without a status, as a text, is an answer."""
    status = answer.get("status")
    return status if isinstance(status, str) and status else Status.ANSWERED.value


def _bodies(result: Json) -> list[Json]:
    """Return the bodies that a task has read with zaqar.queue_pop or zaqar.queue_messages."""
    return [
        message["body"]
        for message in as_list(result)
        if isinstance(message, dict) and "body" in message
    ]
