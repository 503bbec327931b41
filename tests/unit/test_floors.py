# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of module_utils are floors: an import goes down only, and is relative."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

MODULE_UTILS = pathlib.Path(__file__).parents[2] / "plugins" / "module_utils"
FLOORS = ("_base", "_cloud", "_services", "_questions", "_dialogue", "_shell", "_flows")
# What is asked and answered knows no service, so that it can be used without a cloud.
NOT_FOR = {"_questions": {"_cloud", "_services"}}
SERVICES = re.compile(r"Mistral|Zaqar|Keystone")
FILES = sorted(MODULE_UTILS.rglob("*.py"))


def imported_floors(source: str, floor: str) -> list[str]:
    """Return the floors that a file of ``floor`` imports from, and the absolute imports of module_utils."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found += [name.split(".")[0] for name in names]
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            found.append(floor)
        elif isinstance(node, ast.ImportFrom) and "module_utils._" in (node.module or ""):
            found.append(node.module or "")
    return found


def wrong_imports(source: str, floor: str) -> list[str]:
    below = set(FLOORS[: FLOORS.index(floor) + 1]) - NOT_FOR.get(floor, set())
    return [name for name in imported_floors(source, floor) if name not in below]


def test_every_file_lies_on_a_floor() -> None:
    assert FILES
    assert {file.relative_to(MODULE_UTILS).parts[0] for file in FILES} == set(FLOORS)
    assert all(len(file.relative_to(MODULE_UTILS).parts) == 2 for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_imports_go_down(file: pathlib.Path) -> None:
    assert wrong_imports(file.read_text(encoding="utf-8"), file.parent.name) == []


@pytest.mark.parametrize(
    "file", sorted(MODULE_UTILS.glob("_base/*.py")), ids=lambda file: file.name
)
def test_the_lowest_floor_knows_no_service(file: pathlib.Path) -> None:
    assert not SERVICES.search(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("floor", "line", "wrong"),
    [
        ("_base", "from .._cloud.login import Cloud", ["_cloud"]),
        ("_cloud", "from .._base.errors import Failure", []),
        ("_services", "from .zaqar import Zaqar", []),
        ("_services", "from .. import _flows", ["_flows"]),
        ("_questions", "from .._services.mistral import Mistral", ["_services"]),
        ("_flows", "def f():\n    from .._dialogue.deliver import Answer", []),
        (
            "_base",
            "from ansible_collections.a.b.plugins.module_utils._base.text import x",
            ["ansible_collections.a.b.plugins.module_utils._base.text"],
        ),
    ],
)
def test_an_import_that_goes_up_is_found(floor: str, line: str, wrong: list[str]) -> None:
    assert wrong_imports(line, floor) == wrong
