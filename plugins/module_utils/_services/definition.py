# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflow definitions as data.

They are read as Mistral reads them, searched by a workflow's name, and compared by meaning.
"""

from __future__ import annotations

import contextlib
import enum
import re
import typing as t

from .._base import yaml_text as _yaml
from .._base.clients import missing_client
from .._base.errors import Failure
from .._base.json_types import Json, JsonObject, as_object
from .._base.text import one_line
from .records import Workflow

try:
    import yaml

    class _Dumper(yaml.SafeDumper):
        """Writes long texts as blocks, and no YAML syntax that Mistral cannot read."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    def _text(dumper: _Dumper, value: str) -> yaml.Node:
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

# Line breaks of Unicode, which YAML folds or changes, and characters that it can only escape.
ONLY_ESCAPED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)

EXPRESSION = re.compile(r"<%|{{|{%")  # the beginning of one, of YAQL or of Jinja


class Loader(_yaml.Loader):
    """Mistral's loader: '&', '*' and '@' begin plain text, there are no anchors."""

    def fetch_alias(self) -> None:
        """Read '*' as the beginning of plain text."""
        self.fetch_plain()

    def fetch_anchor(self) -> None:
        """Read '&' as the beginning of plain text."""
        self.fetch_plain()

    def check_plain(self) -> bool:
        """Tell whether plain text begins here: also with '@'."""
        return self.peek() == "@" or bool(super().check_plain())


def _style(value: str) -> str | None:
    """Return how a text is written so that it is the same when it is read again."""
    if ONLY_ESCAPED.search(value):
        return '"'
    return "|" if "\n" in value else None


def load(text: str) -> Json:
    """Return the data of a YAML text. Raises Failure with the place of the error if it is none."""
    try:
        return _yaml.load(text, Loader)
    except _yaml.InvalidYaml as error:
        where = f" ({error.place})" if error.place else ""
        raise Failure(
            f"The workflow definition is not valid YAML: {error.cause}{where}.",
            "invalid_definition",
        ) from None


def dump(data: Json) -> str:
    """Return data as a YAML text, keys in their order."""
    if not HAS_YAML:
        raise missing_client("PyYAML")
    try:
        text: str = yaml.dump(
            data,
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
            width=110,
        )
        return text
    except RecursionError:
        cause = "it is nested too deep"
    except yaml.YAMLError as error:
        cause = one_line(error, 120)
    raise Failure(
        f"The workflow definition cannot be written as YAML: {cause}.", "invalid_definition"
    )


# By name


def is_workbook(data: Json) -> bool:
    """Tell whether a definition is a workbook: its workflows and actions are one level deeper.

    A workbook has a name. One without a name counts if each of its members is a workflow or an
    action, so that Mistral says that the name is missing.
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


def _is_section(value: Json) -> bool:
    """Tell whether this may be the workflows or the actions of a workbook.

    It is no workflow and no action itself.
    """
    if not isinstance(value, dict) or MEMBER_KEYS.intersection(value):
        return False
    return all(isinstance(member, dict) for member in value.values())


def workflows(data: Json) -> dict[str, Json]:
    """Return the workflows of a definition by the names that Mistral gives them.

    The names in a workbook begin with the name of the workbook.
    """
    if not isinstance(data, dict):
        return {}
    if not is_workbook(data):
        return {str(name): value for name, value in data.items() if name != VERSION}
    members = data.get("workflows")
    if not isinstance(members, dict):
        return {}
    return {_member_name(data, name): value for name, value in members.items()}


def _member_name(workbook: JsonObject, name: object) -> str:
    if workbook.get("name"):
        return f"{workbook['name']}.{name}"
    return str(name)


def names(data: Json) -> list[str]:
    """Return the names of the workflows in a definition; empty if it can't be one."""
    return list(workflows(data))


def full_name(data: Json, name: str) -> str:
    """Return the key in workflows() of the workflow of this name; empty if there is none."""
    return Workflows(data).full_name(name)


def spec(data: Json, name: str) -> JsonObject:
    """Return the specification of the workflow of this name; empty if there is none."""
    return Workflows(data).spec(name)


class Workflows:
    """The workflows of a definition, indexed once to find many of them by name.

    A workflow of a workbook can be named without the name of the workbook. Mistral stores it so:
    the short name is the only key of its definition.
    """

    def __init__(self, data: Json) -> None:
        self._data = data
        self._specs = workflows(data)
        self._in_workbook = is_workbook(data)

    def full_name(self, name: str) -> str:
        """Return the name that Mistral gives to a workflow; empty if there is none."""
        if name in self._specs:
            return name
        if self._in_workbook:
            member = _member_name(self._data, name)
            return member if member in self._specs else ""
        if len(self._specs) != 1:
            return ""
        [only_name] = self._specs
        return only_name if name.endswith(f".{only_name}") else ""

    def spec(self, name: str) -> JsonObject:
        """Return the specification of the workflow of this name; empty if there is none."""
        return as_object(self._specs.get(self.full_name(name)))


def stored_spec(workflow: Workflow | None, name: str = "") -> JsonObject:
    """Return the specification in a workflow that Mistral stores; empty if there is none.

    Mistral cuts the definition of a workbook's workflow out of the text line by line, so it can be
    any text.
    """
    if not workflow:
        return {}
    try:
        data = load(workflow.definition)
    except Failure:
        return {}
    return spec(data, name or workflow.name)


def stored_tasks(workflow: Workflow | None, name: str = "") -> dict[str, JsonObject]:
    """Return the tasks in a workflow that Mistral stores, by name, with the task-defaults."""
    return tasks_of(stored_spec(workflow, name))


def tasks_of(specification: JsonObject) -> dict[str, JsonObject]:
    """Return the tasks of a workflow, by name, with the task-defaults."""
    defaults = as_object(specification.get("task-defaults"))
    tasks = as_object(specification.get("tasks"))
    return {str(key): {**defaults, **task} for key, task in tasks.items() if isinstance(task, dict)}


class Inputs(t.NamedTuple):
    """The names of a workflow's inputs."""

    names: list[str]  # in their order
    required: frozenset[str]  # those without a default


def inputs(workflow: Workflow) -> Inputs | None:
    """Return the inputs of a workflow, or None if nobody knows them.

    Mistral knows them, or the definition declares them.
    """
    interface = workflow.interface or stored_spec(workflow)
    if not interface:
        return None
    declared = interface.get("input")
    if not isinstance(declared, list):
        declared = []
    names: list[str] = []
    required: list[str] = []
    for item in declared:
        if isinstance(item, dict):  # of defaults, by name
            names += map(str, item)
        else:
            names.append(str(item))
            required.append(str(item))
    return Inputs(names, frozenset(required))


def input_names(workflow: Workflow) -> list[str]:
    """Return the names of a workflow's inputs; empty if nobody knows them."""
    known = inputs(workflow)
    return known.names if known else []


def only(data: JsonObject, workflow_names: t.Collection[str]) -> JsonObject:
    """Return the definition of some of the workflows in a definition."""
    return {
        key: value for key, value in data.items() if key == VERSION or str(key) in workflow_names
    }


# By kind


class Kind(enum.Enum):
    """What a definition holds."""

    NOTHING = "nothing"
    WORKFLOWS = "workflows"  # or what only Mistral can judge
    WORKBOOK = "workbook"
    ACTIONS = "ad-hoc actions"


def kind(data: Json) -> Kind:
    """Return what a definition defines."""
    if not isinstance(data, dict):
        return Kind.NOTHING
    if is_workbook(data):
        return Kind.WORKBOOK
    specs = [value for name, value in data.items() if name != VERSION]
    if not specs:
        return Kind.NOTHING
    if all(map(_is_action, specs)):
        return Kind.ACTIONS
    return Kind.WORKFLOWS


def _is_action(value: Json) -> bool:
    """Tell whether this is an ad-hoc action: it has a base and no tasks."""
    return isinstance(value, dict) and "base" in value and "tasks" not in value


def no_workflows(data: Json) -> str:
    """Return the content of a definition without workflows, to follow 'The definition holds'.

    Empty if it may hold workflows.
    """
    content = kind(data)
    if content is Kind.NOTHING:
        return "no workflow"
    if content is Kind.WORKBOOK and not workflows(data):
        return "a workbook without workflows"
    if content is Kind.ACTIONS:
        return f"ad-hoc actions ({listed(workflows(data))}) and no workflow"
    return ""


def listed(items: t.Iterable[object]) -> str:
    """Return some names as a part of a sentence."""
    return one_line(", ".join(map(str, items)), 200)


# By meaning


def canonical(data: Json) -> str:
    """Return a text for a diff. It is equal for definitions of one meaning, and only for these.

    Texts are compared rather than data because in Python ``True == 1 == 1.0``.
    """
    ordered = _ordered(data)
    if isinstance(ordered, dict) and VERSION in ordered:
        version = ordered.pop(VERSION)
        with contextlib.suppress(TypeError, ValueError):
            version = str(float(version))
        ordered = {VERSION: version, **ordered}
    return dump(ordered)


def _ordered(value: Json) -> Json:
    """Return a value with the keys of all its dictionaries in one order."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (str(key), type(key).__name__))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    return value
