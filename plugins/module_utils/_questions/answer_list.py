# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of answers to many questions, read from a file and checked before any of them is sent.

An answer may be a secret: no sentence here contains a value of the list.
"""

from __future__ import annotations

import json
import pathlib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._base import yaml_text
from .._base.errors import Failure
from .._base.json_types import ArgumentSpec, Json, Options
from .._base.text import one_line
from .wording import listed


class _Loader(yaml_text.Loader):
    """Reads YAML without dates, which JSON has not: a text that looks like one stays a text."""


def _without_dates(resolvers: list[tuple[str, t.Any]]) -> list[tuple[str, t.Any]]:
    return [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]


if yaml_text.HAS_YAML:
    _Loader.yaml_implicit_resolvers = {
        first: _without_dates(resolvers)
        for first, resolvers in _Loader.yaml_implicit_resolvers.items()
    }

KEY = "answers"  # of the list in a file that is also one of extra variables
ENCRYPTED = "$ANSIBLE_VAULT;"
LONGEST_NAME = 60  # characters of an option's name


def read(path: str) -> list[Json]:
    """Return the list that a YAML or JSON file contains, by itself or at the key 'answers'.

    Raises Failure.
    """
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        cause = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Failure(f"Could not read the answers in {path}: {cause}.", "no_file") from None
    if text.startswith(ENCRYPTED):
        raise Failure(
            f"The answers in {path} are encrypted, and the key is not where the task runs: give the"
            " file to ansible-playbook with -e @ instead, and its list as 'answers'.",
            "encrypted",
        )
    data = _parsed(path, text)
    if isinstance(data, dict) and KEY in data:
        data = data[KEY]
    if not isinstance(data, list):
        raise Failure(
            f"The file {path} holds no list of answers: write one item a question, each beginning"
            " with '- execution:'.",
            "bad_file",
        )
    return data


def _parsed(path: str, text: str) -> Json:
    try:
        return json.loads(json.dumps(yaml_text.load(text, _Loader)))
    except yaml_text.InvalidYaml as error:
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
    items: list[Json], options: ArgumentSpec, constraints: dict[str, list[tuple[str, ...]]]
) -> list[Options]:
    """Return the items with all their options.

    ``options`` and ``constraints`` are those of an item, as in an argument spec. Raises Failure
    with the number of the first item that is not valid.
    """
    if not items:
        raise Failure("The list of answers is empty: nothing is answered.", "bad_item")
    validator = ArgumentSpecValidator(options, **constraints)
    checked_items = []
    for number, item in enumerate(items, 1):
        try:
            checked_items.append(_checked(item, options, validator))
        except Failure as failure:
            raise bad_item(number, len(items), failure.message) from None
    return checked_items


def _checked(item: Json, options: ArgumentSpec, validator: ArgumentSpecValidator) -> Options:
    """Return the options of an item. Raises Failure with the cause why it is not valid."""
    if not isinstance(item, dict):
        raise Failure("It is no dictionary with 'execution' and 'answer'")
    unknown = sorted(set(map(str, item)) - set(options))
    if unknown:
        name = one_line(unknown[0], LONGEST_NAME)
        raise Failure(f"Of {listed(options)}, none is called '{name}'")
    result = validator.validate(item)
    if result.error_messages:
        raise Failure(one_line(result.error_messages[0]))
    parameters: Options = result.validated_parameters
    return parameters


def bad_item(number: int, count: int, cause: str) -> Failure:
    """Return the failure of a list with an item that is not valid; ``number`` counts from 1."""
    sentence = f"{cause[:1].upper()}{cause[1:]}".rstrip(".")
    return Failure(
        f"Item {number} of {count} cannot be used, so nothing was sent: {sentence}.",
        "bad_item",
        item=number,
    )
