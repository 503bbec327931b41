# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A number has a name that says what it bounds: one name does not stand for two numbers."""

from __future__ import annotations

import ast
import collections
import pathlib
import typing as t

MODULE_UTILS = pathlib.Path(__file__).parents[2] / "plugins" / "module_utils"


def named_numbers(source: str) -> t.Iterator[str]:
    """Yield the names of the numbers that a file defines."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
            continue
        if isinstance(node.value.value, (int, float)) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id


def test_named_numbers_are_found() -> None:
    source = "SECONDS = 5\nMOST = 1_000\nTEXT = 'a'\nSUM = 1 + 1\n\ndef f():\n    x = 5\n"
    assert list(named_numbers(source)) == ["SECONDS", "MOST"]


def test_a_name_stands_for_one_number() -> None:
    files = collections.defaultdict(list)
    for file in sorted(MODULE_UTILS.rglob("*.py")):
        for name in named_numbers(file.read_text(encoding="utf-8")):
            files[name].append(f"{file.parent.name}/{file.name}")
    assert {name: found for name, found in files.items() if len(found) > 1} == {}
