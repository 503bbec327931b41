# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What slows services down for the end-to-end tests leaves nothing stopped."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import time

import pytest

FILE = pathlib.Path(__file__).parents[1] / "e2e" / "throttle.py"
# A supervisor that runs two programs and says which.
SUPERVISOR = """
import subprocess, sys
programs = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in "ab"]
print(*(program.pid for program in programs), flush=True)
input()
for program in programs:
    program.communicate(b"\\n")
"""

pytestmark = pytest.mark.skipif(
    not pathlib.Path("/proc/self/task").exists(), reason="finds processes in /proc"
)


def state(pid: int) -> str:
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def wait_for(condition, what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)


def test_programs_are_stopped_by_turns_and_go_on_in_the_end():
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    programs = [int(pid) for pid in supervisor.stdout.readline().split()]
    throttle = subprocess.Popen(
        [sys.executable, FILE, str(supervisor.pid), "1"], stdin=subprocess.PIPE
    )
    try:
        for pid in programs:
            wait_for(lambda: state(pid) == "T", "it is stopped")
            wait_for(lambda: state(pid) != "T", "it goes on")
        wait_for(lambda: state(programs[0]) == "T", "it is stopped again")
        throttle.terminate()  # it goes on: only who holds its input ends it
        assert state(supervisor.pid) != "T"
        throttle.communicate()
        assert throttle.returncode == 0
        wait_for(lambda: [state(pid) for pid in programs] == ["S", "S"], "both go on")
    finally:
        if throttle.poll() is None:
            throttle.communicate()
        supervisor.communicate("\n")
