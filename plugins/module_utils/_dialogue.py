# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialogue read back from the services: its queues, its open question, its end. An execution's id is all it needs."""

from __future__ import annotations

import json
import re
import typing as t
import unicodedata

from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._mistral import ENDED, ERROR, PAUSED, Mistral
from ansible_collections.interactive.openstack.plugins.module_utils._wait import Deadline, TimedOut, wait_until
from ansible_collections.interactive.openstack.plugins.module_utils._zaqar import Zaqar

# The names that a workflow's inputs have, and the queues of a workflow that declares no such inputs.
DEFAULT_QUEUES = {"input_queue": "workflow-input", "output_queue": "workflow-output"}
ENVIRONMENT_KEY = "interactive_dialogue"

TERMINAL_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_].*?\x1b\\|.)", re.DOTALL)
JOINERS = "\u200c\u200d"


def shown(body: t.Any) -> str:
    """Return a message's body as text that is safe on a terminal: no escape sequences, no control characters."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    text = TERMINAL_SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return "".join(
        c for c in text if c in "\n\t" or c in JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )


class Dialogue:
    """The dialogue of one execution."""

    def __init__(self, mistral: Mistral, zaqar: Zaqar, execution_id: str) -> None:
        self._mistral = mistral
        self._zaqar = zaqar
        self.execution = mistral.existing(execution_id)
        self.id = execution_id
        params = self.execution.get("params") or {}
        self.record: dict[str, t.Any] = (params.get("env") or {}).get(ENVIRONMENT_KEY) or {}
        inputs = self.execution.get("input") or {}
        queues = {name: self.record.get(name) or inputs.get(name) or default for name, default in DEFAULT_QUEUES.items()}
        self.input_queue: str = queues["input_queue"]
        self.output_queue: str = queues["output_queue"]

    def wait(self, seconds: float) -> dict[str, t.Any] | None:
        """Wait until the execution asks (return the question) or has ended (return None, ``execution`` is the last).

        Raises Failure after ``seconds``.
        """
        deadline = Deadline(seconds)
        try:
            seen = wait_until(self._look, deadline)
        except TimedOut as timeout:
            state = self.execution["state"]
            trouble = f" The last look failed: {timeout.last_error.message}" if timeout.last_error else ""
            raise Failure(
                f"Execution {self.id} neither asked anything nor ended within {deadline.elapsed:.0f} seconds; its last"
                f" state was {state}. Wait longer with wait_timeout, or look at its tasks with"
                f" interactive.openstack.mistral_execution_info.{trouble}",
                "timeout",
                execution=self.execution,
                elapsed=deadline.elapsed,
            ) from None
        return seen.get("question")

    def _look(self) -> dict[str, t.Any] | None:
        """One look: a dict with the question, an empty one at the end, None while there is nothing to say."""
        state = self.execution["state"] = self._mistral.state(self.id)
        if state in ENDED:
            self.execution = self._mistral.existing(self.id)
            return {}
        messages = self.messages()
        if state == PAUSED:
            idle = [task["name"] for task in self._mistral.tasks(self.id) if task["state"] == "IDLE"]
            return {"question": self._question("pause", idle, messages)}
        if messages:
            polling = self._polling_tasks()
            if polling and not self.answer_waits():
                return {"question": self._question("poll", polling, messages)}
        return None

    def messages(self) -> list[dict[str, t.Any]]:
        """Return what the workflow said and nobody answered yet, oldest first: dicts of id, body, text, age, ttl."""
        return [
            {key: message.get(key) for key in ("id", "body", "age", "ttl")} | {"text": shown(message.get("body"))}
            for message in self._zaqar.messages(self.output_queue)
        ]

    def answer_waits(self) -> bool:
        """Whether an answer that the workflow has not read lies in the input queue."""
        return bool(self._zaqar.messages(self.input_queue, limit=1))

    def failed_tasks(self) -> list[dict[str, str]]:
        return self._mistral.failed_tasks(self.id) if self.execution["state"] == ERROR else []

    def _polling_tasks(self) -> list[str]:
        """Names of the tasks that take from the input queue, again and again until something is there."""
        return [
            task["name"]
            for task in self._mistral.tasks(self.id)
            if task["state"] in ("RUNNING", "DELAYED")
            and any(
                action["name"] == "zaqar.queue_pop"
                and isinstance(action["input"], dict)
                and action["input"].get("queue_name") == self.input_queue
                for action in self._mistral.action_executions(task["id"])
            )
        ]

    def _question(self, waits_by: str, tasks: list[str], messages: list[dict[str, t.Any]]) -> dict[str, t.Any]:
        return {
            "text": "\n".join(message["text"] for message in messages),
            "messages": messages,
            "waits_by": waits_by,
            "tasks": tasks,
            "answer_waits": waits_by == "pause" and self.answer_waits(),
        }

    def answer(self, question: dict[str, t.Any], body: t.Any, ttl: int) -> list[str]:
        """Post an answer unless one waits already, wake the workflow, then remove the question. Return message ids."""
        posted: list[str] = []
        if not question["answer_waits"]:
            posted = self._zaqar.post(self.input_queue, [{"body": body, "ttl": ttl}])
        if question["waits_by"] == "pause":
            # It is PAUSED: that is how the question was found. A resume before the post would read an empty queue.
            self._mistral.set_state(self.id, "RUNNING")
        self._zaqar.delete_messages(self.output_queue, [message["id"] for message in question["messages"]])
        return posted

    def summary(self) -> dict[str, t.Any]:
        """The return keys that both modules share."""
        return {
            "execution": self.execution,
            "input_queue": self.input_queue,
            "output_queue": self.output_queue,
            "created": self.record.get("created") or {},
        }
