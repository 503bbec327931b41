# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sandbox refuses and finds before it starts anything."""

from __future__ import annotations

import importlib.util
import pathlib
import subprocess
import sys
import urllib.error

import pytest

FILE = pathlib.Path(__file__).parents[2] / "roles" / "sandbox" / "files" / "sandbox.py"
NUMBERS = {
    "keystone_workers": 1,
    "zaqar_workers": 1,
    "mistral_engines": 1,
    "mistral_executors": 1,
}
ONE_PROCESS = {
    "database": "sqlite",
    "broker": "none",
    "one_mistral": True,
    "mistral_on_sqlite": True,
}
DISTRIBUTED = {
    "database": "postgresql",
    "broker": "rabbitmq",
    "one_mistral": False,
    "mistral_on_sqlite": False,
}


@pytest.fixture
def role():
    spec = importlib.util.spec_from_file_location("sandbox_of_the_role", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installed(role, monkeypatch):
    """PostgreSQL and RabbitMQ are installed."""
    for name in ("find_postgres", "not_as_root", "find_rabbitmq"):
        monkeypatch.setattr(role, name, lambda: None)


def check(role, stack: dict, **numbers: int) -> None:
    role.check_stack({**stack, "numbers": {**NUMBERS, **numbers}})


def test_both_stacks_are_accepted(role, installed):
    check(role, ONE_PROCESS, zaqar_workers=3)
    check(role, DISTRIBUTED, **dict.fromkeys(NUMBERS, 2))
    # a broker elsewhere
    check(role, {**ONE_PROCESS, "one_mistral": False, "mistral_on_sqlite": False})


@pytest.mark.parametrize(
    ("stack", "numbers", "sentence"),
    [
        (ONE_PROCESS, {"zaqar_workers": 0}, "sandbox_zaqar_workers is 0"),
        (ONE_PROCESS, {"keystone_workers": 2}, "Several workers of Keystone cannot share a SQLite"),
        (ONE_PROCESS, {"mistral_engines": 2}, "sandbox_mistral_engines is 2, and several"),
        (ONE_PROCESS, {"mistral_executors": 3}, "sandbox_mistral_executors is 3, and several"),
        ({**DISTRIBUTED, "mistral_on_sqlite": True}, {}, "which cannot share a SQLite file"),
    ],
)
def test_numbers_that_cannot_work_are_refused(role, installed, stack, numbers, sentence):
    with pytest.raises(role.Failed, match=sentence):
        check(role, stack, **numbers)


def test_a_missing_program_is_named_with_its_package(role, monkeypatch):
    monkeypatch.setattr(role.os, "access", lambda *_arguments: False)
    monkeypatch.setattr(role.shutil, "which", lambda *_names, **_more: None)
    monkeypatch.setattr(role.os, "geteuid", lambda: 0)
    with pytest.raises(role.Failed, match="There is no PostgreSQL: install the package postgresql"):
        role.find_postgres()
    with pytest.raises(role.Failed, match="of PostgreSQL 15, which is not there any more"):
        role.find_postgres("15")
    with pytest.raises(role.Failed, match="There is no RabbitMQ: install the package rabbitmq-ser"):
        role.find_rabbitmq()
    with pytest.raises(role.Failed, match="PostgreSQL refuses to run as root"):
        role.not_as_root()


def test_only_root_has_to_become_somebody_else(role, monkeypatch):
    monkeypatch.setattr(role.os, "geteuid", lambda: 1000)
    assert role.not_as_root() == []


def test_services_are_what_the_supervisor_runs(role, tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "supervisord.conf").write_text(
        "[supervisord]\n[program:redis]\n[program:zaqar-websocket]\n[program:zaqar-1]\n"
        "[program:zaqar-2]\n[program:mistral-engine-10]\n"
    )
    services = role.Sandbox(str(tmp_path)).services
    assert services == {
        "redis": "redis",
        "zaqar-websocket": "zaqar-websocket",
        "zaqar-1": "zaqar",
        "zaqar-2": "zaqar",
        "mistral-engine-10": "mistral-engine",
    }
    assert set(services.values()) <= set(role.SERVICES)


@pytest.mark.skipif(not pathlib.Path("/proc/self").exists(), reason="needs /proc")
def test_processes_of_postgresql_are_known_by_their_folder(role, tmp_path):
    """They overwrite their environment."""
    sandbox = role.Sandbox(str(tmp_path))
    sandbox.postgres_data.mkdir(parents=True)
    command = [sys.executable, "-c", "input()", "postgres: checkpointer"]
    folders = (sandbox.postgres_data, tmp_path)
    ours, other = (
        subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE) for folder in folders
    )
    try:
        assert ours.pid in sandbox.processes()
        assert other.pid not in sandbox.processes()
    finally:
        for process in (ours, other):
            process.communicate(b"\n")


def test_a_token_that_expires_while_the_services_start_is_replaced(role, monkeypatch):
    checks = role.Checks.__new__(role.Checks)
    checks.urls, checks.token = {"workflow": "", "messaging": ""}, "expired"

    def request(url: str, token: str, body: dict | None = None) -> None:
        if token == "expired":
            raise urllib.error.HTTPError(url, 401, "Unauthorized", None, None)

    monkeypatch.setattr(role, "request", request)
    monkeypatch.setattr(role.Checks, "keystone", lambda self: setattr(self, "token", "new"))
    waiting, last = {"mistral": checks.mistral, "zaqar": checks.zaqar}, {}
    role.run_checks(waiting, last)
    assert list(waiting) == ["mistral"] and last == {"mistral": "HTTP 401"}
    role.run_checks(waiting, last)
    assert waiting == {}
