# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    EXPIRED_AT_MOST,
    PAGE,
    Zaqar,
    in_the_clear,
)


class Service:
    """Zaqar that answers what it is told to, in this order: HTTP statuses of failures, or bodies."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def request(self, method, url, params=None, **options):
        self.requests.append((method, url.split("/v2/", 1)[1], params or {}))
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            raise ServiceError("Zaqar", answer, "no", "service_error")
        text = "" if answer is None else json.dumps(answer)
        return types.SimpleNamespace(status_code=200 if text else 204, text=text, headers={})

    def client(self):
        return Zaqar(
            types.SimpleNamespace(
                endpoint=lambda service: "http://zaqar", connection=lambda service: self
            )
        )


def page(*numbers, following):
    links = (
        [{"rel": "next", "href": f"/v2/queues/q/subscriptions?limit=20&marker={following}"}]
        if following
        else []
    )
    return {"subscriptions": [{"id": number} for number in numbers], "links": links}


def test_all_pages_of_subscriptions_are_read_whatever_their_length():
    # an expired subscription makes a page shorter; a marker that is gone starts from the beginning
    service = Service(page(1, 2, following="b"), page(3, following="c"), page(1, 2, following="b"))
    assert [subscription.id for subscription in service.client().subscriptions("q")] == [1, 2, 3]
    assert [params for method, path, params in service.requests] == [
        {"limit": PAGE},
        {"limit": PAGE, "marker": "b"},
        {"limit": PAGE, "marker": "c"},
    ]
    assert Service(page(following=None)).client().subscriptions("q") == []


def test_a_subscription_is_created_after_all_expired_ones_were_cleared():
    service = Service(503, 503, {"subscription_id": "s"})
    assert service.client().create_subscription("q", "http://a/", 60, {}) == "s"


def test_a_service_that_is_down_is_not_asked_for_ever():
    service = Service(*[503] * 100)
    with pytest.raises(ServiceError):
        service.client().create_subscription("q", "http://a/", 60, {})
    assert len(service.requests) == EXPIRED_AT_MOST + 1

    service = Service(400)
    with pytest.raises(ServiceError):
        service.client().create_subscription("q", "http://a/", 60, {})


def test_a_trust_is_made_in_a_queue_of_its_own_that_is_removed():
    service = Service({"subscription_id": "s"}, {"options": {"trust_id": "t"}}, None, None)
    assert service.client().new_trust("trust+http://a/", 60) == "t"
    queue = service.requests[0][1].split("/")[1]
    assert [request[:2] for request in service.requests] == [
        ("POST", f"queues/{queue}/subscriptions"),
        ("GET", f"queues/{queue}/subscriptions/s"),
        ("DELETE", f"queues/{queue}/subscriptions/s"),
        ("DELETE", f"queues/{queue}"),
    ]


@pytest.mark.parametrize("status, explained", [(503, True), (400, False)])
def test_a_trust_that_is_not_made_leaves_no_queue(status, explained):
    service = Service(status, 500)
    with pytest.raises(ServiceError) as caught:
        service.client().new_trust("trust+http://a/", 60)
    assert service.requests[-1][0] == "DELETE"
    assert ("application credentials" in caught.value.message) is explained


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
    assert in_the_clear(url) is clear
