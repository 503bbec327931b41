# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results as Markdown. It says what was measured and how; what follows from it is the reader's."""

from __future__ import annotations

import json
import pathlib
import typing as t

from ansible_collections.interactive.openstack.tests.bench import goals, plots, scale_tables
from ansible_collections.interactive.openstack.tests.bench.many import BARE
from ansible_collections.interactive.openstack.tests.bench.text import number, table

HEAD = """<!-- Written by `make bench` and `make bench-scale`: changes are overwritten. -->
# Benchmark

`make bench` measures this collection side by side with what else does the same work, all in one run, against a Keystone, Zaqar and
Mistral on the same machine. Medians, with the 10th and the 90th percentile; [results.json](results.json) has the rest.

The sandbox's Mistral checks each of its JSON schemas once (`roles/sandbox/files/mend_mistral.py`). Another Mistral checks them with each
definition: there, an upload takes 0.1 to 2.3 s more, in a dialogue by our modules as well as in one by commands.
"""
TASKS = """Each is a task of its own in one playbook, all kinds by turns in each of {rounds} rounds (in an order of its own; a first round
is dropped), over a local connection. The time is from the task's start to the next task's start. Requests are those of a later
round in the same playbook, to Keystone + to the other services. Ratios of medians: to `ansible.builtin.ping`, and to the fastest
of the three modules of openstack.cloud (it has none for Mistral or Zaqar; these send Keystone one request after the login).
"""
WAITS = """From the moment a post is sent until the wait is over. The waits as tasks are posted to 2 to 7 seconds after they began. The last
two are workflows that wait for their answer, until they have ended. `until` is `zaqar_pop` with `until`, `retries` and the
`delay` named. Requests are those of a wait; of a push those over the WebSocket count too.
"""
DIALOGUE = """Upload a workflow, start it, read its question, answer, resume, show the end: seconds from the start of the process to its end,
{rounds} rounds by turns. The scripts (`tests/bench/article.sh`) look again at once where a person would wait.
"""
MANY = """All executions are paused at their question before the time starts. `{bulk}` and `{loop}` are one task of a playbook
({parallel} answers at once, and one after the other); `bare requests` posts and resumes with keystoneauth and nothing else, {parallel}
at once: what the services themselves need. The end is looked for when the process that answered is gone. Memory is the peak of the
biggest process.
"""


def requests(found: dict[str, int] | None) -> str:
    return f"{found['keystone']} + {found['services']}" if found else ""


def spread_cells(found: dict[str, float]) -> list[str]:
    return [
        number(found["median"]),
        f"{number(found['p10'])} – {number(found['p90'])}",
        str(found["n"]),
    ]


def machine(results: dict[str, t.Any]) -> str:
    told = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in told["clients"].items())
    services = ", ".join(f"{name.title()} {version}" for name, version in told["services"].items())
    return (
        f"{told['date']}, {told['processor']}, {told['cores']} cores, {told['memory_gb']} GB, Linux {told['kernel']}, Python"
        f" {told['python']}; {versions}, openstack.cloud {told['openstack.cloud']}; {services}. Load average before it began:"
        f" {results['load_before']}. It took {results['seconds'] / 60:.0f} minutes.\n"
        + (
            "\n**The checkout is below /tmp, where each process with an OpenStack client looks for its plugins anew: ours and the others"
            " are slower than elsewhere.**\n"
            if told["plugins_are_found_anew"]
            else ""
        )
        + (
            "\n**A quick run with few repetitions: these numbers mean nothing.**\n"
            if results["quick"]
            else ""
        )
    )


def tasks(part: dict[str, t.Any]) -> str:
    rows = part["rows"]
    ping = next(row["ms"]["median"] for row in rows if row["task"] == "ping")
    cloud = min(row["ms"]["median"] for row in rows if row["task"].startswith("openstack.cloud."))

    def cells(row: dict[str, t.Any]) -> list[str]:
        middle = row["ms"]["median"]
        return [
            row["task"],
            row["does"],
            row["shell"],
            *spread_cells(row["ms"]),
            number(middle / ping),
            number(middle / cloud),
            requests(row["requests"]),
        ]

    order = sorted(
        rows,
        key=lambda row: (
            (row["task"], 0, row["shell"]) if row["shell"] else ("~", row["ms"]["median"], "")
        ),
    )
    return (
        TASKS.format(rounds=part["rounds"])
        + "\n"
        + table(
            [
                "task",
                "what it does",
                "shell",
                "ms",
                "p10 – p90",
                "n",
                "x ping",
                "x openstack.cloud",
                "requests",
            ],
            map(cells, order),
            words=3,
        )
        + (
            "\nWhat the start of a module's process is made of: a Python that imports this and does nothing.\n\n"
        )
        + table(
            ["imports", "ms", "p10 – p90", "n"],
            ([row["imports"], *spread_cells(row["ms"])] for row in part["starts"]),
        )
    )


def waits(part: dict[str, t.Any]) -> str:
    def cells(row: dict[str, t.Any]) -> list[str]:
        sent = row["requests"]
        return [
            row["how"],
            row["where"],
            *spread_cells(row["ms"]),
            number(sent["median"]) if sent else "",
        ]

    idle = part["idle"]
    return (
        WAITS
        + "\n"
        + table(
            ["wait", "as", "ms", "p10 – p90", "n", "requests"], map(cells, part["rows"]), words=2
        )
        + (f"\nRequests of a wait of {idle['seconds']} seconds in which nothing comes:\n\n")
        + table(
            ["wait", "requests"], ([name, str(sent)] for name, sent in idle["requests"].items())
        )
    )


def dialogue(part: dict[str, t.Any]) -> str:
    best = min(row["seconds"]["median"] for row in part["rows"] if row["how"].startswith("script"))
    text = (
        DIALOGUE.format(rounds=part["rounds"])
        + "\n"
        + table(
            ["how", "s", "p10 – p90", "n", "times as fast as the faster script", "requests", "MB"],
            (
                [
                    row["how"],
                    *spread_cells(row["seconds"]),
                    number(best / row["seconds"]["median"]),
                    requests(row["requests"]),
                    number(row["rss_mb"]),
                ]
                for row in part["rows"]
            ),
        )
    )
    ours = [row for row in part["rows"] if row["divided"]]
    text += "\nWhere the seconds of ours go, in the run that took the median:\n\n" + table(
        ["", *(row["how"].split(", ")[1] for row in ours)],
        [
            [name, *(number(row["divided"]["seconds"][name]) for row in ours)]
            for name in ours[0]["divided"]["seconds"]
        ]
        + [
            [name, *(str(row["divided"][key]) for row in ours)]
            for name, key in (
                ("tasks that ran", "tasks"),
                ("of these, modules of this collection", "modules"),
                ("tasks that were skipped", "skipped"),
            )
        ],
    )
    return (
        text
        + "\nThe slowest tasks, in milliseconds:\n\n"
        + table(
            ["task", "shell", "ms"],
            (
                [slow["task"], row["how"].split(", ")[1], number(slow["ms"])]
                for row in ours
                for slow in row["divided"]["slowest"]
            ),
            words=2,
        )
    )


def many(part: dict[str, t.Any]) -> str:
    bulk, loop = list(part["fits"])[:2]

    def cells(row: dict[str, t.Any]) -> list[str]:
        answered, ended = row["seconds"], row["ended_seconds"]["median"]
        return [
            row["how"],
            str(row["dialogues"]),
            *spread_cells(answered),
            number(answered["median"] * 1000 / row["dialogues"]),
            number(ended),
            number(ended * 1000 / row["dialogues"]),
            number(row["rss_mb"]["median"]) if "rss_mb" in row else "",
            number(row["paused_seconds"]["median"]),
            str(row["failures"]),
        ]

    def fit(how: str, key: str, unit: float) -> str:
        found = part["fits"][how].get(key)
        return f"{number(found['slope'] * unit)} (r² {found['r2']:.3f})" if found else ""

    counted = part["requests"]
    sent = {
        how: f"{counted[how]['services'] / counted['dialogues']:.1f}" for how in (bulk, loop)
    } | {BARE: "2.0"}
    return (
        MANY.format(bulk=bulk, loop=loop, parallel=part["parallel"])
        + "\n"
        + table(
            [
                "how",
                "dialogues",
                "s to answer",
                "p10 – p90",
                "n",
                "ms each",
                "s until all ended",
                "ms each",
                "MB",
                "s to start, until all paused",
                "failed",
            ],
            map(cells, part["rows"]),
        )
        + (
            "\nWhat one more dialogue adds, by the straight line that fits best, and the requests of one among "
            f"{counted['dialogues']}:\n\n"
        )
        + table(
            ["how", "ms to answer", "ms until the end", "kB", "requests"],
            (
                [
                    how,
                    fit(how, "seconds", 1000),
                    fit(how, "ended_seconds", 1000),
                    fit(how, "rss_mb", 1024),
                    sent[how],
                ]
                for how in part["fits"]
            ),
        )
    )


PARTS: dict[str, tuple[str, t.Callable[[dict[str, t.Any]], str]]] = {
    "tasks": ("What a task costs", tasks),
    "waits": ("How soon a wait returns", waits),
    "dialogue": ("A whole dialogue", dialogue),
    "many": ("Many dialogues at once", many),
}


def goal_table(results: dict[str, t.Any]) -> str:
    held = goals.held_against(results)
    return table(
        ["goal", "wanted", "found", ""],
        (
            [goal.what, goal.wanted, goal.found, "met" if goal.met else "**not met**"]
            for goal in held
        ),
        words=4,
    )


def measured(results: dict[str, t.Any]) -> dict[str, str]:
    """The text of each part that was measured."""
    return {name: make(results[name]) for name, (_title, make) in PARTS.items() if name in results}


def sections(results: dict[str, t.Any]) -> list[str]:
    page = [machine(results)]
    if goals.held_against(results):
        page += ["## Goals\n", goal_table(results)]
    for name, text in measured(results).items():
        title = PARTS[name][0]
        page += [f"## {title}\n", f"![{title}]({name}.svg)\n", text]
    return page


def write_page(folder: pathlib.Path) -> None:
    """Write README.md of what the folder has: the results of `make bench`, of `make bench-scale`,
    or both.
    """
    page = [HEAD]
    results, scale = folder / "results.json", folder / "scale.json"
    if results.exists():
        page += sections(json.loads(results.read_text()))
    if scale.exists():
        page.append(scale_tables.section(json.loads(scale.read_text())))
    (folder / "README.md").write_text("\n".join(page), encoding="utf-8")


def write(results: dict[str, t.Any], folder: pathlib.Path) -> str:
    """Write the plots and README.md into the folder that has results.json; return the tables for
    the terminal.
    """
    texts = measured(results)
    for name in texts:
        plots.PARTS[name](results[name], folder / f"{name}.svg")
    write_page(folder)
    return "\n".join([*texts.values(), goal_table(results), machine(results)])
