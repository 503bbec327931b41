# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystoneauth session that sends every request, and counts them."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
import typing as t

try:
    from keystoneauth1 import exceptions, session
except ImportError:  # whoever would use it says so
    KeystoneSession: t.Any = object
else:
    KeystoneSession = session.Session

KEYSTONE = "Keystone"


@dataclasses.dataclass(frozen=True)
class Spent:
    """What requests have cost: their number, and the seconds that they took, by name of service."""

    requests: dict[str, int] = dataclasses.field(default_factory=dict)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)


class _ThreadState(threading.local):
    """What a session knows about each of its threads."""

    end: float | None = None  # a time of the monotonic clock, after which nothing is sent
    has_sent = False
    timeout: float | None = None  # of the last request, in seconds
    nested_seconds = 0.0  # of the requests inside the present one: a login can be part of it


class Session(KeystoneSession):
    """A session for several threads.

    ``services`` maps the beginning of a service's URLs to the name under which its requests are
    counted. All other requests are Keystone's.
    """

    def __init__(self, *args: t.Any, **options: t.Any) -> None:
        super().__init__(*args, **options)
        self.services: dict[str, str] = {}
        self._spent = Spent()
        self._lock = threading.Lock()
        self._state = _ThreadState()

    @contextlib.contextmanager
    def within(self, seconds: float) -> t.Iterator[None]:
        """Give up each request of this thread, also a login, when the seconds are over.

        After that, nothing is sent until the body ends.
        """
        previous_end = self._state.end
        self._state.end = time.monotonic() + seconds
        try:
            yield
        finally:
            self._state.end = previous_end

    @property
    def last_timeout(self) -> float | None:
        """The timeout of this thread's last request, in seconds; None if it had none."""
        return self._state.timeout if self._state.has_sent else self._own_timeout

    @property
    def _own_timeout(self) -> float | None:
        timeout: float | None = self.timeout  # keystoneauth's attribute
        return timeout

    def _timeout(self) -> float | None:
        """Return the timeout for a request that is sent now."""
        if self._state.end is None:
            return self._own_timeout
        remaining = self._state.end - time.monotonic()
        if remaining <= 0:
            raise exceptions.ConnectTimeout("there was no time left to send the request")
        if self._own_timeout is None:
            return remaining
        return min(remaining, self._own_timeout)

    def request(self, url: str, method: str, *args: t.Any, **options: t.Any) -> t.Any:
        """Send a request as keystoneauth does, with a timeout, and count it."""
        state = self._state
        state.timeout = options.get("timeout") or self._timeout()
        state.has_sent = True
        seconds_before = state.nested_seconds
        state.nested_seconds = 0.0
        begun = time.monotonic()
        try:
            return super().request(url, method, *args, **{**options, "timeout": state.timeout})
        finally:
            took = time.monotonic() - begun
            self._count(url, took - state.nested_seconds)
            state.nested_seconds = seconds_before + took

    def _count(self, url: str, seconds: float) -> None:
        name = self._service_at(url)
        with self._lock:
            self._spent.requests[name] = self._spent.requests.get(name, 0) + 1
            self._spent.seconds[name] = self._spent.seconds.get(name, 0.0) + seconds

    def _service_at(self, url: str) -> str:
        for beginning, name in self.services.items():
            if url.startswith(beginning):
                return name
        return KEYSTONE

    def spent(self) -> Spent:
        """Return what all requests until now have cost, seconds to the millisecond."""
        with self._lock:
            seconds = {name: round(value, 3) for name, value in self._spent.seconds.items()}
            return Spent(dict(self._spent.requests), seconds)
