# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

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
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context


class Zaqar:
    """A queue with a limit."""

    def __init__(self, limit, broken_at=None):
        self.limit = limit
        self.broken_at = broken_at
        self.posted = []
        self.calls = []

    def queue(self, name):
        self.calls.append("limit")
        return {"_max_messages_post_size": self.limit}

    def post(self, queue, messages):
        self.calls.append("post")
        if request_size(messages) > self.limit:
            raise ServiceError("Zaqar", 400, "too large", "bad_request")
        if self.calls.count("post") == self.broken_at:
            raise ServiceError("Zaqar", 503, "broken", "service_error")
        self.posted += messages
        return [str(message.body) for message in messages]


def post(zaqar, messages, check_mode=False):
    params = {"queue": "q", "body": None, "ttl": None, "delay": None, "messages": messages}
    flow = ZaqarPost(params, Context(check_mode=check_mode))
    flow.__dict__["zaqar"] = zaqar
    return flow.run()


def numbered(count):
    return [{"body": number, "ttl": None, "delay": None} for number in range(count)]


@pytest.mark.parametrize("bodies", [["é☃🎉"], [None, False, 0, "", [], {}], [{"a": [1, 2]}] * 3])
def test_the_size_is_exactly_that_of_the_request(bodies):
    messages = [NewMessage(body, 60) for body in bodies]
    sent = {"messages": [{"body": body, "ttl": 60} for body in bodies]}
    assert request_size(messages) == len(json.dumps(sent))


@pytest.mark.parametrize("limit", [28, 29, 50, 100, 10000])
def test_batches_are_as_large_as_the_limit_allows_and_keep_the_order(limit):
    messages = [NewMessage(number % 10) for number in range(50)]
    split = batches(messages, limit)
    assert [message for batch in split for message in batch] == messages
    assert all(request_size(batch) <= limit for batch in split)
    assert all(request_size(batch + after[:1]) > limit for batch, after in zip(split, split[1:]))


def test_what_is_certain_to_fit_takes_one_request():
    zaqar = Zaqar(262144)
    assert post(zaqar, numbered(200))["message_ids"] == [str(number) for number in range(200)]
    assert zaqar.calls == ["post"]


def test_a_lower_limit_is_asked_for_only_when_it_matters():
    zaqar = Zaqar(100)
    assert post(zaqar, numbered(20))["message_ids"] == [str(number) for number in range(20)]
    assert zaqar.calls[:2] == ["post", "limit"]
    assert len(zaqar.posted) == 20


def test_one_that_is_too_large_prevents_all_before_anything_is_sent():
    zaqar = Zaqar(262144)
    with pytest.raises(Failure) as caught:
        post(zaqar, numbered(3) + [{"body": "x" * 262144, "ttl": None, "delay": None}])
    assert caught.value.error_code == "too_large"
    assert "message 4 of 4" in caught.value.message
    assert zaqar.calls == ["limit"]


def test_another_refusal_stays_what_it_is():
    class Refusing(Zaqar):
        def post(self, queue, messages):
            raise ServiceError("Zaqar", 400, "bad", "bad_request")

    with pytest.raises(ServiceError):
        post(Refusing(262144), numbered(1))


def test_a_failure_half_way_tells_what_is_posted():
    zaqar = Zaqar(100, broken_at=3)
    with pytest.raises(Failure) as caught:
        post(zaqar, numbered(20))
    assert caught.value.result["message_ids"] == [str(message.body) for message in zaqar.posted]
    assert f"first {len(zaqar.posted)} of 20" in caught.value.message


def test_check_mode_posts_nothing():
    zaqar = Zaqar(262144)
    assert post(zaqar, numbered(1), check_mode=True) == {"changed": True, "message_ids": []}
    assert zaqar.calls == []


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
def test_a_delay_that_zaqar_would_ignore_is_told(default, warned):
    class Delaying(Zaqar):
        def queue(self, name):
            return {"_default_message_delay": default}

    warnings = []
    params = {"queue": "q", "body": 1, "ttl": None, "delay": 5, "messages": None}
    flow = ZaqarPost(params, Context(warn=warnings.append))
    flow.__dict__["zaqar"] = Delaying(262144)
    assert flow.run()["message_ids"] == ["1"]
    assert bool(warnings) is warned
