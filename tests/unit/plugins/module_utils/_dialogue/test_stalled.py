# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which executions can be stalled."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.stalled import (
    fingerprint,
    stall_of,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Execution,
    Task,
)


def tree(*states: str) -> list[Execution]:
    return [
        Execution.of({"id": str(number), "state": state}) for number, state in enumerate(states)
    ]


def tasks(**states: str) -> list[Task]:
    return [Task.of({"id": id, "state": state}) for id, state in states.items()]


@pytest.mark.parametrize(
    ("executions", "states", "idle"),
    [
        # a task that is not begun
        (["RUNNING"], {"a": "SUCCESS", "b": "IDLE"}, ["b"]),
        (["RUNNING"], {"a": "RUNNING", "b": "IDLE"}, ["b"]),
        (["RUNNING", "SUCCESS"], {"a": "IDLE"}, ["a"]),
        (["RUNNING"], {"a": "RUNNING"}, None),
        (["RUNNING"], {"a": "DELAYED"}, None),
        # nothing is left to run
        (["RUNNING"], {}, []),
        (["RUNNING"], {"a": "SUCCESS", "b": "ERROR"}, []),
        # a sub-workflow goes on, or may
        (["RUNNING", "RUNNING"], {"a": "IDLE"}, None),
        (["RUNNING", "PAUSED"], {"a": "IDLE"}, None),
        # nothing is to be run
        (["PAUSED"], {"a": "IDLE"}, None),
        (["SUCCESS"], {"a": "SUCCESS"}, None),
        (["IDLE"], {}, None),
    ],
)
def test_what_can_be_stalled(
    executions: list[str], states: dict[str, str], idle: list[str] | None
) -> None:
    stall = stall_of(tree(*executions), tasks(**states))
    assert (stall and [task.id for task in stall.idle_tasks]) == idle


def task(**keys: t.Any) -> Task:
    return Task.of({"id": "a", "state": "IDLE", "updated_at": "12:00", **keys})


@pytest.mark.parametrize(
    ("executions", "seen", "is_same"),
    [
        (tree("RUNNING"), [task()], True),
        (tree("RUNNING"), [task(state_info="other words")], True),
        (tree("RUNNING"), [task(state="RUNNING")], False),
        (tree("RUNNING"), [task(updated_at="12:01")], False),
        (tree("RUNNING"), [task(), task(id="b")], False),
        (tree("PAUSED"), [task()], False),
        (tree("RUNNING", "RUNNING"), [task()], False),
    ],
)
def test_whether_something_has_happened(
    executions: list[Execution], seen: list[Task], is_same: bool
) -> None:
    assert (fingerprint(executions, seen) == fingerprint(tree("RUNNING"), [task()])) is is_same
