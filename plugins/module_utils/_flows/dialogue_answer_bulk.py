# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer the open questions of many executions, several at a time."""

from __future__ import annotations

import threading
import typing as t

from .._base.errors import Failure, ServiceError
from .._base.json_types import Json, JsonObject, Options, Result
from .._base.options import WAIT_TIMEOUT, Range
from .._base.retry import GROWTH, LONGEST_INTERVAL
from .._base.worker_pool import Later, WorkerPool
from .._dialogue.decide import ASKED_TOGETHER
from .._dialogue.dialogue import LAST_LOOK
from .._questions import answer_list
from .._services.zaqar import MESSAGE_SECONDS
from .._shell.flow import Context, Flow
from .dialogue_answer import DialogueAnswer
from .dialogue_answer_item import NO_LONGER_ASKING, OVER, Item, ItemResult, are_apart

MOST_AT_ONCE = 32
# Seconds between the first two looks for a question that is not asked yet. Each item is looked at
# once, as others may be asking already.
FIRST_PAUSE = 0.3

# The options of an item that are no secret.
PUBLIC = ("execution", "status", "answered_by", "question", "question_id")
ITEM_OPTIONS = {name: DialogueAnswer.OPTIONS[name] for name in (*PUBLIC, "answer", "answers")}


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
    def redacted(cls, params: Options) -> Options:
        """Return the options, and of each answer only what it is for: it may be a secret."""
        items = params.get("answers")
        if not isinstance(items, list):
            return params
        return dict(params, answers=[redacted_item(item) for item in items])

    def __init__(self, params: Options, context: Context) -> None:
        super().__init__(params, context)
        self._results: list[ItemResult | None] = []

    def run(self) -> Result:
        self._stopping = threading.Event()
        items = self._items()
        self._log_in()
        self._waiting = self.deadline.stopped_by(self._stopping)
        self._results = [None] * len(items)
        pool = WorkerPool(self._jobs(items), self.params["parallel"], self._stopping)
        del items  # each is freed when it is done
        try:
            with pool:
                for result in pool.results():
                    self._note(result)
        except BaseException:
            for result in pool.remaining_results():  # what had begun, and has come to its end
                self._note(result)
            raise
        return self._result()

    def go_on(self) -> str:
        """Return how many are done, and that the others are as they were."""
        count = len(self._results)
        if not count:
            return ""
        done = sum(result is not None for result in self._results)
        return (
            f"{done} of {count} items are done, and nothing was begun for the others: give those"
            " again to go on."
        )

    def _log_in(self) -> None:
        """Log in once, before there are threads that would each do so."""
        _services = (self.mistral, self.zaqar)
        self.cloud.keep_connections(self.params["parallel"])

    def _items(self) -> list[Item]:
        """Return the items of the list, all of them checked. Raises Failure."""
        entries = self.params["answers"]
        if self.params["file"] is not None:
            entries = answer_list.read(self.params["file"])
        checked = answer_list.checked(entries, ITEM_OPTIONS, DialogueAnswer.CONSTRAINTS)
        items = []
        for number, options in enumerate(checked, 1):
            item = self._item(number, options)
            try:
                item.check()
            except Failure as failure:
                raise answer_list.bad_item(number, len(checked), failure.message) from None
            items.append(item)
        return items

    def _item(self, number: int, options: Options) -> Item:
        answered_by = options["answered_by"]
        if answered_by is None:
            answered_by = self.params["answered_by"]
        options = dict(options, answered_by=answered_by, ttl=self.params["ttl"])
        context = self.context._replace(progress=None)
        return Item(number, options, context, self.cloud, self._stopping)

    def _jobs(self, items: list[Item]) -> list[t.Iterator[ItemResult | Later]]:
        """Return a job for each execution: its items are answered in their order."""
        queues: dict[str, list[Item]] = {}
        for item in items:
            queues.setdefault(item.params["execution"], []).append(item)
        return [self._in_order(queue) for queue in queues.values()]

    def _in_order(self, items: list[Item]) -> t.Iterator[ItemResult | Later]:
        """Answer the items for one execution in their order; yield what became of each."""
        unanswered: list[Item] = []
        is_presumed = False  # in check mode the next question never comes
        items.reverse()
        while items:
            item = items.pop()
            if unanswered and not are_apart(item, unanswered):
                yield item.left_out(
                    f"Item {unanswered[0].number}, which is for the same execution, was not"
                    " answered, so this answer was kept from its question."
                )
                continue
            if is_presumed and not item.is_bound and item.params["question"] is None:
                yield item.presumed()
                continue
            result = yield from self._answered(item)
            if leaves_question_open(item, result):
                unanswered.append(item)
            is_presumed = self.context.check_mode
            yield result

    def _answered(self, item: Item) -> t.Generator[Later, None, ItemResult]:
        """Look for the question of an item until it is answered or time is up."""
        pause = FIRST_PAUSE
        result = self._attempt(item)
        while result is None:
            yield Later(min(pause, self._waiting.remaining))
            pause = min(pause * GROWTH, LONGEST_INTERVAL)
            result = self._attempt(item)
        return result

    def _attempt(self, item: Item) -> ItemResult | None:
        """Return what became of an item; None if it must be looked at again."""
        is_last = self._waiting.remaining <= 0
        try:
            return item.answer()
        except Failure as failure:
            may_follow = self._stopping.is_set() or (not is_last and self._may_change(failure))
            if may_follow and not item.is_begun:
                return None
            return item.failed(self._explained(failure))

    def _may_change(self, failure: Failure) -> bool:
        if isinstance(failure, ServiceError):
            return failure.transient
        if failure.error_code == "not_asked":
            return self._waiting.elapsed < ASKED_TOGETHER
        return failure.error_code == "timeout"

    def _explained(self, failure: Failure) -> Failure:
        """Return the failure; with the time of the whole wait if the question did not come."""
        execution = failure.result.get("execution")
        if failure.error_code != "timeout" or not execution:
            return failure
        _before, separator, trouble = failure.message.partition(LAST_LOOK)
        return Failure(
            f"Execution {execution['id']} of workflow '{execution.get('workflow_name')}' has asked"
            f" nothing within {self._waiting.elapsed:.0f} seconds; its state is"
            f" {execution['state']}. Raise 'wait_timeout', or leave it out.{separator}{trouble}",
            "timeout",
        )

    def _note(self, result: ItemResult) -> None:
        self._results[result.item - 1] = result
        if self.context.progress:
            self.context.progress(result.line)

    def _result(self) -> Result:
        """Return the result. Raises Failure with it if not all were answered."""
        results = [result for result in self._results if result]
        failed = [result for result in results if result.error_code]
        result = {
            "changed": any(result.changed for result in results),
            "results": [result.as_result() for result in results],
            "answered": len(results) - len(failed),
            "not_answered": len(failed),
            "requests": sum(self.cloud.spent().requests.values()),
        }
        if failed:
            raise not_answered(failed, result)
        return result


def redacted_item(item: Json) -> JsonObject | str:
    """Return of an item what is no secret."""
    if not isinstance(item, dict):
        return "REDACTED"
    return {name: item[name] for name in PUBLIC if name in item}


def leaves_question_open(item: Item, result: ItemResult) -> bool:
    """Tell whether the next item for the same execution could reach the question of this one."""
    code = result.error_code
    if not code or code in OVER | NO_LONGER_ASKING:
        return False
    return code != "answered_meanwhile" or not item.is_bound


def not_answered(failed: list[ItemResult], result: Result) -> Failure:
    """Return the failure for items that were not answered; ``result`` goes with it."""
    first = failed[0]
    others = len(failed) - 1
    more = f" And {others} more, see 'results'." if others else ""
    is_hopeless = all(item.error_code in OVER | NO_LONGER_ASKING for item in failed)
    again = "" if is_hopeless else "; give only these again"
    return Failure(
        f"{len(failed)} of {len(result['results'])} questions were not answered{again}."
        f" Item {first.item}: {first.more['msg']}{more}",
        "not_answered",
        **result,
    )
