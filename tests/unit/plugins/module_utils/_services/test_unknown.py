# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a request whose answer was lost: found out, or said."""

from __future__ import annotations

import math
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.unknown import (
    LOOK_SECONDS_AFTER_BREAK,
    LOOK_SECONDS_AFTER_TIMEOUT,
    UNKNOWN,
    settled,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import FakeClock

LATE = ServiceError("Mistral", None, "Mistral did not answer within 60 seconds", "no_answer")
GATEWAY = ServiceError("Mistral", 504, "Gateway Timeout", "service_error")
LOST = ServiceError("Mistral", None, "the connection to Mistral was lost", "connection_lost")
CUT = ServiceError("Mistral", None, "Mistral's answer is cut off", "garbled")
BROKEN = ServiceError("Mistral", 500, "Internal error", "service_error")
ENGINE_LATE = ServiceError(
    "Mistral",
    500,
    'This rpc call "start_workflow" took longer than configured 60 seconds.',
    "service_error",
)
ENGINE_LATE.at_work = True
GATEWAY_DOWN = ServiceError("Mistral", 503, "No server is available", "service_error")
DOWN = ServiceError("Mistral", None, "Mistral is not reachable", "unreachable")
BUSY = ServiceError("Mistral", 429, "Too many requests", "busy")
REFUSED = ServiceError("Mistral", 403, "Forbidden", "forbidden")
REFUSED_BY_ENGINE = ServiceError("Mistral", 500, "Invalid input", "service_error")
REFUSED_BY_ENGINE.refused = True


class Script:
    """Answers in a row, of which errors are raised; the last one is given for ever."""

    def __init__(self, *answers: t.Any) -> None:
        self.answers = list(answers)
        self.calls = 0

    def __call__(self) -> t.Any:
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ServiceError):
            raise answer.while_doing("do it")
        return answer


def settle(request: Script, look: Script, clock: FakeClock | None = None) -> t.Any:
    return settled(request, look, deadline=(clock or FakeClock()).deadline(math.inf))


@pytest.mark.parametrize("error", [DOWN, BUSY, REFUSED, REFUSED_BY_ENGINE])
def test_what_was_refused_or_never_sent_is_not_looked_for(error):
    look = Script("there")
    with pytest.raises(ServiceError) as caught:
        settle(Script(error), look)
    assert look.calls == 0 and "outcome_unknown" not in caught.value.result


@pytest.mark.parametrize("error", [LATE, GATEWAY, ENGINE_LATE, LOST, CUT, BROKEN, GATEWAY_DOWN])
def test_what_was_done_is_found(error):
    request = Script(error)
    assert settle(request, Script("there")) == "there"
    assert request.calls == 1


@pytest.mark.parametrize("error", [LATE, GATEWAY, ENGINE_LATE, LOST, CUT, BROKEN, GATEWAY_DOWN])
def test_what_took_too_long_is_waited_for(error):
    look = Script(None, DOWN, LATE, None, "there")
    assert settle(Script(error), look) == "there"


@pytest.mark.parametrize(
    "error, seconds",
    [
        (LATE, LOOK_SECONDS_AFTER_TIMEOUT),
        (GATEWAY, LOOK_SECONDS_AFTER_TIMEOUT),
        (ENGINE_LATE, LOOK_SECONDS_AFTER_TIMEOUT),
        (LOST, LOOK_SECONDS_AFTER_BREAK),
        (CUT, LOOK_SECONDS_AFTER_BREAK),
        (BROKEN, LOOK_SECONDS_AFTER_BREAK),
        (GATEWAY_DOWN, LOOK_SECONDS_AFTER_BREAK),
    ],
)
def test_what_is_not_seen_may_still_be_done(error, seconds):
    """A look shows what is there now; a service whose client was cut off may still be at work."""
    look, clock = Script(None), FakeClock()
    with pytest.raises(ServiceError) as caught:
        settle(Script(error), look, clock)
    assert (
        caught.value.message.endswith(f". {UNKNOWN}")
        and caught.value.result["outcome_unknown"] is True
    )
    assert look.calls > 1 and clock.now == pytest.approx(seconds)


@pytest.mark.parametrize(
    "error, look",
    [
        (LATE, Script(None)),
        (GATEWAY, Script(None)),
        (LATE, Script(DOWN)),
        (LOST, Script(DOWN)),
        (LOST, Script(REFUSED)),
    ],
)
def test_what_nobody_knows_is_said(error, look):
    clock = FakeClock()
    with pytest.raises(ServiceError) as caught:
        settle(Script(error), look, clock)
    assert caught.value.error_code == error.error_code
    assert (
        caught.value.message.endswith(f". {UNKNOWN}")
        and caught.value.result["outcome_unknown"] is True
    )
    assert clock.now <= 20


def test_other_failures_are_passed_on():
    def refuse() -> None:
        raise Failure("There is no such workflow.", "not_found")

    with pytest.raises(Failure, match="no such workflow"):
        settled(refuse, Script("there"), FakeClock().deadline(math.inf))
