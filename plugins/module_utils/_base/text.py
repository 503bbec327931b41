# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that somebody else wrote, made safe to show: on a terminal, in one line, without passwords."""

from __future__ import annotations

import re
import typing as t
import unicodedata

LONGEST_REASON = 500

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

_known_urls: dict[
    str, str
] = {}  # the beginnings of this task's URLs with secrets in them, and how they are shown


def display_text(text: str) -> str:
    """Return a text that somebody else wrote without what would act on a terminal: escape sequences, control
    characters, changes of direction. Tabs stay, and whatever breaks a line is a newline.
    """
    text = LINE_BREAK.sub("\n", text)
    text = TERMINAL_SEQUENCE.sub("", text)
    return "\n".join(map(_display_line, text.split("\n")))


def _display_line(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(
        c
        for c in line
        if c == "\t" or c in JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )


def display_data(value: t.Any) -> t.Any:
    """Return data of any JSON type, all of whose texts are safe on a terminal."""
    try:
        return _display_data(value)
    except RecursionError:
        return TOO_DEEP


def _display_data(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {display_text(str(key)): _display_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_display_data(item) for item in value]
    return display_text(value) if isinstance(value, str) else value


def one_line(text: t.Any, limit: int = LONGEST_REASON) -> str:
    """Return the first meaningful line of a service's message, without a traceback, cut at ``limit`` characters."""
    for line in display_text(str(text or "")).splitlines():
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
