# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One plot for each part of the benchmark: a point is a median, the line through it goes from the
10th to the 90th percentile.
"""

from __future__ import annotations

import pathlib
import typing as t

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

matplotlib.rcParams.update(
    {
        "svg.hashsalt": "bench",
        "svg.fonttype": "none",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)
COLOURS = {"in-process": "tab:green", "module": "tab:orange", "": "tab:gray"}


def save(figure: t.Any, file: pathlib.Path) -> None:
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    # no blanks at the ends of lines, for whoever looks at the difference
    file.write_text("".join(f"{line.rstrip()}\n" for line in file.read_text().splitlines()))


def points(
    axes: t.Any,
    places: t.Iterable[float],
    spreads: list[dict[str, float]],
    colour: str,
    label: str | None = None,
) -> None:
    middle = [found["median"] for found in spreads]
    around = [
        [found["median"] - found["p10"] for found in spreads],
        [found["p90"] - found["median"] for found in spreads],
    ]
    axes.errorbar(
        middle,
        list(places),
        xerr=around,
        fmt="o",
        color=colour,
        markersize=5,
        capsize=2,
        label=label,
    )


def tasks(part: dict[str, t.Any], file: pathlib.Path) -> None:
    rows = part["rows"]
    middle = {
        name: min(row["ms"]["median"] for row in rows if row["task"] == name)
        for name in {row["task"]: None for row in rows}
    }
    order = sorted(
        middle,
        key=lambda name: (any(row["shell"] for row in rows if row["task"] == name), -middle[name]),
    )
    figure, axes = pyplot.subplots(figsize=(8, 0.24 * len(order) + 1))
    for shell, colour in COLOURS.items():
        these = [row for row in rows if row["shell"] == shell]
        points(
            axes,
            [order.index(row["task"]) for row in these],
            [row["ms"] for row in these],
            colour,
            shell or "others",
        )
    axes.set_yticks(range(len(order)), order)
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds per task")
    axes.grid(axis="x", which="both", alpha=0.3)
    axes.legend(loc="lower left")
    save(figure, file)


def waits(part: dict[str, t.Any], file: pathlib.Path) -> None:
    rows = part["rows"][::-1]
    figure, axes = pyplot.subplots(figsize=(8, 0.35 * len(rows) + 1))
    points(axes, range(len(rows)), [row["ms"] for row in rows], "tab:blue")
    axes.set_yticks(range(len(rows)), [f"{row['how']} ({row['where']})" for row in rows])
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds from the post to the end of the wait")
    axes.grid(axis="x", alpha=0.3)
    save(figure, file)


def dialogue(part: dict[str, t.Any], file: pathlib.Path) -> None:
    rows = part["rows"][::-1]
    figure, axes = pyplot.subplots(figsize=(8, 0.4 * len(rows) + 1))
    axes.barh(
        range(len(rows)), [row["seconds"]["median"] for row in rows], color="tab:blue", alpha=0.5
    )
    points(axes, range(len(rows)), [row["seconds"] for row in rows], "tab:blue")
    axes.set_yticks(range(len(rows)), [row["how"] for row in rows])
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds for the whole dialogue")
    save(figure, file)


def many(part: dict[str, t.Any], file: pathlib.Path) -> None:
    figure, panels = pyplot.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    for axes, key, label in zip(
        panels,
        ("seconds", "ended_seconds", "rss_mb"),
        ("s to answer all", "s until all ended", "MB at the peak"),
    ):
        for how, fits in part["fits"].items():
            these = [one for one in part["rounds"] if one["how"] == how and key in one]
            if these:
                drawn = axes.plot(
                    [one["dialogues"] for one in these],
                    [one[key] for one in these],
                    "o",
                    markersize=4,
                    label=how,
                )
                ends = [0, max(one["dialogues"] for one in these)]
                axes.plot(
                    ends,
                    [fits[key]["intercept"] + fits[key]["slope"] * x for x in ends],
                    "-",
                    alpha=0.5,
                    color=drawn[0].get_color(),
                )
        axes.set_xlabel("dialogues")
        axes.set_ylabel(label)
        axes.set_ylim(0, 1.1 * max(one.get(key, 0) for one in part["rounds"]))
    panels[0].legend(fontsize=7)
    save(figure, file)


PARTS = {"tasks": tasks, "waits": waits, "dialogue": dialogue, "many": many}
