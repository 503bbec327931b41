# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python packages that the collection needs, and the messages for a user who lacks one."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import typing as t

from .errors import Failure
from .text import one_line


class Client(t.NamedTuple):
    """A package: the oldest version that works, and the name that Python imports."""

    oldest: str
    module: str


# As in requirements.txt. An older version may do harm: before 4.3.0, python-mistralclient takes a
# definition for the path of a file, and sends that file.
CLIENTS = {
    "jsonschema": Client("4.18.0", "jsonschema"),
    "openstacksdk": Client("0.61.0", "openstack"),
    "python-mistralclient": Client("4.3.0", "mistralclient"),
    "python-zaqarclient": Client("4.0.0", "zaqarclient"),
    "websocket-client": Client("1.0.0", "websocket"),
}


def check_client(package: str, import_error: str | None) -> None:
    """Raise Failure (missing_client) if a package cannot be used.

    ``import_error`` is the traceback of its import, None if that succeeded.
    """
    client = CLIENTS[package]
    if import_error:
        cause = import_error.strip().splitlines()[-1]
        is_missing = re.search(rf"'{client.module}['.]", cause)
        if cause.startswith("ModuleNotFoundError") and is_missing:
            raise missing_client(package)
        raise _broken(package, cause)
    version = _version(package)
    if version and _numbers(version) < _numbers(client.oldest):
        raise too_old(package, version)


def too_old(package: str, version: str = "") -> Failure:
    """Return the Failure for a package that is too old; ``version`` is empty if it is unknown."""
    oldest = CLIENTS[package].oldest
    parenthesis = f" ({version})" if version else ""
    return Failure(
        f"The Python package {package} of this task's interpreter is too old{parenthesis}: at least"
        f" {oldest} is needed, so install that there, for instance with"
        f" 'python3 -m pip install \"{package}>={oldest}\"'.",
        "missing_client",
    )


def missing_client(package: str) -> Failure:
    """Return the Failure for a package that is not installed."""
    return Failure(
        f"The Python package {package} is missing for this task's interpreter; install it there,"
        f" for instance with 'python3 -m pip install {package}'.",
        "missing_client",
    )


def _broken(package: str, cause: str) -> Failure:
    return Failure(
        f"The Python package {package} is installed for this task's interpreter, but cannot be"
        f" imported ({one_line(cause)}): mend what that says, or install it anew, for instance with"
        f" 'python3 -m pip install --upgrade {package}'.",
        "missing_client",
    )


def remember_versions() -> None:
    """Find out the versions of all packages, so that processes that are forked later know them."""
    for package in CLIENTS:
        _version(package)


@functools.cache
def _version(package: str) -> str:
    """Return the version of an installed package, empty if it is unknown."""
    try:
        return importlib.metadata.version(package) or ""
    except importlib.metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> list[int]:
    """Return the numbers that a version begins with, for comparisons."""
    release = re.split(r"[^\d.]", version, maxsplit=1)[0]
    return [int(number) for number in release.split(".") if number]
