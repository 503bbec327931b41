# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bounded thread pool that shuts down cleanly when its caller is interrupted."""

from __future__ import annotations

import contextlib
import dataclasses
import heapq
import queue
import threading
import time
import types
import typing as t

from . import signals

Result = t.TypeVar("Result")

THREAD_NAME = "interactive.openstack worker"  # of all threads of pools


class Later(t.NamedTuple):
    """A job yields this when it has nothing to do for some seconds.

    Its thread takes another job meanwhile.
    """

    seconds: float


@dataclasses.dataclass(frozen=True)
class _Yielded(t.Generic[Result]):
    """A job has yielded a result."""

    result: Result


@dataclasses.dataclass(frozen=True)
class _Broken:
    """A thread has ended by an exception, of a job or of this file."""

    error: BaseException


@dataclasses.dataclass(frozen=True)
class _Ended:
    """A thread has ended, because no job is left, or because all must stop."""


@dataclasses.dataclass(frozen=True, order=True)
class _Turn(t.Generic[Result]):
    """A turn of a job. The least turn is the one that is due first."""

    due: float  # on the monotonic clock
    number: int  # of the job
    job: t.Iterator[Result | Later] = dataclasses.field(compare=False)


class WorkerPool(t.Generic[Result]):
    """A context manager that runs jobs in ``size`` threads.

    A job is an iterator of results. It runs in one thread at a time. ``results`` returns what the
    jobs yield, in the caller's thread. When the caller leaves the context, by an exception or not,
    each job ends at what it yields next, and no thread is left.
    """

    def __init__(
        self, jobs: list[t.Iterator[Result | Later]], size: int, stopping: threading.Event
    ) -> None:
        self._stopping = stopping
        self._changed = threading.Condition()
        # A heap, so that the turn that is due next is the first
        self._turns = [_Turn(0.0, number, job) for number, job in enumerate(jobs)]
        self._open_jobs = len(jobs)
        self._events: queue.SimpleQueue[_Yielded[Result] | _Broken | _Ended] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=THREAD_NAME)
            for _thread in range(min(size, len(jobs)))
        ]

    def __enter__(self) -> WorkerPool[Result]:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: types.TracebackType | None,
    ) -> None:
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.ident is not None:  # it was started
                thread.join()

    def results(self) -> t.Iterator[Result]:
        """Return what the jobs yield, as it comes, until all have ended.

        Raises the exception of a job, and Interrupted.
        """
        running = len(self._threads)
        while running:
            event = self._next_event()
            if isinstance(event, _Broken):
                raise event.error
            if isinstance(event, _Yielded):
                yield event.result
            else:
                running -= 1

    def _next_event(self) -> _Yielded[Result] | _Broken | _Ended:
        while True:
            # A pause also ends when the controller is gone, which has to be looked for.
            with signals.interruptible(), contextlib.suppress(queue.Empty):
                return self._events.get(timeout=signals.CONTROLLER_CHECK_INTERVAL)

    def remaining_results(self) -> t.Iterator[Result]:
        """Return what the jobs have yielded, and ``results`` has not returned.

        Call this after the context.
        """
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, _Yielded):
                yield event.result

    def _work(self) -> None:
        """Run jobs in a thread."""
        try:
            turn = self._next_turn()
            while turn:
                self._take(turn)
                turn = self._next_turn()
        except BaseException as error:  # the caller must hear of anything
            self._events.put(_Broken(error))
        else:
            self._events.put(_Ended())

    def _next_turn(self) -> _Turn[Result] | None:
        """Wait until a turn is due; None if no job is left, or if all must stop."""
        with self._changed:
            while self._open_jobs and not self._stopping.is_set():
                if not self._turns:
                    self._changed.wait()
                    continue
                pause = self._turns[0].due - time.monotonic()
                if pause > 0:
                    self._changed.wait(pause)
                    continue
                return None if must_stop(self._stopping) else heapq.heappop(self._turns)
        return None

    def _take(self, turn: _Turn[Result]) -> None:
        """Run a job until it ends, or yields Later, or all must stop."""
        for result in turn.job:
            if isinstance(result, Later):
                due = time.monotonic() + result.seconds
                with self._changed:
                    heapq.heappush(self._turns, dataclasses.replace(turn, due=due))
                    self._changed.notify()
                return
            self._events.put(_Yielded(result))
            if must_stop(self._stopping):
                return
        with self._changed:
            self._open_jobs -= 1
            self._changed.notify_all()


def must_stop(stopping: threading.Event) -> bool:
    """Tell whether all jobs must stop: ``stopping`` is set, or the controller is gone.

    When the controller is gone, nobody gets the results; then this sets ``stopping``.
    """
    if signals.orphaned():
        stopping.set()
    return stopping.is_set()
