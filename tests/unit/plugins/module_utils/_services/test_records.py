# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    State,
    parsed,
)


def test_parsed_turns_json_texts_into_data():
    found = parsed(
        {"input": '{"a": [1]}', "output": "no json", "params": None, "name": '{"kept": 1}'}
    )
    assert found == {
        "input": {"a": [1]},
        "output": "no json",
        "params": None,
        "name": '{"kept": 1}',
    }


def test_json_that_is_nested_too_deep_stays_a_text():
    text = "[" * 50_000 + "]" * 50_000
    assert parsed({"input": text, "output": "[1]"}) == {"input": text, "output": [1]}


def test_a_state_is_text_and_one_that_is_new_is_unknown():
    assert f"{State.PAUSED}" == str(State.PAUSED) == "PAUSED" and State("PAUSED") is State.PAUSED
    assert State("LATER") is State.UNKNOWN
    assert not State.PAUSED.has_ended and State.CANCELLED.has_ended
