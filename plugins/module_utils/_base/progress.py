# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a long wait says while it goes on."""

from __future__ import annotations

import typing as t

from .deadline import Deadline
from .errors import Failure
from .text import one_line

QUIET = 5.0  # seconds in which a wait says nothing: most end sooner
HEARTBEAT = 60.0  # seconds after which a wait says once more what it has said already
LONGEST = 1000  # characters of a line


class Progress:
    """Says what is the case when that has changed, and at long intervals that it has not. ``say`` takes a line; None: nobody reads."""

    def __init__(self, say: t.Callable[[str], None] | None, deadline: Deadline) -> None:
        self._say = say
        self._deadline = deadline
        self._told = ""
        self._told_at = 0.0

    def see(self, describe: t.Callable[[], str]) -> None:
        """To be called at each look. ``describe`` is called only if somebody reads it; a Failure in it is no matter."""
        now = self._deadline.elapsed
        if not self._say or now < QUIET:
            return
        try:
            text = one_line(describe(), LONGEST)
        except Failure:
            return
        if text != self._told or now - self._told_at >= HEARTBEAT:
            self._say(f"{text} ({now:.0f} s)")
            self._told, self._told_at = text, now
