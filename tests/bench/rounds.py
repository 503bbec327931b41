# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a round of many dialogues on one stack has shown. Times are seconds, memory is megabytes."""

from __future__ import annotations

import dataclasses
import typing as t

BULK, AUTO_RESUME = "dialogue_answer_bulk", "auto_resume"
WAYS = (BULK, AUTO_RESUME)


@dataclasses.dataclass(frozen=True)
class Table:
    """The rows of one table: before, when all dialogues are paused, and when all is over."""

    name: str
    before: int
    paused: int
    after: int


@dataclasses.dataclass(frozen=True)
class Program:
    """What the programs of one kind used: CPU seconds until all were paused, and from then on."""

    name: str
    start_cpu: float
    answer_cpu: float
    before_mb: float
    paused_mb: float
    after_mb: float
    peak_mb: float


@dataclasses.dataclass(frozen=True)
class Requests:
    """How many requests were sent to answer: by who answers, and by actions of workflows."""

    client: int
    workflows: int


@dataclasses.dataclass(frozen=True)
class Round:
    """One round. ``each`` has the seconds from an answer's post to the end of its execution."""

    stack: str
    way: str
    dialogues: int
    limit: float
    refused: int  # subscriptions, starts and posts that a service refused, or that came too late
    prepared_seconds: float
    paused: int
    paused_seconds: float
    answered: int
    answered_seconds: float
    ended: int
    ended_seconds: float
    settled: bool  # whether the workflows that deliver answers have ended as well
    settled_seconds: float
    wrong: int  # executions that ended without their own answer
    each: list[float]
    requests: Requests
    tables: list[Table]
    programs: list[Program]

    @property
    def mistral(self) -> list[Program]:
        return [program for program in self.programs if program.name.startswith("mistral")]

    @property
    def outcome(self) -> str:
        """Whether all have ended right, in words."""
        if self.ended < self.dialogues:
            text = f"{self.ended} of {self.dialogues} ended within {self.limit:.0f} s"
        else:
            text = "all ended"
        if self.refused:
            text += f", {self.refused} requests refused or too late"
        if self.paused < self.dialogues:
            text += f", {self.paused} were paused when the answers came"
        if self.wrong:
            text += f", {self.wrong} without their answer"
        if not self.settled:
            text += ", handlers still run"
        return text


def from_json(raw: dict[str, t.Any]) -> Round:
    parts = {
        "requests": Requests(**raw["requests"]),
        "tables": [Table(**one) for one in raw["tables"]],
        "programs": [Program(**one) for one in raw["programs"]],
    }
    return Round(**{**raw, **parts})
