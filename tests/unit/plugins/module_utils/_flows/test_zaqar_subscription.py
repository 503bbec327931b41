# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.userinfo import (
    without_userinfo,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_subscription import (
    Plan,
    Start,
    ZaqarSubscription,
    hidden,
    normalized,
    plan_update,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.keystone import (
    FOREVER,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Subscription,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    Request,
    run_flow,
)

HOOK = "https://hooks.example.com/"
TRUSTED = "trust+https://hooks.example.com/"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def add(
    cloud: FakeCloud,
    subscriber: str,
    ttl: int = 3600,
    age: int = 0,
    options: dict[str, t.Any] | None = None,
) -> str:
    """Subscribe to the queue some seconds ago, and return the subscription's id."""
    id = cloud.zaqar.subscribe("q", subscriber, ttl, **(options or {}))
    stored(cloud, id).created -= age
    return id


def add_trusted(cloud: FakeCloud, trust_seconds: float | None = 3600, **keys: t.Any) -> str:
    """Subscribe with a trust that lives for some seconds, and return the trust's id."""
    trust = cloud.keystone.add_trust(trust_seconds)
    add(cloud, TRUSTED, **{**keys, "options": {**keys.get("options", {}), "trust_id": trust}})
    return trust


def stored(cloud: FakeCloud, id: str) -> t.Any:
    return cloud.zaqar.queues["q"].subscriptions[id]


def run(cloud: FakeCloud, subscriber: str | None = HOOK, **params: t.Any) -> dict[str, t.Any]:
    return run_flow(ZaqarSubscription, cloud, queue="q", subscriber=subscriber, **params)


def updates(cloud: FakeCloud) -> list[t.Any]:
    """Return what the subscription was changed to, in each request."""
    kind = "update_subscription"
    return [request.body for request in cloud.requests if request.kind == kind]


def other_trusts(cloud: FakeCloud, trust: str) -> list[str]:
    """Return the ids of the trusts beside one."""
    return [id for id in cloud.keystone.trusts if id != trust]


def workflow(**given):
    options = {
        "name": "w",
        "namespace": "",
        "input": None,
        "message_input": None,
        "description": None,
        "label": "",
    }
    options.update(given)
    return options


def test_the_message_is_put_into_an_object_and_all_else_is_ascii():
    options = workflow(
        namespace="n", input={"other": "ü\"'{{ 1 }}"}, message_input="m", description="d"
    )
    text = Start(**options).post_data()
    assert text.isascii()
    assert '"m": "$zaqar_message$"' in text
    assert json.loads(text) == {
        "workflow_name": "w",
        "workflow_namespace": "n",
        "description": "d",
        "input": {"m": "$zaqar_message$", "other": "ü\"'{{ 1 }}"},
    }


def test_options_are_made_what_zaqar_can_use():
    assert normalized(
        {"post_data": {"b": 1, "a": "ü"}, "post_headers": {"n": 5, "t": True, "s": "text"}, "x": 1}
    ) == {
        "post_data": '{"a": "\\u00fc", "b": 1}',
        "post_headers": {"n": "5", "t": "true", "s": "text"},
        "x": 1,
    }
    assert normalized({"post_data": "text"}) == {"post_data": "text"}


@pytest.mark.parametrize(
    "url, shown",
    [
        ("http://user:pa/ss@host/a", "http://REDACTED@host/a"),
        ("https://token@host/a", "https://REDACTED@host/a"),
        ("trust+http://user:p@ss:word@host:1/a", "trust+http://REDACTED@host:1/a"),
        ("mailto:ada@example.com", "mailto:ada@example.com"),
    ],
)
def test_a_password_in_a_url_is_not_shown(cloud, url, shown):
    ZaqarSubscription({"subscriber": url}, Context())
    assert ZaqarSubscription.redacted({"subscriber": url, "options": None})["subscriber"] == shown
    if url != shown:
        assert without_userinfo(f"Zaqar does not take {url}.") == f"Zaqar does not take {shown}."


def test_headers_are_shown_by_name_only():
    headers = {"post_headers": {"a": "one", "b": "two", "c": "three"}}
    assert hidden(headers, {"post_headers": {"a": "one", "b": "other"}}) == {
        "post_headers": {"a": "REDACTED", "b": "REDACTED (another value)", "c": "REDACTED"}
    }
    assert hidden({"post_headers": "a: one"}) == {"post_headers": "REDACTED"}
    assert hidden({"x": 1}) == {"x": 1}


def test_the_invocation_shows_no_secret():
    shown = ZaqarSubscription.redacted(
        {"subscriber": "http://a:b@c/", "options": {"post_headers": {"x": "y"}}, "ttl": 60}
    )
    assert shown == {
        "subscriber": "http://REDACTED@c/",
        "options": {"post_headers": {"x": "REDACTED"}},
        "ttl": 60,
    }


@pytest.mark.parametrize("age, renewed", [(1800, False), (1801, True)])
def test_a_subscription_is_renewed_when_less_than_half_remains(cloud, age, renewed):
    add(cloud, HOOK, age=age)
    checked = run(cloud, check_mode=True)
    assert updates(cloud) == []
    result = run(cloud)
    assert checked["changed"] is result["changed"] is renewed
    assert updates(cloud) == ([{"ttl": 3600}] if renewed else [])
    if renewed:
        assert checked["diff"] == result["diff"]
        assert (result["diff"]["before"]["age"], result["diff"]["after"]["age"]) == (1801, 0)


def test_a_subscription_is_created_once(cloud):
    assert run(cloud, check_mode=True, options={"post_data": {"a": 1}})["changed"]
    assert cloud.count("create_subscription") == 0
    result = run(cloud, options={"post_data": {"a": 1}})
    assert result["changed"] and result["diff"]["before"] == {}
    assert stored(cloud, result["subscription"]["id"]).options == {"post_data": '{"a": 1}'}
    assert run(cloud)["changed"] is False


def test_options_alone_do_not_renew(cloud):
    add(cloud, HOOK, age=1000, options={"a": 1})
    assert run(cloud, options={"a": True})["subscription"]["age"] == 1000
    assert updates(cloud) == [{"options": {"a": True}}]


def test_a_trust_is_replaced_in_the_request_that_renews(cloud):
    trust = add_trusted(cloud, 1000, age=2600, options={"a": 1})
    result = run(cloud, TRUSTED)
    (new,) = other_trusts(cloud, trust)
    assert updates(cloud) == [{"ttl": 3600, "options": {"a": 1, "trust_id": new}}]
    assert result["subscription"]["options"]["trust_id"] == new
    assert trust in cloud.keystone.trusts
    assert run(cloud, TRUSTED)["changed"] is False


@pytest.mark.parametrize("life, replaced", [(1799, True), (1800, False), (None, False)])
def test_a_trust_that_ends_too_early_is_replaced(cloud, life, replaced):
    trust = add_trusted(cloud, life)
    assert run(cloud, TRUSTED)["changed"] is replaced
    new = [change["options"]["trust_id"] for change in updates(cloud)]
    assert new == other_trusts(cloud, trust) and len(new) == replaced


def test_a_trust_that_lasts_long_enough_stays(cloud):
    add_trusted(cloud, 7000, ttl=7200, age=200)
    run(cloud, TRUSTED)
    assert updates(cloud) == [{"ttl": 3600}]


def test_a_trust_that_nobody_may_look_at_is_replaced_only_with_a_renewal(cloud):
    cloud.fail("keystone", status=403, times=100)
    trust = add_trusted(cloud)
    assert run(cloud, TRUSTED)["changed"] is False
    cloud.clock.sleep(3000)
    result = run(cloud, TRUSTED)
    assert [result["subscription"]["options"]["trust_id"]] == other_trusts(cloud, trust)


def test_a_change_of_options_keeps_the_trust(cloud):
    trust = add_trusted(cloud, options={"a": 1})
    run(cloud, TRUSTED, options={"a": 2})
    assert updates(cloud) == [{"options": {"a": 2, "trust_id": trust}}]


def fail_write(cloud: FakeCloud, kind: str, status: int | None) -> None:
    """Let a write of the subscription fail, but none of its trust; None loses its answer."""
    if status is None:
        cloud.late(kind, seconds=1000, queue="q")
    else:
        cloud.fail(kind, status=status, times=100, queue="q")


@pytest.mark.parametrize("kind", ["create_subscription", "update_subscription"])
@pytest.mark.parametrize(
    "status, dropped",
    [(400, True), (409, True), (429, True), (500, False), (503, False), (None, False)],
)
def test_a_new_trust_is_deleted_only_if_the_request_was_refused_for_sure(
    cloud, kind, status, dropped
):
    if kind == "update_subscription":
        add(cloud, TRUSTED, age=3000)
    fail_write(cloud, kind, status)
    with pytest.raises(ServiceError):
        run(cloud, TRUSTED)
    assert (cloud.keystone.trusts == {}) is dropped


def test_a_subscription_that_expires_in_between_is_created_again(cloud):
    add(cloud, HOOK, age=3599)
    cloud.before("update_subscription", lambda request: cloud.clock.sleep(1))
    result = run(cloud)
    assert result["changed"] and result["diff"]["before"] == {}
    assert list(cloud.zaqar.queues["q"].subscriptions) == [result["subscription"]["id"]]


def test_a_subscription_that_the_list_does_not_show_is_updated(cloud):
    trusts: list[str] = []

    def subscribe(request: Request) -> None:
        trusts.append(add_trusted(cloud, options={"a": 1}))

    cloud.after("list_subscriptions", subscribe)
    result = run(cloud, TRUSTED, options={"a": 2})
    (id,) = cloud.zaqar.queues["q"].subscriptions
    assert result["subscription"]["id"] == id
    assert stored(cloud, id).options == {"a": 2, "trust_id": trusts[0]}
    assert list(cloud.keystone.trusts) == trusts


@pytest.mark.parametrize("kind", ["create_subscription", "update_subscription"])
def test_a_write_whose_answer_was_lost_is_found_out(cloud, kind):
    if kind == "update_subscription":
        add(cloud, HOOK, age=3000)
    cloud.lose(kind)
    assert run(cloud)["changed"] and cloud.count(kind) == 1
    assert run(cloud)["changed"] is False


@pytest.mark.parametrize("is_replaced", [False, True], ids=["", "somebody else subscribes at once"])
def test_a_deletion_whose_answer_was_lost_is_found_out(cloud, is_replaced):
    id = add(cloud, HOOK)
    if is_replaced:
        cloud.after("delete_subscription", lambda request: add(cloud, HOOK))
    cloud.lose("delete_subscription")
    assert run(cloud, state="absent")["changed"] and cloud.count("delete_subscription") == 1
    left = cloud.zaqar.queues["q"].subscriptions
    assert id not in left and len(left) == is_replaced


@pytest.mark.parametrize(
    "keys, words",
    [
        (None, ["it is not there"]),
        ({"interface": {"input": ["m", {"other": None}]}}, []),
        (
            {"interface": {"input": ["m", "more"]}},
            ["it has no input 'other'", "it needs the input 'more'"],
        ),
        # without the interface
        ({"interface": None, "definition": "w: {input: [m, other: 1], tasks: {}}"}, []),
        (
            {"interface": None, "definition": "w: {input: [m, more], tasks: {}}"},
            ["it has no input 'other'", "it needs the input 'more'"],
        ),
        ({"interface": None, "definition": "not: [YAML"}, []),
    ],
)
def test_a_workflow_that_cannot_be_started_is_warned_of(cloud, keys, words):
    if keys is not None:
        cloud.mistral.add_workflow("w", **keys)
    warnings: list[str] = []
    target = workflow(input={"other": 1}, message_input="m")
    run(cloud, None, workflow=target, warn=warnings.append)
    assert len(warnings) == bool(words)
    assert all(part in warnings[0] for part in words)


def test_absent_deletes_the_trust(cloud):
    add_trusted(cloud)
    warnings: list[str] = []
    assert run(cloud, TRUSTED, state="absent", check_mode=True)["changed"]
    assert cloud.zaqar.queues["q"].subscriptions and cloud.keystone.trusts
    assert run(cloud, TRUSTED, state="absent", warn=warnings.append)["changed"]
    assert not cloud.zaqar.queues["q"].subscriptions and not cloud.keystone.trusts
    assert warnings == [] and run(cloud, TRUSTED, state="absent") == {"changed": False}


def test_absent_warns_of_a_trust_that_stays(cloud):
    add_trusted(cloud)
    cloud.fail("delete_trust", status=403)
    warnings: list[str] = []
    assert run(cloud, TRUSTED, state="absent", warn=warnings.append)["changed"]
    assert len(warnings) == 1
    assert warnings[0].startswith("The subscription is deleted, but not its trust. Could not")


def test_a_foreign_option_that_looks_like_a_trust_is_left_alone(cloud):
    trust = cloud.keystone.add_trust()
    add(cloud, HOOK, options={"trust_id": trust})
    run(cloud, state="absent")
    assert list(cloud.keystone.trusts) == [trust]


def record(age=0, ttl=3600, **options):
    return Subscription("s", TRUSTED, age, ttl, options, {})


@pytest.mark.parametrize(
    "before, trust_life, expected",
    [
        # without a trust
        (record(a=1), FOREVER, Plan()),
        (record(a=2), FOREVER, Plan(options=True)),
        (record(a=True), FOREVER, Plan(options=True)),  # 1 is not true
        (record(a=1, age=1800), FOREVER, Plan()),
        (record(a=1, age=1801), FOREVER, Plan(ttl=True)),
        (record(a=1, ttl=7200), FOREVER, Plan(ttl=True)),
        (record(a=2, ttl=60), FOREVER, Plan(options=True, ttl=True)),
        # with a trust, which is no option of the task's
        (record(a=1, trust_id="t"), 3600, Plan()),
        (record(a=1, trust_id="t"), 1800, Plan()),
        (record(a=1, trust_id="t"), 1799, Plan(ttl=True, trust=True)),
        (record(a=1, trust_id="t", age=1801), 3599, Plan(ttl=True, trust=True)),
        (record(a=1, trust_id="t", age=1801), 3600, Plan(ttl=True)),
        (record(a=2, trust_id="t"), 1800, Plan(options=True)),
        # the trust is gone
        (record(a=1), 0, Plan(ttl=True, trust=True)),
        # nobody tells us how long the trust lasts
        (record(a=1, trust_id="t"), None, Plan()),
        (record(a=1, trust_id="t", age=1801), None, Plan(ttl=True, trust=True)),
    ],
)
def test_what_an_update_changes(before, trust_life, expected):
    plan = plan_update(before, 3600, {"a": 1}, trust_life)
    assert plan == expected
    assert plan.is_empty is (expected == Plan())


@pytest.mark.parametrize(
    "options, url",
    [
        ({}, "trust+http://m/v2/executions#w"),
        ({"namespace": "n"}, "trust+http://m/v2/executions#n/w"),
        ({"label": "l"}, "trust+http://m/v2/executions#w;l"),
        (
            {"namespace": "a/b", "name": "c d", "label": ";"},
            "trust+http://m/v2/executions#a%2Fb/c%20d;%3B",
        ),
    ],
)
def test_each_workflow_has_a_url_of_its_own(options, url):
    assert Start(**workflow(**options)).subscriber("http://m/v2") == url


@pytest.mark.parametrize(
    "params, words",
    [
        ({"subscriber": HOOK, "options": {"trust_id": "t"}}, "leave 'trust_id' out"),
        ({"workflow": workflow(), "options": {"post_data": ""}}, "leave 'post_data' out"),
        ({"subscriber": HOOK, "options": {"post_headers": "a: b"}}, "has to be a dictionary"),
        ({"workflow": workflow(input={"m": 1}, message_input="m")}, "has a value for"),
    ],
)
def test_options_that_contradict_are_refused(cloud, params, words):
    with pytest.raises(Failure, match=words) as caught:
        run(cloud, **{"subscriber": None, **params})
    assert caught.value.error_code == "bad_option" and cloud.requests == []


@pytest.mark.parametrize(
    "url, words",
    [
        ("http://hooks.example.com/", "go to http://hooks.example.com/ unencrypted: use https"),
        ("trust+http://hooks.example.com/", "unencrypted, and a token that acts in your name"),
        (HOOK, ""),
        (TRUSTED, ""),
    ],
)
def test_messages_that_go_unencrypted_are_warned_of(cloud, url, words):
    warnings: list[str] = []
    run(cloud, url, warn=warnings.append)
    assert len(warnings) == bool(words)
    assert words in "".join(warnings)


@pytest.mark.parametrize("age, options", [(3000, {"a": 1}), (0, {"a": 2})])
def test_an_update_that_was_not_done_is_unknown(cloud, age, options):
    add(cloud, HOOK, age=age, options={"a": 1})
    cloud.late("update_subscription", seconds=1000)
    with pytest.raises(ServiceError) as caught:
        run(cloud, options=options)
    assert caught.value.result["outcome_unknown"] is True


def test_a_deletion_that_was_not_done_is_unknown(cloud):
    trust = add_trusted(cloud)
    cloud.late("delete_subscription", seconds=1000)
    with pytest.raises(ServiceError) as caught:
        run(cloud, TRUSTED, state="absent")
    assert caught.value.result["outcome_unknown"] is True
    assert list(cloud.keystone.trusts) == [trust]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_subscriptions_of_others_are_left_alone(cloud, state):
    id = add(cloud, "https://others.example.com/", age=3000, options={"a": 1})
    before = copy.deepcopy(stored(cloud, id))
    result = run(cloud, state=state, options={"a": 2})
    assert result["changed"] is (state == "present")
    assert stored(cloud, id) == before
    assert len(cloud.zaqar.queues["q"].subscriptions) == 1 + (state == "present")
