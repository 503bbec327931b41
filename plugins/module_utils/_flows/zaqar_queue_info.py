# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_queue_info does."""

from __future__ import annotations

from .._base.json_types import Result
from .._services.records import Queue
from .._services.zaqar import checked_queue_name
from .._shell.flow import Flow


class ZaqarQueueInfo(Flow):
    OPTIONS = dict(
        name=dict(type="str"),
        statistics=dict(type="bool", default=False),
    )

    def run(self) -> Result:
        queues = [self._as_result(queue) for queue in self._queues()]
        return {"changed": False, "queues": queues}

    def _queues(self) -> list[Queue]:
        """Return the queue that the task names, or all queues. An empty list is not an error."""
        if self.params["name"] is None:
            return self.zaqar.queues(detailed=True)
        name = checked_queue_name(self.params["name"])
        metadata = self.zaqar.queue(name)
        # Zaqar shows its own keys for any name, but a user's key proves that the queue exists.
        has_own_keys = any(not key.startswith("_") for key in metadata)
        if has_own_keys or self.zaqar.exists(name):
            return [Queue(name, metadata)]
        return []

    def _as_result(self, queue: Queue) -> Result:
        result: Result = {"name": queue.name, "metadata": queue.metadata}
        if self.params["statistics"]:
            result["statistics"] = self.zaqar.stats(queue.name).as_result()
        return result
