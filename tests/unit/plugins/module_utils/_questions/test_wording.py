# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import Field
from ansible_collections.interactive.openstack.plugins.module_utils._questions.wording import (
    as_text,
    expected,
    listed,
    repr_short,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("a\x9bb", "ab"),
        (3, "3"),
        (True, "yes"),
        (False, "no"),
        (None, "null"),
        ([], "[]"),
        (["a", 1, True], "a, 1, yes"),
        (["a, b"], '["a, b"]'),
        ([" a"], '[" a"]'),
        ([["a"]], '[["a"]]'),
        ({"a": "ü"}, '{"a": "ü"}'),
    ],
)
def test_the_text_of_a_value(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        ("a\nb", "'a'"),
        ("x" * 100, f"'{'x' * 59}…'"),
        (3, "3"),
        ({"a": "ü"}, '{"a": "ü"}'),
        (["x" * 100], f'["{"x" * 57}…'),
        ([10**5000], "…"),
    ],
)
def test_a_value_in_a_sentence(value: object, text: str) -> None:
    assert repr_short(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, ""), (1, "1"), (8, "1, 2, 3, 4, 5, 6, 7, 8"), (9, "1, 2, 3, 4, 5, 6, 7, 8, …")],
)
def test_a_list_in_a_sentence(count: int, text: str) -> None:
    assert listed(str(number + 1) for number in range(count)) == text


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "a text"),
        ({"type": "string"}, "a text"),
        ({"type": "string", "minLength": 1}, "a text"),
        ({"type": "string", "minLength": 1, "maxLength": 9}, "a text of at most 9 characters"),
        ({"type": "string", "minLength": 2}, "a text of at least 2 characters"),
        ({"type": "string", "minLength": 2, "maxLength": 9}, "a text of 2 to 9 characters"),
        ({"pattern": "^a$"}, "a text that matches ^a$"),
        ({"type": "string", "format": "date"}, "a date, YYYY-MM-DD"),
        ({"type": "string", "format": "other"}, "a text"),
        ({"type": "integer"}, "a whole number"),
        ({"type": ["integer", "null"]}, "a whole number"),
        ({"type": ["integer", "boolean"]}, "a whole number or yes or no"),
        ({"type": "null"}, "nothing (null)"),
        ({"type": "integer", "minimum": 1}, "a whole number of at least 1"),
        ({"type": "integer", "maximum": 0}, "a whole number of at most 0"),
        ({"type": "number", "minimum": 0, "maximum": 1.5}, "a number from 0 to 1.5"),
        ({"type": "number", "exclusiveMinimum": 0}, "a number above 0"),
        ({"type": "number", "exclusiveMaximum": 9}, "a number below 9"),
        (
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
            "a number above 0 and below 9",
        ),
        ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, "a number of at least 1"),
        ({"type": "integer", "multipleOf": 5}, "a whole number that is a multiple of 5"),
        ({"type": "boolean", "minimum": 5}, "yes or no"),
        ({"type": "object"}, "a dictionary"),
        ({"type": "array"}, "a list"),
        ({"type": "array", "items": {"type": "string"}}, "a list"),
        ({"type": "array", "items": {"type": "integer"}}, "a list of whole numbers"),
        ({"type": "array", "minItems": 2, "maxItems": 3}, "a list of 2 to 3 values"),
        (
            {"items": {"type": "object"}, "minItems": 1},
            "a list of dictionaries of at least 1 values",
        ),
        ({"type": "array", "maxItems": 3}, "a list of at most 3 values"),
        ({"enum": ["a", True]}, "one of a, yes"),
        ({"const": 5}, "one of 5"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "any of a, b"),
    ],
)
def test_what_a_field_takes(schema: dict, words: str) -> None:
    assert expected(Field("f", schema)) == words
