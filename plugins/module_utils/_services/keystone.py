# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keystone as the flows see it: the trusts that let a service act in a user's name."""

from __future__ import annotations

import datetime
import email.utils
import re

from .._base.errors import ServiceError
from .._cloud.login import Cloud

FOREVER = float("inf")


class Keystone:
    """The requests that the flows need, each one sentence when it fails."""

    def __init__(self, cloud: Cloud) -> None:
        self._url = re.sub(r"/v\d[.\d]*\Z", "", cloud.endpoint("identity")) + "/v3"
        self.connection = cloud.connection("identity")

    def trust_life(self, id: str) -> float:
        """Return the seconds for which a trust is still good.

        0 if the trust is gone, FOREVER if it does not expire.
        """
        try:
            answer = self.connection.get(f"{self._url}/OS-TRUST/trusts/{id}")
        except ServiceError as error:
            if error.status == 404:
                return 0
            raise error.while_doing(f"read trust {id}") from None
        expires = answer.json()["trust"]["expires_at"]
        if expires is None:
            return FOREVER
        end = datetime.datetime.strptime(expires, "%Y-%m-%dT%H:%M:%S.%f%z")
        return max(0, (end - self._now(answer.headers.get("Date"))).total_seconds())

    @staticmethod
    def _now(date: str | None) -> datetime.datetime:
        """Return the time by Keystone's own clock if its answer has a date: ours may be wrong."""
        if date:
            return email.utils.parsedate_to_datetime(date)
        return datetime.datetime.now(datetime.timezone.utc)

    def delete_trust(self, id: str) -> None:
        """Delete a trust. Nothing is done if it is gone already."""
        try:
            self.connection.delete(f"{self._url}/OS-TRUST/trusts/{id}")
        except ServiceError as error:
            if error.status != 404:
                raise error.while_doing(f"delete trust {id}") from None
