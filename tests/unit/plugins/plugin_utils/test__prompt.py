# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    OnExpiry,
    now,
    rfc3339,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
    Terms,
    WaitsBy,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import (
    Field,
    fields,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._prompt import (
    Declined,
    Prompt,
    answer_lines,
    declines_by_word,
    duration,
    field_prompt,
    heading,
    until,
)

CHOICES = {"enum": ["abort", "go on"]}


def question(text: str = "Which?", **terms: t.Any) -> Question:
    return Question("t", text, Terms(**terms), WaitsBy.PAUSE, ("read", "check"), ("t", "u"), ())


@pytest.mark.parametrize(
    ("asked", "go_on", "lines"),
    [
        (question(), "", ["Which?", "", "(Ctrl-C, then A leaves.)"]),
        (question(), "run it", ["Which?", "", "(Ctrl-C, then A leaves; 'run it' goes on.)"]),
        (
            question(""),
            "",
            [
                "The workflow is paused before read, check and says nothing",
                "",
                "(Ctrl-C, then A leaves.)",
            ],
        ),
        (
            question(interaction_id="i"),
            "run it",
            [
                "Which?",
                "",
                "(Type abort, or press Ctrl-C and then A, to decline; 'run it' answers from elsewhere.)",
            ],
        ),
        (
            question(interaction_id="i", schema=CHOICES),
            "",
            ["Which?", "", "(Press Ctrl-C and then A to decline.)"],
        ),
    ],
)
def test_the_heading_of_a_question(asked: Question, go_on: str, lines: list) -> None:
    assert heading(asked, go_on).split("\n") == lines


@pytest.mark.parametrize(
    ("on_expiry", "outcome"),
    [
        (OnExpiry.DEFAULT, "the default is taken"),
        (OnExpiry.DECLINE, "it counts as declined"),
    ],
)
def test_until_when_a_question_can_be_answered(on_expiry: OnExpiry, outcome: str) -> None:
    end = now() + datetime.timedelta(hours=2, seconds=30)
    terms = Terms(deadline=rfc3339(end), on_expiry=on_expiry)
    line = until(terms)
    assert line.startswith(f"Answer before {end:%Y-%m-%d %H:%M:%S} UTC, 2 hours and ")
    assert line.endswith(f" from now; after that {outcome}.")
    assert heading(question(deadline=terms.deadline), "").split("\n")[1].startswith("Answer before")
    assert until(Terms(deadline="soon")) == until(Terms()) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "no time"),
        (-5, "no time"),
        (1, "1 second"),
        (61, "1 minute and 1 second"),
        (3600, "1 hour"),
        (7325, "2 hours and 2 minutes"),
        (2 * 86400 + 3 * 3600 + 59, "2 days and 3 hours"),
        (86400 + 60, "1 day and 1 minute"),
    ],
)
def test_a_duration_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(datetime.timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("terms", "declines"),
    [
        (Terms(), False),
        (Terms(interaction_id="i"), True),
        (Terms(interaction_id="i", schema=CHOICES), False),
        (Terms(interaction_id="i", schema={"items": {"enum": ["ABORT"]}}), False),
        (Terms(interaction_id="i", schema={"properties": {"a": {}, "b": CHOICES}}), False),
        (Terms(interaction_id="i", schema={"enum": ["stop"]}), True),
    ],
)
def test_whether_the_word_abort_declines(terms: Terms, declines: bool) -> None:
    assert declines_by_word(terms) is declines


@pytest.mark.parametrize(
    ("field", "count", "lines"),
    [
        (Field("", {}), 1, ["A text."]),
        (Field("n", {}), 1, ["n", "A text."]),
        (Field("n", {"title": "Nodes"}), 2, ["Nodes (1 of 2)", "A text."]),
        (
            Field("n", {"type": "integer", "description": "How many?", "default": 3}),
            1,
            ["n", "How many?", "A whole number.", "Enter takes 3."],
        ),
        (
            Field("n", {"default": "x", "writeOnly": True}),
            1,
            ["n", "A text.", "Enter takes the default."],
        ),
        (Field("n", {}, required=False), 1, ["n", "A text.", "Enter leaves it out."]),
        (
            Field("n", {"type": "object"}),
            1,
            ["n", 'A dictionary as JSON, for instance {"name": "value"}.'],
        ),
        (Field("n", {"type": "array"}), 1, ["n", "A list, separated by commas."]),
        (
            Field("n", {"type": "array", "items": {"type": "object"}}),
            1,
            ["n", "A list of dictionaries as JSON."],
        ),
        (
            Field("n", {"enum": ["a", "b\x9b"]}),
            1,
            ["n", "  1) a", "  2) b", "One of these, by its number or its text."],
        ),
        (Field("n", {"enum": [3, 5]}), 1, ["n", "  3", "  5", "One of these, by its text."]),
        (
            Field("n", {"type": "array", "items": {"enum": ["a", "b"]}}),
            1,
            [
                "n",
                "  1) a",
                "  2) b",
                "Any of these, separated by commas; each by its number or its text.",
            ],
        ),
    ],
)
def test_the_lines_about_a_field(field: Field, count: int, lines: list) -> None:
    assert field_prompt(field, 1, count).split("\n") == lines


def test_of_many_choices_the_first_are_listed() -> None:
    lines = field_prompt(Field("n", {"enum": [f"c{n}" for n in range(52)]}), 1, 1).split("\n")
    assert lines[50:52] == ["  50) c49", "  … and 2 more"] and len(lines) == 53
    lines = field_prompt(Field("n", {"enum": [f"c{n}" for n in range(50)]}), 1, 1).split("\n")
    assert lines[50] == "  50) c49" and len(lines) == 52


FORM = {"properties": {"n": {"title": "Nodes"}, "p": {"writeOnly": True}}}


@pytest.mark.parametrize(
    ("schema", "answer", "lines"),
    [
        ({}, "a\x9b", ["> a"]),
        ({"writeOnly": True}, "a", ["> ********"]),
        (FORM, {"n": True, "p": "x", "o": "y"}, ["> Nodes: yes", "> p: ********", "> o: ********"]),
        ({"properties": {"n": {}}}, {"n": [1, 2], "o\x9b": "y"}, ["> n: 1, 2", "> o: y"]),
    ],
)
def test_the_lines_of_an_answer(schema: dict, answer: object, lines: list) -> None:
    assert answer_lines(fields(schema), answer) == lines


class Terminal:
    """A person who types some lines; ``prompts`` are what was on the screen before each."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.prompts: list[tuple[str, bool]] = []

    def __call__(self, prompt: str, secret: bool) -> str:
        self.prompts.append((prompt, secret))
        return self.lines.pop(0)


HEADING = "Which?\n\n(Ctrl-C, then A leaves.)"


def test_the_heading_is_before_the_first_prompt_only() -> None:
    terminal = Terminal("a", "b", "c")
    prompt = Prompt(question(), "", terminal)
    answers = [prompt.ask("Name."), prompt.ask(place=" (2 of 3)"), prompt.ask("Key.", secret=True)]
    assert answers == ["a", "b", "c"]
    assert terminal.prompts == [
        (f"{HEADING}\n\nName.\nYour answer", False),
        ("\nYour answer (2 of 3)", False),
        ("Key.\nYour answer", True),
    ]


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("a\x1b[C", "What you typed held control characters"),
        ("a\nb", "What you typed held control characters"),
        ("a\udcc3", "type it again, without Backspace after such a character"),
    ],
)
def test_keys_that_write_nothing_are_asked_for_again(typed: str, complaint: str) -> None:
    terminal = Terminal(typed, typed, "a\tb")
    assert Prompt(question(), "", terminal).ask("Name.") == "a\tb"
    assert terminal.prompts[0][0] == f"{HEADING}\n\nName.\nYour answer"
    for again, _secret in terminal.prompts[1:]:
        assert complaint in again and again.endswith("\n\nName.\nYour answer")
        assert HEADING not in again


def test_a_question_is_declined_by_a_word() -> None:
    asked = question(interaction_id="i")
    with pytest.raises(Declined):
        Prompt(asked, "", Terminal(" Abort ")).ask()
    assert Prompt(asked, "", Terminal("abort it")).ask() == "abort it"
    assert Prompt(question(), "", Terminal("abort")).ask() == "abort"
