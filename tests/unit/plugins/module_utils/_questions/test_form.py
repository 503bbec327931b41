# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.limits import Budget
from ansible_collections.interactive.openstack.plugins.module_utils._questions.form import (
    Form,
    InvalidAnswer,
    validated_answer,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import Field
from ansible_collections.interactive.openstack.plugins.module_utils._questions.typed_text import (
    NotUnderstood,
    value_of,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.wording import (
    as_text,
)

SERVICES = {
    "type": "array",
    "items": {"enum": ["compute", "block storage", "größe"]},
    "minItems": 1,
}


@pytest.mark.parametrize(
    ("schema", "given", "value"),
    [
        ({"type": "integer"}, " 42 ", 42),
        ({"type": "integer"}, 42, 42),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "number"}, "3", 3),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, "off", False),
        ({"type": "string"}, "{{ 7 * 7 }}", "{{ 7 * 7 }}"),
        ({"type": "string"}, "42", "42"),
        ({}, "ünï 🎉", "ünï 🎉"),
        ({"enum": ["a", "b"]}, "2", "b"),
        ({"enum": ["a", "b"]}, "A", "a"),
        ({"enum": [3, 5]}, "5", 5),
        ({"enum": [True, False]}, "no", False),
        ({"enum": [True, False]}, "ON", True),
        (SERVICES, "1, größe", ["compute", "größe"]),
        (SERVICES, "block storage\ncompute", ["block storage", "compute"]),
        (SERVICES, '["compute"]', ["compute"]),
        (SERVICES, ["2"], ["block storage"]),
        ({"type": "array", "items": {"type": "integer"}}, "1,2", [1, 2]),
        ({"type": "object"}, '{"a": null}', {"a": None}),
        (
            {"type": "object", "properties": {"vlan": {"type": "integer"}}},
            {"vlan": "5"},
            {"vlan": 5},
        ),
        (
            {
                "type": "array",
                "items": {"type": "object", "properties": {"a": {"type": "integer"}}},
            },
            '{"a": "1"}, {"a": 2}',
            [{"a": 1}, {"a": 2}],
        ),
        ({"type": "array", "items": {"enum": ["a, b", "c"]}}, "a, b", ["a, b"]),
        ({"enum": [" a", "b"]}, " a", " a"),
        ({"enum": [0.5, 1.0, 2.0]}, "2", 2.0),
        ({"enum": [2.0, 1.0]}, "1", 1.0),
        ({"type": ["integer", "string"]}, "abc", "abc"),
        ({"type": ["integer", "string"]}, "3", 3),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "3", 3),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, "2", 2),
        ({"enum": [f"choice {n}" for n in range(10_000)]}, "10000", "choice 9999"),
    ],
)
def test_what_is_given_becomes_a_value(schema: dict, given: object, value: object) -> None:
    got = value_of(Field("f", schema), given)
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    ("schema", "given"),
    [
        ({"type": "integer"}, "1.5"),
        ({"type": "integer"}, "٣"),
        ({"type": "number"}, "nan"),
        ({"type": "number"}, "1e999"),
        ({"type": "boolean"}, "maybe"),
        ({"enum": ["a", "b"]}, "3"),
        ({"enum": [3, 5]}, "1"),
        ({"type": "object"}, "[1]"),
    ],
)
def test_what_cannot_be_one_is_refused(schema: dict, given: str) -> None:
    with pytest.raises(NotUnderstood):
        value_of(Field("f", schema), given)


def test_a_number_of_no_choice_is_told_what_may_be_said() -> None:
    with pytest.raises(NotUnderstood) as refused:
        value_of(Field("f", {"enum": ["a", "b"]}), "3")
    assert str(refused.value) == "has to be one of the numbers 1 to 2, or one of the values"


def form(**more: object) -> Form:
    properties = {
        "items": {"type": "integer", "maximum": 5},
        "when": {"type": "string"},
        "hosts": {"type": "string", "default": "all"},
    }
    return Form(
        {"type": "object", "required": ["items", "when"], "properties": dict(properties, **more)}
    )


def test_all_problems_are_told_at_once() -> None:
    filled = form(note={"type": "string"})
    filled.take_all({"items": "9"})
    assert filled.problems() == ["'items' has to be at most 5, not 9", "'when' is missing (a text)"]


def test_fields_that_are_named_like_keywords_and_methods() -> None:
    filled = form()
    filled.take_all({"items": "5", "when": "now", "loop": 1})
    filled.fill()
    assert filled.problems() == []
    assert filled.answer == {"items": 5, "when": "now", "hosts": "all", "loop": 1}


def test_an_empty_text_is_no_answer() -> None:
    filled = form()
    assert filled.take(filled.fields[0], " ") == "needs a value"
    assert filled.take(filled.fields[2], "") == ""
    assert filled.values == {"hosts": "all"}
    optional = Form({"type": "object", "properties": {"a": {"type": "string"}}})
    assert optional.take(optional.fields[0], "") == "" and optional.answer == {}


SECRET_NUMBER = {"type": "integer", "writeOnly": True}


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        (SECRET_NUMBER, "hunter2"),
        ({"type": "number", "writeOnly": True}, "hunter2"),
        ({"type": "boolean", "writeOnly": True}, "hunter2"),
        ({"type": "null", "writeOnly": True}, "hunter2"),
        ({"enum": ["a", "b"], "writeOnly": True}, "hunter2"),
        ({"pattern": "^[a-z]+$", "writeOnly": True}, "hunter2"),
        ({"format": "password", "not": {"const": "hunter2"}}, "hunter2"),
        ({"type": "array", "items": {"type": "integer"}, "writeOnly": True}, "hunter2"),
        ({"type": "array", "items": {"type": "integer"}, "writeOnly": True}, ["hunter2"]),
        ({"type": "array", "items": SECRET_NUMBER}, "hunter2"),
        ({"type": "array", "items": SECRET_NUMBER}, ["hunter2"]),
        ({"type": "array", "items": SECRET_NUMBER, "uniqueItems": True}, "22, 22"),
        ({"properties": {"a": SECRET_NUMBER}}, {"a": "hunter2"}),
        ({"properties": {"a": {"properties": {"b": SECRET_NUMBER}}}}, {"a": {"b": "hunter2"}}),
        ({"properties": {"a": {"type": "integer"}}, "writeOnly": True}, {"a": "hunter2"}),
    ],
)
def test_a_secret_that_is_wrong_is_not_told(schema: dict, answer: object) -> None:
    filled = Form(schema)
    filled.take_all(answer)
    (problem,) = filled.problems()
    assert "hunter2" not in problem and "22" not in problem


def test_a_number_that_is_secret_and_too_large_is_not_told() -> None:
    filled = Form({"type": "number", "writeOnly": True})
    filled.take_all("1e999")
    assert filled.problems() == ["The answer has to be a number that is not as large"]


def test_no_part_of_a_secret_answer_is_told() -> None:
    filled = Form({"writeOnly": True, "properties": {"pin": {"type": "integer", "maximum": 5}}})
    filled.take_all({"pin": "1234"})
    assert filled.problems() == ["'pin' has to be at most 5, not what was given"]


@pytest.mark.parametrize("value", ["a", 3, True, 1.5, None, {"a": 1}, ["a", "b"], ["a, b"]])
def test_a_value_is_read_back_from_its_text(value: object) -> None:
    kinds = {
        str: "string",
        int: "integer",
        bool: "boolean",
        float: "number",
        type(None): "null",
        dict: "object",
        list: "array",
    }
    assert value_of(Field("f", {"type": kinds[type(value)]}), as_text(value)) == value


def test_the_part_that_is_wrong_is_named() -> None:
    filled = Form(
        {
            "type": "object",
            "properties": {"net": {"type": "object", "properties": {"vlan": {"type": "integer"}}}},
        }
    )
    filled.take_all({"net": {"vlan": "many"}})
    assert filled.problems() == ["'net.vlan' has to be a whole number, not 'many'"]


@pytest.mark.parametrize(("given", "value"), [(None, None), ("", "dflt"), ("x", "x")])
def test_null_is_a_value_where_it_is_allowed(given: object, value: object) -> None:
    filled = Form({"type": ["string", "null"], "default": "dflt"})
    assert filled.take(filled.fields[0], given) == "" and filled.answer == value


def test_nothing_is_null_where_nothing_else_is_a_default() -> None:
    filled = Form({"type": ["integer", "null"]})
    assert filled.take(filled.fields[0], "") == "" and filled.answer is None


FORMATTED = {"enum": ["soft\u00adhyphen", "zero\u200bwidth", "\ufeffmark", "plain"]}
SAME = {"enum": ["same", "sa\u00adme", "other"]}


@pytest.mark.parametrize(
    ("schema", "given", "value"),
    [
        (FORMATTED, "1", "soft\u00adhyphen"),
        (FORMATTED, "soft\u00adhyphen", "soft\u00adhyphen"),
        (FORMATTED, "softhyphen", "soft\u00adhyphen"),
        (FORMATTED, "so\u200bfthyphen", "soft\u00adhyphen"),
        (FORMATTED, " SoftHyphen ", "soft\u00adhyphen"),
        (FORMATTED, "zerowidth", "zero\u200bwidth"),
        (FORMATTED, "mark", "\ufeffmark"),
        (FORMATTED, "pl\u00adain", "plain"),
        (SAME, "same", "same"),  # the exact value of one
        (SAME, "sa\u00adme", "sa\u00adme"),
        (SAME, " sa\u00adme ", "sa\u00adme"),
        (SAME, "2", "sa\u00adme"),
        ({"enum": ["a", "a"]}, "a", "a"),
        ({"enum": [True, "yes"]}, "yes", "yes"),
        ({"enum": ["x\x9by", "z"]}, "xy", "x\x9by"),
        ({"enum": [{"a": "x\u202ey"}, 1]}, '{"a": "xy"}', {"a": "x\u202ey"}),
        (
            {"type": "array", "items": FORMATTED},
            "softhyphen, 2, plain",
            ["soft\u00adhyphen", "zero\u200bwidth", "plain"],
        ),
        ({"type": "array", "items": {"enum": ["a,\u00ad b", "c"]}}, "a, b", ["a,\u00ad b"]),
    ],
)
def test_a_choice_is_found_by_its_number_its_exact_value_or_its_display_text(
    schema: dict, given: str, value: object
) -> None:
    filled = Form(schema)
    filled.take_all(given)
    assert filled.problems() == [] and filled.answer == value


@pytest.mark.parametrize(
    ("schema", "given", "said"),
    [
        (
            SAME,
            "SAME",
            "is the text of 2 choices: name the one that is meant by its number or its exact value",
        ),
        (
            {"enum": ["sa\u00adme", "sa\u200bme"]},
            "same",
            "is the text of 2 choices: name the one that is meant by its number or its exact value",
        ),
        (
            {"enum": ["sa\u00adme", "sa\u200bme", "5"]},
            "same",
            "is the text of 2 choices: name the one that is meant by its exact value",
        ),
        (
            {"enum": ["Yes", "YES"]},
            "yes",
            "is the text of 2 choices: name the one that is meant by its number or its exact value",
        ),
    ],
)
def test_a_text_that_two_choices_have_is_none_of_them(schema: dict, given: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        value_of(Field("f", schema), given)
    assert str(refused.value) == said


def test_many_values_are_found_among_many_choices() -> None:
    """Each is looked up, and not compared with all: hours for as many."""
    choices = [f"choice {number}" for number in range(30_000)]
    field = Field(
        "f", {"type": "array", "items": {"anyOf": [{"const": choice} for choice in choices]}}
    )
    assert value_of(field, list(reversed(choices))) == list(reversed(choices))
    assert value_of(field, "\n".join(choices)) == choices


@pytest.mark.parametrize(
    "given",
    ["1" * 100_000 + "x", "1" * 100_000, " " * 100_000 + "x", "." * 100_000],
    ids=["long", "large", "blank", "points"],
)
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_what_is_no_number_is_refused_in_linear_time(kind: str, given: str) -> None:
    with pytest.raises(NotUnderstood):
        value_of(Field("f", {"type": kind}), given)


@pytest.mark.parametrize("given", ["[" * 500 + "]" * 500, '{"a":' * 500 + "1" + "}" * 500])
def test_what_is_nested_too_deep_is_no_traceback(given: str) -> None:
    for schema in (
        {"type": "array"},
        {"type": "object"},
        {"type": "object", "properties": {"b": {}}},
    ):
        filled = Form(schema)
        filled.take_all(given)
        assert len(filled.problems()) == 1


def test_the_fields_of_an_answer_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of answers cost as many limits as fields."""
    children = []

    def spend(budget: Budget, work: t.Callable[[], t.Any]) -> t.Any:
        children.append(budget)
        return work()

    monkeypatch.setattr(Budget, "spend", spend)
    filled = Form({"properties": {f"f{number}": {"pattern": "^(a+)$"} for number in range(20)}})
    filled.take_all({f"f{number}": "aaa" for number in range(20)})
    assert filled.problems() == []
    assert len(children) == 2 and len(set(map(id, children))) == 1  # the fields, and the whole


def test_an_answer_is_coerced_and_completed_by_whoever_delivers_it() -> None:
    schema = {"properties": {"n": {"type": "integer"}, "all": {"default": True}}}
    for answer in ({"n": "3"}, '{"n": "3"}', {"n": 3, "all": True}):
        assert validated_answer(schema, answer) == {"n": 3, "all": True}
    assert validated_answer({"type": "integer"}, " 3 ") == 3
    assert validated_answer({"type": "integer", "default": 5}, None) == 5


@pytest.mark.parametrize("required", [[], ["a"]])
def test_a_default_may_be_null(required: list[str]) -> None:
    nullable = {"type": ["string", "null"], "default": None}
    schema = {"type": "object", "properties": {"a": nullable}, "required": required}
    assert validated_answer(schema, {}) == validated_answer(schema, {"a": ""}) == {"a": None}


@pytest.mark.parametrize(
    ("schema", "answer", "problems"),
    [
        ({"type": "integer"}, "x", ["The answer has to be a whole number, not 'x'"]),
        ({"type": "integer"}, None, ["The answer needs a value"]),
        (
            {"properties": {"a": {}, "b": {}}},
            "x",
            ["The answer has to be a dictionary of 'a', 'b', not 'x'"],
        ),
        (
            {"properties": {"a": {}, "b": {"writeOnly": True}}},
            "x",
            ["The answer has to be a dictionary of 'a', 'b'"],
        ),
        (
            {"properties": {"a": {}}},
            "[" * 2000 + "]" * 2000,
            ["The answer has to be nested less deep"],
        ),
        (
            {"required": ["a"], "properties": {"a": {"enum": [1, 2]}, "b": {"type": "boolean"}}},
            {"b": "maybe"},
            ["'b' has to be yes or no, not 'maybe'", "'a' is missing (one of 1, 2)"],
        ),
        (
            {"properties": {"a": {"type": "array", "items": {"type": "integer"}}}},
            {"a": ["x"]},
            ["'a.1' has to be a whole number, not 'x'"],
        ),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"a": 1, "c": 2},
            ["The answer takes no 'c'"],
        ),
        (
            {"properties": {"a": {"type": "integer"}}, "not": {"required": ["a"]}},
            {"a": 1},
            ["The answer does not satisfy the schema's 'not': {\"a\": 1}"],
        ),
        (
            {
                "properties": {"a": {"items": {"type": "integer"}}},
                "allOf": [{"properties": {"a": {"maxItems": 1}}}],
            },
            {"a": [1, 2]},
            ["'a' has to have at most 1 values"],
        ),
        ({"type": "null"}, "x", ["The answer has to be null, not 'x'"]),
        ({"enum": ["a", True]}, "maybe", ["The answer has to be one of 'a', true, not 'maybe'"]),
        ({"enum": ["a"], "writeOnly": True}, "b", ["The answer has to be one of 'a'"]),
        (
            {"type": "number"},
            "1e999",
            ["The answer has to be a number that is not as large, not '1e999'"],
        ),
    ],
)
def test_an_answer_that_is_not_valid(schema: dict, answer: object, problems: list) -> None:
    with pytest.raises(InvalidAnswer) as refused:
        validated_answer(schema, answer)
    assert refused.value.problems == problems and str(refused.value) == "; ".join(problems)
    filled = Form(schema)
    filled.take_all(answer)
    with pytest.raises(InvalidAnswer, match=re.escape(problems[0])):
        filled.validated()


def test_an_answer_that_nobody_has_given_is_missing() -> None:
    assert Form({"type": "integer"}).problems() == ["The answer is missing (a whole number)"]


def test_a_value_that_is_given_again_replaces_what_was_wrong() -> None:
    filled = form()
    assert filled.take(filled.fields[0], "many") == "has to be a whole number, not 'many'"
    assert filled.take(filled.fields[0], "9") == "has to be at most 5, not 9"
    assert filled.take(filled.fields[0], "5") == "" and filled.wrong == {}
    assert filled.take(filled.fields[0], "6") != "" and filled.values == {}


def test_a_required_field_that_may_be_null_is_null_when_it_is_left_out() -> None:
    schema = {
        "required": ["a"],
        "properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
    }
    assert validated_answer(schema, {"a": ""}) == {"a": None}


def test_an_optional_field_that_may_be_null_is_left_out_when_it_is_empty() -> None:
    schema = {"properties": {"a": {"type": ["integer", "null"]}}}
    assert validated_answer(schema, {"a": ""}) == {}
    assert validated_answer(schema, {"a": None}) == {"a": None}
