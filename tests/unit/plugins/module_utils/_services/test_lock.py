# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock in Mistral: who has it, for how long, and what a holder that died leaves behind."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._services.lock import (
    HOLD,
    LOCK_TTL,
    LONGEST_STEP,
    Lock,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

NAME = "interactive.answer.e"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def lock_of(cloud: FakeCloud) -> Lock:
    return Lock(Mistral(cloud), NAME, cloud.clock.monotonic)


def locks(cloud: FakeCloud) -> list[str]:
    return sorted(cloud.mistral.environments)


def test_one_holder_at_a_time(cloud):
    first, second = lock_of(cloud), lock_of(cloud)
    assert first.take() and first.is_held
    assert not second.take() and not second.is_held
    first.release(over=False)
    assert not first.is_held and locks(cloud) == []
    assert second.take() and locks(cloud) == [f"{NAME}.0"]


def test_a_holder_that_takes_it_again_sends_nothing(cloud):
    lock = lock_of(cloud)
    lock.take()
    cloud.requests.clear()
    assert lock.take() and cloud.requests == []


def test_who_holds_it_too_long_takes_the_next_number(cloud):
    lock = lock_of(cloud)
    lock.take()
    cloud.clock.sleep(HOLD)
    assert not lock.is_held
    assert lock.take() and locks(cloud) == [f"{NAME}.0", f"{NAME}.1"]


def test_who_held_it_too_long_removes_nothing(cloud):
    lock = lock_of(cloud)
    lock.take()
    cloud.clock.sleep(HOLD)
    lock.release(over=True)
    assert locks(cloud) == [f"{NAME}.0"]


def test_the_lock_of_a_dead_holder_is_passed_over_after_a_while(cloud):
    lock_of(cloud).take()
    lock = lock_of(cloud)
    assert not lock.take()
    cloud.clock.sleep(LOCK_TTL - 1)
    assert not lock.take()
    cloud.clock.sleep(1)
    assert not lock.take()
    assert lock.take() and locks(cloud) == [f"{NAME}.0", f"{NAME}.1"]


def test_a_holder_that_is_another_one_each_time_is_alive(cloud):
    lock = lock_of(cloud)
    for _turn in range(3):
        other = lock_of(cloud)
        assert other.take() and not lock.take()
        cloud.clock.sleep(LOCK_TTL / 2)
        cloud.mistral.environments.clear()
    assert lock.take() and locks(cloud) == [f"{NAME}.0"]


def test_a_holder_that_went_on_to_the_next_number_is_alive(cloud):
    holder, lock = lock_of(cloud), lock_of(cloud)
    assert holder.take() and not lock.take()
    cloud.clock.sleep(LOCK_TTL - 1)
    assert holder.take()
    cloud.clock.sleep(1)
    for _look in range(3):
        assert not lock.take()
    assert holder.is_held and locks(cloud) == [f"{NAME}.0", f"{NAME}.1"]


def test_a_lock_that_is_released_at_the_moment_of_the_look_is_not_that_of_a_dead_holder(cloud):
    lock = lock_of(cloud)
    for _turn in range(3):
        lock_of(cloud).take()
        cloud.before("read_environment", lambda request: cloud.mistral.environments.clear())
        assert not lock.take()
        cloud.clock.sleep(LOCK_TTL)
    assert lock.take() and locks(cloud) == [f"{NAME}.0"]


@pytest.mark.parametrize("over, left", [(False, [f"{NAME}.0"]), (True, [])])
def test_locks_of_dead_holders_go_once_nothing_is_left_to_do(cloud, over, left):
    lock_of(cloud).take()
    lock = lock_of(cloud)
    lock.take()
    cloud.clock.sleep(LOCK_TTL)
    lock.take()
    assert lock.take()
    lock.release(over)
    assert locks(cloud) == left


def test_a_lock_whose_answer_was_lost_is_held_from_the_request_on(cloud):
    lock = lock_of(cloud)
    cloud.lose("create_environment")
    with pytest.raises(ServiceError):
        lock.take()
    cloud.clock.sleep(HOLD - 1)
    assert lock.take() and lock.is_held
    cloud.clock.sleep(1)
    assert not lock.is_held


def test_a_lock_whose_answer_was_lost_long_ago_is_not_held(cloud):
    lock = lock_of(cloud)
    cloud.lose("create_environment")
    with pytest.raises(ServiceError):
        lock.take()
    cloud.clock.sleep(HOLD)
    assert not lock.take()
    assert lock.take() and locks(cloud) == [f"{NAME}.0", f"{NAME}.1"]


def taken_before(cloud: FakeCloud, lock: Lock) -> None:
    lock.take()
    cloud.clock.sleep(HOLD)


def released_before(cloud: FakeCloud, lock: Lock) -> None:
    lock.take()
    lock.release(over=False)
    cloud.clock.sleep(HOLD)


def tried_in_vain_before(cloud: FakeCloud, lock: Lock) -> None:
    lock_of(cloud).take()
    lock.take()
    cloud.clock.sleep(HOLD)
    cloud.mistral.environments.clear()


@pytest.mark.parametrize("before", [taken_before, released_before, tried_in_vain_before])
def test_what_was_tried_before_does_not_shorten_a_lock_whose_answer_was_lost(cloud, before):
    lock = lock_of(cloud)
    before(cloud, lock)
    cloud.lose("create_environment")
    with pytest.raises(ServiceError):
        lock.take()
    assert lock.take() and lock.is_held


def test_a_request_that_never_arrived_is_made_again(cloud):
    lock = lock_of(cloud)
    cloud.fail("create_environment")
    with pytest.raises(ServiceError):
        lock.take()
    assert lock.take() and locks(cloud) == [f"{NAME}.0"]


def test_a_release_that_fails_is_not_repeated(cloud):
    lock = lock_of(cloud)
    lock.take()
    cloud.fail("delete_environment", status=503)
    lock.release(over=False)
    assert not lock.is_held and cloud.count("delete_environment") == 1


def test_a_release_is_given_up_in_time(cloud):
    lock = lock_of(cloud)
    lock.take()
    cloud.late("delete_environment", seconds=1000)
    lock.release(over=False)
    assert cloud.clock.now == LONGEST_STEP


def test_what_has_no_holder_is_somebodys(cloud):
    Mistral(cloud).create_environment(f"{NAME}.0", {"else": 1})
    assert not lock_of(cloud).take()
