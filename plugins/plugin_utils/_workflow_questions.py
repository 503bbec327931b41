# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions that a workflow's definition shows before it runs."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.limits import (
    TOO_DEEP,
    TOO_LARGE,
    measure,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions import (
    schema as _schema,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    ASK,
    payload,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import shown
from ansible_collections.interactive.openstack.plugins.module_utils._questions.validate import (
    complaint,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services import (
    definition as definitions,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._answer_variables import (
    variables,
)

Task = t.Dict[str, t.Any]
EXPRESSIONS = {"<%": "%>", "{{": "}}", "{%": "%}"}  # how those of YAQL and Jinja begin and end
BEGINNING = re.compile("<%|{{|{%")
PARAMETER = re.compile(
    r"(?<![\w-])([\w-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|<%.*?%>|{{.*?}}|\S+)", re.DOTALL
)  # of an action on one line
LONGEST_CALL = 10_000  # characters of such a line; Mistral reads it with much the same expression
ENGINE_COMMANDS = ("fail", "succeed", "pause")


def questions(definition: t.Any, workflow: str = "") -> list[dict[str, t.Any]]:
    """Return what a workflow asks, in the order of its definition, as far as the definition shows it.

    Dicts of name, text, schema (None for a plain question), secret (whether the answer is not to be shown), always
    (whether it is asked in every run in which nothing fails), unknown: what of it is made while the workflow runs, and
    problem: why nobody could answer it; both empty if all is well.
    Raises Failure for a definition that holds no such workflow.
    """
    if isinstance(definition, str) and not definition.strip():
        raise Failure(
            "The definition is empty. Mistral keeps no text of a workflow whose workbook is written in braces: read the file of"
            " the workbook instead.",
            "no_workflow",
        )
    data = definitions.load(definition) if isinstance(definition, str) else definition
    name = _chosen(data, workflow)
    found: dict[str, dict[str, t.Any]] = {}
    for question in _Asked(data).by(name):
        twice = found.setdefault(question["name"], question)
        if twice is not question and (twice["schema"], twice["text"]) != (
            question["schema"],
            question["text"],
        ):
            twice["unknown"] = "which of two questions of this name is asked"
    taken: dict[str, str] = {}
    for question in found.values():
        for variable in (
            {} if question["problem"] or question["unknown"] else variables(question).values()
        ):
            other = taken.setdefault(variable, question["name"])
            if other != question["name"]:
                question["problem"] = (
                    f"its answer would be in the variable {variable}, and so would that to '{other}': give one another name"
                )
    return list(found.values())


def _chosen(data: t.Any, workflow: str) -> str:
    """Return the full name of the workflow of this name, or of the only one."""
    known = definitions.names(data)
    held = definitions.no_workflows(data)
    if held:
        raise Failure(f"The definition holds {held}.", "no_workflow")
    if not workflow and len(known) == 1:
        return known[0]
    listed = ", ".join(known)
    if not workflow:
        raise Failure(
            f"The definition holds the workflows {listed}: name one of them.", "no_workflow"
        )
    name = definitions.full_name(data, workflow)
    if not name:
        raise Failure(
            f"The definition holds no workflow '{workflow}', but the workflows {listed}.",
            "no_workflow",
        )
    return name


class _Call(t.NamedTuple):
    """A task that calls a workflow of the same definition."""

    workflow: str
    always: bool
    repeated: bool


class _Asked:
    """What a workflow asks, and those that it calls. Who calls one again asks nothing else: each is looked at once."""

    def __init__(self, data: t.Any) -> None:
        self._workflows = definitions.Workflows(data)
        self._seen: set[str] = set()

    def by(self, name: str) -> t.Iterator[dict[str, t.Any]]:
        """Yield the questions in the order in which the tasks are written, those of a call in its place."""
        begun = [(self._begin(name, always=True), False)]
        while begun:
            steps, repeated = begun[-1]
            step = next(steps, None)
            if step is None:
                begun.pop()
            elif isinstance(step, _Call):
                begun.append((self._begin(step.workflow, step.always), repeated or step.repeated))
            elif repeated:
                yield _repeated(step)
            else:
                yield step

    def _begin(self, name: str, always: bool) -> t.Iterator[_Call | dict[str, t.Any]]:
        self._seen.add(name)
        return self._steps(_Tasks(self._workflows.spec(name), always))

    def _steps(self, tasks: _Tasks) -> t.Iterator[_Call | dict[str, t.Any]]:
        """Yield the questions of one workflow's tasks, and the calls that may lead to others."""
        for key, task in tasks.all.items():
            always = key in tasks.certain
            called, inputs = _call(task, "workflow")
            below = self._workflows.full_name(called)
            if called == ASK:
                yield _asked_by_workflow(key, task, inputs, always)
            elif below and below not in self._seen:
                yield _Call(below, always, "with-items" in task)
            elif tasks.waits_for_plain_answer(key):
                yield dict(_question(key, tasks.said_before.get(key, key), None), always=always)
            yield from _asked_by_message(task, always)


class _Tasks:
    """The tasks of one workflow, and what can be said of all of them together."""

    def __init__(self, spec: dict[str, t.Any], always: bool) -> None:
        own = _tasks(spec.get("tasks"))
        defaults = spec.get("task-defaults")
        common = defaults if isinstance(defaults, dict) else {}
        self.all = {key: {**common, **task} for key, task in own.items()}
        direct = spec.get("type", "direct") == "direct"
        self.certain = _certain(self.all) if always and direct else set()
        self.said_before = _said_before(self.all)
        self._polling = {
            key
            for key, task in own.items()
            if "retry" in task and _call(task, "action")[0] == "zaqar.queue_pop"
        }
        self._pauses = any(task.get("pause-before") for task in self.all.values())
        bodies = (body for task in self.all.values() for body in _posted(task))
        self._told = any("interaction" in payload(body) for body in bodies)

    def waits_for_plain_answer(self, key: str) -> bool:
        """Tell whether a task waits for an answer to a plain text: by a pause, or, where nothing pauses, by polling."""
        if self._told:
            return False
        return bool(self.all[key].get("pause-before")) or (
            not self._pauses and key in self._polling
        )


def _asked_by_workflow(
    key: str, task: Task, inputs: dict[str, t.Any], always: bool
) -> dict[str, t.Any]:
    """Return the question of a task that calls interactive.ask."""
    question = _question(inputs.get("name") or key, inputs.get("question"), inputs.get("schema"))
    question["always"] = always
    if isinstance(task.get("input"), str):
        question["unknown"] = "what it asks"
    return _repeated(question) if "with-items" in task else question


def _asked_by_message(task: Task, always: bool) -> t.Iterator[dict[str, t.Any]]:
    """Yield the questions of the messages that a task posts to a queue."""
    for body in _posted(task):
        interaction = payload(body).get("interaction")
        if isinstance(interaction, dict):
            name = interaction.get("name") or interaction.get("id")
            question = _question(name, payload(body).get("message"), interaction.get("schema"))
            yield dict(question, always=always)


def _repeated(question: dict[str, t.Any]) -> dict[str, t.Any]:
    return dict(question, unknown="how often it is asked")


def _said_before(tasks: dict[str, Task]) -> dict[str, str]:
    """Return the last text that is posted before each task, by those that it follows."""
    said = {}
    for task in tasks.values():
        texts = [body for body in _posted(task) if isinstance(body, str)]
        for follower, _condition in _next(task) if texts else []:
            said[follower] = texts[-1]
    return said


def _tasks(tasks: t.Any) -> dict[str, Task]:
    return (
        {str(key): task for key, task in tasks.items() if isinstance(task, dict)}
        if isinstance(tasks, dict)
        else {}
    )


def _question(name: t.Any, text: t.Any, schema: t.Any) -> dict[str, t.Any]:
    problem = unknown = ""
    too_much = measure(schema).flaw in (TOO_DEEP, TOO_LARGE)
    schema = schema if too_much else _as_json(schema)
    if not isinstance(name, str) or _has_expression(name):
        name, unknown = _without_expressions(str(name)), "its name"
    elif too_much:
        problem = complaint(schema)
    elif _has_expression(schema):
        schema, unknown = None, "its schema"
    elif schema:
        problem = complaint(schema)
    told = _without_expressions(shown(text)) if text else ""
    secret = isinstance(schema, dict) and _schema.is_secret(schema)
    return {
        "name": name,
        "text": told,
        "schema": schema or None,
        "secret": secret,
        "unknown": unknown,
        "problem": problem,
    }


def _as_json(value: t.Any) -> t.Any:
    """Return data of a YAML text as Mistral stores it: with dates as texts."""
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _has_expression(value: t.Any) -> bool:
    if isinstance(value, dict):
        return any(_has_expression(part) for item in value.items() for part in item)
    if isinstance(value, list):
        return any(map(_has_expression, value))
    return isinstance(value, str) and _without_expressions(value) != value


def _without_expressions(text: str) -> str:
    """Return a text with an ellipsis for each expression, in linear time."""
    parts = []
    endless = set()  # kinds that no longer end
    place = looked = 0
    while beginning := BEGINNING.search(text, looked):
        kind = beginning.group()
        end = -1 if kind in endless else text.find(EXPRESSIONS[kind], beginning.end())
        if end < 0:
            endless.add(kind)
            looked = beginning.start() + 1
            continue
        parts += [text[place : beginning.start()], "…"]
        place = looked = end + len(EXPRESSIONS[kind])
    return "".join(parts) + text[place:]


def _call(task: Task, what: str) -> tuple[str, dict[str, t.Any]]:
    """Return the action or workflow that a task calls, and its inputs."""
    called = task.get(what)
    if not isinstance(called, str):
        return "", {}
    name, _space, rest = called.strip().partition(" ")
    inline = {key: value.strip("\"'") for key, value in PARAMETER.findall(rest[:LONGEST_CALL])}
    inputs = task.get("input")
    return name, {**inline, **(inputs if isinstance(inputs, dict) else {})}


def _posted(task: Task) -> list[t.Any]:
    """Return the bodies that a task posts to a queue."""
    action, inputs = _call(task, "action")
    messages = inputs.get("messages") if action == "zaqar.queue_post" else None
    return [
        message.get("body")
        for message in (messages if isinstance(messages, list) else [messages])
        if isinstance(message, dict)
    ]


def _certain(tasks: dict[str, Task]) -> set[str]:
    """Return the tasks that run whenever nothing fails."""
    before: dict[str, set[str]] = {name: set() for name in tasks}
    for name, task in tasks.items():
        for follower, _condition in _next(task, "on-success", "on-complete", "on-error"):
            before.setdefault(follower, set()).add(name)
    certain = {name for name in tasks if not before[name]}
    arrived: dict[str, set[str]] = {name: set() for name in tasks}
    new = list(certain)
    while new:
        name = new.pop()
        for follower in _certain_after(tasks[name]):
            if follower not in tasks or follower in certain:
                continue
            arrived[follower].add(name)
            if tasks[follower].get("join") != "all" or arrived[follower] == before[follower]:
                certain.add(follower)
                new.append(follower)
    return certain


def _certain_after(task: Task) -> set[str]:
    """Return the tasks that follow a task that succeeds, whatever it publishes."""
    following = {name for name, condition in _next(task) if not condition}
    return set() if following & set(ENGINE_COMMANDS) else following


def _next(task: Task, *events: str) -> list[tuple[str, t.Any]]:
    """Return the tasks that follow a task that succeeds (or at these events), each with its condition or None."""
    found = []
    for event in events or ("on-success", "on-complete"):
        clause = task.get(event)
        clause = (
            clause.get("next")
            if isinstance(clause, dict) and set(clause) <= {"next", "publish"}
            else clause
        )
        for entry in clause if isinstance(clause, list) else [clause]:
            found += (
                list(entry.items())
                if isinstance(entry, dict)
                else [(entry, None)]
                if isinstance(entry, str)
                else []
            )
    return found
