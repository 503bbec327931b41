# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of keystoneauth, and of what is below it, as sentences for a user."""

from __future__ import annotations

import http
import re
import typing as t

from .._base.errors import (
    BAD_CERTIFICATE,
    CONNECTION_LOST,
    NO_ANSWER,
    UNREACHABLE,
    Failure,
    ServiceError,
)
from .._base.text import one_line
from .._base.userinfo import without_userinfo
from .session import KEYSTONE

try:
    import requests.exceptions as requests_errors
    import urllib3.exceptions as urllib3_errors
    from keystoneauth1 import exceptions as keystone_errors
except Exception:  # what is installed can be broken in any way; whoever would use it says so
    pass

LONGEST_WRAPPED_ERROR = 2000  # characters, of which only some are shown
ADDRESS = re.compile(r"https?://[^\s'\",]+[^\s'\",.:]")
# The innermost words of an exception that wraps others
INNERMOST = re.compile(
    r"\[Errno -?\d+\] ([^'\")]+)|Error\(\d+, '([^']+)'\)|(IncompleteRead)\(|([Tt]imed out)"
)

ERROR_CODES = {
    http.HTTPStatus.BAD_REQUEST: "bad_request",
    http.HTTPStatus.UNAUTHORIZED: "unauthorized",
    http.HTTPStatus.FORBIDDEN: "forbidden",
    http.HTTPStatus.NOT_FOUND: "not_found",
    http.HTTPStatus.CONFLICT: "conflict",
    http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    http.HTTPStatus.TOO_MANY_REQUESTS: "busy",
}
# Where the services put their words in the body of an error
WORD_KEYS = ("faultstring", "description", "title", "error")


def explained(error: Exception, service: str, timeout: float | None) -> Exception:
    """Return the error with a sentence; another error than those of requests comes back as it is.

    Such another error is a defect of ours. ``timeout`` is the timeout of the request, in seconds.
    """
    if isinstance(error, keystone_errors.HttpError):
        return refused(error, service)
    if isinstance(error, RecursionError):
        return too_deep(service)
    unanswered_errors = (
        keystone_errors.ConnectionError,
        keystone_errors.RetriableConnectionFailure,
    )
    if isinstance(error, unanswered_errors):
        return unanswered(error, service, timeout)
    return error


def refused(error: t.Any, service: str) -> ServiceError:
    """Return the error for an answer of a service with a status of 400 and more."""
    code = ERROR_CODES.get(error.http_status, "service_error")
    return ServiceError(service, error.http_status, words_of(error), code)


def unanswered(error: Exception, service: str, timeout: float | None) -> ServiceError:
    """Return the error for a request without an answer, or with half of one."""
    code = unanswered_code(error)
    if code == BAD_CERTIFICATE:
        sentence = (
            f"the TLS certificate of {service} was not accepted ({cause_of(error)});"
            " set ca_cert, or validate_certs to false if you must"
        )
    elif code == NO_ANSWER:
        address = ADDRESS.search(without_userinfo(str(error)))
        parenthesis = f" ({address.group()})" if address else ""
        sentence = (
            f"{service} did not answer within {round(timeout or 0, 1):g} seconds{parenthesis}; it"
            " may be busy: try again later, or raise 'api_timeout'"
        )
    elif code == CONNECTION_LOST:
        sentence = (
            f"the connection to {service} was lost before there was an answer"
            f" ({cause_of(error)}); check the network, and whether the service was restarted"
        )
    else:
        sentence = (
            f"{service} is not reachable ({cause_of(error)}); check the network and the"
            " service's endpoint"
        )
    return ServiceError(service, None, sentence, code)


def unanswered_code(error: Exception) -> str:
    """Return the error code for a request without an answer; it says whether the request was sent.

    keystoneauth has one class of errors for a connection and for an answer that take too long. It
    raises such an error while it handles the error of requests, whose first argument can be the
    error of urllib3.
    """
    if isinstance(error, keystone_errors.SSLError):
        return BAD_CERTIFICATE
    requests_error = error.__context__
    urllib3_error = next(iter(getattr(requests_error, "args", ())), None)
    if isinstance(requests_error, requests_errors.ReadTimeout):
        return NO_ANSWER
    if isinstance(urllib3_error, urllib3_errors.ReadTimeoutError):
        return NO_ANSWER
    half_answers = (requests_errors.ChunkedEncodingError, requests_errors.ContentDecodingError)
    if isinstance(requests_error, half_answers):
        return CONNECTION_LOST
    if isinstance(urllib3_error, urllib3_errors.ProtocolError):
        return CONNECTION_LOST
    return UNREACHABLE


def garbled(service: str) -> ServiceError:
    """Return the error for an answer that is not JSON."""
    return ServiceError(
        service,
        None,
        f"{service}'s answer is cut off or not JSON; check what is between here and the service",
        "garbled",
    )


def too_deep(service: str) -> Failure:
    """Return the error for an answer that is nested too deep, and so cannot be read.

    It is not a ServiceError: the answer is the same for each try.
    """
    return Failure(
        f"{service}'s answer cannot be read: lists or dictionaries are nested in it, hundreds of"
        " levels deep. Look for what somebody has stored there like that, and delete it.",
        "too_deep",
    )


def login_refused(error: Exception, where: str, timeout: float | None) -> Exception:
    """Return the error with a sentence for a login; a defect of ours comes back as it is.

    ``where`` is Keystone's URL without secrets, ``timeout`` the timeout of the request, in seconds.
    """
    doing = f"log in at {where}"
    if isinstance(error, keystone_errors.Unauthorized):
        return _wrong_credentials(where)
    if isinstance(error, keystone_errors.HttpError):
        return refused(error, KEYSTONE).while_doing(doing)
    if isinstance(error, keystone_errors.InvalidResponse):
        return garbled(KEYSTONE).while_doing(doing)
    if isinstance(error, RecursionError):
        return too_deep(KEYSTONE)
    if isinstance(error, keystone_errors.ClientException):
        return _keystone_error(error, where, timeout)
    return error


def _wrong_credentials(where: str) -> Failure:
    return Failure(
        f"Keystone at {where} did not accept the credentials: check user name, password, project"
        " and domains of the cloud.",
        "unauthorized",
    )


def _keystone_error(error: Exception, where: str, timeout: float | None) -> Failure:
    """Return the error for a login without an answer, or with one that keystoneauth cannot use."""
    was_sent = unanswered_code(error) in (NO_ANSWER, CONNECTION_LOST)
    if isinstance(error, keystone_errors.ConnectionError) and was_sent:
        return unanswered(error, KEYSTONE, timeout).while_doing(f"log in at {where}")
    if isinstance(error, (keystone_errors.ConnectionError, keystone_errors.DiscoveryFailure)):
        return ServiceError(
            KEYSTONE,
            None,
            f"Keystone is not reachable at {where} ({cause_of(error)}): check 'auth_url' and the"
            " network.",
            UNREACHABLE,
        )
    return Failure(
        f"Could not log in at {where}: {cause_of(error)}. Check the cloud's 'auth'.",
        "unauthorized",
    )


def cause_of(error: object) -> str:
    """Return the words of an exception; of one that wraps others, the address and the innermost."""
    text = without_userinfo(one_line(error, LONGEST_WRAPPED_ERROR)).removesuffix(".")
    address = ADDRESS.search(text)
    innermost = ""
    for match in INNERMOST.finditer(text):
        innermost = next(filter(None, match.groups()))
    if address and innermost:
        return one_line(f"{address.group()}: {innermost}")
    return one_line(text)


def words_of(error: t.Any) -> str:
    """Return the service's own words about an error with a status, wherever it puts them."""
    reason = getattr(error.response, "reason", "")
    candidates = (_words_in_body(error.response), one_line(reason), one_line(error.message))
    return without_userinfo(next(filter(None, candidates), ""))


def _words_in_body(response: t.Any) -> str:
    try:
        body = response.json()
    except (AttributeError, ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    for key in WORD_KEYS:
        words = body.get(key)
        if isinstance(words, dict):
            words = words.get("message")
        if words:
            return one_line(words)
    return ""
