# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of a dialogue beside plain texts: TripleO's {type, payload}, and the interaction that makes one a question."""

from __future__ import annotations

import datetime
import typing as t

ASK = "interactive.ask"  # the library workflow, and the type of its messages
ANSWERED, DECLINED, EXPIRED = "ANSWERED", "DECLINED", "EXPIRED"


def payload(body: t.Any) -> dict[str, t.Any]:
    """Return the payload of a message as TripleO's workflows send it; empty for any other body."""
    found = body.get("payload") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def interaction(body: t.Any) -> dict[str, t.Any]:
    """Return what makes a message a question with an id (keys version, id, name, schema, reply_to, deadline, on_expiry); else empty."""
    found = payload(body).get("interaction")
    return (
        found
        if isinstance(found, dict) and isinstance(found.get("id"), str) and found["id"]
        else {}
    )


def asked_by(body: t.Any) -> str:
    """Return the id of the execution of interactive.ask that posted this body; empty if something else did."""
    return (
        interaction(body).get("id", "")
        if isinstance(body, dict) and body.get("type") == ASK
        else ""
    )


def executions_named(body: t.Any) -> set[str]:
    """Return the ids of the executions that a message says it is about; empty if it names none.

    TripleO puts them at execution_id and root_execution_id; its older releases at execution.id.
    """
    told = payload(body)
    older = told.get("execution")
    named = [
        told.get("execution_id"),
        told.get("root_execution_id"),
        older.get("id") if isinstance(older, dict) else None,
    ]
    return {id for id in named if isinstance(id, str) and id}


def concerns(body: t.Any, execution_ids: t.Collection[str]) -> bool:
    """Tell whether a message is about one of these executions, or about no particular one."""
    named = executions_named(body)
    return not named or not named.isdisjoint(execution_ids)


def answer_body(
    question: dict[str, t.Any], execution_id: str, told: dict[str, t.Any]
) -> dict[str, t.Any]:
    """Return the message that answers a question with an id; ``told`` has answer, status, answered_by, answered_at."""
    return {
        "type": question["type"],
        "payload": {
            "execution_id": execution_id,
            "interaction_id": question["interaction_id"],
            **told,
        },
    }


def told_answer(body: t.Any) -> t.Any:
    """Return the answer that a message of an input queue holds: its own body if it is no answer to a question with an id."""
    told = payload(body)
    return told.get("answer") if "interaction_id" in told else body


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def written(moment: datetime.datetime) -> str:
    """Return a moment as RFC 3339 writes it, in UTC, with seconds."""
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: t.Any) -> datetime.datetime | None:
    """Return the moment that a text in RFC 3339's form names; None if it is no such text."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.datetime.fromisoformat(text.strip().upper().replace("Z", "+00:00"))
        return (found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)).astimezone(
            datetime.timezone.utc
        )
    except (ValueError, OverflowError):
        return None


def has_expired(question: dict[str, t.Any]) -> bool:
    """Tell whether the deadline of a question has passed by this machine's clock."""
    deadline = moment(question.get("deadline"))
    return deadline is not None and deadline <= now()
