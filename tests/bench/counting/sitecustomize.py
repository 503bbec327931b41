# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes each HTTP request of every Python process that has this folder in PYTHONPATH, as a line of
the file that BENCH_REQUESTS names.

A line holds the seconds of the monotonic clock, the port, the method and the path. Frames of a
WebSocket are no requests here.
"""

from __future__ import annotations

import http.client
import os
import time

if os.environ.get("BENCH_REQUESTS"):
    sink = os.open(os.environ["BENCH_REQUESTS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    unchanged = http.client.HTTPConnection.putrequest

    def putrequest(self, method, url, *args, **options):
        os.write(sink, f"{time.monotonic()} {self.port} {method} {url}\n".encode())
        return unchanged(self, method, url, *args, **options)

    http.client.HTTPConnection.putrequest = putrequest  # type: ignore[method-assign]
