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
from ansible_collections.interactive.openstack.plugins.module_utils._services.tally import Tally


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


class Mistral:
    definition = "version: '2.0'\nw: {tasks: {a: {}, b: {}, c: {}, d: {}}}"

    def __init__(self, *states: str) -> None:
        self.states = states
        self.read = 0

    def task_states(self, execution_id: str) -> list[dict[str, str]]:
        return [{"name": name, "state": state} for name, state in zip("abcdefg", self.states)]

    def workflow_by_id(self, id: str) -> dict[str, str]:
        self.read += 1
        return {"definition": self.definition}


EXECUTION = {"id": "e", "workflow_id": "i", "workflow_name": "w"}


@pytest.mark.parametrize(
    "states, words",
    [
        ((), "0 of 4 tasks done"),
        (("SUCCESS", "RUNNING"), "1 of 4 tasks done, now at 'b'"),
        (("SUCCESS", "ERROR", "IDLE", "DELAYED"), "2 of 4 tasks done, now at 'c', 'd'"),
        (("RUNNING",) * 6, "0 of 6 tasks done, now at 'a', 'b', 'c' and 3 more"),
    ],
)
def test_how_far_an_execution_is(states, words):
    mistral = Mistral(*states)
    tally = Tally(mistral, EXECUTION)
    assert tally.words("RUNNING") == f"execution e of workflow 'w' is RUNNING, {words}"
    assert tally.words("PAUSED") == f"execution e of workflow 'w' is PAUSED, {words}"
    assert mistral.read == 1
