# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_claim import (
    ZaqarClaim,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import Claim
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    Zaqar as RealZaqar,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context


def error(status: int | None, reason: str = "no") -> ServiceError:
    return ServiceError("Zaqar", status, reason, "service_error")


RESET = error(None, "Zaqar is not reachable (connection reset)")
BUSY = error(503, "busy")


class Zaqar:
    """One claim; ``answers`` are what comes back for the next deletions, whether they are done (True) or not."""

    def __init__(self, *ids: str) -> None:
        self.ids: list[str] | None = list(ids)
        self.answers: list[tuple[bool, list[ServiceError]]] = []
        self.calls: list[str] = []
        self.release_fails = False

    def claimed(self, queue: str, claim: str) -> Claim | None:
        self.calls.append("read")
        if self.ids is None:
            return None
        messages = [{"id": id, "body": 1, "age": 0, "ttl": 60, "href": "x"} for id in self.ids]
        return Claim.of(claim, {"ttl": 60, "age": 7, "messages": messages})

    def delete_message(self, queue: str, id: str, claim: str) -> None:
        self.calls.append("delete " + id)
        (done, failures), self.answers = (self.answers or [(True, [])])[0], self.answers[1:]
        if done and self.ids and id in self.ids:
            self.ids.remove(id)
        for failure in failures:
            raise failure

    give_back = RealZaqar.give_back

    def release(self, queue: str, claim: str) -> None:
        self.calls.append("release")
        if self.release_fails:
            raise BUSY
        self.ids = None

    def renew(self, queue: str, claim: str, ttl: int, grace: int) -> None:
        self.calls.append("renew")
        if self.ids is None:
            raise error(404)
        raise BUSY


def run(
    zaqar: Zaqar, state: str = "acknowledged", check_mode: bool = False, **params: t.Any
) -> dict[str, t.Any]:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def new_deadline(seconds: float) -> Deadline:
        return Deadline(seconds, clock=lambda: now[0], sleep=sleep)

    given = {name: option.get("default") for name, option in ZaqarClaim.OPTIONS.items()}
    given.update({"queue": "q", "state": state, "claim_id": "c"}, **params)
    flow = ZaqarClaim(given, Context(check_mode=check_mode, new_deadline=new_deadline))
    flow.__dict__["zaqar"] = zaqar
    return flow.run()


def test_all_messages_are_deleted_and_then_the_claim():
    zaqar = Zaqar("a", "b")
    result = run(zaqar)
    assert zaqar.calls == ["read", "delete a", "delete b", "release"]
    assert (
        result["acknowledged"] == ["a", "b"]
        and result["claim"]["messages"] == []
        and result["changed"]
    )


def test_the_claim_stays_while_it_has_messages():
    zaqar = Zaqar("a", "b")
    result = run(zaqar, message_ids=["b", "b"])
    assert zaqar.calls == ["read", "delete b"] and result["acknowledged"] == ["b"]
    assert [message["id"] for message in result["claim"]["messages"]] == ["a"]


def test_a_release_that_fails_in_the_end_does_not_matter():
    zaqar = Zaqar("a")
    zaqar.release_fails = True
    assert run(zaqar)["acknowledged"] == ["a"]


@pytest.mark.parametrize(
    "answers",
    [[(False, [RESET])], [(True, [RESET])], [(False, [BUSY]), (True, [RESET]), (False, [BUSY])]],
)
def test_an_answer_that_is_lost_is_asked_for_again(answers):
    zaqar = Zaqar("a")
    zaqar.answers = list(answers)
    assert run(zaqar)["acknowledged"] == ["a"]
    assert zaqar.calls.count("delete a") == len(answers) + 1


def test_an_outage_that_does_not_pass_is_told_with_what_was_done_before():
    zaqar = Zaqar("a", "b")
    zaqar.answers = [(True, [])] + [(False, [BUSY])] * 1000
    with pytest.raises(ServiceError, match="503") as caught:
        run(zaqar)
    assert caught.value.result["acknowledged"] == ["a"]


@pytest.mark.parametrize(
    "status, reason",
    [
        (400, "The specified claim does not exist or has expired."),
        (403, "This message is claimed; it cannot be deleted."),
    ],
)
def test_what_was_taken_away_is_told_and_the_rest_is_acknowledged(status, reason):
    zaqar = Zaqar("a", "b")
    zaqar.answers = [(False, [error(status, reason)])]
    with pytest.raises(Failure, match=f"1 of 2 messages .* message a was not: {reason}") as caught:
        run(zaqar)
    assert caught.value.error_code == "not_claimed"
    assert caught.value.result == {"acknowledged": ["b"], "not_acknowledged": ["a"]}
    assert "release" not in zaqar.calls


def test_who_may_not_delete_is_told_so():
    zaqar = Zaqar("a")
    zaqar.answers = [(False, [error(403, "You are not authorized")])]
    with pytest.raises(ServiceError, match="not authorized"):
        run(zaqar)


def test_a_claim_that_was_emptied_by_others_is_no_success():
    with pytest.raises(Failure, match="it has none any more") as caught:
        run(Zaqar())
    assert caught.value.error_code == "not_claimed"


def test_a_renewal_that_fails_says_whether_the_claim_is_gone():
    zaqar = Zaqar("a")
    with pytest.raises(ServiceError, match="503"):
        run(zaqar, state="renewed")
    zaqar.ids = None
    with pytest.raises(Failure, match="Claim anew"):
        run(zaqar, state="renewed")


@pytest.mark.parametrize("state", ["renewed", "released", "acknowledged"])
def test_check_mode_only_reads(state):
    zaqar = Zaqar("a")
    assert run(zaqar, state=state, check_mode=True)["changed"]
    assert zaqar.calls == ["read"]
