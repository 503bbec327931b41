# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole dialogue without a person, as one command: our playbook in both shells, and a script of
the services' commands.

Each kind finds the services without the workflow, uploads it, starts it, reads the question,
answers, and shows the end. Ours removes the queues as well. All times are seconds of wall time from
the start of the process to its end.
"""

from __future__ import annotations

import json
import random
import typing as t

from ansible_collections.interactive.openstack.tests.bench import services
from ansible_collections.interactive.openstack.tests.bench.harness import (
    HERE,
    IN_PROCESS,
    SHELLS,
    WORKFLOWS,
    Bench,
    BenchError,
    Run,
    keystone_port,
    openrc,
    say,
    spread,
)

OURS = {f"interactive.openstack.run, {shell}": value for shell, value in SHELLS.items()}
SCRIPTS = {"script of mistral commands": "mistral", "script of openstack commands": "openstack"}


def hold(bench: Bench, kind: str, counted: bool = False) -> Run:
    """Hold one dialogue of a kind; it fails if the workflow does not say hello in the end."""
    services.remove(services.SAMPLE)
    asking = services.Asking()
    if kind in OURS:
        variables = {
            "workflow_file": f"{services.SAMPLE}.yaml",
            "answer": "Ada",
            IN_PROCESS: OURS[kind],
        }
        context = bench.ansible(
            ["interactive.openstack.run", "-e", json.dumps(variables)], "dialogue", counted
        )
    else:
        queues = asking.queues
        context = bench.process(
            [
                str(HERE / "article.sh"),
                SCRIPTS[kind],
                str(WORKFLOWS / f"{services.SAMPLE}.yaml"),
                services.SAMPLE,
                queues["input_queue"],
                queues["output_queue"],
                "Ada",
            ],
            "dialogue",
            counted,
            **(openrc() if SCRIPTS[kind] == "mistral" else {}),
        )
    with context as run:
        pass
    log = max(bench.work.glob("*-dialogue.log"))
    if "Hello, Ada!" not in log.read_text():
        raise BenchError(
            f"{kind} did not end with what the workflow says:\n{log.read_text()[-2000:]}"
        )
    for queue in asking.queues.values():
        services.mine().zaqar.delete_queue(queue)
    return run


def divided(run: Run) -> dict[str, t.Any]:
    """Where the seconds of one of our playbooks go."""
    tasks = [task for task in run.tasks if task.status != "skipped"]
    ours = [task for task in tasks if task.action.startswith("interactive.openstack.")]
    seconds = {
        "start of Ansible": run.begin - run.started,
        "reading roles, until the first task": run.tasks[0].start - run.begin,
        "modules of this collection": sum(task.milliseconds for task in ours) / 1000,
        "other tasks": sum(task.milliseconds for task in run.tasks if task not in ours) / 1000,
        "end of Ansible": run.started + run.seconds - run.stats,
    }
    slowest = sorted(tasks, key=lambda task: -task.milliseconds)[:6]
    return {
        "tasks": len(tasks),
        "skipped": len(run.tasks) - len(tasks),
        "modules": len(ours),
        "seconds": seconds,
        "slowest": [
            {"task": task.name, "action": task.action, "ms": task.milliseconds} for task in slowest
        ],
    }


def measure(bench: Bench) -> dict[str, t.Any]:
    rounds, order = bench.times(6, 1), random.Random(20170131)
    kinds = [*OURS, *SCRIPTS]
    runs: dict[str, list[Run]] = {kind: [] for kind in kinds}
    hold(bench, kinds[0])  # compiles and caches what the first run does
    for number in range(rounds):
        say(f"  round {number + 1} of {rounds}")
        for kind in order.sample(kinds, len(kinds)):
            runs[kind].append(hold(bench, kind))
    port = keystone_port()
    rows = []
    for kind in kinds:
        # counted in a run of its own: counting takes time
        ports = [at for _time, at, _method, _path in hold(bench, kind, counted=True).requests]
        middle = sorted(runs[kind], key=lambda run: run.seconds)[rounds // 2]
        rows.append(
            {
                "how": kind,
                "seconds": spread(run.seconds for run in runs[kind]),
                "requests": {
                    "keystone": ports.count(port),
                    "services": len(ports) - ports.count(port),
                },
                "rss_mb": spread(run.rss_kb / 1024 for run in runs[kind])["median"],
                "divided": divided(middle) if kind in OURS else None,
            }
        )
    services.remove(services.SAMPLE)
    return {"rounds": rounds, "rows": rows}
