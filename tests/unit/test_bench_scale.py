# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make bench-scale` computes from what it has read: usage, rows, times, tables."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import time

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.tests.bench import (
    rounds,
    scale,
    scale_tables,
    usage,
)
from ansible_collections.interactive.openstack.tests.bench.harness import Run
from ansible_collections.interactive.openstack.tests.bench.services import Asking
from ansible_collections.interactive.openstack.tests.bench.usage import Usage

STAT = "7 (a (strange) name) S 1 7 7 0 -1 4194560 100 0 0 0 {} {} {} {} 20 0 1 0 1 1 1"
STATUS = "Name:\tpython\nVmHWM:\t  4096 kB\nVmRSS:\t  2048 kB\n"
ROUND = rounds.Round(
    stack="one process",
    way=rounds.BULK,
    dialogues=4,
    limit=312.0,
    refused=0,
    prepared_seconds=0.0,
    paused=4,
    paused_seconds=1.0,
    answered=4,
    answered_seconds=2.0,
    ended=4,
    ended_seconds=3.0,
    settled=True,
    settled_seconds=4.0,
    wrong=0,
    each=[0.5, 1.0, 1.5, 2.5],
    requests=rounds.Requests(client=40, workflows=8),
    tables=[rounds.Table("workflow_executions_v2", 1, 5, 5), rounds.Table("named_locks", 0, 0, 2)],
    programs=[
        rounds.Program("mistral", 1.0, 2.0, 100.0, 101.0, 102.0, 104.0),
        rounds.Program("client", 0, 4.0, 0, 0, 0, 0),
    ],
)


def of_stack(stack: str, **changes) -> rounds.Round:
    return dataclasses.replace(ROUND, stack=stack, **changes)


def make_process(proc: pathlib.Path, pid: int, seconds: int, children: str) -> None:
    task = proc / str(pid) / "task" / str(pid)
    task.mkdir(parents=True)
    ticks = seconds * usage.TICKS
    (proc / str(pid) / "stat").write_text(STAT.format(ticks, ticks, ticks, ticks))
    (proc / str(pid) / "status").write_text(STATUS)
    (task / "children").write_text(children)


def test_usage_is_that_of_a_process_and_of_all_below_it(tmp_path: pathlib.Path) -> None:
    make_process(tmp_path, 7, 1, "8 9 ")
    make_process(tmp_path, 8, 2, "")
    # process 9 has ended meanwhile
    assert usage.of_tree(7, tmp_path) == Usage(cpu_seconds=12.0, rss_mb=4.0, peak_mb=8.0)


def test_the_machine_has_been_busy_but_for_idling_and_waiting(tmp_path: pathlib.Path) -> None:
    ticks = usage.TICKS
    (tmp_path / "stat").write_text(f"cpu  {ticks} {ticks} {ticks} 999 999 {ticks} {ticks} 0 0 0\n")
    assert usage.of_machine(tmp_path) == Usage(cpu_seconds=5.0)


def test_a_process_that_ends_has_no_memory() -> None:
    assert usage.megabytes("Name:\tpython\nState:\tZ (zombie)\n", "VmRSS") == 0


def test_used_is_the_difference_and_nothing_less() -> None:
    looks = [
        {"mistral": Usage(10, 100, 110), "zaqar": Usage(9, 1, 1)},
        {"mistral": Usage(12, 105, 110), "zaqar": Usage(1, 1, 1)},  # zaqar was restarted
        {"mistral": Usage(17, 120, 130), "zaqar": Usage(2, 1, 1)},
    ]
    mistral, zaqar = scale.used(looks)
    assert mistral == rounds.Program("mistral", 2, 5, 100, 105, 120, 130)
    assert (zaqar.start_cpu, zaqar.answer_cpu) == (0, 1)


def test_tables_that_do_not_change_are_left_out() -> None:
    counts = [{"a": 1, "b": 0}, {"a": 1, "b": 2}, {"a": 1, "b": 0}]
    assert scale.changed_tables(counts) == [rounds.Table("b", 0, 2, 0)]


def test_an_answer_is_known_by_its_queue() -> None:
    one, other = Asking(), Asking()
    queue = one.queues["input_queue"]
    requests = [
        (1.0, 80, "GET", f"/v2/queues/{queue}/messages"),
        (2.0, 80, "POST", f"/v2/queues/{queue}/messages"),
        (3.0, 80, "POST", f"/v2/queues/{queue}/messages"),
        (4.0, 80, "POST", f"/v2/queues/{other.queues['output_queue']}/claims"),
    ]
    assert scale.posts(Run(requests=requests)) == {one.id: 2.0}


def test_what_has_not_ended_has_no_time() -> None:
    assert scale.waited({"a": 1.0, "b": 1.0, "c": 2.0}, {"a": 4.0, "c": 3.0}) == [1.0, 3.0]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "all ended"),
        ({"ended": 3}, "3 of 4 ended within 312 s"),
        ({"refused": 2}, "all ended, 2 requests refused or too late"),
        ({"paused": 3}, "all ended, 3 were paused when the answers came"),
        ({"wrong": 1}, "all ended, 1 without their answer"),
        ({"settled": False}, "all ended, handlers still run"),
    ],
)
def test_outcome(changes, outcome: str) -> None:
    assert of_stack("x", **changes).outcome == outcome


def test_a_round_comes_back_from_json() -> None:
    assert rounds.from_json(json.loads(json.dumps(dataclasses.asdict(ROUND)))) == ROUND


def lines_of(section: str, start: str) -> list[str]:
    return [line for line in section.splitlines() if line.startswith(start)]


def section(*these: rounds.Round, quick: bool = False) -> str:
    return scale_tables.section(
        {
            "quick": quick,
            "machine": {"date": "2026-01-01", "cores": 2},
            "rounds": [dataclasses.asdict(one) for one in these],
        }
    )


def test_stacks_stand_side_by_side() -> None:
    text = section(
        of_stack("A"), of_stack("A", dialogues=8), of_stack("B"), of_stack("B", dialogues=8)
    )
    times = lines_of(text, "| dialogue_answer_bulk")[:4]
    assert [line.split(" | ")[1:3] for line in times] == [
        ["A", "4"],
        ["B", "4"],
        ["A", "8"],
        ["B", "8"],
    ]
    assert times[0].endswith("| 0.00 | 1.00 | 2.00 | 3.00 | 1.25 | 2.50 | 10.0 | 2.0 | all ended |")


def test_the_profile_has_the_busiest_first_and_a_column_a_stack() -> None:
    text = section(of_stack("A"), of_stack("B", settled_seconds=2.0))
    assert "| dialogue_answer_bulk | A | B |" in text
    assert "| client | 4.00 (50%) | 4.00 (100%) |\n| mistral | 2.00 (25%) | 2.00 (50%) |" in text


def test_rows_and_memory_are_what_the_dialogues_added() -> None:
    text = section(ROUND)
    assert "| 4 | 4 / 4 | 0 / 0 | 0 / 0 | 0 / 0 | 0 / 2 | 1.50 |" in text
    assert "| 100 | 101 | 104 | 1024 | 1.00 | 2.00 | 500 |" in text


def test_a_round_in_which_nothing_ended_has_a_row() -> None:
    nothing = of_stack("A", ended=0, each=[])
    assert "| 0 of 4 ended within 312 s |" in section(nothing)


def test_a_quick_run_says_so() -> None:
    assert "these numbers mean nothing" in section(ROUND, quick=True)
    assert "these numbers mean nothing" not in section(ROUND)


def test_a_part_that_takes_too_long_is_cut_off() -> None:
    stage = scale.Stage(None, None, None, limit=5)
    assert not stage.until(lambda: False, since=time.monotonic() - 6, pause=0)
    assert stage.until(lambda: True, since=time.monotonic() - 6, pause=0)


def test_what_is_refused_or_too_late_is_counted() -> None:
    def refuse(one: Asking) -> None:
        if one is asking[0]:
            raise Failure("The service is full.", "service_error")

    asking = [Asking(), Asking(), Asking()]
    assert scale.Stage(None, None, None, limit=60).failures(refuse, asking) == 1
    assert scale.Stage(None, None, None, limit=-1).failures(refuse, asking) == 3
