# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a turn ends, and what becomes of its claims then."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    NO_ANSWER,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.turn import Turn
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

OUT = "workflow-output"
LATE = ServiceError("Zaqar", None, "the service took too long", NO_ANSWER)
REFUSED = ServiceError("Zaqar", 403, "no", "forbidden")


@pytest.mark.parametrize(
    ("outcomes", "claimed"),
    [
        ([None], 0),
        ([REFUSED], 0),
        ([LATE], 1),
        ([LATE, REFUSED], 1),
        ([LATE, None], 0),
    ],
)
def test_after_a_late_step_the_claims_are_left_until_a_step_is_done(
    outcomes: list[ServiceError | None], claimed: int
) -> None:
    cloud = FakeCloud()
    zaqar = Zaqar(t.cast(t.Any, cloud))
    cloud.zaqar.put(OUT, "Who?")
    turn = Turn(zaqar, OUT, cloud.clock.deadline(300))
    assert turn.claim_more()
    for outcome in outcomes:
        try:
            with turn.step():
                if outcome:
                    raise outcome
        except ServiceError:
            pass
    turn.end()
    assert zaqar.stats(OUT).claimed == claimed
