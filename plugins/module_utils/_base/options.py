# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a task's options that Ansible does not make: empty values, ranges of numbers."""

from __future__ import annotations

import re
import typing as t

from .errors import Failure
from .json_types import ArgumentSpec, Constraints, Json, Options

INT32_MAX = 2**31 - 1  # every clock, socket and database takes numbers up to this one
SECONDS_OPTION = re.compile(r"\w+_(timeout|interval)\Z")  # the name of an option in seconds


class Range(t.NamedTuple):
    """The least and the most that an option may be.

    ``unit`` is what the option is a number of. ``advice`` is a sentence for somebody whose number
    is out of the range. Both can be empty.
    """

    least: int = 1
    most: int = INT32_MAX
    unit: str = ""
    advice: str = ""

    def allows(self, value: int) -> bool:
        """Tell whether a value is within the range."""
        return self.least <= value <= self.most

    def refusal(self, name: str, value: int) -> str:
        """Return the sentence for an option ``name`` whose value is out of the range."""
        state = str(value) if abs(value) <= INT32_MAX else "out of range"
        number = f"a number of {self.unit}" if self.unit else "a number"
        sentence = (
            f"The option '{name}' is {state}: it has to be {number} from {self.least} to"
            f" {self.most}."
        )
        return f"{sentence} {self.advice}".rstrip()


# The option of all modules that wait, in seconds
WAIT_TIMEOUT = dict(type="int", default=600)

# Of the options with these names, in all modules
COMMON_RANGES = {"api_timeout": Range(), "limit": Range()}
RANGE_OF_SECONDS = Range(0, INT32_MAX)


def check_required(
    spec: ArgumentSpec,
    constraints: Constraints,
    options: Options,
    nullable: t.Collection[str] = (),
) -> None:
    """Raise Failure (bad_option) if a required option is null or an empty text.

    For Ansible, such an option is present. Null is a value for the options named in ``nullable``.
    """

    def is_missing(name: str) -> bool:
        return name not in nullable and options.get(name) in (None, "")

    required = [[name] for name, option in spec.items() if option.get("required")]
    required += _required_by_constraints(constraints, options, is_missing)
    for names in required:
        if all(is_missing(name) for name in names):
            raise _missing(names)
    for name, option in spec.items():
        for part in _parts(options.get(name)):
            check_required(option.get("options") or {}, {}, part, nullable)


def _required_by_constraints(
    constraints: Constraints, options: Options, is_missing: t.Callable[[str], bool]
) -> t.Iterator[list[str]]:
    """Return groups of names of options; of each group, the task needs at least one option."""
    yield from constraints.get("required_one_of", [])
    for name, value, names, *any_suffices in constraints.get("required_if", []):
        if options.get(name) != value:
            continue
        if any_suffices == [True]:
            yield names
        else:
            yield from ([each] for each in names)
    for names in constraints.get("required_together", []):
        if not all(is_missing(name) for name in names):
            yield from ([each] for each in names)


def _missing(names: t.Sequence[str]) -> Failure:
    if len(names) == 1:
        sentence = f"The option '{names[0]}' is empty or null: give it a value."
    else:
        listed = "', '".join(names)
        sentence = f"The options '{listed}' are empty or null: give one of them a value."
    return Failure(sentence, "bad_option")


def _parts(value: Json) -> list[Options]:
    """Return the dictionaries of an option that is a dictionary, or a list of dictionaries."""
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, dict)]


def check_ranges(spec: ArgumentSpec, options: Options, ranges: dict[str, Range]) -> None:
    """Raise Failure (bad_option) for a number that is out of its range.

    ``ranges`` are those of this module's own options, and of the parts of its options.
    """
    for name, option in spec.items():
        allowed = _range_of(name, ranges)
        value = options.get(name)
        if allowed and value is not None and not allowed.allows(value):
            raise Failure(allowed.refusal(name, value), "bad_option")
        for part in _parts(value):
            check_ranges(option.get("options") or {}, part, ranges)


def _range_of(name: str, ranges: dict[str, Range]) -> Range | None:
    if name in ranges:
        return ranges[name]
    if name in COMMON_RANGES:
        return COMMON_RANGES[name]
    return RANGE_OF_SECONDS if SECONDS_OPTION.match(name) else None
