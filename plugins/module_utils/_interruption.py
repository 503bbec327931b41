# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C, and being terminated: at a moment at which everything that was sent is answered, so that it can be undone."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import typing as t

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """Somebody ended the run."""


class _Interruption:
    def __init__(self) -> None:
        self.number: int | None = None  # of the signal that has come
        self.raised = False
        self.pausing = False

    def note(self, number: int, _frame: t.Any) -> None:
        self.number = self.number or number
        if self.pausing:
            self.check()

    def check(self) -> None:
        if self.number and not self.raised and _in_main_thread():
            self.raised = True  # what is undone after that is not interrupted
            raise Interrupted


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()  # the only one that gets signals


_interruption = _Interruption()


def has_come() -> bool:
    return _interruption.number is not None


def check() -> None:
    """Raise Interrupted, once, if a signal has come. To be called before something is sent."""
    _interruption.check()


@contextlib.contextmanager
def pause() -> t.Iterator[None]:
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
    """Have SIGINT and SIGTERM end what is in here by Interrupted, and then do what they do otherwise."""
    before = {number: signal.signal(number, _interruption.note) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if _interruption.number:
            os.kill(os.getpid(), _interruption.number)
