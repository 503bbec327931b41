# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_wait does."""

from __future__ import annotations

import contextlib

from .._base.errors import Failure, ServiceError
from .._base.json_types import Options, Result
from .._base.options import WAIT_TIMEOUT, Range
from .._base.progress import Progress
from .._base.retry import TimedOut, wait_until
from .._services.push import Push
from .._services.push_gate import LONGEST_POLL_INTERVAL, PushGate
from .._services.records import FailedTask, State
from .._services.zaqar import CLAIM_SECONDS, checked_queue_name
from .._shell.flow import Context, Flow
from .zaqar_consumer import Consumer, Order, QueuedMessage


def messages_in_words(number: int) -> str:
    """Return a number of messages, for a sentence."""
    return "1 message" if number == 1 else f"{number} messages"


class ZaqarWait(Flow):
    OPTIONS = dict(
        queue=dict(type="list", elements="str", required=True),
        count=dict(type="int", default=1),
        filter=dict(type="dict"),
        consume=dict(type="str", choices=["peek", "claim", "pop"], default="peek"),
        claim_ttl=dict(type="int", default=300),
        execution=dict(type="str"),
        mode=dict(type="str", choices=["auto", "push", "poll"], default="auto"),
        wait_timeout=WAIT_TIMEOUT,
    )
    IDS = {"execution": "an execution"}
    RANGES = {"count": Range(unit="messages"), "claim_ttl": CLAIM_SECONDS}

    def __init__(self, params: Options, context: Context) -> None:
        super().__init__(params, context)
        self.queues: list[str] = []
        self.state: State | None = None  # of the execution that is watched
        self.consumer: Consumer | None = None
        self.push: Push | None = None
        self.gate: PushGate | None = None

    def new_push(self) -> Push:
        return Push(self.cloud, self.zaqar, self.queues, self.deadline)

    def run(self) -> Result:
        self.queues = self._checked_queues()
        self._log_in()
        consumer = self.consumer = Consumer(self.zaqar, self._order())
        if self.context.check_mode:
            return self._predict(consumer)
        self.progress = Progress(self.context.progress, self.deadline)
        try:
            messages = self._wait(consumer)
        except TimedOut as timeout:
            failure = self._timed_out(consumer, timeout)
        except Failure as error:
            # Whatever ends the wait: messages that were removed exist nowhere else.
            error.result = {**self._result(consumer.removed), **error.result}
            raise
        else:
            if messages:
                return {**self._result(messages), "changed": self.params["consume"] != "peek"}
            failure = self._ended_too_early(consumer)
        raise failure

    def undo(self) -> None:
        if self.consumer:
            self.consumer.release()

    def go_on(self) -> str:
        taken = self.consumer.describe_taken() if self.consumer else ""
        if taken:
            return taken
        return f"Nothing was taken out of {self._where()}. To wait again, run the same task."

    def _checked_queues(self) -> list[str]:
        """Return the queues, each of them once. Raises Failure."""
        queues = [checked_queue_name(name) for name in self.params["queue"]]
        if not queues:
            raise Failure(
                "Could not wait for messages: no queue is named: set 'queue'.", "bad_option"
            )
        return list(dict.fromkeys(queues))

    def _log_in(self) -> None:
        """Log in before the wait, so that a login that fails for good does not look like a wait."""
        self.zaqar.connection.requests = 0
        if self.params["execution"]:
            self.mistral.connection.requests = 0

    def _order(self) -> Order:
        return Order(
            queues=self.queues,
            count=self.params["count"],
            consume=self.params["consume"],
            filter=self.params["filter"] or None,
            claim_ttl=self.params["claim_ttl"],
        )

    def _predict(self, consumer: Consumer) -> Result:
        """Look once, and take nothing."""
        self._has_ended()
        messages = consumer.peek()
        is_enough = len(messages) >= self.params["count"]
        is_changed = is_enough and self.params["consume"] != "peek"
        return {**self._result(messages), "changed": is_changed}

    # The wait

    def _wait(self, consumer: Consumer) -> list[QueuedMessage]:
        """Return the messages, or none if the execution has ended. Raises TimedOut or Failure."""

        def look() -> list[QueuedMessage] | None:
            return self._look(consumer)

        try:
            if self.params["mode"] != "poll" and self.params["wait_timeout"]:
                self._open_push()
            if not self.gate:
                return wait_until(look, self.deadline)
            return wait_until(look, self.deadline, longest=LONGEST_POLL_INTERVAL, waker=self.push)
        finally:
            if self.push:
                self.push.close()

    def _open_push(self) -> None:
        """Open the push gate. If pushes are impossible, warn; raise Failure with mode=push."""
        try:
            self.push = self.new_push()
            self.push.open()
        except Failure as failure:
            if self.params["mode"] == "push":
                raise
            self.context.warn(f"Messages are polled for, as none can be pushed: {failure.message}")
        else:
            self.gate = PushGate(self.push, self.zaqar, self.queues, self.deadline)

    def _look(self, consumer: Consumer) -> list[QueuedMessage] | None:
        """Return the messages if there are enough of them, else None.

        Returns an empty list if there are too few and the execution has ended.
        """
        # The state comes first: what the execution has posted before its end is in the queue then.
        # A failure of Mistral must not hide messages, so it is raised only after the look.
        mistral_error = None
        has_ended = False
        try:
            has_ended = self._has_ended()
        except ServiceError as error:
            if not error.transient:
                raise
            mistral_error = error
        messages = self._poll(consumer, has_ended)
        if messages is not None:
            return messages
        if mistral_error:
            raise mistral_error
        if has_ended:
            return []
        self.progress.see(lambda: self._describe(consumer))
        return None

    def _poll(self, consumer: Consumer, has_ended: bool) -> list[QueuedMessage] | None:
        """Take the messages, if the push gate thinks that worth it or if this look has to be."""
        if not self.gate:
            return consumer.take()
        is_last = has_ended or not self.deadline.remaining
        return self.gate.poll(consumer.take, force=is_last or bool(consumer.doomed))

    def _has_ended(self) -> bool:
        """Tell whether the execution that is watched has ended. Raises Failure if it is gone."""
        execution = self.params["execution"]
        if not execution:
            return False
        if self.state is None or not self.state.has_ended:
            self.state = self._read_state(execution)
        return self.state.has_ended

    def _read_state(self, execution: str) -> State:
        try:
            return self.mistral.state(execution)
        except ServiceError as error:
            if error.status != 404:
                raise
        gone = "is not there any more" if self.state else "is not there"
        raise Failure(
            f"Could not wait for messages in {self._where()}: execution {execution}, which is to"
            f" be watched, {gone}; check its id and the cloud.",
            "not_found",
        )

    # Results and failures

    def _result(self, messages: list[QueuedMessage]) -> Result:
        result: Result = {
            "messages": [message.as_result() for message in messages],
            "elapsed": self.deadline.elapsed,
            "requests": self._requests(),
            "delivered": "poll",
        }
        if self.gate and self.gate.pushed:
            result["delivered"] = "push"
        if self.params["execution"]:
            result["execution"] = {"id": self.params["execution"], "state": None}
            if self.state:
                result["execution"]["state"] = self.state.value
        return result

    def _requests(self) -> int:
        """Return how many requests were sent, to all services and over the WebSocket."""
        requests: int = self.zaqar.connection.requests
        if self.push:
            requests += self.push.requests
        if self.params["execution"]:
            requests += self.mistral.connection.requests
        return requests

    def _where(self) -> str:
        names = ", ".join(f"'{name}'" for name in self.queues)
        return f"queue {names}" if len(self.queues) == 1 else f"queues {names}"

    def _tally(self, consumer: Consumer) -> str:
        number = messages_in_words(self.params["count"])
        if self.params["filter"]:
            verb = "matches" if self.params["count"] == 1 else "match"
            number += f" that {verb} the filter"
        return f"{len(consumer.messages)} of {number} came to {self._where()}"

    def _describe(self, consumer: Consumer) -> str:
        """Return the line that shows how far the wait has come."""
        text = self._tally(consumer)
        if self.state:
            text += f"; execution {self.params['execution']} is {self.state}"
        return text

    def _timed_out(self, consumer: Consumer, timeout: TimedOut) -> Failure:
        sentence = f"Timed out after {self.deadline.elapsed:g} s: {self._tally(consumer)}"
        if self.state:
            sentence += f", and execution {self.params['execution']} is {self.state}"
        if timeout.last_error:
            sentence += f". The last look failed: {timeout.last_error.message}"
        else:
            sentence += "; check who posts there, or raise 'wait_timeout'."
        return Failure(sentence, "timeout", **self._result(consumer.messages))

    def _ended_too_early(self, consumer: Consumer) -> Failure:
        execution = self.params["execution"]
        failed_tasks = self._failed_tasks()
        cause = ""
        if failed_tasks:
            task = failed_tasks[0]
            cause = f" (task '{task.name}' failed: {task.cause.rstrip('.')})"
        result = self._result(consumer.messages)
        if failed_tasks:
            result["execution"]["failed_tasks"] = [task.as_result() for task in failed_tasks]
        return Failure(
            f"Execution {execution} ended in {self.state}{cause} after {self._tally(consumer)}.",
            "execution_ended",
            **result,
        )

    def _failed_tasks(self) -> list[FailedTask]:
        """Return the tasks that failed, the causes first, if Mistral names them."""
        failed_tasks: list[FailedTask] = []
        if self.state is State.ERROR:
            with contextlib.suppress(ServiceError):
                failed_tasks = self.mistral.failed_tasks(self.params["execution"])
        return failed_tasks
