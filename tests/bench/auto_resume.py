# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon an answer wakes a workflow with the role auto_resume's subscription: a part of `make
bench`, or more of it by hand:

    make sandbox && . .dev/env
    PYTHONPATH=$ANSIBLE_COLLECTIONS_PATH python3 tests/bench/auto_resume.py

Starts the sample ask_with_pause, posts the answer when it has been paused for --thinks seconds, and
measures until the task that waited has started, and until the execution has ended. Uses the cloud
of the environment (OS_CLOUD).
"""

from __future__ import annotations

import argparse
import pathlib
import statistics
import time
import uuid

from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_subscription import (
    ZaqarSubscription,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    NewMessage,
    State,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context, Flow

WORKFLOWS = pathlib.Path(__file__).parents[2] / "playbooks" / "workflows"


def until(condition, seconds: float = 30) -> float:
    """Wait for a condition; return the time when it held."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("It did not happen in time.")
        time.sleep(0.005)
    return time.monotonic()


def queues(queue: str) -> dict[str, str]:
    return {"input_queue": queue, "output_queue": f"{queue}-out"}


def subscribe(queue: str, execution: str, state: str) -> None:
    options = {name: spec.get("default") for name, spec in ZaqarSubscription.OPTIONS.items()}
    workflow = dict.fromkeys(ZaqarSubscription.OPTIONS["workflow"]["options"])
    workflow.update(
        name="interactive.resume",
        namespace="",
        label=execution,
        input={"execution_id": execution, **queues(queue)},
    )
    ZaqarSubscription(
        {**options, "queue": queue, "workflow": workflow, "state": state}, Context(warn=print)
    ).run()


def dialogue(flow: Flow, number: int, thinks: float) -> tuple[float, float]:
    """Hold one dialogue; return the milliseconds from the post to the start of the task that waits,
    and to the end.
    """
    execution, queue = str(uuid.uuid4()), f"bench-{uuid.uuid4()}"
    subscribe(queue, execution, "present")
    flow.mistral.start("ask_with_pause", input=queues(queue), id=execution)
    until(lambda: flow.mistral.state(execution) is State.PAUSED)
    waiting = next(task.id for task in flow.mistral.tasks(execution) if task.state is State.IDLE)
    time.sleep(thinks)
    posted = time.monotonic()
    flow.zaqar.post(queue, [NewMessage(f"answer {number}", ttl=300)])
    started = until(lambda: flow.mistral.task(waiting).state is not State.IDLE)
    ended = until(lambda: flow.mistral.state(execution) is State.SUCCESS)
    subscribe(queue, execution, "absent")
    for name in queues(queue).values():
        flow.zaqar.delete_queue(name)
    return (started - posted) * 1000, (ended - posted) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dialogues", type=int, default=20)
    parser.add_argument(
        "--thinks",
        type=float,
        default=1.5,
        help="an answer within the second of the pause costs one more look",
    )
    arguments = parser.parse_args()
    flow = Flow({"interface": "public"}, Context(warn=print))
    for name in ("interactive.resume", "ask_with_pause"):
        for workflow in flow.mistral.own_workflows([name]).values():
            flow.mistral.delete_workflow(workflow.id)
        flow.mistral.create_workflows((WORKFLOWS / f"{name}.yaml").read_text(), "", "private")
    started, ended = zip(
        *(dialogue(flow, number, arguments.thinks) for number in range(arguments.dialogues))
    )
    print(
        f"{len(started)} answers: the waiting task started after {statistics.median(started):.0f} ms (median; worst"
        f" {max(started):.0f} ms), the execution ended after {statistics.median(ended):.0f} ms (worst {max(ended):.0f} ms)"
    )


if __name__ == "__main__":
    main()
