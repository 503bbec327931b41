# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistral as the flows see it: plain dicts with parsed input and output, errors as sentences."""

from __future__ import annotations

import contextlib
import json
import re
import traceback
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._cloud import Cloud, missing_client
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, ServiceError, one_line

try:
    from mistralclient.api import base as mistral_base
    from mistralclient.api.v2 import client as mistral_client

    CLIENT_IMPORT_ERROR = None
except ImportError:
    CLIENT_IMPORT_ERROR = traceback.format_exc()

RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED = "RUNNING", "PAUSED", "SUCCESS", "ERROR", "CANCELLED"
STATES = [RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED]
ENDED = frozenset([SUCCESS, ERROR, CANCELLED])

JSON_FIELDS = ("input", "output", "params", "interface", "published", "published_global", "result", "runtime_context")
TASK_FIELDS = ("id", "name", "type", "state", "state_info", "workflow_name", "started_at", "finished_at")

# In-memory RPC puts the name of the server's exception in front of its words, a broker does not.
RPC_PREFIX = re.compile(r"(answered \d+: |\A)\w+(?:Error|Exception): (?:\d{3}: )?")


def parsed(resource: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a resource of the API with its JSON texts as data."""
    data = dict(resource)
    for field in JSON_FIELDS:
        if isinstance(data.get(field), str):
            with contextlib.suppress(ValueError):
                data[field] = json.loads(data[field])
    return data


class Mistral:
    """The requests that the flows need, each one sentence when it fails. Identifiers are str, results dicts."""

    def __init__(self, cloud: Cloud) -> None:
        if CLIENT_IMPORT_ERROR:
            raise missing_client("python-mistralclient")
        url = cloud.endpoint("workflow")
        if not url.endswith("/v2"):
            url += "/v2"
        self.url = url
        self.connection = cloud.connection("workflow")
        # Raw definitions only: the client would otherwise open files and URLs that a definition names.
        self._client = mistral_client.Client(session=self.connection, mistral_url=url, enforce_raw_definitions=True)

    @contextlib.contextmanager
    def _doing(self, what: str, advice: str = "") -> t.Iterator[None]:
        try:
            yield
        except ServiceError as error:
            error.reason = RPC_PREFIX.sub(r"\1", error.reason, count=1)
            error.message = RPC_PREFIX.sub(r"\1", error.message, count=1)
            raise error.while_doing(what, advice) from None
        except mistral_base.APIException as error:
            reason = one_line(error.error_message)
            raise ServiceError("Mistral", error.error_code, reason, "service_error").while_doing(what, advice) from None

    # Workflows

    def validate(self, definition: str) -> None:
        """Raise Failure with Mistral's reason if it would not accept this definition."""
        with self._doing("validate the workflow definition"):
            answer = self._client.workflows.validate(definition)
        if not answer.get("valid"):
            raise Failure(
                f"Mistral does not accept the workflow definition: {definition_error(answer.get('error'))}.",
                "invalid_definition",
            )

    def workflow(self, identifier: str, namespace: str = "") -> dict[str, t.Any] | None:
        """Return a workflow by name or id, with its definition, or None."""
        try:
            with self._doing(f"read workflow '{identifier}'"):
                found = parsed(self._client.workflows.get(identifier, namespace).to_dict())
        except ServiceError as error:
            if error.status == 404:
                return None
            raise
        # Mistral falls back to the default namespace; a caller who names one means that one.
        return found if not namespace or found.get("namespace") == namespace else None

    def workflows(self, **filters: t.Any) -> list[dict[str, t.Any]]:
        with self._doing("list workflows"):
            return [parsed(found.to_dict()) for found in self._client.workflows.list(**filters)]

    def own_workflows(self, names: list[str], namespace: str = "") -> dict[str, dict[str, t.Any]]:
        """Return this project's workflows of these names in one namespace, by name.

        Asked for by name alone, Mistral may answer with another project's public workflow, which nobody here can change.
        """
        project = self.connection.project_id
        found = self.workflows(name="in:" + ",".join(names)) if names else []
        return {
            workflow["name"]: workflow
            for workflow in found
            if (workflow.get("namespace") or "") == namespace and project in (None, workflow.get("project_id"))
        }

    def create_workflows(self, definition: str, namespace: str, scope: str) -> list[dict[str, t.Any]]:
        with self._doing("create the workflow"):
            return [parsed(w.to_dict()) for w in self._client.workflows.create(definition, namespace, scope)]

    def update_workflow(self, id: str, definition: str, namespace: str, scope: str) -> dict[str, t.Any]:
        """Replace the definition, of one workflow only, of the workflow with this id."""
        with self._doing("update the workflow"):
            return parsed(self._client.workflows.update(definition, namespace, scope, id=id).to_dict())

    def delete_workflow(self, identifier: str, namespace: str = "") -> None:
        with self._doing(f"delete workflow '{identifier}'"):
            self._client.workflows.delete(identifier, namespace or None)

    # Executions

    def start(
        self,
        workflow: str,
        namespace: str = "",
        input: dict[str, t.Any] | None = None,
        params: dict[str, t.Any] | None = None,
        description: str = "",
        id: str | None = None,
    ) -> dict[str, t.Any]:
        """Start an execution and return it. With an ``id`` that exists already, that execution is returned."""
        body: dict[str, t.Any] = {"workflow_name": workflow, "description": description}
        if namespace:
            body["workflow_namespace"] = namespace
        if input:
            body["input"] = json.dumps(input)
        if params:
            body["params"] = json.dumps(params)
        if id:
            body["id"] = id
        try:
            # The client's create() takes no id, which is what makes a start idempotent.
            with self._doing(f"start workflow '{workflow}'"):
                return parsed(self._client.executions._create("/executions", body).to_dict())
        except ServiceError as error:
            # In-memory RPC answers 500 where a broker answers 404, with the same words.
            if error.status == 404 or (error.status == 500 and "not found" in error.reason.lower()):
                where = f" in namespace '{namespace}'" if namespace else ""
                raise Failure(
                    f"Could not start workflow '{workflow}': there is no such workflow{where}. Upload it first, for"
                    " instance with interactive.openstack.mistral_workflow.",
                    "not_found",
                ) from None
            raise

    def execution(self, id: str) -> dict[str, t.Any] | None:
        """Return an execution with parsed input, params and output, or None."""
        try:
            with self._doing(f"read execution {id}"):
                return parsed(self._client.executions.get(id).to_dict())
        except ServiceError as error:
            if error.status == 404:
                return None
            raise

    def existing(self, id: str) -> dict[str, t.Any]:
        """Return an execution; raises Failure if it is not there."""
        found = self.execution(id)
        if found is None:
            raise Failure(f"There is no execution {id} in this project: check the id and the cloud.", "not_found")
        return found

    def state(self, id: str) -> str:
        """Return only the state: cheaper than the whole execution, for waits."""
        with self._doing(f"read the state of execution {id}"):
            return self._client.executions._get(f"/executions/{id}?fields=state").to_dict()["state"]

    def executions(self, **filters: t.Any) -> list[dict[str, t.Any]]:
        with self._doing("list executions"):
            return [parsed(found.to_dict()) for found in self._client.executions.list(**filters)]

    def set_state(self, id: str, state: str, env: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Ask for another state; ``env`` is merged into the environment, which Mistral allows with a resume only."""
        with self._doing(f"set execution {id} to {state}"):
            return parsed(self._client.executions.update(id, state, env=env).to_dict())

    def delete_execution(self, id: str, force: bool = False) -> None:
        with self._doing(f"delete execution {id}"):
            self._client.executions.delete(id, force=force)

    def tasks(self, execution_id: str) -> list[dict[str, t.Any]]:
        with self._doing(f"list the tasks of execution {execution_id}"):
            return [parsed(task.to_dict()) for task in self._client.tasks.list(execution_id)]

    def action_executions(self, task_id: str) -> list[dict[str, t.Any]]:
        """Return the action executions of a task; ``input`` and ``output`` are parsed."""
        with self._doing(f"list the action executions of task {task_id}"):
            return [parsed(found.to_dict()) for found in self._client.action_executions.list(task_id)]

    def sub_executions(self, execution_id: str) -> list[dict[str, t.Any]]:
        with self._doing(f"list the sub-executions of execution {execution_id}"):
            found = self._client.executions.get_ex_sub_executions(execution_id)
        # Mistral's list begins with the execution itself.
        return [parsed(sub.to_dict()) for sub in found if sub.id != execution_id]

    def report(self, execution_id: str, errors_only: bool = True) -> dict[str, t.Any]:
        """Return Mistral's execution report: the tree of tasks, actions and sub-executions."""
        with self._doing(f"read the report of execution {execution_id}"):
            return self._client.executions.get_report(execution_id, errors_only=errors_only)

    def failed_tasks(self, execution_id: str) -> list[dict[str, str]]:
        """Return the failed tasks, the innermost first: dicts of name, workflow, id and reason (one line)."""
        return failures(self.report(execution_id).get("root_workflow_execution") or {})

    # Actions

    def run_action(self, name: str, input: dict[str, t.Any], namespace: str, **params: t.Any) -> dict[str, t.Any]:
        with self._doing(f"run action '{name}'"):
            return parsed(self._client.action_executions.create(name, input, namespace, **params).to_dict())

    def action_execution(self, id: str) -> dict[str, t.Any]:
        with self._doing(f"read action execution {id}"):
            return parsed(self._client.action_executions.get(id).to_dict())


def definition_error(text: t.Any) -> str:
    """Mistral's reason on one line: what is wrong and where, without jsonschema's pages about the schema."""
    text = str(text or "")
    prefix = "Definition could not be parsed: "
    if text.startswith(prefix):
        said, marks = [], []
        for line in text[len(prefix):].splitlines():
            mark = re.match(r"\s+in \".*\", (line \d+, column \d+)", line)
            if mark:
                marks.append(mark.group(1))
            elif line.strip() and not line.startswith("    "):
                said.append(line.strip())
        where = f" ({marks[-1]})" if marks else ""
        return one_line("it is not valid YAML: " + ", ".join(said)) + where
    place = re.search(r"^On instance((?:\[.+?\])+):$", text, re.MULTILINE)
    return one_line(text).rstrip(".") + (f", at {place.group(1)}" if place else "")


def reason(text: t.Any) -> str:
    """Return the useful part of Mistral's ``state_info`` on one line: no traceback, no wrapping of the engine."""
    text = str(text or "")
    raised = re.search(r"\[action=.*?\bmsg=(['\"])(.*?)\1\](?=\s*(?:\n|\Z))", text, re.DOTALL)
    if raised:
        return one_line(raised.group(2)).rstrip(".")
    head = text.split("\nTraceback", 1)[0]
    wrapped = re.search(r"\[error=(.*), wf=", head, re.DOTALL) or re.match(
        r"Failed to check and complete \[.*?\]: (.*)", head, re.DOTALL
    )
    if wrapped:
        head = " ".join(wrapped.group(1).split())
    if "[expression=" in head:
        head = re.sub(r", data=.*\]", "]", " ".join(head.split()))
    return one_line(head).rstrip(".")


def failures(execution: dict[str, t.Any]) -> list[dict[str, str]]:
    """Return the failed tasks in a tree of Mistral's execution report: the causes first, the innermost of each first."""
    told = str(execution.get("state_info") or "")
    caused = re.match(r"Failure caused by error in tasks: (.*)", told)
    causes = set(caused.group(1).split(", ") if caused else re.findall(r"\btask=([^,\]\s]+)", told.partition("\n")[0]))
    found: list[dict[str, str]] = []
    # A failure that the workflow itself handled (on-error) is there too, but is not why it ended.
    for task in sorted(execution.get("task_executions") or [], key=lambda task: task.get("name") not in causes):
        for sub in task.get("workflow_executions") or []:
            found += failures(sub)
        if task.get("state") == ERROR:
            why = reason(task.get("state_info"))
            if why == "One or more actions had failed":  # of a task with items; the execution tells about each
                why = reason(told.partition(task["id"])[2]) or why
            found.append({
                "name": task.get("name", ""),
                "workflow": task.get("workflow_name") or execution.get("name", ""),
                "id": task.get("id", ""),
                "reason": why,
            })
    return found


def cause(execution: dict[str, t.Any], failed: list[dict[str, str]]) -> str:
    """Return why an execution failed, to follow a colon: the innermost failed task, or what Mistral says itself."""
    if not failed:
        return reason(execution.get("state_info"))
    first = failed[0]
    where = "" if first["workflow"] == execution.get("workflow_name") else f" of workflow '{first['workflow']}'"
    return f"task '{first['name']}'{where} failed" + (f": {first['reason']}" if first["reason"] else "")


def titled(execution: dict[str, t.Any]) -> str:
    return f"Execution {execution['id']} of workflow '{execution.get('workflow_name')}'"


def brief(tasks: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return of each task what a message about a wait needs."""
    return [{field: task.get(field) for field in TASK_FIELDS} for task in tasks]
