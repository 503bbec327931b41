# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.limits import Budget
from ansible_collections.interactive.openstack.plugins.module_utils._questions.form import Form
from ansible_collections.interactive.openstack.plugins.module_utils._questions.parse import (
    NotUnderstood,
    value_of,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import Field
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
    entry = form(note={"type": "string"})
    entry.take_all({"items": "9"})
    assert entry.problems() == ["'items' has to be at most 5, not 9", "'when' is missing (a text)"]


def test_fields_that_are_named_like_keywords_and_methods() -> None:
    entry = form()
    entry.take_all({"items": "5", "when": "now", "loop": 1})
    entry.fill()
    assert entry.problems() == []
    assert entry.answer == {"items": 5, "when": "now", "hosts": "all", "loop": 1}


def test_an_empty_text_is_no_answer() -> None:
    entry = form()
    assert entry.take(entry.fields[0], " ") == "needs a value"
    assert entry.take(entry.fields[2], "") == ""
    assert entry.values == {"hosts": "all"}
    optional = Form({"type": "object", "properties": {"a": {"type": "string"}}})
    assert optional.take(optional.fields[0], "") == "" and optional.answer == {}


def test_a_secret_that_is_wrong_is_not_told() -> None:
    entry = Form({"type": "integer", "writeOnly": True})
    entry.take_all("hunter2")
    assert len(entry.problems()) == 1 and "hunter2" not in entry.problems()[0]


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
    entry = Form(
        {
            "type": "object",
            "properties": {"net": {"type": "object", "properties": {"vlan": {"type": "integer"}}}},
        }
    )
    entry.take_all({"net": {"vlan": "many"}})
    assert entry.problems() == ["'net.vlan' has to be a whole number, not 'many'"]


@pytest.mark.parametrize(("given", "value"), [(None, None), ("", "dflt"), ("x", "x")])
def test_null_is_a_value_where_it_is_allowed(given: object, value: object) -> None:
    entry = Form({"type": ["string", "null"], "default": "dflt"})
    assert entry.take(entry.fields[0], given) == "" and entry.answer == value


def test_nothing_is_null_where_nothing_else_is_a_default() -> None:
    entry = Form({"type": ["integer", "null"]})
    assert entry.take(entry.fields[0], "") == "" and entry.answer is None


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
    entry = Form(schema)
    entry.take_all(given)
    assert entry.problems() == [] and entry.answer == value


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
        entry = Form(schema)
        entry.take_all(given)
        assert len(entry.problems()) == 1


def test_the_fields_of_an_answer_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of answers cost as many limits as fields."""
    children = []

    def spend(budget: Budget, work: t.Callable[[], t.Any]) -> t.Any:
        children.append(budget)
        return work()

    monkeypatch.setattr(Budget, "spend", spend)
    entry = Form({"properties": {f"f{number}": {"pattern": "^(a+)$"} for number in range(20)}})
    entry.take_all({f"f{number}": "aaa" for number in range(20)})
    assert entry.problems() == []
    assert len(children) == 2 and len(set(map(id, children))) == 1  # the fields, and the whole
