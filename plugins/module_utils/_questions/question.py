# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions as people see them: texts that are safe on a terminal, and what a person may answer until when."""

from __future__ import annotations

import json
import typing as t

from .._base.text import TOO_DEEP, display_text
from . import schema as _schema
from .protocol import interaction, payload
from .validate import complaint

Message = t.Dict[str, t.Any]
Question = t.Dict[str, t.Any]


def shown(body: t.Any) -> str:
    """Return a message's body as text that is safe on a terminal."""
    told = payload(body)
    if interaction(body) and "message" in told:
        body = told["message"]
    elif "status" in told and isinstance(told.get("message"), str) and told["message"].strip():
        body = told["message"]  # as TripleO's workflows say something
    if isinstance(body, str):
        return display_text(body)
    try:
        return display_text(json.dumps(body, ensure_ascii=False))
    except RecursionError:
        return TOO_DEEP


def shown_message(message: Message) -> Message:
    """Return a message as results show it: id, body, age, ttl, and its text."""
    return {
        **{key: message.get(key) for key in ("id", "body", "age", "ttl")},
        "text": shown(message.get("body")),
    }


def question_id(tasks: list[dict[str, t.Any]], messages: list[Message]) -> str:
    """Return what tells this question from the next one: the ids of the tasks that wait and of its messages."""
    return ",".join(thing["id"] for thing in tasks + messages)


def as_seen(question: Question, id: str) -> Question | None:
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


def told_by(said: dict[str, t.Any], body: t.Any) -> Question:
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
        "secret": isinstance(schema, dict) and not problem and _schema.is_secret(schema),
        "deadline": said["deadline"] if isinstance(said.get("deadline"), str) else None,
        "on_expiry": "default" if said.get("on_expiry") == "default" else "decline",
        "interaction_id": said.get("id"),
        "type": body.get("type") if isinstance(body, dict) else None,
        "problem": problem,
    }
