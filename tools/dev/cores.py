"""The versions of ansible-core, and an environment for each."""

from __future__ import annotations

import dataclasses
import pathlib
import sys

from .common import DEV, LOGS, REQUIREMENTS, Environment, Failed, setting
from .environments import Requirement, environ, make_venv
from .interpreters import find_python, own_python, version_of

# ansible-core: the oldest and the newest Python 3 that it runs on, as a controller.
CORES = {
    "2.16": (10, 12),
    "2.17": (10, 12),
    "2.18": (11, 13),
    "2.19": (11, 13),
    "2.20": (12, 14),
    "2.21": (12, 14),
    "2.22": (13, 15),
}
PRE_RELEASES = {"2.22"}
# The oldest of all: ansible-core and Python 3; requirements.txt has the clients' lower bounds.
OLDEST_CORE, OLDEST_PYTHON = "2.16", 10


@dataclasses.dataclass(frozen=True)
class Core:
    """A series of ansible-core, the interpreter it runs on, and where its environment lies."""

    name: str
    python: str
    version: str  # the interpreter's, like 3.12
    folder: pathlib.Path
    logs: pathlib.Path

    @property
    def venv(self) -> pathlib.Path:
        return self.folder / "venv"

    @property
    def requirement(self) -> str:
        """The newest release of the series."""
        major, minor = self.name.split(".")
        first = f"{self.name}.0rc1" if self.name in PRE_RELEASES else f"{self.name}.0"
        return f"ansible-core>={first},<{major}.{int(minor) + 1}"

    def env(self, collections: pathlib.Path, **more: str) -> Environment:
        return environ(self.venv, ANSIBLE_COLLECTIONS_PATH=str(collections), **more)


def chosen_core() -> Core:
    """The ansible-core that CORE names, or the newest stable one for the interpreter at hand."""
    name = setting("CORE") or _newest_stable()
    if name not in CORES:
        raise Failed(f"CORE={name} is not known here: it is one of {', '.join(CORES)}")
    oldest, newest = CORES[name]
    python = find_python(oldest, newest, f"ansible-core {name}")
    if setting("PYTHON") and python != own_python():
        raise Failed(
            f"ansible-core {name} needs Python 3.{oldest} to 3.{newest}; "
            f"PYTHON names Python 3.{sys.version_info[1]}"
        )
    return Core(
        name=name,
        python=python,
        version=".".join(map(str, version_of(python) or ())),
        folder=DEV / f"core-{name}",
        logs=LOGS / f"core-{name}",
    )


def _newest_stable() -> str:
    minor = sys.version_info[1]
    for name, (oldest, newest) in reversed(CORES.items()):
        if name not in PRE_RELEASES and oldest <= minor <= newest:
            return name
    raise Failed(
        f"No ansible-core known here runs on Python 3.{minor}: "
        "name another interpreter with PYTHON=/path/to/python3"
    )


def oldest_core() -> Core:
    """The oldest ansible-core on the oldest Python, for the oldest clients."""
    return Core(
        name=OLDEST_CORE,
        python=find_python(OLDEST_PYTHON, OLDEST_PYTHON, "make test-minimum"),
        version=f"3.{OLDEST_PYTHON}",
        folder=DEV / "minimum",
        logs=LOGS / "minimum",
    )


def make_core(core: Core, log: pathlib.Path, *extras: str) -> None:
    """Make the environment of a core with the clients; `extras` are requirement files' names."""
    layers: dict[str, list[Requirement]] = {
        "ansible": [core.requirement, REQUIREMENTS / "clients.txt"]
    }
    for extra in extras:
        layers[extra] = [REQUIREMENTS / f"{extra}.txt"]
    make_venv(core.venv, core.python, log, **layers)
