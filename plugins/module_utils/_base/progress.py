# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a long wait reports while it goes on."""

from __future__ import annotations

import typing as t

from .deadline import Deadline
from .errors import Failure
from .text import one_line

# Seconds
FIRST_REPORT = 5.0  # most waits end sooner, and report nothing
REPEAT_INTERVAL = 60.0  # between two reports of the same state

LONGEST_REPORT = 1000  # characters


class Progress:
    """Reports the state of a wait when it has changed, and at long intervals when it has not.

    ``report`` shows a line to the user at once. It is None where nobody can see such lines.
    """

    def __init__(self, report: t.Callable[[str], None] | None, deadline: Deadline) -> None:
        self._report = report
        self._deadline = deadline
        self._reported = ""
        self._reported_at = 0.0  # seconds after the start of the wait

    def see(self, describe: t.Callable[[], str]) -> None:
        """Report the state that ``describe`` returns, if that is due. Call this at each look.

        ``describe`` is called only if somebody can see the report. If it raises a Failure, there is
        no report.
        """
        now = self._deadline.elapsed
        if not self._report or now < FIRST_REPORT:
            return
        try:
            state = one_line(describe(), LONGEST_REPORT)
        except Failure:
            return
        if state != self._reported or now - self._reported_at >= REPEAT_INTERVAL:
            self._report(f"{state} ({now:.0f} s)")
            self._reported = state
            self._reported_at = now
