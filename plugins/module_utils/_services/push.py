# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pushes: a WebSocket over which Zaqar says that something was posted to one of several queues.

A push has no message id and may come before the message can be read, and none is repeated after a lost connection. So
it only says "look now": messages are read over HTTP, whoever subscribes looks after that, and each time anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import time
import traceback
import typing as t
import uuid

from .._base import signals
from .._base.clients import check_client
from .._base.deadline import LONGEST_INTERVAL
from .._base.errors import NO_ANSWER, Failure, ServiceError
from .._base.text import one_line
from .._cloud.login import Cloud
from .zaqar import Zaqar

try:
    import websocket
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    CLIENT_IMPORT_ERROR = None
    TROUBLE: tuple[type[Exception], ...] = (websocket.WebSocketException, OSError, ValueError)
except Exception:  # what is installed can be broken in any way
    CLIENT_IMPORT_ERROR = traceback.format_exc()

# The service forgets a subscription when its connection ends, however that happens; only the death of the service itself
# leaves one behind, for as long as it was to live.
TTL = 900
RENEWAL = 660  # seconds after which subscriptions are renewed
RENEWAL_AGAIN = 30  # ... after a try that failed
FIRST_STEP = 5.0  # seconds that each step of the first connection may take
LATER_STEP = (
    LONGEST_INTERVAL  # ... of later ones, as whoever waits for them does not look meanwhile
)
GOODBYE = 1.0  # seconds to wait for the answer to our closing
STEADY = 2.0  # seconds after which a connection counts as one that works
BACKOFF = (0.5, 30.0)  # the shortest and the longest pause between two connections
LEFTOVERS = 100  # expired subscriptions to one queue that are put up with
BURST = 100  # pushes that are taken together


class Push:
    """One connection, subscribed to ``queues``: a Waker for wait_until(). Once it was open, it survives drops.

    ``pushes`` counts what came. ``renewals`` counts how often all queues were subscribed to, or the subscriptions
    renewed: each time a look is due, as a push may have been missed. ``requests`` counts the messages that were sent
    over the WebSocket; what is sent over HTTP is in the count of ``zaqar``.
    """

    def __init__(
        self,
        cloud: Cloud,
        zaqar: Zaqar,
        queues: list[str],
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        check_client("websocket-client", CLIENT_IMPORT_ERROR)
        self._cloud = cloud
        self._zaqar = zaqar
        self._queues = queues
        self._clock = clock
        self._sleep = sleep
        self._url = cloud.endpoint("messaging-websocket")
        self._socket: t.Any = None
        self._headers: dict[str, str] = {}
        self._live: dict[str, str] = {}  # id of a subscription of this connection -> its queue
        self._lost: dict[str, str] = {}  # the same of former connections: perhaps still there
        self._due = 0.0  # when to renew, or to connect again
        self._since = 0.0  # when the connection was made
        self._backoff = 0.0
        self._step = FIRST_STEP
        self.pushes = 0
        self.renewals = 0
        self.requests = 0

    @property
    def up(self) -> bool:
        """Whether pushes can come at this moment; if not, look as if there were none."""
        return self._socket is not None

    def open(self) -> None:
        """Connect for the first time. Raises Failure."""
        try:
            self._connect()
        except TROUBLE as error:
            raise self._explained(error) from None

    def close(self) -> None:
        """End the connection and leave no subscription behind."""
        if self._socket:
            with contextlib.suppress(*TROUBLE):
                self._socket.close(timeout=GOODBYE)
            self._socket = None
        self._remove_lost()

    def wait(self, seconds: float) -> bool:
        """Pause for ``seconds``, shorter while there is no connection; tell whether there is a reason to look now.

        A reason is a push, a subscription made or renewed, or the loss of the connection.
        """
        end = self._clock() + seconds
        before = (self.up, self.renewals, self.pushes)
        while True:
            while self._clock() >= self._due:
                self._renew() if self._socket else self._connect_again()
            if (self.up, self.renewals, self.pushes) != before:
                return True
            left = end - self._clock()
            until_due = self._due - self._clock()
            if not self._socket:
                with signals.interruptible():
                    self._sleep(max(0.0, min(left, until_due, LONGEST_INTERVAL)))
                return False
            if left <= 0:
                return False
            self._listen(min(left, until_due))

    # The connection

    def _connect(self) -> None:
        made = websocket.create_connection(self._url, timeout=self._step, sslopt=self._tls())
        try:
            self._authenticate(made)
            for queue in self._queues:
                self._subscribe(made, queue)
        except BaseException:
            made.shutdown()
            self._lose()
            raise
        self._socket = made
        self._step = LATER_STEP
        self._since = self._clock()
        self._due = self._since + RENEWAL
        self.renewals += 1

    def _tls(self) -> dict[str, t.Any]:
        """The cloud's settings, and where it has none the same as over HTTP."""
        if not self._url.startswith("wss:"):
            return {}
        verify, certificate = self._cloud.tls
        authorities = (
            verify
            if isinstance(verify, str)
            else (
                os.environ.get("REQUESTS_CA_BUNDLE")
                or os.environ.get("CURL_CA_BUNDLE")
                or DEFAULT_CA_BUNDLE_PATH
            )
        )
        context = ssl.create_default_context(
            **{"capath" if os.path.isdir(authorities) else "cafile": authorities}
        )
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(
                *([certificate] if isinstance(certificate, str) else certificate)
            )
        return {"context": context}

    def _authenticate(self, made: t.Any) -> None:
        for renewed in (False, True):
            token = self._cloud.token(renewed)
            self._headers = {
                "Client-ID": str(uuid.uuid4()),
                "X-Project-ID": self._zaqar.connection.project_id or "",
            }
            status, body = self._ask(made, "authenticate", {}, {"X-Auth-Token": token})
            if status == 200:
                return
        raise self._refused("to authenticate", status, body, "unauthorized")

    def _subscribe(self, made: t.Any, queue: str) -> None:
        # Zaqar on Redis stumbles over each expired subscription to the queue, and has removed it then.
        for _leftover in range(LEFTOVERS):
            status, body = self._ask(made, "subscription_create", {"queue_name": queue, "ttl": TTL})
            if status < 500:
                break
        if status != 201:
            raise self._refused(f"to subscribe to queue '{queue}'", status, body, "service_error")
        self._live[body["subscription_id"]] = queue

    def _ask(
        self, made: t.Any, action: str, body: dict[str, t.Any], secret: dict[str, str] | None = None
    ) -> tuple[int, t.Any]:
        """Send a message and return the answer's status and body; pushes that come before it are counted."""
        made.settimeout(self._step)
        made.send(
            json.dumps(
                {"action": action, "headers": {**self._headers, **(secret or {})}, "body": body}
            )
        )
        self.requests += 1
        end = self._clock() + self._step
        while self._clock() < end:
            opcode, frame = made.recv_data_frame()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                raise websocket.WebSocketConnectionClosedException("it closed the connection")
            with contextlib.suppress(ValueError, TypeError, LookupError, RecursionError):
                answer = json.loads(frame.data)
                if answer["request"]["action"] == action:
                    return int(answer["headers"]["status"]), answer["body"]
            self.pushes += 1
        raise websocket.WebSocketTimeoutException("it did not answer in time")

    def _listen(self, seconds: float) -> None:
        """Wait for a frame, and take those along that have come by then. Whatever is no control frame is a push."""
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
        except TROUBLE:
            self._drop()

    def _drop(self) -> None:
        """Give the connection up, and let the next one be made at once if this one has worked."""
        self._socket.shutdown()
        self._socket = None
        self._lose()
        now = self._clock()
        if now - self._since >= STEADY:
            self._backoff = 0.0
            self._due = now
        else:
            self._back_off()

    def _connect_again(self) -> None:
        try:
            self._connect()
        except (Failure, *TROUBLE):
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
                self._zaqar.update_subscription(queue, id, {"ttl": TTL})
        except ServiceError as error:
            if error.transient:
                self._due = self._clock() + RENEWAL_AGAIN
            else:  # it is not there any more
                self._drop()
        else:
            self._due = self._clock() + RENEWAL
            self.renewals += 1

    def _lose(self) -> None:
        self._lost.update(self._live)
        self._live = {}

    def _remove_lost(self) -> None:
        """Remove what the death of a service may have left. What fails is tried again later, or expires."""
        with contextlib.suppress(ServiceError):
            for id, queue in list(self._lost.items()):
                self._zaqar.delete_subscription(queue, id)
                del self._lost[id]

    # What went wrong

    def _refused(self, what: str, status: int, body: t.Any, error_code: str) -> Failure:
        words = one_line(body.get("error") if isinstance(body, dict) else body) or "no reason"
        return Failure(
            f"Zaqar's WebSocket at {self._url} refused {what} (it answered {status}: {words.rstrip('.')}); check that it"
            " belongs to this cloud and works.",
            error_code,
        )

    def _explained(self, error: Exception) -> Failure:
        advice, error_code = "check the network and the service's endpoint", "unreachable"
        if isinstance(error, websocket.WebSocketBadStatusException):
            words = one_line(getattr(error, "status_message", ""))
            reason = f"it answered {error.status_code} to the handshake{words and ': ' + words}"
        elif isinstance(error, ssl.SSLError):
            reason, error_code = f"its TLS certificate was not accepted, {one_line(error)}", "tls"
            advice = "set ca_cert, or validate_certs to false if you must"
        elif isinstance(error, websocket.WebSocketTimeoutException):
            return Failure(
                f"Zaqar's WebSocket at {self._url} did not answer within {self._step:g} seconds; it may be busy: try"
                " again later, or set 'mode' to poll.",
                NO_ANSWER,
            )
        else:
            reason = one_line(error).rstrip(".") or type(error).__name__
        return Failure(
            f"Zaqar's WebSocket at {self._url} is not reachable ({reason}); {advice}.", error_code
        )
