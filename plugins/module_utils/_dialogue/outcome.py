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
from .closed import results_of, waiting_task


def outcome_of(mistral: Mistral, question_id: str) -> Outcome | None:
    """Return the outcome of a question; None if it is open or unknown. Raises ServiceError."""
    ids = [id for id in question_id.split(",") if is_id(id)]
    ask = mistral.execution(ids[0]) if len(ids) == 1 else None
    if ask and ask.workflow_name == ASK:
        return _outcome_of_ask(mistral, ask)
    tasks = _tasks(mistral, ids)
    if not tasks or not all(task.state.has_ended for task in tasks):
        return None
    return _outcome_of_pause(tasks)


def _outcome_of_pause(tasks: list[Task]) -> Outcome:
    """Return what the tasks of a pause have read."""
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


def _tasks(mistral: Mistral, ids: list[str]) -> list[Task]:
    """Return the tasks with these ids that exist."""
    tasks = []
    for id in ids:
        try:
            tasks.append(mistral.task(id))
        except ServiceError as error:
            if error.status != 404:
                raise
    return tasks


def _bodies(result: Json) -> list[Json]:
    """Return the bodies that a task has read with zaqar.queue_pop or zaqar.queue_messages."""
    return [
        message["body"]
        for message in as_list(result)
        if isinstance(message, dict) and "body" in message
    ]
