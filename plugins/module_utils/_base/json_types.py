# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types for the edges: what comes in as JSON or as options, and what goes out as a result."""

from __future__ import annotations

import typing as t

Json = t.Any  # a value of any JSON type
JsonObject = dict[str, t.Any]  # as a service or a queue gives it, or as it is sent there
Variables = dict[str, t.Any]  # of a task, or of the environment of a process, by name
Options = dict[str, t.Any]  # of a task, by name
Result = dict[str, t.Any]  # the return keys of a module, or a part of them
ArgumentSpec = dict[str, dict[str, t.Any]]  # what Ansible checks options by, by name of the option
Constraints = dict[str, t.Any]  # what Ansible checks several options by: required_if and the like


def inner_values(value: Json) -> t.Iterable[Json]:
    """Return the values that are directly in a list or a dictionary; none for another value."""
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, (list, tuple)):
        return value
    return ()


def as_object(value: Json) -> JsonObject:
    """Return a value if it is an object, else an empty one: somebody else wrote it."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """Return a value if it is a list, else an empty one: somebody else wrote it."""
    return value if isinstance(value, list) else []


def is_same_json(left: Json, right: Json) -> bool:
    """Tell whether two values are equal as JSON. There 1 is not true, and 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_same_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            is_same_json(left[key], right[key]) for key in left
        )
    return bool(left == right)
