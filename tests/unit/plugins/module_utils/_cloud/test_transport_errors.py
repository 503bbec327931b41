# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences for the errors of keystoneauth."""

from __future__ import annotations

import types
import typing as t

import pytest
import requests
import urllib3.exceptions as urllib3_errors
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.transport_errors import (
    cause_of,
    explained,
    login_refused,
    words_of,
)
from keystoneauth1 import exceptions

WHERE = "http://keystone/v3"


class Wrapped(Exception):
    """What urllib3 and requests wrap in each other."""


def caused_by(cause: Exception, error: Exception) -> Exception:
    error.__context__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (exceptions.Unauthorized(), "unauthorized", f"Keystone at {WHERE} did not accept the"),
        (
            exceptions.Forbidden("no"),
            "forbidden",
            f"Could not log in at {WHERE}: Keystone answered 403",
        ),
        (exceptions.InternalServerError("no"), "service_error", "Keystone answered 500"),
        (exceptions.InvalidResponse(None), "garbled", "Keystone's answer is cut off or not JSON"),
        (RecursionError(), "too_deep", "Keystone's answer cannot be read"),
        (exceptions.ConnectFailure("refused"), "unreachable", "Keystone is not reachable at"),
        (
            caused_by(requests.ReadTimeout("late"), exceptions.ConnectTimeout("late")),
            "no_answer",
            f"Could not log in at {WHERE}: Keystone did not answer within 1 seconds",
        ),
        (
            caused_by(
                requests.ConnectionError(urllib3_errors.ProtocolError("reset")),
                exceptions.ConnectFailure("reset"),
            ),
            "connection_lost",
            f"Could not log in at {WHERE}: the connection to Keystone was lost",
        ),
        (exceptions.SSLError("bad"), "unreachable", "Keystone is not reachable at"),
        (exceptions.DiscoveryFailure("odd"), "unreachable", "Keystone is not reachable at"),
        (exceptions.MissingAuthPlugin(), "unauthorized", f"Could not log in at {WHERE}: "),
    ],
)
def test_why_a_login_failed(error, code, words):
    failure = login_refused(error, WHERE, 1.0)
    assert isinstance(failure, Failure)
    assert failure.error_code == code and words in failure.message


def test_a_defect_of_ours_stays_what_it_is():
    error = ZeroDivisionError()
    assert login_refused(error, WHERE, None) is error
    assert explained(error, "Zaqar", None) is error


def test_a_certificate_that_is_not_accepted():
    failure = explained(exceptions.SSLError("self-signed."), "Zaqar", 1.0)
    assert isinstance(failure, ServiceError) and failure.error_code == "tls" and not failure.sent
    assert "the TLS certificate of Zaqar was not accepted (self-signed); set ca_cert" in str(
        failure
    )


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("plain words.", "plain words"),
        (
            "Unable to establish connection to http://u:p@host:1/v2: ('Connection aborted.',"
            " ConnectionResetError(104, 'Connection reset by peer'))",
            "http://REDACTED@host:1/v2: Connection reset by peer",
        ),
        (
            "Failed at http://host/v2: <obj>: Failed: [Errno -2] Name or service not known",
            "http://host/v2: Name or service not known",
        ),
        ("[Errno 111] Connection refused", "[Errno 111] Connection refused"),
    ],
)
def test_the_innermost_words_of_an_error(text, cause):
    assert cause_of(Wrapped(text)) == cause


def response(body: t.Any, reason: str = "") -> types.SimpleNamespace:
    def read() -> t.Any:
        if isinstance(body, Exception):
            raise body
        return body

    return types.SimpleNamespace(json=read, reason=reason)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (response({"faultstring": "Mistral's\nmore"}), "Mistral's"),
        (response({"title": "Zaqar's", "description": "Zaqar's words"}), "Zaqar's words"),
        (response({"error": {"message": "Keystone's"}}), "Keystone's"),
        (response({"error": "text with http://u:p@h"}), "text with http://REDACTED@h"),
        (response(["a list"], "Bad Gateway"), "Bad Gateway"),
        (response(ValueError(), "Not Found"), "Not Found"),
        (response({}), "the exception's"),
        (None, "the exception's"),
    ],
)
def test_a_service_s_own_words(answer, words):
    assert words_of(types.SimpleNamespace(response=answer, message="the exception's")) == words
