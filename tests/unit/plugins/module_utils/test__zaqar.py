# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._zaqar import Zaqar

CLAIM = {"ttl": 60, "age": 1, "messages": [], "href": "/v2/queues/q/claims/c"}


def error(status, reason):
    return ServiceError("Zaqar", status, reason, "service_error")


UNQUERIED = error(503, "Claim could not be queried. Please try again in a few seconds.")


class Answers:
    """The service's answers, in their order; an exception is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def endpoint(self, service_type):
        return "http://zaqar"

    def connection(self, service_type):
        return self

    def request(self, method, url, **options):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return types.SimpleNamespace(status_code=200, headers={}, text=json.dumps(answer))


@pytest.mark.parametrize("answers, expected", [
    ([CLAIM], CLAIM),
    ([error(404, "Claim c does not exist")], None),
    # what Zaqar on Redis answers for a claim that has expired, while all else works
    ([UNQUERIED, {"messages": []}, UNQUERIED], None),
    ([UNQUERIED, {"messages": []}, error(404, "Claim c does not exist")], None),
    ([UNQUERIED, {"messages": []}, CLAIM], CLAIM),
])
def test_a_claim_is_there_or_it_is_not(answers, expected):
    service = Answers(*answers)
    assert Zaqar(service).claimed("q", "c") == expected
    assert service.answers == []


@pytest.mark.parametrize("answers", [
    [error(503, "Service unavailable")],
    [UNQUERIED, error(503, "Messages could not be listed.")],
    [UNQUERIED, {"messages": []}, error(None, "not reachable")],
])
def test_an_outage_is_not_taken_for_an_expired_claim(answers):
    with pytest.raises(ServiceError) as caught:
        Zaqar(Answers(*answers)).claimed("q", "c")
    assert caught.value.transient
