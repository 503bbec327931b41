# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run ends: real processes that are signalled, or whose controller is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base import signals

RUN = """
import signal, sys, time
from ansible_collections.interactive.openstack.plugins.module_utils._base import signals
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background ignores it
signals.SAME_SIGNAL_SECONDS = {same_seconds}
with signals.deferred():
    print("begun", flush=True)
    try:
        for _time in range(1500):  # half a minute, if nothing ends it
            {look}
            time.sleep(0.02)
    except signals.Interrupted:
        print("interrupted", flush=True)
        {undo}
"""
CHECK = "signals.raise_pending()"
SAME_SECONDS = 0.1  # less than in reality, so that the test need not wait as long
# as the task queue manager, and the local connection of a worker, start what runs a task
CONTROLLER = """
import os, subprocess, sys, time
if os.fork():
    print("controller", os.getpid(), flush=True)
    time.sleep(600)
{task}
os._exit(0)
"""
AS_MODULE = (
    "subprocess.run(['/bin/sh', '-c', '/bin/sh -c \\'\"$PYTHON\" -c \"$RUN\"\\' && sleep 0'])"
)


def program_of_task(look: str = CHECK, undo: str = "pass") -> str:
    return RUN.format(look=look, undo=undo, same_seconds=SAME_SECONDS)


def start(program: str) -> subprocess.Popen[str]:
    run = program_of_task()
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), PYTHON=sys.executable, RUN=run)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    )


def read_until(process: subprocess.Popen[str], word: str) -> list[str]:
    """Return the lines up to the one that begins with a word."""
    lines: list[str] = []
    for line in t.cast(t.Iterable[str], process.stdout):
        lines.append(line.strip())
        if line.startswith(word):
            return lines
    raise AssertionError(f"ended without '{word}': {lines}")


@pytest.mark.parametrize("task", [program_of_task(), AS_MODULE], ids=["in-process", "as a module"])
def test_what_runs_a_task_ends_when_its_controller_is_killed(task: str) -> None:
    with start(CONTROLLER.format(task=task)) as process:
        read_until(process, "begun")
        process.kill()
        # the end of the pipe: nobody is left who holds it
        assert process.stdout and process.stdout.read().split() == ["interrupted"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_undo_and_ends_the_process(number: int) -> None:
    with start(program_of_task()) as process:
        read_until(process, "begun")
        process.send_signal(number)
        assert process.stdout and process.stdout.read().split() == ["interrupted"]
        assert process.wait() == -number


def test_a_second_signal_ends_what_does_not_look() -> None:
    with start(program_of_task(look="pass")) as process:
        read_until(process, "begun")
        process.send_signal(signal.SIGINT)
        time.sleep(SAME_SECONDS + 0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait() == -signal.SIGINT
        assert process.stdout and process.stdout.read() == ""


def test_what_comes_at_once_is_one_signal() -> None:
    with start(program_of_task(undo="time.sleep(0.05); print('undone', flush=True)")) as process:
        read_until(process, "begun")
        process.send_signal(signal.SIGTERM)
        read_until(process, "interrupted")
        process.send_signal(signal.SIGTERM)
        read_until(process, "undone")


def test_nobody_is_orphaned_whose_parent_lives() -> None:
    with signals.deferred():
        assert not signals.orphaned()


@pytest.mark.parametrize(
    ("later", "killed"), [(0.0, []), (signals.SAME_SIGNAL_SECONDS + 1, [signal.SIGTERM])]
)
def test_the_first_signal_of_an_orphan_is_no_second_one(
    monkeypatch: pytest.MonkeyPatch, later: float, killed: list[int]
) -> None:
    """Whoever killed the controller also sends a signal to its workers.

    A worker that has noticed by itself takes that for the same signal, and goes on undoing.
    """
    now = 1000.0
    sent: list[int] = []
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(os, "kill", lambda _process, number: sent.append(number))
    monkeypatch.setattr(signal, "signal", lambda _number, _handler: None)
    interruption = signals._Interruption()
    monkeypatch.setattr(interruption, "is_orphaned", lambda: True)
    with pytest.raises(signals.Interrupted):
        interruption.raise_pending()
    now += later
    interruption.handle(signal.SIGTERM, None)
    assert sent == killed
