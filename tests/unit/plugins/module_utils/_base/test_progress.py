# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.progress import (
    HEARTBEAT,
    QUIET,
    Progress,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def progress(clock, said) -> Progress:
    return Progress(said.append, Deadline(600, clock))


def test_a_short_wait_says_nothing(progress, clock, said):
    for _look in range(3):
        progress.see(lambda: pytest.fail("nobody reads this"))
        clock.now += QUIET / 4
    assert said == []


def test_what_changes_is_said_once(progress, clock, said):
    clock.now += QUIET
    for text in ("one", "one", "two", "two", "one"):
        progress.see(lambda text=text: text)
        clock.now += 1
    assert said == ["one (5 s)", "two (7 s)", "one (9 s)"]


def test_what_stays_is_said_again_at_long_intervals(progress, clock, said):
    clock.now += QUIET
    for _second in range(int(2 * HEARTBEAT) + 1):
        progress.see(lambda: "still")
        clock.now += 1
    assert said == ["still (5 s)", "still (65 s)", "still (125 s)"]


def test_what_cannot_be_told_is_no_matter(progress, clock, said):
    def describe():
        raise Failure("Mistral is away.")

    clock.now += QUIET
    progress.see(describe)
    progress.see(lambda: "it is back")
    assert said == ["it is back (5 s)"]


def test_what_is_told_holds_no_control_characters(progress, clock, said):
    clock.now += QUIET
    progress.see(lambda: "a \x1b[31mtask")
    assert "\x1b" not in said[0]


def test_nothing_is_looked_up_where_nobody_reads(clock):
    clock.now += QUIET
    Progress(None, Deadline(600, clock)).see(lambda: pytest.fail("nobody reads this"))
