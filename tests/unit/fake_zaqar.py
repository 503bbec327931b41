# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zaqar in memory. It behaves as Zaqar on Redis does, with the oddities that our code knows."""

from __future__ import annotations

import dataclasses
import typing as t
import urllib.parse

from ansible_collections.interactive.openstack.tests.unit.fake_keystone import FakeKeystone
from ansible_collections.interactive.openstack.tests.unit.fake_service import (
    Answer,
    FakeClock,
    FakeService,
    Refused,
    Request,
    Route,
)

PROJECT = "project"
PAGE = 20  # the most that a list, a claim or a pop returns
DEFAULTS: dict[str, t.Any] = {
    "_max_messages_post_size": 262144,
    "_default_message_ttl": 3600,
    "_default_message_delay": 0,
    "_dead_letter_queue": None,
    "_dead_letter_queue_messages_ttl": None,
    "_max_claim_count": None,
    "_enable_encrypt_messages": False,
}


@dataclasses.dataclass
class FakeMessage:
    """A message. Times are seconds on the fake clock."""

    id: str
    body: t.Any
    ttl: int
    created: float
    expires: float
    visible_from: float = 0.0  # when its delay is over
    claim: str = ""
    claimed_until: float = 0.0


@dataclasses.dataclass
class FakeClaim:
    """A claim, which lists the ids of its messages."""

    id: str
    ttl: int
    expires: float
    messages: list[str]


@dataclasses.dataclass
class FakeSubscription:
    """A subscription. Nothing is delivered; see ``FakeZaqar.listeners``."""

    id: str
    subscriber: str
    ttl: int
    created: float
    options: dict[str, t.Any]


@dataclasses.dataclass
class FakeQueue:
    """A queue and all that is in it. Subscriptions and claims outlive its deletion, as on Redis."""

    metadata: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    exists: bool = True
    messages: list[FakeMessage] = dataclasses.field(default_factory=list)
    claims: dict[str, FakeClaim] = dataclasses.field(default_factory=dict)
    subscriptions: dict[str, FakeSubscription] = dataclasses.field(default_factory=dict)


Listener = t.Callable[[str, list[FakeMessage]], object]


class FakeZaqar(FakeService):
    """Queues in memory. Tests can read and change ``queues`` at will.

    ``listeners`` are called after each post with the queue's name and the new messages.
    ``keeps_expired_claims``: whether Zaqar is between two runs of its garbage collector. Then it
    answers 503 to who reads an expired claim or the statistics of its queue.
    """

    NAME = "Zaqar"
    ROUTES = (
        Route("GET", "queues", "list_queues"),
        Route("PUT", "queues/{queue}", "create_queue"),
        Route("GET", "queues/{queue}", "read_queue"),
        Route("PATCH", "queues/{queue}", "update_queue"),
        Route("DELETE", "queues/{queue}", "delete_queue"),
        Route("GET", "queues/{queue}/stats", "read_stats"),
        Route("POST", "queues/{queue}/purge", "purge_queue"),
        Route("POST", "queues/{queue}/share", "sign_url"),
        Route("GET", "queues/{queue}/messages", "list_messages"),
        Route("POST", "queues/{queue}/messages", "post_messages"),
        Route("DELETE", "queues/{queue}/messages", "pop_messages"),
        Route("DELETE", "queues/{queue}/messages/{message}", "delete_message"),
        Route("POST", "queues/{queue}/claims", "create_claim"),
        Route("GET", "queues/{queue}/claims/{claim}", "read_claim"),
        Route("PATCH", "queues/{queue}/claims/{claim}", "update_claim"),
        Route("DELETE", "queues/{queue}/claims/{claim}", "delete_claim"),
        Route("GET", "queues/{queue}/subscriptions", "list_subscriptions"),
        Route("POST", "queues/{queue}/subscriptions", "create_subscription"),
        Route("GET", "queues/{queue}/subscriptions/{subscription}", "read_subscription"),
        Route("PATCH", "queues/{queue}/subscriptions/{subscription}", "update_subscription"),
        Route("DELETE", "queues/{queue}/subscriptions/{subscription}", "delete_subscription"),
    )

    def __init__(self, clock: FakeClock, keystone: FakeKeystone | None = None) -> None:
        super().__init__(clock)
        self.keystone = keystone or FakeKeystone(clock)
        self.queues: dict[str, FakeQueue] = {}
        self.listeners: list[Listener] = []
        self.keeps_expired_claims = False
        self.signature = "signature"

    # For tests

    def put(self, queue: str, *bodies: t.Any, ttl: int = 3600, age: int = 0) -> list[str]:
        """Put messages into a queue, which is created, and return their ids."""
        created = self.clock.now - age
        new = [
            FakeMessage(self.new_id(), body, ttl, created, created + ttl, created)
            for body in bodies
        ]
        self._existing(queue).messages += new
        for listener in list(self.listeners):
            listener(queue, new)
        return [message.id for message in new]

    def bodies(self, queue: str) -> list[t.Any]:
        """Return the bodies of all messages of a queue, claimed ones too, the oldest first."""
        return [message.body for message in self._live(queue)]

    def free(self, queue: str) -> list[t.Any]:
        """Return the bodies of the messages that nobody has claimed, the oldest first."""
        return [message.body for message in self._live(queue) if not self._is_claimed(message)]

    def take(self, queue: str, count: int = 1) -> list[t.Any]:
        """Pop messages, as a workflow or somebody else would, and return their bodies."""
        messages = self._claim(queue, 1, 0, count)[1]
        self._remove(queue, messages)
        return [message.body for message in messages]

    def lock(self, queue: str, ttl: int = 60, count: int = PAGE) -> str:
        """Claim messages, as somebody else would. Return the claim's id, empty without any."""
        claim, messages = self._claim(queue, ttl, ttl, count)
        return claim.id if messages else ""

    def unlock(self, queue: str) -> None:
        """Release all claims on a queue."""
        self.queues[queue].claims.clear()
        for message in self.queues[queue].messages:
            message.claim, message.claimed_until = "", 0.0

    def subscribe(self, queue: str, subscriber: str, ttl: int = 3600, **options: t.Any) -> str:
        """Subscribe to a queue and return the subscription's id."""
        id = self.new_id()
        new = FakeSubscription(id, subscriber, ttl, self.clock.now, options)
        self._existing(queue).subscriptions[id] = new
        return id

    # Queues

    def list_queues(self, request: Request) -> Answer:
        names = sorted(name for name, queue in self.queues.items() if queue.exists)
        marker = request.query.get("marker", "")
        page = [name for name in names if name > marker][: self._limit(request)]
        queues: list[dict[str, t.Any]] = []
        for name in page:
            queues.append({"name": name, "href": f"/v2/queues/{name}"})
            if request.query.get("detailed") == "true":
                queues[-1]["metadata"] = self._metadata(name)
        return Answer(200, {"queues": queues, "links": _links("queues", request, page[-1:])})

    def create_queue(self, request: Request) -> Answer:
        metadata = request.body or {}
        size = metadata.get("_max_messages_post_size", 0)
        if not isinstance(size, int):
            raise Refused(400, "_max_messages_post_size must be integer.")
        name = request.names["queue"]
        if self._exists(name):
            return Answer(204)
        self._existing(name).metadata = metadata
        return Answer(201)

    def read_queue(self, request: Request) -> Answer:
        return Answer(200, self._metadata(request.names["queue"]))

    def update_queue(self, request: Request) -> Answer:
        name = request.names["queue"]
        if not self._exists(name):
            raise Refused(404, f"Queue {name} does not exist for project {PROJECT}")
        metadata = dict(self.queues[name].metadata)
        for change in request.body:
            key = change["path"].removeprefix("/metadata/").replace("~1", "/").replace("~0", "~")
            if change["op"] != "add" and key not in metadata:
                raise Refused(409, f"Can't {change['op']} non-existent object {key}.")
            if change["op"] == "remove":
                del metadata[key]
            else:
                metadata[key] = change["value"]
        self.queues[name].metadata = metadata
        return Answer(200, self._metadata(name))

    def delete_queue(self, request: Request) -> Answer:
        queue = self.queues.get(request.names["queue"])
        if queue:
            queue.exists = False
            queue.metadata = {}
            queue.messages = []
        return Answer(204)

    def read_stats(self, request: Request) -> Answer:
        name = request.names["queue"]
        if not self._exists(name):
            return Answer(200, {"messages": {"claimed": 0, "free": 0, "total": 0}})
        if self.keeps_expired_claims and self._expired_claims(name):
            reason = "Queue stats could not be read. Please try again in a few seconds."
            raise Refused(503, reason)
        live = self._live(name)
        claimed = sum(self._is_claimed(message) for message in live)
        stats: dict[str, t.Any] = {
            "claimed": claimed,
            "free": len(live) - claimed,
            "total": len(live),
        }
        if live:
            stats["newest"] = self._item(name, live[-1])
            stats["oldest"] = self._item(name, live[0])
        return Answer(200, {"messages": stats})

    def purge_queue(self, request: Request) -> Answer:
        """Remove what nobody has claimed, and a page of subscriptions, as Zaqar does."""
        queue = self.queues.get(request.names["queue"], FakeQueue())
        kinds = (request.body or {}).get("resource_types") or ["messages", "subscriptions"]
        if "messages" in kinds:
            queue.messages = [message for message in queue.messages if self._is_claimed(message)]
        if "subscriptions" in kinds:
            for id in list(queue.subscriptions)[:PAGE]:
                del queue.subscriptions[id]
        return Answer(204)

    def sign_url(self, request: Request) -> Answer:
        name = request.names["queue"]
        signed = dict(request.body, project=PROJECT, signature=self.signature)
        signed["paths"] = [f"/v2/queues/{name}/{path}" for path in request.body["paths"]]
        signed["expires"] = request.body["expires"].partition(".")[0]
        return Answer(200, signed)

    # Messages

    def list_messages(self, request: Request) -> Answer:
        """Cut a page out and filter it then. After the head or an unknown marker, begin anew."""
        name = request.names["queue"]
        if not self._exists(name):
            return Answer(200, {"messages": [], "links": []})
        everything = request.query.get("include_claimed") == "true"
        marker = request.query.get("marker", "")
        if everything and not marker:
            raise Refused(503, "Messages could not be listed. Please try again in a few seconds.")
        live = self._live(name)
        start = self._start(live, marker)
        page = live[start : start + self._limit(request)]
        if not everything:
            page = [message for message in page if not self._is_claimed(message)]
        items = [self._item(name, message) for message in page]
        links = _links(f"queues/{name}/messages", request, [message.id for message in page[-1:]])
        return Answer(200, {"messages": items, "links": links})

    def _start(self, live: list[FakeMessage], marker: str) -> int:
        """Return where a page begins."""
        if not marker:
            free = [number for number, message in enumerate(live) if not self._is_claimed(message)]
            return min(free, default=0)
        rank = next((number for number, message in enumerate(live) if message.id == marker), 0)
        return rank + 1 if rank else 0

    def post_messages(self, request: Request) -> Answer:
        name = request.names["queue"]
        metadata = self._metadata(name)
        limit = metadata["_max_messages_post_size"]
        if len(request.text) > limit:
            raise Refused(400, f"Message collection size is too large. Max size {limit}")
        messages = request.body["messages"]
        if not messages:
            raise Refused(400, "No messages to enqueu.")
        ttls = [message.get("ttl", metadata["_default_message_ttl"]) for message in messages]
        if any(not 60 <= ttl <= 1209600 for ttl in ttls):
            raise Refused(
                400,
                "The TTL for a message may not exceed 1209600 seconds, and must be at least 60"
                " seconds long.",
            )
        new = [
            FakeMessage(
                id=self.new_id(),
                body=message["body"],
                ttl=ttl,
                created=self.clock.now,
                expires=self.clock.now + ttl,
                visible_from=self.clock.now + self._delay(metadata, message),
            )
            for message, ttl in zip(messages, ttls)
        ]
        self._existing(name).messages += new
        for listener in list(self.listeners):
            listener(name, new)
        resources = [f"/v2/queues/{name}/messages/{message.id}" for message in new]
        return Answer(201, {"resources": resources})

    def _delay(self, metadata: dict[str, t.Any], message: dict[str, t.Any]) -> int:
        """Return a message's delay in seconds. Zaqar ignores it in a queue without a default."""
        default = int(metadata["_default_message_delay"] or 0)
        return int(message.get("delay", default)) if default else 0

    def pop_messages(self, request: Request) -> Answer:
        name = request.names["queue"]
        count = int(request.query["pop"])
        if not 1 <= count <= PAGE:
            reason = f"Pop value must be at least 1 and may not be greater than {PAGE}."
            raise Refused(400, reason)
        claim, messages = self._claim(name, 1, 0, count)
        items = [
            {
                "id": message.id,
                "age": self._age(message.created),
                "ttl": message.ttl,
                "body": message.body,
                "claim_id": claim.id,
                "claim_count": 0,
            }
            for message in messages
        ]
        self._remove(name, messages)
        return Answer(200, {"messages": items})

    def delete_message(self, request: Request) -> Answer:
        name, id = request.names["queue"], request.names["message"]
        message = next((message for message in self._live(name) if message.id == id), None)
        if message:
            self._check_claim(name, message, request.query.get("claim_id"))
            self._remove(name, [message])
        return Answer(204)

    def _check_claim(self, name: str, message: FakeMessage, claim: str | None) -> None:
        """Raise Refused unless a message may be deleted by this claim, or without one."""
        not_claimed = Refused(403, _IS_CLAIMED)
        if claim is None:
            if self._is_claimed(message):
                raise not_claimed
            return
        no_claim = Refused(400, "The specified claim does not exist or has expired.")
        if len(claim) != len(self.new_id()):  # what is no UUID
            raise no_claim
        if not self._is_claimed(message):
            reason = "A claim was specified, but the message is not currently claimed."
            raise Refused(400, reason)
        if message.claim == claim:
            return
        known = self._known_claim(name, claim, "Message could not be deleted")
        raise not_claimed if known else no_claim

    # Claims

    def create_claim(self, request: Request) -> Answer:
        limit = self._limit(request)
        ttl, grace = request.body["ttl"], request.body["grace"]
        self._check_claim_times(ttl, grace)
        name = request.names["queue"]
        messages = self._claim(name, ttl, grace, limit)[1]
        if not messages:
            return Answer(204)
        return Answer(201, {"messages": [self._item(name, message) for message in messages]})

    def read_claim(self, request: Request) -> Answer:
        name = request.names["queue"]
        claim = self._claim_of(request)
        held = [message for message in self._live(name) if message.id in claim.messages]
        answer = {
            "age": self._age(claim.expires - claim.ttl),
            "ttl": claim.ttl,
            "messages": [self._item(name, message) for message in held],
            "href": f"/v2/queues/{name}/claims/{claim.id}",
        }
        return Answer(200, answer)

    def update_claim(self, request: Request) -> Answer:
        ttl, grace = request.body["ttl"], request.body["grace"]
        self._check_claim_times(ttl, grace)
        claim = self._claim_of(request)
        claim.ttl, claim.expires = ttl, self.clock.now + ttl
        for message in self._live(request.names["queue"]):
            if message.id in claim.messages:
                self._hold(message, claim, grace)
        return Answer(204)

    def delete_claim(self, request: Request) -> Answer:
        name = request.names["queue"]
        claim = self.queues.get(name, FakeQueue()).claims.pop(request.names["claim"], None)
        for message in self._live(name):
            if claim and message.id in claim.messages:
                message.claim, message.claimed_until = "", 0.0
        return Answer(204)

    def _claim_of(self, request: Request) -> FakeClaim:
        """Return the claim that a request names; raises Refused if it has expired or never was."""
        name, id = request.names["queue"], request.names["claim"]
        claim = self._known_claim(name, id, "Claim could not be queried")
        if claim is None:
            reason = f"Claim {id} does not exist in queue {name} for project {PROJECT}"
            raise Refused(404, reason)
        return claim

    def _known_claim(self, name: str, id: str, trouble: str) -> FakeClaim | None:
        """Return a claim, or None. Raises Refused where Zaqar stumbles over an expired one."""
        claim = self.queues.get(name, FakeQueue()).claims.get(id)
        if claim is None or not self._exists(name):
            return None
        if claim.expires > self.clock.now:
            return claim
        if self.keeps_expired_claims:
            raise Refused(503, f"{trouble}. Please try again in a few seconds.")
        return None

    def _claim(
        self, name: str, ttl: int, grace: int, limit: int
    ) -> tuple[FakeClaim, list[FakeMessage]]:
        """Claim up to ``limit`` messages, the oldest first.

        Zaqar on Redis takes all that follow the first free one, even claimed ones.
        """
        claim = FakeClaim(self.new_id(), ttl, self.clock.now + ttl, [])
        live = self._live(name)
        free = [number for number, message in enumerate(live) if self._can_be_claimed(message)]
        if not free:
            return claim, []
        messages = live[free[0] : free[0] + limit]
        for message in messages:
            self._hold(message, claim, grace)
        claim.messages = [message.id for message in messages]
        self.queues[name].claims[claim.id] = claim
        return claim, messages

    def _hold(self, message: FakeMessage, claim: FakeClaim, grace: int) -> None:
        """Let a message belong to a claim; it must not expire before the claim does."""
        message.claim, message.claimed_until = claim.id, claim.expires
        if message.expires < claim.expires:
            message.ttl = claim.ttl + grace
            message.expires = claim.expires + grace

    def _check_claim_times(self, ttl: int, grace: int) -> None:
        for what, seconds in (("TTL", ttl), ("grace", grace)):
            if not 60 <= seconds <= 43200:
                raise Refused(
                    400,
                    f"The {what} for a claim may not exceed 43200 seconds, and must be at least 60"
                    " seconds long.",
                )

    # Subscriptions

    def list_subscriptions(self, request: Request) -> Answer:
        """Cut a page out and filter it then. A page of expired ones only has no next page."""
        name = request.names["queue"]
        found = list(self.queues.get(name, FakeQueue()).subscriptions.values())
        marker = request.query.get("marker", "")
        ids = [subscription.id for subscription in found]
        start = ids.index(marker) + 1 if marker in ids else 0
        page = found[start : start + self._limit(request)]
        live = [subscription for subscription in page if not self._has_expired(subscription)]
        items = [self._subscription_item(name, subscription) for subscription in live]
        links = _links(f"queues/{name}/subscriptions", request, [item.id for item in live[-1:]])
        return Answer(200, {"subscriptions": items, "links": links})

    def create_subscription(self, request: Request) -> Answer:
        """Subscribe. Zaqar on Redis removes the first expired subscription it meets, and fails."""
        wanted = request.body
        if wanted["ttl"] < 60:
            raise Refused(400, "The TTL for a subscription must be at least 60 seconds long.")
        queue = self._existing(request.names["queue"])
        options = dict(wanted.get("options") or {})
        if wanted["subscriber"].startswith("trust+") and "trust_id" not in options:
            options["trust_id"] = self.keystone.add_trust(wanted["ttl"])
        for subscription in list(queue.subscriptions.values()):
            if self._has_expired(subscription):
                del queue.subscriptions[subscription.id]
                raise Refused(503, "Subscription could not be created.")
            if subscription.subscriber == wanted["subscriber"]:
                return Answer(201, {"subscription_id": subscription.id})
        new = FakeSubscription(
            self.new_id(), wanted["subscriber"], wanted["ttl"], self.clock.now, options
        )
        queue.subscriptions[new.id] = new
        return Answer(201, {"subscription_id": new.id})

    def read_subscription(self, request: Request) -> Answer:
        subscription = self._subscription_of(request)
        return Answer(200, self._subscription_item(request.names["queue"], subscription))

    def update_subscription(self, request: Request) -> Answer:
        subscription = self._subscription_of(request)
        subscription.subscriber = request.body.get("subscriber", subscription.subscriber)
        subscription.options = request.body.get("options", subscription.options)
        if "ttl" in request.body:
            subscription.ttl, subscription.created = request.body["ttl"], self.clock.now
        return Answer(204)

    def delete_subscription(self, request: Request) -> Answer:
        queue = self.queues.get(request.names["queue"], FakeQueue())
        queue.subscriptions.pop(request.names["subscription"], None)
        return Answer(204)

    def _subscription_of(self, request: Request) -> FakeSubscription:
        id = request.names["subscription"]
        queue = self.queues.get(request.names["queue"], FakeQueue())
        subscription = queue.subscriptions.get(id)
        if subscription is None or self._has_expired(subscription):
            raise Refused(404, f"Subscription {id} does not exist")
        return subscription

    def _has_expired(self, subscription: FakeSubscription) -> bool:
        return subscription.created + subscription.ttl <= self.clock.now

    def _subscription_item(self, name: str, subscription: FakeSubscription) -> dict[str, t.Any]:
        return {
            "id": subscription.id,
            "source": name,
            "subscriber": subscription.subscriber,
            "ttl": subscription.ttl,
            "age": self._age(subscription.created),
            "options": subscription.options,
            "confirmed": False,
        }

    # What several of these need

    def _exists(self, name: str) -> bool:
        return name in self.queues and self.queues[name].exists

    def _existing(self, name: str) -> FakeQueue:
        """Return a queue, which is created if it is not there."""
        queue = self.queues.setdefault(name, FakeQueue())
        queue.exists = True
        return queue

    def _metadata(self, name: str) -> dict[str, t.Any]:
        metadata = self.queues[name].metadata if self._exists(name) else {}
        return {**DEFAULTS, **metadata}

    def _limit(self, request: Request) -> int:
        limit = int(request.query.get("limit", PAGE))
        if not 1 <= limit <= PAGE:
            reason = f"Limit must be at least 1 and may not be greater than {PAGE}."
            raise Refused(400, reason)
        return limit

    def _live(self, name: str) -> list[FakeMessage]:
        """Return the messages that have not expired; the others are removed."""
        queue = self.queues.get(name)
        if queue is None:
            return []
        now = self.clock.now
        queue.messages = [message for message in queue.messages if message.expires > now]
        return list(queue.messages)

    def _is_claimed(self, message: FakeMessage) -> bool:
        return message.claimed_until > self.clock.now

    def _can_be_claimed(self, message: FakeMessage) -> bool:
        return not self._is_claimed(message) and message.visible_from <= self.clock.now

    def _expired_claims(self, name: str) -> list[FakeClaim]:
        claims = self.queues[name].claims.values()
        return [claim for claim in claims if claim.expires <= self.clock.now]

    def _remove(self, name: str, messages: list[FakeMessage]) -> None:
        queue = self.queues.get(name, FakeQueue())
        gone = {message.id for message in messages}
        for message in messages:
            claim = queue.claims.get(message.claim)
            if claim and message.id in claim.messages:
                claim.messages.remove(message.id)
        queue.messages = [message for message in queue.messages if message.id not in gone]

    def _age(self, since: float) -> int:
        return int(self.clock.now - since)

    def _item(self, name: str, message: FakeMessage) -> dict[str, t.Any]:
        href = f"/v2/queues/{name}/messages/{message.id}"
        if self._is_claimed(message):
            href += f"?claim_id={message.claim}"
        return {
            "id": message.id,
            "href": href,
            "ttl": message.ttl,
            "age": self._age(message.created),
            "body": message.body,
        }


_IS_CLAIMED = "This message is claimed; it cannot be deleted without a valid claim ID."


def _links(path: str, request: Request, last: list[str]) -> list[dict[str, str]]:
    """Return the link to the next page, which Zaqar gives unless this one is empty."""
    if not last:
        return []
    query = urllib.parse.urlencode({**request.query, "marker": last[0]})
    return [{"rel": "next", "href": f"/v2/{path}?{query}"}]
