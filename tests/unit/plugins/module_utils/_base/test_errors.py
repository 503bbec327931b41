# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import one_line
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.options import redacted


def test_one_line():
    assert one_line("\n  first   thing:\n second") == "first thing"
    assert one_line("Traceback (most recent call last):\n  real cause") == "real cause"
    assert one_line(None) == ""
    assert one_line("x" * 20, limit=5) == "xxxx…"


def test_a_service_error_tells_what_was_tried():
    error = ServiceError("Mistral", 503, "Busy.", "service_error").while_doing(
        "list workflows", "Try later."
    )
    assert error.message == "Could not list workflows: Mistral answered 503: Busy. Try later."
    assert error.transient and error.result == {"http_status": 503}
    assert not ServiceError("Mistral", 404, "gone", "not_found").transient


def test_redacted_hides_secrets_by_key_only():
    auth = {"username": "admin", "password": "admin", "passcode": "1", "auth_url": "http://x"}
    shown = redacted(
        {"auth": auth, "cloud": {"auth": auth, "region_name": "r", "key": "k"}, "name": "admin"}
    )
    expected = {
        "username": "admin",
        "password": "REDACTED",
        "passcode": "REDACTED",
        "auth_url": "http://x",
    }
    assert shown["auth"] == expected
    assert shown["cloud"]["auth"] == expected and shown["cloud"]["key"] == "REDACTED"
    assert shown["name"] == "admin"
    assert redacted({"cloud": "mycloud"}) == {"cloud": "mycloud"}
    assert redacted({"cloud": json.dumps({"auth": auth})})["cloud"] == {"auth": shown["auth"]}
    assert redacted({"cloud": "{auth: {password: secret"}) == {"cloud": "REDACTED"}
