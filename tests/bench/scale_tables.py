# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How up to a thousand dialogues grow on each stack, as Markdown."""

from __future__ import annotations

import statistics
import typing as t
from collections.abc import Iterable

from ansible_collections.interactive.openstack.tests.bench.rounds import (
    WAYS,
    Round,
    Table,
    from_json,
)
from ansible_collections.interactive.openstack.tests.bench.text import number, table

TITLE = "Up to a thousand dialogues, on three stacks"
HEAD = """`make bench-scale` starts a new sandbox for each round, with one dialogue before the time starts. Where there is a broker, Mistral's API,
engines and two executors are processes of their own, beside two workers each of Keystone and of Zaqar. All executions are paused at their question;
then all are answered. `dialogue_answer_bulk` is one task of a playbook (8 answers at once). With `auto_resume` the answers are
only posted (8 at once), and Zaqar's subscriptions start `interactive.resume`. [scale.json](scale.json) has the rest.
"""
TIMES = """"Each" is from the post of an answer until its execution has ended, as Mistral's database shows it: the benchmark looks there every 50 ms, and
0.2 ms more for each dialogue. Requests to answer are those of a dialogue: by who answers (the task or the post), and by the actions of workflows
(`zaqar.*`, `mistral.*`), without logins.
"""
ROWS = """Rows in Mistral's database that the dialogues have added, when all are paused, and when all is over, the workflows that deliver answers
included.
"""
MEMORY = """Memory (RSS: what processes share counts in each) and CPU of all processes of Mistral: before, when all are paused, and at the peak;
CPU seconds until all are paused, and from then until all is over.
"""
PROFILE = """Who uses the CPU from the first answer until all is over, of {dialogues} dialogues: CPU seconds, and the share of all that the machine's
{cores} cores have. `client` is Ansible, or what posts. All of the machine is more than the sum:
the benchmark looks at the database, and whatever else ran meanwhile is in it.
"""
COLUMNS = {  # the tables with the most rows, and what the page calls them
    "workflow_executions_v2": "executions",
    "task_executions_v2": "tasks",
    "action_executions_v2": "action executions",
    "delayed_calls_v2": "scheduled jobs",
}


def in_order(rounds: Iterable[Round]) -> list[Round]:
    """What differs in the stack alone stands side by side; stacks stay in their order."""
    return sorted(rounds, key=lambda one: (WAYS.index(one.way), one.dialogues))


def labels(one: Round) -> list[str]:
    return [one.way, one.stack, str(one.dialogues)]


def middle_and_worst(seconds: list[float]) -> list[str]:
    if not seconds:
        return ["", ""]
    return [number(statistics.median(seconds)), number(max(seconds))]


def times(rounds: list[Round]) -> str:
    def cells(one: Round) -> list[str]:
        return [
            *labels(one),
            number(one.prepared_seconds),
            number(one.paused_seconds),
            number(one.answered_seconds),
            number(one.ended_seconds),
            *middle_and_worst(one.each),
            f"{one.requests.client / one.dialogues:.1f}",
            f"{one.requests.workflows / one.dialogues:.1f}",
            one.outcome,
        ]

    head = ["way", "stack", "dialogues", "s to subscribe", "s to start, until all paused"]
    head += ["s to answer", "s until all ended", "s each, median", "s each, worst"]
    head += ["requests each", "of workflows each", "outcome"]
    return table(head, map(cells, rounds), words=2)


def rows(rounds: list[Round]) -> str:
    def cells(one: Round) -> list[str]:
        found = {each.name: each for each in one.tables}
        main = [found.get(name, Table(name, 0, 0, 0)) for name in COLUMNS]
        others = [each for each in one.tables if each.name not in COLUMNS]
        added = [f"{each.paused - each.before} / {each.after - each.before}" for each in main]
        paused = sum(each.paused - each.before for each in others)
        after = sum(each.after - each.before for each in others)
        total = sum(each.after - each.before for each in one.tables)
        return [
            *labels(one),
            *added,
            f"{paused} / {after}",
            number(total / one.dialogues),
        ]

    head = ["way", "stack", "dialogues", *COLUMNS.values(), "others", "all, each"]
    return table(head, map(cells, rounds), words=2)


def memory(rounds: list[Round]) -> str:
    def cells(one: Round) -> list[str]:
        programs = one.mistral
        before = sum(program.before_mb for program in programs)
        peak = sum(program.peak_mb for program in programs)
        answer = sum(program.answer_cpu for program in programs)
        return [
            *labels(one),
            number(before),
            number(sum(program.paused_mb for program in programs)),
            number(peak),
            number((peak - before) * 1024 / one.dialogues),
            number(sum(program.start_cpu for program in programs)),
            number(answer),
            number(answer * 1000 / one.dialogues),
        ]

    head = ["way", "stack", "dialogues", "MB before", "MB paused", "MB at the peak"]
    head += ["kB each", "CPU s to start", "CPU s to answer", "CPU ms each"]
    return table(head, map(cells, rounds), words=2)


def profile(rounds: list[Round], cores: int) -> str:
    """The programs of the rounds with the most dialogues, the busiest first."""
    most = max(one.dialogues for one in rounds)
    largest = [one for one in rounds if one.dialogues == most]
    text = PROFILE.format(dialogues=most, cores=cores)
    for way in WAYS:
        these = [one for one in largest if one.way == way]
        if these:
            text += "\n" + shares(way, these, cores)
    return text


def shares(way: str, rounds: list[Round], cores: int) -> str:
    names: dict[str, float] = {}
    for one in rounds:
        for program in one.programs:
            names[program.name] = max(names.get(program.name, 0.0), program.answer_cpu)

    def cell(one: Round, name: str) -> str:
        used = [program.answer_cpu for program in one.programs if program.name == name]
        if not used:
            return ""
        share = used[0] / (one.settled_seconds * cores)
        return f"{number(used[0])} ({share:.0%})"

    busiest = sorted(names, key=lambda name: -names[name])
    lines = ([name, *(cell(one, name) for one in rounds)] for name in busiest)
    return table([way, *(one.stack for one in rounds)], lines)


def section(results: dict[str, t.Any]) -> str:
    """The section of the page, of what scale.json has."""
    rounds = in_order(from_json(raw) for raw in results["rounds"])
    cores = results["machine"]["cores"]
    text = f"## {TITLE}\n\n{HEAD}\n{results['machine']['date']}, {cores} cores.\n"
    if results["quick"]:
        text += "\n**A quick run: these numbers mean nothing.**\n"
    parts = [times(rounds), ROWS, rows(rounds), MEMORY, memory(rounds), profile(rounds, cores)]
    return "\n".join([text, TIMES, *parts])
