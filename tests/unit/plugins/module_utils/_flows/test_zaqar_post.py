# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import json
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_post import (
    ZaqarPost,
    batches,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    NewMessage,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    request_size,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    Request,
    run_flow,
)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def set_limit(cloud: FakeCloud, size: int) -> None:
    """Let the queue take requests of at most so many bytes."""
    cloud.zaqar.put("q")
    cloud.zaqar.queues["q"].metadata["_max_messages_post_size"] = size


def post(cloud: FakeCloud, messages: list[dict[str, t.Any]], **params: t.Any) -> t.Any:
    return run_flow(ZaqarPost, cloud, queue="q", messages=messages, **params)


def numbered(count):
    return [{"body": number, "ttl": None, "delay": None} for number in range(count)]


@pytest.mark.parametrize("bodies", [["é☃🎉"], [None, False, 0, "", [], {}], [{"a": [1, 2]}] * 3])
def test_the_size_is_exactly_that_of_the_request(bodies):
    messages = [NewMessage(body, 60) for body in bodies]
    sent = {"messages": [{"body": body, "ttl": 60} for body in bodies]}
    assert request_size(messages) == len(json.dumps(sent))


@pytest.mark.parametrize("limit", [28, 29, 50, 51, 52, 53, 100, 10000])
def test_batches_are_as_large_as_the_limit_allows_and_keep_the_order(limit):
    messages = [NewMessage(number % 10) for number in range(50)]
    split = batches(messages, limit)
    assert [message for batch in split for message in batch] == messages
    assert all(request_size(batch) <= limit for batch in split)
    for batch, after in itertools.pairwise(split):
        assert request_size(batch + after[:1]) > limit


def test_what_is_certain_to_fit_takes_one_request(cloud):
    ids = post(cloud, numbered(200))["message_ids"]
    assert cloud.zaqar.bodies("q") == list(range(200))
    assert ids == [message.id for message in cloud.zaqar.queues["q"].messages]
    assert cloud.kinds() == ["post_messages"]


def test_a_lower_limit_is_asked_for_only_when_it_matters(cloud):
    set_limit(cloud, 100)
    assert len(post(cloud, numbered(20))["message_ids"]) == 20
    assert cloud.kinds()[:2] == ["post_messages", "read_queue"]
    assert cloud.count("read_queue") == 1 and cloud.count("post_messages") > 2
    assert cloud.zaqar.bodies("q") == list(range(20))


def test_a_higher_limit_takes_one_request(cloud):
    set_limit(cloud, 300000)
    message = {"body": "x" * 280000, "ttl": None, "delay": None}
    assert len(post(cloud, [message])["message_ids"]) == 1
    assert cloud.kinds() == ["read_queue", "post_messages"]


def test_one_that_is_too_large_prevents_all_before_anything_is_sent(cloud):
    with pytest.raises(Failure) as caught:
        post(cloud, [*numbered(3), {"body": "x" * 262144, "ttl": None, "delay": None}])
    assert caught.value.error_code == "too_large"
    assert "message 4 of 4" in caught.value.message
    assert cloud.kinds() == ["read_queue"]


def test_another_refusal_stays_what_it_is(cloud):
    cloud.fail("post_messages", status=400, reason="bad")
    with pytest.raises(ServiceError, match="bad"):
        post(cloud, numbered(1))


def test_a_failure_half_way_tells_what_is_posted(cloud):
    set_limit(cloud, 100)
    seen = []

    def break_third(request: Request) -> None:
        seen.append(request)
        if len(seen) == 2:
            cloud.fail("post_messages", status=503)

    cloud.after("post_messages", break_third, times=2)
    with pytest.raises(Failure) as caught:
        post(cloud, numbered(20))
    posted = [message.id for message in cloud.zaqar.queues["q"].messages]
    assert 0 < len(posted) < 20 and caught.value.result["message_ids"] == posted
    assert f"first {len(posted)} of 20" in caught.value.message


def test_a_post_of_which_nobody_knows_is_told_as_such(cloud):
    cloud.lose("post_messages")
    with pytest.raises(ServiceError) as caught:
        post(cloud, numbered(1))
    assert caught.value.result["outcome_unknown"] is True
    assert "look into the queue before you post again" in caught.value.message
    assert cloud.zaqar.bodies("q") == [0]


def test_check_mode_posts_nothing(cloud):
    result = post(cloud, numbered(1), check_mode=True)
    assert result == {"changed": True, "message_ids": []}
    assert cloud.requests == []


def test_no_messages_are_no_change(cloud):
    assert post(cloud, []) == {"changed": False, "message_ids": []}
    assert cloud.requests == []


def test_the_task_s_times_are_the_defaults(cloud):
    cloud.zaqar.put("q")
    cloud.zaqar.queues["q"].metadata["_default_message_delay"] = 1
    messages = [{"body": 1, "ttl": 60, "delay": 0}, {"body": 2, "ttl": None, "delay": None}]
    post(cloud, messages, ttl=300, delay=5)
    first, second = cloud.zaqar.queues["q"].messages
    assert (first.ttl, first.visible_from) == (60, 0)
    assert (second.ttl, second.visible_from) == (300, 5)


@pytest.mark.parametrize(
    "option, value", [("ttl", 59), ("ttl", 1209601), ("delay", -1), ("delay", 901)]
)
def test_times_out_of_range_are_refused(option, value):
    message = dict({"body": 1, "ttl": None, "delay": None}, **{option: value})
    with pytest.raises(Failure) as caught:
        ZaqarPost.check_options(
            {"queue": "q", "body": None, "ttl": None, "delay": None, "messages": [message]}
        )
    assert caught.value.error_code == "bad_option"


@pytest.mark.parametrize("default, warned", [(None, True), (0, True), (1, False)])
def test_a_delay_that_zaqar_would_ignore_is_told(cloud, default, warned):
    warnings: list[str] = []
    cloud.zaqar.put("q")
    cloud.zaqar.queues["q"].metadata["_default_message_delay"] = default
    result = run_flow(ZaqarPost, cloud, warn=warnings.append, queue="q", body=1, delay=5)
    assert len(result["message_ids"]) == 1
    assert bool(warnings) is warned


def test_a_post_of_which_nobody_knows_is_not_repeated_in_smaller_requests(cloud):
    set_limit(cloud, 100)
    cloud.fail("post_messages", status=503)
    with pytest.raises(ServiceError) as caught:
        post(cloud, numbered(20))
    assert caught.value.result["outcome_unknown"] is True
    assert cloud.kinds() == ["post_messages"]
