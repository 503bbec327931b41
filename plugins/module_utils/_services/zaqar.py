# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zaqar as the flows see it: plain dicts, errors as sentences, one keystoneauth session."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import traceback
import typing as t
import urllib.parse
import uuid

from .._base.clients import check_client
from .._base.errors import Failure, ServiceError
from .._base.options import Range
from .._cloud.login import Cloud
from .records import Claim, Message, NewMessage, QueueStats, Subscription
from .unknown import say_unknown

try:
    from zaqarclient.queues.v2 import api as zaqar_api
    from zaqarclient.queues.v2 import core as zaqar_core
    from zaqarclient.transport import http as zaqar_http
    from zaqarclient.transport import request as zaqar_request

    CLIENT_IMPORT_ERROR = None

    class _Request(zaqar_request.Request):
        """The client's request, which otherwise looks its API up among all installed plugins each time."""

        api = zaqar_api.V2()

except Exception:  # what is installed can be broken in any way
    CLIENT_IMPORT_ERROR = traceback.format_exc()

PAGE = 20  # Zaqar's default for the messages of one list, claim or pop
MESSAGE_SECONDS = Range(60, 1209600, "seconds")  # what Zaqar takes for the ttl of a message
CLAIM_SECONDS = Range(60, 43200, "seconds")  # what Zaqar takes for the ttl and the grace of a claim
DELAY_SECONDS = Range(0, 900, "seconds")  # what Zaqar takes for the delay of a message
SUBSCRIPTION_SECONDS = Range(60, unit="seconds")  # what Zaqar takes for the ttl of a subscription
EXPIRED_AT_MOST = (
    20  # subscriptions of one queue that may have expired since Zaqar last cleared them
)
USUAL_LIMIT = 262144  # Zaqar's default for the bytes of one request
ENVELOPE = len(json.dumps({"messages": []}))
SEPARATOR = len(", ")
QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def checked_queue_name(name: str) -> str:
    """Return the name; raises Failure if Zaqar would refuse it."""
    if not QUEUE_NAME.match(name or ""):
        raise Failure(
            f"'{name}' cannot be the name of a queue: Zaqar takes 1 to 64 letters, digits, underscores and dashes.",
            "bad_queue_name",
        )
    return name


def size(message: NewMessage) -> int:
    """Return the bytes that a message takes in a request: the client sends plain ASCII JSON."""
    return len(json.dumps(message.as_request()))


def request_size(messages: t.Sequence[NewMessage]) -> int:
    return ENVELOPE + sum(map(size, messages)) + SEPARATOR * max(0, len(messages) - 1)


def checked_limit(queue: str, metadata: dict[str, t.Any], messages: t.Sequence[NewMessage]) -> int:
    """Return how many bytes a request to the queue may have; raises Failure if a message alone has more."""
    limit = int(metadata.get("_max_messages_post_size") or USUAL_LIMIT)
    for number, message in enumerate(messages, 1):
        if ENVELOPE + size(message) > limit:
            which = f"message {number} of {len(messages)}" if len(messages) > 1 else "the message"
            raise Failure(
                f"Could not post to queue '{queue}': {which} makes a request of {ENVELOPE + size(message)} bytes, and the"
                f" queue takes at most {limit}; nothing was posted. Shorten it, or post a reference to the data instead.",
                "too_large",
                message_ids=[],
            )
    return limit


class Zaqar:
    """The requests that the flows need, each one sentence when it fails. Messages are dicts as the API gives them."""

    def __init__(self, cloud: Cloud) -> None:
        check_client("python-zaqarclient", CLIENT_IMPORT_ERROR)
        self._url = cloud.endpoint("messaging").removesuffix("/v2")
        self.connection = cloud.connection("messaging")
        # The client's own HTTP session knows neither the cloud's TLS settings nor how to renew a token.
        self._transport = zaqar_http.HttpTransport({})
        self._transport.client = self.connection
        self._client_id = str(uuid.uuid4())

    def within(self, seconds: float) -> t.ContextManager[None]:
        """Give up whatever this thread sends meanwhile, to any service, when the seconds are over."""
        return self.connection.within(seconds)

    def _call(
        self, what: str, operation: t.Callable[..., t.Any], *args: t.Any, **options: t.Any
    ) -> t.Any:
        try:
            return self._send(operation, *args, **options)
        except ServiceError as error:
            raise error.while_doing(what) from None

    def _send(self, operation: t.Callable[..., t.Any], *args: t.Any, **options: t.Any) -> t.Any:
        request = _Request(endpoint=self._url, api=2, headers={"Client-ID": self._client_id})
        return operation(self._transport, request, *args, **options)

    # Queues

    def queue(self, name: str) -> dict[str, t.Any]:
        """Return a queue's metadata.

        Zaqar answers with its defaults for a queue that nobody created, so existence is asked by callers that need
        it: see exists().
        """
        return self._call(f"read queue '{name}'", zaqar_core.queue_get, name) or {}

    def exists(self, name: str) -> bool:
        """Tell whether a queue is there, in one request whatever the number of queues.

        All reads pretend that each queue is there, and the list knows no filter on Redis. A patch tells: one that
        removes a key that cannot be there changes nothing and is answered by 409, or by 404 without the queue.
        """
        impossible = [{"op": "remove", "path": f"/metadata/{uuid.uuid4().hex}"}]
        try:
            self._call(f"look for queue '{name}'", zaqar_core.queue_update, name, impossible)
        except ServiceError as error:
            if error.status == 403:  # who may only read, reads the list
                return any(queue["name"] == name for queue in self.queues())
            if error.status not in (404, 409):
                raise
            return error.status == 409
        return True

    def queues(self, detailed: bool = False) -> list[dict[str, t.Any]]:
        """Return all queues, following the pages; ``detailed`` ones have their metadata."""
        found: dict[str, dict[str, t.Any]] = {}
        filters = {"limit": PAGE, "detailed": str(detailed).lower()}
        markers: set[t.Any] = set()
        while True:
            page = (self._call("list queues", zaqar_core.queue_list, **filters) or {}).get(
                "queues"
            ) or []
            for queue in page:
                found.setdefault(queue["name"], queue)
            # Zaqar on Redis starts again when the marker's queue was deleted in between.
            if len(page) < PAGE or page[-1]["name"] in markers:
                return list(found.values())
            filters["marker"] = page[-1]["name"]
            markers.add(page[-1]["name"])

    def create_queue(self, name: str, metadata: dict[str, t.Any] | None = None) -> bool:
        """Create a queue unless it is there, in which case nothing of it is changed; tell whether it was created."""
        try:
            return self._send(_queue_create, name, metadata)
        except ServiceError as error:
            # Zaqar looks at the metadata before it looks whether the queue is there.
            is_update = metadata and error.status == 400 and self.exists(name)
            raise error.while_doing(
                f"update queue '{name}'" if is_update else f"create queue '{name}'"
            ) from None

    def delete_queue(self, name: str) -> None:
        self._call(f"delete queue '{name}'", zaqar_core.queue_delete, name)

    def purge_queue(self, name: str, resource_types: list[str]) -> None:
        self._call(f"purge queue '{name}'", zaqar_core.queue_purge, name, resource_types)

    def update_queue(self, name: str, changes: list[dict[str, t.Any]]) -> dict[str, t.Any]:
        """Apply JSON patches to a queue's metadata."""
        return self._call(f"update queue '{name}'", zaqar_core.queue_update, name, changes)

    def stats(self, name: str) -> QueueStats:
        """Return how many messages the queue has."""
        what = f"read the statistics of queue '{name}'"
        try:
            return QueueStats.of(self._call(what, zaqar_core.queue_get_stats, name))
        except ServiceError as error:
            # Zaqar on Redis answers so once a claim has expired, until its garbage collector has run.
            if error.status != 503 or "Queue stats could not be read" not in error.reason:
                raise
        free = len(self.messages(name))
        total = max(free, len(self.messages(name, include_claimed=True)))
        return QueueStats.of({"messages": {"free": free, "claimed": total - free, "total": total}})

    def sign(self, queue: str, methods: list[str], paths: list[str], ttl: int) -> dict[str, t.Any]:
        """Sign what a request without an account may do: dict of signature, expires, methods, paths, project."""
        return self._call(
            f"sign a URL for queue '{queue}'",
            zaqar_core.signed_url_create,
            queue,
            paths=paths,
            ttl_seconds=ttl,
            methods=methods,
        )

    def queue_url(self, queue: str) -> str:
        return f"{self._url}/v2/queues/{queue}"

    # Subscriptions

    def subscriptions(self, queue: str) -> list[Subscription]:
        """Return all subscriptions of a queue, following the pages."""
        # Zaqar on Redis cuts the page out first and leaves out the expired ones then: a short page is not the last one.
        found: dict[str, Subscription] = {}
        markers: set[str | None] = {None}
        options: dict[str, t.Any] = {"limit": PAGE}
        while True:
            page = self._call(
                f"list the subscriptions of queue '{queue}'",
                zaqar_core.subscription_list,
                queue,
                **options,
            )
            for subscription in page["subscriptions"]:
                found.setdefault(subscription["id"], Subscription.of(subscription))
            marker = next_marker(page)
            if marker in markers:
                return list(found.values())
            markers.add(marker)
            options["marker"] = marker

    def subscription(self, queue: str, id: str) -> Subscription:
        what = f"read subscription {id} of queue '{queue}'"
        return Subscription.of(self._call(what, zaqar_core.subscription_get, queue, id))

    def create_subscription(
        self, queue: str, subscriber: str, ttl: int, options: dict[str, t.Any]
    ) -> str:
        """Create a subscription and return its id.

        If the queue has one with this subscriber, Zaqar may return that one's id and change nothing.
        """
        wanted = {"subscriber": subscriber, "ttl": ttl, "options": options}
        expired = 0
        while True:
            try:
                answer = self._call(
                    f"subscribe to queue '{queue}'", zaqar_core.subscription_create, queue, wanted
                )
                return answer["subscription_id"]
            except ServiceError as error:
                # Zaqar on Redis fails at each expired subscription of the queue that it comes upon, after clearing it.
                if error.status != 503 or expired == EXPIRED_AT_MOST:
                    raise
                expired += 1

    def update_subscription(self, queue: str, id: str, changes: dict[str, t.Any]) -> None:
        """Change ``ttl``, which begins to count again, or ``options``, which are replaced as a whole."""
        self._call(
            f"update subscription {id} of queue '{queue}'",
            zaqar_core.subscription_update,
            queue,
            id,
            changes,
        )

    def delete_subscription(self, queue: str, id: str) -> None:
        self._call(
            f"delete subscription {id} of queue '{queue}'",
            zaqar_core.subscription_delete,
            queue,
            id,
        )

    def new_trust(self, subscriber: str, ttl: int) -> str:
        """Have Zaqar create the Keystone trust that a ``trust+`` subscription needs, and return its id.

        Zaqar creates trusts for its own user only as it creates a subscription, and keeps the trust of one that fails
        or is there already. A queue of its own, which is gone right away, yields the trust alone.
        """
        queue = f"trust-{uuid.uuid4()}"
        wanted = {"subscriber": subscriber, "ttl": ttl}
        what = "have Zaqar create a trust to act in your name"
        try:
            id = self._call(what, zaqar_core.subscription_create, queue, wanted)["subscription_id"]
            trust = self._call(what, zaqar_core.subscription_get, queue, id)["options"]["trust_id"]
            self._call(what, zaqar_core.subscription_delete, queue, id)
        except ServiceError as error:
            if error.status == 503:
                error.message += (
                    " Keystone lets neither application credentials nor other delegated tokens do that:"
                    " use a user's password, and see whether Zaqar's [trustee] is configured."
                )
            elif error.outcome_unknown:
                say_unknown(
                    error, f"A trust that it may have made expires by itself after {ttl} seconds."
                )
            raise
        finally:
            with contextlib.suppress(ServiceError):
                self.delete_queue(queue)
        return trust

    # Messages

    def size_limit(self, queue: str, messages: t.Sequence[NewMessage]) -> int:
        """Ask how many bytes a request to the queue may have; raises Failure if a message alone has more."""
        return checked_limit(queue, self.queue(queue), messages)

    def post(self, queue: str, messages: t.Sequence[NewMessage]) -> list[str]:
        """Post messages in one request and return their ids."""
        body = {"messages": [message.as_request() for message in messages]}
        try:
            answer = self._call(f"post to queue '{queue}'", zaqar_core.message_post, queue, body)
        except ServiceError as error:
            if error.outcome_unknown:
                say_unknown(
                    error,
                    "It may have been posted all the same: look into the queue before you post again.",
                )
            raise
        return [reference.rsplit("/", 1)[-1] for reference in answer["resources"]]

    def messages(
        self, queue: str, limit: int | None = None, include_claimed: bool = False
    ) -> list[Message]:
        """Return up to ``limit`` messages, oldest first, without taking them; all of them without a limit."""
        # Zaqar on Redis cuts the page out first and filters it then: a short page is not the last one. And a marker
        # at the head of the queue, or one that is gone, makes it start again: ids and markers that came are known.
        found: dict[str, Message] = {}
        markers: set[str | None] = {None}
        options: dict[str, t.Any] = {
            "echo": "true",
            "include_claimed": str(include_claimed).lower(),
            "limit": PAGE,
        }
        while limit is None or len(found) < limit:
            try:
                page = (
                    self._call(
                        f"list the messages of queue '{queue}'",
                        zaqar_core.message_list,
                        queue,
                        **options,
                    )
                    or {}
                )
            except ServiceError as error:
                # Zaqar on Redis cannot list claimed messages without a marker, and starts at the head for an unknown one.
                if error.status != 503 or not include_claimed or "marker" in options:
                    raise
                options["marker"] = "none"
                continue
            for message in page.get("messages") or []:
                found.setdefault(message["id"], Message.of(message))
            marker = next_marker(page) if page.get("messages") else None
            if marker in markers:
                break
            markers.add(marker)
            options["marker"] = marker
        return list(found.values())[:limit]

    def pop(self, queue: str, count: int) -> list[Message]:
        """Take up to ``count`` (at most a page) messages out of the queue for good."""
        try:
            answer = self._call(f"pop from queue '{queue}'", zaqar_core.message_pop, queue, count)
        except ServiceError as error:
            if error.outcome_unknown:
                say_unknown(
                    error,
                    "What it took, if it was carried out, is lost: for messages that matter, use"
                    " interactive.openstack.zaqar_wait with 'consume' claim.",
                )
            raise
        return list(map(Message.of, (answer or {}).get("messages") or []))

    def claim(self, queue: str, ttl: int, grace: int, limit: int) -> Claim | None:
        """Claim up to ``limit`` (at most a page) messages for ``ttl`` seconds; return None if there are none."""
        what = f"claim messages of queue '{queue}'"
        try:
            answer = self._call(
                what, zaqar_core.claim_create, queue, ttl=ttl, grace=grace, limit=limit
            )
        except ServiceError as error:
            if error.outcome_unknown:
                say_unknown(
                    error,
                    f"What it claimed, if it was carried out, is free again after {ttl} seconds.",
                )
            raise
        messages = tuple(map(Message.of, (answer or {}).get("messages") or []))
        return Claim(messages[0].claim_id, messages, age=0, ttl=ttl) if messages else None

    def claimed(self, queue: str, claim: str) -> Claim | None:
        """Return a claim, or None if it has expired, was released or never existed."""
        what = f"read claim {claim} on queue '{queue}'"
        for last in (False, True):
            try:
                return Claim.of(claim, self._call(what, zaqar_core.claim_get, queue, claim))
            except ServiceError as error:
                # Zaqar on Redis answers by 503 for a claim that has expired, until its garbage collector has run.
                if error.status != 404 and not (
                    error.status == 503 and "Claim could not be queried" in error.reason
                ):
                    raise
                if error.status == 404 or last:
                    return None
            self.messages(queue, limit=1)  # fails as well if it is Zaqar that is in trouble
        return None

    def renew(self, queue: str, claim: str, ttl: int, grace: int) -> None:
        """Let a claim live for ``ttl`` seconds from now."""
        what = f"renew claim {claim} on queue '{queue}'"
        try:
            self._call(what, zaqar_core.claim_update, queue, claim, ttl=ttl, grace=grace)
        except ServiceError as error:
            if error.outcome_unknown:
                say_unknown(
                    error, "It may be renewed all the same: do it again before its time is up."
                )
            raise

    def give_back(self, queue: str, id: str) -> None:
        """Release a claim that is of no use. If that fails, it expires by itself."""
        with contextlib.suppress(ServiceError):
            self.release(queue, id)

    def release(self, queue: str, claim: str) -> None:
        self._call(f"release a claim on queue '{queue}'", zaqar_core.claim_delete, queue, claim)

    def delete_message(self, queue: str, id: str, claim: str | None = None) -> None:
        what = f"delete message {id} of queue '{queue}'"
        try:
            self._call(what, zaqar_core.message_delete, queue, id, claim)
        except ServiceError as error:
            # Zaqar on Redis answers so if the claim has expired and the message has got another one.
            if error.status == 503 and "Message could not be deleted" in error.reason and claim:
                if self.claimed(queue, claim) is None:
                    expired = ServiceError(
                        "Zaqar",
                        400,
                        "The specified claim does not exist or has expired",
                        "bad_request",
                    )
                    raise expired.while_doing(what) from None
            raise


def _queue_create(
    transport: t.Any, request: t.Any, name: str, metadata: dict[str, t.Any] | None
) -> bool:
    """The client's queue_create, which keeps to itself whether there was something to create."""
    request.operation = "queue_create"
    request.params["queue_name"] = name
    request.content = json.dumps(metadata) if metadata else None
    return transport.send(request).status_code == 201


def told_of_taken(messages: t.Sequence[Message]) -> str:
    """Return the sentence for somebody who interrupted what took messages out of a queue: they are nowhere else now."""
    bodies = ", ".join(json.dumps(message.body, ensure_ascii=False) for message in messages)
    return (
        f"Taken out of the queue already, and in no result: {bodies}. All other messages are there."
    )


def in_the_clear(url: str) -> bool:
    """Tell whether what is sent to this URL leaves the machine unencrypted."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    with contextlib.suppress(ValueError):
        return not ipaddress.ip_address(host).is_loopback
    return True


def next_marker(page: dict[str, t.Any]) -> str | None:
    for link in page.get("links") or []:
        if link.get("rel") == "next":
            match = re.search(r"[?&]marker=([^&]+)", link.get("href", ""))
            if match:
                return match.group(1)
    return None
