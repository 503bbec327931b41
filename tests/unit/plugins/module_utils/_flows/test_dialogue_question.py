# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an execution asks, whichever way it waits, and how it ends."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_question import (
    DialogueQuestion,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fake_dialogue import (
    IN,
    OUT,
    FakeDialogue,
    interaction,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def dialogue(cloud) -> FakeDialogue:
    return FakeDialogue(cloud)


def ask(dialogue: FakeDialogue, **params: t.Any) -> dict[str, t.Any]:
    """Wait for the question and return the whole result."""
    return run_flow(DialogueQuestion, dialogue.cloud, execution=dialogue.id, **params)


def question_of(dialogue: FakeDialogue, **params: t.Any) -> dict[str, t.Any]:
    question: dict[str, t.Any] = ask(dialogue, **params)["question"]
    return question


def failure_of(dialogue: FakeDialogue, **params: t.Any) -> Failure:
    with pytest.raises(Failure) as caught:
        ask(dialogue, **params)
    return caught.value


# An execution that pauses


def test_a_pause_asks_what_was_said_before_it(dialogue):
    task = dialogue.pause("Hello!", "Who is there?")
    result = ask(dialogue)
    question = result["question"]
    assert question["text"] == "Hello!\nWho is there?" and question["waits_by"] == "pause"
    assert question["name"] == "read" and question["tasks"] == ["read"]
    assert question["task_ids"] == [task["id"]]
    assert (question["answers_needed"], question["answer_waits"]) == (1, False)
    assert question["schema"] is None and not question["resumes_itself"]
    assert [message["body"] for message in result["messages"]] == ["Hello!", "Who is there?"]
    assert result["changed"] is False and result["execution"]["state"] == "PAUSED"
    assert (result["input_queue"], result["output_queue"]) == (IN, OUT)


def test_a_pause_may_ask_without_a_word(dialogue):
    dialogue.pause()
    assert question_of(dialogue)["text"] == ""


def test_a_message_says_on_which_terms_it_asks(dialogue):
    schema = {"type": "integer"}
    dialogue.pause("Hello!", interaction("i", "How many?", name="size", schema=schema))
    question = question_of(dialogue)
    assert question["text"].endswith("How many?") and question["name"] == "size"
    assert question["schema"] == schema and question["interaction_id"] == "i"


def test_the_id_of_a_question_is_the_same_at_each_look(dialogue):
    dialogue.pause("Who is there?")
    first = question_of(dialogue)["id"]
    assert first == question_of(dialogue)["id"]
    dialogue.say("I am waiting.")
    assert first != question_of(dialogue)["id"]


def test_the_question_is_waited_for(dialogue):
    dialogue.work()
    dialogue.cloud.clock.at(30, lambda: dialogue.pause("Who is there?"))
    assert question_of(dialogue)["text"] == "Who is there?"
    assert 30 <= dialogue.cloud.clock.now < 35


def test_an_execution_that_asks_nothing_in_time_is_told(dialogue):
    dialogue.work()
    failure = failure_of(dialogue, wait_timeout=20)
    assert failure.error_code == "timeout" and failure.result["elapsed"] == 20
    assert "neither asked anything nor ended within 20 seconds" in failure.message
    assert "RUNNING" in failure.message


def test_an_outage_is_forgiven_and_told_in_a_timeout(dialogue):
    dialogue.cloud.fail("any", status=503, times=5)
    dialogue.pause("Who is there?")
    assert question_of(dialogue)["text"] == "Who is there?"
    dialogue.cloud.fail("zaqar", status=503, times=1000)
    failure = failure_of(dialogue, wait_timeout=20)
    assert failure.error_code == "timeout" and "The last look failed" in failure.message


def test_several_tasks_wait_for_an_answer_each(dialogue):
    dialogue.pause("One, two?", name="first")
    dialogue.pause(name="second")
    question = question_of(dialogue)
    assert question["tasks"] == ["first", "second"] and question["answers_needed"] == 2


def test_nobody_can_tell_which_of_several_branches_a_schema_is_for(dialogue):
    dialogue.pause(interaction(schema={"type": "integer"}), name="first")
    dialogue.pause(name="second")
    assert "in several branches" in question_of(dialogue)["problem"]


def test_a_pause_of_a_sub_workflow_is_one_of_the_execution(dialogue):
    mistral = dialogue.mistral
    sub = mistral.call(dialogue.execution, "sub")
    task = mistral.pause_before(sub, "read")
    dialogue.execution["state"] = "PAUSED"
    dialogue.say("Who is there?")
    question = question_of(dialogue)
    assert question["task_ids"] == [task["id"]] and question["text"] == "Who is there?"


def test_who_paused_an_execution_by_hand_resumes_it(dialogue):
    dialogue.mistral.add_task(dialogue.execution, "work")
    dialogue.execution["state"] = "PAUSED"
    failure = failure_of(dialogue)
    assert failure.error_code == "paused_by_hand" and dialogue.cloud.clock.now > 0


def test_a_pause_is_stored_before_its_task(dialogue):
    dialogue.execution["state"] = "PAUSED"
    dialogue.cloud.clock.at(0.3, lambda: dialogue.pause("Who is there?"))
    assert question_of(dialogue)["text"] == "Who is there?"


def test_an_answer_that_waits_is_part_of_the_question(dialogue):
    dialogue.pause("Who is there?")
    dialogue.zaqar.put(IN, "me", "surplus")
    question = question_of(dialogue)
    assert question["answer_waits"] is True and question["answers_needed"] == 0
    assert question["waiting_answers"] == ["me"]


def test_no_secret_answer_is_shown(dialogue):
    dialogue.pause(interaction(schema={"type": "string", "writeOnly": True}))
    dialogue.zaqar.put(IN, "secret")
    result = ask(dialogue)
    assert result["question"]["secret"] and result["secret"]
    assert result["question"]["answer_waits"] and result["question"]["waiting_answers"] == []


def test_a_question_that_somebody_is_answering_is_not_asked(dialogue):
    dialogue.pause("Who is there?")
    dialogue.zaqar.lock(OUT, ttl=60)
    assert question_of(dialogue)["text"] == "Who is there?"
    assert 60 <= dialogue.cloud.clock.now < 65


def test_an_answer_that_resumes_the_execution_is_waited_for(dialogue):
    dialogue.pause("Who is there?", then=lambda: dialogue.pause("And who else?"))
    dialogue.subscribe()
    dialogue.zaqar.put(IN, "me")
    resume = dialogue.mistral._run_idle

    def go_on() -> None:
        dialogue.execution["state"] = "RUNNING"
        resume(dialogue.execution)

    dialogue.cloud.clock.at(5, go_on)
    assert question_of(dialogue)["text"].endswith("And who else?")
    assert dialogue.cloud.count("start_execution") == 0


def test_an_answer_whose_notification_was_lost_is_told(dialogue):
    dialogue.pause("Who is there?", then=dialogue.end)
    dialogue.subscribe()
    dialogue.zaqar.put(IN, "me")
    question = question_of(dialogue)
    assert question["answer_waits"] and question["waiting_answers"] == ["me"]
    assert 10 <= dialogue.cloud.clock.now < 20
    assert {request.method for request in dialogue.cloud.requests} <= {"GET", "PATCH"}


def test_a_question_of_one_that_resumes_itself_says_so(dialogue):
    dialogue.pause("Who is there?")
    dialogue.subscribe()
    assert question_of(dialogue)["resumes_itself"] is True


# An execution that waits in interactive.ask


def test_a_callback_asks_what_its_execution_has(dialogue):
    schema = {"type": "integer"}
    sub = dialogue.ask("How many?", name="size", schema=schema, on_expiry="default")
    question = question_of(dialogue)
    assert question["waits_by"] == "callback" and question["id"] == sub["id"]
    assert question["text"] == "How many?" and question["name"] == "size"
    assert question["schema"] == schema and question["on_expiry"] == "default"
    assert question["action_execution_id"] == dialogue.mistral.action_of(sub)["id"]
    assert question["deadline"] == "2026-01-02T00:00:00Z"
    assert question["type"] == "interactive.ask" and len(question["messages"]) == 1


def test_a_callback_whose_message_was_read_by_somebody_asks_all_the_same(dialogue):
    dialogue.ask("How many?", timeout=0)
    dialogue.zaqar.take(OUT)
    question = question_of(dialogue)
    assert question["text"] == "How many?" and question["deadline"] is None
    assert question["name"] == "ask" and question["messages"] == []


@pytest.mark.parametrize("name, expected", [(None, 0), ("first", 0), ("second", 1)])
def test_of_several_questions_the_named_one_is_asked_else_the_oldest(dialogue, name, expected):
    asks = []
    for question in ("first", "second"):
        asks.append(dialogue.ask(question, name=question))
        dialogue.cloud.clock.sleep(1)
    assert question_of(dialogue, question=name)["id"] == asks[expected]["id"]


def test_a_question_of_another_name_is_waited_for_a_while(dialogue):
    dialogue.ask("How many?", name="size")
    dialogue.cloud.clock.at(5, lambda: dialogue.ask("Which?", name="colour"))
    assert question_of(dialogue, question="colour")["text"] == "Which?"
    failure = failure_of(dialogue, question="shape")
    assert failure.error_code == "not_asked" and "'size'" in failure.message


def test_a_secret_of_interactive_ask_makes_all_of_the_dialogue_secret(dialogue):
    sub = dialogue.ask("Password?", schema={"type": "string", "writeOnly": True})
    dialogue.mistral.end(sub, "SUCCESS")
    dialogue.end()
    assert ask(dialogue)["secret"] is True


# An execution that polls


def test_a_task_that_reads_again_and_again_asks(dialogue):
    task = dialogue.poll("Who is there?")
    question = question_of(dialogue)
    assert question["waits_by"] == "poll" and question["task_ids"] == [task["id"]]
    assert question["text"] == "Who is there?" and question["answers_needed"] == 1


def test_a_task_that_reads_without_a_word_asks_nothing(dialogue):
    dialogue.poll()
    assert failure_of(dialogue, wait_timeout=20).error_code == "timeout"


def test_one_that_has_its_answer_does_not_ask(dialogue):
    dialogue.poll("Who is there?", seconds=20)
    dialogue.zaqar.put(IN, "me")
    result = ask(dialogue)
    assert result["question"] is None and result["execution"]["state"] == "SUCCESS"


# The end


def test_an_execution_that_has_ended_asks_nothing(dialogue):
    dialogue.say("Goodbye!")
    dialogue.end(output={"name": "me"})
    result = ask(dialogue)
    assert result["question"] is None and result["execution"]["state"] == "SUCCESS"
    assert [message["body"] for message in result["messages"]] == ["Goodbye!"]
    assert "me" in str(result["output_shown"]) and result["cause"] == ""
    assert result["failed_tasks"] == []


def test_the_cause_of_a_failure_is_told(dialogue):
    dialogue.mistral.add_task(dialogue.execution, "deploy", "ERROR", state_info="no space left")
    dialogue.end("ERROR")
    result = ask(dialogue)
    assert result["cause"] == "task 'deploy' failed: no space left"
    assert [task["name"] for task in result["failed_tasks"]] == ["deploy"]


def test_an_execution_that_is_not_there_is_told(dialogue):
    dialogue.mistral.executions.clear()
    assert failure_of(dialogue).error_code == "not_found"


# Queues


def test_one_queue_for_both_is_refused(cloud):
    dialogue = FakeDialogue(cloud, input={"input_queue": "q", "output_queue": "q"})
    assert failure_of(dialogue).error_code == "same_queue"


def test_a_workflow_without_such_inputs_has_the_usual_queues(cloud):
    dialogue = FakeDialogue(cloud, input={})
    dialogue.mistral.pause_before(dialogue.execution, "read")
    cloud.zaqar.put("workflow-output", "Who is there?")
    result = ask(dialogue)
    assert result["question"]["text"] == "Who is there?"
    assert result["input_queue"] == "workflow-input"


def test_who_started_the_dialogue_may_have_written_its_queues_down(cloud):
    record = {"input_queue": "a", "output_queue": "b", "secret": True, "created": {"c": 1}}
    env = {"interactive_dialogue": record}
    result = ask(ended(FakeDialogue(cloud, env=env)))
    assert (result["input_queue"], result["output_queue"]) == ("a", "b")
    assert result["secret"] is True and result["created"] == {"c": 1}


def ended(dialogue: FakeDialogue) -> FakeDialogue:
    dialogue.end()
    return dialogue


@pytest.mark.parametrize("shared, expected", [(False, ["ours", "nobody's"]), (True, ["ours"])])
def test_messages_about_other_executions_are_left_out(cloud, shared, expected):
    env = {"interactive_dialogue": {"shared_output_queue": shared}}
    dialogue = FakeDialogue(cloud, env=env)
    ours = {"payload": {"execution_id": dialogue.id}}
    theirs = {"payload": {"execution_id": "other"}}
    messages = {"ours": ours, "theirs": theirs, "nobody's": "Hello!"}
    dialogue.say(*messages.values())
    dialogue.end()
    result = ask(dialogue)
    assert [message["body"] for message in result["messages"]] == [
        messages[name] for name in expected
    ]
    assert result["messages_of_others"] == 3 - len(expected)


# An execution that lost its driver


@pytest.mark.parametrize("state", ["IDLE", "SUCCESS"])
def test_an_execution_that_looks_stalled_is_left_alone(dialogue, state):
    dialogue.mistral.add_task(dialogue.execution, "work", state)
    failure = failure_of(dialogue, wait_timeout=600)
    assert failure.error_code == "timeout" and "'state' recovered" in failure.message
    assert dialogue.cloud.count("update_execution") == 0


# Somebody interrupts the wait


@pytest.mark.parametrize(
    ("cloud", "option"),
    [
        (None, ""),
        ("mine", " -e cloud=mine"),
        ("my cloud", " -e cloud='my cloud'"),
        ({"auth": {"password": "s"}}, ""),
        ('{"auth": {"password": "s"}}', ""),
        ("{'auth': {'password': 's'}}", ""),
    ],
)
def test_who_interrupts_the_wait_hears_how_to_answer(cloud: t.Any, option: str) -> None:
    flow = DialogueQuestion({"execution": "e", "cloud": cloud}, Context())
    command = f"'ansible-playbook interactive.openstack.answer -e execution_id=e{option}'"
    assert flow.go_on().endswith(f"its question can be answered with {command}.")
