# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_queue_info does."""

from __future__ import annotations

import typing as t

from .._services.zaqar import checked_queue_name
from .._shell.flow import Flow


class ZaqarQueueInfo(Flow):
    OPTIONS = dict(
        name=dict(type="str"),
        statistics=dict(type="bool", default=False),
    )

    def run(self) -> dict[str, t.Any]:
        queues = (
            self._all()
            if self.params["name"] is None
            else self._one(checked_queue_name(self.params["name"]))
        )
        if self.params["statistics"]:
            for queue in queues:
                queue["statistics"] = self.zaqar.stats(queue["name"]).as_result()
        return {"changed": False, "queues": queues}

    def _all(self) -> list[dict[str, t.Any]]:
        return [
            {"name": queue["name"], "metadata": queue.get("metadata") or {}}
            for queue in self.zaqar.queues(detailed=True)
        ]

    def _one(self, name: str) -> list[dict[str, t.Any]]:
        metadata = self.zaqar.queue(name)
        # Keys of its own prove that a queue is there; the service's own keys are shown for any name.
        if all(key.startswith("_") for key in metadata) and not self.zaqar.exists(name):
            return []
        return [{"name": name, "metadata": metadata}]
