# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._services.keystone import (
    FOREVER,
    Keystone,
)


def keystone(answer, url="http://keystone/identity/v3"):
    """Keystone that answers this once, an error or (expires_at, Date)."""

    def request(asked):
        assert asked == "http://keystone/identity/v3/OS-TRUST/trusts/t"
        if isinstance(answer, int):
            raise ServiceError("Keystone", answer, "no", "failed")
        expires, date = answer
        return types.SimpleNamespace(
            json=lambda: {"trust": {"expires_at": expires}}, headers={"Date": date} if date else {}
        )

    connection = types.SimpleNamespace(get=request, delete=request)
    return Keystone(
        types.SimpleNamespace(endpoint=lambda service: url, connection=lambda service: connection)
    )


@pytest.mark.parametrize(
    "answer, life",
    [
        (("2026-11-24T22:30:00.000000Z", "Tue, 24 Nov 2026 22:17:30 GMT"), 750),
        (("2026-11-24T22:17:00.000000Z", "Tue, 24 Nov 2026 22:17:30 GMT"), 0),
        (("2000-01-01T00:00:00.000000Z", None), 0),
        ((None, None), FOREVER),
        (404, 0),
    ],
)
def test_the_life_of_a_trust_goes_by_the_clock_of_keystone(answer, life):
    assert keystone(answer).trust_life("t") == life


@pytest.mark.parametrize("url", ["http://keystone/identity", "http://keystone/identity/v2.0"])
def test_the_catalog_may_name_any_version(url):
    assert keystone(404, url).trust_life("t") == 0


def test_a_trust_that_is_gone_is_deleted():
    keystone(404).delete_trust("t")


def test_what_keystone_forbids_is_said():
    for call in (keystone(403).trust_life, keystone(403).delete_trust):
        with pytest.raises(
            ServiceError, match="Could not (read|delete) trust t: Keystone answered 403: no."
        ):
            call("t")
