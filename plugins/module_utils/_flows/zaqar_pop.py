# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_pop does."""

from __future__ import annotations

import typing as t

from .._base.errors import ServiceError
from .._base.options import Range
from .._services.records import Message
from .._services.zaqar import PAGE, checked_queue_name, told_of_taken
from .._shell.flow import Context, Flow


class ZaqarPop(Flow):
    OPTIONS = dict(
        queue=dict(type="str", required=True),
        count=dict(type="int", default=1),
    )
    RANGES = {"count": Range(unit="messages")}

    def __init__(self, params: dict[str, t.Any], context: Context) -> None:
        super().__init__(params, context)
        self.taken: list[Message] = []

    def go_on(self) -> str:
        return told_of_taken(self.taken) if self.taken else ""

    def run(self) -> dict[str, t.Any]:
        queue = checked_queue_name(self.params["queue"])
        count = self.params["count"]
        found = (
            self.zaqar.messages(queue, limit=count)
            if self.context.check_mode
            else self._pop(queue, count)
        )
        return {"changed": bool(found), "messages": [message.as_result() for message in found]}

    def _pop(self, queue: str, count: int) -> list[Message]:
        taken = self.taken
        while len(taken) < count:
            asked = min(PAGE, count - len(taken))
            try:
                page = self.zaqar.pop(queue, asked)
            except ServiceError as error:  # what came before is nowhere but here
                error.result["messages"] = [message.as_result() for message in taken]
                raise
            taken += page
            if len(page) < asked:
                break
        return taken
