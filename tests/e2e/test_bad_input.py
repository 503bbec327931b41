# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions and answers that are not what was expected: shown harmless, handed on as they are,
evaluated by nobody.
"""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t
import unicodedata
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
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_wait import (
    ZaqarWait,
)
from faults import check_sentence, ready, run, start, until

WORKFLOWS = pathlib.Path(__file__).parent / "workflows"
LIBRARY = pathlib.Path(__file__).parents[2] / "playbooks" / "workflows"


def nested(depth: int) -> t.Any:
    if not depth:
        return "innermost"
    if depth % 2:
        return {"a": nested(depth - 1)}
    return [nested(depth - 1)]


BAD = {
    "escapes": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\ \x1b[2J\x1b[1;1H\x9b5m \x07\x08\x00\x7f",
    "escapes in keys": {"\x1b[2J": {"\x1b]52;c;cm0gLXJm\x07": ["\x1b[31m"]}},
    "direction": "user\u202etxt.exe \u2066hidden\u2069 \ufeff\u200b",
    "jinja": "{{ 7 * 7 }} {% for x in [1] %}{{ lookup('pipe', 'id') }}{% endfor %} {# gone #}",
    "yaql": "<% 7 * 7 %> <% $ %> <% env() %>",
    "jinja in data": {"{{ 7 * 7 }}": ["<% 7 * 7 %>", {"x": "{{ cloud }}"}]},
    "unsafe tag": {"__ansible_unsafe": "x", "__ansible_vault": "y", "!unsafe": "z"},
    "number": 42,
    "null": None,
    "list": [1, None, [True, {"x": 1.5}]],
    "nested": nested(100),
    "lines": "one\r\ntwo\rthree\n\n\n",
    "quotes": "'; rm -rf / #\" `id` $(id) \\",
    "like an answer": {"type": "interactive.ask", "payload": "not a mapping"},
    "like a question": {
        "type": "interactive.ask",
        "payload": {"interaction": ["not", "a", "mapping"], "execution_id": 5, "message": {"a": 1}},
    },
    "big": "x" * 250_000,
}


@pytest.fixture(scope="module")
def direct(sandbox) -> dict[str, t.Any]:
    return ready(
        sandbox,
        WORKFLOWS / "asks_what_it_is_told.yaml",
        WORKFLOWS / "robust_callback.yaml",
        LIBRARY / "interactive.ask.yaml",
    )


def harmless(text: str) -> bool:
    return all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in text)


def output(cloud, execution: str) -> dict[str, t.Any]:
    def look():
        found = cloud.mistral.get(f"/executions/{execution}").json()
        assert found["state"] in ("RUNNING", "SUCCESS"), found["state_info"]
        return found if found["state"] == "SUCCESS" else None

    return json.loads(until(look, "the execution succeeds")["output"])


@pytest.mark.parametrize("what", BAD)
def test_a_question_and_an_answer_by_pause(direct, cloud, what):
    body = BAD[what]
    execution = start(cloud, "asks_what_it_is_told", question=body)
    question = run(DialogueQuestion, direct, execution=execution, wait_timeout=60)["question"]
    assert [message["body"] for message in question["messages"]] == [body]
    assert harmless(question["text"]) and harmless(question["messages"][0]["text"])
    if isinstance(body, str) and harmless(body):
        assert question["text"] == body
    run(DialogueAnswer, direct, execution=execution, answers=[body])
    got = output(cloud, execution)["answer"]
    assert got == body and type(got) is type(body)
    ended = run(DialogueQuestion, direct, execution=execution, wait_timeout=60)
    assert harmless("".join(message["text"] for message in ended["messages"]))


@pytest.mark.parametrize("what", BAD)
def test_a_question_and_an_answer_by_callback(direct, cloud, what):
    body = BAD[what]
    execution = start(cloud, "robust_callback", questions=[body])
    question = run(DialogueQuestion, direct, execution=execution, wait_timeout=60)["question"]
    assert harmless(question["text"])
    if isinstance(body, str) and harmless(body):
        assert question["text"] == body
    run(DialogueAnswer, direct, execution=execution, answers=[body])
    got = output(cloud, execution)["answers"]
    assert got == [body] and type(got[0]) is type(body)


def test_an_answer_that_is_too_large_leaves_the_question_open(direct, cloud):
    execution = start(cloud, "asks_what_it_is_told", question="How much?")
    with pytest.raises(Failure) as refused:
        run(DialogueAnswer, direct, execution=execution, answer="x" * 300_000)
    check_sentence(refused.value)
    run(DialogueAnswer, direct, execution=execution, answer="less", wait_timeout=30)
    assert output(cloud, execution) == {"answer": "less"}


def test_what_a_wait_reads_is_kept_as_it_is(direct, cloud):
    queue = str(uuid.uuid4())
    for body in BAD.values():
        cloud.zaqar.post(
            f"/v2/queues/{queue}/messages", json={"messages": [{"body": body, "ttl": 300}]}
        )
    found = run(ZaqarWait, direct, queue=[queue], count=len(BAD), consume="pop", wait_timeout=60)[
        "messages"
    ]
    assert [message["body"] for message in found] == list(BAD.values())


def test_a_terminal_shows_none_of_it(direct, cloud, playbook):
    """What ansible-playbook prints of a question that is full of it."""
    everything = {key: value for key, value in BAD.items() if key != "big"}
    execution = start(cloud, "asks_what_it_is_told", question=everything)
    played = playbook("interactive.openstack.answer", {"execution_id": execution, "answer": "fine"})
    assert played.rc == 0, played.output
    assert harmless(played.output)
    assert (
        "{{ 7 * 7 }}" in played.output
        and "<% 7 * 7 %>" in played.output
        and "uid=" not in played.output
    )
    assert output(cloud, execution) == {"answer": "fine"}


def test_a_terminal_gets_escapes_and_a_playbook_the_data(playbook, tmp_path):
    body = "a\x9b2Jb\u202ec\u2028d"
    queue = f"verbose-{uuid.uuid4()}"
    tasks = [
        {
            "name": "Post",
            "interactive.openstack.zaqar_post": {
                "queue": queue,
                "messages": [{"body": "{{ body }}"}] * 2,
            },
        }
    ]
    for in_process in True, False:
        tasks += [
            {
                "name": "Take",
                "interactive.openstack.zaqar_pop": {"queue": queue},
                "register": "taken",
                "vars": {"interactive_openstack_in_process": in_process},
            },
            {
                "name": "Compare",
                "ansible.builtin.assert": {
                    "that": ["taken.messages[0].body == body"],
                    "quiet": True,
                },
            },
        ]
    tasks.append(
        {"name": "Remove", "interactive.openstack.zaqar_queue": {"name": queue, "state": "absent"}}
    )
    play = {
        "name": "Test",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": tasks,
        "module_defaults": {"group/interactive.openstack.openstack": {"cloud": "{{ cloud }}"}},
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    played = playbook(tmp_path / "play.yml", {"body": body}, "-vvv")
    assert played.rc == 0, played.output
    assert played.output.count(r'"body": "a\u009b2Jb\u202ec\u2028d"') >= 2, played.output
    assert harmless(played.output)


def test_half_of_a_character_is_asked_for_again(terminal):
    """Backspace takes one byte away, and an umlaut has two."""
    asked = terminal("interactive.openstack.run", "-e", "workflow_file=ask_with_pause.yaml")
    asked.expect("Your answer[^\n]*:")
    asked.child.send("M")
    asked.expect(
        "M"
    )  # the prompt reads each key itself from here on, and no terminal edits the line
    asked.child.send("\u00fc\x7f\r")
    asked.expect(
        "What you typed held text that is not UTF-8, for instance half a character: type it again"
    )
    asked.answer("Ada")
    asked.expect("Hello, Ada!")
    assert asked.end() == 0


def test_an_answer_that_is_not_utf8_is_refused_before_the_workflow_starts(playbook):
    variables = {"workflow_file": "ask_with_pause.yaml"}
    played = playbook("interactive.openstack.run", variables, "-e", "answer=caf\udce9")
    assert played.rc == 2 and "answers) holds text that is not UTF-8" in " ".join(
        played.output.split()
    ), played.output
    assert "Start the execution" not in played.output


def test_an_answer_in_a_variable_of_its_own_that_is_not_utf8_leaves_the_question_open(
    direct, cloud, playbook
):
    execution = start(cloud, "asks_what_it_is_told", question="What?")
    question = run(DialogueQuestion, direct, execution=execution, wait_timeout=60)["question"]
    played = playbook(
        "interactive.openstack.answer",
        {"execution_id": execution},
        "-e",
        f"answer_{question['name']}=caf\udce9",
    )
    assert played.rc == 2 and "holds cannot be sent: text that is not UTF-8" in " ".join(
        played.output.split()
    ), played.output
    run(DialogueAnswer, direct, execution=execution, answer="fine", wait_timeout=30)
    assert output(cloud, execution) == {"answer": "fine"}
