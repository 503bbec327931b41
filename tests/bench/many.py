# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many dialogues at once: all ask, one task answers them all, all end. Beside it the floor: the
fewest requests that can do it.

The executions are started by the benchmark itself, as answering is what is measured. Times are
seconds.
"""

from __future__ import annotations

import concurrent.futures
import time
import typing as t
import uuid

from ansible_collections.interactive.openstack.plugins.module_utils._services.records import State
from ansible_collections.interactive.openstack.tests.bench import services
from ansible_collections.interactive.openstack.tests.bench.harness import (
    Bench,
    BenchError,
    keystone_port,
    line_through,
    requests_of,
    say,
    spread,
)
from ansible_collections.interactive.openstack.tests.bench.services import Asking

PARALLEL = 8  # answers under way at once, ours and bare
ANSWERING = "Answer them all"
LOOP_LIMIT = (
    100  # dialogues that are answered one by one at most: it takes long, and it is clear how long
)


def answer_bulk(asking: list[Asking]) -> dict[str, t.Any]:
    """One task for all."""
    answers = [{"execution": one.id, "answer": one.answer} for one in asking]
    return {
        "interactive.openstack.dialogue_answer_bulk": {"answers": answers, "parallel": PARALLEL}
    }


def answer_loop(asking: list[Asking]) -> dict[str, t.Any]:
    """One after the other, which is what can be done without the module for many."""
    return {
        "interactive.openstack.dialogue_answer": {
            "execution": "{{ item.id }}",
            "answer": "{{ item.answer }}",
        },
        "loop": [{"id": one.id, "answer": one.answer} for one in asking],
    }


TASKS = {"dialogue_answer_bulk": answer_bulk, "dialogue_answer in a loop": answer_loop}
BULK, BARE = "dialogue_answer_bulk", "bare requests"


def answer_ours(bench: Bench, how: str, asking: list[Asking], counted: bool) -> dict[str, t.Any]:
    """Answer by one task of a playbook; megabytes are the peak of its biggest process."""
    task = {
        "name": ANSWERING,
        **TASKS[how](asking),
        "ignore_errors": True,
    }  # what was not answered is counted in the end
    with bench.playbook(f"answer-{len(asking)}", [task], counted=counted) as run:
        pass
    answering = run.tasks[0]
    found = {
        "began": answering.start,
        "seconds": answering.milliseconds / 1000,
        "process_seconds": run.seconds,
        "rss_mb": run.rss_kb / 1024,
    }
    if counted:
        found.update(requests_of(run, answering, keystone_port()))
    return found


def answer_bare(asking: list[Asking]) -> dict[str, t.Any]:
    """Post each answer and resume each execution, with keystoneauth and nothing else: no looking,
    no checking.
    """
    from keystoneauth1.adapter import Adapter

    session = services.mine().cloud._region.get_session()
    mistral = Adapter(session, service_type="workflowv2", interface="public")
    zaqar = Adapter(
        session,
        service_type="messaging",
        interface="public",
        additional_headers={"Client-ID": str(uuid.uuid4())},
    )
    mistral.get_endpoint(), zaqar.get_endpoint()  # logs in

    def answer(one: Asking) -> None:
        queue = one.queues["input_queue"]
        zaqar.post(
            f"/v2/queues/{queue}/messages", json={"messages": [{"body": one.answer, "ttl": 3600}]}
        )
        mistral.put(f"/executions/{one.id}", json={"state": "RUNNING"})

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(answer, asking))
    return {"began": begun, "seconds": time.monotonic() - begun}


def failures(asking: list[Asking]) -> int:
    """How many executions have not ended with their own answer."""

    def wrong(one: Asking) -> bool:
        execution = services.mine().mistral.execution(one.id)
        if execution is None or execution.state is not State.SUCCESS:
            return True
        return execution.output.get("name") != one.answer

    return sum(services.at_once(wrong, asking))


def once(bench: Bench, how: str, number: int, counted: bool = False) -> dict[str, t.Any]:
    """One round of so many dialogues."""
    limit = 60 + 2 * number  # seconds
    asking, start = services.start_asking(number, limit)
    found = answer_ours(bench, how, asking, counted) if how in TASKS else answer_bare(asking)
    try:
        ended = services.wait_for(State.SUCCESS, asking, limit)
    except BenchError:  # those that have not ended are counted
        ended = time.monotonic()
    found.update(
        how=how,
        dialogues=number,
        start_seconds=start["started"],
        paused_seconds=start["paused"],
        ended_seconds=ended - found.pop("began"),
        failures=failures(asking),
    )
    services.forget(asking)
    return found


def measure(bench: Bench) -> dict[str, t.Any]:
    services.upload(services.SAMPLE)
    plan = {1: 2, 5: 1, 20: 1} if bench.quick else {1: 3, 10: 3, 100: 2, 500: 1}
    kinds = [*TASKS, BARE]
    for how in kinds:  # what is done for the first time takes longer
        once(bench, how, 1)
    rounds = []
    for number, times in plan.items():
        for turn in range(times):
            for how in kinds:
                if how == "dialogue_answer in a loop" and (
                    number > LOOP_LIMIT or (number == LOOP_LIMIT and turn)
                ):
                    continue
                rounds.append(once(bench, how, number))
                say(
                    f"  {number} dialogues, {how}: answered in {rounds[-1]['seconds']:.2f} s, all ended after"
                    f" {rounds[-1]['ended_seconds']:.2f} s, {rounds[-1]['failures']} failed"
                )
    most = max(number for number in plan if number <= LOOP_LIMIT)
    requests = {}
    for how in TASKS:
        counted = once(bench, how, most, counted=True)
        requests[how] = {key: counted[key] for key in ("services", "keystone")}
    rows = []
    for number in plan:
        for how in kinds:
            these = [one for one in rounds if one["how"] == how and one["dialogues"] == number]
            if these:
                rows.append(
                    {
                        "how": how,
                        "dialogues": number,
                        "n": len(these),
                        "failures": sum(one["failures"] for one in these),
                        **{
                            key: spread(one[key] for one in these)
                            for key in (
                                "seconds",
                                "ended_seconds",
                                "start_seconds",
                                "paused_seconds",
                                "rss_mb",
                            )
                            if key in these[0]
                        },
                    }
                )
    fits = {
        how: {
            key: line_through([(one["dialogues"], one[key]) for one in rounds if one["how"] == how])
            for key in ("seconds", "ended_seconds", *(("rss_mb",) if how in TASKS else ()))
        }
        for how in kinds
    }
    return {
        "parallel": PARALLEL,
        "rows": rows,
        "rounds": rounds,
        "fits": fits,
        "requests": {"dialogues": most, **requests},
    }
