# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions as AWX's surveys ask them."""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.json_types import (
    Json,
    Result,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.text import one_line
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.defined import (
    DefinedQuestion,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions import (
    schema as schemas,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import (
    Field,
    Schema,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.variables import (
    variables,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.wording import (
    as_text,
    expected,
)

LONGEST_LINE = 1024  # characters of a text
LONGEST_TEXT = 32768  # characters of a text area and of a password
A_LINE = 255  # characters; a field for more becomes a text area


def survey(questions: list[Result], name: str = "", description: str = "") -> Result:
    """Return the survey_spec that asks all questions that can be asked before the workflow runs.

    ``questions`` are what the filter workflow_questions returned.
    """
    spec: list[Result] = []
    for question in map(DefinedQuestion.from_result, questions):
        if not question.problem and not question.unknown:
            spec += _questions_of_survey(question)
    return {"name": name, "description": description, "spec": spec}


def _questions_of_survey(question: DefinedQuestion) -> t.Iterator[Result]:
    """Yield a survey's question for each field."""
    names = variables(question.name, question.schema)
    text = one_line(question.text)
    for field in schemas.fields(question.schema or {}):
        title = one_line(field.title or question.text or question.name)
        shape = _shape(field)
        lines = [one_line(field.description)]
        if title != text:
            lines.insert(0, text)
        if not shape.choices:
            lines.append(f"{_takes(field, shape.type)}.")
        yield {
            "question_name": title,
            "question_description": " ".join(line for line in lines if line),
            "variable": names[field.name],
            # a question with a default is answered when nothing is entered
            "required": question.always and field.required and not field.has_default,
            **shape.as_result(),
        }


def _takes(field: Field, type_: str) -> str:
    takes = expected(field)
    if field.kind == "array":
        takes += ", one a line"
    elif type_ in ("textarea", "password") and field.kind not in ("", "string"):
        takes += " as JSON"
    return takes[0].upper() + takes[1:]


@dataclasses.dataclass(frozen=True)
class _Shape:
    """The keys of a survey's question that depend on what its field takes.

    Bounds are None if there are none.
    """

    type: str
    choices: list[str] = dataclasses.field(default_factory=list)
    default: Json = ""
    least: int | None = None
    most: int | None = None

    def as_result(self) -> Result:
        return {
            "type": self.type,
            "min": self.least,
            "max": self.most,
            "choices": self.choices,
            "default": self.default,
        }


def _shape(field: Field) -> _Shape:
    if field.secret:
        return _with_length("password", field.shape, LONGEST_TEXT, "")
    choices = [as_text(choice) for choice in field.choices]
    if choices and _can_be_listed(choices):
        return _choice(field, choices)
    if field.kind == "boolean":
        return _Shape("multiplechoice", ["yes", "no"], default=_default(field))
    if field.kind == "integer":
        return _whole_number(field)
    if field.kind == "number":
        return _number(field)
    if field.kind not in ("", "string"):
        return _Shape("textarea", default=_default(field), least=0, most=LONGEST_TEXT)
    return _text(field)


def _default(field: Field) -> str:
    if field.has_default:
        return as_text(field.default)
    return ""


def _can_be_listed(choices: list[str]) -> bool:
    """Tell whether AWX, which writes one choice on each line, can list these."""
    return len(set(choices)) == len(choices) and all(
        len(choice.splitlines()) <= 1 for choice in choices
    )


def _choice(field: Field, choices: list[str]) -> _Shape:
    default = _default(field)
    if field.kind != "array":
        return _Shape("multiplechoice", choices, default)
    if isinstance(field.default, list):
        default = "\n".join(map(as_text, field.default))
    return _Shape("multiselect", choices, default)


def _whole_number(field: Field) -> _Shape:
    schema = field.shape
    default = _default_number(field)
    if isinstance(default, float):  # 3.0 is a whole number as well
        default = int(default)
    return _Shape(
        "integer",
        default=default,
        least=_bound(schema, "minimum", math.ceil, "exclusiveMinimum", 1),
        most=_bound(schema, "maximum", math.floor, "exclusiveMaximum", -1),
    )


def _bound(
    schema: Schema, inclusive: str, rounded: t.Callable[[float], int], exclusive: str, step: int
) -> int | None:
    """Return a bound of whole numbers, which a schema writes as either of two keywords.

    None if there is none.
    """
    if inclusive in schema:
        return rounded(schema[inclusive])
    bound = schema.get(exclusive)
    if isinstance(bound, int):
        return bound + step
    return None


def _number(field: Field) -> _Shape:
    """Return a number's shape. AWX takes only whole numbers as bounds.

    They are wider than those of the schema, by which the job checks the number.
    """
    schema = field.shape
    return _Shape(
        "float",
        default=_default_number(field),
        least=_rounded(schema.get("minimum"), math.floor),
        most=_rounded(schema.get("maximum"), math.ceil),
    )


def _rounded(bound: float | None, rounding: t.Callable[[float], int]) -> int | None:
    return None if bound is None else rounding(bound)


def _default_number(field: Field) -> Json:
    """Return the default as a number; as a text if there is none, or if it is null."""
    if field.default is None:
        return _default(field)
    return field.default


def _text(field: Field) -> _Shape:
    schema, default = field.shape, _default(field)
    longest = max(schema.get("minLength", 0), schema.get("maxLength", 0))
    if longest > A_LINE or "\n" in default:
        return _with_length("textarea", schema, LONGEST_TEXT, default)
    return _with_length("text", schema, LONGEST_LINE, default)


def _with_length(type_: str, schema: Schema, most: int, default: str) -> _Shape:
    return _Shape(
        type_,
        default=default,
        least=schema.get("minLength", 0),
        most=schema.get("maxLength", most),
    )
