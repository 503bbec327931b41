# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module of a cloud is in the action group, and in the tests that hold for every module."""

from __future__ import annotations

import importlib
import pathlib
import re
import typing as t

import pytest
import yaml
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Flow
from ansible_collections.interactive.openstack.tests.bench.tasks import calls

PLUGINS = "ansible_collections.interactive.openstack.plugins"

ROOT = pathlib.Path(__file__).parents[2]
WITHOUT_A_CLOUD = {"dialogue_collect", "terminal_info"}


def modules() -> set[str]:
    found = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} - {"__init__"}
    return found - WITHOUT_A_CLOUD


def test_the_action_group_is_complete():
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert set(runtime["action_groups"]["openstack"]) == modules()


@pytest.mark.parametrize("name", sorted(modules()))
def test_both_shells_run_the_same_flow(name):
    module, action = (
        importlib.import_module(f"{PLUGINS}.{kind}.{name}") for kind in ("modules", "action")
    )
    flows = {
        each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Flow)
    }
    assert flows == {action.ActionModule.flow}


def test_the_benchmark_measures_every_module():
    assert set(calls({})) == modules()


def test_errors_are_tested_with_every_module():
    target = ROOT / "tests" / "integration" / "targets" / "errors" / "vars" / "main.yml"
    assert set(yaml.safe_load(target.read_text())["errors_modules"]) == modules()


@pytest.mark.parametrize("name", sorted(modules()))
def test_ids_are_checked_and_waits_are_whole_seconds(name):
    flow = importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule.flow
    ids = {option for option in flow.OPTIONS if option in ("id", "execution")}
    assert set(flow.IDS) == ids
    assert flow.OPTIONS.get("wait_timeout", {"type": "int"})["type"] == "int"


BOOLEANS = {"terminal.interactive"}  # what examples can use as a condition as it is
A_VARIABLE = re.compile(r"(?:not )?([\w.]+)")


def conditions(value: t.Any) -> t.Iterator[str]:
    """Yield the conditions of all tasks in the examples of a page."""
    for task in value or []:
        for key in ("when", "until", "failed_when", "changed_when"):
            found = task.get(key, [])
            yield from [str(each) for each in (found if isinstance(found, list) else [found])]


@pytest.mark.parametrize("name", sorted(modules() | WITHOUT_A_CLOUD))
def test_the_conditions_of_examples_are_booleans(name):
    """Since 2.19, ansible-core refuses a list or a text as a condition."""
    page = importlib.import_module(f"{PLUGINS}.modules.{name}")
    variables = filter(None, map(A_VARIABLE.fullmatch, conditions(yaml.safe_load(page.EXAMPLES))))
    assert {match.group(1) for match in variables} <= BOOLEANS
