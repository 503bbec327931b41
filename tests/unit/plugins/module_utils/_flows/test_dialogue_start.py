# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialogue begins with all that it needs, or leaves nothing behind."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.signals import Interrupted
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_start import (
    DialogueStart,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud, run_flow

ID = "1f6f3e0a-6ad8-44c6-a1b8-ff1c2a4b7a0e"
OWN = {f"dialogue-{ID}-input", f"dialogue-{ID}-output"}
VERSION = "version: '2.0'\n"
PAUSES = """
asker:
  input: [input_queue, output_queue, size: 1]
  tasks:
    tell:
      action: zaqar.queue_post
      input: {queue_name: <% $.output_queue %>, messages: {body: "How many?"}}
      on-success: read
    read:
      pause-before: true
      action: zaqar.queue_pop
      input: {queue_name: <% $.input_queue %>}
"""
ASKS = """
top:
  tasks:
    down: {workflow: middle}
middle:
  tasks:
    deeper: {workflow: bottom}
bottom:
  tasks:
    ask_deep: {workflow: interactive.ask, input: {question: "How deep?"}}
"""
ASK = "version: '2.0'\ninteractive.ask:\n  tags: [interactive.openstack, 0.1.0]\n  tasks: {a: {action: std.noop}}\n"
RESUME = ASK.replace("interactive.ask", "interactive.resume")
LIBRARY = {"interactive.ask": ASK, "interactive.resume": RESUME}
WRITES = ("create_", "update_", "start_", "delete_", "post_")


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def start(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    return run_flow(DialogueStart, cloud, **{"execution": ID, "library": LIBRARY, **params})


def execution(cloud: FakeCloud, workflow: str = "") -> dict[str, t.Any]:
    """Return the only execution, or that of a workflow."""
    [found] = [
        each
        for each in cloud.mistral.executions.values()
        if workflow in ("", each["workflow_name"])
    ]
    return found


def left(cloud: FakeCloud) -> list[str]:
    """Return what is in the services."""
    workflows = [workflow["name"] for workflow in cloud.mistral.workflows.values()]
    return sorted([*workflows, *queues(cloud), *cloud.mistral.executions])


def queues(cloud: FakeCloud) -> set[str]:
    return {name for name, queue in cloud.zaqar.queues.items() if queue.exists}


def test_a_workflow_that_pauses_gets_queues_of_its_own(cloud: FakeCloud) -> None:
    result = start(cloud, definition=VERSION + PAUSES, input={"size": 2})
    assert queues(cloud) == OWN
    started = execution(cloud)
    assert (started["id"], started["workflow_name"]) == (ID, "asker")
    assert started["workflow_namespace"] == ID
    assert started["input"] == {
        "input_queue": f"dialogue-{ID}-input",
        "output_queue": f"dialogue-{ID}-output",
        "size": 2,
    }
    assert result["changed"] and result["execution_id"] == ID
    assert result["created"] == {
        "queues": sorted(OWN),
        "namespace": ID,
        "workflows": ["asker"],
        "execution": True,
        "auto_resume": False,
    }
    assert [question["text"] for question in result["questions"]] == ["How many?"]


@pytest.mark.parametrize(
    ("definition", "more"),
    [
        (PAUSES, []),
        (ASKS, ["list_workflows", "list_workflows", "create_workflows"]),  # the library
    ],
)
def test_it_sends_no_request_that_it_can_do_without(
    cloud: FakeCloud, definition: str, more: list[str]
) -> None:
    workflow = "top" if definition == ASKS else ""
    start(cloud, definition=VERSION + definition, workflow=workflow, execution=None)
    upload = ["list_workflows", "create_workflows"]
    assert cloud.kinds() == [*upload, "create_queue", "create_queue", *more, "start_execution"]


def test_what_it_created_is_noted_in_the_execution(cloud: FakeCloud) -> None:
    result = start(cloud, definition=VERSION + PAUSES)
    noted = execution(cloud)["params"]["env"]["interactive_dialogue"]
    assert noted["created"] == result["created"]
    assert (noted["input_queue"], noted["output_queue"]) == tuple(sorted(OWN))


def test_an_ask_that_is_two_calls_away_gets_the_library_and_queues(cloud: FakeCloud) -> None:
    result = start(cloud, definition=VERSION + ASKS, workflow="top")
    assert "interactive.ask" in left(cloud)
    assert queues(cloud) == OWN
    assert [question["name"] for question in result["questions"]] == ["ask_deep"]
    assert execution(cloud)["input"] == {}


def test_an_ask_in_a_workflow_of_mistral_is_found(cloud: FakeCloud) -> None:
    for name in ("middle", "bottom"):
        text = VERSION + name + ASKS.split(f"\n{name}")[1].split("\nbottom", maxsplit=1)[0]
        cloud.mistral.add_workflow(name, text)
    result = start(cloud, definition=VERSION + ASKS.split("middle:\n", maxsplit=1)[0])
    assert [question["name"] for question in result["questions"]] == ["ask_deep"]
    assert "interactive.ask" in left(cloud)


def test_a_member_of_a_stored_workbook_finds_another_one(cloud: FakeCloud) -> None:
    cloud.mistral.add_workflow("ops.v1.first", "first:\n  tasks:\n    go: {workflow: second}\n")
    second = "second:\n  tasks:\n    ask: {workflow: interactive.ask, input: {question: Why}}\n"
    cloud.mistral.add_workflow("ops.v1.second", second)
    result = start(cloud, workflow="ops.v1.first")
    assert [question["text"] for question in result["questions"]] == ["Why"]
    assert execution(cloud)["workflow_name"] == "ops.v1.first"


def test_a_library_that_is_there_is_not_uploaded(cloud: FakeCloud) -> None:
    cloud.mistral.add_workflow(
        "interactive.ask", ASK, tags=["interactive.openstack", "0.2.0"], scope="public"
    )
    start(cloud, definition=VERSION + ASKS, workflow="top")
    assert cloud.count("create_workflows") == 1


def test_an_older_library_is_replaced(cloud: FakeCloud) -> None:
    cloud.mistral.add_workflow("interactive.ask", ASK, tags=["interactive.openstack", "0.0.9"])
    start(
        cloud,
        definition=VERSION + ASKS,
        workflow="top",
        library={"interactive.ask": ASK.replace("std.noop", "std.echo")},
    )
    assert cloud.count("update_workflow") == 1


def test_a_library_that_nobody_has_is_missed(cloud: FakeCloud) -> None:
    with pytest.raises(Failure, match="nobody gave its definition") as caught:
        start(cloud, definition=VERSION + ASKS, workflow="top", library={})
    assert caught.value.error_code == "no_library"
    assert left(cloud) == []


def test_a_workflow_of_mistral_stays_where_it_is(cloud: FakeCloud) -> None:
    cloud.mistral.add_workflow("asker", VERSION + PAUSES)
    result = start(cloud, workflow="asker")
    assert result["created"]["workflows"] == [] and result["created"]["namespace"] == ""
    assert cloud.count("create_workflows") == 0


def test_a_workflow_without_queues_uses_those_that_it_names(cloud: FakeCloud) -> None:
    definition = VERSION + PAUSES.replace("[input_queue, output_queue, size: 1]", "[]")
    result = start(cloud, definition=definition)
    assert queues(cloud) == {"workflow-input", "workflow-output"}
    assert result["created"]["queues"] == []


@pytest.mark.parametrize("queue", ["input_queue", "output_queue"])
def test_messages_of_others_are_neither_answers_nor_questions(cloud: FakeCloud, queue: str) -> None:
    cloud.zaqar.put("theirs", "hello")
    with pytest.raises(Failure, match="'theirs' holds messages that nobody has read"):
        start(cloud, definition=VERSION + PAUSES, **{queue: "theirs"})
    assert left(cloud) == ["theirs"]


def test_a_shared_output_queue_may_hold_messages_of_others(cloud: FakeCloud) -> None:
    cloud.zaqar.put("theirs", "hello")
    start(cloud, definition=VERSION + PAUSES, output_queue="theirs", shared_output_queue=True)
    assert execution(cloud)["input"]["output_queue"] == "theirs"


def test_one_queue_for_both_directions_is_refused(cloud: FakeCloud) -> None:
    with pytest.raises(Failure, match="two names"):
        start(cloud, definition=VERSION + PAUSES, input_queue="q", output_queue="q")
    assert cloud.requests == [] or left(cloud) == []


SCHEMA = "ask_deep: {workflow: interactive.ask, input: {question: Deep, schema: SCHEMA}}"


def with_schema(schema: dict[str, t.Any]) -> str:
    bottom = SCHEMA.replace("SCHEMA", json.dumps(schema))
    return VERSION + f"bottom:\n  tasks:\n    {bottom}\n"


def test_a_secret_is_kept_encrypted(cloud: FakeCloud) -> None:
    result = start(cloud, definition=with_schema({"type": "string", "writeOnly": True}))
    metadata = {name: queue.metadata for name, queue in cloud.zaqar.queues.items()}
    encrypted = {name for name, data in metadata.items() if "_enable_encrypt_messages" in data}
    assert encrypted == {f"dialogue-{ID}-input"}
    assert result["secret"]


def test_a_question_that_nobody_can_answer_is_refused_before_anything_is_done(
    cloud: FakeCloud,
) -> None:
    with pytest.raises(Failure, match="cannot be answered") as caught:
        start(cloud, definition=with_schema({"type": "nonsense"}))
    assert caught.value.error_code == "unanswerable"
    assert left(cloud) == []


def test_a_gate_at_which_nobody_is_asked_is_refused_wherever_it_is(cloud: FakeCloud) -> None:
    gate = "down:\n  tasks:\n    gate: {join: all, pause-before: true, action: std.noop}\n"
    cloud.mistral.add_workflow("down", VERSION + gate)
    before = left(cloud)
    with pytest.raises(Failure, match="'gate' of workflow 'down'.*Nothing was started") as caught:
        start(cloud, definition=VERSION + "top:\n  tasks:\n    t: {workflow: down}\n")
    assert caught.value.error_code == "unanswerable" and left(cloud) == before


def test_an_answer_that_nothing_asks_is_refused_with_the_name_that_is_near(
    cloud: FakeCloud,
) -> None:
    with pytest.raises(Failure, match="Did you mean 'ask_deep'") as caught:
        start(cloud, definition=VERSION + ASKS, workflow="top", answers=["ask_deeq"])
    assert caught.value.error_code == "not_asked"
    assert left(cloud) == []


def test_a_field_of_a_form_takes_an_answer(cloud: FakeCloud) -> None:
    form = {"type": "object", "properties": {"size": {"type": "integer"}}}
    start(cloud, definition=with_schema(form), answers=["size", "ask_deep"])


def test_several_workflows_need_a_name(cloud: FakeCloud) -> None:
    with pytest.raises(Failure, match="top, middle, bottom: name one of them"):
        start(cloud, definition=VERSION + ASKS)


def test_a_workflow_that_mistral_does_not_have(cloud: FakeCloud) -> None:
    with pytest.raises(Failure, match="Mistral has no workflow 'asker'"):
        start(cloud, workflow="asker")


# auto_resume


def test_answers_resume_it(cloud: FakeCloud) -> None:
    start(cloud, definition=VERSION + PAUSES, auto_resume=True)
    assert len(cloud.zaqar.queues[f"dialogue-{ID}-input"].subscriptions) == 1
    [trigger] = cloud.mistral.cron_triggers.values()
    assert trigger["name"] == f"interactive.resume.{ID}"
    first_look = execution(cloud, "interactive.resume")
    assert first_look["input"]["execution_id"] == ID


# Failures


@pytest.mark.parametrize("kind", ["create_workflows", "create_queue", "start_execution"])
def test_nothing_is_left_of_a_start_that_is_refused(cloud: FakeCloud, kind: str) -> None:
    cloud.fail(kind, status=403, times=9)
    with pytest.raises(Failure) as caught:
        start(cloud, definition=VERSION + PAUSES)
    assert caught.value.error_code == "forbidden"
    assert left(cloud) == []


def test_the_subscription_is_removed_as_well(cloud: FakeCloud) -> None:
    cloud.fail("start_execution", status=403)
    with pytest.raises(Failure):
        start(cloud, definition=VERSION + PAUSES, auto_resume=True)
    assert not cloud.zaqar.queues[f"dialogue-{ID}-input"].subscriptions
    assert left(cloud) == ["interactive.resume"]


def test_an_execution_that_runs_keeps_what_it_needs(cloud: FakeCloud) -> None:
    cloud.fail("create_cron_trigger", status=403)
    with pytest.raises(Failure, match=f"Execution {ID} runs all the same"):
        start(cloud, definition=VERSION + PAUSES, auto_resume=True)
    assert OWN < set(left(cloud))


def test_what_may_begin_later_keeps_what_it_needs(cloud: FakeCloud) -> None:
    cloud.after("start_execution", lambda _request: cloud.fail("read_execution", 403, 99))
    cloud.lose("start_execution")
    with pytest.raises(Failure, match="may begin all the same, also later") as caught:
        start(cloud, definition=VERSION + PAUSES, execution=None)
    assert "If it does not, remove the workflow in namespace" in caught.value.message
    assert len(queues(cloud)) == 2


def test_a_start_that_was_never_sent_leaves_nothing(cloud: FakeCloud) -> None:
    cloud.fail("start_execution")
    with pytest.raises(Failure, match="not reachable") as caught:
        start(cloud, definition=VERSION + PAUSES)
    assert "may begin" not in caught.value.message and left(cloud) == []


def test_a_queue_that_comes_late_is_told(cloud: FakeCloud) -> None:
    cloud.late("create_queue", 1000)
    with pytest.raises(Failure) as caught:
        start(cloud, definition=VERSION + PAUSES)
    assert f"is to be removed then: queue dialogue-{ID}-input." in caught.value.message
    assert "run the task again" not in caught.value.message and left(cloud) == []


def test_the_outcome_of_an_upload_to_a_shared_namespace_is_no_traceback(cloud: FakeCloud) -> None:
    cloud.late("create_workflows", 1000)
    with pytest.raises(Failure, match="did not answer"):
        start(cloud, definition=VERSION + PAUSES, namespace="shared")


def test_another_start_of_the_same_id_keeps_what_it_uses(cloud: FakeCloud) -> None:
    cloud.before("create_queue", lambda _request: cloud.mistral.add_execution("asker", id=ID))
    cloud.fail("create_queue", status=403)
    with pytest.raises(Failure, match=f"Execution {ID} runs all the same"):
        start(cloud, definition=VERSION + PAUSES)
    assert "asker" in left(cloud)


def test_nothing_is_removed_where_nobody_can_tell_whether_another_start_uses_it(
    cloud: FakeCloud,
) -> None:
    cloud.before("create_queue", lambda _request: cloud.fail("read_execution", 403, 99))
    cloud.fail("create_queue", status=403)
    with pytest.raises(Failure, match="may begin all the same, also later, so nothing is removed"):
        start(cloud, definition=VERSION + PAUSES)
    assert left(cloud) == ["asker"]


def test_what_was_there_before_stays(cloud: FakeCloud) -> None:
    cloud.zaqar.put(f"dialogue-{ID}-input", "of somebody else")
    cloud.fail("start_execution", status=403)
    with pytest.raises(Failure):
        start(cloud, definition=VERSION + PAUSES)
    assert left(cloud) == [f"dialogue-{ID}-input"]


def test_an_upload_that_is_done_late_is_removed(cloud: FakeCloud) -> None:
    cloud.late("create_workflows", 85)
    with pytest.raises(Failure, match="Created all the same, and removed again: the workflow"):
        start(cloud, definition=VERSION + PAUSES)
    assert left(cloud) == []


def test_an_upload_that_nobody_knows_of_is_told(cloud: FakeCloud) -> None:
    cloud.after("create_workflows", lambda _request: cloud.fail("list_workflows", 403, 99))
    cloud.lose("create_workflows")
    with pytest.raises(
        Failure, match=f"May be left, and is to be removed: the workflow in namespace {ID}"
    ):
        start(cloud, definition=VERSION + PAUSES)


def test_what_cannot_be_removed_is_named(cloud: FakeCloud) -> None:
    cloud.fail("start_execution", status=403)
    cloud.fail("delete_queue", status=403, times=9)
    with pytest.raises(
        Failure, match=f"May be left, and is to be removed: queue dialogue-{ID}-output"
    ):
        start(cloud, definition=VERSION + PAUSES)


def test_an_execution_that_exists_is_returned_with_what_it_was_started_with(
    cloud: FakeCloud,
) -> None:
    first = start(cloud, definition=VERSION + PAUSES, input_queue="mine")
    before = len(cloud.requests)
    result = start(cloud, definition=VERSION + PAUSES)
    assert not result["changed"] and result["execution"]["id"] == ID
    assert (result["input_queue"], result["created"]) == ("mine", first["created"])
    kinds = cloud.kinds()[before:]
    assert not [kind for kind in kinds if kind.startswith(WRITES)]


def test_answers_resume_an_execution_that_exists(cloud: FakeCloud) -> None:
    start(cloud, definition=VERSION + PAUSES)
    result = start(cloud, definition=VERSION + PAUSES, auto_resume=True)
    assert result["changed"] and list(cloud.mistral.cron_triggers)
    assert len(cloud.zaqar.queues[f"dialogue-{ID}-input"].subscriptions) == 1


def test_an_id_of_another_workflow_is_a_conflict_and_nothing_is_removed(
    cloud: FakeCloud,
) -> None:
    cloud.mistral.add_execution("other", id=ID)
    before = left(cloud)
    with pytest.raises(Failure, match="Choose another id") as caught:
        start(cloud, definition=VERSION + PAUSES)
    assert caught.value.error_code == "conflict" and left(cloud) == before


def test_check_mode_changes_nothing(cloud: FakeCloud) -> None:
    result = start(cloud, definition=VERSION + PAUSES, auto_resume=True, check_mode=True)
    assert result["changed"] and left(cloud) == []
    assert cloud.count("validate_workflow") == 1


# Interruptions


def interrupted(cloud: FakeCloud, when: str, kind: str, **params: t.Any) -> DialogueStart:
    """Return a start that was interrupted before, or after, a request of a kind was carried out."""

    def interrupt(_request: object) -> None:
        raise Interrupted

    getattr(cloud, when)(kind, interrupt)
    defaults = {name: option.get("default") for name, option in DialogueStart.OPTIONS.items()}
    options = {**defaults, "library": LIBRARY, "definition": VERSION + PAUSES, **params}
    flow = DialogueStart(options, Context(new_deadline=cloud.clock.deadline))
    flow.cloud = t.cast(t.Any, cloud)
    with pytest.raises(Interrupted):
        flow.run()
    flow.undo()
    return flow


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["create_workflows", "create_queue"])
def test_nothing_is_left_of_an_interrupted_start(cloud: FakeCloud, when: str, kind: str) -> None:
    flow = interrupted(cloud, when, kind)
    assert left(cloud) == []
    word = "May still come" if when == "before" else "Created all the same, and removed again"
    assert flow.go_on().startswith(word)


def test_an_interrupted_start_that_has_begun_goes_on(cloud: FakeCloud) -> None:
    flow = interrupted(cloud, "after", "start_execution")
    assert "runs all the same: go on with" in flow.go_on() and len(queues(cloud)) == 2


def test_an_interrupted_start_that_may_begin_removes_nothing(cloud: FakeCloud) -> None:
    flow = interrupted(cloud, "before", "start_execution")
    assert "may begin all the same" in flow.go_on() and len(queues(cloud)) == 2


def test_an_interruption_before_anything_was_created(cloud: FakeCloud) -> None:
    flow = interrupted(cloud, "before", "read_environment", env="stored")
    assert flow.go_on() == "Nothing was started, and nothing is left." and left(cloud) == []


# Which workflow is meant


def test_a_longer_name_is_that_of_another_workflow(cloud: FakeCloud) -> None:
    inner = "approve:\n  tasks:\n    ask: {workflow: interactive.ask, input: {question: Why}}\n"
    cloud.mistral.add_workflow("deploy.approve", inner)
    definition = VERSION + "approve:\n  tasks:\n    go: {workflow: deploy.approve}\n"
    result = start(cloud, definition=definition)
    assert [question["text"] for question in result["questions"]] == ["Why"]


def test_a_workflow_by_its_id_is_looked_at_in_its_own_namespace(cloud: FakeCloud) -> None:
    top = VERSION + ASKS.split("middle:\n", maxsplit=1)[0]
    id = cloud.mistral.add_workflow("top", top, namespace="n")["id"]
    ask = "middle:\n  tasks:\n    ask: {workflow: interactive.ask, input: {question: Why}}\n"
    cloud.mistral.add_workflow("middle", VERSION + ask, namespace="n")
    result = start(cloud, workflow=id)
    assert [question["text"] for question in result["questions"]] == ["Why"]


# Options


@pytest.mark.parametrize(
    ("options", "env"),
    [
        ({"env": {"a": 1}}, {"a": 1}),
        ({"params": {"env": {"a": 1}}}, {"a": 1}),
        ({"params": {"env": {"a": 1}}, "env": {"a": 2}}, {"a": 2}),
        ({"env": "stored"}, {"a": 3}),
        ({"params": {"env": "stored"}}, {"a": 3}),
    ],
)
def test_the_environment(cloud: FakeCloud, options: dict[str, t.Any], env: dict[str, int]) -> None:
    Mistral(t.cast(t.Any, cloud)).create_environment("stored", {"a": 3})
    start(cloud, definition=VERSION + PAUSES, **options)
    noted = execution(cloud)["params"]["env"]
    assert {name: value for name, value in noted.items() if name == "a"} == env


def test_an_environment_that_is_not_stored_is_missed_before_anything_is_done(
    cloud: FakeCloud,
) -> None:
    with pytest.raises(Failure, match="no environment 'nothing'"):
        start(cloud, definition=VERSION + PAUSES, env="nothing")
    assert cloud.count("create_workflows") == 0


@pytest.mark.parametrize(
    ("options", "queue"),
    [
        ({"input": {"input_queue": ""}}, f"dialogue-{ID}-input"),
        ({"input": {"input_queue": "b"}}, "b"),
        ({"input": {"input_queue": "b"}, "input_queue": "a"}, "a"),
    ],
)
def test_the_workflow_gets_the_queue_of_the_dialogue(
    cloud: FakeCloud, options: dict[str, t.Any], queue: str
) -> None:
    result = start(cloud, definition=VERSION + PAUSES, **options)
    assert execution(cloud)["input"]["input_queue"] == result["input_queue"] == queue


def test_the_texts_of_the_library_are_in_no_invocation() -> None:
    assert DialogueStart.redacted({"library": LIBRARY}) == {
        "library": dict.fromkeys(LIBRARY, "...")
    }
