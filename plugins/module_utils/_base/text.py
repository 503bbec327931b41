# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Display text: text from outside, made safe for a terminal."""

from __future__ import annotations

import re
import unicodedata

from .json_types import Json

LONGEST_LINE = 500  # characters of a service's message

LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Of a sequence without an end, only the beginning matches: what follows may be text. None of these
# alternatives looks at a character twice.
TERMINAL_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]+[0-~]"
    r"|\x1b.",
    re.DOTALL,
)
TOO_DEEP_TO_DISPLAY = "(nested too deep to be shown)"  # replaces such data
JOINERS = "\u200c\u200d"  # words of some languages, and some emoji, need them
# The Unicode categories of control characters, of invisible ones, and of halves of characters
UNSAFE_CATEGORIES = ("Cc", "Cf", "Cs")


def display_text(text: str) -> str:
    """Return the text without what would act on a terminal.

    That is escape sequences, control characters, and changes of direction. Tabs stay; whatever
    breaks a line becomes a newline.
    """
    text = LINE_BREAK.sub("\n", text)
    text = TERMINAL_SEQUENCE.sub("", text)
    return "\n".join(_display_line(line) for line in text.split("\n"))


def _display_line(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(character for character in line if _is_displayable(character))


def _is_displayable(character: str) -> bool:
    if character == "\t" or character in JOINERS:
        return True
    return unicodedata.category(character) not in UNSAFE_CATEGORIES


def display_data(value: Json) -> Json:
    """Return JSON data in which each text, also each key, is display text.

    Data that is nested too deep for recursion becomes TOO_DEEP_TO_DISPLAY.
    """
    try:
        return _display_data(value)
    except RecursionError:
        return TOO_DEEP_TO_DISPLAY


def _display_data(value: Json) -> Json:
    if isinstance(value, str):
        return display_text(value)
    if isinstance(value, dict):
        return {display_text(str(key)): _display_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_display_data(item) for item in value]
    return value


def one_line(text: object, limit: int = LONGEST_LINE) -> str:
    """Return the first meaningful line of a message as display text, without a colon at its end.

    The heading of a traceback is not meaningful. A line of more than ``limit`` characters is cut,
    and ends with an ellipsis. Without such a line, the result is empty.
    """
    for raw_line in display_text(str(text or "")).splitlines():
        line = " ".join(raw_line.split()).rstrip(":")
        if line and not line.startswith("Traceback"):
            return line if len(line) <= limit else line[: limit - 1] + "…"
    return ""
