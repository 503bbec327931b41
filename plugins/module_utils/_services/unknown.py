# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that change something: one whose outcome is unknown is looked after, and taken neither for done nor for not done."""

from __future__ import annotations

import typing as t

from .._base.deadline import Deadline, TimedOut, wait_until
from .._base.errors import Failure, ServiceError

Outcome = t.TypeVar("Outcome")

# Seconds that a service may go on with a request whose client has given it up, and one whose connection broke: a proxy
# that is restarted breaks the client's connection while the service works.
PATIENCE = 20.0
SHORT_PATIENCE = 6.0

UNKNOWN = "It may be done all the same, or soon: run the task again later, which finds out."


def say_unknown(error: ServiceError, sentence: str) -> None:
    """Add to an error that nobody knows whether the request was carried out, and what to do about that."""
    error.message += f" {sentence}"
    error.result["outcome_unknown"] = True


def settled(
    request: t.Callable[[], Outcome],
    look: t.Callable[[], Outcome | None],
    deadline: Deadline,
    unknown: str = UNKNOWN,
) -> Outcome:
    """Send a request once and return its result.

    If its answer was lost, ``look`` returns what came of it, or None if nothing has. The service may still be at work, so
    it is looked at for a while, longest after a timeout. If nothing is seen, nobody knows: the error is raised, with the
    sentence ``unknown`` and with ``outcome_unknown`` in its result. All of it ends at the ``deadline``.
    """
    try:
        return request()
    except ServiceError as error:
        if not error.outcome_unknown:
            raise
        lost = error
    try:
        return wait_until(look, deadline.within(PATIENCE if lost.late else SHORT_PATIENCE))
    except (TimedOut, Failure):
        say_unknown(lost, unknown)
    raise lost
