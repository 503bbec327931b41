# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users see while services die, networks break, tokens expire and clocks jump: the real
services, real faults.

Most of it runs the modules' flows in this process, which is what the modules do; the faults are in
faults.py.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import typing as t
import uuid

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import test_sandbox
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.login import (
    Cloud as Session,
)
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
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_claim import (
    ZaqarClaim,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_pop import ZaqarPop
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_post import (
    ZaqarPost,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_wait import (
    ZaqarWait,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from faults import (
    FAULTS,
    JUMPING_CLOCK,
    Fault,
    Proxies,
    Services,
    check_sentence,
    let_go_on,
    run,
    until,
)

# Seconds after which a person thinks of the death of a Mistral process, and without a change until
# the person lets the execution go on.
ASKS_WITHIN = 30
STALLED_FOR = 30
WORKFLOWS = pathlib.Path(__file__).parent / "workflows"
Cloud = dict[str, t.Any]


@pytest.fixture(scope="module")
def services(sandbox) -> t.Iterator[Services]:
    services = Services(sandbox.clouds, sandbox.cloud)
    services.wait()
    for name in ("robust_pause", "held"):
        run(MistralWorkflow, services.direct, definition=(WORKFLOWS / f"{name}.yaml").read_text())
    yield services
    services.wait()


@pytest.fixture
def proxies(services) -> t.Iterator[Proxies]:
    proxies = Proxies(services)
    yield proxies
    proxies.close()


def name() -> str:
    return str(uuid.uuid4())


def queues(id: str) -> dict[str, str]:
    return {"input_queue": f"i-{id}", "output_queue": f"o-{id}"}


def start(cloud: Cloud, workflow: str = "robust_pause", **given: t.Any) -> str:
    id = name()
    run(MistralExecution, cloud, workflow=workflow, id=id, input=queues(id) | given)
    return id


def asked(cloud: Cloud, questions: int = 1) -> str:
    """An execution that has asked."""
    id = start(cloud, questions=[f"{number}?" for number in range(questions)])
    run(DialogueQuestion, cloud, execution=id, wait_timeout=60)
    return id


def bodies(cloud, queue: str) -> list[t.Any]:
    """What is in a queue and not claimed, asked without our modules."""
    # include_claimed is answered by 503 where a queue has become empty
    found = cloud.zaqar.get(f"/v2/queues/{queue}/messages?echo=true&limit=20").json()["messages"]
    return [message["body"] for message in found]


def everything(where: Cloud, queue: str) -> list[t.Any]:
    return [message.body for message in Zaqar(Session({"cloud": where})).messages(queue)]


def release(cloud, execution: str) -> None:
    """Complete the action that an execution of `held` is held by."""
    task = until(
        lambda: cloud.mistral.get(f"/executions/{execution}/tasks").json()["tasks"],
        "the task is there",
    )[0]["id"]
    action = until(
        lambda: cloud.mistral.get(f"/tasks/{task}/action_executions").json()["action_executions"],
        "the action is there",
    )[0]["id"]
    cloud.mistral.put(f"/action_executions/{action}", json={"state": "SUCCESS", "output": "{}"})


def ended(cloud, execution: str) -> dict[str, t.Any]:
    """The output of an execution once it has succeeded."""

    def look():
        found = cloud.mistral.get(f"/executions/{execution}").json()
        assert found["state"] in ("RUNNING", "PAUSED", "SUCCESS"), found["state_info"]
        return found if found["state"] == "SUCCESS" else None

    return json.loads(until(look, f"execution {execution} succeeds")["output"])


def persist(do: t.Callable[[], t.Any], seconds: float = 180) -> t.Any:
    """Do it as a person does who reads one sentence and tries again."""
    end = time.monotonic() + seconds
    while True:
        try:
            return do()
        except Failure as failure:
            check_sentence(failure)
            assert time.monotonic() < end, failure.message
        time.sleep(0.1)


def sentence(do: t.Callable[[], t.Any]) -> Failure | None:
    """Do it; None if it succeeds, else what it says, which is one sentence."""
    try:
        do()
    except Failure as failure:
        check_sentence(failure)
        return failure
    return None


# A service dies


class Busy:
    """A thread that does something, and what came of it."""

    def __init__(
        self, pool: concurrent.futures.Executor, what: str, do: t.Callable[[], t.Any]
    ) -> None:
        self.what, self.future = what, pool.submit(do)

    def result(self, seconds: float = 140) -> t.Any:
        try:
            return self.future.result(seconds)
        except Exception as error:
            raise AssertionError(f"{self.what}: {error}") from error


def test_waits_outlive_services_that_are_killed(services, cloud):
    """Each kind of wait is under way when each of the services dies; what it waits for comes when
    all are back.
    """
    waits = [
        ("push", dict(mode="push")),
        ("push and pop", dict(mode="push", consume="pop")),
        ("peek", dict(mode="poll", consume="peek")),
        ("claim", dict(consume="claim")),
        ("pop", dict(mode="poll", consume="pop")),
        ("filter", dict(consume="pop", filter={"wanted": True})),
        ("two", dict(consume="peek", count=2)),
    ]
    held = [start(services.direct, "held") for _each in range(3)]
    longest = 60 * len(services.programs)  # seconds
    each = [Proxies(services) for _wait in [*waits, "watch", "question", "wait_for"]]
    with concurrent.futures.ThreadPoolExecutor(len(each)) as pool:
        names = {what: name() for what, _options in waits}
        waiting = {
            what: Busy(
                pool,
                what,
                lambda what=what, options=options, cloud=proxies.cloud: run(
                    ZaqarWait, cloud, queue=[names[what]], wait_timeout=longest, **options
                ),
            )
            for (what, options), proxies in zip(waits, each)
        }
        watch, question, wait_for = each[len(waits) :]
        waiting["watch"] = Busy(
            pool,
            "watch",
            lambda: run(
                ZaqarWait,
                watch.cloud,
                queue=[f"o-{held[0]}"],
                execution=held[0],
                wait_timeout=longest,
            ),
        )
        waiting["question"] = Busy(
            pool,
            "question",
            lambda: run(DialogueQuestion, question.cloud, execution=held[1], wait_timeout=longest),
        )
        waiting["wait_for"] = Busy(
            pool,
            "wait_for",
            lambda: run(
                MistralExecution,
                wait_for.cloud,
                workflow="held",
                id=held[2],
                input=queues(held[2]),
                wait_for=["PAUSED"],
                wait_timeout=longest,
            ),
        )
        for service in services.programs:
            for busy, proxies in zip(waiting.values(), each):
                until(
                    lambda: (
                        busy.future.done()
                        or len(proxies.zaqar.requests) + len(proxies.mistral.requests) > 2
                        or (proxies.websocket.requests and proxies.zaqar.requests)
                    ),
                    f"{busy.what} looks",
                )
                assert not busy.future.done(), busy.result()
            services.kill(service)
            services.wait()
        for what, queue in names.items():
            for body in {
                "filter": [{"wanted": False}, {"wanted": True}],
                "two": ["two", "more"],
            }.get(what, [what]):
                cloud.zaqar.post(
                    f"/v2/queues/{queue}/messages", json={"messages": [{"body": body, "ttl": 300}]}
                )
        for execution in held:
            release(cloud, execution)
        results = {what: busy.result(longest) for what, busy in waiting.items()}
    for proxies in each:
        proxies.close()
    got = {
        what: [message["body"] for message in results[what]["messages"]]
        for what in [*names, "watch", "question"]
    }
    assert got == {
        "push": ["push"],
        "push and pop": ["push and pop"],
        "peek": ["peek"],
        "claim": ["claim"],
        "pop": ["pop"],
        "filter": [{"wanted": True}],
        "two": ["two", "more"],
        "watch": ["Held no more?"],
        "question": ["Held no more?"],
    }
    assert results["question"]["question"]["text"] == "Held no more?"
    assert results["wait_for"]["execution"]["state"] == "PAUSED"
    assert bodies(cloud, names["pop"]) == [] and bodies(cloud, names["filter"]) == [
        {"wanted": False}
    ]


def test_requests_while_services_are_killed(services, cloud):
    """Posts, pops, starts, resumes and answers go on all the while; each is done once, if the user
    does as told.
    """
    victims = ("keystone", "zaqar", "mistral", "redis", "rabbitmq", "postgresql")
    killed = [service for service in victims if service in services.programs]
    # seconds: an action of a task that has paused, lost with Mistral, is waited for as long as the
    # workflow's `patience`, and then somebody has to see that nothing goes on
    longest = 480
    over = threading.Event()
    queue, full = name(), name()
    answered = [asked(services.direct, 4) for _each in range(2)]
    resumed = [asked(services.direct) for _each in killed]
    for execution in resumed:
        cloud.zaqar.post(
            f"/v2/queues/i-{execution}/messages", json={"messages": [{"body": "yes", "ttl": 3600}]}
        )
    for one in (full, f"{full}-claim"):
        cloud.zaqar.post(
            f"/v2/queues/{one}/messages",
            json={"messages": [{"body": number, "ttl": 3600} for number in range(20)]},
        )
    begun = collections.Counter()

    def post() -> int:
        number = 0
        while not over.is_set():

            def once(number=number):
                if begun[number] and number in persist(lambda: everything(services.direct, queue)):
                    return  # as the sentence says: look before you post again
                begun[number] += 1
                run(ZaqarPost, services.direct, queue=queue, body=number)

            persist(once)
            number += 1
            over.wait(0.2)
        return number

    def pop() -> tuple[list[int], int]:
        taken, doubtful = [], 0
        while len(taken) + doubtful < 20:
            failure = None
            try:
                messages = run(ZaqarPop, services.direct, queue=full)["messages"]
                if not messages:
                    break
                taken += [message["body"] for message in messages]
            except Failure as error:
                failure = error
                check_sentence(failure)
            doubtful += bool(failure and "is lost" in failure.message)
            over.wait(0.5)
        return taken, doubtful

    def claim() -> set[int]:
        """What was claimed and acknowledged; what is claimed and not acknowledged comes back to
        others in a minute.
        """
        through = set()
        while len(through) < 20 and not over.is_set():
            with contextlib.suppress(Failure):
                claimed = run(ZaqarClaim, services.direct, queue=f"{full}-claim", ttl=60)["claim"]
                if claimed["messages"]:
                    run(
                        ZaqarClaim,
                        services.direct,
                        queue=f"{full}-claim",
                        state="acknowledged",
                        claim_id=claimed["id"],
                    )
                    through |= {message["body"] for message in claimed["messages"]}
            over.wait(0.5)
        return through

    def starts() -> list[str]:
        started = []
        while not over.is_set():
            id = name()
            persist(
                lambda: run(
                    MistralExecution, services.direct, workflow="held", id=id, input=queues(id)
                )
            )
            started.append(id)
            over.wait(1)
        return started

    def look(execution: str) -> dict[str, t.Any]:
        """What is asked, or how it ended; where nothing comes, do as the message says."""

        def once() -> dict[str, t.Any]:
            try:
                return run(
                    DialogueQuestion, services.direct, execution=execution, wait_timeout=ASKS_WITHIN
                )
            except Failure as failure:
                if failure.error_code == "timeout":
                    let_go_on(services.direct, execution, STALLED_FOR)
                raise

        return persist(once, longest)

    def answer(execution: str) -> list[str]:
        given = []
        while True:
            question = look(execution)["question"]
            if question is None:
                return given
            asked = set(question["text"].splitlines())
            assert len(asked) == 1 or question["answer_waits"], (
                asked
            )  # twice, where the workflow lost the result of its post and tried again
            reply = {} if question["answer_waits"] else {"answer": f"{execution} {asked.pop()}"}
            failure = sentence(
                lambda: run(
                    DialogueAnswer,
                    services.direct,
                    execution=execution,
                    question_id=question["id"],
                    wait_timeout=longest,
                    **reply,
                )
            )
            if reply and not (
                failure
                and failure.error_code
                in ("answered_meanwhile", "unreachable", "no_answer", "connection_lost")
            ):
                given.append(reply["answer"])

    def resume(execution: str) -> None:
        persist(
            lambda: (
                run(MistralExecution, services.direct, state="resumed", id=execution)
                if look(execution)["question"]
                else None
            ),
            longest,
        )

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        posting, popping, starting = (
            Busy(pool, "post", post),
            Busy(pool, "pop", pop),
            Busy(pool, "start", starts),
        )
        claiming = Busy(pool, "claim", claim)
        until(lambda: len(begun) > 1, "the first are posted")
        answering = [Busy(pool, "answer", lambda id=id: answer(id)) for id in answered]
        try:
            for service, execution in zip(killed, resumed):
                number = len(begun)
                services.kill(service)
                resuming = Busy(pool, "resume", lambda: resume(execution))
                services.wait()
                resuming.result(longest)
                until(lambda: len(begun) > number, "more is posted")
            for busy in answering:
                busy.result(2 * longest)
        finally:
            over.set()
        number, (taken, doubtful), started, through = (
            posting.result(),
            popping.result(),
            starting.result(),
            claiming.result(),
        )
    assert sorted(everything(services.direct, queue)) == list(range(number))
    left = everything(services.direct, full)
    assert not set(taken) & set(left) and len(taken) == len(set(taken))
    assert 20 - len(taken) - len(left) <= doubtful  # what a pop lost, it told of
    total = cloud.zaqar.get(f"/v2/queues/{full}-claim/stats").json()["messages"]["total"]
    assert through and total <= 20 - len(
        through
    )  # nothing acknowledged is left, nothing else is gone but what an answer was lost of
    for execution in answered:
        assert ended(cloud, execution)["answers"] == [
            f"{execution} {number}?" for number in range(4)
        ]
    for execution in (
        resumed
    ):  # one that Mistral's death left between two tasks goes on as soon as somebody recovers it
        assert look(execution)["execution"]["output"] == {"answers": ["yes"]}
    states = [cloud.mistral.get(f"/executions/{id}").json()["state"] for id in started]
    assert states == ["RUNNING"] * len(started)


# The network breaks one request

REQUESTS = {
    "look": ("mistral", "GET .*max_depth"),
    "list the tasks": ("mistral", "GET .*/tasks"),
    "list the questions": ("zaqar", "GET .*/o-"),
    "list the answers": ("zaqar", "GET .*/i-"),
    "claim": ("zaqar", "POST .*/claims"),
    "post": ("zaqar", "POST .*/messages"),
    "delete": ("zaqar", "DELETE"),
    "resume": ("mistral", "PUT"),
}
DONE = {"reset_after", "fail_after", "truncate", "garble"}  # the service did it, its answer is lost


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_an_answer_arrives_once_whatever_request_breaks(services, cloud, proxies, fault):
    execution = asked(services.direct, 2)
    # An answer to a claim that is lost takes a minute: test_a_claim_whose_answer_was_lost.
    rules = {
        what: getattr(proxies, service).inject(fault, request)
        for what, (service, request) in REQUESTS.items()
        if not (what == "claim" and fault.kind in DONE)
    }
    for number in range(2):
        run(DialogueAnswer, proxies.cloud, execution=execution, answer=number, wait_timeout=60)
    assert {what: rule.hits for what, rule in rules.items()} == dict.fromkeys(rules, 1)
    assert ended(cloud, execution) == {"answers": [0, 1]}
    assert bodies(cloud, f"o-{execution}") == [] and bodies(cloud, f"i-{execution}") == []


@pytest.fixture(scope="module", autouse=True)
def lost_claim(services) -> t.Iterator[concurrent.futures.Future]:
    """An answer that has to outwait its own claim: begun first, looked at last."""

    def answer() -> tuple[str, dict[str, t.Any]]:
        proxies = Proxies(services)
        execution = asked(services.direct)
        rule = proxies.zaqar.inject(Fault("reset_after"), "POST .*/claims")
        result = run(
            DialogueAnswer, proxies.cloud, execution=execution, answer="late", wait_timeout=170
        )
        proxies.close()
        assert rule.hits == 1
        return execution, result

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        yield pool.submit(answer)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_single_requests_that_break(services, cloud, proxies, fault):
    """Without a wait around it a request is made once: it is done, or one sentence says what is
    known.
    """
    done = fault.kind in DONE or fault.kind == "delay"

    queue = name()
    proxies.zaqar.inject(fault, "POST")
    failure = sentence(lambda: run(ZaqarPost, proxies.cloud, queue=queue, body="x"))
    assert bodies(cloud, queue) == ["x"] * done
    assert (failure is None) == (fault.kind == "delay")
    if fault.kind in DONE:
        assert failure and "may have been posted all the same" in failure.message

    cloud.zaqar.post(
        f"/v2/queues/{queue}-pop/messages", json={"messages": [{"body": "y", "ttl": 300}]}
    )
    proxies.zaqar.inject(fault, "DELETE")
    failure = sentence(lambda: run(ZaqarPop, proxies.cloud, queue=f"{queue}-pop"))
    assert bodies(cloud, f"{queue}-pop") == ["y"] * (not done)
    if fault.kind in DONE:
        assert failure and "is lost" in failure.message

    cloud.zaqar.post(
        f"/v2/queues/{queue}-claim/messages", json={"messages": [{"body": "c", "ttl": 300}]}
    )
    proxies.zaqar.inject(fault, "POST .*/claims")
    failure = sentence(lambda: run(ZaqarClaim, proxies.cloud, queue=f"{queue}-claim", ttl=60))
    assert (failure is None) == (fault.kind == "delay")
    assert bodies(cloud, f"{queue}-claim") == ["c"] * (not done)

    id = name()
    proxies.mistral.inject(fault, "POST .*/executions")
    failure = sentence(
        lambda: run(MistralExecution, proxies.cloud, workflow="held", id=id, input=queues(id))
    )
    assert (failure is None) == done
    assert cloud.mistral.get(f"/executions/{id}", raise_exc=False).status_code == (
        200 if done else 404
    )

    execution = asked(services.direct)
    cloud.zaqar.post(
        f"/v2/queues/i-{execution}/messages", json={"messages": [{"body": "z", "ttl": 300}]}
    )
    proxies.mistral.inject(fault, "PUT")
    failure = sentence(lambda: run(MistralExecution, proxies.cloud, state="resumed", id=execution))
    assert (failure is None) == done
    if done:
        assert ended(cloud, execution) == {"answers": ["z"]}

    proxies.keystone.inject(fault, "POST")
    failure = sentence(lambda: run(ZaqarPost, proxies.cloud, queue=f"{queue}-login", body="x"))
    assert (failure is None) == (fault.kind == "delay")
    assert failure is None or "Keystone" in failure.message


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_waits_outlive_broken_requests(services, cloud, proxies, fault):
    queue = name()
    for body in ("peek", "claim", "pop"):
        cloud.zaqar.post(
            f"/v2/queues/{queue}-{body}/messages", json={"messages": [{"body": body, "ttl": 300}]}
        )
    proxies.zaqar.inject(fault, "GET .*/messages", times=3)
    proxies.zaqar.inject(fault, "DELETE .*/messages", times=2)
    assert [
        m["body"]
        for m in run(ZaqarWait, proxies.cloud, queue=[f"{queue}-peek"], wait_timeout=20)["messages"]
    ] == ["peek"]
    if fault.kind not in DONE:  # else it waits for the claim to expire
        proxies.zaqar.inject(fault, "POST .*/claims", times=2)
        assert [
            m["body"]
            for m in run(
                ZaqarWait, proxies.cloud, queue=[f"{queue}-claim"], consume="claim", wait_timeout=20
            )["messages"]
        ] == ["claim"]
    assert [
        m["body"]
        for m in run(
            ZaqarWait, proxies.cloud, queue=[f"{queue}-pop"], consume="pop", wait_timeout=20
        )["messages"]
    ] == ["pop"]
    assert bodies(cloud, f"{queue}-pop") == []

    execution = start(services.direct, questions=["?"])
    proxies.mistral.inject(fault, "GET .*max_depth", times=2)
    proxies.mistral.inject(fault, "GET .*/tasks")
    found = run(DialogueQuestion, proxies.cloud, execution=execution, wait_timeout=20)
    assert found["question"]["text"] == "?"
    proxies.mistral.inject(fault, "GET .*fields=state", times=2)
    waited = run(
        MistralExecution,
        proxies.cloud,
        workflow="robust_pause",
        id=execution,
        input=queues(execution),
        wait_for=["PAUSED"],
        wait_timeout=20,
    )
    assert waited["execution"]["state"] == "PAUSED"


def test_a_message_never_comes_and_the_network_is_down(services, proxies):
    """The wait ends at its deadline, and its sentence says what the last look ran into."""
    proxies.zaqar.inject(Fault("reset_before"), "GET", times=1000)
    begun = time.monotonic()
    failure = sentence(lambda: run(ZaqarWait, proxies.cloud, queue=[name()], wait_timeout=2))
    assert (
        failure
        and failure.error_code == "timeout"
        and "the connection to Zaqar was lost" in failure.message
    )
    assert 2 <= time.monotonic() - begun < 30


# Mistral dies between two of its own steps


def test_an_execution_stalled_between_two_tasks_is_recovered(services, cloud):
    """As after a kill that hit Mistral when a resume was stored and the task not yet run: RUNNING,
    the task IDLE for good.
    """
    execution = asked(services.direct)
    cloud.zaqar.post(
        f"/v2/queues/i-{execution}/messages", json={"messages": [{"body": "there", "ttl": 300}]}
    )
    stall(services, execution)
    recover(services, execution)
    found = run(DialogueQuestion, services.direct, execution=execution, wait_timeout=60)
    assert found["question"] is None and found["execution"]["output"] == {"answers": ["there"]}


def test_an_execution_stalled_before_its_pause_still_pauses(services, cloud):
    """As after a kill that hit Mistral when the task was stored and its pause was not: a resume
    would skip the question.
    """
    execution = asked(services.direct)
    stall(services, execution, paused=False)
    assert recover(services, execution)["execution"]["state"] == "PAUSED"
    found = run(DialogueQuestion, services.direct, execution=execution, wait_timeout=120)
    assert found["question"]["text"] == "0?" and found["execution"]["state"] == "PAUSED"
    run(DialogueAnswer, services.direct, execution=execution, answer="there")
    assert ended(cloud, execution) == {"answers": ["there"]}


def test_an_execution_whose_end_nobody_noticed_is_recovered(services, cloud):
    """As after a kill that hit Mistral when the last task had ended."""
    execution = asked(services.direct)
    run(DialogueAnswer, services.direct, execution=execution, answer="there")
    assert ended(cloud, execution) == {"answers": ["there"]}
    stall(services, execution)
    recover(services, execution)
    found = run(DialogueQuestion, services.direct, execution=execution, wait_timeout=60)
    assert found["question"] is None and found["execution"]["output"] == {"answers": ["there"]}


def test_an_execution_without_its_first_task_is_recovered(services, cloud):
    """As after a kill that hit Mistral when the execution was stored and no task yet."""
    execution = asked(services.direct)
    services.execute(
        "DELETE FROM action_executions_v2 WHERE task_execution_id IN"
        " (SELECT id FROM task_executions_v2 WHERE workflow_execution_id = :id)",
        id=execution,
    )
    services.execute(
        "DELETE FROM task_executions_v2 WHERE workflow_execution_id = :id", id=execution
    )
    cloud.zaqar.delete(f"/v2/queues/o-{execution}")
    stall(services, execution)
    recover(services, execution)
    found = run(DialogueQuestion, services.direct, execution=execution, wait_timeout=60)
    assert found["question"]["text"] == "0?"


def recover(services: Services, execution: str) -> dict[str, t.Any]:
    """Show that a wait leaves the execution alone, then let it go on."""
    with pytest.raises(Failure) as caught:
        run(DialogueQuestion, services.direct, execution=execution, wait_timeout=7)
    assert caught.value.error_code == "timeout" and "'state' recovered" in caught.value.message
    done = run(MistralExecution, services.direct, id=execution, state="recovered", stalled_for=2)
    assert done["changed"]
    return done


def stall(services: Services, execution: str, paused: bool = True) -> None:
    if not paused:
        services.execute(
            "UPDATE task_executions_v2 SET state_info = NULL"
            " WHERE workflow_execution_id = :id AND state = 'IDLE'",
            id=execution,
        )
    services.execute(
        "UPDATE workflow_executions_v2 SET state = 'RUNNING' WHERE id = :id", id=execution
    )


# Tokens and clocks


ONE_WAIT = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from faults import run
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_wait import ZaqarWait
cloud, queue, seconds = json.loads(sys.argv[2]), sys.argv[3], float(sys.argv[4])
begun = time.monotonic()
try:
    said = [message["body"] for message in run(ZaqarWait, cloud, queue=[queue], wait_timeout=seconds)["messages"]]
except Failure as failure:
    said = failure.message
print(json.dumps([said, time.monotonic() - begun]))
"""


def wait_elsewhere(
    tmp_path: pathlib.Path,
    cloud: Cloud,
    queue: str,
    seconds: float,
    jump: float,
    after: float = 1.0,
) -> subprocess.Popen:
    """A wait in a process of its own, whose wall clock jumps."""
    folder = tmp_path / name()
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(JUMPING_CLOCK)
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
        "JUMP": str(jump),
        "AFTER": str(after),
    }
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            ONE_WAIT,
            str(pathlib.Path(__file__).parent),
            json.dumps(cloud),
            queue,
            str(seconds),
        ],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def came(process: subprocess.Popen) -> tuple[t.Any, float]:
    output, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    return tuple(json.loads(output.splitlines()[-1]))


def test_a_clock_that_jumps_moves_no_deadline(services, cloud, tmp_path):
    seen, silent = name(), name()
    waits = {
        (queue, jump): wait_elsewhere(
            tmp_path, services.direct, queue, 60 if queue == seen else 6, jump
        )
        for queue in (seen, silent)
        for jump in (7200, -7200)
    }
    time.sleep(4)  # past the jump, with the waits under way
    cloud.zaqar.post(
        f"/v2/queues/{seen}/messages", json={"messages": [{"body": "at last", "ttl": 300}]}
    )
    for (queue, jump), process in waits.items():
        said, seconds = came(process)
        if queue == seen:
            assert said == ["at last"], (jump, said)
        else:
            assert said.startswith("Timed out after ") and 6 <= seconds < 60, (jump, said, seconds)


@pytest.fixture(scope="module")
def short_lived(tmp_path_factory) -> t.Iterator[Services]:
    """A second sandbox, whose tokens live for seconds."""
    second = test_sandbox.Sandbox(
        tmp_path_factory.mktemp("short") / "s",
        **test_sandbox.free_ports(),
        sandbox_token_expiration=4,
    )
    try:
        second.start()
        yield Services(second.path / "clouds.yaml", "sandbox")
    finally:
        second.remove()


def test_tokens_that_expire_during_a_wait(short_lived, tmp_path):
    """A client renews its token in time; one whose clock is an hour late is told by a 401, and
    renews it then.
    """
    proxies, late = Proxies(short_lived), Proxies(short_lived)
    queue = name()
    process = wait_elsewhere(tmp_path, late.cloud, queue, 60, -3600, after=0)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = Busy(
            pool, "wait", lambda: run(ZaqarWait, proxies.cloud, queue=[queue], wait_timeout=60)
        )
        for one in (proxies, late):
            tokens = until(
                lambda: [
                    request for request in one.keystone.requests if request.startswith("POST")
                ],
                "a token",
            )
            until(
                lambda: (
                    len([r for r in one.keystone.requests if r.startswith("POST")]) > len(tokens)
                ),
                "another token",
            )
        run(ZaqarPost, short_lived.direct, queue=queue, body="after all")
        assert [message["body"] for message in waiting.result()["messages"]] == ["after all"]
    said, _seconds = came(process)
    assert said == ["after all"]
    for one in (proxies, late):
        one.close()


# As users run it


def test_a_playbook_while_services_die(services, proxies, playbook, tmp_path, cloud):
    """The whole dialogue in ansible-playbook, through a network that breaks, with Zaqar and Mistral
    killed meanwhile.
    """
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(yaml.safe_dump({"clouds": {"sandbox": proxies.cloud}}))
    for proxy, request in (
        (proxies.mistral, "GET .*max_depth"),
        (proxies.zaqar, "POST .*/messages"),
        (proxies.zaqar, "DELETE .*/messages/"),
        (proxies.mistral, "PUT"),
    ):
        proxy.inject(Fault("reset_after"), request)
    held = start(services.direct, "held")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        played = pool.submit(
            playbook,
            "interactive.openstack.answer",
            {"execution_id": held, "answer": "yes"},
            OS_CLIENT_CONFIG_FILE=str(clouds),
        )
        until(
            lambda: any("max_depth" in request for request in proxies.mistral.requests),
            "the playbook waits",
        )
        for service in ("zaqar", "mistral"):
            services.kill(service)
        services.wait()
        release(cloud, held)
        result = played.result()
    assert result.rc == 0, result.output
    assert "Traceback" not in result.output
    assert ended(cloud, held) == {"answer": ["yes"]}


def test_a_claim_whose_answer_was_lost(lost_claim, cloud):
    """Nobody can tell whose the claim is, so the answer waits until it expires, and is then posted
    once.
    """
    execution, result = lost_claim.result(180)
    assert result["message_ids"] and ended(cloud, execution) == {"answers": ["late"]}
