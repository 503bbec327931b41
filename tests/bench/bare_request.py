# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that a Python process can do to send Mistral one request: log in with the cloud of the
environment, ask, end.
"""

from __future__ import annotations

import os
import pathlib

import yaml
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

config = yaml.safe_load(pathlib.Path(os.environ["OS_CLIENT_CONFIG_FILE"]).read_text())["clouds"][
    os.environ["OS_CLOUD"]
]
Adapter(Session(Password(**config["auth"])), service_type="workflowv2", interface="public").get(
    "/executions", params={"limit": 1}
)
