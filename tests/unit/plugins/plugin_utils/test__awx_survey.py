# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.form import Form
from ansible_collections.interactive.openstack.plugins.module_utils._questions.variables import (
    variables,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._awx_survey import survey


def question(schema: t.Any, name: str = "it", **more: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "text": "What shall it be?",
        "schema": schema,
        "always": True,
        "unknown": "",
        "problem": "",
        **more,
    }


def answered(asked: dict[str, t.Any], entered: dict[str, t.Any]) -> t.Any:
    """The answer that the variables of a survey make, as dialogue_collect takes them."""
    form = Form(asked["schema"])
    form.take_named(
        {
            field: entered[name]
            for field, name in variables(asked["name"], asked["schema"]).items()
            if name in entered
        }
    )
    form.fill()
    assert form.problems() == []
    return form.answer


@pytest.mark.parametrize(
    ("schema", "kind", "entered", "answer"),
    [
        ({"type": "string"}, "text", "größe {{ 7 * 7 }}", "größe {{ 7 * 7 }}"),
        ({}, "text", "anything", "anything"),
        ({"type": "string", "maxLength": 4000}, "textarea", "two\nlines", "two\nlines"),
        (
            {"type": "string", "writeOnly": True, "minLength": 8},
            "password",
            "hunter2-hunter2",
            "hunter2-hunter2",
        ),
        ({"type": "string", "format": "date"}, "text", "2030-01-31", "2030-01-31"),
        ({"type": "integer", "minimum": 1, "maximum": 50}, "integer", 7, 7),
        ({"type": "number", "minimum": 0.5}, "float", 1.25, 1.25),
        ({"type": "number"}, "float", 3, 3),
        ({"type": "boolean"}, "multiplechoice", "yes", True),
        ({"type": "boolean"}, "multiplechoice", "no", False),
        ({"enum": ["test", "production"]}, "multiplechoice", "production", "production"),
        ({"enum": [1, 2, 3]}, "multiplechoice", "2", 2),
        ({"enum": [True, False, "later"]}, "multiplechoice", "no", False),
        (
            {"enum": [f"choice {n}" for n in range(10_000)]},
            "multiplechoice",
            "choice 9999",
            "choice 9999",
        ),
        ({"enum": [1, "1"]}, "text", "1", "1"),
        (
            {"enum": ["one", "t\u2028wo"]},
            "text",
            "one",
            "one",
        ),  # AWX takes each line of it for a choice
        (
            {"type": "array", "items": {"enum": ["dns", "block storage", "größe"]}},
            "multiselect",
            ["dns", "größe"],
            ["dns", "größe"],
        ),
        ({"type": "array", "items": {"enum": [1, 2]}}, "multiselect", ["1", "2"], [1, 2]),
        (
            {"type": "array", "items": {"type": "string"}},
            "textarea",
            "one\ntwo words",
            ["one", "two words"],
        ),
        ({"type": "array", "items": {"type": "integer"}}, "textarea", "1\n2", [1, 2]),
        ({"type": "object"}, "textarea", '{"a": [1]}', {"a": [1]}),
    ],
)
def test_the_survey_s_variable_is_the_answer(
    schema: dict[str, t.Any], kind: str, entered: t.Any, answer: t.Any
) -> None:
    whole = question(schema)
    spec = survey([whole])["spec"]
    assert [(one["type"], one["variable"], one["required"]) for one in spec] == [
        (kind, "answer_it", True)
    ]
    given = answered(whole, {spec[0]["variable"]: entered})
    assert json.dumps(given) == json.dumps(answer)  # True is no 1
    form = question(
        {
            "type": "object",
            "required": ["a field"],
            "properties": {"a field": schema, "other": {"type": "string"}},
        }
    )
    spec = survey([form])["spec"]
    assert [(one["type"], one["variable"], one["required"]) for one in spec] == [
        (kind, "answer_it_a_field", True),
        ("text", "answer_it_other", False),
    ]
    # AWX sends an empty text for what was left out
    assert answered(form, {"answer_it_a_field": entered, "answer_it_other": ""}) == {
        "a field": answer
    }


@pytest.mark.parametrize(
    ("schema", "default"),
    [
        ({"type": "string", "default": "overcloud"}, "overcloud"),
        ({"type": "string", "maxLength": 4000, "default": "two\nlines"}, "two\nlines"),
        ({"type": "integer", "default": 3}, 3),
        ({"type": "number", "default": 0.5}, 0.5),
        ({"type": "boolean", "default": False}, "no"),
        ({"enum": ["a", "b"], "default": "b"}, "b"),
        ({"type": "array", "items": {"enum": ["a", "b", "c"]}, "default": ["a", "c"]}, "a\nc"),
        ({"type": "array", "items": {"type": "string"}, "default": ["a", "c"]}, "a, c"),
        ({"type": "object", "default": {"a": 1}}, '{"a": 1}'),
    ],
)
def test_a_default_is_what_the_survey_begins_with(schema: dict[str, t.Any], default: t.Any) -> None:
    asked = question(schema)
    spec = survey([asked])["spec"][0]
    assert spec["default"] == default and not spec["required"]
    entered = default.split("\n") if spec["type"] == "multiselect" else default
    for given in (entered, ""):
        assert answered(asked, {"answer_it": given}) == schema["default"]


def test_the_default_of_a_whole_number_is_one() -> None:
    default = survey([question({"type": "integer", "default": 3.0})])["spec"][0]["default"]
    assert isinstance(default, int) and default == 3


def test_the_default_of_a_secret_is_in_no_survey() -> None:
    asked = question({"type": "string", "writeOnly": True, "default": "hunter2-hunter2"})
    assert "hunter2" not in str(survey([asked]))
    assert answered(asked, {"answer_it": ""}) == "hunter2-hunter2"


@pytest.mark.parametrize(
    ("schema", "least", "most"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 50}, 1, 50),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9}, 1, 8),
        ({"type": "integer", "minimum": 0.5, "maximum": 50.0}, 1, 50),
        ({"type": "number", "minimum": 0.5, "maximum": 2.5}, 0, 3),
        ({"type": "string", "minLength": 2000}, 2000, 32768),
        ({"type": "string", "minLength": 2, "maxLength": 64}, 2, 64),
        ({"type": "string"}, 0, 1024),
    ],
)
def test_bounds(schema: dict[str, t.Any], least: t.Any, most: t.Any) -> None:
    spec = survey([question(schema)])["spec"][0]
    assert (spec["min"], spec["max"]) == (least, most)
    # AWX refuses all others
    assert {type(spec["min"]), type(spec["max"])} <= {int, type(None)}


def test_what_a_person_reads() -> None:
    form = question(
        {
            "type": "object",
            "properties": {
                "n": {
                    "title": "Nodes",
                    "description": "Compute nodes.",
                    "type": "integer",
                    "minimum": 1,
                }
            },
        }
    )
    spec = survey([form])["spec"][0]
    assert (spec["question_name"], spec["question_description"]) == (
        "Nodes",
        "What shall it be? Compute nodes. A whole number of at least 1.",
    )
    spec = survey([question({"type": "array", "items": {"type": "integer"}})])["spec"][0]
    assert (spec["question_name"], spec["question_description"]) == (
        "What shall it be?",
        "A list of whole numbers, one a line.",
    )


def test_what_is_not_asked_always_is_not_required() -> None:
    assert [
        one["required"] for one in survey([question({"type": "integer"}, always=False)])["spec"]
    ] == [False]


def test_what_cannot_be_asked_beforehand_is_left_out() -> None:
    left_out = [
        question(None, unknown="its schema"),
        question({"type": "x"}, problem="its schema is no JSON Schema"),
    ]
    assert survey(left_out, "Deploy", "why") == {"name": "Deploy", "description": "why", "spec": []}


@pytest.mark.parametrize(
    ("name", "schema", "names"),
    [
        ("", {"type": "integer"}, {}),
        ("what?", None, {"": "answer_what_"}),
        ("größe", {"type": "integer"}, {"": "answer_gr__e"}),
        ("q", {"properties": {"a b": {}, "c": {}}}, {"a b": "answer_q_a_b", "c": "answer_q_c"}),
    ],
)
def test_the_variables_of_a_question(name: str, schema: dict | None, names: dict) -> None:
    assert variables(name, schema) == names
