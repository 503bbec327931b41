# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions of the collection.

    Failure                        what a task reports: one sentence, an error code, return keys
     +-- ServiceError              a service refused a request, or did not answer it
     +-- limits.NoRoom             the machine has no process or memory left

Signals of one part to another, each caught where it is documented, never shown to a user:

    deadline.TimedOut              a wait reached its deadline
    limits.TooMuch                 some work took more time or memory than it may
    yaml_text.InvalidYaml          a text is not YAML
    signals.Interrupted            somebody ended the run (a BaseException)
"""

from __future__ import annotations

import http

from .json_types import Json

# Error codes of requests without an answer
UNREACHABLE = "unreachable"  # no connection came about, so nothing was sent
NO_ANSWER = "no_answer"  # none came in time; the service may still be at work
CONNECTION_LOST = "connection_lost"  # the connection broke before the answer was complete
BAD_CERTIFICATE = "tls"  # the service's TLS certificate was not accepted, so nothing was sent
NOT_SENT = frozenset([UNREACHABLE, BAD_CERTIFICATE])

FIRST_SERVER_ERROR = http.HTTPStatus.INTERNAL_SERVER_ERROR
TRANSIENT_CLIENT_ERRORS = (http.HTTPStatus.REQUEST_TIMEOUT, http.HTTPStatus.TOO_MANY_REQUESTS)
LATE_STATUSES = (http.HTTPStatus.REQUEST_TIMEOUT, http.HTTPStatus.GATEWAY_TIMEOUT)


class Failure(Exception):
    """A task could not do what it was to do.

    Attributes:
        message: One sentence: what could not be done, to what, the cause, and what the user can do.
        error_code: A stable word for conditions in playbooks.
        result: Further return keys, for instance the last state that a wait has seen.
    """

    def __init__(self, message: str, error_code: str = "failed", **result: Json) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = error_code
        self.result = result

    def __str__(self) -> str:
        return self.message


class ServiceError(Failure):
    """A service refused a request, or did not answer it.

    Attributes:
        status: The HTTP status, None without an answer.
        reason: The service's own words, on one line.
        sent: False if the request certainly did not reach the service.
        refused: True if the service certainly did nothing, whatever ``status`` says.
        at_work: True if the service says that it can still be at work.
    """

    def __init__(self, service: str, status: int | None, reason: str, error_code: str) -> None:
        if status:
            super().__init__(
                f"{service} answered {status}: {reason}", error_code, http_status=status
            )
        else:
            super().__init__(reason, error_code)
        self.status = status
        self.reason = reason
        self.sent = error_code not in NOT_SENT
        self.refused = False
        self.at_work = False

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed a moment later."""
        if self.status is None:
            return True
        return self.status in TRANSIENT_CLIENT_ERRORS or self.status >= FIRST_SERVER_ERROR

    @property
    def outcome_unknown(self) -> bool:
        """Whether the service may have carried out the request all the same, or may still do so.

        That is so when its answer was lost or late, or came from a gateway.
        """
        if self.refused or self.status == http.HTTPStatus.TOO_MANY_REQUESTS:
            return False
        return self.transient and self.sent

    @property
    def late(self) -> bool:
        """Whether the outcome is unknown as the service needs too long; it may need much longer."""
        if not self.outcome_unknown:
            return False
        return self.at_work or self.error_code == NO_ANSWER or self.status in LATE_STATUSES

    def while_doing(self, what: str, advice: str = "") -> ServiceError:
        """Return a copy whose message begins with what could not be done.

        ``what`` follows "Could not"; ``advice`` is a sentence, which is added.
        """
        error = ServiceError("", self.status, self.reason, self.error_code)
        error.sent = self.sent
        error.refused = self.refused
        error.at_work = self.at_work
        error.message = f"Could not {what}: {self.message.rstrip('.')}."
        if advice:
            error.message += f" {advice}"
        return error
