# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_queue_info import (
    ZaqarQueueInfo,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def names(cloud: FakeCloud, **params: t.Any) -> list[str]:
    return [queue["name"] for queue in run_flow(ZaqarQueueInfo, cloud, **params)["queues"]]


def test_all_queues_are_listed(cloud):
    for number in range(25):
        cloud.zaqar.put(f"q{number:02}")
    assert names(cloud) == [f"q{number:02}" for number in range(25)]


@pytest.mark.parametrize(
    "metadata, requests",
    [
        # a key of its own proves that a queue exists, those of the service prove nothing
        ({"a": 1}, ["read_queue"]),
        ({"_default_message_ttl": 60}, ["read_queue", "update_queue"]),
        ({}, ["read_queue", "update_queue"]),
    ],
)
def test_a_queue_is_found_by_its_name(cloud, metadata, requests):
    cloud.zaqar.put("q")
    cloud.zaqar.queues["q"].metadata = metadata
    (queue,) = run_flow(ZaqarQueueInfo, cloud, name="q")["queues"]
    assert queue["name"] == "q" and metadata.items() <= queue["metadata"].items()
    assert "statistics" not in queue and cloud.kinds() == requests


def test_a_queue_that_is_not_there_is_not_listed(cloud):
    assert names(cloud) == names(cloud, name="q") == []


def test_statistics_are_added(cloud):
    cloud.zaqar.put("q", 1, 2)
    cloud.zaqar.lock("q", count=1)
    cloud.zaqar.put("r", 1)
    queues = run_flow(ZaqarQueueInfo, cloud, statistics=True)["queues"]
    counts = {
        queue["name"]: [queue["statistics"][key] for key in ("free", "claimed", "total")]
        for queue in queues
    }
    assert counts == {"q": [1, 1, 2], "r": [1, 0, 1]}
    assert all("_default_message_ttl" in queue["metadata"] for queue in queues)
    (queue,) = run_flow(ZaqarQueueInfo, cloud, name="q", statistics=True)["queues"]
    assert queue["statistics"]["claimed"] == 1
