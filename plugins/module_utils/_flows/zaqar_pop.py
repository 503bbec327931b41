# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_pop does."""

from __future__ import annotations

from .._base.errors import ServiceError
from .._base.json_types import Options, Result
from .._base.options import Range
from .._services.records import Message
from .._services.zaqar import PAGE, checked_queue_name, describe_taken
from .._shell.flow import Context, Flow


class ZaqarPop(Flow):
    OPTIONS = dict(
        queue=dict(type="str", required=True),
        count=dict(type="int", default=1),
    )
    RANGES = {"count": Range(unit="messages")}

    def __init__(self, params: Options, context: Context) -> None:
        super().__init__(params, context)
        self.taken: list[Message] = []

    def run(self) -> Result:
        queue = checked_queue_name(self.params["queue"])
        count: int = self.params["count"]
        if self.context.check_mode:
            messages = self.zaqar.messages(queue, limit=count)
        else:
            messages = self._pop(queue, count)
        return {
            "changed": bool(messages),
            "messages": [message.as_result() for message in messages],
        }

    def go_on(self) -> str:
        return describe_taken(self.taken) if self.taken else ""

    def _pop(self, queue: str, count: int) -> list[Message]:
        while len(self.taken) < count:
            limit = min(PAGE, count - len(self.taken))
            try:
                page = self.zaqar.pop(queue, limit)
            except ServiceError as error:  # the messages of earlier pages exist nowhere else
                error.result["messages"] = [message.as_result() for message in self.taken]
                raise
            self.taken += page
            if len(page) < limit:
                break
        return self.taken
