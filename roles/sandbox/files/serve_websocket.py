# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zaqar's server over WebSocket, with the configuration of the one over HTTP: serve_websocket.py
--config-file FILE
"""

import sys

from oslo_config import cfg
from zaqar.cmd import server
from zaqar.conf import drivers

cfg.CONF.register_opts(drivers.ALL_OPTS, group=drivers.GROUP_NAME)
cfg.CONF.set_override("transport", "websocket", group=drivers.GROUP_NAME)
sys.exit(server.run())
