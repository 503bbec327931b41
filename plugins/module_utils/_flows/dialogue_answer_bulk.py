# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer the open questions of many executions, several at a time, and tell of each what came of it."""

from __future__ import annotations

import contextlib
import math
import threading
import typing as t

from .._base.deadline import GROWTH, LONGEST_INTERVAL
from .._base.errors import Failure, ServiceError
from .._base.options import WAIT_TIMEOUT, Range
from .._base.text import one_line
from .._base.worker_pool import Later, WorkerPool, ends
from .._cloud.login import Cloud
from .._dialogue.deliver import closed
from .._dialogue.dialogue import ASKED_TOGETHER, Dialogue
from .._dialogue.outcome import Told, told
from .._questions import answer_list as _answer_list
from .._questions.protocol import DECLINED
from .._services.mistral import titled
from .._services.zaqar import MESSAGE_SECONDS
from .._shell.flow import Context, Flow
from .dialogue_answer import DialogueAnswer

MOST_AT_ONCE = 32
FIRST_PAUSE = 0.3  # seconds between the first two looks for a question that is not asked yet
# Seconds of the second of these looks, long enough to tell an execution that somebody paused. All others are single looks, as
# others may be asking already.
PATIENCE = 1.5
# Seconds that an answer may take to be handed over, however late its question was found: more than a claim lives whose answer was lost.
DELIVERY_TIMEOUT = 90
LONGEST_TEXT = 200  # characters of a question in a result

SHOWN = ("execution", "status", "answered_by", "question", "question_id")
ITEM = {name: DialogueAnswer.OPTIONS[name] for name in (*SHOWN, "answer", "answers")}

ANSWERED, DECLINED_, EXPIRED, FAILED = "answered", "declined", "expired", "failed"
# The question is not open any more, so that the next answer to the same execution is for the next one.
OVER = frozenset(["expired", "withdrawn"])
NO_LONGER_ASKING = frozenset(["execution_ended", "not_found"])  # nor is any other of this execution


class Item(DialogueAnswer):
    """One answer of the list: looked after in several looks, and handed over in one go."""

    def __init__(
        self,
        number: int,
        params: dict[str, t.Any],
        context: Context,
        cloud: Cloud,
        stopping: threading.Event,
    ) -> None:
        super().__init__(params, context)
        self.cloud = cloud  # type: ignore[misc]  # one login for all
        self.number = number
        self.patience = 0.0  # seconds that the next look may take
        self.begun = False  # whether anything has been sent that changes something
        self._stopping = stopping
        self._run_deadline = context.new_deadline(math.inf).stopped_by(stopping)
        self._asked: dict[str, t.Any] | None = None

    @property
    def is_bound(self) -> bool:
        """Whether it can be for one question only, whatever came before."""
        return self.params["question_id"] is not None

    def check(self) -> None:
        """Raise Failure for what can be told to be wrong before anything is sent."""
        self._given()

    def answer(self) -> dict[str, t.Any]:
        """Look, answer if the question is there, and return what came of it. Raises Failure, also if it is not there yet."""
        self.deadline = self._run_deadline.within(self.patience)
        try:
            done = self.run()
        except Failure as failure:
            if failure.error_code in ("answered_meanwhile", "withdrawn") and self._was_ours():
                status = DECLINED_ if self.params["status"] == "declined" else ANSWERED
                return self._result(status, f"{status} before, as it is here", changed=False)
            raise
        status = (
            DECLINED_
            if done["status"] == DECLINED
            else EXPIRED
            if done["status"] == "EXPIRED"
            else ANSWERED
        )
        line = f"would be {status}" if self.context.check_mode else status
        return self._result(
            status, line, changed=True, message_ids=done["message_ids"], resumed=done["resumed"]
        )

    def failed(self, failure: Failure) -> dict[str, t.Any]:
        """Return what the list's results say of a failure."""
        status = EXPIRED if failure.error_code == "expired" else FAILED
        told = {
            key: failure.result[key] for key in ("problems", "http_status") if key in failure.result
        }
        # an error of a service may come after what was done
        changed = self.begun and (status == EXPIRED or isinstance(failure, ServiceError))
        line = f"{status}: {one_line(failure.message)}"
        return self._result(
            status,
            line,
            changed=changed,
            error_code=failure.error_code,
            msg=failure.message,
            **told,
        )

    def left_out(self, why: str) -> dict[str, t.Any]:
        return self.failed(Failure(why, "not_tried"))

    def presumed(self) -> dict[str, t.Any]:
        """Return what check mode says of an answer whose question comes after one that is still to be answered."""
        status = ANSWERED if self.params["status"] == "answered" else DECLINED_
        return self._result(status, f"would be {status} if it asks again", changed=True)

    def _result(self, status: str, line: str, **more: t.Any) -> dict[str, t.Any]:
        named = f" ({self._asked['name']})" if self._asked and self._asked["name"] else ""
        words, colon, rest = line.partition(":")
        return {
            "item": self.number,
            "execution": self.params["execution"],
            "status": status,
            "question": self._asked,
            "message_ids": [],
            "resumed": False,
            **more,
            "line": f"{self.params['execution']}: {words}{named}{colon}{rest}",
        }

    def _question(self, dialogue: Dialogue) -> dict[str, t.Any]:
        wanted = self.params["question_id"]
        try:
            question = super()._question(dialogue)
        except Failure as failure:
            # it asks nothing, and need not do so for long: the question that this is for may have been answered
            if (
                failure.error_code == "timeout"
                and wanted is not None
                and self._became() is not None
            ):
                raise closed(self.mistral, dialogue, wanted) from None
            raise
        self._asked = {
            "name": question["name"],
            "id": question["id"],
            "text": one_line(question["text"], LONGEST_TEXT),
        }
        return question

    def _deliver(self, dialogue: Dialogue, *arguments: t.Any) -> list[str]:
        question, answers, status, _looking = arguments
        if ends(self._stopping):
            raise Failure(
                "Somebody interrupted this before the answer was handed over.", "interrupted"
            )
        self.begun = True
        return super()._deliver(
            dialogue, question, answers, status, self._run_deadline.within(DELIVERY_TIMEOUT)
        )

    def _became(self) -> Told | None:
        with contextlib.suppress(ServiceError):
            return told(self.mistral, self.params["question_id"] or "")
        return None

    def _was_ours(self) -> bool:
        """Whether the question has got just the answer that it should, from an earlier run of the same list."""
        became = self._became()
        if became is None:
            return False
        if self.params["status"] == "declined":
            return became.status == DECLINED
        return became.is_answered_with(self._given())


class DialogueAnswerBulk(Flow):
    OPTIONS = dict(
        answers=dict(type="list", elements="dict", no_log=True),
        file=dict(type="path"),
        answered_by=dict(type="str"),
        ttl=dict(type="int"),
        parallel=dict(type="int", default=8),
        wait_timeout=WAIT_TIMEOUT,
    )
    CONSTRAINTS = dict(
        mutually_exclusive=[("answers", "file")], required_one_of=[("answers", "file")]
    )
    RANGES = {"ttl": MESSAGE_SECONDS, "parallel": Range(1, MOST_AT_ONCE)}

    @classmethod
    def redacted(cls, params: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the options, and of each answer only what it is for: it may be a secret."""
        items = params.get("answers")
        if not isinstance(items, list):
            return params
        return dict(
            params,
            answers=[
                {name: item[name] for name in SHOWN if name in item}
                if isinstance(item, dict)
                else "REDACTED"
                for item in items
            ],
        )

    def __init__(self, params: dict[str, t.Any], context: Context) -> None:
        super().__init__(params, context)
        self._results: list[dict[str, t.Any]] = []

    def run(self) -> dict[str, t.Any]:
        self._stopping = threading.Event()
        items = self._items()
        _services = (
            self.mistral,
            self.zaqar,
        )  # one login, before there are threads that would each do so
        self.cloud.keep_connections(self.params["parallel"])
        self._waiting = self.deadline.stopped_by(self._stopping)
        queues: dict[str, list[Item]] = {}
        for item in items:
            queues.setdefault(item.params["execution"].lower(), []).append(item)
        self._results = [{}] * len(items)
        jobs = [self._in_order(queue) for queue in queues.values()]
        del items, queues
        pool = WorkerPool(jobs, self.params["parallel"], self._stopping)
        try:
            with pool:
                for result in pool.results():
                    self._note(result)
        except BaseException:
            for result in pool.remaining_results():  # what had begun, and has come to its end
                self._note(result)
            raise
        return self._told()

    def go_on(self) -> str:
        """Return how many are done, and that the others are as they were."""
        done, count = sum(map(bool, self._results)), len(self._results)
        return (
            f"{done} of {count} items are done, and nothing was begun for the others: give those again to go on."
            if count
            else ""
        )

    def _note(self, result: dict[str, t.Any]) -> None:
        self._results[result["item"] - 1] = result
        if self.context.progress:
            self.context.progress(result["line"])

    def _items(self) -> list[Item]:
        """Return the items of the list, all of them checked."""
        given = (
            self.params["answers"]
            if self.params["file"] is None
            else _answer_list.read(self.params["file"])
        )
        checked = _answer_list.checked(given, ITEM, DialogueAnswer.CONSTRAINTS)
        context = self.context._replace(progress=None)
        items = []
        for number, one in enumerate(checked, 1):
            by = (
                one["answered_by"] if one["answered_by"] is not None else self.params["answered_by"]
            )
            item = Item(
                number,
                dict(one, answered_by=by, ttl=self.params["ttl"]),
                context,
                self.cloud,
                self._stopping,
            )
            try:
                item.check()
            except Failure as failure:
                raise _answer_list.bad_item(number, len(checked), failure.message) from None
            items.append(item)
        return items

    def _in_order(self, items: list[Item]) -> t.Iterator[dict[str, t.Any] | Later]:
        """Answer what is for one execution, one after the other; yield what came of each."""
        unanswered: list[Item] = []
        later = False  # whether one has been looked at in check mode, where the next question never comes
        items.reverse()
        while items:
            item = items.pop()
            if unanswered and not apart(item, unanswered):
                yield item.left_out(
                    f"Item {unanswered[0].number}, which is for the same execution, was not answered, so this answer was kept from"
                    " its question."
                )
                continue
            if later and not item.is_bound and item.params["question"] is None:
                yield item.presumed()
                continue
            pause = FIRST_PAUSE
            result = self._attempt(item)
            while result is None:
                yield Later(min(pause, self._waiting.remaining))
                item.patience = PATIENCE if pause == FIRST_PAUSE else 0
                pause = min(pause * GROWTH, LONGEST_INTERVAL)
                result = self._attempt(item)
            code = result.get("error_code")
            if code and not (
                code in OVER
                or code in NO_LONGER_ASKING
                or code == "answered_meanwhile"
                and item.is_bound
            ):
                unanswered.append(item)
            later = later or self.context.check_mode
            yield result

    def _attempt(self, item: Item) -> dict[str, t.Any] | None:
        """Return what came of an item; None if that is to be seen later."""
        last = self._waiting.remaining <= 0
        item.patience = min(item.patience, self._waiting.remaining)
        try:
            return item.answer()
        except Failure as failure:
            if not item.begun and (
                self._stopping.is_set() or not last and self._may_change(failure)
            ):
                return None
            return item.failed(self._explained(failure))

    def _may_change(self, failure: Failure) -> bool:
        if isinstance(failure, ServiceError):
            return failure.transient
        asked_too = failure.error_code == "not_asked" and self._waiting.elapsed < ASKED_TOGETHER
        return failure.error_code == "timeout" or asked_too

    def _explained(self, failure: Failure) -> Failure:
        """Return the failure, or the sentence for a question that did not come: the last look took no time."""
        execution = failure.result.get("execution")
        if failure.error_code != "timeout" or not execution:
            return failure
        trouble = failure.message.partition(" The last look failed: ")
        return Failure(
            f"{titled(execution)} has asked nothing within {self._waiting.elapsed:.0f} seconds; its state is {execution['state']}."
            f" Raise 'wait_timeout', or leave it out.{''.join(trouble[1:])}",
            "timeout",
        )

    def _told(self) -> dict[str, t.Any]:
        """Return the result; raises Failure with it if not all were answered."""
        results = self._results
        failed = [result for result in results if "error_code" in result]
        result = {
            "changed": any(result["changed"] for result in results),
            "results": results,
            "answered": len(results) - len(failed),
            "not_answered": len(failed),
            "requests": sum(self.cloud.spent()["requests"].values()),
        }
        if not failed:
            return result
        others = len(failed) - 1
        more = f" And {others} more, see 'results'." if others else ""
        again = (
            ""
            if all(result["error_code"] in OVER | NO_LONGER_ASKING for result in failed)
            else "; give only these again"
        )
        raise Failure(
            f"{len(failed)} of {len(results)} questions were not answered{again}. Item {failed[0]['item']}: {failed[0]['msg']}{more}",
            "not_answered",
            **result,
        )


def apart(item: Item, unanswered: list[Item]) -> bool:
    """Tell whether an item cannot be for a question that one before it was to answer."""
    names = {one.params["question"] for one in unanswered if not one.is_bound}
    return (
        item.is_bound
        or not names
        or item.params["question"] is not None
        and not names & {None, item.params["question"]}
    )
