# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a dialogue: its workflow, its queues, its execution; or leave nothing behind."""

from __future__ import annotations

import functools
import typing as t
import uuid

from .._base.errors import Failure
from .._base.json_types import ArgumentSpec, Json, JsonObject, Options, Result
from .._base.retry import TimedOut, wait_until
from .._cloud.options import CLOUD_OPTIONS
from .._dialogue import start as starts
from .._dialogue.begun import LOOK_SECONDS, Begun
from .._dialogue.commands import answer_command
from .._dialogue.snapshot import RESUME, Queues, dialogue_record
from .._questions.protocol import ASK
from .._services.ids import OWN_ID
from .._services.mistral import LOCKS
from .._services.records import Execution
from .._services.unknown import unsay_unknown
from .._shell.flow import Context, Flow
from .dialogue_source import Source, source_in_mistral, source_of_definition
from .library import Library
from .mistral_cron_trigger import MistralCronTrigger
from .mistral_execution import MistralExecution
from .mistral_workflow import MistralWorkflow
from .zaqar_queue import Creation, ZaqarQueue
from .zaqar_subscription import ZaqarSubscription

DESCRIPTION = "Dialogue of the collection interactive.openstack"
# What lets answers resume it, for a sentence
RESUMING = "the subscription (with playbook interactive.openstack.auto_resume, state=absent)"
DEFINITIONS = ("definition", "file")  # the options, one of which has the workflow to upload

Step = t.TypeVar("Step", bound=Flow)
Done = t.TypeVar("Done")


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

    @classmethod
    def check_options(cls, params: Options) -> None:
        try:
            super().check_options(params)
        except Failure as failure:
            if failure.error_code == "bad_id":
                failure.message += OWN_ID
            raise

    @classmethod
    def redacted(cls, params: Options) -> Options:
        """Leave out the texts of the library, which nobody has written in the task."""
        return dict(params, library=dict.fromkeys(params.get("library") or {}, "..."))

    def __init__(self, params: Options, context: Context) -> None:
        super().__init__(params, context)
        self.is_named = bool(params["execution"])  # whether others may use this id as well
        self.id: str = params["execution"] or str(uuid.uuid4())
        self._begun = Begun()
        self._running: Flow | None = None  # the step that is under way
        self._has_begun = False  # whether the execution is known to exist
        self._may_begin = False  # whether its start may still be carried out
        self._left = ""  # what a person has to know after a failure or an interruption

    def run(self) -> Result:
        source = self._source()
        starts.check_questions(source.foreseen)
        starts.check_answers(self.params["answers"], source.foreseen.questions)
        if self.is_named and self.mistral.execution(self.id):
            return self._continued(source)
        queues = self._queues(source)
        try:
            execution = self._begin(source, queues)
        except Failure as failure:
            unsay_unknown(failure)
            failure.result.pop("execution_id", None)
            self._take_back()
            failure.message += f" {self._left}" if self._left else ""
            raise
        return self._as_result(execution, source, queues, self._record(source, queues), True)

    def undo(self) -> None:
        if self._running:
            self._running.undo()
        self._take_back()

    def go_on(self) -> str:
        return self._left or "Nothing was started, and nothing is left."

    def _source(self) -> Source:
        name = self.params["workflow"]
        if self._uploads:
            return source_of_definition(self.mistral, self._upload, name, self._is_private)
        return source_in_mistral(self.mistral, name, self.params["namespace"] or "")

    @property
    def _uploads(self) -> bool:
        return any(self.params[name] is not None for name in DEFINITIONS)

    @property
    def _is_private(self) -> bool:
        """Whether the workflow is uploaded for this execution only."""
        return self._uploads and self.params["namespace"] is None

    @functools.cached_property
    def _upload(self) -> MistralWorkflow:
        namespace = self.id if self._is_private else self.params["namespace"]
        return self._step(MistralWorkflow, namespace=namespace, **self._definition())

    def _definition(self) -> Options:
        return {name: self.params[name] for name in DEFINITIONS}

    def _queues(self, source: Source) -> Queues:
        options = starts.QueueOptions(
            self.params["input_queue"],
            self.params["output_queue"],
            self.params["shared_output_queue"],
        )
        calls_ask = source.foreseen.calls_ask
        return starts.choose_queues(
            self.id, options, self.params["input"], source.input_names, calls_ask
        )

    # A new execution

    def _begin(self, source: Source, queues: Queues) -> Execution:
        start = self._start_step(source, queues)  # also reads the environment, before all else
        self._check_unused(queues)
        if self._uploads:
            self._do_upload(source)
        for name in (queues.input, queues.output):
            self._make_queue(name, queues, source)
        if source.foreseen.calls_ask:
            self._library.provide(ASK)
        resumes_itself = self.params["auto_resume"] and not self.context.check_mode
        if resumes_itself:
            self._subscribe(queues)
        execution = self._start(start)
        if resumes_itself:
            self._watch(queues)
        return execution

    @property
    def _library(self) -> Library:
        return Library(self._step, self.mistral, self.params["library"])

    def _do_upload(self, source: Source) -> None:
        if not self._is_private or self.context.check_mode:
            self._do(self._upload, self._upload.run)
            return
        workflows = list(source.uploaded)
        removal = self._step(
            MistralWorkflow, state="absent", namespace=self.id, **self._definition()
        )
        with self._begun.creating(
            f"the workflow in namespace {self.id}",
            lambda: bool(self.mistral.own_workflows(workflows, self.id)),
            removal.run,
        ) as created:
            created.is_ours = self._do(self._upload, self._upload.run)["changed"]

    def _make_queue(self, name: str, queues: Queues, source: Source) -> None:
        step = self._step(ZaqarQueue, name=name)
        if name not in self._own_queues(queues) or self.context.check_mode:
            self._do(step, lambda: step.create({}))
            return
        metadata = starts.queue_metadata(name == queues.input, source.foreseen)
        removal = self._step(ZaqarQueue, name=name, state="absent")
        with self._begun.creating(
            f"queue {name}", lambda: self.zaqar.exists(name), removal.run
        ) as created:
            created.is_ours = self._do(step, lambda: step.create(metadata)) is not Creation.EXISTED

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

    def _start_step(self, source: Source, queues: Queues) -> MistralExecution:
        params = dict(self.params["params"])
        wanted = params.pop("env", None)
        if self.params["env"] is not None:
            wanted = self.params["env"]
        noted = starts.record(queues, self._record(source, queues), source.foreseen.has_secret)
        step = self._step(
            MistralExecution,
            id=self.id,
            workflow=source.name,
            namespace=source.namespace,
            input=starts.start_input(self.params["input"], source.input_names, queues),
            env=self._environment(wanted) | noted,
            params=params,
            description=DESCRIPTION,
        )
        step.id = self.id
        return step

    def _environment(self, wanted: Json) -> JsonObject:
        """Return the environment that the caller wants, also one that Mistral stores."""
        if wanted is None or isinstance(wanted, dict):
            return wanted or {}
        stored = self.mistral.environment(str(wanted))
        if stored is None:
            raise Failure(f"Mistral has no environment '{wanted}': check 'env'.", "no_environment")
        return stored

    def _start(self, step: MistralExecution) -> Execution:
        self._may_begin = not self.context.check_mode
        try:
            execution = self._do(step, step.start)
        except Failure as failure:
            self._may_begin = bool(failure.result.get("outcome_unknown"))
            raise
        self._has_begun = not self.context.check_mode
        self._may_begin = False
        return execution

    def _record(self, source: Source, queues: Queues) -> JsonObject:
        """Return what the dialogue creates, for whoever removes it."""
        return {
            "queues": self._own_queues(queues),
            "namespace": source.namespace if self._is_private else "",
            "workflows": list(source.uploaded) if self._is_private else [],
            "execution": True,
            "auto_resume": self.params["auto_resume"],
        }

    # Answers that resume it

    def _subscribe(self, queues: Queues) -> bool:
        """Let answers start interactive.resume; tell whether they did not before."""
        self._library.provide(RESUME)
        workflow = {"name": RESUME, "label": self.id}
        details = {"description": self.id, "input": self._resume_input(queues)}
        step = self._step(
            ZaqarSubscription,
            queue=queues.input,
            workflow=workflow | details,
            ttl=self.params["subscription_ttl"],
        )
        removal = self._step(
            ZaqarSubscription, state="absent", queue=queues.input, workflow=workflow
        )
        with self._begun.creating(
            RESUMING,
            lambda: bool(self.zaqar.subscriptions(queues.input)),
            removal.run,
        ) as created:
            created.is_ours = self._do(step, step.run)["changed"]
        return created.is_ours

    def _resume_input(self, queues: Queues) -> JsonObject:
        """Return the input of interactive.resume."""
        return {
            "execution_id": self.id,
            "input_queue": queues.input,
            "output_queue": queues.output,
        }

    def _watch(self, queues: Queues) -> None:
        """Let answers be delivered whose notification was lost, or that were there before."""
        values = self._resume_input(queues) | {"empty_looks": 0}
        trigger = f"{LOCKS[1]}.{self.id}"
        if self.params["safety_net"]:
            net = self._step(
                MistralCronTrigger,
                name=trigger,
                workflow=RESUME,
                workflow_input=values | {"trigger": trigger},
                pattern=self.params["safety_net"],
            )
            self._do(net, net.run)
        look = self._step(MistralExecution, workflow=RESUME, input=values, description=self.id)
        self._do(look, look.start)

    # An execution that exists

    def _continued(self, source: Source) -> Result:
        """Return the dialogue of an execution that exists, with its answers resuming it again."""
        step = self._step(
            MistralExecution,
            id=self.id,
            workflow=source.name,
            namespace=source.namespace,
            input=self.params["input"],
        )
        execution = Execution.of(self._do(step, step.run)["execution"])
        self._has_begun = True
        queues = Queues.of(execution)
        resumes_itself = self.params["auto_resume"] and not execution.state.has_ended
        is_changed = False
        if resumes_itself and not self.context.check_mode:
            is_changed = self._subscribe(queues)
            self._watch(queues)
        created = starts.NOTHING_CREATED | (dialogue_record(execution).get("created") or {})
        return self._as_result(execution, source, queues, created, is_changed)

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

    # What is left after a failure or an interruption

    def _take_back(self) -> None:
        """Remove what was created if the execution has not begun, and note what is left."""
        command = answer_command(self.id, self.params.get("cloud"))
        titles = self._begun.titles()
        exists = self._exists()
        if exists:
            self._left = f"Execution {self.id} runs all the same: go on with '{command}'."
        elif exists is None:
            self._left = (
                f"Execution {self.id} may begin all the same, also later, so nothing is removed. If"
                f" it does, go on with '{command}'."
            )
            if titles:
                self._left += f" If it does not, remove {titles}."
        else:
            self._left = self._begun.take_back(self.whole_task)

    def _exists(self) -> bool | None:
        """Tell whether the execution exists; None if it may begin later, or if nobody can tell.

        An id that a person has chosen can be that of another start, which uses what this one has
        created.
        """
        if self._has_begun or not (self._may_begin or self.is_named):
            return self._has_begun

        def look() -> bool | None:
            exists = self.mistral.execution(self.id) is not None
            return None if self._may_begin and not exists else exists

        try:
            return wait_until(look, self.whole_task.within(LOOK_SECONDS))
        except (TimedOut, Failure):
            return None

    # The result

    def _as_result(
        self,
        execution: Execution,
        source: Source,
        queues: Queues,
        created: JsonObject,
        is_changed: bool,
    ) -> Result:
        return {
            "changed": is_changed,
            "execution": execution.as_result(),
            "execution_id": self.id,
            "workflow": source.name,
            "questions": [question.as_result() for question in source.foreseen.questions],
            "secret": source.foreseen.has_secret,
            "input_queue": queues.input,
            "output_queue": queues.output,
            "created": created,
        }
