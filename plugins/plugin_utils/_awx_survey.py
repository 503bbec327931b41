# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions as AWX's surveys ask them."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.text import one_line
from ansible_collections.interactive.openstack.plugins.module_utils._questions import (
    schema as _schema,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.wording import (
    as_text,
    expected,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.schema import Field
from ansible_collections.interactive.openstack.plugins.plugin_utils._answer_variables import (
    variables,
)

LONGEST_LINE, LONGEST_TEXT = 1024, 32768  # characters of a text and of a text area
A_LINE = 255  # characters that a one-line text may have


def survey(
    questions: list[dict[str, t.Any]], name: str = "", description: str = ""
) -> dict[str, t.Any]:
    """Return the survey_spec that asks all questions that can be asked beforehand."""
    spec = [
        asked
        for question in questions
        if not question["problem"] and not question["unknown"]
        for asked in _asked(question)
    ]
    return {"name": name, "description": description, "spec": spec}


def _asked(question: dict[str, t.Any]) -> t.Iterator[dict[str, t.Any]]:
    named = variables(question)
    for field in _schema.fields(question["schema"] or {}):
        title = one_line(field.title or question["text"] or question["name"])
        lines = [
            one_line(question["text"]) if title != one_line(question["text"]) else "",
            one_line(field.description),
        ]
        shape = _shape(field)
        lines.append("" if shape["choices"] else f"{_takes(field, shape['type'])}.")
        yield {
            "question_name": title,
            "question_description": " ".join(line for line in lines if line),
            "variable": named[field.name],
            # one with a default is answered when nothing is entered
            "required": question["always"] and field.required and not field.has_default,
            "min": None,
            "max": None,
            "choices": [],
            "default": "",
            **{key: value for key, value in shape.items() if value is not None},
        }


def _takes(field: Field, type_: str) -> str:
    takes = expected(field)
    if field.kind == "array":
        takes += ", one a line"
    elif type_ in ("textarea", "password") and field.kind not in ("", "string"):
        takes += " as JSON"
    return takes[0].upper() + takes[1:]


def _shape(field: Field) -> dict[str, t.Any]:
    """Return the keys of a survey's question that depend on what a field takes: type, choices, min, max, default."""
    schema = field.shape
    default = "" if field.secret or not field.has_default else as_text(field.default)
    shape: dict[str, t.Any] = {"choices": [], "default": default}
    texts = [as_text(choice) for choice in field.choices]
    if field.secret:
        return {**shape, "type": "password", **_length(schema, LONGEST_TEXT)}
    if (
        texts
        and len(set(texts)) == len(texts)
        and not any(len(text.splitlines()) > 1 for text in texts)
    ):
        several = field.kind == "array"
        if several and isinstance(field.default, list):
            shape["default"] = "\n".join(as_text(one) for one in field.default)
        return {**shape, "type": "multiselect" if several else "multiplechoice", "choices": texts}
    if field.kind == "boolean":
        return {**shape, "type": "multiplechoice", "choices": ["yes", "no"]}
    if field.kind in ("integer", "number"):
        whole = field.kind == "integer"
        if field.default is not None:
            shape["default"] = int(field.default) if whole else field.default
        return {**shape, "type": "integer" if whole else "float", **_bounds(schema, whole)}
    if field.kind not in ("", "string"):
        return {**shape, "type": "textarea", "min": 0, "max": LONGEST_TEXT}
    if max(schema.get("minLength", 0), schema.get("maxLength", 0)) > A_LINE or "\n" in default:
        return {**shape, "type": "textarea", **_length(schema, LONGEST_TEXT)}
    return {**shape, "type": "text", **_length(schema, LONGEST_LINE)}


def _length(schema: _schema.Schema, most: int) -> dict[str, int]:
    return {"min": schema.get("minLength", 0), "max": schema.get("maxLength", most)}


def _bounds(schema: _schema.Schema, whole: bool) -> dict[str, t.Any]:
    """Return the bounds of a number. AWX takes whole numbers only: those of other numbers leave room, and the job is stricter."""
    up, down = (math.ceil, math.floor) if whole else (math.floor, math.ceil)
    bounds = {
        "min": up(schema["minimum"]) if "minimum" in schema else None,
        "max": down(schema["maximum"]) if "maximum" in schema else None,
    }
    if whole:
        for bound, exclusive, step in (
            ("min", "exclusiveMinimum", 1),
            ("max", "exclusiveMaximum", -1),
        ):
            if bounds[bound] is None and isinstance(schema.get(exclusive), int):
                bounds[bound] = schema[exclusive] + step
    return bounds
