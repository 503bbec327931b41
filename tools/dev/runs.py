"""Run the steps of the tests side by side: most of a test is waiting."""

from __future__ import annotations

import functools
import pathlib
import queue
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from .common import ROOT, Step, display_path, say, setting
from .processes import lock, stop_all, stopping
from .report import Report
from .sandbox import DISTRIBUTED, Sandbox
from .steps import RANDOM_DIALOGUES, UNMEETABLE, Steps

# The sandboxes that end-to-end tests run on, each with one file of them at a time.
E2E_SANDBOXES = ("e2e", "e2e-2")
# These kill services, which take the longer to come back the busier the machine is. They come
# after the largest of the others: sanity, linters and integration tests have ended by then.
E2E_LATER = ("test_faults.py", "test_random_dialogues.py")
E2E_BEFORE_THOSE = 3


class Run:
    """One run of some steps, and its report."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.report = Report(steps.core)

    def run(
        self,
        alone: Iterable[str] = (),
        with_sandbox: Iterable[str] = (),
        e2e_on_all_sandboxes: bool = False,
        on_distributed: bool = False,
    ) -> int:
        """Run steps, and return the exit status.

        The steps `alone` run one after the other. Beside them runs each of those that need a
        sandbox, which has the name of the step. The end-to-end tests run on two more, or on one
        that is distributed.
        """
        alone = list(alone)
        self._announce(alone)
        if self.report.run("environment", self.steps.environment):
            # not threading.Thread: a join() that was interrupted takes the thread for ended
            with ThreadPoolExecutor() as pool:
                work = [pool.submit(self._run_alone, alone)]
                for name in with_sandbox:
                    steps = [(name, self.steps.named(name))]
                    work.append(pool.submit(self._run_on_sandbox, name, steps))
                if e2e_on_all_sandboxes:
                    files = _e2e_files()
                    for name in E2E_SANDBOXES:
                        steps_of_files = self._e2e_steps(name, files)
                        work.append(pool.submit(self._run_on_sandbox, name, steps_of_files))
                if on_distributed:
                    steps_there = self._distributed_steps()
                    work.append(pool.submit(self._run_on_sandbox, "distributed", steps_there))
                _wait(work)
        return self.report.end()

    def _announce(self, alone: list[str]) -> None:
        core = self.steps.core
        logs = display_path(core.logs)
        say(f"Testing on ansible-core {core.name}, Python {core.version}; logs: {logs}")
        if "sanity" in alone and core.name in UNMEETABLE:
            tests, reason = UNMEETABLE[core.name]
            say(f"Left out of sanity on ansible-core {core.name}: {', '.join(tests)} ({reason}).")

    def _run_alone(self, names: list[str]) -> None:
        for name in names:
            self.report.run(name, self.steps.named(name))

    def _run_on_sandbox(self, name: str, steps: Iterable[tuple[str, Step]]) -> None:
        """Start a sandbox, run some steps on it, and stop it, whatever happens.

        KEEP=1 leaves it running for the next time.
        """
        with lock(f"sandbox-{name}"):
            try:
                if self.report.run(f"sandbox {name}", functools.partial(self._start, name)):
                    for step_name, step in steps:
                        self.report.run(step_name, step)
                elif not stopping.is_set():
                    self.report.add_failed(name, 0, "not run: its sandbox did not start")
            finally:
                self._end_sandbox(name)

    def _start(self, name: str, log: pathlib.Path) -> None:
        stack = DISTRIBUTED if name == "distributed" else {}
        sandbox = Sandbox(self.steps.core, f"sandbox-{name}", stack=stack)
        self.steps.sandboxes[name] = sandbox
        sandbox.start(log)

    def _end_sandbox(self, name: str) -> None:
        sandbox = self.steps.sandboxes.get(name)
        if sandbox is None:
            return
        if setting("KEEP") and not stopping.is_set():
            sandbox.say_kept()
        else:
            self.report.run(f"sandbox {name} stop", sandbox.stop)

    def _e2e_steps(
        self, sandbox: str, files: queue.SimpleQueue[pathlib.Path]
    ) -> Iterator[tuple[str, Step]]:
        """Take the next file of end-to-end tests, as often as a sandbox is done with one."""
        while not stopping.is_set():
            try:
                file = files.get_nowait()
            except queue.Empty:
                return
            name = file.stem.removeprefix("test_")
            tests = [str(file.relative_to(ROOT))]
            yield (
                f"e2e {name}",
                functools.partial(self.steps.e2e_tests, tests=tests, sandbox=sandbox),
            )

    def _distributed_steps(self) -> Iterator[tuple[str, Step]]:
        """All end-to-end tests, and the random dialogues with all slowed down; or those of T."""
        name = "distributed"
        if self.steps.only:
            tests = functools.partial(self.steps.e2e_tests, tests=self.steps.only, sandbox=name)
            yield ("e2e", tests)
            return
        yield from self._e2e_steps(name, _e2e_files(but=RANDOM_DIALOGUES))
        yield "random dialogues", functools.partial(self.steps.dialogues, sandbox=name)
        slow = functools.partial(self.steps.dialogues, sandbox=name, SLOW="1")
        yield "random dialogues, slow", slow


def _wait(work: list[Future[None]]) -> None:
    try:
        for future in work:
            future.result()
    except BaseException:
        stop_all()
        raise


def _e2e_files(but: str = "") -> queue.SimpleQueue[pathlib.Path]:
    """The end-to-end tests, the largest files first: then no sandbox works alone for long."""
    paths = [path for path in (ROOT / "tests" / "e2e").glob("test_*.py") if path != ROOT / but]
    paths.sort(key=lambda path: path.stat().st_size, reverse=True)
    later = [path for path in paths if path.name in E2E_LATER]
    others = [path for path in paths if path.name not in E2E_LATER]
    files: queue.SimpleQueue[pathlib.Path] = queue.SimpleQueue()
    for path in (*others[:E2E_BEFORE_THOSE], *later, *others[E2E_BEFORE_THOSE:]):
        files.put(path)
    return files
