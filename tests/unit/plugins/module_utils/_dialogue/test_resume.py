# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which executions are told to go on, and when the one at the top is."""

from __future__ import annotations

import math

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue import (
    resume as _resume,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.resume import resume

DEADLINE = Deadline(math.inf)


class Mistral:
    """An execution paused before `read`, beside one open sub-workflow that has another one below it, and one left behind."""

    def __init__(self, goes_up: bool = True) -> None:
        self.states = {
            "top": "PAUSED",
            "middle": "PAUSED",
            "lowest": "PAUSED",
            "left behind": "PAUSED",
        }
        self.goes_up = goes_up
        self.told: list[str] = []
        self.paused_before = "read"

    def tree(self, id):
        above = {"middle": "calls middle", "lowest": "calls lowest", "left behind": "timed out"}
        return [
            {"id": id, "state": state, "task_execution_id": above.get(id)}
            for id, state in self.states.items()
        ]

    def tasks_named(self, tree):
        return [
            {
                "id": self.paused_before,
                "state": "IDLE",
                "open": self.states["top"] == "PAUSED",
                "workflow_execution_id": "top",
            },
            {"id": "calls middle", "state": "PAUSED", "open": True, "workflow_execution_id": "top"},
            {"id": "timed out", "state": "ERROR", "open": False, "workflow_execution_id": "top"},
            {
                "id": "left idle",
                "state": "IDLE",
                "open": False,
                "workflow_execution_id": "left behind",
            },
            {
                "id": "calls lowest",
                "state": "PAUSED",
                "open": True,
                "workflow_execution_id": "middle",
            },
        ]

    def existing(self, id):
        return {"id": id, "state": self.states[id]}

    def set_state(self, id, state, env=None):
        self.told.append(id)
        self.states[id] = state
        if self.goes_up:
            self.states["top"] = state
        return self.existing("top")


def test_the_lowest_is_told_and_takes_the_others_along():
    mistral = Mistral()
    assert resume(mistral, "top", DEADLINE) == {"id": "top", "state": "RUNNING"}
    assert mistral.told == ["lowest"]


def test_one_whose_sub_workflows_are_not_paused_is_told_itself():
    mistral = Mistral()
    mistral.states.update(middle="SUCCESS", lowest="SUCCESS")
    resume(mistral, "top", DEADLINE)
    assert mistral.told == ["top"]


def test_one_that_is_known_to_be_alone_is_told_without_a_look():
    mistral = Mistral()
    mistral.tree = lambda id: pytest.fail("one request too many")
    assert resume(mistral, "top", DEADLINE, alone=True) == {"id": "top", "state": "RUNNING"}
    assert mistral.told == ["top"]


def test_what_is_below_cannot_be_given_an_environment():
    mistral = Mistral()
    resume(mistral, "top", DEADLINE, {"a": 1})
    assert mistral.told == ["top"]


def test_one_that_is_not_taken_along_is_told_itself(monkeypatch):
    monkeypatch.setattr(_resume, "UPWARDS", 0)
    mistral = Mistral(goes_up=False)
    assert resume(mistral, "top", DEADLINE) == {"id": "top", "state": "RUNNING"}
    assert mistral.told == ["lowest", "top"]


def test_one_that_has_come_to_its_next_pause_is_left_there(monkeypatch):
    monkeypatch.setattr(_resume, "UPWARDS", 0)
    mistral = Mistral(goes_up=False)

    def told(id, state, env=None):
        mistral.told.append(id)
        mistral.paused_before = "read the next"

    mistral.set_state = told
    assert resume(mistral, "top", DEADLINE) == {"id": "top", "state": "PAUSED"}
    assert mistral.told == ["lowest"]
