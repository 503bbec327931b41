# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._cloud import (
    session as _session,
)
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.session import Session
from keystoneauth1 import exceptions, session


@pytest.fixture
def sent(monkeypatch):
    """Return the timeouts of what is sent."""
    timeouts = []
    monkeypatch.setattr(
        session.Session,
        "request",
        lambda self, url, method, **options: timeouts.append(options["timeout"]),
    )
    return timeouts


@pytest.mark.parametrize(
    ("timeout", "within", "expected"),
    [
        (60, None, 60),
        (None, None, None),
        (60, 20, 20),
        (5, 20, 5),
        (None, 20, 20),
    ],
)
def test_how_long_an_answer_is_waited_for(sent, monkeypatch, timeout, within, expected):
    monkeypatch.setattr(_session.time, "monotonic", lambda: 100.0)
    one = Session(timeout=timeout)
    if within is None:
        one.request("http://host", "GET")
    else:
        with one.within(within):
            one.request("http://host", "GET")
    assert sent == [expected] and one.last_timeout == expected
    one.request("http://host", "GET")
    assert sent[-1] == timeout


def test_when_the_time_is_over_nothing_is_sent(sent):
    one = Session(timeout=60)
    with one.within(0), pytest.raises(exceptions.ConnectTimeout):
        one.request("http://host", "GET")
    assert sent == []
