# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the start of a module's process is made of: how long an interpreter takes that imports
something and does nothing.
"""

from __future__ import annotations

import random
import sys
import typing as t

from ansible_collections.interactive.openstack.tests.bench.harness import COLLECTION, Bench, spread

FLOWS = "ansible_collections.interactive.openstack.plugins.module_utils"
MODULE = "import ansible.module_utils.basic"
IMPORTS = {
    "nothing": "pass",
    "AnsibleModule": MODULE,
    "openstacksdk's configuration": "import openstack.config",
    "python-mistralclient": "import mistralclient.api.v2.client",
    "python-zaqarclient": "import zaqarclient.queues.v2.core, zaqarclient.queues.v2.api, zaqarclient.transport.http",
    "oslo.log, which python-zaqarclient imports": "import oslo_log.log",
    "jsonschema, which python-zaqarclient imports": "import jsonschema",
    "all that a module of openstack.cloud does": f"{MODULE}, openstack; openstack.connection.Connection",
    "all that mistral_execution_info does": f"{MODULE}, {FLOWS}._flows.mistral_execution_info, {FLOWS}._services.mistral",
    "all that zaqar_queue_info does": f"{MODULE}, {FLOWS}._flows.zaqar_queue_info, {FLOWS}._services.zaqar",
}


def measure(bench: Bench) -> list[dict[str, t.Any]]:
    """Milliseconds of wall time, all kinds by turns."""
    order = random.Random(20170131)
    found: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _round in range(bench.times(9, 1)):
        for name in order.sample(list(IMPORTS), len(IMPORTS)):
            with bench.process(
                [sys.executable, "-c", IMPORTS[name]],
                "start",
                PYTHONPATH=str(COLLECTION.parents[2]),
            ) as run:
                pass
            found[name].append(run.seconds * 1000)
    return [{"imports": name, "ms": spread(values)} for name, values in found.items()]
