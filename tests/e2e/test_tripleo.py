# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dialogues in a queue that TripleO's workflows and their readers share."""

from __future__ import annotations

import typing as t
import uuid

import pytest

STRANGER = str(uuid.uuid4())
OF_OTHERS = [
    {
        "type": "tripleo.plan_management.v1.update",
        "payload": {
            "status": "RUNNING",
            "message": "Another stack",
            "execution_id": STRANGER,
            "root_execution_id": STRANGER,
            "plan_name": "other",
        },
    },
    {
        "type": "tripleo.deployment.v1.deploy",
        "payload": {"status": "SUCCESS", "message": "Long ago", "execution": {"id": STRANGER}},
    },
    "a text about nothing",
]


@pytest.fixture
def queue(cloud) -> t.Iterator[str]:
    """A shared queue with messages of others in it."""
    name = f"tripleo-{uuid.uuid4()}"
    cloud.zaqar.put(f"/v2/queues/{name}", json={})
    post(cloud, name, *OF_OTHERS)
    yield name
    cloud.zaqar.delete(f"/v2/queues/{name}")


def post(cloud, queue: str, *bodies: t.Any) -> None:
    cloud.zaqar.post(
        f"/v2/queues/{queue}/messages",
        json={"messages": [{"body": body, "ttl": 600} for body in bodies]},
    )


def bodies(cloud, queue: str) -> list[t.Any]:
    return [
        message["body"]
        for message in cloud.zaqar.get(f"/v2/queues/{queue}/messages?echo=true&limit=20").json()[
            "messages"
        ]
    ]


def read(messages: list[t.Any], execution: str) -> tuple[list[t.Any], bool]:
    """What a reader of TripleO shows of an execution, and whether it has come to the end.

    It takes both places of the id; a message of the execution itself that is not RUNNING is the
    last one.
    """
    shown = []
    for payload in (body["payload"] for body in messages if isinstance(body, dict)):
        older = payload.get("execution", {})
        own = payload.get("execution_id") or older.get("id")
        root = payload.get("root_execution_id") or older.get("root_execution_id")
        if execution in (own, root):
            shown.append((payload["status"], payload["message"]))
            if own == execution and payload.get("status", "RUNNING") != "RUNNING":
                return shown, True
    return shown, False


def test_an_approval_in_the_shared_queue(playbook, cloud, queue):
    execution = str(uuid.uuid4())
    variables = {
        "stack": "mycloud",
        "queue_name": queue,
        "execution_id": execution,
        "awx_user_name": "Ada",
    }
    asked = playbook(
        "interactive.openstack.tripleo", variables
    )  # there is nobody to ask: the question stays
    assert asked.rc != 0
    assert (
        '"Update stack mycloud?"' in asked.output.replace("\\", "")
        and "answer_approval" in asked.output
    )
    assert read(bodies(cloud, queue), execution) == ([("WAITING", "Update stack mycloud?")], False)
    answered = playbook(
        "interactive.openstack.answer",
        {"execution_id": execution, "answer": "yes", "awx_user_name": "Ada"},
    )
    assert answered.rc == 0, answered.output
    finished = playbook("interactive.openstack.finish", {"execution_id": execution})
    assert finished.rc == 0, finished.output
    assert "Approved by Ada" in finished.output
    for other in "Another stack", "Long ago", "a text about nothing":
        assert other not in asked.output + answered.output + finished.output
    assert read(bodies(cloud, queue), execution) == ([("SUCCESS", "Approved by Ada")], True)
    assert bodies(cloud, queue)[:3] == OF_OTHERS


@pytest.mark.parametrize(
    ("answers", "message"),
    [({"answer": "no"}, "Refused by Ada"), ({"answer_approval": False}, "Refused by Ada")],
)
def test_a_refusal_fails_the_workflow(playbook, cloud, queue, answers, message):
    execution = str(uuid.uuid4())
    played = playbook(
        "interactive.openstack.tripleo",
        {"queue_name": queue, "execution_id": execution, "awx_user_name": "Ada", **answers},
    )
    assert played.rc != 0
    assert message in played.output and "ended in ERROR" in played.output
    assert read(bodies(cloud, queue), execution) == ([("FAILED", message)], True)
    assert bodies(cloud, queue)[:3] == OF_OTHERS


@pytest.mark.parametrize(
    "place",
    [
        lambda id: {"execution": {"id": id}},
        lambda id: {"execution_id": id},
        lambda id: {"execution_id": STRANGER, "root_execution_id": id},
    ],
    ids=["older", "id", "root"],
)
def test_what_others_say_about_the_execution_is_shown(playbook, cloud, queue, place):
    execution = str(uuid.uuid4())
    post(
        cloud,
        queue,
        {
            "type": "tripleo.somewhere",
            "payload": {"status": "RUNNING", "message": "Half way", **place(execution)},
        },
    )
    played = playbook(
        "interactive.openstack.tripleo",
        {"queue_name": queue, "execution_id": execution, "answer": "yes"},
    )
    assert played.rc == 0, played.output
    assert "Half way" in played.output.split("Show what the workflow says at the end")[-1]


def test_nothing_is_shown_that_is_to_be_hidden(playbook, queue):
    played = playbook(
        "interactive.openstack.tripleo",
        {
            "stack": "secret-stack",
            "queue_name": queue,
            "answer": "yes",
            "awx_user_name": "Grace",
            "hide_sensitive_logs": True,
        },
        "-vvv",
    )
    assert played.rc == 0, played.output
    tasks = played.output.split("TASK [", 1)[
        1
    ]  # -vvv tells the variables of the command line before
    # the definition is a file's, the name of the stack and the answer are not
    assert "secret-stack" not in tasks and "Grace" not in tasks and "Another stack" not in tasks


def test_the_last_message_stays_for_other_readers(playbook, cloud):
    execution, queue = str(uuid.uuid4()), f"tripleo-{uuid.uuid4()}"
    played = playbook(
        "interactive.openstack.tripleo",
        {"queue_name": queue, "execution_id": execution, "answer": "yes", "awx_user_name": "Ada"},
    )
    assert played.rc == 0, played.output
    assert read(bodies(cloud, queue), execution) == ([("SUCCESS", "Approved by Ada")], True)
    cloud.zaqar.delete(f"/v2/queues/{queue}")


def test_a_queue_of_others_is_refused_unless_it_is_said_to_be_shared(playbook, queue):
    played = playbook(
        "interactive.openstack.run",
        {"workflow_file": "approve_stack_update.yaml", "output_queue": queue},
    )
    assert (
        played.rc != 0 and f"Queue '{queue}' holds messages that nobody has read" in played.output
    )
