# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every task that say which cloud it uses, and these options without secrets."""

from __future__ import annotations

import json
import re

from .._base.errors import Failure
from .._base.json_types import ArgumentSpec, Json, JsonObject, Options
from .._base.userinfo import HIDDEN, url_without_userinfo

# Options and meaning as in openstack.cloud. `auth` and `cloud` are no_log, so that AnsibleModule's
# own log leaves them out. The shell then narrows this to `redacted`, since a blanket no_log masks
# names of users and projects in every result.
CLOUD_OPTIONS: ArgumentSpec = dict(
    cloud=dict(type="raw", no_log=True),
    auth=dict(type="dict", no_log=True),
    auth_type=dict(type="str"),
    region_name=dict(type="str"),
    interface=dict(
        type="str",
        choices=["public", "internal", "admin"],
        default="public",
        aliases=["endpoint_type"],
    ),
    validate_certs=dict(type="bool", aliases=["verify"]),
    ca_cert=dict(type="str", aliases=["cacert"]),
    client_cert=dict(type="str", aliases=["cert"]),
    client_key=dict(type="str", no_log=True, aliases=["key"]),
    api_timeout=dict(type="int"),
)

HARMLESS_AUTH_KEYS = frozenset(
    [
        "auth_url",
        *("username", "user_id", "user_name", "user_domain_id", "user_domain_name"),
        *("project_id", "project_name", "project_domain_id", "project_domain_name"),
        *("domain_id", "domain_name", "default_domain_id", "default_domain_name"),
        *("system_scope", "tenant_id", "tenant_name", "trust_id"),
        *("application_credential_id", "application_credential_name"),
        *("identity_provider", "protocol"),
    ]
)


def is_dictionary(cloud: str) -> bool:
    """Tell whether the text of the option ``cloud`` is a dictionary, and not a name."""
    return bool(re.search(r"[{\n]", cloud.strip()))


def cloud_option(value: Json) -> str | JsonObject | None:
    """Return the option ``cloud``: a name, or a dictionary, which may come as JSON text.

    Raises Failure (no_cloud) for another value. Its message leaves out the value, which may contain
    secrets.
    """
    if value is None or isinstance(value, dict):
        return value
    if not isinstance(value, str):
        raise _bad_cloud()
    if not is_dictionary(value):
        return value
    try:
        entry = json.loads(value)
    except (ValueError, RecursionError):
        raise _bad_cloud() from None
    if not isinstance(entry, dict):
        raise _bad_cloud()
    return entry


def _bad_cloud() -> Failure:
    return Failure(
        "The option 'cloud' is neither the name of an entry of clouds.yaml nor a dictionary like"
        " one: check how it is written.",
        "no_cloud",
    )


def redacted(options: Options) -> Options:
    """Return a copy of a task's options with HIDDEN in place of the cloud's secrets."""
    result = dict(options)
    if "cloud" in result:
        result["cloud"] = _redacted_cloud(result["cloud"])
    if isinstance(result.get("auth"), dict):
        result["auth"] = _redacted_auth(result["auth"])
    return result


def _redacted_cloud(value: Json) -> Json:
    try:
        cloud = cloud_option(value)
    except Failure:
        return HIDDEN
    if not isinstance(cloud, dict):
        return cloud
    result: JsonObject = dict.fromkeys(cloud, HIDDEN)
    if isinstance(cloud.get("auth"), dict):
        result["auth"] = _redacted_auth(cloud["auth"])
    return result


def _redacted_auth(auth: JsonObject) -> JsonObject:
    result = dict.fromkeys(auth, HIDDEN)
    for name, value in auth.items():
        if name in HARMLESS_AUTH_KEYS and isinstance(value, str):
            result[name] = url_without_userinfo(value)
    return result
