# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service clients send through: one keystoneauth session, one place that turns errors into sentences."""

from __future__ import annotations

import re
import typing as t

from .._base import signals
from .._base.encodable import check_request, is_deeper_than
from .._base.errors import CONNECTION_LOST, NO_ANSWER, UNREACHABLE, Failure, ServiceError
from .._base.text import one_line
from .._base.userinfo import without_userinfo

try:
    import requests.exceptions as transport_errors
    import urllib3.exceptions as socket_errors
    from keystoneauth1 import exceptions as keystone_errors
except Exception:  # what is installed can be broken in any way; told by whoever would use it
    pass

MOST_LEVELS = (
    800  # of lists and dictionaries in each other, in an answer; Python reads about a thousand
)
INNERMOST = re.compile(
    r"\[Errno -?\d+\] ([^'\")]+)|Error\(\d+, '([^']+)'\)|(IncompleteRead)\(|([Tt]imed out)"
)
ADDRESS = re.compile(r"https?://[^\s'\",]+[^\s'\",.:]")


class Connection:
    """What the service clients send through: one keystoneauth session, one place that turns errors into sentences.

    It stands in for the session object of python-mistralclient and for the HTTP client of python-zaqarclient. Both
    pass TLS settings of their own, which would override the session's, so these are dropped. ``requests`` counts.
    ``refused`` turns what Keystone says into sentences, for the token that has to be renewed.
    """

    def __init__(
        self, session: t.Any, service: str, refused: t.Callable[[Exception], Exception]
    ) -> None:
        self._session = session
        self._service = service
        self._refused = refused
        self.requests = 0

    @property
    def project_id(self) -> str | None:
        """The id of the project that the token is for, None if the way to authenticate knows none."""
        return self._session.get_project_id()

    @property
    def is_admin(self) -> bool:
        """Whether the token has the role 'admin', to whose holder Mistral shows what belongs to all projects."""
        try:
            return "admin" in self._session.auth.get_access(self._session).role_names
        except (
            Exception
        ):  # keystoneauth's plugins each have errors of their own, and some know no roles
            return False

    def within(self, seconds: float) -> t.ContextManager[None]:
        """Give up whatever this thread sends meanwhile, to any service, when the seconds are over."""
        return self._session.within(seconds)

    def request(self, method: str, url: str, **options: t.Any) -> t.Any:
        """Send one request; raises ServiceError for every answer of 400 and more, and when there is none, or half of one."""
        sent = {
            name: options[name]
            for name in ("params", "headers", "data")
            if options.get(name) is not None
        }
        check_request(self._service, url, sent)
        signals.raise_pending()
        self.requests += 1
        try:
            self._session.get_auth_headers()
        except Exception as error:
            raise self._refused(error) from None
        try:
            answer = self._session.request(url, method, **sent)
        except Exception as error:
            if "/auth/tokens" in str(
                error
            ):  # after a 401 the session asks for another token by itself
                raise self._refused(error) from None
            raise explained(error, self._service, self._session.last_timeout) from None
        # Only these come without a body. Of one that is cut off a client makes an empty result, or a traceback.
        if answer.content or not (
            answer.status_code == 204 or (method, answer.status_code) == ("PUT", 201)
        ):
            self._check_json(answer)
        return answer

    def _check_json(self, answer: t.Any) -> None:
        """Raise Failure for an answer that the clients, which read it once more, could not read."""
        try:
            if not is_deeper_than(answer.json(), MOST_LEVELS):
                return
        except ValueError:
            raise garbled(self._service) from None
        except RecursionError:
            pass
        raise too_deep(self._service)

    def get(self, url: str, **options: t.Any) -> t.Any:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: t.Any) -> t.Any:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: t.Any) -> t.Any:
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: t.Any) -> t.Any:
        return self.request("DELETE", url, **options)


def explained(error: Exception, service: str, timeout: float | None) -> Exception:
    """Return the sentence for an error of keystoneauth; anything else comes back as it is: a defect of ours.

    ``timeout`` is how many seconds an answer was waited for.
    """
    if isinstance(error, keystone_errors.HttpError):
        return ServiceError(service, error.http_status, words_of(error), _code(error.http_status))
    if isinstance(error, keystone_errors.SSLError):
        return ServiceError(
            service,
            None,
            f"the TLS certificate of {service} was not accepted ({cause_of(error)});"
            " set ca_cert, or validate_certs to false if you must",
            "tls",
        )
    if isinstance(error, RecursionError):
        return too_deep(service)
    if not isinstance(
        error, (keystone_errors.ConnectionError, keystone_errors.RetriableConnectionFailure)
    ):
        return error
    code = unanswered(error)
    if code == NO_ANSWER:
        address = ADDRESS.search(without_userinfo(str(error)))
        where = f" ({address.group()})" if address else ""
        return ServiceError(
            service,
            None,
            f"{service} did not answer within {round(timeout or 0, 1):g} seconds{where}; it may be"
            " busy: try again later, or raise 'api_timeout'",
            code,
        )
    if code == CONNECTION_LOST:
        return ServiceError(
            service,
            None,
            f"the connection to {service} was lost before there was an answer"
            f" ({cause_of(error)}); check the network, and whether the service was restarted",
            code,
        )
    return ServiceError(
        service,
        None,
        f"{service} is not reachable ({cause_of(error)}); check the network and the"
        " service's endpoint",
        code,
    )


def unanswered(error: Exception) -> str:
    """Return the error code for a request without an answer, which says whether the request was sent.

    keystoneauth makes one kind of error of a connection and of an answer that take too long. It raises that while it
    handles the error of requests, which for its part holds the one of urllib3.
    """
    broken = error.__context__
    within = next(iter(getattr(broken, "args", ())), None)
    if isinstance(broken, transport_errors.ReadTimeout) or isinstance(
        within, socket_errors.ReadTimeoutError
    ):
        return NO_ANSWER
    half = (transport_errors.ChunkedEncodingError, transport_errors.ContentDecodingError)
    if isinstance(broken, half) or isinstance(within, socket_errors.ProtocolError):
        return CONNECTION_LOST
    return UNREACHABLE


def garbled(service: str) -> ServiceError:
    return ServiceError(
        service,
        None,
        f"{service}'s answer is cut off or not JSON; check what is between here and the service",
        "garbled",
    )


def too_deep(service: str) -> Failure:
    """Return the sentence for an answer that stays as it is, however often one asks."""
    return Failure(
        f"{service}'s answer cannot be read: lists or dictionaries are nested in it, hundreds of levels deep. Look for what"
        " somebody has stored there like that, and delete it.",
        "too_deep",
    )


def _code(status: int) -> str:
    return {
        400: "bad_request",
        401: "unauthorized",
        403: "forbidden",
        404: "not_found",
        409: "conflict",
        413: "too_large",
        429: "busy",
    }.get(status, "service_error")


def cause_of(error: Exception) -> str:
    """Return what an exception says, of one that wraps others the address and the innermost words."""
    text = without_userinfo(one_line(error, 2000)).removesuffix(".")
    told = [next(filter(None, match.groups())) for match in INNERMOST.finditer(text)]
    address = ADDRESS.search(text)
    return one_line(f"{address.group()}: {told[-1]}" if told and address else text)


def words_of(error: t.Any) -> str:
    """The service's own words, wherever this service puts them."""
    try:
        body = error.response.json()
    except (AttributeError, ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        for part in (
            body.get("faultstring"),
            body.get("description"),
            body.get("title"),
            body.get("error"),
        ):
            if isinstance(part, dict):
                part = part.get("message")
            if part:
                return without_userinfo(one_line(part))
    return without_userinfo(
        one_line(getattr(error.response, "reason", "")) or one_line(error.message)
    )
