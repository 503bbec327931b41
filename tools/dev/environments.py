"""Virtual environments, which uv makes, and the variables that commands run with."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import sys

from .common import (
    CACHE,
    DEV,
    HOME,
    REQUIREMENTS,
    TOOLS,
    Environment,
    Failed,
    display_path,
    user_home,
)
from .interpreters import own_python
from .processes import lock, run

# What the user has set for Ansible, OpenStack, Python and make, and what this run was told.
DROPPED_PREFIXES = ("ANSIBLE_", "MAKE", "OS_", "PYTHON", "XDG_")
DROPPED_NAMES = {"ANSWER", "CORE", "KEEP", "MFLAGS", "QUICK", "T", "VIRTUAL_ENV"}

# The names that uv has for pip's settings.
UV_SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
INDEX_SETTINGS = DEV / "index.json"

Requirement = str | pathlib.Path


def environ(*venvs: pathlib.Path, **more: str) -> Environment:
    """The variables that everything is run with, and the programs of these environments on PATH.

    Of the user's there is only what reaches the network and the terminal.
    """
    env = {name: value for name, value in os.environ.items() if not _is_dropped(name)}
    path = [str(venv / "bin") for venv in venvs]
    env.update(
        HOME=str(HOME),
        PATH=os.pathsep.join([*path, os.environ.get("PATH", os.defpath)]),
        ANSIBLE_CONFIG=str(HOME / "ansible.cfg"),
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        ANSIBLE_LOCALHOST_WARNING="false",
        PIP_CACHE_DIR=str(CACHE / "pip"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        UV_CACHE_DIR=str(CACHE / "uv"),
        UV_PYTHON_DOWNLOADS="never",
        UV_NO_PROGRESS="1",
        # as pip does
        UV_SYSTEM_CERTS="1",
        UV_INDEX_STRATEGY="unsafe-best-match",
    )
    if not _has_utf8_locale(env):
        env["LC_ALL"] = "C.UTF-8"
    config = _uv_config()
    if config.exists():
        env.setdefault("UV_CONFIG_FILE", str(config))
    if INDEX_SETTINGS.exists():
        for name, value in json.loads(INDEX_SETTINGS.read_text()).items():
            env.setdefault(name, value)
    return env | more


def _is_dropped(name: str) -> bool:
    return name.startswith(DROPPED_PREFIXES) or name in DROPPED_NAMES


def _has_utf8_locale(env: Environment) -> bool:
    """Tell whether programs write UTF-8: the first of these variables that is not empty decides."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if env.get(name):
            return "UTF8" in env[name].upper().replace("-", "")
    return False


def _uv_config() -> pathlib.Path:
    """The user's settings for uv, which would not be read with another HOME."""
    folder = os.environ.get("XDG_CONFIG_HOME")
    config = pathlib.Path(folder) if folder else user_home() / ".config"
    return config / "uv" / "uv.toml"


class Stamp:
    """A file in a folder that tells what the folder, or a part of it, was made of."""

    def __init__(self, folder: pathlib.Path, name: str, *parts: str) -> None:
        self.file = folder / f".made-{name}"
        self.digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def is_current(self) -> bool:
        return self.file.exists() and self.file.read_text() == self.digest

    def write(self) -> None:
        self.file.write_text(self.digest)


def pip() -> list[str]:
    return [str(TOOLS / "bin" / "python"), "-m", "pip"]


def make_tools(log: pathlib.Path) -> None:
    """Install uv with the interpreter's own pip, and give it the settings of the user's pip."""
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "ansible.cfg").touch()
    requirements = REQUIREMENTS / "tools.txt"
    stamp = Stamp(TOOLS, "uv", requirements.read_text(), sys.version, own_python())
    if stamp.is_current():
        return
    try:
        run([own_python(), "-m", "venv", "--clear", TOOLS], log, environ())
    except Failed as failure:
        package = f"python3.{sys.version_info[1]}-venv"
        raise Failed(
            f"{sys.executable} cannot make virtual environments (its venv or ensurepip module is "
            f"missing); on Debian and Ubuntu: apt-get install {package}",
            failure.log,
        ) from failure
    _pass_on_pip_settings()
    run(
        [*pip(), "install", "-q", "-r", requirements],
        log,
        environ(TOOLS),
        failure="uv could not be installed from the package index",
    )
    stamp.write()


def _pass_on_pip_settings() -> None:
    """Write the user's settings of pip where uv, and a pip with another HOME, find them."""
    settings = _pip_settings()
    for_uv = {UV_SETTINGS[key]: value for key, value in settings.items() if key in UV_SETTINGS}
    _write_private(INDEX_SETTINGS, json.dumps(for_uv))
    lines = ["[global]", "quiet = 1", *(f"{key} = {value}" for key, value in settings.items())]
    folder = HOME / ".config" / "pip"
    folder.mkdir(parents=True, exist_ok=True)
    _write_private(folder / "pip.conf", "".join(f"{line}\n" for line in lines))


def _pip_settings() -> dict[str, str]:
    """The settings of the user's pip that concern installing, each value on one line."""
    listed = subprocess.run([*pip(), "config", "list"], capture_output=True, text=True, check=False)
    settings = {}
    for line in listed.stdout.splitlines():
        name, value = line.split("=", 1)
        section, key = name.rsplit(".", 1)
        if section in ("global", "install", ":env:") and key not in ("config-file", "cache-dir"):
            with contextlib.suppress(ValueError, SyntaxError):
                settings[key] = " ".join(str(ast.literal_eval(value)).split())
    return settings


def _write_private(path: pathlib.Path, text: str) -> None:
    """Write a file that only its owner can read: a package index's URL may have a password."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def make_venv(
    folder: pathlib.Path, python: str, log: pathlib.Path, **layers: list[Requirement]
) -> None:
    """Make a virtual environment of layers, which are lists of requirements and of files of them.

    A layer is installed again when it changed; if it is the first one, into a new environment.
    """
    with lock("environments"):
        make_tools(log)
        first = True
        for name, requirements in layers.items():
            stamp = Stamp(folder, name, python, *map(_content, requirements))
            if not stamp.is_current():
                if first:
                    uv(log, "venv", "-q", "--clear", "--python", python, folder)
                _install(folder, requirements, log)
                stamp.write()
            first = False


def _content(requirement: Requirement) -> str:
    if isinstance(requirement, pathlib.Path):
        return str(requirement) + requirement.read_text()
    return requirement


def _install(folder: pathlib.Path, requirements: list[Requirement], log: pathlib.Path) -> None:
    options: list[str | pathlib.Path] = []
    for requirement in requirements:
        if isinstance(requirement, pathlib.Path):
            options.append("-r")
        options.append(requirement)
    uv(
        log,
        *("pip", "install", "--compile-bytecode", "--python", folder / "bin" / "python"),
        *options,
        failure=f"{display_path(folder)} could not be filled from the package index",
    )


def uv(log: pathlib.Path, *command: str | pathlib.Path, failure: str = "") -> None:
    run([TOOLS / "bin" / "uv", *command], log, environ(TOOLS), failure=failure)
