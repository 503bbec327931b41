# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of answers to many questions: read from a file, and checked as a whole before the first of them is sent.

An answer may be a secret: no sentence here holds a value out of the list.
"""

from __future__ import annotations

import json
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._base import yaml_text as _yaml
from .._base.errors import Failure
from .._base.options import checked_id
from .._base.text import one_line
from .wording import listed


class _Loader(_yaml.Loader):
    """JSON has no dates: what looks like one stays a text."""


if _yaml.HAS_YAML:
    _Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in _Loader.yaml_implicit_resolvers.items()
    }

KEY = "answers"  # what holds the list in a file that is also one of extra variables
ENCRYPTED = "$ANSIBLE_VAULT;"


def read(path: str) -> list[t.Any]:
    """Return the list that a YAML or JSON file holds, by itself or as the value of 'answers'."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Failure(f"Could not read the answers in {path}: {why}.", "no_file") from None
    if text.startswith(ENCRYPTED):
        raise Failure(
            f"The answers in {path} are encrypted, and the key is not where the task runs: give the file to ansible-playbook"
            " with -e @ instead, and its list as 'answers'.",
            "encrypted",
        )
    data = _parsed(path, text)
    if isinstance(data, dict) and KEY in data:
        data = data[KEY]
    if not isinstance(data, list):
        raise Failure(
            f"The file {path} holds no list of answers: write one item a question, each beginning with '- execution:'.",
            "bad_file",
        )
    return data


def _parsed(path: str, text: str) -> t.Any:
    try:
        return json.loads(json.dumps(_yaml.load(text, _Loader)))
    except _yaml.InvalidYaml as error:
        where = f", {error.place}" if error.place else ""
        raise Failure(
            f"The file {path} is neither YAML nor JSON{where}: check how it is written.", "bad_file"
        ) from None
    except (TypeError, ValueError, RecursionError):
        raise Failure(
            f"The file {path} holds what JSON has no type for: write it as text, in quotes.",
            "bad_file",
        ) from None


def checked(
    items: list[t.Any], options: dict[str, dict[str, t.Any]], constraints: dict[str, t.Any]
) -> list[dict[str, t.Any]]:
    """Return the items with all their options; raises Failure, with the number of the first that is wrong."""
    if not items:
        raise Failure("The list of answers is empty: nothing is answered.", "bad_item")
    validator = ArgumentSpecValidator(options, **constraints)
    return [
        _checked(number, len(items), item, options, validator)
        for number, item in enumerate(items, 1)
    ]


def _checked(
    number: int,
    count: int,
    item: t.Any,
    options: dict[str, dict[str, t.Any]],
    validator: ArgumentSpecValidator,
) -> dict[str, t.Any]:
    if not isinstance(item, dict):
        raise bad_item(number, count, "It is no dictionary with 'execution' and 'answer'")
    unknown = sorted(set(map(str, item)) - set(options))
    if unknown:
        raise bad_item(
            number, count, f"Of {listed(options)}, none is called '{one_line(unknown[0], 60)}'"
        )
    found = validator.validate(item)
    if found.error_messages:
        raise bad_item(number, count, one_line(found.error_messages[0]))
    try:
        given = found.validated_parameters
        given["execution"] = checked_id(given["execution"], "an execution")
    except Failure as failure:
        raise bad_item(number, count, failure.message) from None
    return given


def bad_item(number: int, count: int, why: str) -> Failure:
    why = why[:1].upper() + why[1:]
    return Failure(
        f"Item {number} of {count} cannot be used, so nothing was sent: {why.rstrip('.')}.",
        "bad_item",
        item=number,
    )
