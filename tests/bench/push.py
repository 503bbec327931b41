# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait of zaqar_wait costs while nothing comes, and how soon it returns after a post. Run by hand:

    make sandbox && . .dev/env
    PYTHONPATH=$ANSIBLE_COLLECTIONS_PATH python3 tests/bench/push.py --minutes 10

Waits as the module does, without Ansible's own start: first for --minutes while nothing is posted, then --posts times
for a second or so. Uses the cloud of the environment (OS_CLOUD). Milliseconds are counted from when a post is sent, and
in brackets from when it is answered; a push can be faster than that. After long idle times the services validate the
tokens of both sides anew.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
import uuid

from ansible_collections.interactive.openstack.plugins.module_utils._flow import Context
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_wait import ZaqarWait


def parameters(queue: str, mode: str, seconds: int) -> dict:
    options = {name: spec.get("default") for name, spec in ZaqarWait.OPTIONS.items()}
    return {**options, "queue": [queue], "mode": mode, "wait_timeout": seconds, "interface": "public"}


def wait(queue: str, mode: str, idle: float) -> tuple[dict, float, float]:
    """Post after ``idle`` seconds of waiting; return the wait's result and the milliseconds since the post."""
    params = parameters(queue, mode, int(idle) + 60)
    times: list[float] = []
    poster = ZaqarWait(params, Context()).zaqar
    poster.stats(queue)  # connect now

    def post() -> None:
        time.sleep(idle)
        times.append(time.monotonic())
        poster.post(queue, [{"body": "bench", "ttl": 60}])
        times.append(time.monotonic())

    thread = threading.Thread(target=post)
    thread.start()
    result = ZaqarWait({**params, "consume": "peek"}, Context(warn=print)).run()
    end = time.monotonic()
    thread.join()
    poster.delete_queue(queue)
    sent, answered = times
    return result, (end - sent) * 1000, (end - answered) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="how long the first wait is idle")
    parser.add_argument("--posts", type=int, default=20)
    parser.add_argument("--mode", choices=["push", "poll"], default="push")
    arguments = parser.parse_args()
    queue = f"bench-{uuid.uuid4().hex[:8]}"
    if arguments.minutes:
        result, sent, answered = wait(queue, arguments.mode, arguments.minutes * 60)
        print(f"{arguments.minutes:g} idle minutes: {result['requests']} requests in all, delivered by"
              f" {result['delivered']} {sent:.0f} ms ({answered:.0f} ms) after the post")
    waits = [wait(queue, arguments.mode, random.uniform(0.5, 1.5)) for _number in range(arguments.posts)]
    if waits:
        how, sent, answered = zip(*((result["delivered"], *times) for result, *times in waits))
        print(f"{len(waits)} posts, {how.count('push')} of them pushed: median {statistics.median(sent):.0f} ms"
              f" ({statistics.median(answered):.0f} ms), worst {max(sent):.0f} ms ({max(answered):.0f} ms)")


if __name__ == "__main__":
    main()
