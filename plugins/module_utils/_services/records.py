# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mistral and Zaqar return, as typed records. Each is made where the service's answer is read.

``resource`` is the service's own answer, with Mistral's JSON texts parsed. Results return it as it
is, so that users see every key that their release of the service knows.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import json

from .._base.json_types import Json, JsonObject, Result, as_object

# The keys of Mistral's resources that hold JSON as text.
JSON_KEYS = frozenset(
    [
        "input",
        "interface",
        "output",
        "params",
        "published",
        "published_global",
        "result",
        "runtime_context",
        "workflow_input",
        "workflow_params",
    ]
)


# The keys of a task that a failed wait returns.
SUMMARY_KEYS = (
    "id",
    "name",
    "type",
    "state",
    "state_info",
    "workflow_name",
    "started_at",
    "finished_at",
)


class State(str, enum.Enum):
    """The state of an execution, a task or an action execution."""

    IDLE = "IDLE"
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DELAYED = "DELAYED"
    PAUSED = "PAUSED"
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"
    UNKNOWN = "UNKNOWN"  # one that a later release of Mistral has

    def __str__(self) -> str:
        return self.value

    def __format__(self, format_spec: str) -> str:
        return format(self.value, format_spec)

    @classmethod
    def _missing_(cls, value: object) -> State:
        return cls.UNKNOWN

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens in this state."""
        return self in ENDED


ENDED = frozenset([State.SUCCESS, State.ERROR, State.CANCELLED, State.SKIPPED])
# The states that an execution can be in, and be waited for.
EXECUTION_STATES = (
    State.RUNNING,
    State.PAUSED,
    State.SUCCESS,
    State.ERROR,
    State.CANCELLED,
)


def parsed(resource: JsonObject) -> JsonObject:
    """Return a resource of Mistral's API with its JSON texts as data."""
    data = dict(resource)
    for key in JSON_KEYS & data.keys():
        if isinstance(data[key], str):
            with contextlib.suppress(ValueError, RecursionError):
                data[key] = json.loads(data[key])
    return data


def _text(value: Json) -> str:
    return str(value or "")


class FromMistral:
    """The base of the records that results show as Mistral returns them."""

    resource: JsonObject

    def as_result(self) -> Result:
        """Return what results say of it."""
        return self.resource


@dataclasses.dataclass(frozen=True)
class Execution(FromMistral):
    """A workflow execution. ``output`` is empty where a list leaves outputs out."""

    id: str  # empty if the execution is only planned
    state: State
    state_info: str
    workflow_id: str
    workflow_name: str
    workflow_namespace: str
    task_execution_id: str  # of the task whose sub-workflow it is; empty for the root
    root_execution_id: str  # its own id if it is the root
    created_at: str
    updated_at: str
    input: JsonObject
    params: JsonObject
    output: JsonObject
    resource: JsonObject = dataclasses.field(repr=False)

    @classmethod
    def of(cls, resource: JsonObject) -> Execution:
        """Make the record of a resource as Mistral's API returns it."""
        data = parsed(resource)
        return cls(
            id=_text(data["id"]),
            state=State(data["state"]),
            state_info=_text(data.get("state_info")),
            workflow_id=_text(data.get("workflow_id")),
            workflow_name=_text(data.get("workflow_name")),
            workflow_namespace=_text(data.get("workflow_namespace")),
            task_execution_id=_text(data.get("task_execution_id")),
            root_execution_id=_text(data.get("root_execution_id")) or _text(data["id"]),
            created_at=_text(data.get("created_at")),
            updated_at=_text(data.get("updated_at")),
            input=as_object(data.get("input")),
            params=as_object(data.get("params")),
            output=as_object(data.get("output")),
            resource=data,
        )

    def with_state(self, state: State) -> Execution:
        """Return the same execution in another state, and with nothing else changed."""
        resource = dict(self.resource, state=state.value)
        return dataclasses.replace(self, state=state, resource=resource)

    @property
    def title(self) -> str:
        """What to call the execution at the beginning of a sentence."""
        return f"Execution {self.id} of workflow '{self.workflow_name}'"

    @property
    def noun(self) -> str:
        """What to call the execution within a sentence."""
        return f"execution {self.id} of workflow '{self.workflow_name}'"


@dataclasses.dataclass(frozen=True)
class Task(FromMistral):
    """A task execution."""

    id: str
    name: str
    type: str  # ACTION or WORKFLOW
    state: State
    state_info: str
    workflow_id: str
    workflow_name: str
    workflow_namespace: str
    workflow_execution_id: str
    created_at: str
    updated_at: str
    result: Json
    resource: JsonObject = dataclasses.field(repr=False)
    is_open: bool = False  # whether a result would still be taken, see Mistral.tasks_named()

    @classmethod
    def of(cls, resource: JsonObject) -> Task:
        """Make the record of a resource as Mistral's API returns it."""
        data = parsed(resource)
        return cls(
            id=data["id"],
            name=_text(data.get("name")),
            type=_text(data.get("type")),
            state=State(data["state"]),
            state_info=_text(data.get("state_info")),
            workflow_id=_text(data.get("workflow_id")),
            workflow_name=_text(data.get("workflow_name")),
            workflow_namespace=_text(data.get("workflow_namespace")),
            workflow_execution_id=_text(data.get("workflow_execution_id")),
            created_at=_text(data.get("created_at")),
            updated_at=_text(data.get("updated_at")),
            result=data.get("result"),
            resource=data,
        )

    def summary(self) -> Result:
        """Return what a message about a wait needs of the task."""
        return {key: self.resource.get(key) for key in SUMMARY_KEYS}


@dataclasses.dataclass(frozen=True)
class ActionExecution(FromMistral):
    """An action execution. ``output`` is None where a list leaves outputs out."""

    id: str  # empty if the action was run alone and Mistral stores nothing of it
    name: str
    state: State
    state_info: str
    task_name: str
    task_execution_id: str  # empty if the action was run alone
    workflow_execution_id: str  # of the task; empty but for what Mistral.running_actions() returns
    created_at: str
    input: JsonObject
    output: Json
    resource: JsonObject = dataclasses.field(repr=False)

    @classmethod
    def of(cls, resource: JsonObject) -> ActionExecution:
        """Make the record of a resource as Mistral's API returns it."""
        data = parsed(resource)
        return cls(
            id=_text(data.get("id")),
            name=_text(data.get("name")),
            state=State(data["state"]),
            state_info=_text(data.get("state_info")),
            task_name=_text(data.get("task_name")),
            task_execution_id=_text(data.get("task_execution_id")),
            workflow_execution_id=_text(data.get("workflow_execution_id")),
            created_at=_text(data.get("created_at")),
            input=as_object(data.get("input")),
            output=data.get("output"),
            resource=data,
        )

    @property
    def result(self) -> Json:
        """What the action ended with; Mistral wraps it."""
        return self.output.get("result") if isinstance(self.output, dict) else self.output

    def of_task(self, task: Task) -> ActionExecution:
        """Return the same action execution with the name of its task, and the task's execution."""
        execution_id = task.workflow_execution_id
        more = {"task_name": task.name, "workflow_execution_id": execution_id}
        return dataclasses.replace(
            self,
            task_name=task.name,
            workflow_execution_id=execution_id,
            resource={**self.resource, **more},
        )

    def ended(self, state: State, result: Json) -> ActionExecution:
        """Return the action execution as it will be when it has ended with this result."""
        output = {"result": result}
        resource = {**self.resource, "state": state.value, "output": output, "accepted": True}
        return dataclasses.replace(self, state=state, output=output, resource=resource)


# What Mistral reads from the definition of a workflow, or changes with it
OF_DEFINITION = ("interface", "input", "tags", "checksum", "updated_at")


@dataclasses.dataclass(frozen=True)
class Workflow(FromMistral):
    """A workflow. ``definition`` is the text that was uploaded."""

    id: str  # empty if the workflow is only planned
    name: str
    namespace: str
    scope: str
    project_id: str
    definition: str
    interface: JsonObject | None  # None where this release of Mistral does not know it
    resource: JsonObject = dataclasses.field(repr=False)

    @classmethod
    def of(cls, resource: JsonObject) -> Workflow:
        """Make the record of a resource as Mistral's API returns it."""
        return cls._of_data(parsed(resource))

    @classmethod
    def _of_data(cls, data: JsonObject) -> Workflow:
        interface = data.get("interface")
        return cls(
            id=_text(data.get("id")),
            name=_text(data.get("name")),
            namespace=_text(data.get("namespace")),
            scope=_text(data.get("scope")),
            project_id=_text(data.get("project_id")),
            definition=_text(data.get("definition")),
            interface=interface if isinstance(interface, dict) else None,
            resource=data,
        )

    @classmethod
    def planned(
        cls, stored: Workflow | None, name: str, namespace: str, scope: str, definition: str
    ) -> Workflow:
        """Return the workflow as it will be when this is uploaded, in the place of ``stored``."""
        data = dict(stored.resource) if stored else {}
        for key in OF_DEFINITION:
            data.pop(key, None)
        data.update(name=name, namespace=namespace, scope=scope, definition=definition)
        return cls._of_data(data)


@dataclasses.dataclass(frozen=True)
class CronTrigger(FromMistral):
    """A cron trigger. Times are texts in UTC."""

    id: str  # empty if the trigger is only planned
    name: str
    workflow_id: str | None  # None if the workflow of a planned trigger is not there yet
    workflow_name: str
    workflow_input: JsonObject
    workflow_params: JsonObject
    pattern: str | None
    first_execution_time: str | None
    remaining_executions: int | None  # None for one without an end
    project_id: str
    resource: JsonObject = dataclasses.field(repr=False)

    @classmethod
    def of(cls, resource: JsonObject) -> CronTrigger:
        """Make the record of a resource as Mistral's API returns it, or as it is planned."""
        data = parsed(resource)
        return cls(
            id=_text(data.get("id")),
            name=data["name"],
            workflow_id=data.get("workflow_id"),
            workflow_name=_text(data.get("workflow_name")),
            workflow_input=as_object(data.get("workflow_input")),
            workflow_params=as_object(data.get("workflow_params")),
            pattern=data.get("pattern"),
            first_execution_time=data.get("first_execution_time"),
            remaining_executions=data.get("remaining_executions"),
            project_id=_text(data.get("project_id")),
            resource=data,
        )


@dataclasses.dataclass(frozen=True)
class FailedTask:
    """A task that ended in ERROR, as Mistral's execution report names it."""

    name: str
    workflow: str  # its name
    id: str
    cause: str  # one line; empty if Mistral gives none

    def as_result(self) -> Result:
        """Return what results say of it."""
        return {
            "name": self.name,
            "workflow": self.workflow,
            "id": self.id,
            "reason": self.cause,
        }


@dataclasses.dataclass(frozen=True)
class Queue:
    """A Zaqar queue. ``metadata`` is empty where a list leaves it out."""

    name: str
    metadata: JsonObject

    @classmethod
    def of(cls, resource: JsonObject) -> Queue:
        """Make the record of a queue as Zaqar's API lists it."""
        return cls(name=resource["name"], metadata=as_object(resource.get("metadata")))


@dataclasses.dataclass(frozen=True)
class Signature:
    """What lets somebody without an account send certain requests to a queue."""

    signature: str
    expires: str  # ISO 8601
    methods: tuple[str, ...]
    paths: tuple[str, ...]
    project_id: str

    @classmethod
    def of(cls, resource: JsonObject) -> Signature:
        """Make the record of a signature as Zaqar's API returns it."""
        return cls(
            signature=resource["signature"],
            expires=resource["expires"],
            methods=tuple(resource["methods"]),
            paths=tuple(resource["paths"]),
            project_id=resource["project"],
        )


@dataclasses.dataclass(frozen=True)
class NewMessage:
    """A message to post. ``ttl`` and ``delay`` are seconds; None means the queue's default."""

    body: Json
    ttl: int | None = None
    delay: int | None = None

    def as_request(self) -> JsonObject:
        """Return the message as Zaqar's API takes it, without times that are None."""
        times = {"ttl": self.ttl, "delay": self.delay}
        set_times = {name: seconds for name, seconds in times.items() if seconds is not None}
        return {"body": self.body, **set_times}


@dataclasses.dataclass(frozen=True)
class Message:
    """A message of a Zaqar queue. ``age`` and ``ttl`` are seconds."""

    id: str
    body: Json
    age: int
    ttl: int
    claim_id: str  # empty if it is not claimed by us
    resource: JsonObject = dataclasses.field(repr=False)

    @classmethod
    def of(cls, resource: JsonObject) -> Message:
        """Make the record of a message as Zaqar's API returns it. Its address names its claim."""
        _address, _separator, claim_id = _text(resource.get("href")).partition("claim_id=")
        return cls(
            id=resource["id"],
            body=resource.get("body"),
            age=int(resource.get("age") or 0),
            ttl=int(resource.get("ttl") or 0),
            claim_id=claim_id,
            resource=resource,
        )

    def as_result(self) -> Result:
        """Return all that Zaqar knows of the message, except its address."""
        result = dict(self.resource)
        result.pop("href", None)
        result.pop("claim_id", None)
        return result


@dataclasses.dataclass(frozen=True)
class Claim:
    """Messages that nobody else can claim meanwhile. ``age`` and ``ttl`` are seconds."""

    id: str
    messages: tuple[Message, ...]
    age: int = 0
    ttl: int = 0

    @classmethod
    def of(cls, id: str, resource: JsonObject) -> Claim:
        """Make the record of a claim as Zaqar's API returns it when the claim is read."""
        return cls(
            id=id,
            messages=tuple(map(Message.of, resource["messages"])),
            age=resource["age"],
            ttl=resource["ttl"],
        )


@dataclasses.dataclass(frozen=True)
class QueueStats:
    """How many messages of a queue can be claimed, are claimed, and exist."""

    free: int
    claimed: int
    total: int
    resource: JsonObject = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, resource: JsonObject) -> QueueStats:
        """Make the record of the statistics that Zaqar's API returns."""
        messages = resource["messages"]
        return cls(
            free=int(messages["free"]),
            claimed=int(messages["claimed"]),
            total=int(messages["total"]),
            resource=messages,
        )

    def as_result(self) -> Result:
        """Return all that Zaqar counts, which includes its oldest and newest message."""
        return self.resource


@dataclasses.dataclass(frozen=True)
class Subscription:
    """A subscription to a Zaqar queue. ``age`` and ``ttl`` are seconds."""

    id: str
    subscriber: str
    age: int
    ttl: int
    options: JsonObject
    resource: JsonObject = dataclasses.field(repr=False)

    @classmethod
    def of(cls, resource: JsonObject) -> Subscription:
        """Make the record of a resource as Zaqar's API returns it."""
        return cls(
            id=resource["id"],
            subscriber=_text(resource.get("subscriber")),
            age=int(resource.get("age") or 0),
            ttl=int(resource.get("ttl") or 0),
            options=as_object(resource.get("options")),
            resource=resource,
        )
