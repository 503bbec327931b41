# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zaqar's API for the flows: records in and out, one sentence for each error."""

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
from .._base.json_types import JsonObject
from .._base.options import Range
from .._cloud.login import Cloud
from .records import Claim, Message, NewMessage, Queue, QueueStats, Signature, Subscription
from .unknown import say_unknown

try:
    from zaqarclient.queues.v2 import api as zaqar_api
    from zaqarclient.queues.v2 import core as zaqar_core
    from zaqarclient.transport import http as zaqar_http
    from zaqarclient.transport import request as zaqar_request

    CLIENT_IMPORT_ERROR = None

    class _Request(zaqar_request.Request):
        """The client's request. The client itself searches all installed plugins for the API."""

        api = zaqar_api.V2()

except Exception:  # an installed package can be broken in any way
    CLIENT_IMPORT_ERROR = traceback.format_exc()

PAGE = 20  # Zaqar's default for the messages of one list, claim or pop

# What Zaqar accepts
MESSAGE_SECONDS = Range(60, 1209600, "seconds")  # for the ttl of a message
CLAIM_SECONDS = Range(60, 43200, "seconds")  # for the ttl and the grace of a claim
DELAY_SECONDS = Range(0, 900, "seconds")  # for the delay of a message
SUBSCRIPTION_SECONDS = Range(60, unit="seconds")  # for the ttl of a subscription
QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")

# The most subscriptions of one queue that can have expired since Zaqar last removed them.
MOST_EXPIRED_SUBSCRIPTIONS = 20

# Bytes of a request that posts messages
USUAL_LIMIT = 262144  # Zaqar's default for the whole request
ENVELOPE = len(json.dumps({"messages": []}))
SEPARATOR = len(", ")

# What Zaqar on Redis answers, with 503, after a claim has expired, until its garbage collector
# has run.
STATS_UNREADABLE = "Queue stats could not be read"
CLAIM_UNREADABLE = "Claim could not be queried"
MESSAGE_NOT_DELETABLE = "Message could not be deleted"

NEXT_MARKER = re.compile(r"[?&]marker=([^&]+)")


def checked_queue_name(name: str) -> str:
    """Return the name. Raises Failure if Zaqar would refuse it."""
    if not name or not QUEUE_NAME.match(name):
        raise Failure(
            f"'{name}' cannot be the name of a queue: Zaqar takes 1 to 64 letters, digits,"
            " underscores and dashes.",
            "bad_queue_name",
        )
    return name


def size(message: NewMessage) -> int:
    """Return the bytes that a message takes in a request. The client sends ASCII only."""
    return len(json.dumps(message.as_request()))


def request_size(messages: t.Sequence[NewMessage]) -> int:
    """Return the bytes of the request that posts these messages."""
    separators = SEPARATOR * max(0, len(messages) - 1)
    return ENVELOPE + sum(map(size, messages)) + separators


class Zaqar:
    """The requests that the flows need.

    All methods raise ServiceError; its message says what could not be done.
    """

    def __init__(self, cloud: Cloud) -> None:
        check_client("python-zaqarclient", CLIENT_IMPORT_ERROR)
        self._url = cloud.endpoint("messaging").removesuffix("/v2")
        self.connection = cloud.connection("messaging")
        # The client's own HTTP session knows neither the cloud's TLS settings nor how to renew a
        # token.
        self._transport = zaqar_http.HttpTransport({})
        self._transport.client = self.connection
        self._client_id = str(uuid.uuid4())

    def within(self, seconds: float) -> t.ContextManager[None]:
        """Abort this thread's requests, to any service, that are not done after ``seconds``."""
        return self.connection.within(seconds)

    def _call(
        self,
        purpose: str,
        operation: t.Callable[..., t.Any],
        *args: t.Any,
        if_unknown: str = "",
        **options: t.Any,
    ) -> t.Any:
        """Send a request and return its answer.

        A ServiceError says that ``purpose`` could not be done, and ``if_unknown`` if nobody knows
        whether it was done.
        """
        try:
            return self._send(operation, *args, **options)
        except ServiceError as cause:
            error = cause.while_doing(purpose)
        if if_unknown and error.outcome_unknown:
            say_unknown(error, if_unknown)
        raise error

    def _send(self, operation: t.Callable[..., t.Any], *args: t.Any, **options: t.Any) -> t.Any:
        request = _Request(endpoint=self._url, api=2, headers={"Client-ID": self._client_id})
        return operation(self._transport, request, *args, **options)

    # Queues

    def queue(self, name: str) -> JsonObject:
        """Return a queue's metadata.

        Zaqar answers with its defaults for a queue that does not exist: see exists().
        """
        return self._call(f"read queue '{name}'", zaqar_core.queue_get, name) or {}

    def exists(self, name: str) -> bool:
        """Tell whether a queue exists. This takes one request, however many queues there are.

        Each read succeeds whether the queue exists or not, and on Redis the list has no filter. So
        this sends a patch that removes a key which cannot exist: it changes nothing, and Zaqar
        answers with 409, or with 404 if there is no queue.
        """
        impossible = [{"op": "remove", "path": f"/metadata/{uuid.uuid4().hex}"}]
        try:
            self._call(f"look for queue '{name}'", zaqar_core.queue_update, name, impossible)
        except ServiceError as error:
            if error.status == 403:  # somebody who may only read can list the queues
                return any(queue.name == name for queue in self.queues())
            if error.status not in (404, 409):
                raise
            return error.status == 409
        return True

    def queues(self, detailed: bool = False) -> list[Queue]:
        """Return all queues. They have metadata only if they are ``detailed``."""
        queues: dict[str, Queue] = {}
        markers: set[str] = set()
        options: JsonObject = {"limit": PAGE, "detailed": str(detailed).lower()}
        while True:
            answer = self._call("list queues", zaqar_core.queue_list, **options) or {}
            page = [Queue.of(resource) for resource in answer.get("queues") or []]
            for queue in page:
                queues.setdefault(queue.name, queue)
            # Zaqar on Redis starts again if the queue that the marker names was deleted meanwhile.
            if len(page) < PAGE or page[-1].name in markers:
                return list(queues.values())
            options["marker"] = page[-1].name
            markers.add(page[-1].name)

    def create_queue(self, name: str, metadata: JsonObject | None = None) -> bool:
        """Create a queue. Return False if it exists already; then nothing of it is changed."""
        try:
            return bool(self._send(_queue_create, name, metadata))
        except ServiceError as error:
            purpose = f"create queue '{name}'"
            # Zaqar checks the metadata before it checks whether the queue exists.
            if metadata and error.status == 400 and self.exists(name):
                purpose = f"update queue '{name}'"
            raise error.while_doing(purpose) from None

    def delete_queue(self, name: str) -> None:
        """Delete a queue with all that is in it. Nothing is done if it is gone already."""
        self._call(f"delete queue '{name}'", zaqar_core.queue_delete, name)

    def purge_queue(self, name: str, resource_types: list[str]) -> None:
        """Delete all ``messages``, and one page of ``subscriptions``, of a queue."""
        self._call(f"purge queue '{name}'", zaqar_core.queue_purge, name, resource_types)

    def update_queue(self, name: str, patches: list[JsonObject]) -> JsonObject:
        """Apply JSON patches to a queue's metadata, and return the metadata."""
        metadata: JsonObject = self._call(
            f"update queue '{name}'", zaqar_core.queue_update, name, patches
        )
        return metadata

    def stats(self, name: str) -> QueueStats:
        """Return how many messages a queue has."""
        purpose = f"read the statistics of queue '{name}'"
        try:
            return QueueStats.of(self._call(purpose, zaqar_core.queue_get_stats, name))
        except ServiceError as error:
            if not _is_caused_by_expired_claim(error, STATS_UNREADABLE):
                raise
        free = len(self.messages(name))
        total = max(free, len(self.messages(name, include_claimed=True)))
        return QueueStats.of({"messages": {"free": free, "claimed": total - free, "total": total}})

    def sign(self, queue: str, methods: list[str], paths: list[str], ttl: int) -> Signature:
        """Sign the requests that somebody without an account may send for ``ttl`` seconds."""
        resource = self._call(
            f"sign a URL for queue '{queue}'",
            zaqar_core.signed_url_create,
            queue,
            paths=paths,
            ttl_seconds=ttl,
            methods=methods,
        )
        return Signature.of(resource)

    def queue_url(self, queue: str) -> str:
        """Return the URL of a queue, for requests without an account."""
        return f"{self._url}/v2/queues/{queue}"

    # Subscriptions

    def subscriptions(self, queue: str) -> list[Subscription]:
        """Return all subscriptions of a queue."""
        purpose = f"list the subscriptions of queue '{queue}'"

        def read_page(**marker: str) -> JsonObject:
            page: JsonObject = self._call(
                purpose, zaqar_core.subscription_list, queue, limit=PAGE, **marker
            )
            return page

        subscriptions: dict[str, Subscription] = {}
        for page in _pages(read_page, "subscriptions"):
            for resource in page:
                subscriptions.setdefault(resource["id"], Subscription.of(resource))
        return list(subscriptions.values())

    def subscription(self, queue: str, id: str) -> Subscription:
        """Return a subscription. Raises ServiceError 404 if it does not exist."""
        purpose = f"read subscription {id} of queue '{queue}'"
        return Subscription.of(self._call(purpose, zaqar_core.subscription_get, queue, id))

    def create_subscription(
        self, queue: str, subscriber: str, ttl: int, options: JsonObject
    ) -> str:
        """Create a subscription that lives for ``ttl`` seconds, and return its id.

        If the queue has a subscription with this subscriber, Zaqar may return the id of that
        subscription and change nothing.
        """
        purpose = f"subscribe to queue '{queue}'"
        body = {"subscriber": subscriber, "ttl": ttl, "options": options}
        expired = 0
        while True:
            try:
                answer = self._call(purpose, zaqar_core.subscription_create, queue, body)
                return str(answer["subscription_id"])
            except ServiceError as error:
                # Zaqar on Redis fails whenever it comes upon an expired subscription of the queue.
                # It has removed that subscription by then.
                if error.status != 503 or expired == MOST_EXPIRED_SUBSCRIPTIONS:
                    raise
                expired += 1

    def update_subscription(self, queue: str, id: str, changes: JsonObject) -> None:
        """Change ``ttl`` (it begins to count again) or ``options`` (they are replaced)."""
        purpose = f"update subscription {id} of queue '{queue}'"
        self._call(purpose, zaqar_core.subscription_update, queue, id, changes)

    def delete_subscription(self, queue: str, id: str) -> None:
        """Delete a subscription. Nothing is done if it is gone already."""
        purpose = f"delete subscription {id} of queue '{queue}'"
        self._call(purpose, zaqar_core.subscription_delete, queue, id)

    def new_trust(self, subscriber: str, ttl: int) -> str:
        """Have Zaqar create the Keystone trust that a ``trust+`` subscription needs; return its id.

        Zaqar creates a trust for its own user only when it creates a subscription. If that
        subscription fails, or exists already, the trust remains. So this creates a subscription in
        a queue of its own and removes both: only the trust is left.
        """
        queue = f"trust-{uuid.uuid4()}"
        purpose = "have Zaqar create a trust to act in your name"
        body = {"subscriber": subscriber, "ttl": ttl}
        try:
            answer = self._call(purpose, zaqar_core.subscription_create, queue, body)
            id = answer["subscription_id"]
            subscription = self._call(purpose, zaqar_core.subscription_get, queue, id)
            self._call(purpose, zaqar_core.subscription_delete, queue, id)
        except ServiceError as error:
            _explain_missing_trust(error, ttl)
            raise
        finally:
            with contextlib.suppress(ServiceError):
                self.delete_queue(queue)
        return str(subscription["options"]["trust_id"])

    # Messages

    def size_limit(self, queue: str, messages: t.Sequence[NewMessage]) -> int:
        """Return how many bytes a request to the queue may have.

        Raises Failure if a message exceeds that limit alone.
        """
        limit = int(self.queue(queue).get("_max_messages_post_size") or USUAL_LIMIT)
        for number, message in enumerate(messages, 1):
            alone = request_size([message])
            if alone <= limit:
                continue
            which = "the message"
            if len(messages) > 1:
                which = f"message {number} of {len(messages)}"
            raise Failure(
                f"Could not post to queue '{queue}': {which} makes a request of {alone} bytes, and"
                f" the queue takes at most {limit}; nothing was posted. Shorten it, or post a"
                " reference to the data instead.",
                "too_large",
                message_ids=[],
            )
        return limit

    def post(self, queue: str, messages: t.Sequence[NewMessage]) -> list[str]:
        """Post messages in one request, and return their ids."""
        answer = self._call(
            f"post to queue '{queue}'",
            zaqar_core.message_post,
            queue,
            {"messages": [message.as_request() for message in messages]},
            if_unknown=(
                "It may have been posted all the same: look into the queue before you post again."
            ),
        )
        return [reference.rsplit("/", 1)[-1] for reference in answer["resources"]]

    def messages(
        self, queue: str, limit: int | None = None, include_claimed: bool = False
    ) -> list[Message]:
        """Return up to ``limit`` messages, or all of them, oldest first. They stay in the queue."""
        purpose = f"list the messages of queue '{queue}'"
        options: JsonObject = {
            "echo": "true",
            "include_claimed": str(include_claimed).lower(),
            "limit": PAGE,
        }

        def read_page(**marker: str) -> JsonObject | None:
            page: JsonObject | None
            try:
                page = self._call(purpose, zaqar_core.message_list, queue, **options, **marker)
            except ServiceError as error:
                if error.status != 503 or not include_claimed or marker:
                    raise
                # Zaqar on Redis cannot list claimed messages without a marker. With an unknown
                # marker it starts at the head of the queue.
                page = self._call(purpose, zaqar_core.message_list, queue, **options, marker="none")
            return page

        messages: dict[str, Message] = {}
        for page in _pages(read_page, "messages"):
            for resource in page:
                messages.setdefault(resource["id"], Message.of(resource))
            is_enough = limit is not None and len(messages) >= limit
            if is_enough or not page:
                break
        return list(messages.values())[:limit]

    def pop(self, queue: str, count: int) -> list[Message]:
        """Remove up to ``count`` messages (at most a page) from the queue, and return them."""
        answer = self._call(
            f"pop from queue '{queue}'",
            zaqar_core.message_pop,
            queue,
            count,
            if_unknown=(
                "What it took, if it was carried out, is lost: for messages that matter, use"
                " interactive.openstack.zaqar_wait with 'consume' claim."
            ),
        )
        return _messages_of(answer)

    def claim(self, queue: str, ttl: int, grace: int, limit: int) -> Claim | None:
        """Claim up to ``limit`` messages (at most a page) for ``ttl`` seconds.

        Each message lives for at least ``grace`` seconds longer than the claim. Returns None if
        there is no message to claim.
        """
        answer = self._call(
            f"claim messages of queue '{queue}'",
            zaqar_core.claim_create,
            queue,
            ttl=ttl,
            grace=grace,
            limit=limit,
            if_unknown=(
                f"What it claimed, if it was carried out, is free again after {ttl} seconds."
            ),
        )
        messages = _messages_of(answer)
        if not messages:
            return None
        return Claim(id=messages[0].claim_id, messages=tuple(messages), age=0, ttl=ttl)

    def claimed(self, queue: str, claim: str) -> Claim | None:
        """Return a claim. Returns None if it has expired, was released or never existed."""
        try:
            return self._read_claim(queue, claim)
        except ServiceError as error:
            if not _is_caused_by_expired_claim(error, CLAIM_UNREADABLE):
                raise
        self.messages(queue, limit=1)  # fails if it is Zaqar that is in trouble
        try:
            return self._read_claim(queue, claim)
        except ServiceError as error:
            if not _is_caused_by_expired_claim(error, CLAIM_UNREADABLE):
                raise
        return None

    def _read_claim(self, queue: str, claim: str) -> Claim | None:
        purpose = f"read claim {claim} on queue '{queue}'"
        try:
            return Claim.of(claim, self._call(purpose, zaqar_core.claim_get, queue, claim))
        except ServiceError as error:
            if error.status != 404:
                raise
        return None

    def renew(self, queue: str, claim: str, ttl: int, grace: int) -> None:
        """Let a claim live for ``ttl`` seconds from now, and its messages ``grace`` longer."""
        self._call(
            f"renew claim {claim} on queue '{queue}'",
            zaqar_core.claim_update,
            queue,
            claim,
            ttl=ttl,
            grace=grace,
            if_unknown="It may be renewed all the same: do it again before its time is up.",
        )

    def release(self, queue: str, claim: str) -> None:
        """Release a claim, so that others can claim its messages."""
        self._call(f"release a claim on queue '{queue}'", zaqar_core.claim_delete, queue, claim)

    def give_back(self, queue: str, id: str) -> None:
        """Release a claim that is of no use any more. If that fails, the claim expires later."""
        with contextlib.suppress(ServiceError):
            self.release(queue, id)

    def delete_message(self, queue: str, id: str, claim: str | None = None) -> None:
        """Delete a message. If somebody has claimed it, ``claim`` must be the id of that claim."""
        purpose = f"delete message {id} of queue '{queue}'"
        try:
            self._call(purpose, zaqar_core.message_delete, queue, id, claim)
        except ServiceError as error:
            if not claim or not _is_caused_by_expired_claim(error, MESSAGE_NOT_DELETABLE):
                raise
            if self.claimed(queue, claim) is not None:
                raise
            # The claim has expired, and somebody else has claimed the message.
            reason = "The specified claim does not exist or has expired"
            expired = ServiceError("Zaqar", 400, reason, "bad_request")
            raise expired.while_doing(purpose) from None


def _queue_create(transport: t.Any, request: t.Any, name: str, metadata: JsonObject | None) -> bool:
    """Do what the client's queue_create does, and tell whether there was a queue to create."""
    request.operation = "queue_create"
    request.params["queue_name"] = name
    if metadata:
        request.content = json.dumps(metadata)
    status: int = transport.send(request).status_code
    return status == 201


def _is_caused_by_expired_claim(error: ServiceError, words: str) -> bool:
    return error.status == 503 and words in error.reason


def _explain_missing_trust(error: ServiceError, ttl: int) -> None:
    """Add to the error why Zaqar may have created no trust, or what became of the trust."""
    if error.status == 503:
        error.message += (
            " Keystone lets neither application credentials nor other delegated tokens do that:"
            " use a user's password, and see whether Zaqar's [trustee] is configured."
        )
    elif error.outcome_unknown:
        sentence = f"A trust that it may have made expires by itself after {ttl} seconds."
        say_unknown(error, sentence)


def _messages_of(answer: JsonObject | None) -> list[Message]:
    """Return the messages of a pop or of a new claim. Zaqar answers nothing if there are none."""
    if not answer:
        return []
    return [Message.of(resource) for resource in answer.get("messages") or []]


def _pages(read_page: t.Callable[..., JsonObject | None], key: str) -> t.Iterator[list[JsonObject]]:
    """Yield the pages of a list: what ``read_page(marker=...)`` has at ``key``.

    Zaqar on Redis leaves expired items out after it has cut the page out, so a short page is not
    always the last one. It starts again at the head if the item that the marker names is gone, so
    the list ends at a marker that was used before, and items can come twice.
    """
    used: set[str] = set()
    page = read_page() or {}
    while True:
        yield page.get(key) or []
        marker = _next_marker(page)
        if marker is None or marker in used:
            return
        used.add(marker)
        page = read_page(marker=marker) or {}


def _next_marker(page: JsonObject) -> str | None:
    for link in page.get("links") or []:
        match = NEXT_MARKER.search(link.get("href", ""))
        if link.get("rel") == "next" and match:
            return match.group(1)
    return None


def describe_taken(messages: t.Sequence[Message]) -> str:
    """Return the sentence with the messages of an interrupted run. They exist nowhere else."""
    bodies = [json.dumps(message.body, ensure_ascii=False) for message in messages]
    return (
        f"Taken out of the queue already, and in no result: {', '.join(bodies)}. All other"
        " messages are there."
    )


def is_sent_unencrypted(url: str) -> bool:
    """Tell whether a request to this URL leaves the machine unencrypted."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    with contextlib.suppress(ValueError):
        return not ipaddress.ip_address(host).is_loopback
    return True
