# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a deadline comes, and when its parts do."""

from __future__ import annotations

import math
import threading

from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline


def test_a_deadline_has_passed_when_all_shall_stop():
    stopping = threading.Event()
    whole = Deadline(3600).stopped_by(stopping)
    part = whole.within(60)
    assert whole.remaining > 3000 and 0 < part.remaining <= 60
    stopping.set()
    assert whole.remaining == part.remaining == 0
    part.wait(3600)


def test_a_part_ends_with_the_whole_and_shares_its_clock():
    now = [0.0]
    whole = Deadline(
        10, clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds)
    )
    whole.wait(7)
    part = whole.within(5)
    assert part.seconds == 3 and part.remaining == 3 and part.elapsed == 0
    part.wait(2)
    assert whole.remaining == part.remaining == 1
    assert whole.within(0.5).seconds == 0.5
    assert Deadline(math.inf).within(5).seconds == 5
