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
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_pop import (
    ZaqarPop,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def pop(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    return run_flow(ZaqarPop, cloud, **{"queue": "q", **params})


def bodies(result: dict[str, t.Any]) -> list[t.Any]:
    return [message["body"] for message in result["messages"]]


@pytest.mark.parametrize("count, requests", [(1, 1), (20, 1), (21, 2), (40, 2), (45, 3), (100, 3)])
def test_messages_are_taken_a_page_at_a_time(cloud, count, requests):
    cloud.zaqar.put("q", *range(45))
    result = pop(cloud, count=count)
    assert bodies(result) == list(range(min(count, 45))) and result["changed"]
    assert cloud.zaqar.bodies("q") == list(range(45))[count:]
    assert cloud.count("pop_messages") == requests


def test_an_empty_queue_is_no_change(cloud):
    assert pop(cloud) == {"changed": False, "messages": []}


def test_check_mode_takes_nothing(cloud):
    cloud.zaqar.put("q", 1, 2)
    result = pop(cloud, check_mode=True)
    assert bodies(result) == [1] and result["changed"]
    assert cloud.zaqar.bodies("q") == [1, 2]


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_failure_half_way_returns_what_was_taken(cloud, is_lost):
    cloud.zaqar.put("q", *range(45))

    def trouble(request: t.Any) -> None:
        if is_lost:
            cloud.lose("pop_messages")
        else:
            cloud.fail("pop_messages", status=503)

    cloud.before("pop_messages", lambda request: cloud.after("pop_messages", trouble))
    with pytest.raises(ServiceError) as caught:
        pop(cloud, count=45)
    assert bodies(caught.value.result) == list(range(20))
    assert caught.value.result["outcome_unknown"] is True
    assert "What it took, if it was carried out, is lost" in caught.value.message


def test_a_refusal_half_way_returns_what_was_taken(cloud):
    cloud.zaqar.put("q", *range(30))
    cloud.after("pop_messages", lambda request: cloud.fail("pop_messages", status=403))
    with pytest.raises(ServiceError) as caught:
        pop(cloud, count=30)
    assert bodies(caught.value.result) == list(range(20))


def test_who_interrupts_a_pop_learns_what_was_taken(cloud):
    cloud.zaqar.put("q", "only copy")
    flow = ZaqarPop({"queue": "q", "count": 1}, Context())
    flow.__dict__["cloud"] = cloud
    assert flow.go_on() == ""
    flow.run()
    assert '"only copy"' in flow.go_on()


def test_a_wrong_name_is_refused_before_anything_is_sent(cloud):
    with pytest.raises(Failure) as caught:
        pop(cloud, queue="a b")
    assert caught.value.error_code == "bad_queue_name" and cloud.requests == []
