# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_pop import ZaqarPop
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_queue_info import (
    ZaqarQueueInfo,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def bodies(result):
    return [message["body"] for message in result["messages"]]


@pytest.mark.parametrize(
    "stored, count, requests", [(0, 1, 1), (1, 1, 1), (2, 5, 1), (45, 45, 3), (45, 40, 2)]
)
def test_up_to_count_messages_are_popped_page_by_page(cloud, stored, count, requests):
    cloud.zaqar.put("q", *range(stored))
    result = run_flow(ZaqarPop, cloud, queue="q", count=count)
    assert bodies(result) == list(range(min(stored, count)))
    assert result["changed"] is bool(stored)
    assert cloud.count("pop_messages") == requests
    assert len(cloud.zaqar.bodies("q")) == max(0, stored - count)


def test_check_mode_pops_nothing(cloud):
    cloud.zaqar.put("q", 1, 2)
    result = run_flow(ZaqarPop, cloud, queue="q", check_mode=True)
    assert bodies(result) == [1] and result["changed"] is True
    assert cloud.zaqar.bodies("q") == [1, 2]


def test_a_pop_that_fails_returns_what_came_before(cloud):
    cloud.zaqar.put("q", *range(30))
    cloud.after("pop_messages", lambda request: cloud.fail("pop_messages", status=403))
    with pytest.raises(ServiceError) as caught:
        run_flow(ZaqarPop, cloud, queue="q", count=30)
    assert bodies(caught.value.result) == list(range(20))


def test_who_interrupts_a_pop_learns_what_was_taken(cloud):
    cloud.zaqar.put("q", "only copy")
    flow = ZaqarPop({"queue": "q", "count": 1}, Context())
    flow.__dict__["cloud"] = cloud
    assert flow.go_on() == ""
    flow.run()
    assert '"only copy"' in flow.go_on()


# Queues


@pytest.mark.parametrize(
    "metadata, requests",
    [
        # a key of its own proves that a queue exists, those of the service prove nothing
        ({"owner": "me"}, ["read_queue"]),
        ({"_default_message_ttl": 60}, ["read_queue", "update_queue"]),
        ({}, ["read_queue", "update_queue"]),
    ],
)
def test_a_queue_is_read(cloud, metadata, requests):
    cloud.zaqar.put("q")
    cloud.zaqar.queues["q"].metadata.update(metadata)
    (queue,) = run_flow(ZaqarQueueInfo, cloud, name="q")["queues"]
    assert queue["name"] == "q" and metadata.items() <= queue["metadata"].items()
    assert "statistics" not in queue
    assert cloud.kinds() == requests


def test_a_queue_that_does_not_exist_is_no_error(cloud):
    assert run_flow(ZaqarQueueInfo, cloud, name="q") == {"changed": False, "queues": []}


def test_all_queues_have_metadata_and_statistics(cloud):
    cloud.zaqar.put("a", 1)
    cloud.zaqar.put("b", 1, 2)
    cloud.zaqar.lock("b", count=1)
    queues = run_flow(ZaqarQueueInfo, cloud, statistics=True)["queues"]
    numbers = {queue["name"]: queue["statistics"] for queue in queues}
    assert (numbers["a"]["free"], numbers["a"]["claimed"], numbers["a"]["total"]) == (1, 0, 1)
    assert (numbers["b"]["free"], numbers["b"]["claimed"], numbers["b"]["total"]) == (1, 1, 2)
    assert all("_default_message_ttl" in queue["metadata"] for queue in queues)
