# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C, termination, and the death of the controller.

A run ends at a moment at which each request that it has sent is answered, so that it can undo what
it did. That is: before it sends a request (``raise_pending``), and in a pause (``interruptible``).
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import threading
import time
import types
import typing as t

# These end a run, which can undo what it did first.
DEFERRED_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds in which further signals count as the same one: a terminal or a service manager sends it
# to all processes, and the controller passes it on to its workers.
SAME_SIGNAL_SECONDS = 1.0
# Seconds: in longer pauses, somebody must check now and then whether the controller is still there.
CONTROLLER_CHECK_INTERVAL = 0.5
MOST_ANCESTORS = 20
INIT_PROCESS = 1  # the parent of orphans


class Interrupted(BaseException):
    """Somebody ended the run."""


class Link(t.NamedTuple):
    """A process, and the parent that it has while the controller lives."""

    child: int
    parent: int


class _Interruption:
    """Whether and when somebody ended the run."""

    def __init__(self) -> None:
        self.number: int | None = None  # of the signal that has come
        self.is_raised = False
        self.is_pausing = False
        self.links: list[Link] = []
        self._came_at = 0.0

    def handle(self, number: int, _frame: types.FrameType | None) -> None:
        """Handle a signal."""
        if self.number is None:
            self._note(number)
        elif time.monotonic() - self._came_at > SAME_SIGNAL_SECONDS:
            # Somebody insists: undo nothing, and wait for nothing more.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if self.is_pausing:
            self.raise_pending()

    def _note(self, number: int) -> None:
        self.number = number
        self._came_at = time.monotonic()

    def raise_pending(self) -> None:
        if self.is_raised or not _is_main_thread():
            return
        if self.number is None and self.is_orphaned():
            self._note(signal.SIGTERM)
        if self.number is not None:
            self.is_raised = True  # nothing interrupts what is undone after that
            raise Interrupted

    def is_orphaned(self) -> bool:
        return any(_parent(link.child) not in (link.parent, None) for link in self.links)


def _is_main_thread() -> bool:
    """Tell whether this is the main thread, the only one that handles signals."""
    return threading.current_thread() is threading.main_thread()


_interruption = _Interruption()


def pending() -> bool:
    """Tell whether a signal has come."""
    return _interruption.number is not None


def orphaned() -> bool:
    """Tell, in any thread, whether the controller is gone, so that nobody gets the result.

    Then, ``raise_pending`` raises Interrupted in the main thread.
    """
    return _interruption.is_orphaned()


def raise_pending() -> None:
    """Raise Interrupted, once, if a signal has come or the controller is gone.

    Call this before each request.
    """
    _interruption.raise_pending()


@contextlib.contextmanager
def interruptible() -> t.Iterator[None]:
    """Let a signal end the body at once by Interrupted. The body is a pause.

    Elsewhere, a signal waits for the next ``raise_pending`` or pause.
    """
    if not _is_main_thread():
        yield
        return
    _interruption.is_pausing = True
    try:
        _interruption.raise_pending()
        yield
    finally:
        _interruption.is_pausing = False


@contextlib.contextmanager
def deferred() -> t.Iterator[None]:
    """Let SIGINT, SIGTERM and the controller's death end the body by Interrupted, then the process.

    A second signal ends the process at once.
    """
    handlers = {number: signal.signal(number, _interruption.handle) for number in DEFERRED_SIGNALS}
    _interruption.links = _links()
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        _interruption.links = []
        if _interruption.number is not None:
            os.kill(os.getpid(), _interruption.number)


def _links() -> list[Link]:
    """Return the processes that get another parent when the controller is gone.

    This process is the first. A module is started by a worker, with shells between them. The worker
    would wait for the module for ever, so only the worker's own parent shows that the controller is
    gone. A worker runs the same program with the same arguments as its parent. Where none is found
    (on another machine, or without /proc), this process is the only one.
    """
    own = Link(os.getpid(), os.getppid())
    link = own
    for _ancestor in range(MOST_ANCESTORS):
        program = _program(link.child)
        if program and program == _program(link.parent):
            return [own] if link == own else [own, link]
        link = Link(link.parent, _parent(link.parent) or 0)
        if link.parent <= INIT_PROCESS:
            break
    return [own]


def _parent(process: int) -> int | None:
    """Return the parent of a process; 0 if the process is gone, None if its parent is unknown."""
    if process == os.getpid():
        return os.getppid()
    try:
        stat = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except (OSError, ValueError, IndexError):
        return None


def _program(process: int) -> bytes:
    """Return the command line of a process that runs Python; empty for another process."""
    try:
        command_line = pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
    interpreter = command_line.partition(b"\0")[0].rpartition(b"/")[2]
    return command_line if interpreter.startswith(b"python") else b""
