# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer is delivered once, whichever way the execution waits and whatever is lost on the way."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.closed import closed
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer import (
    DialogueAnswer,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.tests.unit.fake_dialogue import (
    IN,
    OUT,
    FakeDialogue,
    interaction,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    Request,
    run_flow,
)

INTEGER = {"type": "integer", "minimum": 1}
# Seconds after which a network brings a request, or has lost it: less than LOCK_TTL - HOLD of lock.py.
LONGEST_WAY = 34
NOTHING = "00000000-0000-4000-8000-000000000000"  # the id of nothing
LONG_AGO, FAR_AWAY = "2000-01-01T00:00:00Z", "2999-01-01T00:00:00Z"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def dialogue(cloud) -> FakeDialogue:
    return FakeDialogue(cloud)


def deliver(dialogue: FakeDialogue, answer: t.Any = None, **params: t.Any) -> dict[str, t.Any]:
    return run_flow(DialogueAnswer, dialogue.cloud, execution=dialogue.id, answer=answer, **params)


def failure_of(dialogue: FakeDialogue, answer: t.Any = None, **params: t.Any) -> Failure:
    with pytest.raises(Failure) as caught:
        deliver(dialogue, answer, **params)
    return caught.value


def payloads(dialogue: FakeDialogue) -> list[dict[str, t.Any]]:
    """Return the payloads of the answers that the workflow has read."""
    return [answer["payload"] for answer in dialogue.answers]


def written(cloud: FakeCloud) -> list[str]:
    """Return the kinds of the requests that change something."""
    return [kind for kind in cloud.kinds() if not kind.startswith(("read_", "list_"))]


# An execution that pauses


def test_an_answer_is_posted_and_the_execution_resumed(dialogue):
    dialogue.pause("Who is there?")
    result = deliver(dialogue, "me")
    assert dialogue.answers == ["me"] and dialogue.state == "SUCCESS"
    assert result["changed"] and result["resumed"] and result["status"] == "ANSWERED"
    assert len(result["message_ids"]) == 1 and result["question"]["text"] == "Who is there?"
    assert dialogue.zaqar.bodies(OUT) == [] and dialogue.mistral.environments == {}


def test_the_message_is_gone_before_the_execution_goes_on(dialogue):
    dialogue.pause("Who is there?", then=lambda: dialogue.pause("And who else?"))
    deliver(dialogue, "me")
    assert dialogue.zaqar.free(OUT) == ["And who else?"]
    result = deliver(dialogue, "you")
    assert result["question"]["text"] == "And who else?"
    assert dialogue.answers == ["me", "you"]


def test_a_pause_without_a_word_is_answered_under_a_lock(dialogue):
    dialogue.pause()
    deliver(dialogue, "me")
    assert dialogue.answers == ["me"] and dialogue.mistral.environments == {}
    assert dialogue.cloud.count("create_environment") == 1


def test_a_question_with_an_id_gets_an_answer_that_says_who_and_what(dialogue):
    body = interaction("i", schema=INTEGER)
    dialogue.pause(body)
    deliver(dialogue, "3")
    (payload,) = payloads(dialogue)
    assert payload["answer"] == 3 and payload["interaction_id"] == "i"
    assert payload["status"] == "ANSWERED" and payload["answered_by"] == "demo"
    assert payload["execution_id"] == dialogue.id and dialogue.answers[0]["type"] == "t"
    assert payload["answered_at"].endswith("Z")


def test_somebody_may_answer_for_somebody_else(dialogue):
    dialogue.pause(interaction())
    deliver(dialogue, "3", answered_by="ada")
    assert payloads(dialogue)[0]["answered_by"] == "ada"


@pytest.mark.parametrize("answer", [0, "many", 1.5])
def test_what_the_schema_does_not_allow_is_not_posted(dialogue, answer):
    dialogue.pause(interaction(schema=INTEGER))
    failure = failure_of(dialogue, answer)
    assert failure.error_code == "invalid_answer" and len(failure.result["problems"]) == 1
    assert written(dialogue.cloud) == [] and dialogue.state == "PAUSED"


def test_a_schema_that_nobody_can_answer_can_only_be_declined(dialogue):
    dialogue.pause(interaction(schema={"type": "nonsense"}))
    assert failure_of(dialogue, "x").error_code == "bad_schema"
    deliver(dialogue, status="declined")
    assert payloads(dialogue)[0]["status"] == "DECLINED"


def test_a_question_with_an_id_can_be_declined(dialogue):
    dialogue.pause(interaction(schema=INTEGER))
    result = deliver(dialogue, status="declined")
    assert result["status"] == "DECLINED"
    assert payloads(dialogue)[0]["answer"] is None


def test_a_plain_question_cannot_be_declined(dialogue):
    dialogue.pause("Who is there?")
    assert failure_of(dialogue, status="declined").error_code == "cannot_decline"
    assert dialogue.answers == [] and written(dialogue.cloud) == []


@pytest.mark.parametrize(
    "options, code",
    [
        ({"answer": ""}, "empty_answer"),
        ({"answers": ["a", ""]}, "empty_answer"),
        ({"answer": "a", "status": "declined"}, "bad_option"),
        ({"answers": ["a", "b"]}, "bad_option"),
        ({}, "empty_answer"),
    ],
)
def test_answers_that_cannot_be_meant_are_refused(dialogue, options, code):
    dialogue.pause("Who is there?")
    assert failure_of(dialogue, **options).error_code == code
    assert written(dialogue.cloud) == []


@pytest.mark.parametrize(
    "on_expiry, value", [("default", 5), ("decline", None), ("nonsense", None)]
)
@pytest.mark.parametrize("answer", ["3", None])
def test_a_question_whose_deadline_has_passed_expires(dialogue, on_expiry, value, answer):
    schema = {**INTEGER, "default": 5}
    dialogue.pause(interaction(schema=schema, deadline=LONG_AGO, on_expiry=on_expiry))
    if answer:
        assert failure_of(dialogue, answer).error_code == "expired"
    else:
        assert deliver(dialogue)["status"] == "EXPIRED"
    (payload,) = payloads(dialogue)
    assert payload["answer"] == value and payload["status"] == "EXPIRED"
    assert payload["answered_by"] is None and dialogue.state == "SUCCESS"


@pytest.mark.parametrize("deadline", [FAR_AWAY, "some day", None])
def test_a_deadline_that_has_not_passed_is_no_matter(dialogue, deadline):
    dialogue.pause(interaction(deadline=deadline))
    assert deliver(dialogue, "3")["status"] == "ANSWERED"


@pytest.mark.parametrize("secret, expected", [(True, 300), (False, 3600)])
def test_a_secret_answer_lies_in_the_queue_for_a_short_time_only(dialogue, secret, expected):
    dialogue.pause(interaction(schema={"type": "string", "writeOnly": secret}))
    deliver(dialogue, "x")
    post = next(one for one in dialogue.cloud.requests if one.kind == "post_messages")
    assert post.body["messages"][0]["ttl"] == expected


def test_an_answer_may_have_another_time_to_live(dialogue):
    dialogue.pause("Who is there?")
    deliver(dialogue, "me", ttl=60)
    post = next(one for one in dialogue.cloud.requests if one.kind == "post_messages")
    assert post.body["messages"][0]["ttl"] == 60


# Several tasks, and answers that wait


def two_tasks(dialogue: FakeDialogue) -> None:
    dialogue.pause("One, two?", name="first")
    dialogue.pause(name="second")


def test_each_task_gets_an_answer(dialogue):
    two_tasks(dialogue)
    result = deliver(dialogue, answers=["one", "two"])
    assert result["resumed"] and dialogue.answers == ["one", "two"]


def test_with_too_few_answers_the_execution_stays_paused(dialogue):
    two_tasks(dialogue)
    assert deliver(dialogue, "one")["resumed"] is False
    assert dialogue.state == "PAUSED" and dialogue.zaqar.free(IN) == ["one"]
    result = deliver(dialogue, "two")
    assert result["resumed"] and dialogue.answers == ["one", "two"]


def test_an_answer_that_waits_is_delivered_without_another_one(dialogue):
    dialogue.pause("Who is there?")
    dialogue.zaqar.put(IN, "me")
    result = deliver(dialogue)
    assert result["message_ids"] == [] and result["resumed"]
    assert dialogue.answers == ["me"] and dialogue.cloud.count("post_messages") == 0
    assert dialogue.cloud.clock.now < 2  # whoever posted it has had a moment


@pytest.mark.parametrize("answer, is_delivered", [("me", True), ("you", False)])
def test_an_answer_that_waits_is_not_posted_twice(dialogue, answer, is_delivered):
    dialogue.pause("Who is there?")
    dialogue.zaqar.put(IN, "me")
    if is_delivered:
        deliver(dialogue, answer)
    else:
        assert failure_of(dialogue, answer).error_code == "answer_waits"
    assert dialogue.answers == ["me"] * is_delivered
    assert dialogue.cloud.count("post_messages") == 0


@pytest.mark.parametrize("options", [{}, {"wait_timeout": 0}])
def test_who_posted_an_answer_has_a_moment_to_resume(dialogue, options):
    task = dialogue.pause("Who is there?")
    dialogue.zaqar.put(IN, "me")

    def resume() -> None:
        dialogue.execution["state"] = "RUNNING"
        dialogue.mistral.end_task(task)

    dialogue.cloud.clock.at(0.5, resume)
    assert failure_of(dialogue, "me", **options).error_code == "answered_meanwhile"
    assert dialogue.answers == ["me"] and dialogue.cloud.count("update_execution") == 0


def test_one_that_resumes_itself_is_not_resumed(dialogue):
    dialogue.pause("Who is there?")
    dialogue.subscribe()
    assert deliver(dialogue, "me")["resumed"] is False
    assert dialogue.zaqar.free(IN) == ["me"] and dialogue.state == "PAUSED"


# The other ways to wait


def test_a_callback_is_completed(dialogue):
    dialogue.ask("How many?", schema=INTEGER)
    result = deliver(dialogue, "3")
    assert dialogue.answers == [3] and dialogue.state == "SUCCESS"
    assert result["message_ids"] == [] and result["resumed"] is False
    assert written(dialogue.cloud) == ["create_environment", "update_action", "delete_environment"]


def test_a_callback_is_declined(dialogue):
    sub = dialogue.ask("How many?")
    assert deliver(dialogue, status="declined")["status"] == "DECLINED"
    result = dialogue.mistral.action_of(sub)["output"]["result"]
    assert result["status"] == "DECLINED" and result["answered_by"] == "demo"


def test_a_poll_reads_the_answer_by_itself(dialogue):
    dialogue.poll("Who is there?")
    result = deliver(dialogue, "me")
    assert result["resumed"] is False and dialogue.zaqar.bodies(OUT) == []
    dialogue.cloud.clock.sleep(5)
    assert dialogue.answers == ["me"] and dialogue.state == "SUCCESS"


def test_a_post_to_a_poll_is_not_repeated(dialogue):
    """What was read is gone: nobody can tell whether the lost post came."""
    dialogue.poll("Who is there?")
    dialogue.cloud.lose("post_messages")
    failure_of(dialogue, "me")
    dialogue.cloud.clock.sleep(60)
    assert dialogue.cloud.count("post_messages") == 1 and dialogue.answers == ["me"]


def test_the_question_is_chosen_by_its_name(dialogue):
    first = dialogue.ask("first", name="first")
    second = dialogue.ask("second", name="second")
    deliver(dialogue, "x", question="second")
    assert (first["state"], second["state"]) == ("RUNNING", "SUCCESS")


def test_an_execution_that_has_ended_takes_no_answer(dialogue):
    dialogue.end()
    assert failure_of(dialogue, "me").error_code == "execution_ended"


@pytest.mark.parametrize("make", ["pause", "ask", "poll"])
def test_check_mode_posts_nothing(dialogue, make):
    getattr(dialogue, make)("How many?")
    result = deliver(dialogue, "3", check_mode=True, wait_timeout=600)
    assert result["changed"] and result["message_ids"] == []
    assert written(dialogue.cloud) == [] and dialogue.answers == []


# Questions that are not open any more


def complete(dialogue: FakeDialogue, sub: dict[str, t.Any], **result: t.Any) -> None:
    action = dialogue.mistral.action_of(sub)
    action.update(state="SUCCESS", output={"result": result})
    task = dialogue.mistral.tasks[action["task_execution_id"]]
    task["state"] = "SUCCESS"
    sub["state"] = "SUCCESS"


def time_out(dialogue: FakeDialogue, sub: dict[str, t.Any]) -> None:
    action = dialogue.mistral.action_of(sub)
    dialogue.mistral.tasks[action["task_execution_id"]]["state"] = "ERROR"
    sub["state"] = "ERROR"


def test_a_question_that_somebody_has_answered_says_who(dialogue):
    sub = dialogue.ask("How many?")
    dialogue.ask("Which?")
    complete(dialogue, sub, status="ANSWERED", answered_by="ada", answered_at=LONG_AGO)
    failure = failure_of(dialogue, "3", question_id=sub["id"])
    assert failure.error_code == "answered_meanwhile"
    assert f"was answered by ada at {LONG_AGO}" in failure.message


def test_a_question_that_somebody_has_declined_says_so(dialogue):
    sub = dialogue.ask("How many?")
    complete(dialogue, sub, status="DECLINED")
    dialogue.end()
    failure = failure_of(dialogue, "3", question_id=sub["id"])
    assert "was declined" in failure.message


def test_a_question_that_nobody_answered_in_time_has_expired(dialogue):
    sub = dialogue.ask("How many?")
    dialogue.ask("Which?")
    time_out(dialogue, sub)
    assert failure_of(dialogue, "3", question_id=sub["id"]).error_code == "expired"


@pytest.mark.parametrize("state", ["CANCELLED", "SUCCESS"])
def test_a_question_whose_execution_has_ended_is_withdrawn(dialogue, state):
    sub = dialogue.ask("How many?")
    dialogue.execution["state"] = state
    assert failure_of(dialogue, "3", question_id=sub["id"]).error_code == "withdrawn"


def test_a_question_of_another_execution_is_not_this_one_s(cloud, dialogue):
    other = FakeDialogue(cloud)
    sub = other.ask("How many?")
    dialogue.ask("Which?")
    failure = failure_of(dialogue, "3", question_id=sub["id"])
    assert failure.error_code == "other_execution"


def test_a_question_elsewhere_in_the_tree_is_no_other_execution_s(cloud, dialogue):
    sub = dialogue.mistral.call(dialogue.execution, "below")
    ask = dialogue.ask("How many?")
    complete(dialogue, ask, status="ANSWERED", answered_by="ada")
    service = Mistral(cloud)
    failure = closed(service, service.existing(sub["id"]), ask["id"])
    assert failure.error_code == "answered_meanwhile" and "ada" in failure.message


@pytest.mark.parametrize("id", ["x", NOTHING, f"{NOTHING},4e9", "", "x" * 5000 + "\x1b[2J"])
@pytest.mark.parametrize("make", ["pause", "ask", "poll", "end"])
def test_an_id_that_nobody_issued_is_that_of_no_question(dialogue, make, id):
    if make == "end":
        dialogue.end()
    else:
        getattr(dialogue, make)("Who is there?")
    failure = failure_of(dialogue, "me", question_id=id)
    assert failure.error_code == "no_question" and len(failure.message) < 400
    assert f"has no question with the id '{id[:70]}" in failure.message
    assert "your answer was not delivered" in failure.message
    assert written(dialogue.cloud) == []


@pytest.mark.parametrize("what", ["execution", "task"])
def test_an_id_of_something_else_is_that_of_no_question(dialogue, what):
    dialogue.ask("Who is there?")
    ids = {"execution": dialogue.id, "task": dialogue.work()["id"]}
    failure = failure_of(dialogue, "me", question_id=ids[what])
    assert "answered" not in failure.message.replace("may have answered", "")


def test_who_answered_a_pause_is_somebody_else(dialogue):
    task = dialogue.pause("Who?", then=lambda: dialogue.pause("And who else?"))
    id = deliver(dialogue, "me")["question"]["id"]
    task["result"] = [{"body": "me"}]
    failure = failure_of(dialogue, "you", question_id=id)
    assert failure.error_code == "answered_meanwhile"
    assert failure.message.startswith("Somebody else answered the question of execution")


@pytest.mark.parametrize("state", ["ERROR", "RUNNING", "SUCCESS"])
def test_whether_a_task_that_read_nothing_was_answered_is_not_known(dialogue, state):
    task = dialogue.pause("Who?")
    dialogue.pause("And who else?", name="next")
    task["state"] = state
    failure = failure_of(dialogue, "you", question_id=f"{task['id']},4e9")
    assert failure.error_code == "answered_meanwhile"
    assert "does not ask this question now: somebody may have answered it" in failure.message


def test_whether_a_message_that_is_gone_was_answered_is_not_known(dialogue):
    task = dialogue.poll("Who?")
    failure = failure_of(dialogue, "me", question_id=f"{task['id']},4e9")
    assert failure.error_code == "answered_meanwhile"
    assert "somebody may have answered it" in failure.message


def test_a_pause_of_another_execution_is_not_this_one_s(cloud, dialogue):
    other = FakeDialogue(cloud)
    task = other.pause("Who?")
    dialogue.ask("Which?")
    failure = failure_of(dialogue, "3", question_id=f"{task['id']},4e9")
    assert failure.error_code == "other_execution" and other.id in failure.message


def test_a_question_that_a_pause_hides_was_not_withdrawn(dialogue):
    sub = dialogue.ask("How many?")
    dialogue.pause("Who?")
    failure = failure_of(dialogue, "3", question_id=sub["id"])
    assert failure.error_code == "not_asked"
    assert "has no answer yet, but cannot be answered now" in failure.message


@pytest.mark.parametrize("state, code", [("RUNNING", "not_asked"), ("ERROR", "withdrawn")])
def test_a_question_that_does_not_wait_yet_was_not_answered(dialogue, state, code):
    dialogue.ask("Which?")
    sub = dialogue.mistral.call(dialogue.execution, "interactive.ask", state=state)
    assert failure_of(dialogue, "3", question_id=sub["id"]).error_code == code


# Others who answer at the same time


def test_who_comes_second_is_told(cloud, dialogue):
    dialogue.pause("Who is there?")
    other = FakeCloud(zaqar=cloud.zaqar, mistral=cloud.mistral)

    def answer(request: Request) -> None:
        run_flow(DialogueAnswer, other, execution=dialogue.id, answer="you")

    cloud.before("create_claim", answer)
    assert failure_of(dialogue, "me").error_code in ("answered_meanwhile", "withdrawn")
    assert dialogue.answers == ["you"] and dialogue.zaqar.bodies(IN) == []


def test_who_completes_an_action_second_is_told(cloud, dialogue):
    dialogue.ask("How many?")
    other = FakeCloud(zaqar=cloud.zaqar, mistral=cloud.mistral)

    def answer(request: Request) -> None:
        run_flow(DialogueAnswer, other, execution=dialogue.id, answer=2)

    cloud.before("update_action", answer)
    assert failure_of(dialogue, 3).error_code == "answered_meanwhile"
    assert dialogue.answers == [2]


# Requests that are lost

KINDS = [
    "create_claim",
    "post_messages",
    "delete_message",
    "update_execution",
    "read_tree",
    "list_tasks",
    "list_messages",
]


@pytest.mark.parametrize("message", ["Who is there?", None])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("trouble", ["lose", "refuse", "drop", "delay"])
@pytest.mark.parametrize("kind", [*KINDS, "create_environment", "delete_environment"])
def test_whatever_is_lost_one_answer_arrives(cloud, dialogue, kind, trouble, times, message):
    dialogue.pause(*[message] * (message is not None))
    if trouble == "lose":
        cloud.lose(kind, times=times)
    elif trouble == "refuse":
        cloud.fail(kind, status=503, times=times)
    elif trouble == "drop":
        cloud.fail(kind, times=times)
    else:
        cloud.late(kind, seconds=LONGEST_WAY, times=times)
    deliver(dialogue, "me", wait_timeout=3600)
    cloud.clock.sleep(1000)
    assert dialogue.answers == ["me"] and dialogue.zaqar.bodies(IN) == []
    assert dialogue.state == "SUCCESS"


@pytest.mark.parametrize("trouble", ["lose", "refuse", "drop"])
def test_whatever_is_lost_an_action_is_completed_once(cloud, dialogue, trouble):
    dialogue.ask("How many?")
    if trouble == "lose":
        cloud.lose("update_action")
    elif trouble == "refuse":
        cloud.fail("update_action", status=503, times=2)
    else:
        cloud.fail("update_action", times=2)
    deliver(dialogue, 3)
    assert dialogue.answers == [3] and dialogue.state == "SUCCESS"


def test_who_may_not_resume_is_told_that_the_answer_is_kept(cloud, dialogue):
    dialogue.pause("Who is there?")
    cloud.fail("update_execution", status=403)
    failure = failure_of(dialogue, "me")
    assert failure.error_code == "forbidden" and "is posted and kept" in failure.message
    assert dialogue.zaqar.free(IN) == ["me"]
    assert deliver(dialogue)["resumed"] and dialogue.answers == ["me"]


def test_an_answer_that_is_too_large_is_not_posted(dialogue):
    dialogue.pause("Who is there?")
    assert failure_of(dialogue, "x" * 300000).error_code == "too_large"
    assert dialogue.zaqar.bodies(IN) == [] and dialogue.state == "PAUSED"
