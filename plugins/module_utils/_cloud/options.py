# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every task that say which cloud it talks to, and these options without their secrets."""

from __future__ import annotations

import json
import re
import typing as t

from .._base.errors import Failure
from .._base.userinfo import url_without_userinfo

# Options and meaning as in openstack.cloud. `auth` and `cloud` are no_log so that AnsibleModule's own log leaves them
# out; the shell then narrows this to `redacted`, since a blanket no_log masks user and project names in every result.
CLOUD_OPTIONS: dict[str, dict[str, t.Any]] = dict(
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
    """auth_url username user_id user_name user_domain_id user_domain_name project_id project_name project_domain_id
    project_domain_name domain_id domain_name default_domain_id default_domain_name system_scope tenant_id tenant_name
    trust_id application_credential_id application_credential_name identity_provider protocol""".split()
)


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
