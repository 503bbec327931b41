# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a task's cloud options to an authenticated connection that the service clients send through."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import traceback
import typing as t
import urllib.parse

from ansible_collections.interactive.openstack.plugins.module_utils import _interruption as interruption
from ansible_collections.interactive.openstack.plugins.module_utils._clients import check_client
from ansible_collections.interactive.openstack.plugins.module_utils._encodable import check_request, is_deeper_than
from ansible_collections.interactive.openstack.plugins.module_utils._errors import (
    CONNECTION_LOST,
    NO_ANSWER,
    UNREACHABLE,
    Failure,
    ServiceError,
    know_url,
    one_line,
    url_without_userinfo,
    without_userinfo,
)

try:
    import openstack.config
    import openstack.config.loader
    import openstack.exceptions
    import requests.exceptions as transport_errors
    import urllib3.exceptions as socket_errors
    import yaml
    from ansible_collections.interactive.openstack.plugins.module_utils._session import Session
    from keystoneauth1 import exceptions as keystone_errors
    from keystoneauth1.identity.generic.base import BaseGenericPlugin

    SDK_IMPORT_ERROR = None
except Exception:  # what is installed can be broken in any way
    SDK_IMPORT_ERROR = traceback.format_exc()

# Its warning about a clouds.yaml that is no YAML shows the line, with the password that may be in it.
logging.getLogger("openstack.config").setLevel(logging.ERROR)

# Options and meaning as in openstack.cloud. `auth` and `cloud` are no_log so that AnsibleModule's own log leaves them
# out; the shell then narrows this to `redacted`, since a blanket no_log masks user and project names in every result.
CLOUD_OPTIONS: dict[str, dict[str, t.Any]] = dict(
    cloud=dict(type="raw", no_log=True),
    auth=dict(type="dict", no_log=True),
    auth_type=dict(type="str"),
    region_name=dict(type="str"),
    interface=dict(type="str", choices=["public", "internal", "admin"], default="public", aliases=["endpoint_type"]),
    validate_certs=dict(type="bool", aliases=["verify"]),
    ca_cert=dict(type="str", aliases=["cacert"]),
    client_cert=dict(type="str", aliases=["cert"]),
    client_key=dict(type="str", no_log=True, aliases=["key"]),
    api_timeout=dict(type="int"),
)

HARMLESS_AUTH_KEYS = frozenset(
    """auth_url username user_id user_name user_domain_id user_domain_name project_id project_name project_domain_id
    project_domain_name domain_id domain_name default_domain_id default_domain_name system_scope tenant_id tenant_name
    trust_id application_credential_id application_credential_name identity_provider protocol""".split()
)
CERTIFICATE_FILES = {"cacert": "ca_cert", "cert": "client_cert", "key": "client_key"}  # in clouds.yaml -> our option
DEFAULT_REQUEST_TIMEOUT = 60
MOST_LEVELS = 800  # of lists and dictionaries in each other, in an answer; Python reads about a thousand
INNERMOST = re.compile(r"\[Errno -?\d+\] ([^'\")]+)|Error\(\d+, '([^']+)'\)|(IncompleteRead)\(|([Tt]imed out)")
ADDRESS = re.compile(r"https?://[^\s'\",]+[^\s'\",.:]")
SERVICE_NAMES = {"workflow": "Mistral", "messaging": "Zaqar", "messaging-websocket": "Zaqar's WebSocket",
                 "identity": "Keystone"}


def is_dictionary(cloud: str) -> bool:
    """Tell whether the text of the option ``cloud`` is no name."""
    return bool(re.search(r"[{\n]", cloud.strip()))


def cloud_option(value: t.Any) -> t.Any:
    """Return the option ``cloud`` as a name or a dictionary, which may come as JSON text.

    Raises Failure, without the value, if it is neither: it may hold secrets.
    """
    if value is None or isinstance(value, dict):
        return value
    if isinstance(value, str) and not is_dictionary(value):
        return value
    read = None
    if isinstance(value, str):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            pass
    if not isinstance(read, dict):
        raise Failure(
            "The option 'cloud' is neither the name of an entry of clouds.yaml nor a dictionary like one: check how it is"
            " written.",
            "no_cloud",
        )
    return read


def redacted(params: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a task's parameters as they may be shown: of the secrets only the names."""
    result = dict(params)
    if "cloud" in result:
        try:
            result["cloud"] = cloud_option(result["cloud"])
        except Failure:
            result["cloud"] = "REDACTED"
    if isinstance(result.get("auth"), dict):
        result["auth"] = _redacted_auth(result["auth"])
    if isinstance(result.get("cloud"), dict):
        entry = result["cloud"]
        result["cloud"] = dict.fromkeys(entry, "REDACTED")
        if isinstance(entry.get("auth"), dict):
            result["cloud"]["auth"] = _redacted_auth(entry["auth"])
    return result


def _redacted_auth(auth: dict[str, t.Any]) -> dict[str, t.Any]:
    result = dict.fromkeys(auth, "REDACTED")
    for name, value in auth.items():
        if name in HARMLESS_AUTH_KEYS and isinstance(value, str):
            result[name] = url_without_userinfo(value)
    return result


def _check_auth(auth: t.Any) -> None:
    """Raise Failure, without the value, for one that cannot be sent to Keystone: its answer would repeat it."""
    if not isinstance(auth, dict):
        raise Failure(
            "The cloud's 'auth' is not a dictionary: give it what 'auth_type' needs, for instance auth_url, username and"
            " password.",
            "no_cloud",
        )
    know_url(auth.get("auth_url"))
    if not _is_url(auth.get("auth_url")):
        raise Failure(
            "The cloud's 'auth_url' is not a URL: where a port is expected, there is no number. Write"
            " special characters of a user name or password, such as '/', percent-encoded.",
            "no_cloud",
        )
    for name, value in auth.items():
        if isinstance(value, (list, dict)) and name != "auth_methods":
            raise Failure(f"'{name}' in the cloud's 'auth' is a list or a dictionary: write it as text.", "no_cloud")


def _is_url(url: t.Any) -> bool:
    """Tell whether a URL can be taken apart: what nobody can, libraries show a part of, and it may be one of a password."""
    try:
        urllib.parse.urlsplit(str(url)).port
    except ValueError:
        return False
    return True


class Connection:
    """What the service clients send through: one keystoneauth session, one place that turns errors into sentences.

    It stands in for the session object of python-mistralclient and for the HTTP client of python-zaqarclient. Both
    pass TLS settings of their own, which would override the session's, so these are dropped. ``requests`` counts.
    ``refused`` turns what Keystone says into sentences, for the token that has to be renewed.
    """

    def __init__(self, session: t.Any, service: str, refused: t.Callable[[Exception], Exception]) -> None:
        self._session = session
        self._service = service
        self._refused = refused
        self.requests = 0

    @property
    def project_id(self) -> str | None:
        """The id of the project that the token is for, None if the way to authenticate knows none."""
        return self._session.get_project_id()

    @property
    def is_admin(self) -> bool:
        """Whether the token has the role 'admin', to whose holder Mistral shows what belongs to all projects."""
        try:
            return "admin" in self._session.auth.get_access(self._session).role_names
        except Exception:  # keystoneauth's plugins each have errors of their own, and some know no roles
            return False

    def within(self, seconds: float) -> t.ContextManager[None]:
        """Give up whatever this thread sends meanwhile, to any service, when the seconds are over."""
        return self._session.within(seconds)

    def request(self, method: str, url: str, **options: t.Any) -> t.Any:
        """Send one request; raises ServiceError for every answer of 400 and more, and when there is none, or half of one."""
        sent = {name: options[name] for name in ("params", "headers", "data") if options.get(name) is not None}
        check_request(self._service, url, sent)
        interruption.check()
        self.requests += 1
        try:
            self._session.get_auth_headers()
        except Exception as error:
            raise self._refused(error) from None
        try:
            answer = self._session.request(url, method, **sent)
        except Exception as error:
            if "/auth/tokens" in str(error):  # after a 401 the session asks for another token by itself
                raise self._refused(error) from None
            raise explained(error, self._service, self._session.last_timeout) from None
        # Only these come without a body. Of one that is cut off a client makes an empty result, or a traceback.
        if answer.content or not (answer.status_code == 204 or (method, answer.status_code) == ("PUT", 201)):
            self._check_json(answer)
        return answer

    def _check_json(self, answer: t.Any) -> None:
        """Raise Failure for an answer that the clients, which read it once more, could not read."""
        try:
            if not is_deeper_than(answer.json(), MOST_LEVELS):
                return
        except ValueError:
            raise garbled(self._service) from None
        except RecursionError:
            pass
        raise too_deep(self._service)

    def get(self, url: str, **options: t.Any) -> t.Any:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: t.Any) -> t.Any:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: t.Any) -> t.Any:
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: t.Any) -> t.Any:
        return self.request("DELETE", url, **options)


def explained(error: Exception, service: str, timeout: float | None) -> Exception:
    """Return the sentence for an error of keystoneauth; anything else comes back as it is: a defect of ours.

    ``timeout`` is how many seconds an answer was waited for.
    """
    if isinstance(error, keystone_errors.HttpError):
        return ServiceError(service, error.http_status, _words(error), _code(error.http_status))
    if isinstance(error, keystone_errors.SSLError):
        return ServiceError(service, None, f"the TLS certificate of {service} was not accepted ({_cause(error)});"
                            " set ca_cert, or validate_certs to false if you must", "tls")
    if isinstance(error, RecursionError):
        return too_deep(service)
    if not isinstance(error, (keystone_errors.ConnectionError, keystone_errors.RetriableConnectionFailure)):
        return error
    code = unanswered(error)
    if code == NO_ANSWER:
        address = ADDRESS.search(without_userinfo(str(error)))
        where = f" ({address.group()})" if address else ""
        return ServiceError(service, None, f"{service} did not answer within {round(timeout or 0, 1):g} seconds{where}; it may be"
                            " busy: try again later, or raise 'api_timeout'", code)
    if code == CONNECTION_LOST:
        return ServiceError(service, None, f"the connection to {service} was lost before there was an answer"
                            f" ({_cause(error)}); check the network, and whether the service was restarted", code)
    return ServiceError(service, None, f"{service} is not reachable ({_cause(error)}); check the network and the"
                        " service's endpoint", code)


def unanswered(error: Exception) -> str:
    """Return the error code for a request without an answer, which says whether the request was sent.

    keystoneauth makes one kind of error of a connection and of an answer that take too long. It raises that while it
    handles the error of requests, which for its part holds the one of urllib3.
    """
    broken = error.__context__
    within = next(iter(getattr(broken, "args", ())), None)
    if isinstance(broken, transport_errors.ReadTimeout) or isinstance(within, socket_errors.ReadTimeoutError):
        return NO_ANSWER
    half = (transport_errors.ChunkedEncodingError, transport_errors.ContentDecodingError)
    if isinstance(broken, half) or isinstance(within, socket_errors.ProtocolError):
        return CONNECTION_LOST
    return UNREACHABLE


def garbled(service: str) -> ServiceError:
    return ServiceError(service, None, f"{service}'s answer is cut off or not JSON; check what is between here and the"
                        " service", "garbled")


def too_deep(service: str) -> Failure:
    """Return the sentence for an answer that stays as it is, however often one asks."""
    return Failure(
        f"{service}'s answer cannot be read: lists or dictionaries are nested in it, hundreds of levels deep. Look for what"
        " somebody has stored there like that, and delete it.",
        "too_deep",
    )


def _code(status: int) -> str:
    return {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict",
            413: "too_large", 429: "busy"}.get(status, "service_error")


def _cause(error: Exception) -> str:
    """Return what an exception says, of one that wraps others the address and the innermost words."""
    text = without_userinfo(one_line(error, 2000)).removesuffix(".")
    told = [next(filter(None, match.groups())) for match in INNERMOST.finditer(text)]
    address = ADDRESS.search(text)
    return one_line(f"{address.group()}: {told[-1]}" if told and address else text)


def _words(error: t.Any) -> str:
    """The service's own words, wherever this service puts them."""
    try:
        body = error.response.json()
    except (AttributeError, ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        for part in (body.get("faultstring"), body.get("description"), body.get("title"), body.get("error")):
            if isinstance(part, dict):
                part = part.get("message")
            if part:
                return without_userinfo(one_line(part))
    return without_userinfo(one_line(getattr(error.response, "reason", "")) or one_line(error.message))


def files_here() -> dict[str, list[str]]:
    """Return where openstacksdk is to look: it takes the folder in which it was imported for the present one, always."""
    loader = openstack.config.loader
    lists = {"config_files": loader.CONFIG_FILES, "secure_files": loader.SECURE_FILES, "vendor_files": loader.VENDOR_FILES}
    then, now = loader.CONFIG_SEARCH_PATH[0], os.getcwd()
    return {
        name: [os.path.join(now, os.path.basename(file)) if os.path.dirname(file) == then else file for file in files]
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
    files = [os.environ.get("OS_CLIENT_CONFIG_FILE"), *lists["config_files"], *lists["secure_files"]]
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
                f"The file {path} {state} where the task runs: check '{option}' ('{name}' in clouds.yaml).", "no_cloud"
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
                f"The cloud's configuration cannot be used: {_cause(error)}. Check 'cloud' and the clouds.yaml that"
                " is read where the task runs.",
                "no_cloud",
            ) from None
        except Exception as error:  # what openstacksdk stumbles over in a clouds.yaml is of any kind
            cause = _unreadable() if config is None else ""
            raise Failure(
                f"The cloud's configuration cannot be used: {cause or _cause(error)}. Check 'auth_type', 'auth' and"
                " clouds.yaml.",
                "no_cloud",
            ) from None
        _check_auth(region.config.get("auth", {}))
        _check_certificates(region.config)
        for name, value in region.config.items():
            if name.endswith("endpoint_override"):
                know_url(value)
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
            url = self._region.get_endpoint(service_type) or self._region.get_endpoint_from_catalog(service_type)
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
            told = json.dumps([self._region.config.get("auth_type"), self._region.config.get("auth"), self.tls], sort_keys=True, default=str)
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
        where = url_without_userinfo(self._region.config.get("auth", {}).get("auth_url", "the cloud"))
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
            return explained(error, "Keystone", self._session.last_timeout).while_doing(f"log in at {where}")
        if isinstance(error, (keystone_errors.ConnectionError, keystone_errors.DiscoveryFailure)):
            return ServiceError(
                "Keystone",
                None,
                f"Keystone is not reachable at {where} ({_cause(error)}): check 'auth_url' and the network.",
                "unreachable",
            )
        if isinstance(error, keystone_errors.ClientException):
            return Failure(f"Could not log in at {where}: {_cause(error)}. Check the cloud's 'auth'.", "unauthorized")
        return error
