# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_post does."""

from __future__ import annotations

import functools

from .._base.errors import Failure, ServiceError
from .._base.json_types import Options, Result
from .._base.progress import Progress
from .._services.records import NewMessage
from .._services.zaqar import (
    DELAY_SECONDS,
    ENVELOPE,
    MESSAGE_SECONDS,
    SEPARATOR,
    USUAL_LIMIT,
    checked_queue_name,
    request_size,
    size,
)
from .._shell.flow import Flow


def batches(messages: list[NewMessage], limit: int) -> list[list[NewMessage]]:
    """Split messages, in order, into requests of at most ``limit`` bytes.

    No message may be larger than that alone.
    """
    requests: list[list[NewMessage]] = []
    used = 0
    for message in messages:
        needed = size(message) + SEPARATOR
        if not requests or used + needed > limit:
            requests.append([])
            used = ENVELOPE - SEPARATOR
        requests[-1].append(message)
        used += needed
    return requests


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
    # Ansible checks whether these are set, so `body: null` is a body.
    CONSTRAINTS = dict(
        required_one_of=[("body", "messages")], mutually_exclusive=[("body", "messages")]
    )
    NULLABLE = frozenset(["body"])
    RANGES = {"ttl": MESSAGE_SECONDS, "delay": DELAY_SECONDS}

    def run(self) -> Result:
        self.queue = checked_queue_name(self.params["queue"])
        messages = self._messages()
        if not messages:
            return {"changed": False, "message_ids": []}
        self._warn_of_delay(messages)
        limit = self._known_limit(messages)
        if self.context.check_mode:
            return {"changed": True, "message_ids": []}
        return {"changed": True, "message_ids": self._post(messages, limit)}

    def _messages(self) -> list[NewMessage]:
        options = self.params["messages"]
        if options is None:
            options = [{"body": self.params["body"]}]
        return [self._message(each) for each in options]

    def _message(self, options: Options) -> NewMessage:
        """Make one of ``messages``. The task's own ttl and delay are the defaults."""
        times: dict[str, int | None] = {}
        for name in ("ttl", "delay"):
            times[name] = options.get(name)
            if times[name] is None:
                times[name] = self.params[name]
        return NewMessage(body=options["body"], **times)

    def _warn_of_delay(self, messages: list[NewMessage]) -> None:
        """Warn if a message has a delay and the queue is one where Zaqar ignores it."""
        if not any(message.delay for message in messages):
            return
        if not self.zaqar.queue(self.queue).get("_default_message_delay"):
            self.context.warn(
                f"Zaqar ignores 'delay' in queue '{self.queue}', since its metadata has no"
                " _default_message_delay of at least 1: set it with"
                " interactive.openstack.zaqar_queue."
            )

    def _known_limit(self, messages: list[NewMessage]) -> int:
        """Return the usual limit. Ask for the queue's only if the messages exceed the usual one."""
        if request_size(messages) <= USUAL_LIMIT:
            return USUAL_LIMIT
        return self.zaqar.size_limit(self.queue, messages)

    def _post(self, messages: list[NewMessage], limit: int) -> list[str]:
        """Post the messages in one request if they fit, else in several; return their ids."""
        total = request_size(messages)
        if total > limit:
            return self._post_batches(batches(messages, limit))
        try:
            return self.zaqar.post(self.queue, messages)
        except ServiceError as error:
            # Zaqar accepts a request as a whole or not at all, so nothing was posted. The queue's
            # own limit may be lower than the usual one.
            if error.status not in (400, 413):
                raise
            limit = self.zaqar.size_limit(self.queue, messages)
            if total <= limit:
                raise
        return self._post_batches(batches(messages, limit))

    def _post_batches(self, requests: list[list[NewMessage]]) -> list[str]:
        ids: list[str] = []
        total = sum(map(len, requests))
        progress = Progress(self.context.progress, self.deadline)
        for messages in requests:
            try:
                ids += self.zaqar.post(self.queue, messages)
            except ServiceError as error:
                raise Failure(
                    f"{error.message} The first {len(ids)} of {total} messages are in the queue:"
                    " post only the others again.",
                    error.error_code,
                    message_ids=ids,
                    **error.result,
                ) from None
            progress.see(functools.partial(self._words, len(ids), total))
        return ids

    def _words(self, posted: int, total: int) -> str:
        return f"{posted} of {total} messages are posted to queue '{self.queue}'"
