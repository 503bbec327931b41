# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve a WSGI application of OpenStack's: serve_wsgi.py MODULE PORT THREADS WORKERS

Of several workers each is a process with a socket of its own on the same port: the system spreads
the connections.

cheroot, because Mistral brings it, and because it leaves the command line alone: Keystone reads the
options of whatever program it is loaded into.
"""

import importlib
import os
import signal
import sys

from cheroot import wsgi

module, port, threads, workers = sys.argv[1:]
del sys.argv[1:]
server = wsgi.Server(
    ("127.0.0.1", int(port)),
    importlib.import_module(module).application,
    numthreads=int(threads),
    request_queue_size=128,
    server_name=module,
)
server.reuse_port = int(workers) > 1


def stop(signum, frame):
    # Zaqar's notifiers may be in the middle of long retries, on threads that nothing else ends
    os._exit(0)


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
server.start()
