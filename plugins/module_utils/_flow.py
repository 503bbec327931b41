# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every flow is: options and a small context in, a result out; free of AnsibleModule, so that any shell runs it."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._cloud import Cloud


def _silent(text: str) -> None:
    """The shell of a module can show nothing before it ends."""


class Context(t.NamedTuple):
    """What a shell lends to a flow: the modes, and where to say something to the user."""

    check_mode: bool = False
    diff: bool = False
    warn: t.Callable[[str], None] = _silent
    progress: t.Callable[[str], None] = _silent


class Flow:
    """Base of all flows. A subclass sets OPTIONS (an argument spec without the cloud's options) and writes run()."""

    OPTIONS: dict[str, dict[str, t.Any]] = {}
    CONSTRAINTS: dict[str, t.Any] = {}

    def __init__(self, params: dict[str, t.Any], context: Context) -> None:
        self.params = params
        self.context = context

    @classmethod
    def shown(cls, params: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return a task's options as they may be shown; a flow whose own options hold secrets leaves these out."""
        return params

    def run(self) -> dict[str, t.Any]:
        """Do it, and return the module's result. Raises Failure."""
        raise NotImplementedError

    @functools.cached_property
    def cloud(self) -> Cloud:
        return Cloud(self.params)

    @functools.cached_property
    def mistral(self):
        from ansible_collections.interactive.openstack.plugins.module_utils._mistral import Mistral

        return Mistral(self.cloud)

    @functools.cached_property
    def zaqar(self):
        from ansible_collections.interactive.openstack.plugins.module_utils._zaqar import Zaqar

        return Zaqar(self.cloud)

    @functools.cached_property
    def keystone(self):
        from ansible_collections.interactive.openstack.plugins.module_utils._keystone import Keystone

        return Keystone(self.cloud)
