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
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_queue import (
    ZaqarQueue,
    merged,
    normalized,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
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
    return run_flow(ZaqarQueue, cloud, **{"name": "q", **params})


def own(queue: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the metadata that are not Zaqar's own."""
    metadata = queue["metadata"]
    return {key: value for key, value in metadata.items() if not key.startswith("_")}


def test_a_queue_is_created_once(cloud):
    result = run(cloud, metadata={"a": 1, "b": None})
    assert result["changed"] and own(result["queue"]) == {"a": 1}
    assert result["diff"]["before"] == {} and cloud.zaqar.queues["q"].metadata == {"a": 1}
    assert run(cloud, metadata={"a": 1})["changed"] is False
    assert run(cloud)["changed"] is False


def test_metadata_are_merged(cloud):
    run(cloud, metadata={"a": 1, "b/c~": 2})
    result = run(cloud, metadata={"a": 3, "b/c~": None, "d": 4})
    assert result["changed"] and own(result["queue"]) == {"a": 3, "d": 4}
    assert own(result["diff"]["before"]) == {"a": 1, "b/c~": 2}
    assert own(result["diff"]["after"]) == {"a": 3, "d": 4}
    assert cloud.zaqar.queues["q"].metadata == {"a": 3, "d": 4}


def test_a_key_of_the_service_goes_back_to_its_default(cloud):
    run(cloud, metadata={"_default_message_ttl": "60"})
    assert cloud.zaqar.queues["q"].metadata == {"_default_message_ttl": 60}
    result = run(cloud, metadata={"_default_message_ttl": None})
    assert result["queue"]["metadata"]["_default_message_ttl"] == 3600
    assert cloud.zaqar.queues["q"].metadata == {}
    assert run(cloud, metadata={"_default_message_ttl": None})["changed"] is False


def test_a_queue_is_deleted_once(cloud):
    cloud.zaqar.put("q", 1)
    result = run(cloud, state="absent")
    assert result == {"changed": True, "diff": {"before": {"name": "q"}, "after": {}}}
    assert run(cloud, state="absent") == {"changed": False}


@pytest.mark.parametrize("purge", [["messages"], ["subscriptions"], ["messages", "subscriptions"]])
def test_what_is_named_is_purged(cloud, purge):
    cloud.zaqar.put("q", 1, 2)
    for number in range(25):
        cloud.zaqar.subscribe("q", f"http://a/{number}")
    result = run(cloud, purge=purge)
    left = {
        "messages": len(cloud.zaqar.bodies("q")),
        "subscriptions": len(cloud.zaqar.queues["q"].subscriptions),
    }
    there = {"messages": 2, "subscriptions": 25}
    assert result["changed"] and left == {**there, **dict.fromkeys(purge, 0)}
    assert {kind: result["diff"]["before"][kind] for kind in purge} == {
        kind: there[kind] for kind in purge
    }
    assert {result["diff"]["after"][kind] for kind in purge} == {0}
    assert run(cloud, purge=purge)["changed"] is False


def test_check_mode_changes_nothing(cloud):
    assert run(cloud, check_mode=True, metadata={"a": 1})["changed"]
    assert cloud.zaqar.queues == {}
    cloud.zaqar.put("q", 1)
    assert run(cloud, check_mode=True, metadata={"a": 1})["changed"]
    assert run(cloud, check_mode=True, purge=["messages"])["changed"]
    assert run(cloud, check_mode=True, state="absent")["changed"]
    assert cloud.zaqar.queues["q"].metadata == {} and cloud.zaqar.bodies("q") == [1]


@pytest.mark.parametrize(
    "kind, params",
    [
        ("create_queue", {"metadata": {"a": 1}}),
        ("update_queue", {"name": "other", "metadata": {"a": 1}}),
        ("delete_queue", {"name": "other", "state": "absent"}),
    ],
)
def test_a_change_whose_answer_was_lost_is_found_out(cloud, kind, params):
    cloud.zaqar.put("other")
    cloud.lose(kind)
    assert run(cloud, **params)["changed"]
    assert cloud.count(kind) <= 2
    assert run(cloud, **params)["changed"] is False


def test_a_purge_of_which_nobody_knows_is_told(cloud):
    cloud.zaqar.put("q", 1)
    cloud.lose("purge_queue")
    with pytest.raises(ServiceError, match="purged all the same") as caught:
        run(cloud, purge=["messages"])
    assert caught.value.result["outcome_unknown"] is True


def test_wrong_metadata_are_refused(cloud):
    with pytest.raises(Failure, match="Could not create queue 'q'"):
        run(cloud, metadata={"_max_messages_post_size": "large"})
    cloud.zaqar.put("q")
    with pytest.raises(Failure, match="Could not update queue 'q'"):
        run(cloud, metadata={"_max_messages_post_size": "large"})
