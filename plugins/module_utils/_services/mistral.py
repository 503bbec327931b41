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
import urllib.parse
import uuid

from .._base.clients import check_client, too_old
from .._base.deadline import Deadline
from .._base.errors import Failure, ServiceError
from .._base.text import one_line
from .._cloud.login import Cloud
from . import definition as definitions

try:
    from mistralclient.api import base as mistral_base
    from mistralclient.api.v2 import client as mistral_client

    CLIENT_IMPORT_ERROR = None
except Exception:  # what is installed can be broken in any way
    CLIENT_IMPORT_ERROR = traceback.format_exc()

RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED = "RUNNING", "PAUSED", "SUCCESS", "ERROR", "CANCELLED"
STATES = [RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED]
ENDED = frozenset([SUCCESS, ERROR, CANCELLED])

LONGEST_RESULT = (
    1024 * 1024
)  # characters, unless the cloud's operator says otherwise; Mistral fails a task for more

JSON_FIELDS = frozenset(
    """input output params interface published published_global result runtime_context workflow_input
    workflow_params""".split()
)
# Environments whose names begin so, then have the execution's id, are locks: of an answer, and of interactive.resume.
LOCKS = ("interactive.answer", "interactive.resume")
TASK_FIELDS = (
    "id",
    "name",
    "type",
    "state",
    "state_info",
    "workflow_name",
    "started_at",
    "finished_at",
)

PAGE = 1000  # items that a request for a list asks for: Mistral's own default
NO_ID = str(uuid.UUID(int=0))  # of nothing
LIST_ATTEMPTS = (
    10  # times that a list is begun, each but the last ended by a deletion that struck its marker
)
NAMES_AT_ONCE = 50  # names of workflows in one request

LONGEST_SEARCH = (
    10.0  # seconds to find the expression that is wrong; a validation may take more than two
)
# What Mistral says of an expression in a definition: YAQL's parser, its lexer, Jinja's parser, and Mistral itself.
EXPRESSION_ERROR = re.compile(
    r"Parse error: |Lexical error: |Syntax error '|The line already contains an expression|The '\w+' expression language"
)
QUOTED = " of expression '"
LONGEST_ERROR = 64 * 1024  # characters of such a text that are looked at
UNKNOWN_TYPE = "Failed to find a specification class "
STEP = re.compile(r"\['(.{0,200}?)'\]|\[(\d{1,9})\]")  # of a path: a key, or an item's number
TYPE_OF_WORKFLOW = re.compile(r"'type': ('[^']{0,200}'|\w{1,200})")

# In-memory RPC puts the name of the server's exception in front of its words, a broker does not.
RPC_PREFIX = re.compile(r"(answered \d+: |\A)\w+(?:Error|Exception): (?:\d{3}: )?")
# Refusals that Mistral answers 500 for, in front of that the exception's name: the engine has looked at the request, and
# done nothing.
REFUSAL = re.compile(
    r"(?:\w+(?:Error|Exception): )?(?:4\d\d: |Invalid input\b)"
    r"|(?:DBEntityNotFoundError|DBDuplicateEntryError|DSLParsingException|InputException|InvalidActionException"
    r"|InvalidStateTransitionException|NotAllowedException|WorkflowException): "
)


def parsed(resource: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a resource of the API with its JSON texts as data."""
    data = dict(resource)
    for field in JSON_FIELDS:
        if isinstance(data.get(field), str):
            with contextlib.suppress(ValueError, RecursionError):
                data[field] = json.loads(data[field])
    return data


class _MarkerGone(Exception):
    """What a list was to go on after was deleted meanwhile."""


class Mistral:
    """The requests that the flows need, each one sentence when it fails. Identifiers are str, results dicts."""

    def __init__(self, cloud: Cloud) -> None:
        check_client("python-mistralclient", CLIENT_IMPORT_ERROR)
        url = cloud.endpoint("workflow")
        if not url.endswith("/v2"):
            url += "/v2"
        self.url = url
        self.connection = cloud.connection("workflow")
        # Raw definitions only: the client would otherwise open files and URLs that a definition names.
        self._client = mistral_client.Client(
            session=self.connection, mistral_url=url, enforce_raw_definitions=True
        )
        if not getattr(
            self._client.workflows, "enforce_raw_definitions", False
        ):  # an older one ignores that
            raise too_old("python-mistralclient")

    def within(self, seconds: float) -> t.ContextManager[None]:
        """Give up whatever this thread sends meanwhile, to any service, when the seconds are over."""
        return self.connection.within(seconds)

    @contextlib.contextmanager
    def _doing(self, what: str, advice: str = "") -> t.Iterator[None]:
        try:
            yield
        except ServiceError as error:
            error.refused = error.status == 500 and bool(REFUSAL.match(error.reason))
            error.reason = RPC_PREFIX.sub(r"\1", error.reason, count=1)
            error.message = RPC_PREFIX.sub(r"\1", error.message, count=1)
            raise error.while_doing(what, advice) from None
        except mistral_base.APIException as error:
            reason = one_line(error.error_message)
            raise ServiceError("Mistral", error.error_code, reason, "service_error").while_doing(
                what, advice
            ) from None

    # Lists

    def _list(
        self, what: str, path: str, key: str, limit: int | None = None, **query: t.Any
    ) -> list[dict[str, t.Any]]:
        """Return all that Mistral lists at a path, or up to ``limit`` of it, following the pages.

        Mistral ends a list after the limit, and after as many as its operator allows (max_limit), and adds a link to the next
        page. It garbles the filters in that link, so that only its being there counts. A page begins after the marker, in
        the order of the sort keys and the id. So what is created meanwhile makes nothing come twice, but a marker that was
        deleted meanwhile is an error.
        """
        for _attempt in range(LIST_ATTEMPTS):
            try:
                return self._pages(what, path, key, limit, query)
            except _MarkerGone:
                continue
        raise Failure(
            f"Could not {what}: it changes faster than it can be read. Try again later.", "busy"
        )

    def _pages(
        self, what: str, path: str, key: str, limit: int | None, query: dict[str, t.Any]
    ) -> list[dict[str, t.Any]]:
        found: dict[str, dict[str, t.Any]] = {}
        asked = dict(query)
        while True:
            asked["limit"] = PAGE if limit is None else min(PAGE, limit - len(found))
            page = self._page(what, path, asked)
            items = page[key]
            new = [item for item in items if item["id"] not in found]
            found.update((item["id"], item) for item in new)
            if not page.get("next") or not new or (limit is not None and len(found) >= limit):
                return [parsed(item) for item in found.values()]
            asked["marker"] = items[-1]["id"]

    def _page(self, what: str, path: str, query: dict[str, t.Any]) -> dict[str, t.Any]:
        options = "&".join(f"{name}={url_part(str(value))}" for name, value in query.items())
        try:
            # The client's own lists drop the link to the next page.
            with self._doing(what):
                return self._client.executions.http_client.get(f"{path}?{options}").json()
        except ServiceError as error:
            if error.status == 404 and "marker" in query:
                raise _MarkerGone from None
            raise

    # Workflows

    def validate(self, definition: str, deadline: Deadline) -> None:
        """Raise Failure with Mistral's reason if it would not accept this definition."""
        with self._doing("validate the workflow definition"):
            answer = self._client.workflows.validate(definition)
        if answer.get("valid"):
            return
        error = str(answer.get("error") or "")[:LONGEST_ERROR]
        place = self._place_of_expression(definition, error, deadline) or place_of_schema_error(
            definition, error
        )
        raise Failure(
            f"Mistral does not accept the workflow definition: {definition_error(error)}{place}.",
            "invalid_definition",
        )

    def _place_of_expression(self, definition: str, error: str, deadline: Deadline) -> str:
        """Return which expression it is that Mistral does not understand, and where; empty if nobody can tell.

        Mistral says so without the place, mostly without the expression too. So it is asked about half of them at a time, for a while.
        """
        if not EXPRESSION_ERROR.match(error):
            return ""
        deadline = deadline.within(LONGEST_SEARCH)
        _before, _words, rest = error.partition(QUOTED)
        quoted = rest[:-1] if rest.endswith("'") else ""
        try:
            candidates = definitions.expressions(definitions.load(definition))
            if quoted:
                candidates = [found for found in candidates if quoted in found[1]]
            while len(candidates) > 1:
                if not deadline.remaining:
                    return ""
                half = candidates[: len(candidates) // 2]
                candidates = (
                    half if self._expressions_error(half) == error else candidates[len(half) :]
                )
            if not candidates or self._expressions_error(candidates) != error:
                return ""
        except Failure:
            return ""
        path, text = candidates[0]
        return f", in '{one_line(text, 120)}' ({definitions.place_in_words(path, definition)})"

    def _expressions_error(self, found: list[tuple[t.Any, str]]) -> str:
        """Return what Mistral says of these expressions alone."""
        published = {f"e{number}": text for number, (_path, text) in enumerate(found)}
        task = {"action": "std.noop", "publish": published}
        probe = json.dumps({"version": "2.0", "probe": {"tasks": {"probe": task}}})
        with self._doing("validate the expressions of the workflow definition"):
            return str(self._client.workflows.validate(probe).get("error") or "")[:LONGEST_ERROR]

    def workflow(self, identifier: str, namespace: str = "") -> dict[str, t.Any] | None:
        """Return a workflow by name in one namespace, or by id, with its definition, or None.

        By name, this is one that the project can use, see visible_workflows().
        """
        if may_be_id(identifier):
            found = self.workflow_by_id(identifier)
            if found:
                return found if not namespace or found.get("namespace") == namespace else None
        named = [
            workflow
            for workflow in self.visible_workflows(identifier)
            if (workflow.get("namespace") or "") == namespace
        ]
        own = [workflow for workflow in named if self._is_own(workflow)]
        return next(iter(own + named), None)

    def workflow_by_id(self, id: str) -> dict[str, t.Any] | None:
        try:
            with self._doing(f"read workflow '{id}'"):
                return parsed(self._client.workflows.get(url_part(id)).to_dict())
        except ServiceError as error:
            if error.status == 404:
                return None
            raise

    def visible_workflows(self, name: str | None = None) -> list[dict[str, t.Any]]:
        """Return the workflows that the project can use, of this name or all: its own, public and shared ones.

        An administrator gets those of all projects from Mistral. The private ones of others do not count, nor do those that
        others share with the project: nothing tells the two apart.
        """
        filters = {} if name is None else {"name": equal_to(name)}
        found = self._list("list workflows", "/workflows", "workflows", **filters)
        if name is not None:
            found = [workflow for workflow in found if workflow["name"] == name]
        if not self.connection.is_admin:
            return found
        return [
            workflow
            for workflow in found
            if workflow.get("scope") == "public" or self._is_own(workflow)
        ]

    def own_workflows(self, names: list[str], namespace: str = "") -> dict[str, dict[str, t.Any]]:
        """Return this project's workflows of these names in one namespace, by name.

        Asked for by name alone, Mistral may answer with another project's public workflow, which nobody here can change.
        """
        found: list[dict[str, t.Any]] = []
        for filter in name_filters(names):
            found += self._list("list workflows", "/workflows", "workflows", name=filter)
        return {
            workflow["name"]: workflow
            for workflow in found
            if (workflow.get("namespace") or "") == namespace
            and workflow["name"] in names
            and self._is_own(workflow)
        }

    def _is_own(self, workflow: dict[str, t.Any]) -> bool:
        return self.connection.project_id in (None, workflow.get("project_id"))

    def create_workflows(
        self, definition: str, namespace: str, scope: str
    ) -> list[dict[str, t.Any]]:
        with self._doing("create the workflow"):
            return [
                parsed(w.to_dict())
                for w in self._client.workflows.create(definition, url_part(namespace), scope)
            ]

    def update_workflow(
        self, id: str, definition: str, namespace: str, scope: str
    ) -> dict[str, t.Any]:
        """Replace the definition, of one workflow only, of the workflow with this id."""
        with self._doing("update the workflow"):
            return parsed(
                self._client.workflows.update(
                    definition, url_part(namespace), scope, id=id
                ).to_dict()
            )

    def delete_workflow(self, identifier: str, namespace: str = "") -> None:
        with self._doing(f"delete workflow '{identifier}'"):
            self._client.workflows.delete(url_part(identifier), url_part(namespace) or None)

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
        if self.connection.is_admin and not may_be_id(workflow):
            # By name, Mistral takes any that an administrator sees, be it another project's private one.
            found = self.workflow(workflow, namespace)
            body["workflow_id"] = found["id"] if found else NO_ID
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
            raise no_execution(id)
        return found

    def state(self, id: str) -> str:
        """Return only the state: cheaper than the whole execution, for waits."""
        with self._doing(f"read the state of execution {id}"):
            return self._client.executions._get(f"/executions/{id}?fields=state").to_dict()["state"]

    def executions(
        self, workflow: str | None = None, state: str | None = None, limit: int | None = None
    ) -> list[dict[str, t.Any]]:
        """Return executions with their outputs, the newest first."""
        query = {"sort_keys": "created_at", "sort_dirs": "desc", "include_output": "true"}
        if workflow is not None:
            query["workflow_name"] = equal_to(workflow)
        if state is not None:
            query["state"] = state
        return self._list("list executions", "/executions", "executions", limit, **query)

    def set_state(
        self, id: str, state: str, env: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Ask for another state; ``env`` is merged into the environment, which Mistral allows with a resume only."""
        with self._doing(f"set execution {id} to {state}"):
            return parsed(self._client.executions.update(id, state, env=env).to_dict())

    def delete_execution(self, id: str, force: bool = False) -> None:
        with self._doing(f"delete execution {id}"):
            self._client.executions.delete(id, force=force)

    def tasks(self, execution_id: str) -> list[dict[str, t.Any]]:
        return self._list(
            f"list the tasks of execution {execution_id}",
            f"/executions/{url_part(execution_id)}/tasks",
            "tasks",
        )

    def task_states(self, execution_id: str) -> list[dict[str, t.Any]]:
        """Return the tasks that an execution has begun, with their id, name and state only."""
        path = f"/executions/{url_part(execution_id)}/tasks"
        return self._list(
            f"list the tasks of execution {execution_id}", path, "tasks", fields="name,state"
        )

    def task(self, id: str) -> dict[str, t.Any]:
        with self._doing(f"read task {id}"):
            return parsed(self._client.tasks.get(id).to_dict())

    def action_executions(self, task_id: str) -> list[dict[str, t.Any]]:
        """Return the action executions of a task, the oldest first, without their outputs."""
        path = f"/tasks/{url_part(task_id)}/action_executions"
        return self._list(
            f"list the action executions of task {task_id}", path, "action_executions"
        )

    def tree(self, execution_id: str) -> list[dict[str, t.Any]]:
        """Return an execution, and after it all executions of sub-workflows below it; without their outputs."""
        try:
            with self._doing(f"list the sub-executions of execution {execution_id}"):
                found = self._client.executions.get_ex_sub_executions(execution_id)
        except ServiceError as error:
            if error.status != 404:
                raise
            raise no_execution(execution_id) from None
        return [parsed(execution.to_dict()) for execution in found]

    def sub_executions(self, execution_id: str) -> list[dict[str, t.Any]]:
        return self.tree(execution_id)[1:]

    def report(self, execution_id: str, errors_only: bool = True) -> dict[str, t.Any]:
        """Return Mistral's execution report: the tree of tasks, actions and sub-executions."""
        with self._doing(f"read the report of execution {execution_id}"):
            return self._client.executions.get_report(execution_id, errors_only=errors_only)

    def failed_tasks(self, execution_id: str) -> list[dict[str, str]]:
        """Return the failed tasks, the innermost first: dicts of name, workflow, id and reason (one line)."""
        return failures(self.report(execution_id).get("root_workflow_execution") or {})

    # Cron triggers

    def cron_trigger(self, name: str) -> dict[str, t.Any] | None:
        """Return this project's cron trigger of this name, or None; never another project's public one."""
        found = self._list(
            f"read cron trigger '{name}'", "/cron_triggers", "cron_triggers", name=equal_to(name)
        )
        return next(
            (trigger for trigger in found if trigger["name"] == name and self._is_own(trigger)),
            None,
        )

    def create_cron_trigger(
        self, name: str, workflow_id: str, does: str = "create", **options: t.Any
    ) -> dict[str, t.Any]:
        """Create a cron trigger and return it; an error says that it could not be created, or what else this ``does``.

        Mistral looks at all the rest before it finds the name taken (409).
        """
        try:
            with self._doing(f"{does} cron trigger '{name}'"):
                return parsed(
                    self._client.cron_triggers.create(name, workflow_id, **options).to_dict()
                )
        except ServiceError as error:
            if error.status == 500 and "manage trusts" in error.reason:
                error.refused = True
                error.message += (
                    " Mistral needs a trust to act in your name, and Keystone lets neither application"
                    " credentials nor other delegated tokens create one: use a user's password."
                )
            raise

    def delete_cron_trigger(self, name: str, id: str) -> None:
        """Delete a cron trigger, and with it its trust. Nothing is done if it is gone already."""
        try:
            with self._doing(f"delete cron trigger '{name}'"):
                self._client.cron_triggers.delete(id)
        except ServiceError as error:
            if error.status != 404:
                raise

    # Environments

    def create_environment(self, name: str, variables: dict[str, t.Any]) -> bool:
        """Create an environment; False if there is one of this name already. Of many who do so at once, one does it."""
        try:
            with self._doing(f"create environment '{name}'"):
                self._client.environments.create(name=name, variables=variables)
        except ServiceError as error:
            if error.status != 409:
                raise
            return False
        return True

    def environment(self, name: str) -> dict[str, t.Any] | None:
        """Return the variables of an environment, or None."""
        try:
            with self._doing(f"read environment '{name}'"):
                return self._client.environments.get(name).variables
        except ServiceError as error:
            if error.status != 404:
                raise
            return None

    def delete_environment(self, name: str) -> None:
        """Delete an environment. Nothing is done if it is gone already."""
        try:
            with self._doing(f"delete environment '{name}'"):
                self._client.environments.delete(name)
        except ServiceError as error:
            if error.status != 404:
                raise

    def locks(self, execution_id: str) -> list[str]:
        """Return the names of the environments that are locks of an execution."""
        with self._doing("list environments"):
            found = self._client.environments.list(fields=["name"], name=f"has:.{execution_id}.")
        return [
            one.name
            for one in found
            if one.name.startswith(tuple(f"{kind}.{execution_id}." for kind in LOCKS))
        ]

    # Actions

    def run_action(
        self, name: str, input: dict[str, t.Any], namespace: str, **params: t.Any
    ) -> dict[str, t.Any]:
        with self._doing(f"run action '{name}'"):
            return parsed(
                self._client.action_executions.create(name, input, namespace, **params).to_dict()
            )

    def action_execution(self, id: str) -> dict[str, t.Any]:
        """Return an action execution; raises Failure if it is not there."""
        try:
            with self._doing(f"read action execution {id}"):
                return parsed(self._client.action_executions.get(id).to_dict())
        except ServiceError as error:
            if error.status != 404:
                raise
            raise Failure(
                f"There is no action execution {id} in this project: check the id and the cloud.",
                "not_found",
            ) from None

    def tasks_named(
        self, tree: list[dict[str, t.Any]], name: str | None = None
    ) -> list[dict[str, t.Any]]:
        """Return the tasks of this name, or all, in what tree() returned, the oldest first.

        A task gets the key ``open``: whether a result of its action would still be taken. Mistral leaves what is below
        a task that has timed out, or below an execution that was stopped, RUNNING for ever.
        """
        found = []
        open_tasks: set[str] = set()
        for execution in tree:
            above = execution.get("task_execution_id")
            going_on = execution["state"] not in ENDED and (
                execution is tree[0] or above in open_tasks
            )
            for task in self.tasks(execution["id"]):
                is_open = going_on and task["state"] not in ENDED
                if is_open:
                    open_tasks.add(task["id"])
                if name in (None, task["name"]):
                    found.append(dict(task, open=is_open))
        return sorted(found, key=lambda task: task["created_at"])

    def running_actions(self, tasks: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        """Return the actions whose result is still awaited, of tasks that tasks_named() returned, the oldest first."""
        return [
            dict(
                action, task_name=task["name"], workflow_execution_id=task["workflow_execution_id"]
            )
            for task in tasks
            if task["open"] and task["type"] == "ACTION"
            for action in self.action_executions(task["id"])
            if action["state"] not in ENDED
        ]

    def complete_action(
        self, id: str, state: str = SUCCESS, result: t.Any = None, check_mode: bool = False
    ) -> tuple[dict[str, t.Any], bool]:
        """End an action that waits for somebody to do so, with a dict or None as its result.

        Return the action execution as it is then, and whether it was this call that ended it: one that has ended
        already in the same state with the same result is as good. Raises Failure ``already_completed`` if it has
        ended otherwise, ``too_late`` if nobody waits for the result any more. May be repeated after a transient error.
        """
        check_result(state, result)
        before = self.action_execution(id)
        if before["state"] in ENDED:
            return as_good(before, state, result), False
        self._check_awaited(before)
        if check_mode:
            return dict(
                before, state=state, output={"result": stored_result(state, result)}, accepted=True
            ), True
        # The client's update() leaves out what is empty, and Mistral puts {} there.
        data = {"state": state, "output": None if result is None else json.dumps(result)}
        try:
            with self._doing(f"complete action execution {id}"):
                after = parsed(
                    self._client.action_executions._update(
                        f"/action_executions/{id}", data
                    ).to_dict()
                )
        except ServiceError as error:
            # Mistral answers 500 when somebody else was faster, and an answer may be lost on its way.
            now = self.action_execution(id)
            if now["state"] not in ENDED:
                raise error from None
            lost = "already completed" not in error.reason
            return as_good(now, state, result), lost
        if after["state"] != state:
            raise Failure(
                f"Mistral did not take the result of action execution {id} ({after['name']}), and ended it in"
                f" {after['state']}: {reason(result_of(after)) or 'it gives no reason'}.",
                "not_taken",
                action_execution=after,
            )
        return after, True

    def _check_awaited(self, action: dict[str, t.Any]) -> None:
        """Raise Failure if nobody waits for this action: Mistral takes a result then as well, and drops it."""
        task_id = action.get("task_execution_id")
        while task_id:  # none if the action was run alone, or at the top
            task = self.task(task_id)
            id = task["workflow_execution_id"]
            with self._doing(f"read the state of execution {id}"):
                execution = self._client.executions._get(
                    f"/executions/{id}?fields=state,task_execution_id"
                ).to_dict()
            ended = ""
            if task["state"] in ENDED:
                why = reason(task.get("state_info"))
                ended = f"task '{task['name']}' has ended in {task['state']}" + (
                    f" ({why})" if why else ""
                )
            elif execution["state"] in ENDED:
                ended = f"execution {id} has ended in {execution['state']}"
            if ended:
                raise Failure(
                    f"The result comes too late for action execution {action['id']} ({action['name']}): {ended}."
                    " Nothing waits for it any more.",
                    "too_late",
                    action_execution=action,
                )
            task_id = execution.get("task_execution_id")


def may_be_id(text: str) -> bool:
    """Tell whether a text can be the id of a workflow."""
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


def url_part(text: str) -> str:
    """Return a text as a part of a URL; the client puts names into URLs as they are."""
    try:
        return urllib.parse.quote(text, safe="")
    except UnicodeEncodeError:
        raise Failure(
            f"'{one_line(text, 60)}' cannot be sent to Mistral: it holds a character that UTF-8 has no bytes for."
            " Check in which encoding it was written.",
            "bad_text",
        ) from None


def equal_to(text: str) -> str:
    """Return the filter for a value: without an operator, Mistral would take 'in:' in a name for one."""
    return f"eq:{text}"


def name_filters(names: list[str]) -> list[str]:
    """Return the filters that list all of these names: Mistral has no way to write a comma in a list."""
    for name in names:
        url_part(name)  # says which one cannot be sent
    listed = [name for name in names if "," not in name]
    chunks = [
        listed[start : start + NAMES_AT_ONCE] for start in range(0, len(listed), NAMES_AT_ONCE)
    ]
    return ["in:" + ",".join(chunk) for chunk in chunks] + [
        equal_to(name) for name in names if "," in name
    ]


def no_execution(id: str) -> Failure:
    return Failure(
        f"There is no execution {id} in this project: check the id and the cloud.", "not_found"
    )


def check_result(state: str, result: t.Any) -> None:
    """Raise Failure if Mistral would refuse the result, or, which is worse, take it and fail the task."""
    if state == CANCELLED and result is not None:
        raise Failure("A cancelled action has no result: leave 'result' out.", "bad_option")
    text = json.dumps(result)
    if result is not None and not isinstance(result, dict):
        raise Failure(
            f"Mistral takes a dictionary or null as the result of an action, not {one_line(text, limit=60)}: put it"
            " into one, for instance {answer: ...}.",
            "bad_option",
        )
    if len(text) > LONGEST_RESULT:
        raise Failure(
            f"The result is too long for Mistral: it has {len(text) // 1024 + 1} kB of JSON, and more than"
            f" {LONGEST_RESULT // 1024} kB would fail the task. Put it elsewhere, and give the place as the result.",
            "too_large",
        )


def stored_result(state: str, result: t.Any) -> t.Any:
    """Return what Mistral makes of a result."""
    return result or "Unknown error" if state == ERROR else result


def result_of(action: dict[str, t.Any]) -> t.Any:
    """Return what an action ended with; Mistral wraps it."""
    output = action.get("output")
    return output.get("result") if isinstance(output, dict) else output


def as_good(action: dict[str, t.Any], state: str, result: t.Any) -> dict[str, t.Any]:
    """Return an action that has ended if it did so in this state with this result; raises Failure if not."""
    ended_with = result_of(action)
    wanted = stored_result(state, result)
    if action["state"] == state and json.dumps(ended_with, sort_keys=True) == json.dumps(
        wanted, sort_keys=True
    ):
        return action
    said = (
        ""
        if action["state"] == CANCELLED
        else f" with {one_line(json.dumps(ended_with, ensure_ascii=False), 120)}"
    )
    raise Failure(
        f"Action execution {action['id']} ({action['name']}) has ended already, in {action['state']}{said}. It ends only"
        " once: nothing was changed.",
        "already_completed",
        action_execution=action,
    )


def definition_error(text: t.Any) -> str:
    """Mistral's reason on one line: what is wrong and where, without jsonschema's pages about the schema."""
    text = str(text or "")[:LONGEST_ERROR]
    prefix = "Definition could not be parsed: "
    if text.startswith(prefix):
        said, marks = [], []
        for line in text[len(prefix) :].splitlines():
            mark = re.match(r"\s+in \".*\", (line \d+, column \d+)", line)
            if mark:
                marks.append(mark.group(1))
            elif line.strip() and not line.startswith("    "):
                said.append(line.strip())
        where = f" ({marks[-1]})" if marks else ""
        return one_line("it is not valid YAML: " + ", ".join(said)) + where
    kind = TYPE_OF_WORKFLOW.search(text, max(0, text.find("data={")))
    if kind and text.startswith(UNKNOWN_TYPE) and "data={" in text:
        return f"Mistral knows no workflow of type {kind.group(1)}, only 'direct' and 'reverse'"
    return one_line(text).rstrip(".")


def place_of_schema_error(definition: str, error: str) -> str:
    """Return where in a definition the value is that Mistral's schemas do not allow, to follow the error; else nothing."""
    instance = re.search(r"^On instance(\[.+\])?:\n\s+(.*)$", error, re.MULTILINE)
    if not instance:
        return ""
    where = instance.group(1) or ""
    below = tuple(int(number) if number else name for name, number in STEP.findall(where))
    unexpected = re.search(r"\('([^']*)' was unexpected\)", error)
    try:
        data = definitions.load(definition)
    except Failure:
        return ""
    places = definitions.schema_places(
        data, below, instance.group(2), unexpected.group(1) if unexpected else ""
    )
    if len(places) == 1 and places[0]:
        return f" ({definitions.place_in_words(places[0], definition)})"
    return f", at {where}" if below else ""


def reason(text: t.Any) -> str:
    """Return the useful part of Mistral's ``state_info`` on one line: no traceback, no wrapping of the engine."""
    text = str(text or "")
    raised = _raised(text)
    if raised:
        return one_line(raised).rstrip(".")
    head = text.split("\nTraceback", 1)[0]
    wrapped = _wrapped(head)
    if wrapped:
        head = " ".join(wrapped.split())
    if "[expression=" in head:
        head = " ".join(head.split())
        data, end = head.find(", data="), head.rfind("]")
        if 0 <= data < end:
            head = head[:data] + head[end:]
    return one_line(head).rstrip(".")


def _wrapped(text: str) -> str:
    """Return what the engine has put its own words around, in linear time; empty if it has not."""
    completed = re.match(r"Failed to complete action \[error=(.*), action=", text, re.DOTALL)
    if completed:
        return completed.group(1)
    start, end = text.find("[error="), text.rfind(", wf=")
    if 0 <= start < end:
        return text[start + len("[error=") : end]
    checked = re.match(r"Failed to check and complete \[.*?\]: (.*)", text, re.DOTALL)
    return checked.group(1) if checked else ""


def _raised(text: str) -> str:
    """Return the message of an error that an action raised, in linear time: the text is somebody else's. Empty if there is none."""
    start = text.find("[action=")
    tried: set[str] = set()
    for message in re.finditer(r"\bmsg=(['\"])", text[start:]) if start >= 0 else ():
        quote = message.group(1)
        end = (
            None
            if quote in tried
            else re.compile(rf"{quote}\](?=\s*(?:\n|\Z))").search(text, start + message.end())
        )
        if end:
            return text[start + message.end() : end.start()]
        tried.add(quote)  # nor does a later one end
    return ""


def failures(execution: dict[str, t.Any]) -> list[dict[str, str]]:
    """Return the failed tasks in a tree of Mistral's execution report: the causes first, the innermost of each first."""
    told = str(execution.get("state_info") or "")
    caused = re.match(r"Failure caused by error in tasks: (.*)", told)
    causes = set(
        caused.group(1).split(", ")
        if caused
        else re.findall(r"\btask=([^,\]\s]+)", told.partition("\n")[0])
    )
    found: list[dict[str, str]] = []
    # A failure that the workflow itself handled (on-error) is there too, but is not why it ended.
    for task in sorted(
        execution.get("task_executions") or [], key=lambda task: task.get("name") not in causes
    ):
        for sub in task.get("workflow_executions") or []:
            found += failures(sub)
        if task.get("state") == ERROR:
            why = reason(task.get("state_info"))
            if (
                why == "One or more actions had failed"
            ):  # of a task with items; the execution tells about each
                why = reason(told.partition(task["id"])[2]) or why
            found.append(
                {
                    "name": task.get("name", ""),
                    "workflow": task.get("workflow_name") or execution.get("name", ""),
                    "id": task.get("id", ""),
                    "reason": why,
                }
            )
    return found


def cause(execution: dict[str, t.Any], failed: list[dict[str, str]]) -> str:
    """Return why an execution failed, to follow a colon: the innermost failed task, or what Mistral says itself."""
    if not failed:
        return reason(execution.get("state_info"))
    first = failed[0]
    where = (
        ""
        if first["workflow"] == execution.get("workflow_name")
        else f" of workflow '{first['workflow']}'"
    )
    return f"task '{first['name']}'{where} failed" + (
        f": {first['reason']}" if first["reason"] else ""
    )


def titled(execution: dict[str, t.Any]) -> str:
    """Return what to call an execution at the beginning of a sentence."""
    return f"Execution {execution['id']} of workflow '{execution.get('workflow_name')}'"


def named(execution: dict[str, t.Any]) -> str:
    """Return what to call an execution within a sentence."""
    return f"execution {execution['id']} of workflow '{execution.get('workflow_name')}'"


def brief(tasks: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return of each task what a message about a wait needs."""
    return [{field: task.get(field) for field in TASK_FIELDS} for task in tasks]
