# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an execution is, in words."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Execution,
    State,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.tally import Tally
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

DEFINITION = "version: '2.0'\nw: {tasks: {a: {}, b: {}, c: {}, d: {}}}"


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ((), "0 of 4 tasks done"),
        (("SUCCESS", "RUNNING"), "1 of 4 tasks done, now at 'b'"),
        (("SUCCESS", "ERROR", "IDLE", "DELAYED"), "2 of 4 tasks done, now at 'c', 'd'"),
        (("RUNNING",) * 6, "0 of 6 tasks done, now at 'a', 'b', 'c' and 3 more"),
    ],
)
def test_how_far_an_execution_is(states: tuple[str, ...], words: str) -> None:
    cloud = FakeCloud()
    cloud.mistral.add_workflow("w", DEFINITION)
    execution = cloud.mistral.add_execution("w")
    for name, state in zip("abcdef", states):
        cloud.mistral.add_task(execution, name, state)
    tally = Tally(Mistral(t.cast(t.Any, cloud)), Execution.of(execution))
    beginning = f"execution {execution['id']} of workflow 'w' is"
    assert tally.words(State.RUNNING) == f"{beginning} RUNNING, {words}"
    assert tally.words(State.PAUSED) == f"{beginning} PAUSED, {words}"
    assert cloud.count("read_workflow") == 1
