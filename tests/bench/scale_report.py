# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the rounds of `make bench-scale` together, and writes them into the benchmark's page."""

from __future__ import annotations

import argparse
import json
import pathlib

from ansible_collections.interactive.openstack.tests.bench import machine, report, scale_tables
from ansible_collections.interactive.openstack.tests.bench.harness import COLLECTION, say
from ansible_collections.interactive.openstack.tests.bench.text import rounded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the page says that it means nothing")
    parser.add_argument("--services", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True, help="a folder")
    parser.add_argument("rounds", type=pathlib.Path, nargs="+", help="files, in their order")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    results = rounded(
        {
            "quick": options.quick,
            "machine": machine.described(options.services, COLLECTION.parents[2]),
            "rounds": [json.loads(file.read_text()) for file in options.rounds],
        }
    )
    (options.output / "scale.json").write_text(json.dumps(results, indent=1) + "\n")
    report.write_page(options.output)
    say("\n" + scale_tables.section(results))


if __name__ == "__main__":
    main()
