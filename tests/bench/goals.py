# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The goals, each held against what was measured. Medians are compared; where there are several of
a kind, our worst with their best.
"""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.tests.bench.many import BARE, BULK

MOST_MS = 60  # of a task in-process
OF_PING, OF_CLOUD = 1 / 4, 1 / 10  # of an in-process task
MODULE_OF_CLOUD = 1.1  # of a module
FASTER_THAN_SCRIPT = 3
GROWTH = 1.3  # of what one dialogue takes among the most, compared with a fifth of them
SMALL_KB = 20  # a dialogue's memory that is too little to tell from chance


class Goal(t.NamedTuple):
    what: str
    wanted: str
    found: str
    met: bool


def single(row: dict[str, t.Any]) -> bool:
    """Whether a row is of one of our modules that sends its service one request."""
    return bool(row["shell"]) and row["requests"] is not None and row["requests"]["services"] == 1


def of_tasks(part: dict[str, t.Any]) -> list[Goal]:
    rows = part["rows"]
    ping = next(row["ms"]["median"] for row in rows if row["task"] == "ping")
    cloud = min(
        (row for row in rows if row["task"].startswith("openstack.cloud.")),
        key=lambda row: row["ms"]["median"],
    )
    worst = {
        shell: max(
            (row for row in rows if single(row) and row["shell"] == shell),
            key=lambda row: row["ms"]["median"],
            default=None,
        )
        for shell in ("in-process", "module")
    }
    goals = []
    theirs = cloud["ms"]["median"]
    if worst["in-process"]:
        slow = worst["in-process"]["ms"]["median"]
        what = f"slowest module of one request, in-process ({worst['in-process']['task']})"
        goals += [
            Goal(what, f"at most {MOST_MS} ms", f"{slow:.0f} ms", slow <= MOST_MS),
            Goal(
                "the same, beside ansible.builtin.ping",
                f"at most 1/4 of {ping:.0f} ms",
                f"1/{ping / slow:.1f}",
                slow <= ping * OF_PING,
            ),
            Goal(
                f"the same, beside {cloud['task']}",
                f"at most 1/10 of {theirs:.0f} ms",
                f"1/{theirs / slow:.1f}",
                slow <= theirs * OF_CLOUD,
            ),
        ]
    if worst["module"]:
        slow = worst["module"]["ms"]["median"]
        goals.append(
            Goal(
                f"slowest module of one request, as a module ({worst['module']['task']}), beside {cloud['task']}",
                f"at most {MODULE_OF_CLOUD} of {theirs:.0f} ms",
                f"{slow / theirs:.2f} ({slow:.0f} ms)",
                slow <= theirs * MODULE_OF_CLOUD,
            )
        )
    return goals


def of_dialogue(part: dict[str, t.Any]) -> list[Goal]:
    seconds = {row["how"]: row["seconds"]["median"] for row in part["rows"]}
    script, best = min((value, how) for how, value in seconds.items() if how.startswith("script"))
    return [
        Goal(
            f"a whole dialogue, {how.split(', ')[1]}, beside the {best}",
            f"{FASTER_THAN_SCRIPT} times as fast",
            f"{script / value:.1f} times ({value:.1f} s, {script:.1f} s)",
            script >= FASTER_THAN_SCRIPT * value,
        )
        for how, value in seconds.items()
        if how.startswith("interactive.openstack.") and "in-process" in how
    ]


def of_many(part: dict[str, t.Any]) -> list[Goal]:
    rows = sorted(
        (row for row in part["rows"] if row["how"] == BULK), key=lambda row: row["dialogues"]
    )
    bare = sorted(
        (row for row in part["rows"] if row["how"] == BARE), key=lambda row: row["dialogues"]
    )
    least, fewer, most = rows[0], rows[-2], rows[-1]
    goals = []
    for key, what in (("seconds", "time to answer"), ("ended_seconds", "time until the end")):
        one, other = (row[key]["median"] / row["dialogues"] for row in (fewer, most))
        services_one, services_other = (row[key]["median"] / row["dialogues"] for row in bare[-2:])
        goals.append(
            Goal(
                f"{what} per dialogue, {most['dialogues']} beside {fewer['dialogues']}",
                f"at most {GROWTH} times",
                f"{other / one:.2f} times ({other * 1000:.0f} ms, {one * 1000:.0f} ms); {BARE}:"
                f" {services_other / services_one:.2f} times",
                other <= GROWTH * one,
            )
        )
    one, other = (
        (row["rss_mb"]["median"] - least["rss_mb"]["median"])
        * 1024
        / (row["dialogues"] - least["dialogues"])
        for row in (fewer, most)
    )
    failed = sum(row["failures"] for row in rows)
    return [
        *goals,
        Goal(
            f"memory that each dialogue adds, {most['dialogues']} beside {fewer['dialogues']}",
            f"at most {GROWTH} times, or {SMALL_KB} kB",
            f"{other:.0f} kB, {one:.0f} kB",
            other <= max(GROWTH * one, SMALL_KB),
        ),
        Goal("dialogues that failed", "none", str(failed), failed == 0),
    ]


PARTS = {"tasks": of_tasks, "dialogue": of_dialogue, "many": of_many}


def held_against(results: dict[str, t.Any]) -> list[Goal]:
    return [goal for name, part in PARTS.items() if name in results for goal in part(results[name])]
