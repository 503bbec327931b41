# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request without an answer is told to be, with connections that break at each of their moments."""

from __future__ import annotations

import socket
import struct
import threading
import typing as t

import pytest
import requests
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.connection import (
    Connection,
)
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.session import Session
from keystoneauth1 import noauth
from keystoneauth1.exceptions.http import from_response

TIMEOUT = 0.2
HALF_OF_AN_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"


def silent(client: socket.socket) -> None:
    threading.Event().wait(TIMEOUT * 3)


def silent_in_the_midst(client: socket.socket) -> None:
    client.sendall(HALF_OF_AN_ANSWER)
    silent(client)


def resets(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes(client: socket.socket) -> None:
    pass


def closes_in_the_midst(client: socket.socket) -> None:
    client.sendall(HALF_OF_AN_ANSWER)


def closes_in_the_midst_of_a_chunk(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{")


def garbles(client: socket.socket) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n"
    client.sendall(head + b"{}")


def fails(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


def is_busy(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")


def gives_up(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n")


def serve(listening: socket.socket, behave: t.Callable[[socket.socket], None]) -> None:
    client, _address = listening.accept()
    with client:
        client.recv(65536)
        behave(client)


def failure_of(url: str) -> ServiceError:
    connection = Connection(
        Session(auth=noauth.NoAuth(), timeout=TIMEOUT), "Mistral", lambda error: error
    )
    with pytest.raises(ServiceError) as caught:
        connection.post(url, data="{}")
    return caught.value


@pytest.mark.parametrize(
    "behave, code, words, unknown, late",
    [
        (
            silent,
            "no_answer",
            "Mistral did not answer within 0.2 seconds (http://127.0.0.1:",
            True,
            True,
        ),
        (silent_in_the_midst, "no_answer", "Mistral did not answer within 0.2 seconds", True, True),
        (
            resets,
            "connection_lost",
            "the connection to Mistral was lost before there was an answer",
            True,
            False,
        ),
        (
            closes,
            "connection_lost",
            "the connection to Mistral was lost before there was an answer",
            True,
            False,
        ),
        (closes_in_the_midst, "connection_lost", "the connection to Mistral was lost", True, False),
        (
            closes_in_the_midst_of_a_chunk,
            "connection_lost",
            "the connection to Mistral was lost",
            True,
            False,
        ),
        (garbles, "connection_lost", "the connection to Mistral was lost", True, False),
        (fails, "service_error", "Mistral answered 503", True, False),
        (gives_up, "service_error", "Mistral answered 504", True, True),
        (is_busy, "busy", "Mistral answered 429", False, False),
    ],
)
def test_whether_a_request_was_sent_and_may_have_been_done(behave, code, words, unknown, late):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening, behave), daemon=True).start()
        failure = failure_of(f"http://127.0.0.1:{listening.getsockname()[1]}/v2/workflows")
    assert failure.error_code == code and words in failure.message
    assert (failure.outcome_unknown, failure.late, failure.transient) == (unknown, late, True)
    again = failure.while_doing("create the workflow")
    assert (again.error_code, again.outcome_unknown, again.late) == (code, unknown, late)


def test_what_was_never_sent_was_not_done():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    failure = failure_of(f"http://127.0.0.1:{port}/v2/workflows")
    assert failure.error_code == "unreachable" and "Mistral is not reachable" in failure.message
    assert failure.transient and not failure.outcome_unknown


def test_a_connection_that_takes_too_long_is_not_reachable():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        address = listening.getsockname()
        waiting = []
        for _number in range(3):  # fill the queue of connections that nobody accepts
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(address)
            waiting.append(client)
        failure = failure_of(f"http://127.0.0.1:{address[1]}/v2/workflows")
        for client in waiting:
            client.close()
    assert failure.error_code == "unreachable" and not failure.outcome_unknown


class Answering:
    """A session with one answer to everything."""

    def __init__(self, body: str, status: int) -> None:
        self.answer = requests.Response()
        self.answer._content = body.encode()
        self.answer.status_code = status
        self.answer.headers["Content-Type"] = "application/json"
        self.last_timeout = 1.0

    def get_auth_headers(self) -> None:
        pass

    def request(self, url: str, method: str, **options: t.Any) -> requests.Response:
        if self.answer.status_code >= 400:
            raise from_response(self.answer, method, url)
        return self.answer


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("levels", [900, 50_000])
def test_an_answer_that_is_nested_too_deep_is_not_asked_for_again(status: int, levels: int) -> None:
    """It is what somebody has stored: no network is to blame, and it stays as it is."""
    connection = Connection(
        Answering("[" * levels + "]" * levels, status), "Zaqar", lambda error: error
    )
    with pytest.raises(Failure) as caught:
        connection.get("http://127.0.0.1/v2/queues/q/messages")
    if status == 400 and isinstance(caught.value, ServiceError):  # what it says does not matter
        assert not caught.value.transient
        return
    assert caught.value.error_code == "too_deep" and not isinstance(caught.value, ServiceError)
    assert caught.value.message.startswith(
        "Zaqar's answer cannot be read: lists or dictionaries are nested in it"
    )


def test_an_answer_that_is_nested_less_deep_is_read() -> None:
    connection = Connection(Answering("[" * 600 + "]" * 600, 200), "Zaqar", lambda error: error)
    assert connection.get("http://127.0.0.1/v2/queues/q/messages").status_code == 200
