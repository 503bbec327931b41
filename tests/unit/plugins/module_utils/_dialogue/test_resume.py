# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which executions are resumed, and when the one at the top is."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.resume import (
    UPWARDS,
    resume,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    State,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud


class Room:
    """An execution paused before `read`, beside an open sub-workflow with another one below it, and one left behind."""

    def __init__(self, goes_up: bool = True) -> None:
        self.cloud = FakeCloud()
        mistral = self.cloud.mistral
        self.top = mistral.add_execution("top", "PAUSED")
        self.read = mistral.pause_before(self.top, "read")
        self.middle = mistral.call(self.top, "middle", "calls middle", state="PAUSED")
        self.lowest = mistral.call(self.middle, "lowest", "calls lowest", state="PAUSED")
        self.left = mistral.call(self.top, "left", "timed out", state="PAUSED")
        mistral.add_task(self.left, "left idle", "IDLE")
        mistral.tasks[self.left["task_execution_id"]]["state"] = "ERROR"
        self.clock = self.cloud.clock
        if goes_up:
            self.cloud.after("update_execution", lambda request: self.go_up(), times=9)
        else:
            self.cloud.after("update_execution", lambda request: self.pause_again(), times=1)

    def go_up(self) -> None:
        """Resume what is above, as Mistral does."""
        self.top["state"] = "RUNNING"

    def pause_again(self) -> None:
        """Keep what is above paused."""
        self.top["state"] = "PAUSED"
        self.read["state"] = "IDLE"

    def resume(self, seconds: float = 60, **options: t.Any) -> State:
        mistral = Mistral(t.cast(t.Any, self.cloud))
        return resume(mistral, self.top["id"], self.clock.deadline(seconds), **options).state

    def resumed(self) -> list[str]:
        names = {
            execution["id"]: execution["workflow_name"]
            for execution in self.cloud.mistral.executions.values()
        }
        requests = [
            request for request in self.cloud.requests if request.kind == "update_execution"
        ]
        return [names[request.names["execution"]] for request in requests]


def test_the_lowest_is_resumed_and_takes_the_others_along() -> None:
    room = Room()
    assert room.resume() is State.RUNNING
    assert room.resumed() == ["lowest"]


def test_it_is_resumed_itself_if_its_sub_workflows_are_not_paused() -> None:
    room = Room()
    for sub in (room.middle, room.lowest):
        sub["state"] = "SUCCESS"
    room.resume()
    assert room.resumed() == ["top"]


def test_it_is_resumed_without_a_look_if_it_is_known_to_be_alone() -> None:
    room = Room()
    assert room.resume(alone=True) is State.RUNNING
    assert room.cloud.kinds() == ["update_execution"]


def test_only_the_execution_itself_can_be_given_an_environment() -> None:
    room = Room()
    room.resume(env={"a": 1})
    assert room.resumed() == ["top"]


@pytest.mark.parametrize("seconds", [0, UPWARDS - 1, 10 * UPWARDS])
def test_it_is_never_resumed_itself_where_mistral_takes_it_along(seconds: float) -> None:
    room = Room(goes_up=False)
    assert room.resume(seconds) is State.PAUSED
    assert room.resumed() == ["lowest"] and room.clock.now <= 2 * UPWARDS


def test_it_is_left_at_its_next_pause() -> None:
    room = Room(goes_up=False)

    def go_on(_request: t.Any) -> None:
        room.read["state"] = "SUCCESS"
        room.cloud.mistral.pause_before(room.top, "read the next")

    room.cloud.after("update_execution", go_on)
    assert room.resume() is State.PAUSED
    assert room.resumed() == ["lowest"]


@pytest.mark.parametrize("is_read_done", [True, False], ids=["no task waited", "one of two waits"])
def test_a_pause_that_came_meanwhile_is_not_ended(is_read_done: bool) -> None:
    room = Room(goes_up=False)
    if is_read_done:
        room.read["state"] = "SUCCESS"

    def pause_before_the_next(_request: t.Any) -> None:
        room.cloud.mistral.pause_before(room.top, "read the next")
        if is_read_done:
            room.read["state"] = "SUCCESS"

    room.cloud.after("update_execution", pause_before_the_next)
    assert room.resume() is State.PAUSED
    assert room.resumed() == ["lowest"] and room.clock.now >= UPWARDS
