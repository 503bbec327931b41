# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all flows.

A flow is what a module does: options and a context in, a result out. It knows nothing of
AnsibleModule, so that any shell can run it.
"""

from __future__ import annotations

import functools
import math
import typing as t

from .._base.deadline import Deadline
from .._base.json_types import ArgumentSpec, Constraints, Options, Result
from .._base.options import Range, check_ranges, check_required
from .._cloud.login import Cloud, Logins
from .._cloud.options import CLOUD_OPTIONS
from .._cloud.session import Spent
from .._services.ids import check_ids

if t.TYPE_CHECKING:
    from .._services.keystone import Keystone
    from .._services.mistral import Mistral
    from .._services.zaqar import Zaqar


def _ignore(_text: str) -> None:
    """Drop a warning."""


class Context(t.NamedTuple):
    """What a shell lends to a flow.

    ``warn`` keeps a warning for the end of the task. ``progress`` shows a line at once; it is None
    where nothing can be shown before the end. ``logins`` are those of earlier tasks.
    ``new_deadline`` makes the deadline of the task from its seconds; tests replace it.
    """

    check_mode: bool = False
    diff: bool = False
    warn: t.Callable[[str], None] = _ignore
    progress: t.Callable[[str], None] | None = None
    logins: Logins | None = None
    new_deadline: t.Callable[[float], Deadline] = Deadline


class Flow:
    """The base of all flows. A subclass sets OPTIONS and writes ``run``.

    A shell calls ``check_options``, makes the flow, and calls ``run``. It calls ``undo`` if that is
    interrupted, otherwise ``close``.
    """

    OPTIONS: ArgumentSpec = {}  # without those of the cloud
    CONSTRAINTS: Constraints = {}
    # What Ansible does not check:
    IDS: dict[str, str] = {}  # options that are ids -> what each is the id of
    RANGES: dict[str, Range] = {}  # options that are numbers
    NULLABLE: frozenset[str] = frozenset()  # required options for which null is a value

    def __init__(self, params: Options, context: Context) -> None:
        self.params = params
        self.context = context

    @classmethod
    def argument_spec(cls) -> ArgumentSpec:
        """Return what Ansible checks all options by, also those of the cloud."""
        return CLOUD_OPTIONS | cls.OPTIONS

    @classmethod
    def check_options(cls, params: Options) -> None:
        """Raise Failure for options that Ansible allows, and that cannot be meant."""
        check_required(cls.OPTIONS, cls.CONSTRAINTS, params, cls.NULLABLE)
        check_ranges(cls.argument_spec(), params, cls.RANGES)
        check_ids(cls.IDS, params)

    @classmethod
    def redacted(cls, params: Options) -> Options:
        """Return a task's options without the secrets in the flow's own options.

        A flow with such secrets overrides this.
        """
        return params

    def run(self) -> Result:
        """Do the work, and return the module's result. Raises Failure or Interrupted."""
        raise NotImplementedError

    def undo(self) -> None:
        """Release what this run holds. Called when it is interrupted before it returns a result."""

    def go_on(self) -> str:
        """Return what somebody who interrupts this run must know: its state, and how to go on."""
        return ""

    def close(self) -> Spent:
        """Leave the login for the next task, and return what the requests have cost."""
        cloud: Cloud | None = self.__dict__.get("cloud")  # not every run needs one
        if not cloud:
            return Spent()
        cloud.leave_login()
        return cloud.spent()

    @functools.cached_property
    def whole_task(self) -> Deadline:
        """A deadline that never passes. Its parts are waits that ``wait_timeout`` does not shorten.

        Such a wait finds out what became of a request whose outcome is unknown.
        """
        return self.context.new_deadline(math.inf)

    @functools.cached_property
    def deadline(self) -> Deadline:
        """The deadline of the task: in ``wait_timeout`` seconds from its first use.

        In check mode it has passed. It never passes for a module without ``wait_timeout``.
        """
        if "wait_timeout" not in self.OPTIONS:
            return self.whole_task
        seconds = 0 if self.context.check_mode else self.params["wait_timeout"]
        return self.whole_task.within(seconds)

    @functools.cached_property
    def cloud(self) -> Cloud:
        """The task's cloud. It logs in when a service is first used."""
        return Cloud(self.params, self.context.logins)

    # The services' clients are imported only by the tasks that use them.

    @functools.cached_property
    def mistral(self) -> Mistral:
        """The workflow service."""
        from .._services.mistral import Mistral

        return Mistral(self.cloud)

    @functools.cached_property
    def zaqar(self) -> Zaqar:
        """The messaging service."""
        from .._services.zaqar import Zaqar

        return Zaqar(self.cloud)

    @functools.cached_property
    def keystone(self) -> Keystone:
        """The identity service."""
        from .._services.keystone import Keystone

        return Keystone(self.cloud)
