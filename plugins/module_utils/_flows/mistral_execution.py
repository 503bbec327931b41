# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_execution does."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t
import uuid

from .._base.errors import Failure, ServiceError
from .._base.json_types import JsonObject, Options, Result
from .._base.options import WAIT_TIMEOUT, Range
from .._base.progress import Progress
from .._base.retry import TimedOut, wait_until
from .._dialogue.pauses import START_TIMEOUT
from .._dialogue.resume import await_starts, resume
from .._dialogue.stalled import Stall, fingerprint, stall_of
from .._services.failure_causes import cause
from .._services.ids import OWN_ID
from .._services.records import EXECUTION_STATES, Execution, FailedTask, State, Task
from .._services.tally import Tally
from .._services.unknown import settled
from .._shell.flow import Context, Flow

STATE_NAMES = [state.value for state in EXECUTION_STATES]
TASKS_NAMED = 5  # tasks that the message of a timeout names at most

Difference = dict[str, dict[str, str]]


@dataclasses.dataclass(frozen=True)
class Change:
    """What a task does to an execution; in check mode, what it would do."""

    execution: Execution | None  # as it is then, or was before it was deleted
    diff: Difference | None = None  # None if nothing changes

    def as_result(self) -> Result:
        result: Result = {"changed": self.diff is not None}
        if self.execution:
            result["execution"] = self.execution.as_result()
        if self.diff:
            result["diff"] = self.diff
        return result


def difference(before: str, after: str) -> Difference:
    """Return the diff of a change of the state."""
    return {"before": {"state": before}, "after": {"state": after}}


def differing(options: JsonObject | None, stored: JsonObject) -> list[str]:
    """Return the names in ``options`` whose values differ from those in ``stored``, sorted.

    ``stored`` can hold more names: Mistral adds the defaults.
    """
    differing_names = []
    for name, value in (options or {}).items():
        if name not in stored or stored[name] != value:
            differing_names.append(name)
    return sorted(differing_names)


def in_namespace(namespace: str) -> str:
    """Return the words for a namespace, to follow the name of a workflow."""
    return f" of namespace {namespace!r}" if namespace else ""


class MistralExecution(Flow):
    OPTIONS = dict(
        state=dict(
            type="str",
            choices=["started", "paused", "resumed", "recovered", "cancelled", "absent"],
            default="started",
        ),
        id=dict(type="str"),
        workflow=dict(type="str"),
        namespace=dict(type="str", default=""),
        input=dict(type="dict"),
        env=dict(type="dict"),
        params=dict(type="dict"),
        description=dict(type="str"),
        wait_for=dict(type="list", elements="str", choices=STATE_NAMES, default=[]),
        wait_timeout=WAIT_TIMEOUT,
        stalled_for=dict(type="int", default=300),
        force=dict(type="bool", default=False),
    )
    CONSTRAINTS = dict(
        required_if=[
            ("state", "started", ("workflow", "id"), True),
            ("state", "paused", ("id",)),
            ("state", "resumed", ("id",)),
            ("state", "recovered", ("id",)),
            ("state", "cancelled", ("id",)),
            ("state", "absent", ("id",)),
        ],
    )
    IDS = {"id": "an execution"}
    RANGES = {"stalled_for": Range(0)}

    @classmethod
    def check_options(cls, params: Options) -> None:
        try:
            super().check_options(params)
        except Failure as failure:
            if failure.error_code == "bad_id" and params["state"] == "started":
                failure.message += OWN_ID
            raise

    def __init__(self, params: Options, context: Context) -> None:
        super().__init__(params, context)
        self.id = ""  # of the execution, once it is known
        self.done = ""  # what was done with the execution
        self._must_resume = False  # whether a recovery has paused it

    def run(self) -> Result:
        self.id = self.params["id"] or ""
        state = self.params["state"]
        changes = {
            "started": self._started,
            "paused": self._paused,
            "resumed": self._resumed,
            "recovered": self._recovered,
            "cancelled": self._cancelled,
            "absent": self._absent,
        }
        change = changes[state]()
        result = change.as_result()
        wait_for = [State(name) for name in self.params["wait_for"]]
        can_wait = state != "absent" and not self.context.check_mode
        if wait_for and can_wait and change.execution:
            result["execution"] = self._wait_for(change.execution, wait_for).as_result()
            result["elapsed"] = self.deadline.elapsed
        return result

    def go_on(self) -> str:
        if not self.id:
            return ""
        return (
            f"Execution {self.id} {self.done or 'is as it was'}, and is not touched by the"
            " interruption. To look at it, or to wait for it, use"
            " interactive.openstack.mistral_execution_info or mistral_execution with this id."
        )

    # state: started

    def _started(self) -> Change:
        existing = self.id and self.mistral.execution(self.id)
        if existing:
            if self.params["workflow"]:
                self._check_same(existing)
            return Change(existing)
        if not self.params["workflow"]:
            raise Failure(
                f"There is no execution {self.id}: check the id and the cloud, or name the"
                " 'workflow' to start.",
                "not_found",
            )
        return Change(self.start(), difference("absent", State.RUNNING.value))

    def start(self) -> Execution:
        """Start an execution whose id nothing has, and return it; in check mode, as it would be."""
        params = dict(self.params["params"] or {})
        if self.params["env"] is not None:
            params["env"] = self.params["env"]
        if self.context.check_mode:
            return self._planned(params)
        return self._start(params)

    def _planned(self, params: JsonObject) -> Execution:
        # The login asks the cloud for the service: that can be checked without a write.
        _service = self.mistral
        return Execution.of(
            {
                "id": self.id or None,
                "workflow_name": self.params["workflow"],
                "workflow_namespace": self.params["namespace"],
                "description": self.params["description"] or "",
                "input": self.params["input"] or {},
                "output": {},
                "params": params,
                "state": State.RUNNING.value,
                "state_info": None,
                "task_execution_id": None,
                "root_execution_id": None,
            }
        )

    def _start(self, params: JsonObject) -> Execution:
        id = self.id or str(uuid.uuid4())

        def start() -> Execution:
            return self.mistral.start(
                self.params["workflow"],
                self.params["namespace"],
                self.params["input"],
                params,
                self.params["description"] or "",
                id,
            )

        started = self._settled(id, start, lambda now: True)
        self.id, self.done = id, "was started"
        return started

    def _check_same(self, existing: Execution) -> None:
        """Raise Failure if the execution is one of another workflow; warn if its input differs."""
        workflow, namespace = self.params["workflow"], self.params["namespace"]
        is_same_workflow = workflow in (existing.workflow_name, existing.workflow_id)
        if not is_same_workflow or existing.workflow_namespace != namespace:
            raise Failure(
                f"Could not start workflow '{workflow}'{in_namespace(namespace)} with id {self.id}:"
                f" that is an execution of workflow '{existing.workflow_name}'"
                f"{in_namespace(existing.workflow_namespace)} already. Choose another id.",
                "conflict",
                execution=existing.as_result(),
            )
        differing_names = differing(self.params["input"], existing.input)
        if differing_names:
            self.context.warn(
                f"Execution {self.id} exists and keeps the input that it was started with; it"
                f" differs in: {', '.join(differing_names)}."
            )

    # state: paused, cancelled, resumed

    def _paused(self) -> Change:
        execution = self.mistral.existing(self.id)
        if execution.state is State.PAUSED:
            return Change(execution)
        if execution.state.has_ended:
            raise self._ended("pause", execution)
        return self._changed(execution, State.PAUSED)

    def _cancelled(self) -> Change:
        execution = self.mistral.existing(self.id)
        if execution.state.has_ended:
            return Change(execution)
        return self._changed(execution, State.CANCELLED)

    def _resumed(self) -> Change:
        execution = self.mistral.existing(self.id)
        if execution.state.has_ended:
            raise self._ended("resume", execution)
        diff = difference(State.PAUSED.value, State.RUNNING.value)
        if self.context.check_mode:
            # Check mode never waits: a running execution is assumed to be paused soon.
            return Change(execution.with_state(State.RUNNING), diff)
        if execution.state is not State.PAUSED:
            # Mistral answers a resume of a RUNNING execution as if it were done. The pause that
            # comes later would last for ever.
            self._wait_for(execution, [State.PAUSED], to="resume")
        await_starts(self.mistral, self.id, self.whole_task.within(START_TIMEOUT))

        def resume_it() -> Execution:
            return resume(self.mistral, self.id, self.deadline, self.params["env"])

        after = self._settled(self.id, resume_it, lambda now: now.state is not State.PAUSED)
        self.done = f"was set to {State.RUNNING}"
        return Change(after, diff)

    def _changed(self, execution: Execution, state: State) -> Change:
        """Pause or cancel the execution.

        Mistral answers impossible changes as if they were done, so the state in its answer counts.
        """
        diff = difference(execution.state.value, state.value)
        if self.context.check_mode:
            return Change(execution.with_state(state), diff)
        after = self._set_state(state, execution.state)
        self.done = f"was set to {state}"
        ended_by_itself = after.state.has_ended and after.state is not state
        if ended_by_itself and state is State.PAUSED:
            raise self._ended("pause", after)
        if ended_by_itself:
            return Change(after)
        return Change(after, diff)

    # state: recovered

    def _recovered(self) -> Change:
        stall = self._stall()
        execution = self.mistral.existing(self.id)
        if stall is None:
            return Change(execution)
        diff = difference("stalled", execution.state.value)
        if self.context.check_mode:
            return Change(execution, diff)
        stays_paused = stall.pauses_next(self.mistral)
        execution = self._set_state(State.PAUSED, State.RUNNING)
        if execution.state.has_ended:  # it was only slow
            return Change(execution)
        self.done = "was paused"
        if not stays_paused:
            self._must_resume = True
            execution = self._end_pause()
        self.context.warn(
            f"{execution.title} was stalled for {self.params['stalled_for']} seconds, and was"
            f" paused{self._after_pause(stays_paused)}."
        )
        return Change(execution, difference("stalled", execution.state.value))

    @staticmethod
    def _after_pause(stays_paused: bool) -> str:
        if stays_paused:
            return ": its workflow pauses before the task that is next"
        return " and resumed, so that Mistral runs what is next"

    def _end_pause(self) -> Execution:
        """Resume what a recovery has paused, also after transient errors."""
        try:
            execution = wait_until(
                lambda: self._set_state(State.RUNNING, State.PAUSED), self.deadline
            )
        except TimedOut as timeout:
            raise timeout.last_error or timeout from None
        self._must_resume = False
        self.done = "was paused and resumed"
        return execution

    def undo(self) -> None:
        if self._must_resume:
            self._end_pause()

    def _stall(self) -> Stall | None:
        """Return what is stalled once nothing has changed for ``stalled_for`` seconds, else None.

        In check mode, one look decides.
        """
        tree, tasks = self._look_at_tasks()
        stall = stall_of(tree, tasks)
        before = fingerprint(tree, tasks)

        def has_changed() -> bool | None:
            return True if fingerprint(*self._look_at_tasks()) != before else None

        if stall is None or self.context.check_mode:
            return stall
        try:
            wait_until(has_changed, self.whole_task.within(self.params["stalled_for"]))
        except TimedOut as timeout:
            if timeout.last_error:
                raise timeout.last_error from None
            return stall
        return None

    def _look_at_tasks(self) -> tuple[list[Execution], list[Task]]:
        return self.mistral.tree(self.id), self.mistral.tasks(self.id)

    # state: absent

    def _absent(self) -> Change:
        execution = self.mistral.execution(self.id)
        if execution is None:
            return Change(None)
        if not execution.state.has_ended and not self.params["force"]:
            raise Failure(
                f"Could not delete {execution.noun}: it is {execution.state}. Cancel it first, or"
                " set 'force'.",
                "not_ended",
                execution=execution.as_result(),
            )
        if not self.context.check_mode:
            self._delete()
        return Change(execution, difference(execution.state.value, "absent"))

    def _delete(self) -> None:
        def delete() -> bool:
            self.mistral.delete_execution(self.id, self.params["force"])
            return True

        def look() -> bool | None:
            return None if self.mistral.execution(self.id) else True

        try:
            settled(delete, look, self.whole_task)
        except ServiceError as error:
            if error.status != 404:  # gone meanwhile
                raise
        self.done = "was deleted"
        with contextlib.suppress(ServiceError):  # a lock that is left does no harm
            for name in self.mistral.locks(self.id):
                self.mistral.delete_environment(name)

    # Requests and waits

    def _set_state(self, state: State, before: State) -> Execution:
        """Set the state of the execution, and return the execution as it is then.

        It may have ended meanwhile.
        """
        try:
            return self._settled(
                self.id,
                lambda: self.mistral.set_state(self.id, state),
                lambda now: now.state is not before,
            )
        except ServiceError as error:
            if error.status != 400:
                raise
            now = self.mistral.existing(self.id)
            if now.state.has_ended:
                return now
            raise

    def _settled(
        self, id: str, request: t.Callable[[], Execution], is_done: t.Callable[[Execution], bool]
    ) -> Execution:
        """Send a request, and return the execution as it is then, also if its answer is lost."""

        def look() -> Execution | None:
            now = self.mistral.execution(id)
            return now if now and is_done(now) else None

        unknown = (
            f"It may be done all the same, or soon: look at execution {id} before you do it again."
        )
        try:
            return settled(request, look, self.whole_task, unknown)
        except ServiceError as error:
            if error.result.get("outcome_unknown"):
                error.result["execution_id"] = id
            raise

    def _wait_for(self, execution: Execution, wait_for: list[State], to: str = "") -> Execution:
        """Return the execution as soon as it is in a wait_for state.

        Raises Failure if it never will be, or at the deadline. ``to`` is what could not be done.
        """
        id = self.id = execution.id
        seen = execution.state
        progress = Progress(self.context.progress, self.deadline)
        tally = Tally(self.mistral, execution)

        def look() -> State | None:
            nonlocal seen
            seen = self.mistral.state(id)
            if seen in wait_for or seen.has_ended:
                return seen
            progress.see(lambda: f"{tally.words(seen)}; waiting for {' or '.join(wait_for)}")
            return None

        try:
            # If the answer to the last request decides, there is nothing to ask.
            if seen not in wait_for and not seen.has_ended:
                wait_until(look, self.deadline)
            now = wait_until(lambda: self.mistral.existing(id), self.deadline)
        except TimedOut as timeout:
            last = execution.with_state(seen)
            raise self._timed_out(last, wait_for, timeout.last_error, to) from None
        if seen in wait_for:
            return now
        raise self._ended(to, now, wait_for)

    def _ended(
        self, to: str, execution: Execution, wait_for: t.Sequence[State] | None = None
    ) -> Failure:
        """Return the failure for an execution that has ended: nothing more will happen to it."""
        state = execution.state
        failed: list[FailedTask] = []
        end_cause = cause(execution, failed)
        if state is State.ERROR:
            failed = self.mistral.failed_tasks(execution.id)
            end_cause = cause(execution, failed) or "Mistral gives no reason"
        if to:
            sentence = f"Could not {to} {execution.noun}: it has ended in {state} already"
            if end_cause:
                sentence += f" ({end_cause})"
        elif end_cause:
            sentence = f"{execution.title} ended in {state}: {end_cause}"
        else:
            states = " or ".join(wait_for or [])
            sentence = f"{execution.title} ended in {state} and will not be {states} any more"
        result: Result = {
            "execution": execution.as_result(),
            "failed_tasks": [task.as_result() for task in failed],
        }
        if wait_for:
            result["elapsed"] = self.deadline.elapsed
            result["tasks"] = [task.summary() for task in self.mistral.tasks(execution.id)]
        return Failure(sentence + ".", "execution_ended", **result)

    def _timed_out(
        self, execution: Execution, wait_for: list[State], last_error: ServiceError | None, to: str
    ) -> Failure:
        elapsed = self.deadline.elapsed
        tasks: list[Task] = []
        try:  # the diagnosis must not cost the message
            execution = self.mistral.existing(execution.id)
            tasks = self.mistral.tasks(execution.id)
        except ServiceError as error:
            last_error = error
        except Failure:  # the execution is gone
            pass
        sentence = execution.title
        if to:
            sentence = f"Could not {to} {execution.noun}: it"
        sentence += f" is still {execution.state} after {elapsed:.0f} seconds"
        sentence += f", not {' or '.join(wait_for)}{self._open_tasks(tasks)}"
        if last_error:
            sentence += f". The last look failed: {last_error.message.rstrip('.')}"
        return Failure(
            sentence + ". Raise 'wait_timeout' if it needs longer.",
            "timeout",
            execution=execution.as_result(),
            elapsed=elapsed,
            tasks=[task.summary() for task in tasks],
        )

    @staticmethod
    def _open_tasks(tasks: list[Task]) -> str:
        """Return the states of the tasks that have not ended, to end a sentence."""
        states = [
            f"task '{task.name}' is {task.state}" for task in tasks if not task.state.has_ended
        ]
        if not states:
            return ""
        more = len(states) - TASKS_NAMED
        words = f": {', '.join(states[:TASKS_NAMED])}"
        if more > 0:
            words += f" and {more} more"
        return words
