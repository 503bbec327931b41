# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.deliver import (
    Answer,
    answered_meanwhile,
    resumes,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Claim,
    Message,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    Zaqar as RealZaqar,
)


class Services:
    """An execution that is paused with a question and one more message, and what is done to it, in order."""

    def __init__(self, refused: ServiceError | None = None, limit: int = 262144) -> None:
        self.refused = refused
        self.limit = limit
        self.done: list[tuple] = []

    def claim(self, queue, ttl, grace, limit):
        return Claim("claim", (Message.of({"id": "question"}), Message.of({"id": "said since"})))

    def size_limit(self, queue, messages):
        if self.limit < 100:
            raise Failure("too large", "too_large")

    def post(self, queue, messages):
        if self.refused:
            raise self.refused
        self.done.append(("post", [message.body for message in messages]))
        return ["id"] * len(messages)

    def delete_message(self, queue, id, claim):
        self.done.append(("delete", id))

    give_back = RealZaqar.give_back

    def within(self, seconds):
        return contextlib.nullcontext()

    def release(self, queue, claim):
        self.done.append(("release", claim))

    def tree(self, id):
        return [{"id": id, "state": "PAUSED"}]

    def set_state(self, id, state, env=None):
        self.done.append(("state", state))


def deliver(services: Services, answers: list, needed: int = 1) -> None:
    dialogue = types.SimpleNamespace(
        alone=True, id="1", root="1", input_queue="in", output_queue="out"
    )
    question = {
        "waits_by": "pause",
        "resumes_itself": False,
        "answers_needed": needed,
        "waiting_answers": [],
        "messages": [{"id": "question"}],
        "interaction_id": None,
    }
    Answer(services, services, dialogue, question, Deadline(0, clock=lambda: 0)).deliver(
        answers, {}, 60
    )


def test_what_was_said_since_is_released_before_the_resume():
    services = Services()
    deliver(services, ["yes"])
    assert services.done == [
        ("post", ["yes"]),
        ("delete", "question"),
        ("release", "claim"),
        ("state", "RUNNING"),
    ]


def test_with_too_few_answers_nothing_is_resumed():
    services = Services()
    deliver(services, ["yes"], needed=2)
    assert services.done[0] == ("post", ["yes"]) and services.done[-1] == ("release", "claim")


@pytest.mark.parametrize(("limit", "code"), [(262144, "bad_request"), (10, "too_large")])
def test_after_a_refused_post_the_question_is_free_again(limit, code):
    services = Services(ServiceError("Zaqar", 400, "bad", "bad_request"), limit)
    with pytest.raises(Failure) as raised:
        deliver(services, ["yes"])
    assert raised.value.error_code == code
    assert services.done == [("release", "claim")]


@pytest.mark.parametrize(
    ("changes", "answers", "resumed"),
    [
        ({}, 2, True),
        ({}, 1, False),
        ({"answers_needed": 0}, 0, True),
        ({"waits_by": "poll"}, 2, False),
        ({"resumes_itself": True}, 2, False),
    ],
)
def test_a_resume_takes_an_answer_for_each_task(changes, answers, resumed):
    question = {"waits_by": "pause", "resumes_itself": False, "answers_needed": 2} | changes
    assert resumes(question, ["x"] * answers) is resumed


@pytest.mark.parametrize(
    ("state", "words", "code"),
    [
        ("CANCELLED", "has ended in CANCELLED meanwhile", "withdrawn"),
        ("ERROR", "has ended in ERROR meanwhile", "withdrawn"),
        ("SUCCESS", "has ended in SUCCESS meanwhile", "answered_meanwhile"),
        ("PAUSED", "Somebody else answered", "answered_meanwhile"),
        ("RUNNING", "Somebody else answered", "answered_meanwhile"),
    ],
)
def test_an_execution_that_has_ended_is_not_said_to_be_answered_by_somebody(state, words, code):
    failure = answered_meanwhile({"id": "1", "workflow_name": "w", "state": state})
    assert (
        words in failure.message and "not posted" in failure.message and failure.error_code == code
    )
    assert ("Somebody else" in failure.message) is (state in ("PAUSED", "RUNNING"))
