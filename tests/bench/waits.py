# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon a message reaches who waits for it, and what the waiting costs: zaqar_wait, `until`
loops, workflows that poll or are woken.

All times are milliseconds from the moment a post is sent.
"""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import random
import threading
import time
import typing as t
import uuid

from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_wait import (
    ZaqarWait,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    NewMessage,
    State,
)
from ansible_collections.interactive.openstack.tests.bench import auto_resume, services
from ansible_collections.interactive.openstack.tests.bench.harness import (
    Bench,
    BenchError,
    keystone_port,
    requests_of,
    say,
    spread,
)

QUEUE = "bench-waits"
POLLING = "ask_by_polling"
POLL_DELAY = 5  # seconds, the sample's default; the article has 15
LONGEST = 120  # seconds that any of the waits may take


def until_loop(delay: int, seconds: int) -> dict[str, t.Any]:
    """What a user writes without zaqar_wait."""
    return {
        "interactive.openstack.zaqar_pop": {"queue": QUEUE},
        "register": "popped",
        "until": "popped.messages | length > 0",
        "retries": seconds // delay,
        "delay": delay,
    }


KINDS: dict[str, dict[str, t.Any]] = {
    "zaqar_wait, push": {
        "interactive.openstack.zaqar_wait": {
            "queue": QUEUE,
            "mode": "push",
            "consume": "pop",
            "wait_timeout": LONGEST,
        }
    },
    "zaqar_wait, poll": {
        "interactive.openstack.zaqar_wait": {
            "queue": QUEUE,
            "mode": "poll",
            "consume": "pop",
            "wait_timeout": LONGEST,
        }
    },
    "until, delay 1": until_loop(1, LONGEST),
    "until, delay 5": until_loop(5, LONGEST),
}


def events(file: pathlib.Path, number: int) -> list[dict[str, t.Any]]:
    """The tasks that have started so far, as soon as there are more than ``number``."""
    found: list[dict[str, t.Any]] = []

    def more() -> bool:
        lines = file.read_text().splitlines()
        found[:] = [event for event in map(json.loads, lines) if event["event"] == "start"]
        return len(found) > number

    services.until(more, "the next task", LONGEST)
    return found


def in_playbook(bench: Bench) -> list[dict[str, t.Any]]:
    """Waits as tasks. Each is posted to 2 to 7 seconds after it began: a range as long as the
    longest delay, so no loop is lucky.
    """
    rounds, order = bench.times(5, 1), random.Random(20170131)
    names = [name for _number in range(rounds) for name in order.sample(list(KINDS), len(KINDS))]
    zaqar = services.mine().zaqar
    zaqar.create_queue(QUEUE)
    posted = []
    tasks = [{"name": name, **KINDS[name]} for name in names]
    with bench.playbook("waits", tasks, counted=True) as run:
        times = bench.times_file
        for number in range(len(names)):
            begun = events(times, number)[number]["at"]
            time.sleep(max(0.0, begun + order.uniform(2, 7) - time.monotonic()))
            posted.append(time.monotonic())
            zaqar.post(QUEUE, [NewMessage("bench", ttl=60)])
    port = keystone_port()
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in KINDS}
    for task, at in zip(run.tasks, posted):
        if task.status != "ok":
            raise BenchError(f"The wait '{task.name}' did not pass.")
        # of what goes over the WebSocket only the module knows
        sent = (
            task.said["requests"]
            if "push" in task.name
            else requests_of(run, task, port)["services"]
        )
        found[task.name].append(((task.next - at) * 1000, sent))
    return [
        {
            "how": name,
            "where": "a task",
            "ms": spread(ms for ms, _requests in values),
            "requests": spread(requests for _ms, requests in values),
        }
        for name, values in found.items()
    ]


def bare_wait(mode: str, idle: float) -> tuple[float, int, str]:
    """The flow of zaqar_wait without Ansible: milliseconds, requests, and by what it was delivered."""
    queue, times = f"{QUEUE}-{uuid.uuid4().hex[:8]}", []
    poster = services.mine().zaqar
    poster.create_queue(queue)  # connects now

    def post() -> None:
        time.sleep(idle)
        times.append(time.monotonic())
        poster.post(queue, [NewMessage("bench", ttl=60)])

    thread = threading.Thread(target=post)
    thread.start()
    result = services.prepared(
        ZaqarWait, queue=[queue], mode=mode, wait_timeout=int(idle) + 60
    ).run()
    took = (time.monotonic() - (thread.join() or times[0])) * 1000
    poster.delete_queue(queue)
    return took, result["requests"], result["delivered"]


def without_ansible(bench: Bench) -> list[dict[str, t.Any]]:
    rows = []
    for mode in ("push", "poll"):
        found = [bare_wait(mode, random.uniform(0.5, 1.5)) for _number in range(bench.times(15, 3))]
        rows.append(
            {
                "how": f"zaqar_wait, {mode}",
                "where": "the flow alone",
                "ms": spread(ms for ms, _requests, _by in found),
                "requests": spread(requests for _ms, requests, _by in found),
                "pushed": sum(by == "push" for *_rest, by in found),
            }
        )
    return rows


def polling_workflow(idle: float) -> tuple[float, int]:
    """A workflow that polls for its answer: milliseconds from the post to its end, and how often it
    looked.
    """
    own, asking = services.mine(), services.Asking()
    own.mistral.start(POLLING, input={**asking.queues, "poll_delay": POLL_DELAY}, id=asking.id)
    own.zaqar.create_queue(asking.queues["input_queue"])
    time.sleep(idle)
    posted = time.monotonic()
    own.zaqar.post(asking.queues["input_queue"], [NewMessage("Ada", ttl=300)])
    ended = services.until(
        lambda: own.mistral.state(asking.id) is State.SUCCESS,
        "the end of a workflow that polls",
        LONGEST,
        0.02,
    )
    polls = looks(asking.id)
    services.forget([asking])
    return (ended - posted) * 1000, polls


def looks(execution: str) -> int:
    """How often a polling workflow has asked Zaqar: each time leaves a row in Mistral."""
    mistral = services.mine().mistral
    waiting = next(task for task in mistral.tasks(execution) if task.name == "wait_for_answer")
    return len(mistral.action_executions(waiting.id))


def in_workflow(bench: Bench) -> list[dict[str, t.Any]]:
    """Until the workflow has its answer and has ended: one that polls, and one that auto_resume
    wakes.
    """
    services.upload(POLLING, services.SAMPLE, "interactive.resume")
    number, order = bench.times(8, 2), random.Random(20170131)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        polled = list(
            pool.map(polling_workflow, [order.uniform(2, 7) for _number in range(number)])
        )
    woken = [auto_resume.dialogue(services.mine(), one, 1.5)[1] for one in range(number)]
    return [
        {
            "how": f"workflow that polls every {POLL_DELAY} s",
            "where": "Mistral",
            "ms": spread(ms for ms, _looks in polled),
            "requests": spread(requests for _ms, requests in polled),
        },
        {
            "how": "workflow that auto_resume wakes",
            "where": "Mistral",
            "ms": spread(woken),
            "requests": None,
        },
    ]


def idle(bench: Bench) -> dict[str, t.Any]:
    """The requests of waits while nothing comes, all at the same time as they have nothing to do."""
    seconds = bench.times(60, 10)

    def bare(mode: str) -> int:
        flow = services.prepared(
            ZaqarWait, queue=[f"{QUEUE}-idle"], mode=mode, wait_timeout=seconds
        )
        try:
            flow.run()
        except Failure as failure:
            if failure.error_code == "timeout":
                return failure.result["requests"]
            raise
        raise BenchError("A wait for nothing got something.")

    def loop(delay: int) -> int:
        own = Bench(bench.work / f"idle-{delay}", bench.quick)
        own.work.mkdir()
        task = {"name": "idle", **until_loop(delay, seconds), "ignore_errors": True}
        task["interactive.openstack.zaqar_pop"] = {"queue": f"{QUEUE}-idle"}
        with own.playbook("idle", [task], counted=True) as run:
            pass
        return requests_of(run, run.tasks[0], keystone_port())["services"]

    def workflow() -> int:
        asking = services.Asking()
        services.mine().mistral.start(
            POLLING, input={**asking.queues, "poll_delay": POLL_DELAY}, id=asking.id
        )
        time.sleep(seconds)
        polls = looks(asking.id)
        services.forget([asking])
        return polls

    services.mine().zaqar.create_queue(f"{QUEUE}-idle")
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        found = {
            "zaqar_wait, push": pool.submit(bare, "push"),
            "zaqar_wait, poll": pool.submit(bare, "poll"),
            "until, delay 1": pool.submit(loop, 1),
            "until, delay 5": pool.submit(loop, 5),
            f"workflow that polls every {POLL_DELAY} s": pool.submit(workflow),
        }
        return {
            "seconds": seconds,
            "requests": {name: work.result() for name, work in found.items()},
        }


def measure(bench: Bench) -> dict[str, t.Any]:
    say("  waits as tasks")
    rows = in_playbook(bench)
    say("  waits without Ansible")
    rows += without_ansible(bench)
    say("  workflows")
    rows += in_workflow(bench)
    say("  waits for nothing")
    return {"rows": rows, "idle": idle(bench), "poll_delay": POLL_DELAY}
