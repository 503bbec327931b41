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
    name_filters,
    url_part,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Execution,
    State,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud


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


def test_names_in_filters_and_urls():
    assert name_filters([]) == []
    assert name_filters(["a", "b,c", "in:d", "e,"]) == ["in:a,in:d", "eq:b,c", "eq:e,"]
    assert len(name_filters([str(number) for number in range(120)])) == 3
    assert url_part("a/b c?#%&ü") == "a%2Fb%20c%3F%23%25%26%C3%BC"
    with pytest.raises(
        Failure, match="to be sent to Mistral holds text that is not UTF-8"
    ) as caught:
        url_part("caf\udce9")
    assert caught.value.error_code == "not_encodable"


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
    after, ours = Mistral(cloud).complete_action("a", State(state), result)
    assert cloud.expected == []
    return after.state, after.output, ours, cloud.sent[-1]


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
    def execution(id, task_execution_id=None):
        return Execution.of({"id": id, "state": "RUNNING", "task_execution_id": task_execution_id})

    def task(id, name="w", type="ACTION", state="RUNNING", execution_id="e"):
        return {
            "id": id,
            "name": name,
            "type": type,
            "state": state,
            "created_at": "1",
            "workflow_execution_id": execution_id,
        }

    def tasks(id, *resources):
        return f"GET /executions/{id}/tasks?limit=1000", {"tasks": list(resources)}

    def actions(id, *resources):
        url = f"GET /tasks/{id}/action_executions?limit=1000"
        return url, {"action_executions": list(resources)}

    tree = [execution("e"), execution("f", "open"), execution("g", "timed_out")]
    mistral = Mistral(
        Answers(
            tasks(
                "e",
                task("open", "open", "WORKFLOW"),
                task("timed_out", "timed_out", "WORKFLOW", "ERROR"),
                task("w"),
            ),
            tasks("f", task("w2", execution_id="f")),
            tasks("g", task("w3", execution_id="g")),
            actions("w", {"id": "1", "state": "ERROR"}, {"id": "2", "state": "RUNNING"}),
            actions("w2", {"id": "3", "state": "RUNNING"}),
        )
    )
    found = mistral.tasks_named(tree, "w")
    assert [(task.id, task.is_open) for task in found] == [
        ("w", True),
        ("w2", True),
        ("w3", False),
    ]
    running = mistral.running_actions(found)
    assert [action.as_result() for action in running] == [
        {"id": "2", "state": "RUNNING", "task_name": "w", "workflow_execution_id": "e"},
        {"id": "3", "state": "RUNNING", "task_name": "w", "workflow_execution_id": "f"},
    ]
    assert [action.workflow_execution_id for action in running] == ["e", "f"]


TASKS = "GET /executions/e/tasks?limit="


def page(*ids, has_next=True):
    return {
        "tasks": [{"id": id, "state": "IDLE"} for id in ids],
        **({"next": "http://mistral/garbled?name=in:['a']"} if has_next else {}),
    }


def listed(*answers):
    cloud = Answers(*answers)
    found = [task.id for task in Mistral(cloud).tasks("e")]
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


def executed(id):
    return {"id": id, "state": "SUCCESS"}


def test_a_tree_that_loses_an_execution_while_it_is_read_is_read_again():
    cloud = FakeCloud()
    id = cloud.mistral.add_execution("w")["id"]
    cloud.fail("read_tree", 404, times=2)
    assert [execution.id for execution in Mistral(cloud).tree(id)] == [id]
    cloud.fail("read_tree", 404, times=1000)
    with pytest.raises(Failure) as caught:
        Mistral(cloud).tree(id)
    assert caught.value.error_code == "busy"
    with pytest.raises(Failure) as caught:
        Mistral(cloud).tree("00000000-0000-4000-8000-000000000001")
    assert caught.value.error_code == "not_found"


def test_an_execution_that_was_deleted_meanwhile_has_no_tasks():
    assert listed((TASKS + "1000", GONE)) == []


def test_a_list_ends_where_the_caller_wants_it_to():
    url = "GET /executions?sort_keys=created_at&sort_dirs=desc&include_output=true&workflow_name=eq%3Ain%3Aa&limit="
    cloud = Answers(
        (url + "3", {"executions": [executed("1"), executed("2")], "next": "x"}),
        (url + "1&marker=2", {"executions": [executed("3")], "next": "x"}),
    )
    assert [execution.id for execution in Mistral(cloud).executions("in:a", limit=3)] == [
        "1",
        "2",
        "3",
    ]
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
    assert (found and found.project_id) == project


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
        ("POST /executions", executed("e")),
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


@pytest.mark.parametrize(
    ("workflows", "ids"),
    [
        ([stored()], ["w ours private"]),
        ([stored(scope="public")], ["w ours public"]),
        ([stored(project_id="theirs", scope="public")], []),
        ([stored(), stored(project_id="theirs", scope="public")], ["w ours private"]),
        ([stored(namespace="aside")], []),
        # a database that does not tell capitals apart
        ([stored(name="W")], []),
    ],
)
def test_public_workflows_of_other_projects_are_not_our_own(workflows, ids):
    cloud = Answers(("GET /workflows?name=in%3Aw&limit=1000", {"workflows": workflows}))
    own = Mistral(cloud).own_workflows(["w"])
    assert [workflow.id for workflow in own.values()] == ids


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
        assert Mistral(Answers(*answers)).workflow(id).name == name
