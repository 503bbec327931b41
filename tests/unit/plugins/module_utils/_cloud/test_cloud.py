# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task's cloud: endpoints, logins that tasks leave each other, and what a token says."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._cloud import cloud_config
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.login import (
    DEFAULT_REQUEST_TIMEOUT,
    Cloud,
)
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.session import Spent
from keystoneauth1 import exceptions

CATALOG = {"workflow": "http://mistral:8989/v2", "messaging": "http://zaqar:8888/"}


class FakeAuth:
    """A way to authenticate whose state is the token."""

    def __init__(self) -> None:
        self.state: str | None = None
        self.cache_id: str | None = "id"

    def get_cache_id(self) -> str | None:
        return self.cache_id

    def get_auth_state(self) -> str | None:
        return self.state

    def set_auth_state(self, state: str) -> None:
        self.state = state


class FakeSession:
    def __init__(self) -> None:
        self.timeout: int | None = None
        self.last_timeout = 1.0
        self.services: dict[str, str] = {}
        self.errors: list[Exception] = []
        self.tokens = ["first", "second"]
        self.auth = types.SimpleNamespace(get_access=lambda _session: self.access)
        self.access: t.Any = types.SimpleNamespace(username="demo")

    def get_token(self) -> str | None:
        for error in self.errors:
            raise error
        return self.tokens[0]

    def invalidate(self) -> None:
        self.tokens.pop(0)

    def spent(self) -> Spent:
        return Spent({"Keystone": 1}, {"Keystone": 0.5})


class FakeRegion:
    """Stands in for openstacksdk's CloudRegion."""

    def __init__(self) -> None:
        self.config: dict[str, t.Any] = {
            "auth_type": "password",
            "auth": {"auth_url": "http://u:p@keystone/v3", "project_name": "mine"},
        }
        self.auth = FakeAuth()
        self.session = FakeSession()
        self.overrides: dict[str, str] = {}
        self.catalog = dict(CATALOG)
        self.errors: list[Exception] = []
        self.region_name: str | None = None
        self.is_cached = False

    def get_session(self) -> FakeSession:
        return self.session

    def get_auth(self) -> FakeAuth:
        return self.auth

    def get_requests_verify_args(self) -> tuple[t.Any, t.Any]:
        return True, None

    def load_auth_from_cache(self) -> None:
        """Find nothing."""

    def set_auth_cache(self) -> None:
        self.is_cached = True

    def get_endpoint(self, service_type: str) -> str | None:
        return self.overrides.get(service_type)

    def get_endpoint_from_catalog(self, service_type: str) -> str | None:
        for error in self.errors:
            raise error
        self.auth.state = self.auth.state or "new login"
        return self.catalog.get(service_type)

    def get_region_name(self, service_type: str) -> str | None:
        return self.region_name

    def get_interface(self, service_type: str) -> str | None:
        return None


class FakeLogins(dict[str, str]):
    put = dict.__setitem__


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> FakeRegion:
    region = FakeRegion()
    monkeypatch.setattr(cloud_config, "read_region", lambda _options, _session_class: region)
    return region


def test_the_endpoint_of_a_service_is_in_the_catalog(region: FakeRegion) -> None:
    cloud = Cloud({})
    assert cloud.endpoint("workflow") == "http://mistral:8989/v2"
    assert cloud.endpoint("messaging") == "http://zaqar:8888"
    assert region.session.services == {
        "http://mistral:8989": "Mistral",
        "http://zaqar:8888": "Zaqar",
    }
    assert region.session.timeout == DEFAULT_REQUEST_TIMEOUT


def test_an_endpoint_of_the_configuration_comes_before_the_catalog_s(region: FakeRegion) -> None:
    region.overrides["messaging"] = "http://other/"
    assert Cloud({}).endpoint("messaging") == "http://other"


@pytest.mark.parametrize(("name", "place"), [(None, ""), ("north", " in region north")])
def test_a_service_that_the_catalog_lacks(region: FakeRegion, name: str | None, place: str) -> None:
    region.catalog.clear()
    region.region_name = name
    with pytest.raises(Failure) as caught:
        Cloud({}).endpoint("messaging")
    assert caught.value.error_code == "no_service"
    assert f"no public endpoint of service type 'messaging'{place}: install Zaqar" in str(
        caught.value
    )


def test_a_login_that_fails_was_followed_by_no_request(region: FakeRegion) -> None:
    region.errors.append(exceptions.ServiceUnavailable("busy"))
    with pytest.raises(ServiceError) as caught:
        Cloud({}).endpoint("workflow")
    assert not caught.value.sent and not caught.value.outcome_unknown
    assert "Could not log in at http://REDACTED@keystone/v3" in str(caught.value)


def test_a_task_takes_the_login_that_another_one_left(region: FakeRegion) -> None:
    logins = FakeLogins()
    first = Cloud({}, logins)
    first.leave_login()
    assert not logins  # it has not logged in
    first.endpoint("workflow")
    first.leave_login()
    assert list(logins.values()) == ["new login"] and region.is_cached
    region.auth, region.is_cached = FakeAuth(), False
    second = Cloud({}, logins)
    second.endpoint("workflow")
    assert region.auth.state == "new login"
    second.leave_login()
    assert not region.is_cached and len(logins) == 1  # it is the same login


def test_a_login_is_for_one_scope(region: FakeRegion) -> None:
    logins = FakeLogins()
    for project in ("mine", "yours"):
        region.auth = FakeAuth()
        region.config["auth"] = {**region.config["auth"], "project_name": project}
        cloud = Cloud({}, logins)
        cloud.endpoint("workflow")
        cloud.leave_login()
    assert len(logins) == 2


def test_a_login_that_cannot_be_kept_is_left_to_nobody(region: FakeRegion) -> None:
    region.auth.cache_id = None
    logins = FakeLogins()
    cloud = Cloud({}, logins)
    cloud.endpoint("workflow")
    cloud.leave_login()
    assert not logins


def test_a_token_that_a_service_has_refused_is_renewed(region: FakeRegion) -> None:
    cloud = Cloud({})
    cloud.endpoint("workflow")
    assert cloud.token() == "first" and cloud.token(renewed=True) == "second"
    region.session.errors.append(exceptions.Unauthorized())
    with pytest.raises(Failure, match="did not accept the credentials"):
        cloud.token()


def test_the_name_of_the_user_is_not_essential(region: FakeRegion) -> None:
    cloud = Cloud({})
    cloud.endpoint("workflow")
    assert cloud.user_name == "demo"
    region.session.access = None
    assert cloud.user_name is None


def test_requests_cost_nothing_before_the_login(region: FakeRegion) -> None:
    cloud = Cloud({})
    assert cloud.spent() == Spent()
    cloud.endpoint("workflow")
    assert cloud.spent().requests == {"Keystone": 1}
