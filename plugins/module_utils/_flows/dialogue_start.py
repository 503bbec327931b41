# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a dialogue: its workflow, its queues, its execution; or leave nothing behind."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import typing as t
import uuid

from .._base.errors import Failure
from .._base.json_types import ArgumentSpec, JsonObject, Options, Result
from .._base.retry import TimedOut, wait_until
from .._cloud.options import CLOUD_OPTIONS
from .._dialogue import start as starts
from .._dialogue.commands import answer_command
from .._dialogue.defined import Foreseen, chosen, foresee
from .._dialogue.reachable import Reachable
from .._dialogue.snapshot import RESUME, Queues
from .._questions.protocol import ASK
from .._services.definition import Workflows, input_names, names
from .._services.mistral import LOCKS
from .._services.records import Execution, Workflow
from .._shell.flow import Context, Flow
from .library import Library
from .mistral_cron_trigger import MistralCronTrigger
from .mistral_execution import MistralExecution
from .mistral_workflow import MistralWorkflow
from .zaqar_queue import ZaqarQueue
from .zaqar_subscription import ZaqarSubscription

# Seconds to look for what a request has done whose outcome is unknown, beside the look of its step.
LOOK_SECONDS = 6.0
Step = t.TypeVar("Step", bound=Flow)
Done = t.TypeVar("Done")
DESCRIPTION = "Dialogue of the collection interactive.openstack"


@dataclasses.dataclass(frozen=True)
class Source:
    """The workflow to start. ``is_uploaded`` is whether this task uploads it."""

    name: str
    namespace: str
    input_names: tuple[str, ...]
    own: Workflows  # what can be read without Mistral
    is_uploaded: bool


@dataclasses.dataclass(frozen=True)
class Created:
    """Something that was created, or may have been: what it is, and how it is removed."""

    title: str
    flow: type[Flow]
    options: Options


def with_defaults(spec: ArgumentSpec, options: Options) -> Options:
    """Return options with the defaults of those that are missing, as Ansible adds them."""
    complete = {}
    for name, option in spec.items():
        value = options.get(name, option.get("default"))
        if isinstance(value, dict) and "options" in option:
            value = with_defaults(option["options"], value)
        complete[name] = value
    return complete


class DialogueStart(Flow):
    OPTIONS = dict(
        definition=dict(type="raw"),
        file=dict(type="path"),
        workflow=dict(type="str", default=""),
        namespace=dict(type="str"),
        execution=dict(type="str"),
        input=dict(type="dict", default={}),
        env=dict(type="raw"),
        params=dict(type="dict", default={}),
        input_queue=dict(type="str", default=""),
        output_queue=dict(type="str", default=""),
        shared_output_queue=dict(type="bool", default=False),
        answers=dict(type="list", elements="str", default=[]),
        auto_resume=dict(type="bool", default=False),
        safety_net=dict(type="str", default="*/5 * * * *"),
        subscription_ttl=dict(type="int", default=1209600),
        library=dict(type="dict", default={}),
    )
    CONSTRAINTS = dict(
        mutually_exclusive=[("definition", "file")],
        required_one_of=[("definition", "file", "workflow")],
    )
    IDS = {"execution": "an execution"}

    def __init__(self, params: Options, context: Context) -> None:
        super().__init__(params, context)
        self.id = (params["execution"] or "").lower() or str(uuid.uuid4())
        self._created: list[Created] = []
        self._running: Flow | None = None  # the step that is under way
        self._exists = False  # whether the execution was there before
        self._is_sent = False  # whether a request to start the execution may have been sent
        self._is_unknown = False  # whether nobody knows what became of it
        self._may_be_stored = False  # whether nobody knows what became of the upload

    def run(self) -> Result:
        source = self._source()
        reachable = Reachable(source.own, self._stored)
        foreseen = foresee(reachable, source.name)
        starts.check_questions(foreseen)
        starts.check_answers(self.params["answers"], foreseen.questions)
        given = starts.QueueOptions(
            self.params["input_queue"],
            self.params["output_queue"],
            self.params["shared_output_queue"],
        )
        queues = starts.choose_queues(
            self.id, given, self.params["input"], source.input_names, foreseen.calls_ask
        )
        is_named = bool(self.params["execution"])
        self._exists = is_named and self.mistral.execution(self.id) is not None
        try:
            execution = self._begin(source, foreseen, queues)
        except Failure as failure:
            failure.message += self._take_back()
            raise
        return self._as_result(execution, source, foreseen, queues)

    def undo(self) -> None:
        if self._running:
            self._running.undo()
        self._take_back()

    def go_on(self) -> str:
        if not self._is_sent:
            return "Nothing was started, and what was created for it is removed again."
        return (
            f"Execution {self.id} may run: look for it with"
            " interactive.openstack.mistral_execution_info."
        )

    # The workflow

    def _source(self) -> Source:
        if self._uploads:
            return self._source_of_definition()
        return self._source_in_mistral()

    @property
    def _uploads(self) -> bool:
        return self.params["definition"] is not None or self.params["file"] is not None

    @property
    def _is_private(self) -> bool:
        """Whether the workflow is uploaded for this execution only."""
        return self._uploads and self.params["namespace"] is None

    @property
    def _namespace(self) -> str:
        """The namespace of the workflow."""
        if self._is_private:
            return self.id
        return self.params["namespace"] or ""

    def _source_of_definition(self) -> Source:
        data = self._upload.data
        name = chosen(data, self.params["workflow"])
        planned = Workflow.planned(None, name, self._namespace, "private", self._upload.text)
        return Source(
            name, self._namespace, tuple(input_names(planned)), Workflows(data), is_uploaded=True
        )

    def _source_in_mistral(self) -> Source:
        name = self.params["workflow"]
        workflow = self.mistral.workflow(name, self._namespace)
        if workflow is None:
            raise Failure(
                f"Mistral has no workflow '{name}'{self._in_namespace()}: check its name, or give"
                " its definition.",
                "no_workflow",
            )
        return Source(
            workflow.name,
            workflow.namespace,
            tuple(input_names(workflow)),
            Workflows({}),
            is_uploaded=False,
        )

    def _in_namespace(self) -> str:
        return f" in namespace '{self._namespace}'" if self._namespace else ""

    def _stored(self, name: str) -> Workflow | None:
        """Return the workflow that Mistral takes if this name is called; None if there is none."""
        workflow = None
        if self._namespace and not self._is_private:
            workflow = self.mistral.workflow(name, self._namespace)
        return workflow or self.mistral.workflow(name)

    @functools.cached_property
    def _upload(self) -> MistralWorkflow:
        options = {name: self.params[name] for name in ("definition", "file")}
        return self._step(MistralWorkflow, namespace=self._namespace, **options)

    # Steps. What is created is noted before its request is sent, which may be lost.

    def _begin(self, source: Source, foreseen: Foreseen, queues: Queues) -> Execution:
        if self._exists:
            return self._start(source, foreseen, queues)
        self._check_unused(queues)
        if source.is_uploaded:
            self._do_upload()
        for name in (queues.input, queues.output):
            self._make_queue(name, queues, foreseen)
        library = Library(self._step, self.mistral, self.params["library"])
        if foreseen.calls_ask:
            library.provide(ASK)
        resumes_itself = self.params["auto_resume"] and not self.context.check_mode
        if resumes_itself:
            library.provide(RESUME)
            self._subscribe(queues)
        execution = self._start(source, foreseen, queues)
        if resumes_itself:
            self._watch(queues)
        return execution

    def _do_upload(self) -> None:
        if self._is_private:
            options = {name: self.params[name] for name in ("definition", "file")}
            self._note(
                f"the workflow in namespace {self.id}",
                MistralWorkflow,
                namespace=self.id,
                **options,
            )
        try:
            self._do(self._upload, self._upload.run)
        except Failure as failure:
            self._may_be_stored = bool(failure.result.get("outcome_unknown"))
            raise

    def _make_queue(self, name: str, queues: Queues, foreseen: Foreseen) -> None:
        metadata: JsonObject = {}
        if name in self._own_queues(queues):
            self._note(f"queue {name}", ZaqarQueue, name=name)
            metadata = starts.queue_metadata(name == queues.input, foreseen)
        step = self._step(ZaqarQueue, name=name)
        self._do(step, lambda: step.create(metadata))

    def _own_queues(self, queues: Queues) -> list[str]:
        """Return the queues that are only of this execution."""
        own = starts.own_queues(self.id)
        return [name for name in (queues.input, queues.output) if name in (own.input, own.output)]

    def _check_unused(self, queues: Queues) -> None:
        """Raise Failure if a queue that others can use holds messages."""
        others = {queues.input, queues.output}.difference(self._own_queues(queues))
        if queues.is_shared:
            others.discard(queues.output)
        for name in sorted(others):
            if self.zaqar.exists(name) and self.zaqar.stats(name).total:
                raise Failure(
                    f"Queue '{name}' holds messages that nobody has read: the workflow would take"
                    " them for answers, or you for its questions. Name another queue, or purge it"
                    " with interactive.openstack.zaqar_queue (purge: [messages]).",
                    "queue_in_use",
                )

    def _subscribe(self, queues: Queues) -> None:
        workflow = {"name": RESUME, "label": self.id}
        self._note(
            "what lets answers resume it",
            ZaqarSubscription,
            queue=queues.input,
            workflow=workflow,
        )
        details = {"description": self.id, "input": self._resume_input(queues)}
        step = self._step(
            ZaqarSubscription,
            queue=queues.input,
            workflow=workflow | details,
            ttl=self.params["subscription_ttl"],
        )
        self._do(step, step.run)

    def _resume_input(self, queues: Queues) -> JsonObject:
        """Return the input of interactive.resume."""
        return {
            "execution_id": self.id,
            "input_queue": queues.input,
            "output_queue": queues.output,
        }

    def _start(self, source: Source, foreseen: Foreseen, queues: Queues) -> Execution:
        created = self._record(source, queues)
        step = self._step(
            MistralExecution,
            id=self.id,
            workflow=source.name,
            namespace=source.namespace,
            input=starts.start_input(self.params["input"], source.input_names, queues),
            env=self._environment() | starts.record(queues, created, foreseen.has_secret),
            params=self.params["params"],
            description=DESCRIPTION,
        )
        self._is_sent = not (self._exists or self.context.check_mode)
        if self._exists:
            return Execution.of(self._do(step, step.run)["execution"])
        step.id = self.id
        try:
            return self._do(step, step.start)
        except Failure as failure:
            self._is_unknown = bool(failure.result.get("outcome_unknown"))
            raise

    def _environment(self) -> JsonObject:
        """Return the environment that the caller wants, also one that Mistral stores."""
        given = self.params["env"]
        if given is None or isinstance(given, dict):
            return given or {}
        stored = self.mistral.environment(str(given))
        if stored is None:
            raise Failure(f"Mistral has no environment '{given}': check 'env'.", "no_environment")
        return stored

    def _record(self, source: Source, queues: Queues) -> JsonObject:
        """Return what the dialogue has created, for whoever removes it."""
        workflows = names(self._upload.data) if self._is_private else []
        return {
            "queues": self._own_queues(queues),
            "namespace": source.namespace if self._is_private else "",
            "workflows": workflows,
            "execution": True,
            "auto_resume": self.params["auto_resume"],
        }

    def _watch(self, queues: Queues) -> None:
        """Let answers be delivered whose notification was lost, or that were there before."""
        given = self._resume_input(queues) | {"empty_looks": 0}
        trigger = f"{LOCKS[1]}.{self.id}"
        if self.params["safety_net"]:
            net = self._step(
                MistralCronTrigger,
                name=trigger,
                workflow=RESUME,
                workflow_input=given | {"trigger": trigger},
                pattern=self.params["safety_net"],
            )
            self._do(net, net.run)
        look = self._step(MistralExecution, workflow=RESUME, input=given, description=self.id)
        self._do(look, look.start)

    # Other flows as steps

    def _step(self, flow: type[Step], **options: t.Any) -> Step:
        """Return a flow with these options, which uses the login of this one."""
        of_cloud = {name: self.params[name] for name in CLOUD_OPTIONS if name in self.params}
        step = flow(of_cloud | with_defaults(flow.OPTIONS, options), self.context)
        step.cloud = self.cloud
        return step

    def _do(self, step: Flow, work: t.Callable[[], Done]) -> Done:
        """Do the work of a step, which is undone first if this run is interrupted meanwhile."""
        self._running = step
        result = work()
        self._running = None
        return result

    def _note(self, title: str, flow: type[Flow], **options: t.Any) -> None:
        if not self.context.check_mode:
            self._created.append(Created(title, flow, options))

    # What is left after a failure

    def _take_back(self) -> str:
        """Remove what was created if the execution has not begun.

        Return a sentence for the user, which begins with a space; empty if nothing is left.
        """
        has_begun = self._has_begun() if self._is_sent else False
        if has_begun:
            return f" Execution {self.id} runs all the same: go on with '{self._command()}'."
        kept = ", ".join(created.title for created in self._created)
        if has_begun is None:
            return (
                f" Execution {self.id} may begin all the same, also later, so nothing is removed."
                f" If it does, go on with '{self._command()}'."
                + (f" If it does not, remove {kept}." if kept else "")
            )
        sentence = self._remove_upload() if self._may_be_stored else ""
        left = [created.title for created in reversed(self._created) if not self._remove(created)]
        self._created = []
        if left:
            sentence += f" This may be left, remove it: {', '.join(left)}."
        return sentence

    def _command(self) -> str:
        return answer_command(self.id, self.params.get("cloud"))

    def _remove_upload(self) -> str:
        """Remove the workflow of an upload that nobody knows the outcome of, and say what is left.

        Mistral may still be at work on it.
        """
        upload = self._created.pop(0)
        workflows = names(self._upload.data)

        def is_stored() -> bool | None:
            return bool(self.mistral.own_workflows(workflows, self.id)) or None

        with contextlib.suppress(TimedOut, Failure):
            wait_until(is_stored, self.whole_task.within(LOOK_SECONDS))
            if self._remove(upload):
                return " The workflow was stored all the same, and is removed again."
        return (
            f" The workflow may be stored in namespace {self.id}, also later: remove it with"
            " interactive.openstack.mistral_workflow (state absent, that namespace, the same"
            " definition)."
        )

    def _has_begun(self) -> bool | None:
        """Tell whether the execution exists; None if nobody knows, or if it may come later."""

        def has_begun() -> bool | None:
            exists = self.mistral.execution(self.id) is not None
            return None if self._is_unknown and not exists else exists

        try:
            return wait_until(has_begun, self.whole_task.within(LOOK_SECONDS))
        except (TimedOut, Failure):
            return None

    def _remove(self, created: Created) -> bool:
        """Remove something, and tell whether it is gone."""
        try:
            self._step(created.flow, state="absent", **created.options).run()
        except Failure:
            return False
        return True

    # The result

    def _as_result(
        self, execution: Execution, source: Source, foreseen: Foreseen, queues: Queues
    ) -> Result:
        return {
            "changed": not self._exists,
            "execution": execution.as_result(),
            "execution_id": self.id,
            "workflow": source.name,
            "questions": [question.as_result() for question in foreseen.questions],
            "secret": foreseen.has_secret,
            "input_queue": queues.input,
            "output_queue": queues.output,
            "created": self._record(source, queues),
        }
