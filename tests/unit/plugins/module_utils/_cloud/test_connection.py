# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a connection makes of answers and errors; no request is really sent."""

from __future__ import annotations

import contextlib
import types
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
from keystoneauth1 import exceptions

URL = "http://zaqar/v2/queues"


class LoginRefused(Exception):
    """What the cloud makes of an error of a login."""


class FakeSession:
    """A session with one answer or error, which notes what it is to send."""

    def __init__(self, status: int = 200, body: str = "{}") -> None:
        self.answer = requests.Response()
        self.answer.status_code = status
        self.answer._content = body.encode()
        self.errors: list[Exception] = []
        self.login_errors: list[Exception] = []
        self.last_timeout = 1.0
        self.sent: list[tuple[str, str, dict[str, t.Any]]] = []
        self.roles: list[str] | None = ["member"]
        self.auth = types.SimpleNamespace(
            get_access=lambda _session: types.SimpleNamespace(role_names=self.roles)
        )

    def get_project_id(self) -> str:
        return "project"

    def within(self, seconds: float) -> contextlib.AbstractContextManager[float]:
        return contextlib.nullcontext(seconds)

    def get_auth_headers(self) -> None:
        for error in self.login_errors:
            raise error

    def request(self, url: str, method: str, **options: t.Any) -> requests.Response:
        self.sent.append((method, url, options))
        for error in self.errors:
            raise error
        return self.answer


def connection(session: FakeSession) -> Connection:
    return Connection(session, "Zaqar", lambda error: LoginRefused(str(error)))


def test_only_what_a_request_has_is_sent_and_counted() -> None:
    session = FakeSession()
    zaqar = connection(session)
    zaqar.post(URL, data="{}", params=None, verify=False, cert="mine")
    zaqar.get(URL, params={"limit": 1}, headers={"A": "b"})
    zaqar.put(URL)
    zaqar.delete(URL)
    assert session.sent == [
        ("POST", URL, {"data": "{}"}),
        ("GET", URL, {"params": {"limit": 1}, "headers": {"A": "b"}}),
        ("PUT", URL, {}),
        ("DELETE", URL, {}),
    ]
    assert zaqar.requests == 4


@pytest.mark.parametrize(
    ("method", "status", "body", "code"),
    [
        ("DELETE", 204, "", None),
        ("PUT", 201, "", None),
        ("POST", 201, "", "garbled"),
        ("GET", 200, "", "garbled"),
        ("GET", 200, '{"messages": [', "garbled"),
        ("PUT", 201, '{"a": ', "garbled"),
        ("GET", 200, "[]", None),
    ],
)
def test_an_answer_that_is_cut_off(method: str, status: int, body: str, code: str | None) -> None:
    zaqar = connection(FakeSession(status, body))
    if code is None:
        assert zaqar.request(method, URL).status_code == status
        return
    with pytest.raises(ServiceError) as caught:
        zaqar.request(method, URL)
    assert caught.value.error_code == code and caught.value.outcome_unknown


def test_a_request_that_cannot_be_encoded_is_not_sent() -> None:
    session = FakeSession()
    with pytest.raises(Failure, match="What is to be sent to Zaqar holds text that is not UTF-8"):
        connection(session).post(URL, data="M\udcc3")
    assert session.sent == []


def test_a_login_before_the_request_that_is_refused() -> None:
    session = FakeSession()
    session.login_errors.append(exceptions.Unauthorized("no"))
    with pytest.raises(LoginRefused):
        connection(session).get(URL)
    assert session.sent == []


def test_a_login_in_the_midst_of_the_request_that_is_refused() -> None:
    session = FakeSession()
    session.errors.append(exceptions.ConnectFailure("no way to http://keystone/v3/auth/tokens"))
    with pytest.raises(LoginRefused):
        connection(session).get(URL)


def test_an_error_of_the_service_is_its_own() -> None:
    session = FakeSession()
    session.errors.append(exceptions.NotFound("no such queue"))
    with pytest.raises(ServiceError, match="Zaqar answered 404: no such queue"):
        connection(session).get(URL)


@pytest.mark.parametrize(
    ("roles", "is_admin"), [(["member"], False), (["member", "admin"], True), (None, False)]
)
def test_the_role_of_an_administrator(roles: list[str] | None, is_admin: bool) -> None:
    session = FakeSession()
    session.roles = roles
    assert connection(session).is_admin is is_admin
    assert connection(session).project_id == "project"


def test_the_limit_in_time_is_the_session_s() -> None:
    with connection(FakeSession()).within(5) as seconds:
        assert seconds == 5
