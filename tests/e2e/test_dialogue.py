# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole dialogues, run as users run them: at a terminal, from variables, in pieces, after a crash,
in ansible-runner.
"""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import time
import uuid

import pexpect
import pytest

WORKFLOWS = pathlib.Path(__file__).parent / "workflows"

# One dialogue with queues of its own, then one whose workflow declares no input: nothing of the
# first may linger.
MY_PLAY = """---
- name: Two dialogues
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/interactive.openstack.openstack:
      cloud: "{{ the_cloud }}"
  tasks:
    - name: The first
      ansible.builtin.include_role:
        name: interactive.openstack.interactive_workflow
      vars:
        interactive_workflow_file: ask_with_pause.yaml
        interactive_workflow_answers: [admin]

    - name: Keep its result
      ansible.builtin.set_fact:
        first: "{{ interactive_workflow_result }}"

    - name: The second
      ansible.builtin.include_role:
        name: interactive.openstack.interactive_workflow
      vars:
        interactive_workflow_namespace: "{{ the_namespace }}"
        interactive_workflow_definition:
          version: "2.0"
          plain:
            output:
              words: [admin, default, demo]
            tasks:
              work:
                action: std.noop

    - name: Keep this one as well
      ansible.builtin.set_fact:
        second: "{{ interactive_workflow_result }}"

    - name: Begin a third
      ansible.builtin.include_role:
        name: interactive.openstack.interactive_workflow
        tasks_from: start
      vars:
        interactive_workflow_file: "{{ the_file }}"
        interactive_workflow_input: {question: "[1, 2]"}

    - name: Its question is a text
      ansible.builtin.assert:
        that:
          - interactive_workflow_result.question is string
          - interactive_workflow_result.question == "[1, 2]"

    - name: Both are as they should be
      ansible.builtin.assert:
        that:
          - first.output.name == 'admin'
          - first.state == 'SUCCESS'
          - first.question is none
          - second.output.words == ['admin', 'default', 'demo']
          - second.input_queue == 'workflow-input'
"""
RUN = "interactive.openstack.run"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def execution_id(output: str) -> str:
    found = re.search(rf"runs as execution ({ID})", output.replace("\r", "").replace("\n", ""))
    assert found, output
    return found.group(1)


def left_behind(cloud, execution: str) -> list[str]:
    """What the services still hold of a dialogue: its execution, its queues with messages, its
    workflows.
    """
    found = []
    if cloud.mistral.get(f"/executions/{execution}", raise_exc=False).status_code != 404:
        found.append("execution")
    workflows = cloud.mistral.get("/workflows").json()["workflows"]
    found += [f"workflow {w['name']}" for w in workflows if w["namespace"] == execution]
    found += [name for name in queue_names(cloud) if execution in name]
    return found


def queue_names(cloud) -> list[str]:
    names: list[str] = []
    while True:
        query = {"limit": 20} | ({"marker": names[-1]} if names else {})
        page = [
            queue["name"] for queue in cloud.zaqar.get("/v2/queues", params=query).json()["queues"]
        ]
        new = [name for name in page if name not in names]
        if not new:
            return names
        names += new


def test_classic_workflow_with_its_file_name_only(playbook, classic, cloud):
    played = playbook(RUN, {"workflow_file": classic, "answers": [{"testing": 123}]})
    assert played.rc == 0, played.output
    assert "You sent: '{'testing': 123}'" in played.output
    assert left_behind(cloud, execution_id(played.output)) == []


def test_a_person_at_the_terminal(terminal, classic, cloud):
    screen = terminal(RUN, "-e", f"workflow_file={classic}")
    screen.expect("Post something to")
    screen.answer("")
    screen.expect("That was not taken: it needs a value")
    screen.answer("helo ther\x1b[De")  # an arrow key, which the terminal does not show
    screen.expect("held control characters")
    screen.answer("hello there")
    assert screen.end() == 0, screen.seen
    assert "You sent: 'hello there'" in screen.seen
    assert left_behind(cloud, execution_id(screen.seen)) == []


def test_an_empty_reply_takes_the_default(terminal, classic):
    screen = terminal(RUN, "-e", f"workflow_file={classic}", "-e", "default_answer=later")
    screen.answer("")
    assert screen.end() == 0, screen.seen
    assert "You sent: 'later'" in screen.seen


def test_three_questions_of_which_the_last_is_typed(terminal):
    given = json.dumps({"answers": ["one", {"two": [2, None]}]})
    screen = terminal(RUN, "-e", f"workflow_file={WORKFLOWS / 'three_questions.yaml'}", "-e", given)
    screen.expect(r"Third\?")
    screen.answer("three")
    assert screen.end() == 0, screen.seen
    output = re.sub(r"\s+", " ", screen.seen.split("Show the workflow's output")[-1])
    assert '"answers": [ "one", { "two": [ 2, null ] }, "three" ]' in output, screen.seen


def test_questions_are_inert(playbook):
    played = playbook(
        RUN, {"workflow_file": str(WORKFLOWS / "three_questions.yaml"), "answers": ["a", "b", "c"]}
    )
    assert played.rc == 0, played.output
    assert "{{ 7 * 7 }} red?" in played.output
    assert "\x1b" not in played.output and "\x07" not in played.output


def test_an_answered_question_is_not_asked_again(playbook):
    """A hint and a question before each pause: what was answered is gone when the next question
    comes.
    """
    played = playbook(
        RUN, {"workflow_file": str(WORKFLOWS / "hint_and_question.yaml"), "answers": ["sda", "yes"]}
    )
    assert played.rc == 0, played.output
    asked = played.output.split("Show the question and its answer")[1:]
    first, second = (re.sub(r"\s+", " ", text.split("TASK")[0]) for text in asked if '"> ' in text)
    assert '"Three disks were found.", "Which one?", "> sda"' in first
    assert '"It holds data.", "Sure?", "> yes"' in second
    assert "Three disks" not in second


def test_answers_keep_their_types(playbook, cloud):
    answers = [
        0,
        False,
        None,
        "[1, 2]",
        "{'a': 1}",
        "true",
        "42",
        [1, None],
        {"a": {"b": []}},
        "ünï 🎉",
    ]
    questions = {"questions": [f"{number}?" for number in range(len(answers))]}
    variables = {
        "workflow_file": str(WORKFLOWS / "robust_pause.yaml"),
        "workflow_input": questions,
        "answers": answers,
    }
    played = playbook(RUN, variables | {"cleanup": False})
    assert played.rc == 0, played.output
    output = json.loads(
        cloud.mistral.get(f"/executions/{execution_id(played.output)}").json()["output"]
    )
    assert output == {"answers": answers}
    assert [type(answer) for answer in output["answers"]] == [type(answer) for answer in answers]


def test_of_two_who_answer_the_same_question_the_later_is_told(terminal, playbook, cloud):
    screen = terminal(
        RUN,
        "-e",
        f"workflow_file={WORKFLOWS / 'three_questions.yaml'}",
        "-e",
        '{"answers": ["1"]}',
        "-e",
        "cleanup=no",
    )
    screen.expect("Your answer[^\n]*:")
    execution = execution_id(screen.seen)
    elsewhere = playbook(
        "interactive.openstack.answer", {"execution_id": execution, "answer": "faster"}
    )
    assert elsewhere.rc == 0, elsewhere.output
    assert (
        playbook("interactive.openstack.finish", {"execution_id": execution}).rc != 0
    )  # the third question is open now
    screen.child.sendline("slower")
    screen.expect("Somebody else answered")
    screen.answer("3")
    assert screen.end() == 0, screen.seen
    assert "slower" not in screen.seen.split("Show the workflow's output")[-1]
    assert (
        cloud.zaqar.get(f"/v2/queues/dialogue-{execution}-input/messages").json()["messages"] == []
    )


def test_a_question_that_a_pause_hides_is_asked_again(terminal, cloud):
    """The workflow pauses for another question while somebody types."""
    mixed = ("-e", f"workflow_file={WORKFLOWS / 'mixed.yaml'}", "-e", "workflow_name=mixed")
    screen = terminal(RUN, *mixed, "-e", "cleanup=no")
    screen.expect(r"Asked\?")
    screen.expect("Your answer[^\n]*:")
    execution = execution_id(screen.seen)
    tasks = cloud.mistral.get(f"/executions/{execution}/tasks").json()["tasks"]
    begin = next(task["id"] for task in tasks if task["name"] == "begin")
    (action,) = cloud.mistral.get(f"/tasks/{begin}/action_executions").json()["action_executions"]
    done = {"state": "SUCCESS", "output": "{}"}
    cloud.mistral.put(f"/action_executions/{action['id']}", json=done)
    while cloud.mistral.get(f"/executions/{execution}").json()["state"] != "PAUSED":
        time.sleep(0.1)
    screen.child.sendline("too early")
    screen.expect("has no answer yet, but cannot be answered now")
    screen.expect(r"Paused\?")
    screen.answer("P")
    screen.expect(r"Asked\?")
    screen.answer("A")
    assert screen.end() == 0, screen.seen
    output = json.loads(cloud.mistral.get(f"/executions/{execution}").json()["output"])
    assert output == {"asked": "A", "paused": "P"}


def test_messages_of_others_are_no_answers(playbook, cloud):
    queue = f"mine-{uuid.uuid4()}"
    cloud.zaqar.post(
        f"/v2/queues/{queue}/messages", json={"messages": [{"body": "STALE", "ttl": 300}]}
    )
    played = playbook(
        RUN, {"workflow_file": "ask_with_pause.yaml", "input_queue": queue, "answer": "Ada"}
    )
    assert played.rc != 0
    assert f"Queue '{queue}' holds messages that nobody has read" in played.output
    left = cloud.zaqar.get(f"/v2/queues/{queue}/messages", params={"echo": "true"}).json()[
        "messages"
    ]
    assert [message["body"] for message in left] == ["STALE"]


def test_a_refused_start_leaves_nothing(playbook, cloud):
    execution = str(uuid.uuid4())
    played = playbook(
        RUN,
        {
            "workflow_file": "ask_with_pause.yaml",
            "workflow_input": {"bad": 1},
            "execution_id": execution,
        },
    )
    assert played.rc != 0
    assert "unexpected=['bad']" in played.output
    assert left_behind(cloud, execution) == []


def test_an_execution_that_somebody_paused_is_no_question(playbook, cloud):
    text = "version: '2.0'\nsleeps:\n  tasks:\n    sleep:\n      action: std.async_noop\n"
    cloud.mistral.post(
        "/workflows", data=text, headers={"Content-Type": "text/plain"}, raise_exc=False
    )
    execution = cloud.mistral.post("/executions", json={"workflow_name": "sleeps"}).json()["id"]
    cloud.mistral.put(f"/executions/{execution}", json={"state": "PAUSED"})
    played = playbook("interactive.openstack.answer", {"execution_id": execution, "answer": "yes"})
    assert played.rc != 0
    assert "somebody paused it" in played.output
    cloud.mistral.delete(f"/executions/{execution}?force=true")


@pytest.mark.parametrize("name", ["run", "start"])
def test_check_mode_starts_nothing(playbook, cloud, name):
    execution = str(uuid.uuid4())
    played = playbook(
        f"interactive.openstack.{name}",
        {"workflow_file": "ask_with_pause.yaml", "execution_id": execution},
        "--check",
    )
    assert played.rc == 0, played.output
    assert f"would run as execution {execution}" in re.sub(r"\s+", " ", played.output)
    assert left_behind(cloud, execution) == []


def test_sensitive_logs_are_hidden(playbook):
    hidden = {
        "workflow_file": str(WORKFLOWS / "asks_what_it_is_told.yaml"),
        "hide_sensitive_logs": "true",
    }
    hidden["workflow_input"] = {"question": "SECRETQUESTION"}
    asked = playbook(RUN, hidden, "-vvv")
    assert asked.rc != 0 and "The workflow asks something" in asked.output
    answered = playbook(RUN, hidden | {"answers": ["SECRETANSWER"]}, "-vvv")
    assert answered.rc == 0, answered.output
    for word in ("SECRETQUESTION", "SECRETANSWER"):
        assert word not in asked.output + answered.output


def test_values_as_they_come_from_the_command_line(playbook, cloud):
    words = (
        ["answers=yes"],
        ["answer=Ada", "cleanup=false", "hide_sensitive_logs=false", "wait_timeout=60"],
    )
    refused, played = (
        playbook(
            RUN,
            {"workflow_file": "ask_with_pause.yaml"},
            *(part for word in given for part in ("-e", word)),
        )
        for given in words
    )
    assert refused.rc != 0 and "is neither a list nor a dictionary" in refused.output
    assert played.rc == 0, played.output
    assert "> Ada" in played.output
    assert "execution" in left_behind(cloud, execution_id(played.output))


def test_two_workflows_in_one_play_of_ones_own(playbook, sandbox, tmp_path, cloud):
    """The role as users include it: definitions inline, the cloud from module_defaults, a namespace
    that is named.
    """
    file = tmp_path / "mine.yml"
    namespace = f"named-{uuid.uuid4()}"
    file.write_text(MY_PLAY)
    asking = str(WORKFLOWS / "asks_what_it_is_told.yaml")
    played = playbook(
        file,
        {"the_cloud": sandbox.cloud, "the_namespace": namespace, "the_file": asking, "cloud": None},
    )
    assert played.rc == 0, played.output
    stored = cloud.mistral.get("/workflows", params={"namespace": namespace}).json()["workflows"]
    assert [workflow["name"] for workflow in stored] == ["plain"]


@pytest.mark.parametrize("name", ["answer", "finish"])
def test_an_execution_has_to_be_named(playbook, name):
    played = playbook(f"interactive.openstack.{name}", {"answer": "x"})
    assert played.rc != 0
    assert "Say which execution" in played.output


def test_questions_without_a_pause(playbook, cloud):
    """Two are open at once; the role asks the oldest first."""
    played = playbook(
        RUN,
        {
            "workflow_file": str(WORKFLOWS / "two_callbacks.yaml"),
            "answers": [{"a": None}, 0],
            "cleanup": False,
        },
    )
    assert played.rc == 0, played.output
    assert played.output.count("Left?") == played.output.count("Right?") == 1
    execution = execution_id(played.output)
    output = json.loads(cloud.mistral.get(f"/executions/{execution}").json()["output"])
    assert sorted(output.values(), key=str) == [0, {"a": None}]
    finished = playbook("interactive.openstack.finish", {"execution_id": execution})
    assert finished.rc == 0, finished.output
    assert left_behind(cloud, execution) == []


def test_a_question_that_nobody_answers_in_time_fails_its_task(playbook, cloud):
    played = playbook(
        "interactive.openstack.start", {"workflow_file": str(WORKFLOWS / "impatient.yaml")}
    )
    assert played.rc == 0, played.output
    execution = {"execution_id": execution_id(played.output)}
    end = time.monotonic() + 180
    while (
        cloud.mistral.get(f"/executions/{execution['execution_id']}").json()["state"] == "RUNNING"
    ):
        assert time.monotonic() < end
        time.sleep(0.2)
    finished = playbook("interactive.openstack.finish", execution)
    assert finished.rc == 0, finished.output
    assert '"went on without": true' in finished.output
    assert "Quick!" not in finished.output  # the question was withdrawn


def test_sample_that_polls(playbook, cloud):
    variables = {
        "workflow_file": "ask_by_polling.yaml",
        "workflow_input": {"poll_delay": 1},
        "answer": "Bob",
        "execution_id": None,
    }  # as if it were left out
    played = playbook(RUN, variables)
    assert played.rc == 0, played.output
    assert "Hello, Bob!" in played.output
    assert left_behind(cloud, execution_id(played.output)) == []


def test_without_a_terminal_it_fails_and_says_how(playbook):
    played = playbook(RUN, {"workflow_file": "ask_with_pause.yaml"})
    assert played.rc != 0
    assert "there is no terminal" in played.output
    assert "interactive_workflow_answers" in played.output
    assert "interactive.openstack.answer" in played.output


def test_no_execution_is_guessed(playbook):
    played = playbook("interactive.openstack.answer", {"execution_id": None, "answer": "yes"})
    assert played.rc != 0 and "Say which execution" in played.output


def test_an_empty_answer_is_never_posted(playbook, cloud):
    played = playbook(RUN, {"workflow_file": "ask_with_pause.yaml", "answers": [" "]})
    assert played.rc != 0
    assert "is empty" in played.output
    execution = execution_id(played.output)
    assert (
        cloud.zaqar.get(f"/v2/queues/dialogue-{execution}-input/messages").json()["messages"] == []
    )
    assert cloud.mistral.get(f"/executions/{execution}").json()["state"] == "PAUSED"


def test_the_same_in_pieces_and_not_out_of_order(playbook, cloud):
    started = playbook("interactive.openstack.start", {"workflow_file": "ask_with_pause.yaml"})
    assert started.rc == 0, started.output
    dialogue = {"execution_id": execution_id(started.output)}

    early = playbook("interactive.openstack.finish", dialogue)
    assert early.rc != 0 and "still waits for an answer" in early.output

    answered = playbook("interactive.openstack.answer", dialogue | {"answers": ["Eve"]})
    assert answered.rc == 0, answered.output
    finished = playbook("interactive.openstack.finish", dialogue)
    assert finished.rc == 0, finished.output
    assert "Hello, Eve!" in finished.output
    assert left_behind(cloud, dialogue["execution_id"]) == []


def test_what_was_named_or_is_wanted_stays(playbook, cloud):
    played = playbook(
        RUN, {"workflow_file": "ask_with_pause.yaml", "answer": "Zoe", "cleanup": False}
    )
    assert played.rc == 0, played.output
    execution = execution_id(played.output)
    assert sorted(left_behind(cloud, execution)) == sorted(
        [
            "execution",
            "workflow ask_with_pause",
            f"dialogue-{execution}-input",
            f"dialogue-{execution}-output",
        ]
    )

    named = {"input_queue": f"in-{execution}", "output_queue": f"out-{execution}"}
    played = playbook(RUN, {"workflow_file": "ask_with_pause.yaml", "answer": "Zoe"} | named)
    assert played.rc == 0, played.output
    assert set(named.values()) <= set(queue_names(cloud))


def test_killed_at_the_prompt_and_picked_up(terminal, playbook, cloud):
    screen = terminal(RUN, "-e", "workflow_file=ask_with_pause.yaml")
    screen.expect("Your answer[^\n]*:")
    execution = execution_id(screen.seen)
    screen.kill()
    screen.expect(pexpect.EOF)

    answered = playbook(
        "interactive.openstack.answer", {"execution_id": execution, "answer": "Kim"}
    )
    assert answered.rc == 0, answered.output
    assert "Who is there?" in answered.output
    finished = playbook("interactive.openstack.finish", {"execution_id": execution})
    assert finished.rc == 0, finished.output
    assert "Hello, Kim!" in finished.output
    assert left_behind(cloud, execution) == []


def test_died_between_post_and_resume(playbook, cloud):
    started = playbook("interactive.openstack.start", {"workflow_file": "ask_with_pause.yaml"})
    execution = execution_id(started.output)
    cloud.zaqar.post(
        f"/v2/queues/dialogue-{execution}-input/messages",
        json={"messages": [{"body": "Liv", "ttl": 300}]},
    )
    answered = playbook("interactive.openstack.answer", {"execution_id": execution})
    assert answered.rc == 0, answered.output
    finished = playbook("interactive.openstack.finish", {"execution_id": execution})
    assert "Hello, Liv!" in finished.output


def test_two_dialogues_at_once(playbook):
    def one(name: str):
        return playbook(RUN, {"workflow_file": "ask_with_pause.yaml", "answer": name})

    with concurrent.futures.ThreadPoolExecutor() as pool:
        played = list(pool.map(one, ["Ann", "Ben"]))
    for name, result in zip(["Ann", "Ben"], played):
        assert result.rc == 0, result.output
        assert f"Hello, {name}!" in result.output


def test_a_workflow_that_fails_says_which_task_and_why(playbook, cloud):
    played = playbook(
        RUN, {"workflow_file": str(WORKFLOWS / "fails_after_answer.yaml"), "answer": "yes"}
    )
    assert played.rc != 0
    assert "task 'give_up' failed" in played.output
    assert "Traceback" not in played.output
    assert left_behind(cloud, execution_id(played.output)) == ["execution"]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"workflow_file": "nowhere.yaml"}, "There is no workflow file 'nowhere.yaml'"),
        ({}, "Say which workflow to run"),
        (
            {"workflow_name": "nobody-uploaded-this"},
            "Mistral has no workflow 'nobody-uploaded-this'",
        ),
        (
            {"workflow_file": "ask_with_pause.yaml", "input_queue": "one", "output_queue": "one"},
            "Queue 'one' cannot take the answers as well",
        ),
        (
            {"workflow_file": "ask_with_pause.yaml", "execution_id": "deploy-1"},
            "'deploy-1' cannot be the id of an execution",
        ),
        ({"workflow_file": "/tmp"}, "'/tmp' is a folder"),
        ({"workflow_file": "ask_with_pauze.yaml"}, "Did you mean 'ask_with_pause.yaml'?"),
        (
            {"workflow_file": str(WORKFLOWS / "gate_on_join.yaml"), "answer": "no"},
            "Mistral ignores its 'pause-before', so that nobody would be asked",
        ),
        ({"workflow_file": "latin_1.yaml"}, "is not UTF-8 text"),
    ],
)
def test_what_a_user_can_get_wrong(playbook, tmp_path, variables, sentence):
    (tmp_path / "latin_1.yaml").write_bytes("# für\n".encode("latin-1"))
    played = playbook(RUN, variables)
    assert played.rc != 0
    assert sentence in played.output
    assert "Traceback" not in played.output


def test_two_branches_that_ask_at_once_take_two_answers(playbook, terminal, cloud):
    workflow = str(WORKFLOWS / "two_branches.yaml")
    played = playbook(
        RUN, {"workflow_file": workflow, "answers": ["A", {"b": 2}], "cleanup": False}
    )
    assert played.rc == 0, played.output
    output = json.loads(
        cloud.mistral.get(f"/executions/{execution_id(played.output)}").json()["output"]
    )
    assert {"b": 2} in output["answers"] and "A" in output["answers"]

    screen = terminal(RUN, "-e", f"workflow_file={workflow}", "-e", "answer=given")
    screen.expect(r"Your answer \(2 of 2\):")
    screen.child.sendline("typed")
    assert screen.end() == 0, screen.seen
    for word in "given", "typed":
        assert f'"{word}"' in screen.seen.split("Show the workflow's output")[-1], screen.seen


@pytest.mark.parametrize(
    ("redirection", "interactive"),
    [("", True), ("| cat", True), ("2>&1 | cat", True), ("> log", False), ("> log 2>&1", False)],
)
def test_nobody_is_asked_where_no_prompt_can_be_seen(
    ansible_env, tmp_path, redirection, interactive
):
    (tmp_path / "play.yml").write_text("""---
- hosts: localhost
  gather_facts: false
  tasks:
    - interactive.openstack.terminal_info:
      register: terminal
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/told"
        content: "{{ terminal.interactive }}"
        mode: "0600"
""")
    child = pexpect.spawn(
        "sh",
        ["-c", f"ansible-playbook play.yml {redirection}"],
        env=ansible_env,
        cwd=str(tmp_path),
        timeout=120,
    )
    child.expect(pexpect.EOF)
    child.close()
    assert (tmp_path / "told").read_text() == str(interactive)


def test_sub_workflows_that_pause_and_poll(playbook, cloud):
    played = playbook(
        RUN,
        {
            "workflow_file": str(WORKFLOWS / "sub_workflows.yaml"),
            "workflow_name": "asks_below",
            "answers": ["paused", "polled"],
            "cleanup": False,
        },
    )
    assert played.rc == 0, played.output
    output = json.loads(
        cloud.mistral.get(f"/executions/{execution_id(played.output)}").json()["output"]
    )
    assert output == {"answers": ["paused", "polled"]}


def test_ansible_runner_does_not_hang(ansible_env, sandbox, tmp_path):
    """In its default mode ansible-runner gives the playbook a terminal with nobody at it, as AWX
    does.
    """
    project = tmp_path / "private" / "project"
    project.mkdir(parents=True)
    (project / "run.yml").write_text(
        "---\n- name: Run\n  ansible.builtin.import_playbook: interactive.openstack.run\n"
    )

    def job(ident: str, **variables: object) -> subprocess.CompletedProcess[str]:
        settings = tmp_path / "private" / "env"
        settings.mkdir(exist_ok=True)
        (settings / "extravars").write_text(
            json.dumps({"cloud": sandbox.cloud, "workflow_file": "ask_with_pause.yaml"} | variables)
        )
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "ansible_runner",
                "run",
                str(tmp_path / "private"),
                "-p",
                "run.yml",
                "--ident",
                ident,
            ],
            env=ansible_env,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    nobody = job("nobody")
    assert nobody.returncode != 0
    assert "has nobody at it" in nobody.stdout, nobody.stdout + nobody.stderr
    answered = job("answered", answers=["Max"])
    assert answered.returncode == 0, answered.stdout + answered.stderr
    assert "Hello, Max!" in answered.stdout

    # a file of the project, named like a sample, found from another folder than ansible-runner was
    # started in
    sample = pathlib.Path(__file__).parents[2] / "playbooks" / "workflows" / "ask_with_pause.yaml"
    (project / "ask_with_pause.yaml").write_text(sample.read_text().replace("Hello", "Goodbye"))
    mine = job("mine", answers=["Max"])
    assert mine.returncode == 0, mine.stdout + mine.stderr
    assert "Goodbye, Max!" in mine.stdout
