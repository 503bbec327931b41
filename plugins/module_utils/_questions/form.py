# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to a question, made of the values that people and variables give for its fields.

Whoever delivers an answer calls validated_answer(). A prompt fills a Form field by field, and calls
Form.validated(), which is the same check.
"""

from __future__ import annotations

import typing as t

from .._base.json_types import Json
from .._base.limits import Budget
from .._base.text import display_text
from . import schema as schemas
from . import validate as validation
from .schema import Field, Schema
from .typed_text import NotUnderstood, is_empty, parsed_json, refuse_unreadable, value_of
from .wording import expected, listed, repr_short

NEEDS_VALUE = "needs a value"  # why an empty value is refused, to continue the field's name


class InvalidAnswer(Exception):
    """An answer is not what the question asks for.

    ``problems`` are sentences without a full stop.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def validated_answer(schema: Schema, answer: Json) -> Json:
    """Return an answer with its texts made into values, and with the defaults of what is missing.

    For a schema with several fields ``answer`` is a dictionary, or the JSON of one. Raises
    InvalidAnswer.
    """
    form = Form(schema)
    form.take_all(answer)
    return form.validated()


class Form:
    """An answer that is being filled in.

    ``values`` and ``wrong`` (why a value was refused, to continue the field's name) are by the
    names of fields. The name is empty for the answer as a whole. ``unknown`` are values for which
    the schema has no field.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.fields = schemas.fields(schema)
        self.values: dict[str, Json] = {}
        self.wrong: dict[str, str] = {}
        self.unknown: dict[str, Json] = {}
        self._budget = Budget()

    def take(self, field: Field, value: Json) -> str:
        """Take the value of a field; return why it is refused, empty if it is not.

        An empty value stands for the default. It leaves out a field that is not required.
        """
        self._take([(field, value)])
        return self.wrong.get(field.name, "")

    def _take(self, pairs: list[tuple[Field, Json]]) -> None:
        """Take the values of some fields. All checks share one limit."""
        self._budget = Budget()
        to_check = [field for field, value in pairs if self._understand(field, value)]
        checks = [(_schema_for_sentences(field), self.values[field.name]) for field in to_check]
        for field, problems in zip(to_check, validation.problems_of(checks, self._budget)):
            if problems:
                del self.values[field.name]
                self.wrong[field.name] = problems[0]

    def _understand(self, field: Field, value: Json) -> bool:
        """Put a field's value into ``values``, else the cause into ``wrong``.

        Tell whether the value needs a check.
        """
        self.values.pop(field.name, None)
        self.wrong.pop(field.name, None)
        try:
            return self._read(field, value)
        except NotUnderstood as error:
            self.wrong[field.name] = str(error)
            return False

    def _read(self, field: Field, value: Json) -> bool:
        """Put a field's value into ``values``; tell if it needs a check. Raises NotUnderstood."""
        allows_null = schemas.allows_null(field.schema)
        is_null = value is None and allows_null
        if is_null or not is_empty(value):
            refuse_unreadable(value)
            self.values[field.name] = value_of(field, value)
            return True
        if field.has_default:
            self.values[field.name] = field.default
        elif field.required and allows_null:
            self.values[field.name] = None
        elif field.required:
            raise NotUnderstood(NEEDS_VALUE)
        return False

    def take_all(self, answer: Json) -> None:
        """Take a whole answer. For several fields it is a dictionary of values, or its JSON."""
        if not self.fields[0].name:
            self.take(self.fields[0], answer)
            return
        values = answer
        if isinstance(answer, str):
            try:
                values = parsed_json(answer)
            except NotUnderstood as error:
                self.wrong[""] = str(error)
                return
        if not isinstance(values, dict):
            self.wrong[""] = self._no_dictionary(answer)
            return
        self.take_named(values)
        known = {field.name for field in self.fields}
        self.unknown = {name: value for name, value in values.items() if name not in known}

    def _no_dictionary(self, answer: Json) -> str:
        names = listed(repr_short(field.name) for field in self.fields)
        cause = f"has to be a dictionary of {names}"
        if any(field.secret for field in self.fields):
            return cause
        return f"{cause}, not {repr_short(answer)}"

    def take_named(self, values: t.Mapping[str, Json]) -> None:
        """Take the values of the fields that a dictionary names."""
        self._take([(field, values[field.name]) for field in self.fields if field.name in values])

    @property
    def missing(self) -> list[Field]:
        """The fields without a value, required or not."""
        return [
            field
            for field in self.fields
            if field.name not in self.values and field.name not in self.wrong
        ]

    def fill(self) -> None:
        """Take the defaults of the fields without a value."""
        for field in self.missing:
            if field.has_default:
                self.values[field.name] = field.default

    @property
    def answer(self) -> Json:
        """The answer as far as it is filled in."""
        if not self.fields[0].name:
            return self.values.get("")
        in_order = {
            field.name: self.values[field.name]
            for field in self.fields
            if field.name in self.values
        }
        return {**in_order, **self.unknown}

    def problems(self) -> list[str]:
        """Return all that is wrong or missing, one sentence without a full stop each.

        Empty if the answer is valid.
        """
        problems = [_about(display_text(name), cause) for name, cause in self.wrong.items()]
        problems += [_missing(field) for field in self.missing if field.required]
        if problems:
            return problems
        causes = validation.problems(self.schema, self.answer, self._budget)
        return [_about("", cause) for cause in causes]

    def validated(self) -> Json:
        """Return the answer, with the defaults of what is missing. Raises InvalidAnswer."""
        self.fill()
        problems = self.problems()
        if problems:
            raise InvalidAnswer(problems)
        return self.answer


def _schema_for_sentences(field: Field) -> Schema:
    """Return a field's schema, marked so that no sentence contains the value of a secret."""
    if field.secret:
        return dict(field.schema, writeOnly=True)
    return field.schema


def _about(name: str, cause: str) -> str:
    """Return a sentence about a part of an answer.

    ``cause`` can begin with the name of a part of that part.
    """
    if cause.startswith("'"):
        if name:
            return f"'{name}.{cause[1:]}"
        return cause
    if name:
        return f"'{name}' {cause}"
    return f"The answer {cause}"


def _missing(field: Field) -> str:
    takes = expected(field)
    if not field.name:
        return f"The answer is missing ({takes})"
    return f"'{display_text(field.name)}' is missing ({takes})"
