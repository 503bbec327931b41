# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible does not check of a task's options: null, numbers out of range, ids that cannot be ids."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, one_line

Options = t.Dict[str, t.Any]
Spec = t.Dict[str, t.Dict[str, t.Any]]

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)

MOST = 2**31 - 1  # what every clock, socket and database takes
SECONDS = re.compile(r"\w+_(timeout|interval)\Z")
RANGES = {"api_timeout": (1, MOST), "limit": (1, MOST)}  # of the options with these names, in all modules


def checked_id(id: str | None, what: str) -> str:
    """Return the id of ``what``, for instance "an execution"; raises Failure if it cannot be one."""
    if id and UUID.match(id):
        return id
    raise Failure(
        f"'{one_line(id, 80)}' cannot be the id of {what}: Mistral's ids are UUIDs, like"
        " 6c8ae7b0-6b1e-4d86-9d5b-0d8f3a1f8a52. Check where it comes from; for an id of your own, make one of any text with"
        " the filter ansible.builtin.to_uuid.",
        "bad_id",
    )


def without_null(spec: Spec, params: Options) -> Options:
    """Return the options with the defaults of those that are null, which Ansible keeps. Raises Failure for required ones.

    A raw option may be null: that is a value.
    """
    result = dict(params)
    for name, option in spec.items():
        if result.get(name) is None and option.get("type") != "raw":
            if option.get("required"):
                raise Failure(f"The option '{name}' is null: give it a value.", "bad_option")
            result[name] = option.get("default")
        elif "options" in option:
            result[name] = _suboptions(option["options"], result[name])
    return result


def _suboptions(spec: Spec, value: t.Any) -> t.Any:
    if isinstance(value, list):
        return [without_null(spec, each) for each in value]
    return without_null(spec, value) if isinstance(value, dict) else value


def check_ranges(spec: Spec, params: Options, ranges: dict[str, tuple[int, int]]) -> None:
    """Raise Failure for a number that is out of range; ``ranges`` are those of this module's own options."""
    for name in spec:
        usual = (0, MOST) if SECONDS.match(name) else None
        allowed = ranges.get(name) or RANGES.get(name) or usual
        value = params.get(name)
        if allowed is None or value is None or allowed[0] <= value <= allowed[1]:
            continue
        given = str(value) if abs(value) <= MOST else "out of range"
        raise Failure(
            f"The option '{name}' is {given}: it has to be a number from {allowed[0]} to {allowed[1]}.",
            "bad_option",
        )


def check_given(spec: Spec, constraints: dict[str, t.Any], params: Options) -> None:
    """Raise Failure if each of several options is null, one of which is required: for Ansible they are there."""
    for names in constraints.get("required_one_of", []):
        if any(spec[name].get("type") == "raw" or params.get(name) is not None for name in names):
            continue
        listed = " or ".join(f"'{name}'" for name in names)
        raise Failure(f"The options {listed} are null: give one of them a value.", "bad_option")


def check_ids(ids: dict[str, str], params: Options) -> None:
    """Raise Failure for an id that cannot be one; ``ids`` are the names of options, and what each is the id of."""
    for name, what in ids.items():
        if params.get(name) is not None:
            checked_id(params[name], what)
