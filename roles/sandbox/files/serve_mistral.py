# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistral in one process: serve_mistral.py --config-file FILE

mistral-server runs its services as processes, which takes a message broker between them. As threads of one process they
share oslo.messaging's in-memory transport (fake://), and a SQLite file is never written by two processes.
"""

import functools
import os
import signal
import sys
import threading

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

from oslo_config import cfg  # noqa: E402
from oslo_log import log  # noqa: E402

from mistral import config  # noqa: E402
from mistral.api import service as api  # noqa: E402
from mistral.engine import engine_server  # noqa: E402
from mistral.rpc import base as rpc  # noqa: E402
from yaql.language.factory import YaqlEngine  # noqa: E402

cfg.CONF.register_cli_opts(config.CLI_OPTS)
config.parse_args(sys.argv[1:])
log.setup(cfg.CONF, "mistral")
rpc.get_transport()


def one_at_a_time(function):
    lock = threading.RLock()

    @functools.wraps(function)
    def locked(*args, **kwargs):
        with lock:
            return function(*args, **kwargs)

    return locked


# all threads parse with one parser, which keeps its state in itself
YaqlEngine.__call__ = one_at_a_time(YaqlEngine.__call__)

# the executor and the notifier are local: the engine calls them
services = [engine_server.get_oslo_service(), api.WSGIService("mistral_api")]


def stop(signum, frame):
    # a transaction that is cut off is rolled back: there is nothing to wait for
    os._exit(0)


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
for service in services:
    service.start()
while True:
    signal.pause()
