# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When two values are the same as JSON."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.json_types import (
    as_list,
    as_object,
    is_same_json,
)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, 0, False),
        ("1", 1, False),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {"a": True}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        ([], {}, False),
    ],
)
def test_values_are_compared_as_json(left: t.Any, right: t.Any, expected: bool) -> None:
    for pair in ((left, right), (right, left)):
        assert is_same_json(*pair) is expected


def test_a_value_of_another_type_is_an_empty_one() -> None:
    assert as_object({"a": 1}) == {"a": 1} and as_object([1]) == as_object(None) == {}
    assert as_list([1]) == [1] and as_list({"a": 1}) == as_list("text") == []
