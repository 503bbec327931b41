# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits on the work that data of somebody else causes: how large it may be, and what it may cost in time and memory."""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import resource
import select
import signal
import sys
import threading
import time
import typing as t
import warnings

from . import signals
from .errors import Failure

T = t.TypeVar("T")

SECONDS = 3.0  # of CPU time, for all that is done with one question's schema at once
MEGABYTES = 256  # on top of what the process has
PATIENCE = 4  # times as many seconds may pass: the machine may be busy with something else
SLICE = 0.5  # seconds after which a wait for a child looks whether somebody has ended the run
SHORTEST = 0.01  # seconds of CPU time that are worth a process
LARGEST_RESULT = 1024 * 1024  # bytes
END = b"\n"  # of a result: what was cut off lacks it

MOST_NODES = 100_000  # values of a schema or an answer, with those in lists and dictionaries
MOST_CHARACTERS = 2_000_000  # of all its texts together
DEEPEST = 100  # lists and dictionaries in each other
LARGEST_NUMBER = 10**300  # what computes with floats takes no more

TOO_DEEP, TOO_LARGE, TOO_LARGE_A_NUMBER, ENDLESS = (
    "too deep",
    "too large",
    "too large a number",
    "endless",
)

WARNS_OF_FORKS = sys.version_info >= (3, 12)

# For one fork at a time: a child of another thread would inherit the pipe's writing end, and keep the pipe open.
_forking = threading.Lock()


class TooMuch(Exception):
    """Something took more time or memory than it may."""


class NoRoom(Failure):
    """This machine has no process, or no memory or file for one, left at present: nothing is known of the work."""

    def __init__(self) -> None:
        super().__init__(
            "Could not check a question's schema or an answer: the machine on which the task runs has no process or memory"
            " left for that now. Try again when it is less busy.",
            "busy",
        )


class Size(t.NamedTuple):
    """How large some data is, as far as it was looked at: a ``flaw`` ends that. It is empty for data within the limits."""

    nodes: int
    characters: int
    flaw: str = ""


def measure(value: t.Any) -> Size:
    """Return the size of data of any JSON type, in linear time and without recursion."""
    nodes = characters = 0
    open_values = [(value, 0)]
    while open_values:
        one, depth = open_values.pop()
        nodes += 1
        if isinstance(one, str):
            characters += len(one)
        elif isinstance(one, dict):
            characters += sum(len(key) for key in one if isinstance(key, str))
            open_values.extend((inner, depth + 1) for inner in one.values())
        elif isinstance(one, (list, tuple)):
            open_values.extend((inner, depth + 1) for inner in one)
        elif isinstance(one, float) and not math.isfinite(one):
            return Size(nodes, characters, ENDLESS)
        elif isinstance(one, int) and abs(one) > LARGEST_NUMBER:
            return Size(nodes, characters, TOO_LARGE_A_NUMBER)
        if depth > DEEPEST:
            return Size(nodes, characters, TOO_DEEP)
        if nodes + len(open_values) > MOST_NODES or characters > MOST_CHARACTERS:
            return Size(nodes, characters, TOO_LARGE)
    return Size(nodes, characters)


class Budget:
    """CPU time that some pieces of work share: what one has taken, the next ones do not get."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = SECONDS if seconds is None else seconds

    def spend(self, work: t.Callable[[], T]) -> T:
        """Return what ``work`` returns, which JSON can hold. Raises TooMuch, or NoRoom.

        It is done in a process of its own, as nothing else ends a regular expression. That is a fork and no new interpreter,
        which would take ten times as long, and could not import what is in an archive or comes by Ansible's loader.
        """
        if self.seconds < SHORTEST:
            raise TooMuch
        process, reading = 0, -1
        try:
            with _undisturbed():
                process, reading = _start(work, self.seconds)
            result = _read(reading, time.monotonic() + PATIENCE * self.seconds)
        except OSError:
            raise NoRoom from None
        finally:
            with _undisturbed():
                if process:
                    self.seconds -= _end(process)
                if reading >= 0:
                    os.close(reading)
        if not result.endswith(END):
            self.seconds = 0.0
            raise TooMuch
        return json.loads(result)


@contextlib.contextmanager
def _undisturbed() -> t.Iterator[None]:
    """Have what ends a run come after what is in here, which would otherwise leave a child behind.

    To block the signals is not enough: another thread may get one, and the main thread then handles it all the same.
    """
    came: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():  # the only one that handles signals
        before = {number: signal.getsignal(number) for number in ENDING}
    replaced = [number for number, handler in before.items() if callable(handler)]
    try:
        for number in replaced:
            signal.signal(number, lambda number, _frame: came.append(number))
        yield
    finally:
        for number in replaced:
            signal.signal(number, before[number])
    for number in came:
        signal.raise_signal(number)


def _start(work: t.Callable[[], t.Any], seconds: float) -> tuple[int, int]:
    """Start a process that does the work; return its id, and the end of a pipe from which its result can be read."""
    with _forking, _without_warning():
        reading, writing = os.pipe()
        try:
            process = os.fork()
            if not process:
                _work(work, seconds, writing)
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
    return process, reading


@contextlib.contextmanager
def _without_warning() -> t.Iterator[None]:
    """Leave out what Python says of a fork beside threads: what the child does, see _work(), waits for none of them.

    Only while one forks: the filters belong to the whole process, which may be Ansible's.
    """
    if not WARNS_OF_FORKS or threading.active_count() == 1:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"This process .* is multi-threaded", DeprecationWarning)
        yield


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


def _work(work: t.Callable[[], t.Any], seconds: float, pipe: int) -> t.NoReturn:
    """Do the work of a child, and end it. The kernel ends it at its limits, whatever it does and whoever is left to see that."""
    done = False
    try:
        gc.disable()
        for number in (*ENDING, signal.SIGPROF):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        _limit_memory()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)
        result = json.dumps(work()).encode() + END
        if len(result) <= LARGEST_RESULT:
            sent = 0
            while sent < len(result):
                sent += os.write(pipe, result[sent:])
            done = True
    finally:
        os._exit(0 if done else 1)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):  # where it cannot be known, time is the limit
        with open("/proc/self/statm", encoding="ascii") as file:
            most = int(file.read().split()[0]) * resource.getpagesize() + MEGABYTES * 1024 * 1024
        before, hard = resource.getrlimit(resource.RLIMIT_AS)
        if before == resource.RLIM_INFINITY or most < before:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _read(pipe: int, end: float) -> bytes:
    """Return what comes through a pipe until the result is whole, the pipe is closed, or the time has come."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    parts: list[bytes] = []
    while True:
        left = end - time.monotonic()
        with signals.interruptible():
            ready = poll.poll(1000 * max(0.0, min(SLICE, left)))
        part = os.read(pipe, LARGEST_RESULT) if ready else b""
        parts.append(part)
        if left <= 0 or part.endswith(END) or (ready and not part):
            return b"".join(parts)


def _end(process: int) -> float:
    """End a child, if it has not ended, and return the seconds of CPU time that it took."""
    with contextlib.suppress(OSError):
        os.kill(process, signal.SIGKILL)
        used = os.wait4(process, 0)[2]
        return used.ru_utime + used.ru_stime
    return 0.0
