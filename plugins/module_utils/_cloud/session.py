# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystoneauth session that everything is sent through: it counts, so that a task can say what it cost."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

try:
    from keystoneauth1 import exceptions, session
except ImportError:  # told by whoever would use it
    Base: t.Any = object
else:
    Base = session.Session


class Session(Base):
    """A session, for several threads, that knows to which service it sent how many requests and how long these took."""

    def __init__(self, *args: t.Any, **options: t.Any) -> None:
        super().__init__(*args, **options)
        self.services: dict[
            str, str
        ] = {}  # the beginning of a service's URLs -> its name; all others are Keystone's
        self._requests: dict[str, int] = {}
        self._seconds: dict[str, float] = {}
        self._lock = threading.Lock()
        self._thread = threading.local()

    @contextlib.contextmanager
    def within(self, seconds: float) -> t.Iterator[None]:
        """Give up whatever this thread sends meanwhile, logins too, when the seconds are over, and send nothing after that."""
        before = getattr(self._thread, "end", None)
        self._thread.end = time.monotonic() + seconds
        try:
            yield
        finally:
            self._thread.end = before

    @property
    def last_timeout(self) -> float | None:
        """How many seconds an answer to this thread's last request was waited for."""
        return getattr(self._thread, "timeout", self.timeout)

    def _timeout(self) -> float | None:
        end = getattr(self._thread, "end", None)
        if end is None:
            return self.timeout
        left = end - time.monotonic()
        if left <= 0:
            raise exceptions.ConnectTimeout("there was no time left to send the request")
        return left if self.timeout is None else min(left, self.timeout)

    def request(self, url: str, method: str, *args: t.Any, **options: t.Any) -> t.Any:
        self._thread.timeout = options["timeout"] = options.get("timeout") or self._timeout()
        begun, within_before = time.monotonic(), getattr(self._thread, "within", 0.0)
        self._thread.within = 0.0
        try:
            return super().request(url, method, *args, **options)
        finally:
            took = time.monotonic() - begun
            self._count(
                url, took - self._thread.within
            )  # a login in the midst of it is counted by itself
            self._thread.within = within_before + took

    def _count(self, url: str, seconds: float) -> None:
        name = next(
            (name for prefix, name in self.services.items() if url.startswith(prefix)), "Keystone"
        )
        with self._lock:
            self._requests[name] = self._requests.get(name, 0) + 1
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def spent(self) -> dict[str, dict[str, t.Any]]:
        """Return the number of requests and the seconds, each a dict by service."""
        return {
            "requests": dict(self._requests),
            "seconds": {name: round(seconds, 3) for name, seconds in self._seconds.items()},
        }
