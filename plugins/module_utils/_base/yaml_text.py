# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML that a person wrote. Whatever is wrong with it raises one error, which knows the place."""

from __future__ import annotations

import typing as t

from .clients import missing_client
from .json_types import Json
from .text import one_line

try:
    import yaml

    HAS_YAML = True
    SafeLoader: t.Any = yaml.SafeLoader
except ImportError:
    HAS_YAML = False
    SafeLoader = object

# Each level takes three of the thousand frames that Python allows a recursion of PyYAML.
MOST_YAML_LEVELS = 150
LONGEST_QUOTE = 60  # characters of a value in a message

# PyYAML's own constructors raise these: a table of PyYAML lacks the value, a method of Python does
# not take it, a match is None.
CONSTRUCTOR_ERRORS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)

NOT_OF_TYPE = {
    "timestamp": "is not a date or a time that exists",
    "bool": "is neither true nor false",
    "int": "is not an integer, or has too many digits",
    "float": "is not a number",
}


class InvalidYaml(Exception):
    """A text is not YAML, or contains a value that does not exist.

    Attributes:
        cause: Words that can follow a colon, and may quote the text.
        line: Counts from 1; 0 if it is unknown.
        column: Counts from 1; 0 if it is unknown.
    """

    def __init__(self, cause: str, line: int = 0, column: int = 0) -> None:
        super().__init__(cause)
        self.cause = cause
        self.line = line
        self.column = column

    @property
    def place(self) -> str:
        """The place in words; empty if it is unknown."""
        return f"line {self.line}, column {self.column}" if self.line else ""


class Loader(SafeLoader):
    """PyYAML's safe loader with a limit for the depth, and a place for each error."""

    depth = 0

    def compose_node(self, parent: t.Any, index: t.Any) -> t.Any:
        """Return a node as PyYAML does, unless it is nested too deep."""
        self.depth += 1
        if self.depth > MOST_YAML_LEVELS:
            problem = f"it is nested more than {MOST_YAML_LEVELS} levels deep"
            raise yaml.composer.ComposerError(None, None, problem, self.peek_event().start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: t.Any, deep: bool = False) -> Json:
        """Return the value of a node as PyYAML does, but raise only errors with a place."""
        try:
            return super().construct_object(node, deep)
        except CONSTRUCTOR_ERRORS:
            problem = _not_constructible(node)
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def _not_constructible(node: t.Any) -> str:
    """Return what is wrong with a node from which PyYAML cannot make a value."""
    kind = node.tag.rpartition(":")[2]
    flaw = NOT_OF_TYPE.get(kind, f"is not of type {kind}")
    quote = "a value"
    if isinstance(node.value, str):
        quote = f"'{one_line(node.value, LONGEST_QUOTE)}'"
    return f"{quote} {flaw}; if it is text, put it in quotes"


def load(text: str, loader: type[Loader] = Loader) -> Json:
    """Return the data of a YAML text.

    Raises InvalidYaml, or Failure (missing_client) without PyYAML.
    """
    if not HAS_YAML:
        raise missing_client("PyYAML")
    try:
        return yaml.load(text, loader)
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from None
    except yaml.YAMLError as error:
        raise _invalid(error) from None
    except RecursionError:
        raise InvalidYaml("it is nested too deep") from None


def _invalid(error: Exception) -> InvalidYaml:
    """Return the error for what PyYAML does not accept."""
    words = [getattr(error, "context", None), getattr(error, "problem", None)]
    cause = ", ".join(word for word in words if word)
    if not cause:
        cause = one_line(error)
    mark = getattr(error, "problem_mark", None)
    if not mark:
        return InvalidYaml(cause)
    return InvalidYaml(cause, mark.line + 1, mark.column + 1)


def _unreadable(text: str, error: t.Any) -> InvalidYaml:
    """Return the error for a character that YAML does not allow: a control or half character."""
    before = text[: error.position]
    line = before.count("\n") + 1
    column = error.position - (before.rfind("\n") + 1) + 1
    number = error.character  # of bytes, it is one of them; of text, it is a text
    if isinstance(number, str):
        number = ord(number)
    return InvalidYaml(f"the character U+{number:04X} is not allowed", line, column)
