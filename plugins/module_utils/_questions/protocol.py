# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of a dialogue: how questions and answers are written.

A message is a plain text, or ``{type, payload}`` as TripleO's workflows send it. A payload with an
``interaction`` makes the message a question with an id, see recognise.py.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum

from .._base.json_types import Json, JsonObject

ASK = "interactive.ask"  # the library workflow, and the type of its messages
UTC = datetime.timezone.utc


class Status(str, enum.Enum):
    """How a question ends."""

    ANSWERED = "ANSWERED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"

    __str__ = str.__str__

    @property
    def word(self) -> str:
        """The status as options and lists of results write it: answered, declined, expired."""
        return self.value.lower()


class OnExpiry(str, enum.Enum):
    """What the workflow gets when the deadline of a question has passed."""

    DEFAULT = "default"  # the default values of its schema
    DECLINE = "decline"  # nothing

    __str__ = str.__str__

    @classmethod
    def of(cls, value: Json) -> OnExpiry:
        """Return DEFAULT for its text, DECLINE for everything else."""
        return cls.DEFAULT if value == "default" else cls.DECLINE


@dataclasses.dataclass(frozen=True)
class Interaction:
    """What a message says about its question. A plain question has no ``id``.

    A workflow wrote it, so that ``name`` and ``schema`` can be any JSON; they are None if they are
    missing or empty. ``deadline`` is a text, as in RFC 3339 if the workflow is right.
    """

    id: str | None = None
    name: Json = None
    schema: Json = None
    deadline: str | None = None
    on_expiry: OnExpiry = OnExpiry.DECLINE

    @classmethod
    def of(cls, data: JsonObject) -> Interaction:
        """Read an interaction from JSON. An empty dictionary makes that of a plain question."""
        deadline = data.get("deadline")
        if not isinstance(deadline, str):
            deadline = None
        return cls(
            id=data.get("id"),
            name=data.get("name") or None,
            schema=data.get("schema") or None,
            deadline=deadline,
            on_expiry=OnExpiry.of(data.get("on_expiry")),
        )


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the workflow gets for a question with an id.

    ``answered_by`` is None if nobody answered in time. ``answered_at`` is as in RFC 3339, see
    rfc3339().
    """

    value: Json
    status: Status
    answered_by: str | None
    answered_at: str

    def as_result(self) -> JsonObject:
        """Return the answer as an action that waits for it is completed with."""
        return {
            "answer": self.value,
            "status": self.status.value,
            "answered_by": self.answered_by,
            "answered_at": self.answered_at,
        }

    def as_message(
        self, execution_id: str, interaction_id: str | None, type: str | None
    ) -> JsonObject:
        """Return the body to post. ``type`` is that of the question's message."""
        return {
            "type": type,
            "payload": {
                "execution_id": execution_id,
                "interaction_id": interaction_id,
                **self.as_result(),
            },
        }


def now() -> datetime.datetime:
    """Return the present moment, in UTC."""
    return datetime.datetime.now(UTC)


def rfc3339(moment: datetime.datetime) -> str:
    """Return a moment as RFC 3339 writes it: in UTC, with seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: Json) -> datetime.datetime | None:
    """Return the moment, in UTC, that a text in the form of RFC 3339 names.

    None for anything else.
    """
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.datetime.fromisoformat(text.strip().upper().replace("Z", "+00:00"))
        if not parsed.tzinfo:
            parsed = parsed.replace(tzinfo=UTC)
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def has_passed(deadline: Json, now: datetime.datetime) -> bool:
    """Tell whether a deadline, a text as in RFC 3339, has passed.

    One that cannot be read never does.
    """
    end = moment(deadline)
    return end is not None and end <= now
