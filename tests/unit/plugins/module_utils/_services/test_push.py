# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real WebSocket cannot be made to do at will. The rest is in the integration target zaqar_wait."""

from __future__ import annotations

import json
import ssl
import types

import pytest
import websocket
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services import push as _push
from ansible_collections.interactive.openstack.plugins.module_utils._services.push import (
    RENEWAL,
    SUBSCRIPTION_TTL,
    Push,
)

TEXT, CLOSE, PING = (
    websocket.ABNF.OPCODE_TEXT,
    websocket.ABNF.OPCODE_CLOSE,
    websocket.ABNF.OPCODE_PING,
)


class Server:
    """A connection's other end. ``script`` says what comes in while the client listens: a frame, an error or seconds."""

    def __init__(self, world, statuses=None):
        self.world = world
        self.statuses = dict(statuses or {})
        self.script = []
        self.inbox = []
        self.timeout = None
        self.open = True

    def settimeout(self, seconds):
        self.timeout = seconds

    def send(self, text):
        message = json.loads(text)
        self.world.sent.append(message)
        statuses = self.statuses.get(message["action"], [])
        status = (
            statuses.pop(0)
            if statuses
            else {"subscription_create": 201}.get(message["action"], 200)
        )
        if status == "silence":
            return
        self.world.number += 1
        body = {"subscription_id": f"s{self.world.number}"} if status == 201 else {"error": "no"}
        self.inbox.append(
            frame(
                {
                    "request": {"action": message["action"]},
                    "headers": {"status": status},
                    "body": body,
                }
            )
        )

    def recv_data_frame(self, control_frame=False):
        if self.inbox:
            return self.inbox.pop(0)
        if self.script and isinstance(self.script[0], float):
            if self.script[0] > self.timeout:
                self.script[0] -= self.timeout
            else:
                self.timeout = self.script.pop(0)
                self.world.now += self.timeout
                return self.recv_data_frame()
        elif self.script:
            came = self.script.pop(0)
            if isinstance(came, Exception):
                raise came
            return came
        self.world.now += self.timeout
        raise websocket.WebSocketTimeoutException("timed out")

    def shutdown(self):
        self.open = False

    def close(self, timeout):
        self.open = False


class World:
    """The cloud, its Zaqar and its WebSocket; a clock that only waiting moves."""

    def __init__(self):
        self.now = 1000.0
        self.number = 0
        self.sent = []
        self.servers = []  # the next connections: a Server, or the error of one that fails
        self.made = []
        self.http = []
        self.http_errors = []
        self.tokens = []
        self.connection = types.SimpleNamespace(project_id="p1")
        self.tls = (True, None)
        self.url = "ws://cloud:9000"
        self.tls_used = None

    def endpoint(self, service_type):
        assert service_type == "messaging-websocket"
        return self.url

    def token(self, renewed=False):
        self.tokens.append(renewed)
        return f"token{len(self.tokens)}"

    def update_subscription(self, queue, id, changes):
        self._http("renew", queue, id, changes["ttl"])

    def delete_subscription(self, queue, id):
        self._http("delete", queue, id)

    def _http(self, *what):
        self.http.append(what)
        if self.http_errors:
            raise self.http_errors.pop(0)

    def connect(self, url, timeout, sslopt):
        self.tls_used = sslopt
        made = self.servers.pop(0) if self.servers else ConnectionRefusedError("refused")
        if isinstance(made, Exception):
            raise made
        self.made.append(made)
        return made

    def sleep(self, seconds):
        assert seconds >= 0
        self.now += seconds

    def push(self, *queues):
        deadline = Deadline(3600, clock=lambda: self.now, sleep=self.sleep)
        return Push(self, self, list(queues or ["q"]), deadline)

    def actions(self):
        return [message["action"] for message in self.sent]


def frame(data, opcode=TEXT):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return opcode, types.SimpleNamespace(data=raw)


def pushed(queue="q"):
    return frame({"body": 1, "ttl": 60, "queue_name": queue, "Message_Type": "Notification"})


@pytest.fixture
def world(monkeypatch):
    made = World()
    monkeypatch.setattr(_push.websocket, "create_connection", made.connect)
    return made


@pytest.fixture
def server(world):
    world.servers.append(Server(world))
    return world.servers[0]


def opened(world, *queues):
    push = world.push(*queues)
    push.open()
    return push


def test_one_connection_serves_all_queues(world, server):
    push = opened(world, "a", "b")
    assert world.actions() == ["authenticate", "subscription_create", "subscription_create"]
    assert [message["body"].get("queue_name") for message in world.sent] == [None, "a", "b"]
    assert world.sent[1]["body"]["ttl"] == SUBSCRIPTION_TTL
    assert world.sent[0]["headers"].pop("X-Auth-Token") == "token1"
    assert all(message["headers"] == world.sent[0]["headers"] for message in world.sent)
    assert world.sent[0]["headers"]["X-Project-ID"] == "p1"
    assert (push.up, push.renewals, push.pushes, push.requests) == (True, 1, 0, 3)


def test_a_push_ends_a_pause(world, server):
    push = opened(world)
    server.script = [5.0, pushed()]
    assert push.wait(60) is True
    assert world.now == pytest.approx(1005, abs=0.1)
    assert push.wait(60) is False
    assert world.now == pytest.approx(1065, abs=0.1)


def test_pushes_that_come_together_wake_once(world, server):
    push = opened(world)
    server.script = [pushed(), pushed(), pushed()]
    assert push.wait(60) is True
    assert push.pushes == 3
    assert push.wait(1) is False


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\xfe",
        b'{"body": ',
        b"[]",
        b"null",
        b"7",
        b'{"request": 7}',
        b"[" * 100000,
        b'{"request": {"action": "subscription_create"}, "headers": {"status": "?"}}',
    ],
)
def test_whatever_is_no_answer_is_a_push(world, server, garbage):
    server.inbox = [frame(garbage)]
    push = opened(world)
    assert push.pushes == 1
    server.script = [frame(garbage)]
    assert push.wait(60) is True
    assert push.up


def test_pings_wake_nobody(world, server):
    push = opened(world)
    server.script = [frame(b"", PING)]
    assert push.wait(10) is False
    assert push.pushes == 0


@pytest.mark.parametrize(
    "end",
    [
        frame(b"\x0f\xa3Authentication expired.", CLOSE),
        ConnectionResetError("reset"),
        websocket.WebSocketConnectionClosedException("closed"),
        websocket.WebSocketProtocolException("rubbish"),
    ],
)
def test_a_lost_connection_is_made_again_at_once(world, server, end):
    push = opened(world)
    second = Server(world)
    world.servers = [second]
    server.script = [100.0, end]
    assert push.wait(600) is True
    assert world.now == 1100
    assert push.up and push.renewals == 2 and not server.open
    assert world.actions() == ["authenticate", "subscription_create"] * 2
    assert world.http == [("delete", "q", "s2")]
    second.script = [pushed()]
    assert push.wait(60) is True


def test_while_there_is_no_connection_pauses_are_short_and_tries_rare(world, server):
    push = opened(world)
    tries = []
    connect = world.connect
    world.connect = None
    server.script = [100.0, ConnectionResetError("reset")]

    def refused(*args, **kwargs):
        tries.append(world.now - 1100)
        return connect(*args, **kwargs)

    _push.websocket.create_connection = refused
    assert push.wait(600) is True
    assert not push.up
    while world.now < 1200:
        before = world.now
        push.wait(30)
        assert world.now - before <= 3
    assert tries == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5]
    world.servers = [Server(world)]
    while not push.up:
        push.wait(30)
    assert push.renewals == 2


def test_a_connection_that_breaks_again_and_again_is_not_made_all_the_time(world, server):
    push = opened(world)
    server.script = [100.0, ConnectionResetError("reset")]
    for _number in range(1000):
        world.servers.append(Server(world))
        world.servers[-1].script = [ConnectionResetError("reset")]
    while world.now < 1700:
        push.wait(600)
    assert len(world.made) < 40


def test_subscriptions_are_renewed_before_they_end_and_a_look_is_due(world, server):
    push = opened(world)
    assert push.wait(3600) is True
    assert world.now == 1000 + RENEWAL < 1000 + SUBSCRIPTION_TTL
    assert world.http == [("renew", "q", "s2", SUBSCRIPTION_TTL)]
    assert push.renewals == 2 and push.pushes == 0


def test_a_renewal_that_fails_is_tried_again_in_time(world, server):
    push = opened(world)
    world.http_errors = [ServiceError("Zaqar", 503, "busy", "service_error")] * 3
    assert push.wait(3600) is True
    assert len(world.http) == 4
    assert world.now < 1000 + SUBSCRIPTION_TTL
    assert push.up and len(world.made) == 1


def test_a_subscription_that_is_gone_is_made_anew(world, server):
    push = opened(world)
    world.servers = [Server(world)]
    world.http_errors = [ServiceError("Zaqar", 404, "gone", "not_found")]
    assert push.wait(3600) is True
    assert world.actions() == ["authenticate", "subscription_create"] * 2
    assert push.up and push.renewals == 2


def test_a_connection_that_fails_half_made_is_cleaned_up_after(world, server):
    push = opened(world, "a", "b")
    server.script = [100.0, ConnectionResetError("reset")]
    world.servers = [Server(world, {"subscription_create": [201, 403]}), Server(world)]
    while len(world.made) < 3:
        push.wait(60)
    lost = [("delete", "a", "s2"), ("delete", "b", "s3"), ("delete", "a", "s5")]
    assert push.up and world.http == lost
    while len(world.http) == len(lost):
        push.wait(60)
    assert world.http[3:] == [
        ("renew", queue, id, SUBSCRIPTION_TTL) for queue, id in (("a", "s8"), ("b", "s9"))
    ]


def test_closing_removes_what_lost_connections_left(world, server):
    push = opened(world, "a", "b")
    server.script = [1.0, ConnectionResetError("reset")]
    push.wait(60)
    assert world.http == []
    push.close()
    assert world.http == [("delete", "a", "s2"), ("delete", "b", "s3")]


def test_closing_an_open_connection_sends_nothing_over_http(world, server):
    push = opened(world)
    push.close()
    assert not server.open and world.http == []


def test_a_token_that_is_refused_is_renewed_once(world):
    world.servers = [Server(world, {"authenticate": [401]})]
    opened(world)
    assert world.tokens == [False, True]
    assert [message["headers"].get("X-Auth-Token") for message in world.sent] == [
        "token1",
        "token2",
        None,
    ]


def test_expired_subscriptions_of_others_are_put_up_with(world):
    world.servers = [Server(world, {"subscription_create": [500, 500]})]
    assert opened(world).up


def bad_status(status: int, message: str = "") -> Exception:
    # The oldest client fills its message in, and keeps only the status; newer ones take it as it is.
    error = websocket.WebSocketBadStatusException(
        "Handshake status %d %s -+-+- {'x': 'y'} -+-+- b'z'", status, message
    )
    error.status_message = message
    return error


@pytest.mark.parametrize(
    "fault, code, words",
    [
        (ConnectionRefusedError(111, "Connection refused"), "unreachable", "Connection refused"),
        (bad_status(403), "unreachable", "(it answered 403 to the handshake)"),
        (
            bad_status(400, "wrong port"),
            "unreachable",
            "(it answered 400 to the handshake: wrong port)",
        ),
        (ssl.SSLCertVerificationError("self-signed certificate"), "tls", "ca_cert"),
        (ValueError("scheme http is invalid"), "unreachable", "scheme http is invalid"),
        (
            {"authenticate": [401, 401]},
            "unauthorized",
            "refused to authenticate (it answered 401: no)",
        ),
        ({"authenticate": ["silence"]}, "no_answer", "did not answer within"),
        (
            {"subscription_create": [403]},
            "service_error",
            "refused to subscribe to queue 'q' (it answered 403: no)",
        ),
    ],
)
def test_the_first_connection_has_to_succeed(world, fault, code, words):
    world.servers = [Server(world, fault) if isinstance(fault, dict) else fault]
    with pytest.raises(Failure) as caught:
        opened(world)
    assert caught.value.error_code == code
    assert words in caught.value.message and "ws://cloud:9000" in caught.value.message
    assert "token" not in caught.value.message
    assert not any(made.open for made in world.made)


def test_an_answer_that_is_drowned_in_pushes_is_not_waited_for_without_end(world):
    server = Server(world, {"authenticate": ["silence"]})
    server.script = [part for _number in range(1000) for part in (0.1, pushed())]
    world.servers = [server]
    with pytest.raises(Failure):
        opened(world)
    assert world.now < 1010


def test_the_library_that_is_missing_is_named(world, monkeypatch):
    monkeypatch.setattr(_push, "CLIENT_IMPORT_ERROR", "no")
    with pytest.raises(Failure) as caught:
        world.push()
    assert (
        caught.value.error_code == "missing_client" and "websocket-client" in caught.value.message
    )


@pytest.mark.parametrize("verify, mode", [(True, ssl.CERT_REQUIRED), (False, ssl.CERT_NONE)])
def test_tls_follows_the_cloud(world, server, verify, mode):
    world.url, world.tls = "wss://cloud:9000", (verify, None)
    opened(world)
    context = world.tls_used["context"]
    assert context.verify_mode is mode
    assert context.check_hostname is verify


def test_without_tls_no_context_is_made(world, server):
    opened(world)
    assert world.tls_used == {}
