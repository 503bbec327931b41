# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sandbox does when much comes at the same time."""

from __future__ import annotations

import concurrent.futures

# long enough for the parsing of two at once to overlap
EXPRESSIONS = "".join(
    f"        v{number}: <% $.a.where($.b = {number}).select(dict(c => $.d + {number})) %>\n"
    for number in range(300)
)
LONG = f"version: '2.0'\nlong:\n  tasks:\n    work:\n      action: std.noop\n      publish:\n{EXPRESSIONS}"


def test_definitions_that_come_at_the_same_time_are_parsed(cloud):
    def valid(_number: int) -> dict:
        return cloud.mistral.post(
            "/workflows/validate", data=LONG, headers={"Content-Type": "text/plain"}
        ).json()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(valid, range(24))) == [{"valid": True}] * 24
