# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make Mistral's tables and the workflows that it brings: prepare_mistral.py FILE"""

import sys

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

from mistral.db.sqlalchemy.migration import cli
from mistral.db.v2 import api
from oslo_config import cfg
from oslo_log import log

sys.argv = ["mistral-db-manage", "--config-file", sys.argv[1], "upgrade", "head"]
log.register_options(cfg.CONF)
cfg.CONF(sys.argv[1:], project="mistral")
if cfg.CONF.database.connection.startswith("sqlite:"):
    # the migrations change constraints in place, which SQLite cannot: the tables are made from the
    # model
    api.setup_db()
else:
    cfg.CONF.reset()
    cli.main()
cli.do_populate(None, None)
