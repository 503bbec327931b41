# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._definition import canonical, dump, load, names, only
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure


def same(one: str, other: str) -> bool:
    return canonical(load(one)) == canonical(load(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("version: '2.0'\nw: {tasks: {a: 1, b: 2}}\n", "# new\nw:\n  tasks:\n    b: 2\n    a: 1\nversion: 2.0\n"),
        ("version: 2\nw: {x: text}", "version: '2.0'\nw: {x: 'text'}"),
        ("w: {x: null}", "w: {x: }"),
        ("w: {x: |\n  a\n  b\n  }".replace("{x: |\n  a\n  b\n  }", "\n  x: |\n    a\n    b\n"), 'w: {x: "a\\nb\\n"}'),
    ],
)
def test_the_same_meaning(one, other):
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("w: {x: 1}", "w: {x: true}"),
        ("w: {x: 1}", "w: {x: 1.0}"),
        ("w: {x: 1}", "w: {x: '1'}"),
        ("w: {x: null}", "w: {x: 'null'}"),
        ("w: {on: 1}", "w: {'on': 1}"),
        ("w: {x: 2020-01-01}", "w: {x: '2020-01-01'}"),
        ("w: {x: [1, 2]}", "w: {x: [2, 1]}"),
        ("version: 2.0\nw: {version: 2}", "version: 2.0\nw: {version: '2.0'}"),
    ],
)
def test_another_meaning(one, other):
    assert not same(one, other)


def test_keys_of_several_types_have_an_order():
    assert canonical({"w": {1: "a", "1": "b", None: "c"}}) == canonical({"w": {None: "c", "1": "b", 1: "a"}})


def test_anchors_are_text_as_in_mistral():
    assert load("w: {x: *a}") == {"w": {"x": "*a"}}
    assert load("w: {to: @all}") == {"w": {"to": "@all"}}


def test_dump_keeps_the_order_and_reads_back():
    data = {"z": {"text": "a\nb\n", "unicode": "größer", "bool": "yes", "date": "2020-01-01"}, "a": [1, "1", None]}
    shared = {"k": 1}
    data["b"], data["c"] = shared, shared
    text = dump(data)
    assert load(text) == data and list(load(text)) == list(data)
    assert "&" not in text and "größer" in text and "|" in text


def test_names_and_parts_of_a_definition():
    data = load("version: 2.0\na: {t: 1}\nb: {t: 2}\nc: {t: 3}")
    assert names(data) == ["a", "b", "c"]
    assert only(data, ["c", "a"]) == {"version": 2.0, "a": {"t": 1}, "c": {"t": 3}}
    assert names("text") == names(None) == names({"version": 2}) == []


def test_what_is_not_yaml_says_where():
    with pytest.raises(Failure) as raised:
        load("version: '2.0'\nw: [")
    assert raised.value.error_code == "invalid_definition"
    assert "line 2, column" in raised.value.message and "\n" not in raised.value.message
