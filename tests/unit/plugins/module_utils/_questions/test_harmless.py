# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which schemas need no process with limits."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.harmless import (
    is_harmless,
    is_harmless_for,
    is_plain_pattern,
)


@pytest.mark.parametrize(
    ("pattern", "plain"),
    [
        ("", True),
        ("abc", True),
        ("^[a-z][a-z0-9-]{0,62}$", True),
        (r"^\d{1,3}$", True),
        (r"^v\d+\.x$", True),
        ("a*b", True),
        ("[^a]?", True),
        ("a+a+", False),
        ("(a)", False),
        ("(a|a)+", False),
        ("a|b", False),
        ("a?a?", False),
        ("a{2}{3}", False),
        (r"(a)\1", False),
        ("(?=a)", False),
        ("(?i)a", False),
        (r"\1", False),
        (r"\u0041", False),
        ("[a", False),
        ("a" * 201, False),
        ("a{1,5000}", False),
        (1, False),
    ],
)
def test_plain_patterns(pattern: t.Any, plain: bool) -> None:
    assert is_plain_pattern(pattern) == plain


FORM = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer", "maximum": 5}, "s": {"pattern": "^a+$"}},
}


@pytest.mark.parametrize(
    ("schema", "harmless"),
    [
        (FORM, True),
        ({}, True),
        ({"anyOf": [{"const": 1}, {"const": 2}], "title": "x", "format": "date"}, True),
        ({"x-mine": 1}, False),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, False),
        ({"patternProperties": {"a": {}}}, False),
        ({"allOf": [{"unevaluatedProperties": False}]}, False),
        ({"items": {"pattern": "(a+)+"}}, False),
        ({"format": "uri"}, False),
        ({"format": []}, False),
        ({"enum": list(range(1000))}, False),
        ({"description": "x" * 30_000}, False),
    ],
)
def test_harmless_schemas(schema: dict, harmless: bool) -> None:
    assert is_harmless(schema) == harmless


@pytest.mark.parametrize(
    ("schema", "value", "harmless"),
    [
        (FORM, {"n": 1, "s": "aaa"}, True),
        (FORM, [1] * 200, False),
        (FORM, "x" * 3000, False),
        (
            {"allOf": [{"pattern": "a*b"}] * 100},
            "a" * 1000,
            False,
        ),  # each takes the square of the text
        ({"pattern": "(a)"}, "a", False),
    ],
)
def test_values_that_cost_next_to_nothing(schema: dict, value: t.Any, harmless: bool) -> None:
    assert is_harmless_for(schema, value) == harmless
