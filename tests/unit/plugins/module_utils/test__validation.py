# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._validation import check, default_answer, problems

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
    ("schema", "said"),
    [
        ([1], "no dictionary"),
        ({"type": "intger"}, "is no JSON Schema: type"),
        ({"properties": {"a": {"minimum": "x"}}}, "is no JSON Schema: properties.a.minimum"),
        ({"type": "integer", "default": "many"}, "has a default that it does not allow"),
        ({"type": "object", "properties": {"n": {"maximum": 5, "default": 6}}}, "has a default of 'n' that it does not allow"),
        ({"$ref": "http://example.org/schema"}, "uses $ref"),
        ({"properties": {"a": {"items": {"$ref": "#"}}}}, "uses $ref"),
        ({"properties": {"default": {"$ref": "http://example.org/schema"}}}, "uses $ref"),
        ({"$schema": {}}, "names a $schema that is not known"),
        ({"$schema": "http://json-schema.org/draft-03/schema#", "required": True}, "names a $schema that is not known"),
        ({"$schema": "http://example.org/schema"}, "names a $schema that is not known"),
        ({"enum": []}, "without a value to choose"),
        ({"properties": {"": {"type": "string"}}}, "a property without a name"),
        ({"minimum": 5, "maximum": 4}, "allows nothing: its minimum, 5, is above its maximum, 4"),
        ({"properties": {"a": {"pattern": "("}}}, "is no JSON Schema: properties.a.pattern"),
    ],
)
def test_what_is_no_schema_of_an_answer(schema: object, said: str) -> None:
    with pytest.raises(Failure) as refused:
        check(schema)
    assert refused.value.error_code == "bad_schema"
    assert said in refused.value.message


@pytest.mark.parametrize("schema", [FORM, {}, {"properties": {"$ref": {"type": "string"}}}, {"enum": [{"$ref": "a value"}]}])
def test_what_is_one(schema: dict) -> None:
    check(schema)


def test_a_schema_that_is_nested_too_deep() -> None:
    schema: dict = {}
    for _level in range(2000):
        schema = {"properties": {"a": schema}}
    with pytest.raises(Failure, match="nested too deep"):
        check(schema)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_what_json_has_no_number_for(value: object) -> None:
    assert problems({}, value) == ["has to be a number that is not infinite"]


@pytest.mark.parametrize(("pattern", "value", "said"), [
    ("^[a-z]+(-[a-z]+)*$", "a-b", []),
    ("^[a-z]+(-[a-z]+)*$", "a-größe", ["has to match ^[a-z]+(-[a-z]+)*$, not 'a-größe'"]),
    ("^[a-z]*$", "A", ["has to match ^[a-z]*$, not 'A'"]),
    ("^(a+)+$", "a" * 48 + "!", ["takes too long to be compared with the pattern ^(a+)+$, which has to be mended"]),
])
def test_patterns(pattern: str, value: str, said: list) -> None:
    assert problems({"pattern": pattern}, value) == said


def test_a_number_that_is_too_large() -> None:
    assert problems({"multipleOf": 0.5}, 10**400) == ["has to be a number that is not as large"]


def test_a_name_that_a_pattern_allows_is_not_the_wrong_one() -> None:
    schema = {"patternProperties": {"^x": {}}, "additionalProperties": False}
    assert problems(schema, {"x1": 1, "y": 2}) == ["takes no 'y'"]


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "integer"}, "x", "has to be a whole number, not 'x'"),
        (FORM, {"name": "a", "nodes": 51}, "'nodes' has to be at most 50, not 51"),
        (FORM, {"name": "a"}, "lacks 'nodes'"),
        (FORM, {"name": "", "nodes": 1}, "'name' has to have at least 1 characters"),
        ({"enum": ["a", "b"]}, "c", "has to be one of 'a', 'b', not 'c'"),
        ({"type": "string", "format": "ipv4"}, "1.2.3", "has to be an IPv4 address, not '1.2.3'"),
        ({"type": "object", "additionalProperties": False}, {"x": 1}, "takes no 'x'"),
        ({"items": {"enum": ["a"]}}, ["a", "b"], "'2' has to be 'a', not 'b'"),
    ],
)
def test_problems_are_sentences(schema: dict, value: object, said: str) -> None:
    assert problems(schema, value) == [said]


def test_a_secret_is_in_no_sentence() -> None:
    value = {"name": "a", "nodes": 1, "password": "hunter2"}
    for wrong in (dict(value), dict(value, password=["hunter2"])):
        told = problems(FORM, wrong)
        assert len(told) == 1 and "hunter2" not in told[0]


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"type": "integer", "default": 0}, 0),
        ({"type": "integer"}, None),
        (FORM, None),
        ({"type": "object", "properties": {"a": {"default": 1}, "b": {}}}, {"a": 1}),
    ],
)
def test_the_answer_that_defaults_make(schema: dict, answer: object) -> None:
    assert default_answer(schema) == answer
