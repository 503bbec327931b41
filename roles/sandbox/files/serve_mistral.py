# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistral in one process: serve_mistral.py --config-file FILE

mistral-server runs its services as processes, which takes a message broker between them. As threads
of one process they share oslo.messaging's in-memory transport (fake://), and a SQLite file is never
written by two processes.
"""

import os
import signal
import sys

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

import mend_mistral
from mistral import config
from mistral.api import service as api
from mistral.engine import engine_server
from mistral.rpc import base as rpc
from oslo_config import cfg
from oslo_log import log

cfg.CONF.register_cli_opts(config.CLI_OPTS)
config.parse_args(sys.argv[1:])
log.setup(cfg.CONF, "mistral")
rpc.get_transport()
mend_mistral.mend()

# the executor and the notifier are local: the engine calls them
services = [engine_server.get_oslo_service(), api.WSGIService("mistral_api")]
# A request for a synchronous action holds a thread of the API until the action has run, which may
# need another one itself. The engine has 64 threads too.
services[1].server.numthreads = 64


def stop(signum, frame):
    # a transaction that is cut off is rolled back: there is nothing to wait for
    os._exit(0)


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
for service in services:
    service.start()
while True:
    signal.pause()
