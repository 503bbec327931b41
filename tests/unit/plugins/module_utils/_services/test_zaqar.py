# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import Claim
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import Zaqar

CLAIM = {"ttl": 60, "age": 1, "messages": [], "href": "/v2/queues/q/claims/c"}


def error(status, reason):
    return ServiceError("Zaqar", status, reason, "service_error")


UNQUERIED = error(503, "Claim could not be queried. Please try again in a few seconds.")


class Answers:
    """The service's answers, in their order; an exception is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def endpoint(self, service_type):
        return "http://zaqar"

    def connection(self, service_type):
        return self

    def request(self, method, url, **options):
        self.asked.append(options.get("params") or {})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return types.SimpleNamespace(status_code=200, headers={}, text=json.dumps(answer))


@pytest.mark.parametrize(
    "answers, expected",
    [
        ([CLAIM], CLAIM),
        ([error(404, "Claim c does not exist")], None),
        # what Zaqar on Redis answers for a claim that has expired, while all else works
        ([UNQUERIED, {"messages": []}, UNQUERIED], None),
        ([UNQUERIED, {"messages": []}, error(404, "Claim c does not exist")], None),
        ([UNQUERIED, {"messages": []}, CLAIM], CLAIM),
    ],
)
def test_a_claim_is_there_or_it_is_not(answers, expected):
    service = Answers(*answers)
    assert Zaqar(service).claimed("q", "c") == (expected and Claim.of("c", expected))
    assert service.answers == []


@pytest.mark.parametrize(
    "answers",
    [
        [error(503, "Service unavailable")],
        [UNQUERIED, error(503, "Messages could not be listed.")],
        [UNQUERIED, {"messages": []}, error(None, "not reachable")],
    ],
)
def test_an_outage_is_not_taken_for_an_expired_claim(answers):
    with pytest.raises(ServiceError) as caught:
        Zaqar(Answers(*answers)).claimed("q", "c")
    assert caught.value.transient


UNCOUNTED = error(503, "Queue stats could not be read. Please try again in a few seconds.")
UNLISTED = error(503, "Messages could not be listed. Please try again in a few seconds.")


def page(*ids):
    return {"messages": [{"id": id} for id in ids], "links": []}


def test_messages_are_counted_where_zaqar_cannot():
    service = Answers(UNCOUNTED, page("b"), UNLISTED, page("a", "b"))
    assert Zaqar(service).stats("q").as_result() == {"free": 1, "claimed": 1, "total": 2}
    assert service.asked[-1]["marker"] == "none" and "marker" not in service.asked[-2]


@pytest.mark.parametrize(
    "answers",
    [[error(503, "busy")], [UNCOUNTED, UNLISTED], [UNCOUNTED, page(), UNLISTED, UNLISTED]],
)
def test_an_outage_is_not_counted_away(answers):
    with pytest.raises(ServiceError, match="503"):
        Zaqar(Answers(*answers)).stats("q")


UNDELETED = error(503, "Message could not be deleted. Please try again in a few seconds.")


@pytest.mark.parametrize(
    "answers, status",
    [
        (
            [UNDELETED, UNQUERIED, {"messages": []}, UNQUERIED],
            400,
        ),  # expired, and somebody else has claimed the message
        ([UNDELETED, error(404, "Claim c does not exist")], 400),
        ([UNDELETED, CLAIM], 503),
        ([UNDELETED, UNQUERIED, UNLISTED], 503),
    ],
)
def test_a_deletion_by_an_expired_claim_is_no_outage(answers, status):
    with pytest.raises(ServiceError) as caught:
        Zaqar(Answers(*answers)).delete_message("q", "m", "c")
    assert caught.value.status == status
