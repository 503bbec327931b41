# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keystone in memory: nothing but trusts."""

from __future__ import annotations

import datetime
import email.utils

from ansible_collections.interactive.openstack.tests.unit.fake_service import (
    EPOCH,
    Answer,
    FakeClock,
    FakeService,
    Refused,
    Request,
    Route,
)


class FakeKeystone(FakeService):
    """Trusts in memory: ``trusts`` has the moment when each expires, None if it never does."""

    NAME = "Keystone"
    ROUTES = (
        Route("GET", "v3/OS-TRUST/trusts/{trust}", "read_trust"),
        Route("DELETE", "v3/OS-TRUST/trusts/{trust}", "delete_trust"),
    )

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.trusts: dict[str, float | None] = {}

    def add_trust(self, seconds: float | None = None) -> str:
        """Create a trust that expires after some seconds, and return its id."""
        id = self.new_id()
        self.trusts[id] = None if seconds is None else self.clock.now + seconds
        return id

    def read_trust(self, request: Request) -> Answer:
        id = self._id(request)
        end = self.trusts[id]
        expires = None
        if end is not None:
            moment = EPOCH + datetime.timedelta(seconds=end)
            expires = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        now = EPOCH + datetime.timedelta(seconds=self.clock.now)
        headers = {"Date": email.utils.format_datetime(now, usegmt=True)}
        return Answer(200, {"trust": {"id": id, "expires_at": expires}}, headers)

    def delete_trust(self, request: Request) -> Answer:
        del self.trusts[self._id(request)]
        return Answer(204)

    def _id(self, request: Request) -> str:
        """Return the id of the trust that a request names; raises Refused if it has expired."""
        id = request.names["trust"]
        end = self.trusts.get(id, 0.0)
        if end is not None and end <= self.clock.now:
            raise Refused(404, f"Could not find trust: {id}.")
        return id
