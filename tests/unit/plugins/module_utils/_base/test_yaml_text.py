# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML that a person wrote, and what is wrong with it."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base import yaml_text
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure


def test_the_data_of_a_text() -> None:
    assert yaml_text.load("a: [1, two, 2026-01-31]\nb: {}")["a"][:2] == [1, "two"]


@pytest.mark.parametrize(
    ("text", "cause", "place"),
    [
        ("a: [1", "expected ',' or ']'", "line 1, column 6"),
        ("a: b: c", "mapping values are not allowed here", "line 1, column 5"),
        ("a: 2026-13-31", "'2026-13-31' is not a date or a time that exists", "line 1, column 4"),
        ("a:\n  b: !!int x", "'x' is not an integer, or has too many digits", "line 2, column 6"),
        ("a: !!bool x", "'x' is neither true nor false; if it is text", "line 1, column 4"),
        ("a: !!float x", "'x' is not a number", "line 1, column 4"),
        ("a: b\nc: d\x00", "the character U+0000 is not allowed", "line 2, column 5"),
        ("a: \ud800", "the character U+D800 is not allowed", "line 1, column 4"),
        ("[" * 151 + "]" * 151, "it is nested more than 150 levels deep", "line 1, column 151"),
    ],
)
def test_what_is_wrong_and_where(text: str, cause: str, place: str) -> None:
    with pytest.raises(yaml_text.InvalidYaml) as caught:
        yaml_text.load(text)
    assert cause in caught.value.cause and caught.value.place == place


def test_a_place_that_nobody_knows_is_none() -> None:
    assert yaml_text.InvalidYaml("it is odd").place == ""


def test_what_is_missing_without_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "HAS_YAML", False)
    with pytest.raises(Failure, match="PyYAML is missing") as caught:
        yaml_text.load("a: b")
    assert caught.value.error_code == "missing_client"
