# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User names and passwords in URLs, and how messages and results leave them out.

A password with characters that a URL may not contain cannot be recognised in a sentence. So this
file remembers the URLs of the task (``remember_url``), and ``without_userinfo`` finds these whole.
They are state of the process on purpose: each task runs in a process of its own, messages come from
anywhere in it, and a URL that is remembered for too long hides no other text.
"""

from __future__ import annotations

import re

from .json_types import Json

HIDDEN = "REDACTED"  # stands in for each secret in a message or a result
# In a sentence, a user name and a password end where a host may end.
USERINFO = re.compile(r"([a-z][a-z0-9+.-]{0,30}://)[^\s/?#]*@", re.IGNORECASE)

# The beginning of a URL, up to the @ -> the same without the secrets
_remembered: dict[str, str] = {}


def without_userinfo(text: str) -> str:
    """Return the text with HIDDEN in place of user name and password in each of its URLs."""
    for beginning, replacement in _remembered.items():
        text = text.replace(beginning, replacement)
    return USERINFO.sub(rf"\1{HIDDEN}@", text)


def url_without_userinfo(url: str) -> str:
    """Return a URL, which is the whole text, with HIDDEN in place of user name and password.

    These may contain what nobody has percent-encoded: @, /, a blank.
    """
    scheme, separator, rest = url.partition("://")
    _userinfo, at, host = rest.rpartition("@")
    if not separator or not at:
        return url
    return f"{scheme}://{HIDDEN}@{host}"


def remember_url(url: Json) -> None:
    """Let ``without_userinfo`` find the user name and password of this URL in any later text."""
    if isinstance(url, str) and url_without_userinfo(url) != url:
        beginning = url[: url.rindex("@") + 1]
        _remembered[beginning] = url_without_userinfo(beginning)
