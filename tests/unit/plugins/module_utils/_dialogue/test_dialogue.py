# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait does between its looks."""

from __future__ import annotations

import typing as t

import pytest
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
    assert not any("SUCCESS" in line for line in room.lines)
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
    assert "recovered" not in failure.message  # that would need the service, too


def test_check_mode_looks_once() -> None:
    room = Room(check_mode=True)
    failure = room.failure(seconds=0)
    assert failure.error_code == "timeout"
    assert "Check mode looks once and does not wait." in failure.message
    assert "wait_timeout" not in failure.message


def test_an_answer_whose_notification_was_lost_is_left_to_whoever_answers() -> None:
    room = Room()
    post_data = f'{{"workflow_name": "interactive.resume", "input": "{room.execution["id"]}"}}'
    cloud = t.cast(t.Any, room.cloud)
    Zaqar(cloud).create_subscription(IN, "http://mistral", 600, {"post_data": post_data})
    room.mistral.pause_before(room.execution, "read")
    room.zaqar.put(IN, "me")
    _dialogue, question = room.wait()
    assert question.answer_waits and question.waiting_answers == ("me",)
    assert 10 <= room.cloud.clock.now < 20 and room.states() == []
    assert room.cloud.count("start_execution") == 0


def test_whoever_waits_changes_nothing() -> None:
    room = Room()
    room.mistral.add_task(room.execution, "next", "IDLE")
    failure = room.failure(seconds=600)
    assert failure.error_code == "timeout" and "'state' recovered" in failure.message
    assert room.states() == []


def test_what_a_sub_workflow_posts_that_begins_during_the_wait_is_the_dialogue_s_own() -> None:
    room = Room()
    room.mistral.add_task(room.execution, "busy")

    def post(execution: dict[str, t.Any]) -> dict[str, t.Any]:
        body = {"payload": {"execution_id": execution["id"]}}
        room.zaqar.put(OUT, body)
        return body

    posted: list[t.Any] = []
    room.later(20, lambda: posted.append(post(room.mistral.call(room.execution, "sub"))))
    room.later(20, lambda: post(room.mistral.add_execution("somebody else's")))
    room.later(40, room.end)
    dialogue, question = room.wait()
    assert question is None and not dialogue.is_alone
    assert [message.body for message in dialogue.messages()] == posted
    assert dialogue.messages_of_others == 1


def test_a_question_comes_with_what_the_last_look_saw() -> None:
    room = Room()
    room.mistral.add_task(room.execution, "busy")
    room.later(20, lambda: room.zaqar.put(OUT, {"payload": {"execution_id": "somebody else's"}}))
    room.later(20, lambda: room.mistral.pause_before(room.execution, "read"))
    dialogue, question = room.wait()
    assert question.tasks == ("read",)
    assert dialogue.execution.state == dialogue.execution.as_result()["state"] == "PAUSED"
    assert dialogue.messages_of_others == 1


@pytest.mark.parametrize(("end", "waits"), [(None, True), ("SUCCESS", False), ("deleted", False)])
def test_a_callback_is_waited_for_as_long_as_its_execution_goes_on(
    end: str | None, waits: bool
) -> None:
    room = Room()
    ask = room.mistral.ask(room.execution, "Who?")
    dialogue, question = room.wait()
    if end == "deleted":
        del room.mistral.executions[ask["id"]]
    elif end:
        ask["state"] = end
    assert dialogue.waits_for(question) is waits
