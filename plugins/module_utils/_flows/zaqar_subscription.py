# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_subscription does."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import typing as t
import urllib.parse

from .._base.errors import Failure, ServiceError
from .._base.json_types import Json, JsonObject, Options, Result, is_same_json
from .._base.userinfo import HIDDEN, remember_url, url_without_userinfo
from .._services.definition import inputs
from .._services.keystone import FOREVER
from .._services.records import Subscription, Workflow
from .._services.unknown import settled
from .._services.zaqar import (
    SUBSCRIPTION_SECONDS,
    checked_queue_name,
    is_sent_unencrypted,
)
from .._shell.flow import Context, Flow

# Zaqar replaces this by the message, together with the quotes around it.
MESSAGE = "$zaqar_message$"


@dataclasses.dataclass(frozen=True)
class Start:
    """The option ``workflow``: which workflow a message starts, and with what."""

    name: str
    namespace: str
    input: JsonObject | None
    message_input: str | None  # the name of the input that gets the message
    description: str | None
    label: str

    @property
    def input_names(self) -> set[str]:
        names = set(self.input or {})
        if self.message_input is not None:
            names.add(self.message_input)
        return names

    def subscriber(self, mistral_url: str) -> str:
        """Return the URL that Zaqar sends messages to.

        The fragment is never sent. Zaqar tells subscriptions apart by their URLs, so the fragment
        gives each workflow a subscription of its own.
        """
        fragment = urllib.parse.quote(self.name, safe="")
        if self.namespace:
            fragment = f"{urllib.parse.quote(self.namespace, safe='')}/{fragment}"
        if self.label:
            fragment += f";{urllib.parse.quote(self.label, safe='')}"
        return f"trust+{mistral_url}/executions#{fragment}"

    def post_data(self) -> str:
        """Return the body of the request that starts the workflow with the message.

        The inputs are an object and not a text of JSON: Zaqar replaces the placeholder only if
        there are plain quotes around it.
        """
        values = dict(self.input or {})
        if self.message_input:
            values[self.message_input] = MESSAGE
        body: JsonObject = {
            "workflow_name": self.name,
            "workflow_namespace": self.namespace,
            "input": values,
        }
        if self.description:
            body["description"] = self.description
        return as_text(body)

    def obstacles(self, workflow: Workflow | None) -> list[str]:
        """Return why Mistral will refuse to start the workflow; empty if it will not."""
        if workflow is None:
            return ["it is not there"]
        accepted = inputs(workflow)
        if accepted is None:
            return []
        surplus = sorted(self.input_names.difference(accepted.names))
        missing = sorted(accepted.required - self.input_names)
        return [
            *(f"it has no input '{name}'" for name in surplus),
            *(f"it needs the input '{name}'" for name in missing),
        ]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an update of a subscription changes."""

    options: bool = False
    ttl: bool = False  # it begins to count again
    trust: bool = False  # a new trust takes the place of the trust

    @property
    def is_empty(self) -> bool:
        return not (self.options or self.ttl)


def plan_update(
    before: Subscription, ttl: int, options: JsonObject, trust_life: float | None
) -> Plan:
    """Decide what has to be changed.

    ``options`` are those to have, without a trust. ``trust_life`` is how many seconds the trust
    lasts, FOREVER if there is no need for a trust, None if nobody tells us.

    A subscription is renewed when less than half of its time remains. If its trust lasts less than
    the renewed subscription, or may do so, it gets a new one.
    """
    remaining: float = before.ttl - before.age
    if trust_life is not None:
        remaining = min(remaining, trust_life)
    is_renewed = before.ttl != ttl or remaining * 2 < ttl
    lasts_long_enough = trust_life is not None and trust_life >= ttl
    return Plan(
        options=not is_same_json(without_trust(before.options), options),
        ttl=is_renewed,
        trust=is_renewed and not lasts_long_enough,
    )


def as_text(value: Json) -> str:
    """Return a value as the text that Zaqar keeps. Data becomes JSON, in ASCII as it is sent."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def normalized(options: JsonObject) -> JsonObject:
    """Return options as Zaqar can use them. It accepts any, and fails at the first message."""
    result = dict(options)
    if "post_data" in result:
        result["post_data"] = as_text(result["post_data"])
    if "post_headers" in result:
        headers = result["post_headers"]
        result["post_headers"] = {str(name): as_text(value) for name, value in headers.items()}
    return result


def without_trust(options: JsonObject) -> JsonObject:
    """Return the options of a subscription without the id of its trust."""
    return {key: value for key, value in options.items() if key != "trust_id"}


def with_trust(options: JsonObject, trust: str | None) -> JsonObject:
    """Return the options of a subscription with the id of a trust, if there is one."""
    if not trust:
        return options
    return {**options, "trust_id": trust}


def hidden(options: JsonObject, before: JsonObject | None = None) -> JsonObject:
    """Return options without the values of headers.

    It says of a header whether its value differs from the value in the options ``before``.
    """
    headers = options.get("post_headers")
    if headers is None:
        return dict(options)
    if not isinstance(headers, dict):
        return {**options, "post_headers": HIDDEN}
    earlier = (before or {}).get("post_headers")
    if not isinstance(earlier, dict):
        earlier = {}
    values = dict.fromkeys(headers, HIDDEN)
    for name in headers.keys() & earlier.keys():
        if headers[name] != earlier[name]:
            values[name] = f"{HIDDEN} (another value)"
    return {**options, "post_headers": values}


class ZaqarSubscription(Flow):
    OPTIONS = dict(
        queue=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        subscriber=dict(type="str", no_log=True),
        workflow=dict(
            type="dict",
            options=dict(
                name=dict(type="str", required=True),
                namespace=dict(type="str", default=""),
                input=dict(type="dict"),
                message_input=dict(type="str"),
                description=dict(type="str"),
                label=dict(type="str", default=""),
            ),
        ),
        ttl=dict(type="int", default=3600),
        options=dict(type="dict", no_log=True),
    )
    CONSTRAINTS = dict(
        mutually_exclusive=[["subscriber", "workflow"]],
        required_one_of=[["subscriber", "workflow"]],
    )
    RANGES = {"ttl": SUBSCRIPTION_SECONDS}

    def __init__(self, params: Options, context: Context) -> None:
        super().__init__(params, context)
        remember_url(params["subscriber"])  # errors of Zaqar may contain it

    @classmethod
    def redacted(cls, params: Options) -> Options:
        result = dict(params)
        if result.get("options"):
            result["options"] = hidden(result["options"])
        if result.get("subscriber"):
            result["subscriber"] = url_without_userinfo(result["subscriber"])
        return result

    def run(self) -> Result:
        self.queue = checked_queue_name(self.params["queue"])
        self.ttl: int = self.params["ttl"]
        self.start = self._start()
        self._check()
        self.subscriber = self._subscriber()
        self.is_delegated = self.subscriber.startswith("trust+")
        subscription = self._find()
        if self.params["state"] == "absent":
            return self._delete(subscription)
        self._warn()
        if subscription:
            return self._update(subscription)
        return self._create()

    def _start(self) -> Start | None:
        options = self.params["workflow"]
        if not options:
            return None
        return Start(**options)

    def _check(self) -> None:
        """Raise Failure for options that contradict each other or harm the subscription."""
        options = self.params["options"] or {}
        start = self.start
        refusals = (
            (
                "trust_id" in options,
                "leave 'trust_id' out of 'options', the trust is created and renewed for you",
            ),
            (
                start is not None and "post_data" in options,
                "leave 'post_data' out of 'options', it is made from 'workflow'",
            ),
            (
                not isinstance(options.get("post_headers", {}), dict),
                "'post_headers' in 'options' has to be a dictionary",
            ),
            (
                start is not None and start.message_input in (start.input or {}),
                "'workflow.message_input' names an input that 'workflow.input' has a value for",
            ),
        )
        for applies, cause in refusals:
            if applies:
                raise Failure(
                    f"Could not subscribe to queue '{self.queue}': {cause}.", "bad_option"
                )

    def _subscriber(self) -> str:
        if self.start:
            return self.start.subscriber(self.mistral.url)
        url: str = self.params["subscriber"]
        return url

    def _find(self) -> Subscription | None:
        """Return the subscription with this subscriber. The list may lack it: see _create()."""
        for subscription in self.zaqar.subscriptions(self.queue):
            if subscription.subscriber == self.subscriber:
                return subscription
        return None

    def _warn(self) -> None:
        """Warn of what nobody would learn of later."""
        if self.start:
            self._warn_of_workflow(self.start)
        elif is_sent_unencrypted(self.subscriber.removeprefix("trust+")):
            token = ""
            if self.is_delegated:
                token = ", and a token that acts in your name with them"
            self.context.warn(
                f"The messages of queue '{self.queue}' go to"
                f" {url_without_userinfo(self.subscriber)} unencrypted{token}: use https."
            )

    def _warn_of_workflow(self, start: Start) -> None:
        """Warn if Mistral will refuse each start. Zaqar does not look at Mistral's answer."""
        obstacles = start.obstacles(self.mistral.workflow(start.name, start.namespace))
        if obstacles:
            self.context.warn(
                f"Mistral will refuse to start workflow '{start.name}', and messages of queue"
                f" '{self.queue}' will start nothing, without a trace: {', '.join(obstacles)}."
            )

    # Absent

    def _delete(self, subscription: Subscription | None) -> Result:
        if subscription is None:
            return {"changed": False}
        if not self.context.check_mode:
            self._delete_subscription(subscription.id)
            self._delete_trust(subscription)
        diff = {"before": self._compared(subscription), "after": {}}
        return {"changed": True, "diff": diff}

    def _delete_subscription(self, id: str) -> None:
        def look() -> bool | None:
            subscription = self._find()
            is_gone = subscription is None or subscription.id != id
            if is_gone:
                return True
            return None

        settled(lambda: self.zaqar.delete_subscription(self.queue, id), look, self.whole_task)

    def _delete_trust(self, subscription: Subscription) -> None:
        trust = self._trust_of(subscription)
        if not trust:
            return
        try:
            self.keystone.delete_trust(trust)
        except Failure as error:
            self.context.warn(f"The subscription is deleted, but not its trust. {error.message}")

    # Present

    def _options(self, before: JsonObject) -> JsonObject:
        """Return the options to have, without a trust. If the task names none, they stay."""
        options = self.params["options"]
        if options is None:
            result = without_trust(before)
        else:
            result = normalized(options)
        if self.start:
            result["post_data"] = self.start.post_data()
        return result

    def _create(self) -> Result:
        options = self._options({})
        if self.context.check_mode:
            predicted = Subscription(
                id="", subscriber=self.subscriber, age=0, ttl=self.ttl, options=options, resource={}
            )
            return self._changed(None, predicted)
        trust = self._new_trust() if self.is_delegated else None
        options = with_trust(options, trust)
        with self._dropped_if_refused(trust):
            id = settled(
                lambda: self.zaqar.create_subscription(
                    self.queue, self.subscriber, self.ttl, options
                ),
                self._find_id,
                self.whole_task,
            )
        created = self.zaqar.subscription(self.queue, id)
        if not is_same_json(created.options, options) or created.ttl != self.ttl:
            # It existed before: another task made it, or expired ones hid it from the list.
            self._drop(trust)
            return self._update(created)
        return self._changed(None, created)

    def _find_id(self) -> str | None:
        subscription = self._find()
        if subscription is None:
            return None
        return subscription.id

    def _update(self, before: Subscription) -> Result:
        options = self._options(before.options)
        plan = plan_update(before, self.ttl, options, self._trust_life(before))
        if plan.is_empty:
            return {"changed": False, "subscription": self._as_result(before)}
        changes: JsonObject = {}
        if plan.ttl:
            changes["ttl"] = self.ttl
        if plan.options:
            changes["options"] = with_trust(options, self._trust_of(before))
        if self.context.check_mode:
            age = 0 if plan.ttl else before.age
            return self._changed(before, dataclasses.replace(before, **changes, age=age))

        new_trust = None
        if plan.trust:
            # The old trust is left to expire: what it has started, and notifications that are on
            # their way, still need it.
            new_trust = self._new_trust()
            changes["options"] = with_trust(options, new_trust)
        try:
            with self._dropped_if_refused(new_trust):
                settled(
                    lambda: self.zaqar.update_subscription(self.queue, before.id, changes),
                    lambda: self._is_updated(before, changes),
                    self.whole_task,
                )
        except ServiceError as error:
            if error.status != 404:
                raise
            return self._create()  # it has expired meanwhile
        return self._changed(before, self.zaqar.subscription(self.queue, before.id))

    def _is_updated(self, before: Subscription, changes: JsonObject) -> bool | None:
        """Return True if the subscription has the changes, else None."""
        subscription = self.zaqar.subscription(self.queue, before.id)
        if "options" in changes and not is_same_json(subscription.options, changes["options"]):
            return None
        if "ttl" not in changes:
            return True
        if subscription.ttl != changes["ttl"]:
            return None
        # A renewal with the same ttl shows in the age alone.
        if before.ttl == changes["ttl"] and subscription.age >= before.age:
            return None
        return True

    # Trusts

    def _trust_of(self, subscription: Subscription) -> str | None:
        """Return the id of the subscription's trust. An option of that name may be no trust."""
        if not self.is_delegated:
            return None
        return subscription.options.get("trust_id")

    def _trust_life(self, subscription: Subscription) -> float | None:
        """Return how many seconds the trust lasts, as plan_update() takes it."""
        if not self.is_delegated:
            return FOREVER
        trust = self._trust_of(subscription)
        if not trust:
            return 0
        try:
            return self.keystone.trust_life(trust)
        except Failure:  # somebody else's trust
            return None

    def _new_trust(self) -> str:
        return self.zaqar.new_trust(self.subscriber, self.ttl)

    @contextlib.contextmanager
    def _dropped_if_refused(self, trust: str | None) -> t.Iterator[None]:
        """Delete the trust if the request is refused. If the outcome is unknown, it may be used."""
        try:
            yield
        except ServiceError as error:
            if not error.outcome_unknown:
                self._drop(trust)
            raise

    def _drop(self, trust: str | None) -> None:
        if trust:
            with contextlib.suppress(Failure):  # it expires by itself
                self.keystone.delete_trust(trust)

    # Results

    def _changed(self, before: Subscription | None, after: Subscription) -> Result:
        diff: Result = {"before": {}, "after": self._compared(after, before)}
        if before:
            diff["before"] = self._compared(before)
        return {"changed": True, "subscription": self._as_result(after), "diff": diff}

    def _as_result(self, subscription: Subscription) -> Result:
        result = self._compared(subscription)
        result["options"] = hidden(subscription.options)
        for key in ("id", "confirmed"):  # some releases of Zaqar confirm nothing
            if key in subscription.resource:
                result[key] = subscription.resource[key]
        return result

    def _compared(self, subscription: Subscription, before: Subscription | None = None) -> Result:
        """Return what a diff shows: nothing secret, and no trust, which is new each time."""
        options = without_trust(subscription.options)
        return {
            "queue": self.queue,
            "subscriber": url_without_userinfo(subscription.subscriber),
            "ttl": subscription.ttl,
            "age": subscription.age,
            "options": hidden(options, before.options if before else None),
        }
