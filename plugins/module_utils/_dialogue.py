# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialogue read back from the services: its queues, its open question, its end. An execution's id is all it needs."""

from __future__ import annotations

import contextlib
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
        self._waiting: set[str] = set()  # the ids of the tasks that wait for the answer
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
        self._waiting = {task["id"] for task in tasks}
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
        """Claim the question, post the answer (none if one waits already), remove the question, wake the workflow.

        Return the ids of the posted messages. Raises Failure if somebody else is answering.

        Each step is tried again until the deadline. Wherever this ends, the next run goes on: a question that is there
        can be claimed again, an answer that waits is not posted again, and to resume is the last that is to be done.
        """
        claims = self._claim(question)
        try:
            posted = self._post(question, answers, ttl) if answers else []
            try:
                for id in (message["id"] for message in question["messages"]):
                    self._insist(lambda id=id: self._zaqar.delete_message(self.output_queue, id, claims[id]))
                if question["waits_by"] == "pause":
                    self._resume()
            except ServiceError as error:
                error.message += (
                    f" The answer is posted and kept: to go on, run interactive.openstack.dialogue_answer for {self.id}"
                    " once more, without an answer."
                )
                raise
        except ServiceError:
            for claim in set(claims.values()):
                self._release(claim)
            raise
        return posted

    def _insist(self, step: t.Callable[[], t.Any]) -> t.Any:
        """Do a step that can be done twice, again after each transient failure, until the deadline; return its result."""
        try:
            return wait_until(lambda: [step()], self._deadline)[0]
        except TimedOut as timeout:
            raise timeout.last_error from None  # a step that succeeds has a result: it was not for want of one

    def _claim(self, question: dict[str, t.Any]) -> dict[str, str]:
        """Claim the question's messages, so that nobody else answers it; return the claim of each message."""
        wanted = {message["id"] for message in question["messages"]}
        claims: dict[str, str] = {}
        failed = False

        def claimed() -> bool | None:
            nonlocal failed
            try:
                while not wanted <= set(claims):
                    claim, messages = self._zaqar.claim(self.output_queue, CLAIM_TTL, CLAIM_TTL, PAGE)
                    if not claim:
                        # It may be a claim of our own whose answer was lost that holds them, until it expires.
                        return None if failed and self._being_answered() else False
                    claims.update({message["id"]: claim for message in messages})
            except ServiceError:
                failed = True
                raise
            return True

        try:
            mine = wait_until(claimed, self._deadline)
        except TimedOut as timeout:
            for claim in set(claims.values()):
                self._release(claim)
            raise timeout.last_error or answered_meanwhile(self.execution) from None
        if not mine:
            for claim in set(claims.values()):
                self._release(claim)
            raise answered_meanwhile(self.execution)
        return claims

    def _release(self, claim: str) -> None:
        with contextlib.suppress(ServiceError):  # it expires by itself
            self._zaqar.release(self.output_queue, claim)

    def _post(self, question: dict[str, t.Any], answers: list[t.Any], ttl: int) -> list[str]:
        """Post the answer, once, whatever becomes of the requests."""
        bodies = [{"body": body, "ttl": ttl} for body in answers]
        if question["waits_by"] == "poll":
            return self._zaqar.post(self.input_queue, bodies)  # what was read is gone: nobody can tell whether it came
        tries = 0

        def post() -> list[str]:
            nonlocal tries
            tries += 1
            # Nothing reads the queue of a paused execution, so what a request whose answer was lost has done is there.
            there = self._zaqar.messages(self.input_queue) if tries > 1 else []
            return [message["id"] for message in there] or self._zaqar.post(self.input_queue, bodies)

        posted = self._insist(post)
        if tries > 1:
            # A request that was given up may have been done after the look for it.
            there = self._insist(lambda: self._zaqar.messages(self.input_queue))
            for twice in [message["id"] for message in there if message["body"] in answers][len(answers):]:
                self._insist(lambda id=twice: self._zaqar.delete_message(self.input_queue, id))
        return posted

    def _resume(self) -> None:
        """Resume an execution that is PAUSED: that is how its question was found."""
        tries = 0

        def resume() -> None:
            nonlocal tries
            tries += 1
            # A resume whose answer was lost may have been done, and the execution be paused before the next question.
            if tries == 1 or self._still_paused():
                self._mistral.set_state(self.id, RUNNING)

        self._insist(resume)

    def _still_paused(self) -> bool:
        return self._mistral.state(self.id) == PAUSED and {task["id"] for task in self._idle_tasks()} == self._waiting

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
