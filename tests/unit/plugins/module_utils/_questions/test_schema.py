# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import (
    Field,
    allows_null,
    choices,
    fields,
    is_secret,
    kinds,
)

FORM = {
    "type": "object",
    "required": ["name", "nodes"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "default": "overcloud"},
        "nodes": {"type": "integer", "minimum": 1, "maximum": 50},
        "password": {"type": "string", "writeOnly": True, "minLength": 8},
    },
}


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"type": "string", "writeOnly": True}]},
        {"anyOf": [{"type": "null"}, {"format": "password"}]},
        {"properties": {"a": {"patternProperties": {"x": {"writeOnly": True}}}}},
        {"items": {"additionalProperties": {"writeOnly": True}}},
    ],
)
def test_a_secret_wherever_it_stands(schema: dict) -> None:
    assert is_secret(schema)


@pytest.mark.parametrize("secret", [True, False])
def test_a_secret_in_a_schema_that_is_nested_very_deep(secret: bool) -> None:
    schema: dict = {"writeOnly": secret}
    for _level in range(2000):
        schema = {"properties": {"a": schema}}
    assert is_secret(schema) == secret


def test_many_parts_are_put_together_in_linear_time() -> None:
    """Each of them was copied for each of the others: minutes for as many."""
    schema = {
        "allOf": [{f"x-{number}": number} for number in range(50_000)],
        "properties": {f"p{n}": {} for n in range(50_000)},
    }
    assert len(fields(schema)) == 50_000


@pytest.mark.parametrize(
    ("schema", "kind", "choices"),
    [
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer", []),
        ({"allOf": [{"type": "integer"}, {"minimum": 1}]}, "integer", []),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "", []),
        ({"anyOf": [{"const": 1}, {"type": "string"}]}, "", []),
        ({"oneOf": [{"const": 1, "title": "one"}, {"const": 2}]}, "", [1, 2]),
        ({"type": ["null", "string"]}, "string", []),
        (
            {"type": "array", "items": {"anyOf": [{"const": "a"}, {"const": "b"}]}},
            "array",
            ["a", "b"],
        ),
    ],
)
def test_what_a_person_is_asked_for(schema: dict, kind: str, choices: list) -> None:
    field = fields(schema)[0]
    assert (field.kind, field.choices) == (kind, choices)


def test_what_is_required_without_a_property_is_asked_for_and_what_is_forbidden_is_not() -> None:
    schema = {
        "type": "object",
        "required": ["b"],
        "properties": {"a": {"type": "string"}, "c": False},
    }
    assert [(field.name, field.required) for field in fields(schema)] == [("a", False), ("b", True)]


def test_fields_are_the_properties_or_the_answer_itself() -> None:
    assert [(field.name, field.required, field.secret) for field in fields(FORM)] == [
        ("name", True, False),
        ("nodes", True, False),
        ("password", False, True),
    ]
    assert [field.name for field in fields({"type": "integer"})] == [""]


@pytest.mark.parametrize(
    ("schema", "title", "description"),
    [
        ({}, "n", ""),
        ({"title": "Nodes", "description": "How many?"}, "Nodes", "How many?"),
        ({"title": "a\x9bb", "description": "c\x9bd"}, "ab", "cd"),
        ({"title": " ", "description": 5}, "n", ""),
        ({"title": 5}, "n", ""),
        ({"allOf": [{"title": "Nodes"}]}, "Nodes", ""),
        ({"title": "Nodes", "allOf": [{"title": "a part's"}]}, "Nodes", ""),
        ({"title": "Nodes", "anyOf": [{"title": "a part's"}, {"type": "null"}]}, "Nodes", ""),
    ],
)
def test_what_a_person_reads_of_a_field(schema: dict, title: str, description: str) -> None:
    field = Field("n", schema)
    assert (field.title, field.description) == (title, description)


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({}, []),
        ({"type": "null"}, ["null"]),
        ({"type": ["null", "string"]}, ["string"]),
        ({"type": 5}, []),
        ({"properties": {}}, ["object"]),
        ({"properties": 5, "items": {}}, ["array"]),
    ],
)
def test_the_types_that_a_schema_asks_for(schema: dict, names: list) -> None:
    assert kinds(schema) == names


@pytest.mark.parametrize(
    ("schema", "allows"),
    [
        ({}, False),
        ({"type": "null"}, True),
        ({"type": ["string", "null"]}, True),
        ({"type": "string"}, False),
        ({"enum": ["a", None]}, True),
        ({"const": None}, True),
        ({"anyOf": [{"type": "string"}, {"allOf": [{"type": "null"}]}]}, True),
        ({"oneOf": [{"type": "string"}, 5]}, False),
    ],
)
def test_whether_a_schema_names_null(schema: dict, allows: bool) -> None:
    assert allows_null(schema) is allows


@pytest.mark.parametrize(
    ("schema", "values"), [({}, []), ({"enum": "abc"}, []), ({"const": 1, "enum": [2]}, [2])]
)
def test_the_values_to_choose_from(schema: dict, values: list) -> None:
    assert choices(schema) == values


def test_the_parts_of_a_secret_are_secrets() -> None:
    schema = {"writeOnly": True, "properties": {"a": {}, "b": True}}
    assert [(field.secret, field.schema) for field in fields(schema)] == [(True, {}), (True, {})]


SECRET = {"a": {"writeOnly": True}}


@pytest.mark.parametrize(
    ("schema", "secrets"),
    [
        ({"properties": {**SECRET, "b": {}}}, [True, False]),
        ({"properties": {"a": {}}, "type": "object", "format": "password"}, [True]),
        ({"properties": {"a": {}, "b": {}}, "allOf": [{"properties": SECRET}]}, [True, True]),
        ({"allOf": [{"properties": {**SECRET, "b": {}}}]}, [True, False]),
        ({"properties": {"a": {}}, "anyOf": [{"writeOnly": True}, {"title": "x"}]}, [True]),
        ({"properties": {"a": {"properties": SECRET}, "b": {}}}, [True, False]),
    ],
)
def test_a_secret_that_is_marked_outside_of_the_fields_makes_all_secret(
    schema: dict, secrets: list[bool]
) -> None:
    assert [field.secret for field in fields(schema)] == secrets
