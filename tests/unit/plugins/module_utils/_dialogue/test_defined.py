# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue import defined
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.defined import (
    questions,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services import (
    definition as definitions,
)

NUMBER = {"type": "integer", "minimum": 1}


def ask(**given: t.Any) -> dict[str, t.Any]:
    return {
        "workflow": "interactive.ask",
        "input": {"question": "How many?", "schema": NUMBER, **given},
    }


def found(tasks: dict[str, t.Any], **more: t.Any) -> list[dict[str, t.Any]]:
    # Mistral reads JSON as well
    return questions(json.dumps({"version": "2.0", "main": {"tasks": tasks}, **more}), "main")


def test_a_question_of_interactive_ask() -> None:
    assert found({"size": ask()}) == [
        {
            "name": "size",
            "text": "How many?",
            "schema": NUMBER,
            "secret": False,
            "always": True,
            "unknown": "",
            "problem": "",
        }
    ]
    assert found({"size": ask(name="nodes")})[0]["name"] == "nodes"


def test_a_secret() -> None:
    assert found(
        {
            "login": ask(
                schema={
                    "type": "object",
                    "properties": {"password": {"type": "string", "writeOnly": True}},
                }
            )
        }
    )[0]["secret"]


def test_a_question_on_one_line() -> None:
    only = found({"who": {"workflow": 'interactive.ask question="Who is there?" name=visitor'}})[0]
    assert (only["name"], only["text"], only["schema"]) == ("visitor", "Who is there?", None)


@pytest.mark.parametrize("how", [{"pause-before": True}, {"retry": {"count": 9, "delay": 1}}])
def test_a_plain_question_is_called_like_the_task_that_waits(how: dict[str, t.Any]) -> None:
    asked = found(
        {
            "ask": {
                "action": "zaqar.queue_post",
                "input": {"queue_name": "q", "messages": {"body": "Who is <% $.where %>?"}},
                "on-success": "read",
            },
            "read": {"action": "zaqar.queue_pop", "input": {"queue_name": "i"}, **how},
            "report": {
                "action": "zaqar.queue_post",
                "retry": {"count": 9, "delay": 1},
                "input": {"queue_name": "q", "messages": {"body": "done"}},
            },
        }
    )
    assert [(one["name"], one["text"], one["schema"], one["always"]) for one in asked] == [
        ("read", "Who is …?", None, True)
    ]


def test_a_message_with_an_interaction_is_one_question() -> None:
    body = {
        "type": "w",
        "payload": {
            "message": "How many?",
            "interaction": {"version": 1, "id": "size", "schema": NUMBER},
        },
    }
    asked = found(
        {
            "ask": {
                "action": "zaqar.queue_post",
                "input": {"queue_name": "q", "messages": [{"body": body}]},
                "on-success": ["read"],
            },
            "read": {"action": "zaqar.queue_pop", "pause-before": True},
        }
    )
    assert [(one["name"], one["text"], one["schema"]) for one in asked] == [
        ("size", "How many?", NUMBER)
    ]


@pytest.mark.parametrize(
    ("task", "unknown"),
    [
        (ask(schema="<% $.schema %>"), "its schema"),
        (ask(schema={"enum": ["{{ _.one }}", "two"]}), "its schema"),
        (ask(schema={"<% $.key %>": 1}), "its schema"),
        (ask(name="<% $.name %>"), "its name"),
        (dict(ask(), **{"with-items": "host in <% $.hosts %>"}), "how often it is asked"),
        ({"workflow": "interactive.ask", "input": "<% $.ask %>"}, "what it asks"),
    ],
)
def test_what_is_known_at_run_time_only(task: dict[str, t.Any], unknown: str) -> None:
    assert [one["unknown"] for one in found({"size": task})] == [unknown]


def test_two_questions_of_one_name() -> None:
    asked = found(
        {
            "a": ask(name="x"),
            "b": ask(name="x", question="Else?"),
            "c": ask(name="y"),
            "d": ask(name="y"),
        }
    )
    assert [(one["name"], bool(one["unknown"])) for one in asked] == [("x", True), ("y", False)]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "intger"},
        {"type": "integer", "default": "x"},
        {"$ref": "http://example.org"},
        "many",
    ],
)
def test_what_nobody_could_answer(schema: t.Any) -> None:
    assert found({"size": ask(schema=schema)})[0]["problem"]


def test_what_is_asked_always() -> None:
    tasks = {
        "first": dict(
            ask(question="1"),
            **{"on-success": ["second", {"maybe": "<% $.x %>"}], "on-error": "failed"},
        ),
        "second": dict(ask(question="2"), **{"on-success": {"next": "third"}}),
        "maybe": ask(question="3"),
        "third": dict(ask(question="4"), **{"on-complete": "fourth"}),
        "fourth": dict({"workflow": "below"}),
        "failed": ask(question="6"),
    }
    below = {"tasks": {"inner": ask(question="5"), "again": {"workflow": "main"}}}
    asked = {one["name"]: one["always"] for one in found(tasks, below=below)}
    assert asked == {
        "first": True,
        "second": True,
        "maybe": False,
        "third": True,
        "inner": True,
        "failed": False,
    }
    assert not found({"one": ask()}, **{"main": {"type": "reverse", "tasks": {"one": ask()}}})[0][
        "always"
    ]


def test_what_a_join_waits_for() -> None:
    def joined(condition: t.Any) -> bool:
        tasks = {
            "start": {
                "action": "std.noop",
                "on-success": ["left", {"right": condition} if condition else "right"],
            },
            "left": {"action": "std.noop", "on-success": "both"},
            "right": {"action": "std.noop", "on-success": "both"},
            "both": dict(ask(), join="all"),
        }
        return found(tasks)[0]["always"]

    assert joined(None) and not joined("<% $.x %>")
    assert not found(
        {"start": {"action": "std.noop", "on-success": ["fail", "size"]}, "size": ask()}
    )[0]["always"]


def test_two_answers_in_one_variable() -> None:
    problem = found({"a-b": ask(), "a_b": ask(question="Else?")})[1]["problem"]
    assert (
        problem
        == "its answer would be in the variable answer_a_b, and so would that to 'a-b': give one another name"
    )


def test_defaults_of_tasks_and_switched_off_pauses() -> None:
    read = {"action": "zaqar.queue_pop", "input": {"queue_name": "i"}}
    assert found({"read": {**read, "pause-before": False}}) == []
    asked = questions(
        {"version": "2.0", 7: {"task-defaults": {"pause-before": True}, "tasks": {"read": read}}}
    )
    assert [one["name"] for one in asked] == ["read"]


def test_dates_are_texts() -> None:
    asked = questions(
        "version: '2.0'\nw: {tasks: {when: {workflow: interactive.ask, input: {schema: {type: string, default: 2026-01-31}}}}}"
    )
    assert (asked[0]["schema"], asked[0]["problem"]) == (
        {"type": "string", "default": "2026-01-31"},
        "",
    )


@pytest.mark.parametrize(
    ("definition", "workflow", "sentence"),
    [
        (
            "version: '2.0'\na: {tasks: {}}\nb: {tasks: {}}",
            "",
            "The definition holds the workflows a, b: name one of them.",
        ),
        (
            "version: '2.0'\na: {tasks: {}}",
            "c",
            "The definition holds no workflow 'c', but the workflows a.",
        ),
        ("version: '2.0'", "", "The definition holds no workflow."),
        ("[1, 2]", "", "The definition holds no workflow."),
        ("a: [", "", "The workflow definition is not valid YAML"),
    ],
)
def test_a_definition_without_the_workflow(definition: str, workflow: str, sentence: str) -> None:
    with pytest.raises(Failure) as raised:
        questions(definition, workflow)
    assert raised.value.message.startswith(sentence)


@pytest.mark.parametrize(
    "tasks",
    [
        None,
        [],
        {"a": None},
        {"a": {"workflow": 3}},
        {"a": {"action": "zaqar.queue_post", "input": "<% $ %>"}},
        {
            "a": {
                "action": "zaqar.queue_post",
                "input": {"messages": ["x", None]},
                "on-success": [3, None],
            }
        },
    ],
)
def test_a_definition_that_mistral_would_refuse_asks_nothing(tasks: t.Any) -> None:
    assert found(tasks) == []


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("a <% $.x %> b", "a … b"),
        ("{{ x }}{% y %}", "……"),
        ("{{ <% x %>", "{{ …"),
        ("{{% x %}", "{…"),
        ("<% open", "<% open"),
        ("plain", "plain"),
    ],
)
def test_expressions_are_left_out(text: str, without: str) -> None:
    assert defined._without_expressions(text) == without


@pytest.mark.parametrize(
    "text",
    ["{{" * 500_000, "<% {{ {% " * 200_000, "a" * 1_000_000],
    ids=["one kind", "all kinds", "none"],
)
def test_a_text_is_looked_at_once(text: str) -> None:
    """What begins without an end was searched for it again and again: hours for as many."""
    assert defined._without_expressions(text) == text


def test_a_line_is_looked_at_once() -> None:
    asks = {
        "w": {
            "tasks": {
                "a": {"workflow": "interactive.ask " + "a" * 500_000},
                "b": {"action": "std.echo " + "x=<%" * 200_000},
            }
        }
    }
    assert [question["name"] for question in questions(asks)] == ["a"]


def test_workflows_that_call_each_other_twice_are_looked_at_once() -> None:
    """There are 2**40 ways to the last one."""
    definition = {
        f"w{n}": {"tasks": {"one": {"workflow": f"w{n + 1}"}, "two": {"workflow": f"w{n + 1}"}}}
        for n in range(40)
    }
    definition["w40"] = {
        "tasks": {
            "ask": {"workflow": "interactive.ask", "input": {"name": "last", "question": "?"}}
        }
    }
    assert [question["name"] for question in questions(definition, "w0")] == ["last"]


def test_a_long_chain_of_workflows_that_call_each_other() -> None:
    definition: dict = {
        f"w{n}": {"tasks": {"on": {"workflow": f"w{n + 1}"}, f"ask{n}": ask(name=f"q{n}")}}
        for n in range(3000)
    }
    definition["w2"]["tasks"]["on"]["with-items"] = "x in <% $.x %>"
    asked = questions(definition, "w0")
    assert [question["name"] for question in asked] == [f"q{n}" for n in reversed(range(3000))]
    assert [question["unknown"] for question in asked[-4:]] == ["how often it is asked", "", "", ""]
    assert all(question["always"] for question in asked)


@pytest.mark.parametrize("in_workbook", [True, False])
def test_the_workflows_of_a_definition_are_gone_through_once_however_many_are_called(
    monkeypatch: pytest.MonkeyPatch, in_workbook: bool
) -> None:
    looked = []
    for name in ("workflows", "is_workbook"):
        original = getattr(definitions, name)
        monkeypatch.setattr(
            definitions, name, lambda data, original=original: looked.append(1) or original(data)
        )
    called = {f"w{n}": {"tasks": {"ask": ask(name=f"q{n}")}} for n in range(200)}
    workflows = {"main": {"tasks": {name: {"workflow": name} for name in called}}, **called}
    definition = {"name": "book", "workflows": workflows} if in_workbook else workflows
    assert len(questions(definition, "main")) == 200
    assert len(looked) < 20


def test_what_is_certain_in_a_long_workflow() -> None:
    tasks: dict = {f"t{n}": {"on-success": [f"t{n - 1}"]} for n in range(1, 3000)}
    tasks["t0"] = {"workflow": "interactive.ask", "input": {"question": "?"}}
    assert questions({"w": {"tasks": dict(reversed(list(tasks.items())))}})[0]["always"]
    assert questions({"w": {"tasks": tasks}})[0]["always"]


def test_a_schema_that_is_too_large_is_a_problem_and_no_traceback() -> None:
    deep: dict = {}
    for _level in range(5000):
        deep = {"items": deep}
    [question] = questions(
        {
            "w": {
                "tasks": {
                    "a": {"workflow": "interactive.ask", "input": {"question": "?", "schema": deep}}
                }
            }
        }
    )
    assert question["problem"] == "its schema is nested too deep"


WORKBOOK = {
    "version": "2.0",
    "name": "ops.v1",
    "actions": {"shout": {"base": "std.echo"}},
    "workflows": {
        "asker": {"tasks": {"inner": ask()}},
        "caller": {
            "tasks": {"outer": ask(question="Else?", name="else"), "call": {"workflow": "asker"}}
        },
    },
}


@pytest.mark.parametrize("workflow", ["caller", "ops.v1.caller"])
def test_a_workflow_of_a_workbook(workflow: str) -> None:
    assert [one["name"] for one in questions(WORKBOOK, workflow)] == ["else", "inner"]


def test_a_workflow_of_a_workbook_as_mistral_stores_it() -> None:
    stored = json.dumps({"asker": {"tasks": {"inner": ask()}}})
    assert [one["name"] for one in questions(stored, "ops.v1.asker")] == ["inner"]


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        (
            WORKBOOK,
            "The definition holds the workflows ops.v1.asker, ops.v1.caller: name one of them.",
        ),
        (
            {"version": "2.0", "name": "x", "actions": {"shout": {"base": "std.echo"}}},
            "The definition holds a workbook without workflows.",
        ),
        (
            {"version": "2.0", "shout": {"base": "std.echo"}},
            "The definition holds ad-hoc actions (shout) and no workflow.",
        ),
        ("\n", "The definition is empty."),
        (
            "w: {tasks: {t: {input: {since: 2026-02-30}}}}",
            "The workflow definition is not valid YAML: '2026-02-30' is not a date",
        ),
    ],
)
def test_a_definition_is_told_what_it_is(definition: t.Any, sentence: str) -> None:
    with pytest.raises(Failure) as raised:
        questions(definition)
    assert raised.value.message.startswith(sentence)


def test_a_task_that_does_not_exist_follows_nothing() -> None:
    tasks = {"a": {"on-success": ["gone", "b"]}, "b": ask()}
    assert [question["always"] for question in questions({"w": {"tasks": tasks}})] == [True]
