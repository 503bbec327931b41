# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the answer to a question: from what was given beforehand, else from the person at the terminal."""

from __future__ import annotations

import json
import re
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.interactive.openstack.plugins.module_utils._base.encodable import (
    NOT_UTF8,
    flaw,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import display_text
from ansible_collections.interactive.openstack.plugins.module_utils._questions import (
    schema as _schema,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.form import Form
from ansible_collections.interactive.openstack.plugins.module_utils._questions.parse import is_empty
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    ANSWERED,
    DECLINED,
    EXPIRED,
    has_expired,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._answer_variables import (
    variable,
    variables,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._prompt import (
    ABORT,
    declines_by_word,
    field_prompt,
    heading,
    shown_answer,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._terminal import (
    WHY_NOT_INTERACTIVE,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._verbose import (
    escape_for_terminal,
)

CONTROL = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)  # what a terminal sends for keys that write nothing
OPTIONS = dict(
    question=dict(type="dict", required=True),
    answers=dict(type="raw"),
    default_answer=dict(type="raw"),
    decline=dict(type="bool", default=False),
    go_on=dict(type="str", default=""),
    execution=dict(type="str", default=""),
    hide=dict(type="bool", default=False),
)
QUESTION_KEYS = frozenset(
    "waits_by problem schema text tasks interaction_id deadline on_expiry answers_needed".split()
)
VARIABLE = "interactive_workflow_answers (the playbooks' answers)"


class Declined(Exception):
    """The person does not want to answer."""


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        self._options = self.validate_argument_spec(argument_spec=OPTIONS)[1]
        self._question = self._options["question"]
        if not QUESTION_KEYS <= set(self._question):
            raise AnsibleError(
                "'question' is not what interactive.openstack.dialogue_question returns as 'question': pass that on as it is."
            )
        self._vars = task_vars or {}
        self._headed = False
        collected: dict[str, t.Any] = {
            "answers": [],
            "shown": [],
            "status": ANSWERED,
            "problem": "",
        }
        try:
            if self._question["waits_by"] != "callback" and has_expired(self._question):
                collected["status"] = EXPIRED
            elif self._options["decline"]:
                self._decline()
            elif self._question["problem"]:
                raise Failure(
                    f"The workflow {self._question['problem']}. Mend the workflow; this question can only be declined, with"
                    " interactive.openstack.dialogue_answer, 'status' declined."
                )
            elif self._question["schema"]:
                collected["answers"], collected["shown"] = self._fields()
            else:
                collected["answers"], collected["shown"] = self._plain()
        except Declined:
            collected["status"] = DECLINED
        except Failure as failure:
            collected["problem"] = failure.message
        result.update(changed=False, **collected)
        escape_for_terminal(
            self._display, result, self._play_context.remote_addr, bool(self._task.no_log)
        )
        return result

    def _decline(self) -> None:
        if self._options["answers"]:
            raise Failure(
                "A question is declined without an answer: leave out either decline or the answers."
            )
        raise Declined

    # A plain question: one text, or as many as tasks that wait

    def _plain(self) -> tuple[list[t.Any], list[str]]:
        needed = self._question["answers_needed"]
        given = self._given(needed or len(self._question["tasks"])) or self._in_variable()
        answers = [self._or_default(one) for one in given]
        if any(isinstance(one, str) and not one for one in answers):
            raise Failure(
                f"An answer in {self._where()} is empty: give it a value, or set interactive_workflow_default_answer"
                " (default_answer)."
            )
        while len(answers) < needed:
            self._refuse_to_ask_nobody([])
            place = f" ({len(answers) + 1} of {needed})" if needed > 1 else ""
            default = self._options["default_answer"]
            typed = self._or_default(
                self._ask("", f"{place}{'' if is_empty(default) else f' [{default}]'}")
            )
            if not is_empty(typed):
                answers.append(typed)
        lines = [
            display_text(
                f"> {one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)}"
            )
            for one in answers[: len(given)]
        ]
        return answers, lines

    def _or_default(self, answer: t.Any) -> t.Any:
        if not (isinstance(answer, str) and not answer.strip()):
            return answer
        default = self._checked(self._options["default_answer"])
        return "" if is_empty(default) else default

    def _given(self, count: int) -> list[t.Any]:
        """Return up to ``count`` whole answers to this question."""
        answers = self._checked(self._options["answers"])
        if isinstance(answers, dict):
            name, known = (
                self._question["name"],
                [field.name for field in _schema.fields(self._question["schema"] or {})],
            )
            # a field can have the name of its question
            return (
                [answers[name]]
                if name in answers and (name not in known or isinstance(answers[name], dict))
                else []
            )
        return list(answers or [])[:count]

    def _in_variable(self) -> list[t.Any]:
        """Return the whole answer if a variable of its own holds it."""
        name = variable(self._question["name"])
        if not self._question["name"] or name not in self._vars:
            return []
        return [self._checked(self._templar.template(self._vars[name]))]

    def _fields_in_variables(self) -> dict[str, t.Any]:
        """Return what variables of the fields' own hold, by the names of the fields."""
        named = variables(self._question)
        given = {
            field: self._templar.template(self._vars[name])
            for field, name in named.items()
            if name in self._vars
        }
        return self._checked(given)

    def _checked(self, given: t.Any) -> t.Any:
        """Return what was given beforehand; raises Failure if it cannot be sent to the workflow."""
        found = flaw(given)
        if found:
            raise Failure(
                f"What {self._where()} holds cannot be sent: {found[1]}. Check how it was entered, and its encoding."
            )
        return given

    # A question with a schema: one prompt a field

    def _fields(self) -> tuple[list[t.Any], list[str]]:
        if not self._question[
            "answers_needed"
        ]:  # one waits in the queue already, from a run that died
            return [], []
        entry = Form(self._question["schema"])
        answers = self._options["answers"] if isinstance(self._options["answers"], dict) else {}
        named = {field.name: answers[field.name] for field in entry.fields if field.name in answers}
        whole = self._given(1) or ([] if named else self._in_variable())
        named = {**self._fields_in_variables(), **named}
        if whole:
            entry.take_all(whole[0])
        else:
            entry.take_named(named)
        if entry.wrong:
            raise Failure(self._not_valid(entry.problems()))
        any_given = bool(whole or named)
        if any_given and (self._nobody() or not entry.missing):
            entry.fill()
            if entry.problems():
                raise Failure(self._not_valid(entry.problems()))
            return [entry.answer], shown_answer(entry.fields, entry.answer)
        if entry.problems() or not any_given:
            self._refuse_to_ask_nobody(entry.problems())
        self._ask_for(entry)
        return [entry.answer], shown_answer(entry.fields, entry.answer)

    def _not_valid(self, problems: list[str]) -> str:
        if self._options["hide"]:
            return f"What {self._where()} holds is not what the workflow asks for: {len(problems)} of the values are wrong or missing."
        return f"What {self._where()} holds is not what the workflow asks for, and was not handed over: {'; '.join(problems)}."

    def _where(self) -> str:
        """Return where answers are given beforehand."""
        own = list(variables(self._question).values())
        return VARIABLE + (f" or {own[0]}{', ...' if len(own) > 1 else ''}" if own else "")

    def _ask_for(self, entry: Form) -> None:
        """Ask for all that is missing, and again for what is wrong."""
        count = len(entry.fields)
        complaint = ""
        asked = entry.missing
        while asked:
            for field in asked:
                while True:
                    text = field_prompt(field, entry.fields.index(field) + 1, count)
                    wrong = entry.take(field, self._ask(f"{complaint}{text}", "", field.secret))
                    said = wrong if wrong.startswith("'") else f"it {wrong}"
                    complaint = f"That was not taken: {said}.\n\n" if wrong else ""
                    if not wrong:
                        break
            problems = entry.problems()
            complaint = f"That was not taken: {'; '.join(problems)}.\n\n" if problems else ""
            asked = entry.fields if problems else []

    # The terminal

    def _nobody(self) -> str:
        """Return why nobody can be asked; empty if somebody can."""
        several = len(self._vars.get("ansible_play_hosts") or []) > 1
        return WHY_NOT_INTERACTIVE or (
            "the play has several hosts and a prompt only one answer" if several else ""
        )

    def _refuse_to_ask_nobody(self, problems: list[str]) -> None:
        if not self._nobody():
            return
        asks = "something" if self._options["hide"] else f'"{self._question["text"]}"'
        what = f" {'; '.join(problems)}." if problems and not self._options["hide"] else ""
        raise Failure(
            f"The workflow asks {asks}, but {self._nobody()}: give the answer in {self._where()}.{what} Execution"
            f" {self._options['execution']} keeps waiting; to answer it later, run '{self._options['go_on']}'."
        )

    def _ask(self, text: str, place: str, secret: bool = False) -> str:
        """Return what is typed at a prompt, without keys that write nothing. Raises Declined."""
        complaint = ""
        while True:
            parts = ([] if self._headed else [heading(self._question, self._options["go_on"])]) + (
                [text] if text else []
            )
            self._headed = True
            typed = self._pause(complaint + "\n\n".join(parts) + f"\nYour answer{place}", secret)
            if CONTROL.search(typed):
                complaint = "What you typed held control characters, of an arrow key for instance: type it again.\n\n"
            elif flaw(
                typed
            ):  # Backspace takes a byte away, and most letters beyond English have two
                complaint = f"What you typed held {NOT_UTF8}: type it again, without Backspace after such a character.\n\n"
            else:
                break
        if typed.strip().casefold() == ABORT and declines_by_word(self._question):
            raise Declined
        return typed

    def _pause(self, prompt: str, secret: bool) -> str:
        """Ask with ansible.builtin.pause, which gets its text as it is: nothing of it is taken for a template."""
        task = self._task.copy()
        task.args = {"prompt": prompt, "echo": not secret}
        pause = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.pause",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            return pause.run(task_vars=self._vars)["user_input"]
        except AnsibleError as error:
            if "abort" in str(error) and self._question["interaction_id"]:
                raise Declined from None
            raise
