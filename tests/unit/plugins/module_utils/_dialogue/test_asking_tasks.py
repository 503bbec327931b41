# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that ask a person, and may end before their question."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.asking_tasks import (
    complaints,
)

ASK = "interactive.ask"


def definition(task: t.Any, **keys: t.Any) -> dict[str, t.Any]:
    return {"version": "2.0", "w": {"tasks": {"t": task}, **keys}}


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (definition({"workflow": ASK, "timeout": 60}), 1),
        (definition({"workflow": ASK, "timeout": 60, "input": {"timeout": 60}}), 1),
        (definition({"workflow": ASK, "timeout": 99999, "input": {"timeout": 0}}), 1),
        (definition({"workflow": ASK}, **{"task-defaults": {"timeout": 60}}), 1),
        (definition({"workflow": ASK, "timeout": 0}), 0),
        (definition({"workflow": ASK, "timeout": 61, "input": {"timeout": 60}}), 0),
        (definition({"workflow": ASK, "timeout": 86401}), 0),
        (definition({"workflow": ASK, "timeout": "<% $.t %>"}), 0),
        (definition({"workflow": ASK, "timeout": 60, "input": {"timeout": "<% $.t %>"}}), 0),
        (definition({"workflow": ASK, "timeout": 60, "input": "<% $.all %>"}), 1),
        (definition({"workflow": ASK, "retry": {"count": 3, "delay": 1}}), 0),
        (definition({"workflow": ASK, "input": {"timeout": 60}}), 0),
        (definition({"workflow": "other", "timeout": 60}), 0),
        (definition({"action": "std.noop", "timeout": 60}), 0),
        (definition("no task"), 0),
        ({"version": "2.0", "w": None}, 0),
        ([], 0),
    ],
)
def test_a_task_that_ends_before_its_question(data: t.Any, count: int) -> None:
    sentences = complaints(data)
    assert len(sentences) == count
    assert all("Task 't' of workflow 'w'" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("task", "word"),
    [
        ({"join": "all", "pause-before": True}, "ignores its 'pause-before'"),
        ({"join": 1, "pause-before": "<% $.ask %>"}, "ignores its 'pause-before'"),
        ({"join": "all", "pause-before": False}, ""),
        ({"join": "all"}, ""),
        ({"pause-before": True}, ""),
        ({"on-success": "pause"}, "engine command 'pause'"),
        ({"on-error": ["pause", "u"]}, "engine command 'pause'"),
        ({"on-complete": {"next": [{"pause": "<% $.ask %>"}]}}, "engine command 'pause'"),
        ({"on-success": "pause_it"}, ""),
    ],
)
def test_a_gate_at_which_nobody_is_asked(task: dict[str, t.Any], word: str) -> None:
    sentences = complaints(definition({"action": "std.noop", **task}))
    assert len(sentences) == bool(word)
    assert all(word in each and "Task 't' of workflow 'w'" in each for each in sentences)


def test_a_default_of_all_tasks_is_no_gate_either() -> None:
    data = definition({"join": "all"}, **{"task-defaults": {"pause-before": True}})
    assert "ignores its 'pause-before'" in complaints(data)[0]
