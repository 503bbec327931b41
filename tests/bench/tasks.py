# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one task costs: each of our modules in both shells, and what else does the same work, by
turns in one playbook.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import typing as t
import uuid

import yaml
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    ActionExecution,
    NewMessage,
)
from ansible_collections.interactive.openstack.tests.bench import services, starts
from ansible_collections.interactive.openstack.tests.bench.harness import (
    COLLECTION,
    HERE,
    IN_PROCESS,
    SHELLS,
    Bench,
    BenchError,
    Run,
    keystone_port,
    openrc,
    requests_of,
    say,
    spread,
)

QUEUE = "bench-tasks"
WAITING = {"bench_tasks_waiting": {"tasks": {"wait": {"action": "std.async_noop"}}}}
NOTHING = {"bench_tasks_nothing": {"tasks": {"nothing": {"action": "std.noop"}}}}
WARM_UP = 1  # rounds that are dropped


class Call(t.NamedTuple):
    """A module's representative call; options may be made anew for each round."""

    options: t.Callable[[], dict[str, t.Any]]
    does: str


def calls(ids: dict[str, t.Any]) -> dict[str, Call]:
    """The call of each module of the action group. ``ids``: what was prepared for them."""
    definition = json.dumps({"version": "2.0", **NOTHING})
    return {
        "dialogue_answer": Call(
            lambda: {"execution": ids["asking"].pop(), "answer": "Ada"},
            "answers a question and resumes the execution",
        ),
        "dialogue_answer_bulk": Call(
            lambda: {"answers": [{"execution": ids["asking"].pop(), "answer": "Ada"}]},
            "the same, as a list of one",
        ),
        "dialogue_question": Call(
            lambda: {"execution": ids["asked"]}, "finds the open question of a paused execution"
        ),
        "dialogue_start": Call(
            lambda: {"workflow": "bench_tasks_nothing"}, "starts a workflow that Mistral has"
        ),
        "mistral_action": Call(
            lambda: {"name": "std.echo", "input": {"output": "hello"}}, "runs std.echo"
        ),
        "mistral_action_execution": Call(
            lambda: {"id": ids["actions"].pop(), "result": {"answer": "yes"}},
            "completes a waiting action",
        ),
        "mistral_cron_trigger": Call(
            lambda: {"name": "bench", "workflow": "bench_tasks_nothing", "pattern": "0 3 1 1 *"},
            "finds a trigger as it should be",
        ),
        "mistral_execution": Call(
            lambda: {"id": ids["execution"], "workflow": "bench_tasks_nothing"},
            "finds that an id was started before",
        ),
        "mistral_execution_info": Call(lambda: {"id": ids["execution"]}, "reads one execution"),
        "mistral_workflow": Call(
            lambda: {"definition": definition}, "finds a workflow as it should be"
        ),
        "mistral_workflow_info": Call(
            lambda: {"name": "bench_tasks_nothing", "namespace": ""}, "reads one workflow"
        ),
        "zaqar_claim": Call(lambda: {"queue": f"{QUEUE}-empty"}, "claims from an empty queue"),
        "zaqar_pop": Call(lambda: {"queue": f"{QUEUE}-empty"}, "takes from an empty queue"),
        "zaqar_post": Call(
            lambda: {"queue": f"{QUEUE}-posts", "body": "hello", "ttl": 60}, "posts one message"
        ),
        "zaqar_queue": Call(lambda: {"name": QUEUE}, "finds a queue as it should be"),
        "zaqar_queue_info": Call(lambda: {"name": QUEUE}, "reads one queue"),
        "zaqar_signed_url": Call(lambda: {"queue": QUEUE, "show_signature": True}, "signs a URL"),
        "zaqar_subscription": Call(
            lambda: {"queue": QUEUE, "subscriber": "http://127.0.0.1:9/bench", "ttl": 86400},
            "finds a subscription as it should be",
        ),
        "zaqar_wait": Call(lambda: {"queue": QUEUE}, "finds a message that is there already"),
    }


def others() -> dict[str, dict[str, t.Any]]:
    """What our modules are compared with."""
    admin = {"cloud": f"{os.environ['OS_CLOUD']}-admin"}  # whom Keystone lets list these
    return {
        "ping": {"ansible.builtin.ping": {}},
        "debug": {"ansible.builtin.debug": {"msg": "hello"}},
        "openstack.cloud.project_info": {"openstack.cloud.project_info": admin},
        "openstack.cloud.catalog_service_info": {"openstack.cloud.catalog_service_info": admin},
        "openstack.cloud.identity_user_info": {"openstack.cloud.identity_user_info": admin},
        "command: mistral execution-list": {
            "ansible.builtin.command": {"cmd": "mistral execution-list"},
            "environment": openrc(),
        },
        "command: openstack workflow execution list": {
            "ansible.builtin.command": {"cmd": "openstack workflow execution list"}
        },
        "command: openstack messaging queue list": {
            "ansible.builtin.command": {"cmd": "openstack messaging queue list"}
        },
    }


def prepare(rounds: int) -> dict[str, t.Any]:
    """Make what the calls work on, for a task of each in each shell a round."""
    mine = services.mine()
    services.upload(services.SAMPLE)
    for workflow in (WAITING, NOTHING):
        if not mine.mistral.own_workflows([*workflow]):  # one with a cron trigger cannot be removed
            mine.mistral.create_workflows(json.dumps({"version": "2.0", **workflow}), "", "private")
    mine.zaqar.create_queue(QUEUE)
    mine.zaqar.post(QUEUE, [NewMessage("hello", ttl=86400)])
    for name in ("empty", "posts"):
        mine.zaqar.create_queue(f"{QUEUE}-{name}")
    asking, _seconds = services.start_asking(4 * rounds + 1)

    def waiting(_number: int) -> str:
        own = services.mine().mistral
        execution = own.start("bench_tasks_waiting", id=str(uuid.uuid4())).id
        found: list[ActionExecution] = []

        def there() -> bool:
            found[:] = [
                action for task in own.tasks(execution) for action in own.action_executions(task.id)
            ]
            return bool(found)

        services.until(there, "an action that waits", pause=0.05)
        return found[0].id

    return {
        "asked": asking[0].id,
        "asking": [one.id for one in asking[1:]],
        "actions": services.at_once(waiting, range(2 * rounds)),
        "execution": mine.mistral.start("bench_tasks_nothing", id=str(uuid.uuid4())).id,
        "executions": asking,
    }


def play(bench: Bench, rounds: int, counted: bool) -> Run:
    """One playbook with all kinds of tasks in each round, in an order of its own, so that
    neighbours and drift hit all alike.
    """
    ids = prepare(rounds)
    order = random.Random(20170131)
    tasks = []
    for number in range(rounds):
        these = [
            {
                "name": f"{name}|{shell}|{number}",
                f"interactive.openstack.{name}": call.options(),
                "vars": {IN_PROCESS: value},
            }
            for name, call in calls(ids).items()
            for shell, value in SHELLS.items()
        ]
        these += [{"name": f"{name}||{number}", **task} for name, task in others().items()]
        order.shuffle(these)
        tasks += these
    with bench.playbook("tasks", tasks, counted=counted) as run:
        pass
    wrong = [task.name for task in run.tasks if task.status != "ok"]
    if wrong:
        raise BenchError(f"These tasks did not pass: {', '.join(wrong)}.")
    services.forget(ids["executions"])
    return run


def bare(bench: Bench, times: int) -> tuple[list[float], list[float]]:
    """The floor below Ansible: milliseconds of a script of its own with one request, and of that
    request on a live session.
    """
    from keystoneauth1.adapter import Adapter

    adapter = Adapter(
        services.mine().cloud._region.get_session(), service_type="workflowv2", interface="public"
    )
    adapter.get("/executions", params={"limit": 1})
    scripts, requests = [], []
    for _number in range(times):
        with bench.process([sys.executable, str(HERE / "bare_request.py")], "bare") as run:
            pass
        scripts.append(run.seconds * 1000)
        begun = time.monotonic()
        adapter.get("/executions", params={"limit": 1})
        requests.append((time.monotonic() - begun) * 1000)
    return scripts, requests


def measure(bench: Bench) -> dict[str, t.Any]:
    group = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text())["action_groups"][
        "openstack"
    ]
    if set(group) != set(calls({})):
        raise BenchError(
            f"The action group and the modules measured differ in {', '.join(set(group) ^ set(calls({})))}."
        )
    rounds = bench.times(10, 2) + WARM_UP
    say(f"  {rounds} rounds of {2 * len(calls({})) + len(others())} tasks, the first dropped")
    half = bench.times(8, 2)
    before = bare(bench, half)
    run = play(bench, rounds, counted=False)
    after = bare(bench, half)
    # a playbook of its own for the requests, as counting them costs time; the first round logs in
    count = play(bench, 2, counted=True)
    port = keystone_port()
    described = {name: call.does for name, call in calls({}).items()}
    times: dict[tuple[str, str], list[float]] = {}
    for task in run.tasks:
        name, shell, number = task.name.rsplit("|", 2)
        if int(number) >= WARM_UP:
            times.setdefault((name, shell), []).append(task.milliseconds)
    requests = {
        tuple(task.name.split("|")[:2]): requests_of(count, task, port)
        for task in count.tasks
        if task.name.endswith("|1")
    }
    found = [
        {
            "task": name,
            "shell": shell,
            "does": described.get(name, ""),
            "ms": spread(values),
            "requests": requests.get((name, shell)),
        }
        for (name, shell), values in times.items()
    ]
    scripts, live = (first + second for first, second in zip(before, after))
    with bench.process(
        [sys.executable, str(HERE / "bare_request.py")], "bare", counted=True
    ) as script:
        pass
    ports = [at for _time, at, _method, _path in script.requests]
    found.append(
        {
            "task": "a bare keystoneauth script",
            "shell": "",
            "does": "logs in and sends one request, outside Ansible",
            "ms": spread(scripts),
            "requests": {"keystone": ports.count(port), "services": len(ports) - ports.count(port)},
        }
    )
    found.append(
        {
            "task": "the request alone",
            "shell": "",
            "does": "on a session that is logged in, outside Ansible",
            "ms": spread(live),
            "requests": {"keystone": 0, "services": 1},
        }
    )
    return {"rounds": rounds - WARM_UP, "rows": found, "starts": starts.measure(bench)}
