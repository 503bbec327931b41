# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RETURN and results agree: in check mode, at the first run, and when nothing is left to do."""

from __future__ import annotations

import importlib
import re
import typing as t

import pytest
import yaml
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Flow
from ansible_collections.interactive.openstack.tests.unit.fake_dialogue import (
    FakeDialogue,
    interaction,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud, run_flow
from ansible_collections.interactive.openstack.tests.unit.test_every_module import PLUGINS, modules

NOTHING = "00000000-0000-4000-8000-000000000000"  # the id of nothing
DEFINITION = "version: '2.0'\nw:\n  input: [a]\n  tasks: {t: {action: std.noop}}\n"
# Ansible knows the first ones, and the fragment of the documentation that all share the others.
OF_EVERY_MODULE = {"changed", "diff", "error_code", "http_status", "outcome_unknown"}
ALWAYS = ("success", "always")
# Conditions that the options decide
STATED = re.compile(r"(?:when|with) O\((\w+)=(\w+)\)")
SET = re.compile(r"(?:when|with) O\((\w+)\)(?: is set)?")
IN_CHECK_MODE = re.compile(r"(?:^|, )(?:unless it would be [\w ]+|except) in check mode.*")
AND_AFTER_FAILURE = ", and "  # what follows is about tasks that fail
TYPES = {"str": str, "int": int, "float": (int, float), "bool": bool, "list": list, "dict": dict}

Params = dict[str, t.Any]
Case = t.Callable[[FakeCloud], Params]


def execution(cloud: FakeCloud, state: str = "RUNNING") -> str:
    id: str = cloud.mistral.add_execution("w", state)["id"]
    return id


def action(cloud: FakeCloud) -> str:
    task = cloud.mistral.add_task(cloud.mistral.add_execution("w"), "t")
    id: str = cloud.mistral.add_action(task)["id"]
    return id


def two_actions(cloud: FakeCloud) -> str:
    execution = cloud.mistral.add_execution("w")
    task = cloud.mistral.add_task(execution, "t")
    for _number in range(2):
        cloud.mistral.add_action(task)
    return str(execution["id"])


def posted(cloud: FakeCloud, **params: t.Any) -> Params:
    cloud.zaqar.put("q", "one", "two")
    return {"queue": "q", **params}


def claimed(cloud: FakeCloud, **params: t.Any) -> Params:
    posted(cloud)
    return {"queue": "q", "claim_id": cloud.zaqar.lock("q"), **params}


def asked(cloud: FakeCloud, **params: t.Any) -> Params:
    dialogue = FakeDialogue(cloud)
    dialogue.pause(interaction())
    return {"execution": dialogue.id, **params}


def called_back(cloud: FakeCloud, schema: Params | None = None, **params: t.Any) -> Params:
    dialogue = FakeDialogue(cloud)
    dialogue.ask(schema=schema or {})
    return {"execution": dialogue.id, "answer": "three", **params}


def waiting(cloud: FakeCloud, **params: t.Any) -> Params:
    return {"execution": execution(cloud), "wait_timeout": 0, **params}


def with_echo(cloud: FakeCloud) -> Params:
    cloud.mistral.actions_run["std.echo"] = lambda input: input["output"]
    return {"name": "std.echo", "input": {"output": 1}}


def started(cloud: FakeCloud, **params: t.Any) -> Params:
    cloud.mistral.add_workflow("w")
    return {"workflow": "w", **params}


def late_start(cloud: FakeCloud) -> Params:
    cloud.late("start_execution", seconds=1000)
    return started(cloud)


def late_post(cloud: FakeCloud) -> Params:
    cloud.late("post_messages", seconds=1000)
    return {"queue": "q", "body": "b"}


def waited_for(cloud: FakeCloud, state: str) -> Params:
    id = execution(cloud, state)
    return {"workflow": "w", "id": id, "wait_for": ["SUCCESS"], "wait_timeout": 0}


def signed(cloud: FakeCloud) -> Params:
    cloud.urls["messaging"] = "http://127.0.0.1"
    cloud.zaqar.signature = "5" * 64
    return {"queue": "q", "show_signature": True}


def triggered(cloud: FakeCloud, **params: t.Any) -> Params:
    cloud.mistral.add_workflow("w")
    return {"name": "c", "workflow": "w", "pattern": "0 0 * * *", **params}


def bulk(cloud: FakeCloud, **item: t.Any) -> Params:
    return {"answers": [{**called_back(cloud, answer="3"), **item}], "parallel": 1}


def stored(cloud: FakeCloud, **params: t.Any) -> Params:
    cloud.mistral.add_workflow("w", DEFINITION)
    return params


SUBSCRIBER: Params = {"queue": "q", "subscriber": "http://a/"}
# Each case makes a cloud ready and returns the options of a task.
CASES: dict[str, dict[str, Case]] = {
    "dialogue_answer": {
        "a pause": lambda cloud: asked(cloud, answer="3"),
        "a callback": lambda cloud: called_back(cloud, answer="3"),
        "an answer that is not valid": lambda cloud: called_back(cloud, {"type": "integer"}),
        "a question that is not asked": lambda cloud: asked(cloud, answer="3", question="other"),
        "no question": lambda cloud: waiting(cloud, answer="3"),
        "no execution": lambda cloud: {"execution": NOTHING, "answer": "3"},
    },
    "dialogue_answer_bulk": {
        "an item": bulk,
        "a bad item": lambda cloud: bulk(cloud, answers=[1]),
        "no execution": lambda cloud: bulk(cloud, execution=NOTHING),
    },
    "dialogue_start": {
        "a workflow of Mistral": started,
        "a definition": lambda cloud: {"definition": DEFINITION, "input": {"a": 1}},
        "an execution that exists": lambda cloud: started(cloud, execution=execution(cloud)),
        "no workflow": lambda cloud: {"workflow": "nothing"},
    },
    "dialogue_question": {
        "a pause": asked,
        "a callback": lambda cloud: {"execution": called_back(cloud)["execution"]},
        "an end": lambda cloud: {"execution": execution(cloud, "SUCCESS")},
        "no question": waiting,
        "no execution": lambda cloud: {"execution": NOTHING},
    },
    "mistral_action": {
        "an action": with_echo,
        "one that is not there": lambda cloud: {"name": "std.echo"},
    },
    "mistral_action_execution": {
        "by its id": lambda cloud: {"id": action(cloud), "result": {"answer": 1}},
        "nothing": lambda cloud: {"id": NOTHING},
        "of a task that has none": lambda cloud: waiting(cloud, task="t"),
        "of a task with two": lambda cloud: {"execution": two_actions(cloud), "task": "t"},
    },
    "mistral_cron_trigger": {
        "present": triggered,
        "absent": lambda cloud: triggered(cloud, state="absent"),
    },
    "mistral_execution": {
        "started": started,
        "started by its id": lambda cloud: started(cloud, id=NOTHING),
        "started, or not": late_start,
        "one of another workflow": lambda cloud: {"workflow": "x", "id": execution(cloud)},
        "waited for": lambda cloud: waited_for(cloud, "SUCCESS"),
        "waited for in vain": lambda cloud: waited_for(cloud, "ERROR"),
        "waited for too long": lambda cloud: waited_for(cloud, "RUNNING"),
        "paused": lambda cloud: {"id": execution(cloud), "state": "paused"},
        "resumed": lambda cloud: {"id": execution(cloud, "PAUSED"), "state": "resumed"},
        "cancelled": lambda cloud: {"id": execution(cloud), "state": "cancelled"},
        "absent": lambda cloud: {"id": execution(cloud, "ERROR"), "state": "absent"},
        "absent, but it runs": lambda cloud: {"id": execution(cloud), "state": "absent"},
        "nothing": lambda cloud: {"id": NOTHING, "state": "paused"},
    },
    "mistral_execution_info": {
        "all": lambda cloud: {"limit": len(execution(cloud))},
        "one": lambda cloud: {
            "id": execution(cloud, "ERROR"),
            "tasks": True,
            "sub_executions": True,
            "report": True,
        },
        "nothing": lambda cloud: {"id": NOTHING},
    },
    "mistral_workflow": {
        "new": lambda cloud: {"definition": DEFINITION},
        "changed": lambda cloud: stored(cloud, definition=DEFINITION, scope="public"),
        "absent": lambda cloud: stored(cloud, name=["w"], state="absent"),
    },
    "mistral_workflow_info": {"all": stored, "one": lambda cloud: stored(cloud, name="w")},
    "zaqar_claim": {
        "claimed": posted,
        "renewed": lambda cloud: claimed(cloud, state="renewed"),
        "released": lambda cloud: claimed(cloud, state="released"),
        "acknowledged": lambda cloud: claimed(cloud, state="acknowledged"),
        "not acknowledged": lambda cloud: claimed(
            cloud, state="acknowledged", message_ids=["another"]
        ),
    },
    "zaqar_pop": {"two": lambda cloud: posted(cloud, count=2)},
    "zaqar_post": {
        "a body": lambda cloud: {"queue": "q", "body": "b"},
        "a body, or not": late_post,
        "none": lambda cloud: {"queue": "q", "messages": []},
    },
    "zaqar_queue": {
        "present": lambda cloud: {"name": "q", "metadata": {"a": "b"}},
        "purged": lambda cloud: {"name": posted(cloud)["queue"], "purge": ["messages"]},
        "absent": lambda cloud: {"name": posted(cloud)["queue"], "state": "absent"},
    },
    "zaqar_queue_info": {
        "all": lambda cloud: {"statistics": bool(posted(cloud))},
        "one": lambda cloud: {"name": posted(cloud)["queue"]},
    },
    "zaqar_signed_url": {"a url": signed},
    "zaqar_subscription": {
        "present": lambda cloud: SUBSCRIBER,
        "absent": lambda cloud: SUBSCRIBER | {"state": "absent"},
        "gone": lambda cloud: (
            SUBSCRIBER
            | {"state": "absent", "ttl": len(cloud.zaqar.subscribe("q", "http://a/")) * 60}
        ),
    },
    "zaqar_wait": {
        consume: lambda cloud, consume=consume: posted(cloud, consume=consume, mode="poll")
        for consume in ("peek", "claim", "pop")
    }
    | {
        "too few": lambda cloud: posted(cloud, count=5, mode="poll", wait_timeout=0),
        "an execution": lambda cloud: posted(cloud, mode="poll", execution=execution(cloud)),
        "an end": lambda cloud: {
            "queue": "q",
            "mode": "poll",
            "execution": execution(cloud, "ERROR"),
        },
    },
}
RUNS = [(module, case) for module, cases in CASES.items() for case in cases]


def disagreements(documented: Params, result: Params, params: Params, place: str) -> list[str]:
    """Return what a result lacks of RETURN, what it has beside it, and what has another type."""
    found = []
    for name, value in documented.items():
        if name in result:
            found += _in_value(value, result[name], params, f"{place}{name}")
        elif _is_required(value.get("returned"), params):
            found.append(f"{place}{name} is missing")
    unknown = result.keys() - documented.keys() - OF_EVERY_MODULE
    return found + [f"{place}{name} is not documented" for name in sorted(unknown)]


def _in_value(value: Params, part: t.Any, params: Params, place: str) -> list[str]:
    kind = TYPES.get(value["type"])
    if part is None or kind is None:
        return []
    if not isinstance(part, kind) or (value["type"] != "bool" and isinstance(part, bool)):
        return [f"{place} is no {value['type']}"]
    if "contains" not in value:
        return []
    parts = part if isinstance(part, list) else [part]
    found = []
    for each in parts:
        found += disagreements(value["contains"], each, params, f"{place}.")
    return found


def _is_required(returned: str | None, params: Params) -> bool:
    if returned is None:
        return True
    returned = returned.split(AND_AFTER_FAILURE)[0]
    missing_in_check_mode = IN_CHECK_MODE.search(returned)
    if missing_in_check_mode:
        if params.get("check_mode"):
            return False
        returned = returned[: missing_in_check_mode.start()] or "success"
    if returned in ALWAYS:
        return True
    stated, is_set = STATED.fullmatch(returned), SET.fullmatch(returned)
    if stated:
        return str(params.get(stated[1])).lower() == stated[2]
    return bool(is_set and params.get(is_set[1]))


def run(flow: type[Flow], cloud: FakeCloud, params: Params, check_mode: bool) -> Params:
    """Return the result; of a failure those keys that it has."""
    try:
        return run_flow(flow, cloud, check_mode=check_mode, **params)
    except Failure as failure:
        return {"error_code": failure.error_code, **failure.result}


def test_every_module_has_cases() -> None:
    assert CASES.keys() == modules()


@pytest.mark.parametrize(
    ("returned", "params", "expected"),
    [
        ("success", {}, True),
        (None, {}, True),
        ("when O(state=present)", {"state": "present"}, True),
        ("when O(state=present)", {"state": "absent"}, False),
        ("with O(tasks=true)", {"tasks": True}, True),
        ("with O(dest)", {"dest": None}, False),
        ("with O(wait_for), and when a wait fails", {"wait_for": ["SUCCESS"]}, True),
        ("success, and after V(timeout)", {}, True),
        ("unless it would be created in check mode", {}, True),
        ("unless it would be created in check mode", {"check_mode": True}, False),
        ("with O(dest), except in check mode", {"dest": "a"}, True),
        ("with O(dest), except in check mode", {"dest": "a", "check_mode": True}, False),
        ("when O(execution) is set", {"execution": NOTHING}, True),
        ("if the service says so", {}, False),
    ],
)
def test_whether_a_key_must_be_there(returned: str, params: Params, expected: bool) -> None:
    assert _is_required(returned, params) is expected


@pytest.mark.parametrize(("name", "case"), RUNS, ids=[f"{name}-{case}" for name, case in RUNS])
def test_results_have_the_keys_that_return_promises(name: str, case: str) -> None:
    module = importlib.import_module(f"{PLUGINS}.modules.{name}")
    flow = importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule.flow
    documented = yaml.safe_load(module.RETURN)
    cloud = FakeCloud()
    params = CASES[name][case](cloud)
    options = {option: spec.get("default") for option, spec in flow.OPTIONS.items()} | params
    found = {}
    for run_name in ("check mode", "first run", "second run", "check mode after it"):
        options["check_mode"] = run_name.startswith("check mode")
        result = run(flow, cloud, params, options["check_mode"])
        promised = documented
        if "error_code" in result:
            promised = {key: dict(value, returned="") for key, value in documented.items()}
        disagreeing = disagreements(promised, result, options, "")
        if disagreeing:
            found[run_name] = disagreeing
    assert found == {}
