# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a task's cloud options to authenticated connections to the services."""

from __future__ import annotations

import hashlib
import json
import traceback
import typing as t

from .._base.clients import check_client
from .._base.errors import Failure, ServiceError
from .._base.json_types import Options
from .._base.userinfo import url_without_userinfo
from . import cloud_config
from .connection import Connection
from .session import KEYSTONE, Spent
from .transport_errors import login_refused

try:
    from keystoneauth1.identity.generic.base import BaseGenericPlugin

    from .session import Session

    SESSION_IMPORT_ERROR = None
except Exception:  # what is installed can be broken in any way
    SESSION_IMPORT_ERROR = traceback.format_exc()

DEFAULT_REQUEST_TIMEOUT = 60  # seconds
SERVICE_NAMES = {
    "workflow": "Mistral",
    "messaging": "Zaqar",
    "messaging-websocket": "Zaqar's WebSocket",
    "identity": KEYSTONE,
}


class Logins(t.Protocol):
    """Where a task leaves its login for the next task.

    A login is text that keystoneauth makes and reads. Its key names the cloud and the user.
    """

    def get(self, key: str) -> str | None:
        """Return the login of an earlier task, None without one."""

    def put(self, key: str, login: str) -> None:
        """Leave a login for later tasks."""


class Cloud:
    """A task's cloud. It logs in once, at the first endpoint, unless an earlier task has.

    ``logins`` are those of earlier tasks. Where the cloud's entry in clouds.yaml allows it (cache,
    auth), and the package keyring is installed, openstacksdk keeps logins beyond the run.
    """

    def __init__(self, options: Options, logins: Logins | None = None) -> None:
        check_client("openstacksdk", cloud_config.SDK_IMPORT_ERROR or SESSION_IMPORT_ERROR)
        self._region = cloud_config.read_region(options, Session)
        self._session: t.Any = None  # until the first endpoint
        self._logins = logins
        self._login_key = ""  # empty if the login cannot be left for the next task
        self._earlier_login: str | None = None

    def endpoint(self, service_type: str) -> str:
        """Return the base URL of a service. Logs in.

        Raises Failure if the login is refused, or if the catalog has no such service.
        """
        if self._session is None:
            self._open_session()
        try:
            url = self._configured_endpoint(service_type)
        except Exception as error:
            raise self._login_refused(error) from None
        if not url:
            raise self._no_service(service_type)
        url = url.rstrip("/")
        if service_type != "identity":
            beginning = url.removesuffix("/v2")
            self._session.services[beginning] = SERVICE_NAMES[service_type]
        return url

    def _configured_endpoint(self, service_type: str) -> str | None:
        """Return the URL in clouds.yaml, otherwise that in Keystone's catalog, otherwise None."""
        url: str | None = self._region.get_endpoint(service_type)
        if not url:
            url = self._region.get_endpoint_from_catalog(service_type)
        return url

    def _no_service(self, service_type: str) -> Failure:
        region = self._region.get_region_name(service_type)
        place = f" in region {region}" if region else ""
        interface = self._region.get_interface(service_type) or "public"
        return Failure(
            f"The cloud's catalog has no {interface} endpoint of service type"
            f" '{service_type}'{place}: install {SERVICE_NAMES[service_type]} in this cloud, or"
            " check 'region_name' and 'interface'.",
            "no_service",
        )

    def _open_session(self) -> None:
        self._session = self._region.get_session()
        if self._session.timeout is None:
            self._session.timeout = DEFAULT_REQUEST_TIMEOUT
        self._skip_discovery()
        self._take_login()

    def _skip_discovery(self) -> None:
        """Keep keystoneauth from asking Keystone for its versions where the URL names one."""
        auth = self._region.get_auth()
        if isinstance(auth, BaseGenericPlugin) and auth.auth_url.rstrip("/").endswith("/v3"):
            auth._plugin = auth.create_plugin(self._session, (3, 0), auth.auth_url)

    def _take_login(self) -> None:
        """Take the login of an earlier task, if there is one."""
        auth = self._region.get_auth()
        login = None
        if self._logins is not None:
            self._login_key = self._key_of_login()
        if self._logins is not None and self._login_key:
            login = self._logins.get(self._login_key)
        if login:
            auth.set_auth_state(login)
        else:
            self._region.load_auth_from_cache()
        self._earlier_login = auth.get_auth_state()

    def _key_of_login(self) -> str:
        """Return the key under which the login is kept; empty if it cannot be kept."""
        if not self._region.get_auth().get_cache_id():
            return ""
        # keystoneauth's own id does not depend on the scope, for instance on the project.
        config = self._region.config
        identity = [config.get("auth_type"), config.get("auth"), self.tls]
        text = json.dumps(identity, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def leave_login(self) -> None:
        """Leave a new login for the next task."""
        if not self._session:
            return
        login = self._region.get_auth().get_auth_state()
        if not login or login == self._earlier_login:
            return
        self._region.set_auth_cache()
        if self._logins is not None and self._login_key:
            self._logins.put(self._login_key, login)

    def spent(self) -> Spent:
        """Return what the requests have cost."""
        if not self._session:
            return Spent()
        spent: Spent = self._session.spent()
        return spent

    def token(self, renewed: bool = False) -> str:
        """Return a token that is valid now. Raises Failure if the login is refused.

        With ``renewed``, it is a new token: a service has refused the last one.
        """
        try:
            if renewed:
                self._session.invalidate()
            token: str | None = self._session.get_token()
        except Exception as error:
            raise self._login_refused(error) from None
        return token or ""

    @property
    def user_name(self) -> str | None:
        """The name of the token's user; None where the way to log in knows no names."""
        try:
            name: str | None = self._session.auth.get_access(self._session).username
        except Exception:
            # keystoneauth's plugins each have errors of their own; the name is not essential
            return None
        return name

    @property
    def tls(self) -> tuple[t.Any, t.Any]:
        """How to verify servers, and our own certificate.

        The first is False, True or the path of a bundle. The second is None, the path of a file
        with certificate and key, or the paths of these two.
        """
        verify, certificate = self._region.get_requests_verify_args()
        return verify, certificate

    def keep_connections(self, number: int) -> None:
        """Keep so many connections to each service open, one for each thread.

        Call this after ``endpoint``.
        """
        for adapter in self._session.session.adapters.values():
            adapter.init_poolmanager(number, number)

    def connection(self, service_type: str) -> Connection:
        """Return a connection to a service. Call this after ``endpoint``."""
        return Connection(self._session, SERVICE_NAMES[service_type], self._login_refused)

    def _login_refused(self, error: Exception) -> Exception:
        """Return the sentence for a login that failed; the request after it was not sent."""
        auth_url = self._region.config.get("auth", {}).get("auth_url", "the cloud")
        where = url_without_userinfo(auth_url)
        refusal = login_refused(error, where, self._session.last_timeout)
        if isinstance(refusal, ServiceError):
            refusal.sent = False
        return refusal
