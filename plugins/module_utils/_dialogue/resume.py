# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resume of an execution that is PAUSED, with what is below it."""

from __future__ import annotations

import typing as t

from .._base.deadline import Deadline, TimedOut, wait_until
from .._services.mistral import PAUSED, RUNNING, Mistral

UPWARDS = 10  # seconds that a resume takes from a sub-workflow to what is above it, at most


def resume(
    mistral: Mistral,
    id: str,
    deadline: Deadline,
    env: dict[str, t.Any] | None = None,
    alone: bool = False,
) -> dict[str, t.Any]:
    """Resume the PAUSED execution ``id`` and return it as it is then; ``env`` is merged into its environment.

    It is ``alone`` if it is known to have had no sub-executions since it was paused.

    Told to resume an execution with open sub-workflows, Mistral runs the task before which it is paused twice. Told to
    resume what is below, it resumes what is above as well, once the last of them goes on, and runs the task once. Only
    an environment can be given to nothing but the execution itself. Raises ServiceError.
    """
    if alone:
        return mistral.set_state(id, RUNNING, env)
    tree = mistral.tree(id)
    below = [] if env else _lowest_paused(mistral, tree)
    if not below:
        return mistral.set_state(id, RUNNING, env)
    waiting = _idle(mistral, tree)
    for sub in below:
        mistral.set_state(sub, RUNNING)

    def resumed() -> dict[str, t.Any] | None:
        found = mistral.existing(id)
        return (
            found
            if found["state"] != PAUSED or waiting and not _idle(mistral, tree) & waiting
            else None
        )

    try:
        return wait_until(resumed, deadline.within(UPWARDS))
    except TimedOut:
        return (
            mistral.set_state(id, RUNNING)
            if _idle(mistral, tree) == waiting
            else mistral.existing(id)
        )


def _lowest_paused(mistral: Mistral, tree: list[dict[str, t.Any]]) -> list[str]:
    """The ids of the sub-executions that are paused and have none below them that is."""
    if all(sub["state"] != PAUSED for sub in tree[1:]):
        return []
    above = {
        task["id"]: task["workflow_execution_id"]
        for task in mistral.tasks_named(tree)
        if task["open"]
    }
    paused = [
        sub for sub in tree[1:] if sub["state"] == PAUSED and sub["task_execution_id"] in above
    ]
    parents = {above[sub["task_execution_id"]] for sub in paused}
    return [sub["id"] for sub in paused if sub["id"] not in parents]


def _idle(mistral: Mistral, tree: list[dict[str, t.Any]]) -> set[str]:
    return {
        task["id"] for task in mistral.tasks_named(tree) if task["open"] and task["state"] == "IDLE"
    }
