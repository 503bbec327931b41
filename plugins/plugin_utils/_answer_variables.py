# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that hold answers: answer_QUESTION, and answer_QUESTION_FIELD for a field of a form."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._questions import (
    schema as _schema,
)


def variable(question: str, field: str = "") -> str:
    """Return the name of the variable; what no name of a variable can hold is an underscore in it."""
    return re.sub(
        r"\W", "_", f"answer_{question}_{field}" if field else f"answer_{question}", flags=re.ASCII
    )


def variables(question: dict[str, t.Any]) -> dict[str, str]:
    """Return the variables of a question by the names of its fields; that of the answer as a whole has no field's name."""
    if not question["name"]:
        return {}
    fields = (
        [field.name for field in _schema.fields(question["schema"])] if question["schema"] else [""]
    )
    return {field: variable(question["name"], field) for field in fields}
