"""`python -m dev TARGET`, with tools/ on the path."""

from __future__ import annotations

import signal
import sys
import typing as t

from .common import DEV, Failed, display_path, say
from .processes import stop_all
from .targets import TARGETS


def main(target: str) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        DEV.mkdir(exist_ok=True)
        return TARGETS[target]() or 0
    except Failed as failure:
        say()
        sentence = f"{str(failure).rstrip('.')}."
        if failure.log:
            sentence += f" The log: {display_path(failure.log)}"
        print(sentence, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        stop_all()
        print("Stopped.", file=sys.stderr)
        return 130


def _interrupt(*_: t.Any) -> t.NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
