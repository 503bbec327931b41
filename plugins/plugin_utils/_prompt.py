# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person at the terminal reads: the question, what a field takes, and how to leave."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.encodable import (
    NOT_UTF8,
    flaw,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.json_types import Json
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import (
    display_text,
    one_line,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    OnExpiry,
    moment,
    now,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
    Terms,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import (
    Field,
    kind,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.typed_text import (
    numbered,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.wording import (
    as_text,
    expected,
)

MOST_CHOICES = 50  # at a prompt
LONGEST_CHOICE = 200  # characters
ABORT = "abort"
# What a terminal sends for keys that write nothing.
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
ASTERISKS = "********"


class Declined(Exception):
    """The person does not want to answer."""


class Prompt:
    """The prompts of one question.

    ``go_on`` is the command that answers it from elsewhere, or empty. ``pause`` gets a text and
    whether what is typed is a secret; it returns what is typed, and raises Declined.
    """

    def __init__(self, question: Question, go_on: str, pause: t.Callable[[str, bool], str]) -> None:
        self._question = question
        self._go_on = go_on
        self._pause = pause
        self._has_heading = False

    def ask(
        self, text: str = "", place: str = "", secret: bool = False, complaint: str = ""
    ) -> str:
        """Return what is typed at a prompt. Raises Declined.

        ``place`` follows the words 'Your answer'. ``complaint`` is why what was typed before is not
        taken. A text with keys that write nothing is asked for again.
        """
        while True:
            parts = [part for part in (complaint, self._heading(), text) if part]
            typed = self._pause("\n\n".join(parts) + f"\nYour answer{place}", secret)
            complaint = _complaint(typed)
            if not complaint:
                break
        if typed.strip().casefold() == ABORT and declines_by_word(self._question.terms):
            raise Declined
        return typed

    def _heading(self) -> str:
        """Return the heading the first time, later an empty text."""
        if self._has_heading:
            return ""
        self._has_heading = True
        return heading(self._question, self._go_on)


def _complaint(typed: str) -> str:
    """Return why a text cannot be taken, to stand before the next prompt; empty if it can."""
    if CONTROL.search(typed):
        return (
            "What you typed held control characters, of an arrow key for instance: type it again."
        )
    # Backspace takes a byte away, and most letters beyond English have two.
    if flaw(typed):
        return (
            f"What you typed held {NOT_UTF8}: type it again, without Backspace after such a"
            " character."
        )
    return ""


def heading(question: Question, go_on: str) -> str:
    """Return what stands before the first prompt of a question."""
    tasks = ", ".join(question.tasks)
    silent = f"The workflow is paused before {tasks} and says nothing"
    lines = [question.text or silent]
    deadline = until(question.terms)
    if deadline:
        lines.append(deadline)
    return "\n".join([*lines, "", f"({_ways_out(question.terms, go_on)}.)"])


def _ways_out(terms: Terms, go_on: str) -> str:
    if not terms.interaction_id:
        leave, elsewhere = "Ctrl-C, then A leaves", "goes on"
    elif declines_by_word(terms):
        leave = "Type abort, or press Ctrl-C and then A, to decline"
        elsewhere = "answers from elsewhere"
    else:
        leave, elsewhere = "Press Ctrl-C and then A to decline", "answers from elsewhere"
    if go_on:
        return f"{leave}; '{go_on}' {elsewhere}"
    return leave


def declines_by_word(terms: Terms) -> bool:
    """Tell whether the word abort declines a question: not where it is one of the choices."""
    if not terms.interaction_id:
        return False
    return not any(map(_has_abort, terms.fields))


def _has_abort(field: Field) -> bool:
    return any(as_text(choice).casefold() == ABORT for choice in field.choices)


def until(terms: Terms) -> str:
    """Return until when a question can be answered and what comes then.

    Empty if it has no deadline.
    """
    deadline = moment(terms.deadline)
    if deadline is None:
        return ""
    outcomes = {
        OnExpiry.DEFAULT: "the default is taken",
        OnExpiry.DECLINE: "it counts as declined",
    }
    return (
        f"Answer before {deadline:%Y-%m-%d %H:%M:%S} UTC, {duration(deadline - now())} from now;"
        f" after that {outcomes[terms.on_expiry]}."
    )


def duration(time: datetime.timedelta) -> str:
    """Return a duration in its two largest units; "no time" if it is less than a second."""
    seconds = max(0, int(time.total_seconds()))
    units = [
        (seconds // 86400, "day"),
        (seconds // 3600 % 24, "hour"),
        (seconds // 60 % 60, "minute"),
        (seconds % 60, "second"),
    ]
    parts = [_counted(number, unit) for number, unit in units if number]
    return " and ".join(parts[:2]) or "no time"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def field_prompt(field: Field, number: int, count: int) -> str:
    """Return the lines about one field of ``count``.

    They are its title and meaning, what it takes, and what Enter does.
    """
    lines = [_title(field, number, count), field.description, *_takes(field), _enter(field)]
    return "\n".join(line for line in lines if line)


def _title(field: Field, number: int, count: int) -> str:
    if not field.title or count == 1:
        return field.title
    return f"{field.title} ({number} of {count})"


def _choices(field: Field) -> list[str]:
    """Return the choices, and how to name them."""
    has_numbers = numbered(field.choices)
    lines = []
    for number, choice in enumerate(field.choices[:MOST_CHOICES], 1):
        line = one_line(as_text(choice), LONGEST_CHOICE)
        if has_numbers:
            line = f"{number}) {line}"
        lines.append(f"  {line}")
    more = len(field.choices) - MOST_CHOICES
    if more > 0:
        lines.append(f"  … and {more} more")
    how = "its text"
    if has_numbers:
        how = "its number or its text"
    if field.kind == "array":
        lines.append(f"Any of these, separated by commas; each by {how}.")
    else:
        lines.append(f"One of these, by {how}.")
    return lines


def _takes(field: Field) -> list[str]:
    """Return the lines that say what a field takes."""
    if field.choices:
        return _choices(field)
    takes = expected(field)
    if field.kind == "object":
        takes += ' as JSON, for instance {"name": "value"}'
    elif field.kind == "array" and kind(field.items) in ("object", "array"):
        takes += " as JSON"
    elif field.kind == "array":
        takes += ", separated by commas"
    return [f"{takes[0].upper()}{takes[1:]}."]


def _enter(field: Field) -> str:
    """Return what Enter alone does; empty if it does nothing."""
    if field.has_default and field.secret:
        return "Enter takes the default."
    if field.has_default:
        return f"Enter takes {one_line(as_text(field.default), LONGEST_CHOICE)}."
    if field.required:
        return ""
    return "Enter leaves it out."


def answer_lines(fields: list[Field], answer: Json) -> list[str]:
    """Return the lines of an answer for the output, with asterisks for what is a secret."""
    if not fields[0].name:
        return [f"> {_display(fields[0], answer)}"]
    known = {field.name: field for field in fields}
    # A value without a field may be a secret if another one is.
    unknown = Field("", {}, within_secret=any(field.secret for field in fields))
    lines = []
    for name, value in answer.items():
        field, title = unknown, str(name)
        if name in known:
            field = known[name]
            title = field.title
        lines.append(f"> {display_text(title)}: {_display(field, value)}")
    return lines


def _display(field: Field, value: Json) -> str:
    return ASTERISKS if field.secret else as_text(value)
