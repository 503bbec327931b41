# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mistral has kept of the answer to a pause."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.outcome import (
    outcome_of,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.outcome import (
    Outcome,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud


def answer(status: t.Any) -> dict[str, t.Any]:
    return {"payload": {"interaction_id": "i", "answer": 5, "status": status}}


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ([{"body": "yes"}], Outcome("ANSWERED", ("yes",))),
        ([{"body": answer("DECLINED")}], Outcome("DECLINED", (5,))),
        ([{"body": answer("mine")}], Outcome("mine", (5,))),
        # Somebody else wrote it: a status can be anything.
        ([{"body": answer(["DECLINED"])}], Outcome("ANSWERED", (5,))),
        ([{"body": answer({})}], Outcome("ANSWERED", (5,))),
        ([{"body": answer("DECLINED")}, {"body": "yes"}], Outcome("ANSWERED", (5, "yes"))),
        ([{"id": "without a body"}, "no message"], Outcome("ANSWERED", ())),
        ("no list", Outcome("ANSWERED", ())),
    ],
)
def test_what_a_task_has_read(result: t.Any, outcome: Outcome) -> None:
    cloud = FakeCloud()
    execution = cloud.mistral.add_execution("w")
    task = cloud.mistral.add_task(execution, "read", "SUCCESS", result=result)
    assert outcome_of(Mistral(t.cast(t.Any, cloud)), f"{task['id']},message") == outcome
