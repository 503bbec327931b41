# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark, as `make bench` runs it against a sandbox of its own: measures each part, writes
results, tables and plots.

How long something took never makes it fail.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import sys
import time

from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.tests.bench import (
    dialogue,
    machine,
    many,
    report,
    tasks,
    waits,
)
from ansible_collections.interactive.openstack.tests.bench.harness import (
    COLLECTION,
    Bench,
    BenchError,
    say,
)
from ansible_collections.interactive.openstack.tests.bench.text import rounded

PARTS = {
    "tasks": (tasks.measure, "What a task costs"),
    "waits": (waits.measure, "How soon a wait returns"),
    "dialogue": (dialogue.measure, "A whole dialogue"),
    "many": (many.measure, "Many dialogues at once"),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; all by default")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few repetitions: to see whether it works, not how fast it is",
    )
    parser.add_argument(
        "--work", type=pathlib.Path, required=True, help="a folder for playbooks and logs"
    )
    parser.add_argument(
        "--services",
        type=pathlib.Path,
        required=True,
        help="the environment that the services run on",
    )
    parser.add_argument(
        "--output", type=pathlib.Path, required=True, help="a folder for the results"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    arguments.output.mkdir(parents=True, exist_ok=True)
    bench = Bench(arguments.work, arguments.quick)
    begun = time.monotonic()
    results: dict = {
        "quick": arguments.quick,
        "machine": machine.described(arguments.services, COLLECTION.parents[2]),
        "load_before": machine.load(),
    }
    for name in arguments.parts or PARTS:
        measure, title = PARTS[name]
        say(f"{title} ...")
        part = time.monotonic()
        try:
            results[name] = measure(bench)
        except (BenchError, Failure) as error:
            say(str(error))
            return 1
        say(f"  done ({time.monotonic() - part:.0f} s)")
    results["seconds"] = round(time.monotonic() - begun)
    (arguments.output / "results.json").write_text(json.dumps(rounded(results), indent=1) + "\n")
    say("\n" + report.write(results, arguments.output))
    return 0


if __name__ == "__main__":
    sys.exit(main())
