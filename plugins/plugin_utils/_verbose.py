# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results at -v: a playbook gets the data as it is, a terminal nothing that acts on it.

Ansible shows a result as JSON, with some control characters and changes of direction as they are.
"""

from __future__ import annotations

import json
import typing as t
import unicodedata

from ..module_utils._base.json_types import Result
from ..module_utils._base.text import JOINERS

# Unicode categories of what acts on a terminal; JSON itself escapes characters below U+0020
ACTING_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
DEBUG_VERBOSITY = 3  # -vvv, at which Ansible shows all of a result
DEBUG_KEYS = frozenset(["invocation", "diff"])  # Ansible leaves these out otherwise


class Display(t.Protocol):
    """The part of Ansible's Display that this file needs."""

    verbosity: int

    def v(self, msg: str, host: str | None = None) -> None:
        """Show a line at -v."""


def escape_for_terminal(display: Display, result: Result, host: str | None, hidden: bool) -> None:
    """Show a result with escapes, instead of Ansible, if it contains what acts on a terminal.

    Ansible always shows a failed result, which is display text already. ``hidden`` says that
    nothing of the result may be shown.
    """
    if not display.verbosity or result.get("failed"):
        return
    visible = {key: value for key, value in result.items() if _is_visible(key, display.verbosity)}
    text = json.dumps(visible, ensure_ascii=False, sort_keys=True, default=str)
    escaped = escape(text)
    if escaped == text:
        return
    result["_ansible_verbose_override"] = True
    if not hidden:
        display.v(escaped, host=host)


def _is_visible(key: str, verbosity: int) -> bool:
    """Tell whether Ansible shows a key of a result."""
    if key.startswith("_ansible_"):
        return False
    return verbosity >= DEBUG_VERBOSITY or key not in DEBUG_KEYS


def escape(text: str) -> str:
    """Return a JSON text with escapes for characters that act on a terminal.

    It means the same.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character in JOINERS or unicodedata.category(character) not in ACTING_CATEGORIES:
        return character
    return json.dumps(character)[1:-1]  # without the quotes
