# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make Mistral's tables and the workflows that it brings: prepare_mistral.py FILE"""

import sys

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

from oslo_config import cfg  # noqa: E402
from oslo_log import log  # noqa: E402

from mistral.db.sqlalchemy.migration import cli  # noqa: E402
from mistral.db.v2 import api  # noqa: E402

sys.argv = ["mistral-db-manage", "--config-file", sys.argv[1], "upgrade", "head"]
log.register_options(cfg.CONF)
cfg.CONF(sys.argv[1:], project="mistral")
if cfg.CONF.database.connection.startswith("sqlite:"):
    api.setup_db()  # the migrations change constraints in place, which SQLite cannot: the tables are made from the model
else:
    cfg.CONF.reset()
    cli.main()
cli.do_populate(None, None)
