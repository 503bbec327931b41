# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes when each task of a playbook starts and ends, as JSON lines into the file that BENCH_TIMES
names.

Times are seconds of the machine's monotonic clock, which is the same in all processes.
"""

from __future__ import annotations

DOCUMENTATION = """
name: bench_times
type: notification
short_description: Write when each task starts and ends
description:
  - One JSON object a line and event, with the seconds of the monotonic clock, in the file that E(BENCH_TIMES) names.
author:
  - The interactive.openstack developers
requirements:
  - enabled in the configuration
"""

import json
import os
import time

from ansible.plugins.callback import CallbackBase

KEPT = ("attempts", "delivered", "requests", "failed_count")  # of a task's result


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "bench_times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.file = os.open(
            os.environ["BENCH_TIMES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )

    def _write(self, event, **more):
        os.write(
            self.file,
            (json.dumps({"event": event, "at": time.monotonic(), **more}) + "\n").encode(),
        )

    def _ended(self, result, status):
        said = getattr(result, "result", None)  # since ansible-core 2.19
        said = result._result if said is None else said
        self._write("end", status=status, **{key: said[key] for key in KEPT if key in said})

    def v2_playbook_on_start(self, playbook):
        self._write("begin")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._write("start", task=task.get_name(), action=task.action)

    def v2_runner_on_ok(self, result):
        self._ended(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._ended(result, "failed")

    def v2_runner_on_skipped(self, result):
        self._ended(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self._ended(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        self._write("stats")
