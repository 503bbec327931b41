# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits for data of somebody else: how large it may be, and what work on it may cost.

``measure`` bounds the size. A ``Budget`` bounds time and memory: it does the work in a child
process, which the kernel ends.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import pathlib
import resource
import select
import signal
import sys
import threading
import time
import types
import typing as t
import warnings

from . import signals
from .errors import Failure
from .json_types import Json, inner_values

Returned = t.TypeVar("Returned")

# What the work on one question's schema may cost, all together
CPU_SECONDS = 3.0
MEMORY_MEGABYTES = 256  # on top of what the process has
# Seconds may pass for each second of CPU time: the machine may be busy with something else.
REAL_SECONDS_PER_CPU_SECOND = 4
LEAST_CPU_SECONDS = 0.01  # less is not worth a process

MOST_RESULT_BYTES = 1024 * 1024
END = b"\n"  # of a result; one that was cut off lacks it

# What a schema or an answer may contain
MOST_NODES = 100_000  # values, with those in lists and dictionaries
MOST_CHARACTERS = 2_000_000  # of all texts together
MOST_DATA_LEVELS = 100  # of lists and dictionaries
LARGEST_NUMBER = 10**300  # computations with floats take no more

# The flaws of such data
TOO_DEEP = "too deep"
TOO_LARGE = "too large"
TOO_LARGE_A_NUMBER = "too large a number"
ENDLESS = "endless"  # infinity, or NaN

RUN_ENDING_SIGNALS = (*signals.DEFERRED_SIGNALS, signal.SIGALRM)  # the last is a task's timeout
WARNS_OF_FORKS = sys.version_info >= (3, 12)

# One fork at a time: a child of another thread would inherit the pipe's writing end, and keep the
# pipe open.
_forking = threading.Lock()


class TooMuch(Exception):
    """Some work took more time or memory than it may."""


class NoRoom(Failure):
    """The machine has no process, memory or file left, so nothing is known about the work."""

    def __init__(self) -> None:
        super().__init__(
            "Could not check a question's schema or an answer: the machine on which the task runs"
            " has no process or memory left for that now. Try again when it is less busy.",
            "busy",
        )


class Size(t.NamedTuple):
    """How large some data is.

    ``flaw`` is empty for data within the limits. With a flaw, the other numbers are those of the
    part that was measured until then.
    """

    nodes: int
    characters: int
    flaw: str = ""


def measure(value: Json) -> Size:
    """Return the size of data, in linear time and without recursion."""
    nodes = characters = 0
    open_values: list[tuple[Json, int]] = [(value, 0)]
    while open_values:
        node, depth = open_values.pop()
        nodes += 1
        characters += _own_characters(node)
        open_values.extend((inner, depth + 1) for inner in inner_values(node))
        number_flaw = _number_flaw(node)
        if number_flaw:
            return Size(nodes, characters, number_flaw)
        if depth > MOST_DATA_LEVELS:
            return Size(nodes, characters, TOO_DEEP)
        if nodes + len(open_values) > MOST_NODES or characters > MOST_CHARACTERS:
            return Size(nodes, characters, TOO_LARGE)
    return Size(nodes, characters)


def _own_characters(value: Json) -> int:
    """Return the number of characters of a text, or of the keys of a dictionary; otherwise 0."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) for key in value if isinstance(key, str))
    return 0


def _number_flaw(value: Json) -> str:
    """Return the flaw of a number; empty for a number within the limits, or for another value."""
    if isinstance(value, float) and not math.isfinite(value):
        return ENDLESS
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        return TOO_LARGE_A_NUMBER
    return ""


class Budget:
    """CPU time that several pieces of work share.

    ``seconds`` are left for the next piece of work.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = CPU_SECONDS if seconds is None else seconds

    def spend(self, work: t.Callable[[], Returned]) -> Returned:
        """Return the result of ``work``, which must be JSON data. Raises TooMuch or NoRoom.

        The work is done in a child process, because nothing else can end a regular expression. The
        child is a fork, not a new interpreter: that would take ten times as long, and could not
        import what is in an archive or comes by Ansible's loader.
        """
        if self.seconds < LEAST_CPU_SECONDS:
            raise TooMuch
        child: _Child | None = None
        try:
            with _signals_delayed():
                child = _start(work, self.seconds)
            end = time.monotonic() + REAL_SECONDS_PER_CPU_SECOND * self.seconds
            result = _read(child.pipe, end)
        except OSError:
            raise NoRoom from None
        finally:
            with _signals_delayed():
                if child:
                    self.seconds -= _end(child.process)
                    os.close(child.pipe)
        if not result.endswith(END):
            self.seconds = 0.0
            raise TooMuch
        return t.cast(Returned, json.loads(result))


class _Child(t.NamedTuple):
    process: int
    pipe: int  # its reading end: the child writes the result to the other one


@contextlib.contextmanager
def _signals_delayed() -> t.Iterator[None]:
    """Delay the signals that end a run until after the body: they would leave a child behind.

    It is not enough to block the signals: another thread may get one, and then the main thread
    handles it all the same.
    """
    delayed: list[int] = []

    def delay(number: int, _frame: types.FrameType | None) -> None:
        delayed.append(number)

    handlers = _python_handlers()
    try:
        for number in handlers:
            signal.signal(number, delay)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for signal_number in delayed:
        signal.raise_signal(signal_number)


def _python_handlers() -> dict[signal.Signals, t.Any]:
    """Return the handlers that are functions; none in a thread, which cannot set handlers."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    handlers = {number: signal.getsignal(number) for number in RUN_ENDING_SIGNALS}
    return {number: handler for number, handler in handlers.items() if callable(handler)}


def _start(work: t.Callable[[], Json], seconds: float) -> _Child:
    """Start a child process that does the work."""
    with _forking, _fork_warning_ignored():
        reading, writing = os.pipe()
        try:
            process = os.fork()
            if process == 0:
                _do_in_child(work, seconds, writing)
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
    return _Child(process, reading)


@contextlib.contextmanager
def _fork_warning_ignored() -> t.Iterator[None]:
    """Ignore Python's warning about a fork beside threads: the child waits for none of them.

    This lasts for the fork only: the filters belong to the whole process, which may be Ansible's.
    """
    if not WARNS_OF_FORKS or threading.active_count() == 1:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"This process .* is multi-threaded", DeprecationWarning)
        yield


def _do_in_child(work: t.Callable[[], Json], seconds: float, pipe: int) -> t.NoReturn:
    """Do the work of a child process, and end the process.

    The kernel ends it at its limits, whatever it does, and also when its parent is gone.
    """
    exit_status = 1
    try:
        gc.disable()
        for number in (*RUN_ENDING_SIGNALS, signal.SIGPROF):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        _limit_memory()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, REAL_SECONDS_PER_CPU_SECOND * seconds)
        result = json.dumps(work()).encode() + END
        if len(result) <= MOST_RESULT_BYTES:
            _write(pipe, result)
            exit_status = 0
    finally:
        os._exit(exit_status)


def _write(pipe: int, data: bytes) -> None:
    """Write all of the data: a write to a pipe may take only a part."""
    written = 0
    while written < len(data):
        written += os.write(pipe, data[written:])


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Where the size of the process is unknown, only time is limited.
    with contextlib.suppress(OSError, ValueError):
        pages = pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
        most = int(pages) * resource.getpagesize() + MEMORY_MEGABYTES * 1024 * 1024
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if soft == resource.RLIM_INFINITY or most < soft:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _read(pipe: int, end: float) -> bytes:
    """Return what comes through a pipe until the result is whole or the pipe is closed.

    At ``end``, a time of the monotonic clock, return what has come until then.
    """
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    parts: list[bytes] = []
    while True:
        remaining = end - time.monotonic()
        timeout = max(0.0, min(signals.CONTROLLER_CHECK_INTERVAL, remaining))
        with signals.interruptible():
            is_readable = bool(poll.poll(1000 * timeout))
        if is_readable:
            part = os.read(pipe, MOST_RESULT_BYTES)
            parts.append(part)
            is_closed = not part
            if is_closed or part.endswith(END):
                break
        if remaining <= 0:
            break
    return b"".join(parts)


def _end(process: int) -> float:
    """End a child, if it has not ended, and return the seconds of CPU time that it took."""
    with contextlib.suppress(OSError):
        os.kill(process, signal.SIGKILL)
        _process, _status, usage = os.wait4(process, 0)
        return usage.ru_utime + usage.ru_stime
    return 0.0
