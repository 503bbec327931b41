# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects the answer to a question: prepared answers first, then the person at the terminal."""

from __future__ import annotations

import dataclasses
import json

from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.json_types import (
    Json,
    Result,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import display_text
from ansible_collections.interactive.openstack.plugins.module_utils._questions.form import (
    NEEDS_VALUE,
    Form,
    InvalidAnswer,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    Status,
    now,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import Schema
from ansible_collections.interactive.openstack.plugins.module_utils._questions.typed_text import (
    is_blank,
    is_empty,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._prepared_answers import (
    PreparedAnswers,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._prompt import (
    Declined,
    Prompt,
    answer_lines,
    field_prompt,
)


@dataclasses.dataclass(frozen=True)
class CollectOptions:
    """The options of dialogue_collect, validated.

    ``answers`` and ``default_answer`` can be any JSON or None.
    """

    question: Question
    answers: Json = None
    default_answer: Json = None
    decline: bool = False
    execution: str = ""
    go_on: str = ""
    hide: bool = False


@dataclasses.dataclass(frozen=True)
class Collected:
    """The answers, with the lines that show them, or the cause why there are none."""

    answers: list[Json] = dataclasses.field(default_factory=list)
    lines: list[str] = dataclasses.field(default_factory=list)
    status: Status = Status.ANSWERED
    problem: str = ""

    def as_result(self) -> Result:
        return {
            "answers": self.answers,
            "shown": self.lines,
            "status": self.status.value,
            "problem": self.problem,
        }


class Collector:
    """Collects the answer to one question.

    ``nobody`` is the cause why nobody can be asked, empty if somebody can.
    """

    def __init__(
        self, options: CollectOptions, prepared: PreparedAnswers, prompt: Prompt, nobody: str
    ) -> None:
        self._options = options
        self._question = options.question
        self._prepared = prepared
        self._prompt = prompt
        self._nobody = nobody

    def collect(self) -> Collected:
        try:
            return self._collect()
        except Declined:
            return Collected(status=Status.DECLINED)
        except Failure as failure:
            return Collected(problem=f"{failure.message}{self._how_to_go_on()}")

    def _collect(self) -> Collected:
        """Return the answers. Raises Declined or Failure."""
        terms = self._question.terms
        if self._question.is_too_late(now()):
            return Collected(status=Status.EXPIRED)
        if self._options.decline:
            self._decline()
        if terms.problem:
            raise Failure(
                f"The workflow {terms.problem}. Mend the workflow; this question can only be"
                " declined, with interactive.openstack.dialogue_answer, 'status' declined."
            )
        if terms.schema:
            return self._collect_fields(terms.schema)
        return self._collect_texts()

    def _decline(self) -> None:
        if self._options.answers:
            raise Failure(
                "A question is declined without an answer: leave out either decline or the answers."
            )
        raise Declined

    # A plain question: one text for each task that waits

    def _collect_texts(self) -> Collected:
        needed = self._question.answers_needed
        prepared = self._prepared_texts(needed or len(self._question.tasks))
        answers = list(prepared)
        complaint = ""
        while len(answers) < needed:
            self._refuse_to_ask_nobody([])
            typed = self._ask_for_text(len(answers) + 1, needed, complaint)
            if is_empty(typed):
                complaint = _not_taken(f"it {NEEDS_VALUE}")
            else:
                answers.append(typed)
                complaint = ""
        return Collected(answers, [display_text(f"> {_written(answer)}") for answer in prepared])

    def _prepared_texts(self, count: int) -> list[Json]:
        """Return up to ``count`` answers. Raises Failure if one is empty."""
        answers = [self._or_default(answer) for answer in self._prepared.whole(count)]
        if "" in answers:
            raise Failure(
                f"An answer in {self._prepared.where} is empty: give it a value, or set"
                " interactive_workflow_default_answer (default_answer)."
            )
        return answers

    def _ask_for_text(self, number: int, count: int, complaint: str) -> Json:
        """Return what is typed or the default; an empty text if there is none."""
        default = self._options.default_answer
        place = ""
        if count > 1:
            place = f" ({number} of {count})"
        if not is_empty(default):
            place += f" [{default}]"
        return self._or_default(self._prompt.ask(place=place, complaint=complaint))

    def _or_default(self, answer: Json) -> Json:
        """Return an answer. In the place of a blank text it is the default, else an empty text."""
        if not is_blank(answer):
            return answer
        default = self._prepared.checked(self._options.default_answer)
        if is_empty(default):
            return ""
        return default

    # A question with a schema: one prompt for each field

    def _collect_fields(self, schema: Schema) -> Collected:
        if not self._question.answers_needed:
            return Collected()  # an answer from a run that died waits in the queue
        form = Form(schema)
        has_prepared = self._prepared.fill(form)
        if form.wrong:
            raise Failure(self._not_valid(form.problems()))
        if has_prepared and (self._nobody or not form.missing):
            answer = self._validated(form)
        else:
            # With prepared answers somebody is there to ask.
            if self._nobody:
                self._refuse_to_ask_nobody(form.problems())
            answer = self._ask_for_fields(form)
        return Collected([answer], answer_lines(form.fields, answer))

    def _validated(self, form: Form) -> Json:
        try:
            return form.validated()
        except InvalidAnswer as invalid:
            raise Failure(self._not_valid(invalid.problems)) from None

    def _not_valid(self, problems: list[str]) -> str:
        cause = f"What {self._prepared.where} holds is not what the workflow asks for"
        if self._options.hide:
            return f"{cause}: {len(problems)} of the values are wrong or missing."
        return f"{cause}, and was not delivered: {'; '.join(problems)}."

    def _ask_for_fields(self, form: Form) -> Json:
        """Ask for the fields that are missing, and for all again until the answer is valid."""
        complaint = ""
        fields = form.missing
        while True:
            for field in fields:
                self._ask_for_field(form, form.fields.index(field), complaint)
                complaint = ""
            try:
                return form.validated()
            except InvalidAnswer as invalid:
                complaint = _not_taken("; ".join(invalid.problems))
                fields = form.fields

    def _ask_for_field(self, form: Form, place: int, complaint: str) -> None:
        """Ask for one field until its value is valid."""
        field = form.fields[place]
        text = field_prompt(field, place + 1, len(form.fields))
        while True:
            typed = self._prompt.ask(text, secret=field.secret, complaint=complaint)
            cause = form.take(field, typed)
            if not cause:
                return
            # A cause can begin with the name of a part.
            complaint = _not_taken(cause if cause.startswith("'") else f"it {cause}")

    def _refuse_to_ask_nobody(self, problems: list[str]) -> None:
        """Raise Failure if nobody can be asked."""
        if not self._nobody:
            return
        options = self._options
        asks, more = f'"{self._question.text}"', ""
        if problems:
            more = f" {'; '.join(problems)}."
        if options.hide:
            asks, more = "something", ""
        raise Failure(
            f"The workflow asks {asks}, but {self._nobody}: give the answer in"
            f" {self._prepared.where}.{more}"
        )

    def _how_to_go_on(self) -> str:
        """Return the sentence for an answer that is given later.

        Empty if nobody said how, and if nobody can answer the question.
        """
        options = self._options
        if not options.execution or not options.go_on or self._question.terms.problem:
            return ""
        return (
            f" Execution {options.execution} keeps waiting; to answer it later, run"
            f" '{options.go_on}'."
        )


def _not_taken(cause: str) -> str:
    return f"That was not taken: {cause}."


def _written(answer: Json) -> str:
    if isinstance(answer, str):
        return answer
    return json.dumps(answer, ensure_ascii=False)
