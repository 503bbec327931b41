# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that change something.

One whose outcome is unknown counts neither as done nor as not done.
"""

from __future__ import annotations

import typing as t

from .._base.deadline import Deadline
from .._base.errors import Failure, ServiceError
from .._base.retry import TimedOut, wait_until

Outcome = t.TypeVar("Outcome")

# Seconds to look for what a request has done: the service may go on with it after its client has
# given it up, and after its connection broke. A proxy that restarts breaks the client's connection
# while the service works.
LOOK_SECONDS_AFTER_TIMEOUT = 20.0
LOOK_SECONDS_AFTER_BREAK = 6.0

UNKNOWN = "It may be done all the same, or soon: run the task again later, which finds out."


def say_unknown(error: ServiceError, sentence: str) -> None:
    """Add to an error that the outcome is unknown, and a sentence that says what to do."""
    error.message += f" {sentence}"
    error.result["outcome_unknown"] = True


def unsay_unknown(failure: Failure) -> None:
    """Take back the advice UNKNOWN: the caller knows what to do about it."""
    failure.message = failure.message.replace(f" {UNKNOWN}", "")


def settled(
    request: t.Callable[[], Outcome],
    look: t.Callable[[], Outcome | None],
    deadline: Deadline,
    unknown: str = UNKNOWN,
) -> Outcome:
    """Send a request once and return its result.

    If the answer is lost, ``look`` is called for a while, until the ``deadline`` at most, longest
    after a timeout: the service may still be at work. ``look`` returns what the request has done,
    or None if it has done nothing yet. Raises the request's error if it never does, with the
    sentence ``unknown`` and with ``outcome_unknown`` in its result.
    """
    try:
        return request()
    except ServiceError as error:
        if not error.outcome_unknown:
            raise
        lost = error
    try:
        seconds = LOOK_SECONDS_AFTER_TIMEOUT if lost.late else LOOK_SECONDS_AFTER_BREAK
        return wait_until(look, deadline.within(seconds))
    except (TimedOut, Failure):
        say_unknown(lost, unknown)
    raise lost
