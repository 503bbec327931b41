# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A question: what an execution asks a person, and how it waits for the answer."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import typing as t

from .._base.json_types import Json, JsonObject, Result
from .._base.text import TOO_DEEP_TO_DISPLAY, display_text
from . import schema as schemas
from .protocol import Interaction, OnExpiry, has_passed
from .recognise import interaction, payload
from .validate import complaint


class WaitsBy(str, enum.Enum):
    """How an execution waits for the answer."""

    PAUSE = "pause"  # it is PAUSED before the tasks that read the answer
    CALLBACK = "callback"  # an asynchronous action of interactive.ask waits to be completed
    POLL = "poll"  # a task reads the input queue again and again

    __str__ = str.__str__


@dataclasses.dataclass(frozen=True)
class QuestionMessage:
    """A message that a workflow posted to its output queue. ``age`` and ``ttl`` are seconds."""

    id: str
    body: Json
    age: int
    ttl: int

    @property
    def text(self) -> str:
        """The body as text that is safe on a terminal."""
        return body_text(self.body)

    @classmethod
    def from_result(cls, result: Result) -> QuestionMessage:
        """Read what as_result() returned. Raises KeyError if a key is missing."""
        return cls(result["id"], result["body"], result["age"], result["ttl"])

    def as_result(self) -> Result:
        """Return the keys that results have for it."""
        return {
            "id": self.id,
            "body": self.body,
            "age": self.age,
            "ttl": self.ttl,
            "text": self.text,
        }


@dataclasses.dataclass(frozen=True)
class Terms:
    """What a question says about its answer.

    ``schema`` is the JSON Schema of the answer; None if any answer will do. ``problem`` is the
    cause why nobody can answer the question, to follow the name of the execution; empty if somebody
    can. ``deadline`` is as in RFC 3339. ``type`` is the type of the question's message.
    """

    name: str = ""
    schema: JsonObject | None = None
    secret: bool = False
    deadline: str | None = None
    on_expiry: OnExpiry = OnExpiry.DECLINE
    interaction_id: str | None = None
    type: str | None = None
    problem: str = ""

    @classmethod
    def of_interaction(cls, asks: Interaction, type: str | None) -> Terms:
        """Check what a workflow asks.

        ``type`` is the type of its message. Raises NoRoom, see validate.complaint().
        """
        problem = _problem(asks.schema)
        name = asks.name or asks.id
        return cls(
            name=display_text(name) if isinstance(name, str) else "",
            schema=asks.schema,
            secret=not problem and _is_secret(asks.schema),
            deadline=asks.deadline,
            on_expiry=asks.on_expiry,
            interaction_id=asks.id,
            type=type,
            problem=problem,
        )

    @classmethod
    def from_result(cls, result: Result) -> Terms:
        """Read what Question.as_result() returned. Raises KeyError if a key is missing."""
        return cls(
            name=result["name"],
            schema=result["schema"],
            secret=result["secret"],
            deadline=result["deadline"],
            on_expiry=OnExpiry.of(result["on_expiry"]),
            interaction_id=result["interaction_id"],
            type=result["type"],
            problem=result["problem"],
        )

    def as_result(self) -> Result:
        """Return the keys that results have for it."""
        return {
            "name": self.name,
            "schema": self.schema,
            "secret": self.secret,
            "deadline": self.deadline,
            "on_expiry": self.on_expiry.value,
            "interaction_id": self.interaction_id,
            "type": self.type,
            "problem": self.problem,
        }

    @property
    def fields(self) -> list[schemas.Field]:
        """What to ask for; a question without a schema asks for one text."""
        return schemas.fields(self.schema or {})

    def has_expired(self, now: datetime.datetime) -> bool:
        """Tell whether the deadline has passed."""
        return has_passed(self.deadline, now)

    def expires_within(self, seconds: float, now: datetime.datetime) -> bool:
        """Tell whether the deadline passes in so many seconds, or has passed."""
        return has_passed(self.deadline, now + datetime.timedelta(seconds=seconds))


def _problem(schema: Json) -> str:
    """Return the cause why nobody can answer a schema; empty if somebody can."""
    if schema is None:
        return ""
    cause = complaint(schema)
    if not cause:
        return ""
    return f"asks something that nobody can answer: {cause}"


def _is_secret(schema: Json) -> bool:
    return isinstance(schema, dict) and schemas.is_secret(schema)


@dataclasses.dataclass(frozen=True)
class Question:
    """An open question of an execution.

    ``tasks`` are the names of the tasks that wait, safe on a terminal, and ``task_ids`` their ids
    (of interactive.ask the id of its execution). ``waiting_answers`` are unread bodies in the input
    queue, at most one for each task.
    """

    id: str
    text: str
    terms: Terms
    waits_by: WaitsBy
    tasks: tuple[str, ...]
    task_ids: tuple[str, ...]
    messages: tuple[QuestionMessage, ...]
    waiting_answers: tuple[Json, ...] = ()
    resumes_itself: bool = False
    action_execution_id: str | None = None

    @property
    def answers_needed(self) -> int:
        """How many answers are missing: each task that waits reads one."""
        return len(self.tasks) - len(self.waiting_answers)

    @property
    def answer_waits(self) -> bool:
        """Whether all answers are in the input queue, so that only the resume is missing."""
        return self.answers_needed == 0

    @classmethod
    def from_result(cls, result: Result) -> Question:
        """Read what as_result() returned.

        Raises KeyError, TypeError or ValueError for anything else.
        """
        return cls(
            id=result["id"],
            text=result["text"],
            terms=Terms.from_result(result),
            waits_by=WaitsBy(result["waits_by"]),
            tasks=tuple(result["tasks"]),
            task_ids=tuple(result["task_ids"]),
            messages=tuple(map(QuestionMessage.from_result, result["messages"])),
            waiting_answers=_waiting_answers(result),
            resumes_itself=result["resumes_itself"],
            action_execution_id=result["action_execution_id"],
        )

    def is_too_late(self, now: datetime.datetime) -> bool:
        """Tell whether the deadline has passed and nothing but an answer wakes the execution.

        With WaitsBy.CALLBACK the workflow ends the question itself.
        """
        return self.waits_by is not WaitsBy.CALLBACK and self.terms.has_expired(now)

    def restricted_to(self, id: str) -> Question | None:
        """Return the question restricted to the tasks and messages that ``id`` names.

        None if it is no longer open.

        A pause ends for all of its tasks at once. So it is the same question while one of these
        tasks waits, also if one of its messages was popped or has expired.
        """
        if self.id == id:
            return self
        parts = set(id.split(","))
        is_same_pause = self.waits_by is WaitsBy.PAUSE and not parts.isdisjoint(self.task_ids)
        if not is_same_pause and not parts <= set(self.id.split(",")):
            return None
        messages = tuple(message for message in self.messages if message.id in parts)
        return dataclasses.replace(self, id=id, messages=messages, text=joined_text(messages))

    def as_result(self, with_answers: bool = True) -> Result:
        """Return the question as modules return it.

        Without ``with_answers``, of the answers that wait there is only their number.
        """
        return {
            **self.terms.as_result(),
            "id": self.id,
            "text": self.text,
            "messages": [message.as_result() for message in self.messages],
            "waits_by": self.waits_by.value,
            "tasks": list(self.tasks),
            "task_ids": list(self.task_ids),
            "answer_waits": self.answer_waits,
            "answers_needed": self.answers_needed,
            "waiting_answers": list(self.waiting_answers) if with_answers else [],
            "resumes_itself": self.resumes_itself,
            "action_execution_id": self.action_execution_id,
        }


def _waiting_answers(result: Result) -> tuple[Json, ...]:
    """Return the answers that wait. A result that leaves them out has their number."""
    if result["waiting_answers"]:
        return tuple(result["waiting_answers"])
    left_out: int = len(result["tasks"]) - result["answers_needed"]
    return (None,) * left_out


def question_id(task_ids: t.Iterable[str], messages: t.Iterable[QuestionMessage]) -> str:
    """Return the id of a question: the ids of the tasks that wait and of its messages."""
    return ",".join([*task_ids, *(message.id for message in messages)])


def joined_text(messages: t.Iterable[QuestionMessage]) -> str:
    """Return the texts of messages, each on lines of its own."""
    return "\n".join(message.text for message in messages)


def body_text(body: Json) -> str:
    """Return the body of a message as text that is safe on a terminal."""
    content = _content(body)
    if isinstance(content, str):
        return display_text(content)
    try:
        return display_text(json.dumps(content, ensure_ascii=False))
    except RecursionError:
        return TOO_DEEP_TO_DISPLAY


def _content(body: Json) -> Json:
    """Return the part of a body that is for people: its message, else the whole body."""
    data = payload(body)
    message = data.get("message")
    if interaction(body):
        if "message" in data:
            return message
        return body
    is_tripleo_text = "status" in data and isinstance(message, str) and message.strip()
    if is_tripleo_text:
        return message
    return body
