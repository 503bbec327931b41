# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pushes: Zaqar reports over a WebSocket that something was posted to one of several queues.

A push has no message id, may come before the message can be read, and is not repeated after a
lost connection. So a push only means "look now": messages are read over HTTP, and whoever
subscribes, or subscribes again, looks after that.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import ssl
import traceback
import typing as t
import uuid

from .._base import signals
from .._base.clients import check_client
from .._base.deadline import Deadline
from .._base.errors import NO_ANSWER, UNREACHABLE, Failure, ServiceError
from .._base.json_types import Json, JsonObject
from .._base.retry import LONGEST_INTERVAL
from .._base.text import one_line
from .._cloud.login import Cloud
from .zaqar import Zaqar

try:
    import websocket
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    CLIENT_IMPORT_ERROR = None
    # What a connection raises when it breaks
    BROKEN: tuple[type[Exception], ...] = (websocket.WebSocketException, OSError, ValueError)
    # What prevents a connection from being made
    NOT_CONNECTED: tuple[type[Exception], ...] = (Failure, *BROKEN)
except Exception:  # an installed package can be broken in any way
    CLIENT_IMPORT_ERROR = traceback.format_exc()

# All times are seconds.
# The service forgets a subscription when its connection ends, however it ends. Only a service that
# dies leaves one behind, until this time is over.
SUBSCRIPTION_TTL = 900
RENEWAL = 660  # after which subscriptions are renewed
RENEWAL_AGAIN = 30  # after which a renewal that failed is repeated
FIRST_STEP = 5.0  # that each step of the first connection may take
LATER_STEP = LONGEST_INTERVAL  # ... of later ones: meanwhile nobody looks for messages
GOODBYE = 1.0  # to wait for the answer when a connection is closed
STEADY = 2.0  # after which a connection counts as one that works
BACKOFF = (0.5, 30.0)  # the shortest and the longest pause between two connections

# Requests to subscribe to one queue: each but the last can come upon an expired subscription.
MOST_SUBSCRIBE_REQUESTS = 100
BURST = 100  # pushes that are taken together


class Reply(t.NamedTuple):
    """The answer to a message over the WebSocket."""

    status: int
    body: Json


class Push:
    """One connection that is subscribed to ``queues``; a Waker for wait_until().

    The first connection must succeed; after that, a lost connection is made again. The
    ``deadline`` lends its clock and its sleep.

    ``pushes`` counts the pushes. ``renewals`` counts how often all queues were subscribed to, or
    all subscriptions renewed: each time somebody must look, as a push may have been missed.
    ``requests`` counts the messages that were sent over the WebSocket; requests over HTTP are in
    the count of ``zaqar``.
    """

    def __init__(self, cloud: Cloud, zaqar: Zaqar, queues: list[str], deadline: Deadline) -> None:
        check_client("websocket-client", CLIENT_IMPORT_ERROR)
        self._cloud = cloud
        self._zaqar = zaqar
        self._queues = queues
        self._deadline = deadline
        self._clock = deadline.clock
        self._url = cloud.endpoint("messaging-websocket")
        self._socket: t.Any = None
        self._headers: dict[str, str] = {}
        self._live: dict[str, str] = {}  # the queue of each subscription of this connection
        self._lost: dict[str, str] = {}  # ... of earlier connections; they may still exist
        self._due = 0.0  # when to renew, or to connect again
        self._since = 0.0  # when the connection was made
        self._backoff = 0.0
        self._step = FIRST_STEP
        self.pushes = 0
        self.renewals = 0
        self.requests = 0

    @property
    def up(self) -> bool:
        """Whether pushes can come at this moment. If not, look as if there were no pushes."""
        return self._socket is not None

    def open(self) -> None:
        """Connect for the first time. Raises Failure."""
        try:
            self._connect()
        except BROKEN as error:
            raise self._explained(error) from None

    def close(self) -> None:
        """End the connection and leave no subscription behind."""
        if self._socket:
            with contextlib.suppress(*BROKEN):
                self._socket.close(timeout=GOODBYE)
            self._socket = None
        self._remove_lost()

    def wait(self, seconds: float) -> bool:
        """Pause for ``seconds``, or less. Return whether there is a reason to look now.

        A reason is a push, a subscription that was made or renewed, or the loss of the connection.
        The pause is shorter while there is no connection.
        """
        end = self._clock() + seconds
        before = self._news()
        while True:
            self._do_what_is_due()
            if self._news() != before:
                return True
            left = end - self._clock()
            until_due = self._due - self._clock()
            if not self._socket:
                self._deadline.wait(max(0.0, min(left, until_due, LONGEST_INTERVAL)))
                return False
            if left <= 0:
                return False
            self._listen(min(left, until_due))

    def _news(self) -> tuple[bool, int, int]:
        """Return a value that changes when there is a reason to look."""
        return self.up, self.renewals, self.pushes

    def _do_what_is_due(self) -> None:
        while self._clock() >= self._due:
            if self._socket:
                self._renew()
            else:
                self._connect_again()

    # The connection

    def _connect(self) -> None:
        connection: t.Any = websocket.create_connection(
            self._url, timeout=self._step, sslopt=self._tls()
        )
        try:
            self._authenticate(connection)
            for queue in self._queues:
                self._subscribe(connection, queue)
        except BaseException:
            connection.shutdown()
            self._lose_subscriptions()
            raise
        self._socket = connection
        self._step = LATER_STEP
        self._since = self._clock()
        self._due = self._since + RENEWAL
        self.renewals += 1

    def _tls(self) -> dict[str, ssl.SSLContext]:
        """Return the TLS options of the connection: the cloud's settings, else those of HTTP."""
        if not self._url.startswith("wss:"):
            return {}
        verify, certificate = self._cloud.tls
        context = _context_with(verify if isinstance(verify, str) else _usual_authorities())
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if isinstance(certificate, str):
            context.load_cert_chain(certificate)
        elif certificate:
            context.load_cert_chain(*certificate)
        return {"context": context}

    def _authenticate(self, connection: t.Any) -> None:
        """Authenticate with the token, and with a new token if that is refused."""
        for is_renewed in (False, True):
            token = self._cloud.token(is_renewed)
            self._headers = {
                "Client-ID": str(uuid.uuid4()),
                "X-Project-ID": self._zaqar.connection.project_id or "",
            }
            reply = self._send(connection, "authenticate", {}, {"X-Auth-Token": token})
            if reply.status == 200:
                return
        raise self._refused("to authenticate", reply, "unauthorized")

    def _subscribe(self, connection: t.Any, queue: str) -> None:
        # Zaqar on Redis fails at each expired subscription of the queue, and has removed that
        # subscription by then.
        for _number in range(MOST_SUBSCRIBE_REQUESTS):
            reply = self._send(
                connection, "subscription_create", {"queue_name": queue, "ttl": SUBSCRIPTION_TTL}
            )
            if reply.status < 500:
                break
        if reply.status != 201:
            raise self._refused(f"to subscribe to queue '{queue}'", reply, "service_error")
        self._live[reply.body["subscription_id"]] = queue

    def _send(
        self,
        connection: t.Any,
        action: str,
        body: JsonObject,
        secret_headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send a message and return the reply. Pushes that come before the reply are counted."""
        headers = {**self._headers, **(secret_headers or {})}
        connection.settimeout(self._step)
        connection.send(json.dumps({"action": action, "headers": headers, "body": body}))
        self.requests += 1
        end = self._clock() + self._step
        while self._clock() < end:
            opcode, frame = connection.recv_data_frame()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                raise websocket.WebSocketConnectionClosedException("it closed the connection")
            reply = _reply_to(action, frame.data)
            if reply:
                return reply
            self.pushes += 1
        raise websocket.WebSocketTimeoutException("it did not answer in time")

    def _listen(self, seconds: float) -> None:
        """Wait for a push, and count it with those that have come by then.

        All data is a push, whatever it contains.
        """
        try:
            for _number in range(BURST):
                self._socket.settimeout(max(seconds, 0.001))
                with signals.interruptible():
                    opcode, _frame = self._socket.recv_data_frame(control_frame=True)
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    self._drop()
                    return
                if opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                    self.pushes += 1
                    seconds = 0.0
        except websocket.WebSocketTimeoutException:
            pass
        except BROKEN:
            self._drop()

    def _drop(self) -> None:
        """Give the connection up. The next one is made at once if this connection has worked."""
        self._socket.shutdown()
        self._socket = None
        self._lose_subscriptions()
        now = self._clock()
        if now - self._since >= STEADY:
            self._backoff = 0.0
            self._due = now
        else:
            self._back_off()

    def _connect_again(self) -> None:
        try:
            self._connect()
        except NOT_CONNECTED:
            self._back_off()
        else:
            self._remove_lost()

    def _back_off(self) -> None:
        shortest, longest = BACKOFF
        self._backoff = min(max(self._backoff * 2, shortest), longest)
        self._due = self._clock() + self._backoff

    # The subscriptions

    def _renew(self) -> None:
        try:
            for id, queue in self._live.items():
                self._zaqar.update_subscription(queue, id, {"ttl": SUBSCRIPTION_TTL})
        except ServiceError as error:
            if error.transient:
                self._due = self._clock() + RENEWAL_AGAIN
            else:  # the subscription is gone
                self._drop()
        else:
            self._due = self._clock() + RENEWAL
            self.renewals += 1

    def _lose_subscriptions(self) -> None:
        self._lost.update(self._live)
        self._live = {}

    def _remove_lost(self) -> None:
        """Delete the subscriptions that a service which died may have left.

        If that fails, it is repeated later, or the subscriptions expire.
        """
        with contextlib.suppress(ServiceError):
            for id, queue in list(self._lost.items()):
                self._zaqar.delete_subscription(queue, id)
                del self._lost[id]

    # Failures

    def _refused(self, purpose: str, reply: Reply, error_code: str) -> Failure:
        cause = reply.body.get("error") if isinstance(reply.body, dict) else reply.body
        words = one_line(cause).rstrip(".") or "no reason"
        return Failure(
            f"Zaqar's WebSocket at {self._url} refused {purpose} (it answered {reply.status}:"
            f" {words}); check that it belongs to this cloud and works.",
            error_code,
        )

    def _explained(self, error: Exception) -> Failure:
        """Return the sentence for an error of the first connection."""
        if isinstance(error, websocket.WebSocketTimeoutException):
            return Failure(
                f"Zaqar's WebSocket at {self._url} did not answer within {self._step:g} seconds;"
                " it may be busy: try again later, or set 'mode' to poll.",
                NO_ANSWER,
            )
        cause = one_line(error).rstrip(".") or type(error).__name__
        advice = "check the network and the service's endpoint"
        error_code = UNREACHABLE
        if isinstance(error, websocket.WebSocketBadStatusException):
            cause = f"it answered {error.status_code} to the handshake"
            words = one_line(getattr(error, "status_message", ""))
            if words:
                cause += f": {words}"
        elif isinstance(error, ssl.SSLError):
            cause = f"its TLS certificate was not accepted, {one_line(error)}"
            advice = "set ca_cert, or validate_certs to false if you must"
            error_code = "tls"
        return Failure(
            f"Zaqar's WebSocket at {self._url} is not reachable ({cause}); {advice}.", error_code
        )


def _reply_to(action: str, data: bytes) -> Reply | None:
    """Return the reply that the data of a frame is, or None: then the frame is a push."""
    with contextlib.suppress(ValueError, TypeError, LookupError, RecursionError):
        answer = json.loads(data)
        if answer["request"]["action"] == action:
            return Reply(int(answer["headers"]["status"]), answer["body"])
    return None


def _usual_authorities() -> str:
    """Return the file or folder of certificates that HTTP requests trust."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if os.environ.get(variable):
            return os.environ[variable]
    path: str = DEFAULT_CA_BUNDLE_PATH
    return path


def _context_with(authorities: str) -> ssl.SSLContext:
    """Return a TLS context that trusts the certificates of a file or a folder."""
    if pathlib.Path(authorities).is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)
