# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_workflow does."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import pathlib
import typing as t

from .._base.encodable import check_definition
from .._base.errors import Failure, ServiceError
from .._base.json_types import Json, JsonObject, Result
from .._dialogue.asking_tasks import complaints
from .._services.definition import (
    canonical,
    dump,
    input_names,
    load,
    names,
    only,
)
from .._services.definition_check import check, check_version
from .._services.records import Workflow
from .._services.unknown import settled
from .._shell.flow import Flow


def diff_text(workflow: Workflow | None) -> str:
    """Return a workflow as the text of a diff; empty if there is none."""
    if workflow is None:
        return ""
    try:
        definition = canonical(load(workflow.definition))
    except Failure:  # what Mistral has cut out of a workbook need not be YAML
        definition = workflow.definition
    return f"# scope: {workflow.scope}\n{definition}"


def difference(
    name: str, namespace: str, before: Workflow | None, after: Workflow | None
) -> dict[str, str]:
    """Return the diff of a workflow."""
    title = f"workflow '{name}'"
    if namespace:
        title += f" in namespace '{namespace}'"
    return {
        "before": diff_text(before),
        "after": diff_text(after),
        "before_header": f"{title} ({'stored' if before else 'absent'})",
        "after_header": f"{title} ({'new' if after else 'absent'})",
    }


def differs(stored: Workflow | None, planned: Workflow) -> bool:
    """Tell whether two workflows differ in their scope, or in what their definitions mean."""
    return stored is None or diff_text(stored) != diff_text(planned)


def _file_text(path: str) -> str:
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        cause = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Failure(
            f"Could not read the workflow definition {path}: {cause}.", "no_file"
        ) from None


@dataclasses.dataclass(frozen=True)
class Plan:
    """A definition that is uploaded: its workflows as they are stored, and as they shall be."""

    text: str
    data: JsonObject
    names: list[str]
    stored: dict[str, Workflow]  # by name
    planned: dict[str, Workflow]  # by name

    @functools.cached_property
    def changed(self) -> list[str]:
        """The names of the workflows that are missing or differ."""
        return [name for name in self.names if differs(self.stored.get(name), self.planned[name])]

    @property
    def missing(self) -> list[str]:
        return [name for name in self.changed if name not in self.stored]

    @property
    def is_one_request(self) -> bool:
        """Whether one request writes the whole definition.

        Mistral then validates all of it before it stores any of it.
        """
        is_all_new = self.changed == self.names and not self.stored
        return len(self.names) == 1 or is_all_new


class MistralWorkflow(Flow):
    OPTIONS = dict(
        definition=dict(type="raw"),
        file=dict(type="path"),
        name=dict(type="list", elements="str"),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        namespace=dict(type="str", default=""),
        scope=dict(type="str", choices=["private", "public"]),
    )
    CONSTRAINTS = dict(
        mutually_exclusive=[("definition", "file", "name")],
        required_one_of=[("definition", "file", "name")],
        required_if=[("state", "present", ("definition", "file"), True)],
    )

    def run(self) -> Result:
        self.namespace = self.params["namespace"]
        if self.params["state"] == "present":
            return self._present()
        return self._absent()

    @staticmethod
    def _result(workflows: t.Iterable[Workflow], diff: list[dict[str, str]] | None) -> Result:
        """Return the module's result; ``diff`` is None if nothing was changed."""
        results = [
            dict(workflow.as_result(), inputs=input_names(workflow)) for workflow in workflows
        ]
        if diff is None:
            return {"changed": False, "workflows": results}
        return {"changed": True, "workflows": results, "diff": diff}

    # The definition

    @functools.cached_property
    def text(self) -> str:
        """The text of the definition. Raises Failure if it cannot be read."""
        path, definition = self.params["file"], self.params["definition"]
        if path is not None:
            text = _file_text(path)
        elif isinstance(definition, str):
            text = definition
        else:
            text = dump(definition)
        if not text.strip():
            raise Failure("The workflow definition is empty.", "invalid_definition")
        return text

    @functools.cached_property
    def data(self) -> Json:
        """The data of the definition. Raises Failure if it holds anything but workflows."""
        data = load(self.text)
        check_definition(data)
        if isinstance(self.params["definition"], dict):
            check(data)  # a place in a text that nobody wrote is of no use
        else:
            check(data, self.text)
        return data

    # state: present

    def _present(self) -> Result:
        text, data = self.text, self.data
        wanted_names = names(data)
        if not wanted_names:
            self.mistral.validate(text, self.deadline)  # Mistral's own reason, if it has one
            raise Failure("The workflow definition holds no workflow.", "invalid_definition")
        check_version(data)
        for sentence in complaints(data):
            self.context.warn(sentence)
        stored = self.mistral.own_workflows(wanted_names, self.namespace)
        plan = Plan(text, data, wanted_names, stored, self._planned(text, data, stored))
        if not plan.changed:  # what Mistral has stored, it has validated
            return self._result([stored[name] for name in plan.names], None)
        if self.context.check_mode or not plan.is_one_request:
            self.mistral.validate(text, self.deadline)
        diff = [
            difference(name, self.namespace, stored.get(name), plan.planned[name])
            for name in plan.changed
        ]
        after = dict(stored)
        if self.context.check_mode:
            after.update((name, plan.planned[name]) for name in plan.changed)
        else:
            after.update(self._write(plan))
        return self._result([after[name] for name in plan.names], diff)

    def _planned(
        self, text: str, data: JsonObject, stored: dict[str, Workflow]
    ) -> dict[str, Workflow]:
        """Return the workflows as they shall be, by name."""
        wanted_names = names(data)
        planned = {}
        for name in wanted_names:
            before = stored.get(name)
            definition = text  # Mistral stores the text of a definition with one workflow as it is
            if len(wanted_names) > 1:
                definition = dump(only(data, [name]))
            scope = self._scope(before)
            planned[name] = Workflow.planned(before, name, self.namespace, scope, definition)
        return planned

    def _scope(self, stored: Workflow | None) -> str:
        """Return the scope that a workflow shall have: without the option, it keeps its own."""
        scope: str | None = self.params["scope"]
        if scope is None and stored:
            scope = stored.scope
        return scope or "private"

    def _write(self, plan: Plan) -> dict[str, Workflow]:
        """Create what is missing and update what differs; return both by name.

        A request of Mistral does only one of the two for a whole text.
        """
        try:
            after = self._create(plan)
            for name in plan.changed:
                if name in plan.stored:
                    after[name] = self._update(plan, name)
        except ServiceError as error:
            if error.status == 400:  # the same reason, with the place in the definition
                with contextlib.suppress(ServiceError):  # then that reason has to do
                    self.mistral.validate(plan.text, self.deadline)
            raise
        return after

    def _create(self, plan: Plan) -> dict[str, Workflow]:
        missing = plan.missing
        if not missing:
            return {}
        text = plan.text
        if missing != plan.names:
            text = dump(only(plan.data, missing))
        scope = self._scope(None)
        created = settled(
            lambda: self.mistral.create_workflows(text, self.namespace, scope),
            lambda: self._stored_as(plan, missing),
            self.whole_task,
        )
        return {workflow.name: workflow for workflow in created}

    def _update(self, plan: Plan, name: str) -> Workflow:
        id, planned = plan.stored[name].id, plan.planned[name]

        def update() -> list[Workflow]:
            definition, scope = planned.definition, planned.scope
            return [self.mistral.update_workflow(id, definition, self.namespace, scope)]

        return settled(update, lambda: self._stored_as(plan, [name]), self.whole_task)[0]

    def _stored_as(self, plan: Plan, wanted_names: list[str]) -> list[Workflow] | None:
        """Return the workflows if Mistral has all of them as they are planned, else None."""
        stored = self.mistral.own_workflows(wanted_names, self.namespace)
        if any(differs(stored.get(name), plan.planned[name]) for name in wanted_names):
            return None
        return [stored[name] for name in wanted_names]

    # state: absent

    def _absent(self) -> Result:
        wanted_names = self.params["name"]
        if wanted_names is None:
            wanted_names = names(self.data)
        stored = self.mistral.own_workflows(wanted_names, self.namespace)
        if not stored:
            return self._result([], None)
        if not self.context.check_mode:
            for workflow in stored.values():
                self._delete(workflow)
        diff = [
            difference(name, self.namespace, workflow, None) for name, workflow in stored.items()
        ]
        return self._result(stored.values(), diff)

    def _delete(self, workflow: Workflow) -> None:
        def delete() -> bool:
            self.mistral.delete_workflow(workflow.id, self.namespace)
            return True

        try:
            settled(delete, lambda: self._is_gone(workflow), self.whole_task)
        except ServiceError as error:
            if error.status != 404:
                raise

    def _is_gone(self, workflow: Workflow) -> bool | None:
        """Return True if this workflow is gone, even if there is another one of its name."""
        stored = self.mistral.own_workflows([workflow.name], self.namespace).get(workflow.name)
        return None if stored and stored.id == workflow.id else True
