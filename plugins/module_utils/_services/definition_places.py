# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places in a definition: the path of a value, and the line where it stands in the text."""

from __future__ import annotations

import contextlib
import typing as t

from .._base.json_types import Json
from .._base.text import one_line
from .definition import EXPRESSION, Loader

with contextlib.suppress(ImportError):
    import yaml

Path = tuple[Json, ...]  # keys of dictionaries, and numbers of items in lists
Node = t.Any  # of YAML; None if there is none


def expressions(data: Json) -> list[tuple[Path, str]]:
    """Return the texts of a definition that hold an expression, each once, after its first path."""
    paths: dict[str, Path] = {}
    for path, text in _texts(data, ()):
        if EXPRESSION.search(text):
            paths.setdefault(text, path)
    return [(path, text) for text, path in paths.items()]


def schema_places(
    data: Json, path_end: Path, value_text: str, unexpected_key: str = ""
) -> list[Path]:
    """Return the paths of a definition that an error of Mistral's schemas can mean.

    Mistral validates a workflow, a task, a policy by itself, so it names only the end of the path,
    ``path_end``, which may be empty. ``value_text`` is what it shows of the value,
    ``unexpected_key`` a key that is not allowed there.
    """
    paths = []
    for path, value in _values(data, ()):
        if path[len(path) - len(path_end) :] != path_end:
            continue
        is_container = isinstance(value, (dict, list))
        if unexpected_key:
            if isinstance(value, dict) and unexpected_key in value:
                paths.append((*path, unexpected_key))
        elif is_container and path_end:  # Mistral shows only the beginning of a container
            paths.append(path)
        elif not is_container and repr(value) == value_text:
            paths.append(path)
    return paths


def keys(data: Json) -> t.Iterator[tuple[Path, Json]]:
    """Return all keys of a definition, each after the path of the dictionary that holds it."""
    for path, value in _values(data, ()):
        if isinstance(value, dict):
            yield from ((path, key) for key in value)


def _values(value: Json, path: Path) -> t.Iterator[tuple[Path, Json]]:
    """Return a value and all values in it, each after its path."""
    yield path, value
    for step, item in _items(value):
        yield from _values(item, (*path, step))


def _texts(value: Json, path: Path) -> t.Iterator[tuple[Path, str]]:
    """Return all texts in a value, each after its path. A key is a text as well."""
    if isinstance(value, str):
        yield path, value
    for step, item in _items(value):
        if isinstance(step, str):
            yield (*path, step), step
        yield from _texts(item, (*path, step))


def _items(value: Json) -> t.Iterable[tuple[Json, Json]]:
    """Return what is directly in a dictionary or a list, each after its key or its number."""
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list):
        return enumerate(value)
    return ()


def place_in_words(path: Path, text: str = "") -> str:
    """Return a path in words: the workflow, the task, the key, and the line in ``text``."""
    rest = list(path)
    words = [f"workflow '{one_line(rest.pop(0), 60)}'"]
    if len(rest) > 1 and rest[0] == "tasks":
        words.append(f"task '{one_line(rest[1], 60)}'")
        rest = rest[2:]
    if rest:
        words.append(f"key {one_line('.'.join(str(step) for step in rest), 120)}")
    position = _position(text, path)
    if position:
        words.append(f"line {position[0]}")
    return ", ".join(words)


def in_text(text: str, path: Path) -> str:
    """Return the place of a path in a YAML text, to follow a name; empty if it is not found."""
    position = _position(text, path)
    return f" (line {position[0]}, column {position[1]})" if position else ""


def _position(text: str, path: Path) -> tuple[int, int] | None:
    """Return the line and the column of the key, or of the item, at a path in a YAML text."""
    node = last_node(text, path)
    return (node.start_mark.line + 1, node.start_mark.column + 1) if node else None


def last_node(text: str, path: Path) -> Node:
    """Return the node of the last key, or item, of a path in a YAML text; None if there is none."""
    if not text:
        return None
    loader = Loader(text)
    try:
        value: Node = loader.get_single_node()
        key: Node = None
        for step in path:
            key, value = _step(loader, value, step)
        return key
    except (yaml.YAMLError, LookupError, TypeError):
        return None
    finally:
        loader.dispose()


def _step(loader: Loader, node: Node, step: Json) -> tuple[Node, Node]:
    """Return the node of a key or of an item, and the node of its value.

    If a key stands twice, the last one counts. Raises LookupError.
    """
    if isinstance(node, yaml.SequenceNode):
        return node.value[step], node.value[step]
    for key, value in reversed(node.value):
        read = loader.construct_object(key)
        if read == step and isinstance(read, type(step)):
            return key, value
    raise LookupError(step)
