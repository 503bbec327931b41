# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions that Mistral would refuse with an error that does not say what is wrong."""

from __future__ import annotations

from .._base.errors import Failure
from .._base.json_types import Json, JsonObject
from .._base.text import one_line
from .definition import VERSION, Kind, kind, listed, no_workflows, workflows
from .definition_places import Path, in_text, keys, last_node

# Keys whose values Mistral does not look into: keys in these need not be text.
DATA = frozenset(["input", "publish", "publish-on-error", "vars", "output"])


def check(data: Json, text: str = "") -> None:
    """Raise Failure for a definition that cannot be uploaded as workflows.

    ``text`` is the YAML that the data was read from. It is searched for places.
    """
    if not isinstance(data, dict):
        return
    content = kind(data)
    if content is Kind.WORKBOOK:
        raise _not_as_workbook(data, text)
    if content is Kind.ACTIONS:
        raise Failure(
            f"The definition holds {no_workflows(data)}: upload these with 'openstack action"
            " definition create FILE'.",
            "invalid_definition",
        )
    _check_keys(data, text)
    for name, value in workflows(data).items():
        if value and isinstance(value, dict) and "tasks" not in value:
            raise Failure(
                f"Workflow '{one_line(name, 60)}' of the definition has no"
                f" 'tasks'{in_text(text, (name,))}: each key but '{VERSION}' is the name of a"
                " workflow.",
                "invalid_definition",
            )


def _not_as_workbook(workbook: JsonObject, text: str) -> Failure:
    """Return the failure for a workbook, which Mistral accepts by another request only.

    It names a workflow without tasks: Mistral would not accept that by the other request either.
    """
    for name, value in (workbook.get("workflows") or {}).items():
        if "tasks" not in value:
            return Failure(
                f"Workflow '{one_line(name, 60)}' of the workbook has no"
                f" 'tasks'{in_text(text, ('workflows', name))}. And Mistral takes a workbook by"
                " another request: mend it, and upload it with 'openstack workbook create FILE'.",
                "invalid_definition",
            )
    sentence = (
        "The definition is a workbook, which Mistral takes by another request: upload it with"
        " 'openstack workbook create FILE', or write its workflows without 'workflows' above them."
    )
    if workflows(workbook):
        sentence += f" Its workflows are then {listed(workflows(workbook))}."
    return Failure(sentence, "workbook")


def check_version(data: Json) -> None:
    """Raise Failure for a definition of workflows that has no version."""
    if isinstance(data, dict) and data and VERSION not in data:
        raise Failure(
            "The workflow definition has no version: begin it with the line \"version: '2.0'\".",
            "invalid_definition",
        )


def _check_keys(data: JsonObject, text: str) -> None:
    """Raise Failure for a key that is no text: Mistral fails at it, and does not name it."""
    for path, key in keys(data):
        above = [step for step in path if not isinstance(step, int)]
        if isinstance(key, str) or DATA.intersection(above[:-1]):
            continue
        raise Failure(_not_text(key, text, (*path, key)), "invalid_definition")


def _not_text(key: Json, text: str, path: Path) -> str:
    """Return the sentence about a key that is no text."""
    meaning = _in_yaml(key)
    node = last_node(text, path)
    if node is None:
        return (
            f"The workflow definition has a key that is no text, but {meaning}: put it in quotes."
        )
    written = one_line(node.value, 60)
    return (
        f"The workflow definition has a key that is no text{in_text(text, path)}: YAML reads"
        f' {written} as {meaning}. Write it in quotes: "{written}".'
    )


def _in_yaml(key: Json) -> str:
    """Return what YAML reads a key as."""
    if key is None:
        return "null"
    if isinstance(key, bool):
        return f"the truth value {str(key).lower()} (as on, off, yes and no)"
    if isinstance(key, (int, float)):
        return "a number"
    return f"a {type(key).__name__}"
