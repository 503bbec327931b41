# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Zaqar on Redis answers about expired claims, and how that is told from an outage."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeCloud

UNQUERIED = "Claim could not be queried. Please try again in a few seconds."
UNCOUNTED = "Queue stats could not be read. Please try again in a few seconds."
UNDELETED = "Message could not be deleted. Please try again in a few seconds."


@pytest.fixture
def cloud() -> FakeCloud:
    """A Zaqar that has not collected its garbage."""
    cloud = FakeCloud()
    cloud.zaqar.keeps_expired_claims = True
    return cloud


def collect_garbage(cloud: FakeCloud) -> None:
    cloud.zaqar.keeps_expired_claims = False


def expired_claim(cloud: FakeCloud) -> str:
    """Claim what is in the queue, let the claim expire, and return its id."""
    claim = cloud.zaqar.lock("q")
    cloud.clock.sleep(61)
    return claim


# Claims


def test_a_claim_is_there(cloud):
    cloud.zaqar.put("q", 1)
    claim = cloud.zaqar.lock("q")
    assert Zaqar(cloud).claimed("q", claim) is not None
    assert cloud.kinds() == ["read_claim"]


def test_a_claim_is_not_there(cloud):
    assert Zaqar(cloud).claimed("q", "c") is None
    assert cloud.kinds() == ["read_claim"]


def test_an_expired_claim_is_told_from_an_outage_by_a_look_at_the_messages(cloud):
    cloud.zaqar.put("q", 1)
    assert Zaqar(cloud).claimed("q", expired_claim(cloud)) is None
    assert cloud.kinds() == ["read_claim", "list_messages", "read_claim"]


def test_the_garbage_is_collected_just_then(cloud):
    cloud.zaqar.put("q", 1)
    claim = expired_claim(cloud)
    cloud.after("list_messages", lambda request: collect_garbage(cloud))
    assert Zaqar(cloud).claimed("q", claim) is None


def test_a_claim_that_cannot_be_read_once_is_there(cloud):
    cloud.zaqar.put("q", 1)
    claim = cloud.zaqar.lock("q")
    cloud.fail("read_claim", status=503, reason=UNQUERIED)
    assert Zaqar(cloud).claimed("q", claim) is not None


@pytest.mark.parametrize("status", [503, None])
def test_an_outage_is_not_taken_for_an_expired_claim(cloud, status):
    cloud.zaqar.put("q", 1)
    claim = expired_claim(cloud)
    cloud.fail("list_messages", status=status)
    with pytest.raises(ServiceError) as caught:
        Zaqar(cloud).claimed("q", claim)
    assert caught.value.transient


def test_another_refusal_is_not_taken_for_an_expired_claim(cloud):
    cloud.fail("read_claim", status=503, reason="Service unavailable")
    with pytest.raises(ServiceError, match="Service unavailable"):
        Zaqar(cloud).claimed("q", "c")


# Statistics


def test_messages_are_counted_where_zaqar_cannot(cloud):
    cloud.zaqar.put("q", "a", "b")
    expired_claim(cloud)
    cloud.zaqar.lock("q", count=1)
    zaqar = Zaqar(cloud)
    assert zaqar.stats("q").as_result() == {"free": 1, "claimed": 1, "total": 2}
    assert cloud.count("list_messages") > 1
    collect_garbage(cloud)
    cloud.requests.clear()
    stats = zaqar.stats("q")
    assert (stats.free, stats.claimed, stats.total) == (1, 1, 2)
    assert cloud.kinds() == ["read_stats"]


@pytest.mark.parametrize("reason", ["busy", UNCOUNTED])
@pytest.mark.parametrize("status", [503, None])
def test_an_outage_is_not_counted_away(cloud, reason, status):
    cloud.fail("read_stats", status=503, reason=reason)
    cloud.fail("list_messages", status=status)
    with pytest.raises(ServiceError) as caught:
        Zaqar(cloud).stats("q")
    assert caught.value.transient


def test_an_outage_in_the_midst_of_the_count_is_not_counted_away(cloud):
    cloud.zaqar.put("q", "a")
    cloud.fail("read_stats", status=503, reason=UNCOUNTED)

    def break_down(request) -> None:
        cloud.fail("list_messages", status=503, times=2)

    cloud.after("list_messages", break_down)
    with pytest.raises(ServiceError, match="503"):
        Zaqar(cloud).stats("q")


# Deletions


def test_a_deletion_by_an_expired_claim_is_no_outage(cloud):
    (id,) = cloud.zaqar.put("q", 1)
    claim = expired_claim(cloud)
    cloud.zaqar.lock("q")
    with pytest.raises(ServiceError) as caught:
        Zaqar(cloud).delete_message("q", id, claim)
    assert caught.value.status == 400
    assert cloud.kinds()[0] == "delete_message" and cloud.zaqar.bodies("q") == [1]


@pytest.mark.parametrize("is_there, status", [(True, 503), (False, 400)])
def test_a_deletion_that_fails_is_an_outage_while_the_claim_is_there(cloud, is_there, status):
    (id,) = cloud.zaqar.put("q", 1)
    claim = cloud.zaqar.lock("q") if is_there else "c"
    cloud.fail("delete_message", status=503, reason=UNDELETED)
    with pytest.raises(ServiceError) as caught:
        Zaqar(cloud).delete_message("q", id, claim)
    assert caught.value.status == status


def test_a_deletion_and_a_look_that_fail_are_an_outage(cloud):
    (id,) = cloud.zaqar.put("q", 1)
    claim = expired_claim(cloud)
    cloud.zaqar.lock("q")
    cloud.fail("list_messages", status=503)
    with pytest.raises(ServiceError) as caught:
        Zaqar(cloud).delete_message("q", id, claim)
    assert caught.value.status == 503


def test_somebody_who_may_only_read_finds_a_queue_in_the_list(cloud):
    cloud.zaqar.put("q")
    cloud.fail("update_queue", status=403, times=2)
    assert Zaqar(cloud).exists("q") is True
    assert Zaqar(cloud).exists("other") is False


@pytest.mark.parametrize("exists, words", [(True, "update queue 'q'"), (False, "create queue 'q'")])
def test_metadata_that_is_refused_says_what_could_not_be_done(cloud, exists, words):
    if exists:
        cloud.zaqar.put("q")
    cloud.fail("create_queue", status=400)
    with pytest.raises(ServiceError, match=words):
        Zaqar(cloud).create_queue("q", {"_max_messages_post_size": "large"})
