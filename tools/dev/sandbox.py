"""The sandbox: a real Keystone, Zaqar and Mistral."""

from __future__ import annotations

import contextlib
import json
import pathlib
import random
import re
import socket

from .common import DEV, SERVICES, Environment, Failed, display_path, say
from .copies import copy_collection
from .cores import Core
from .interpreters import services_python
from .processes import Follower, run, thread_lock

PORT_VARIABLES = tuple(
    f"sandbox_{service}_port"
    for service in (
        "keystone",
        "zaqar",
        "websocket",
        "notification",
        "mistral",
        "rabbitmq",
        "rabbitmq_distribution",
        "epmd",
    )
)
# The stack that clouds run: several processes of each service, a database and a broker.
DISTRIBUTED: dict[str, str | int] = {
    "sandbox_database": "postgresql",
    "sandbox_broker": "rabbitmq",
    "sandbox_keystone_workers": 2,
    "sandbox_zaqar_workers": 2,
    "sandbox_mistral_engines": 2,
    "sandbox_mistral_executors": 2,
    "sandbox_timeout": 300,
}
# Below the ports that systems give to outgoing connections.
FIRST_PORTS = range(20000, 32000, 10)
# The last sentence of the role: why it failed.
FATAL_MESSAGE = re.compile(r'^fatal: .*?"msg": ("(?:[^"\\]|\\.)*")', re.M)

_reserved: set[int] = set()  # the first ports of sandboxes that are not started yet


class Sandbox:
    """A sandbox in .dev, which the collection's own playbook starts and stops.

    The playbook is that of `collections`, or of a copy of the checkout. `stack` has the role's
    variables for another stack than its usual one.
    """

    cloud = "sandbox"

    def __init__(
        self,
        core: Core,
        name: str,
        collections: pathlib.Path | None = None,
        stack: dict[str, str | int] | None = None,
    ) -> None:
        self.core = core
        self.path = DEV / name
        self.clouds = self.path / "clouds.yaml"
        self.shell = self.path / "openrc"
        self.collections = collections
        self.variables = {
            "sandbox_path": str(self.path),
            "sandbox_venv": str(SERVICES),
            "sandbox_python": services_python(),
            **_ports(name),
            **(stack or {}),
        }

    def start(self, log: pathlib.Path, follow: Follower | None = None) -> None:
        self._play("present", log, "The sandbox did not start", follow=follow)

    def stop(self, log: pathlib.Path) -> None:
        """Stop the services and remove what they stored, also while everything is being stopped."""
        if self.path.exists():
            self._play("absent", log, "The sandbox could not be stopped", cleanup=True)

    def say_kept(self) -> None:
        say(f"The sandbox is left running in {display_path(self.path)}: make clean stops it.")

    def env(self) -> Environment:
        return {"OS_CLIENT_CONFIG_FILE": str(self.clouds), "OS_CLOUD": self.cloud}

    def _play(
        self,
        state: str,
        log: pathlib.Path,
        sentence: str,
        follow: Follower | None = None,
        cleanup: bool = False,
    ) -> None:
        if self.collections is None:
            self.collections = copy_collection(self.core, self.path.name, log)
        variables = DEV / f"{self.path.name}.json"
        variables.write_text(json.dumps(self.variables | {"sandbox_state": state}))
        playbook = self.core.venv / "bin" / "ansible-playbook"
        try:
            run(
                [playbook, "interactive.openstack.sandbox", "-e", f"@{variables}"],
                log,
                self.core.env(self.collections),
                follow=follow,
                cleanup=cleanup,
            )
        except Failed as failure:
            causes = FATAL_MESSAGE.findall(log.read_text(errors="replace"))
            cause = json.loads(causes[-1]) if causes else failure
            raise Failed(f"{sentence}: {cause}", log) from failure


def _ports(name: str) -> dict[str, int]:
    """The ports of a sandbox; for a new one free ports, which no other sandbox gets meanwhile."""
    with thread_lock("ports"):
        return _present_ports(name) or _free_ports()


def _present_ports(name: str) -> dict[str, int] | None:
    """The ports of a sandbox that was started before, or None if there is none."""
    file = DEV / f"{name}.json"
    if not (DEV / name).exists() or not file.exists():
        return None
    variables = json.loads(file.read_text())
    if not variables.keys() >= set(PORT_VARIABLES):
        return None
    return {variable: variables[variable] for variable in PORT_VARIABLES}


def _free_ports() -> dict[str, int]:
    for first in random.sample(sorted(set(FIRST_PORTS) - _reserved), 100):
        ports = range(first, first + len(PORT_VARIABLES))
        if _are_free(ports):
            _reserved.add(first)
            return dict(zip(PORT_VARIABLES, ports, strict=True))
    raise Failed("No free ports were found for a sandbox")


def _are_free(ports: range) -> bool:
    with contextlib.ExitStack() as stack:
        try:
            for port in ports:
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
