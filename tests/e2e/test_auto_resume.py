# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that wake the workflow by themselves, whoever posts them and whenever."""

from __future__ import annotations

import json
import pathlib
import subprocess
import time
import uuid

import pytest
import requests
import yaml
from keystoneauth1.adapter import Adapter

ROOT = pathlib.Path(__file__).parents[2]
SAMPLES = ROOT / "playbooks" / "workflows"
WORKFLOWS = pathlib.Path(__file__).parent / "workflows"
ENDED = ("SUCCESS", "ERROR", "CANCELLED")

LIBRARY_PLAY = """---
- name: Have the library workflow in Mistral
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/interactive.openstack.openstack:
      cloud: "{{ cloud }}"
  tasks:
    - name: Upload it where it is missing or older
      ansible.builtin.include_role:
        name: interactive.openstack.interactive_workflow
        tasks_from: library
      vars:
        interactive_workflow_library: [interactive.ask]
"""


class Services:
    """What the tests do to the services directly."""

    def __init__(self, cloud) -> None:
        self.mistral, self.zaqar = cloud.mistral, cloud.zaqar
        self.keystone = Adapter(cloud.mistral.session, service_type="identity")

    def upload(self, *files: pathlib.Path) -> None:
        for file in files:
            for send in self.mistral.put, self.mistral.post:  # changed if it is there, else created
                send(
                    "/workflows",
                    data=file.read_bytes(),
                    headers={"Content-Type": "text/plain"},
                    raise_exc=False,
                )

    def start(self, workflow: str, execution: str, **inputs: str) -> None:
        self.mistral.post(
            "/executions",
            json={"id": execution, "workflow_name": workflow, "input": json.dumps(inputs)},
        )

    def post(self, queue: str, *bodies: object) -> None:
        self.zaqar.post(
            f"/v2/queues/{queue}/messages",
            json={"messages": [{"body": body, "ttl": 600} for body in bodies]},
        )

    def post_with_signed_url(self, queue: str, *bodies: object) -> None:
        """Post without an account, each body with a request of its own."""
        path = f"/v2/queues/{queue}"
        signed = self.zaqar.post(
            f"{path}/share", json={"paths": ["messages"], "methods": ["POST"]}
        ).json()
        headers = {
            "Client-ID": str(uuid.uuid4()),
            "X-Project-ID": signed["project"],
            "URL-Signature": signed["signature"],
            "URL-Expires": signed["expires"],
            "URL-Methods": ",".join(signed["methods"]),
            "URL-Paths": ",".join(signed["paths"]),
        }
        url = self.zaqar.get_endpoint() + f"{path}/messages"
        for body in bodies:
            messages = {"messages": [{"body": body, "ttl": 600}]}
            posted = requests.post(url, headers=headers, json=messages, timeout=60)
            assert posted.status_code == 201, posted.text

    def unread(self, queue: str) -> list:
        return [
            m["body"]
            for m in self.zaqar.get(f"/v2/queues/{queue}/messages?echo=true&limit=20")
            .json()
            .get("messages", [])
        ]

    def state(self, execution: str) -> str:
        return self.mistral.get(f"/executions/{execution}").json()["state"]

    def output(self, execution: str, seconds: float = 180) -> dict:
        """Wait for a good end, and return the output."""
        self.until(lambda: self.state(execution) in ENDED, seconds)
        found = self.mistral.get(f"/executions/{execution}").json()
        assert found["state"] == "SUCCESS", found
        return json.loads(found["output"])

    def resumers(self, execution: str) -> list[dict]:
        found = self.mistral.get(
            "/executions", params={"workflow_name": "interactive.resume"}
        ).json()["executions"]
        return [one for one in found if json.loads(one["input"])["execution_id"] == execution]

    def resumers_ended(self, execution: str, number: int, seconds: float = 180) -> int:
        """Wait until so many were there and all have ended; none may have failed. Return the number
        of their tasks.
        """
        self.until(
            lambda: (
                len(found := self.resumers(execution)) >= number
                and all(one["state"] in ENDED for one in found)
            ),
            seconds,
        )
        number_of_tasks = 0
        for one in self.resumers(execution):
            assert one["state"] == "SUCCESS", one
            tasks = self.mistral.get(f"/executions/{one['id']}/tasks").json()["tasks"]
            # the lock is taken, or is released before it was read, and that is all that may go wrong
            assert [
                task["name"]
                for task in tasks
                if task["state"] == "ERROR" and task["name"] not in ("lock", "holder")
            ] == []
            number_of_tasks += len(tasks)
        return number_of_tasks

    def resume(self, execution: str, queues: dict[str, str], **inputs: object) -> str:
        """What a notification or the safety net starts; return its id."""
        body = {
            "workflow_name": "interactive.resume",
            "input": json.dumps({"execution_id": execution, **queues, **inputs}),
        }
        return self.mistral.post("/executions", json=body).json()["id"]

    def tasks(self, execution: str, state: str | None = None) -> dict[str, str]:
        """The ids of the tasks, or of those in one state, by their names."""
        found = self.mistral.get(f"/executions/{execution}/tasks").json()["tasks"]
        return {task["name"]: task["id"] for task in found if state in (None, task["state"])}

    def asked(self, queues: dict[str, str]) -> dict[str, str]:
        """The ids of the questions of interactive.ask, by their texts."""
        payloads = [
            body["payload"]
            for body in self.unread(queues["output_queue"])
            if isinstance(body, dict)
        ]
        return {payload["message"]: payload["interaction"]["id"] for payload in payloads}

    def pause_beside_callback(self, workflow: str, execution: str, queues: dict[str, str]) -> str:
        """Start one of mixed.yaml, and wait until it is paused with a question of interactive.ask
        open; return its id.
        """
        self.start(workflow, execution, **queues)
        self.until(lambda: self.unread(queues["output_queue"]))
        asked = self.asked(queues)["Asked?"]
        self.until(lambda: "wait" in self.tasks(asked, "RUNNING"))
        self.complete(self.tasks(execution)["begin"])
        self.until(lambda: self.state(execution) == self.state(asked) == "PAUSED")
        return asked

    def actions(self, task: str) -> list[str]:
        return [
            action["id"]
            for action in self.mistral.get(f"/tasks/{task}/action_executions").json()[
                "action_executions"
            ]
        ]

    def complete(self, task: str) -> None:
        self.mistral.put(
            f"/action_executions/{self.actions(task)[0]}", json={"state": "SUCCESS", "output": "{}"}
        )

    def locks(self, execution: str) -> list[str]:
        names = [one["name"] for one in self.mistral.get("/environments").json()["environments"]]
        return [name for name in names if name.startswith(f"interactive.resume.{execution}.")]

    def trusts(self) -> set[str]:
        mine = {"trustor_user_id": self.keystone.get_user_id()}
        return {
            trust["id"]
            for trust in self.keystone.get("/OS-TRUST/trusts", params=mine).json()["trusts"]
        }

    @staticmethod
    def until(condition, seconds: float = 180) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.1)


@pytest.fixture(scope="session")
def services(cloud) -> Services:
    found = Services(cloud)
    found.upload(
        SAMPLES / "interactive.ask.yaml",
        SAMPLES / "interactive.resume.yaml",
        SAMPLES / "ask_with_pause.yaml",
        SAMPLES / "ask_with_callback.yaml",
        WORKFLOWS / "three_questions.yaml",
        WORKFLOWS / "two_callbacks.yaml",
        WORKFLOWS / "slow_reader.yaml",
        WORKFLOWS / "mixed.yaml",
        WORKFLOWS / "says_much.yaml",
        WORKFLOWS / "held.yaml",
    )
    return found


@pytest.fixture
def subscribed(services, cloud):
    """Make the subscription of a queue that the role makes, without a playbook."""
    made = []

    def subscribe(execution: str, queues: dict[str, str], **inputs: object) -> None:
        queue = queues["input_queue"]
        post_data = {
            "workflow_name": "interactive.resume",
            "input": {"execution_id": execution, **queues, **inputs},
        }
        url = f"trust+{services.mistral.get_endpoint()}/executions"
        body = {"subscriber": url, "ttl": 3600, "options": {"post_data": json.dumps(post_data)}}
        answer = services.zaqar.post(f"/v2/queues/{queue}/subscriptions", json=body)
        made.append(f"/v2/queues/{queue}/subscriptions/{answer.json()['subscription_id']}")

    yield subscribe
    for path in made:
        services.zaqar.delete(path)


def new_ids() -> tuple[str, dict[str, str]]:
    execution = str(uuid.uuid4())
    return execution, {"input_queue": f"auto-{execution}", "output_queue": f"auto-{execution}-out"}


@pytest.fixture
def ids() -> tuple[str, dict[str, str]]:
    return new_ids()


def named(question: object, answer: object) -> dict:
    """An answer that names its question."""
    return {"payload": {"interaction_id": str(question), "answer": answer}}


def test_a_post_from_the_command_line_ends_the_dialogue(
    playbook, services, ansible_env, sandbox, classic
):
    trusts = services.trusts()
    started = playbook(
        "interactive.openstack.start",
        {
            "workflow_file": classic,
            "auto_resume": True,
            "execution_id": (execution := str(uuid.uuid4())),
        },
    )
    assert started.rc == 0, started.output
    assert services.state(execution) == "PAUSED"
    assert len(services.trusts()) == len(trusts) + 2  # the subscription's and the cron trigger's
    queue = f"dialogue-{execution}-input"
    subprocess.run(
        [
            "openstack",
            "--os-cloud",
            sandbox.cloud,
            "messaging",
            "message",
            "post",
            "--client-id",
            str(uuid.uuid4()),
            queue,
            json.dumps([{"body": "Ada", "ttl": 600}]),
        ],
        env=ansible_env,
        check=True,
        timeout=120,
    )
    services.output(execution)
    services.resumers_ended(execution, 1)
    finished = playbook("interactive.openstack.finish", {"execution_id": execution})
    assert finished.rc == 0, finished.output
    assert "You sent: 'Ada'" in finished.output
    assert "Post something" not in finished.output  # the question was answered
    assert services.trusts() == trusts
    assert services.zaqar.get(f"/v2/queues/{queue}/subscriptions").json()["subscriptions"] == []
    assert (
        services.mistral.get(
            f"/cron_triggers/interactive.resume.{execution}", raise_exc=False
        ).status_code
        == 404
    )
    assert services.locks(execution) == []
    assert services.resumers(execution) == []
    assert services.mistral.get(f"/executions/{execution}", raise_exc=False).status_code == 404


def test_the_role_answers_without_a_resume_of_its_own(playbook, services):
    execution = str(uuid.uuid4())
    played = playbook(
        "interactive.openstack.run",
        {
            "workflow_file": str(WORKFLOWS / "three_questions.yaml"),
            "auto_resume": True,
            "answers": ["one", "two", "three"],
            "execution_id": execution,
            "cleanup": False,
        },
    )
    assert played.rc == 0, played.output
    assert services.output(execution) == {"answers": ["one", "two", "three"]}
    services.resumers_ended(execution, 3)
    removed = playbook(
        "interactive.openstack.auto_resume", {"execution_id": execution, "state": "absent"}
    )
    assert removed.rc == 0, removed.output
    assert services.resumers(execution) == []


def test_an_answer_before_the_pause_and_a_burst_for_three_pauses(services, subscribed, ids):
    execution, queues = ids
    subscribed(execution, queues)
    services.post(queues["input_queue"], "first", "second", "third")
    services.start("three_questions", execution, **queues)
    assert services.output(execution) == {"answers": ["first", "second", "third"]}
    services.resumers_ended(execution, 3)
    assert services.unread(queues["output_queue"]) == []  # whatever was answered is gone


def test_a_notification_that_outruns_its_message(services, ids):
    execution, queues = ids
    services.start("ask_with_pause", execution, **queues)
    services.until(lambda: services.state(execution) == "PAUSED")
    resumer = services.resume(execution, queues)
    services.until(lambda: "again" in services.tasks(resumer))
    services.post(queues["input_queue"], "stored at last")
    assert services.output(execution) == {"name": "stored at last"}


def test_somebody_without_an_account_answers_with_a_signed_url(services, subscribed, ids):
    execution, queues = ids
    subscribed(execution, queues)
    services.start("ask_with_pause", execution, **queues)
    services.post_with_signed_url(queues["input_queue"], "Nobody")
    assert services.output(execution) == {"name": "Nobody"}
    services.resumers_ended(execution, 1)


@pytest.mark.parametrize("workflow", ["two_callbacks", "ask_with_pause"])
def test_a_flood_costs_little_and_the_right_answer_arrives(services, subscribed, ids, workflow):
    # What names no question is no junk: it answers the oldest question.
    execution, queues = ids
    subscribed(execution, queues)
    services.start(workflow, execution, **queues)
    other, other_queues = new_ids()
    subscribed(other, other_queues)
    services.start("two_callbacks", other, **other_queues)
    services.until(lambda: len(services.unread(other_queues["output_queue"])) == 2)
    elsewhere = services.asked(other_queues)
    answers = ["right"]
    output = {"name": "right"}
    if workflow == "two_callbacks":
        services.until(lambda: len(services.unread(queues["output_queue"])) == 2)
        asked = services.asked(queues)
        answers = [named(asked[side], side) for side in asked]
        output = {"left": "Left?", "right": "Right?"}
    junk = []
    for _try in range(15):
        junk += [
            named(uuid.uuid4(), "of no question"),
            named(elsewhere["Left?"], "of another dialogue's question"),
            named(uuid.uuid4(), "long " * 50_000),
            {"payload": {"interaction_id": str(uuid.uuid4())}},
        ]
    services.post_with_signed_url(queues["input_queue"], *junk, *answers)
    services.post(
        other_queues["input_queue"], named(elsewhere["Left?"], "L"), named(elsewhere["Right?"], "R")
    )
    assert services.output(execution, 400) == output
    assert services.output(other, 400) == {"left": "L", "right": "R"}
    posted = 60 + len(answers)
    assert services.resumers_ended(execution, posted, 400) <= 8 * posted
    assert services.locks(execution) == []


def test_of_many_answers_before_the_question_one_is_waited_with(services, subscribed, ids):
    execution, queues = ids
    subscribed(execution, queues, patience=300)
    services.start("held", execution, **queues)
    services.post(queues["input_queue"], *(f"early {number}" for number in range(20)))

    def one_waits() -> bool:
        found = services.resumers(execution)
        going_on = [one["id"] for one in found if one["state"] not in ENDED]
        return len(found) == 20 and len(going_on) == 1 and "wait" in services.tasks(going_on[0])

    services.until(one_waits)
    services.complete(services.tasks(execution)["hold"])
    assert services.output(execution) == {"answer": ["early 0"]}
    assert services.resumers_ended(execution, 20) <= 8 * 20 + 300


def test_who_finds_the_lock_taken_ends_unless_its_holder_is_stalled(services, ids):
    execution, queues = ids
    services.start("ask_with_pause", execution, **queues)
    services.until(lambda: services.state(execution) == "PAUSED")
    stalled, stalled_queues = new_ids()
    services.start("held", stalled, **stalled_queues)
    lock = f"interactive.resume.{execution}.{services.tasks(execution, 'IDLE')['read_answer']}.0"
    variables = json.dumps({"holder": stalled})
    services.mistral.post("/environments", json={"name": lock, "variables": variables})
    services.post(queues["input_queue"], "one answer")
    loser = services.resume(execution, queues)
    services.until(lambda: services.state(loser) in ENDED)
    assert set(services.tasks(loser)) == {"begin", "lock", "holder"}
    assert services.state(execution) == "PAUSED"
    time.sleep(3)  # Mistral's times have no fractions
    services.resume(execution, queues, lock_lifetime=1)
    assert services.output(execution) == {"name": "one answer"}
    services.complete(services.tasks(stalled)["hold"])


def test_an_older_library_workflow_is_renewed_and_a_newer_one_kept(playbook, services, tmp_path):
    shipped = (SAMPLES / "interactive.ask.yaml").read_text()
    version = yaml.safe_load(shipped)["interactive.ask"]["tags"][1]
    file = tmp_path / "library.yml"
    file.write_text(LIBRARY_PLAY)
    try:
        for stored, expected in (("0.0.9", version), ("99.0.0", "99.0.0")):
            services.mistral.put(
                "/workflows",
                data=shipped.replace(f"openstack, {version}]", f"openstack, {stored}]").encode(),
                headers={"Content-Type": "text/plain"},
            )
            played = playbook(file)
            assert played.rc == 0, played.output
            assert services.mistral.get("/workflows/interactive.ask").json()["tags"][1] == expected
    finally:
        services.upload(SAMPLES / "interactive.ask.yaml")


def test_duplicates_and_late_notifications_do_nothing(services, subscribed, ids):
    execution, queues = ids
    subscribed(execution, queues)
    services.start("three_questions", execution, **queues)
    services.until(lambda: services.state(execution) == "PAUSED")
    for number, body in enumerate(["first", "second"]):
        services.post(queues["input_queue"], body)
        for _duplicate in range(3):
            services.resume(execution, queues)
        services.resumers_ended(execution, 4 * (number + 1))
        assert (
            services.state(execution) == "PAUSED"
        )  # before the next question, and not in ERROR for want of an answer
        assert len(services.unread(queues["output_queue"])) == 1  # and the answered one is gone
    services.post(queues["input_queue"], "third")
    assert services.output(execution) == {"answers": ["first", "second", "third"]}
    services.post(queues["input_queue"], "too late")
    services.resumers_ended(execution, 10)
    assert services.unread(queues["input_queue"]) == ["too late"]


def test_two_open_callbacks_get_the_answers_meant_for_them(services, subscribed, ids):
    execution, queues = ids
    subscribed(execution, queues)
    services.start("two_callbacks", execution, **queues)
    services.until(lambda: len(services.unread(queues["output_queue"])) == 2)
    asked = services.asked(queues)
    services.post(
        queues["input_queue"],
        {"payload": {"interaction_id": asked["Right?"], "answer": ["<% 1 + 1 %>", "{{ 1 + 1 }}"]}},
        "for the other",
    )
    assert services.output(execution) == {
        "left": "for the other",
        "right": ["<% 1 + 1 %>", "{{ 1 + 1 }}"],
    }
    services.until(lambda: services.unread(queues["input_queue"]) == [])
    assert services.unread(queues["output_queue"]) == []


def test_named_answers_are_handed_over_while_somebody_has_paused_the_execution(
    services, subscribed, ids
):
    execution, queues = ids
    subscribed(execution, queues)
    services.start("two_callbacks", execution, **queues)
    services.until(lambda: len(services.unread(queues["output_queue"])) == 2)
    asked = services.asked(queues)
    services.mistral.put(f"/executions/{execution}", json={"state": "PAUSED"})
    services.until(lambda: services.state(asked["Right?"]) == "PAUSED")
    services.post(
        queues["input_queue"],
        {"payload": {"interaction_id": asked["Right?"], "answer": "R"}},
        {"payload": {"interaction_id": asked["Left?"], "answer": "L"}},
    )
    services.until(lambda: services.unread(queues["input_queue"]) == [])
    assert services.state(execution) == "PAUSED"
    services.mistral.put(f"/executions/{execution}", json={"state": "RUNNING"})
    assert services.output(execution) == {"left": "L", "right": "R"}


def test_a_pause_whose_lock_a_dead_one_holds_is_resumed_once(services, ids):
    execution, queues = ids
    services.start("three_questions", execution, **queues)
    services.until(lambda: services.state(execution) == "PAUSED")
    dead = f"interactive.resume.{execution}.{services.tasks(execution, 'IDLE')['read_first']}.0"
    services.mistral.post("/environments", json={"name": dead, "variables": '{"holder": "dead"}'})
    services.post(queues["input_queue"], "first")
    for _waiting in range(4):
        services.resume(execution, queues, lock_tries=2)
    services.resumers_ended(execution, 4)
    assert (
        services.state(execution) == "PAUSED"
    )  # before the second question: one answer, one resume
    assert services.unread(queues["input_queue"]) == []
    services.post(queues["input_queue"], "second", "third")
    services.resume(execution, queues)
    assert services.output(execution) == {"answers": ["first", "second", "third"]}
    services.until(lambda: services.locks(execution) == [dead])
    services.resume(execution, queues, trigger="none")  # as the last look of the safety net
    services.until(lambda: services.locks(execution) == [])


def test_an_answer_that_is_not_read_yet_pays_for_one_resume(services, ids):
    execution, queues = ids
    services.start("slow_reader", execution, **queues)
    services.until(lambda: services.state(execution) == "PAUSED")
    services.post(queues["input_queue"], "one")
    services.resume(execution, queues)
    services.until(lambda: services.state(execution) == "RUNNING")
    tasks = services.tasks(execution)
    services.complete(tasks["late"])
    services.until(lambda: services.state(execution) == "PAUSED")
    early = services.resume(execution, queues, patience=2)
    services.until(lambda: services.state(early) in ENDED)
    assert json.loads(services.mistral.get(f"/executions/{early}").json()["output"]) == {
        "acted": False
    }
    assert services.state(execution) == "PAUSED"
    services.post(queues["input_queue"], "two")
    services.complete(tasks["slow"])
    services.resume(execution, queues)
    assert sorted(services.output(execution)["answers"]) == ["one", "two"]


def test_all_that_was_said_before_the_pause_is_withdrawn(services, subscribed, ids):
    execution, queues = ids
    subscribed(execution, queues)
    services.start("says_much", execution, **queues)
    services.until(lambda: services.state(execution) == "PAUSED")
    services.post(queues["input_queue"], "that much")
    assert services.output(execution) == {"answer": "that much"}
    services.resumers_ended(execution, 1)
    assert services.unread(queues["output_queue"]) == []


def test_a_pause_beside_an_open_callback_gets_what_has_no_name(services, subscribed, ids):
    execution, queues = ids
    subscribed(execution, queues)
    asked = services.pause_beside_callback("mixed", execution, queues)
    services.post(queues["input_queue"], {"payload": {"interaction_id": asked, "answer": "A"}}, "P")
    assert services.output(execution) == {"asked": "A", "paused": "P"}
    services.resumers_ended(execution, 2)
    assert services.unread(queues["input_queue"]) == services.unread(queues["output_queue"]) == []
    # a resume of the execution itself would have had Mistral run it twice
    assert len(services.actions(services.tasks(execution)["read"])) == 1


def test_without_auto_resume_a_pause_beside_an_open_callback_is_resumed_once(
    playbook, services, ids
):
    execution, queues = ids
    services.pause_beside_callback("mixed", execution, queues)
    for answer in "PA":
        answered = playbook(
            "interactive.openstack.answer", {"execution_id": execution, "answer": answer}
        )
        assert answered.rc == 0, answered.output
    assert services.output(execution) == {"asked": "A", "paused": "P"}
    assert len(services.actions(services.tasks(execution)["read"])) == 1


def test_an_answer_that_a_pause_may_still_read_goes_to_no_callback(services, ids):
    execution, queues = ids
    services.pause_beside_callback("mixed_slowly", execution, queues)
    services.post(queues["input_queue"], "P")
    services.resume(execution, queues)
    services.until(
        lambda: (
            services.state(execution) == "RUNNING"
            and "slow" in services.tasks(execution, "RUNNING")
        )
    )
    other = services.resume(execution, queues, patience=2)
    services.until(lambda: services.state(other) in ENDED)
    assert services.unread(queues["input_queue"]) == ["P"]
    services.complete(services.tasks(execution)["slow"])
    services.until(lambda: "read" in services.tasks(execution, "SUCCESS"))
    services.post(
        queues["input_queue"], "A"
    )  # came after the pause: without a name it can only be for the callback
    services.resume(execution, queues)
    assert services.output(execution) == {"asked": "A", "paused": "P"}


def test_an_answer_from_before_the_start(playbook, services):
    execution = str(uuid.uuid4())
    services.post(f"dialogue-{execution}-input", "early bird")
    started = playbook(
        "interactive.openstack.start",
        {
            "workflow_file": "ask_with_pause.yaml",
            "auto_resume": True,
            "execution_id": execution,
            "auto_resume_safety_net": "",
        },
    )
    assert started.rc == 0, started.output
    assert services.output(execution) == {"name": "early bird"}
    assert playbook("interactive.openstack.finish", {"execution_id": execution}).rc == 0


def test_attached_to_an_execution_whose_answer_lies_there_already(playbook, services, ids):
    execution, queues = ids
    services.start("ask_with_pause", execution, **queues)
    services.until(lambda: services.state(execution) == "PAUSED")
    services.post(queues["input_queue"], "early bird")
    for _time in range(2):
        played = playbook("interactive.openstack.auto_resume", {"execution_id": execution})
        assert played.rc == 0, played.output
        assert services.output(execution) == {"name": "early bird"}
    # what another one has at the same queue stays
    other = {
        "execution_id": str(uuid.uuid4()),
        "input_queue": queues["input_queue"],
        "state": "absent",
    }
    for absent, left in ((other, 1), ({"execution_id": execution, "state": "absent"}, 0)):
        assert playbook("interactive.openstack.auto_resume", absent).rc == 0
        assert (
            len(
                services.zaqar.get(f"/v2/queues/{queues['input_queue']}/subscriptions").json()[
                    "subscriptions"
                ]
            )
            == left
        )


def test_the_safety_net_finds_an_answer_whose_notification_was_lost(playbook, services):
    trusts = services.trusts()
    execution = str(uuid.uuid4())
    started = playbook(
        "interactive.openstack.start",
        {
            "workflow_file": "ask_with_pause.yaml",
            "auto_resume": True,
            "execution_id": execution,
            "auto_resume_safety_net": "* * * * *",
        },
    )
    assert started.rc == 0, started.output
    queue = f"dialogue-{execution}-input"
    for subscription in services.zaqar.get(f"/v2/queues/{queue}/subscriptions").json()[
        "subscriptions"
    ]:
        services.keystone.delete(f"/OS-TRUST/trusts/{subscription['options']['trust_id']}")
    services.post(queue, "found")
    assert services.output(execution, 120) == {"name": "found"}
    # the next look finds the execution ended, and is the last
    services.until(
        lambda: (
            services.mistral.get(
                f"/cron_triggers/interactive.resume.{execution}", raise_exc=False
            ).status_code
            == 404
        ),
        120,
    )
    # nobody finishes it: what it leaves is swept, and what another one still needs is not
    going_on = str(uuid.uuid4())
    assert (
        playbook(
            "interactive.openstack.start",
            {"workflow_file": "ask_with_pause.yaml", "auto_resume": True, "execution_id": going_on},
        ).rc
        == 0
    )
    swept = playbook("interactive.openstack.auto_resume", {"state": "absent"})
    assert swept.rc == 0, swept.output
    for one, left in ((execution, 0), (going_on, 1)):
        found = services.zaqar.get(f"/v2/queues/dialogue-{one}-input/subscriptions").json()[
            "subscriptions"
        ]
        assert len(found) == left
    assert len(services.trusts() - trusts) == 2  # those of the one that goes on
    services.post(f"dialogue-{going_on}-input", "Ada")
    services.output(going_on)
    for one in (execution, going_on):
        assert playbook("interactive.openstack.finish", {"execution_id": one}).rc == 0
