# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialogue read back from the services: its queues, its open question, its end. An execution's id is all it needs."""

from __future__ import annotations

import contextlib
import datetime
import typing as t

from .._base.deadline import LONGEST_INTERVAL as POLLED_INTERVAL
from .._base.deadline import Deadline, TimedOut, wait_until
from .._base.errors import Failure
from .._base.progress import Progress
from .._base.text import display_text
from .._cloud.login import Cloud
from .._questions.protocol import (
    ASK,
    asked_by,
    concerns,
    executions_named,
    interaction,
    moment,
    written,
)
from .._questions.question import (
    old_question_id as question_id,
)
from .._questions.question import (
    shown,
    shown_message,
    told_by,
)
from .._questions.schema import is_secret
from .._services.mistral import (
    ENDED,
    ERROR,
    PAUSED,
    RUNNING,
    Mistral,
    cause,
    titled,
)
from .._services.tally import Tally
from .._services.zaqar import PAGE, Zaqar
from .stalled import Stalled, is_to_pause

# The names that a workflow's inputs have, and the queues of a workflow that declares no such inputs.
DEFAULT_QUEUES = {"input_queue": "workflow-input", "output_queue": "workflow-output"}
ENVIRONMENT_KEY = "interactive_dialogue"

# Looks at a paused execution, none of whose tasks waits for anything, before it counts as paused by somebody.
LOOKS_AT_A_BARE_PAUSE = 5
RESUME = "interactive.resume"  # the library workflow
# Seconds that an answer may lie unread before the playbook does what the notification should have done, and six times as many
# until it does so again.
NUDGE_AFTER = 10
SOON = 2.0  # seconds in which a question is polled for, before pushes are worth a connection
LONGEST_INTERVAL = (
    10.0  # seconds between two looks while pushes come: what ends without a word is not pushed
)
ASKED_TOGETHER = 10.0  # seconds that the question wanted may be later than another one that is open


class Dialogue:
    """The dialogue of one execution. All its waits end at one deadline."""

    def __init__(
        self,
        cloud: Cloud,
        mistral: Mistral,
        zaqar: Zaqar,
        execution_id: str,
        deadline: Deadline,
        say: t.Callable[[str], None] | None = None,
    ) -> None:
        self._cloud = cloud
        self._mistral = mistral
        self._zaqar = zaqar
        self._deadline = deadline
        self._bare_pauses = 0
        self._unread_since: float | None = None
        self._stalled = Stalled(mistral, execution_id, deadline)
        self._others_since: float | None = None
        self.id = execution_id
        self._ids = {execution_id}
        self._asked_secret = False
        self.others = 0  # messages about other executions in the output queue, at the last look
        try:
            self._tree = wait_until(
                lambda: mistral.tree(execution_id), deadline
            )  # of which the first look is taken
        except TimedOut as timeout:
            raise timeout.last_error or Failure(
                f"Execution {execution_id} could not be read in time.", "timeout"
            ) from None
        self.execution = {**self._tree[0], "output": {}}
        self.root: str = self.execution.get("root_execution_id") or execution_id
        self.alone = False  # whether the execution had no sub-executions at the last look
        self._progress, self._tally = Progress(say, deadline), Tally(mistral, self.execution)
        self._answering = ""  # what is known of an answer on its way
        params = self.execution.get("params") or {}
        self.record: dict[str, t.Any] = (params.get("env") or {}).get(ENVIRONMENT_KEY) or {}
        self._shared = bool(self.record.get("shared_output_queue"))
        inputs = self.execution.get("input") or {}
        queues = {
            name: self.record.get(name) or inputs.get(name) or default
            for name, default in DEFAULT_QUEUES.items()
        }
        self.input_queue: str = queues["input_queue"]
        self.output_queue: str = queues["output_queue"]
        if self.input_queue == self.output_queue:
            raise Failure(
                f"{titled(self.execution)} has one queue, '{self.input_queue}', for questions and for answers: nobody could"
                " tell one from the other. Start the workflow with another 'input_queue' or 'output_queue'.",
                "same_queue",
                execution=self.execution,
            )

    def wait(
        self, question: str | None = None, named: str | None = None
    ) -> dict[str, t.Any] | None:
        """Wait until the execution asks (return the question) or has ended (return None, ``execution`` is the last).

        Of several open questions it is the one with the id ``question`` if that is still open, else the oldest. With
        ``named`` it is the question of that name and no other. Raises Failure at the deadline, for an execution that
        somebody paused, and when only questions of other names are open.
        """
        try:
            seen = self._wait(lambda: self._look(question, named))
        except TimedOut as timeout:
            trouble = (
                f" The last look failed: {timeout.last_error.message}" if timeout.last_error else ""
            )
            raise Failure(
                f"{titled(self.execution)} neither asked anything nor ended within {self._deadline.elapsed:.0f} seconds;"
                f" its last state was {self.execution['state']}. Raise 'wait_timeout', or look at its tasks with"
                f" interactive.openstack.mistral_execution_info.{trouble}",
                "timeout",
                execution=self.execution,
                elapsed=self._deadline.elapsed,
            ) from None
        return seen.get("question")

    def _wait(self, look: t.Callable[[], dict[str, t.Any] | None]) -> dict[str, t.Any]:
        try:
            return wait_until(look, self._deadline.within(SOON))
        except TimedOut:
            if not self._deadline.remaining:
                raise
        with self._pushes() as waker:
            longest = LONGEST_INTERVAL if waker else POLLED_INTERVAL
            return wait_until(look, self._deadline, longest=longest, waker=waker)

    @contextlib.contextmanager
    def _pushes(self) -> t.Iterator[t.Any]:
        """A connection that wakes the looks as soon as the workflow says something; None if the cloud has none."""
        from .._services.push import Push

        with contextlib.ExitStack() as stack:
            push = None
            with contextlib.suppress(Failure):
                push = Push(self._cloud, self._zaqar, [self.output_queue])
                push.open()
                stack.callback(push.close)
            yield push if push and push.up else None

    def _look(self, wanted: str | None, named: str | None) -> dict[str, t.Any] | None:
        """One look: a dict with the question, an empty one at the end, None while there is nothing to say."""
        self._answering = ""
        tree, self._tree = self._tree or self._mistral.tree(self.id), []
        self.alone = len(tree) == 1
        self._ids = {execution["id"] for execution in tree}
        asked = [
            (ask.get("input") or {}).get("schema")
            for ask in tree[1:]
            if ask["workflow_name"] == ASK
        ]
        self._asked_secret = self._asked_secret or any(
            isinstance(schema, dict) and is_secret(schema) for schema in asked
        )
        state = self.execution["state"] = tree[0]["state"]
        if state in ENDED:
            self.execution = self._mistral.existing(self.id)
            return {}
        messages = self.messages()
        said = plain(messages)
        if state == PAUSED and self._stalled.is_our_pause(tree):
            self._mistral.set_state(self.id, RUNNING)
            return None
        if state == PAUSED:
            question = self._pause(tree, said)
        else:
            question = self._callback(tree, messages, wanted, named) or self._poll(tree, said)
            if not question:
                self._stalled.recover(tree)
        if question and named is not None and question["name"] != named:
            self._refuse_others(question, named)
            return None
        if question and question["secret"]:
            self._asked_secret = True
        self._progress.see(
            lambda: (
                f"execution {self.id} asks '{question['name']}'"
                if question
                else self._tally.words(state) + self._answering
            )
        )
        return {"question": question} if question else None

    def _refuse_others(self, question: dict[str, t.Any], named: str) -> None:
        """Other questions are open than the one that is wanted. A moment later it may be as well."""
        now = self._deadline.elapsed
        self._others_since = now if self._others_since is None else self._others_since
        if now - self._others_since < ASKED_TOGETHER and self._deadline.remaining:
            return
        raise Failure(
            f"{titled(self.execution)} does not ask '{named}' now; what it asks is '{question['name']}'. Name that one, or"
            " none.",
            "not_asked",
            execution=self.execution,
        )

    def _pause(
        self, tree: list[dict[str, t.Any]], messages: list[dict[str, t.Any]]
    ) -> dict[str, t.Any] | None:
        """The question of an execution that is paused before the task that takes the answer."""
        if not messages and self.being_answered():
            self._answering = "; somebody is answering its question"
            return None
        # The queue is read before the tasks are: an answer that was read in between has woken them.
        answers = self.waiting_answers(PAGE)
        waiting = self._idle_tasks(tree)
        if not waiting:
            return self._bare_pause()
        answers = (
            self.waiting_answers(len(waiting)) if len(answers) == PAGE else answers[: len(waiting)]
        )
        by_itself = self._resumes_itself()
        if len(answers) == len(waiting) and by_itself:
            return self._nudge()
        question = self._question(
            "pause", waiting, messages, waiting_answers=answers, resumes_itself=by_itself
        )
        if len(waiting) > 1 and question["schema"]:
            question["problem"] = (
                "asks in several branches that are paused at the same time, so nobody can tell which answer is for which:"
                " let the workflow ask with interactive.ask"
            )
        return question

    def _callback(
        self,
        tree: list[dict[str, t.Any]],
        messages: list[dict[str, t.Any]],
        wanted: str | None,
        named: str | None,
    ) -> dict[str, t.Any] | None:
        """The question of interactive.ask that waits longest, or the one with the id wanted or of the name."""
        asks = {
            ask["id"]: ask
            for ask in tree[1:]
            if ask["workflow_name"] == ASK and ask["state"] not in ENDED
        }
        if not asks:
            return None
        tasks = self._mistral.tasks_named(tree)
        actions = self._mistral.running_actions(
            [
                task
                for task in tasks
                if task["name"] == "wait" and task["workflow_execution_id"] in asks
            ]
        )
        if not actions:
            return None
        if self.waiting_answers() and self._resumes_itself():
            return self._nudge()
        callers = {task["id"]: task["name"] for task in tasks}
        names = {
            ask["id"]: (ask.get("input") or {}).get("name")
            or callers.get(ask["task_execution_id"], "")
            for ask in asks.values()
        }
        action = next(
            (action for action in actions if action["workflow_execution_id"] == wanted), None
        )
        action = action or next(
            (action for action in actions if names[action["workflow_execution_id"]] == named),
            actions[0],
        )
        ask = asks[action["workflow_execution_id"]]
        asked = ask.get("input") or {}
        expires = moment(ask["created_at"].replace(" ", "T"))
        expires = (
            expires + datetime.timedelta(seconds=int(asked["timeout"]))
            if expires and asked.get("timeout")
            else None
        )
        question = self._question(
            "callback",
            [{"id": ask["id"], "name": action["task_name"]}],
            [message for message in messages if asked_by(message["body"]) == ask["id"]],
            action_execution_id=action["id"],
        )
        # The message may have been read by somebody else, but what is asked is the question.
        said = dict(
            asked, id=ask["id"], name=names[ask["id"]], deadline=expires and written(expires)
        )
        return {
            **question,
            **told_by(said, {"type": ASK}),
            "id": ask["id"],
            "text": shown(asked.get("question")),
        }

    def _poll(
        self, tree: list[dict[str, t.Any]], messages: list[dict[str, t.Any]]
    ) -> dict[str, t.Any] | None:
        """The question of an execution one of whose tasks takes from the input queue until something is there."""
        polling = self._polling_tasks(tree) if messages else []
        return (
            self._question("poll", polling, messages)
            if polling and not self.waiting_answers()
            else None
        )

    def messages(self) -> list[dict[str, t.Any]]:
        """Return what the workflow said and nobody answered yet, oldest first: dicts of id, body, text, age, ttl.

        A queue may be shared, as TripleO's is: what is said there to be about other executions is left out, and if the
        dialogue was started so, what names no execution as well.
        """
        found = self._zaqar.messages(self.output_queue)
        ours = [message for message in found if concerns(message.body, self._ids)]
        if self._shared:
            ours = [message for message in ours if executions_named(message.body)]
        self.others = len(found) - len(ours)
        return [shown_message(message.resource) for message in ours]

    def plain_messages(self) -> list[dict[str, t.Any]]:
        """Return the messages that are no question of interactive.ask: what a pause asks, if it does."""
        return plain(self.messages())

    def waiting_answers(self, count: int = 1) -> list[t.Any]:
        """Return up to ``count`` answers in the input queue that the workflow has not read, the oldest first."""
        return [message.body for message in self._zaqar.messages(self.input_queue, limit=count)]

    def failed_tasks(self) -> list[dict[str, str]]:
        return self._mistral.failed_tasks(self.id) if self.execution["state"] == ERROR else []

    def still_waits(self, question: dict[str, t.Any]) -> bool:
        """Whether the execution is paused before the tasks that it was when this question was found."""
        tree = self._mistral.tree(self.id)
        self.execution["state"] = tree[0]["state"]
        return tree[0]["state"] == PAUSED and {
            task["id"] for task in self._idle_tasks(tree)
        } >= set(question["task_ids"])

    def _idle_tasks(self, tree: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        """The tasks that the execution and those below it are paused before. A resume wakes them all."""
        paused = tree[:1] + [
            sub for sub in tree[1:] if sub["state"] == PAUSED and sub["workflow_name"] != ASK
        ]
        # A task that is about to start is IDLE as well; see is_to_pause() for one that was to pause.
        return [
            task
            for execution in paused
            for task in self._mistral.tasks(execution["id"])
            if task["state"] == "IDLE"
            and ("pause-before" in (task["state_info"] or "") or is_to_pause(self._mistral, task))
        ]

    def _resumes_itself(self) -> bool:
        """Whether an answer in the input queue resumes the execution: whether it is subscribed to."""
        return any(
            RESUME in str(post_data) and self.id in str(post_data).lower()
            for post_data in (
                subscription.options.get("post_data")
                for subscription in self._zaqar.subscriptions(self.input_queue)
            )
        )

    def _nudge(self) -> None:
        """An answer is on its way. If that takes long, the notification may have been lost: do what it should have done."""
        self._answering = "; an answer waits to be read"
        now = self._deadline.elapsed
        if self._unread_since is None:
            self._unread_since = now
        elif now - self._unread_since >= NUDGE_AFTER:
            self._unread_since = (
                now + 5 * NUDGE_AFTER
            )  # there may be several already that wait for the same
            queues = {"input_queue": self.input_queue, "output_queue": self.output_queue}
            self._mistral.start(
                RESUME, input={"execution_id": self.id, **queues}, description=self.id
            )

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

    def being_answered(self) -> bool:
        """Whether somebody has claimed the question's messages and is answering at this moment."""
        return bool(self._zaqar.stats(self.output_queue).claimed)

    def _polling_tasks(self, tree: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
        """The tasks that take from the input queue, again and again until something is there."""
        return [
            task
            for execution in tree
            if execution["state"] == RUNNING and execution["workflow_name"] != ASK
            for task in self._mistral.tasks(execution["id"])
            if task["state"] in (RUNNING, "DELAYED") and self._polls(task)
        ]

    def _polls(self, task: dict[str, t.Any]) -> bool:
        pops = [
            action
            for action in self._mistral.action_executions(task["id"])
            if action["name"] == "zaqar.queue_pop"
            and isinstance(action["input"], dict)
            and action["input"].get("queue_name") == self.input_queue
        ]
        # The first one may be taking an answer at this moment.
        return len(pops) > 1 or bool(pops) and task["state"] == "DELAYED"

    def _question(
        self,
        waits_by: str,
        tasks: list[dict[str, t.Any]],
        messages: list[dict[str, t.Any]],
        waiting_answers: t.Sequence[t.Any] = (),
        resumes_itself: bool = False,
        action_execution_id: str | None = None,
    ) -> dict[str, t.Any]:
        asking = next(
            (message["body"] for message in reversed(messages) if interaction(message["body"])),
            None,
        )
        told = told_by(interaction(asking), asking)
        return {
            **told,
            "name": told["name"] or (display_text(tasks[0]["name"]) if len(tasks) == 1 else ""),
            "id": question_id(tasks, messages),
            "text": "\n".join(message["text"] for message in messages),
            "messages": messages,
            "waits_by": waits_by,
            "tasks": [display_text(task["name"]) for task in tasks],
            "task_ids": [task["id"] for task in tasks],
            "answer_waits": len(waiting_answers) == len(tasks),
            "answers_needed": len(tasks) - len(waiting_answers),
            "waiting_answers": list(waiting_answers),
            "resumes_itself": resumes_itself,
            "action_execution_id": action_execution_id,
        }

    def summary(self) -> dict[str, t.Any]:
        """The return keys that both modules share."""
        return {
            "execution": self.execution,
            "input_queue": self.input_queue,
            "output_queue": self.output_queue,
            "secret": self._asked_secret or bool(self.record.get("secret")),
            "shared_output_queue": self._shared,
            "created": self.record.get("created") or {},
        }

    def why(self, failed: list[dict[str, str]]) -> str:
        """Return why the execution did not succeed, on one line; empty if it did."""
        return cause(self.execution, failed) if self.execution["state"] == ERROR else ""


def plain(messages: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    return [message for message in messages if not asked_by(message["body"])]
