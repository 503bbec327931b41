# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fake Zaqar and the fake Mistral share: a clock, requests, answers and routes."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import typing as t
import urllib.parse

from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline

# When the fake clock shows 0.
EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)

Handler = t.Callable[["Request"], "Answer"]


class FakeClock:
    """A clock that only ``sleep`` moves. ``monotonic`` and ``sleep`` fit a Deadline."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self._events: list[tuple[float, t.Callable[[], object]]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Advance the time; what ``at`` has planned for it happens on the way, in order of time."""
        end = self.now + seconds
        while due := [event for event in self._events if event[0] <= end]:
            event = min(due, key=lambda event: event[0])
            self._events.remove(event)
            self.now = max(self.now, event[0])
            event[1]()
        self.now = max(self.now, end)

    def at(self, moment: float, action: t.Callable[[], object]) -> None:
        """Call ``action`` once the clock has come to ``moment``."""
        self._events.append((moment, action))

    def deadline(self, seconds: float) -> Deadline:
        """Return a Deadline on this clock."""
        return Deadline(seconds, clock=self.monotonic, sleep=self.sleep)


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as a service gets it. ``kind`` is the name of its route."""

    service: str
    method: str
    path: str  # without the version: queues/q/messages
    query: dict[str, str]
    text: str  # the body
    kind: str
    names: dict[str, str]  # those in the path, for instance {"queue": "q"}

    @property
    def body(self) -> t.Any:
        """The body as data; None without one."""
        return json.loads(self.text) if self.text else None


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a service answers: a status and what its JSON body holds. None is no body at all."""

    status: int = 200
    data: t.Any = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


class Refused(Exception):
    """A service answers with an error of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Route:
    """A kind of request: its method, and its path, such as ``queues/{queue}/messages``."""

    method: str
    path: str
    kind: str

    def names(self, path: str) -> dict[str, str] | None:
        """Return the names in a path that this route serves, None for other paths."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        match = re.fullmatch(pattern, path)
        if match is None:
            return None
        return {name: urllib.parse.unquote(part) for name, part in match.groupdict().items()}


class FakeService:
    """A service in memory. A subclass has a method for the kind of each of its routes."""

    NAME: t.ClassVar[str]
    ROUTES: t.ClassVar[tuple[Route, ...]]

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self._count = 0

    def new_id(self) -> str:
        """Return an id that looks like Mistral's and Zaqar's, and is another one each time."""
        self._count += 1
        return f"{self.NAME.encode().hex()[:8]}-0000-4000-8000-{self._count:012d}"

    def request(self, method: str, url: str, params: t.Any, text: str) -> Request:
        """Return what is asked for by a request to a URL of this service."""
        parts = urllib.parse.urlsplit(url)
        path = parts.path.removeprefix("/v2").strip("/")
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        query.update({name: str(value) for name, value in (params or {}).items()})
        for route in self.ROUTES:
            names = route.names(path)
            if route.method == method and names is not None:
                return Request(self.NAME, method, path, query, text, route.kind, names)
        raise AssertionError(f"the fake {self.NAME} does not know {method} {url}")

    def answer(self, request: Request) -> Answer:
        """Carry a request out. Raises Refused."""
        handler: Handler = getattr(self, request.kind)
        return handler(request)
