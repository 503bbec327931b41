# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialogue read back from the services: its queues, its open question, its end. An execution's id is all it needs."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, ServiceError, printable
from ansible_collections.interactive.openstack.plugins.module_utils._mistral import (
    ENDED,
    ERROR,
    PAUSED,
    RUNNING,
    Mistral,
    cause,
    titled,
)
from ansible_collections.interactive.openstack.plugins.module_utils._wait import Deadline, TimedOut, wait_until
from ansible_collections.interactive.openstack.plugins.module_utils._zaqar import PAGE, Zaqar

# The names that a workflow's inputs have, and the queues of a workflow that declares no such inputs.
DEFAULT_QUEUES = {"input_queue": "workflow-input", "output_queue": "workflow-output"}
ENVIRONMENT_KEY = "interactive_dialogue"

# Looks at a paused execution, none of whose tasks waits for anything, before it counts as paused by somebody.
LOOKS_AT_A_BARE_PAUSE = 5
CLAIM_TTL = 60  # seconds, the least that Zaqar takes


def shown(body: t.Any) -> str:
    """Return a message's body as text that is safe on a terminal."""
    return printable(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))


def shown_data(value: t.Any) -> t.Any:
    """Return data of any JSON type, all of whose texts are safe on a terminal."""
    if isinstance(value, dict):
        return {printable(str(key)): shown_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown_data(item) for item in value]
    return printable(value) if isinstance(value, str) else value


class Dialogue:
    """The dialogue of one execution. All its waits end at one deadline."""

    def __init__(self, mistral: Mistral, zaqar: Zaqar, execution_id: str, deadline: Deadline) -> None:
        self._mistral = mistral
        self._zaqar = zaqar
        self._deadline = deadline
        self._bare_pauses = 0
        self.id = execution_id
        try:
            self.execution = wait_until(lambda: mistral.existing(execution_id), deadline)
        except TimedOut as timeout:
            raise timeout.last_error or Failure(f"Execution {execution_id} could not be read in time.", "timeout") from None
        params = self.execution.get("params") or {}
        self.record: dict[str, t.Any] = (params.get("env") or {}).get(ENVIRONMENT_KEY) or {}
        inputs = self.execution.get("input") or {}
        queues = {name: self.record.get(name) or inputs.get(name) or default for name, default in DEFAULT_QUEUES.items()}
        self.input_queue: str = queues["input_queue"]
        self.output_queue: str = queues["output_queue"]

    def wait(self) -> dict[str, t.Any] | None:
        """Wait until the execution asks (return the question) or has ended (return None, ``execution`` is the last).

        Raises Failure at the deadline, and for an execution that somebody paused.
        """
        try:
            seen = wait_until(self._look, self._deadline)
        except TimedOut as timeout:
            trouble = f" The last look failed: {timeout.last_error.message}" if timeout.last_error else ""
            raise Failure(
                f"{titled(self.execution)} neither asked anything nor ended within {self._deadline.elapsed:.0f} seconds;"
                f" its last state was {self.execution['state']}. Raise 'wait_timeout', or look at its tasks with"
                f" interactive.openstack.mistral_execution_info.{trouble}",
                "timeout",
                execution=self.execution,
                elapsed=self._deadline.elapsed,
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
            waiting = self._idle_tasks()
            if not waiting:
                return self._bare_pause()
            if not messages and self._being_answered():
                return None
            return {"question": self._question("pause", waiting, messages)}
        if messages:
            polling = self._polling_tasks()
            if polling and not self.waiting_answers():
                return {"question": self._question("poll", polling, messages)}
        return None

    def messages(self) -> list[dict[str, t.Any]]:
        """Return what the workflow said and nobody answered yet, oldest first: dicts of id, body, text, age, ttl."""
        return [
            {**{key: message.get(key) for key in ("id", "body", "age", "ttl")}, "text": shown(message.get("body"))}
            for message in self._zaqar.messages(self.output_queue)
        ]

    def waiting_answers(self) -> list[t.Any]:
        """Return the first answer in the input queue that the workflow has not read, in a list; or an empty one."""
        return [message["body"] for message in self._zaqar.messages(self.input_queue, limit=1)]

    def failed_tasks(self) -> list[dict[str, str]]:
        return self._mistral.failed_tasks(self.id) if self.execution["state"] == ERROR else []

    def _idle_tasks(self) -> list[dict[str, t.Any]]:
        """The tasks that the execution, or a paused one below it, is paused before."""
        found = self._idle_tasks_of(self.id)
        if not found:
            for sub in self._mistral.sub_executions(self.id):
                found += self._idle_tasks_of(sub["id"]) if sub["state"] == PAUSED else []
        return found

    def _idle_tasks_of(self, id: str) -> list[dict[str, t.Any]]:
        return [task for task in self._mistral.tasks(id) if task["state"] == "IDLE"]

    def _bare_pause(self) -> None:
        """Nothing waits for an answer. A moment later something may: the state and the task are not one write."""
        self._bare_pauses += 1
        if self._bare_pauses >= LOOKS_AT_A_BARE_PAUSE:
            raise Failure(
                f"{titled(self.execution)} is PAUSED, but none of its tasks waits for an answer: somebody paused it."
                " Resume it with interactive.openstack.mistral_execution, 'state' resumed.",
                "paused_by_hand",
                execution=self.execution,
            )

    def _being_answered(self) -> bool:
        """Whether somebody has claimed the question's messages and is answering at this moment."""
        return bool(self._zaqar.stats(self.output_queue)["messages"]["claimed"])

    def _polling_tasks(self) -> list[dict[str, t.Any]]:
        """The tasks that take from the input queue, again and again until something is there."""
        return [
            task
            for task in self._mistral.tasks(self.id)
            if task["state"] in (RUNNING, "DELAYED")
            and any(
                action["name"] == "zaqar.queue_pop"
                and isinstance(action["input"], dict)
                and action["input"].get("queue_name") == self.input_queue
                for action in self._mistral.action_executions(task["id"])
            )
        ]

    def _question(
        self, waits_by: str, tasks: list[dict[str, t.Any]], messages: list[dict[str, t.Any]]
    ) -> dict[str, t.Any]:
        waiting = self.waiting_answers() if waits_by == "pause" else []
        return {
            "id": question_id(tasks, messages),
            "text": "\n".join(message["text"] for message in messages),
            "messages": messages,
            "waits_by": waits_by,
            "tasks": [printable(task["name"]) for task in tasks],
            "answer_waits": bool(waiting),
            "waiting_answers": waiting,
        }

    def answer(self, question: dict[str, t.Any], answers: list[t.Any], ttl: int) -> list[str]:
        """Claim the question, post the answer (none if one waits already), wake the workflow, remove the question.

        Return the ids of the posted messages. Raises Failure if somebody else is answering.
        """
        claims = self._claim(question)
        posted = self._zaqar.post(self.input_queue, [{"body": body, "ttl": ttl} for body in answers]) if answers else []
        if question["waits_by"] == "pause":
            try:
                # It is PAUSED: that is how the question was found. A resume before the post would read an empty queue.
                self._mistral.set_state(self.id, RUNNING)
            except ServiceError as error:
                error.message += (
                    f" The answer is posted and kept: to resume, run interactive.openstack.dialogue_answer for {self.id}"
                    " once more, without an answer."
                )
                raise
        for id in (message["id"] for message in question["messages"]):
            self._zaqar.delete_message(self.output_queue, id, claims[id])
        return posted

    def _claim(self, question: dict[str, t.Any]) -> dict[str, str]:
        """Claim the question's messages, so that nobody else answers it; return the claim of each message."""
        wanted = [message["id"] for message in question["messages"]]
        claims: dict[str, str] = {}
        others: list[str] = []
        while not set(wanted) <= set(claims):
            claim, messages = self._zaqar.claim(self.output_queue, CLAIM_TTL, CLAIM_TTL, PAGE)
            if not claim:
                break
            claims.update({message["id"]: claim for message in messages})
            others.append(claim)
        if not set(wanted) <= set(claims):
            for claim in others:
                self._zaqar.release(self.output_queue, claim)
            raise answered_meanwhile(self.execution)
        return claims

    def summary(self) -> dict[str, t.Any]:
        """The return keys that both modules share."""
        return {
            "execution": self.execution,
            "input_queue": self.input_queue,
            "output_queue": self.output_queue,
            "created": self.record.get("created") or {},
        }

    def why(self, failed: list[dict[str, str]]) -> str:
        """Return why the execution did not succeed, on one line; empty if it did."""
        return cause(self.execution, failed) if self.execution["state"] == ERROR else ""


def question_id(tasks: list[dict[str, t.Any]], messages: list[dict[str, t.Any]]) -> str:
    """Return what tells this question from the next one: the ids of its messages, or of the tasks that wait."""
    return ",".join(thing["id"] for thing in messages or tasks)


def answered_meanwhile(execution: dict[str, t.Any]) -> Failure:
    return Failure(
        f"Somebody else answered the question of {titled(execution)} meanwhile, or is doing so; your answer was not"
        " posted. Look for the open question once more.",
        "answered_meanwhile",
        execution=execution,
    )
