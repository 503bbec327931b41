# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that come in the moment in which their question ends: by a timeout, or as its task is tried
again.
"""

from __future__ import annotations

import concurrent.futures
import datetime
import pathlib
import sys
import time
import typing as t

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer import (
    DialogueAnswer,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_question import (
    DialogueQuestion,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_execution import (
    MistralExecution,
)
from faults import ready, run, start

FILES = pathlib.Path(__file__).parent / "workflows"
LIBRARY = pathlib.Path(__file__).parents[2] / "playbooks" / "workflows"


@pytest.fixture(scope="module")
def options(sandbox) -> dict[str, t.Any]:
    files = (FILES / f"{name}.yaml" for name in ("asks_again", "expires"))
    return ready(sandbox, LIBRARY / "interactive.ask.yaml", *files)


def question_of(options: dict[str, t.Any], id: str) -> dict[str, t.Any]:
    asked = run(DialogueQuestion, options, execution=id, wait_timeout=120)
    assert asked["question"], asked
    return asked["question"]


def next_question(options: dict[str, t.Any], id: str, old: str) -> dict[str, t.Any]:
    """Wait for a question that is another one than before."""
    end = time.monotonic() + 120
    while (question := question_of(options, id))["id"] == old:
        assert time.monotonic() < end
    return question


def sub_executions(cloud: t.Any, id: str) -> list[dict[str, t.Any]]:
    found = cloud.mistral.get(f"/executions?root_execution_id={id}").json()["executions"]
    return [execution for execution in found if execution["id"] != id]


def ended(options: dict[str, t.Any], id: str, workflow: str = "asks_again") -> dict[str, t.Any]:
    waited = run(
        MistralExecution,
        options,
        id=id,
        workflow=workflow,
        wait_for=["SUCCESS"],
        wait_timeout=120,
    )
    return waited["execution"]


def test_the_question_of_the_try_before_is_withdrawn(cloud, options):
    id = start(cloud, "asks_again")
    first = question_of(options, id)
    second = next_question(options, id, first["id"])
    assert [execution["id"] for execution in sub_executions(cloud, id)] == [second["id"]]
    messages = cloud.zaqar.get(f"/v2/queues/o-{id}/messages?echo=true").json()["messages"]
    asked = [m["body"]["payload"] for m in messages if "payload" in m["body"]]
    ours = [payload for payload in asked if payload["root_execution_id"] == id]
    assert [payload["execution_id"] for payload in ours] == [second["id"]]
    with pytest.raises(Failure) as caught:
        run(DialogueAnswer, options, execution=id, question_id=first["id"], answer="3")
    assert caught.value.error_code in ("no_question", "withdrawn")
    run(DialogueAnswer, options, execution=id, question_id=second["id"], answer="4")
    assert ended(options, id)["output"] == {"answer": "4"}


def test_an_answer_to_the_try_before_counts(cloud, options):
    """The answer comes in the moment between the timeout and the next try."""
    id = start(cloud, "asks_again", timeout=4, count=1)
    first = question_of(options, id)
    task = cloud.mistral.get(f"/executions/{id}/tasks").json()["tasks"][0]["id"]
    end = time.monotonic() + 60
    while cloud.mistral.get(f"/tasks/{task}").json()["state"] != "DELAYED":
        assert time.monotonic() < end
    action = first["action_execution_id"]
    given = {"state": "SUCCESS", "output": {"answer": "3", "answered_by": "somebody"}}
    cloud.mistral.put(f"/action_executions/{action}", json=given)
    assert ended(options, id)["output"] == {"answer": "3"}


# When they answer, in seconds from the deadline that they were shown. The timer is Mistral's own, and
# begins a moment later.
OFFSETS = [-9.0, *(0.2 * step for step in range(-4, 6)), 9.0]


def test_an_answer_that_was_delivered_counts_however_late_it_came(cloud, options):
    """Twelve people answer around the deadline: what each is told is what the workflow gets."""

    def answer_late(number: int) -> tuple[bool, dict[str, t.Any]]:
        id = start(cloud, "expires", timeout=15)
        question = question_of(options, id)
        deadline = datetime.datetime.fromisoformat(question["deadline"].replace("Z", "+00:00"))
        seconds = (deadline - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        time.sleep(max(0.0, seconds + OFFSETS[number]))
        is_delivered = True
        try:
            run(DialogueAnswer, options, execution=id, question_id=question["id"], answer="yes")
        except Failure as failure:
            assert failure.error_code in ("expired", "execution_ended", "withdrawn"), (
                failure.message
            )
            is_delivered = False
        return is_delivered, ended(options, id, "expires")["output"]

    with concurrent.futures.ThreadPoolExecutor(6) as people:
        outcomes = list(people.map(answer_late, range(len(OFFSETS))))
    for is_delivered, output in outcomes:
        expected = {"answer": "yes", "status": "ANSWERED"}
        assert output == (expected if is_delivered else {"answer": None, "status": "EXPIRED"})
    assert {is_delivered for is_delivered, _output in outcomes} == {True, False}
