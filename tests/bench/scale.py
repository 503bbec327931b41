# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One round of many dialogues on one stack, whose sandbox `make bench-scale` starts for it: time,
requests, rows, memory and CPU. Whatever takes too long is part of the result.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import pathlib
import re
import shutil
import sys
import threading
import time
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_subscription import (
    ZaqarSubscription,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    NewMessage,
)
from ansible_collections.interactive.openstack.tests.bench import many, rounds, services
from ansible_collections.interactive.openstack.tests.bench.database import Database
from ansible_collections.interactive.openstack.tests.bench.harness import (
    Bench,
    BenchError,
    Run,
    say,
)
from ansible_collections.interactive.openstack.tests.bench.rounds import Program, Requests, Round
from ansible_collections.interactive.openstack.tests.bench.rounds import Table as TableRows
from ansible_collections.interactive.openstack.tests.bench.services import Asking
from ansible_collections.interactive.openstack.tests.bench.usage import Programs, Usage

HANDLER = "interactive.resume"
ENDED = ("SUCCESS", "ERROR", "CANCELLED")
SUBSCRIPTION_SECONDS = 6 * 3600  # longer than any round
STATES = f"SELECT id, state FROM workflow_executions_v2 WHERE workflow_name = '{services.SAMPLE}'"
OUTPUTS = STATES.replace("state", "state, output", 1)
HANDLERS = (
    f"SELECT count(*) FROM workflow_executions_v2 WHERE workflow_name = '{HANDLER}'"
    f" AND state NOT IN {ENDED}"
)
REQUESTS = (
    "SELECT count(*) FROM action_executions_v2 WHERE name LIKE 'zaqar.%' OR name LIKE 'mistral.%'"
)
POST = re.compile(r"/v2/queues/bench-([0-9a-f-]{36})-in/messages")


@dataclasses.dataclass
class Answers:
    """What answering took. ``posted``: when the answer of which execution was sent."""

    began: float
    seconds: float
    posted: dict[str, float]
    answered: int
    requests: int
    cpu_seconds: float


@dataclasses.dataclass(frozen=True)
class Look:
    """What there is at a moment: rows of each table, usage of each kind of program, and how many
    requests workflows have sent.
    """

    rows: dict[str, int]
    usage: dict[str, Usage]
    requests: int


class Stage:
    """Where a round takes place: what it works with, and the seconds that a part of it may take."""

    def __init__(self, bench: Bench, database: Database, programs: Programs, limit: float) -> None:
        self.bench = bench
        self.database = database
        self.programs = programs
        self.limit = limit

    def look(self) -> Look:
        return Look(
            rows=self.database.counts(),
            usage=self.programs.usage(),
            requests=self.database.rows(REQUESTS)[0][0],
        )

    def until(self, condition: t.Callable[[], bool], since: float, pause: float) -> bool:
        """Whether a condition came to hold within the limit."""
        while not condition():
            if time.monotonic() > since + self.limit:
                return False
            time.sleep(pause)
        return True

    def failures(self, work: t.Callable[[Asking], t.Any], asking: list[Asking]) -> int:
        """Do something for all, several at a time; return how often it failed or came too late."""
        end = time.monotonic() + self.limit

        def fails(one: Asking) -> bool:
            if time.monotonic() > end:
                return True
            try:
                work(one)
            except Failure as failure:
                say(f"  {failure.message}")
                return True
            return False

        return sum(services.at_once(fails, asking))


class Watch(threading.Thread):
    """Notes when executions end."""

    def __init__(self, database: Database, asking: list[Asking]) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._wanted = {one.id for one in asking}
        self._stopping = threading.Event()
        self.pause = look_every(len(asking))
        self.ended: dict[str, float] = {}

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self.join()

    def run(self) -> None:
        while not self._stopping.wait(self.pause):
            found = self._database.rows(f"{STATES} AND state IN {ENDED}")
            now = time.monotonic()
            for id, _state in found:
                if id in self._wanted:
                    self.ended.setdefault(id, now)

    def all_ended(self) -> bool:
        return len(self.ended) == len(self._wanted)


def look_every(number: int) -> float:
    """Seconds between two looks at so many executions, which take time that others need."""
    return 0.05 + number / 5000


def subscribe(one: Asking) -> None:
    """Let answers start the workflow that delivers them, as the role auto_resume does."""
    workflow: dict[str, t.Any] = dict.fromkeys(ZaqarSubscription.OPTIONS["workflow"]["options"])
    workflow.update(
        name=HANDLER,
        namespace="",
        label=one.id,
        description=one.id,
        input={"execution_id": one.id, **one.queues},
    )
    flow = services.prepared(
        ZaqarSubscription,
        queue=one.queues["input_queue"],
        workflow=workflow,
        ttl=SUBSCRIPTION_SECONDS,
    )
    flow.cloud = services.mine().cloud  # not a login for each
    flow.run()


def start(one: Asking) -> None:
    services.mine().mistral.start(services.SAMPLE, input=one.queues, id=one.id)


def answer_in_bulk(stage: Stage, asking: list[Asking]) -> Answers:
    """By one task of a playbook, whose requests are counted."""
    task = {"name": many.ANSWERING, "ignore_errors": True, **many.answer_bulk(asking)}
    task["interactive.openstack.dialogue_answer_bulk"]["wait_timeout"] = int(stage.limit)
    with stage.bench.playbook("answer", [task], counted=True) as run:
        pass
    posted = posts(run)
    answering = run.tasks[0]
    within = [at for at, *_request in run.requests if answering.start <= at < answering.next]
    return Answers(
        began=answering.start,
        seconds=answering.milliseconds / 1000,
        posted=posted,
        answered=len(posted),
        requests=len(within),
        cpu_seconds=run.cpu_seconds,
    )


def posts(run: Run) -> dict[str, float]:
    """When the answers of which executions were first posted."""
    found: dict[str, float] = {}
    for at, _port, method, path in run.requests:
        queue = POST.search(path)
        if method == "POST" and queue:
            found.setdefault(queue[1], at)
    return found


def post(stage: Stage, asking: list[Asking]) -> Answers:
    """Only post the answers: subscriptions do the rest."""
    posted: dict[str, float] = {}

    def post_one(one: Asking) -> None:
        posted[one.id] = time.monotonic()
        message = NewMessage(body=one.answer, ttl=SUBSCRIPTION_SECONDS)
        services.mine().zaqar.post(one.queues["input_queue"], [message])

    began, used = time.monotonic(), time.process_time()
    failed = stage.failures(post_one, asking)
    return Answers(
        began=began,
        seconds=time.monotonic() - began,
        posted=posted,
        answered=len(asking) - failed,
        requests=len(posted),
        cpu_seconds=time.process_time() - used,
    )


@dataclasses.dataclass(frozen=True)
class Way:
    """How dialogues are answered, and what has to be done for each before it starts."""

    prepare: t.Callable[[Asking], None] | None
    answer: t.Callable[[Stage, list[Asking]], Answers]


WAYS = {rounds.BULK: Way(None, answer_in_bulk), rounds.AUTO_RESUME: Way(subscribe, post)}


@dataclasses.dataclass
class Beginning:
    """How the dialogues came to their question."""

    refused: int
    prepared_seconds: float
    paused: int
    paused_seconds: float


def begin(stage: Stage, way: Way, asking: list[Asking]) -> Beginning:
    """Start so many executions, and wait until all are paused."""
    begun = time.monotonic()
    refused = stage.failures(way.prepare, asking) if way.prepare else 0
    started = time.monotonic()
    refused += stage.failures(start, asking)
    stage.until(lambda: paused(stage, asking) == len(asking), started, look_every(len(asking)))
    return Beginning(
        refused=refused,
        prepared_seconds=started - begun,
        paused=paused(stage, asking),
        paused_seconds=time.monotonic() - started,
    )


def paused(stage: Stage, asking: list[Asking]) -> int:
    wanted = {one.id for one in asking}
    states = collections.Counter(state for id, state in stage.database.rows(STATES) if id in wanted)
    return states["PAUSED"]


@dataclasses.dataclass
class Ending:
    """How the answered dialogues came to their end."""

    answers: Answers
    ended: dict[str, float]
    seconds: float
    settled: bool
    settled_seconds: float


def end(stage: Stage, way: Way, asking: list[Asking]) -> Ending:
    """Answer all, wait for their ends, and for those of the workflows that deliver answers."""
    with Watch(stage.database, asking) as watch:
        answers = way.answer(stage, asking)
        stage.until(watch.all_ended, answers.began, watch.pause)
    last = max(watch.ended.values(), default=time.monotonic())
    settled = stage.until(
        lambda: stage.database.rows(HANDLERS) == [[0]], time.monotonic(), watch.pause
    )
    return Ending(
        answers=answers,
        ended=watch.ended,
        seconds=last - answers.began,
        settled=settled,
        settled_seconds=time.monotonic() - answers.began,
    )


def wrong(database: Database, asking: list[Asking]) -> int:
    """How many executions have ended without their own answer."""
    answers = {one.id: one.answer for one in asking}
    failed = 0
    for id, state, output in database.rows(OUTPUTS):
        if id not in answers or state not in ENDED:
            continue
        has_answer = json.loads(output or "{}").get("name") == answers[id]
        failed += state != "SUCCESS" or not has_answer
    return failed


def hold(stage: Stage, name: str, stack: str, number: int) -> Round:
    """Hold so many dialogues on a stack, and measure it."""
    way, asking = WAYS[name], [Asking() for _number in range(number)]
    looks = [stage.look()]
    beginning = begin(stage, way, asking)
    say(f"  {beginning.paused} of {number} paused after {beginning.paused_seconds:.1f} s")
    looks.append(stage.look())
    ending = end(stage, way, asking)
    looks.append(stage.look())
    return Round(
        stack=stack,
        way=name,
        dialogues=number,
        limit=stage.limit,
        **dataclasses.asdict(beginning),
        answered=ending.answers.answered,
        answered_seconds=ending.answers.seconds,
        ended=len(ending.ended),
        ended_seconds=ending.seconds,
        settled=ending.settled,
        settled_seconds=ending.settled_seconds,
        wrong=wrong(stage.database, asking),
        each=waited(ending.answers.posted, ending.ended),
        requests=Requests(ending.answers.requests, looks[2].requests - looks[1].requests),
        tables=changed_tables([look.rows for look in looks]),
        programs=[*used([look.usage for look in looks]), client(ending.answers)],
    )


def waited(posted: dict[str, float], ended: dict[str, float]) -> list[float]:
    """The seconds from each answer's post to its execution's end, the shortest first."""
    return sorted(ended[id] - at for id, at in posted.items() if id in ended)


def changed_tables(counts: list[dict[str, int]]) -> list[TableRows]:
    """The tables whose number of rows has changed between three counts."""
    tables = [TableRows(name, *(count[name] for count in counts)) for name in counts[0]]
    return [one for one in tables if len({one.before, one.paused, one.after}) > 1]


def used(usage: list[dict[str, Usage]]) -> list[Program]:
    """What the programs used between three looks. One that was restarted begins at zero again."""
    found = []
    for name in usage[0]:
        before, at_pause, after = (one.get(name, Usage()) for one in usage)
        found.append(
            Program(
                name=name,
                start_cpu=max(0.0, at_pause.cpu_seconds - before.cpu_seconds),
                answer_cpu=max(0.0, after.cpu_seconds - at_pause.cpu_seconds),
                before_mb=before.rss_mb,
                paused_mb=at_pause.rss_mb,
                after_mb=after.rss_mb,
                peak_mb=after.peak_mb,
            )
        )
    return found


def client(answers: Answers) -> Program:
    """Who answers, beside the sandbox's programs."""
    return Program(
        name="client",
        start_cpu=0,
        answer_cpu=answers.cpu_seconds,
        before_mb=0,
        paused_mb=0,
        after_mb=0,
        peak_mb=0,
    )


def limit_for(number: int) -> float:
    """Seconds that each part of a round of so many dialogues may take."""
    return 300 + 3 * number


def measure(stage: Stage, options: argparse.Namespace) -> Round:
    """Upload the workflows, hold one dialogue, as what is done first takes longer, then all."""
    services.upload(services.SAMPLE, HANDLER)
    hold(stage, options.way, options.stack, 1)
    return hold(stage, options.way, options.stack, options.dialogues)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", required=True, help="what the sandbox is called in the tables")
    parser.add_argument("--way", choices=WAYS, required=True)
    parser.add_argument("--dialogues", type=int, required=True)
    for name, about in (
        ("sandbox", "the folder of the sandbox"),
        ("services", "the environment that the services run on"),
        ("work", "a folder for playbooks and logs"),
        ("output", "a file for the round's result"),
    ):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True, help=about)
    return parser.parse_args()


def main() -> int:
    options = parsed()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    bench, programs = Bench(options.work, quick=False), Programs(options.sandbox)
    try:
        with Database(options.sandbox, options.services) as database:
            stage = Stage(bench, database, programs, limit_for(options.dialogues))
            found = measure(stage, options)
    except (BenchError, Failure) as error:
        say(str(error))
        return 1
    options.output.write_text(json.dumps(dataclasses.asdict(found)))
    say(
        f"  answered in {found.answered_seconds:.1f} s, ended after {found.ended_seconds:.1f} s:"
        f" {found.outcome}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
