# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C, being terminated, being orphaned: at a moment at which everything that was sent is answered, so that it can be undone."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import typing as t

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds in which further signals are the same one: a terminal or a service manager sends it to all processes, and the
# controller passes it on to its workers.
SAME = 1.0
MOST_ANCESTORS = 20


class Interrupted(BaseException):
    """Somebody ended the run."""


class _Interruption:
    def __init__(self) -> None:
        self.number: int | None = None  # of the signal that has come
        self.raised = False
        self.pausing = False
        self.links: list[tuple[int, int]] = []  # see _links()
        self._came_at = 0.0

    def note(self, number: int, _frame: t.Any) -> None:
        if self.number is None:
            self._set(number)
        elif time.monotonic() - self._came_at > SAME:
            # somebody insists: nothing is undone, and nothing more is waited for
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if self.pausing:
            self.check()

    def _set(self, number: int) -> None:
        self.number, self._came_at = number, time.monotonic()

    def check(self) -> None:
        if self.raised or not _in_main_thread():
            return
        if self.number is None and self.is_orphaned():
            self._set(signal.SIGTERM)
        if self.number is not None:
            self.raised = True  # what is undone after that is not interrupted
            raise Interrupted

    def is_orphaned(self) -> bool:
        return any(_parent(child) not in (parent, None) for child, parent in self.links)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()  # the only one that gets signals


_interruption = _Interruption()


def pending() -> bool:
    return _interruption.number is not None


def orphaned() -> bool:
    """Tell, in any thread, whether the controller is gone: nobody gets the result. check() raises Interrupted then."""
    return _interruption.is_orphaned()


def raise_pending() -> None:
    """Raise Interrupted, once, if a signal has come or the controller is gone. To be called before something is sent."""
    _interruption.check()


@contextlib.contextmanager
def interruptible() -> t.Iterator[None]:
    """Let a signal end at once what is in here: a pause. Elsewhere it has to wait for the next check() or pause."""
    if not _in_main_thread():
        yield
        return
    _interruption.pausing = True
    try:
        _interruption.check()
        yield
    finally:
        _interruption.pausing = False


@contextlib.contextmanager
def deferred() -> t.Iterator[None]:
    """Have SIGINT, SIGTERM and the controller's death end what is in here by Interrupted, and then the process.

    A second signal ends the process at once.
    """
    before = {number: signal.signal(number, _interruption.note) for number in SIGNALS}
    _interruption.links = _links()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _interruption.links = []
        if _interruption.number is not None:
            os.kill(os.getpid(), _interruption.number)


def _links() -> list[tuple[int, int]]:
    """Return the processes whose parent will be another one when the controller is gone, each with its parent.

    That is this process. Of a module, it is also the worker that started it, with shells between: as the worker would wait
    for the module for ever, nothing else shows that the controller is gone. A worker is known by its parent, which runs
    the same program with the same arguments. Where that cannot be seen (another machine, no /proc), the first will do.
    """
    links = [(os.getpid(), os.getppid())]
    child, parent = links[0]
    for _ancestor in range(MOST_ANCESTORS):
        program = _program(child)
        if program and program == _program(parent):
            return links if (child, parent) in links else [*links, (child, parent)]
        child, parent = parent, _parent(parent) or 0
        if parent <= 1:
            break
    return links


def _parent(process: int) -> int | None:
    """Return the parent of a process; 0 if the process is gone, None if it cannot be known."""
    if process == os.getpid():
        return os.getppid()
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except (OSError, ValueError, IndexError):
        return None


def _program(process: int) -> bytes:
    """Return the command line of a process that Python runs; empty for another one."""
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            line = file.read()
    except OSError:
        return b""
    interpreter = os.path.basename(line.partition(b"\0")[0])
    return line if interpreter.startswith(b"python") else b""
