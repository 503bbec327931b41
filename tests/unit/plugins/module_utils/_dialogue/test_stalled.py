# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which executions are stalled, and how they are recovered."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.snapshot import (
    Snapshot,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.stalled import (
    CHECK_INTERVAL,
    Stall,
    StallMemory,
    decide_stall,
    is_check_due,
    pauses_next,
    recover,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Execution,
    Task,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

PAUSES = "{tasks: {t: {action: std.noop, pause-before: true}, u: {action: std.noop}}}"


def tasks(**states: str) -> tuple[Task, ...]:
    return tuple(Task.of({"id": id, "state": state}) for id, state in states.items())


@pytest.mark.parametrize(
    ("before", "after", "stalled"),
    [
        # a task that is not begun, seen twice
        ({"a": "SUCCESS", "b": "IDLE"}, {"a": "SUCCESS", "b": "IDLE"}, {"b"}),
        ({"a": "IDLE"}, {"a": "RUNNING"}, None),
        ({"a": "RUNNING"}, {"a": "RUNNING"}, None),
        ({"a": "IDLE"}, {"a": "SUCCESS", "b": "IDLE"}, None),
        ({"a": "IDLE"}, {"a": "IDLE", "b": "IDLE"}, {"a"}),
        # nothing is left to run
        ({}, {}, {"e"}),
        ({"a": "SUCCESS"}, {"a": "SUCCESS"}, {"e", "a"}),
        ({"a": "SUCCESS"}, {"a": "SUCCESS", "b": "SUCCESS"}, None),  # something ended meanwhile
        ({"a": "RUNNING"}, {"a": "SUCCESS"}, None),
    ],
)
def test_two_looks_must_see_the_same(
    before: dict[str, str], after: dict[str, str], stalled: set[str] | None
) -> None:
    first, memory = decide_stall("e", tasks(**before), StallMemory(), 5.0)
    assert first is None and memory.checked_at == 5.0
    second, memory = decide_stall("e", tasks(**after), memory, 10.0)
    assert (second.ids if second else None) == stalled
    assert memory.checked_at == 10.0


@pytest.mark.parametrize(
    ("states", "checked_at", "elapsed", "is_due"),
    [
        (["RUNNING"], 0.0, CHECK_INTERVAL - 0.1, False),
        (["RUNNING"], 0.0, CHECK_INTERVAL, True),
        (["RUNNING"], 7.0, 7.0 + CHECK_INTERVAL, True),
        (["RUNNING"], 1000.0, 1050.0, False),  # a tenth of a long wait
        (["RUNNING"], 900.0, 1000.0, True),
        (["RUNNING", "SUCCESS"], 0.0, 5.0, True),
        (["RUNNING", "RUNNING"], 0.0, 5.0, False),  # an open sub-workflow
    ],
)
def test_when_the_tasks_are_looked_at(
    states: list[str], checked_at: float, elapsed: float, is_due: bool
) -> None:
    tree = tuple(
        Execution.of({"id": str(number), "state": state}) for number, state in enumerate(states)
    )
    assert is_check_due(Snapshot(tree), StallMemory(checked_at), elapsed) is is_due


@pytest.mark.parametrize(
    ("name", "definition", "task", "pauses"),
    [
        ("w", f"w: {PAUSES}", {"name": "t"}, True),
        ("w", f"w: {PAUSES}", {"name": "u"}, False),
        ("w", f"w: {PAUSES}", {"name": "t", "state_info": "Set by 'pause-before' policy"}, False),
        # a workflow of a workbook, whose definition has the short name
        ("ops.v1.w", f"w: {PAUSES}", {"name": "t"}, True),
        (
            "w",
            "w: {task-defaults: {pause-before: true}, tasks: {t: {action: std.noop}}}",
            {"name": "t"},
            True,
        ),
        ("w", "\n", {"name": "t"}, False),
        ("w", "a: [", {"name": "t"}, False),
        ("w", f"w: {PAUSES}", {"name": "t", "workflow_id": "deleted"}, False),
        # a Mistral that does not say which workflow it is
        ("w", f"w: {PAUSES}", {"name": "t", "workflow_id": None}, True),
    ],
)
def test_it_stays_paused_where_the_workflow_pauses(
    name: str, definition: str, task: dict[str, t.Any], pauses: bool
) -> None:
    cloud = FakeCloud()
    cloud.mistral.add_workflow(name, definition)
    execution = cloud.mistral.add_execution(name)
    stored = cloud.mistral.add_task(execution, task.pop("name"), "IDLE", **task)
    stall = Stall(frozenset([stored["id"]]), (Task.of(stored),))
    mistral = Mistral(t.cast(t.Any, cloud))
    assert pauses_next(mistral, stall) is pauses
    recover(mistral, execution["id"], pauses)
    changes = [
        request.body["state"] for request in cloud.requests if request.kind == "update_execution"
    ]
    assert changes == (["PAUSED"] if pauses else ["PAUSED", "RUNNING"])
