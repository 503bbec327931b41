# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results at -v: a playbook gets the data as it is, a terminal nothing that acts on it.

Ansible writes a result as JSON, in which it leaves some control characters and changes of direction as they are.
"""

from __future__ import annotations

import json
import typing as t
import unicodedata

from ansible_collections.interactive.openstack.plugins.module_utils._base.text import JOINERS

ACTING = (
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
)  # categories of characters; JSON escapes those below U+0020 by itself


class Display(t.Protocol):
    verbosity: int

    def v(self, msg: str, host: str | None = None) -> None:
        """Show a line at -v."""


def escape_for_terminal(
    display: Display, result: dict[str, t.Any], host: str | None, hidden: bool
) -> None:
    """Show a result with escapes, and keep Ansible from doing so without, if it holds what acts on a terminal.

    A failed one is always shown by Ansible, and is clean.
    """
    if not display.verbosity or result.get("failed"):
        return
    unwanted = set()
    if display.verbosity < 3:
        unwanted = {"invocation", "diff"}
    shown = {
        key: value
        for key, value in result.items()
        if not key.startswith("_ansible_") and key not in unwanted
    }
    text = json.dumps(shown, ensure_ascii=False, sort_keys=True, default=str)
    escaped = escape(text)
    if escaped == text:
        return
    result["_ansible_verbose_override"] = True
    if not hidden:
        display.v(escaped, host=host)


def escape(text: str) -> str:
    """Return a JSON text in which characters that act on a terminal are escaped. It means the same."""
    if text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if _acts(c) else c for c in text)


def _acts(character: str) -> bool:
    return character not in JOINERS and unicodedata.category(character) in ACTING
