# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a question that is over, as far as Mistral has kept it."""

from __future__ import annotations

import typing as t

from .._base.errors import ServiceError
from .._base.options import UUID
from .._questions.form import Form
from .._questions.protocol import ANSWERED, ASK, payload, told_answer
from .._questions.validate import complaint
from .._questions.wording import as_text
from .._services.mistral import ENDED, Mistral, result_of


class Told(t.NamedTuple):
    """What the workflow was told: the status, the answers (empty where that is not known), and the question's schema."""

    status: str
    answers: list[t.Any]
    schema: t.Any = None

    def is_answered_with(self, answers: list[t.Any]) -> bool:
        """Tell whether the question is known to have got just these answers."""
        return (
            self.status == ANSWERED
            and bool(answers)
            and len(answers) == len(self.answers)
            and all(self._same(given, got) for given, got in zip(answers, self.answers))
        )

    def _same(self, given: t.Any, got: t.Any) -> bool:
        if self.schema and isinstance(self.schema, dict) and not complaint(self.schema):
            entry = Form(self.schema)
            entry.take_all(given)
            entry.fill()
            if not entry.problems() and entry.answer == got:
                return True
        return given == got or as_text(given) == as_text(
            got
        )  # what was a text has become a number on the way


def told(mistral: Mistral, question_id: str) -> Told | None:
    """Return what a question was answered with; None if it is open, or nobody knows. Raises ServiceError."""
    ids = [id for id in question_id.split(",") if UUID.match(id)]
    ask = mistral.execution(ids[0]) if len(ids) == 1 else None
    if ask and ask["workflow_name"] == ASK:
        return _told_to_ask(mistral, ask)
    tasks = [task for task in (_task(mistral, id) for id in ids) if task]
    if not tasks or any(task["state"] not in ENDED for task in tasks):
        return None
    bodies = [body for task in tasks for body in _bodies(task.get("result"))]
    statuses = {payload(body).get("status", ANSWERED) for body in bodies}
    return Told(
        statuses.pop() if len(statuses) == 1 else ANSWERED, [told_answer(body) for body in bodies]
    )


def _told_to_ask(mistral: Mistral, ask: dict[str, t.Any]) -> Told | None:
    for task in mistral.tasks(ask["id"]):
        if task["name"] != "wait" or task["state"] not in ENDED:
            continue
        ended = [
            action["id"]
            for action in mistral.action_executions(task["id"])
            if action["state"] in ENDED
        ]
        result = result_of(mistral.action_execution(ended[0])) if ended else None
        if not isinstance(result, dict):
            return Told("", [])
        return Told(
            result.get("status") or ANSWERED,
            [result.get("answer")],
            (ask.get("input") or {}).get("schema"),
        )
    return None


def _task(mistral: Mistral, id: str) -> dict[str, t.Any] | None:
    try:
        return mistral.task(id)
    except ServiceError as error:
        if error.status != 404:
            raise
        return None


def _bodies(result: t.Any) -> list[t.Any]:
    """The bodies of the messages that a task has read from its queue, by zaqar.queue_pop or zaqar.queue_messages."""
    messages = result if isinstance(result, list) else []
    return [
        message["body"] for message in messages if isinstance(message, dict) and "body" in message
    ]
