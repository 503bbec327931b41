# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflows that a workflow can call: those of its definition, and those in Mistral."""

from __future__ import annotations

import typing as t

from .._base.json_types import Json, JsonObject
from .._services.definition import EXPRESSION, Workflows, stored_spec
from .._services.records import Workflow

# Workflows that are read from Mistral at most, each with a request: more are not looked at.
MOST_READ = 50


def _read_nothing(_name: str) -> Workflow | None:
    """Return no workflow."""
    return None


class Reachable:
    """The workflows of a definition by name, and those in Mistral.

    ``read`` returns a workflow of Mistral by its name, or None. It is called once for each name.
    ``known`` is a workflow of Mistral that was read already.
    """

    def __init__(
        self,
        own: Workflows,
        read: t.Callable[[str], Workflow | None] = _read_nothing,
        known: Workflow | None = None,
    ) -> None:
        self._own = own
        self._read = read
        self._stored: dict[str, JsonObject] = {}
        if known:
            self._stored[known.name] = stored_spec(known)

    def full_name(self, called: str, caller: str = "") -> str:
        """Return the name of the workflow that a task calls; empty if it is unknown.

        In a workbook, Mistral first looks for a member of this workbook.
        """
        own = self._own_name(called)
        if own or not called or EXPRESSION.search(called):
            return own
        workbook, _dot, _member = caller.rpartition(".")
        names = [f"{workbook}.{called}", called] if workbook else [called]
        return next((name for name in names if self._stored_spec(name)), "")

    def spec(self, name: str) -> JsonObject:
        """Return the specification of a workflow by its full name; empty if there is none."""
        own = self._own_name(name)
        return self._own.spec(own) if own else self._stored_spec(name)

    def _own_name(self, name: str) -> str:
        """Return the full name of a workflow of the definition; empty if it is none of them.

        A member of its workbook can be called by its short name. A longer name than that of a
        workflow is the name of another one.
        """
        own = self._own.full_name(name)
        return own if own == name or own.endswith(f".{name}") else ""

    def _stored_spec(self, name: str) -> JsonObject:
        if name not in self._stored:
            is_read = len(self._stored) < MOST_READ
            self._stored[name] = stored_spec(self._read(name), name) if is_read else {}
        return self._stored[name]


def mentions(spec: Json, word: str) -> bool:
    """Tell whether a specification mentions a word, such as the name of a workflow."""
    values = [spec]  # no recursion: a definition can be nested to any depth
    while values:
        value = values.pop()
        if isinstance(value, str) and word in value:
            return True
        if isinstance(value, dict):
            values += [*value, *value.values()]
        elif isinstance(value, list):
            values += value
    return False
