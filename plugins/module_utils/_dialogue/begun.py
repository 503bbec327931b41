# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a start has created so far, and how that is removed if the start fails."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._base.deadline import Deadline
from .._base.errors import Failure
from .._base.retry import TimedOut, wait_until

# Seconds to look for what a request has done whose outcome is unknown. The step that sent it has
# looked before.
LOOK_SECONDS = 6.0
# What is said of something, before its title
CAME = "Created all the same, and removed again"
LATE = "May still come, also later, and is to be removed then"
LEFT = "May be left, and is to be removed"


@dataclasses.dataclass
class Created:
    """Something that was created, or may have been. ``title`` names it to the user.

    ``is_unknown`` is whether its request may still be carried out: also when a run is interrupted
    in the midst of it.
    """

    title: str
    exists: t.Callable[[], bool]
    remove: t.Callable[[], object]
    is_unknown: bool = True
    is_ours: bool = True


class Begun:
    """The list of what was created, the oldest first."""

    def __init__(self) -> None:
        self._created: list[Created] = []

    @contextlib.contextmanager
    def creating(
        self, title: str, exists: t.Callable[[], bool], remove: t.Callable[[], object]
    ) -> t.Iterator[Created]:
        """Note what the body creates. It sets ``is_ours`` to False for what existed before."""
        created = Created(title, exists, remove)
        self._created.append(created)
        try:
            yield created
        except Failure as failure:
            created.is_unknown = bool(failure.result.get("outcome_unknown"))
            created.is_ours = created.is_unknown  # a refusal has created nothing
            raise
        created.is_unknown = False

    def titles(self) -> str:
        """Return the names of all that is ours, for a sentence; empty if nothing is."""
        return ", ".join(created.title for created in self._created if created.is_ours)

    def take_back(self, whole_task: Deadline) -> str:
        """Remove all that is ours, the newest first.

        Return what a person has to know, as sentences; empty if nothing is left and nothing can
        come any more.
        """
        found: dict[str, list[str]] = {}
        for created in reversed(self._created):
            if created.is_ours:
                found.setdefault(_taken_back(created, whole_task), []).append(created.title)
        self._created = []
        words = [f"{word}: {', '.join(titles)}." for word, titles in found.items() if word]
        return " ".join(words)


def _taken_back(created: Created, whole_task: Deadline) -> str:
    """Remove something. Return what is to be said of it; empty if it is simply gone."""
    is_late = created.is_unknown and not _comes(created, whole_task)
    try:
        created.remove()
    except Failure:
        return LEFT
    if is_late:
        return LATE
    return CAME if created.is_unknown else ""


def _comes(created: Created, whole_task: Deadline) -> bool:
    """Wait for what may still be created, and tell whether it is there."""
    try:
        return wait_until(lambda: created.exists() or None, whole_task.within(LOOK_SECONDS))
    except (TimedOut, Failure):
        return False
