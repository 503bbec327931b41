# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a message of a queue is recognised: as a question with an id, and as one of an execution."""

from __future__ import annotations

import typing as t

from .._base.json_types import Json, JsonObject, as_object
from .protocol import ASK, Interaction


def payload(body: Json) -> JsonObject:
    """Return the payload of a message as TripleO's workflows send it; empty for any other body."""
    if not isinstance(body, dict):
        return {}
    return as_object(body.get("payload"))


def message_type(body: Json) -> str | None:
    """Return the type that a message names; None for a plain text."""
    if isinstance(body, dict):
        return body.get("type")
    return None


def interaction(body: Json) -> JsonObject:
    """Return the interaction of a message as JSON; empty if it is no question with an id.

    Its keys are version, id, name, schema, reply_to, deadline and on_expiry.
    """
    data = as_object(payload(body).get("interaction"))
    id = data.get("id")
    if not isinstance(id, str) or not id:
        return {}
    return data


def interaction_of(body: Json) -> Interaction | None:
    """Return the interaction of a message; None if the message is no question with an id."""
    data = interaction(body)
    if data:
        return Interaction.of(data)
    return None


def asked_by(body: Json) -> str:
    """Return the id of the execution of interactive.ask that posted a message.

    Empty if something else posted it.
    """
    if message_type(body) != ASK:
        return ""
    id: str = interaction(body).get("id", "")
    return id


def executions_named(body: Json) -> set[str]:
    """Return the ids of the executions that a message says it is about; empty if it names none.

    TripleO puts them at execution_id and root_execution_id; its older releases at execution.id.
    """
    data = payload(body)
    named = [
        data.get("execution_id"),
        data.get("root_execution_id"),
        as_object(data.get("execution")).get("id"),
    ]
    return {id for id in named if isinstance(id, str) and id}


def concerns(body: Json, execution_ids: t.Collection[str]) -> bool:
    """Tell whether a message is about one of these executions, or about no particular one."""
    named = executions_named(body)
    return not named or not named.isdisjoint(execution_ids)


def answer_in(body: Json) -> Json:
    """Return the answer that a message of an input queue holds.

    For a message that does not name the question that it answers, this is its whole body.
    """
    data = payload(body)
    if "interaction_id" in data:
        return data.get("answer")
    return body


def answers_question(body: Json) -> str:
    """Return the id of the question that an answer names; empty if it names none."""
    id = payload(body).get("interaction_id")
    if isinstance(id, str):
        return id
    return ""
