# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session object of the service clients: sends requests, and turns errors into sentences."""

from __future__ import annotations

import contextlib
import dataclasses
import http
import typing as t

from .._base import signals
from .._base.encodable import check_request, is_deeper_than
from .._base.json_types import JsonObject
from .transport_errors import explained, garbled, too_deep

# Levels of lists and dictionaries in an answer; Python can read about a thousand.
MOST_ANSWER_LEVELS = 800
ADMIN_ROLE = "admin"  # Mistral shows its holder what belongs to all projects
TOKENS_PATH = "/auth/tokens"  # the path of a URL to which a login is sent


@dataclasses.dataclass(frozen=True)
class Request:
    """A request that a client sends.

    The clients also pass settings for TLS, which would override the session's. These are dropped.
    """

    method: str
    url: str
    params: t.Any = None
    headers: t.Any = None
    data: t.Any = None

    def options(self) -> JsonObject:
        """Return what the session needs beside method and URL."""
        options = {"params": self.params, "headers": self.headers, "data": self.data}
        return {name: value for name, value in options.items() if value is not None}

    def is_complete_without_body(self, answer: t.Any) -> bool:
        """Tell whether an answer without a body is complete. A client reads any other as JSON."""
        if answer.status_code == http.HTTPStatus.NO_CONTENT:
            return True
        return self.method == "PUT" and answer.status_code == http.HTTPStatus.CREATED


class Connection:
    """The connection to one service.

    It stands in for the session object of python-mistralclient, and for the HTTP client of
    python-zaqarclient. ``requests`` counts the requests. ``login_refused`` turns an error of a
    login into a sentence: a login is sent before a request if the token must be renewed.
    """

    def __init__(
        self, session: t.Any, service: str, login_refused: t.Callable[[Exception], Exception]
    ) -> None:
        self._session = session
        self._service = service
        self._login_refused = login_refused
        self.requests = 0

    @property
    def project_id(self) -> str | None:
        """The id of the project of the token; None if the way to authenticate knows none."""
        project_id: str | None = self._session.get_project_id()
        return project_id

    @property
    def is_admin(self) -> bool:
        """Whether the token has the role 'admin'."""
        try:
            return ADMIN_ROLE in self._session.auth.get_access(self._session).role_names
        except Exception:
            # keystoneauth's plugins each have errors of their own, and some know no roles
            return False

    def within(self, seconds: float) -> contextlib.AbstractContextManager[None]:
        """Give up each request of this thread, to any service, when the seconds are over."""
        limit: contextlib.AbstractContextManager[None] = self._session.within(seconds)
        return limit

    def request(self, method: str, url: str, **options: t.Any) -> t.Any:
        """Send a request and return the answer.

        Raises ServiceError for an answer with a status of 400 and more, for none, and for half of
        one; Failure for what cannot be encoded or decoded; Interrupted.
        """
        request = Request(
            method, url, options.get("params"), options.get("headers"), options.get("data")
        )
        check_request(self._service, url, request.params, request.data)
        signals.raise_pending()
        self.requests += 1
        answer = self._send(request)
        # A client makes an empty result, or a traceback, of an answer that is cut off.
        if answer.content or not request.is_complete_without_body(answer):
            self._check_json(answer)
        return answer

    def _send(self, request: Request) -> t.Any:
        try:
            self._session.get_auth_headers()
        except Exception as error:
            raise self._login_refused(error) from None
        try:
            return self._session.request(request.url, request.method, **request.options())
        except Exception as error:
            # The session has logged in again by itself after a status of 401.
            if TOKENS_PATH in str(error):
                raise self._login_refused(error) from None
            raise explained(error, self._service, self._session.last_timeout) from None

    def _check_json(self, answer: t.Any) -> None:
        """Raise Failure for an answer that the clients, which read it again, could not read."""
        try:
            is_too_deep = is_deeper_than(answer.json(), MOST_ANSWER_LEVELS)
        except ValueError:
            raise garbled(self._service) from None
        except RecursionError:
            is_too_deep = True
        if is_too_deep:
            raise too_deep(self._service)

    def get(self, url: str, **options: t.Any) -> t.Any:
        """Send a GET request, see ``request``."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: t.Any) -> t.Any:
        """Send a POST request, see ``request``."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: t.Any) -> t.Any:
        """Send a PUT request, see ``request``."""
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: t.Any) -> t.Any:
        """Send a DELETE request, see ``request``."""
        return self.request("DELETE", url, **options)
