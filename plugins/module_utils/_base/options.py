# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible does not check of a task's options: what is empty or null, numbers out of range, ids that cannot be ids."""

from __future__ import annotations

import re
import typing as t

from .errors import Failure
from .text import one_line

Options = t.Dict[str, t.Any]
Spec = t.Dict[str, t.Dict[str, t.Any]]

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)

MOST = 2**31 - 1  # what every clock, socket and database takes
SECONDS = re.compile(r"\w+_(timeout|interval)\Z")


class Range(t.NamedTuple):
    """The least and the most that a number may be, what it is a number of, and what to do about one that is out of it."""

    least: int = 1
    most: int = MOST
    unit: str = ""
    advice: str = ""

    def refusal(self, name: str, value: int) -> str:
        given = str(value) if abs(value) <= MOST else "out of range"
        number = f"a number of {self.unit}" if self.unit else "a number"
        advice = f" {self.advice}" if self.advice else ""
        return f"The option '{name}' is {given}: it has to be {number} from {self.least} to {self.most}.{advice}"


# The option of all modules that wait. Its range is that of all options in seconds, see check_ranges().
WAIT_TIMEOUT = dict(type="int", default=600)

RANGES = {
    "api_timeout": Range(),
    "limit": Range(),
}  # of the options with these names, in all modules


def checked_id(id: str | None, what: str) -> str:
    """Return the id of ``what``, for instance "an execution", as Mistral writes it; raises Failure if it cannot be one."""
    if not id:
        raise Failure(f"The id of {what} is empty: check where it comes from.", "bad_id")
    if UUID.match(id):
        return id.lower()
    raise Failure(
        f"'{one_line(id, 80)}' cannot be the id of {what}: Mistral's ids are UUIDs, like"
        " 6c8ae7b0-6b1e-4d86-9d5b-0d8f3a1f8a52. Check where it comes from.",
        "bad_id",
    )


def check_required(
    spec: Spec, constraints: dict[str, t.Any], params: Options, nullable: t.Collection[str] = ()
) -> None:
    """Raise Failure if an option that the task needs is null or an empty text, which for Ansible is enough.

    ``nullable`` are the names of options for which null is a value.
    """

    def is_missing(name: str) -> bool:
        return name not in nullable and params.get(name) in (None, "")

    needed = [[name] for name, option in spec.items() if option.get("required")]
    needed += constraints.get("required_one_of", [])
    for name, value, names, *one_is_enough in constraints.get("required_if", []):
        if params.get(name) == value:
            needed += [names] if one_is_enough == [True] else [[each] for each in names]
    for names in constraints.get("required_together", []):
        if not all(map(is_missing, names)):
            needed += [[each] for each in names]
    for names in needed:
        if all(map(is_missing, names)):
            raise _missing(names)
    for name, option in spec.items():
        for part in _parts(params.get(name)):
            check_required(option.get("options") or {}, {}, part, nullable)


def _missing(names: t.Sequence[str]) -> Failure:
    if len(names) == 1:
        sentence = f"The option '{names[0]}' is empty or null: give it a value."
    else:
        listed = "', '".join(names)
        sentence = f"The options '{listed}' are empty or null: give one of them a value."
    return Failure(sentence, "bad_option")


def _parts(value: t.Any) -> list[Options]:
    """Return the dictionaries of an option that is one, or a list of them."""
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, dict)]


def check_ranges(spec: Spec, params: Options, ranges: dict[str, Range]) -> None:
    """Raise Failure for a number that is out of range; ``ranges`` are those of this module's own options, also of parts."""
    for name, option in spec.items():
        usual = Range(0, MOST) if SECONDS.match(name) else None
        allowed = ranges.get(name) or RANGES.get(name) or usual
        value = params.get(name)
        if allowed and value is not None and not allowed.least <= value <= allowed.most:
            raise Failure(allowed.refusal(name, value), "bad_option")
        for part in _parts(value):
            check_ranges(option.get("options") or {}, part, ranges)


def check_ids(ids: dict[str, str], params: Options) -> None:
    """Put the ids among the options into Mistral's form, in small letters. Raises Failure for what cannot be one.

    ``ids`` are the names of options, and what each is the id of.
    """
    for name, what in ids.items():
        if params.get(name) is not None:
            params[name] = checked_id(params[name], what)
