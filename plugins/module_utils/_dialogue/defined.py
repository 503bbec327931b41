# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions that a workflow's definition shows before it runs."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from .._base.errors import Failure
from .._base.json_types import Json, JsonObject, Result, as_object
from .._base.limits import TOO_DEEP, TOO_LARGE, measure
from .._questions import schema as schemas
from .._questions.protocol import ASK
from .._questions.question import body_text
from .._questions.recognise import payload
from .._questions.validate import complaint
from .._questions.variables import variables
from .._services import definition as definitions
from .asking_tasks import gates_that_pass
from .defined_tasks import Task, call, certain_tasks, posted_bodies, tasks_of, texts_before
from .reachable import Reachable, mentions
from .snapshot import POP

EXPRESSIONS = {"<%": "%>", "{{": "}}", "{%": "%}"}  # how those of YAQL and Jinja begin and end


@dataclasses.dataclass(frozen=True)
class DefinedQuestion:
    """A question as far as a definition shows it.

    ``schema`` is None for a plain question. ``always`` says that every execution asks it in which
    nothing fails. ``unknown`` is what of it is made while the workflow runs, and ``problem`` the
    cause why nobody can answer it; both are empty if all is well.
    """

    name: str
    text: str
    schema: JsonObject | None
    always: bool
    unknown: str = ""
    problem: str = ""

    @property
    def secret(self) -> bool:
        """Whether the answer or a part of it is a secret."""
        return isinstance(self.schema, dict) and schemas.is_secret(self.schema)

    @classmethod
    def from_result(cls, result: Result) -> DefinedQuestion:
        """Read what as_result() returned. Raises KeyError if a key is missing."""
        return cls(**{field.name: result[field.name] for field in dataclasses.fields(cls)})

    def as_result(self) -> Result:
        """Return the question as a part of a module's result."""
        return {
            "name": self.name,
            "text": self.text,
            "schema": self.schema,
            "secret": self.secret,
            "always": self.always,
            "unknown": self.unknown,
            "problem": self.problem,
        }


def questions(definition: Json, workflow: str = "") -> list[Result]:
    """Return what a workflow asks, in the order of its definition.

    See DefinedQuestion.as_result(). ``definition`` is a text or a dictionary. Raises Failure if it
    has no such workflow.
    """
    if isinstance(definition, str) and not definition.strip():
        raise Failure(
            "The definition is empty. Mistral keeps no text of a workflow whose workbook is written"
            " in braces: read the file of the workbook instead.",
            "no_workflow",
        )
    if isinstance(definition, str):
        definition = definitions.load(definition)
    own = Reachable(definitions.Workflows(definition))
    foreseen = foresee(own, chosen(definition, workflow))
    return [question.as_result() for question in foreseen.questions]


@dataclasses.dataclass(frozen=True)
class Foreseen:
    """What a workflow will do, as far as the definitions show it.

    ``questions`` are in the order of the definitions. ``calls_ask`` is whether interactive.ask may
    be called, ``pops`` whether an answer may be read with zaqar.queue_pop. ``gates`` are sentences
    about tasks that look as if they asked, and do not.
    """

    questions: tuple[DefinedQuestion, ...]
    calls_ask: bool
    pops: bool
    gates: tuple[str, ...] = ()

    @property
    def has_secret(self) -> bool:
        """Whether an answer, or a part of one, is a secret."""
        return any(question.secret for question in self.questions)


def foresee(workflows: Reachable, name: str) -> Foreseen:
    """Return what the workflow of this full name will do, with all that it can call."""
    reader = _Questions(workflows)
    by_name: dict[str, DefinedQuestion] = {}
    for question in reader.of(name):
        first = by_name.setdefault(question.name, question)
        if (first.schema, first.text) != (question.schema, question.text):
            unknown = "which of two questions of this name is asked"
            by_name[question.name] = dataclasses.replace(first, unknown=unknown)
    specs = {seen: workflows.spec(seen) for seen in reader.seen}
    gates = [sentence for seen, spec in specs.items() for sentence in gates_that_pass(seen, spec)]
    return Foreseen(
        tuple(_with_own_variables(by_name.values())),
        calls_ask=mentions(specs, ASK),
        pops=mentions(specs, POP),
        gates=tuple(gates),
    )


def _with_own_variables(questions: t.Iterable[DefinedQuestion]) -> t.Iterator[DefinedQuestion]:
    """Add a problem to a question whose answer would be in the variable of another one."""
    owners: dict[str, str] = {}
    for question in questions:
        if question.problem or question.unknown:
            yield question
            continue
        problem = ""
        for variable in variables(question.name, question.schema).values():
            owner = owners.setdefault(variable, question.name)
            if owner != question.name:
                problem = (
                    f"its answer would be in the variable {variable}, and so would that to"
                    f" '{owner}': give one another name"
                )
        yield dataclasses.replace(question, problem=problem)


def chosen(data: Json, workflow: str) -> str:
    """Return the full name of the workflow of this name, or of the only one. Raises Failure."""
    known = definitions.names(data)
    other_content = definitions.no_workflows(data)
    if other_content:
        raise Failure(f"The definition holds {other_content}.", "no_workflow")
    if not workflow and len(known) == 1:
        return known[0]
    names = ", ".join(known)
    if not workflow:
        raise Failure(
            f"The definition holds the workflows {names}: name one of them.", "no_workflow"
        )
    name = definitions.full_name(data, workflow)
    if not name:
        raise Failure(
            f"The definition holds no workflow '{workflow}', but the workflows {names}.",
            "no_workflow",
        )
    return name


class _Call(t.NamedTuple):
    """A task that calls another workflow."""

    workflow: str
    always: bool
    repeated: bool


_Step = t.Union[_Call, DefinedQuestion]


class _Questions:
    """The questions of a workflow and of those that it calls. Each workflow is read once.

    ``seen`` are their full names.
    """

    def __init__(self, workflows: Reachable) -> None:
        self._workflows = workflows
        self.seen: set[str] = set()

    def of(self, name: str) -> t.Iterator[DefinedQuestion]:
        """Yield the questions in the order of the tasks, those of a call in its place."""
        open_workflows = [(self._begin(name, always=True), False)]
        while open_workflows:
            steps, repeated = open_workflows[-1]
            step = next(steps, None)
            if step is None:
                open_workflows.pop()
            elif isinstance(step, _Call):
                inner = self._begin(step.workflow, step.always)
                open_workflows.append((inner, repeated or step.repeated))
            else:
                yield _repeated(step, repeated)

    def _begin(self, name: str, always: bool) -> t.Iterator[_Step]:
        self.seen.add(name)
        return self._steps(name, _Workflow(self._workflows.spec(name), always))

    def _steps(self, caller: str, workflow: _Workflow) -> t.Iterator[_Step]:
        """Yield the questions of one workflow's tasks, and the calls that may lead to others."""
        for name, task in workflow.tasks.items():
            always = name in workflow.certain
            called, inputs = call(task, "workflow")
            if called == ASK:
                yield _asked_by_workflow(name, task, inputs, always)
                continue
            inner = self._workflows.full_name(called, caller)
            if inner and inner not in self.seen:
                yield _Call(inner, always, "with-items" in task)
            elif workflow.waits_for_plain_answer(name):
                yield _question(name, workflow.texts_before.get(name, name), None, always)
            yield from _asked_by_messages(task, always)


class _Workflow:
    """The tasks of one workflow, and what is true of all of them together."""

    def __init__(self, spec: JsonObject, always: bool) -> None:
        own = tasks_of(spec.get("tasks"))
        common = as_object(spec.get("task-defaults"))
        self.tasks = {name: {**common, **task} for name, task in own.items()}
        is_direct = spec.get("type", "direct") == "direct"
        self.certain = set()
        if always and is_direct:
            self.certain = certain_tasks(self.tasks)
        self.texts_before = texts_before(self.tasks)
        self._polling = {name for name, task in own.items() if _polls(task)}
        self._pauses = any(task.get("pause-before") for task in self.tasks.values())
        self._has_interactions = any(map(_posts_interaction, self.tasks.values()))

    def waits_for_plain_answer(self, name: str) -> bool:
        """Tell whether a task waits for an answer to a plain text.

        It does so by a pause or, where nothing pauses, by polling.
        """
        if self._has_interactions:
            return False
        if self.tasks[name].get("pause-before"):
            return True
        return not self._pauses and name in self._polling


def _polls(task: Task) -> bool:
    return "retry" in task and call(task, "action")[0] == "zaqar.queue_pop"


def _posts_interaction(task: Task) -> bool:
    return any("interaction" in payload(body) for body in posted_bodies(task))


def _asked_by_workflow(
    task_name: str, task: Task, inputs: JsonObject, always: bool
) -> DefinedQuestion:
    """Return the question of a task that calls interactive.ask."""
    name = inputs.get("name") or task_name
    question = _question(name, inputs.get("question"), inputs.get("schema"), always)
    if isinstance(task.get("input"), str):
        question = dataclasses.replace(question, unknown="what it asks")
    return _repeated(question, "with-items" in task)


def _asked_by_messages(task: Task, always: bool) -> t.Iterator[DefinedQuestion]:
    """Yield the questions of the messages that a task posts to a queue."""
    for body in posted_bodies(task):
        interaction = payload(body).get("interaction")
        if isinstance(interaction, dict):
            name = interaction.get("name") or interaction.get("id")
            yield _question(name, payload(body).get("message"), interaction.get("schema"), always)


def _repeated(question: DefinedQuestion, repeated: bool) -> DefinedQuestion:
    """Return a question; if it may be asked again and again, with a word about that."""
    if not repeated:
        return question
    return dataclasses.replace(question, unknown="how often it is asked")


def _question(name: Json, text: Json, schema: Json, always: bool) -> DefinedQuestion:
    unknown = problem = ""
    is_readable = measure(schema).flaw not in (TOO_DEEP, TOO_LARGE)
    if is_readable:
        schema = _as_json(schema)
    if not isinstance(name, str) or _has_expression(name):
        name, unknown = _without_expressions(str(name)), "its name"
    elif is_readable and _has_expression(schema):
        schema, unknown = None, "its schema"
    elif schema:
        problem = complaint(schema)
    return DefinedQuestion(
        name=name,
        text=_without_expressions(body_text(text)) if text else "",
        schema=schema or None,
        always=always,
        unknown=unknown,
        problem=problem,
    )


def _as_json(value: Json) -> Json:
    """Return data of a YAML text as Mistral stores it: with dates as texts."""
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def _has_expression(value: Json) -> bool:
    """Tell whether a text or a part of a value contains an expression."""
    if isinstance(value, dict):
        return any(map(_has_expression, value)) or any(map(_has_expression, value.values()))
    if isinstance(value, list):
        return any(map(_has_expression, value))
    return isinstance(value, str) and _without_expressions(value) != value


def _without_expressions(text: str) -> str:
    """Return a text with an ellipsis in the place of each expression, in linear time."""
    parts = []
    endless = set()  # kinds of expressions of which no end follows
    kept = position = 0  # up to where the text is in ``parts``, and where the search goes on
    while beginning := definitions.EXPRESSION.search(text, position):
        kind = beginning.group()
        end = -1 if kind in endless else text.find(EXPRESSIONS[kind], beginning.end())
        if end < 0:
            endless.add(kind)
            position = beginning.start() + 1
            continue
        parts += [text[kept : beginning.start()], "…"]
        kept = position = end + len(EXPRESSIONS[kind])
    return "".join(parts) + text[kept:]
