# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._services.definition import (
    Kind,
    canonical,
    dump,
    full_name,
    input_names,
    inputs,
    kind,
    load,
    names,
    only,
    spec,
    stored_spec,
    stored_tasks,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.definition_check import (
    check,
    check_version,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.definition_places import (
    expressions,
    place_in_words,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Workflow,
)


def same(one: str, other: str) -> bool:
    return canonical(load(one)) == canonical(load(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "version: '2.0'\nw: {tasks: {a: 1, b: 2}}\n",
            "# new\nw:\n  tasks:\n    b: 2\n    a: 1\nversion: 2.0\n",
        ),
        ("version: 2\nw: {x: text}", "version: '2.0'\nw: {x: 'text'}"),
        ("w: {x: null}", "w: {x: }"),
        (
            "w: {x: |\n  a\n  b\n  }".replace("{x: |\n  a\n  b\n  }", "\n  x: |\n    a\n    b\n"),
            'w: {x: "a\\nb\\n"}',
        ),
    ],
)
def test_the_same_meaning(one, other):
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("w: {x: 1}", "w: {x: true}"),
        ("w: {x: 1}", "w: {x: 1.0}"),
        ("w: {x: 1}", "w: {x: '1'}"),
        ("w: {x: null}", "w: {x: 'null'}"),
        ("w: {on: 1}", "w: {'on': 1}"),
        ("w: {x: 2020-01-01}", "w: {x: '2020-01-01'}"),
        ("w: {x: [1, 2]}", "w: {x: [2, 1]}"),
        ("version: 2.0\nw: {version: 2}", "version: 2.0\nw: {version: '2.0'}"),
    ],
)
def test_another_meaning(one, other):
    assert not same(one, other)


def test_keys_of_several_types_have_an_order():
    assert canonical({"w": {1: "a", "1": "b", None: "c"}}) == canonical(
        {"w": {None: "c", "1": "b", 1: "a"}}
    )


def test_anchors_are_text_as_in_mistral():
    assert load("w: {x: *a}") == {"w": {"x": "*a"}}
    assert load("w: {to: @all}") == {"w": {"to": "@all"}}


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\t",
        "\r",
        "\x1b",
        "\x7f",
        "\x85",
        "\x9f",
        "\xa0",
        "\u200b",
        "\u2028",
        "\u2029",
        "\ud800",
        "\udce9",
        "\ufeff",
        "\ufffe",
        "\U0001f600",
    ],
)
def test_dump_loses_no_character(character):
    text = f"a{character}b"
    data = {
        "version": "2.0",
        text: {"plain": text, "lines": f"{text}\n\n {text}\n", "ends": f"{text}\n{character}"},
    }
    assert load(dump(data)) == data
    assert dump(data).encode()


def test_dump_keeps_the_order_and_reads_back():
    data = {
        "z": {"text": "a\nb\n", "unicode": "größer", "bool": "yes", "date": "2020-01-01"},
        "a": [1, "1", None],
    }
    shared = {"k": 1}
    data["b"], data["c"] = shared, shared
    text = dump(data)
    assert load(text) == data and list(load(text)) == list(data)
    assert "&" not in text and "größer" in text and "|" in text


def test_names_and_parts_of_a_definition():
    data = load("version: 2.0\na: {t: 1}\nb: {t: 2}\nc: {t: 3}")
    assert names(data) == ["a", "b", "c"]
    assert only(data, ["c", "a"]) == {"version": 2.0, "a": {"t": 1}, "c": {"t": 3}}
    assert names("text") == names(None) == names({"version": 2}) == []


def test_what_is_not_yaml_says_where():
    with pytest.raises(Failure) as raised:
        load("version: '2.0'\nw: [")
    assert raised.value.error_code == "invalid_definition"
    assert "line 2, column" in raised.value.message and "\n" not in raised.value.message


ARTICLE = "version: '2.0'\nw:\n  tasks:\n    t: {action: std.noop, input: {x: %s}}\n"


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (
            "2026-02-30",
            "'2026-02-30' is not a date or a time that exists; if it is text, put it in quotes",
        ),
        ("2026-01-01T25:00:00Z", "is not a date or a time that exists"),
        ("!!timestamp soon", "is not a date or a time that exists"),
        ("!!bool maybe", "'maybe' is neither true nor false"),
        ("!!int abc", "'abc' is not an integer"),
        ("!!int ''", "'' is not an integer"),
        ("!!float abc", "'abc' is not a number"),
        ("!!binary ä", "failed to convert base64 data"),
        ("!foo bar", "could not determine a constructor for the tag '!foo'"),
        ("{[1]: 2}", "found unhashable key"),
        ("[" * 1000 + "]" * 1000, "it is nested more than 150 levels deep"),
        ("{a: " * 1000 + "1" + "}" * 1000, "it is nested more than 150 levels deep"),
        ('"a\x00b"', "the character U+0000 is not allowed"),
        ('"caf\udce9"', "the character U+DCE9 is not allowed"),
    ],
)
def test_what_the_constructor_refuses_says_where(value, cause):
    with pytest.raises(Failure) as raised:
        load(ARTICLE % value)
    assert raised.value.error_code == "invalid_definition"
    assert cause in raised.value.message and "(line 4, column " in raised.value.message


def test_an_integer_has_as_many_digits_as_python_reads():
    try:
        assert load(ARTICLE % ("9" * 5000))  # a Python without that limit
    except Failure as failure:
        assert "has too many digits" in failure.message and "(line 4, column 38)" in failure.message
        assert len(failure.message) < 300


def test_as_deep_as_anybody_writes():
    assert load(dump(load(ARTICLE % ("[" * 140 + "]" * 140))))


def test_data_that_is_too_deep_for_yaml():
    data = {}
    for _level in range(1500):
        data = {"a": data}
    with pytest.raises(Failure) as raised:
        dump(data)
    assert raised.value.error_code == "invalid_definition"
    with pytest.raises(Failure) as raised:
        dump({"a": object()})
    assert raised.value.error_code == "invalid_definition"


BOOK = """version: '2.0'
name: ops.v1
actions: {shout: {base: std.echo}}
workflows:
  asker: {input: [queue, times: 1], tasks: {t: {action: std.noop}}}
  caller: {tasks: {t: {workflow: asker}}}
"""
MEMBER = "asker:\n  input: [queue, times: 1]\n  tasks: {t: {action: std.noop}}\n"


@pytest.mark.parametrize(
    ("definition", "name", "key"),
    [
        ("version: '2.0'\nw: {tasks: {}}", "w", "w"),
        ("version: '2.0'\nw: {tasks: {}}", "x", ""),
        ("version: '2.0'\na.b: {tasks: {}}", "a.b", "a.b"),
        # as Mistral stores a workflow of a workbook
        (MEMBER, "ops.v1.asker", "asker"),
        (MEMBER, "asker", "asker"),
        (MEMBER, "ops.v1.basker", ""),
        (MEMBER, "other", ""),
        # of several, none is taken for another
        ("version: '2.0'\na: {tasks: {}}\nb: {tasks: {}}", "ops.a", ""),
        (BOOK, "ops.v1.asker", "ops.v1.asker"),
        (BOOK, "asker", "ops.v1.asker"),
        (BOOK, "shout", ""),
        (BOOK, "ops.v2.asker", ""),
        (BOOK, "workflows", ""),
        ("", "w", ""),
        ("text", "w", ""),
        # a workflow of this name is no workbook
        ("version: '2.0'\nworkflows: {tasks: {t: {action: std.noop}}}", "workflows", "workflows"),
    ],
)
def test_a_workflow_is_found_by_its_name(definition, name, key):
    assert full_name(load(definition), name) == key
    assert bool(spec(load(definition), name)) == bool(key)


def stored(name, definition, **more):
    return Workflow.of({"name": name, "definition": definition, **more})


def test_the_workflows_of_a_workbook_have_its_name():
    assert names(load(BOOK)) == ["ops.v1.asker", "ops.v1.caller"]


@pytest.mark.parametrize(
    ("workflow", "declared"),
    [
        ({"name": "ops.v1.asker", "definition": MEMBER}, ["queue", "times"]),
        (
            {
                "name": "ops.v1.asker",
                "definition": "\n",
                "interface": {"input": ["queue", {"times": 1}]},
            },
            ["queue", "times"],
        ),
        ({"name": "w", "definition": "a: [", "interface": {"input": [], "output": []}}, []),
        ({"name": "w", "definition": "a: ["}, []),
        ({"name": "w", "definition": "w: {input: [{a: 1, b: 2}]}"}, ["a", "b"]),
        ({"name": "w", "definition": "w: {input: 3}"}, []),
        ({"name": "w", "definition": None}, []),
        ({"name": None, "definition": "null: {input: [a]}"}, []),
    ],
)
def test_the_inputs_of_a_stored_workflow(workflow, declared):
    assert input_names(stored(**workflow)) == declared


@pytest.mark.parametrize(
    "workflow",
    [
        {"name": "ops.v1.asker", "definition": MEMBER},
        {
            "name": "ops.v1.asker",
            "definition": "\n",
            "interface": {"input": ["queue", {"times": 1}]},
        },
    ],
)
def test_which_inputs_have_to_be_given(workflow):
    assert inputs(stored(**workflow)) == (["queue", "times"], {"queue"})


def test_nobody_knows_the_inputs_of_what_cannot_be_read():
    assert inputs(stored("w", "a: [")) is None
    assert inputs(stored("w", "w: {tasks: {}}")) == ([], set())


def test_what_is_stored_may_be_anything():
    assert stored_spec(None) == {}
    assert stored_tasks(stored("w", "w: {tasks: [a]}")) == {}
    defaults = {
        "name": "b.w",
        "definition": "w: {task-defaults: {pause-before: true}, tasks: {a: {}, c: {pause-before: false}, d: }}",
    }
    assert stored_tasks(stored(**defaults)) == {
        "a": {"pause-before": True},
        "c": {"pause-before": False},
    }


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        (
            BOOK,
            "The definition is a workbook, which Mistral takes by another request: upload it with 'openstack workbook create FILE'",
        ),
        (BOOK, "Its workflows are then ops.v1.asker, ops.v1.caller."),
        (
            "version: '2.0'\nmine: {base: std.echo}",
            "holds ad-hoc actions (mine) and no workflow: upload these with 'openstack action definition",
        ),
        (
            "version: '2.0'\non: {tasks: {}}",
            "a key that is no text (line 2, column 1): YAML reads on as the truth value true",
        ),
        (
            "version: '2.0'\n123: {tasks: {}}",
            'YAML reads 123 as a number. Write it in quotes: "123".',
        ),
        ("version: '2.0'\n~: {tasks: {}}", 'YAML reads ~ as null. Write it in quotes: "~".'),
        ("version: '2.0'\n2026-01-01: {tasks: {}}", "YAML reads 2026-01-01 as a date."),
        (
            "version: '2.0'\nw:\n  tasks:\n    no: {}",
            "(line 4, column 5): YAML reads no as the truth value false",
        ),
        ("version: '2.0'\nw: {tasks: {t: {on: x}}}", "(line 2, column 17)"),
        ("version: '2.0'\nw: {tasks: {t: {input: {5: x}}}}", "YAML reads 5 as a number"),
        (
            "version: '2.0'\nw: {input: [{on: 1}], tasks: {}}",
            "YAML reads on as the truth value true",
        ),
        (
            "version: '2.0'\nname: ops\nworkflows:\n  a: {tasks: {t: {}}}\n  b: {input: [x]}",
            "Workflow 'b' of the workbook has no 'tasks' (line 5, column 3).",
        ),
        ("version: '2.0'\nname: ops\nworkflows: {}", "The definition is a workbook, which"),
        (
            "version: '2.0'\nname: ops\nactions: {a: {input: [x]}}",
            "The definition is a workbook, which",
        ),
        (
            "version: '2.0'\nw: {task: {}}",
            "Workflow 'w' of the definition has no 'tasks' (line 2, column 1)",
        ),
        (
            "version: '2.0'\nw: {tasks: {}}\nname: {a: 1}",
            "Workflow 'name' of the definition has no 'tasks' (line 3, column 1)",
        ),
    ],
)
def test_a_definition_is_told_what_it_is(definition, sentence):
    with pytest.raises(Failure) as raised:
        check(load(definition), definition)
    assert sentence in raised.value.message and raised.value.error_code in (
        "invalid_definition",
        "workbook",
    )


@pytest.mark.parametrize(
    "definition",
    [
        "version: '2.0'\nw: {tasks: {t: {input: {x: {on: 1, 2: [{3: null}]}}}}}",
        "version: '2.0'\nworkflows: {tasks: {}}\nactions: {tasks: {}}",
        "text",
        "",
        "[]",
        "version: '2.0'",
        "version: '2.0'\nw: {}",
        "version: '2.0'\nw: text",
    ],
)
def test_what_mistral_has_to_judge(definition):
    check(load(definition), definition)


def test_of_data_there_is_no_place_to_tell():
    with pytest.raises(
        Failure, match="a key that is no text, but the truth value true .*: put it in quotes"
    ):
        check({"version": "2.0", True: {"tasks": {}}})


def test_a_definition_has_a_version():
    check_version({"version": "2.0", "w": {}})
    with pytest.raises(Failure, match="begin it with the line \"version: '2.0'\""):
        check_version({"w": {}})


def test_where_an_expression_is():
    text = "version: '2.0'\nw:\n  output: {a: <% $.x %>}\n  tasks:\n    t:\n      on-success:\n        - u: \"{{ _.y }}\"\n        - <% $.x %>\n"
    found = expressions(load(text))
    assert [expression for path, expression in found] == ["<% $.x %>", "{{ _.y }}"]
    assert [place_in_words(path, text) for path, expression in found] == [
        "workflow 'w', key output.a, line 3",
        "workflow 'w', task 't', key on-success.0.u, line 7",
    ]
    assert place_in_words(found[0][0]) == "workflow 'w', key output.a"


@pytest.mark.parametrize(
    ("definition", "held"),
    [
        (BOOK, Kind.WORKBOOK),
        ("name: ops\nworkflows: {}", Kind.WORKBOOK),
        ("workflows: {a: {tasks: {}}}", Kind.WORKBOOK),
        ("workflows: {}", Kind.WORKFLOWS),
        ("name: {tasks: {}}\nworkflows: {}", Kind.WORKFLOWS),
        ("name: ops\nworkflows: {tasks: {}}", Kind.WORKFLOWS),
        ("actions: {base: std.echo}", Kind.ACTIONS),
        ("version: '2.0'", Kind.NOTHING),
        ("text", Kind.NOTHING),
    ],
)
def test_what_a_definition_holds(definition, held):
    assert kind(load(definition)) is held
