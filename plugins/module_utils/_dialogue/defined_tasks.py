# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of one Mistral workflow: what they call, what they post, and which of them follow."""

from __future__ import annotations

import re

from .._base.json_types import Json, JsonObject

Task = JsonObject  # as a definition writes it
Tasks = dict[str, Task]  # by name

# An input of an action that is written on one line. Mistral reads it with much the same expression.
PARAMETER = re.compile(
    r"(?<![\w-])([\w-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|<%.*?%>|{{.*?}}|\S+)", re.DOTALL
)
LONGEST_CALL = 10_000  # characters of such a line
ENGINE_COMMANDS = frozenset(["fail", "succeed", "pause"])
AFTER_SUCCESS = ("on-success", "on-complete")
AFTER_ANY_END = (*AFTER_SUCCESS, "on-error")


def tasks_of(section: Json) -> Tasks:
    """Return the tasks of a workflow's section, without what cannot be a task."""
    if not isinstance(section, dict):
        return {}
    return {str(name): task for name, task in section.items() if isinstance(task, dict)}


def call(task: Task, what: str) -> tuple[str, JsonObject]:
    """Return the "action" or "workflow" that a task calls, and its inputs.

    An empty name if it calls none.
    """
    line = task.get(what)
    if not isinstance(line, str):
        return "", {}
    name, _space, rest = line.strip().partition(" ")
    inputs = {key: value.strip("\"'") for key, value in PARAMETER.findall(rest[:LONGEST_CALL])}
    more = task.get("input")
    if isinstance(more, dict):
        inputs.update(more)
    return name, inputs


def posted_bodies(task: Task) -> list[Json]:
    """Return the bodies of the messages that a task posts to a queue."""
    action, inputs = call(task, "action")
    if action != "zaqar.queue_post":
        return []
    messages = inputs.get("messages")
    if not isinstance(messages, list):
        messages = [messages]
    return [message.get("body") for message in messages if isinstance(message, dict)]


def texts_before(tasks: Tasks) -> dict[str, str]:
    """Return the last text that is posted right before each task, by the tasks' names."""
    before = {}
    for task in tasks.values():
        texts = [body for body in posted_bodies(task) if isinstance(body, str)]
        if texts:
            before.update({follower: texts[-1] for follower, _condition in followers(task)})
    return before


def certain_tasks(tasks: Tasks) -> set[str]:
    """Return the names of the tasks that run whenever nothing fails."""
    before = _predecessors(tasks)
    certain = {name for name in tasks if not before[name]}
    arrived: dict[str, set[str]] = {name: set() for name in tasks}
    new = list(certain)
    while new:
        name = new.pop()
        for follower in _certain_followers(tasks[name]):
            if follower not in tasks or follower in certain:
                continue
            arrived[follower].add(name)
            joins_all = tasks[follower].get("join") == "all"
            if not joins_all or arrived[follower] == before[follower]:
                certain.add(follower)
                new.append(follower)
    return certain


def _predecessors(tasks: Tasks) -> dict[str, set[str]]:
    before: dict[str, set[str]] = {name: set() for name in tasks}
    for name, task in tasks.items():
        for follower, _condition in followers(task, AFTER_ANY_END):
            before.setdefault(follower, set()).add(name)
    return before


def _certain_followers(task: Task) -> set[str]:
    """Return the tasks that follow a task that succeeds, whatever it publishes."""
    following = {name for name, condition in followers(task) if not condition}
    if following & ENGINE_COMMANDS:
        return set()
    return following


def followers(task: Task, events: tuple[str, ...] = AFTER_SUCCESS) -> list[tuple[str, Json]]:
    """Return the tasks that follow a task at some events, each with its condition or None."""
    following: list[tuple[str, Json]] = []
    for event in events:
        for item in _items(task.get(event)):
            if isinstance(item, dict):
                following += item.items()
            elif isinstance(item, str):
                following.append((item, None))
    return following


def _items(clause: Json) -> list[Json]:
    """Return the items of an on-... clause, each a task's name or a dictionary of conditions."""
    if isinstance(clause, dict) and set(clause) <= {"next", "publish"}:
        clause = clause.get("next")
    if isinstance(clause, list):
        return clause
    return [clause]
