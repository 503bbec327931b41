# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_queue import (
    merged,
    normalized,
)

DEFAULTS = {"_ttl": 3600, "_dead": None}


def test_keys_that_are_not_named_are_left_alone():
    assert merged({"a": 1}, {"b": 2}, {}) == (
        {"a": 1, "b": 2},
        [{"op": "add", "path": "/metadata/b", "value": 2}],
    )


def test_equal_values_are_no_change():
    assert merged({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, {}).patches == []


def test_one_is_not_true():
    assert merged({"a": 1}, {"a": True}, {}).metadata["a"] is True


def test_null_removes_a_key_once():
    assert merged({"a": 1}, {"a": None}, {}) == ({}, [{"op": "remove", "path": "/metadata/a"}])
    assert merged({}, {"a": None}, {}) == ({}, [])


def test_null_takes_a_key_of_the_service_back_to_its_default():
    assert merged({"_ttl": 60}, {"_ttl": None}, DEFAULTS) == (
        {"_ttl": 3600},
        [{"op": "remove", "path": "/metadata/_ttl"}],
    )
    assert (
        merged({"_ttl": 3600, "_dead": None}, {"_ttl": None, "_dead": None}, DEFAULTS).patches == []
    )


def test_paths_are_json_pointers():
    assert merged({}, {"a/b~c": 1}, {}).patches[0]["path"] == "/metadata/a~1b~0c"


def test_numbers_of_the_service_may_come_as_text():
    assert normalized({"_default_message_ttl": " 60", "owner": "60", 5: "x"}) == {
        "_default_message_ttl": 60,
        "owner": "60",
        "5": "x",
    }
