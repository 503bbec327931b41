# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slow down what a supervisor runs, as cpulimit does it: throttle.py PID SEED

Each program runs for a moment and is stopped for a longer one, independently of the others, until
standard input ends. That happens however the process ends that holds its other end, so nothing
stays stopped.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import select
import signal
import sys
import time

# Seconds between which the lengths are drawn: a program runs for a quarter of the time.
RUNS, STOPS = (0.05, 0.2), (0.1, 0.65)


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def tree(pid: int) -> list[int]:
    return [pid, *(other for child in children(pid) for other in tree(child))]


def send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def main(supervisor: int, seed: str) -> None:
    chance = random.Random(seed)
    turns: dict[int, float] = {}  # by a program's pid: when it is stopped or goes on
    stopped: dict[int, list[int]] = {}
    try:
        while not select.select([sys.stdin], [], [], 0.02)[0]:
            now = time.monotonic()
            for program in children(supervisor):
                if now < turns.get(program, 0):
                    continue
                if program in stopped:
                    send(stopped.pop(program), signal.SIGCONT)
                    turns[program] = now + chance.uniform(*RUNS)
                else:
                    stopped[program] = tree(program)
                    send(stopped[program], signal.SIGSTOP)
                    turns[program] = now + chance.uniform(*STOPS)
    finally:
        for pids in stopped.values():
            send(pids, signal.SIGCONT)


if __name__ == "__main__":
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    main(int(sys.argv[1]), sys.argv[2])
