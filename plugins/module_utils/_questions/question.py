# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A question: what an execution asks a person, and how it waits for the answer."""

from __future__ import annotations

import dataclasses
import enum
import json
import typing as t

from .._base.json_types import Json, JsonObject, Result
from .._base.text import TOO_DEEP_TO_DISPLAY, display_text
from . import schema as schemas
from .protocol import interaction, payload
from .validate import complaint


class WaitsBy(str, enum.Enum):
    """How an execution waits for the answer."""

    PAUSE = "pause"  # it is PAUSED before the tasks that read the answer
    CALLBACK = "callback"  # an asynchronous action of interactive.ask waits to be completed
    POLL = "poll"  # a task reads the input queue again and again

    __str__ = str.__str__
    __format__ = str.__format__


class OnExpiry(str, enum.Enum):
    """What the workflow gets when the deadline of a question has passed."""

    DEFAULT = "default"  # the default values of its schema
    DECLINE = "decline"  # nothing

    __str__ = str.__str__
    __format__ = str.__format__


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

    def as_result(self) -> Result:
        return {**dataclasses.asdict(self), "text": self.text}


@dataclasses.dataclass(frozen=True)
class Terms:
    """What a question says about its answer.

    ``schema`` is the JSON Schema of the answer, None if any answer will do. ``problem`` is why nobody can answer the
    question, to follow the name of the execution; empty if somebody can. ``deadline`` is as in RFC 3339.
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
    def of(cls, said: JsonObject, type: str | None) -> Terms:
        """Read an interaction, see protocol.interaction(). ``type`` is the type of its message."""
        schema = said.get("schema") or None
        why = complaint(schema) if schema is not None else ""
        problem = f"asks something that nobody can answer: {why}" if why else ""
        name = said.get("name") or said.get("id") or ""
        return cls(
            name=display_text(name) if isinstance(name, str) else "",
            schema=schema,
            secret=isinstance(schema, dict) and not problem and schemas.is_secret(schema),
            deadline=said["deadline"] if isinstance(said.get("deadline"), str) else None,
            on_expiry=OnExpiry.DEFAULT if said.get("on_expiry") == "default" else OnExpiry.DECLINE,
            interaction_id=said.get("id"),
            type=type,
            problem=problem,
        )


@dataclasses.dataclass(frozen=True)
class Question:
    """An open question of an execution.

    ``tasks`` are the names of the tasks that wait, safe on a terminal, and ``task_ids`` their ids (of interactive.ask
    the id of its execution). ``waiting_answers`` are unread bodies in the input queue, at most one for each task.
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

    def restricted_to(self, id: str) -> Question | None:
        """Return the question without the messages that came after it had the id ``id``; None if that is not open.

        A pause is over for all of its tasks at once. So while one of them waits it is the same question, also if one of
        its messages was popped or has expired.
        """
        if self.id == id:
            return self
        parts = set(id.split(","))
        is_same_pause = self.waits_by is WaitsBy.PAUSE and not parts.isdisjoint(self.task_ids)
        if not is_same_pause and not parts <= set(self.id.split(",")):
            return None
        messages = tuple(message for message in self.messages if message.id in parts)
        return dataclasses.replace(self, id=id, messages=messages, text=joined_text(messages))

    def as_result(self) -> Result:
        return {
            **dataclasses.asdict(self.terms),
            "on_expiry": self.terms.on_expiry.value,
            "id": self.id,
            "text": self.text,
            "messages": [message.as_result() for message in self.messages],
            "waits_by": self.waits_by.value,
            "tasks": list(self.tasks),
            "task_ids": list(self.task_ids),
            "answer_waits": self.answer_waits,
            "answers_needed": self.answers_needed,
            "waiting_answers": list(self.waiting_answers),
            "resumes_itself": self.resumes_itself,
            "action_execution_id": self.action_execution_id,
        }


def question_id(task_ids: t.Iterable[str], messages: t.Iterable[QuestionMessage]) -> str:
    """Return what tells this question from the next one: the ids of the tasks that wait and of its messages."""
    return ",".join([*task_ids, *(message.id for message in messages)])


def joined_text(messages: t.Iterable[QuestionMessage]) -> str:
    return "\n".join(message.text for message in messages)


def body_text(body: Json) -> str:
    """Return the body of a message as text that is safe on a terminal."""
    said = payload(body)
    if interaction(body) and "message" in said:
        body = said["message"]
    elif "status" in said and isinstance(said.get("message"), str) and said["message"].strip():
        body = said["message"]  # the form of TripleO's workflows
    if isinstance(body, str):
        return display_text(body)
    try:
        return display_text(json.dumps(body, ensure_ascii=False))
    except RecursionError:
        return TOO_DEEP_TO_DISPLAY


OldMessage = t.Dict[str, t.Any]
OldQuestion = t.Dict[str, t.Any]
shown = body_text


def shown_message(message: OldMessage) -> OldMessage:
    """Return a message as results show it: id, body, age, ttl, and its text."""
    return {
        **{key: message.get(key) for key in ("id", "body", "age", "ttl")},
        "text": body_text(message.get("body")),
    }


def old_question_id(tasks: list[dict[str, t.Any]], messages: list[OldMessage]) -> str:
    """Return what tells this question from the next one: the ids of the tasks that wait and of its messages."""
    return ",".join(thing["id"] for thing in tasks + messages)


def as_seen(question: OldQuestion, id: str) -> OldQuestion | None:
    """Return the question as it was when its id was this, without what was said since; None if that one is not open.

    A pause is over for all of its tasks at once. So as long as one of them waits it is the same question, also if a message
    of it was popped or has expired.
    """
    seen = set(id.split(","))
    if question["id"] == id:
        return question
    same_pause = question["waits_by"] == "pause" and not seen.isdisjoint(question["task_ids"])
    if not same_pause and not seen <= set(question["id"].split(",")):
        return None
    messages = [message for message in question["messages"] if message["id"] in seen]
    return dict(
        question, id=id, messages=messages, text="\n".join(message["text"] for message in messages)
    )


def told_by(said: dict[str, t.Any], body: t.Any) -> OldQuestion:
    """Return what an interaction (see _interaction) says of its question, with the keys that every question has.

    Dict of name, schema (None for a plain question), secret, deadline, on_expiry, interaction_id, type, and problem: why
    it cannot be answered as it asks to be, to follow the name of the execution; empty if it can.
    """
    schema = said.get("schema") or None
    why = complaint(schema) if schema is not None else ""
    problem = f"asks something that nobody can answer: {why}" if why else ""
    name = said.get("name") or said.get("id") or ""
    return {
        "name": display_text(name) if isinstance(name, str) else "",
        "schema": schema,
        "secret": isinstance(schema, dict) and not problem and schemas.is_secret(schema),
        "deadline": said["deadline"] if isinstance(said.get("deadline"), str) else None,
        "on_expiry": "default" if said.get("on_expiry") == "default" else "decline",
        "interaction_id": said.get("id"),
        "type": body.get("type") if isinstance(body, dict) else None,
        "problem": problem,
    }
