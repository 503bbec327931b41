"""Numbered steps of what takes a while, for the person at the terminal."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
import time
from collections.abc import Iterator

from .common import say
from .processes import Follower

# The tasks of the sandbox's role that take their time.
TASK = re.compile(r"TASK \[(?:[\w.]+ : )?(?!Bring |Say |Show |Tell )(.*)\]")
CLEAR_LINE = "\r\033[K"


class Progress:
    """`with progress("Sandbox") as follow:` announces a step, then says how long it took.

    `follow` gets the lines that Ansible prints, and shows which task runs: at a terminal behind the
    step, elsewhere on a line of its own.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.step = 0
        self.live = sys.stdout.isatty()

    @contextlib.contextmanager
    def __call__(self, text: str) -> Iterator[Follower]:
        heading = self.heading(text)
        begin = time.monotonic()
        print(heading, end="" if self.live else " ...\n", flush=True)
        yield lambda line: self._follow(heading, line)
        duration = f"({time.monotonic() - begin:.0f} s)"
        if self.live:
            say(f"{CLEAR_LINE}{heading} {duration}")
        else:
            say(f"      done {duration}")

    def heading(self, text: str) -> str:
        self.step += 1
        return f"[{self.step}/{self.steps}] {text}"

    def _follow(self, heading: str, line: str) -> None:
        task = TASK.match(line)
        if not task:
            return
        if not self.live:
            say(f"      {task[1]}")
            return
        width = shutil.get_terminal_size().columns - 1
        text = f"{heading}: {task[1]}"
        print(f"{CLEAR_LINE}{text[:width]}", end="", flush=True)
