# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialogue with one execution: wait for its question or its end."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._base.deadline import Deadline
from .._base.errors import Failure
from .._base.json_types import Result
from .._base.progress import Progress
from .._base.retry import LONGEST_INTERVAL as POLLED_INTERVAL
from .._base.retry import TimedOut, Waker, wait_until
from .._cloud.login import Cloud
from .._questions.question import Question, QuestionMessage, WaitsBy
from .._services.failure_causes import cause
from .._services.mistral import Mistral
from .._services.records import Execution, FailedTask, State
from .._services.tally import Tally
from .._services.zaqar import Zaqar
from .decide import NOTHING_SEEN, Action, Decision, Memory, Wish, decide
from .snapshot import RESUME, Queues, Reader, Snapshot, dialogue_record, plain

POLLED_FIRST = 2.0  # seconds of polling before pushes are worth a connection
# Seconds between two looks while pushes come: an execution that ends without a message is not
# pushed.
PUSHED_INTERVAL = 10.0
LAST_LOOK = " The last look failed: "  # before the error, at the end of the sentence of a timeout


@dataclasses.dataclass(frozen=True)
class Services:
    """What a dialogue sends its requests through."""

    cloud: Cloud
    mistral: Mistral
    zaqar: Zaqar


class Dialogue:
    """The dialogue of one execution. All its waits end at one deadline.

    ``execution`` is the execution as the last look saw it, with its output once it has ended.
    ``is_alone`` is whether it had no sub-executions then. ``memory`` is what all looks saw; it can
    be given to the next wait for the same execution. A wait changes nothing.
    """

    def __init__(
        self,
        services: Services,
        execution_id: str,
        deadline: Deadline,
        say: t.Callable[[str], None] | None = None,
        check_mode: bool = False,
        memory: Memory = NOTHING_SEEN,
    ) -> None:
        self._services = services
        self._deadline = deadline
        self._check_mode = check_mode
        self._tree = self._first_tree(execution_id)  # of the first look
        self.memory = memory
        self._last_tree = self._tree
        root = self._tree[0]
        self.id = execution_id
        self.execution = dataclasses.replace(
            root, output={}, resource={**root.resource, "output": {}}
        )
        self.is_alone = False
        self.messages_of_others = 0
        self.queues = Queues.of(self.execution)
        self.reader = Reader(services.mistral, services.zaqar, execution_id, self.queues)
        self._record = dialogue_record(self.execution)
        self._progress = Progress(say, deadline)
        self._tally = Tally(services.mistral, self.execution)

    def _first_tree(self, execution_id: str) -> tuple[Execution, ...]:
        try:
            tree = wait_until(lambda: self._services.mistral.tree(execution_id), self._deadline)
        except TimedOut as timeout:
            late = Failure(f"Execution {execution_id} could not be read in time.", "timeout")
            raise timeout.last_error or late from None
        return tuple(tree)

    def wait(self, wish: Wish) -> Question | None:
        """Wait until the execution asks, and return its question; None if it has ended.

        If several questions are open, return the one in ``wish``, otherwise the oldest. Raises
        Failure at the deadline, for an execution that somebody paused, and when only questions of
        other names than the one in ``wish`` are open.
        """
        try:
            decision = self._wait(lambda: self._look(wish))
        except TimedOut as timeout:
            raise self._timed_out(timeout) from None
        return decision.question

    def _timed_out(self, timeout: TimedOut) -> Failure:
        elapsed = self._deadline.elapsed
        advice = "Check mode looks once and does not wait."
        if not self._check_mode:
            advice = (
                "Raise 'wait_timeout', or look at its tasks with"
                " interactive.openstack.mistral_execution_info."
            )
        if timeout.last_error:
            advice += f"{LAST_LOOK}{timeout.last_error.message}"
        elif not self._check_mode:
            advice += (
                " If a process of Mistral has died, interactive.openstack.mistral_execution,"
                " 'state' recovered, lets it go on."
            )
        return Failure(
            f"{self.execution.title} neither asked anything nor ended within {elapsed:.0f}"
            f" seconds; its last state was {self.execution.state}. {advice}",
            "timeout",
            execution=self.execution.as_result(),
            elapsed=elapsed,
        )

    def _wait(self, look: t.Callable[[], Decision | None]) -> Decision:
        try:
            return wait_until(look, self._deadline.within(POLLED_FIRST))
        except TimedOut:
            if not self._deadline.remaining:
                raise
        with self._pushes() as waker:
            longest = PUSHED_INTERVAL if waker else POLLED_INTERVAL
            return wait_until(look, self._deadline, longest=longest, waker=waker)

    @contextlib.contextmanager
    def _pushes(self) -> t.Iterator[Waker | None]:
        """Yield a connection that wakes the looks at each message; None if the cloud has none."""
        from .._services.push import Push

        services = self._services
        with contextlib.ExitStack() as stack:
            push = None
            with contextlib.suppress(Failure):
                push = Push(services.cloud, services.zaqar, [self.queues.output], self._deadline)
                push.open()
                stack.callback(push.close)
            yield push if push and push.up else None

    # Looks

    def _look(self, wish: Wish) -> Decision | None:
        """Take a look, and return what follows from it; None if the wait goes on."""
        tree, self._tree = self._tree, ()
        look = self.reader.snapshot(tree)
        self._note(look)
        is_last = not self._deadline.remaining
        decision = decide(look, self.memory, wish, self._deadline.clock(), is_last)
        self.memory = decision.memory
        if decision.failure:
            raise decision.failure
        if decision.action not in (Action.END, Action.WAIT_FOR_OTHER):
            self._progress.see(lambda: self._words(decision))
        is_over = decision.action in (Action.ASK, Action.END)
        return decision if is_over else None

    def _note(self, look: Snapshot) -> None:
        self._last_tree = look.tree
        self.is_alone = len(look.tree) == 1
        self.messages_of_others = look.messages_of_others
        if look.state.has_ended:  # a list leaves the output out
            self.execution = self._services.mistral.existing(self.id)
        else:
            self.execution = self.execution.with_state(look.state)

    def _words(self, decision: Decision) -> str:
        if decision.question:
            return f"execution {self.id} asks '{decision.question.terms.name}'"
        return self._tally.words(self.execution.state) + decision.note

    # For whoever answers

    def still_waits(self, question: Question) -> bool:
        """Tell whether the execution is still paused before the tasks of the question."""
        tree = tuple(self._services.mistral.tree(self.id))
        self.execution = self.execution.with_state(tree[0].state)
        if tree[0].state is not State.PAUSED:
            return False
        idle = {task.id for task in self.reader.idle_tasks(tree)}
        return idle >= set(question.task_ids)

    def waits_for(self, question: Question) -> bool:
        """Tell whether the question is still open, however it waits for its answer."""
        if question.waits_by is WaitsBy.CALLBACK:
            ask = self._services.mistral.execution(question.id)
            return ask is not None and not ask.state.has_ended
        return self.still_waits(question)

    def notify(self) -> Execution:
        """Start what delivers the answers in the input queue, as a lost notification should have.

        Return its execution. Raises ServiceError.
        """
        queues = {"input_queue": self.queues.input, "output_queue": self.queues.output}
        return self._services.mistral.start(
            RESUME, input={"execution_id": self.id, **queues}, description=self.id
        )

    def messages(self) -> tuple[QuestionMessage, ...]:
        """Return the messages of the dialogue that nobody has answered, the oldest first."""
        messages, self.messages_of_others = self.reader.messages(self._last_tree)
        return messages

    def plain_messages(self) -> tuple[QuestionMessage, ...]:
        """Return the messages that are no question of interactive.ask."""
        return plain(self.messages())

    # Results

    def failed_tasks(self) -> list[FailedTask]:
        """Return the failed tasks of an execution that ended in ERROR, the causes first."""
        if self.execution.state is not State.ERROR:
            return []
        return self._services.mistral.failed_tasks(self.id)

    def cause(self, failed_tasks: list[FailedTask]) -> str:
        """Return why the execution ended in ERROR, on one line; empty if it did not."""
        if self.execution.state is not State.ERROR:
            return ""
        return cause(self.execution, failed_tasks)

    def summary(self) -> Result:
        """Return the keys that the results of all modules of a dialogue share."""
        return {
            "execution": self.execution.as_result(),
            "input_queue": self.queues.input,
            "output_queue": self.queues.output,
            "secret": self.memory.has_asked_secret or bool(self._record.get("secret")),
            "shared_output_queue": self.queues.is_shared,
            "created": self._record.get("created") or {},
        }
