# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflow definitions as data: read as Mistral reads them, searched by a workflow's name, compared by meaning, written
in one canonical order."""

from __future__ import annotations

import enum
import re
import typing as t

from .._base import yaml_text as _yaml
from .._base.clients import missing_client
from .._base.errors import Failure
from .._base.text import one_line
from .records import Workflow

try:
    import yaml

    class _Dumper(yaml.SafeDumper):
        """Long texts as blocks, and nothing of YAML that Mistral doesn't read."""

        def ignore_aliases(self, data):
            return True

    def _text(dumper, value):
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=_style(value))

    _Dumper.add_representer(str, _text)
    # Ansible's own kinds of text, dictionary and list, where a flow runs inside the controller
    _Dumper.add_multi_representer(str, _text)
    _Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
    _Dumper.add_multi_representer(list, yaml.SafeDumper.represent_list)
    HAS_YAML = True
except ImportError:
    HAS_YAML = False

VERSION = "version"
WORKBOOK_SECTIONS = ("workflows", "actions")
MEMBER_KEYS = frozenset(["tasks", "base"])  # one of which each workflow, or each ad-hoc action, has

# Line breaks of Unicode, which YAML folds or changes, and what it writes as an escape sequence only.
ONLY_ESCAPED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)

# What Mistral does not look into: keys that are no text are as good there as in JSON.
DATA = frozenset(["input", "publish", "publish-on-error", "vars", "output"])

EXPRESSION = re.compile(r"<%|{{|{%")  # of YAQL, of Jinja

Path = t.Tuple[t.Any, ...]


class _Loader(_yaml.Loader):
    """Mistral's loader: '&', '*' and '@' begin plain text, there are no anchors."""

    def fetch_alias(self):
        return self.fetch_plain()

    def fetch_anchor(self):
        return self.fetch_plain()

    def check_plain(self):
        return self.peek() == "@" or super().check_plain()


def _style(value: str) -> str | None:
    """Return how a text is written so that it is the same when it is read again."""
    if ONLY_ESCAPED.search(value):
        return '"'
    return "|" if "\n" in value else None


def load(text: str) -> t.Any:
    """Return the data of a YAML text; raises Failure with the place of the error if it is none."""
    try:
        return _yaml.load(text, _Loader)
    except _yaml.InvalidYaml as error:
        where = f" ({error.place})" if error.place else ""
        raise Failure(
            f"The workflow definition is not valid YAML: {error.cause}{where}.",
            "invalid_definition",
        ) from None


def dump(data: t.Any) -> str:
    """Return data as a YAML text, keys in their order."""
    if not HAS_YAML:
        raise missing_client("PyYAML")
    try:
        return yaml.dump(
            data,
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
            width=110,
        )
    except RecursionError:
        cause = "it is nested too deep"
    except yaml.YAMLError as error:
        cause = one_line(error, 120)
    raise Failure(
        f"The workflow definition cannot be written as YAML: {cause}.", "invalid_definition"
    )


# By name


def is_workbook(data: t.Any) -> bool:
    """Tell whether a definition is a workbook: its workflows and actions are one level deeper.

    It has a name, unless its members are unmistakable, and Mistral may be left to say that the name is missing.
    """
    if not isinstance(data, dict):
        return False
    sections = [data[section] for section in WORKBOOK_SECTIONS if section in data]
    if not sections or not all(map(_is_section, sections)):
        return False
    members = [member for section in sections for member in section.values()]
    if isinstance(data.get("name"), str):
        return True
    return bool(members) and all(map(MEMBER_KEYS.intersection, members))


def _is_section(value: t.Any) -> bool:
    """Tell whether this may be the workflows, or the actions, of a workbook: no workflow and no action itself."""
    if not isinstance(value, dict) or MEMBER_KEYS.intersection(value):
        return False
    return all(isinstance(member, dict) for member in value.values())


def workflows(data: t.Any) -> dict[str, t.Any]:
    """Return the workflows of a definition by the names that Mistral gives them; those of a workbook begin with its name."""
    if not isinstance(data, dict):
        return {}
    if not is_workbook(data):
        return {str(name): value for name, value in data.items() if name != VERSION}
    members = data.get("workflows")
    if not isinstance(members, dict):
        return {}
    return {_member_name(data, name): value for name, value in members.items()}


def _member_name(workbook: dict[t.Any, t.Any], name: t.Any) -> str:
    return f"{workbook['name']}.{name}" if workbook.get("name") else str(name)


def names(data: t.Any) -> list[str]:
    """Return the names of the workflows in a definition; empty if it can't be one."""
    return list(workflows(data))


def full_name(data: t.Any, name: str) -> str:
    """Return the key in workflows() of the workflow of this name; empty if the definition does not hold it."""
    return Workflows(data).full_name(name)


def spec(data: t.Any, name: str) -> dict[str, t.Any]:
    """Return what a definition says of the workflow of this name; empty if it does not hold it."""
    return Workflows(data).spec(name)


class Workflows:
    """The workflows of a definition, gone through once to find many of them by name.

    A workflow of a workbook can be named without the workbook. And Mistral stores it so: its definition has the short name
    as its only key.
    """

    def __init__(self, data: t.Any) -> None:
        self._data = data
        self._specs = workflows(data)
        self._in_workbook = is_workbook(data)

    def full_name(self, name: str) -> str:
        """Return the name that Mistral gives to the workflow of this name; empty if there is none."""
        if name in self._specs:
            return name
        if self._in_workbook:
            member = _member_name(self._data, name)
            return member if member in self._specs else ""
        if len(self._specs) != 1:
            return ""
        [only_name] = self._specs
        return only_name if name.endswith(f".{only_name}") else ""

    def spec(self, name: str) -> dict[str, t.Any]:
        """Return what the definition says of the workflow of this name; empty if there is none."""
        found = self._specs.get(self.full_name(name))
        return found if isinstance(found, dict) else {}


def stored_spec(workflow: Workflow | None, name: str = "") -> dict[str, t.Any]:
    """Return what the definition of a workflow says that Mistral returned; empty if it says nothing.

    Mistral cuts the definition of a workbook's workflow out of the text line by line, so it can be anything.
    """
    if not workflow:
        return {}
    try:
        data = load(workflow.definition)
    except Failure:
        return {}
    return spec(data, name or workflow.name)


def stored_tasks(workflow: Workflow | None, name: str = "") -> dict[str, dict[str, t.Any]]:
    """Return the tasks in the definition of a workflow that Mistral returned, with what they have from its task-defaults."""
    found = stored_spec(workflow, name)
    defaults = found.get("task-defaults")
    tasks = found.get("tasks")
    if not isinstance(tasks, dict):
        return {}
    common = defaults if isinstance(defaults, dict) else {}
    return {str(key): {**common, **task} for key, task in tasks.items() if isinstance(task, dict)}


class Inputs(t.NamedTuple):
    """The names of a workflow's inputs: all in their order, and those without a default, which have to be given."""

    names: list[str]
    required: frozenset[str]


def inputs(workflow: Workflow) -> Inputs | None:
    """Return the inputs of a workflow: as Mistral tells them, else as its definition declares them; None if neither does."""
    interface = workflow.interface
    if interface is None:
        interface = stored_spec(workflow)
        if not interface:
            return None
    declared = interface.get("input")
    if not isinstance(declared, list):
        declared = []
    names: list[str] = []
    for item in declared:
        names += map(str, item) if isinstance(item, dict) else [str(item)]
    required = frozenset(str(item) for item in declared if not isinstance(item, dict))
    return Inputs(names, required)


def input_names(workflow: Workflow) -> list[str]:
    known = inputs(workflow)
    return known.names if known else []


def only(data: dict[t.Any, t.Any], wanted: t.Iterable[str]) -> dict[t.Any, t.Any]:
    """Return the definition of some of the workflows in a definition."""
    chosen = set(wanted)
    return {key: value for key, value in data.items() if key == VERSION or str(key) in chosen}


# What is wrong with a definition, where Mistral does not say so


class Kind(enum.Enum):
    """What a definition holds."""

    NOTHING = "nothing"
    WORKFLOWS = "workflows"  # or what only Mistral can judge
    WORKBOOK = "workbook"
    ACTIONS = "ad-hoc actions"


def kind(data: t.Any) -> Kind:
    if not isinstance(data, dict):
        return Kind.NOTHING
    if is_workbook(data):
        return Kind.WORKBOOK
    specs = [value for name, value in data.items() if name != VERSION]
    if not specs:
        return Kind.NOTHING
    if all(isinstance(value, dict) and "base" in value and "tasks" not in value for value in specs):
        return Kind.ACTIONS
    return Kind.WORKFLOWS


def no_workflows(data: t.Any) -> str:
    """Return what a definition is that holds no workflow, to follow 'The definition holds'; empty if it may hold some."""
    held = kind(data)
    if held is Kind.NOTHING:
        return "no workflow"
    if held is Kind.WORKBOOK and not workflows(data):
        return "a workbook without workflows"
    if held is Kind.ACTIONS:
        return f"ad-hoc actions ({_listed(workflows(data))}) and no workflow"
    return ""


def check(data: t.Any, text: str = "") -> None:
    """Raise Failure for what cannot be uploaded as workflows, where Mistral would answer with less than that.

    ``text`` is what the data was read from, to find places in.
    """
    if not isinstance(data, dict):
        return
    held = kind(data)
    if held is Kind.WORKBOOK:
        _check_members(data, text)
        stored = f" Its workflows are then {_listed(workflows(data))}." if workflows(data) else ""
        raise Failure(
            "The definition is a workbook, which Mistral takes by another request: upload it with 'openstack workbook create"
            f" FILE', or write its workflows without 'workflows' above them.{stored}",
            "workbook",
        )
    if held is Kind.ACTIONS:
        raise Failure(
            f"The definition holds {no_workflows(data)}: upload these with 'openstack action definition create FILE'.",
            "invalid_definition",
        )
    _check_keys(data, text)
    for name, value in workflows(data).items():
        if value and isinstance(value, dict) and "tasks" not in value:
            raise Failure(
                f"Workflow '{one_line(name, 60)}' of the definition has no 'tasks'{_at(text, (name,))}: each key but"
                f" '{VERSION}' is the name of a workflow.",
                "invalid_definition",
            )


def _check_members(workbook: dict[t.Any, t.Any], text: str) -> None:
    """Raise Failure for a workflow of a workbook that has no tasks: Mistral would not take it by the other request either."""
    for name, value in (workbook.get("workflows") or {}).items():
        if "tasks" not in value:
            raise Failure(
                f"Workflow '{one_line(name, 60)}' of the workbook has no 'tasks'{_at(text, ('workflows', name))}. And Mistral"
                " takes a workbook by another request: mend it, and upload it with 'openstack workbook create FILE'.",
                "invalid_definition",
            )


def check_version(data: t.Any) -> None:
    """Raise Failure for a definition of workflows that lacks what each has to begin with."""
    if isinstance(data, dict) and data and VERSION not in data:
        raise Failure(
            "The workflow definition has no version: begin it with the line \"version: '2.0'\".",
            "invalid_definition",
        )


def _check_keys(data: dict[t.Any, t.Any], text: str) -> None:
    """Mistral fails at a key that is no text, and does not say at which."""
    for path, key in _keys(data, ()):
        above = [step for step in path if not isinstance(step, int)]
        if isinstance(key, str) or DATA.intersection(above[:-1]):
            continue
        raise Failure(_not_text(key, text, path + (key,)), "invalid_definition")


def _not_text(key: t.Any, text: str, path: Path) -> str:
    node = _node(text, path)
    if node is None:
        return f"The workflow definition has a key that is no text, but {_in_yaml(key)}: put it in quotes."
    written = one_line(node.value, 60)
    return (
        f"The workflow definition has a key that is no text{_at(text, path)}: YAML reads {written} as {_in_yaml(key)}."
        f' Write it in quotes: "{written}".'
    )


def _keys(value: t.Any, path: Path) -> t.Iterator[tuple[Path, t.Any]]:
    """Return all keys, each after the path of the dictionary that it is in."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield path, key
            yield from _keys(item, path + (key,))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _keys(item, path + (number,))


def _in_yaml(key: t.Any) -> str:
    if key is None:
        return "null"
    if isinstance(key, bool):
        return f"the truth value {str(key).lower()} (as on, off, yes and no)"
    if isinstance(key, (int, float)):
        return "a number"
    return f"a {type(key).__name__}"


def _listed(found: t.Iterable[t.Any]) -> str:
    return one_line(", ".join(str(name) for name in found), 200)


# Places


def expressions(data: t.Any) -> list[tuple[Path, str]]:
    """Return the texts of a definition that hold an expression, each after its path, without those that came before."""
    found: dict[str, Path] = {}
    for path, text in _texts(data, ()):
        if EXPRESSION.search(text):
            found.setdefault(text, path)
    return [(path, text) for text, path in found.items()]


def schema_places(data: t.Any, below: Path, shown: str, unexpected: str = "") -> list[Path]:
    """Return the paths of a definition that an error of Mistral's schemas can mean.

    Mistral validates a workflow, a task, a policy by itself: ``below`` is only the end of the path, and may be empty.
    ``shown`` is what it shows of the value, ``unexpected`` a key that is not allowed there.
    """
    found = []
    for path, value in _values(data, ()):
        if path[len(path) - len(below) :] != below:
            continue
        if unexpected and isinstance(value, dict) and unexpected in value:
            found.append(path + (unexpected,))
        if not unexpected and not isinstance(value, (dict, list)) and repr(value) == shown:
            found.append(path)
        if not unexpected and below and isinstance(value, (dict, list)):
            found.append(path)
    return found


def _values(value: t.Any, path: Path) -> t.Iterator[tuple[Path, t.Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _values(item, path + (key,))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _values(item, path + (number,))


def _texts(value: t.Any, path: Path) -> t.Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key, path + (key,))
            yield from _texts(item, path + (key,))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, path + (number,))


def place_in_words(path: Path, text: str = "") -> str:
    """Return a path in a definition as a person finds it: the workflow, the task, the key, and the line."""
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


def _at(text: str, path: Path) -> str:
    position = _position(text, path)
    return f" (line {position[0]}, column {position[1]})" if position else ""


def _position(text: str, path: Path) -> tuple[int, int] | None:
    """Return the line and the column of what is at a path in a YAML text: of a key, or of an item of a list."""
    node = _node(text, path)
    return (node.start_mark.line + 1, node.start_mark.column + 1) if node else None


def _node(text: str, path: Path) -> t.Any:
    """Return the node of the last key, or item, of a path in a YAML text; None if there is none."""
    if not text:
        return None
    loader = _Loader(text)
    try:
        node: t.Any = loader.get_single_node()
        found = None
        for step in path:
            found, node = _step(loader, node, step)
        return found
    except (yaml.YAMLError, LookupError, TypeError):
        return None
    finally:
        loader.dispose()


def _step(loader: t.Any, node: t.Any, step: t.Any) -> tuple[t.Any, t.Any]:
    """Return the node of a key or of an item, and that of its value. Of a key that stands twice, the last one counts."""
    if isinstance(node, yaml.SequenceNode):
        return node.value[step], node.value[step]
    for key, value in reversed(node.value):
        read = loader.construct_object(key)
        if read == step and isinstance(read, type(step)):
            return key, value
    raise LookupError(step)


# By meaning


def canonical(data: t.Any) -> str:
    """Return a text that is equal for definitions of one meaning, and only for these, made to be read in a diff.

    Texts are compared rather than data since in Python ``True == 1 == 1.0``.
    """
    if isinstance(data, dict) and VERSION in data:
        try:
            data = dict(data, **{VERSION: str(float(data[VERSION]))})
        except (TypeError, ValueError):
            pass
    return dump(_ordered(data, top=True))


def _ordered(value: t.Any, top: bool = False) -> t.Any:
    if isinstance(value, dict):
        keys = sorted(
            value, key=lambda key: (not (top and key == VERSION), str(key), type(key).__name__)
        )
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    return value
