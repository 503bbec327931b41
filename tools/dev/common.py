"""Where things are, and how they are told to the person at the terminal."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEV = ROOT / ".dev"
TOOLS = DEV / "tools"
HOME = DEV / "home"
CACHE = DEV / "cache"
SERVICES = DEV / "services"
LOGS = DEV / "logs"
REQUIREMENTS = ROOT / "tests" / "requirements"

Environment = dict[str, str]
Step = Callable[[pathlib.Path], None]  # gets the file to log to


class Failed(Exception):
    """A sentence for the person at the terminal, and the log that has the details."""

    def __init__(self, sentence: str, log: pathlib.Path | None = None) -> None:
        super().__init__(sentence)
        self.log = log


def say(text: str = "") -> None:
    print(text, flush=True)


def display_path(path: pathlib.Path) -> str:
    """A path as a person in the checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def setting(name: str) -> str:
    """A variable of make's command line, like T or KEEP; empty if it was not set."""
    return os.environ.get(name, "")


def new_log(name: str) -> pathlib.Path:
    """The path of a log, of which no earlier run has left anything."""
    log = LOGS / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    return log


def user_home() -> pathlib.Path:
    # Path.home() fails for a user who has no home
    return pathlib.Path(os.path.expanduser("~"))  # noqa: PTH111
