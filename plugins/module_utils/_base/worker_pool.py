# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many jobs, some at a time: threads that take turns, and end in order whatever interrupts the one who waits for them."""

from __future__ import annotations

import contextlib
import heapq
import queue
import threading
import time
import typing as t

from . import signals

Said = t.TypeVar("Said")
LOOK_ROUND = 1.0  # seconds between two looks whether the controller is still there
THREAD = "interactive.openstack worker"  # the name of the threads


class Later(t.NamedTuple):
    """What a job yields that has nothing to do for some seconds: its thread takes another job meanwhile."""

    seconds: float


class WorkerPool(t.Generic[Said]):
    """A context manager that runs jobs in ``size`` threads; what they yield comes out of said(), in the caller's thread.

    A job is an iterator, which no two threads run at once. When the caller leaves, by an exception or not, no job goes on
    beyond what it yields next, and no thread is left. An exception of a job is raised by said().
    """

    def __init__(
        self, jobs: list[t.Iterator[Said | Later]], size: int, stopping: threading.Event
    ) -> None:
        self._stopping = stopping
        self._changed = threading.Condition()
        self._due = [
            (0.0, number, job) for number, job in enumerate(jobs)
        ]  # a heap: the next one first
        self._open = len(jobs)
        self._said: queue.SimpleQueue[tuple[str, t.Any]] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=THREAD)
            for _thread in range(min(size, len(jobs)))
        ]

    def __enter__(self) -> "WorkerPool[Said]":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: t.Any) -> None:
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def results(self) -> t.Iterator[Said]:
        """Return what the jobs yield, as it comes, until all have ended."""
        working = len(self._threads)
        while working:
            kind, value = self._heard()
            if kind == "broken":
                raise value
            if kind == "ended":
                working -= 1
            else:
                yield value

    def _heard(self) -> tuple[str, t.Any]:
        while True:
            with (
                signals.interruptible(),
                contextlib.suppress(queue.Empty),
            ):  # the pause also ends if the controller is gone
                return self._said.get(timeout=LOOK_ROUND)

    def remaining_results(self) -> t.Iterator[Said]:
        """Return what was yielded before all had stopped, and has not been heard yet."""
        while not self._said.empty():
            kind, value = self._said.get()
            if kind == "said":
                yield value

    def _work(self) -> None:
        try:
            while True:
                turn = self._next()
                if not turn:
                    self._said.put(("ended", None))
                    return
                self._take_turn(*turn)
        except BaseException as error:  # of a thread: somebody has to hear of it
            self._said.put(("broken", error))

    def _next(self) -> tuple[int, t.Iterator[Said | Later]] | None:
        """Wait for a job whose turn it is; None when there will be none."""
        with self._changed:
            while self._open and not self._stopping.is_set():
                pause = self._due[0][0] - time.monotonic() if self._due else None
                if pause is not None and pause <= 0:
                    if ends(self._stopping):
                        return None
                    return heapq.heappop(self._due)[1:]
                self._changed.wait(pause)
        return None

    def _take_turn(self, number: int, job: t.Iterator[Said | Later]) -> None:
        for said in job:
            if isinstance(said, Later):
                with self._changed:
                    heapq.heappush(self._due, (time.monotonic() + said.seconds, number, job))
                    self._changed.notify()
                return
            self._said.put(("said", said))
            if ends(self._stopping):
                return
        with self._changed:
            self._open -= 1
            self._changed.notify_all()


def ends(stopping: threading.Event) -> bool:
    """Tell whether all shall stop; they do as well if the controller is gone: nobody hears of what they do."""
    if signals.orphaned():
        stopping.set()
    return stopping.is_set()
