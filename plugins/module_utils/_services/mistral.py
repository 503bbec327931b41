# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistral as the flows see it: records in and out, errors as sentences."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import traceback
import typing as t
import urllib.parse
import uuid

from .._base.clients import check_client, too_old
from .._base.deadline import Deadline
from .._base.encodable import check_request
from .._base.errors import Failure, ServiceError
from .._base.json_types import Json, JsonObject
from .._base.text import one_line
from .._cloud.login import Cloud
from .definition_errors import LONGEST_ERROR, not_accepted
from .failure_causes import cause_in, failed_tasks
from .records import (
    ActionExecution,
    CronTrigger,
    Execution,
    FailedTask,
    State,
    Task,
    Workflow,
)

try:
    from mistralclient.api import base as mistral_base
    from mistralclient.api.v2 import client as mistral_client

    CLIENT_IMPORT_ERROR = None
except Exception:  # what is installed can be broken in any way
    CLIENT_IMPORT_ERROR = traceback.format_exc()

# Characters of JSON. Mistral fails a task for more, unless the cloud's operator says otherwise.
LONGEST_RESULT = 1024 * 1024

# The first words in the name of an environment that is a lock; the id of an execution follows.
# The first kind is that of an answer, the second that of interactive.resume.
LOCKS = ("interactive.answer", "interactive.resume")

ITEMS_AT_ONCE = 1000  # items that a request for a list asks for: Mistral's own default
NO_ID = str(uuid.UUID(int=0))  # of nothing
EMPTY = ("", "{}", None)  # values that a request leaves out
# Times that a list is begun. Each attempt but the last may end because its marker was deleted.
LIST_ATTEMPTS = 10
NAMES_AT_ONCE = 50  # names of workflows in one request

# In-memory RPC puts the name of the server's exception in front of its words, a broker does not.
RPC_PREFIX = re.compile(r"(answered \d+: |\A)\w+(?:Error|Exception): (?:\d{3}: )?")
# Mistral's API answers this, with status 500, when its engine has not answered the API in time. The
# engine may still be at work.
RPC_TIMEOUT = re.compile(r"This rpc call .* took longer than")
# Refusals that Mistral answers 500 for, after the name of the exception. The engine has looked at
# the request, and has done nothing.
REFUSAL = re.compile(
    r"(?:\w+(?:Error|Exception): )?(?:4\d\d: |Invalid input\b)"
    r"|(?:DBEntityNotFoundError|DBDuplicateEntryError|DSLParsingException|InputException"
    r"|InvalidActionException|InvalidStateTransitionException|NotAllowedException"
    r"|WorkflowException): "
)


Query = dict[str, str]  # of a URL


class _MarkerGone(Exception):
    """The item that a page was to begin after has been deleted meanwhile."""


class Mistral:
    """The requests that the flows need, each with one sentence when it fails. Ids are str."""

    def __init__(self, cloud: Cloud) -> None:
        check_client("python-mistralclient", CLIENT_IMPORT_ERROR)
        url = cloud.endpoint("workflow")
        if not url.endswith("/v2"):
            url += "/v2"
        self.url = url
        self.connection = cloud.connection("workflow")
        # Raw definitions only: otherwise the client opens files and URLs that a definition names.
        self._client = mistral_client.Client(
            session=self.connection, mistral_url=url, enforce_raw_definitions=True
        )
        # An older client ignores the option.
        if not getattr(self._client.workflows, "enforce_raw_definitions", False):
            raise too_old("python-mistralclient")

    def within(self, seconds: float) -> t.ContextManager[None]:
        """Give up the requests of this thread, to any service, when the seconds are over."""
        return self.connection.within(seconds)

    @contextlib.contextmanager
    def _doing(self, what: str, advice: str = "") -> t.Iterator[None]:
        try:
            yield
        except ServiceError as error:
            error.refused = error.status == 500 and bool(REFUSAL.match(error.reason))
            error.at_work = bool(RPC_TIMEOUT.search(error.reason))
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
        self, what: str, path: str, key: str, query: Query | None = None, limit: int | None = None
    ) -> list[JsonObject]:
        """Return the resources that Mistral lists at a path, or up to ``limit`` of them.

        Mistral ends a page after the limit, or after as many items as its operator allows
        (max_limit), and adds a link to the next page. It garbles the filters in that link, so only
        the presence of the link counts. A page begins after the marker, in the order of the sort
        keys and the id. So no item comes twice because another one is created meanwhile, but a
        marker that is deleted meanwhile is an error.
        """
        for _attempt in range(LIST_ATTEMPTS):
            try:
                return self._pages(what, path, key, query or {}, limit)
            except _MarkerGone:
                continue
        raise _changes_too_fast(what)

    def _pages(
        self, what: str, path: str, key: str, query: Query, limit: int | None
    ) -> list[JsonObject]:
        resources: dict[str, JsonObject] = {}  # by id
        query = dict(query)
        while True:
            page_limit = ITEMS_AT_ONCE
            if limit is not None:
                page_limit = min(ITEMS_AT_ONCE, limit - len(resources))
            query["limit"] = str(page_limit)
            page = self._page(what, path, query)
            items = page[key]
            new = [item for item in items if item["id"] not in resources]
            resources.update((item["id"], item) for item in new)
            is_last = not page.get("next") or not new
            if is_last or (limit is not None and len(resources) >= limit):
                return list(resources.values())
            query["marker"] = items[-1]["id"]

    def _page(self, what: str, path: str, query: Query) -> JsonObject:
        options = "&".join(f"{name}={url_part(value)}" for name, value in query.items())
        try:
            # The client's own lists drop the link to the next page.
            with self._doing(what):
                page: JsonObject = self._client.executions.http_client.get(
                    f"{path}?{options}"
                ).json()
                return page
        except ServiceError as error:
            if error.status == 404 and "marker" in query:
                raise _MarkerGone from None
            raise

    # Workflows

    def validate(self, definition: str, deadline: Deadline) -> None:
        """Raise Failure with Mistral's reason if it would not accept this definition.

        Until the deadline, the place in the definition is searched for.
        """
        error = self._validation_error(definition)
        if error is not None:
            raise not_accepted(definition, error, self._validation_error, deadline)

    def _validation_error(self, definition: str) -> str | None:
        """Return what Mistral says of a definition that it would not accept; None if it would."""
        with self._doing("validate the workflow definition"):
            answer = self._client.workflows.validate(definition)
        if answer.get("valid"):
            return None
        return str(answer.get("error") or "")[:LONGEST_ERROR]

    def workflow(self, identifier: str, namespace: str = "") -> Workflow | None:
        """Return a workflow by name in one namespace, or by id, with its definition, or None.

        By name, this is a workflow that the project can use, see visible_workflows().
        """
        if may_be_id(identifier):
            workflow = self.workflow_by_id(identifier)
            if workflow:
                return workflow if namespace in ("", workflow.namespace) else None
        named = [
            workflow
            for workflow in self.visible_workflows(identifier)
            if workflow.namespace == namespace
        ]
        own = [workflow for workflow in named if self._is_own(workflow)]
        return next(iter(own + named), None)

    def workflow_by_id(self, id: str) -> Workflow | None:
        """Return a workflow with its definition, or None."""
        with _absence_suppressed(), self._doing(f"read workflow '{id}'"):
            return Workflow.of(self._client.workflows.get(url_part(id)).to_dict())
        return None

    def visible_workflows(self, name: str | None = None) -> list[Workflow]:
        """Return the workflows that the project can use, of this name or all.

        These are its own, public and shared ones. An administrator gets those of all projects from
        Mistral. The private ones of others are left out, and so are those that others share with
        the project: nothing tells the two apart.
        """
        if name is None:
            workflows = self._workflows()
        else:  # a database that does not tell capitals apart finds more
            named = self._workflows(name=equal_to(name))
            workflows = [workflow for workflow in named if workflow.name == name]
        if not self.connection.is_admin:
            return workflows
        return [
            workflow
            for workflow in workflows
            if workflow.scope == "public" or self._is_own(workflow)
        ]

    def own_workflows(self, names: list[str], namespace: str = "") -> dict[str, Workflow]:
        """Return this project's workflows of these names in one namespace, by name.

        Asked for by name alone, Mistral may answer with another project's public workflow, which
        nobody here can change.
        """
        listed: list[Workflow] = []
        for name_filter in name_filters(names):
            listed += self._workflows(name=name_filter)
        return {
            workflow.name: workflow
            for workflow in listed
            if workflow.namespace == namespace and workflow.name in names and self._is_own(workflow)
        }

    def _workflows(self, **filters: str) -> list[Workflow]:
        resources = self._list("list workflows", "/workflows", "workflows", filters)
        return [Workflow.of(resource) for resource in resources]

    def _is_own(self, item: Workflow | CronTrigger) -> bool:
        return self.connection.project_id in (None, item.project_id)

    def create_workflows(self, definition: str, namespace: str, scope: str) -> list[Workflow]:
        """Create the workflows of a definition, and return them."""
        with self._doing("create the workflow"):
            created = self._client.workflows.create(definition, url_part(namespace), scope)
            return [Workflow.of(workflow.to_dict()) for workflow in created]

    def update_workflow(self, id: str, definition: str, namespace: str, scope: str) -> Workflow:
        """Replace the definition of the workflow with this id. It must hold one workflow only."""
        with self._doing("update the workflow"):
            updated = self._client.workflows.update(definition, url_part(namespace), scope, id=id)
            return Workflow.of(updated.to_dict())

    def delete_workflow(self, identifier: str, namespace: str = "") -> None:
        """Delete a workflow, by id or by name. Raises ServiceError 404 if it is gone."""
        with self._doing(f"delete workflow '{identifier}'"):
            self._client.workflows.delete(url_part(identifier), url_part(namespace) or None)

    # Executions

    def start(
        self,
        workflow: str,
        namespace: str = "",
        input: JsonObject | None = None,
        params: JsonObject | None = None,
        description: str = "",
        id: str | None = None,
    ) -> Execution:
        """Start an execution and return it. If ``id`` exists already, return that execution."""
        options = {
            "workflow_namespace": namespace,
            "input": json.dumps(input or {}),
            "params": json.dumps(params or {}),
            "id": id,
        }
        body = {"workflow_name": workflow, "description": description}
        body.update((name, value) for name, value in options.items() if value not in EMPTY)
        if self.connection.is_admin and not may_be_id(workflow):
            # By name, Mistral takes any that an administrator sees, also another project's private
            # workflow.
            usable = self.workflow(workflow, namespace)
            body["workflow_id"] = usable.id if usable else NO_ID
        try:
            # The client's create() takes no id, which is what makes a start idempotent.
            with self._doing(f"start workflow '{workflow}'"):
                return Execution.of(self._client.executions._create("/executions", body).to_dict())
        except ServiceError as error:
            # In-memory RPC answers 500 where a broker answers 404, with the same words.
            in_words = error.status == 500 and "not found" in error.reason.lower()
            if error.status == 404 or in_words:
                raise _no_workflow(workflow, namespace) from None
            raise

    def execution(self, id: str) -> Execution | None:
        """Return an execution with its input, params and output, or None."""
        with _absence_suppressed(), self._doing(f"read execution {id}"):
            return Execution.of(self._client.executions.get(id).to_dict())
        return None

    def existing(self, id: str) -> Execution:
        """Return an execution. Raises Failure ``not_found`` if the project has none of this id."""
        execution = self.execution(id)
        if execution is None:
            raise no_execution(id)
        return execution

    def state(self, id: str) -> State:
        """Return only the state: cheaper than the whole execution, for waits."""
        with self._doing(f"read the state of execution {id}"):
            resource = self._client.executions._get(f"/executions/{id}?fields=state").to_dict()
        return State(resource["state"])

    def executions(
        self, workflow: str | None = None, state: State | None = None, limit: int | None = None
    ) -> list[Execution]:
        """Return executions with their outputs, the newest first."""
        query = {"sort_keys": "created_at", "sort_dirs": "desc", "include_output": "true"}
        if workflow is not None:
            query["workflow_name"] = equal_to(workflow)
        if state is not None:
            query["state"] = state.value
        resources = self._list("list executions", "/executions", "executions", query, limit)
        return [Execution.of(resource) for resource in resources]

    def set_state(self, id: str, state: State, env: JsonObject | None = None) -> Execution:
        """Ask for another state, and return the execution as Mistral answers.

        ``env`` is merged into the environment. Mistral allows that with a resume only.
        """
        with self._doing(f"set execution {id} to {state}"):
            return Execution.of(self._client.executions.update(id, state.value, env=env).to_dict())

    def delete_execution(self, id: str, force: bool = False) -> None:
        """Delete an execution; ``force`` is for one that has not ended."""
        with self._doing(f"delete execution {id}"):
            self._client.executions.delete(id, force=force)

    def tasks(self, execution_id: str) -> list[Task]:
        """Return the tasks that an execution has begun.

        There are none if it was deleted: interactive.ask deletes the questions of earlier tries.
        """
        with _absence_suppressed():
            return self._tasks(execution_id)
        return []

    def task_states(self, execution_id: str) -> list[Task]:
        """Return the tasks that an execution has begun, with their id, name and state only."""
        return self._tasks(execution_id, fields="name,state")

    def _tasks(self, execution_id: str, **query: str) -> list[Task]:
        what = f"list the tasks of execution {execution_id}"
        path = f"/executions/{url_part(execution_id)}/tasks"
        return [Task.of(resource) for resource in self._list(what, path, "tasks", query)]

    def task(self, id: str) -> Task:
        """Return a task. Raises ServiceError 404 if it does not exist."""
        with self._doing(f"read task {id}"):
            return Task.of(self._client.tasks.get(id).to_dict())

    def action_executions(self, task_id: str) -> list[ActionExecution]:
        """Return the action executions of a task, the oldest first, without their outputs."""
        what = f"list the action executions of task {task_id}"
        path = f"/tasks/{url_part(task_id)}/action_executions"
        resources = self._list(what, path, "action_executions")
        return [ActionExecution.of(resource) for resource in resources]

    def tree(self, execution_id: str) -> list[Execution]:
        """Return an execution, and after it all executions of sub-workflows below it.

        They come without their outputs. Mistral answers 404 if the execution does not exist, and if
        one below it is deleted while the tree is read. Raises Failure ``not_found`` or ``busy``.
        """
        what = f"list the sub-executions of execution {execution_id}"
        for _attempt in range(LIST_ATTEMPTS):
            with _absence_suppressed(), self._doing(what):
                executions = self._client.executions.get_ex_sub_executions(execution_id)
                return [Execution.of(execution.to_dict()) for execution in executions]
            self.existing(execution_id)
        raise _changes_too_fast(what)

    def sub_executions(self, execution_id: str) -> list[Execution]:
        """Return all executions of sub-workflows below an execution."""
        return self.tree(execution_id)[1:]

    def report(self, execution_id: str, errors_only: bool = True) -> JsonObject:
        """Return Mistral's execution report: the tree of tasks, actions and sub-executions."""
        with self._doing(f"read the report of execution {execution_id}"):
            report: JsonObject = self._client.executions.get_report(
                execution_id, errors_only=errors_only
            )
            return report

    def failed_tasks(self, execution_id: str) -> list[FailedTask]:
        """Return the failed tasks of an execution and below it.

        For their order see failure_causes.failed_tasks().
        """
        return failed_tasks(self.report(execution_id).get("root_workflow_execution") or {})

    # Cron triggers

    def cron_trigger(self, name: str) -> CronTrigger | None:
        """Return this project's cron trigger of this name, or None.

        It is never another project's public one.
        """
        what = f"read cron trigger '{name}'"
        resources = self._list(what, "/cron_triggers", "cron_triggers", {"name": equal_to(name)})
        triggers = [CronTrigger.of(resource) for resource in resources]
        own = [trigger for trigger in triggers if trigger.name == name and self._is_own(trigger)]
        return next(iter(own), None)

    def create_cron_trigger(
        self, name: str, workflow_id: str | None, does: str = "create", **options: Json
    ) -> CronTrigger:
        """Create a cron trigger and return it.

        An error says that the trigger could not be created, or what else this ``does``. Mistral
        looks at all the rest before it finds the name taken (409).
        """
        try:
            with self._doing(f"{does} cron trigger '{name}'"):
                created = self._client.cron_triggers.create(name, workflow_id, **options)
                return CronTrigger.of(created.to_dict())
        except ServiceError as error:
            if error.status == 500 and "manage trusts" in error.reason:
                error.refused = True
                error.message += (
                    " Mistral needs a trust to act in your name, and Keystone lets neither"
                    " application credentials nor other delegated tokens create one: use a user's"
                    " password."
                )
            raise

    def delete_cron_trigger(self, name: str, id: str) -> None:
        """Delete a cron trigger, and with it its trust. Nothing is done if it is gone already."""
        with _absence_suppressed(), self._doing(f"delete cron trigger '{name}'"):
            self._client.cron_triggers.delete(id)

    # Environments

    def create_environment(self, name: str, variables: JsonObject) -> bool:
        """Create an environment; return False if the name is taken.

        Of many who do so at the same time, only one gets True.
        """
        try:
            with self._doing(f"create environment '{name}'"):
                self._client.environments.create(name=name, variables=variables)
        except ServiceError as error:
            if error.status != 409:
                raise
            return False
        return True

    def environment(self, name: str) -> JsonObject | None:
        """Return the variables of an environment, or None."""
        with _absence_suppressed(), self._doing(f"read environment '{name}'"):
            variables: JsonObject = self._client.environments.get(name).variables
            return variables
        return None

    def delete_environment(self, name: str) -> None:
        """Delete an environment. Nothing is done if it is gone already."""
        with _absence_suppressed(), self._doing(f"delete environment '{name}'"):
            self._client.environments.delete(name)

    def locks(self, execution_id: str) -> list[str]:
        """Return the names of the environments that lock an execution: one page of them."""
        with self._doing("list environments"):
            environments = self._client.environments.list(
                fields=["name"], name=f"has:.{execution_id}."
            )
        names: list[str] = [environment.name for environment in environments]
        beginnings = tuple(f"{kind}.{execution_id}." for kind in LOCKS)
        return [name for name in names if name.startswith(beginnings)]

    # Actions

    def run_action(
        self, name: str, input: JsonObject, namespace: str, **params: Json
    ) -> ActionExecution:
        """Run an action alone, and return its action execution."""
        with self._doing(f"run action '{name}'"):
            ran = self._client.action_executions.create(name, input, namespace, **params)
            return ActionExecution.of(ran.to_dict())

    def action_execution(self, id: str) -> ActionExecution:
        """Return an action execution. Raises Failure ``not_found`` if the project has none."""
        try:
            with self._doing(f"read action execution {id}"):
                return ActionExecution.of(self._client.action_executions.get(id).to_dict())
        except ServiceError as error:
            if error.status != 404:
                raise
            raise Failure(
                f"There is no action execution {id} in this project: check the id and the cloud.",
                "not_found",
            ) from None

    def tasks_named(self, tree: list[Execution], name: str | None = None) -> list[Task]:
        """Return the tasks of this name, or all, in what tree() returned, the oldest first.

        Each tells whether it ``is_open``: whether a result of its action would still be taken.
        Mistral leaves what is below a task that has timed out, or below an execution that was
        stopped, RUNNING for ever.
        """
        tasks: list[Task] = []
        open_ids: set[str] = set()  # of tasks
        for number, execution in enumerate(tree):
            is_top = number == 0
            is_awaited = is_top or execution.task_execution_id in open_ids
            goes_on = is_awaited and not execution.state.has_ended
            for task in self.tasks(execution.id):
                is_open = goes_on and not task.state.has_ended
                if is_open:
                    open_ids.add(task.id)
                if name in (None, task.name):
                    tasks.append(dataclasses.replace(task, is_open=is_open))
        return sorted(tasks, key=lambda task: task.created_at)

    def running_actions(self, tasks: list[Task]) -> list[ActionExecution]:
        """Return the action executions whose result is still awaited, the oldest first.

        ``tasks`` are those that tasks_named() returned. Each action execution has the name of its
        task, and the id of the task's execution.
        """
        running: list[ActionExecution] = []
        for task in tasks:
            if not task.is_open or task.type != "ACTION":
                continue
            for action in self.action_executions(task.id):
                if not action.state.has_ended:
                    running.append(action.of_task(task))
        return running

    def complete_action(
        self,
        id: str,
        state: State = State.SUCCESS,
        result: Json = None,
        check_mode: bool = False,
    ) -> tuple[ActionExecution, bool]:
        """End an action that waits for somebody to do so, with a dict or None as its result.

        Return the action execution as it is then, and whether this call has ended it. One that has
        ended already in the same state with the same result is as good. Raises Failure
        ``already_completed`` if it has ended otherwise, ``too_late`` if nobody waits for the result
        any more. May be repeated after a transient error.
        """
        check_result(state, result)
        before = self.action_execution(id)
        if before.state.has_ended:
            return as_good(before, state, result), False
        self._check_awaited(before)
        if check_mode:
            return before.ended(state, stored_result(state, result)), True
        # The client's update() leaves out what is empty, and Mistral puts {} there.
        output = None if result is None else json.dumps(result)
        data = {"state": state.value, "output": output}
        try:
            with self._doing(f"complete action execution {id}"):
                updated = self._client.action_executions._update(f"/action_executions/{id}", data)
                after = ActionExecution.of(updated.to_dict())
        except ServiceError as error:
            # Mistral answers 500 when somebody else was faster, and an answer may be lost.
            now = self.action_execution(id)
            if not now.state.has_ended:
                raise error from None
            lost = "already completed" not in error.reason
            return as_good(now, state, result), lost
        if after.state != state:
            raise _not_taken(after)
        return after, True

    def _check_awaited(self, action: ActionExecution) -> None:
        """Raise Failure if nobody waits for this action: Mistral takes a result and drops it."""
        task_id = action.task_execution_id
        while task_id:  # empty if the action was run alone, or at the top
            task = self.task(task_id)
            execution_id = task.workflow_execution_id
            with self._doing(f"read the state of execution {execution_id}"):
                execution = self._client.executions._get(
                    f"/executions/{execution_id}?fields=state,task_execution_id"
                ).to_dict()
            execution_state = State(execution["state"])
            if task.state.has_ended:
                task_cause = cause_in(task.state_info)
                ended = f"task '{task.name}' has ended in {task.state}"
                if task_cause:
                    ended += f" ({task_cause})"
                raise _too_late(action, ended)
            if execution_state.has_ended:
                ended = f"execution {execution_id} has ended in {execution_state}"
                raise _too_late(action, ended)
            task_id = execution.get("task_execution_id")


def may_be_id(text: str) -> bool:
    """Tell whether a text can be the id of a workflow."""
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


def url_part(text: str) -> str:
    """Return a text as a part of a URL; the client puts names into URLs as they are.

    Raises Failure ``not_encodable``.
    """
    check_request("Mistral", text, {})
    return urllib.parse.quote(text, safe="")


def equal_to(text: str) -> str:
    """Return the filter for a value.

    Without an operator, Mistral would take 'in:' at the beginning of a name for an operator.
    """
    return f"eq:{text}"


def name_filters(names: list[str]) -> list[str]:
    """Return the filters that list all of these names.

    A name with a comma has a filter of its own: Mistral's lists cannot hold a comma.
    """
    listed = [name for name in names if "," not in name]
    filters = []
    for start in range(0, len(listed), NAMES_AT_ONCE):
        filters.append("in:" + ",".join(listed[start : start + NAMES_AT_ONCE]))
    return filters + [equal_to(name) for name in names if "," in name]


@contextlib.contextmanager
def _absence_suppressed() -> t.Iterator[None]:
    """Suppress the error of a request for what does not exist."""
    try:
        yield
    except ServiceError as error:
        if error.status != 404:
            raise


def _changes_too_fast(what: str) -> Failure:
    return Failure(
        f"Could not {what}: it changes faster than it can be read. Try again later.", "busy"
    )


def _no_workflow(name: str, namespace: str) -> Failure:
    place = f" in namespace '{namespace}'" if namespace else ""
    return Failure(
        f"Could not start workflow '{name}': there is no such workflow{place}. Upload it first, for"
        " instance with interactive.openstack.mistral_workflow.",
        "not_found",
    )


def no_execution(id: str) -> Failure:
    """Return the failure for an execution that does not exist."""
    return Failure(
        f"There is no execution {id} in this project: check the id and the cloud.", "not_found"
    )


def check_result(state: State, result: Json) -> None:
    """Raise Failure if Mistral would refuse the result, or take it and fail the task."""
    if state is State.CANCELLED and result is not None:
        raise Failure("A cancelled action has no result: leave 'result' out.", "bad_option")
    text = json.dumps(result)
    if result is not None and not isinstance(result, dict):
        raise Failure(
            "Mistral takes a dictionary or null as the result of an action, not"
            f" {one_line(text, limit=60)}: put it into one, for instance {{answer: ...}}.",
            "bad_option",
        )
    if len(text) > LONGEST_RESULT:
        raise Failure(
            f"The result is too long for Mistral: it has {len(text) // 1024 + 1} kB of JSON, and"
            f" more than {LONGEST_RESULT // 1024} kB would fail the task. Put it elsewhere, and"
            " give the place as the result.",
            "too_large",
        )


def stored_result(state: State, result: Json) -> Json:
    """Return what Mistral makes of a result."""
    if state is State.ERROR and not result:
        return "Unknown error"
    return result


def as_good(action: ActionExecution, state: State, result: Json) -> ActionExecution:
    """Return an action execution that has ended, if it did so in this state with this result.

    Raises Failure ``already_completed`` if it did not.
    """
    expected = json.dumps(stored_result(state, result), sort_keys=True)
    if action.state is state and json.dumps(action.result, sort_keys=True) == expected:
        return action
    end = f"{action.state}"
    if action.state is not State.CANCELLED:
        end += f" with {one_line(json.dumps(action.result, ensure_ascii=False), 120)}"
    raise Failure(
        f"Action execution {action.id} ({action.name}) has ended already, in {end}. It ends only"
        " once: nothing was changed.",
        "already_completed",
        action_execution=action.as_result(),
    )


def _too_late(action: ActionExecution, ended: str) -> Failure:
    return Failure(
        f"The result comes too late for action execution {action.id} ({action.name}): {ended}."
        " Nothing waits for it any more.",
        "too_late",
        action_execution=action.as_result(),
    )


def _not_taken(action: ActionExecution) -> Failure:
    return Failure(
        f"Mistral did not take the result of action execution {action.id} ({action.name}), and"
        f" ended it in {action.state}: {cause_in(action.result) or 'it gives no reason'}.",
        "not_taken",
        action_execution=action.as_result(),
    )
