# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mistral says of a definition that it does not accept, on one line and with the place.

The texts hold what the definition's author wrote. Each is searched in linear time.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._base.deadline import Deadline
from .._base.errors import Failure
from .._base.text import one_line
from .definition import load
from .definition_places import Path, expressions, place_in_words, schema_places

LONGEST_ERROR = 64 * 1024  # characters of Mistral's error that are looked at
# Seconds to search for the expression that is wrong. A validation may take more than two.
LONGEST_SEARCH = 10.0

NOT_YAML = "Definition could not be parsed: "
# How a parser names a place. It quotes the line below it, indented by four blanks.
MARK = re.compile(r"\s+in \".*\", (line \d+, column \d+)")
QUOTATION = "    "
UNKNOWN_TYPE = "Failed to find a specification class "
TYPE_OF_WORKFLOW = re.compile(r"'type': ('[^']{0,200}'|\w{1,200})")
STEP = re.compile(r"\['(.{0,200}?)'\]|\[(\d{1,9})\]")  # of a path: a key, or an item's number

# What YAQL's parser, its lexer, Jinja's parser, and Mistral itself say of an expression.
EXPRESSION_ERROR = re.compile(
    r"Parse error: |Lexical error: |Syntax error '|The line already contains an expression"
    r"|The '\w+' expression language"
)
QUOTED = " of expression '"

# Asks Mistral for its error of a definition; None if Mistral accepts it. Raises ServiceError.
Validate = t.Callable[[str], t.Optional[str]]
Expression = tuple[Path, str]


def not_accepted(definition: str, error: str, validate: Validate, deadline: Deadline) -> Failure:
    """Return the failure for a definition that Mistral answers ``error`` for.

    Until the deadline, ``validate`` is asked to find the place of an expression.
    """
    place = _place_of_expression(definition, error, validate, deadline)
    place = place or place_of_schema_error(definition, error)
    return Failure(
        f"Mistral does not accept the workflow definition: {definition_error(error)}{place}.",
        "invalid_definition",
    )


def definition_error(text: str) -> str:
    """Return Mistral's error on one line, without jsonschema's pages about the schema."""
    text = text[:LONGEST_ERROR]
    if text.startswith(NOT_YAML):
        return _yaml_error(text[len(NOT_YAML) :])
    if text.startswith(UNKNOWN_TYPE) and "data={" in text:
        kind = TYPE_OF_WORKFLOW.search(text, text.find("data={"))
        if kind:
            return f"Mistral knows no workflow of type {kind.group(1)}, only 'direct' and 'reverse'"
    return one_line(text).rstrip(".")


def _yaml_error(text: str) -> str:
    """Return an error of the YAML parser with the last place that it names."""
    place = ""
    sentences = []
    for line in text.splitlines():
        mark = MARK.match(line)
        if mark:
            place = f" ({mark.group(1)})"
        elif line.strip() and not line.startswith(QUOTATION):
            sentences.append(line.strip())
    return one_line("it is not valid YAML: " + ", ".join(sentences)) + place


# The place of an expression


def _place_of_expression(
    definition: str, error: str, validate: Validate, deadline: Deadline
) -> str:
    """Return the expression that Mistral does not understand, and its place; empty if unknown.

    Mistral names no place, and mostly not the expression either.
    """
    if not EXPRESSION_ERROR.match(error):
        return ""
    try:
        suspects = _suspects(definition, error)
        bad = _bad_expression(suspects, error, validate, deadline.within(LONGEST_SEARCH))
    except Failure:
        return ""
    if bad is None:
        return ""
    path, text = bad
    return f", in '{one_line(text, 120)}' ({place_in_words(path, definition)})"


def _suspects(definition: str, error: str) -> list[Expression]:
    """Return the expressions of a definition that the error can mean: Mistral may quote one."""
    suspects = expressions(load(definition))
    quoted = error.partition(QUOTED)[2]
    if not quoted.endswith("'"):
        return suspects
    return [(path, text) for path, text in suspects if quoted[:-1] in text]


def _bad_expression(
    suspects: list[Expression], error: str, validate: Validate, deadline: Deadline
) -> Expression | None:
    """Return the expression that Mistral answers ``error`` for, found by a binary search.

    None if there is none that Mistral refuses by itself, or if the search takes too long.
    """
    while len(suspects) > 1:
        if not deadline.remaining:
            return None
        middle = len(suspects) // 2
        first_half = suspects[:middle]
        if validate(_probe(first_half)) == error:
            suspects = first_half
        else:
            suspects = suspects[middle:]
    if not suspects or validate(_probe(suspects)) != error:
        return None
    return suspects[0]


def _probe(some: list[Expression]) -> str:
    """Return a definition that holds these expressions and nothing else."""
    published = {f"e{number}": text for number, (_path, text) in enumerate(some)}
    task = {"action": "std.noop", "publish": published}
    return json.dumps({"version": "2.0", "probe": {"tasks": {"probe": task}}})


# The place of a value that the schemas do not allow


def place_of_schema_error(definition: str, error: str) -> str:
    """Return the place in a definition of the value that Mistral's schemas do not allow.

    It is made to follow the error; empty if unknown.
    """
    instance = re.search(r"^On instance(\[.+\])?:\n\s+(.*)$", error, re.MULTILINE)
    if not instance:
        return ""
    where = instance.group(1) or ""
    below = tuple(int(number) if number else name for name, number in STEP.findall(where))
    unexpected = re.search(r"\('([^']*)' was unexpected\)", error)
    unexpected_key = unexpected.group(1) if unexpected else ""
    try:
        data = load(definition)
    except Failure:
        return ""
    places = schema_places(data, below, instance.group(2), unexpected_key)
    if len(places) == 1 and places[0]:
        return f" ({place_in_words(places[0], definition)})"
    return f", at {where}" if below else ""
