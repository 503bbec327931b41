# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and writes into a file what it took: start and duration in seconds, kilobytes of
its biggest process, its status.

    launcher.py FILE COMMAND...

The system counts for a process what it was a copy of when it was started. That has to be this small
one, not the benchmark.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

started = time.monotonic()
process = subprocess.Popen(sys.argv[2:])
signal.signal(signal.SIGTERM, lambda *_ignored: process.terminate())
# its usage is the biggest of it and of all that it waited for
_pid, status, usage = os.wait4(process.pid, 0)
# pathlib would make this process larger
with open(sys.argv[1], "w", encoding="utf-8") as file:  # noqa: PTH123
    json.dump(
        {
            "started": started,
            "seconds": time.monotonic() - started,
            "rss_kb": usage.ru_maxrss,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "status": os.waitstatus_to_exitcode(status),
        },
        file,
    )
