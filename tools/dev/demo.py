"""The demo, and its sandbox, which stays until `make demo-down`."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys

from .common import DEV, LOGS, ROOT, Failed, display_path, new_log, say
from .copies import link_collection
from .cores import Core, chosen_core, make_core
from .processes import lock
from .progress import Progress
from .sandbox import Sandbox


def sandbox_up() -> None:
    _start(chosen_core(), Progress(2))
    _look_around()


def sandbox_down() -> None:
    log = LOGS / "demo-down.log"
    if (DEV / "sandbox").exists():
        core = chosen_core()
        make_core(core, log)
        with lock("sandbox"):
            Sandbox(core, "sandbox", link_collection()).stop(log)
    (DEV / "env").unlink(missing_ok=True)
    say("The demo's sandbox is stopped and its state removed.")


def demo() -> None:
    answer = os.environ.get("ANSWER")
    _check(answer)
    core, progress = chosen_core(), Progress(3)
    sandbox, collections = _start(core, progress)
    variables = _write_variables(sandbox, answer)
    playbook = "interactive.openstack.run"
    file = f"@{display_path(variables)}"
    say(progress.heading(f"Dialogue: ansible-playbook {playbook} -e {file}"))
    say()
    # Ctrl-C is for the prompt, which asks whether to continue or to abort
    signal.signal(signal.SIGINT, lambda *_: None)
    status = subprocess.call(
        [core.venv / "bin" / "ansible-playbook", playbook, "-e", f"@{variables}"],
        cwd=ROOT,
        env=core.env(collections, ANSIBLE_DISPLAY_SKIPPED_HOSTS="false", **sandbox.env()),
    )
    if status:
        raise Failed(
            "The dialogue failed: Ansible's messages are above, and the services' logs are in "
            ".dev/sandbox/log"
        )
    _look_around()


def _check(answer: str | None) -> None:
    """Fail before anything is made if nobody can answer."""
    if answer is None and not sys.stdin.isatty():
        raise Failed(
            'There is no terminal here to type an answer at: give it with make demo ANSWER="hello"'
        )
    if answer is not None and not answer.strip():
        raise Failed(
            'ANSWER is empty: give an answer, make demo ANSWER="hello", '
            "or leave it out and type one"
        )


def _start(core: Core, progress: Progress) -> tuple[Sandbox, pathlib.Path]:
    """Start the demo's sandbox; return it, and the folder of collections that has the checkout."""
    log = new_log("demo")
    with progress(
        f"Python environment in .dev/core-{core.name}: ansible-core {core.name}, OpenStack clients"
    ):
        make_core(core, log)
    collections = link_collection()
    sandbox = Sandbox(core, "sandbox", collections)
    with progress("Sandbox in .dev/sandbox: Keystone, Zaqar, Mistral") as follow, lock("sandbox"):
        sandbox.start(log, follow)
    _write_shell_settings(core, sandbox, collections)
    return sandbox, collections


def _write_shell_settings(core: Core, sandbox: Sandbox, collections: pathlib.Path) -> None:
    variables = {
        "PATH": f"{core.venv / 'bin'}:$PATH",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        **sandbox.env(),
    }
    lines = [
        "# for a shell: what it needs to use the demo's sandbox",
        f'. "{sandbox.shell}"',
        *(f'export {name}="{value}"' for name, value in variables.items()),
    ]
    (DEV / "env").write_text("".join(f"{line}\n" for line in lines))


def _write_variables(sandbox: Sandbox, answer: str | None) -> pathlib.Path:
    # the workflow stays afterwards: there would be nothing to look around at
    lines = [
        f"cloud: {json.dumps(sandbox.cloud)}",
        "workflow_file: ask_with_pause.yaml",
        "cleanup: false",
    ]
    if answer is not None:
        # JSON text is a YAML string; !unsafe keeps Ansible from reading a template into it
        lines += ["answers:", f"  - !unsafe {json.dumps(answer)}"]
    file = DEV / "demo.yml"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def _look_around() -> None:
    commands = "openstack workflow execution list; openstack messaging queue list"
    say()
    say(f"Look around:   . .dev/env; {commands}")
    say("Stop it:       make demo-down")
