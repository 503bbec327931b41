# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dialogues with faults at random: each question is answered exactly once, each execution ends in
SUCCESS.

DIALOGUES is how many (24; make test-faults: 200), SEED repeats the dialogues and the faults of a
run that said it, with SLOW=1 the services and the requests to them are slow. A person here is a loop that knows nothing but the execution's id, reads what it
is told, and tries again.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import pathlib
import random
import re
import sys
import threading
import time
import typing as t
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer import (
    DialogueAnswer,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_question import (
    DialogueQuestion,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_execution import (
    MistralExecution,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_workflow import (
    MistralWorkflow,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_subscription import (
    ZaqarSubscription,
)
from faults import (
    FAULTS,
    SEED,
    SLOW,
    Fault,
    Proxies,
    Services,
    check_sentence,
    let_go_on,
    prepare,
    run,
)

DIALOGUES = int(os.environ.get("DIALOGUES") or 24)
LONG = DIALOGUES > 50
AT_ONCE = 16 if SLOW else 6  # most of a slow dialogue is waiting
# Seconds that the workflow gives a question and an action before it takes them for lost.
PATIENCE = 240 if LONG or SLOW else 120
ACTION_TIMEOUT = 60 if SLOW else 10
# Seconds after which a person thinks of the death of a Mistral process, and without a change until
# the person lets the execution go on.
ASKS_WITHIN = 30
STALLED_FOR = 300 if SLOW else 30
# Seconds that a dialogue may take, in which a claim whose owner died is waited for 60 each time;
# and with each death of a Mistral process, which can take a question or an answer with it. More
# than DEATHS_MET do not meet one dialogue.
DEADLINE = 600.0 if SLOW else 240.0
DEADLINE_PER_DEATH = PATIENCE + 2 * ASKS_WITHIN + STALLED_FOR
DEATHS_MET = 3
# The workflow of each way, and how it asks
WAYS = {
    "pause": "robust_pause",
    "auto_resume": "robust_pause",
    "callback": "robust_callback",
    "callback at once": "robust_callback",
}
WORKFLOWS = pathlib.Path(__file__).parent / "workflows"
LIBRARY = pathlib.Path(__file__).parents[2] / "playbooks" / "workflows"

# What requests there are to break, by service. The answer to a claim that is lost leaves the
# question claimed for a minute, so that is for the long form.
REQUESTS = [
    ("keystone", "POST"),
    ("mistral", "POST .*/executions"),
    ("mistral", "PUT"),
    ("mistral", "GET .*/tasks"),
    ("mistral", "GET .*/action_executions"),
    ("mistral", "GET .*/executions[?]"),
    ("zaqar", "GET .*/o-"),
    ("zaqar", "GET .*/i-"),
    ("zaqar", "POST .*/messages"),
    ("zaqar", "DELETE .*/messages"),
    ("zaqar", "POST .*/claims"),
]
LEAVES_A_CLAIM = {"reset_after", "fail_after", "truncate", "garble"}
# What a person tries again after; anything else that goes wrong is a defect.
PASSING = {
    "unreachable",
    "no_answer",
    "connection_lost",
    "service_error",
    "busy",
    "garbled",
    "timeout",
    "answered_meanwhile",
    "answer_waits",
    "empty_answer",
    # The workflow's patience is over: it asks again.
    "expired",
    "no_question",
    "withdrawn",
}


class Died(BaseException):
    """The process of the person's playbook is gone, without any word."""


def as_text(answer: t.Any) -> str:
    """An answer of ours is a text; what else a workflow got is a defect, shown as JSON."""
    if isinstance(answer, str):
        return answer
    return json.dumps(answer)


@dataclasses.dataclass
class Plan:
    """One dialogue: what is asked, and what goes wrong at which step."""

    number: int
    id: str
    way: str
    questions: int
    faults: dict[int, list[tuple[str, str, Fault]]] = dataclasses.field(default_factory=dict)
    deaths: dict[int, int] = dataclasses.field(default_factory=dict)  # step -> after which request

    def question(self, number: int) -> str:
        return f"dialogue {self.number}, question {number}?"

    def answer(self, number: int) -> str:
        return f"answer {number} to dialogue {self.number} {self.id}"

    def answers(self) -> list[str]:
        return [self.answer(number) for number in range(self.questions)]


@dataclasses.dataclass
class Outcome:
    plan: Plan
    state: str = ""
    seconds: float = 0.0
    output: list[str] = dataclasses.field(default_factory=list)
    tries: int = 0
    defects: list[str] = dataclasses.field(default_factory=list)

    @property
    def stuck(self) -> bool:
        return self.state != "SUCCESS"

    @property
    def lost(self) -> int:
        """Answers that the workflow never got; of an execution that never ended nobody can tell."""
        return 0 if self.stuck else len(set(self.plan.answers()) - set(self.output))

    @property
    def doubled(self) -> int:
        return len(self.output) - len(set(self.output))


def planned(
    seed: int, number: int, services: dict[str, list[str]]
) -> tuple[list[Plan], list[tuple[int, str, float]]]:
    """The dialogues, and the outages: after how many answers, of which of the services' programs,
    how long (0: killed).
    """
    chance = random.Random(seed)
    plans = []
    for place in range(number):
        plan = Plan(place, str(uuid.uuid4()), chance.choice(list(WAYS)), chance.randint(1, 3))
        for step in range(1 + plan.questions):
            plan.faults[step] = []
            while chance.random() < 0.4:
                service, request = chance.choice(REQUESTS)
                fault = chance.choice(FAULTS)
                if LONG or not ("claims" in request and fault.kind in LEAVES_A_CLAIM):
                    plan.faults[step].append((service, request, fault))
            if LONG and step and chance.random() < 0.08:
                plan.deaths[step] = chance.randrange(14)
        plans.append(plan)
    questions = sum(plan.questions for plan in plans)
    outages = []
    after = 0
    while (after := after + chance.randint(5, 12)) < questions - 3:
        outages.append(
            (
                after,
                chance.choice(services[chance.choice(list(services))]),
                chance.choice([0, 0, 0, round(chance.uniform(0.5, 2), 1)]),
            )
        )
    return plans, outages


class Run:
    def __init__(
        self, services: Services, plans: list[Plan], outages: list[tuple[int, str, float]]
    ) -> None:
        self.services, self.plans, self.outages = services, plans, outages
        self.answered = 0
        self.faults: collections.Counter[str] = collections.Counter()
        self.lock = threading.Lock()
        self.over = threading.Event()
        mistral = {
            program
            for kind in ("mistral", "mistral-api")
            for program in services.programs.get(kind, [])
        }
        deaths = sum(program in mistral for _after, program, _seconds in outages)
        self.deadline = DEADLINE + min(deaths, DEATHS_MET) * DEADLINE_PER_DEATH

    def __call__(self) -> list[Outcome]:
        breaker = threading.Thread(target=self.break_services)
        breaker.start()
        try:
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                return list(pool.map(self.converse, self.plans))
        finally:
            self.over.set()
            breaker.join()
            self.services.wait()

    def break_services(self) -> None:
        for after, program, seconds in self.outages:
            while self.answered < after:
                if self.over.wait(0.02):
                    return
            self.services.wait(program)  # the last outage is over
            with self.lock:
                self.faults[f"{program} {'stopped' if seconds else 'killed'}"] += 1
            if seconds:
                self.services.stop(program)
                self.over.wait(seconds)
                self.services.start(program)
            else:
                self.services.kill(program)

    def converse(self, plan: Plan) -> Outcome:
        outcome = Outcome(plan)
        proxies = Proxies(self.services)
        end = time.monotonic() + self.deadline
        rules = []

        def persist(step: int, do: t.Callable[[], t.Any]) -> t.Any:
            """Do it until it succeeds; None when time is up, or when what it says calls for another
            look.
            """
            while time.monotonic() < end:
                outcome.tries += 1
                try:
                    return do()
                except Failure as failure:
                    try:
                        check_sentence(failure)
                    except AssertionError as error:
                        outcome.defects.append(f"not a sentence: {error}")
                    if failure.error_code == "execution_ended" or (
                        failure.error_code in PASSING and step
                    ):
                        return failure
                    if failure.error_code not in PASSING:
                        outcome.defects.append(f"{failure.error_code}: {failure.message}")
                        return None
                except Died:
                    self.count("playbook died")
                    if step:
                        return None
                time.sleep(0.1)
            return None

        def break_requests(step: int) -> None:
            for service, request, fault in plan.faults.pop(step, []):
                rules.append((service, request, getattr(proxies, service).inject(fault, request)))

        try:
            break_requests(0)
            given: dict[str, t.Any] = {
                "questions": [plan.question(number) for number in range(plan.questions)],
                "patience": PATIENCE,
                "action_timeout": ACTION_TIMEOUT,
            }
            if plan.way == "callback at once":
                given["at_once"] = True
            queues = {"input_queue": f"i-{plan.id}", "output_queue": f"o-{plan.id}"}
            if plan.way == "auto_resume":
                persist(0, lambda: self.subscribe(plan, queues))
            persist(
                0,
                lambda: run(
                    MistralExecution,
                    proxies.cloud,
                    id=plan.id,
                    workflow=WAYS[plan.way],
                    input=given | queues,
                ),
            )
            asked: t.Any = None
            step = 0
            while time.monotonic() < end and not outcome.defects:
                asked = persist(
                    1,
                    lambda: run(
                        DialogueQuestion,
                        proxies.cloud,
                        execution=plan.id,
                        wait_timeout=ASKS_WITHIN,
                    ),
                )
                if isinstance(asked, Failure):
                    if asked.error_code == "timeout":
                        self.recover(plan)
                    continue
                if not asked or asked["question"] is None:
                    break
                question = asked["question"]
                number = (
                    int(re.findall(r"question (\d)\?", question["text"])[-1])
                    if question["text"]
                    else None
                )
                answer = (
                    {}
                    if question["answer_waits"] or number is None
                    else {"answers": [plan.answer(number)]}
                )
                if (number or 0) + 1 > step:
                    step = (number or 0) + 1
                    break_requests(step)
                death = plan.deaths.pop(step, None)
                done = persist(
                    step,
                    lambda: self.answer(
                        proxies.cloud,
                        death,
                        execution=plan.id,
                        wait_timeout=120,
                        question_id=question["id"],
                        **answer,
                    ),
                )
                while isinstance(done, Failure) and "once more, without an answer" in done.message:
                    done = persist(
                        step,
                        lambda: run(
                            DialogueAnswer, proxies.cloud, execution=plan.id, wait_timeout=120
                        ),
                    )
                if isinstance(done, dict):
                    with self.lock:
                        self.answered += 1
            if isinstance(asked, dict):
                outcome.state = asked["execution"]["state"]
                answers = (asked["execution"].get("output") or {}).get("answers") or []
                outcome.output = [as_text(answer) for answer in answers]
        except Exception as error:
            outcome.defects.append(f"{type(error).__name__}: {error}")
        finally:
            outcome.seconds = time.monotonic() - end + self.deadline
            if plan.way == "auto_resume":
                with contextlib.suppress(Failure):
                    self.subscribe(plan, queues, "absent")
            proxies.close()
            for _service, _request, rule in rules:
                if rule.hits:
                    self.count(str(rule.fault))
        return outcome

    def count(self, what: str) -> None:
        with self.lock:
            self.faults[what] += 1

    def recover(self, plan: Plan) -> None:
        if let_go_on(self.services.direct, plan.id, STALLED_FOR):
            self.count("recovered")

    def subscribe(self, plan: Plan, queues: dict[str, str], state: str = "present") -> None:
        """As the role auto_resume does; past the proxies, for Zaqar and Mistral to talk without
        them.
        """
        workflow = dict.fromkeys(ZaqarSubscription.OPTIONS["workflow"]["options"]) | {
            "name": "interactive.resume",
            "namespace": "",
            "label": plan.id,
        }
        workflow["input"] = {"execution_id": plan.id, **queues}
        run(
            ZaqarSubscription,
            self.services.direct,
            queue=queues["input_queue"],
            workflow=workflow,
            state=state,
        )

    @staticmethod
    def answer(cloud: dict[str, t.Any], death: int | None, **options: t.Any) -> dict[str, t.Any]:
        """Answer; the process dies after so many requests, at once or with the last one done."""
        flow = prepare(DialogueAnswer, cloud, **options)
        if death is not None:
            left = [death]
            for connection in (flow.mistral.connection, flow.zaqar.connection):

                def request(method, url, send=connection.request, **more):
                    if not left[0]:
                        raise Died
                    left[0] -= 1
                    return send(method, url, **more)

                connection.request = request
        return flow.run()


def evidence(services: Services, outcome: Outcome) -> str:
    """What Mistral itself knows of a dialogue that went wrong."""
    lines = [
        f"dialogue {outcome.plan.number} ({outcome.plan.way}, execution {outcome.plan.id}): {outcome.state or 'never ended'},"
        f" output {outcome.output}, defects {outcome.defects}"
    ]
    for name in ("mistral", "zaqar"):
        log = [
            line[:300]
            for line in sorted(services.log(name))
            if outcome.plan.id in line and (name == "mistral" or " ERROR " in line)
        ]
        lines += [f"  {name}: {line}" for line in log[-25:]]
    return "\n".join(lines)


def table(outcomes: list[Outcome]) -> list[str]:
    head = f"{'way':<18}{'dialogues':>10}{'asked':>7}{'answered':>10}{'lost':>6}{'doubled':>9}{'stuck':>7}{'tries':>7}{'longest':>9}"
    lines = [head]
    for way in [*WAYS, "all"]:
        some = [outcome for outcome in outcomes if way in (outcome.plan.way, "all")]
        lines.append(
            f"{way:<18}{len(some):>10}{sum(o.plan.questions for o in some):>7}{sum(len(set(o.output)) for o in some):>10}"
            f"{sum(o.lost for o in some):>6}{sum(o.doubled for o in some):>9}{sum(o.stuck for o in some):>7}"
            f"{sum(o.tries for o in some):>7}{max((o.seconds for o in some), default=0):>9.1f}"
        )
    return lines


def test_random_dialogues(sandbox, capsys):
    services = Services(sandbox.clouds, sandbox.cloud)
    for file in (
        LIBRARY / "interactive.ask.yaml",
        LIBRARY / "interactive.resume.yaml",
        WORKFLOWS / "robust_pause.yaml",
        WORKFLOWS / "robust_callback.yaml",
    ):
        run(MistralWorkflow, services.direct, definition=file.read_text())
    conversation = Run(services, *planned(SEED, DIALOGUES, services.programs))
    begun = time.monotonic()
    with services.slowed() if SLOW else contextlib.nullcontext():
        outcomes = conversation()
    faults = ", ".join(f"{what} {times}x" for what, times in sorted(conversation.faults.items()))
    wrong = [
        outcome
        for outcome in outcomes
        if outcome.stuck or outcome.defects or outcome.output != outcome.plan.answers()
    ]
    lines = [
        f"SEED={SEED} DIALOGUES={DIALOGUES}{' SLOW=1' if SLOW else ''}: {time.monotonic() - begun:.0f} s, faults: {faults}",
        *table(outcomes),
    ]
    with capsys.disabled():
        print("", *lines, sep="\n")
    if wrong:
        pytest.fail(
            "\n".join([*lines, *(evidence(services, outcome) for outcome in wrong)]), pytrace=False
        )
    assert sum(conversation.faults.values()) >= DIALOGUES / 4
