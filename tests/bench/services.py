# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark prepares and reads at the services beside what it measures, many at once; with
the cloud of OS_CLOUD.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import os
import threading
import time
import typing as t
import uuid

from ansible_collections.interactive.openstack.plugins.module_utils._services.records import State
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context, Flow
from ansible_collections.interactive.openstack.tests.bench.harness import WORKFLOWS, BenchError

SAMPLE = "ask_with_pause"
PARALLEL = 8  # requests at once: what the benchmark itself sends, not what it measures
local = threading.local()


def prepared(flow: type[Flow], **options: t.Any) -> Flow:
    """A flow with the options of a task, as its shells make it; it prints its warnings."""
    params = {name: spec.get("default") for name, spec in flow.argument_spec().items()}
    return flow({**params, "cloud": os.environ["OS_CLOUD"], **options}, Context(warn=print))


def mine() -> Flow:
    """This thread's own connection."""
    if not hasattr(local, "flow"):
        local.flow = prepared(Flow)
    return local.flow


def at_once(work: t.Callable[[t.Any], t.Any], things: t.Iterable[t.Any]) -> list[t.Any]:
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(work, things))


def until(
    condition: t.Callable[[], t.Any], what: str, seconds: float = 60, pause: float = 0.005
) -> float:
    """Wait for a condition; return the monotonic time at which it was seen to hold."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise BenchError(f"It did not happen within {seconds:.0f} seconds: {what}.")
        time.sleep(pause)
    return time.monotonic()


def upload(*names: str) -> None:
    """Have these of the workflows that we ship, as they are now."""
    mistral = mine().mistral
    for name in names:
        remove(name)
        mistral.create_workflows((WORKFLOWS / f"{name}.yaml").read_text(), "", "private")


def remove(name: str) -> None:
    for workflow in mine().mistral.own_workflows([name]).values():
        mine().mistral.delete_workflow(workflow.id)


@dataclasses.dataclass
class Asking:
    """An execution of the sample, and its queues."""

    id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def queues(self) -> dict[str, str]:
        return {"input_queue": f"bench-{self.id}-in", "output_queue": f"bench-{self.id}-out"}

    @property
    def answer(self) -> str:
        """What only this one is told, so that no answer can pass for another's."""
        return f"Ada of {self.id}"


def start_asking(number: int, seconds: float = 600) -> tuple[list[Asking], dict[str, float]]:
    """Start the sample so many times and wait until all are paused; return them, and the seconds of
    both.
    """
    asking = [Asking() for _number in range(number)]
    begun = time.monotonic()
    at_once(lambda one: mine().mistral.start(SAMPLE, input=one.queues, id=one.id), asking)
    started = time.monotonic()
    paused = wait_for(State.PAUSED, asking, seconds)
    return asking, {"started": started - begun, "paused": paused - begun}


def states(asking: list[Asking]) -> dict[State, int]:
    """How many of the executions are in which state, by one request."""
    wanted = {one.id for one in asking}
    found: dict[State, int] = {}
    for execution in mine().mistral.executions(SAMPLE):
        if execution.id in wanted:
            found[execution.state] = found.get(execution.state, 0) + 1
    return found


def wait_for(state: State, asking: list[Asking], seconds: float) -> float:
    """Wait until all executions are in a state; the monotonic time at which they were. Some that
    failed are no reason to wait.
    """

    def reached() -> bool:
        found = states(asking)
        return found.get(state, 0) + found.get(State.ERROR, 0) >= len(asking)

    # looking at many takes the services some time, which they need for what is measured
    return until(
        reached, f"{len(asking)} executions in {state}", seconds, max(0.02, len(asking) / 1000)
    )


def forget(asking: list[Asking]) -> None:
    """Remove executions and their queues, so that the next part finds the services as this one did."""

    def one(execution: Asking) -> None:
        with contextlib.suppress(Exception):
            mine().mistral.delete_execution(execution.id, force=True)
        for queue in execution.queues.values():
            mine().zaqar.delete_queue(queue)

    at_once(one, asking)
