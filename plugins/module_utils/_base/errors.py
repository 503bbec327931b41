# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two failures that a flow raises; each is one sentence in the user's words."""

from __future__ import annotations

import re
import typing as t

# Error codes of requests without an answer
UNREACHABLE = "unreachable"  # there was no connection, so nothing was sent
NO_ANSWER = "no_answer"  # none came in time; the service may still be at work
CONNECTION_LOST = "connection_lost"  # before there was an answer
NOT_SENT = frozenset([UNREACHABLE, "tls"])

# What Mistral's API answers, with 500, if its engine has not answered yet; it may still be at work
RPC_TIMEOUT = re.compile(r"This rpc call .* took longer than")


class Failure(Exception):
    """What could not be done, to what, why, and what to do about it.

    ``message`` is the sentence; ``error_code`` a stable word for conditions in playbooks; ``result`` further return
    keys (dict), for instance the last state that a wait saw.
    """

    def __init__(self, message: str, error_code: str = "failed", **result: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = error_code
        self.result = result

    def __str__(self) -> str:
        return self.message


class ServiceError(Failure):
    """A service refused a request or could not be reached.

    ``status`` is the HTTP status (None when there was no answer), ``reason`` the service's own words on one line,
    ``transient`` whether the same request may succeed a moment later. ``sent`` is False if the request certainly did
    not reach the service, ``refused`` True if the service certainly did nothing, whatever its status says.
    """

    def __init__(self, service: str, status: int | None, reason: str, error_code: str) -> None:
        said = f"{service} answered {status}: {reason}" if status else reason
        super().__init__(said, error_code, **({"http_status": status} if status else {}))
        self.status = status
        self.reason = reason
        self.sent = error_code not in NOT_SENT
        self.refused = False

    @property
    def transient(self) -> bool:
        return self.status is None or self.status in (408, 429) or self.status >= 500

    @property
    def outcome_unknown(self) -> bool:
        """Whether the request may have been carried out all the same, or may still be: its answer was lost, late, or
        came from a gateway.
        """
        return self.transient and self.sent and self.status != 429 and not self.refused

    @property
    def late(self) -> bool:
        """Whether the service took longer than somebody wanted to wait, and may take much longer."""
        if not self.outcome_unknown:
            return False
        return (
            self.error_code == NO_ANSWER
            or self.status in (408, 504)
            or bool(RPC_TIMEOUT.search(self.reason))
        )

    def while_doing(self, what: str, advice: str = "") -> "ServiceError":
        """Return the same error with a sentence that begins with what could not be done."""
        told = ServiceError("", self.status, self.reason, self.error_code)
        told.sent = self.sent
        told.refused = self.refused
        told.message = f"Could not {what}: {self.message.rstrip('.')}."
        if advice:
            told.message += f" {advice}"
        return told
