# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of answers: which item reaches which question, and what becomes of each."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer_bulk import (
    DialogueAnswerBulk,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    reader,
    run_flow,
)

IN, OUT = "workflow-input", "workflow-output"
NUMBER = {"type": "integer"}


class Room:
    """Executions, each with queues of its own. One thread answers, so that the order is known."""

    def __init__(self) -> None:
        self.cloud = FakeCloud()
        self.mistral, self.zaqar = self.cloud.mistral, self.cloud.zaqar
        self.numbers = itertools.count()

    def paused(self, message: t.Any = "Who?") -> dict[str, t.Any]:
        number = next(self.numbers)
        queues = {"input_queue": f"in-{number}", "output_queue": f"out-{number}"}
        execution = self.mistral.add_execution("w", input=queues)
        work = reader(self.zaqar, queues["input_queue"])
        self.mistral.pause_before(execution, "read", work)
        self.zaqar.put(queues["output_queue"], message)
        return execution

    def answer(self, *items: dict[str, t.Any], **params: t.Any) -> dict[str, t.Any]:
        return run_flow(
            DialogueAnswerBulk,
            self.cloud,
            answers=list(items),
            parallel=1,
            wait_timeout=0,
            **params,
        )

    def failed(self, *items: dict[str, t.Any], **params: t.Any) -> Failure:
        with pytest.raises(Failure) as caught:
            self.answer(*items, **params)
        return caught.value


def item(execution: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    return {"execution": execution["id"], **options}


def parts(failure: Failure, key: str) -> list[t.Any]:
    return [result.get(key) for result in failure.result["results"]]


def test_each_execution_gets_its_answer() -> None:
    room = Room()
    first, second = room.paused(), room.paused()
    result = room.answer(item(second, answer="two"), item(first, answer="one"))
    assert (result["answered"], result["not_answered"], result["changed"]) == (2, 0, True)
    assert [entry["status"] for entry in result["results"]] == ["answered"] * 2
    assert [entry["execution"] for entry in result["results"]] == [second["id"], first["id"]]
    assert result["results"][0]["line"] == f"{second['id']}: answered (read)"
    assert result["results"][0]["question"]["text"] == "Who?"
    assert first["state"] == second["state"] == "SUCCESS"


def test_check_mode_changes_nothing() -> None:
    room = Room()
    execution = room.paused()
    result = room.answer(
        item(execution, answer="one"), item(execution, answer="two"), check_mode=True
    )
    lines = [entry["line"].split(": ")[1] for entry in result["results"]]
    assert lines == ["would be answered (read)", "would be answered if it asks again"]
    assert result["changed"] and execution["state"] == "PAUSED"


def test_a_wrong_answer_is_kept_from_the_next_question() -> None:
    room = Room()
    body = {"type": "x", "payload": {"interaction": {"id": "i", "schema": NUMBER}}}
    execution, other = room.paused(body), room.paused()
    failure = room.failed(
        item(execution, answer="not a number"), item(execution, answer=5), item(other, answer="me")
    )
    assert failure.error_code == "not_answered"
    assert parts(failure, "error_code") == ["invalid_answer", "not_tried", None]
    assert parts(failure, "status") == ["failed", "failed", "answered"]
    assert parts(failure, "changed") == [False, False, True]
    assert failure.result["results"][0]["problems"]
    assert "give only these again" in failure.message and "And 1 more" in failure.message


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        ({"question": "second"}, ["not_asked", None]),
        ({"question": "first"}, ["not_asked", "not_tried"]),
        ({}, ["not_asked", "not_tried"]),
    ],
)
def test_an_item_for_another_question_is_not_kept(
    second: dict[str, str], codes: list[str | None]
) -> None:
    room = Room()
    execution = room.mistral.add_execution("w")
    room.mistral.ask(execution, "two?", name="second")
    failure = room.failed(
        item(execution, answer="a", question="first"), item(execution, answer="b", **second)
    )
    assert parts(failure, "error_code") == codes


def test_an_execution_that_has_ended_is_over() -> None:
    room = Room()
    execution = room.paused()
    room.mistral.end(execution, "SUCCESS")
    failure = room.failed(item(execution, answer="a"))
    assert parts(failure, "error_code") == ["execution_ended"]
    assert "give only these again" not in failure.message


def test_a_question_that_is_not_asked_yet_is_waited_for() -> None:
    room = Room()
    execution = room.mistral.add_execution("w")
    clock = room.cloud.clock
    clock.at(clock.now + 30, lambda: room.mistral.ask(execution, "two?"))
    params = {name: option.get("default") for name, option in DialogueAnswerBulk.OPTIONS.items()}
    assert params["wait_timeout"] == 600
    failure = room.failed(item(execution, answer="a"))
    assert parts(failure, "error_code") == ["timeout"]
    assert "has asked nothing within 0 seconds" in failure.message


@pytest.mark.parametrize(
    ("again", "status"),
    [
        ({"answer": "me"}, "answered"),
        ({"answer": "somebody else"}, "failed"),
        ({"status": "declined"}, "failed"),
    ],
)
def test_the_same_list_again_changes_nothing(again: dict[str, str], status: str) -> None:
    room = Room()
    execution = room.mistral.add_execution("w")
    ask = room.mistral.ask(execution, "Who?", schema={"type": "string"})
    room.mistral.add_task(execution, "goes on")
    bound = {"question_id": ask["id"]}
    room.answer(item(execution, answer="me", **bound))
    if status == "answered":
        result = room.answer(item(execution, **again, **bound))
        assert not result["changed"]
        assert result["results"][0]["line"].endswith("answered before, as it is here")
        return
    failure = room.failed(item(execution, **again, **bound))
    assert parts(failure, "error_code") == ["answered_meanwhile"]


@pytest.mark.parametrize(
    "entry", [{"answer": ""}, {"answer": "a", "status": "declined"}, {"unknown": 1}]
)
def test_a_bad_item_is_found_before_anything_is_sent(entry: dict[str, t.Any]) -> None:
    room = Room()
    execution = room.paused()
    failure = room.failed(item(execution, answer="me"), item(execution, **entry))
    assert failure.error_code == "bad_item" and "2" in failure.message
    assert room.cloud.requests == []
