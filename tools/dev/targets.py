"""The Makefile's targets."""

from __future__ import annotations

from collections.abc import Callable

from . import bench, demo, scale, upkeep
from .common import setting
from .cores import chosen_core, oldest_core
from .linters import LINTERS
from .runs import Run
from .steps import MinimumSteps, Steps


def _some_tests() -> Run:
    """A run of those tests that T names."""
    return Run(Steps(chosen_core(), _named_tests()))


def _named_tests() -> list[str]:
    return setting("T").split()


def _minimum_tests(only: list[str]) -> int:
    run = Run(MinimumSteps(oldest_core(), only))
    return run.run(["unit"], with_sandbox=["integration"])


def _all_tests(full: bool = False) -> int:
    run = Run(Steps(chosen_core(), [], full))
    return run.run(
        ["unit", "sanity", *LINTERS], with_sandbox=["integration"], e2e_on_all_sandboxes=True
    )


def check() -> int:
    return Run(Steps(chosen_core(), [])).run(["unit", *LINTERS])


def lint() -> int:
    return Run(Steps(chosen_core(), [])).run(LINTERS)


def test_full() -> int:
    return max(_all_tests(full=True), _minimum_tests([]))


def test_minimum() -> int:
    return _minimum_tests(_named_tests())


def test_unit() -> int:
    return _some_tests().run(["unit"])


def test_sanity() -> int:
    return _some_tests().run(["sanity"])


def test_integration() -> int:
    return _some_tests().run(with_sandbox=["integration"])


def test_e2e() -> int:
    if _named_tests():
        return _some_tests().run(with_sandbox=["e2e"])
    return _some_tests().run(e2e_on_all_sandboxes=True)


def test_faults() -> int:
    return _some_tests().run(with_sandbox=["faults"])


def test_distributed() -> int:
    return _some_tests().run(on_distributed=True)


TARGETS: dict[str, Callable[[], int | None]] = {
    "bench": bench.bench,
    "bench-scale": scale.bench_scale,
    "build": upkeep.build,
    "check": check,
    "clean": upkeep.clean,
    "demo": demo.demo,
    "lint": lint,
    "lock": upkeep.lock_versions,
    "sandbox": demo.sandbox_up,
    "sandbox-down": demo.sandbox_down,
    "test": _all_tests,
    "test-distributed": test_distributed,
    "test-e2e": test_e2e,
    "test-faults": test_faults,
    "test-full": test_full,
    "test-integration": test_integration,
    "test-minimum": test_minimum,
    "test-sanity": test_sanity,
    "test-unit": test_unit,
}
