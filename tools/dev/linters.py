"""The linters, each a step of its own."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from .common import CACHE, DEV, REQUIREMENTS
from .copies import copy_collection, inside
from .cores import Core
from .environments import environ, make_venv
from .interpreters import find_python
from .processes import run

PYTHON_FOLDERS = "plugins", "roles", "tests", "tools"

Linter = Callable[[Core, pathlib.Path], None]


def _on_checkout(tool: str, *options: str) -> Linter:
    """A linter that leaves the checkout as it is."""

    def lint(core: Core, log: pathlib.Path) -> None:
        venv = _make_venv(log)
        run([venv / "bin" / tool, *options], log, environ(venv))

    return lint


def _on_copy(tool: str, *options: str) -> Linter:
    """A linter that needs the collection where Ansible looks for it, beside those it refers to."""

    def lint(core: Core, log: pathlib.Path) -> None:
        venv = _make_venv(log)
        collections = copy_collection(core, tool, log, others=True)
        env = environ(venv, ANSIBLE_COLLECTIONS_PATH=str(collections))
        run([venv / "bin" / tool, *options], log, env, cwd=inside(collections))

    return lint


def _mypy(core: Core, log: pathlib.Path) -> None:
    """Check plugins/ and tools/, each from the folder that its imports start at."""
    venv = _make_venv(log)
    collections = copy_collection(core, "mypy", log)
    checkout = inside(collections)
    mypy = (
        *(venv / "bin" / "mypy", "--config-file", checkout / "pyproject.toml"),
        *("--cache-dir", CACHE / "mypy"),
    )
    plugins = "ansible_collections.interactive.openstack.plugins"
    run([*mypy, "-p", "dev"], log, environ(venv), cwd=checkout / "tools")
    run([*mypy, "-p", plugins], log, environ(venv), cwd=collections)


def _make_venv(log: pathlib.Path) -> pathlib.Path:
    folder = DEV / "lint"
    make_venv(folder, find_python(11, 14, "ansible-lint"), log, lint=[REQUIREMENTS / "lint.txt"])
    return folder


LINTERS: dict[str, Linter] = {
    "ruff-format": _on_checkout("ruff", "format", "--no-cache", "--diff", "."),
    "ruff": _on_checkout("ruff", "check", "--no-cache", "--output-format", "concise", "."),
    "ternaries": _on_checkout("python", "tools/nested_ternaries.py", *PYTHON_FOLDERS),
    "mypy": _mypy,
    "ansible-lint": _on_copy("ansible-lint", "--offline", "--nocolor"),
    "yamllint": _on_copy("yamllint", "--strict", "."),
    "docs": _on_copy(
        "antsibull-docs",
        *("lint-collection-docs", "--plugin-docs", "--validate-collection-refs=all", "."),
    ),
    "changelog": _on_copy("antsibull-changelog", "lint"),
}
