# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_queue does."""

from __future__ import annotations

import enum
import json
import typing as t
import uuid

from .._base.errors import ServiceError
from .._services.unknown import say_unknown, settled
from .._services.zaqar import checked_queue_name
from .._shell.flow import Flow

WHOLE_NUMBERS = frozenset(
    """_max_messages_post_size _default_message_ttl _default_message_delay _max_claim_count
    _dead_letter_queue_messages_ttl""".split()
)


class Creation(enum.Enum):
    """What a request to create a queue did."""

    CREATED = "created"
    WAS_THERE = "was there"
    UNKNOWN = "is there, and nobody knows since when"


class Patched(t.NamedTuple):
    """Metadata as it will be, and the JSON patches that lead there."""

    metadata: dict[str, t.Any]
    patches: list[dict[str, t.Any]]


def normalized(metadata: dict[t.Any, t.Any]) -> dict[str, t.Any]:
    """Return metadata as Zaqar takes it: keys are text, and what has to be a number is one.

    Templates yield text on ansible-core before 2.19.
    """
    result = {}
    for key, value in metadata.items():
        key = str(key)
        if key in WHOLE_NUMBERS and isinstance(value, str) and value.strip().isdigit():
            value = int(value)
        result[key] = value
    return result


def merged(
    before: dict[str, t.Any], wanted: dict[str, t.Any], defaults: dict[str, t.Any]
) -> Patched:
    """Merge ``wanted`` into ``before``; null removes a key, or takes a key of the service back to its default."""
    after = dict(before)
    patches = []
    for key, value in wanted.items():
        path = "/metadata/" + key.replace("~", "~0").replace("/", "~1")
        if value is None:
            value = defaults.get(key)
            if key not in before or (key in defaults and _same(before[key], value)):
                continue
            patches.append({"op": "remove", "path": path})
            del after[key]
            if key in defaults:
                after[key] = value
        elif key not in before or not _same(before[key], value):
            patches.append({"op": "add", "path": path, "value": value})
            after[key] = value
    return Patched(after, patches)


def _same(one: t.Any, other: t.Any) -> bool:
    """Equal as JSON: 1 is not true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


class ZaqarQueue(Flow):
    OPTIONS = dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        metadata=dict(type="dict"),
        purge=dict(type="list", elements="str", choices=["messages", "subscriptions"]),
    )

    def run(self) -> dict[str, t.Any]:
        self.name = checked_queue_name(self.params["name"])
        return self._absent() if self.params["state"] == "absent" else self._present()

    def _absent(self) -> dict[str, t.Any]:
        if not self.zaqar.exists(self.name):
            return {"changed": False}
        before = (
            self._shown(self.zaqar.queue(self.name)) if self.context.diff else {"name": self.name}
        )
        if not self.context.check_mode:
            settled(
                lambda: self.zaqar.delete_queue(self.name),
                lambda: None if self.zaqar.exists(self.name) else True,
                self.deadline,
            )
        return {"changed": True, "diff": {"before": before, "after": {}}}

    def _present(self) -> dict[str, t.Any]:
        wanted = normalized(self.params["metadata"] or {})
        initial = {key: value for key, value in wanted.items() if value is not None}
        creation = self._create(initial)
        before = self.zaqar.queue(self.name)
        if creation == Creation.CREATED:
            queue = self._shown(dict(before, **initial))
            return {"changed": True, "queue": queue, "diff": {"before": {}, "after": queue}}

        after, patches = merged(before, wanted, self._defaults(wanted))
        if patches and not self.context.check_mode:
            after = self._update(patches, after)
        diff = {"before": self._shown(before), "after": self._shown(after)}
        purged = self._purge()
        diff["before"].update(purged)
        diff["after"].update(dict.fromkeys(purged, 0))
        changed = bool(patches or purged) or creation == Creation.UNKNOWN
        result = {"changed": changed, "queue": self._shown(after)}
        return dict(result, diff=diff) if result["changed"] else result

    def _create(self, metadata: dict[str, t.Any]) -> Creation:
        """Create the queue unless it is there, in which case nothing of it is changed."""
        if self.context.check_mode:
            return Creation.WAS_THERE if self.zaqar.exists(self.name) else Creation.CREATED

        def request() -> Creation:
            return (
                Creation.CREATED
                if self.zaqar.create_queue(self.name, metadata)
                else Creation.WAS_THERE
            )

        return settled(
            request,
            lambda: Creation.UNKNOWN if self.zaqar.exists(self.name) else None,
            self.deadline,
        )

    def _update(
        self, patches: list[dict[str, t.Any]], wanted: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        def look() -> dict[str, t.Any] | None:
            now = self.zaqar.queue(self.name)
            return now if _same(now, wanted) else None

        return settled(lambda: self.zaqar.update_queue(self.name, patches), look, self.deadline)

    def _shown(self, metadata: dict[str, t.Any]) -> dict[str, t.Any]:
        return {"name": self.name, "metadata": metadata}

    def _defaults(self, wanted: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the service's defaults, if they matter: Zaqar shows them for a queue that isn't there."""
        if any(value is None and key.startswith("_") for key, value in wanted.items()):
            return self.zaqar.queue(uuid.uuid4().hex)
        return {}

    def _purge(self) -> dict[str, int]:
        """Purge what is asked for, and return how much of each kind there was."""
        kinds = self.params["purge"] or []
        there = {}
        if "messages" in kinds:
            there["messages"] = self.zaqar.stats(self.name).free
        if "subscriptions" in kinds:
            there["subscriptions"] = len(self.zaqar.subscriptions(self.name))
        there = {kind: number for kind, number in there.items() if number}
        if there and not self.context.check_mode:
            try:
                self._purge_all(list(there))
            except ServiceError as error:
                if error.outcome_unknown:
                    say_unknown(
                        error,
                        "It may be purged all the same, in part or as a whole: run the task again.",
                    )
                raise
        return there

    def _purge_all(self, kinds: list[str]) -> None:
        self.zaqar.purge_queue(self.name, kinds)
        if "subscriptions" in kinds:  # of which Zaqar purges one page
            for subscription in self.zaqar.subscriptions(self.name):
                self.zaqar.delete_subscription(self.name, subscription.id)
