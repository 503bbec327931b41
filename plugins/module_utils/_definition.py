# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflow definitions as data: read as Mistral reads them, compared by meaning, written in one canonical order."""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._clients import missing_client
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure, one_line

try:
    import yaml

    class _Loader(yaml.SafeLoader):
        """Mistral's loader: '&', '*' and '@' begin plain text, there are no anchors."""

        def fetch_alias(self):
            return self.fetch_plain()

        def fetch_anchor(self):
            return self.fetch_plain()

        def check_plain(self):
            return self.peek() == "@" or super().check_plain()

    class _Dumper(yaml.SafeDumper):
        """Long texts as blocks, and nothing of YAML that Mistral doesn't read."""

        def ignore_aliases(self, data):
            return True

    def _text(dumper, value):
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    _Dumper.add_representer(str, _text)
    # Ansible's own kinds of text, dictionary and list, where a flow runs inside the controller
    _Dumper.add_multi_representer(str, _text)
    _Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
    _Dumper.add_multi_representer(list, yaml.SafeDumper.represent_list)
    HAS_YAML = True
except ImportError:
    HAS_YAML = False

VERSION = "version"


def load(text: str) -> t.Any:
    """Return the data of a YAML text; raises Failure with the place of the error if it is none."""
    if not HAS_YAML:
        raise missing_client("PyYAML")
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        said = getattr(error, "problem", None) or one_line(error)
        raise Failure(f"The workflow definition is not valid YAML: {said}{where}.", "invalid_definition") from None


def dump(data: t.Any) -> str:
    """Return data as a YAML text, keys in their order."""
    if not HAS_YAML:
        raise missing_client("PyYAML")
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=110)


def names(data: t.Any) -> list[str]:
    """Return the names of the workflows in a definition; empty if it can't be one."""
    if not isinstance(data, dict):
        return []
    return [str(name) for name in data if name != VERSION]


def input_names(text: str | None, name: str) -> list[str]:
    """Return the names of the inputs that a workflow declares, from the text of its definition."""
    data = load(text or "")
    spec = data.get(name) if isinstance(data, dict) else None
    declared = (spec.get("input") if isinstance(spec, dict) else None) or []
    return [str(next(iter(item))) if isinstance(item, dict) and item else str(item) for item in declared]


def only(data: dict[t.Any, t.Any], wanted: t.Iterable[str]) -> dict[t.Any, t.Any]:
    """Return the definition of some of the workflows in a definition."""
    chosen = set(wanted)
    return {key: value for key, value in data.items() if key == VERSION or str(key) in chosen}


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
        keys = sorted(value, key=lambda key: (not (top and key == VERSION), str(key), type(key).__name__))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    return value
