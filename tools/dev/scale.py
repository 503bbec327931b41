"""Many dialogues on several stacks, each round on a sandbox of its own."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
import shutil

from .bench import run_bench
from .common import DEV, ROOT, Failed, display_path, new_log, say, setting
from .copies import copy_collection
from .cores import Core, chosen_core, make_core
from .processes import lock, stopping
from .progress import Progress
from .sandbox import DISTRIBUTED, Sandbox

STACKS: dict[str, dict[str, str | int]] = {
    "one process, SQLite": {},
    "PostgreSQL, RabbitMQ, 1 engine": DISTRIBUTED | {"sandbox_mistral_engines": 1},
    "PostgreSQL, RabbitMQ, 2 engines": DISTRIBUTED | {"sandbox_mistral_engines": 2},
}
WAYS = "dialogue_answer_bulk", "auto_resume"
NUMBERS = 10, 100, 300
MOST = 1000
QUICK_NUMBERS = (5,)
SANDBOX = "sandbox-scale"
WORK = DEV / "bench" / "scale"


@dataclasses.dataclass(frozen=True)
class Round:
    """So many dialogues on one stack, answered in one way, and the file for the result."""

    stack: str
    way: str
    dialogues: int

    @property
    def file(self) -> pathlib.Path:
        place = list(STACKS).index(self.stack)
        return WORK / f"{self.way}-{self.dialogues}-{place}.json"


def numbers(quick: bool, most: str) -> tuple[int, ...]:
    """How many dialogues the rounds have; `most` is what DIALOGUES says."""
    if most and not (most.isdecimal() and int(most)):
        raise Failed(f"DIALOGUES={most} is not a number of dialogues")
    if quick:
        return (int(most),) if most else QUICK_NUMBERS
    largest = int(most or MOST)
    return (*(number for number in NUMBERS if number < largest), largest)


def rounds(of: tuple[int, ...]) -> list[Round]:
    """The rounds in the order in which they run: the shorter ones first."""
    return [Round(stack, way, number) for number, way, stack in itertools.product(of, WAYS, STACKS)]


def bench_scale() -> None:
    """Measure the stacks. A run that is quick or small leaves the published results alone."""
    core, log, quick = chosen_core(), new_log("bench-scale"), bool(setting("QUICK"))
    planned = rounds(numbers(quick, setting("DIALOGUES")))
    is_small = quick or max(each.dialogues for each in planned) < MOST
    output = DEV / "bench" / "results" if is_small else ROOT / "docs" / "benchmark"
    progress = Progress(len(planned) + 1)
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with progress(f"Python environment in .dev/core-{core.name}"):
        make_core(core, log, "bench")
    with lock(SANDBOX):
        collections = copy_collection(core, "bench-scale", log, others=True)
        for each in planned:
            title = f"{each.stack}: {each.dialogues} dialogues, {each.way}"
            say(progress.heading(title))
            _try(core, collections, each, log)
    options = ["--quick"] if is_small else []
    files = [each.file for each in planned if each.file.exists()]
    if not files:
        raise Failed("No round came to an end", log)
    run_bench(core, collections, log, "scale_report", *options, "--output", output, *files)
    say(f"The same: {display_path(output / 'README.md')}")
    if len(files) < len(planned):
        raise Failed(f"{len(planned) - len(files)} rounds did not come to an end", log)


def _try(core: Core, collections: pathlib.Path, each: Round, log: pathlib.Path) -> None:
    """Hold a round. One that fails is left out: the others took hours."""
    try:
        _hold(core, collections, each, log)
    except Failed as failure:
        if stopping.is_set():
            raise
        say(f"      {failure}")


def _hold(core: Core, collections: pathlib.Path, each: Round, log: pathlib.Path) -> None:
    """Hold a round on a new sandbox, which is removed again."""
    sandbox = Sandbox(core, SANDBOX, collections, STACKS[each.stack])
    sandbox.stop(log)  # what an earlier run has left
    try:
        sandbox.start(log)
        run_bench(
            core,
            collections,
            log,
            "scale",
            *("--stack", each.stack, "--way", each.way, "--dialogues", str(each.dialogues)),
            *("--sandbox", sandbox.path, "--work", WORK / "work", "--output", each.file),
            **sandbox.env(),
        )
    finally:
        sandbox.stop(log)
