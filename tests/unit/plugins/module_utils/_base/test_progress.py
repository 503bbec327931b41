# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.progress import (
    FIRST_REPORT,
    REPEAT_INTERVAL,
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
def lines() -> list[str]:
    return []


@pytest.fixture
def progress(clock, lines) -> Progress:
    return Progress(lines.append, Deadline(600, clock))


def test_a_short_wait_says_nothing(progress, clock, lines):
    for _look in range(3):
        progress.see(lambda: pytest.fail("nobody reads this"))
        clock.now += FIRST_REPORT / 4
    assert lines == []


def test_what_changes_is_said_once(progress, clock, lines):
    clock.now += FIRST_REPORT
    for text in ("one", "one", "two", "two", "one"):
        progress.see(lambda text=text: text)
        clock.now += 1
    assert lines == ["one (5 s)", "two (7 s)", "one (9 s)"]


def test_what_stays_is_said_again_at_long_intervals(progress, clock, lines):
    clock.now += FIRST_REPORT
    for _second in range(int(2 * REPEAT_INTERVAL) + 1):
        progress.see(lambda: "still")
        clock.now += 1
    assert lines == ["still (5 s)", "still (65 s)", "still (125 s)"]


def test_what_cannot_be_told_is_no_matter(progress, clock, lines):
    def describe():
        raise Failure("Mistral is away.")

    clock.now += FIRST_REPORT
    progress.see(describe)
    progress.see(lambda: "it is back")
    assert lines == ["it is back (5 s)"]


def test_what_is_told_holds_no_control_characters(progress, clock, lines):
    clock.now += FIRST_REPORT
    progress.see(lambda: "a \x1b[31mtask")
    assert "\x1b" not in lines[0]


def test_nothing_is_looked_up_where_nobody_reads(clock):
    clock.now += FIRST_REPORT
    Progress(None, Deadline(600, clock)).see(lambda: pytest.fail("nobody reads this"))
