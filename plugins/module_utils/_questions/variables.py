# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables with answers: answer_QUESTION, and answer_QUESTION_FIELD for a form's field."""

from __future__ import annotations

import re

from .._questions import (
    schema as schemas,
)


def variable(question: str, field: str = "") -> str:
    """Return the name of a variable. Characters that are not allowed in it become underscores."""
    name = f"answer_{question}"
    if field:
        name += f"_{field}"
    return re.sub(r"\W", "_", name, flags=re.ASCII)


def variables(question: str, schema: schemas.Schema | None) -> dict[str, str]:
    """Return the variables of a question by the names of its fields.

    The answer as a whole has no name.

    Empty for a question without a name.
    """
    if not question:
        return {}
    return {field.name: variable(question, field.name) for field in schemas.fields(schema or {})}
