# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two failures that a flow raises; each is one sentence in the user's words."""

from __future__ import annotations

import re
import typing as t
import unicodedata

LONGEST_REASON = 500

# Error codes of requests without an answer
UNREACHABLE = "unreachable"  # there was no connection, so nothing was sent
NO_ANSWER = "no_answer"  # none came in time; the service may still be at work
CONNECTION_LOST = "connection_lost"  # before there was an answer
NOT_SENT = frozenset([UNREACHABLE, "tls"])

# What Mistral's API answers, with 500, if its engine has not answered yet; it may still be at work
RPC_TIMEOUT = re.compile(r"This rpc call .* took longer than")

LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Of a sequence without an end only its beginning: what follows may be text. None of these looks at a character twice.
TERMINAL_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]+[0-~]"
    r"|\x1b.",
    re.DOTALL,
)
TOO_DEEP = "(nested too deep to be shown)"
JOINERS = "\u200c\u200d"
HIDDEN = "REDACTED"
USERINFO = re.compile(r"([a-z][a-z0-9+.-]{0,30}://)[^\s/?#]*@", re.IGNORECASE)

_known_urls: dict[str, str] = {}  # the beginnings of this task's URLs with secrets in them, and how they are shown


def printable(text: str) -> str:
    """Return a text that somebody else wrote without what would act on a terminal: escape sequences, control
    characters, changes of direction. Tabs stay, and whatever breaks a line is a newline.
    """
    text = LINE_BREAK.sub("\n", text)
    text = TERMINAL_SEQUENCE.sub("", text)
    return "\n".join(map(_printable_line, text.split("\n")))


def _printable_line(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c for c in line if c == "\t" or c in JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def shown_data(value: t.Any) -> t.Any:
    """Return data of any JSON type, all of whose texts are safe on a terminal."""
    try:
        return _shown_data(value)
    except RecursionError:
        return TOO_DEEP


def _shown_data(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {printable(str(key)): _shown_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown_data(item) for item in value]
    return printable(value) if isinstance(value, str) else value


def one_line(text: t.Any, limit: int = LONGEST_REASON) -> str:
    """Return the first meaningful line of a service's message, without a traceback, cut at ``limit`` characters."""
    for line in printable(str(text or "")).splitlines():
        line = " ".join(line.split()).rstrip(":")
        if line and not line.startswith("Traceback"):
            return line if len(line) <= limit else line[: limit - 1] + "…"
    return ""


def without_userinfo(text: str) -> str:
    """Return a text without the user names and passwords that stand in its URLs.

    In a text that anybody wrote, these end where a host may end. A password with other characters is found in the URLs
    that are known, see know_url().
    """
    for beginning, shown in _known_urls.items():
        text = text.replace(beginning, shown)
    return USERINFO.sub(rf"\1{HIDDEN}@", text)


def url_without_userinfo(url: str) -> str:
    """Return an option that is a URL without user name and password, which may hold what nobody has encoded: @, /, a blank."""
    scheme, separator, rest = url.partition("://")
    before, at, host = rest.rpartition("@")
    return f"{scheme}://{HIDDEN}@{host}" if separator and at else url


def know_url(url: t.Any) -> None:
    """Have without_userinfo() find user name and password of this URL."""
    if isinstance(url, str) and url_without_userinfo(url) != url:
        beginning = url[: url.rindex("@") + 1]
        _known_urls[beginning] = url_without_userinfo(beginning)


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
    def doubtful(self) -> bool:
        """Whether the request may have been carried out all the same, or may still be: its answer was lost, late, or
        came from a gateway.
        """
        return self.transient and self.sent and self.status != 429 and not self.refused

    @property
    def late(self) -> bool:
        """Whether the service took longer than somebody wanted to wait, and may take much longer."""
        if not self.doubtful:
            return False
        return self.error_code == NO_ANSWER or self.status in (408, 504) or bool(RPC_TIMEOUT.search(self.reason))

    def while_doing(self, what: str, advice: str = "") -> "ServiceError":
        """Return the same error with a sentence that begins with what could not be done."""
        told = ServiceError("", self.status, self.reason, self.error_code)
        told.sent = self.sent
        told.refused = self.refused
        told.message = f"Could not {what}: {self.message.rstrip('.')}."
        if advice:
            told.message += f" {advice}"
        return told
