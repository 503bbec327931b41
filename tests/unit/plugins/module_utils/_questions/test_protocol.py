# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import time
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    Answer,
    Status,
    has_passed,
    moment,
    now,
    rfc3339,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.recognise import (
    answer_in,
)


def test_deadlines() -> None:
    assert rfc3339(moment("2026-01-02T03:04:05+01:00")) == "2026-01-02T02:04:05Z"
    assert moment("soon") is None and moment(5) is None
    assert moment("2026-01-02t03:04:05z") == moment("2026-01-02T03:04:05")
    assert moment("9999-12-31T23:59:59-23:00") is None
    ago, soon = now() - datetime.timedelta(seconds=5), now() + datetime.timedelta(hours=1)
    assert has_passed(rfc3339(ago), now()) and not has_passed(rfc3339(soon), now())
    assert not has_passed(None, now())


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    """A machine whose clock is nine hours ahead of UTC."""
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("text", "in_utc"),
    [
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),  # as Mistral writes it
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05Z"),
    ],
)
def test_the_time_zone_of_the_machine_does_not_count(text: str, in_utc: str) -> None:
    assert rfc3339(moment(text)) == in_utc
    before, after = (moment(in_utc) + datetime.timedelta(seconds=s) for s in (-1, 1))
    assert not has_passed(text, before) and has_passed(text, after)


@pytest.mark.parametrize("status", list(Status))
def test_an_answer_is_found_in_its_message(status: Status) -> None:
    answer = Answer({"n": 3}, status, "me", "2026-01-02T03:04:05Z")
    body = answer.as_message("x", "i", "t")
    assert answer_in(body) == {"n": 3}
    assert body == {
        "type": "t",
        "payload": {
            "execution_id": "x",
            "interaction_id": "i",
            "answer": {"n": 3},
            "status": status.value,
            "answered_by": "me",
            "answered_at": "2026-01-02T03:04:05Z",
        },
    }
    assert not isinstance(body["payload"]["status"], Status)


def test_a_status_as_options_write_it() -> None:
    assert [status.word for status in Status] == ["answered", "declined", "expired"]
    assert f"{Status.EXPIRED}" == "EXPIRED"
