# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zaqar as the flows see it: plain dicts, errors as sentences, one keystoneauth session."""

from __future__ import annotations

import contextlib
import re
import traceback
import typing as t
import uuid

from ansible_collections.interactive.openstack.plugins.module_utils._cloud import Cloud, missing_client
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, ServiceError

try:
    from zaqarclient.queues.v2 import api as zaqar_api
    from zaqarclient.queues.v2 import core as zaqar_core
    from zaqarclient.transport import http as zaqar_http
    from zaqarclient.transport import request as zaqar_request

    CLIENT_IMPORT_ERROR = None

    class _Request(zaqar_request.Request):
        """The client's request, which otherwise looks its API up among all installed plugins each time."""

        api = zaqar_api.V2()

except ImportError:
    CLIENT_IMPORT_ERROR = traceback.format_exc()

PAGE = 20  # Zaqar's default for the messages of one list, claim or pop
QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def checked_queue_name(name: str) -> str:
    """Return the name; raises Failure if Zaqar would refuse it."""
    if not QUEUE_NAME.match(name or ""):
        raise Failure(
            f"'{name}' cannot be the name of a queue: Zaqar takes 1 to 64 letters, digits, underscores and dashes.",
            "bad_queue_name",
        )
    return name


class Zaqar:
    """The requests that the flows need, each one sentence when it fails. Messages are dicts as the API gives them."""

    def __init__(self, cloud: Cloud) -> None:
        if CLIENT_IMPORT_ERROR:
            raise missing_client("python-zaqarclient")
        self._url = cloud.endpoint("messaging").removesuffix("/v2")
        self.connection = cloud.connection("messaging")
        # The client's own HTTP session knows neither the cloud's TLS settings nor how to renew a token.
        self._transport = zaqar_http.HttpTransport({})
        self._transport.client = self.connection
        self._client_id = str(uuid.uuid4())

    def _call(self, what: str, operation: t.Callable[..., t.Any], *args: t.Any, **options: t.Any) -> t.Any:
        request = _Request(endpoint=self._url, api=2, headers={"Client-ID": self._client_id})
        try:
            return operation(self._transport, request, *args, **options)
        except ServiceError as error:
            raise error.while_doing(what) from None

    # Queues

    def queue(self, name: str) -> dict[str, t.Any] | None:
        """Return a queue's metadata; None for a queue that is not there.

        Zaqar answers with default metadata for a queue that nobody created, so existence is asked first by callers
        that need it: see exists().
        """
        with contextlib.suppress(NotFound):
            return self._found(f"read queue '{name}'", zaqar_core.queue_get, name)
        return None

    def exists(self, name: str) -> bool:
        listed = self.queues(limit=PAGE, marker=None, name=name)
        return any(queue["name"] == name for queue in listed)

    def queues(self, **filters: t.Any) -> list[dict[str, t.Any]]:
        """Return all queues that match, following the pages."""
        filters = {key: value for key, value in filters.items() if value is not None}
        found: list[dict[str, t.Any]] = []
        while True:
            page = self._call("list queues", zaqar_core.queue_list, **filters) or {}
            found += page.get("queues") or []
            if len(page.get("queues") or []) < int(filters.get("limit", 10)):
                return found
            filters["marker"] = found[-1]["name"]

    def create_queue(self, name: str, metadata: dict[str, t.Any] | None = None) -> None:
        self._call(f"create queue '{name}'", zaqar_core.queue_create, name, metadata=metadata)

    def delete_queue(self, name: str) -> None:
        self._call(f"delete queue '{name}'", zaqar_core.queue_delete, name)

    def purge_queue(self, name: str, resource_types: list[str]) -> None:
        self._call(f"purge queue '{name}'", zaqar_core.queue_purge, name, resource_types)

    def update_queue(self, name: str, changes: list[dict[str, t.Any]]) -> dict[str, t.Any]:
        """Apply JSON patches to a queue's metadata."""
        return self._call(f"update queue '{name}'", zaqar_core.queue_update, name, changes)

    def stats(self, name: str) -> dict[str, t.Any]:
        return self._call(f"read the statistics of queue '{name}'", zaqar_core.queue_get_stats, name)

    # Messages

    def post(self, queue: str, messages: list[dict[str, t.Any]]) -> list[str]:
        """Post messages (dicts of body, ttl, delay) in one request and return their ids."""
        answer = self._call(
            f"post to queue '{queue}'", zaqar_core.message_post, queue, {"messages": messages}
        )
        return [reference.rsplit("/", 1)[-1] for reference in answer["resources"]]

    def messages(self, queue: str, limit: int | None = None, include_claimed: bool = False) -> list[dict[str, t.Any]]:
        """Return up to ``limit`` messages, oldest first, without taking them; all of them without a limit."""
        found: list[dict[str, t.Any]] = []
        marker = None
        while limit is None or len(found) < limit:
            options: dict[str, t.Any] = {"echo": "true", "include_claimed": str(include_claimed).lower()}
            options["limit"] = PAGE if limit is None else min(PAGE, limit - len(found))
            if marker:
                options["marker"] = marker
            page = self._call(f"list the messages of queue '{queue}'", zaqar_core.message_list, queue, **options) or {}
            found += page.get("messages") or []
            if len(page.get("messages") or []) < options["limit"]:
                break
            marker = next_marker(page)
            if marker is None:
                break
        return found

    def pop(self, queue: str, count: int) -> list[dict[str, t.Any]]:
        """Take up to ``count`` (at most a page) messages out of the queue for good."""
        answer = self._call(f"pop from queue '{queue}'", zaqar_core.message_pop, queue, count)
        return (answer or {}).get("messages") or []

    def claim(self, queue: str, ttl: int, grace: int, limit: int) -> tuple[str | None, list[dict[str, t.Any]]]:
        """Claim up to ``limit`` (at most a page) messages for ``ttl`` seconds; return the claim's id and them."""
        answer = self._call(
            f"claim messages of queue '{queue}'", zaqar_core.claim_create, queue, ttl=ttl, grace=grace, limit=limit
        )
        messages = (answer or {}).get("messages") or []
        return (claim_id(messages[0]) if messages else None), messages

    def release(self, queue: str, claim: str) -> None:
        self._call(f"release a claim on queue '{queue}'", zaqar_core.claim_delete, queue, claim)

    def delete_message(self, queue: str, id: str, claim: str | None = None) -> None:
        self._call(f"delete message {id} of queue '{queue}'", zaqar_core.message_delete, queue, id, claim)

    def delete_messages(self, queue: str, ids: list[str]) -> None:
        """Delete unclaimed messages by id, a page at a time; ids that are gone are ignored by Zaqar."""
        for start in range(0, len(ids), PAGE):
            self._call(
                f"delete messages of queue '{queue}'",
                zaqar_core.message_delete_many, queue, ",".join(ids[start : start + PAGE]),
            )

    def _found(self, what: str, operation: t.Callable[..., t.Any], *args: t.Any) -> t.Any:
        try:
            return self._call(what, operation, *args)
        except ServiceError as error:
            if error.status == 404:
                raise NotFound from None
            raise


class NotFound(Exception):
    """Zaqar has no such thing."""


def claim_id(message: dict[str, t.Any]) -> str:
    return message["href"].rsplit("claim_id=", 1)[-1]


def next_marker(page: dict[str, t.Any]) -> str | None:
    for link in page.get("links") or []:
        if link.get("rel") == "next":
            match = re.search(r"[?&]marker=([^&]+)", link.get("href", ""))
            if match:
                return match.group(1)
    return None
