# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sandbox's programs use, as the system counts it in /proc."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import pathlib
import typing as t

from ansible_collections.interactive.openstack.tests.bench.harness import COLLECTION

PROC = pathlib.Path("/proc")
MACHINE = "all of the machine"
TICKS = os.sysconf("SC_CLK_TCK")  # in which the system counts a process's seconds


@dataclasses.dataclass(frozen=True)
class Usage:
    """What processes have used since they started: CPU seconds, and megabytes now and at the peak."""

    cpu_seconds: float = 0.0
    rss_mb: float = 0.0
    peak_mb: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.cpu_seconds + other.cpu_seconds,
            self.rss_mb + other.rss_mb,
            self.peak_mb + other.peak_mb,
        )


def cpu_seconds(stat: str) -> float:
    """Of a process and of its children that have ended, from the text of /proc/PID/stat."""
    fields = stat.rpartition(")")[2].split()  # a process's name can have blanks
    return sum(map(int, fields[11:15])) / TICKS


def megabytes(status: str, field: str) -> float:
    """A number of kilobytes in the text of /proc/PID/status, where a process that ends has none."""
    for line in status.splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def of_process(pid: int, proc: pathlib.Path = PROC) -> Usage:
    try:
        stat = (proc / str(pid) / "stat").read_text()
        status = (proc / str(pid) / "status").read_text()
    except OSError:  # it has ended
        return Usage()
    return Usage(cpu_seconds(stat), megabytes(status, "VmRSS"), megabytes(status, "VmHWM"))


def children(pid: int, proc: pathlib.Path = PROC) -> list[int]:
    found = []
    for file in proc.glob(f"{pid}/task/*/children"):
        try:
            found += [int(child) for child in file.read_text().split()]
        except OSError:
            continue
    return found


def of_tree(pid: int, proc: pathlib.Path = PROC) -> Usage:
    """What a process and all that descend from it use."""
    return sum((of_tree(child, proc) for child in children(pid, proc)), of_process(pid, proc))


def load_role() -> t.Any:
    """The program with which the role manages a sandbox: it knows its services."""
    path = COLLECTION / "roles" / "sandbox" / "files" / "sandbox.py"
    spec = importlib.util.spec_from_file_location("sandbox_of_the_role", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_machine(proc: pathlib.Path = PROC) -> Usage:
    """The CPU seconds of everything that has run on the machine."""
    user, nice, system, _idle, _waiting, *interrupts = map(
        int, (proc / "stat").read_text().split()[1:8]
    )
    return Usage(cpu_seconds=(user + nice + system + sum(interrupts)) / TICKS)


class Programs:
    """The programs that a sandbox's supervisor runs."""

    def __init__(self, path: pathlib.Path) -> None:
        role = load_role()
        self._sandbox = role.Sandbox(str(path))
        self._socket = self._sandbox.run / "supervisor.sock"
        self._control = role.Control

    def usage(self) -> dict[str, Usage]:
        """What the programs of each kind use, all engines of Mistral as one kind, and the machine."""
        with self._control(self._socket) as control:
            running = control.supervisor.getAllProcessInfo()
        kinds = self._sandbox.services
        found = {MACHINE: of_machine()}
        for program in running:
            if program["pid"]:
                kind = kinds[program["name"]]
                found[kind] = found.get(kind, Usage()) + of_tree(program["pid"])
        return found
