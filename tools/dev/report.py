"""What the person at the terminal sees of a run of tests."""

from __future__ import annotations

import pathlib
import threading
import time

from .common import Failed, Step, display_path, say
from .cores import Core
from .processes import stopping

LOG_LINES = 60  # at most, of a step that failed


class Report:
    """Prints one line a step; for a failed one also the end of its log."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.passed = 0
        self.failed = 0
        self.begin = time.monotonic()
        self.lock = threading.Lock()

    def run(self, name: str, step: Step) -> bool:
        """Run a step; return whether it passed."""
        log = self.core.logs / f"{name.replace(' ', '-')}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        begin = time.monotonic()
        failure = _failure(step, log)
        duration = time.monotonic() - begin
        if failure is None:
            self.add_passed(name, duration)
        elif not stopping.is_set():
            self.add_failed(name, duration, failure, log)
        return failure is None

    def add_passed(self, name: str, duration: float) -> None:
        with self.lock:
            self.passed += 1
            say(f"PASS  {name:<24} {duration:5.0f} s")

    def add_failed(
        self, name: str, duration: float, failure: str, log: pathlib.Path | None = None
    ) -> None:
        with self.lock:
            self.failed += 1
            say(f"FAIL  {name:<24} {duration:5.0f} s  {failure}")
            if log and log.exists():
                _say_end(log)

    def end(self) -> int:
        """Print the sums; return the exit status."""
        say(f"{time.monotonic() - self.begin:.0f} s in all")
        say(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def _failure(step: Step, log: pathlib.Path) -> str | None:
    """Run a step; return why it failed, or None if it passed."""
    try:
        step(log)
    except Failed as failure:
        return str(failure)
    except Exception as error:  # a defect of ours fails the step, not the report
        return f"{type(error).__name__}: {error}"
    return None


def _say_end(log: pathlib.Path) -> None:
    """Print the end of the log, of the last command only."""
    last_command: list[str] = []
    for line in log.read_text(errors="replace").splitlines():
        if line.startswith("$ "):
            last_command = []
        last_command.append(line)
    for line in last_command[-LOG_LINES:]:
        say(f"    | {line}")
    say(f"    the whole log: {display_path(log)}")
