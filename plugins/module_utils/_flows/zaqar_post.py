# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_post does."""

from __future__ import annotations

import typing as t

from .._base.errors import Failure, ServiceError
from .._base.progress import Progress
from .._services.records import NewMessage
from .._services.zaqar import (
    DELAY_SECONDS,
    ENVELOPE,
    MESSAGE_SECONDS,
    SEPARATOR,
    USUAL_LIMIT,
    checked_limit,
    checked_queue_name,
    request_size,
    size,
)
from .._shell.flow import Flow


def batches(messages: list[NewMessage], limit: int) -> list[list[NewMessage]]:
    """Split messages, in order, into requests of at most ``limit`` bytes; none of them may be larger alone."""
    result: list[list[NewMessage]] = []
    used = 0
    for message in messages:
        more = size(message) + SEPARATOR
        if not result or used + more > limit:
            result.append([])
            used = ENVELOPE - SEPARATOR
        result[-1].append(message)
        used += more
    return result


class ZaqarPost(Flow):
    OPTIONS = dict(
        queue=dict(type="str", required=True),
        body=dict(type="raw"),
        ttl=dict(type="int"),
        delay=dict(type="int"),
        messages=dict(
            type="list",
            elements="dict",
            options=dict(
                body=dict(type="raw", required=True),
                ttl=dict(type="int"),
                delay=dict(type="int"),
            ),
        ),
    )
    # These look at what is given, so that `body: null` is a body.
    CONSTRAINTS = dict(
        required_one_of=[("body", "messages")], mutually_exclusive=[("body", "messages")]
    )
    NULLABLE = frozenset(["body"])
    RANGES = {"ttl": MESSAGE_SECONDS, "delay": DELAY_SECONDS}

    def run(self) -> dict[str, t.Any]:
        self.queue = checked_queue_name(self.params["queue"])
        given = self.params["messages"]
        messages = [
            self._message(message)
            for message in ([{"body": self.params["body"]}] if given is None else given)
        ]
        if not messages:
            return {"changed": False, "message_ids": []}
        if any(message.delay for message in messages):
            self._warn_of_delay()
        total = request_size(messages)
        limit = (
            USUAL_LIMIT
            if total <= USUAL_LIMIT
            else checked_limit(self.queue, self.zaqar.queue(self.queue), messages)
        )
        if self.context.check_mode:
            return {"changed": True, "message_ids": []}
        if total <= limit:
            try:
                return {"changed": True, "message_ids": self.zaqar.post(self.queue, messages)}
            except ServiceError as error:
                # A request is accepted as a whole or not at all, so it is safe to ask only now for the limit.
                if error.status not in (400, 413):
                    raise
                limit = checked_limit(self.queue, self.zaqar.queue(self.queue), messages)
                if total <= limit:
                    raise
        return {"changed": True, "message_ids": self._post(batches(messages, limit))}

    def _message(self, given: dict[str, t.Any]) -> NewMessage:
        return NewMessage(given["body"], self._time(given, "ttl"), self._time(given, "delay"))

    def _time(self, given: dict[str, t.Any], name: str) -> int | None:
        value = given.get(name)
        return self.params[name] if value is None else value

    def _warn_of_delay(self) -> None:
        if not self.zaqar.queue(self.queue).get("_default_message_delay"):
            self.context.warn(
                f"Zaqar ignores 'delay' in queue '{self.queue}', since its metadata has no _default_message_delay of"
                " at least 1: set it with interactive.openstack.zaqar_queue."
            )

    def _post(self, requests: list[list[NewMessage]]) -> list[str]:
        ids: list[str] = []
        total = sum(map(len, requests))
        progress = Progress(self.context.progress, self.deadline)
        for messages in requests:
            try:
                ids += self.zaqar.post(self.queue, messages)
            except ServiceError as error:
                raise Failure(
                    f"{error.message} The first {len(ids)} of {total} messages are in the queue: post only the others"
                    " again.",
                    error.error_code,
                    message_ids=ids,
                    **error.result,
                ) from None
            progress.see(
                lambda: f"{len(ids)} of {total} messages are posted to queue '{self.queue}'"
            )
        return ids
