# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark ran on: nothing that names the machine, its user or its folders."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import pathlib
import platform
import re
import sys

PACKAGES = (
    "ansible-core",
    "keystoneauth1",
    "openstacksdk",
    "python-mistralclient",
    "python-openstackclient",
    "python-zaqarclient",
    "websocket-client",
)
SERVICES = ("keystone", "mistral", "zaqar")


def _of(file: str, pattern: str) -> str:
    found = re.search(
        pattern, pathlib.Path(file).read_text(encoding="utf-8", errors="replace"), re.M
    )
    return found[1].strip() if found else "unknown"


def load() -> float:
    """The load average of the last minute: on a quiet machine, close to 0 before the benchmark
    starts.
    """
    return round(os.getloadavg()[0], 2)


def described(services: pathlib.Path, collections: pathlib.Path) -> dict:
    """The machine, and the versions of everything that takes part. ``services``: the environment
    that the services run on.
    """
    found = {}
    for metadata in services.glob("lib/python3*/site-packages/*.dist-info"):
        name, _dash, version = metadata.name.removesuffix(".dist-info").rpartition("-")
        found[name.lower()] = version
    cloud = collections / "ansible_collections" / "openstack" / "cloud" / "MANIFEST.json"
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "processor": _of("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
        "cores": os.cpu_count(),
        "memory_gb": round(int(_of("/proc/meminfo", r"^MemTotal:\s*(\d+)")) / 2**20, 1),
        "kernel": re.match(r"[\d.]*\d", platform.release())[0],  # type: ignore[index]
        "python": platform.python_version(),
        # stevedore, with which all OpenStack clients find their plugins, keeps what it found unless
        # the interpreter is there
        "plugins_are_found_anew": sys.executable.startswith("/tmp"),
        "clients": {name: importlib.metadata.version(name) for name in PACKAGES},
        "openstack.cloud": _of(str(cloud), r'"version":\s*"([^"]+)"'),
        "services": {name: found.get(name, "unknown") for name in SERVICES},
    }
