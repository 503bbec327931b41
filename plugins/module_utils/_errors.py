# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two failures that a flow raises; each is one sentence in the user's words."""

from __future__ import annotations

import re
import typing as t
import unicodedata

LONGEST_REASON = 500
TERMINAL_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_].*?\x1b\\|.)", re.DOTALL)
JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    """Return a text that somebody else wrote without what would act on a terminal: escape sequences, control
    characters, changes of direction. Line breaks and tabs stay.
    """
    text = TERMINAL_SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return "".join(
        c for c in text if c in "\n\t" or c in JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )


def one_line(text: t.Any, limit: int = LONGEST_REASON) -> str:
    """Return the first meaningful line of a service's message, without a traceback, cut at ``limit`` characters."""
    for line in printable(str(text or "")).splitlines():
        line = " ".join(line.split()).rstrip(":")
        if line and not line.startswith("Traceback"):
            return line if len(line) <= limit else line[: limit - 1] + "…"
    return ""


def without_userinfo(text: str) -> str:
    """Return a text without the user names and passwords that stand in its URLs."""
    return re.sub(r"\S+", _without_userinfo, text) if "://" in text else text


def _without_userinfo(word: re.Match[str]) -> str:
    scheme, separator, rest = word.group().partition("://")
    before, at, host = rest.rpartition("@")  # a password may hold an @ that nobody has encoded
    if not (separator and at):
        return word.group()
    return f"{scheme}://REDACTED@{host}"


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


class ServiceError(Failure):
    """A service refused a request or could not be reached.

    ``status`` is the HTTP status (None when there was no answer), ``reason`` the service's own words on one line,
    ``transient`` whether the same request may succeed a moment later.
    """

    def __init__(self, service: str, status: int | None, reason: str, error_code: str) -> None:
        said = f"{service} answered {status}: {reason}" if status else reason
        super().__init__(said, error_code, **({"http_status": status} if status else {}))
        self.status = status
        self.reason = reason

    @property
    def transient(self) -> bool:
        return self.status is None or self.status in (408, 429) or self.status >= 500

    @property
    def doubtful(self) -> bool:
        """Whether the request may have been carried out all the same: its answer was lost, or came from a gateway."""
        return self.transient and self.status != 429 and "Connection refused" not in self.reason

    def while_doing(self, what: str, advice: str = "") -> "ServiceError":
        """Return the same error with a sentence that begins with what could not be done."""
        told = ServiceError("", self.status, self.reason, self.error_code)
        told.message = f"Could not {what}: {self.message.rstrip('.')}."
        if advice:
            told.message += f" {advice}"
        told.args = (told.message,)
        return told
