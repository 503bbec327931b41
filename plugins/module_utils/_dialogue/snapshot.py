# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at a dialogue: what the services say at one moment. Nothing here changes anything."""

from __future__ import annotations

import dataclasses

from .._base.errors import Failure
from .._base.json_types import Json, JsonObject
from .._questions.protocol import ASK
from .._questions.question import QuestionMessage
from .._questions.recognise import asked_by, concerns, executions_named
from .._services.mistral import Mistral
from .._services.records import ActionExecution, Execution, State, Subscription, Task
from .._services.zaqar import PAGE, Zaqar
from .pauses import is_paused_before, pauses_before, start_was_lost

# The queues of a workflow that declares no inputs for them.
DEFAULT_INPUT_QUEUE = "workflow-input"
DEFAULT_OUTPUT_QUEUE = "workflow-output"
# The key of an execution's environment under which the role notes how it started the dialogue.
ENVIRONMENT_KEY = "interactive_dialogue"
RESUME = "interactive.resume"  # the workflow of the library that a subscription starts
POP = "zaqar.queue_pop"  # the action that reads an answer
WAITING_TASK = "wait"  # the task of interactive.ask that waits for the answer


@dataclasses.dataclass(frozen=True)
class Queues:
    """The queues of a dialogue.

    In a shared output queue, only messages that name the execution belong to it.
    """

    input: str
    output: str
    is_shared: bool = False

    @classmethod
    def of(cls, execution: Execution) -> Queues:
        """Read the queues that an execution was started with. Raises Failure ``same_queue``."""
        record = dialogue_record(execution)

        def queue(name: str, default: str) -> str:
            return record.get(name) or execution.input.get(name) or default

        input_queue = queue("input_queue", DEFAULT_INPUT_QUEUE)
        output_queue = queue("output_queue", DEFAULT_OUTPUT_QUEUE)
        if input_queue == output_queue:
            raise Failure(
                f"{execution.title} has one queue, '{input_queue}', for questions and for"
                " answers: nobody could tell one from the other. Start the workflow with another"
                " 'input_queue' or 'output_queue'.",
                "same_queue",
                execution=execution.as_result(),
            )
        return cls(input_queue, output_queue, bool(record.get("shared_output_queue")))


def dialogue_record(execution: Execution) -> JsonObject:
    """Return what the role noted when it started the execution; empty if it did not."""
    environment = execution.params.get("env")
    if not isinstance(environment, dict):
        return {}
    record: JsonObject = environment.get(ENVIRONMENT_KEY) or {}
    return record


@dataclasses.dataclass(frozen=True)
class Callback:
    """An open question of interactive.ask.

    ``name`` is that of the question, or of the task that calls it.
    """

    ask: Execution
    action: ActionExecution
    name: str


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """What one look saw. What its kind of look does not need is not read, and empty.

    ``tree`` is the execution and all executions of sub-workflows below it. ``messages`` are those
    of the dialogue that nobody has answered, the oldest first. ``paused_tasks`` are the tasks that
    the execution is paused before. ``starting_tasks`` are those of a paused execution that are
    about to start: their start is on its way through Mistral, or was lost when one of its processes
    died. ``unread_answers`` are bodies in the input queue, the oldest first.
    """

    tree: tuple[Execution, ...]
    messages: tuple[QuestionMessage, ...] = ()
    messages_of_others: int = 0
    unread_answers: tuple[Json, ...] = ()
    paused_tasks: tuple[Task, ...] = ()
    starting_tasks: tuple[Task, ...] = ()
    unpaused_ids: frozenset[str] = frozenset()  # of starting tasks that the workflow pauses before
    callbacks: tuple[Callback, ...] = ()
    polling_tasks: tuple[Task, ...] = ()
    resumes_itself: bool = False
    is_being_answered: bool = False

    @property
    def execution(self) -> Execution:
        """The execution itself."""
        return self.tree[0]

    @property
    def state(self) -> State:
        """The state of the execution itself."""
        return self.tree[0].state

    @property
    def waiting_tasks(self) -> tuple[Task, ...]:
        """The tasks that wait for an answer.

        A task that was about to start never does in an execution that a recovery left paused before
        it; see stalled.py.
        """
        unpaused = [task for task in self.starting_tasks if task.id in self.unpaused_ids]
        return (*self.paused_tasks, *unpaused)

    @property
    def plain_messages(self) -> tuple[QuestionMessage, ...]:
        """The messages that are no question of interactive.ask: what a pause asks, if it asks."""
        return plain(self.messages)


class Reader:
    """Reads the services for one dialogue. All methods raise ServiceError."""

    def __init__(self, mistral: Mistral, zaqar: Zaqar, execution_id: str, queues: Queues) -> None:
        self.mistral = mistral
        self.zaqar = zaqar
        self.id = execution_id
        self.queues = queues

    def snapshot(self, tree: tuple[Execution, ...] = ()) -> Snapshot:
        """Take a look, with as few requests as the state of the execution allows.

        ``tree`` is one that was read just now.
        """
        tree = tree or tuple(self.mistral.tree(self.id))
        state = tree[0].state
        if state.has_ended:
            return Snapshot(tree)
        messages, others = self.messages(tree)
        look = Snapshot(tree, messages, others)
        if state is State.PAUSED:
            return self._paused(look)
        return self._running(look)

    def _paused(self, look: Snapshot) -> Snapshot:
        if not look.plain_messages and self.is_being_answered():
            return dataclasses.replace(look, is_being_answered=True)
        # The queue is read before the tasks: an answer that was read in between has woken them.
        answers = self.unread_answers(PAGE)
        idle = self.idle_tasks(look.tree)
        executions = {execution.id: execution for execution in look.tree}
        lost = [
            task for task in idle if start_was_lost(task, executions[task.workflow_execution_id])
        ]
        starting = [task for task in idle if not is_paused_before(task) and task not in lost]
        unpaused = {task.id for task in (*lost, *starting) if pauses_before(self.mistral, task)}
        look = dataclasses.replace(
            look,
            paused_tasks=tuple(
                task
                for task in idle
                if is_paused_before(task) or (task in lost and task.id in unpaused)
            ),
            starting_tasks=tuple(starting),
            unpaused_ids=frozenset(unpaused),
        )
        needed = len(look.waiting_tasks)
        if needed > len(answers) == PAGE:
            answers = self.unread_answers(needed)
        return dataclasses.replace(
            look,
            unread_answers=answers[:needed],
            resumes_itself=bool(needed) and self.resumes_itself(),
        )

    def _running(self, look: Snapshot) -> Snapshot:
        callbacks = self.callbacks(look.tree)
        if callbacks:
            answers = self.unread_answers(1)
            return dataclasses.replace(
                look,
                callbacks=callbacks,
                unread_answers=answers,
                resumes_itself=bool(answers) and self.resumes_itself(),
            )
        if not look.plain_messages:
            return look
        tasks = self.polling_tasks(look.tree)
        answers = self.unread_answers(1) if tasks else ()
        return dataclasses.replace(look, polling_tasks=tasks, unread_answers=answers)

    # The queues

    def messages(self, tree: tuple[Execution, ...]) -> tuple[tuple[QuestionMessage, ...], int]:
        """Return the messages of the dialogue, the oldest first, and the number of all others.

        A message that names other executions belongs to others. So does one that names none, in a
        shared queue.
        """
        ids = {execution.id for execution in tree}
        posted = self.zaqar.messages(self.queues.output)
        ours = [message for message in posted if concerns(message.body, ids)]
        if self.queues.is_shared:
            ours = [message for message in ours if executions_named(message.body)]
        questions = tuple(
            QuestionMessage(message.id, message.body, message.age, message.ttl) for message in ours
        )
        return questions, len(posted) - len(ours)

    def unread_answers(self, count: int) -> tuple[Json, ...]:
        """Return the bodies of up to ``count`` unread answers, the oldest first."""
        messages = self.zaqar.messages(self.queues.input, limit=count)
        return tuple(message.body for message in messages)

    def is_being_answered(self) -> bool:
        """Tell whether somebody has claimed messages of the question: is answering it now."""
        return self.zaqar.stats(self.queues.output).claimed > 0

    def resumes_itself(self) -> bool:
        """Tell whether an answer in the input queue resumes the execution by a subscription."""
        subscriptions = self.zaqar.subscriptions(self.queues.input)
        return any(resumes(subscription, self.id) for subscription in subscriptions)

    # The tasks

    def idle_tasks(self, tree: tuple[Execution, ...]) -> tuple[Task, ...]:
        """Return the tasks that a resume runs.

        They are those of the execution, and of the paused ones below it, that are not begun.
        """
        paused = [execution for execution in tree[1:] if is_paused_before_tasks(execution)]
        return tuple(
            task
            for execution in [tree[0], *paused]
            for task in self.mistral.tasks(execution.id)
            if task.state is State.IDLE
        )

    def callbacks(self, tree: tuple[Execution, ...]) -> tuple[Callback, ...]:
        """Return the open questions of interactive.ask, the oldest first."""
        asks = {ask.id: ask for ask in tree[1:] if is_open_ask(ask)}
        if not asks:
            return ()
        tasks = self.mistral.tasks_named(list(tree))
        waiting = [
            task
            for task in tasks
            if task.name == WAITING_TASK and task.workflow_execution_id in asks
        ]
        callers = {task.id: task.name for task in tasks}
        callbacks = []
        for action in self.mistral.running_actions(waiting):
            ask = asks[action.workflow_execution_id]
            name = ask.input.get("name") or callers.get(ask.task_execution_id, "")
            callbacks.append(Callback(ask, action, name))
        return tuple(callbacks)

    def polling_tasks(self, tree: tuple[Execution, ...]) -> tuple[Task, ...]:
        """Return the tasks that read the input queue again and again until it has an answer."""
        running = [
            execution
            for execution in tree
            if execution.state is State.RUNNING and execution.workflow_name != ASK
        ]
        tasks = [task for execution in running for task in self.mistral.tasks(execution.id)]
        return tuple(task for task in tasks if self._polls(task))

    def _polls(self, task: Task) -> bool:
        if task.state not in (State.RUNNING, State.DELAYED):
            return False
        actions = self.mistral.action_executions(task.id)
        pops = [
            action
            for action in actions
            if action.name == POP and action.input.get("queue_name") == self.queues.input
        ]
        # The first one may be reading an answer at this moment.
        return len(pops) > 1 or (len(pops) == 1 and task.state is State.DELAYED)


def plain(messages: tuple[QuestionMessage, ...]) -> tuple[QuestionMessage, ...]:
    """Return the messages that are no question of interactive.ask."""
    return tuple(message for message in messages if not asked_by(message.body))


def is_open_ask(execution: Execution) -> bool:
    """Tell whether an execution is an interactive.ask that has not ended."""
    return execution.workflow_name == ASK and not execution.state.has_ended


def is_paused_before_tasks(execution: Execution) -> bool:
    """Tell whether a sub-execution is paused before tasks that can read answers.

    interactive.ask has none.
    """
    return execution.state is State.PAUSED and execution.workflow_name != ASK


def resumes(subscription: Subscription, execution_id: str) -> bool:
    """Tell whether a subscription starts the workflow that resumes this execution."""
    post_data = str(subscription.options.get("post_data"))
    return RESUME in post_data and execution_id in post_data.lower()
