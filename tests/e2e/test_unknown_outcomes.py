# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes whose answer is lost or late: found out by a look, else the task says that nobody knows."""

from __future__ import annotations

import pathlib
import sys
import typing as t
import uuid

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_action import (
    MistralAction,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_cron_trigger import (
    MistralCronTrigger,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_execution import (
    MistralExecution,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_workflow import (
    MistralWorkflow,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_queue import (
    ZaqarQueue,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_subscription import (
    ZaqarSubscription,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services import (
    unknown as _settled,
)
from faults import Fault, Proxies, Services, check_sentence, ready, run

HOOK = "http://127.0.0.1:9/"
PATIENCE = 0.5  # seconds until a request is given up, here

Cloud = dict[str, t.Any]


def definition(name: str, action: str = "std.noop") -> str:
    return f"version: '2.0'\nw-{name}:\n  tasks:\n    only:\n      action: {action}\n"


class Change(t.NamedTuple):
    """A change that a task makes, and how to see whether it is made: what is stored, asked without
    our modules.
    """

    service: str
    request: str  # expression for the request that makes it
    task: t.Callable[[str], tuple[t.Any, dict[str, t.Any]]]
    stored: t.Callable[[t.Any, str], t.Any]
    expected: t.Any
    before: t.Sequence[t.Callable[[str], tuple[t.Any, dict[str, t.Any]]]] = ()


def workflow(name: str, **options: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
    return MistralWorkflow, {"definition": definition(name), "namespace": name} | options


def trigger(name: str, **options: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
    return MistralCronTrigger, {
        "name": name,
        "workflow": "held",
        "pattern": "0 0 1 1 *",
        "workflow_input": {"input_queue": name, "output_queue": name},
    } | options


def execution(name: str, **options: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
    return MistralExecution, {"id": name} | options


def queue(name: str, **options: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
    return ZaqarQueue, {"name": name, "metadata": {"a": 1}} | options


def subscription(name: str, **options: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
    return ZaqarSubscription, {"queue": name, "subscriber": HOOK} | options


def actions(cloud: t.Any, name: str) -> list[str]:
    found = cloud.mistral.get(f"/workflows?namespace={name}").json()["workflows"]
    return ["std.fail" if "std.fail" in one["definition"] else "std.noop" for one in found]


def triggers(cloud: t.Any, name: str) -> int:
    return len(cloud.mistral.get(f"/cron_triggers?name={name}").json()["cron_triggers"])


def is_there(cloud: t.Any, name: str) -> bool:
    return cloud.mistral.get(f"/executions/{name}", raise_exc=False).status_code == 200


def metadata(cloud: t.Any, name: str) -> t.Any:
    return (
        cloud.zaqar.get(f"/v2/queues/{name}").json().get("a")
    )  # of one that is not there, Zaqar shows its own keys


def ttls(cloud: t.Any, name: str) -> list[int]:
    return [
        one["ttl"]
        for one in cloud.zaqar.get(f"/v2/queues/{name}/subscriptions").json()["subscriptions"]
    ]


CHANGES = {
    "upload": Change("mistral", "POST .*/workflows", workflow, actions, ["std.noop"]),
    "upload anew": Change(
        "mistral",
        "PUT .*/workflows",
        lambda name: workflow(name, definition=definition(name, "std.fail")),
        actions,
        ["std.fail"],
        [workflow],
    ),
    "delete the workflow": Change(
        "mistral",
        "DELETE .*/workflows",
        lambda name: workflow(name, state="absent"),
        actions,
        [],
        [workflow],
    ),
    "create the trigger": Change("mistral", "POST .*/cron_triggers", trigger, triggers, 1),
    "delete the trigger": Change(
        "mistral",
        "DELETE .*/cron_triggers",
        lambda name: trigger(name, state="absent"),
        triggers,
        0,
        [trigger],
    ),
    "start": Change(
        "mistral",
        "POST .*/executions",
        lambda name: execution(name, workflow=f"w-{name}", namespace=name),
        is_there,
        True,
        [workflow],
    ),
    "delete the execution": Change(
        "mistral",
        "DELETE .*/executions",
        lambda name: execution(name, state="absent"),
        is_there,
        False,
        [
            workflow,
            lambda name: execution(
                name, workflow=f"w-{name}", namespace=name, wait_for=["SUCCESS"]
            ),
        ],
    ),
    "create the queue": Change("zaqar", "PUT .*/queues/", queue, metadata, 1),
    "update the queue": Change(
        "zaqar",
        "PATCH .*/queues/",
        lambda name: queue(name, metadata={"a": 2}),
        metadata,
        2,
        [queue],
    ),
    "delete the queue": Change(
        "zaqar",
        "DELETE .*/queues/",
        lambda name: queue(name, state="absent"),
        metadata,
        None,
        [queue],
    ),
    "subscribe": Change("zaqar", "POST .*/subscriptions", subscription, ttls, [3600]),
    "change the subscription": Change(
        "zaqar",
        "PATCH .*/subscriptions",
        lambda name: subscription(name, ttl=7200),
        ttls,
        [7200],
        [subscription],
    ),
    "unsubscribe": Change(
        "zaqar",
        "DELETE .*/subscriptions",
        lambda name: subscription(name, state="absent"),
        ttls,
        [],
        [subscription],
    ),
}


@pytest.fixture(scope="module")
def direct(sandbox) -> Cloud:
    return ready(sandbox, pathlib.Path(__file__).parent / "workflows" / "held.yaml")


@pytest.fixture(scope="module")
def proxies(direct, sandbox) -> t.Iterator[Proxies]:
    proxies = Proxies(Services(sandbox.clouds, sandbox.cloud))
    yield proxies
    proxies.close()


def prepared(direct: Cloud, change: Change) -> str:
    name = str(uuid.uuid4())
    for task in change.before:
        flow, options = task(name)
        run(flow, direct, **options)
    return name


LATE = Fault("delay", seconds=1)  # than anybody waits for the answer
CUT_OFF = Fault("cut_off", seconds=1)


@pytest.mark.parametrize(
    "fault, what",
    [
        *((Fault("reset_after"), what) for what in CHANGES),
        (LATE, "upload"),
        (LATE, "start"),
        (LATE, "create the queue"),
        (CUT_OFF, "upload"),
        (CUT_OFF, "create the queue"),
    ],
    ids=str,
)
def test_a_change_whose_answer_is_lost_or_late_is_made(direct, proxies, cloud, what, fault):
    change = CHANGES[what]
    name = prepared(direct, change)
    rule = getattr(proxies, change.service).inject(fault, change.request)
    flow, options = change.task(name)
    result = run(flow, proxies.cloud | {"api_timeout": PATIENCE}, **options)
    assert rule.hits == 1 and result["changed"]
    assert change.stored(cloud, name) == change.expected


@pytest.mark.parametrize(
    "what", ["upload", "create the trigger", "start", "create the queue", "subscribe"]
)
def test_a_change_that_was_not_made_is_said_to_be_unknown_and_made_by_the_next_run(
    direct, proxies, cloud, what, monkeypatch
):
    monkeypatch.setattr(_settled, "LOOK_SECONDS_AFTER_BREAK", 0.2)
    change = CHANGES[what]
    name = prepared(direct, change)
    flow, options = change.task(name)
    getattr(proxies, change.service).inject(Fault("reset_before"), change.request)
    with pytest.raises(Failure) as caught:
        run(flow, proxies.cloud, **options)
    check_sentence(caught.value)
    assert (
        caught.value.error_code == "connection_lost"
        and "It may be done all the same" in caught.value.message
    )
    assert caught.value.result["outcome_unknown"]
    assert change.stored(cloud, name) != change.expected
    assert run(flow, proxies.cloud, **options)["changed"]
    assert change.stored(cloud, name) == change.expected


def test_an_upload_that_takes_longer_than_anybody_looks_is_said(
    direct, proxies, cloud, monkeypatch
):
    monkeypatch.setattr(_settled, "LOOK_SECONDS_AFTER_TIMEOUT", 0.2)
    name = str(uuid.uuid4())
    proxies.mistral.inject(Fault("delay", seconds=2), "POST .*/workflows")
    flow, options = workflow(name)
    with pytest.raises(Failure) as caught:
        run(flow, proxies.cloud | {"api_timeout": PATIENCE}, **options)
    check_sentence(caught.value)
    assert (
        "did not answer within 0.5 seconds" in caught.value.message
        and "'api_timeout'" in caught.value.message
    )
    assert "It may be done all the same, or soon" in caught.value.message
    assert caught.value.error_code == "no_answer" and caught.value.result["outcome_unknown"]


def test_an_action_that_nobody_can_look_for_is_said_to_have_run_perhaps(direct, proxies):
    proxies.mistral.inject(Fault("reset_after"), "POST .*/action_executions")
    with pytest.raises(Failure, match="It may have run all the same") as caught:
        run(MistralAction, proxies.cloud, name="std.noop", input={})
    check_sentence(caught.value)


def run_the_role(playbook, proxies, tmp_path, fault, **variables):
    """Run the role with a fault in the start, after which the module itself cannot look; return the
    play and the execution's id.
    """
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(yaml.safe_dump({"clouds": {"sandbox": proxies.cloud}}))
    id = str(uuid.uuid4())
    proxies.mistral.inject(fault, "POST .*/executions")
    proxies.mistral.inject(Fault("refuse", 403), f"GET .*/executions/{id}", skip=1)
    variables = {
        "workflow_file": "ask_with_pause.yaml",
        "answer": "x",
        "execution_id": id,
    } | variables
    result = playbook("interactive.openstack.run", variables, OS_CLIENT_CONFIG_FILE=str(clouds))
    assert result.rc == 2, result.output
    return " ".join(result.output.split()), id


def test_the_role_waits_for_a_start_that_nobody_saw(proxies, playbook, cloud, tmp_path):
    """The execution begins after its task has failed, and after the first look of the role."""
    output, id = run_the_role(playbook, proxies, tmp_path, Fault("cut_off", seconds=3))
    assert f"Execution {id} runs all the same: go on with" in output
    assert is_there(cloud, id) and actions(cloud, id)
    assert (
        cloud.zaqar.get(f"/v2/queues/dialogue-{id}-output").json()["_default_message_ttl"]
        == 1209600
    )


def test_the_role_removes_nothing_of_what_may_begin(proxies, playbook, cloud, tmp_path):
    output, id = run_the_role(playbook, proxies, tmp_path, Fault("reset_before"))
    assert f"Execution {id} may begin all the same, also later, so nothing is removed." in output
    assert (
        f"If it does not, remove the workflow in namespace {id}, queue dialogue-{id}-input, queue dialogue-{id}-output."
        in output
    )
    assert "runs all the same" not in output and not is_there(cloud, id) and actions(cloud, id)
    assert (
        cloud.zaqar.get(f"/v2/queues/dialogue-{id}-output").json()["_default_message_ttl"]
        == 1209600
    )


def test_the_role_leaves_no_workflow_whose_upload_was_given_up(proxies, playbook, cloud, tmp_path):
    """The upload is done after its task has failed, and even after the first look for what is left."""
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(yaml.safe_dump({"clouds": {"sandbox": proxies.cloud | {"api_timeout": 1}}}))
    id = str(uuid.uuid4())
    proxies.mistral.inject(Fault("delay", seconds=4), "POST .*/workflows")
    # the module's own look, which would wait for the workflow
    proxies.mistral.inject(Fault("refuse", 403), "GET .*/workflows", skip=1)
    result = playbook(
        "interactive.openstack.run",
        {"workflow_file": "ask_with_pause.yaml", "answer": "x", "execution_id": id},
        OS_CLIENT_CONFIG_FILE=str(clouds),
    )
    assert result.rc == 2
    assert "Mistral did not answer within 1 seconds" in result.output
    assert (
        f"Created all the same, and removed again: the workflow in namespace {id}." in result.output
    )
    assert cloud.mistral.get(f"/workflows?namespace={id}").json()["workflows"] == []
