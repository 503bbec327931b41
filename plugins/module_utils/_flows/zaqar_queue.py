# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_queue does."""

from __future__ import annotations

import enum
import functools
import typing as t
import uuid

from .._base.errors import ServiceError
from .._base.json_types import Json, JsonObject, Result, is_same_json
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
    EXISTED = "it existed before"
    UNKNOWN = "the queue exists, and nobody knows since when"


class Patched(t.NamedTuple):
    """Metadata as it will be, and the JSON patches that lead to it."""

    metadata: JsonObject
    patches: list[JsonObject]


def normalized(metadata: dict[t.Any, Json]) -> JsonObject:
    """Return metadata as Zaqar takes it: keys are text, and what has to be a number is a number.

    Templates yield text on ansible-core before 2.19.
    """
    result = {}
    for key, value in metadata.items():
        name = str(key)
        is_digits = isinstance(value, str) and value.strip().isdigit()
        result[name] = int(value) if name in WHOLE_NUMBERS and is_digits else value
    return result


def merged(before: JsonObject, changes: JsonObject, defaults: JsonObject) -> Patched:
    """Merge ``changes`` into ``before``.

    null removes a key; a key that has a default in the service gets its default back.
    """
    metadata = dict(before)
    patches: list[JsonObject] = []
    for key, value in changes.items():
        path = "/metadata/" + key.replace("~", "~0").replace("/", "~1")
        if value is not None:
            if key not in before or not is_same_json(before[key], value):
                patches.append({"op": "add", "path": path, "value": value})
                metadata[key] = value
        elif key in before and not _is_default(before[key], key, defaults):
            patches.append({"op": "remove", "path": path})
            del metadata[key]
            if key in defaults:
                metadata[key] = defaults[key]
    return Patched(metadata, patches)


def _is_default(value: Json, key: str, defaults: JsonObject) -> bool:
    return key in defaults and is_same_json(value, defaults[key])


class ZaqarQueue(Flow):
    OPTIONS = dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        metadata=dict(type="dict"),
        purge=dict(type="list", elements="str", choices=["messages", "subscriptions"]),
    )

    def run(self) -> Result:
        if self.params["state"] == "absent":
            return self._delete()
        changes = normalized(self.params["metadata"] or {})
        initial = {key: value for key, value in changes.items() if value is not None}
        creation = self.create(initial)
        before = self.zaqar.queue(self.name)
        if creation is Creation.CREATED:
            queue = self._as_result({**before, **initial})
            return {"changed": True, "queue": queue, "diff": {"before": {}, "after": queue}}
        return self._update(before, changes, creation)

    # Absent

    def _delete(self) -> Result:
        if not self.zaqar.exists(self.name):
            return {"changed": False}
        before: Result = {"name": self.name}
        if self.context.diff:
            before = self._as_result(self.zaqar.queue(self.name))
        if not self.context.check_mode:
            settled(lambda: self.zaqar.delete_queue(self.name), self._is_deleted, self.whole_task)
        return {"changed": True, "diff": {"before": before, "after": {}}}

    def _is_deleted(self) -> bool | None:
        """Return True if the queue does not exist any more, else None."""
        if self.zaqar.exists(self.name):
            return None
        return True

    # Present

    @functools.cached_property
    def name(self) -> str:
        """The name of the queue. Raises Failure for one that Zaqar does not take."""
        return checked_queue_name(self.params["name"])

    def create(self, metadata: JsonObject) -> Creation:
        """Create the queue with this metadata. If it exists already, nothing of it is changed."""
        if self.context.check_mode:
            return Creation.EXISTED if self.zaqar.exists(self.name) else Creation.CREATED

        def request() -> Creation:
            if self.zaqar.create_queue(self.name, metadata):
                return Creation.CREATED
            return Creation.EXISTED

        def look() -> Creation | None:
            return Creation.UNKNOWN if self.zaqar.exists(self.name) else None

        return settled(request, look, self.whole_task)

    def _update(self, before: JsonObject, changes: JsonObject, creation: Creation) -> Result:
        """Change the metadata, and purge what the task names."""
        after, patches = merged(before, changes, self._defaults(changes))
        if patches and not self.context.check_mode:
            after = self._patch(patches, after)
        purged = self._purge()
        result: Result = {"changed": False, "queue": self._as_result(after)}
        if patches or purged or creation is Creation.UNKNOWN:
            result["changed"] = True
            result["diff"] = {
                "before": {**self._as_result(before), **purged},
                "after": {**self._as_result(after), **dict.fromkeys(purged, 0)},
            }
        return result

    def _patch(self, patches: list[JsonObject], expected: JsonObject) -> JsonObject:
        def look() -> JsonObject | None:
            metadata = self.zaqar.queue(self.name)
            if is_same_json(metadata, expected):
                return metadata
            return None

        return settled(lambda: self.zaqar.update_queue(self.name, patches), look, self.whole_task)

    def _defaults(self, changes: JsonObject) -> JsonObject:
        """Return the service's defaults if they matter. Zaqar shows them for any unknown queue."""
        if any(value is None and key.startswith("_") for key, value in changes.items()):
            return self.zaqar.queue(uuid.uuid4().hex)
        return {}

    def _as_result(self, metadata: JsonObject) -> Result:
        return {"name": self.name, "metadata": metadata}

    # Purging

    def _purge(self) -> dict[str, int]:
        """Purge what the task names. Return how much of each kind there was, if anything."""
        numbers = {kind: self._number_of(kind) for kind in self._kinds_to_purge()}
        purged = {kind: number for kind, number in numbers.items() if number}
        if purged and not self.context.check_mode:
            try:
                self._purge_all(list(purged))
            except ServiceError as error:
                if error.outcome_unknown:
                    sentence = (
                        "It may be purged all the same, in part or as a whole: run the task again."
                    )
                    say_unknown(error, sentence)
                raise
        return purged

    def _kinds_to_purge(self) -> list[str]:
        """Return what the task names, always in the same order."""
        kinds = self.params["purge"] or []
        return [kind for kind in ("messages", "subscriptions") if kind in kinds]

    def _number_of(self, kind: str) -> int:
        if kind == "messages":
            return self.zaqar.stats(self.name).free
        return len(self.zaqar.subscriptions(self.name))

    def _purge_all(self, kinds: list[str]) -> None:
        self.zaqar.purge_queue(self.name, kinds)
        if "subscriptions" in kinds:  # Zaqar purges one page of them
            for subscription in self.zaqar.subscriptions(self.name):
                self.zaqar.delete_subscription(self.name, subscription.id)
