# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a task's cloud options to an authenticated connection that the service clients send through."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import traceback
import typing as t
import urllib.parse

from .._base.clients import check_client
from .._base.errors import UNREACHABLE, Failure, ServiceError
from .._base.userinfo import remember_url, url_without_userinfo
from .connection import Connection, cause_of, explained, garbled, too_deep, unanswered
from .options import cloud_option

try:
    import openstack.config
    import openstack.config.loader
    import openstack.exceptions
    import yaml
    from keystoneauth1 import exceptions as keystone_errors
    from keystoneauth1.identity.generic.base import BaseGenericPlugin

    from .session import Session

    SDK_IMPORT_ERROR = None
except Exception:  # what is installed can be broken in any way
    SDK_IMPORT_ERROR = traceback.format_exc()

# Its warning about a clouds.yaml that is no YAML shows the line, with the password that may be in it.
logging.getLogger("openstack.config").setLevel(logging.ERROR)
CERTIFICATE_FILES = {
    "cacert": "ca_cert",
    "cert": "client_cert",
    "key": "client_key",
}  # in clouds.yaml -> our option
DEFAULT_REQUEST_TIMEOUT = 60
SERVICE_NAMES = {
    "workflow": "Mistral",
    "messaging": "Zaqar",
    "messaging-websocket": "Zaqar's WebSocket",
    "identity": "Keystone",
}


def _check_auth(auth: t.Any) -> None:
    """Raise Failure, without the value, for one that cannot be sent to Keystone: its answer would repeat it."""
    if not isinstance(auth, dict):
        raise Failure(
            "The cloud's 'auth' is not a dictionary: give it what 'auth_type' needs, for instance auth_url, username and"
            " password.",
            "no_cloud",
        )
    remember_url(auth.get("auth_url"))
    if not _is_url(auth.get("auth_url")):
        raise Failure(
            "The cloud's 'auth_url' is not a URL: where a port is expected, there is no number. Write"
            " special characters of a user name or password, such as '/', percent-encoded.",
            "no_cloud",
        )
    for name, value in auth.items():
        if isinstance(value, (list, dict)) and name != "auth_methods":
            raise Failure(
                f"'{name}' in the cloud's 'auth' is a list or a dictionary: write it as text.",
                "no_cloud",
            )


def _is_url(url: t.Any) -> bool:
    """Tell whether a URL can be taken apart: what nobody can, libraries show a part of, and it may be one of a password."""
    try:
        urllib.parse.urlsplit(str(url)).port
    except ValueError:
        return False
    return True


def files_here() -> dict[str, list[str]]:
    """Return where openstacksdk is to look: it takes the folder in which it was imported for the present one, always."""
    loader = openstack.config.loader
    lists = {
        "config_files": loader.CONFIG_FILES,
        "secure_files": loader.SECURE_FILES,
        "vendor_files": loader.VENDOR_FILES,
    }
    then, now = loader.CONFIG_SEARCH_PATH[0], os.getcwd()
    return {
        name: [
            os.path.join(now, os.path.basename(file)) if os.path.dirname(file) == then else file
            for file in files
        ]
        for name, files in lists.items()
    }


def _looked_for() -> str:
    """Return where no clouds.yaml was found."""
    folders = list(dict.fromkeys(os.path.dirname(file) for file in files_here()["config_files"]))
    places = f"no clouds.yaml in {', '.join(folders)}"
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if named and not os.path.exists(named):
        return f"{named}, which OS_CLIENT_CONFIG_FILE names, is not there, and {places}"
    return places


def _unreadable() -> str:
    """Return what is wrong with a clouds.yaml that openstacksdk leaves out as it cannot read it; empty if there is none."""
    lists = files_here()
    files = [
        os.environ.get("OS_CLIENT_CONFIG_FILE"),
        *lists["config_files"],
        *lists["secure_files"],
    ]
    for file in files:
        if not file or not os.path.exists(file):
            continue
        try:
            with open(file, encoding="utf-8") as stream:
                if not isinstance(yaml.safe_load(stream), dict):
                    return f"{file} is empty or not a dictionary"
        except OSError as error:
            return f"{file} cannot be read ({error.strerror})"
        except UnicodeDecodeError:
            return f"{file} is not UTF-8"
        except yaml.YAMLError as error:  # its words hold the line, and that may hold a password
            mark = getattr(error, "problem_mark", None)
            return f"{file} is not YAML" + (f" (line {mark.line + 1})" if mark else "")
    return ""


def _clouds(config: t.Any) -> str:
    """Return which files were read and which clouds are there."""
    secure = getattr(config, "secure_config_filename", None)  # older versions keep it to themselves
    files = [file for file in (config.config_filename, secure) if file]
    if not files:
        return _unreadable() or _looked_for()
    # openstacksdk makes a cloud of its own of the variables OS_*
    listed = [str(name) for name in config.get_cloud_names() if name != config.envvar_key]
    names = ", ".join(listed) or "none"
    skipped = _unreadable()
    return f"{' and '.join(files)} has {names}" + (f", and {skipped}" if skipped else "")


class Logins(t.Protocol):
    """Where one task leaves its login for the next one."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, login: str) -> None: ...


def _check_name(config: t.Any, cloud: str | None) -> None:
    """Raise Failure if no cloud has the name that the option ``cloud`` or OS_CLOUD says."""
    name = cloud or config.default_cloud
    if not name or name in config.get_cloud_names():
        return
    named_by = "" if cloud else ", which OS_CLOUD names"
    raise Failure(
        f"There is no cloud '{name}'{named_by}: {_clouds(config)}. Check 'cloud' and the clouds.yaml that is read where the"
        " task runs.",
        "no_cloud",
    )


def _check_certificates(config: dict[str, t.Any]) -> None:
    """Raise Failure for a file of certificates that is not there: all that is heard later is that it is invalid."""
    for name, option in CERTIFICATE_FILES.items():
        path = config.get(name)
        if not path or (name == "cacert" and config.get("verify") is False):
            continue
        path = os.path.expanduser(str(path))
        if not os.access(path, os.R_OK):
            state = "cannot be read" if os.path.exists(path) else "is not there"
            raise Failure(
                f"The file {path} {state} where the task runs: check '{option}' ('{name}' in clouds.yaml).",
                "no_cloud",
            )


class Cloud:
    """A task's cloud: authenticates at the first service that is asked for, once, unless an earlier task has.

    ``logins`` are those of earlier tasks. Where the cloud's entry in clouds.yaml allows it (cache, auth) and the package
    keyring is there, openstacksdk keeps them beyond the run.
    """

    def __init__(self, params: dict[str, t.Any], logins: Logins | None = None) -> None:
        check_client("openstacksdk", SDK_IMPORT_ERROR)
        self._region = self._configured(params)
        self._session: t.Any = None
        self._logins = logins
        self._login_key = ""
        self._login_taken: str | None = None

    def _configured(self, params: dict[str, t.Any]) -> t.Any:
        asked = {
            "auth": params.get("auth"),
            "auth_type": params.get("auth_type"),
            "region_name": params.get("region_name"),
            "interface": params.get("interface"),
            "verify": params.get("validate_certs"),
            "cacert": params.get("ca_cert"),
            "cert": params.get("client_cert"),
            "key": params.get("client_key"),
            "api_timeout": params.get("api_timeout"),
        }
        cloud = cloud_option(params.get("cloud"))
        if isinstance(cloud, dict):
            asked.update(cloud)
            cloud = None
        given = {name: value for name, value in asked.items() if value is not None}
        _check_auth(given.get("auth", {}))
        config = None
        try:
            config = openstack.config.OpenStackConfig(session_constructor=Session, **files_here())
            _check_name(config, cloud)
            region = config.get_one(cloud=cloud, **given)
        except Failure:
            raise
        except keystone_errors.MissingRequiredOptions as error:
            lacking = ", ".join(option.dest for option in error.options)
            raise Failure(
                f"No usable cloud is configured ({lacking} missing; {_clouds(config)}): set 'cloud' to an entry of"
                " clouds.yaml, give 'auth', or set the OS_* environment variables where the task runs.",
                "no_cloud",
            ) from None
        except openstack.exceptions.ConfigException as error:
            raise Failure(
                f"The cloud's configuration cannot be used: {cause_of(error)}. Check 'cloud' and the clouds.yaml that"
                " is read where the task runs.",
                "no_cloud",
            ) from None
        except (
            Exception
        ) as error:  # what openstacksdk stumbles over in a clouds.yaml is of any kind
            cause = _unreadable() if config is None else ""
            raise Failure(
                f"The cloud's configuration cannot be used: {cause or cause_of(error)}. Check 'auth_type', 'auth' and"
                " clouds.yaml.",
                "no_cloud",
            ) from None
        _check_auth(region.config.get("auth", {}))
        _check_certificates(region.config)
        for name, value in region.config.items():
            if name.endswith("endpoint_override"):
                remember_url(value)
        return region

    def endpoint(self, service_type: str) -> str:
        """Return the base URL of a service; authenticates. Raises Failure when that is refused or it is not there."""
        name = SERVICE_NAMES[service_type]
        if self._session is None:
            self._session = self._region.get_session()
            if self._session.timeout is None:
                self._session.timeout = DEFAULT_REQUEST_TIMEOUT
            self._skip_discovery()
            self._take_login()
        try:
            url = self._region.get_endpoint(service_type) or self._region.get_endpoint_from_catalog(
                service_type
            )
        except Exception as error:
            raise self._refused(error) from None
        if not url:
            region = self._region.get_region_name(service_type)
            where = f" in region {region}" if region else ""
            raise Failure(
                f"The cloud's catalog has no {self._region.get_interface(service_type) or 'public'} endpoint of"
                f" service type '{service_type}'{where}: install {name} in this cloud, or check 'region_name' and"
                " 'interface'.",
                "no_service",
            )
        url = url.rstrip("/")
        if service_type != "identity":
            self._session.services[url.removesuffix("/v2")] = name
        return url

    def _skip_discovery(self) -> None:
        """Keep keystoneauth from asking Keystone for its versions where the URL names one."""
        auth = self._region.get_auth()
        if isinstance(auth, BaseGenericPlugin) and auth.auth_url.rstrip("/").endswith("/v3"):
            auth._plugin = auth.create_plugin(self._session, (3, 0), auth.auth_url)

    def _take_login(self) -> None:
        """Take the login of an earlier task if there is one."""
        # None: this way to log in cannot be kept. The id itself says nothing of scopes.
        if self._logins and self._region.get_auth().get_cache_id():
            told = json.dumps(
                [self._region.config.get("auth_type"), self._region.config.get("auth"), self.tls],
                sort_keys=True,
                default=str,
            )
            self._login_key = hashlib.sha256(told.encode()).hexdigest()
        kept = self._logins.get(self._login_key) if self._login_key else None
        if kept:
            self._region.get_auth().set_auth_state(kept)
        else:
            self._region.load_auth_from_cache()
        self._login_taken = self._region.get_auth().get_auth_state()

    def leave_login(self) -> None:
        """Leave a new login for the next task."""
        if not self._session:
            return
        login = self._region.get_auth().get_auth_state()
        if login and login != self._login_taken:
            self._region.set_auth_cache()
            if self._login_key:
                self._logins.put(self._login_key, login)

    def spent(self) -> dict[str, dict[str, t.Any]]:
        """Return what was sent: requests and seconds, each a dict by service."""
        return self._session.spent() if self._session else {"requests": {}, "seconds": {}}

    def token(self, renewed: bool = False) -> str:
        """Return a token that is valid now; ``renewed``: one that nobody has refused yet. Raises Failure."""
        try:
            if renewed:
                self._session.invalidate()
            return self._session.get_token() or ""
        except Exception as error:
            raise self._refused(error) from None

    @property
    def user_name(self) -> str | None:
        """Return the name of the user whose token this is; None where the way to log in has no names."""
        try:
            return self._session.auth.get_access(self._session).username
        except Exception:  # keystoneauth's plugins each have errors of their own, and a name is nothing to fail for
            return None

    @property
    def tls(self) -> tuple[t.Any, t.Any]:
        """What to verify servers by (False, True or a path), and our certificate (None, a path, or it and its key)."""
        return self._region.get_requests_verify_args()

    def keep_connections(self, number: int) -> None:
        """Keep as many connections to each service open as there are threads that use them; to be called after endpoint()."""
        for adapter in self._session.session.adapters.values():
            adapter.init_poolmanager(number, number)

    def connection(self, service_type: str) -> Connection:
        return Connection(self._session, SERVICE_NAMES[service_type], self._refused)

    def _refused(self, error: Exception) -> Exception:
        """Return the sentence for a login that failed, before which nothing else is sent."""
        refusal = self._login_refused(error)
        if isinstance(refusal, ServiceError):
            refusal.sent = False
        return refusal

    def _login_refused(self, error: Exception) -> Exception:
        where = url_without_userinfo(
            self._region.config.get("auth", {}).get("auth_url", "the cloud")
        )
        if isinstance(error, keystone_errors.Unauthorized):
            return Failure(
                f"Keystone at {where} did not accept the credentials: check user name, password, project and domains"
                " of the cloud.",
                "unauthorized",
            )
        if isinstance(error, keystone_errors.HttpError):
            return explained(error, "Keystone", None).while_doing(f"log in at {where}")
        if isinstance(error, keystone_errors.InvalidResponse):
            return garbled("Keystone").while_doing(f"log in at {where}")
        if isinstance(error, RecursionError):
            return too_deep("Keystone")
        if isinstance(error, keystone_errors.ConnectionError) and unanswered(error) != UNREACHABLE:
            return explained(error, "Keystone", self._session.last_timeout).while_doing(
                f"log in at {where}"
            )
        if isinstance(error, (keystone_errors.ConnectionError, keystone_errors.DiscoveryFailure)):
            return ServiceError(
                "Keystone",
                None,
                f"Keystone is not reachable at {where} ({cause_of(error)}): check 'auth_url' and the network.",
                "unreachable",
            )
        if isinstance(error, keystone_errors.ClientException):
            return Failure(
                f"Could not log in at {where}: {cause_of(error)}. Check the cloud's 'auth'.",
                "unauthorized",
            )
        return error
