# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML that a person wrote: whatever is wrong with it becomes one error that knows the place."""

from __future__ import annotations

import typing as t

from .clients import missing_client
from .text import one_line

try:
    import yaml

    HAS_YAML = True
    Base: t.Any = yaml.SafeLoader
except ImportError:
    HAS_YAML = False
    Base = object

DEEPEST = (
    150  # levels; each takes three of the thousand frames that Python allows a recursion of PyYAML
)

# What PyYAML's own constructors raise: a table of its, a method of Python's, a match that is None.
CONSTRUCTOR_ERRORS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)

NOT_OF_TYPE = {
    "timestamp": "is not a date or a time that exists",
    "bool": "is neither true nor false",
    "int": "is not an integer, or has too many digits",
    "float": "is not a number",
}


class InvalidYaml(Exception):
    """``cause`` follows a colon and may quote the text; ``line`` and ``column`` count from 1, 0 if they are not known."""

    def __init__(self, cause: str, line: int = 0, column: int = 0) -> None:
        super().__init__(cause)
        self.cause = cause
        self.line = line
        self.column = column

    @property
    def place(self) -> str:
        return f"line {self.line}, column {self.column}" if self.line else ""


class Loader(Base):
    """A safe loader that is bounded in depth, and that has a place for each error."""

    depth = 0

    def compose_node(self, parent: t.Any, index: t.Any) -> t.Any:
        self.depth += 1
        if self.depth > DEEPEST:
            problem = f"it is nested more than {DEEPEST} levels deep"
            raise yaml.composer.ComposerError(None, None, problem, self.peek_event().start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: t.Any, deep: bool = False) -> t.Any:
        try:
            return super().construct_object(node, deep)
        except CONSTRUCTOR_ERRORS:
            kind = node.tag.rpartition(":")[2]
            shown = f"'{one_line(node.value, 60)}'" if isinstance(node.value, str) else "a value"
            problem = f"{shown} {NOT_OF_TYPE.get(kind, f'is not of type {kind}')}; if it is text, put it in quotes"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def load(text: str, loader: type[Loader] = Loader) -> t.Any:
    """Return the data of a YAML text. Raises InvalidYaml."""
    if not HAS_YAML:
        raise missing_client("PyYAML")
    try:
        return yaml.load(text, loader)
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = (mark.line + 1, mark.column + 1) if mark else ()
        words = [getattr(error, "context", None), getattr(error, "problem", None)]
        raise InvalidYaml(", ".join(filter(None, words)) or one_line(error), *place) from None
    except RecursionError:
        raise InvalidYaml("it is nested too deep") from None


def _unreadable(text: str, error: t.Any) -> InvalidYaml:
    """Return the error for a character that YAML does not allow: a control character, half a character."""
    before = text[: error.position]
    column = error.position - (before.rfind("\n") + 1) + 1
    character = (
        f"{error.character:04X}"
        if isinstance(error.character, int)
        else f"{ord(error.character):04X}"
    )
    return InvalidYaml(
        f"the character U+{character} is not allowed", before.count("\n") + 1, column
    )
