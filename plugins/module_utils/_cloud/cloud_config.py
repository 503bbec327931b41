# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a task's options, clouds.yaml and OS_* variables to the configuration of one cloud.

openstacksdk reads them; this file checks what it takes, and explains what it does not.
"""

from __future__ import annotations

import logging
import os
import pathlib
import traceback
import typing as t
import urllib.parse

from .._base.errors import Failure
from .._base.json_types import Json, JsonObject, Options
from .._base.userinfo import remember_url
from .options import cloud_option
from .transport_errors import cause_of

try:
    import openstack.config
    import openstack.config.loader
    import openstack.exceptions
    import yaml
    from keystoneauth1 import exceptions as keystone_errors

    SDK_IMPORT_ERROR = None
except Exception:  # what is installed can be broken in any way
    SDK_IMPORT_ERROR = traceback.format_exc()

# openstacksdk's warning about a clouds.yaml that is not YAML shows the line, which may contain a
# password.
logging.getLogger("openstack.config").setLevel(logging.ERROR)

# Name in clouds.yaml -> our option
CERTIFICATE_OPTIONS = {"cacert": "ca_cert", "cert": "client_cert", "key": "client_key"}
# Our option -> name in clouds.yaml, where they differ
NAMES_IN_CLOUDS_YAML = {
    "validate_certs": "verify",
    "ca_cert": "cacert",
    "client_cert": "cert",
    "client_key": "key",
}
ENTRY_OPTIONS = (
    "auth",
    "auth_type",
    "region_name",
    "interface",
    "validate_certs",
    "ca_cert",
    "client_cert",
    "client_key",
    "api_timeout",
)
# The one item of a cloud's `auth` that is a list
LIST_IN_AUTH = "auth_methods"


class ConfigFiles(t.NamedTuple):
    """The paths at which openstacksdk looks for each kind of its files."""

    config: list[str]
    secure: list[str]
    vendor: list[str]


def read_region(options: Options, session_class: type) -> t.Any:
    """Return openstacksdk's CloudRegion for the options of a task. Raises Failure (no_cloud)."""
    entry = {NAMES_IN_CLOUDS_YAML.get(name, name): options.get(name) for name in ENTRY_OPTIONS}
    cloud = cloud_option(options.get("cloud"))
    if isinstance(cloud, dict):
        entry.update(cloud)
        cloud = None
    entry = {name: value for name, value in entry.items() if value is not None}
    _check_auth(entry.get("auth", {}))
    region = _read(cloud, entry, session_class)
    _check_auth(region.config.get("auth", {}))
    _check_certificates(region.config)
    for name, value in region.config.items():
        if name.endswith("endpoint_override"):
            remember_url(value)
    return region


def _read(cloud: str | None, entry: JsonObject, session_class: type) -> t.Any:
    """Let openstacksdk read the files, and explain what it raises."""
    config = None
    try:
        files = config_files()
        config = openstack.config.OpenStackConfig(
            config_files=files.config,
            secure_files=files.secure,
            vendor_files=files.vendor,
            session_constructor=session_class,
        )
        _check_name(config, cloud)
        return config.get_one(cloud=cloud, **entry)
    except Failure:
        raise
    except keystone_errors.MissingRequiredOptions as error:
        missing = ", ".join(option.dest for option in error.options)
        raise Failure(
            f"No usable cloud is configured ({missing} missing; {_known_clouds(config)}): set"
            " 'cloud' to an entry of clouds.yaml, give 'auth', or set the OS_* environment"
            " variables where the task runs.",
            "no_cloud",
        ) from None
    except openstack.exceptions.ConfigException as error:
        raise Failure(
            f"The cloud's configuration cannot be used: {cause_of(error)}. Check 'cloud' and the"
            " clouds.yaml that is read where the task runs.",
            "no_cloud",
        ) from None
    except Exception as error:
        # openstacksdk raises anything for a clouds.yaml that it does not expect
        cause = unreadable_file() if config is None else ""
        raise Failure(
            f"The cloud's configuration cannot be used: {cause or cause_of(error)}. Check"
            " 'auth_type', 'auth' and clouds.yaml.",
            "no_cloud",
        ) from None


def _check_auth(auth: Json) -> None:
    """Raise Failure for an ``auth`` that cannot be sent to Keystone: its answer would repeat it.

    The message leaves out the value.
    """
    if not isinstance(auth, dict):
        raise Failure(
            "The cloud's 'auth' is not a dictionary: give it what 'auth_type' needs, for instance"
            " auth_url, username and password.",
            "no_cloud",
        )
    remember_url(auth.get("auth_url"))
    if not _is_url(auth.get("auth_url")):
        raise Failure(
            "The cloud's 'auth_url' is not a URL: where a port is expected, there is no number."
            " Write special characters of a user name or password, such as '/', percent-encoded.",
            "no_cloud",
        )
    for name, value in auth.items():
        if isinstance(value, (list, dict)) and name != LIST_IN_AUTH:
            raise Failure(
                f"'{name}' in the cloud's 'auth' is a list or a dictionary: write it as text.",
                "no_cloud",
            )


def _is_url(url: Json) -> bool:
    """Tell whether libraries can take a URL apart.

    They show a part of a URL that they cannot take apart, which may be a part of a password.
    """
    try:
        _port = urllib.parse.urlsplit(str(url)).port
    except ValueError:
        return False
    return True


def _check_name(config: t.Any, cloud: str | None) -> None:
    """Raise Failure if there is no cloud with the name in the option ``cloud``, or in OS_CLOUD."""
    name = cloud or config.default_cloud
    if not name or name in config.get_cloud_names():
        return
    origin = "" if cloud else ", which OS_CLOUD names"
    raise Failure(
        f"There is no cloud '{name}'{origin}: {_known_clouds(config)}. Check 'cloud' and the"
        " clouds.yaml that is read where the task runs.",
        "no_cloud",
    )


def _check_certificates(config: JsonObject) -> None:
    """Raise Failure if a file of certificates is missing: a later error would call it invalid."""
    for name, option in CERTIFICATE_OPTIONS.items():
        value = config.get(name)
        is_unused = name == "cacert" and config.get("verify") is False
        if not value or is_unused:
            continue
        path = os.path.expanduser(str(value))  # noqa: PTH111  raises nothing for an unknown user
        if not os.access(path, os.R_OK):
            state = "cannot be read" if _exists(path) else "is not there"
            raise Failure(
                f"The file {path} {state} where the task runs: check '{option}' ('{name}' in"
                " clouds.yaml).",
                "no_cloud",
            )


def _exists(path: str) -> bool:
    return os.path.exists(path)  # noqa: PTH110  raises nothing for a closed folder


def config_files() -> ConfigFiles:
    """Return the paths at which openstacksdk must look.

    By itself it looks in the folder that was the present one when it was imported.
    """
    loader = openstack.config.loader
    imported_in = pathlib.Path(loader.CONFIG_SEARCH_PATH[0])
    present = pathlib.Path.cwd()

    def moved(file: str) -> str:
        path = pathlib.Path(file)
        return str(present / path.name) if path.parent == imported_in else file

    return ConfigFiles(
        config=[moved(file) for file in loader.CONFIG_FILES],
        secure=[moved(file) for file in loader.SECURE_FILES],
        vendor=[moved(file) for file in loader.VENDOR_FILES],
    )


def _known_clouds(config: t.Any) -> str:
    """Return, for a message, which files openstacksdk has read, and the names of their clouds."""
    secure_file = getattr(config, "secure_config_filename", None)  # older versions have none
    files = [file for file in (config.config_filename, secure_file) if file]
    unreadable = unreadable_file()
    if not files:
        return unreadable or _missing_files()
    # openstacksdk makes a further cloud of the OS_* variables
    names = [str(name) for name in config.get_cloud_names() if name != config.envvar_key]
    sentence = f"{' and '.join(files)} has {', '.join(names) or 'none'}"
    return f"{sentence}, and {unreadable}" if unreadable else sentence


def _missing_files() -> str:
    """Return, for a message, where no clouds.yaml is."""
    folders = [str(pathlib.Path(file).parent) for file in config_files().config]
    places = f"no clouds.yaml in {', '.join(dict.fromkeys(folders))}"
    named_file = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if named_file and not _exists(named_file):
        return f"{named_file}, which OS_CLIENT_CONFIG_FILE names, is not there, and {places}"
    return places


def unreadable_file() -> str:
    """Return, for a message, which clouds.yaml openstacksdk leaves out because of its content.

    Empty if there is none.
    """
    files = config_files()
    named_file = os.environ.get("OS_CLIENT_CONFIG_FILE")
    candidates = [named_file, *files.config, *files.secure]
    flaws = (_file_flaw(file) for file in candidates if file and _exists(file))
    return next((flaw for flaw in flaws if flaw), "")


def _file_flaw(file: str) -> str:
    """Return what is wrong with a file, without what is in it; empty if nothing is."""
    try:
        content = yaml.safe_load(pathlib.Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        return f"{file} cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        return f"{file} is not UTF-8"
    except yaml.YAMLError as error:
        # The words of the error contain the line, which may contain a password.
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        return f"{file} is not YAML{place}"
    return "" if isinstance(content, dict) else f"{file} is empty or not a dictionary"
