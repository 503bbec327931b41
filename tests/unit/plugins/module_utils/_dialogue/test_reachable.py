# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which workflow a name means that a task calls."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.reachable import (
    MOST_READ,
    Reachable,
    mentions,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.definition import (
    Workflows,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Workflow,
)

SPEC = {"tasks": {"t": {"action": "std.noop"}}}


class Stored:
    """What Mistral has, and which names were read."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.read: list[str] = []

    def __call__(self, name: str) -> Workflow | None:
        self.read.append(name)
        if name not in self.names:
            return None
        key = name.rpartition(".")[2]
        text = f"{key}:\n  tasks: {{t: {{action: std.noop}}}}\n"
        return Workflow.planned(None, name, "", "private", text)


@pytest.mark.parametrize(
    ("called", "caller", "stored", "name"),
    [
        ("own", "own", ["own"], "own"),
        ("other", "own", ["other"], "other"),
        ("other", "book.first", ["other", "book.other"], "book.other"),
        ("other", "book.first", ["other"], "other"),
        ("other", "own", [], ""),
        ("<% $.name %>", "own", ["<% $.name %>"], ""),
        ("", "own", [""], ""),
    ],
)
def test_the_workflow_that_a_task_calls(
    called: str, caller: str, stored: list[str], name: str
) -> None:
    reachable = Reachable(Workflows({"own": SPEC, "version": "2.0"}), Stored(*stored))
    assert reachable.full_name(called, caller) == name


def test_each_name_is_read_once_and_not_without_end() -> None:
    stored = Stored()
    reachable = Reachable(Workflows({}), stored)
    for _time in range(2):
        for number in range(2 * MOST_READ):
            assert not reachable.full_name(f"w{number}")
    assert len(stored.read) == len(set(stored.read)) == MOST_READ


@pytest.mark.parametrize(
    ("value", "mentioned"),
    [
        ({"a": [{"b": "call interactive.ask now"}]}, True),
        ({"interactive.ask": 1}, True),
        ({"a": [1, None, "interactive"]}, False),
    ],
)
def test_a_word_anywhere(value: object, mentioned: bool) -> None:
    assert mentions(value, "interactive.ask") is mentioned


def test_no_depth_is_too_deep() -> None:
    value: object = "interactive.ask"
    for _level in range(100_000):
        value = [value]
    assert mentions(value, "interactive.ask")
