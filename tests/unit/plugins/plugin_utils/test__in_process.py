# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a worker of Ansible's look like a module's process. The whole of it is tested with playbooks."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import sys
import types

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.interactive.openstack.plugins.module_utils._base import clients as _clients
from ansible_collections.interactive.openstack.plugins.plugin_utils import _in_process
from ansible_collections.interactive.openstack.plugins.plugin_utils._in_process import (
    InProcess,
    as_a_module,
    same_program,
)

OLD = {
    "old": {
        "type": "str",
        "removed_in_version": "99.0.0",
        "removed_from_collection": "interactive.openstack",
    }
}


@pytest.fixture(autouse=True)
def in_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    if _in_process.module_internals:
        monkeypatch.setattr(_in_process.module_internals, "is_controller", True)


def run(arguments: dict, environment: dict | None = None, **more) -> dict:
    options = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_no_log": True, **arguments}})
    with as_a_module(options, environment or {}, "/") as printed:
        module = AnsibleModule(argument_spec=OLD)
        module.warn("careful")
        module.exit_json(
            changed=False,
            word=module.params["old"],
            home=os.environ.get("BENCH"),
            folder=str(pathlib.Path.cwd()),
            **more,
        )
    return json.loads(printed.getvalue())


def test_warnings_and_deprecations_are_in_the_result_and_not_in_the_next_one():
    for _time in range(2):
        result = run({"old": "ünï {{ x }}"})
        assert len(result["warnings"]) == len(result["deprecations"]) == 1
        assert "careful" in str(result["warnings"]) and "old" in str(result["deprecations"])
        assert result["word"] == "ünï {{ x }}"


def test_the_environment_is_the_tasks_and_then_what_it_was(monkeypatch):
    monkeypatch.delenv("BENCH", raising=False)
    assert run({}, {"BENCH": 1})["home"] == "1"
    assert "BENCH" not in os.environ


def test_the_folder_is_the_modules_and_then_what_it_was():
    before = str(pathlib.Path.cwd())
    assert run({})["folder"] == "/"
    assert str(pathlib.Path.cwd()) == before


def test_all_is_put_back_after_an_error():
    with pytest.raises(ZeroDivisionError), as_a_module("{}", {"BENCH": "1"}, "/"):
        raise ZeroDivisionError
    assert "BENCH" not in os.environ
    if _in_process.module_internals:
        assert _in_process.module_internals.is_controller is True


def test_an_interpreter_is_known_by_its_environment(tmp_path):
    (tmp_path / "python3.99").touch()
    (tmp_path / "python").symlink_to("python3.99")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "python").symlink_to(tmp_path / "python3.99")
    assert same_program(str(tmp_path / "python"), str(tmp_path / "python3.99"))
    assert not same_program(str(tmp_path / "python"), str(tmp_path / "other" / "python"))
    assert not same_program("auto", str(tmp_path / "python"))


def test_the_versions_of_the_clients_are_known_before_ansible_forks():
    _clients._version.cache_clear()
    importlib.reload(_in_process)
    known = _clients._version.cache_info()
    for package in _clients.CLIENTS:
        _clients._version(package)
    assert _clients._version.cache_info().misses == known.misses == len(_clients.CLIENTS)


@pytest.mark.parametrize(
    ("change", "environment", "difference"),
    [
        ({}, {}, None),
        ({}, {"PATH": "/x", "OS_CLOUD": "y"}, None),
        ({"setting": False}, {}, "in_process is false"),
        ({"async_val": 5}, {}, "async"),
        ({"transport": "ssh"}, {}, "connection ssh"),
        ({"become": "sudo"}, {}, "become"),
        ({"interpreter": "/opt/python"}, {}, "interpreter /opt/python"),
        ({}, {"LANG": "C", "A": "b", "PYTHONPATH": "/x"}, "environment LANG, PYTHONPATH"),
    ],
)
def test_what_a_module_s_process_would_do_differently(change, environment, difference):
    task = {"setting": True, "async_val": 0, "transport": "local", "become": None}
    task = {"interpreter": sys.executable, **task, **change}
    plugin = types.SimpleNamespace(
        _setting=lambda _name, _variables: task["setting"],
        _interpreter=lambda _variables: task["interpreter"],
        _task=types.SimpleNamespace(async_val=task["async_val"]),
        _connection=types.SimpleNamespace(transport=task["transport"], become=task["become"]),
    )
    assert next(InProcess._differences(plugin, {}, environment), None) == difference


def progress(plugin_display: list[str], no_log: bool = False, setting: bool = True):
    plugin = types.SimpleNamespace(
        _task=types.SimpleNamespace(no_log=no_log),
        _setting=lambda _name, _variables: setting,
        _display=types.SimpleNamespace(display=lambda text, stderr: plugin_display.append(text)),
    )
    return InProcess._progress(plugin, {"inventory_hostname": "host"})


@pytest.mark.parametrize(
    ("setting", "lines"), [(True, ["progress: [host] => waiting"]), (False, [])]
)
def test_progress_is_shown_where_it_is_enabled(setting, lines):
    displayed: list[str] = []
    progress(displayed, setting=setting)("waiting")
    assert displayed == lines


def test_a_task_without_a_log_shows_no_progress():
    assert progress([], no_log=True) is None


def test_after_a_signal_progress_is_written_directly(monkeypatch):
    """Nobody listens to the display of a worker that is interrupted."""
    reading, writing = os.pipe()
    monkeypatch.setattr(_in_process, "STDERR", writing)
    monkeypatch.setattr(_in_process.signals, "pending", lambda: True)
    displayed: list[str] = []
    progress(displayed)("going on")
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        assert pipe.read() == "[host] => going on\n"
    assert displayed == []


def test_an_orphan_shows_nothing(monkeypatch):
    monkeypatch.setattr(_in_process.signals, "orphaned", lambda: True)
    displayed: list[str] = []
    progress(displayed)("nobody reads this")
    assert displayed == []
