"""Run commands, stop all of them, and keep two runs in one checkout apart."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import signal
import subprocess
import threading
import typing as t
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from .common import DEV, ROOT, Environment, Failed, say

Follower = Callable[[str], None]

stopping = threading.Event()
_processes: set[subprocess.Popen[str]] = set()
_thread_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)


def run(
    command: Sequence[str | pathlib.Path],
    log: pathlib.Path,
    env: Environment,
    *,
    cwd: pathlib.Path = ROOT,
    failure: str = "",
    follow: Follower | None = None,
    cleanup: bool = False,
) -> None:
    """Run a command without a terminal and append its output to the log.

    `follow` gets each line of the output. After `stop_all()` only a cleanup starts, and that is not
    ended by it. Raises Failed, with the sentence `failure`, if the command fails.
    """
    if stopping.is_set() and not cleanup:
        raise Failed("stopped")
    words = [str(word) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8", errors="replace") as sink:
        sink.write(f"$ {' '.join(words)}\n")
        sink.flush()
        process = subprocess.Popen(
            words,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if follow else sink,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        status = _wait(process, sink, follow, cleanup)
    if status:
        raise Failed(failure or f"{pathlib.Path(words[0]).name} failed with status {status}", log)


def _wait(
    process: subprocess.Popen[str], sink: t.TextIO, follow: Follower | None, cleanup: bool
) -> int:
    if not cleanup:
        _processes.add(process)
    try:
        if follow and process.stdout:
            for line in process.stdout:
                sink.write(line)
                sink.flush()
                follow(line)
        return process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        _processes.discard(process)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def stop_all() -> None:
    stopping.set()
    for process in list(_processes):
        _end(process)


def thread_lock(name: str) -> threading.Lock:
    return _thread_locks[name]


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """Keep threads, and two runs in one checkout, from making or using the same thing at once."""
    DEV.mkdir(exist_ok=True)
    path = DEV / f"{name}.lock"
    with thread_lock(name), path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another run in this checkout that holds .dev/{name}.lock ...")
            _wait_for_lock(file)
        yield


def _wait_for_lock(file: t.TextIO) -> None:
    while not stopping.wait(0.2):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
    raise Failed("stopped")
