# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that change something: one whose outcome is unknown is looked after, and taken neither for done nor for not done."""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, ServiceError
from ansible_collections.interactive.openstack.plugins.module_utils._wait import Deadline, TimedOut, wait_until

Outcome = t.TypeVar("Outcome")

PATIENCE = 20.0  # seconds that a service may go on with a request whose client has given it up

NOT_DONE = "It was not done, as a look afterwards shows: run the task again."
UNKNOWN = "It may be done all the same, or soon: run the task again later, which finds out."


def say_unknown(error: ServiceError, sentence: str) -> None:
    """Add to an error that nobody knows whether the request was carried out, and what to do about that."""
    error.message += f" {sentence}"
    error.result["outcome_unknown"] = True


class _NotDone(Exception):
    """A look has shown that the request was not carried out, and will not be."""


def settled(
    request: t.Callable[[], Outcome],
    look: t.Callable[[], Outcome | None],
    unknown: str = UNKNOWN,
    deadline: Deadline | None = None,
) -> Outcome:
    """Send a request once and return its result.

    If its answer was lost, ``look`` returns what came of it, or None if nothing has. A service that did not answer in
    time may still be at work, so it is looked at until the deadline. If the request was not carried out, or nobody
    knows, its error is raised; it says which, and has ``outcome_unknown`` in its result if nobody knows. ``unknown`` is
    the sentence about that.
    """
    try:
        return request()
    except ServiceError as error:
        if not error.doubtful:
            raise
        lost = error
    try:
        return _outcome(look, lost, deadline or Deadline(PATIENCE))
    except _NotDone:
        lost.message += f" {NOT_DONE}"
    except (TimedOut, Failure):
        say_unknown(lost, unknown)
    raise lost


def _outcome(look: t.Callable[[], Outcome | None], lost: ServiceError, deadline: Deadline) -> Outcome:
    def look_once() -> Outcome | None:
        outcome = look()
        if outcome is None and not lost.may_go_on:
            raise _NotDone
        return outcome

    return wait_until(look_once, deadline)
