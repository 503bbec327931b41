# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fakes behave as the services do: see the test of this name in tests/e2e."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.tests.unit.contract_cases import CASES, World
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    reader,
)


class FakeWorld(World):
    """Fakes, whose Mistral is told what the tasks of the workflows do."""

    def __init__(self) -> None:
        self.cloud = FakeCloud()
        super().__init__(self.cloud)
        self.cloud.mistral.actions_run["std.echo"] = lambda input: input["output"]

    def wait(self, seconds: float) -> None:
        self.cloud.clock.sleep(seconds)

    def deadline(self, seconds: float) -> Deadline:
        return self.cloud.clock.deadline(seconds)

    def upload(self) -> None:
        super().upload()
        starts = self.cloud.mistral.starts
        starts[self.unique] = self._pause
        starts[f"{self.unique}-waits"] = self._wait
        starts[f"{self.unique}-calls"] = self._call
        starts[f"{self.unique}-nests"] = self._nest

    def _pause(self, execution: dict[str, t.Any]) -> None:
        read = reader(self.cloud.zaqar, execution["input"]["input_queue"])

        def work() -> t.Any:
            execution["output"] = {"said": read()}
            return execution["output"]["said"]

        self.cloud.mistral.pause_before(execution, "read", work)

    def _wait(self, execution: dict[str, t.Any]) -> None:
        mistral = self.cloud.mistral
        mistral.add_action(mistral.add_task(execution, "wait"))

    def _call(self, execution: dict[str, t.Any]) -> None:
        self._wait(self.cloud.mistral.call(execution, f"{self.unique}-waits"))

    def _nest(self, execution: dict[str, t.Any]) -> None:
        mistral = self.cloud.mistral
        self._pause(mistral.call(execution, self.unique, input=execution["input"]))


@pytest.mark.parametrize("case", CASES)
def test_the_fakes(case: t.Callable[[World], None]) -> None:
    world = FakeWorld()
    case(world)
    world.remove()
