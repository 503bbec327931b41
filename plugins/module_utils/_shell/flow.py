# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every flow is: options and a small context in, a result out; free of AnsibleModule, so that any shell runs it."""

from __future__ import annotations

import functools
import math
import typing as t

from .._base.deadline import Deadline
from .._base.options import (
    Range,
    check_ids,
    check_ranges,
    check_required,
)
from .._cloud.login import Cloud, Logins
from .._cloud.options import CLOUD_OPTIONS

if t.TYPE_CHECKING:
    from .._services.keystone import Keystone
    from .._services.mistral import Mistral
    from .._services.zaqar import Zaqar


class Context(t.NamedTuple):
    """What a shell lends to a flow: the modes, where to say something to the user, and logins of earlier tasks.

    ``progress`` is None where nothing can be shown before the end, as of a module.
    """

    check_mode: bool = False
    diff: bool = False
    warn: t.Callable[[str], None] = lambda text: None
    progress: t.Callable[[str], None] | None = None
    logins: Logins | None = None
    new_deadline: t.Callable[[float], Deadline] = Deadline


class Flow:
    """Base of all flows. A subclass sets OPTIONS (an argument spec without the cloud's options) and writes run()."""

    OPTIONS: dict[str, dict[str, t.Any]] = {}
    CONSTRAINTS: dict[str, t.Any] = {}
    # What Ansible does not check: options that are ids, with what each is the id of; numbers, with the least and the most.
    IDS: dict[str, str] = {}
    RANGES: dict[str, Range] = {}
    NULLABLE: frozenset[str] = frozenset()  # options that are needed and may be null

    def __init__(self, params: dict[str, t.Any], context: Context) -> None:
        self.params = params
        self.context = context

    @classmethod
    def check_options(cls, params: dict[str, t.Any]) -> None:
        """Raise Failure for options that cannot be meant, and that Ansible lets pass."""
        check_required(cls.OPTIONS, cls.CONSTRAINTS, params, cls.NULLABLE)
        check_ranges(CLOUD_OPTIONS | cls.OPTIONS, params, cls.RANGES)
        check_ids(cls.IDS, params)

    @classmethod
    def redacted(cls, params: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return a task's options as they may be shown; a flow whose own options hold secrets leaves these out."""
        return params

    def run(self) -> dict[str, t.Any]:
        """Do it, and return the module's result. Raises Failure."""
        raise NotImplementedError

    def undo(self) -> None:
        """Give back what a run took whose result nobody gets, as it was interrupted."""

    def go_on(self) -> str:
        """Return what to tell somebody who interrupts this: what has become of it, and how to go on."""
        return ""

    def close(self) -> dict[str, t.Any]:
        """Leave the login for the next task, and return what was sent: requests and seconds, each a dict by service."""
        cloud = self.__dict__.get("cloud")  # not every run needs one
        if not cloud:
            return {"requests": {}, "seconds": {}}
        cloud.leave_login()
        return cloud.spent()

    @functools.cached_property
    def deadline(self) -> Deadline:
        """The deadline of the whole task, which begins here.

        It never comes without the option 'wait_timeout', and is now in check mode: that never waits.
        """
        seconds = self.params.get("wait_timeout", math.inf)
        if self.context.check_mode and "wait_timeout" in self.params:
            seconds = 0
        return self.context.new_deadline(seconds)

    @functools.cached_property
    def cloud(self) -> Cloud:
        return Cloud(self.params, self.context.logins)

    @functools.cached_property
    def mistral(self) -> Mistral:
        from .._services.mistral import Mistral

        return Mistral(self.cloud)

    @functools.cached_property
    def zaqar(self) -> Zaqar:
        from .._services.zaqar import Zaqar

        return Zaqar(self.cloud)

    @functools.cached_property
    def keystone(self) -> Keystone:
        from .._services.keystone import Keystone

        return Keystone(self.cloud)
