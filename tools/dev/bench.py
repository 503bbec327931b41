"""The benchmark, on a sandbox of its own."""

from __future__ import annotations

import pathlib

from .common import DEV, ROOT, SERVICES, display_path, new_log, say, setting
from .copies import copy_collection
from .cores import Core, chosen_core, make_core
from .processes import lock, run, stopping
from .progress import Progress
from .sandbox import Sandbox


def bench() -> None:
    """Run the benchmark. What QUICK or T shorten leaves the published results alone."""
    core, progress, log = chosen_core(), Progress(3), new_log("bench")
    options = setting("T").split()
    if setting("QUICK"):
        options.append("--quick")
    output = ROOT / "docs" / "benchmark"
    if options:
        output = DEV / "bench" / "results"
    with progress(
        f"Python environment in .dev/core-{core.name}: ansible-core {core.name}, "
        "OpenStack clients, matplotlib"
    ):
        make_core(core, log, "bench")
    with lock("sandbox-bench"):
        sandbox = Sandbox(core, "sandbox-bench")
        try:
            with progress("Sandbox in .dev/sandbox-bench: Keystone, Zaqar, Mistral") as follow:
                sandbox.start(log, follow)
            say(progress.heading("Benchmark"))
            _measure(core, sandbox, options, output, log)
        finally:
            if setting("KEEP") and not stopping.is_set():
                sandbox.say_kept()
            else:
                sandbox.stop(log)
    say(f"The same with plots: {display_path(output / 'README.md')}")


def _measure(
    core: Core, sandbox: Sandbox, options: list[str], output: pathlib.Path, log: pathlib.Path
) -> None:
    collections = copy_collection(core, "bench", log, others=True)
    run_bench(
        core,
        collections,
        log,
        "bench",
        *options,
        *("--work", DEV / "bench" / "work"),
        *("--output", output),
        **sandbox.env(),
    )


def run_bench(
    core: Core,
    collections: pathlib.Path,
    log: pathlib.Path,
    program: str,
    *options: str | pathlib.Path,
    **more: str,
) -> None:
    """Run a program of tests/bench, whose output goes to the terminal as well."""
    module = f"ansible_collections.interactive.openstack.tests.bench.{program}"
    run(
        [core.venv / "bin" / "python", "-m", module, "--services", SERVICES, *options],
        log,
        core.env(collections, PYTHONPATH=str(collections), PYTHONUNBUFFERED="1", **more),
        follow=lambda line: say(line.rstrip()),
        failure="The benchmark did not come to an end",
    )
