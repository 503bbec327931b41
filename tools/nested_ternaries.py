"""Find nested ternaries, `a if b else c if d else e`, for which ruff has no rule.

Usage: nested_ternaries.py FOLDER... Prints a line for each, and fails if there is one.
"""

from __future__ import annotations

import ast
import pathlib
import sys
from collections.abc import Iterator


def nested_ternaries(source: str) -> Iterator[int]:
    """The lines of a Python source on which a ternary begins that contains another one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.IfExp):
            inner = (child for part in ast.iter_child_nodes(node) for child in ast.walk(part))
            if any(isinstance(child, ast.IfExp) for child in inner):
                yield node.lineno


def main() -> int:
    failed = False
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.py")):
            for line in nested_ternaries(path.read_text(encoding="utf-8")):
                print(f"{path}:{line}: nested ternary")
                failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
