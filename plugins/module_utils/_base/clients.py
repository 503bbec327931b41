# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python packages that the collection needs: which versions of them, and what to say when one cannot be used."""

from __future__ import annotations

import functools
import importlib.metadata
import re

from .errors import Failure
from .text import one_line

# The oldest versions that work, as requirements.txt has them, and what each is imported as. An older one may do harm: before 4.3.0,
# python-mistralclient takes a definition for the path of a file, and sends that file.
OLDEST = {
    "jsonschema": ("4.18.0", "jsonschema"),
    "openstacksdk": ("0.61.0", "openstack"),
    "python-mistralclient": ("4.3.0", "mistralclient"),
    "python-zaqarclient": ("4.0.0", "zaqarclient"),
    "websocket-client": ("1.0.0", "websocket"),
}


def check_client(package: str, import_error: str | None) -> None:
    """Raise Failure if the package could not be imported, of which ``import_error`` is the traceback, or if it is too old."""
    oldest, module = OLDEST[package]
    if import_error:
        cause = import_error.strip().splitlines()[-1]
        if cause.startswith("ModuleNotFoundError") and re.search(rf"'{module}['.]", cause):
            raise missing_client(package)
        raise _broken(package, cause)
    version = _version(package)
    if version and _numbers(version) < _numbers(oldest):
        raise too_old(package, version)


def too_old(package: str, version: str = "") -> Failure:
    """Return what to say of a package, whose ``version`` need not be known."""
    oldest = OLDEST[package][0]
    which = f" ({version})" if version else ""
    return Failure(
        f"The Python package {package} of this task's interpreter is too old{which}: at least {oldest} is needed, so"
        f" install that there, for instance with 'python3 -m pip install \"{package}>={oldest}\"'.",
        "missing_client",
    )


def missing_client(package: str) -> Failure:
    return Failure(
        f"The Python package {package} is missing for this task's interpreter; install it there, for instance with"
        f" 'python3 -m pip install {package}'.",
        "missing_client",
    )


def _broken(package: str, cause: str) -> Failure:
    return Failure(
        f"The Python package {package} is installed for this task's interpreter, but cannot be imported ({one_line(cause)}):"
        f" mend what that says, or install it anew, for instance with 'python3 -m pip install --upgrade {package}'.",
        "missing_client",
    )


def remember_versions() -> None:
    """Find out the versions of all packages: processes that are forked later have them then."""
    for package in OLDEST:
        _version(package)


@functools.cache
def _version(package: str) -> str:
    """Return the version of an installed package, empty if that is not known."""
    try:
        return importlib.metadata.version(package) or ""
    except importlib.metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> list[int]:
    """Return the numbers that a version begins with, for comparison."""
    release = re.match(r"[\d.]*", version).group()
    return [int(number) for number in release.split(".") if number]
