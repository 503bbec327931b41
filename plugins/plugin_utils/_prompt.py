# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads who is asked something: the question, what a field takes, and how to leave."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.text import (
    display_text,
    one_line,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.parse import numbered
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    moment,
    now,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import (
    Field,
    fields,
    kind,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.wording import (
    as_text,
    expected,
)

MOST_CHOICES = 50  # that are listed at a prompt
ABORT = "abort"


def heading(question: dict[str, t.Any], go_on: str) -> str:
    """Return what stands once before the prompts of a question."""
    silent = f"The workflow is paused before {', '.join(question['tasks'])} and says nothing"
    declines = bool(question["interaction_id"])
    word = (
        "Type abort, or press Ctrl-C and then A, to decline"
        if declines_by_word(question)
        else "Press Ctrl-C and then A to decline"
    )
    leave = word if declines else "Ctrl-C, then A leaves"
    lines = [question["text"] or silent, until(question), ""]
    elsewhere = (
        f"; '{go_on}' {'answers from elsewhere' if declines else 'goes on'}" if go_on else ""
    )
    lines.append(f"({leave}{elsewhere}.)")
    return "\n".join(line for number, line in enumerate(lines) if line or number == 2)


def declines_by_word(question: dict[str, t.Any]) -> bool:
    """Tell whether the word abort declines a question: not where it is one of the choices."""
    asked = fields(question["schema"]) if question["schema"] else []
    return bool(question["interaction_id"]) and not any(
        as_text(choice).casefold() == ABORT for field in asked for choice in field.choices
    )


def until(question: dict[str, t.Any]) -> str:
    """Return until when a question can be answered and what comes then; empty if it has no deadline."""
    deadline = moment(question["deadline"])
    if deadline is None:
        return ""
    then = "the default is taken" if question["on_expiry"] == "default" else "it counts as declined"
    return f"Answer before {deadline:%Y-%m-%d %H:%M:%S} UTC, {_left(deadline - now())} from now; after that {then}."


def _left(time: datetime.timedelta) -> str:
    seconds = max(0, int(time.total_seconds()))
    units = [
        (seconds // 86400, "days"),
        (seconds // 3600 % 24, "hours"),
        (seconds // 60 % 60, "minutes"),
        (seconds % 60, "seconds"),
    ]
    shown = [f"{number} {unit if number != 1 else unit[:-1]}" for number, unit in units if number]
    return " and ".join(shown[:2]) or "no time"


def field_prompt(field: Field, number: int, count: int) -> str:
    """Return the lines about one field: its title, what it means, what it takes, and what Enter does."""
    lines = (
        [f"{field.title}{f' ({number} of {count})' if count > 1 else ''}"] if field.title else []
    )
    if field.description:
        lines.append(field.description)
    choices = field.choices
    if choices:
        by_number = numbered(choices)
        listed = choices[:MOST_CHOICES]
        lines += [
            f"  {f'{place}) ' if by_number else ''}{one_line(as_text(choice), 200)}"
            for place, choice in enumerate(listed, 1)
        ]
        if len(choices) > len(listed):
            lines.append(f"  … and {len(choices) - len(listed)} more")
        what = "its number or its text" if by_number else "its text"
        lines.append(
            f"Any of these, separated by commas; each by {what}."
            if field.kind == "array"
            else f"One of these, by {what}."
        )
    else:
        takes = expected(field)
        if field.kind == "array" and kind(field.items) in ("object", "array"):
            takes += " as JSON"
        elif field.kind == "array":
            takes += ", separated by commas"
        if field.kind == "object":
            takes += ' as JSON, for instance {"name": "value"}'
        lines.append(f"{takes[0].upper()}{takes[1:]}.")
    if field.has_default:
        lines.append(
            "Enter takes the default."
            if field.secret
            else f"Enter takes {one_line(as_text(field.default), 200)}."
        )
    elif not field.required:
        lines.append("Enter leaves it out.")
    return "\n".join(lines)


def shown_answer(asked: list[Field], answer: t.Any) -> list[str]:
    """Return the lines that show an answer, with asterisks for what is secret."""

    def text(field: Field, value: t.Any) -> str:
        return "********" if field.secret else as_text(value)

    if not asked[0].name:
        return [f"> {text(asked[0], answer)}"]
    known = {field.name: field for field in asked}
    # what nobody knows to be harmless is none beside a secret
    unknown = Field("", {}, within_secret=any(field.secret for field in asked))
    return [
        f"> {display_text(known[name].title if name in known else str(name))}: {text(known.get(name, unknown), value)}"
        for name, value in answer.items()
    ]
