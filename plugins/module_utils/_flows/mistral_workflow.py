# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_workflow does."""

from __future__ import annotations

import contextlib
import typing as t

from .._base.encodable import check_definition
from .._base.errors import Failure, ServiceError
from .._services.definition import (
    canonical,
    check,
    check_version,
    dump,
    input_names,
    load,
    names,
    only,
)
from .._services.unknown import settled
from .._shell.flow import Flow


def shown(workflow: dict[str, t.Any] | None) -> str:
    """Return a workflow as the text of a diff."""
    if workflow is None:
        return ""
    try:
        definition = canonical(load(workflow["definition"]))
    except Failure:  # what Mistral has cut out of a workbook need not be YAML
        definition = workflow["definition"]
    return f"# scope: {workflow['scope']}\n{definition}"


def difference(
    name: str, namespace: str, before: dict[str, t.Any] | None, after: dict[str, t.Any] | None
) -> dict[str, str]:
    title = f"workflow '{name}'" + (f" in namespace '{namespace}'" if namespace else "")
    return {
        "before": shown(before),
        "after": shown(after),
        "before_header": f"{title} ({'stored' if before else 'absent'})",
        "after_header": f"{title} ({'new' if after else 'absent'})",
    }


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

    def run(self) -> dict[str, t.Any]:
        self.namespace = self.params["namespace"]
        result = self._present() if self.params["state"] == "present" else self._absent()
        result["workflows"] = [
            dict(workflow, inputs=input_names(workflow)) for workflow in result["workflows"]
        ]
        return result

    def _given(self) -> str:
        """Return the text of the definition."""
        path, definition = self.params["file"], self.params["definition"]
        if path is not None:
            try:
                with open(path, encoding="utf-8") as file:
                    definition = file.read()
            except (OSError, UnicodeError) as error:
                why = getattr(error, "strerror", None) or "it is not UTF-8 text"
                raise Failure(
                    f"Could not read the workflow definition {path}: {why}.", "no_file"
                ) from None
        text = definition if isinstance(definition, str) else dump(definition)
        if not text.strip():
            raise Failure("The workflow definition is empty.", "invalid_definition")
        return text

    def _loaded(self, text: str) -> t.Any:
        """Return the data of the definition; raises Failure if it holds something else than workflows."""
        data = load(text)
        check_definition(data)
        # a place in the text is of use to whoever wrote the text
        check(data, "" if isinstance(self.params["definition"], dict) else text)
        return data

    def _present(self) -> dict[str, t.Any]:
        text = self._given()
        data = self._loaded(text)
        wanted = names(data)
        if not wanted:
            self.mistral.validate(text, self.deadline)  # Mistral's own reason, if it has one
            raise Failure("The workflow definition holds no workflow.", "invalid_definition")
        check_version(data)
        stored = self.mistral.own_workflows(wanted, self.namespace)
        planned = {name: self._planned(name, text, data, stored.get(name)) for name in wanted}
        changed = [name for name in wanted if self._differs(stored.get(name), planned[name])]
        if not changed:  # what Mistral has stored, it has validated
            return {"changed": False, "workflows": [stored[name] for name in wanted]}
        if self.context.check_mode or not self._in_one_request(wanted, changed, stored):
            self.mistral.validate(text, self.deadline)
        diff = [
            difference(name, self.namespace, stored.get(name), planned[name]) for name in changed
        ]
        try:
            after = dict(
                planned
                if self.context.check_mode
                else self._write(text, data, wanted, changed, stored, planned)
            )
        except ServiceError as error:
            if error.status == 400:  # the same reason, with the place in the definition
                with contextlib.suppress(ServiceError):  # then that reason has to do
                    self.mistral.validate(text, self.deadline)
            raise
        for name in wanted:
            if name not in changed:
                after[name] = stored[name]
        return {"changed": True, "workflows": [after[name] for name in wanted], "diff": diff}

    @staticmethod
    def _in_one_request(wanted: list[str], changed: list[str], stored: dict[str, t.Any]) -> bool:
        """Tell whether one request writes the whole definition: Mistral then validates all of it before it stores any."""
        return len(wanted) == 1 or (changed == wanted and not stored)

    def _planned(
        self, name: str, text: str, data: dict[str, t.Any], stored: dict[str, t.Any] | None
    ) -> dict[str, t.Any]:
        """Return the workflow as it shall be; of the only one in a definition, Mistral stores the text as it is."""
        scope = self.params["scope"] or (stored or {}).get("scope") or "private"
        definition = text if len(names(data)) == 1 else dump(only(data, [name]))
        planned = dict(
            stored or {}, name=name, namespace=self.namespace, scope=scope, definition=definition
        )
        planned.pop("interface", None)  # of the definition that is stored
        return planned

    @staticmethod
    def _differs(stored: dict[str, t.Any] | None, planned: dict[str, t.Any]) -> bool:
        return stored is None or shown(stored) != shown(planned)

    def _write(
        self,
        text: str,
        data: dict[str, t.Any],
        wanted: list[str],
        changed: list[str],
        stored: dict[str, dict[str, t.Any]],
        planned: dict[str, dict[str, t.Any]],
    ) -> dict[str, dict[str, t.Any]]:
        """Create what is missing and update what differs; Mistral's requests do only one of the two for a whole text."""
        missing = [name for name in changed if name not in stored]
        after = {}
        if missing:
            new = text if missing == wanted else dump(only(data, missing))
            for workflow in self._create(new, missing, planned):
                after[workflow["name"]] = workflow
        for name in changed:
            if name in stored:
                after[name] = self._update(stored[name]["id"], name, planned)
        return after

    def _create(
        self, text: str, missing: list[str], planned: dict[str, dict[str, t.Any]]
    ) -> list[dict[str, t.Any]]:
        scope = self.params["scope"] or "private"
        return settled(
            lambda: self.mistral.create_workflows(text, self.namespace, scope),
            lambda: self._as_planned(missing, planned),
            self.deadline,
        )

    def _update(self, id: str, name: str, planned: dict[str, dict[str, t.Any]]) -> dict[str, t.Any]:
        plan = planned[name]
        return settled(
            lambda: [
                self.mistral.update_workflow(id, plan["definition"], self.namespace, plan["scope"])
            ],
            lambda: self._as_planned([name], planned),
            self.deadline,
        )[0]

    def _as_planned(
        self, wanted: list[str], planned: dict[str, dict[str, t.Any]]
    ) -> list[dict[str, t.Any]] | None:
        """Return the workflows if Mistral has all of them as they shall be, else None."""
        stored = self.mistral.own_workflows(wanted, self.namespace)
        if any(self._differs(stored.get(name), planned[name]) for name in wanted):
            return None
        return [stored[name] for name in wanted]

    def _absent(self) -> dict[str, t.Any]:
        listed = self.params["name"]
        wanted = names(self._loaded(self._given())) if listed is None else listed
        stored = self.mistral.own_workflows(wanted, self.namespace)
        if not stored:
            return {"changed": False, "workflows": []}
        if not self.context.check_mode:
            for workflow in stored.values():
                self._delete(workflow)
        diff = [
            difference(name, self.namespace, workflow, None) for name, workflow in stored.items()
        ]
        return {"changed": True, "workflows": list(stored.values()), "diff": diff}

    def _delete(self, workflow: dict[str, t.Any]) -> None:
        try:
            settled(
                lambda: self.mistral.delete_workflow(workflow["id"], self.namespace),
                lambda: self._is_gone(workflow["name"]),
                self.deadline,
            )
        except ServiceError as error:
            if error.status != 404:
                raise

    def _is_gone(self, name: str) -> bool | None:
        return None if self.mistral.own_workflows([name], self.namespace) else True
