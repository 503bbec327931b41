# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work in a process with limits: what it may cost, and that no such process is left, whatever ends the wait for it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
import typing as t
import warnings

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base import limits as _limits
from ansible_collections.interactive.openstack.plugins.module_utils._base.limits import (
    Budget,
    NoRoom,
    TooMuch,
    measure,
)


def for_ever() -> None:
    re.search("^(a|a)+$", "a" * 60 + "!")


def no_child_is_left() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


@pytest.mark.parametrize("result", [None, "ü\ud800", [1, {"a": 1.5}], "x" * 500_000])
def test_what_the_work_returns(result: t.Any) -> None:
    assert Budget().spend(lambda: result) == result
    assert no_child_is_left()


@pytest.mark.parametrize(
    "work",
    [
        for_ever,
        lambda: time.sleep(600),  # takes four times its CPU time
        lambda: "x" * 2_000_000,  # more than anybody reads
        lambda: len(bytearray(10**9)),  # returns at once where memory has no limit
        lambda: os.kill(os.getpid(), signal.SIGKILL),
        lambda: sys.exit(0),
        lambda: 1 // len(""),
        object,  # JSON has none
    ],
)
def test_what_does_not_return_within_its_limits(
    monkeypatch: pytest.MonkeyPatch, work: t.Callable[[], t.Any]
) -> None:
    with pytest.raises(TooMuch):
        Budget(0.1).spend(work)
    assert no_child_is_left()


def test_what_is_used_up_is_gone() -> None:
    budget = Budget(0.1)
    with pytest.raises(TooMuch):
        budget.spend(for_ever)
    with pytest.raises(TooMuch):
        budget.spend(lambda: 1)


def open_files() -> int:
    return len(list(pathlib.Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("name", ["fork", "pipe"])
def test_no_more_processes_or_files(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """That is no word about the work, which may well be small."""

    def fail() -> t.NoReturn:
        raise BlockingIOError("no more of them")

    budget = Budget()
    before = open_files()
    with (
        monkeypatch.context() as patch,
        pytest.raises(NoRoom, match="has no process or memory left"),
    ):
        patch.setattr(os, name, fail)
        budget.spend(lambda: 1)
    assert open_files() == before
    assert budget.spend(lambda: 1) == 1


def test_a_result_is_whole_though_a_stranger_holds_the_pipe_open() -> None:
    """A child of another thread may have inherited its writing end."""
    reading, writing = os.pipe()
    os.write(writing, b"1" + _limits.END)
    assert _limits._read(reading, time.monotonic() + 600) == b"1" + _limits.END
    os.close(reading)
    os.close(writing)


def test_a_child_gets_the_pipe_of_no_other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the making of a pipe and the closing of its writing end, nobody else forks."""
    inside: list[int] = []
    most = [0]
    make, close, fork = os.pipe, os.close, os.fork

    def pipe() -> tuple[int, int]:
        ends = make()
        inside.append(ends[1])
        return ends

    def slow_fork() -> int:
        time.sleep(0.01)  # so that the others come along
        most[0] = max(most[0], len(inside))
        return fork()

    def close_and_forget(file: int) -> None:
        close(file)
        if file in inside:
            inside.remove(file)

    monkeypatch.setattr(os, "pipe", pipe)
    monkeypatch.setattr(os, "fork", slow_fork)
    monkeypatch.setattr(os, "close", close_and_forget)
    threads = [threading.Thread(target=lambda: Budget().spend(lambda: 1)) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] and inside == []


def test_the_warnings_of_the_process_are_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_limits, "WARNS_OF_FORKS", True)
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    fork, before = os.fork, list(warnings.filters)
    during: list[bool] = []

    def warning_fork() -> int:
        with warnings.catch_warnings(record=True) as recorded:
            warnings.warn(
                "This process (pid=1) is multi-threaded, use of fork() may lead to",
                DeprecationWarning,
                stacklevel=1,
            )
        during.append(not recorded)
        return fork()

    monkeypatch.setattr(os, "fork", warning_fork)
    assert Budget().spend(lambda: 1) == 1
    assert during == [True] and warnings.filters == before
    assert not any(
        pattern and "multi-threaded" in pattern.pattern
        for _action, pattern, *_more in warnings.filters
    )


def test_threads() -> None:
    results: list[t.Any] = []

    def work() -> None:
        for number in range(5):
            results.append(Budget().spend(lambda number=number: number))

    threads = [threading.Thread(target=work) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted(list(range(5)) * 4)
    assert no_child_is_left()


def test_a_task_s_timeout_ends_the_child_too() -> None:
    class Timeout(Exception):
        pass

    def ring(_number: int, _frame: t.Any) -> None:
        raise Timeout

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Timeout):
            Budget(600).spend(for_ever)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert no_child_is_left()


def test_a_signal_that_another_thread_gets_leaves_no_child_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Timeout(Exception):
        pass

    def ring(_number: int, _frame: t.Any) -> None:
        raise Timeout

    def get_signal() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
        signal.raise_signal(signal.SIGALRM)

    fork = os.fork

    def disturbed_fork() -> int:
        process = fork()
        if process:
            thread = threading.Thread(target=get_signal)
            thread.start()
            thread.join()
        return process

    monkeypatch.setattr(os, "fork", disturbed_fork)
    before = signal.signal(signal.SIGALRM, ring)
    try:
        with pytest.raises(Timeout):
            Budget(5).spend(for_ever)
        assert signal.getsignal(signal.SIGALRM) is ring
    finally:
        signal.signal(signal.SIGALRM, before)
    assert no_child_is_left()


PROGRAM = """
import os, re, signal, sys
from ansible_collections.interactive.openstack.plugins.module_utils._base import signals
from ansible_collections.interactive.openstack.plugins.module_utils._base import limits as _limits
def work():
    print("begun", flush=True)
    re.search("^(a|a)+$", "a" * 60 + "!")
def main():
    try:
        with signals.deferred():
            try:
                _limits.Budget(float(sys.argv[1])).spend(work)
            except signals.Interrupted:
                print("interrupted", flush=True)
                raise
    except _limits.TooMuch:
        print("too much", flush=True)
"""
WORKER = (
    PROGRAM
    + """
if os.fork():
    print("controller", flush=True)
    signal.pause()
main()
"""
)


def start(program: str, seconds: float) -> subprocess.Popen[str]:
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    return subprocess.Popen(
        [sys.executable, "-c", program, str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    )


def read_until(process: subprocess.Popen[str], word: str) -> None:
    for line in t.cast(t.Iterable[str], process.stdout):
        if line.strip() == word:
            return
    raise AssertionError(f"it ended without '{word}'")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_comparison_at_once(number: int) -> None:
    with start(PROGRAM + "main()", 600) as process:
        read_until(process, "begun")
        process.send_signal(number)
        # the end of the pipe: the child, which has it too, is gone
        assert process.stdout and process.stdout.read().split() == ["interrupted"]


def test_a_worker_whose_controller_is_killed_in_the_midst_of_a_comparison_ends() -> None:
    with start(WORKER, 600) as process:
        read_until(process, "begun")
        process.kill()
        assert process.stdout and "interrupted" in process.stdout.read().split()


def test_a_comparison_ends_by_itself_when_everybody_else_was_killed() -> None:
    with start(PROGRAM + "main()", 0.1) as process:
        read_until(process, "begun")
        process.kill()
        assert process.stdout and process.stdout.read() == ""


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        ({"a": [1, "b", None, True, 1.5]}, ""),
        (10**301, _limits.TOO_LARGE_A_NUMBER),
        (float("nan"), _limits.ENDLESS),
        ([["x"]] * 60_000, _limits.TOO_LARGE),
        ({"x" * 3_000_000: 1}, _limits.TOO_LARGE),
        (json.loads("[" * 101 + "1" + "]" * 101), _limits.TOO_DEEP),
        (json.loads("[" * 99 + "1" + "]" * 99), ""),
    ],
)
def test_sizes(value: t.Any, flaw: str) -> None:
    assert measure(value).flaw == flaw


def test_what_holds_itself_is_too_much() -> None:
    value: list[t.Any] = []
    value.append(value)
    assert measure(value).flaw == _limits.TOO_DEEP
