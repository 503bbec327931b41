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
from .._base.userinfo import HIDDEN, remember_url, url_without_userinfo
from .._services.definition import inputs
from .._services.keystone import FOREVER
from .._services.records import Subscription
from .._services.unknown import settled
from .._services.zaqar import (
    SUBSCRIPTION_SECONDS,
    checked_queue_name,
    is_sent_unencrypted,
)
from .._shell.flow import Context, Flow

MESSAGE = (
    "$zaqar_message$"  # what Zaqar replaces by the message, together with the quotes around it
)

Options = t.Dict[str, t.Any]


def as_text(value: t.Any) -> str:
    """Return what Zaqar keeps as text and a playbook may say as data; in ASCII, as Zaqar sends it byte by byte."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def normalized(options: Options) -> Options:
    """Return options as Zaqar can use them: it stores anything, and fails at the first message."""
    result = dict(options)
    if "post_data" in result:
        result["post_data"] = as_text(result["post_data"])
    if "post_headers" in result:
        result["post_headers"] = {
            str(name): as_text(value) for name, value in result["post_headers"].items()
        }
    return result


def post_data(workflow: dict[str, t.Any]) -> str:
    """Return the body of the request that starts a workflow with the notified message."""
    inputs = dict(workflow["input"] or {})
    if workflow["message_input"]:
        inputs[workflow["message_input"]] = MESSAGE
    # Zaqar replaces the quoted placeholder wherever it is: only in an object, not in a text of JSON, is it quoted so.
    body = {
        "workflow_name": workflow["name"],
        "workflow_namespace": workflow["namespace"],
        "input": inputs,
    }
    if workflow["description"]:
        body["description"] = workflow["description"]
    return as_text(body)


def without_trust(options: Options) -> Options:
    return {key: value for key, value in options.items() if key != "trust_id"}


def hidden(options: Options, unlike: Options | None = None) -> Options:
    """Return options without the values of headers; of those that differ from ``unlike`` this much is said."""
    shown = dict(options)
    headers = shown.get("post_headers")
    if headers is not None:
        before = (unlike or {}).get("post_headers") or {}
        shown["post_headers"] = (
            {
                name: f"{HIDDEN} (another value)"
                if name in before and before[name] != value
                else HIDDEN
                for name, value in headers.items()
            }
            if isinstance(headers, dict)
            else HIDDEN
        )
    return shown


def _same(one: t.Any, other: t.Any) -> bool:
    """Equal as JSON: 1 is not true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


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

    def __init__(self, params: dict[str, t.Any], context: Context) -> None:
        super().__init__(params, context)
        remember_url(params["subscriber"])  # what Zaqar says of it may show it

    @classmethod
    def redacted(cls, params: dict[str, t.Any]) -> dict[str, t.Any]:
        result = dict(params)
        if result.get("options"):
            result["options"] = hidden(result["options"])
        if result.get("subscriber"):
            result["subscriber"] = url_without_userinfo(result["subscriber"])
        return result

    def run(self) -> dict[str, t.Any]:
        self.queue = checked_queue_name(self.params["queue"])
        self._check()
        self.subscriber = self._subscriber()
        self.delegated = self.subscriber.startswith("trust+")
        found = self._found()
        if self.params["state"] == "absent":
            return self._absent(found)
        self._warn()
        return self._update(found) if found else self._create()

    def _found(self) -> Subscription | None:
        return next(
            (s for s in self.zaqar.subscriptions(self.queue) if s.subscriber == self.subscriber),
            None,
        )

    def _found_id(self) -> str | None:
        found = self._found()
        return found.id if found else None

    def _check(self) -> None:
        options = self.params["options"] or {}
        workflow = self.params["workflow"] or {}
        for wrong, message in (
            (
                "trust_id" in options,
                "leave 'trust_id' out of 'options', the trust is created and renewed for you",
            ),
            (
                workflow and "post_data" in options,
                "leave 'post_data' out of 'options', it is made from 'workflow'",
            ),
            (
                not isinstance(options.get("post_headers", {}), dict),
                "'post_headers' in 'options' has to be a dictionary",
            ),
            (
                workflow and workflow["message_input"] in (workflow["input"] or {}),
                "'workflow.message_input' names an input that 'workflow.input' has a value for",
            ),
        ):
            if wrong:
                raise Failure(
                    f"Could not subscribe to queue '{self.queue}': {message}.", "bad_option"
                )

    def _subscriber(self) -> str:
        workflow = self.params["workflow"]
        if not workflow:
            return self.params["subscriber"]
        # The fragment is never sent; it gives each workflow a subscription of its own, which Zaqar tells by their URLs.
        names = filter(None, (workflow["namespace"], workflow["name"]))
        fragment = "/".join(urllib.parse.quote(name, safe="") for name in names)
        label = f";{urllib.parse.quote(workflow['label'], safe='')}" if workflow["label"] else ""
        return f"trust+{self.mistral.url}/executions#{fragment}{label}"

    def _warn(self) -> None:
        if self.params["workflow"]:
            self._warn_of_workflow(self.params["workflow"])
        elif is_sent_unencrypted(self.subscriber.removeprefix("trust+")):
            token = ", and a token that acts in your name with them" if self.delegated else ""
            self.context.warn(
                f"The messages of queue '{self.queue}' go to {url_without_userinfo(self.subscriber)} unencrypted{token}:"
                " use https."
            )

    def _warn_of_workflow(self, wanted: dict[str, t.Any]) -> None:
        """Say what would make Mistral refuse each start, which nobody learns of: Zaqar does not look at the answer."""
        found = self.mistral.workflow(wanted["name"], wanted["namespace"])
        takes = inputs(found) if found else None
        trouble = []
        if found is None:
            trouble.append("it is not there")
        elif takes:
            given = set(wanted["input"] or {}) | ({wanted["message_input"]} - {None})
            trouble += [
                f"it has no input '{name}'" for name in sorted(given.difference(takes.names))
            ]
            trouble += [f"it needs the input '{name}'" for name in sorted(takes.required - given)]
        if trouble:
            self.context.warn(
                f"Mistral will refuse to start workflow '{wanted['name']}', and messages of queue '{self.queue}' will"
                f" start nothing, without a trace: {', '.join(trouble)}."
            )

    # Absent

    def _absent(self, found: Subscription | None) -> dict[str, t.Any]:
        if found is None:
            return {"changed": False}
        if not self.context.check_mode:
            self._delete(found.id)
            trust = found.options.get("trust_id")
            if self.delegated and trust:
                try:
                    self.keystone.delete_trust(trust)
                except Failure as error:
                    self.context.warn(
                        f"The subscription is deleted, but not its trust. {error.message}"
                    )
        return {"changed": True, "diff": {"before": self._compared(found), "after": {}}}

    def _delete(self, id: str) -> None:
        def look() -> bool | None:
            now = self._found()
            return True if now is None or now.id != id else None

        settled(lambda: self.zaqar.delete_subscription(self.queue, id), look, self.deadline)

    # Present

    def _wanted(self, there: Options) -> Options:
        """Return the options to have, without the trust. Those that the task does not speak of stay."""
        given = self.params["options"]
        wanted = without_trust(there) if given is None else normalized(given)
        if self.params["workflow"]:
            wanted["post_data"] = post_data(self.params["workflow"])
        return wanted

    def _create(self) -> dict[str, t.Any]:
        ttl, options = self.params["ttl"], self._wanted({})
        predicted = Subscription("", self.subscriber, 0, ttl, options, {})
        if self.context.check_mode:
            return self._changed(None, predicted)
        trust = self._add_trust(options)
        with self._or_drop(trust):
            id = settled(
                lambda: self.zaqar.create_subscription(self.queue, self.subscriber, ttl, options),
                self._found_id,
                self.deadline,
            )
        created = self.zaqar.subscription(self.queue, id)
        if not _same(created.options, options) or created.ttl != ttl:
            # It was there after all: another task's, or hidden from the list by expired ones.
            self._drop(trust)
            return self._update(created)
        return self._changed(None, created)

    def _update(self, found: Subscription) -> dict[str, t.Any]:
        ttl, options = self.params["ttl"], self._wanted(found.options)
        trust = found.options.get("trust_id")
        trusted = self._trust_life(trust) if self.delegated else FOREVER
        changes: dict[str, t.Any] = {}
        if not _same(without_trust(found.options), options):
            changes["options"] = options
        if self.delegated and trust:
            options["trust_id"] = trust
        life = found.ttl - found.age if trusted is None else min(found.ttl - found.age, trusted)
        if found.ttl != ttl or life * 2 < ttl:
            changes["ttl"] = ttl
        if not changes:
            return {"changed": False, "subscription": self._shown(found)}
        if self.context.check_mode:
            age = 0 if "ttl" in changes else found.age
            return self._changed(found, dataclasses.replace(found, **changes, age=age))

        new_trust = None
        if "ttl" in changes and (trusted is None or trusted < ttl):
            # The old one is left to expire. To delete it would take away the authorization of what it has started, and
            # of notifications that are on their way.
            new_trust = self._add_trust(options)
            changes["options"] = options
        try:
            with self._or_drop(new_trust):
                settled(
                    lambda: self.zaqar.update_subscription(self.queue, found.id, changes),
                    lambda: self._is_updated(found, changes),
                    self.deadline,
                )
        except ServiceError as error:
            if error.status != 404:
                raise
            return self._create()  # it has expired in between
        return self._changed(found, self.zaqar.subscription(self.queue, found.id))

    def _is_updated(self, before: Subscription, changes: dict[str, t.Any]) -> bool | None:
        now = self.zaqar.subscription(self.queue, before.id)
        if any(not _same(getattr(now, name), value) for name, value in changes.items()):
            return None
        # A renewal for as long as before shows in the age alone.
        renewed = "ttl" not in changes or before.ttl != changes["ttl"] or now.age < before.age
        return True if renewed else None

    def _trust_life(self, trust: str | None) -> float | None:
        """Return the seconds that the trust is good for, None if we may not know: it is somebody else's."""
        if not trust:
            return 0
        try:
            return self.keystone.trust_life(trust)
        except Failure:
            return None

    def _add_trust(self, options: Options) -> str | None:
        if not self.delegated:
            return None
        options["trust_id"] = self.zaqar.new_trust(self.subscriber, self.params["ttl"])
        return options["trust_id"]

    @contextlib.contextmanager
    def _or_drop(self, trust: str | None) -> t.Iterator[None]:
        """Delete the trust if the service refuses the request. If nobody knows, it may be in use."""
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

    # What came of it

    def _shown(self, subscription: Subscription) -> dict[str, t.Any]:
        resource = subscription.resource
        known = {key: resource[key] for key in ("id", "confirmed") if key in resource}
        return dict(self._compared(subscription), options=hidden(subscription.options), **known)

    def _changed(self, before: Subscription | None, after: Subscription) -> dict[str, t.Any]:
        diff = {
            "before": self._compared(before) if before else {},
            "after": self._compared(after, before),
        }
        return {"changed": True, "subscription": self._shown(after), "diff": diff}

    def _compared(
        self, subscription: Subscription, before: Subscription | None = None
    ) -> dict[str, t.Any]:
        return {
            "queue": self.queue,
            "subscriber": url_without_userinfo(subscription.subscriber),
            "ttl": subscription.ttl,
            "age": subscription.age,
            "options": hidden(
                without_trust(subscription.options), before.options if before else None
            ),
        }
