# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ids of what Mistral runs: executions, tasks, action executions."""

from __future__ import annotations

import re

from .._base.errors import Failure
from .._base.json_types import Options
from .._base.text import one_line

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
# What to add where a person can choose an id
OWN_ID = " One of your own can be made of any text with the filter ansible.builtin.to_uuid."
LONGEST_SHOWN_ID = 80  # characters


def is_id(text: str) -> bool:
    """Tell whether a text can be such an id."""
    return bool(UUID.match(text))


def checked_id(value: str | None, what: str) -> str:
    """Return an id in lower case, as Mistral writes it.

    ``what`` says what it is the id of, for instance "an execution". Raises Failure (bad_id) for a
    text that cannot be such an id.
    """
    if not value:
        raise Failure(f"The id of {what} is empty: check where it comes from.", "bad_id")
    if is_id(value):
        return value.lower()
    raise Failure(
        f"'{one_line(value, LONGEST_SHOWN_ID)}' cannot be the id of {what}: Mistral's ids are"
        " UUIDs, like 6c8ae7b0-6b1e-4d86-9d5b-0d8f3a1f8a52. Check where it comes from.",
        "bad_id",
    )


def check_ids(ids: dict[str, str], options: Options) -> None:
    """Put the ids among the options into lower case, as Mistral writes them.

    ``ids`` are the names of options, and what each is the id of. Raises Failure (bad_id).
    """
    for name, what in ids.items():
        if options.get(name) is not None:
            options[name] = checked_id(options[name], what)
