# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions with a schema: what the workflow is told of an answer, a refusal and a deadline that
passes.
"""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import re
import sys
import termios
import threading
import typing as t
import uuid

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
from faults import check_sentence, ready, run, start, until
from test_dialogue import left_behind

WORKFLOWS = pathlib.Path(__file__).parent / "workflows"
LIBRARY = pathlib.Path(__file__).parents[2] / "playbooks" / "workflows"
WAYS = {
    "asks_with_schema": "ask_it",
    "pauses_with_schema": "choice",
}  # the workflow, and what its question is called
FORM = {
    "type": "object",
    "required": ["stack", "nodes"],
    "properties": {
        "stack": {"type": "string", "default": "overcloud"},
        "nodes": {"type": "integer", "minimum": 1, "maximum": 50},
        "services": {"type": "array", "items": {"enum": ["compute", "größe"]}},
        "password": {"type": "string", "writeOnly": True, "minLength": 8},
    },
}
PLAIN_FORM = dict(
    FORM,
    properties={name: field for name, field in FORM["properties"].items() if name != "password"},
)
NUMBER = {"type": "integer", "minimum": 1, "default": 3}


@pytest.fixture(scope="module")
def direct(sandbox) -> dict[str, t.Any]:
    return ready(
        sandbox,
        WORKFLOWS / "asks_with_schema.yaml",
        WORKFLOWS / "two_callbacks.yaml",
        WORKFLOWS / "pauses_twice.yaml",
        LIBRARY / "interactive.ask.yaml",
    )


def told(cloud, execution: str) -> dict[str, t.Any]:
    def look():
        found = cloud.mistral.get(f"/executions/{execution}").json()
        assert found["state"] in ("RUNNING", "PAUSED", "SUCCESS"), found["state_info"]
        return found if found["state"] == "SUCCESS" else None

    return json.loads(until(look, "the execution succeeds")["output"])["told"]


def asked(direct, execution: str) -> dict[str, t.Any]:
    return run(DialogueQuestion, direct, execution=execution, wait_timeout=60)["question"]


def refused(direct, execution: str, **options: t.Any) -> Failure:
    with pytest.raises(Failure) as raised:
        run(DialogueAnswer, direct, **({"execution": execution, "wait_timeout": 60} | options))
    check_sentence(raised.value)
    return raised.value


@pytest.mark.parametrize("workflow", WAYS)
def test_an_answer_becomes_what_the_schema_asks_for(direct, cloud, workflow):
    execution = start(cloud, workflow, schema=FORM)
    question = asked(direct, execution)
    assert (question["name"], question["schema"], question["secret"]) == (
        WAYS[workflow],
        FORM,
        True,
    )
    wrong = refused(
        direct, execution, answer={"nodes": "99", "services": "water", "password": "hunter2"}
    )
    assert wrong.error_code == "invalid_answer"
    assert len(wrong.result["problems"]) == 3 and "hunter2" not in str(wrong)
    given = {"nodes": "3", "services": "compute, größe", "password": "{{ 7 * 7 }}"}
    done = run(DialogueAnswer, direct, execution=execution, answer=given, answered_by="Ada")
    assert done["status"] == "ANSWERED"
    got = told(cloud, execution)
    assert got["answer"] == {
        "stack": "overcloud",
        "nodes": 3,
        "services": ["compute", "größe"],
        "password": "{{ 7 * 7 }}",
    }
    assert (got["status"], got["answered_by"]) == ("ANSWERED", "Ada") and got[
        "answered_at"
    ].endswith("Z")


@pytest.mark.parametrize("workflow", WAYS)
def test_a_question_is_declined(direct, cloud, workflow):
    execution = start(cloud, workflow, schema=NUMBER)
    assert (
        run(DialogueAnswer, direct, execution=execution, status="declined")["status"] == "DECLINED"
    )
    got = told(cloud, execution)
    assert (got["status"], got["answer"]) == ("DECLINED", None)
    assert got["answered_by"]  # the cloud's user


@pytest.mark.parametrize("workflow", WAYS)
@pytest.mark.parametrize(
    "schema",
    [{"type": "intger"}, {"$ref": "http://example.org"}, {"type": "integer", "default": "x"}],
)
def test_a_schema_that_is_none_can_only_be_declined(direct, cloud, workflow, schema):
    execution = start(cloud, workflow, schema=schema)
    assert asked(direct, execution)["problem"]
    assert refused(direct, execution, answer=1).error_code == "bad_schema"
    run(DialogueAnswer, direct, execution=execution, status="declined")
    assert told(cloud, execution)["status"] == "DECLINED"


@pytest.mark.parametrize(("on_expiry", "answer"), [("decline", None), ("default", 3)])
def test_a_question_of_interactive_ask_expires(direct, cloud, on_expiry, answer):
    execution = start(cloud, "asks_with_schema", schema=NUMBER, timeout=4, on_expiry=on_expiry)
    question = asked(direct, execution)
    assert question["deadline"] and question["on_expiry"] == on_expiry
    got = told(cloud, execution)
    assert (got["status"], got["answer"]) == ("EXPIRED", answer)
    late = refused(direct, execution, answer=5, question_id=question["id"])
    assert late.error_code == "expired" and "too late" in late.message


@pytest.mark.parametrize(("on_expiry", "answer"), [("decline", None), ("default", 3)])
def test_a_question_with_a_pause_has_expired(direct, cloud, on_expiry, answer):
    execution = start(
        cloud,
        "pauses_with_schema",
        schema=NUMBER,
        deadline="2020-01-01T00:00:00Z",
        on_expiry=on_expiry,
    )
    assert refused(direct, execution, answer=5).error_code == "expired"
    got = told(cloud, execution)
    assert (got["status"], got["answer"], got["answered_by"]) == ("EXPIRED", answer, None)


def test_of_two_answers_the_second_is_told_who_was_first(direct, cloud):
    execution = start(cloud, "asks_with_schema", schema=NUMBER)
    question = asked(direct, execution)
    run(
        DialogueAnswer,
        direct,
        execution=execution,
        answer=4,
        question_id=question["id"],
        answered_by="Ada",
    )
    second = refused(direct, execution, answer=5, question_id=question["id"])
    assert second.error_code == "answered_meanwhile" and "by Ada at" in second.message
    assert told(cloud, execution)["answer"] == 4


def test_a_question_of_another_execution(direct, cloud):
    execution, other = (
        start(cloud, "asks_with_schema", schema=NUMBER),
        start(cloud, "asks_with_schema", schema=NUMBER),
    )
    question = asked(direct, other)
    assert (
        refused(direct, execution, answer=5, question_id=question["id"]).error_code
        == "other_execution"
    )
    for each in (execution, other):
        run(DialogueAnswer, direct, execution=each, answer=7)
        assert told(cloud, each)["answer"] == 7


@pytest.mark.parametrize(
    ("workflow", "given"), [("asks_with_schema", {"schema": NUMBER}), ("pauses_twice", {})]
)
def test_a_question_of_an_execution_that_was_cancelled(direct, cloud, workflow, given):
    execution = start(cloud, workflow, **given)
    question = asked(direct, execution)
    cloud.mistral.put(f"/executions/{execution}", json={"state": "CANCELLED"})
    failure = refused(direct, execution, answer=5, question_id=question["id"])
    assert failure.error_code == "withdrawn" and "went on" not in failure.message
    assert "has ended in CANCELLED" in failure.message or "was cancelled" in failure.message


def test_one_of_two_questions_is_named(direct, cloud):
    execution = start(cloud, "two_callbacks")
    oldest = asked(direct, execution)["name"]
    other = {"ask_left": "ask_right", "ask_right": "ask_left"}[oldest]
    assert (
        run(DialogueQuestion, direct, execution=execution, question=other, wait_timeout=60)[
            "question"
        ]["name"]
        == other
    )
    assert refused(direct, execution, answer="x", question="nothing").error_code == "not_asked"
    run(DialogueAnswer, direct, execution=execution, answer="second", question=other)
    assert asked(direct, execution)["name"] == oldest


def test_the_role_checks_answers_and_shows_no_secret(playbook, tmp_path):
    variables = {
        "workflow_file": str(WORKFLOWS / "asks_with_schema.yaml"),
        "workflow_name": "asks_with_schema",
        "workflow_input": {"schema": FORM},
    }
    refused_run = playbook(
        "interactive.openstack.run",
        variables | {"answers": [{"nodes": 51, "password": "hunter2-secret"}]},
        "-vvv",
    )
    assert refused_run.rc != 0
    assert "'nodes' has to be at most 50, not 51" in refused_run.output
    given = {"answers": [{"nodes": "50", "password": "hunter2-secret"}]}
    done = playbook("interactive.openstack.run", variables | given, "-vvv")
    assert done.rc == 0, done.output
    log, facts = tmp_path / "ansible.log", tmp_path / "facts"
    logged = playbook(
        "interactive.openstack.run",
        variables | given,
        "-vvv",
        ANSIBLE_LOG_PATH=str(log),
        ANSIBLE_CACHE_PLUGIN="jsonfile",
        ANSIBLE_CACHE_PLUGIN_CONNECTION=str(facts),
    )
    assert logged.rc == 0, logged.output
    assert "hunter2-secret" not in log.read_text() and not any(
        "hunter2-secret" in file.read_text() for file in facts.glob("*")
    )
    for played in refused_run, done, logged:
        assert "hunter2-secret" not in played.output
        assert "Traceback" not in played.output


def form(answers: t.Any = None, schema: dict[str, t.Any] | None = None) -> list[str]:
    """The words that run a form; without a schema, the one that has no secret."""
    variables: dict[str, t.Any] = {
        "workflow_file": str(WORKFLOWS / "asks_with_schema.yaml"),
        "workflow_name": "asks_with_schema",
        "workflow_input": {"schema": schema or PLAIN_FORM},
    }
    return ["-e", json.dumps(variables | ({} if answers is None else {"answers": answers}))]


def test_a_form_at_the_terminal(terminal, cloud):
    execution = str(uuid.uuid4())
    screen = terminal(
        "interactive.openstack.run",
        *form(schema=FORM),
        "-e",
        "cleanup=no",
        "-e",
        f"execution_id={execution}",
        "-vvv",
    )
    screen.expect("What shall it be")
    screen.expect("Answer before 20.*from now; after that it counts as declined")
    screen.expect(r"stack \(1 of 4\)")
    screen.expect("Enter takes overcloud")
    screen.answer("")
    screen.expect("A whole number from 1 to 50")
    screen.answer("many")
    screen.expect("That was not taken: it has to be a whole number, not 'many'")
    screen.answer("99")
    screen.expect("That was not taken: it has to be at most 50, not 99")
    screen.answer("3")
    screen.expect("2\\) größe")
    screen.expect("Enter leaves it out")
    screen.answer("2, compute")
    screen.expect(r"password \(4 of 4\)")
    screen.answer("hunter2-{{ 7 * 7 }}")
    screen.expect("> password: \\*{8}")
    assert screen.end() == 0, screen.seen
    assert "hunter2" not in screen.seen
    assert "The workflow has asked for a secret, so its output is not shown." in screen.seen
    answer = told(cloud, execution)["answer"]
    assert answer == {
        "stack": "overcloud",
        "nodes": 3,
        "services": ["größe", "compute"],
        "password": "hunter2-{{ 7 * 7 }}",
    }


@pytest.mark.parametrize("how", ["word", "keys"])
def test_a_person_declines(terminal, how):
    screen = terminal("interactive.openstack.run", *form())
    screen.expect("Type abort, or press Ctrl-C and then A, to decline")
    if how == "word":
        screen.answer("abort")
    else:
        screen.expect("Your answer[^\n]*:")
        # between the prompt and the terminal's mode for it, Ctrl-C is for ansible-playbook and not
        # for the prompt
        until(
            lambda: not termios.tcgetattr(screen.child.child_fd)[3] & termios.ISIG,
            "the prompt takes keys as they come",
        )
        screen.child.send("\x03")
        screen.expect("'A' to abort")
        screen.child.send("a")
    assert screen.end() == 0, screen.seen
    assert '"status": "DECLINED"' in screen.seen.split("Show the workflow's output")[-1]


def test_fields_are_given_by_their_names_and_the_rest_is_asked(terminal):
    screen = terminal(
        "interactive.openstack.run", *form({"stack": "mine", "services": ["compute"]})
    )
    screen.expect(r"nodes \(2 of 3\)")
    screen.answer("7")
    assert screen.end() == 0, screen.seen
    assert '"nodes": 7' in screen.seen and '"stack": "mine"' in screen.seen


@pytest.mark.parametrize("answers", [{"ask_it": {"nodes": 7}}, {"nodes": "7"}, [{"nodes": 7}]])
def test_the_ways_to_give_an_answer(playbook, answers):
    played = playbook("interactive.openstack.run", None, *form(answers))
    assert played.rc == 0, played.output
    assert "> nodes: 7" in played.output and "> stack: overcloud" in played.output


@pytest.mark.parametrize(
    ("answers", "sentences"),
    [
        (
            {"nodes": 0, "services": ["water"]},
            ["'nodes' has to be at least 1, not 0", "'services.1' has to be one of"],
        ),
        ({"stack": "x"}, ["'nodes' is missing (a whole number from 1 to 50)"]),
        (None, ["there is no terminal", "'nodes' is missing", "interactive.openstack.answer"]),
        ({"unrelated": 1}, ["there is no terminal", "'nodes' is missing"]),
    ],
)
def test_without_a_terminal_all_that_is_wrong_is_told_at_once(playbook, answers, sentences):
    played = playbook("interactive.openstack.run", None, *form(answers))
    assert played.rc != 0
    for sentence in sentences:
        assert sentence in played.output
    assert "Traceback" not in played.output


HEAD = """\
Answer before DEADLINE; after that it counts as declined.

(Type abort, or press Ctrl-C and then A, to decline; 'ansible-playbook interactive.openstack.answer -e execution_id=ID -e cloud=CLOUD' \
answers from elsewhere.)
"""
# what a person reads at each prompt of the samples, and types
SCREENS = {
    "approve_with_comment": [
        (
            f"Approve the change?\n{HEAD}\nDecision (1 of 2)\n  1) approve\n  2) reject\nOne of these, by its number or its text.\nYour answer:",
            "1",
        ),
        (
            "Comment (2 of 2)\nWhy, for those who read this later.\nA text of at most 500 characters.\nEnter leaves it out.\nYour answer:",
            "größe 🎉",
        ),
    ],
    "configure_deployment": [
        (
            f"What shall be deployed?\n{HEAD}\nStack name (1 of 3)\nA text of at most 64 characters that matches ^[a-z][a-z0-9-]*$.\n"
            "Enter takes overcloud.\nYour answer:",
            "Größe",
        ),
        (
            "That was not taken: it has to match ^[a-z][a-z0-9-]*$, not 'Größe'.\n\n"
            "Stack name (1 of 3)\nA text of at most 64 characters that matches ^[a-z][a-z0-9-]*$.\nEnter takes overcloud.\nYour answer:",
            "",
        ),
        (
            "Number of compute nodes (2 of 3)\nA whole number from 1 to 50.\nEnter takes 3.\nYour answer:",
            "50",
        ),
        (
            "Services (3 of 3)\n  1) block-storage\n  2) dns\n  3) load-balancing\n  4) object-storage\n"
            "Any of these, separated by commas; each by its number or its text.\nYour answer:",
            "2, block-storage",
        ),
    ],
    "size_by_purpose": [
        (
            f"What is the cloud for?\n{HEAD}\n  1) test\n  2) production\nOne of these, by its number or its text.\nYour answer:",
            "production",
        ),
        (
            f"How many compute nodes shall there be?\n{HEAD}\nA whole number from 3 to 50.\nYour answer:",
            "4",
        ),
    ],
    "two_approvals": [
        (f"Network team, approve the change?\n{HEAD}\nYes or no.\nYour answer:", "yes"),
        (f"Storage team, approve the change?\n{HEAD}\nYes or no.\nYour answer:", "n"),
    ],
    "approve_stack_update": [
        (f"Update stack overcloud?\n{HEAD}\nUpdate\nYes or no.\nYour answer:", "yes")
    ],
}


@pytest.mark.parametrize(
    ("sample", "lines"),
    [
        ("approve_with_comment", ['"approved": true', '"comment": "größe 🎉"']),
        (
            "configure_deployment",
            ['"compute_nodes": 50', '"stack_name": "overcloud"', '"block-storage"', '"dns"'],
        ),
        ("size_by_purpose", ['"compute_nodes": 4', '"purpose": "production"']),
        ("two_approvals", ['"approved": false']),
        ("approve_stack_update", ['"status": "SUCCESS"']),
    ],
)
def test_samples_at_the_terminal(terminal, sandbox, sample, lines):
    screen = terminal("interactive.openstack.run", "-e", f"workflow_file={sample}.yaml")
    expected = list(SCREENS[sample])
    while expected:
        read = screen.prompt().replace(f"-e cloud={sandbox.cloud}'", "-e cloud=CLOUD'")
        read = re.sub(
            "Answer before 20.* UTC, (23 hours and 59 minutes|1 day) from now",
            "Answer before DEADLINE",
            read,
        )
        read = re.sub("execution_id=[0-9a-f-]{36}", "execution_id=ID", read)
        # of questions that are asked at the same time, either can be the first
        turn = next((turn for turn in expected if turn[0] == read), None)
        assert turn and (turn is expected[0] or sample == "two_approvals"), read
        expected.remove(turn)
        screen.child.sendline(turn[1])
    assert screen.end() == 0, screen.seen
    for line in lines:
        assert line in screen.seen.split("Show the workflow's output")[-1], screen.seen


@pytest.mark.parametrize(
    ("sample", "answers", "lines"),
    [
        (
            "approve_with_comment",
            {"decision": "Approve", "comment": "für alle"},
            ['"approved": true', '"comment": "für alle"'],
        ),
        (
            "configure_deployment",
            {"compute_nodes": "50", "services": "2, block-storage"},
            ['"compute_nodes": 50', '"stack_name": "overcloud"'],
        ),
        (
            "size_by_purpose",
            {"purpose": "production", "production_nodes": 4},
            ['"compute_nodes": 4', '"purpose": "production"'],
        ),
        (
            "two_approvals",
            {"storage_approval": "no", "network_approval": "yes"},
            ['"approved": false'],
        ),
    ],
)
def test_samples_from_variables(playbook, sample, answers, lines):
    played = playbook(
        "interactive.openstack.run", {"workflow_file": f"{sample}.yaml", "answers": answers}
    )
    assert played.rc == 0, played.output
    for line in lines:
        assert line in played.output.split("Show the workflow's output")[-1], played.output


def test_two_people_approve_by_the_names_of_their_questions(playbook):
    execution = str(uuid.uuid4())
    started = playbook(
        "interactive.openstack.start",
        {"workflow_file": "two_approvals.yaml", "execution_id": execution},
    )
    assert started.rc == 0, started.output
    for name in "storage_approval", "network_approval":
        answered = playbook(
            "interactive.openstack.answer",
            {"execution_id": execution, "question": name, "answer": "yes"},
        )
        assert answered.rc == 0, answered.output
    finished = playbook("interactive.openstack.finish", {"execution_id": execution})
    assert '"approved": true' in finished.output, finished.output


@pytest.mark.parametrize(
    ("sample", "variables", "lines"),
    [
        (
            "approve_with_comment",
            {"answer_approval_decision": "reject", "answer_approval_comment": "größe"},
            ['"approved": false', '"comment": "größe"'],
        ),
        (
            "configure_deployment",
            {"answer_deployment_services": ["dns"]},
            ['"compute_nodes": 3', '"stack_name": "overcloud"', '"dns"'],
        ),
        (
            "size_by_purpose",
            {"answer_purpose": "test", "answer_test_nodes": "", "answer_production_nodes": ""},
            ['"compute_nodes": 1'],
        ),
        (
            "two_approvals",
            {"answer_network_approval": "yes", "answer_storage_approval": True},
            ['"approved": true'],
        ),
        ("ask_with_pause", {"answer_read_answer": "Ada"}, ['"name": "Ada"']),
        ("ask_with_callback", {"answer_ask": "Ada"}, ['"name": "Ada"']),
    ],
)
def test_samples_from_variables_of_their_own(playbook, sample, variables, lines):
    played = playbook("interactive.openstack.run", {"workflow_file": f"{sample}.yaml", **variables})
    assert played.rc == 0, played.output
    for line in lines:
        assert line in played.output.split("Show the workflow's output")[-1], played.output


def test_an_answer_of_the_dictionary_goes_before_a_variable(playbook):
    played = playbook(
        "interactive.openstack.run",
        None,
        *form({"nodes": 7}),
        "-e",
        "answer_ask_it_nodes=8",
        "-e",
        "answer_ask_it_stack=mine",
    )
    assert played.rc == 0, played.output
    assert "> nodes: 7" in played.output and "> stack: mine" in played.output


def test_wrong_variables_are_named(playbook):
    played = playbook("interactive.openstack.run", None, *form(), "-e", "answer_ask_it_nodes=many")
    assert played.rc != 0
    assert (
        "answer_ask_it_stack" in played.output
        and "'nodes' has to be a whole number, not 'many'" in played.output
    )


def test_a_question_is_declined_without_a_terminal(playbook):
    execution = str(uuid.uuid4())
    started = playbook(
        "interactive.openstack.start", None, *form(), "-e", f"execution_id={execution}"
    )
    assert started.rc == 0, started.output
    declined = playbook(
        "interactive.openstack.answer",
        {"execution_id": execution, "decline": True, "awx_user_name": "Ada"},
    )
    assert declined.rc == 0, declined.output
    finished = playbook("interactive.openstack.finish", {"execution_id": execution})
    assert (
        '"status": "DECLINED"' in finished.output and '"answered_by": "Ada"' in finished.output
    ), finished.output


@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.parametrize(
    ("what", "status", "sentence", "code"),
    [
        (
            "expires",
            "EXPIRED",
            "has expired: your answer came too late and was not delivered",
            "expired",
        ),
        ("answered", "ANSWERED", "was answered by Grace at", "answered_meanwhile"),
    ],
)
def test_who_answers_too_late_is_told_so_and_the_dialogue_goes_on(
    terminal, direct, cloud, what, status, sentence, code, hide
):
    execution = str(uuid.uuid4())
    variables = {
        "workflow_file": str(WORKFLOWS / "asks_with_schema.yaml"),
        "workflow_name": "asks_with_schema",
        "execution_id": execution,
        "workflow_input": {"schema": NUMBER, "timeout": 15 if what == "expires" else 600},
        "cleanup": False,
        "hide_sensitive_logs": hide,
    }
    screen = terminal("interactive.openstack.run", "-e", json.dumps(variables))
    screen.expect("Your answer[^\n]*:")
    if what == "answered":
        run(DialogueAnswer, direct, execution=execution, answer=4, answered_by="Grace")
    assert told(cloud, execution)["status"] == status
    screen.child.sendline("5")
    assert screen.end() == 0, screen.seen
    said = "".join(screen.seen.split())
    assert "The workflow goes on without it.".replace(" ", "") in said
    assert (code if hide else sentence.replace(" ", "")) in said
    assert hide or f'"status":"{status}"' in said.rsplit("Showtheworkflow'soutput", 1)[-1]


def test_a_schema_that_nobody_could_answer_is_refused_before_the_start(playbook, cloud, tmp_path):
    file = tmp_path / "hopeless.yaml"
    file.write_text(
        (LIBRARY / "size_by_purpose.yaml")
        .read_text()
        .replace("minimum: 3, maximum: 50", "minimum: many")
    )
    execution = str(uuid.uuid4())
    played = playbook(
        "interactive.openstack.start", {"workflow_file": str(file), "execution_id": execution}
    )
    assert played.rc != 0
    assert (
        "The workflow would ask 'production_nodes', which cannot be answered: its schema is no JSON Schema"
        in played.output
    )
    assert left_behind(cloud, execution) == []


def test_answers_to_what_is_not_asked_are_refused_before_the_start(playbook, cloud):
    execution = str(uuid.uuid4())
    played = playbook(
        "interactive.openstack.run",
        {
            "workflow_file": "configure_deployment.yaml",
            "execution_id": execution,
            "answers": {"services": "dns", "stak_name": "prod", "computenodes": 9},
        },
    )
    assert played.rc != 0
    assert (
        "There are answers to stak_name, computenodes, but the workflow has no question or field of"
        " that name" in " ".join(played.output.split())
    )
    assert "Did you mean 'stack_name'? Nothing was started." in " ".join(played.output.split())
    assert left_behind(cloud, execution) == []


def test_a_question_without_a_deadline(direct, cloud):
    execution = start(cloud, "asks_with_schema", schema=NUMBER, timeout=0)
    assert asked(direct, execution)["deadline"] is None
    run(DialogueAnswer, direct, execution=execution, answer=5)
    assert told(cloud, execution)["answer"] == 5


def test_a_field_with_the_name_of_its_question(playbook):
    schema = {"type": "object", "properties": {"ask_it": {"type": "integer"}}}
    for answers in {"ask_it": 3}, {"ask_it": {"ask_it": 3}}:
        played = playbook("interactive.openstack.run", None, *form(answers, schema))
        assert (
            played.rc == 0
            and '"ask_it": 3' in played.output.split("Show the workflow's output")[-1]
        ), played.output


def test_abort_can_be_a_choice(terminal):
    screen = terminal("interactive.openstack.run", *form(schema={"enum": ["retry", "abort"]}))
    screen.expect("Press Ctrl-C and then A to decline")
    screen.answer("abort")
    assert screen.end() == 0
    assert '"answer": "abort"' in screen.seen.split("Show the workflow's output")[-1]


def test_a_question_is_not_declined_with_an_answer(playbook):
    execution = str(uuid.uuid4())
    started = playbook(
        "interactive.openstack.start", None, *form(), "-e", f"execution_id={execution}"
    )
    assert started.rc == 0, started.output
    both = playbook(
        "interactive.openstack.answer",
        {"execution_id": execution, "decline": True, "answer": "Ada"},
    )
    assert both.rc != 0 and "A question is declined without an answer" in both.output


def test_the_playbook_survey(playbook, tmp_path):
    wrote = playbook(
        "interactive.openstack.survey",
        {"workflow_file": "size_by_purpose.yaml", "dest": str(tmp_path / "survey.json")},
    )
    assert wrote.rc == 0, wrote.output
    spec = json.loads((tmp_path / "survey.json").read_text())["spec"]
    assert [(one["variable"], one["type"], one["required"]) for one in spec] == [
        ("answer_purpose", "multiplechoice", True),
        ("answer_test_nodes", "integer", False),
        ("answer_production_nodes", "integer", False),
    ]
    shown = playbook(
        "interactive.openstack.survey",
        {
            "workflow_file": str(WORKFLOWS / "asks_with_schema.yaml"),
            "workflow_name": "asks_with_schema",
        },
    )
    assert shown.rc == 0, shown.output
    assert (
        "Question 'ask_it' is not in the survey: its schema is only known while the workflow runs."
        in shown.output
    )


@pytest.mark.parametrize(
    ("workflow", "encrypted"), [("asks_for_a_secret", True), ("size_by_purpose", False)]
)
def test_a_secret_lies_encrypted_in_the_queue(playbook, cloud, workflow, encrypted):
    execution = str(uuid.uuid4())
    file = {"asks_for_a_secret": str(WORKFLOWS / "asks_for_a_secret.yaml")}.get(
        workflow, f"{workflow}.yaml"
    )
    started = playbook(
        "interactive.openstack.start", {"workflow_file": file, "execution_id": execution}
    )
    assert started.rc == 0, started.output
    queue = f"/v2/queues/dialogue-{execution}-input"
    assert cloud.zaqar.get(queue).json().get("_enable_encrypt_messages", False) is encrypted
    answer = {"payload": {"interaction_id": "word", "answer": "hunter2-secret"}}
    cloud.zaqar.post(f"{queue}/messages", json={"messages": [{"body": answer, "ttl": 300}]})
    # a claim shows what is stored
    claimed = cloud.zaqar.post(f"{queue}/claims", json={"ttl": 60, "grace": 60}).json()["messages"]
    assert ("hunter2-secret" in json.dumps(claimed)) is not encrypted
    cloud.zaqar.delete(
        f"{queue}/claims/{claimed[0]['claim_id'] if 'claim_id' in claimed[0] else claimed[0]['href'].rsplit('=', 1)[-1]}"
    )
    if encrypted:  # the other one reads no queue
        handed_over = playbook("interactive.openstack.answer", {"execution_id": execution}, "-vvv")
        assert handed_over.rc == 0, handed_over.output
        finished = playbook(
            "interactive.openstack.finish", {"execution_id": execution, "cleanup": False}, "-vvv"
        )
        assert finished.rc == 0, finished.output
        assert json.loads(cloud.mistral.get(f"/executions/{execution}").json()["output"]) == {
            "got": "hunter2-secret"
        }
        assert "hunter2" not in started.output + handed_over.output + finished.output


ODD = {
    "type": "object",
    "required": ["hosts", "größe"],
    "properties": {
        "hosts": {"type": "integer"},
        "when": {"type": "string"},
        "größe": {"enum": [f"Größe {number}" for number in range(10_000)]},
    },
}


def test_odd_names_and_ten_thousand_choices_at_the_terminal(terminal, tmp_path):
    """Fields that are named like keywords of Ansible, or not in ASCII, and more choices than a
    screen holds.
    """
    file = tmp_path / "variables.json"  # too much for a command line
    file.write_text(
        json.dumps(
            {
                "workflow_file": str(WORKFLOWS / "asks_with_schema.yaml"),
                "workflow_name": "asks_with_schema",
                "workflow_input": {"schema": ODD},
            }
        )
    )
    screen = terminal("interactive.openstack.run", "-e", f"@{file}")
    screen.answer("3")
    screen.answer("{{ lookup('pipe', 'id') }} and {% raw %}")
    screen.expect("50\\) Größe 49\r\n  … and 9950 more\r\n")
    screen.answer("Größe 10000")
    screen.expect("That was not taken: it has to be one of 'Größe 0', .*, …, not 'Größe 10000'")
    screen.answer("10000")
    assert screen.end() == 0, screen.seen
    output = screen.seen.split("Show the workflow's output")[-1]
    assert '"hosts": 3' in output and '"größe": "Größe 9999"' in output
    assert '''"when": "{{ lookup('pipe', 'id') }} and {% raw %}"''' in output


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            "answer_ask_it_hosts: '3'\nanswer_ask_it_gr__e: Größe 7\nanswer_ask_it_when: !unsafe '{{ 7 * 7 }}'",
            "",
        ),
        (
            "answer_ask_it_hosts: '{{ 1 + 2 }}'\nanswer_ask_it_gr__e: Größe 7\nanswer_ask_it_when: !unsafe '{{ 7 * 7 }}'",
            "",
        ),
        ("answers: {hosts: 3, größe: Größe 7, when: !unsafe '{{ 7 * 7 }}'}", ""),
        (
            "answer_ask_it_hosts: ''\nanswer_ask_it_gr__e: ' '",
            "'hosts' needs a value; 'größe' needs a value",
        ),
        (
            "answer_ask_it_hosts: 3.5\nanswer_ask_it_gr__e: [Größe 7]",
            "'hosts' has to be a whole number, not 3.5; 'größe' has to be one of",
        ),
        ("answer_ask_it: 7", "The answer has to be a dictionary"),
        (
            "answers: {ask_it: seven}",
            "The answer has to be a dictionary of 'hosts', 'when', 'größe', not 'seven'",
        ),
        ("answers: [{hosts: 3, größe: Größe 7, name: x}]", "takes no 'name'"),
        ("answer_ask_it_hosts: '{{ nothing_of_this_name }}'", "nothing_of_this_name"),
    ],
)
def test_odd_answers_in_variables(playbook, tmp_path, given, problem):
    file = tmp_path / "given.yml"
    file.write_text(given)
    schema = dict(ODD, additionalProperties=False)
    played = playbook(
        "interactive.openstack.run",
        {
            "workflow_file": str(WORKFLOWS / "asks_with_schema.yaml"),
            "workflow_name": "asks_with_schema",
            "workflow_input": {"schema": schema},
        },
        "-e",
        f"@{file}",
    )
    assert "Traceback" not in played.output
    if problem:
        assert played.rc != 0 and problem in played.output
    else:
        assert played.rc == 0, played.output
        output = played.output.split("Show the workflow's output")[-1]
        assert (
            '"hosts": 3' in output
            and '"größe": "Größe 7"' in output
            and '"when": "{{ 7 * 7 }}"' in output
        )


def test_of_two_people_who_answer_at_once_one_is_first(direct, cloud):
    for _round in range(3):
        execution = start(cloud, "asks_with_schema", schema=NUMBER)
        question = asked(direct, execution)

        def answer(number: int) -> Failure | None:
            try:
                run(
                    DialogueAnswer,
                    direct,
                    execution=execution,
                    answer=number,
                    question_id=question["id"],
                    answered_by=f"person {number}",
                )
            except Failure as failure:
                check_sentence(failure)
                return failure
            return None

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            came = dict(zip(range(1, 5), pool.map(answer, range(1, 5))))
        first = [number for number, failure in came.items() if failure is None]
        assert len(first) == 1 and told(cloud, execution)["answer"] == first[0]
        assert {failure.error_code for failure in came.values() if failure} == {
            "answered_meanwhile"
        }
        assert all(
            f"by person {first[0]} at" in failure.message for failure in came.values() if failure
        )


def all_at_once(
    direct, execution: str, question: str, meanwhile: t.Callable[[], None] = lambda: None
) -> list[Failure | str]:
    """Have six people answer the same question at the same time; return what came of it: their
    answer, or why not.
    """
    people = 6
    begin = threading.Barrier(people + 1)

    def answer(person: str) -> Failure | str:
        begin.wait()
        try:
            run(
                DialogueAnswer,
                direct,
                execution=execution,
                question_id=question,
                answer=person,
                wait_timeout=60,
            )
        except Failure as failure:
            check_sentence(failure)
            return failure
        return person

    def disturb() -> None:
        begin.wait()
        meanwhile()

    with concurrent.futures.ThreadPoolExecutor(people + 1) as pool:
        disturbed = pool.submit(disturb)
        came = list(pool.map(answer, [f"person {number}" for number in range(people)]))
        disturbed.result()
    return came


def locks(cloud, execution: str) -> list[str]:
    names = [one["name"] for one in cloud.mistral.get("/environments").json()["environments"]]
    return [name for name in names if execution in name]


@pytest.mark.parametrize(
    "message", ["is there", "was popped", "is popped meanwhile", "was never posted"]
)
def test_of_six_who_answer_a_pause_at_once_one_is_first(direct, cloud, message):
    execution = start(
        cloud, "pauses_twice", question="" if message == "was never posted" else "Well?"
    )
    first = run(DialogueQuestion, direct, execution=execution, wait_timeout=60)["question"]

    def pop() -> None:
        cloud.zaqar.delete(f"/v2/queues/o-{execution}/messages?pop=1")

    if message == "was popped":
        pop()
    came = all_at_once(
        direct, execution, first["id"], pop if message == "is popped meanwhile" else lambda: None
    )
    winners = [one for one in came if isinstance(one, str)]
    losers = [one for one in came if isinstance(one, Failure)]
    assert len(winners) == 1, [str(one) for one in came]
    assert {failure.error_code for failure in losers} == {"answered_meanwhile"}
    assert not any("purge" in failure.message for failure in losers)

    def second_waits() -> bool:
        tasks = cloud.mistral.get(f"/executions/{execution}/tasks").json()["tasks"]
        return any(task["name"] == "read_second" and task["state"] == "IDLE" for task in tasks)

    until(second_waits, "the next question waits")
    assert cloud.zaqar.get(f"/v2/queues/i-{execution}/messages?echo=true").json()["messages"] == []
    second = run(DialogueQuestion, direct, execution=execution, wait_timeout=60)["question"]
    assert second["tasks"] == ["read_second"] and first["tasks"] == ["read_first"]
    run(DialogueAnswer, direct, execution=execution, question_id=second["id"], answer="mine")
    until(
        lambda: cloud.mistral.get(f"/executions/{execution}").json()["state"] == "SUCCESS",
        "it ends",
    )
    assert json.loads(cloud.mistral.get(f"/executions/{execution}").json()["output"]) == {
        "answers": [winners[0], "mine"]
    }
    assert locks(cloud, execution) == []

    # what runs have left that were killed goes with the execution
    for name in f"interactive.answer.{execution}.0", f"interactive.resume.{execution}.task.0":
        cloud.mistral.post(
            "/environments", json={"name": name, "variables": json.dumps({"holder": "nobody"})}
        )
    assert len(locks(cloud, execution)) == 2
    run(MistralExecution, direct, id=execution, state="absent")
    assert locks(cloud, execution) == []
