# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.mistral_cron_trigger import (
    MistralCronTrigger,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services import (
    unknown as _settled,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    CronTrigger,
    Workflow,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context

TAKEN = ServiceError("Mistral", 409, "Duplicate entry", "conflict")
LOST = ServiceError("Mistral", None, "the connection to Mistral was lost", "connection_lost")
UNREACHABLE = ServiceError("Mistral", None, "Mistral is not reachable", "unreachable")
REFUSED = ServiceError("Mistral", 400, "bad pattern", "bad_request")


def stored(id: str, **other: t.Any) -> CronTrigger:
    resource = dict(
        {
            "id": id,
            "name": "nightly",
            "workflow_name": "w",
            "workflow_id": "wid",
            "workflow_input": {},
            "workflow_params": {},
            "pattern": "0 2 * * *",
            "first_execution_time": None,
            "remaining_executions": None,
        },
        **other,
    )
    return CronTrigger.of(resource)


OTHER = stored("other", pattern="0 3 * * *")
ANOTHER = stored("another", pattern="0 3 * * *")


class FakeMistral:
    """Triggers that are found, and answers to creations, follow scripts; an exception in one is raised."""

    def __init__(self, found: list[t.Any], created: list[t.Any]) -> None:
        self.found = found
        self.created = created
        self.deleted: list[str] = []

    def workflow(self, identifier: str) -> Workflow:
        return Workflow.of({"name": "w", "id": "wid"})

    def cron_trigger(self, name: str) -> CronTrigger | None:
        return self.found.pop(0)

    def create_cron_trigger(
        self, name: str, workflow_id: str, does: str, **options: t.Any
    ) -> CronTrigger:
        answer = self.created.pop(0)
        if isinstance(answer, ServiceError):
            raise answer.while_doing(f"{does} it")
        return answer

    def delete_cron_trigger(self, name: str, id: str) -> None:
        self.deleted.append(id)


def run(mistral: FakeMistral, **params: t.Any) -> dict[str, t.Any]:
    defaults = {name: option.get("default") for name, option in MistralCronTrigger.OPTIONS.items()}
    made = MistralCronTrigger(
        dict(defaults, name="nightly", workflow="w", pattern="0 2 * * *", **params), Context()
    )
    made.__dict__["mistral"] = mistral
    return made.run()


def test_a_name_that_is_taken_meanwhile_is_not_taken_away():
    mistral = FakeMistral([None, OTHER], [TAKEN])
    with pytest.raises(
        Failure, match="somebody else has created one of this name meanwhile"
    ) as failure:
        run(mistral)
    assert failure.value.error_code == "conflict"
    assert mistral.deleted == []


def test_nor_if_it_was_replaced_meanwhile():
    mistral = FakeMistral([OTHER, ANOTHER], [TAKEN])
    with pytest.raises(Failure, match="meanwhile"):
        run(mistral)
    assert mistral.deleted == []


def test_if_somebody_else_has_created_the_same_meanwhile_it_is_there():
    result = run(FakeMistral([None, stored("theirs")], [TAKEN]))
    assert result == {"changed": False, "cron_trigger": stored("theirs").as_result()}


def test_a_lost_answer_to_a_creation_is_looked_up():
    result = run(FakeMistral([None, stored("new")], [LOST]))
    assert result["changed"] and result["cron_trigger"]["id"] == "new"


@pytest.mark.parametrize("found", [None, OTHER])
def test_a_creation_that_was_lost_fails(found, monkeypatch):
    monkeypatch.setattr(_settled, "SHORT_PATIENCE", 0)
    mistral = FakeMistral([found, found], [LOST])
    with pytest.raises(Failure, match="was lost. It may be done all the same"):
        run(mistral)
    assert mistral.deleted == []


def test_a_creation_that_was_never_sent_is_not_looked_for():
    mistral = FakeMistral([None], [UNREACHABLE])
    with pytest.raises(Failure, match="not reachable.$"):
        run(mistral)


def test_a_trigger_that_ran_out_meanwhile_needs_no_deletion():
    mistral = FakeMistral([OTHER], [stored("new")])
    assert run(mistral)["cron_trigger"]["id"] == "new"
    assert mistral.deleted == []


def test_if_nothing_takes_the_place_of_what_was_deleted_the_error_says_so():
    mistral = FakeMistral([OTHER, OTHER], [TAKEN, REFUSED])
    with pytest.raises(Failure) as failure:
        run(mistral)
    assert failure.value.message.endswith(
        "bad pattern. The one that was there is deleted already: run the task again."
    )
    assert mistral.deleted == ["other"]


@pytest.mark.parametrize(
    "found, created, does",
    [
        ([None], [REFUSED], "create"),
        ([OTHER], [REFUSED], "replace"),
        ([None, OTHER], [TAKEN], "create"),
        ([OTHER, ANOTHER], [TAKEN], "replace"),
        ([OTHER, OTHER], [TAKEN, REFUSED], "replace"),
    ],
)
def test_the_error_says_whether_one_was_to_be_replaced(found, created, does):
    with pytest.raises(Failure) as failure:
        run(FakeMistral(found, created))
    assert failure.value.message.startswith(f"Could not {does} ")


def test_before_anything_is_known_the_error_says_both():
    with pytest.raises(Failure) as failure:
        run(FakeMistral([], []), first_time="tomorrow")
    assert failure.value.message.startswith(
        "Could not create or replace cron trigger 'nightly': 'first_time'"
    )
