# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the end-to-end tests share: the sandbox, a clean place to run playbooks in, and raw access
to the services.

`make test-e2e` names the sandbox in OS_CLIENT_CONFIG_FILE and OS_CLOUD, and the collection in
ANSIBLE_COLLECTIONS_PATH; after `make sandbox`, sourcing `.dev/env` does the same for a pytest of
your own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import typing as t
import uuid

import pexpect
import pytest
from keystoneauth1.adapter import Adapter
from openstack.config import OpenStackConfig

# The shape of the first interactive workflows: no output, the second of two actions wins, one-line
# parameters, a result addressed by its task's name. A text and not a file, because no linter lets a
# key pass that stands twice.
CLASSIC = """---
version: '2.0'

classic-dialogue:
  input:
    - input_queue: "workflow-input"
    - output_queue: "workflow-output"
  tasks:
    request:
      action: zaqar.queue_post
      retry: count=5 delay=1
      input:
        queue_name: <% $.output_queue %>
        messages:
          body: "Post something to '<% $.input_queue %>'"
      on-success: read
    read:
      pause-before: true
      action: zaqar.queue_pop
      input:
        queue_name: <% $.input_queue %>
      publish:
        user_input: <% task(read).result[0].body %>
      on-success: done
    done:
      action: std.echo output=<% $.user_input %>
      action: zaqar.queue_post
      retry: count=5 delay=1
      input:
        queue_name: <% $.output_queue %>
        messages:
          body: "You sent: '<% $.user_input %>'"
"""


@dataclasses.dataclass(frozen=True)
class Sandbox:
    """Where the services are: a clouds.yaml, and the name of the cloud in it."""

    clouds: pathlib.Path
    cloud: str


@dataclasses.dataclass(frozen=True)
class Result:
    """The exit status of a playbook, and all its output."""

    rc: int
    output: str


@dataclasses.dataclass(frozen=True)
class Cloud:
    """The services themselves, without our modules or the services' clients:
    `cloud.mistral.get("/workflows").json()`.
    """

    mistral: Adapter
    zaqar: Adapter


def variable(name: str) -> str:
    """A variable of the environment; without it, no test runs."""
    value = os.environ.get(name)
    if not value:
        pytest.fail(
            f"{name} is not set: run make test-e2e, or make sandbox and source .dev/env",
            pytrace=False,
        )
    return value


def pytest_terminal_summary(terminalreporter: t.Any) -> None:
    """Which of several services were killed can be repeated."""
    faults = sys.modules.get("faults")
    if faults:
        terminalreporter.write_line(f"SEED={faults.SEED}")


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    clouds = pathlib.Path(variable("OS_CLIENT_CONFIG_FILE"))
    if not clouds.exists():
        pytest.fail(f"The sandbox is not there: {clouds} does not exist", pytrace=False)
    return Sandbox(clouds, variable("OS_CLOUD"))


@pytest.fixture
def ansible_env(sandbox: Sandbox, tmp_path: pathlib.Path) -> dict[str, str]:
    """The environment of somebody who has installed the collection and a clouds.yaml, and nothing
    else.
    """
    home = tmp_path / "home"
    home.mkdir()
    env = {
        "HOME": str(home),
        "PATH": os.pathsep.join(
            [str(pathlib.Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
        ),
        "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
        "TERM": "dumb",
        "ANSIBLE_COLLECTIONS_PATH": variable("ANSIBLE_COLLECTIONS_PATH"),
        "ANSIBLE_NOCOLOR": "1",
        "OS_CLIENT_CONFIG_FILE": str(sandbox.clouds),
    }
    # what pip and the linker may need
    env.update(
        {key: os.environ[key] for key in ("SSL_CERT_FILE", "LD_LIBRARY_PATH") if key in os.environ}
    )
    return env


@pytest.fixture
def playbook(ansible_env: dict[str, str], sandbox: Sandbox, tmp_path: pathlib.Path):
    """Run a playbook by its FQCN or path, without a terminal:
    `playbook("interactive.openstack.run", {"answers": ["yes"]})`.

    The variables reach it as JSON, with the sandbox's cloud unless they say otherwise.
    """

    def play(
        name: str | pathlib.Path,
        variables: dict | None = None,
        *options: str,
        timeout: float = 180,
        **env: str,
    ) -> Result:
        file = tmp_path / f"variables-{uuid.uuid4()}.json"
        file.write_text(json.dumps({"cloud": sandbox.cloud} | (variables or {})))
        done = subprocess.run(
            ["ansible-playbook", str(name), "-e", f"@{file}", *options],
            cwd=tmp_path,
            env=ansible_env | env,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout)

    return play


@pytest.fixture(scope="session")
def cloud(sandbox: Sandbox) -> Cloud:
    session = (
        OpenStackConfig(config_files=[str(sandbox.clouds)])
        .get_one(cloud=sandbox.cloud)
        .get_session()
    )
    return Cloud(
        mistral=Adapter(session, service_type="workflowv2"),
        zaqar=Adapter(
            session, service_type="messaging", additional_headers={"Client-ID": str(uuid.uuid4())}
        ),
    )


@pytest.fixture
def classic(tmp_path: pathlib.Path) -> str:
    """The path of the classic workflow."""
    file = tmp_path / "classic.yaml"
    file.write_text(CLASSIC)
    return str(file)


class Terminal:
    """`ansible-playbook` at a pseudo-terminal."""

    def __init__(self, env: dict[str, str], cwd: pathlib.Path, *words: str) -> None:
        self.child = pexpect.spawn(
            "ansible-playbook",
            list(words),
            env=env,
            cwd=str(cwd),
            encoding="utf-8",
            codec_errors="replace",
            timeout=120,
            dimensions=(50, 200),
        )
        self.seen = ""

    def expect(self, pattern) -> None:
        self.child.expect(pattern)
        self.seen += self.child.before
        if isinstance(self.child.after, str):  # not pexpect.EOF
            self.seen += self.child.after

    def prompt(self) -> str:
        """Wait for the next prompt; return all that it says."""
        self.expect("The workflow asks\\]\r\n")
        begin = len(self.seen)
        self.expect("Your answer[^\n]*:")
        return self.seen[begin:].replace("\r\n", "\n")

    def answer(self, text: str) -> None:
        self.expect("Your answer[^\n]*:")
        self.child.sendline(text)

    def kill(self) -> None:
        """Kill it and its workers, to which ansible-core 2.19 and later give a session of their
        own.
        """
        children = pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        workers = children.read_text().split() if children.exists() else []
        for pid in (self.child.pid, *map(int, workers)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self) -> int:
        self.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


@pytest.fixture
def terminal(ansible_env, sandbox, tmp_path):
    opened = []

    def start(name: str, *words: str) -> Terminal:
        opened.append(Terminal(ansible_env, tmp_path, name, "-e", f"cloud={sandbox.cloud}", *words))
        return opened[-1]

    yield start
    for session in opened:
        if session.child.isalive():
            session.kill()
        session.child.close(force=True)
