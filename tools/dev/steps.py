"""The steps of the tests. Each gets the file to log to, and raises Failed."""

from __future__ import annotations

import functools
import json
import pathlib
import re
import subprocess
import time

from .ansible_test import ansible_test
from .common import ROOT, Failed, Step, say, setting
from .copies import copy_collection, inside
from .cores import Core, make_core
from .environments import make_venv
from .linters import LINTERS
from .processes import run
from .sandbox import Sandbox

# Sanity tests that cannot be met on one ansible-core, and why; every run says so.
UNMEETABLE: dict[str, tuple[list[str], str]] = {
    "2.16": (["future-import-boilerplate", "metaclass-boilerplate"], "they ask for Python 2 code"),
    "2.22": (["pylint"], "the version it asks for is not published"),
}
# Integration targets that `make test` runs as modules too: what compares both shells, and one of
# each service. `make test-full` runs all of them.
AS_MODULES = ["dialogue", "errors", "mistral_execution", "shells", "zaqar_queue"]

RANDOM_DIALOGUES = "tests/e2e/test_random_dialogues.py"
# What they print of themselves.
DIALOGUES_REPORT = re.compile(r"^SEED=.*\n(?:\S.* +[\d.]+\n|way .*\n)+", re.M)

PRINT_BOUNDS = """\
import importlib.metadata, sys
for name in sys.argv[1:]:
    print(name + ">=" + importlib.metadata.version(name))
"""


class Steps:
    """The steps on one ansible-core.

    `only` names the tests to run, all of them if it is empty; `full` runs all integration targets
    as modules too. Whoever starts a sandbox for a step puts it into `sandboxes`.
    """

    def __init__(self, core: Core, only: list[str], full: bool = False) -> None:
        self.core = core
        self.only = only
        self.full = full
        self.sandboxes: dict[str, Sandbox] = {}
        self.copies: dict[str, pathlib.Path] = {}

    def named(self, name: str) -> Step:
        """The step of this name: a linter, or a method of this class."""
        if name in LINTERS:
            return functools.partial(LINTERS[name], self.core)
        step: Step = getattr(self, name)
        return step

    def environment(self, log: pathlib.Path) -> None:
        make_core(self.core, log, "test")

    def sanity(self, log: pathlib.Path) -> None:
        skipped, _reason = UNMEETABLE.get(self.core.name, ([], ""))
        options = [option for test in skipped for option in ("--skip-test", test)]
        collections = copy_collection(self.core, "sanity", log, others=True)
        # without --python each interpreter that PATH names would be tried, whether it runs or not
        options += ["--local", "--truncate", "0", "--python", self.core.version]
        ansible_test(self.core, collections, log, "sanity", *options)

    def unit(self, log: pathlib.Path) -> None:
        self._pytest("unit", log, self.only or ["tests/unit"])

    def e2e(self, log: pathlib.Path) -> None:
        self.e2e_tests(log, self.only, "e2e")

    def e2e_tests(self, log: pathlib.Path, tests: list[str], sandbox: str) -> None:
        self._pytest(sandbox, log, tests, **self.sandboxes[sandbox].env())

    def faults(self, log: pathlib.Path) -> None:
        self.dialogues(log, "faults", DIALOGUES=setting("DIALOGUES") or "200")

    def dialogues(self, log: pathlib.Path, sandbox: str, **more: str) -> None:
        """The random dialogues, and what they print of themselves."""
        env = self.sandboxes[sandbox].env() | more
        try:
            self._pytest(sandbox, log, [RANDOM_DIALOGUES], **env)
        finally:
            report = DIALOGUES_REPORT.search(log.read_text(errors="replace"))
            if report:
                say(report.group().rstrip())
            else:
                say("The dialogues did not come to an end.")

    def _pytest(self, purpose: str, log: pathlib.Path, tests: list[str], **more: str) -> None:
        if purpose not in self.copies:
            self.copies[purpose] = copy_collection(self.core, purpose, log, others=True)
        collections = self.copies[purpose]
        options = ("-q", "--import-mode=importlib", "-p", "no:cacheprovider")
        run(
            [self.core.venv / "bin" / "python", "-m", "pytest", *options, *tests],
            log,
            self.core.env(collections, PYTHONPATH=str(collections), **more),
            cwd=inside(collections),
        )

    def integration(self, log: pathlib.Path) -> None:
        collections = copy_collection(self.core, "integration", log, others=True)
        as_modules = self.only
        if not self.only and not self.full:
            as_modules = AS_MODULES
        self._integration_targets(log, collections, self.only, in_process=True)
        self._integration_targets(log, collections, as_modules, in_process=False)

    def _integration_targets(
        self, log: pathlib.Path, collections: pathlib.Path, targets: list[str], in_process: bool
    ) -> None:
        """Run integration targets in one of the two shells; all of them if none is named."""
        sandbox = self.sandboxes["integration"]
        variables = {
            "sandbox_clouds_file": str(sandbox.clouds),
            "sandbox_cloud": sandbox.cloud,
            "interactive_openstack_in_process": in_process,
        }
        config = inside(collections) / "tests" / "integration" / "integration_config.yml"
        config.write_text(json.dumps(variables))
        begin = time.monotonic()
        ansible_test(self.core, collections, log, "integration", "--local", *targets)
        shell = "in-process" if in_process else "as modules"
        say(f"      integration, {shell}: {time.monotonic() - begin:.0f} s")


class MinimumSteps(Steps):
    """The steps of `make test-minimum`, with exactly the lower bounds of requirements.txt."""

    def environment(self, log: pathlib.Path) -> None:
        requirements = ROOT / "requirements.txt"
        make_venv(
            self.core.venv,
            self.core.python,
            log,
            ansible=[self.core.requirement, "pytest"],
            oldest=["--resolution", "lowest-direct", requirements],
        )
        bounds = requirements.read_text().split()
        names = [bound.split(">=")[0] for bound in bounds]
        installed = subprocess.run(
            [self.core.venv / "bin" / "python", "-c", PRINT_BOUNDS, *names],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        if installed != bounds:
            raise Failed(
                f"These are not the lower bounds of requirements.txt: {', '.join(installed)}"
            )

    def unit(self, log: pathlib.Path) -> None:
        self._pytest("unit", log, ["tests/unit/plugins"])

    def integration(self, log: pathlib.Path) -> None:
        collections = copy_collection(self.core, "integration", log, others=True)
        self._integration_targets(log, collections, self.only, in_process=True)
