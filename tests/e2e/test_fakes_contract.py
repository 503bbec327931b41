# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services in the sandbox do what the fakes of the unit tests do: the same cases on both."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.login import Cloud
from ansible_collections.interactive.openstack.tests.unit.contract_cases import CASES, World


class RealWorld(World):
    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds)


@pytest.fixture(scope="module")
def login(sandbox: t.Any) -> Cloud:
    return Cloud({"cloud": sandbox.cloud})


@pytest.mark.parametrize("case", CASES)
def test_the_services(case: t.Callable[[World], None], login: Cloud) -> None:
    world = RealWorld(login)
    try:
        case(world)
    finally:
        world.remove()
