# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import (
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
from ansible_collections.interactive.openstack.plugins.module_utils._services import (
    unknown as _settled,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.keystone import (
    FOREVER,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Subscription,
    Workflow,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context

HOOK = "https://hooks.example.com/"
TRUSTED = "trust+https://hooks.example.com/"


class Zaqar:
    """One queue's subscriptions and the trusts that were made for them, by id with their lives."""

    def __init__(self):
        self.there = {}
        self.trusts = {}
        self.updates = []
        self.failures = []  # of the next writes
        self.unlisted = False

    def add(self, subscriber, ttl=3600, age=0, options=None):
        id = f"subscription{len(self.there)}"
        self.there[id] = {
            "id": id,
            "source": "q",
            "subscriber": subscriber,
            "ttl": ttl,
            "age": age,
            "options": dict(options or {}),
        }
        return id

    def subscriptions(self, queue):
        return [] if self.unlisted else [self.subscription(queue, id) for id in self.there]

    def subscription(self, queue, id):
        return Subscription.of(copy.deepcopy(self.there[id]))

    def _fail(self):
        if self.failures:
            raise self.failures.pop()

    def create_subscription(self, queue, subscriber, ttl, options):
        self._fail()
        for subscription in self.there.values():
            if subscription["subscriber"] == subscriber:
                return subscription["id"]
        return self.add(subscriber, ttl, 0, options)

    def update_subscription(self, queue, id, changes):
        self._fail()
        if id not in self.there:
            raise refused(404)
        self.updates.append(changes)
        self.there[id].update(changes)
        if "ttl" in changes:
            self.there[id]["age"] = 0

    def delete_subscription(self, queue, id):
        del self.there[id]

    def new_trust(self, subscriber, ttl):
        id = f"trust{len(self.trusts)}"
        self.trusts[id] = ttl
        return id


class Keystone:
    def __init__(self, trusts):
        self.trusts = trusts
        self.failures = []  # of each request

    def trust_life(self, id):
        for failure in self.failures:
            raise failure
        return self.trusts.get(id, 0)

    def delete_trust(self, id):
        for failure in self.failures:
            raise failure
        self.trusts.pop(id, None)


def refused(status):
    return ServiceError("Zaqar", status, "no", "failed")


@pytest.fixture
def zaqar():
    return Zaqar()


@pytest.fixture
def flow(zaqar):
    keystone = Keystone(zaqar.trusts)
    warnings = []

    def make(check_mode=False, **params):
        wanted = {
            "queue": "q",
            "state": "present",
            "subscriber": None,
            "workflow": None,
            "ttl": 3600,
            "options": None,
        }
        made = ZaqarSubscription(
            dict(wanted, **params), Context(check_mode=check_mode, warn=warnings.append)
        )
        made.zaqar = zaqar
        made.keystone = keystone
        made.mistral = types.SimpleNamespace(
            url="http://mistral/v2", workflow=lambda name, namespace: make.workflow
        )
        return made

    make.keystone = keystone
    make.warnings = warnings
    make.workflow = None
    return make


def workflow(**given):
    return dict(
        {
            "name": "w",
            "namespace": "",
            "input": None,
            "message_input": None,
            "description": None,
            "label": "",
        },
        **given,
    )


def test_the_message_is_put_into_an_object_and_all_else_is_ascii():
    start = Start(
        **workflow(
            namespace="n", input={"other": "ü\"'{{ 1 }}"}, message_input="m", description="d"
        )
    )
    text = start.post_data()
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
def test_a_password_in_a_url_is_not_shown(flow, url, shown):
    flow(subscriber=url)
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
def test_a_subscription_is_renewed_when_less_than_half_remains(zaqar, flow, age, renewed):
    zaqar.add(HOOK, age=age)
    checked = flow(check_mode=True, subscriber=HOOK).run()
    assert zaqar.updates == []
    result = flow(subscriber=HOOK).run()
    assert checked["changed"] is result["changed"] is renewed
    assert zaqar.updates == ([{"ttl": 3600}] if renewed else [])
    if renewed:
        assert checked["diff"] == result["diff"]
        assert (result["diff"]["before"]["age"], result["diff"]["after"]["age"]) == (1801, 0)


def test_options_alone_do_not_renew(zaqar, flow):
    zaqar.add(HOOK, age=1000, options={"a": 1})
    assert flow(subscriber=HOOK, options={"a": True}).run()["subscription"]["age"] == 1000
    assert zaqar.updates == [{"options": {"a": True}}]


def test_a_trust_is_replaced_in_the_request_that_renews(zaqar, flow):
    zaqar.trusts["old"] = 1000
    zaqar.add(TRUSTED, age=2600, options={"a": 1, "trust_id": "old"})
    result = flow(subscriber=TRUSTED).run()
    assert zaqar.updates == [{"ttl": 3600, "options": {"a": 1, "trust_id": "trust1"}}]
    assert result["subscription"]["options"]["trust_id"] == "trust1"
    assert "old" in zaqar.trusts
    assert flow(subscriber=TRUSTED).run()["changed"] is False


@pytest.mark.parametrize("life, replaced", [(1799, True), (1800, False), (FOREVER, False)])
def test_a_trust_that_ends_too_early_is_replaced(zaqar, flow, life, replaced):
    zaqar.trusts["old"] = life
    zaqar.add(TRUSTED, options={"trust_id": "old"})
    assert flow(subscriber=TRUSTED).run()["changed"] is replaced
    assert [change["options"]["trust_id"] for change in zaqar.updates] == (
        ["trust1"] if replaced else []
    )


def test_a_trust_that_lasts_long_enough_stays(zaqar, flow):
    zaqar.trusts["old"] = 7000
    zaqar.add(TRUSTED, ttl=7200, age=200, options={"trust_id": "old"})
    flow(subscriber=TRUSTED).run()
    assert zaqar.updates == [{"ttl": 3600}]


def test_a_trust_that_nobody_may_look_at_is_replaced_when_the_subscription_is_renewed_only(
    zaqar, flow
):
    flow.keystone.failures = [refused(403)]
    id = zaqar.add(TRUSTED, options={"trust_id": "theirs"})
    assert flow(subscriber=TRUSTED).run()["changed"] is False
    zaqar.there[id]["age"] = 3000
    assert flow(subscriber=TRUSTED).run()["subscription"]["options"]["trust_id"] == "trust0"


def test_a_change_of_options_keeps_the_trust(zaqar, flow):
    zaqar.trusts["old"] = 3600
    zaqar.add(TRUSTED, options={"a": 1, "trust_id": "old"})
    flow(subscriber=TRUSTED, options={"a": 2}).run()
    assert zaqar.updates == [{"options": {"a": 2, "trust_id": "old"}}]


@pytest.mark.parametrize(
    "status, dropped",
    [(400, True), (409, True), (429, True), (500, False), (503, False), (None, False)],
)
def test_a_new_trust_is_deleted_only_if_the_request_was_refused_for_sure(
    zaqar, flow, status, dropped, monkeypatch
):
    monkeypatch.setattr(_settled, "SHORT_PATIENCE", 0)
    zaqar.failures = [refused(status)]
    with pytest.raises(ServiceError):
        flow(subscriber=TRUSTED).run()
    assert (zaqar.trusts == {}) is dropped

    zaqar.add(TRUSTED, age=3000)
    zaqar.trusts.clear()
    zaqar.failures = [refused(status)]
    with pytest.raises(ServiceError):
        flow(subscriber=TRUSTED).run()
    assert (zaqar.trusts == {}) is dropped


def test_a_subscription_that_expires_in_between_is_created_again(zaqar, flow):
    zaqar.add(HOOK, age=3599)
    zaqar.failures = [refused(404)]
    made = flow(subscriber=HOOK)
    zaqar.create_subscription = lambda queue, subscriber, ttl, options: zaqar.add(
        subscriber, ttl, 0, options
    )
    result = made.run()
    assert result["changed"] and result["diff"]["before"] == {}


def test_a_subscription_that_the_list_does_not_show_is_updated(zaqar, flow):
    zaqar.trusts["old"] = 3600
    id = zaqar.add(TRUSTED, options={"a": 1, "trust_id": "old"})
    zaqar.unlisted = True
    result = flow(subscriber=TRUSTED, options={"a": 2}).run()
    assert result["subscription"]["id"] == id
    assert zaqar.there[id]["options"] == {"a": 2, "trust_id": "old"}
    assert zaqar.trusts == {"old": 3600}


@pytest.mark.parametrize(
    "stored, said",
    [
        (None, ["it is not there"]),
        ({"interface": {"input": ["m", {"other": None}]}}, []),
        (
            {"interface": {"input": ["m", "more"]}},
            ["it has no input 'other'", "it needs the input 'more'"],
        ),
        # without the interface
        ({"definition": "w: {input: [m, other: 1], tasks: {}}"}, []),
        (
            {"definition": "w: {input: [m, more], tasks: {}}"},
            ["it has no input 'other'", "it needs the input 'more'"],
        ),
        ({"definition": "not: [YAML"}, []),
    ],
)
def test_a_workflow_that_cannot_be_started_is_warned_of(flow, stored, said):
    flow.workflow = stored and Workflow.of(dict(stored, name="w"))
    flow(workflow=workflow(input={"other": 1}, message_input="m")).run()
    assert len(flow.warnings) == bool(said)
    assert all(part in flow.warnings[0] for part in said)


def test_absent_deletes_the_trust_or_warns(zaqar, flow):
    zaqar.trusts["old"] = 3600
    zaqar.add(TRUSTED, options={"trust_id": "old"})
    assert flow(check_mode=True, subscriber=TRUSTED, state="absent").run()["changed"]
    assert zaqar.there and zaqar.trusts
    assert flow(subscriber=TRUSTED, state="absent").run()["changed"]
    assert not zaqar.there and not zaqar.trusts
    assert flow.warnings == []

    zaqar.add(TRUSTED, options={"trust_id": "old"})
    flow.keystone.failures = [Failure("No.")]
    assert flow(subscriber=TRUSTED, state="absent").run()["changed"]
    assert flow.warnings == ["The subscription is deleted, but not its trust. No."]


def test_a_foreign_option_that_looks_like_a_trust_is_left_alone(zaqar, flow):
    zaqar.trusts["old"] = 3600
    zaqar.add(HOOK, options={"trust_id": "old"})
    flow(subscriber=HOOK, state="absent").run()
    assert zaqar.trusts == {"old": 3600}


def stored(age=0, ttl=3600, **options):
    return Subscription("s", TRUSTED, age, ttl, options, {})


@pytest.mark.parametrize(
    "before, trust_life, expected",
    [
        # without a trust
        (stored(a=1), FOREVER, Plan()),
        (stored(a=2), FOREVER, Plan(options=True)),
        (stored(a=True), FOREVER, Plan(options=True)),  # 1 is not true
        (stored(a=1, age=1800), FOREVER, Plan()),
        (stored(a=1, age=1801), FOREVER, Plan(ttl=True)),
        (stored(a=1, ttl=7200), FOREVER, Plan(ttl=True)),
        (stored(a=2, ttl=60), FOREVER, Plan(options=True, ttl=True)),
        # with a trust, which is no option of the task's
        (stored(a=1, trust_id="t"), 3600, Plan()),
        (stored(a=1, trust_id="t"), 1800, Plan()),
        (stored(a=1, trust_id="t"), 1799, Plan(ttl=True, trust=True)),
        (stored(a=1, trust_id="t", age=1801), 3599, Plan(ttl=True, trust=True)),
        (stored(a=1, trust_id="t", age=1801), 3600, Plan(ttl=True)),
        (stored(a=2, trust_id="t"), 1800, Plan(options=True)),
        # the trust is gone
        (stored(a=1), 0, Plan(ttl=True, trust=True)),
        # nobody tells us how long the trust lasts
        (stored(a=1, trust_id="t"), None, Plan()),
        (stored(a=1, trust_id="t", age=1801), None, Plan(ttl=True, trust=True)),
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
def test_options_that_contradict_are_refused(zaqar, flow, params, words):
    with pytest.raises(Failure, match=words) as caught:
        flow(**params).run()
    assert caught.value.error_code == "bad_option" and zaqar.there == {}


@pytest.mark.parametrize(
    "url, words",
    [
        ("http://hooks.example.com/", "go to http://hooks.example.com/ unencrypted: use https"),
        ("trust+http://hooks.example.com/", "unencrypted, and a token that acts in your name"),
        (HOOK, ""),
        (TRUSTED, ""),
    ],
)
def test_messages_that_go_unencrypted_are_warned_of(flow, url, words):
    flow(subscriber=url).run()
    assert len(flow.warnings) == bool(words)
    assert words in "".join(flow.warnings)


@pytest.mark.parametrize(
    "age, options, done, outcome_unknown",
    [
        (3000, {"a": 1}, True, False),  # the renewal shows in the age
        (0, {"a": 2}, True, False),  # ... and a change in the options
        (3000, {"a": 1}, False, True),
        (0, {"a": 2}, False, True),
    ],
)
def test_an_update_whose_answer_was_lost_is_found_out(
    zaqar, flow, age, options, done, outcome_unknown, monkeypatch
):
    monkeypatch.setattr(_settled, "SHORT_PATIENCE", 0)
    zaqar.add(HOOK, age=age, options={"a": 1})
    update = zaqar.update_subscription

    def lose_the_answer(*args):
        if done:
            update(*args)
        raise refused(503)

    zaqar.update_subscription = lose_the_answer
    if outcome_unknown:
        with pytest.raises(ServiceError) as caught:
            flow(subscriber=HOOK, options=options).run()
        assert caught.value.result["outcome_unknown"] is True
    else:
        result = flow(subscriber=HOOK, options=options).run()
        assert result["changed"] and result["subscription"]["options"] == options


def test_a_creation_whose_answer_was_lost_is_found_out(zaqar, flow, monkeypatch):
    monkeypatch.setattr(_settled, "SHORT_PATIENCE", 0)
    create = zaqar.create_subscription

    def lose_the_answer(*args):
        create(*args)
        raise refused(503)

    zaqar.create_subscription = lose_the_answer
    result = flow(subscriber=TRUSTED).run()
    assert list(zaqar.there) == [result["subscription"]["id"]]
    assert list(zaqar.trusts) == [result["subscription"]["options"]["trust_id"]]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_subscriptions_of_others_are_left_alone(zaqar, flow, state):
    id = zaqar.add("https://others.example.com/", age=3000, options={"a": 1})
    before = copy.deepcopy(zaqar.there[id])
    result = flow(subscriber=HOOK, state=state, options={"a": 2}).run()
    assert result["changed"] is (state == "present")
    assert zaqar.there[id] == before
    assert len(zaqar.there) == 1 + (state == "present")
