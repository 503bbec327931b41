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
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.turn import (
    Turn,
    TurnIsOver,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.lock import (
    HOLD,
    LOCK_TTL,
    Lock,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    PAGE,
    Zaqar,
)
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


def is_over(turn: Turn) -> bool:
    try:
        turn.check()
    except TurnIsOver:
        return True
    return False


@pytest.mark.parametrize("is_locked", [False, True])
def test_a_turn_lasts_as_long_as_the_first_of_its_claims(is_locked: bool) -> None:
    cloud = FakeCloud()
    deadline = cloud.clock.deadline(300)
    cloud.zaqar.put(OUT, *range(PAGE + 1))
    lock = None
    if is_locked:
        lock = Lock(Mistral(t.cast(t.Any, cloud)), "l", lambda: deadline.elapsed)
        assert lock.take()
    turn = Turn(Zaqar(t.cast(t.Any, cloud)), OUT, deadline, lock)
    assert turn.claim_more()
    cloud.clock.sleep(HOLD - 1)
    assert turn.claim_more() and not is_over(turn)
    assert turn.expires_at == LOCK_TTL
    cloud.clock.sleep(1)
    assert is_over(turn)


def test_a_turn_by_claims_begins_with_the_first_of_them() -> None:
    cloud = FakeCloud()
    turn = Turn(Zaqar(t.cast(t.Any, cloud)), OUT, cloud.clock.deadline(300))
    assert not turn.claim_more()
    cloud.clock.sleep(HOLD)
    cloud.zaqar.put(OUT, "Who?")
    assert turn.claim_more() and not is_over(turn)
    assert turn.expires_at == HOLD + LOCK_TTL


def test_a_turn_by_a_lock_is_over_with_the_lock() -> None:
    cloud = FakeCloud()
    deadline = cloud.clock.deadline(300)
    lock = Lock(Mistral(t.cast(t.Any, cloud)), "l", lambda: deadline.elapsed)
    assert lock.take()
    cloud.clock.sleep(HOLD - 1)
    turn = Turn(Zaqar(t.cast(t.Any, cloud)), OUT, deadline, lock)
    assert not is_over(turn)
    cloud.clock.sleep(1)
    assert is_over(turn)
