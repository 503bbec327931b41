# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role sandbox: what a second run, a second sandbox, an outage, a taken port and a removal do,
with Mistral in one process and with PostgreSQL, RabbitMQ and several processes.

The services' virtual environment is borrowed from the sandbox that the tests run on (SANDBOX_VENV,
or found through OS_CLIENT_CONFIG_FILE), so that nothing is installed.
"""

from __future__ import annotations

import concurrent.futures
import functools
import json
import os
import pathlib
import random
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
import yaml

PORTS = ("keystone", "zaqar", "websocket", "notification", "mistral")
BROKER_PORTS = ("rabbitmq", "rabbitmq_distribution", "epmd")
SERVICES = {"redis", "keystone", "zaqar", "zaqar-websocket", "mistral"}
DISTRIBUTED = {
    "sandbox_database": "postgresql",
    "sandbox_broker": "rabbitmq",
    "sandbox_keystone_workers": 2,
    "sandbox_zaqar_workers": 2,
    "sandbox_mistral_engines": 2,
    "sandbox_mistral_executors": 2,
    "sandbox_timeout": 300,
}
DISTRIBUTED_SERVICES = {
    "postgresql",
    "rabbitmq",
    "epmd",
    "redis",
    "zaqar-websocket",
    "mistral-api",
    "mistral-event-engine",
    "mistral-notifier",
    *(
        f"{kind}-{number}"
        for kind in ("keystone", "zaqar", "mistral-engine", "mistral-executor")
        for number in (1, 2)
    ),
}


def venv() -> str:
    """Return the virtual environment of the sandbox that the tests run on."""
    if os.environ.get("SANDBOX_VENV"):
        return os.environ["SANDBOX_VENV"]
    clouds = os.environ.get("OS_CLIENT_CONFIG_FILE", "")
    settings = pathlib.Path(clouds).with_name("sandbox.json")
    if clouds and settings.exists():
        return json.loads(settings.read_text())["settings"]["venv"]
    return ""  # it is then made, which takes a minute


def free_ports(names: tuple[str, ...] = PORTS) -> dict[str, int]:
    found: dict[str, int] = {}
    for port in random.sample(
        range(20000, 30000), 1000
    ):  # another run at the same time gets others
        with socket.socket() as probed:
            try:
                probed.bind(("127.0.0.1", port))
            except OSError:
                continue
        found[f"sandbox_{names[len(found)]}_port"] = port
        if len(found) == len(names):
            return found
    raise RuntimeError("no free ports")


class Sandbox:
    """One sandbox, run by the playbook that users run."""

    def __init__(self, path: pathlib.Path, **variables) -> None:
        self.path = path
        self.services = SERVICES
        self.variables = {"sandbox_path": str(path), "sandbox_venv": venv(), **variables}

    def play(self, *arguments: str, **variables) -> subprocess.CompletedProcess:
        playbook = pathlib.Path(sys.executable).with_name("ansible-playbook")
        env = {
            **os.environ,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_STDOUT_CALLBACK": "default",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        }
        return subprocess.run(
            [
                str(playbook) if playbook.exists() else "ansible-playbook",
                "interactive.openstack.sandbox",
                "-e",
                json.dumps({**self.variables, **variables}),
                *arguments,
            ],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def start(self, *arguments: str, **variables) -> str:
        done = self.play(*arguments, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def remove(self) -> str:
        return self.start(sandbox_state="absent")

    def control(self, *arguments: str) -> str:
        return subprocess.run(
            [self.path / "supervisorctl", *arguments], capture_output=True, text=True, check=False
        ).stdout

    def pid(self, service: str) -> int:
        return int(self.control("pid", service))

    def pids(self) -> dict[str, int]:
        return {service: self.pid(service) for service in self.services}

    def states(self) -> dict[str, str]:
        return dict(line.split()[:2] for line in self.control("status").splitlines())

    def secrets(self) -> list[str]:
        return list(json.loads((self.path / "secrets.json").read_text()).values())

    def token(self, cloud: str = "sandbox") -> dict:
        auth = yaml.safe_load((self.path / "clouds.yaml").read_text())["clouds"][cloud]["auth"]
        domain = {"name": "Default"}
        body = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": auth["username"],
                            "password": auth["password"],
                            "domain": domain,
                        }
                    },
                },
                "scope": {"project": {"name": auth["project_name"], "domain": domain}},
            }
        }
        request = urllib.request.Request(
            auth["auth_url"] + "/auth/tokens",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return {"id": answer.headers["X-Subject-Token"], **json.load(answer)["token"]}

    def run_action(self, name: str, inputs: dict, **params) -> dict:
        """Let Mistral run an action; return the action execution."""
        body = json.dumps({"name": name, "input": inputs, "params": params}).encode()
        return self.mistral("/action_executions", body)

    def mistral(self, path: str, body: bytes | None = None) -> dict:
        headers = {"Content-Type": "application/json", "X-Auth-Token": self.token()["id"]}
        url = f"http://127.0.0.1:{self.variables['sandbox_mistral_port']}/v2{path}"
        with urllib.request.urlopen(
            urllib.request.Request(url, body, headers), timeout=30
        ) as answer:
            return json.load(answer)


def until(condition, what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def changed(output: str) -> int:
    return int(re.search(r"changed=(\d+)", output)[1])


def processes(path: pathlib.Path) -> list[str]:
    """Return the processes of a sandbox, whoever is their parent."""
    mark = f"INTERACTIVE_OPENSTACK_SANDBOX={path}".encode()
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            if command and (
                mark in (entry / "environ").read_bytes().split(b"\0")
                or f"{path}/run/".encode() in command
                or (entry / "cwd").readlink() == path / "db" / "postgresql"
            ):
                found.append(command.replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A sandbox of our own, in a folder whose name is too long and too odd for a socket."""
    one = Sandbox(
        tmp_path_factory.mktemp("sandbox") / ("a folder with a long name " * 4).strip() / "state",
        **free_ports(),
    )
    try:
        one.output = one.start("-vvv")
        yield one
    finally:
        one.remove()


@pytest.fixture(scope="module")
def distributed(tmp_path_factory):
    """A sandbox with a database and a broker, and two of each worker."""
    if not pathlib.Path("/usr/lib/rabbitmq").is_dir() or not list(
        pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")
    ):
        pytest.skip("PostgreSQL or RabbitMQ is not installed")
    several = Sandbox(
        tmp_path_factory.mktemp("distributed") / "a folder" / "state",
        **free_ports((*PORTS, *BROKER_PORTS)),
        **DISTRIBUTED,
    )
    several.services = DISTRIBUTED_SERVICES
    try:
        several.output = several.start("-vvv")
        yield several
    finally:
        several.remove()


@pytest.fixture(params=["sandbox", "distributed"])
def either(request):
    """Each of both sandboxes."""
    return request.getfixturevalue(request.param)


def test_a_second_run_changes_nothing(either):
    assert either.states() == dict.fromkeys(either.services, "RUNNING")
    pids = either.pids()
    assert changed(either.start()) == 0
    assert either.pids() == pids


def test_both_clouds_get_a_token_and_the_catalog_is_complete(sandbox):
    assert sandbox.token()["user"]["name"] == "demo"
    assert {role["name"] for role in sandbox.token()["roles"]} >= {"member"}
    token = sandbox.token("sandbox-admin")
    assert "admin" in {role["name"] for role in token["roles"]}
    assert {service["type"] for service in token["catalog"]} == {
        "identity",
        "messaging",
        "messaging-websocket",
        "workflowv2",
    }
    assert all(len(service["endpoints"]) == 3 for service in token["catalog"])


def test_no_secret_is_shown_by_ansible_or_by_the_process_list(either):
    listing = subprocess.run(
        ["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True
    ).stdout
    assert f"{either.path}/lib/serve_wsgi.py" in listing
    for secret in either.secrets():
        assert len(secret) >= 24
        assert secret not in either.output
        assert secret not in listing


def test_nobody_else_can_read_it(either):
    assert stat.S_IMODE(either.path.stat().st_mode) == 0o700
    secrets, seen = either.secrets(), 0
    for folder, _folders, files in os.walk(either.path):
        for file in map(pathlib.Path(folder).joinpath, files):
            assert stat.S_IMODE(file.lstat().st_mode) & 0o077 == 0, file
            if file.suffix in {".conf", ".yaml"} or file.name.startswith("openrc"):
                if any(secret in file.read_text() for secret in secrets):
                    seen += 1
                    assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert seen >= 5


def listening(file: str = "tcp") -> list[tuple[str, str]]:
    """The addresses and ports that are listened on, as hexadecimal numbers."""
    lines = pathlib.Path(f"/proc/net/{file}").read_text().splitlines()[1:]
    return [tuple(line.split()[1].split(":")) for line in lines if line.split()[3] == "0A"]


def test_nothing_listens_beyond_the_loopback_interface(either):
    ports = {f"{port:04X}" for name, port in either.variables.items() if name.endswith("_port")}
    assert {(address, port) for address, port in listening() if port in ports} == {
        ("0100007F", port) for port in ports
    }
    with_version_6 = {address for address, port in listening("tcp6") if port in ports}
    assert with_version_6 <= {"00000000000000000000000001000000"}


@pytest.mark.parametrize("save_result", [False, True])
@pytest.mark.parametrize(
    "name, inputs",
    [
        ("mistral.environments_create", {"name": "of-an-action", "variables": {"a": 1}}),
        ("mistral.environments_list", {}),
        (
            "mistral.action_executions_create",
            {"name": "std.echo", "input": {"output": "by way of the engine"}},
        ),
        ("mistral.action_executions_create", {"name": "std.nothing"}),
    ],
)
def test_a_synchronous_action_can_call_mistral_itself(sandbox, name, inputs, save_result):
    if name == "mistral.environments_create":
        inputs = inputs | {"name": f"of-an-action-{save_result}"}
    done = sandbox.run_action(name, inputs, run_sync=True, save_result=save_result)
    succeeds = inputs.get("name") != "std.nothing"
    assert done["state"] == ("ERROR", "SUCCESS")[succeeds], done
    assert sandbox.run_action("std.echo", {"output": "hello"}, run_sync=True)["state"] == "SUCCESS"


def test_many_synchronous_actions_can_call_mistral_at_once(sandbox):
    names = [f"at-once-{number}" for number in range(15)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        done = pool.map(
            lambda name: sandbox.run_action(
                "mistral.environments_create", {"name": name, "variables": {}}, run_sync=True
            ),
            names,
        )
        assert [action["state"] for action in done] == ["SUCCESS"] * len(names)


COUNT_CHECKS = """
import json, sys
import jsonschema
checked = []
jsonschema.validators.validator_for({}).check_schema = checked.append
import mend_mistral
mend_mistral.mend()
from mistral.lang import parser
for name in ("first", "second"):
    definition = f"{{version: '2.0', {name}: {{tasks: {{one: {{action: std.noop}}, two: {{action: std.noop}}}}}}}}"
    parser.get_workflow_list_spec_from_yaml(definition, validate=True)
print(json.dumps(checked))
"""


def test_mistral_checks_each_of_its_schemas_once(sandbox):
    python = (
        pathlib.Path(json.loads((sandbox.path / "sandbox.json").read_text())["settings"]["venv"])
        / "bin"
        / "python"
    )
    env = {**os.environ, "PYTHONPATH": str(sandbox.path / "lib")}
    done = subprocess.run(
        [python, "-c", COUNT_CHECKS], env=env, capture_output=True, text=True, check=True
    )
    checked = [json.dumps(schema, sort_keys=True) for schema in json.loads(done.stdout)]
    assert checked
    assert len(checked) == len(set(checked))


def test_a_killed_service_comes_back_and_a_stopped_one_is_started(sandbox):
    assert set(sandbox.states()) == SERVICES
    before = sandbox.pid("mistral")
    os.kill(before, signal.SIGKILL)
    sandbox.control("stop", "zaqar")
    assert changed(sandbox.start()) == 1
    assert set(sandbox.states().values()) == {"RUNNING"}
    assert sandbox.pid("mistral") not in (0, before)
    assert changed(sandbox.start()) == 0


def test_a_killed_supervisor_is_no_obstacle(either):
    os.kill(either.pid(""), signal.SIGKILL)
    assert changed(either.start()) == 1
    assert either.states() == dict.fromkeys(either.services, "RUNNING")
    assert either.run_action("std.echo", {"output": "hello"}, run_sync=True)["state"] == "SUCCESS"


def test_another_setting_restarts_what_reads_it_and_nothing_else(sandbox):
    pids = sandbox.pids()
    sandbox.variables["sandbox_token_expiration"] = 100
    assert changed(sandbox.start()) > 0
    assert {name for name, pid in sandbox.pids().items() if pid != pids[name]} == {"keystone"}
    token = sandbox.token()
    stamps = [
        time.mktime(time.strptime(token[key][:19], "%Y-%m-%dT%H:%M:%S"))
        for key in ("issued_at", "expires_at")
    ]
    assert stamps[1] - stamps[0] <= 101
    assert changed(sandbox.start()) == 0


def test_check_mode_does_nothing(sandbox, tmp_path):
    assert changed(sandbox.start("--check")) == 0
    pids = sandbox.pids()
    assert changed(sandbox.start("--check", sandbox_token_expiration=200)) == 1
    assert sandbox.pids() == pids
    other = Sandbox(tmp_path / "sandbox", **free_ports())
    other.start("--check")
    assert not other.path.exists()


def ports_of(sandbox: Sandbox, service: str) -> int:
    port = f"{sandbox.variables[f'sandbox_{service}_port']:04X}"
    return [found for _address, found in listening()].count(port)


def test_workers_share_a_port(distributed):
    assert ports_of(distributed, "keystone") == ports_of(distributed, "zaqar") == 2
    # each request may come to another of them
    tokens = {distributed.token()["id"] for _time in range(6)}
    assert len(tokens) == 6


def test_what_is_stored_survives_a_stop_of_everything(distributed):
    """Also numbers that change: what is one too many is gone."""
    action = distributed.run_action("std.echo", {"output": "still there"}, save_result=True)["id"]
    state = functools.partial(distributed.mistral, f"/action_executions/{action}")
    until(lambda: state()["state"] == "SUCCESS", "an executor ran it")
    distributed.control("shutdown")
    until(lambda: not processes(distributed.path), "all processes are gone")
    assert changed(distributed.start(sandbox_mistral_engines=1)) > 0
    assert distributed.states() == dict.fromkeys(
        DISTRIBUTED_SERVICES - {"mistral-engine-2"}, "RUNNING"
    )
    assert state()["state"] == "SUCCESS"


def test_a_broker_and_a_database_leave_nothing_behind(distributed):
    assert changed(distributed.remove()) == 1
    assert processes(distributed.path) == []
    assert not distributed.path.exists()
    assert changed(distributed.remove()) == 0


def test_what_takes_a_database_is_refused_without_one(tmp_path):
    refused = Sandbox(tmp_path / "refused", **free_ports(), sandbox_keystone_workers=2)
    done = refused.play()
    assert done.returncode != 0
    assert "Several workers of Keystone cannot share a SQLite file" in done.stdout
    assert not refused.path.exists()


def test_the_environment_file_is_shell(sandbox):
    done = subprocess.run(
        ["sh", "-euc", '. "$1"; env', "sh", sandbox.path / "openrc"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.defpath},
    )
    env = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert env["OS_CLIENT_CONFIG_FILE"] == str(sandbox.path / "clouds.yaml")
    assert env["OS_PASSWORD"] in sandbox.secrets()


def test_two_side_by_side_and_then_nothing_is_left(sandbox, tmp_path):
    second = Sandbox(tmp_path / "second", **free_ports())
    try:
        assert changed(second.start()) > 0
        assert set(second.states().values()) == set(sandbox.states().values()) == {"RUNNING"}
        with pytest.raises(urllib.error.HTTPError):
            # each has passwords of its own
            second.path.joinpath("clouds.yaml").write_text(
                re.sub(
                    r'password: ".*"',
                    'password: "wrong"',
                    (second.path / "clouds.yaml").read_text(),
                )
            )
            second.token()
        assert changed(second.start()) == 1  # and what was edited is put right
        second.token()
    finally:
        output = second.remove()
    assert changed(output) == 1
    assert not second.path.exists()
    assert processes(second.path) == []
    assert (
        pathlib.Path(second.variables["sandbox_venv"]).exists()
        or not second.variables["sandbox_venv"]
    )
    assert changed(second.remove()) == 0
    assert set(sandbox.states().values()) == {"RUNNING"}


def test_a_half_broken_one_is_removed(tmp_path):
    broken = Sandbox(tmp_path / "broken", **free_ports())
    try:
        broken.start()
        os.kill(broken.pid(""), signal.SIGKILL)
        for name in ("sandbox.json", "secrets.json", "etc/supervisord.conf"):
            (broken.path / name).unlink()
        assert len(processes(broken.path)) >= len(SERVICES)
    finally:
        broken.remove()
    assert not broken.path.exists()
    assert processes(broken.path) == []


def test_a_port_in_use_is_named_before_anything_is_made(tmp_path):
    other = Sandbox(tmp_path / "other", **free_ports())
    port = other.variables["sandbox_zaqar_port"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = other.play()
    assert done.returncode != 0
    assert f"Port {port} (sandbox_zaqar_port) is already used by another program" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not other.path.exists()


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_folder_of_somebody_elses_is_not_touched(tmp_path, state):
    (tmp_path / "mine").write_text("precious")
    done = Sandbox(tmp_path, **free_ports()).play(sandbox_state=state)
    assert done.returncode != 0
    assert "is not a sandbox's folder, and not empty" in done.stdout
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]


def test_a_service_that_cannot_start_is_one_sentence_with_its_log(tmp_path):
    broken = Sandbox(
        tmp_path / "broken",
        **free_ports(),
        sandbox_database_url="postgresql+psycopg2://user:hidden@127.0.0.1:1/none",
    )
    try:
        done = broken.play("-vvv")
        assert done.returncode != 0
        message = re.search(
            r'"msg": "(The database of Mistral could not be made: .*)"', done.stdout
        )
        assert (
            message
            and "onnection refused" in message[1]
            and str(broken.path / "log" / "mistral-database.log") in message[1]
        )
        assert "hidden" not in message[1]
    finally:
        broken.remove()
