# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_queue import (
    ZaqarQueue,
    merged,
    normalized,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    Request,
    run_flow,
)

DEFAULTS = {"_ttl": 3600, "_dead": None}


def test_keys_that_are_not_named_are_left_alone():
    assert merged({"a": 1}, {"b": 2}, {}) == (
        {"a": 1, "b": 2},
        [{"op": "add", "path": "/metadata/b", "value": 2}],
    )


def test_equal_values_are_no_change():
    assert merged({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, {}).patches == []


def test_one_is_not_true():
    assert merged({"a": 1}, {"a": True}, {}).metadata["a"] is True


def test_null_removes_a_key_once():
    assert merged({"a": 1}, {"a": None}, {}) == ({}, [{"op": "remove", "path": "/metadata/a"}])
    assert merged({}, {"a": None}, {}) == ({}, [])


def test_null_takes_a_key_of_the_service_back_to_its_default():
    assert merged({"_ttl": 60}, {"_ttl": None}, DEFAULTS) == (
        {"_ttl": 3600},
        [{"op": "remove", "path": "/metadata/_ttl"}],
    )
    assert (
        merged({"_ttl": 3600, "_dead": None}, {"_ttl": None, "_dead": None}, DEFAULTS).patches == []
    )


def test_paths_are_json_pointers():
    assert merged({}, {"a/b~c": 1}, {}).patches[0]["path"] == "/metadata/a~1b~0c"


def test_numbers_of_the_service_may_come_as_text():
    assert normalized({"_default_message_ttl": " 60", "owner": "60", 5: "x"}) == {
        "_default_message_ttl": 60,
        "owner": "60",
        "5": "x",
    }


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def run(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    cloud.requests.clear()
    return run_flow(ZaqarQueue, cloud, name="q", **params)


WRITES = {"create_queue", "update_queue", "delete_queue", "purge_queue", "delete_subscription"}


def writes(cloud: FakeCloud) -> list[str]:
    """Return what was written. The patch that only finds out whether a queue exists is none."""
    return [
        request.kind
        for request in cloud.requests
        if request.kind in WRITES and not is_question(request)
    ]


def is_question(request: Request) -> bool:
    return request.kind == "update_queue" and '"remove"' in request.text


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_queue_is_created_once(cloud, check_mode):
    result = run(cloud, metadata={"owner": "me", "none": None}, check_mode=check_mode)
    assert result["changed"] and result["queue"]["metadata"]["owner"] == "me"
    assert result["diff"] == {"before": {}, "after": result["queue"]}
    assert writes(cloud) == ([] if check_mode else ["create_queue"])
    assert ("q" in cloud.zaqar.queues) is not check_mode


def test_a_queue_that_exists_is_left_alone(cloud):
    run(cloud, metadata={"owner": "me"})
    for check_mode in (True, False):
        result = run(cloud, metadata={"owner": "me"}, check_mode=check_mode)
        assert result["changed"] is False and "diff" not in result


@pytest.mark.parametrize("check_mode", [False, True])
def test_metadata_is_changed(cloud, check_mode):
    run(cloud, metadata={"owner": "me", "_default_message_ttl": 60})
    result = run(
        cloud, metadata={"owner": "you", "_default_message_ttl": None}, check_mode=check_mode
    )
    assert result["changed"]
    before, after = (result["diff"][when]["metadata"] for when in ("before", "after"))
    assert (before["owner"], before["_default_message_ttl"]) == ("me", 60)
    assert (after["owner"], after["_default_message_ttl"]) == ("you", 3600)
    assert result["queue"]["metadata"] == after
    stored = cloud.zaqar.queues["q"].metadata
    assert (stored["owner"] == "me") is check_mode


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_queue_is_deleted_once(cloud, check_mode):
    assert run(cloud, state="absent", check_mode=check_mode) == {"changed": False}
    run(cloud)
    result = run(cloud, state="absent", check_mode=check_mode)
    assert result["changed"] and result["diff"]["after"] == {}
    assert cloud.count("delete_queue") == (not check_mode)


@pytest.mark.parametrize(
    "kinds, purged",
    [
        (["messages"], {"messages": 1}),
        (["subscriptions"], {"subscriptions": 25}),
        (["subscriptions", "messages"], {"messages": 1, "subscriptions": 25}),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_named_is_purged(cloud, kinds, purged, check_mode):
    cloud.zaqar.put("q", 1)
    for number in range(25):
        cloud.zaqar.subscribe("q", f"http://example.com/{number}")
    result = run(cloud, purge=kinds, check_mode=check_mode)
    assert result["changed"]
    assert purged.items() <= result["diff"]["before"].items()
    assert dict.fromkeys(purged, 0).items() <= result["diff"]["after"].items()
    queue = cloud.zaqar.queues["q"]
    assert (queue.messages == []) is ("messages" in kinds and not check_mode)
    assert (queue.subscriptions == {}) is ("subscriptions" in kinds and not check_mode)
    if not check_mode:
        assert run(cloud, purge=kinds)["changed"] is False


@pytest.mark.parametrize(
    "kind, params, changed",
    [
        ("create_queue", {}, True),  # nobody knows who created it
        ("update_queue", {"metadata": {"owner": "you"}}, True),
        ("delete_queue", {"state": "absent"}, True),
    ],
)
def test_a_request_whose_answer_was_lost_is_found_out(cloud, kind, params, changed):
    if kind != "create_queue":
        run(cloud, metadata={"owner": "me"})
    if kind == "update_queue":
        cloud.after("create_queue", lambda request: cloud.lose("update_queue"))
    else:
        cloud.lose(kind)
    assert run(cloud, **params)["changed"] is changed
    assert cloud.count("create_queue") <= 1 and cloud.count("delete_queue") <= 1


def test_a_deletion_that_was_lost_fails(cloud):
    run(cloud)
    cloud.late("delete_queue", seconds=1000)
    with pytest.raises(Failure) as caught:
        run(cloud, state="absent")
    assert caught.value.result["outcome_unknown"] is True and "q" in cloud.zaqar.queues


def test_a_purge_whose_answer_was_lost_is_unknown(cloud):
    cloud.zaqar.put("q", 1)
    cloud.lose("purge_queue")
    with pytest.raises(Failure) as caught:
        run(cloud, purge=["messages"])
    assert caught.value.result["outcome_unknown"] is True


def test_subscriptions_that_a_purge_leaves_are_deleted(cloud):
    """Zaqar purges one page of them."""
    id = cloud.zaqar.subscribe("q", "http://example.com/")
    left = cloud.zaqar.queues["q"].subscriptions[id]
    cloud.after(
        "purge_queue",
        lambda request: cloud.zaqar.queues["q"].subscriptions.update({id: left}),
    )
    run(cloud, purge=["subscriptions"])
    assert cloud.zaqar.queues["q"].subscriptions == {}


def test_keys_may_hold_what_a_json_pointer_escapes(cloud):
    run(cloud, metadata={"b/c~": 2})
    assert run(cloud, metadata={"b/c~": None, "d/e~": 1})["changed"]
    assert cloud.zaqar.queues["q"].metadata == {"d/e~": 1}


@pytest.mark.parametrize("is_there, verb", [(False, "create"), (True, "update")])
def test_wrong_metadata_are_refused(cloud, is_there, verb):
    if is_there:
        cloud.zaqar.put("q")
    with pytest.raises(Failure, match=f"Could not {verb} queue 'q'"):
        run(cloud, metadata={"_max_messages_post_size": "large"})
