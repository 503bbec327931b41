# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait does between its looks."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.decide import Wish
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.dialogue import (
    Dialogue,
    Services,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

IN, OUT = "workflow-input", "workflow-output"


class Room:
    """An execution, and a wait for its question."""

    def __init__(self, **options: t.Any) -> None:
        self.cloud = FakeCloud()
        self.mistral, self.zaqar = self.cloud.mistral, self.cloud.zaqar
        self.execution = self.mistral.add_execution("w")
        self.lines: list[str] = []
        self.options = options

    def wait(self, seconds: float = 60, **wish: str) -> tuple[Dialogue, t.Any]:
        cloud = t.cast(t.Any, self.cloud)
        dialogue = Dialogue(
            Services(cloud, Mistral(cloud), Zaqar(cloud)),
            self.execution["id"],
            self.cloud.clock.deadline(seconds),
            self.lines.append,
            **self.options,
        )
        return dialogue, dialogue.wait(Wish(**wish))

    def failure(self, **options: t.Any) -> Failure:
        with pytest.raises(Failure) as caught:
            self.wait(**options)
        return caught.value

    def later(self, seconds: float, do: t.Callable[[], object]) -> None:
        self.cloud.clock.at(self.cloud.clock.now + seconds, do)

    def end(self) -> None:
        self.mistral.end(self.execution, "SUCCESS")

    def states(self) -> list[str]:
        """Return the states that were asked for."""
        updates = [one for one in self.cloud.requests if one.kind == "update_execution"]
        return [update.body["state"] for update in updates]


def test_the_end_is_waited_for() -> None:
    room = Room()
    room.mistral.add_task(room.execution, "busy")
    room.later(20, room.end)
    dialogue, question = room.wait()
    assert question is None and dialogue.execution.state == "SUCCESS"
    assert not dialogue.has_changed and not any("SUCCESS" in line for line in room.lines)
    assert any("is RUNNING" in line for line in room.lines)


def test_a_timeout_says_the_last_state() -> None:
    failure = Room().failure(seconds=7)
    assert failure.error_code == "timeout" and "RUNNING" in failure.message
    assert failure.result["elapsed"] == 7


def test_a_timeout_says_why_the_last_look_failed() -> None:
    room = Room()
    room.later(1, lambda: room.cloud.fail("read_tree", 503, times=1000))
    failure = room.failure(seconds=10)
    assert failure.error_code == "timeout" and "The last look failed:" in failure.message


def test_a_stalled_execution_is_recovered() -> None:
    room = Room()
    stalled = room.mistral.add_task(room.execution, "next", "IDLE")
    room.later(30, room.end)
    dialogue, _question = room.wait()
    assert room.states() == ["PAUSED", "RUNNING"] and dialogue.has_changed
    assert stalled["state"] != "IDLE"


def test_what_is_stalled_before_a_pause_stays_paused_there() -> None:
    room = Room()
    tasks = {"next": {"action": "std.noop", "pause-before": True}}
    definition = yaml.safe_dump({"version": "2.0", "asks": {"tasks": tasks}})
    room.mistral.add_workflow("asks", definition)
    room.execution = room.mistral.add_execution("asks")
    room.mistral.add_task(room.execution, "next", "IDLE")
    _dialogue, question = room.wait()
    assert question and question.tasks == ("next",)
    assert room.states() == ["PAUSED"]


def test_a_pause_by_hand_after_a_recovery_is_not_ended() -> None:
    room = Room()
    room.mistral.add_task(
        room.execution, "next", "IDLE", lambda: room.mistral.add_task(room.execution, "busy")
    )
    room.later(30, lambda: room.execution.update(state="PAUSED"))
    assert room.failure().error_code == "paused_by_hand"
    assert room.states() == ["PAUSED", "RUNNING"]


def test_check_mode_recovers_nothing() -> None:
    room = Room(check_mode=True)
    room.mistral.add_task(room.execution, "next", "IDLE")
    room.later(30, room.end)
    dialogue, _question = room.wait()
    assert room.states() == [] and not dialogue.has_changed


def test_check_mode_looks_once() -> None:
    room = Room(check_mode=True)
    failure = room.failure(seconds=0)
    assert failure.error_code == "timeout"
    assert "Check mode looks once and does not wait." in failure.message
    assert "wait_timeout" not in failure.message


@pytest.mark.parametrize(("fault", "state"), [("lose", "PAUSED"), ("fail", "RUNNING")])
def test_an_own_pause_is_ended_whatever_is_lost(fault: str, state: str) -> None:
    room = Room()
    room.mistral.add_task(room.execution, "next", "IDLE")

    def break_it(request: t.Any) -> None:
        if request.body["state"] == state and not broken:
            broken.append(state)
            getattr(room.cloud, fault)("update_execution", *([503] if fault == "fail" else []))

    broken: list[str] = []
    room.cloud.before("update_execution", break_it, times=9)
    room.later(40, room.end)
    _dialogue, question = room.wait()
    assert question is None and broken == [state]
    assert room.states()[-1] == "RUNNING"


def test_a_question_of_another_name_recovers_nothing() -> None:
    room = Room()
    room.zaqar.put(OUT, "Who?")
    task = room.mistral.add_task(room.execution, "read", "DELAYED")
    room.mistral.add_task(room.execution, "next", "IDLE")
    for _pop in range(2):
        room.mistral.add_action(task, "zaqar.queue_pop", input={"queue_name": IN})
    failure = room.failure(name="another")
    assert failure.error_code == "not_asked" and room.states() == []


def test_a_question_of_another_name_ends_the_search_for_a_stall() -> None:
    room = Room()
    room.mistral.add_task(room.execution, "next", "IDLE")

    def ask_another(_request: t.Any) -> None:
        room.zaqar.put(OUT, "Who?")
        task = room.mistral.add_task(room.execution, "read", "DELAYED")
        room.mistral.add_action(task, "zaqar.queue_pop", input={"queue_name": IN})

    # The first search for a stall reads the tasks; the second one would recover the execution.
    room.cloud.after("list_tasks", ask_another)
    failure = room.failure(name="another")
    assert failure.error_code == "not_asked" and room.states() == []


def test_a_lost_notification_is_made_up_for() -> None:
    room = Room()
    post_data = f'{{"workflow_name": "interactive.resume", "input": "{room.execution["id"]}"}}'
    cloud = t.cast(t.Any, room.cloud)
    Zaqar(cloud).create_subscription(IN, "http://mistral", 600, {"post_data": post_data})
    room.mistral.add_workflow("interactive.resume")
    room.mistral.pause_before(room.execution, "read")
    room.zaqar.put(IN, "me")
    room.mistral.starts["interactive.resume"] = lambda _execution: room.end()
    dialogue, question = room.wait()
    assert question is None and dialogue.has_changed
    assert room.cloud.count("start_execution") == 1
