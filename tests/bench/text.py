# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and tables as Markdown has them."""

from __future__ import annotations

import typing as t


def rounded(thing: t.Any) -> t.Any:
    """Numbers without the digits that mean nothing."""
    if isinstance(thing, dict):
        return {key: rounded(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [rounded(value) for value in thing]
    return float(f"{thing:.4g}") if isinstance(thing, float) else thing


def number(value: float) -> str:
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def table(head: list[str], rows: t.Iterable[list[str]], words: int = 1) -> str:
    """A table whose first columns hold words, and the others numbers."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    return (
        "\n".join(
            [line(head), line(["---"] * words + ["---:"] * (len(head) - words)), *map(line, rows)]
        )
        + "\n"
    )
