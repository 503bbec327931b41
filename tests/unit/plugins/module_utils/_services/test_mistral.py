# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import math
import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_workflow_info import (
    MistralWorkflowInfo,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    RPC_PREFIX,
    Mistral,
    cause,
    definition_error,
    failures,
    name_filters,
    parsed,
    place_of_schema_error,
    reason,
    url_part,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context

TRACEBACK = (
    '\nTraceback (most recent call last):\n  File "x.py", line 1, in <module>\nValueError: x\n'
)


def test_parsed_turns_json_texts_into_data():
    found = parsed(
        {"input": '{"a": [1]}', "output": "no json", "params": None, "name": '{"kept": 1}'}
    )
    assert found == {
        "input": {"a": [1]},
        "output": "no json",
        "params": None,
        "name": '{"kept": 1}',
    }


def test_json_that_is_nested_too_deep_stays_a_text():
    text = "[" * 50_000 + "]" * 50_000
    assert parsed({"input": text, "output": "[1]"}) == {"input": text, "output": [1]}


@pytest.mark.parametrize(
    "text",
    [
        "[action=" * 100_000 + "msg='" * 100_000,
        "[action= " + "msg='x'] y " * 100_000,
        "[action= msg='" + "'] " * 100_000 + "x",
        "[error=" * 200_000,
        "[expression=" + ", data=" * 200_000,
        "On instance" + "[a]" * 200_000,
        "On instance" + "['" * 200_000 + "[1]:\n  x",
        "Failed to find a specification class " + "data={" * 200_000,
        "Failed to find a specification class data={" + "'type': '" * 200_000,
    ],
    ids=["actions", "messages", "ends", "errors", "data", "places", "keys", "classes", "types"],
)
def test_a_reason_is_found_in_linear_time(text):
    """It holds what somebody else wrote; each of these took hours, or for ever."""
    assert len(reason(text)) <= 500 and len(definition_error(text)) <= 500
    assert place_of_schema_error("", text) in (
        "",
        ", at " + text[len("On instance") :].partition(":")[0],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ""),
        ("Task timed out [timeout(s)=1].", "Task timed out [timeout(s)=1]"),
        (
            "The action raised an exception [action=<Http object at 0x7f>, action_ex_id=None, msg='URL 'x' refused.']",
            "URL 'x' refused",
        ),
        (
            "The action raised an exception [action=Fail action, action_ex_id=1, msg='first line\nsecond']",
            "first line",
        ),
        (
            "Failed to handle action completion [error=Can not evaluate YAQL expression [expression=$.a.b, error='a'],"
            " wf=w, task=t, action=std.echo]:" + TRACEBACK,
            "Can not evaluate YAQL expression [expression=$.a.b, error='a']",
        ),
        (
            "Failed to check and complete [wf_ex_id=1, wf_name=w]: Can not evaluate YAQL expression"
            " [expression=$.a,\n error=b, data={'secret': 1}]" + TRACEBACK,
            "Can not evaluate YAQL expression [expression=$.a, error=b]",
        ),
        (
            "Failed to run task [error=Failed to find action [action_name=x, namespace=], wf=w, task=t]:"
            + TRACEBACK,
            "Failed to find action [action_name=x, namespace=]",
        ),
    ],
)
def test_reason_is_the_useful_part_on_one_line(text, expected):
    assert reason(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Task 'nope' not found.", "Task 'nope' not found"),
        (
            "Failed to find a specification class to instantiate [spec_cls=<class 'x.WorkflowSpec'>, data={'type': 'foo', 'tasks': {}}]",
            "Mistral knows no workflow of type 'foo', only 'direct' and 'reverse'",
        ),
        (
            "Invalid DSL: {} should be non-empty\n\nFailed validating 'minProperties' in schema:\n    {}\n\n"
            "On instance['w']['tasks']:\n    {}",
            "Invalid DSL: {} should be non-empty",
        ),
        (
            "Definition could not be parsed: while parsing a flow node\nexpected the node content, but found '<stream"
            ' end>\'\n  in "<unicode string>", line 1, column 7:\n    foo: [\n          ^\n',
            "it is not valid YAML: while parsing a flow node, expected the node content, but found '<stream end>'"
            " (line 1, column 7)",
        ),
    ],
)
def test_definition_error(text, expected):
    assert definition_error(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Mistral answered 500: DBEntityNotFoundError: 404: Workflow not found",
            "Mistral answered 500: Workflow not found",
        ),
        ("ActionException: Invalid input", "Invalid input"),
        (
            "Mistral answered 400: Invalid input: NameError: x",
            "Mistral answered 400: Invalid input: NameError: x",
        ),
    ],
)
def test_the_names_of_the_servers_exceptions_are_left_out(text, expected):
    assert RPC_PREFIX.sub(r"\1", text, count=1) == expected


@pytest.mark.parametrize(
    "words, refused, late",
    [
        ("ActionException: Invalid input [name=std.echo]", True, False),
        ("DBEntityNotFoundError: 404: Workflow not found [workflow_identifier=w]", True, False),
        ("InputException: bad", True, False),
        ("ActionException: the action has failed", False, False),  # it may have run
        ("DBConnectionError: (pymysql.err.OperationalError) gone away", False, False),
        ("RemoteError: Remote error: OperationalError (500) 404: x", False, False),
        ('This rpc call "start_workflow" took longer than configured 60 seconds.', False, True),
        ("Internal Server Error", False, False),
    ],
)
def test_what_mistral_refuses_with_500_is_told_from_what_may_be_done(words, refused, late):
    def post(url, **options):
        raise ServiceError("Mistral", 500, words, "service_error")

    cloud = Answers()
    cloud.post = post
    with pytest.raises(ServiceError) as caught:
        Mistral(cloud).run_action("std.echo", {}, "", run_sync=True)
    assert (caught.value.refused, caught.value.outcome_unknown, caught.value.late) == (
        refused,
        not refused,
        late,
    )


def task(name, state="ERROR", state_info="broke", subs=()):
    return {
        "id": f"id-{name}",
        "name": name,
        "state": state,
        "state_info": state_info,
        "workflow_executions": list(subs),
    }


def test_failures_are_sorted_by_cause_and_depth():
    inner = {
        "name": "sub",
        "state": "ERROR",
        "task_executions": [task("fine", "SUCCESS"), task("innermost")],
    }
    top = {
        "name": "top",
        "state": "ERROR",
        "state_info": "Failure caused by error in tasks: outer\n\n  outer [task_ex_id=1] -> ...",
        "task_executions": [task("handled"), task("outer", subs=[inner])],
    }
    assert [(f["name"], f["workflow"]) for f in failures(top)] == [
        ("innermost", "sub"),
        ("outer", "top"),
        ("handled", "top"),
    ]


def test_the_reason_of_a_task_with_items_is_that_of_an_item():
    top = {
        "name": "top",
        "state_info": "Failure caused by error in tasks: t\n\n  t [task_ex_id=id-t] -> One or more actions had failed.\n"
        "    [action_ex_id=1, idx=0]: The action raised an exception [action=x, action_ex_id=1, msg='no such host']\n",
        "task_executions": [task("t", state_info="One or more actions had failed.")],
    }
    assert failures(top)[0]["reason"] == "no such host"


def test_cause_names_the_workflow_only_if_it_is_another():
    failed = {"name": "t", "workflow": "sub", "id": "1", "reason": "it broke"}
    assert cause({"workflow_name": "sub"}, [failed]) == "task 't' failed: it broke"
    assert (
        cause({"workflow_name": "top"}, [failed]) == "task 't' of workflow 'sub' failed: it broke"
    )
    assert (
        cause({"workflow_name": "top", "state_info": "cancelled by admin"}, [])
        == "cancelled by admin"
    )
    assert cause({"workflow_name": "top", "state_info": None}, []) == ""


DEFINITION = """version: '2.0'
w:
  tasks:
    t: {action: std.noop, timeout: '5', foo: 1}
    u: {action: std.noop, join: some}
  output: 3
v: {tasks: {}}
"""


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (
            "Invalid DSL: '5' is not valid\n\nOn instance:\n    '5'",
            " (workflow 'w', task 't', key timeout, line 4)",
        ),
        (
            "Invalid DSL: no ('foo' was unexpected)\n\nOn instance:\n    {'action': 'std.noop',",
            " (workflow 'w', task 't', key foo, line 4)",
        ),
        (
            "Invalid DSL: 'some' is not valid\n\nOn instance['join']:\n    'some'",
            " (workflow 'w', task 'u', key join, line 5)",
        ),
        (
            "Invalid DSL: 3 is not of type 'object'\n\nOn instance['output']:\n    3",
            " (workflow 'w', key output, line 6)",
        ),
        (
            "Invalid DSL: {} should be non-empty\n\nOn instance['v']:\n    {}",
            " (workflow 'v', line 7)",
        ),
        # it can be here or there
        ("Invalid DSL: {} should be non-empty\n\nOn instance['tasks']:\n    {}", ", at ['tasks']"),
        ("Invalid DSL: 'std.noop' is not valid\n\nOn instance:\n    'std.noop'", ""),
        ("Task 'b' not found.", ""),
    ],
)
def test_the_place_of_a_schema_error(error, place):
    assert place_of_schema_error(DEFINITION, error) == place


def test_names_in_filters_and_urls():
    assert name_filters([]) == []
    assert name_filters(["a", "b,c", "in:d", "e,"]) == ["in:a,in:d", "eq:b,c", "eq:e,"]
    assert len(name_filters([str(number) for number in range(120)])) == 3
    assert url_part("a/b c?#%&ü") == "a%2Fb%20c%3F%23%25%26%C3%BC"
    with pytest.raises(Failure, match="'caf' cannot be sent to Mistral"):
        name_filters(["caf\udce9"])


class Answers:
    """The service's answers to the requests that are expected, in their order; an exception is raised."""

    def __init__(self, *expected):
        self.expected = list(expected)
        self.sent = []

    project_id = "ours"
    is_admin = False

    def endpoint(self, service_type):
        return "http://mistral/v2"

    def connection(self, service_type):
        return self

    def request(self, method, url, data=None, **options):
        wanted, answer = self.expected.pop(0)
        assert f"{method} {url.removeprefix('http://mistral/v2')}" == wanted
        self.sent.append(json.loads(data) if data else None)
        if isinstance(answer, Exception):
            raise answer
        asked = types.SimpleNamespace(method=method)
        return types.SimpleNamespace(
            status_code=201 if method == "POST" else 200,
            url=url,
            request=asked,
            json=lambda: answer,
        )

    def get(self, url, **options):
        return self.request("GET", url)

    def put(self, url, data=None, **options):
        return self.request("PUT", url, data)

    def post(self, url, data=None, **options):
        return self.request("POST", url, data)


GET = "GET /action_executions/a"
PUT = "PUT /action_executions/a"
TASK = (
    "GET /tasks/t",
    {"id": "t", "name": "ask", "state": "RUNNING", "workflow_execution_id": "e"},
)
TOP = (
    "GET /executions/e?fields=state,task_execution_id",
    {"state": "RUNNING", "task_execution_id": None},
)
RESET = ServiceError("Mistral", None, "the connection to Mistral was lost", "connection_lost")
SLOWER = ServiceError("Mistral", 500, "ValueError: Action a is already completed", "service_error")


def action(state="RUNNING", result=None):
    output = json.dumps({"result": result}) if state != "RUNNING" else None
    return {
        "id": "a",
        "name": "std.async_noop",
        "task_execution_id": "t",
        "state": state,
        "output": output,
    }


def complete(*answers, state="SUCCESS", result=None):
    cloud = Answers(*answers)
    after, ours = Mistral(cloud).complete_action("a", state, result)
    assert cloud.expected == []
    return after["state"], after["output"], ours, cloud.sent[-1]


@pytest.mark.parametrize(
    "result, sent", [(None, None), ({}, "{}"), ({"a": [False]}, '{"a": [false]}')]
)
def test_complete_action_sends_what_the_client_would_leave_out(result, sent):
    done = complete((GET, action()), TASK, TOP, (PUT, action("SUCCESS", result)), result=result)
    assert done == ("SUCCESS", {"result": result}, True, {"state": "SUCCESS", "output": sent})


@pytest.mark.parametrize("result", [False, 0, "", [], "text", [1]])
def test_complete_action_refuses_what_mistral_refuses_or_changes(result):
    with pytest.raises(Failure, match="takes a dictionary or null") as caught:
        complete(result=result)
    assert caught.value.error_code == "bad_option"


def test_complete_action_refuses_a_result_that_would_fail_the_task():
    with pytest.raises(Failure, match="1024 kB") as caught:
        complete(result={"a": "x" * 1024 * 1024})
    assert caught.value.error_code == "too_large"
    with pytest.raises(Failure, match="2 kB is too much") as caught:
        complete(
            (GET, action()), TASK, TOP, (PUT, action("ERROR", "2 kB is too much")), result={"a": 1}
        )
    assert caught.value.error_code == "not_taken"


@pytest.mark.parametrize(
    "state, result, stored",
    [
        ("SUCCESS", {"a": 1}, {"a": 1}),
        ("SUCCESS", None, None),
        ("ERROR", None, "Unknown error"),
        ("CANCELLED", None, None),
    ],
)
def test_complete_action_again_changes_nothing(state, result, stored):
    done = complete((GET, action(state, stored)), state=state, result=result)
    assert done[2] is False


@pytest.mark.parametrize(
    "state, stored",
    [("SUCCESS", {"a": True}), ("SUCCESS", {}), ("ERROR", {"a": 1}), ("CANCELLED", None)],
)
def test_complete_action_says_what_it_ended_with(state, stored):
    with pytest.raises(Failure, match=f"has ended already, in {state}") as caught:
        complete((GET, action(state, stored)), result={"a": 1})
    assert caught.value.error_code == "already_completed"
    assert caught.value.result["action_execution"]["output"] == {"result": stored}


def test_a_lost_answer_is_read_back():
    done = complete(
        (GET, action()),
        TASK,
        TOP,
        (PUT, RESET),
        (GET, action("SUCCESS", {"a": 1})),
        result={"a": 1},
    )
    assert done[2] is True


def test_a_request_that_did_not_arrive_may_be_repeated():
    with pytest.raises(ServiceError) as caught:
        complete((GET, action()), TASK, TOP, (PUT, RESET), (GET, action()))
    assert caught.value.transient


def test_who_is_slower_is_told():
    with pytest.raises(Failure, match='ended already, in SUCCESS with {"a": 2}') as caught:
        complete(
            (GET, action()),
            TASK,
            TOP,
            (PUT, SLOWER),
            (GET, action("SUCCESS", {"a": 2})),
            result={"a": 1},
        )
    assert caught.value.error_code == "already_completed"
    done = complete(
        (GET, action()),
        TASK,
        TOP,
        (PUT, SLOWER),
        (GET, action("SUCCESS", {"a": 1})),
        result={"a": 1},
    )
    assert done[2] is False


@pytest.mark.parametrize(
    "above",
    [
        [(TASK[0], dict(TASK[1], state="ERROR", state_info="Task timed out [timeout(s)=1].")), TOP],
        [TASK, (TOP[0], dict(TOP[1], state="CANCELLED"))],
        [
            TASK,
            (TOP[0], dict(TOP[1], task_execution_id="u")),
            ("GET /tasks/u", dict(TASK[1], id="u", state="ERROR", workflow_execution_id="f")),
            ("GET /executions/f?fields=state,task_execution_id", TOP[1]),
        ],
    ],
)
def test_a_result_that_nobody_waits_for_is_not_sent(above):
    with pytest.raises(Failure, match="too late .*has ended in (ERROR|CANCELLED).*") as caught:
        complete((GET, action()), *above)
    assert caught.value.error_code == "too_late"


def test_only_actions_that_something_waits_for_are_running():
    def listed(name, **values):
        return dict(
            id=name,
            name=name,
            type="ACTION",
            state="RUNNING",
            created_at="1",
            workflow_execution_id="e",
            **values,
        )

    tree = [
        {"id": "e", "state": "RUNNING"},
        {"id": "f", "state": "RUNNING", "task_execution_id": "open"},
        {"id": "g", "state": "RUNNING", "task_execution_id": "timed_out"},
    ]
    tasks = {
        "e": [
            dict(listed("open"), type="WORKFLOW"),
            dict(listed("timed_out"), type="WORKFLOW", state="ERROR"),
            listed("w"),
        ],
        "f": [dict(listed("w"), id="w2")],
        "g": [dict(listed("w"), id="w3")],
    }
    actions = {
        "w": [{"id": "1", "state": "ERROR"}, {"id": "2", "state": "RUNNING"}],
        "w2": [{"id": "3", "state": "RUNNING"}],
    }
    mistral = Mistral(Answers())
    mistral.tasks, mistral.action_executions = tasks.get, actions.get
    found = mistral.tasks_named(tree, "w")
    assert [(task["id"], task["open"]) for task in found] == [
        ("w", True),
        ("w2", True),
        ("w3", False),
    ]
    assert [action["id"] for action in mistral.running_actions(found)] == ["2", "3"]


TASKS = "GET /executions/e/tasks?limit="


def page(*ids, has_next=True):
    return {
        "tasks": [{"id": id} for id in ids],
        **({"next": "http://mistral/garbled?name=in:['a']"} if has_next else {}),
    }


def listed(*answers):
    cloud = Answers(*answers)
    found = [task["id"] for task in Mistral(cloud).tasks("e")]
    assert cloud.expected == []
    return found


GONE = ServiceError("Mistral", 404, "not found", "not_found")


def test_a_list_goes_on_as_long_as_there_is_a_next_page():
    assert listed((TASKS + "1000", page("1", "2", has_next=False))) == ["1", "2"]
    assert listed((TASKS + "1000", page(has_next=False))) == []
    assert listed(
        (TASKS + "1000", page("1", "2")),
        (TASKS + "1000&marker=2", page("3", "4")),
        (TASKS + "1000&marker=4", page(has_next=False)),
    ) == [
        "1",
        "2",
        "3",
        "4",
    ]


def test_what_comes_twice_is_there_once():
    assert listed(
        (TASKS + "1000", page("1", "2")), (TASKS + "1000&marker=2", page("2", "3", has_next=False))
    ) == ["1", "2", "3"]
    # a service that ignores the marker
    assert listed((TASKS + "1000", page("1", "2")), (TASKS + "1000&marker=2", page("1", "2"))) == [
        "1",
        "2",
    ]


def test_a_list_whose_marker_is_deleted_meanwhile_begins_again():
    again = [(TASKS + "1000", page("1", "3")), (TASKS + "1000&marker=3", page("4", has_next=False))]
    assert listed((TASKS + "1000", page("1", "2")), (TASKS + "1000&marker=2", GONE), *again) == [
        "1",
        "3",
        "4",
    ]
    with pytest.raises(Failure, match="it changes faster than it can be read") as caught:
        listed(*[(TASKS + "1000", page("1", "2")), (TASKS + "1000&marker=2", GONE)] * 10)
    assert caught.value.error_code == "busy"
    with pytest.raises(ServiceError, match="Could not list the tasks of execution e"):
        listed((TASKS + "1000", GONE))


def test_a_list_ends_where_the_caller_wants_it_to():
    url = "GET /executions?sort_keys=created_at&sort_dirs=desc&include_output=true&workflow_name=eq%3Ain%3Aa&limit="
    cloud = Answers(
        (url + "3", {"executions": [{"id": "1"}, {"id": "2"}], "next": "x"}),
        (url + "1&marker=2", {"executions": [{"id": "3"}], "next": "x"}),
    )
    assert [one["id"] for one in Mistral(cloud).executions("in:a", limit=3)] == ["1", "2", "3"]
    assert cloud.expected == []


def stored(name="w", project_id="ours", scope="private", namespace="", **more):
    return {
        "id": f"{name} {project_id} {scope}",
        "name": name,
        "project_id": project_id,
        "scope": scope,
        "namespace": namespace,
        **more,
    }


@pytest.mark.parametrize(
    ("is_admin", "workflows", "project"),
    [
        (True, [stored(project_id="theirs")], None),
        (True, [stored(project_id="theirs"), stored()], "ours"),
        (
            True,
            [stored(project_id="theirs"), stored(project_id="others", scope="public")],
            "others",
        ),
        # an ordinary user gets to see another project's private one only if it is shared
        (False, [stored(project_id="theirs")], "theirs"),
        (False, [stored(project_id="theirs", scope="public"), stored()], "ours"),
        (False, [stored(namespace="aside")], None),
        # a database that does not tell capitals apart
        (False, [stored(name="W")], None),
    ],
)
def test_a_workflow_by_name_is_one_that_the_project_can_use(is_admin, workflows, project):
    cloud = Answers(("GET /workflows?name=eq%3Aw&limit=1000", {"workflows": workflows}))
    cloud.is_admin = is_admin
    found = Mistral(cloud).workflow("w")
    assert (found or {}).get("project_id") == project


@pytest.mark.parametrize(
    ("workflows", "id"),
    [
        ([stored(project_id="theirs"), stored()], "w ours private"),
        ([stored(project_id="theirs")], "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_an_administrator_starts_no_private_workflow_of_another_project(workflows, id):
    cloud = Answers(
        ("GET /workflows?name=eq%3Aw&limit=1000", {"workflows": workflows}),
        ("POST /executions", {"id": "e"}),
    )
    cloud.is_admin = True
    Mistral(cloud).start("w")
    assert cloud.sent[-1] == {"workflow_name": "w", "workflow_id": id, "description": ""}


def test_a_name_with_a_comma_is_asked_for_by_itself():
    cloud = Answers(
        (
            "GET /workflows?name=in%3Aa&limit=1000",
            {"workflows": [stored("a"), stored("a", project_id="theirs", scope="public")]},
        ),
        ("GET /workflows?name=eq%3Ab%2Cc&limit=1000", {"workflows": [stored("b,c")]}),
    )
    assert sorted(Mistral(cloud).own_workflows(["a", "b,c"])) == ["a", "b,c"]


class Validating(Answers):
    """A service that refuses definitions with certain words in them, as Mistral refuses bad expressions."""

    def __init__(self, **errors):
        super().__init__()
        self.errors = errors

    def post(self, url, data=None, **options):
        self.sent.append(data)
        found = [(data.index(word), error) for word, error in self.errors.items() if word in data]
        answer = {"valid": not found, "error": min(found)[1] if found else None}
        asked = types.SimpleNamespace(method="POST")
        return types.SimpleNamespace(status_code=200, url=url, request=asked, json=lambda: answer)


def refused(error, **more):
    publish = {f"k{number}": f"<% $.x{number} %>" for number in range(20)}
    publish["k13"] = "<% $.bad %> and <% $.x13 %>"
    definition = json.dumps(
        {"version": "2.0", "w": {"tasks": {"t": {"action": "std.noop", "publish": publish}}}},
        indent=1,
    )
    service = Validating(bad=error, **more)
    with pytest.raises(Failure) as caught:
        Mistral(service).validate(definition, Deadline(math.inf))
    return caught.value.message, len(service.sent) - 1


def test_a_bad_expression_is_found():
    message, requests = refused("Parse error: unexpected end of statement")
    assert message == (
        "Mistral does not accept the workflow definition: Parse error: unexpected end of statement, in '<% $.bad %> and <% $.x13 %>'"
        " (workflow 'w', task 't', key publish.k13, line 21)."
    )
    assert requests <= 6


def test_an_expression_that_mistral_quotes_is_looked_at_alone():
    message, requests = refused("Parse error: unexpected 'b' at position 3 of expression ' $.bad '")
    assert "key publish.k13, line 21" in message and requests == 1


def test_the_search_for_an_expression_ends_after_a_while():
    now = [0.0]

    class Slow(Validating):
        def post(self, url, data=None, **options):
            now[0] += 4
            return super().post(url, data, **options)

    publish = {f"k{number}": f"<% $.x{number} %>" for number in range(1000)} | {
        "bad": "<% $.bad %>"
    }
    definition = json.dumps(
        {"version": "2.0", "w": {"tasks": {"t": {"action": "std.noop", "publish": publish}}}}
    )
    service = Slow(bad="Parse error: unexpected end of statement")
    with pytest.raises(Failure) as caught:
        Mistral(service).validate(definition, Deadline(math.inf, lambda: now[0]))
    assert caught.value.message.endswith("definition: Parse error: unexpected end of statement.")
    assert len(service.sent) == 4  # of the definition, and until 10 seconds are over


def test_what_is_no_error_of_an_expression_costs_nothing():
    message, requests = refused("Task 'b' not found.")
    assert (
        message == "Mistral does not accept the workflow definition: Task 'b' not found."
        and requests == 0
    )


def test_an_expression_that_is_fine_by_itself_is_not_named():
    definition = "version: '2.0'\nw: {tasks: {t: {action: bad, publish: {a: <% 1 %>, b: <% 2 %>}}}}"
    with pytest.raises(Failure) as caught:
        Mistral(Validating(bad="Parse error: unexpected end of statement")).validate(
            definition, Deadline(math.inf)
        )
    assert caught.value.message.endswith("definition: Parse error: unexpected end of statement.")


def test_what_may_be_an_id_is_one_before_it_is_a_name():
    id = "6c8ae7b0-6b1e-4d86-9d5b-0d8f3a1f8a52"
    by_id = (f"GET /workflows/{id}?namespace=", {"id": id, "name": "w"})
    missing = (f"GET /workflows/{id}?namespace=", ServiceError("Mistral", 404, "no", "not_found"))
    by_name = (f"GET /workflows?name=eq%3A{id}&limit=1000", {"workflows": [stored(name=id)]})
    for answers, name in (([by_id], "w"), ([missing, by_name], id)):
        cloud = Answers(*answers)
        info = MistralWorkflowInfo({"name": id, "namespace": None, "scope": None}, Context())
        info.__dict__["mistral"] = Mistral(cloud)
        assert [workflow["name"] for workflow in info.run()["workflows"]] == [name]
        assert Mistral(Answers(*answers)).workflow(id)["name"] == name
