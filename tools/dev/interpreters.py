"""Find the interpreters for ansible-core and for the services."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys

from .common import DEV, Failed, user_home

# The services work on newer ones as well, but some of their packages have to be compiled there.
SERVICES_PREFERRED = (11, 12)
SERVICES_POSSIBLE = (13, 14)

PRINT_VERSION = "import sys; print(*sys.version_info[:2])"


def version_of(python: str) -> tuple[int, int] | None:
    """The version of an interpreter, or None if it does not run."""
    try:
        printed = subprocess.run(
            [python, "-c", PRINT_VERSION], capture_output=True, text=True, timeout=30, check=True
        )
        major, minor = printed.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def own_python() -> str:
    """This interpreter.

    If that belongs to an environment in .dev, the one that the environment was made with: those in
    .dev come and go.
    """
    if pathlib.Path(sys.prefix).is_relative_to(DEV):
        return str(sys._base_executable)  # type: ignore[attr-defined]  # typeshed leaves it out
    return sys.executable


def find_python(oldest: int, newest: int, purpose: str) -> str:
    """An interpreter from Python 3.`oldest` to 3.`newest`.

    This one if it suits, else the newest on PATH, else pyenv's. Raises Failed if there is none.
    """
    if _suits(sys.version_info[:2], oldest, newest):
        return own_python()
    folders = [*_path_folders(), *_pyenv_folders()]
    for minor in range(newest, oldest - 1, -1):
        for folder in folders:
            candidate = folder / f"python3.{minor}"
            if candidate.is_relative_to(DEV) or not os.access(candidate, os.X_OK):
                continue
            if _suits(version_of(str(candidate)), oldest, newest):
                return str(candidate)
    raise Failed(
        f"{purpose} needs Python 3.{oldest} to 3.{newest}, and none was found on PATH: "
        "install one, or name it with PYTHON=/path/to/python3"
    )


def _suits(version: tuple[int, int] | None, oldest: int, newest: int) -> bool:
    return version is not None and (3, oldest) <= version <= (3, newest)


def _path_folders() -> list[pathlib.Path]:
    path = os.environ.get("PATH", os.defpath)
    return [pathlib.Path(folder) for folder in path.split(os.pathsep)]


def _pyenv_folders() -> list[pathlib.Path]:
    root = os.environ.get("PYENV_ROOT")
    folder = pathlib.Path(root) if root else user_home() / ".pyenv"
    return sorted(folder.glob("versions/*/bin"))


def services_python() -> str:
    with contextlib.suppress(Failed):
        return find_python(*SERVICES_PREFERRED, "The sandbox")
    return find_python(*SERVICES_POSSIBLE, "The sandbox")
