# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import datetime
import json

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import (
    TOO_DEEP_TO_DISPLAY,
    display_data,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    Interaction,
    OnExpiry,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
    QuestionMessage,
    Terms,
    WaitsBy,
    body_text,
    joined_text,
    question_id,
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("plain", "plain"),
        ("two\r\nlines\tand tab", "two\nlines\tand tab"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://example.org\x1b\\link", "link"),
        ("a\x00b\x07c\x7fd\x9be", "abcde"),
        ("right\u202eleft", "rightleft"),
        ("one\u2028two\u2029three\x85four\rfive\x0bsix", "one\ntwo\nthree\nfour\nfive\nsix"),
        ("\x1b]0;no end", "0;no end"),
        ("\x1bPno end", "no end"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("\x1b[12;", "12;"),
        ("\x1b(Bplain", "plain"),
        ("end\x1b", "end"),
        ("{{ 7 * 7 }} <% $.x %>", "{{ 7 * 7 }} <% $.x %>"),
        ({"ü": [1, None]}, '{"ü": [1, null]}'),
        (None, "null"),
        ({"payload": {"interaction": {"id": "i"}, "message": "asks"}}, "asks"),
        ({"payload": {"interaction": {"id": "i"}, "message": {"a": 1}}}, '{"a": 1}'),
        ({"payload": {"interaction": {"id": "i"}}}, '{"payload": {"interaction": {"id": "i"}}}'),
        ({"payload": {"status": "RUNNING", "message": "TripleO\x9b"}}, "TripleO"),
        (
            {"payload": {"status": "X", "message": " "}},
            '{"payload": {"status": "X", "message": " "}}',
        ),
        ({"payload": {"message": "no status"}}, '{"payload": {"message": "no status"}}'),
    ],
)
def test_the_text_of_a_body(body: object, text: str) -> None:
    assert body_text(body) == text


def test_shown_data_keeps_types_and_cleans_texts() -> None:
    data = {"a\x1b[2J": [1, True, None, "x\x9by"], "b": {"c": "\u202ed"}}
    assert display_data(data) == {"a": [1, True, None, "xy"], "b": {"c": "d"}}


def test_what_is_nested_too_deep_is_not_body_text() -> None:
    deep: list = []
    for _level in range(200_000):  # newer versions of Python take some ten thousand levels
        deep = [deep]
    assert display_data({"a": deep}) == body_text(deep) == TOO_DEEP_TO_DISPLAY


@pytest.mark.parametrize(
    "start",
    [
        "\x1bP",
        "\x1b]",
        "\x1b[",
        "\x1b_",
        "\x1b[0;",
        "\x1bP\x1b",
        "\x1b]\x07",
        "\x1b(",
        "\x1b",
        "\x1b[ ",
    ],
)
def test_sequences_without_an_end_take_no_longer_the_more_there_are(start: str) -> None:
    """The work is counted, not timed: of 2 MB, what is quadratic would take days."""
    assert "\x1b" not in body_text(start * (2_000_000 // len(start)))


def message(id: str) -> QuestionMessage:
    return QuestionMessage(id, "?", 1, 60)


def question(tasks: str, messages: str, waits_by: WaitsBy = WaitsBy.PAUSE) -> Question:
    posted = tuple(map(message, messages))
    return Question(
        id=question_id(tasks, posted),
        text=joined_text(posted),
        terms=Terms(),
        waits_by=waits_by,
        tasks=tuple(tasks),
        task_ids=tuple(tasks),
        messages=posted,
    )


def test_question_id_is_of_the_tasks_and_the_messages() -> None:
    assert question_id("t", [message("1"), message("2")]) == "t,1,2"
    assert question_id("t", []) == "t"


def test_a_question_is_the_same_with_its_own_id() -> None:
    now = question("t", "12", WaitsBy.POLL)
    assert now.restricted_to("t,1,2") is now


def test_a_question_is_the_same_while_more_is_posted() -> None:
    assert question("t", "123").restricted_to("t,1,2") == question("t", "12")


def test_a_question_is_the_same_while_more_is_asked() -> None:
    restricted = question("tu", "123").restricted_to("t,1,2")
    expected = dataclasses.replace(
        question("t", "12"), tasks=("t", "u"), task_ids=("t", "u"), text="?\n?"
    )
    assert restricted == expected


@pytest.mark.parametrize("tasks", ["t", "tu"])
@pytest.mark.parametrize("left", ["2", "23", "", "3"])
def test_a_pause_is_the_same_though_a_message_of_it_is_gone(tasks: str, left: str) -> None:
    restricted = question(tasks, left).restricted_to("t,1,2")
    assert restricted and restricted.id == "t,1,2"
    assert [message.id for message in restricted.messages] == [id for id in left if id == "2"]


@pytest.mark.parametrize(
    "now",
    [
        question("u", "12"),
        question("u", ""),
        question("t", "23", WaitsBy.POLL),
        question("t", "", WaitsBy.POLL),
    ],
)
def test_a_question_whose_tasks_are_others_is_another(now: Question) -> None:
    assert now.restricted_to("t,1,2") is None


@pytest.mark.parametrize(("waiting", "needed"), [((), 2), (("a",), 1), (("a", "b"), 0)])
def test_how_many_answers_are_missing(waiting: tuple, needed: int) -> None:
    now = dataclasses.replace(question("tu", ""), waiting_answers=waiting)
    assert (now.answers_needed, now.answer_waits) == (needed, needed == 0)


def test_a_question_is_read_back_from_its_result() -> None:
    terms = Terms(
        name="size",
        schema={"type": "integer"},
        secret=True,
        deadline="2030-01-01T00:00:00Z",
        on_expiry=OnExpiry.DEFAULT,
        interaction_id="i",
        type="interactive.ask",
        problem="",
    )
    asked = dataclasses.replace(
        question("tu", "12", WaitsBy.CALLBACK),
        terms=terms,
        waiting_answers=("a",),
        resumes_itself=True,
        action_execution_id="x",
    )
    result = asked.as_result()
    assert Question.from_result(json.loads(json.dumps(result))) == asked
    assert result["messages"][0] == {"id": "1", "body": "?", "age": 1, "ttl": 60, "text": "?"}
    texts = [value for value in result.values() if isinstance(value, str)]
    assert {type(text) for text in texts} == {str}  # no enum, which Ansible would not take


def test_what_is_no_question_is_refused() -> None:
    result = question("t", "1").as_result()
    for key in sorted(result):
        if key not in ("answer_waits", "answers_needed"):  # computed
            with pytest.raises(KeyError):
                Question.from_result({name: result[name] for name in result if name != key})
    with pytest.raises(ValueError, match="callBack"):
        Question.from_result(dict(result, waits_by="callBack"))


PAST, FUTURE = "2025-12-31T23:59:59Z", "2026-01-01T00:00:01Z"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("waits_by", "deadline", "too_late"),
    [
        (WaitsBy.PAUSE, PAST, True),
        (WaitsBy.POLL, PAST, True),
        (WaitsBy.CALLBACK, PAST, False),
        (WaitsBy.PAUSE, "2026-01-01T00:00:00Z", True),
        (WaitsBy.PAUSE, FUTURE, False),
        (WaitsBy.PAUSE, None, False),
        (WaitsBy.PAUSE, "soon", False),
    ],
)
def test_when_an_answer_is_too_late(
    waits_by: WaitsBy, deadline: str | None, too_late: bool
) -> None:
    asked = dataclasses.replace(question("t", "1", waits_by), terms=Terms(deadline=deadline))
    assert asked.is_too_late(NOW) is too_late


BAD = "asks something that nobody can answer: its schema is 7 and no dictionary"


@pytest.mark.parametrize(
    ("interaction", "terms"),
    [
        ({}, Terms()),
        ({"id": "i"}, Terms(name="i", interaction_id="i")),
        ({"id": "i", "name": "size\x9b"}, Terms(name="size", interaction_id="i")),
        ({"id": "i", "name": ["no text"]}, Terms(interaction_id="i")),
        ({"id": "i", "schema": {}}, Terms(name="i", interaction_id="i")),
        (
            {"id": "i", "schema": {"writeOnly": True}},
            Terms(name="i", schema={"writeOnly": True}, secret=True, interaction_id="i"),
        ),
        ({"id": "i", "schema": 7}, Terms(name="i", schema=7, interaction_id="i", problem=BAD)),
        ({"id": "i", "deadline": 5}, Terms(name="i", interaction_id="i")),
        (
            {"id": "i", "deadline": PAST, "on_expiry": "default"},
            Terms(name="i", interaction_id="i", deadline=PAST, on_expiry=OnExpiry.DEFAULT),
        ),
        ({"id": "i", "on_expiry": "Default"}, Terms(name="i", interaction_id="i")),
    ],
)
def test_what_a_workflow_asks_is_read(interaction: dict, terms: Terms) -> None:
    asks = Interaction.of(interaction)
    assert Terms.of_interaction(asks, None) == terms
    assert Terms.of_interaction(asks, "t") == dataclasses.replace(terms, type="t")


def test_a_secret_in_a_schema_that_nobody_can_answer_is_none() -> None:
    asks = Interaction("i", schema={"writeOnly": True, "enum": []})
    terms = Terms.of_interaction(asks, None)
    assert terms.problem and not terms.secret


def test_a_plain_question_asks_for_one_text() -> None:
    assert [field.name for field in Terms().fields] == [""]
    schema = {"properties": {"a": {}, "b": {}}}
    assert [field.name for field in Terms(schema=schema).fields] == ["a", "b"]


def test_words_are_texts_wherever_they_are_written() -> None:
    assert f"{WaitsBy.PAUSE} {OnExpiry.DEFAULT:>8}" == "pause  default"
    assert str(WaitsBy.POLL) == "poll"
