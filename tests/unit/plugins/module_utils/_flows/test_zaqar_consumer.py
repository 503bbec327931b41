# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_consumer import (
    Consumer,
    Order,
    QueuedMessage,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

MINE: dict[str, t.Any] = {"n": 1}
OTHER: dict[str, t.Any] = {"n": 2}


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def consumer(cloud: FakeCloud, **options: t.Any) -> Consumer:
    order: dict[str, t.Any] = {
        "queues": ["q"],
        "count": 1,
        "consume": "peek",
        "filter": None,
        "claim_ttl": 300,
    }
    return Consumer(Zaqar(cloud), Order(**{**order, **options}))


def bodies(messages: list[QueuedMessage] | None) -> list[t.Any] | None:
    return None if messages is None else [each.message.body for each in messages]


PEEK, POP = "peek", "pop"
CLAIM, RELEASE, DELETE = "create_claim", "delete_claim", "delete_message"


@pytest.mark.parametrize(
    "queue, count, consume, filter, expected, left, changes",
    [
        # enough of any kind
        ([1, 2], 1, PEEK, None, [1], [1, 2], []),
        ([1, 2], 1, "claim", None, [1], [2], [CLAIM]),
        ([1, 2], 1, POP, None, [1], [2], [CLAIM, DELETE]),
        # more than a single message is looked at first
        ([1, 2, 3], 2, "claim", None, [1, 2], [3], [CLAIM]),
        ([1, 2, 3], 2, POP, None, [1, 2], [3], [CLAIM, DELETE, DELETE]),
        # too few: nothing is taken
        ([], 1, PEEK, None, None, [], []),
        ([], 1, "claim", None, None, [], [CLAIM]),
        ([], 1, POP, None, None, [], [CLAIM]),
        ([1], 2, PEEK, None, None, [1], []),
        ([1], 2, "claim", None, None, [1], []),
        ([1], 2, POP, None, None, [1], []),
        # with a filter, messages are claimed one by one, others are released after the last claim
        ([OTHER, MINE], 1, PEEK, MINE, [MINE], [OTHER, MINE], []),
        ([OTHER, MINE], 1, "claim", MINE, [MINE], [OTHER], [CLAIM, CLAIM, RELEASE]),
        ([MINE, OTHER], 1, "claim", MINE, [MINE], [OTHER], [CLAIM]),
        ([OTHER, MINE], 1, POP, MINE, [MINE], [OTHER], [DELETE]),
        ([OTHER, MINE], 2, PEEK, MINE, None, [OTHER, MINE], []),
        ([OTHER, MINE], 2, "claim", MINE, None, [OTHER, MINE], []),
        ([OTHER, MINE], 2, POP, MINE, None, [OTHER, MINE], []),
    ],
)
def test_all_that_is_needed_or_nothing(
    cloud, queue, count, consume, filter, expected, left, changes
):
    cloud.zaqar.put("q", *queue)
    messages = consumer(cloud, count=count, consume=consume, filter=filter).take()
    assert bodies(messages) == expected
    assert cloud.zaqar.free("q") == left
    assert [kind for kind in cloud.kinds() if kind != "list_messages"] == changes
    if messages and consume != "claim":
        assert not any(each.claim_id for each in messages)


@pytest.mark.parametrize(
    "count, consume, filter, looks",
    [
        (1, "claim", None, 0),
        (1, POP, None, 0),
        (1, PEEK, None, 1),
        (2, POP, None, 1),
        (1, "claim", MINE, 1),
        (1, POP, MINE, 1),
    ],
)
def test_a_single_message_of_any_kind_is_claimed_without_a_look(
    cloud, count, consume, filter, looks
):
    cloud.zaqar.put("q", MINE, MINE)
    consumer(cloud, count=count, consume=consume, filter=filter).take()
    assert (cloud.count("list_messages") > 0) is bool(looks)


@pytest.mark.parametrize("filter", [None, MINE])
def test_messages_are_claimed_in_several_queues(cloud, filter):
    cloud.zaqar.put("a", MINE)
    cloud.zaqar.put("b", MINE, MINE)
    taking = consumer(cloud, queues=["a", "b"], count=2, consume="claim", filter=filter)
    messages = taking.take()
    assert [each.queue for each in messages] == ["a", "b"]
    assert taking.claims == {each.claim_id: each.queue for each in messages}
    assert (cloud.zaqar.free("a"), cloud.zaqar.free("b")) == ([], [MINE])


@pytest.mark.parametrize("filter", [None, MINE])
def test_what_others_claim_after_the_look_leaves_nothing_claimed(cloud, filter):
    cloud.zaqar.put("q", MINE, MINE)
    cloud.after("list_messages", lambda request: cloud.zaqar.lock("q", count=1))
    taking = consumer(cloud, count=2, consume="claim", filter=filter)
    assert taking.take() is None
    assert cloud.zaqar.free("q") == [MINE] and taking.claims == {}


def test_an_interruption_releases_what_is_claimed(cloud):
    def interrupt(request: t.Any) -> None:
        raise KeyboardInterrupt

    cloud.zaqar.put("q", MINE, MINE)
    cloud.after("create_claim", lambda request: cloud.before("create_claim", interrupt))
    taking = consumer(cloud, count=2, consume="claim", filter=MINE)
    with pytest.raises(KeyboardInterrupt):
        taking.take()
    assert cloud.zaqar.free("q") == [MINE, MINE] and taking.claims == {}


def test_claims_that_nobody_gets_can_be_released(cloud):
    cloud.zaqar.put("q", 1)
    taking = consumer(cloud, consume="claim")
    taking.take()
    taking.release()
    assert cloud.zaqar.free("q") == [1]


def test_a_deletion_goes_on_where_it_failed(cloud):
    cloud.zaqar.put("q", 1, 2, 3)
    cloud.after("delete_message", lambda request: cloud.fail("delete_message", status=503))
    taking = consumer(cloud, count=2, consume="pop")
    with pytest.raises(ServiceError):
        taking.take()
    assert (bodies(taking.taken), bodies(taking.doomed)) == ([1], [2])
    assert bodies(taking.messages) == bodies(taking.removed) == [1, 2]
    assert bodies(taking.take()) == [1, 2]
    assert cloud.zaqar.bodies("q") == [3] and taking.doomed == []


def test_a_message_that_somebody_else_got_is_replaced(cloud):
    cloud.zaqar.put("q", MINE, MINE, MINE)
    cloud.before("delete_message", lambda request: cloud.zaqar.lock("q", count=1))
    taking = consumer(cloud, count=2, consume="pop", filter=MINE)
    assert taking.take() is None
    assert bodies(taking.taken) == [MINE]
    assert bodies(taking.take()) == [MINE, MINE]
    assert len(cloud.zaqar.bodies("q")) == 1 and cloud.zaqar.free("q") == []


def test_who_interrupts_learns_what_was_taken(cloud):
    cloud.zaqar.put("q", "first", "second")
    taking = consumer(cloud, consume="pop")
    assert taking.describe_taken() == ""
    taking.take()
    assert '"first"' in taking.describe_taken() and "second" not in taking.describe_taken()


def test_only_queues_with_a_match_are_claimed_from(cloud):
    cloud.zaqar.put("a", OTHER, OTHER)
    cloud.zaqar.put("b", OTHER, MINE)
    messages = consumer(cloud, queues=["a", "b"], consume="claim", filter=MINE).take()
    assert bodies(messages) == [MINE]
    assert (cloud.count("create_claim", queue="a"), cloud.count("create_claim")) == (0, 2)
