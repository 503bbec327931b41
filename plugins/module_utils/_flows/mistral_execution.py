# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_execution does."""

from __future__ import annotations

import contextlib
import typing as t
import uuid

from .._base.deadline import TimedOut, wait_until
from .._base.errors import Failure, ServiceError
from .._base.options import WAIT_TIMEOUT
from .._base.progress import Progress
from .._dialogue.resume import resume
from .._services.mistral import (
    CANCELLED,
    ENDED,
    ERROR,
    PAUSED,
    RUNNING,
    STATES,
    brief,
    cause,
    titled,
)
from .._services.tally import Tally
from .._services.unknown import settled
from .._shell.flow import Context, Flow

Execution = t.Dict[str, t.Any]


def change(before: str, after: str) -> dict[str, dict[str, str]]:
    return {"before": {"state": before}, "after": {"state": after}}


def differing(given: dict[str, t.Any] | None, stored: t.Any) -> list[str]:
    """Return the names in ``given`` whose values are others in ``stored``, where Mistral adds the defaults."""
    stored = stored if isinstance(stored, dict) else {}
    return sorted(
        name for name, value in (given or {}).items() if name not in stored or stored[name] != value
    )


class MistralExecution(Flow):
    OPTIONS = dict(
        state=dict(
            type="str",
            choices=["started", "paused", "resumed", "cancelled", "absent"],
            default="started",
        ),
        id=dict(type="str"),
        workflow=dict(type="str"),
        namespace=dict(type="str", default=""),
        input=dict(type="dict"),
        env=dict(type="dict"),
        params=dict(type="dict"),
        description=dict(type="str"),
        wait_for=dict(type="list", elements="str", choices=STATES, default=[]),
        wait_timeout=WAIT_TIMEOUT,
        force=dict(type="bool", default=False),
    )
    CONSTRAINTS = dict(
        required_if=[
            ("state", "started", ("workflow",)),
            ("state", "paused", ("id",)),
            ("state", "resumed", ("id",)),
            ("state", "cancelled", ("id",)),
            ("state", "absent", ("id",)),
        ],
    )
    IDS = {"id": "an execution"}

    @classmethod
    def check_options(cls, params: dict[str, t.Any]) -> None:
        try:
            super().check_options(params)
        except Failure as failure:
            if failure.error_code == "bad_id" and params["state"] == "started":
                failure.message += " One of your own can be made of any text with the filter ansible.builtin.to_uuid."
            raise

    def __init__(self, params: dict[str, t.Any], context: Context) -> None:
        super().__init__(params, context)
        self.id: str | None = None
        self.done = ""  # what was done with the execution

    def run(self) -> dict[str, t.Any]:
        self.id = self.params["id"]
        result = getattr(self, "_" + self.params["state"])()
        wanted = self.params["wait_for"]
        if not wanted or self.context.check_mode or self.params["state"] == "absent":
            return result
        execution = self._wait_for(result["execution"], wanted)
        return dict(result, execution=execution, elapsed=self.deadline.elapsed)

    # One method a state: each returns the result without the wait

    def _started(self) -> dict[str, t.Any]:
        workflow, namespace = self.params["workflow"], self.params["namespace"]
        found = self.mistral.execution(self.id) if self.id else None
        if found:
            self._check_same(found)
            return {"changed": False, "execution": found}
        params = dict(self.params["params"] or {})
        if self.params["env"] is not None:
            params["env"] = self.params["env"]
        diff = change("absent", RUNNING)
        if self.context.check_mode:
            self.mistral  # noqa: B018  the cloud is asked for the service: what can be checked without a write
            planned = {
                "id": self.id,
                "workflow_name": workflow,
                "workflow_namespace": namespace,
                "description": self.params["description"] or "",
                "input": self.params["input"] or {},
                "params": params,
                "state": RUNNING,
            }
            return {"changed": True, "execution": planned, "diff": diff}
        id = self.id or str(uuid.uuid4())
        started = self._settled(
            id,
            lambda: self.mistral.start(
                workflow,
                namespace,
                self.params["input"],
                params,
                self.params["description"] or "",
                id,
            ),
            lambda now: True,
        )
        self.id, self.done = id, "was started"
        return {"changed": True, "execution": started, "diff": diff}

    def _settled(
        self, id: str, request: t.Callable[[], Execution], is_done: t.Callable[[Execution], bool]
    ) -> Execution:
        """Send a request, and return the execution as it is then, also if only the answer was lost."""

        def look() -> Execution | None:
            now = self.mistral.execution(id)
            return now if now and is_done(now) else None

        unknown = (
            f"It may be done all the same, or soon: look at execution {id} before you do it again."
        )
        try:
            return settled(request, look, self.deadline, unknown)
        except ServiceError as error:
            if error.result.get("outcome_unknown"):
                error.result["execution_id"] = id
            raise

    def _check_same(self, found: Execution) -> None:
        workflow, namespace = self.params["workflow"], self.params["namespace"]
        same = workflow in (found.get("workflow_name"), found.get("workflow_id"))
        if not same or (found.get("workflow_namespace") or "") != namespace:
            of = found.get("workflow_namespace")
            raise Failure(
                f"Could not start workflow '{workflow}'{f' of namespace {namespace!r}' if namespace else ''} with id"
                f" {self.id}: that is an execution of workflow '{found.get('workflow_name')}'"
                f"{f' of namespace {of!r}' if of else ''} already. Choose another id.",
                "conflict",
                execution=found,
            )
        others = differing(self.params["input"], found.get("input"))
        if others:
            self.context.warn(
                f"Execution {self.id} exists and keeps the input that it was started with; it differs in:"
                f" {', '.join(others)}."
            )

    def _paused(self) -> dict[str, t.Any]:
        found = self.mistral.existing(self.id)
        if found["state"] == PAUSED:
            return {"changed": False, "execution": found}
        if found["state"] in ENDED:
            raise self._ended("pause", found)
        return self._changed(found, PAUSED)

    def _cancelled(self) -> dict[str, t.Any]:
        found = self.mistral.existing(self.id)
        if found["state"] in ENDED:
            return {"changed": False, "execution": found}
        return self._changed(found, CANCELLED)

    def _resumed(self) -> dict[str, t.Any]:
        found = self.mistral.existing(self.id)
        if found["state"] in ENDED:
            raise self._ended("resume", found)
        if self.context.check_mode:  # never waits: a running execution is taken to be paused soon
            return {
                "changed": True,
                "execution": dict(found, state=RUNNING),
                "diff": change(PAUSED, RUNNING),
            }
        if found["state"] != PAUSED:
            # Mistral takes a resume of a RUNNING execution for done: the pause that comes later would last for ever.
            found = self._wait_for(found, [PAUSED], to="resume")
        return self._changed(found, RUNNING, self.params["env"])

    def _absent(self) -> dict[str, t.Any]:
        found = self.mistral.execution(self.id)
        if found is None:
            return {"changed": False}
        if found["state"] not in ENDED and not self.params["force"]:
            raise Failure(
                f"Could not delete execution {self.id} of workflow '{found.get('workflow_name')}': it is"
                f" {found['state']}. Cancel it first, or set 'force'.",
                "not_ended",
                execution=found,
            )
        if not self.context.check_mode:
            try:
                settled(
                    lambda: self.mistral.delete_execution(self.id, self.params["force"]),
                    lambda: None if self.mistral.execution(self.id) else True,
                    self.deadline,
                )
            except ServiceError as error:
                if error.status != 404:  # gone meanwhile
                    raise
            self.done = "was deleted"
            with contextlib.suppress(ServiceError):  # they do no harm
                for name in self.mistral.locks(self.id):
                    self.mistral.delete_environment(name)
        return {"changed": True, "execution": found, "diff": change(found["state"], "absent")}

    def _changed(
        self, found: Execution, state: str, env: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Ask for ``state``; what Mistral answers is read rather than believed: it takes impossible changes for done."""
        diff = change(found["state"], state)
        if self.context.check_mode:
            return {"changed": True, "execution": dict(found, state=state), "diff": diff}

        def ask() -> Execution:
            if state == RUNNING:
                return resume(self.mistral, self.id, self.deadline, env)
            return self.mistral.set_state(self.id, state)

        after = self._settled(self.id, ask, lambda now: now["state"] != found["state"])
        self.done = f"was set to {state}"
        if state != RUNNING and after["state"] != state and after["state"] in ENDED:
            if state == CANCELLED:  # it ended by itself in between
                return {"changed": False, "execution": after}
            raise self._ended("pause", after)
        return {"changed": True, "execution": after, "diff": diff}

    # Waiting

    def go_on(self) -> str:
        if not self.id:
            return ""
        return (
            f"Execution {self.id} {self.done or 'is as it was'}, and is not touched by the signals. To look at it, or to wait for"
            " it, use interactive.openstack.mistral_execution_info or mistral_execution with this id."
        )

    def _wait_for(self, execution: Execution, wanted: list[str], to: str = "") -> Execution:
        """Return the execution as soon as it is in one of the wanted states; raises Failure if it never will be."""
        id = self.id = execution["id"]
        seen = execution["state"]
        progress, tally = (
            Progress(self.context.progress, self.deadline),
            Tally(self.mistral, execution),
        )

        def look() -> str | None:
            nonlocal seen
            seen = self.mistral.state(id)
            if seen in wanted or seen in ENDED:
                return seen
            progress.see(lambda: f"{tally.words(seen)}; waiting for {' or '.join(wanted)}")
            return None

        try:
            # Where the answer to the last request decides, there is nothing to ask.
            if seen not in wanted and seen not in ENDED:
                wait_until(look, self.deadline)
        except TimedOut as timeout:
            raise self._timed_out(
                dict(execution, state=seen), wanted, timeout.last_error, to
            ) from None
        try:
            now = wait_until(lambda: self.mistral.existing(id), self.deadline)
        except TimedOut as timeout:
            raise self._timed_out(
                dict(execution, state=seen), wanted, timeout.last_error, to
            ) from None
        if seen in wanted:
            return now
        raise self._ended(to, now, wanted)

    def _ended(self, to: str, execution: Execution, wanted: list[str] | None = None) -> Failure:
        """Return the failure for an execution that has ended: nothing more will happen to it."""
        state = execution["state"]
        failed = self.mistral.failed_tasks(execution["id"]) if state == ERROR else []
        why = cause(execution, failed) or ("Mistral gives no reason" if state == ERROR else "")
        if to:
            said = f"Could not {to} execution {execution['id']} of workflow '{execution.get('workflow_name')}': it has"
            said += f" ended in {state} already" + (f" ({why})" if why else "")
        elif why:
            said = f"{titled(execution)} ended in {state}: {why}"
        else:
            said = f"{titled(execution)} ended in {state} and will not be {' or '.join(wanted or [])} any more"
        result: dict[str, t.Any] = {"execution": execution, "failed_tasks": failed}
        if wanted:
            result["elapsed"] = self.deadline.elapsed
            result["tasks"] = brief(self.mistral.tasks(execution["id"]))
        return Failure(said + ".", "execution_ended", **result)

    def _timed_out(
        self, execution: Execution, wanted: list[str], last_error: ServiceError | None, to: str
    ) -> Failure:
        elapsed = self.deadline.elapsed
        tasks: list[dict[str, t.Any]] = []
        try:  # the diagnosis must not cost the message
            execution = dict(self.mistral.existing(execution["id"]))
            tasks = brief(self.mistral.tasks(execution["id"]))
        except Failure as error:
            if isinstance(error, ServiceError):
                last_error = error
        open_tasks = [task for task in tasks if task["state"] not in ENDED]
        told = ", ".join(f"task '{task['name']}' is {task['state']}" for task in open_tasks[:5])
        if to:
            said = f"Could not {to} execution {execution['id']} of workflow '{execution.get('workflow_name')}': it"
        else:
            said = titled(execution)
        said += (
            f" is still {execution['state']} after {elapsed:.0f} seconds, not {' or '.join(wanted)}"
        )
        if told:
            said += f": {told}" + (
                f" and {len(open_tasks) - 5} more" if len(open_tasks) > 5 else ""
            )
        if last_error:
            said += f". The last look failed: {last_error.message.rstrip('.')}"
        return Failure(
            said + ". Raise 'wait_timeout' if it needs longer.",
            "timeout",
            execution=execution,
            elapsed=elapsed,
            tasks=tasks,
        )
