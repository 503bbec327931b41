# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers that a task has before it asks anybody: in an option, else in variables."""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.encodable import flaw
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.json_types import (
    Json,
    as_object,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.form import Form
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.variables import (
    variable,
    variables,
)

OPTION = "interactive_workflow_answers (the playbooks' answers)"


class PreparedAnswers:
    """The prepared answers to one question.

    ``answers`` is a list of answers, or a dictionary of them by the names of questions or fields;
    it can be empty. ``task_vars`` are the variables of the task, and ``template`` resolves the
    value of one.
    """

    def __init__(
        self,
        question: Question,
        answers: Json,
        task_vars: t.Mapping[str, t.Any],
        template: t.Callable[[t.Any], Json],
    ) -> None:
        self._question = question
        self._answers = answers
        self._vars = task_vars
        self._template = template
        self._variables = variables(question.terms.name, question.terms.schema)

    @property
    def where(self) -> str:
        """Where a user puts answers, for a sentence."""
        names = list(self._variables.values())
        if not names:
            return OPTION
        if len(names) == 1:
            return f"{OPTION} or {names[0]}"
        return f"{OPTION} or {names[0]}, ..."

    def whole(self, count: int) -> list[Json]:
        """Return whole answers: up to ``count`` from the option, else one from a variable.

        Raises Failure for one that cannot be sent.
        """
        return self._in_option(count) or self._in_variable()

    def fill(self, form: Form) -> bool:
        """Put what is prepared into a form; tell whether anything is.

        A whole answer takes precedence over those for single fields, the option over variables.
        Raises Failure.
        """
        whole = self._in_option(1)
        named = self._named_in_option(form)
        if not whole and not named:
            whole = self._in_variable()
        named = {**self._named_in_variables(), **named}
        if whole:
            form.take_all(whole[0])
        else:
            form.take_named(named)
        return bool(whole or named)

    def _in_option(self, count: int) -> list[Json]:
        answers = self.checked(self._answers)
        if not isinstance(answers, dict):
            return list(answers or [])[:count]
        name = self._question.terms.name
        if name not in answers or self._means_field(answers[name]):
            return []
        return [answers[name]]

    def _means_field(self, answer: Json) -> bool:
        """Tell whether an answer by the question's name is for a field of the same name."""
        if isinstance(answer, dict):
            return False
        terms = self._question.terms
        return any(field.name == terms.name for field in terms.fields)

    def _named_in_option(self, form: Form) -> dict[str, Json]:
        answers = as_object(self._answers)
        return {field.name: answers[field.name] for field in form.fields if field.name in answers}

    def _in_variable(self) -> list[Json]:
        """Return the whole answer if a variable holds it."""
        question = self._question.terms.name
        name = variable(question)
        if not question or name not in self._vars:
            return []
        return [self.checked(self._template(self._vars[name]))]

    def _named_in_variables(self) -> dict[str, Json]:
        """Return the values of fields that have variables of their own."""
        values = {
            field: self._template(self._vars[name])
            for field, name in self._variables.items()
            if name in self._vars
        }
        self.checked(values)
        return values

    def checked(self, value: Json) -> Json:
        """Return a value; raises Failure if it cannot be sent to the workflow."""
        bad = flaw(value)
        if bad:
            raise Failure(
                f"What {self.where} holds cannot be sent: {bad[1]}."
                " Check how it was entered, and its encoding."
            )
        return value
