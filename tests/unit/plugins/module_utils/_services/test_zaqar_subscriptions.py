# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    MOST_EXPIRED_SUBSCRIPTIONS,
    PAGE,
    Zaqar,
    is_sent_unencrypted,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud, Request


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def subscribe(cloud: FakeCloud, count: int, ttl: int = 3600) -> list[str]:
    """Subscribe to the queue some times and return the ids."""
    return [cloud.zaqar.subscribe("q", f"http://a/{ttl}/{number}", ttl) for number in range(count)]


def test_all_pages_of_subscriptions_are_read_whatever_their_length(cloud):
    ids = subscribe(cloud, 3)
    subscribe(cloud, PAGE - 1, ttl=60)
    ids += subscribe(cloud, PAGE)
    cloud.clock.sleep(61)
    subscriptions = Zaqar(cloud).subscriptions("q")
    assert [subscription.id for subscription in subscriptions] == ids


def test_a_marker_that_is_gone_makes_nothing_come_twice(cloud):
    ids = subscribe(cloud, PAGE + 1)

    def unsubscribe(request: Request) -> None:
        del cloud.zaqar.queues["q"].subscriptions[ids[PAGE - 1]]

    cloud.after("list_subscriptions", unsubscribe)
    subscriptions = Zaqar(cloud).subscriptions("q")
    assert [subscription.id for subscription in subscriptions] == ids


def test_a_queue_without_subscriptions_takes_one_request(cloud):
    assert Zaqar(cloud).subscriptions("q") == []
    assert cloud.kinds() == ["list_subscriptions"]


def test_a_subscription_is_created_after_all_expired_ones_were_cleared(cloud):
    subscribe(cloud, 2, ttl=60)
    cloud.clock.sleep(61)
    id = Zaqar(cloud).create_subscription("q", "http://a/", 60, {})
    assert list(cloud.zaqar.queues["q"].subscriptions) == [id]
    assert cloud.count("create_subscription") == 3


@pytest.mark.parametrize(
    "status, requests", [(503, MOST_EXPIRED_SUBSCRIPTIONS + 1), (400, 1), (None, 1)]
)
def test_a_service_that_is_down_is_not_asked_for_ever(cloud, status, requests):
    cloud.fail("create_subscription", status=status, times=100)
    with pytest.raises(ServiceError):
        Zaqar(cloud).create_subscription("q", "http://a/", 60, {})
    assert cloud.count("create_subscription") == requests


def test_a_trust_is_made_in_a_queue_of_its_own_that_is_removed(cloud):
    trust = Zaqar(cloud).new_trust("trust+http://a/", 60)
    assert trust
    assert cloud.kinds() == [
        "create_subscription",
        "read_subscription",
        "delete_subscription",
        "delete_queue",
    ]
    (queue,) = cloud.zaqar.queues.values()
    assert not queue.exists and queue.subscriptions == {}
    assert len({request.names["queue"] for request in cloud.requests}) == 1


@pytest.mark.parametrize("status, explained", [(503, True), (400, False)])
def test_a_trust_that_is_not_made_leaves_no_queue(cloud, status, explained):
    cloud.fail("create_subscription", status=status)
    cloud.fail("delete_queue", status=500)
    with pytest.raises(ServiceError) as caught:
        Zaqar(cloud).new_trust("trust+http://a/", 60)
    assert cloud.kinds() == ["create_subscription", "delete_queue"]
    assert ("application credentials" in caught.value.message) is explained


def test_a_trust_of_which_nobody_knows_whether_it_was_made_expires(cloud):
    cloud.lose("create_subscription")
    with pytest.raises(ServiceError, match="expires by itself after 60 seconds") as caught:
        Zaqar(cloud).new_trust("trust+http://a/", 60)
    assert caught.value.result["outcome_unknown"] is True
    assert cloud.kinds()[-1] == "delete_queue"


@pytest.mark.parametrize(
    "url, clear",
    [
        ("http://example.com/", True),
        ("HTTP://EXAMPLE.com/", True),
        ("http://10.0.0.1:80/", True),
        ("http://[2001:db8::1]/", True),
        ("https://example.com/", False),
        ("mailto:a@example.com", False),
        ("http://localhost:1/", False),
        ("http://a.localhost/", False),
        ("http://127.8.9.1/", False),
        ("http://[::1]:8/", False),
        ("http://localhost.example.com/", True),
    ],
)
def test_what_is_sent_in_clear_text(url, clear):
    assert is_sent_unencrypted(url) is clear
