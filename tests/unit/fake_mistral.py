# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistral in memory. It runs no workflow: a test says what exists, and what each task does."""

from __future__ import annotations

import datetime
import json
import typing as t

import yaml
from ansible_collections.interactive.openstack.tests.unit.fake_service import (
    EPOCH,
    Answer,
    FakeClock,
    FakeService,
    Refused,
    Request,
    Route,
)

PROJECT = "project"
RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED = "RUNNING", "PAUSED", "SUCCESS", "ERROR", "CANCELLED"
ENDED = (SUCCESS, ERROR, CANCELLED)
PAUSE_BEFORE = "Set by 'pause-before' policy"
LARGEST_PAGE = 1000

# The keys whose values Mistral gives as JSON text.
TEXTS = (
    "input",
    "output",
    "params",
    "result",
    "published",
    "published_global",
    "runtime_context",
    "workflow_input",
    "workflow_params",
)
# The keys that Mistral leaves out of lists.
ONLY_ALONE = ("output", "result", "published_global")

Resource = dict[str, t.Any]
Work = t.Callable[[], t.Any]


class TaskFailed(Exception):
    """Raised by what a task or an action does: it ends in ERROR, and so does its execution."""


class FakeMistral(FakeService):
    """Executions, tasks, actions, workflows, environments and cron triggers in memory.

    Each is a dictionary as the API gives it, with data instead of JSON text. Tests can change it.

    ``works``, by the id of a task: called when the task runs, or when its action or sub-workflow
    has ended. It returns the task's result, and can add further tasks.
    ``starts``, by the name of a workflow: called with each new execution of it.
    ``actions_run``, by the name of an action: called with its input, returns its result.
    ``rejects``: why a validation refuses the next definitions; empty if it does not.
    """

    NAME = "Mistral"
    ROUTES = (
        Route("POST", "workflows/validate", "validate_workflow"),
        Route("GET", "workflows", "list_workflows"),
        Route("POST", "workflows", "create_workflows"),
        Route("GET", "workflows/{workflow}", "read_workflow"),
        Route("PUT", "workflows/{workflow}", "update_workflow"),
        Route("DELETE", "workflows/{workflow}", "delete_workflow"),
        Route("GET", "executions", "list_executions"),
        Route("POST", "executions", "start_execution"),
        Route("GET", "executions/{execution}", "read_execution"),
        Route("PUT", "executions/{execution}", "update_execution"),
        Route("DELETE", "executions/{execution}", "delete_execution"),
        Route("GET", "executions/{execution}/executions", "read_tree"),
        Route("GET", "executions/{execution}/tasks", "list_tasks"),
        Route("GET", "executions/{execution}/report", "read_report"),
        Route("GET", "tasks/{task}", "read_task"),
        Route("GET", "tasks/{task}/action_executions", "list_actions"),
        Route("POST", "action_executions", "run_action"),
        Route("GET", "action_executions/{action}", "read_action"),
        Route("PUT", "action_executions/{action}", "update_action"),
        Route("GET", "environments", "list_environments"),
        Route("POST", "environments", "create_environment"),
        Route("GET", "environments/{environment}", "read_environment"),
        Route("DELETE", "environments/{environment}", "delete_environment"),
        Route("GET", "cron_triggers", "list_cron_triggers"),
        Route("POST", "cron_triggers", "create_cron_trigger"),
        Route("DELETE", "cron_triggers/{trigger}", "delete_cron_trigger"),
    )

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.workflows: dict[str, Resource] = {}
        self.executions: dict[str, Resource] = {}
        self.tasks: dict[str, Resource] = {}
        self.actions: dict[str, Resource] = {}
        self.environments: dict[str, Resource] = {}
        self.cron_triggers: dict[str, Resource] = {}
        self.works: dict[str, Work] = {}
        self.starts: dict[str, t.Callable[[Resource], object]] = {}
        self.actions_run: dict[str, t.Callable[[Resource], t.Any]] = {}
        self.rejects = ""

    # For tests

    def add_workflow(self, name: str, definition: str = "", **keys: t.Any) -> Resource:
        """Store a workflow and return it. Without a ``definition``, its only task does nothing."""
        text = definition or yaml.safe_dump(
            {"version": "2.0", name: {"tasks": {"noop": {"action": "std.noop"}}}}
        )
        values: Resource = {
            "name": name,
            "namespace": "",
            "input": "",
            "interface": {"input": [], "output": []},
            "definition": text,
            "tags": [],
            "scope": "private",
        }
        workflow = self._new(**{**values, **keys})
        self.workflows[workflow["id"]] = workflow
        return workflow

    def add_execution(
        self,
        workflow: str = "w",
        state: str = RUNNING,
        caller: Resource | None = None,
        env: Resource | None = None,
        **keys: t.Any,
    ) -> Resource:
        """Store an execution and return it; ``caller`` is the task whose sub-workflow it is."""
        stored = self._workflow_named(workflow, "") or self.add_workflow(workflow)
        params: Resource = {"namespace": "", "env": env or {}}
        root = None
        if caller:
            above = self.executions[caller["workflow_execution_id"]]
            root = above["root_execution_id"] or above["id"]
            params.update(root_execution_id=root, task_execution_id=caller["id"])
        values: Resource = {
            "workflow_id": stored["id"],
            "workflow_name": workflow,
            "workflow_namespace": "",
            "description": "",
            "tags": [],
            "params": params,
            "task_execution_id": caller["id"] if caller else None,
            "root_execution_id": root,
            "state": state,
            "state_info": None,
            "input": {},
            "output": {},
            "published_global": {},
        }
        execution = self._new(**{**values, **keys})
        self.executions[execution["id"]] = execution
        return execution

    def add_task(
        self,
        execution: Resource,
        name: str,
        state: str = RUNNING,
        work: Work | None = None,
        **keys: t.Any,
    ) -> Resource:
        """Store a task of an execution and return it; ``work`` goes into ``works``."""
        values: Resource = {
            "name": name,
            "type": "ACTION",
            "workflow_name": execution["workflow_name"],
            "workflow_namespace": execution["workflow_namespace"],
            "workflow_id": execution["workflow_id"],
            "workflow_execution_id": execution["id"],
            "tags": [],
            "state": state,
            "state_info": None,
            "runtime_context": {},
            "result": [],
            "published": {},
            "processed": state in ENDED,
            "started_at": self._now(),
            "finished_at": self._now() if state in ENDED else None,
        }
        task = self._new(**{**values, **keys})
        self.tasks[task["id"]] = task
        if work:
            self.works[task["id"]] = work
        return task

    def add_action(
        self, task: Resource | None, name: str = "std.async_noop", **keys: t.Any
    ) -> Resource:
        """Store an action execution and return it; one that was run alone has no ``task``."""
        values: Resource = {
            "workflow_name": task["workflow_name"] if task else None,
            "task_execution_id": task["id"] if task else None,
            "workflow_namespace": task["workflow_namespace"] if task else None,
            "state": RUNNING,
            "state_info": None,
            "tags": None,
            "name": name,
            "description": "",
            "accepted": False,
            "input": {},
            "output": None,
        }
        action = self._new(**{**values, **keys})
        self.actions[action["id"]] = action
        return action

    def add_cron_trigger(
        self, name: str, workflow_id: str | None = None, **keys: t.Any
    ) -> Resource:
        """Store a cron trigger and return it; without a ``workflow_id`` for a workflow called w."""
        workflow = self.workflows.get(workflow_id or "") or self._workflow_named("w", "")
        workflow = workflow or self.add_workflow("w")
        values: Resource = {
            "name": name,
            "workflow_name": workflow["name"],
            "workflow_id": workflow["id"],
            "workflow_input": {},
            "workflow_params": {},
            "scope": "private",
            "pattern": "0 2 * * *",
            "first_execution_time": None,
            "next_execution_time": self._now(),
            "remaining_executions": None,
        }
        trigger = self._new(**{**values, **keys})
        self.cron_triggers[trigger["id"]] = trigger
        return trigger

    def pause_before(
        self, execution: Resource, name: str, work: Work | None = None, **keys: t.Any
    ) -> Resource:
        """Pause an execution before a task and return the task. A resume does its ``work``.

        All that is open above and below is paused with it.
        """
        top = execution
        while above := self._above(top):
            top = above
        self._move(top, PAUSED)
        return self.add_task(execution, name, "IDLE", work, state_info=PAUSE_BEFORE, **keys)

    def call(
        self,
        execution: Resource,
        workflow: str,
        name: str = "call",
        work: Work | None = None,
        **keys: t.Any,
    ) -> Resource:
        """Let a task of an execution call a sub-workflow; return the sub-execution."""
        task = self.add_task(execution, name, work=work, type="WORKFLOW")
        return self.add_execution(
            workflow, caller=task, description="sub-workflow execution", **keys
        )

    def ask(
        self,
        execution: Resource,
        question: str,
        task: str = "ask",
        work: Work | None = None,
        **input: t.Any,
    ) -> Resource:
        """Let a task call interactive.ask, which waits for an answer; return the sub-execution."""
        asked = {"question": question, "schema": {}, "name": "", "queue": "", "timeout": 86400}
        asked["on_expiry"] = "decline"
        asked.update(input)
        sub = self.call(execution, "interactive.ask", task, work, input=asked)
        self.add_action(self.add_task(sub, "wait"))
        return sub

    def action_of(self, execution: Resource, task: str = "wait") -> Resource:
        """Return the last action execution of the task of this name."""
        ids = [one["id"] for one in self.tasks_of(execution) if one["name"] == task]
        return [one for one in self.actions.values() if one["task_execution_id"] in ids][-1]

    def tasks_of(self, execution: Resource) -> list[Resource]:
        id = execution["id"]
        return [task for task in self.tasks.values() if task["workflow_execution_id"] == id]

    def subs_of(self, execution: Resource) -> list[Resource]:
        """Return the executions of the sub-workflows that the execution's own tasks call."""
        callers = [task["id"] for task in self.tasks_of(execution)]
        return [sub for sub in self.executions.values() if sub["task_execution_id"] in callers]

    def end_task(self, task: Resource, state: str = SUCCESS, state_info: str | None = None) -> None:
        """End a task. Its execution goes on from there, see ``settle``."""
        work = self.works.pop(task["id"], None)
        if work and state == SUCCESS:
            try:
                task["result"] = work()
            except TaskFailed as failed:
                state, state_info = ERROR, str(failed)
        task.update(state=state, state_info=state_info, processed=True)
        self._touch(task)
        task["finished_at"] = task["updated_at"]
        self.settle(self.executions[task["workflow_execution_id"]])

    def settle(self, execution: Resource) -> None:
        """Let an execution that has nothing left to do end, with what called it."""
        tasks = self.tasks_of(execution)
        failed = [task for task in tasks if task["state"] == ERROR]
        is_open = any(task["state"] not in ENDED for task in tasks)
        if execution["state"] != RUNNING or (is_open and not failed):
            return
        if failed:
            names = ", ".join(task["name"] for task in failed)
            self.end(execution, ERROR, f"Failure caused by error in tasks: {names}\n")
        else:
            self.end(execution, SUCCESS)

    def end(self, execution: Resource, state: str, state_info: str | None = None) -> None:
        """End an execution, with the task that called it."""
        execution.update(state=state, state_info=state_info)
        self._touch(execution)
        caller = self.tasks.get(execution["task_execution_id"] or "")
        if caller and caller["state"] not in ENDED:
            self.end_task(caller, state, state_info)

    # Workflows

    def validate_workflow(self, request: Request) -> Answer:
        error = self.rejects or _yaml_error(request.text)
        return Answer(200, {"valid": False, "error": error} if error else {"valid": True})

    def list_workflows(self, request: Request) -> Answer:
        return self._list(request, "workflows", list(self.workflows.values()))

    def create_workflows(self, request: Request) -> Answer:
        namespace = request.query.get("namespace", "")
        definitions = self._checked(request.text)
        for name in definitions:
            self._check_new("WorkflowDefinition", self._workflow_named(name, namespace), name)
        created = [
            self.add_workflow(name, text, namespace=namespace, scope=request.query["scope"])
            for name, text in definitions.items()
        ]
        return Answer(201, {"workflows": [_texts(workflow) for workflow in created]})

    def read_workflow(self, request: Request) -> Answer:
        return Answer(200, _texts(self._workflow(request)))

    def update_workflow(self, request: Request) -> Answer:
        workflow = self._workflow(request)
        workflow["definition"] = next(iter(self._checked(request.text).values()))
        workflow["scope"] = request.query["scope"]
        self._touch(workflow)
        return Answer(200, _texts(workflow))

    def delete_workflow(self, request: Request) -> Answer:
        id = self._workflow(request)["id"]
        if any(trigger["workflow_id"] == id for trigger in self.cron_triggers.values()):
            raise Refused(400, "Can't delete workflow that has cron triggers associated.")
        del self.workflows[id]
        return Answer(204)

    def _checked(self, text: str) -> dict[str, str]:
        """Return the definition of each workflow in a text, by name."""
        error = self.rejects or _yaml_error(text)
        if error:
            raise Refused(400, error)
        data = yaml.safe_load(text)
        version = {"version": data.pop("version")}
        return {
            name: yaml.safe_dump({**version, name: body}, sort_keys=False)
            for name, body in data.items()
        }

    def _workflow(self, request: Request) -> Resource:
        identifier = request.names["workflow"]
        namespace = request.query.get("namespace", "")
        workflow = self.workflows.get(identifier) or self._workflow_named(identifier, namespace)
        if workflow is None:
            raise Refused(404, _no_workflow(identifier, namespace))
        return workflow

    def _workflow_named(self, name: str, namespace: str) -> Resource | None:
        for workflow in self.workflows.values():
            if (workflow["name"], workflow["namespace"]) == (name, namespace):
                return workflow
        return None

    # Executions

    def list_executions(self, request: Request) -> Answer:
        return self._list(request, "executions", list(self.executions.values()))

    def start_execution(self, request: Request) -> Answer:
        wanted = request.body
        existing = self.executions.get(wanted.get("id", ""))
        if existing:
            return Answer(201, _texts(existing, ("published_global",)))
        name = wanted.get("workflow_id") or wanted["workflow_name"]
        namespace = wanted.get("workflow_namespace", "")
        workflow = self.workflows.get(name) or self._workflow_named(name, namespace)
        if workflow is None:
            raise Refused(500, f"DBEntityNotFoundError: 404: {_no_workflow(name, namespace)}")
        params = {"namespace": namespace, "env": {}, **_data(wanted.get("params"))}
        execution = self.add_execution(
            workflow["name"],
            workflow_id=workflow["id"],
            workflow_namespace=namespace,
            description=wanted.get("description", ""),
            params=params,
            input=_data(wanted.get("input")),
            **({"id": wanted["id"]} if "id" in wanted else {}),
        )
        answer = Answer(201, _texts(execution, ("published_global",)))
        begin = self.starts.get(workflow["name"])
        if begin:
            begin(execution)
        return answer

    def read_execution(self, request: Request) -> Answer:
        return Answer(200, _fields(_texts(self._execution(request)), request))

    def update_execution(self, request: Request) -> Answer:
        """Change the state. What has ended stays as it is, but only a pause is refused then."""
        execution = self._execution(request)
        state = request.body["state"]
        env = request.body.get("params", {}).get("env")
        if env:
            execution["params"]["env"].update(env)
        before = execution["state"]
        if before in ENDED and state == PAUSED:
            reason = f"Can't change workflow execution state from {before} to PAUSED."
            raise Refused(400, reason)
        later: list[Resource] = []
        if before not in ENDED and state != before:
            self._move(execution, state)
            if state == RUNNING:
                later = self._woken(execution)
        answer = Answer(200, _texts(execution, ("published_global",)))
        for woken in later:
            self._run_idle(woken)
        return answer

    def _move(self, execution: Resource, state: str) -> None:
        """Set the state of an execution and of what is open below it, unless it is the end."""
        execution["state"] = state
        self._touch(execution)
        if state == CANCELLED:
            execution["output"] = {"result": None}
        if state in (SUCCESS, ERROR):
            return
        for sub in self.subs_of(execution):
            if sub["state"] not in ENDED:
                self._move(sub, state)
                self.tasks[sub["task_execution_id"]]["state"] = state

    def _above(self, execution: Resource) -> Resource | None:
        """Return the execution whose task called this one."""
        caller = self.tasks.get(execution["task_execution_id"] or "")
        return self.executions[caller["workflow_execution_id"]] if caller else None

    def _woken(self, execution: Resource) -> list[Resource]:
        """Return the executions that a resume wakes: those below, itself, and those above."""
        woken = self._tree(execution)[::-1]
        above = self._above(execution)
        while above and above["state"] == PAUSED and not self._has_paused_subs(above):
            self.tasks[execution["task_execution_id"]]["state"] = RUNNING
            above["state"] = RUNNING
            woken.append(above)
            execution, above = above, self._above(above)
        return woken

    def _has_paused_subs(self, execution: Resource) -> bool:
        return any(sub["state"] == PAUSED for sub in self.subs_of(execution))

    def _run_idle(self, execution: Resource) -> None:
        """Run the tasks before which an execution was paused."""
        for task in self.tasks_of(execution):
            if task["state"] == "IDLE":
                task.update(state=RUNNING, state_info=None)
                if task["id"] in self.works:
                    self.end_task(task)
        if all(task["state"] in ENDED for task in self.tasks_of(execution)):
            self.settle(execution)

    def delete_execution(self, request: Request) -> Answer:
        execution = self._execution(request)
        if execution["state"] not in ENDED and "force" not in request.query:
            raise Refused(
                403,
                "Only completed executions can be deleted. Use --force to override this. Execution"
                f" {execution['id']} is in {execution['state']} state",
            )
        self._forget(execution)
        return Answer(204)

    def _forget(self, execution: Resource) -> None:
        for sub in self.subs_of(execution):
            self._forget(sub)
        for task in self.tasks_of(execution):
            for action in self._actions_of(task):
                del self.actions[action["id"]]
            del self.tasks[task["id"]]
        del self.executions[execution["id"]]

    def read_tree(self, request: Request) -> Answer:
        tree = self._tree(self._execution(request))
        return Answer(200, {"executions": [_texts(one, ONLY_ALONE) for one in tree]})

    def _tree(self, execution: Resource) -> list[Resource]:
        tree = [execution]
        for sub in self.subs_of(execution):
            tree += self._tree(sub)
        return tree

    def read_report(self, request: Request) -> Answer:
        """Return the report; its statistics are left out."""
        errors_only = "errors_only" in request.query
        return Answer(
            200, {"root_workflow_execution": self._report(self._execution(request), errors_only)}
        )

    def _report(self, execution: Resource, errors_only: bool) -> Resource:
        subs = self.subs_of(execution)
        reports: list[Resource] = []
        for task in self.tasks_of(execution):
            if errors_only and task["state"] != ERROR:
                continue
            below = [sub for sub in subs if sub["task_execution_id"] == task["id"]]
            report = _some(task)
            report["action_executions"] = [_some(action) for action in self._actions_of(task)]
            report["workflow_executions"] = [self._report(sub, errors_only) for sub in below]
            reports.append(report)
        return {**_some(execution), "task_executions": reports}

    def _execution(self, request: Request) -> Resource:
        id = request.names["execution"]
        if id not in self.executions:
            raise Refused(404, f"WorkflowExecution not found [id={id}]")
        return self.executions[id]

    # Tasks and actions

    def list_tasks(self, request: Request) -> Answer:
        return self._list(request, "tasks", self.tasks_of(self._execution(request)))

    def read_task(self, request: Request) -> Answer:
        id = request.names["task"]
        if id not in self.tasks:
            raise Refused(404, f"Task execution not found [id={id}]")
        return Answer(200, _texts(self.tasks[id]))

    def list_actions(self, request: Request) -> Answer:
        id = request.names["task"]
        found = [one for one in self.actions.values() if one["task_execution_id"] == id]
        return self._list(request, "action_executions", found)

    def run_action(self, request: Request) -> Answer:
        """Run an action alone, which leaves nothing behind."""
        name = request.body["name"]
        run = self.actions_run.get(name)
        if run is None:
            raise Refused(400, f"Failed to find action [action_name={name}]")
        input = _data(request.body.get("input"))
        action = self.add_action(None, name, input=input, id=None)
        del self.actions[action["id"]]
        try:
            action.update(state=SUCCESS, output={"result": run(input)})
        except TaskFailed as failed:
            action.update(state=ERROR, output={"result": str(failed)})
        return Answer(201, _texts(action))

    def read_action(self, request: Request) -> Answer:
        return Answer(200, _texts(self._action(request)))

    def update_action(self, request: Request) -> Answer:
        """End an action; its task and all above it go on once the answer is made."""
        action = self._action(request)
        id, state = action["id"], request.body["state"]
        if action["state"] in ENDED:
            raise Refused(500, f"ValueError: Action {id} is already completed")
        result = _data(request.body.get("output"))
        if state == ERROR:
            result = result or "Unknown error"
        action.update(state=state, output={"result": result}, accepted=True)
        self._touch(action)
        answer = Answer(200, _texts(action))
        task = self.tasks.get(action["task_execution_id"] or "")
        if task and task["state"] not in ENDED:
            task["result"] = result
            self.end_task(task, state, _info(state, result))
        return answer

    def _action(self, request: Request) -> Resource:
        id = request.names["action"]
        if id not in self.actions:
            raise Refused(404, f"ActionExecution not found [id={id}]")
        return self.actions[id]

    def _actions_of(self, task: Resource) -> list[Resource]:
        return [one for one in self.actions.values() if one["task_execution_id"] == task["id"]]

    # Environments and cron triggers

    def list_environments(self, request: Request) -> Answer:
        return self._list(request, "environments", list(self.environments.values()))

    def create_environment(self, request: Request) -> Answer:
        name = request.body["name"]
        existing = self.environments.get(name)
        if existing:
            raise Refused(409, f"Duplicate entry for Environment ['name', 'project_id']: {name}")
        variables = request.body["variables"]
        environment = self._new(name=name, variables=variables, scope="private")
        self.environments[name] = environment
        return Answer(201, environment)

    def read_environment(self, request: Request) -> Answer:
        return Answer(200, self._environment(request))

    def delete_environment(self, request: Request) -> Answer:
        del self.environments[self._environment(request)["name"]]
        return Answer(204)

    def _environment(self, request: Request) -> Resource:
        name = request.names["environment"]
        if name not in self.environments:
            raise Refused(404, f"Environment not found [name={name}]")
        return self.environments[name]

    def list_cron_triggers(self, request: Request) -> Answer:
        return self._list(request, "cron_triggers", list(self.cron_triggers.values()))

    def create_cron_trigger(self, request: Request) -> Answer:
        """Create a trigger. Neither its name nor all the rest, if complete, may be another's."""
        wanted = dict(request.body)
        pattern = wanted["pattern"]
        if pattern and len(pattern.split()) != 5:
            raise Refused(400, f"The specified pattern is not valid: {pattern}")
        for key in ("workflow_input", "workflow_params"):
            wanted[key] = _data(wanted.get(key))
        for existing in self.cron_triggers.values():
            rest = [key for key in wanted if key != "name"]
            is_complete = None not in wanted.values()
            is_same = all(existing[key] == wanted[key] for key in rest)
            if existing["name"] == wanted["name"] or (is_complete and is_same):
                self._check_new("cron trigger", existing, wanted["name"])
        trigger = self.add_cron_trigger(**wanted)
        return Answer(201, _texts(trigger))

    def delete_cron_trigger(self, request: Request) -> Answer:
        id = request.names["trigger"]
        if id not in self.cron_triggers:
            raise Refused(404, f"Cron trigger not found [identifier={id}]")
        del self.cron_triggers[id]
        return Answer(204)

    # What several of these need

    def _check_new(self, kind: str, existing: Resource | None, name: str) -> None:
        if existing:
            raise Refused(409, f"Duplicate entry for {kind} ['name', 'project_id']: {name}")

    def _new(self, **keys: t.Any) -> Resource:
        now = self._now()
        return {
            "id": self.new_id(),
            "project_id": PROJECT,
            "created_at": now,
            "updated_at": now,
            **keys,
        }

    def _touch(self, resource: Resource) -> None:
        resource["updated_at"] = self._now()

    def _now(self) -> str:
        moment = EPOCH + datetime.timedelta(seconds=int(self.clock.now))
        return moment.strftime("%Y-%m-%d %H:%M:%S")

    def _list(self, request: Request, key: str, resources: list[Resource]) -> Answer:
        """Return a sorted page of what fits the filters, with a link if there may be another."""
        query = dict(request.query)
        marker, limit = query.pop("marker", None), int(query.pop("limit", LARGEST_PAGE))
        without = () if query.pop("include_output", None) else ONLY_ALONE
        descending = query.pop("sort_dirs", "asc").startswith("desc")
        sort_key = query.pop("sort_keys", "created_at")
        query.pop("fields", None)
        found = [one for one in resources if _fits(one, query)]
        found.sort(key=lambda one: str(one[sort_key]), reverse=descending)
        ids = [one["id"] for one in found]
        if marker is not None and marker not in ids:
            raise Refused(404, f"Marker not found [id={marker}]")
        start = ids.index(marker) + 1 if marker is not None else 0
        page = found[start : start + min(limit, LARGEST_PAGE)]
        data: Resource = {key: [_fields(_texts(one, without), request) for one in page]}
        if page and len(page) == limit:
            data["next"] = f"http://mistral.test/v2/{request.path}?marker={page[-1]['id']}"
        return Answer(200, data)


def _fits(resource: Resource, filters: dict[str, str]) -> bool:
    """Tell whether a resource fits all filters: VALUE, eq:VALUE, in:VALUE,VALUE or has:PART."""
    for key, filter in filters.items():
        value = str(resource.get(key))
        operator, colon, operand = filter.partition(":")
        match operator if colon else "eq":
            case "in":
                fits = value in operand.split(",")
            case "has":
                fits = operand in value
            case _:
                fits = value == (operand if colon else filter)
        if not fits:
            return False
    return True


def _texts(resource: Resource, without: tuple[str, ...] = ()) -> Resource:
    """Return a resource as the API gives it: with JSON texts, and without some keys."""
    answer = {key: value for key, value in resource.items() if key not in without}
    for key in TEXTS:
        if isinstance(answer.get(key), (dict, list)):
            answer[key] = json.dumps(answer[key])
    return answer


def _fields(resource: Resource, request: Request) -> Resource:
    """Return of a resource the fields that a request asks for, and its id."""
    fields = request.query.get("fields")
    if fields is None:
        return resource
    return {key: resource[key] for key in ("id", *fields.split(","))}


def _some(resource: Resource) -> Resource:
    """Return what a report has of an execution, a task or an action."""
    keys = ("id", "created_at", "updated_at", "state", "state_info")
    return {"name": resource.get("name", resource.get("workflow_name"))} | {
        key: resource[key] for key in keys
    }


def _data(text: t.Any) -> t.Any:
    """Return what a JSON text holds, an empty object for none."""
    if text is None:
        return {}
    return json.loads(text) if isinstance(text, str) else text


def _info(state: str, result: t.Any) -> str | None:
    return str(result) if state == ERROR else None


def _no_workflow(identifier: str, namespace: str) -> str:
    return f"Workflow not found [workflow_identifier={identifier}, namespace={namespace}]"


def _yaml_error(text: str) -> str:
    """Return why a definition is no mapping in YAML; empty if it is."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return f"Definition could not be parsed: {error}"
    if not isinstance(data, dict) or "version" not in data:
        return "Workflow DSL version is missing"
    return ""
