# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of the benchmark share: playbooks that are timed from outside, counted requests,
numbers made small.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import typing as t
import urllib.parse

import yaml

HERE = pathlib.Path(__file__).resolve().parent
COLLECTION = HERE.parents[1]
WORKFLOWS = COLLECTION / "playbooks" / "workflows"
IN_PROCESS = "interactive_openstack_in_process"  # the variable that chooses the shell
SHELLS = {"in-process": True, "module": False}


class BenchError(Exception):
    """The benchmark cannot go on; that something is slow is no error."""


def say(text: str) -> None:
    print(text, flush=True)


def spread(values: t.Iterable[float]) -> dict[str, float]:
    """The median and the spread of some numbers, in their unit."""
    ordered = sorted(values)
    if not ordered:
        raise BenchError("There is nothing to take a median of.")

    def at(part: float) -> float:
        place = part * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    return {
        "n": len(ordered),
        "median": at(0.5),
        "p10": at(0.1),
        "p25": at(0.25),
        "p75": at(0.75),
        "p90": at(0.9),
        "min": ordered[0],
        "max": ordered[-1],
    }


def line_through(points: list[tuple[float, float]]) -> dict[str, float]:
    """The straight line that fits best: what it adds a unit of x, what is there at x = 0, and how
    well it fits (1 is perfect).
    """
    xs, ys = zip(*points)
    if len(set(xs)) < 2:
        return {"slope": 0.0, "intercept": statistics.fmean(ys), "r2": 1.0}
    slope, intercept = statistics.linear_regression(xs, ys)
    mean = statistics.fmean(ys)
    total = sum((y - mean) ** 2 for y in ys)
    rest = sum((y - slope * x - intercept) ** 2 for x, y in points)
    return {"slope": slope, "intercept": intercept, "r2": 1 - rest / total if total else 1.0}


@dataclasses.dataclass
class Task:
    """One task as it ran: seconds of the monotonic clock. ``next`` is when the following task, or
    the play's end, began.
    """

    name: str
    action: str
    start: float
    end: float
    next: float
    status: str
    said: dict[str, t.Any]

    @property
    def milliseconds(self) -> float:
        """What the task adds to the playbook, Ansible's own work before the next task included."""
        return (self.next - self.start) * 1000


@dataclasses.dataclass
class Run:
    """A process that has ended: seconds, kilobytes of its biggest process, its requests as (time,
    port, method, path).
    """

    started: float = 0.0
    seconds: float = 0.0
    rss_kb: int = 0
    cpu_seconds: float = 0.0
    requests: list[tuple[float, int, str, str]] = dataclasses.field(default_factory=list)
    tasks: list[Task] = dataclasses.field(default_factory=list)
    begin: float = 0.0  # when the playbook was read
    stats: float = 0.0  # when the last task was done


class Bench:
    """Where the benchmark runs: a folder to write to, the environment of what it starts, and how
    much of it to do.
    """

    def __init__(self, work: pathlib.Path, quick: bool) -> None:
        self.work, self.quick = work, quick
        self.cloud = os.environ["OS_CLOUD"]
        self._number = 0
        # what a user has: nothing of this process's own
        self.env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def times(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def file(self, name: str) -> pathlib.Path:
        self._number += 1
        return self.work / f"{self._number:04}-{name}"

    @contextlib.contextmanager
    def process(
        self,
        command: list[str],
        name: str,
        counted: bool = False,
        times: pathlib.Path | None = None,
        **more: str,
    ) -> t.Iterator[Run]:
        """Start a process; on leaving the context wait for it, and fill in what it took. Its output
        goes to a log.
        """
        log, requests, took = (
            self.file(f"{name}.log"),
            self.file(f"{name}.requests"),
            self.file(f"{name}.took"),
        )
        env = {**self.env, **more}
        if counted:
            env.update(PYTHONPATH=str(HERE / "counting"), BENCH_REQUESTS=str(requests))
        if times:
            env.update(
                ANSIBLE_CALLBACK_PLUGINS=str(HERE / "callback_plugins"),
                ANSIBLE_CALLBACKS_ENABLED="bench_times",
                BENCH_TIMES=str(times),
            )
        run = Run()
        with log.open("w", encoding="utf-8") as sink:
            process = subprocess.Popen(
                [sys.executable, "-I", str(HERE / "launcher.py"), str(took), *command],
                env=env,
                cwd=self.work,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
            )
            try:
                yield run
            except BaseException:
                process.terminate()
                process.wait()
                raise
            process.wait()
        told = json.loads(took.read_text())
        run.started, run.seconds, run.rss_kb = told["started"], told["seconds"], told["rss_kb"]
        run.cpu_seconds = told["cpu_seconds"]
        if told["status"]:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
            raise BenchError(f"{name} failed with status {told['status']}:\n{tail}")
        if requests.exists():
            for line in requests.read_text().splitlines():
                at, port, method, path = line.split(" ", 3)
                run.requests.append((float(at), int(port), method, path))
        if times:
            events = [json.loads(line) for line in times.read_text().splitlines()]
            run.tasks = as_tasks(events)
            moments = {event["event"]: event["at"] for event in events}
            run.begin, run.stats = moments["begin"], moments["stats"]

    def playbook(
        self, name: str, tasks: list[dict[str, t.Any]], counted: bool = False
    ) -> contextlib.AbstractContextManager[Run]:
        """Run tasks as a playbook of one play, each of them timed; see ``process``."""
        book = self.file(f"{name}.yml")
        book.write_text(
            json.dumps(
                [
                    {
                        "name": name,
                        "hosts": "localhost",
                        "gather_facts": False,
                        "tasks": tasks,
                        "module_defaults": {
                            group: {"cloud": self.cloud}
                            for group in (
                                "group/interactive.openstack.openstack",
                                "group/openstack.cloud.openstack",
                            )
                        },
                    }
                ],
                indent=1,
            )
        )
        return self.ansible([str(book)], name, counted)

    def ansible(
        self, arguments: list[str], name: str, counted: bool = False
    ) -> contextlib.AbstractContextManager[Run]:
        """Run ansible-playbook, each task timed. While it runs, ``times_file`` tells what it does."""
        self.times_file = self.file(f"{name}.times")
        self.times_file.touch()
        return self.process(["ansible-playbook", *arguments], name, counted, self.times_file)


def as_tasks(events: list[dict[str, t.Any]]) -> list[Task]:
    """The tasks of one playbook on one host out of what the callback wrote."""
    tasks: list[Task] = []
    for event in events:
        if event["event"] in ("start", "stats") and tasks:
            tasks[-1].next = event["at"]
        if event["event"] == "start":
            tasks.append(
                Task(event["task"], event["action"], event["at"], event["at"], event["at"], "", {})
            )
        elif event["event"] == "end":
            tasks[-1].end, tasks[-1].status = event["at"], event["status"]
            tasks[-1].said = {
                key: value for key, value in event.items() if key not in ("event", "at", "status")
            }
    return tasks


def requests_of(run: Run, task: Task, keystone: int) -> dict[str, int]:
    """How many requests fell into a task's time: to Keystone, and to the other services."""
    within = [port for at, port, _method, _path in run.requests if task.start <= at < task.next]
    return {"keystone": within.count(keystone), "services": len(within) - within.count(keystone)}


def cloud_config() -> dict[str, t.Any]:
    """The cloud of the environment, out of clouds.yaml."""
    clouds = yaml.safe_load(
        pathlib.Path(os.environ["OS_CLIENT_CONFIG_FILE"]).read_text(encoding="utf-8")
    )
    return clouds["clouds"][os.environ["OS_CLOUD"]]


def openrc() -> dict[str, str]:
    """The same as variables of the environment, for the command `mistral`, which knows no
    clouds.yaml.
    """
    config = cloud_config()
    return {
        "OS_REGION_NAME": config["region_name"],
        "OS_IDENTITY_API_VERSION": "3",
        **{f"OS_{name.upper()}": value for name, value in config["auth"].items()},
    }


def keystone_port() -> int:
    """The port that Keystone listens at, by which its requests are told from the others'."""
    return urllib.parse.urlsplit(cloud_config()["auth"]["auth_url"]).port or 0
