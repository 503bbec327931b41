"""Do what the Makefile's targets say: make the environments, run the sandbox, the demo and the tests.

Needs only the standard library. Everything it makes lies in .dev/, which can be deleted at any time:

    tools/          uv, which makes the other environments
    home/           HOME of everything that is run, so that nobody's own is touched
    core-X.Y/venv/  ansible-core X.Y with the clients and the test tools
    core-X.Y/.../   a copy of the collection for each kind of test, taken when the tests start
    minimum/        the same with the oldest of all: ansible-core, Python, clients
    lint/           the linters, with an ansible-core of their own
    services/       what the sandboxes' services run on
    sandbox/        the demo's sandbox; sandbox-*/ are the tests'
    bench/          the benchmark's playbooks and logs, and the results of a run that is not the whole of it
    logs/           one file a step
"""

from __future__ import annotations

import ast
import concurrent.futures
import contextlib
import fcntl
import functools
import glob
import hashlib
import json
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEV = ROOT / ".dev"
TOOLS = DEV / "tools"
HOME = DEV / "home"
CACHE = DEV / "cache"
SERVICES = DEV / "services"
REQUIREMENTS = ROOT / "tests" / "requirements"

# ansible-core: the oldest and the newest Python 3 that it runs on, as a controller
CORES = {
    "2.16": (10, 12),
    "2.17": (10, 12),
    "2.18": (11, 13),
    "2.19": (11, 13),
    "2.20": (12, 14),
    "2.21": (12, 14),
    "2.22": (13, 15),
}
PRE_RELEASES = {"2.22"}
# sanity tests that cannot be met on one ansible-core, and why; said aloud at every run
UNMEETABLE = {
    "2.16": (["future-import-boilerplate", "metaclass-boilerplate"], "they ask for Python 2 code"),
    "2.22": (["pylint"], "the version it asks for is not published"),
}
# newer ones work, but some of the services' packages have to be compiled there
SERVICES_PYTHON = (11, 12), (13, 14)
# The oldest of all: ansible-core, Python 3, and the clients, whose lower bounds requirements.txt has
OLDEST_CORE, OLDEST_PYTHON = "2.16", 10
# the community package that carries other collections, for the tests that need them
ANSIBLE_PACKAGE = "ansible==13.8.0"
OTHER_COLLECTIONS = "openstack/cloud", "awx/awx"
# The sandboxes that end-to-end tests run on side by side, each with one file of them at a time:
# most of it is waiting.
E2E_SANDBOXES = ("e2e", "e2e-2")
# These kill services, which take the longer to come back the busier the machine is. They come after the three largest of
# the others: sanity, the linters and the integration tests have ended by then.
E2E_LATER = ("test_faults.py", "test_random_dialogues.py")
# Integration targets that `make test` runs as modules too: what compares both shells, and one of
# each service. `make test-full` runs all of them.
AS_MODULES = ("dialogue", "errors", "mistral_execution", "shells", "zaqar_queue")

processes: set[subprocess.Popen] = set()
stopping = threading.Event()
given: set[int] = set()  # the first ports of sandboxes that are not started yet
threads: dict[str, threading.Lock] = defaultdict(threading.Lock)


class Failed(Exception):
    """A sentence for the person at the terminal, and the log that says more."""

    def __init__(self, sentence: str, log: pathlib.Path | None = None) -> None:
        super().__init__(sentence)
        self.log = log


def shown(path: pathlib.Path) -> str:
    """A path as a person in the checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def say(text: str = "") -> None:
    print(text, flush=True)


# Processes


def run(
    command: list,
    log: pathlib.Path,
    env: dict,
    cwd: pathlib.Path = ROOT,
    wrong: str = "",
    follow=None,
    cleanup: bool = False,
) -> None:
    """Run a command without a terminal, its output in the log; fail with the sentence if it fails."""
    if stopping.is_set() and not cleanup:
        raise Failed("stopped")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(part) for part in command]
    with open(log, "a", encoding="utf-8", errors="replace") as sink:
        sink.write(f"$ {' '.join(command)}\n")
        sink.flush()
        process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if follow else sink,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        if not cleanup:  # what stops a sandbox ends by itself
            processes.add(process)
        try:
            for line in process.stdout or ():
                sink.write(line)
                sink.flush()
                follow(line)
            status = process.wait()
        except BaseException:
            end(process)
            raise
        finally:
            processes.discard(process)
    if status:
        raise Failed(wrong or f"{pathlib.Path(command[0]).name} failed with status {status}", log)


def end(process: subprocess.Popen) -> None:
    """End a process and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def stop_processes() -> None:
    stopping.set()
    for process in list(processes):
        end(process)


@contextlib.contextmanager
def lock(name: str):
    """Keep two runs in one checkout from making or using the same thing at once."""
    DEV.mkdir(exist_ok=True)
    with threads[name], open(DEV / f"{name}.lock", "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another run in this checkout that holds .dev/{name}.lock ...")
            wait_for_lock(handle)
        yield


def wait_for_lock(handle) -> None:
    while not stopping.wait(0.2):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
    raise Failed("stopped")


# Interpreters


def version_of(python: str) -> tuple[int, int] | None:
    """The version of an interpreter, or None if it does not run."""
    try:
        told = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return tuple(map(int, told.stdout.split())) if told.returncode == 0 else None  # type: ignore[return-value]
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def own_python() -> str:
    """This interpreter, or the one that its environment was made with if that lies in .dev: those come and go."""
    return sys._base_executable if pathlib.Path(sys.prefix).is_relative_to(DEV) else sys.executable  # type: ignore[attr-defined]


def find_python(oldest: int, newest: int, purpose: str) -> str:
    """This interpreter if it suits, else one on PATH or one of pyenv's that does."""

    def suits(version: tuple[int, int] | None) -> bool:
        return version is not None and version[0] == 3 and oldest <= version[1] <= newest

    if suits(sys.version_info[:2]):
        return own_python()
    names = [f"python3.{minor}" for minor in range(newest, oldest - 1, -1)]
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for name in names:
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) + sorted(
            glob.glob(f"{pyenv}/versions/*/bin")
        ):
            candidate = os.path.join(folder, name)
            if (
                not pathlib.Path(candidate).is_relative_to(DEV)
                and os.access(candidate, os.X_OK)
                and suits(version_of(candidate))
            ):
                return candidate
    raise Failed(
        f"{purpose} needs Python 3.{oldest} to 3.{newest}, and none was found on PATH: install one, "
        "or name it with PYTHON=/path/to/python3"
    )


def services_python() -> str:
    preferred, possible = SERVICES_PYTHON
    with contextlib.suppress(Failed):
        return find_python(*preferred, "The sandbox")
    return find_python(*possible, "The sandbox")


class Core:
    """The ansible-core that CORE names, or the newest stable one for the interpreter at hand."""

    def __init__(self) -> None:
        asked = os.environ.get("CORE", "")
        if asked and asked not in CORES:
            raise Failed(f"CORE={asked} is not known here: it is one of {', '.join(CORES)}")
        minor = sys.version_info[1]
        stable = [
            core
            for core, (oldest, newest) in CORES.items()
            if core not in PRE_RELEASES and oldest <= minor <= newest
        ]
        if not asked and not stable:
            raise Failed(
                f"No ansible-core known here runs on Python 3.{minor}: name another interpreter with PYTHON=/path/to/python3"
            )
        self.name = asked or stable[-1]
        self.python = find_python(*CORES[self.name], f"ansible-core {self.name}")
        if os.environ.get("PYTHON") and self.python != own_python():
            oldest, newest = CORES[self.name]
            raise Failed(
                f"ansible-core {self.name} needs Python 3.{oldest} to 3.{newest}; PYTHON names Python 3.{minor}"
            )
        self.version = ".".join(map(str, version_of(self.python) or ()))
        self.folder = DEV / f"core-{self.name}"
        self.venv = self.folder / "venv"
        self.logs = DEV / "logs" / f"core-{self.name}"
        pre = "rc1" if self.name in PRE_RELEASES else ""
        self.requirement = f"ansible-core>={self.name}.0{pre},<2.{int(self.name.split('.')[1]) + 1}"

    def env(self, collections: pathlib.Path, **more: str) -> dict:
        return environ(self.venv, ANSIBLE_COLLECTIONS_PATH=str(collections), **more)


# Environments


def pip_settings() -> dict[str, str]:
    """What the user's pip is told about package indexes, which uv and a pip with another HOME would not know."""
    told = subprocess.run([*pip(), "config", "list"], capture_output=True, text=True, check=False)
    settings = {}
    for line in told.stdout.splitlines():
        name, value = line.split("=", 1)
        section, key = name.rsplit(".", 1)
        if section in ("global", "install", ":env:") and key not in ("config-file", "cache-dir"):
            with contextlib.suppress(ValueError, SyntaxError):
                settings[key] = str(ast.literal_eval(value))
    return settings


def pip() -> list[str]:
    return [str(TOOLS / "bin" / "python"), "-m", "pip"]


def environ(*venvs: pathlib.Path, **more: str) -> dict:
    """The environment of everything that is run: nothing of the user's but what reaches the network and the terminal."""
    ours = re.compile(r"(ANSIBLE|OS|XDG|MAKE|PYTHON)_?|VIRTUAL_ENV|MFLAGS|CORE|KEEP|QUICK|T|ANSWER")
    keep = {"OSTYPE"}
    env = {
        key: value
        for key, value in os.environ.items()
        if key in keep
        or not (
            key.startswith(("ANSIBLE_", "OS_", "XDG_", "PYTHON", "MAKE")) or ours.fullmatch(key)
        )
    }
    home = os.path.expanduser("~")
    env.update(
        HOME=str(HOME),
        PATH=os.pathsep.join(
            [*(str(venv / "bin") for venv in venvs), os.environ.get("PATH", os.defpath)]
        ),
        ANSIBLE_CONFIG=str(HOME / "ansible.cfg"),
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        ANSIBLE_LOCALHOST_WARNING="false",
        PIP_CACHE_DIR=str(CACHE / "pip"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        UV_CACHE_DIR=str(CACHE / "uv"),
        UV_PYTHON_DOWNLOADS="never",
        UV_NO_PROGRESS="1",
        # as pip does
        UV_SYSTEM_CERTS="1",
        UV_INDEX_STRATEGY="unsafe-best-match",
    )
    if "UTF-8" not in (
        env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    ).upper().replace("UTF8", "UTF-8"):
        env["LC_ALL"] = "C.UTF-8"
    uv_config = os.path.join(
        os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config", "uv", "uv.toml"
    )
    if os.path.exists(uv_config):
        env.setdefault("UV_CONFIG_FILE", uv_config)
    if (DEV / "index.json").exists():
        for key, value in json.loads((DEV / "index.json").read_text()).items():
            env.setdefault(key, value)
    env.update(more)
    return env


def stamped(folder: pathlib.Path, name: str, *parts: str):
    """Whether the thing was made of these parts, and how to note that it was."""
    stamp = folder / f".made-{name}"
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return stamp.exists() and stamp.read_text() == key, lambda: stamp.write_text(key)


def make_tools(log: pathlib.Path) -> None:
    """uv, from the package index, with the interpreter's own pip; and what the user's pip knows of package indexes."""
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "ansible.cfg").touch()
    wanted = (REQUIREMENTS / "tools.txt").read_text()
    made, note = stamped(TOOLS, "uv", wanted, sys.version, own_python())
    if made:
        return
    try:
        run([own_python(), "-m", "venv", "--clear", TOOLS], log, environ())
    except Failed as failure:
        name = f"python3.{sys.version_info[1]}"
        raise Failed(
            f"{sys.executable} cannot make virtual environments (its venv or ensurepip module is missing); on Debian "
            f"and Ubuntu: apt-get install {name}-venv",
            failure.log,
        ) from failure
    settings = pip_settings()
    named = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "cert": "SSL_CERT_FILE",
    }
    with open(
        os.open(DEV / "index.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        "w",
        encoding="utf-8",
    ) as file:
        json.dump(
            {
                named[key]: " ".join(value.split())
                for key, value in settings.items()
                if key in named
            },
            file,
        )
    folder = HOME / ".config" / "pip"
    folder.mkdir(parents=True, exist_ok=True)
    with open(
        os.open(folder / "pip.conf", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        "w",
        encoding="utf-8",
    ) as file:
        file.write(
            "[global]\nquiet = 1\n"
            + "".join(f"{key} = {' '.join(value.split())}\n" for key, value in settings.items())
        )
    run(
        [*pip(), "install", "-q", "-r", REQUIREMENTS / "tools.txt"],
        log,
        environ(TOOLS),
        wrong="uv could not be installed from the package index",
    )
    note()


def uv(log: pathlib.Path, *command, wrong: str = "") -> None:
    run([TOOLS / "bin" / "uv", *command], log, environ(TOOLS), wrong=wrong)


def make_venv(folder: pathlib.Path, python: str, log: pathlib.Path, **layers: list) -> None:
    """A virtual environment of layers, each a list of requirements and requirement files; remade when the first changes."""
    with lock("environments"):
        make_tools(log)
        for place, (name, wanted) in enumerate(layers.items()):
            parts = [
                str(part) + (part.read_text() if isinstance(part, pathlib.Path) else "")
                for part in wanted
            ]
            made, note = stamped(folder, name, python, *parts)
            if made:
                continue
            if place == 0:
                uv(log, "venv", "-q", "--clear", "--python", python, folder)
            words = [
                word
                for part in wanted
                for word in (["-r", part] if isinstance(part, pathlib.Path) else [part])
            ]
            uv(
                log,
                "pip",
                "install",
                "--compile-bytecode",
                "--python",
                folder / "bin" / "python",
                *words,
                wrong=f"{shown(folder)} could not be filled from the package index",
            )
            note()


def make_core(core: Core, log: pathlib.Path, tests: bool = False, bench: bool = False) -> None:
    layers = {"ansible": [core.requirement, REQUIREMENTS / "clients.txt"]}
    if tests:
        layers["tests"] = [REQUIREMENTS / "test.txt"]
    if bench:
        layers["bench"] = [REQUIREMENTS / "bench.txt"]
    make_venv(core.venv, core.python, log, **layers)


def make_lint(log: pathlib.Path) -> pathlib.Path:
    folder = DEV / "lint"
    make_venv(folder, find_python(11, 14, "ansible-lint"), log, lint=[REQUIREMENTS / "lint.txt"])
    return folder


def other_collections(log: pathlib.Path) -> pathlib.Path:
    """openstack.cloud and awx.awx, out of the package that carries them and a hundred others."""
    folder = CACHE / "collections"
    wanted = tuple(f"ansible_collections/{name}/" for name in OTHER_COLLECTIONS)
    with lock("environments"):
        made, note = stamped(folder, "others", ANSIBLE_PACKAGE, *wanted)
        if not made:
            shutil.rmtree(folder, ignore_errors=True)
            download = CACHE / "download"
            run(
                [
                    *pip(),
                    "download",
                    "-q",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--python-version=3.13",
                    "-d",
                    download,
                    ANSIBLE_PACKAGE,
                ],
                log,
                environ(TOOLS),
                wrong="openstack.cloud and awx.awx could not be taken from the package index",
            )
            with zipfile.ZipFile(next(download.glob("ansible-*.whl"))) as wheel:
                wheel.extractall(
                    folder, [name for name in wheel.namelist() if name.startswith(wanted)]
                )
            shutil.rmtree(download)
            note()
    return folder / "ansible_collections"


def checkout_files() -> list[str]:
    """What belongs to the checkout: what git tracks or would track, or all but what we make where there is no git."""
    listed = None
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-coz", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if listed and listed.returncode == 0:
        names = listed.stdout.split("\0")
    else:
        names = [
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*")
            if not {".dev", ".git", ".ansible", "__pycache__"} & set(path.relative_to(ROOT).parts)
        ]
    return [
        name for name in names if name and ((ROOT / name).is_file() or (ROOT / name).is_symlink())
    ]


def copy_collection(
    core: Core, purpose: str, log: pathlib.Path, others: bool = False
) -> pathlib.Path:
    """The checkout as it is now, where Ansible looks for it, so that tests leave no trace and edits don't disturb them."""
    collections = core.folder / purpose
    shutil.rmtree(collections / "ansible_collections", ignore_errors=True)
    target = collections / "ansible_collections" / "interactive" / "openstack"
    for name in checkout_files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name, follow_symlinks=False)
    if others:
        shutil.copytree(
            other_collections(log), collections / "ansible_collections", dirs_exist_ok=True
        )
    return collections


def inside(collections: pathlib.Path) -> pathlib.Path:
    return collections / "ansible_collections" / "interactive" / "openstack"


def link_collection() -> pathlib.Path:
    """The checkout itself, where Ansible looks for it."""
    collections = DEV / "collections"
    link = inside(collections)
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.resolve() != ROOT:
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT)
    return collections


# The sandbox


class Sandbox:
    """A real Keystone, Zaqar and Mistral, started and stopped by the collection's own playbook: of the collections given, or of a copy."""

    def __init__(self, core: Core, name: str, collections: pathlib.Path | None = None) -> None:
        self.core, self.path, self.collections = core, DEV / name, collections
        self.variables = {
            "sandbox_path": str(self.path),
            "sandbox_venv": str(SERVICES),
            "sandbox_python": services_python(),
            **ports(name),
        }
        self.clouds, self.cloud, self.shell = (
            self.path / "clouds.yaml",
            "sandbox",
            self.path / "openrc",
        )

    def play(
        self, state: str, log: pathlib.Path, wrong: str, follow=None, cleanup: bool = False
    ) -> None:
        self.collections = self.collections or copy_collection(self.core, self.path.name, log)
        variables = DEV / f"{self.path.name}.json"
        variables.write_text(json.dumps(self.variables | {"sandbox_state": state}))
        try:
            run(
                [
                    self.core.venv / "bin" / "ansible-playbook",
                    "interactive.openstack.sandbox",
                    "-e",
                    f"@{variables}",
                ],
                log,
                self.core.env(self.collections),
                follow=follow,
                cleanup=cleanup,
            )
        except Failed as failure:
            # the role ends with one sentence that says why
            reason = re.findall(
                r'^fatal: .*?"msg": ("(?:[^"\\]|\\.)*")', log.read_text(errors="replace"), re.M
            )
            raise Failed(
                f"{wrong}: {json.loads(reason[-1]) if reason else failure}", log
            ) from failure

    def start(self, log: pathlib.Path, follow=None) -> None:
        self.play("present", log, "The sandbox did not start", follow)

    def stop(self, log: pathlib.Path) -> None:
        if self.path.exists():
            self.play("absent", log, "The sandbox could not be stopped", cleanup=True)

    def env(self) -> dict:
        return {"OS_CLIENT_CONFIG_FILE": str(self.clouds), "OS_CLOUD": self.cloud}


def ports(name: str) -> dict[str, int]:
    """The ports that a sandbox has, or for a new one five free ones, so that it is in nobody's way."""
    with threads["ports"]:
        return free_ports(name)


def free_ports(name: str) -> dict[str, int]:
    """What ports() returns, not for two threads at once."""
    variables = [
        f"sandbox_{service}_port"
        for service in ("keystone", "zaqar", "websocket", "notification", "mistral")
    ]
    file = DEV / f"{name}.json"
    if (DEV / name).exists() and file.exists():
        has = json.loads(file.read_text())
        if has.keys() >= set(variables):
            return {variable: has[variable] for variable in variables}
    # below those that systems give to outgoing connections
    for first in random.sample(sorted(set(range(20000, 32000, 10)) - given), 100):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + len(variables)):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            given.add(first)
            return {variable: first + place for place, variable in enumerate(variables)}
    raise Failed("No free ports were found for a sandbox")


# The demo


class Progress:
    """Numbered steps: what is done, how far it is, how long it took."""

    def __init__(self, steps: int) -> None:
        self.steps, self.step, self.live = steps, 0, sys.stdout.isatty()

    @contextlib.contextmanager
    def __call__(self, text: str):
        self.step += 1
        self.head = f"[{self.step}/{self.steps}] {text}"
        begun = time.monotonic()
        print(self.head, end="" if self.live else " ...\n", flush=True)
        yield self.note
        took = f"({time.monotonic() - begun:.0f} s)"
        say(f"\r\033[K{self.head} {took}" if self.live else f"      done {took}")

    def note(self, line: str) -> None:
        """Show the name of the task that Ansible has begun."""
        task = re.match(r"TASK \[(?:[\w.]+ : )?(?!Bring |Say |Show |Tell )(.*)\]", line)
        if task and self.live:
            text = f"{self.head}: {task[1]}"
            print(f"\r\033[K{text[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
        elif task:
            say(f"      {task[1]}")


def start_demo(core: Core, progress: Progress) -> Sandbox:
    log = DEV / "logs" / "demo.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    with progress(
        f"Python environment in .dev/core-{core.name}: ansible-core {core.name}, OpenStack clients"
    ):
        make_core(core, log)
    sandbox = Sandbox(core, "sandbox", link_collection())
    with progress("Sandbox in .dev/sandbox: Keystone, Zaqar, Mistral") as note, lock("sandbox"):
        sandbox.start(log, note)
    lines = {
        "PATH": f"{core.venv / 'bin'}:$PATH",
        "ANSIBLE_COLLECTIONS_PATH": str(sandbox.collections),
        **sandbox.env(),
    }
    (DEV / "env").write_text(
        f'# for a shell: what it needs to use the demo\'s sandbox\n. "{sandbox.shell}"\n'
        + "".join(f'export {key}="{value}"\n' for key, value in lines.items())
    )
    return sandbox


def look_around() -> None:
    say()
    say(
        "Look around:   . .dev/env; openstack workflow execution list; openstack messaging queue list"
    )
    say("Stop it:       make demo-down")


def sandbox_up() -> None:
    start_demo(Core(), Progress(2))
    look_around()


def demo() -> None:
    answer = os.environ.get("ANSWER")
    if answer is None and not sys.stdin.isatty():
        raise Failed(
            'There is no terminal here to type an answer at: give it with make demo ANSWER="hello"'
        )
    if answer is not None and not answer.strip():
        raise Failed(
            'ANSWER is empty: give an answer, make demo ANSWER="hello", or leave it out and type one'
        )
    core, progress = Core(), Progress(3)
    sandbox = start_demo(core, progress)
    # it stays afterwards: there would be nothing to look around at
    variables: dict = {
        "cloud": sandbox.cloud,
        "workflow_file": "ask_with_pause.yaml",
        "cleanup": False,
    }
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in variables.items())
    if answer is not None:
        # JSON text is a YAML string; !unsafe keeps Ansible from reading a template into it
        text += f"answers:\n  - !unsafe {json.dumps(answer)}\n"
    file = DEV / "demo.yml"
    file.write_text(text)
    say(f"[3/3] Dialogue: ansible-playbook interactive.openstack.run -e @{shown(file)}")
    say()
    # Ctrl-C is for the prompt, which asks whether to continue or to abort
    signal.signal(signal.SIGINT, lambda *ignored: None)
    status = subprocess.call(
        [core.venv / "bin" / "ansible-playbook", "interactive.openstack.run", "-e", f"@{file}"],
        cwd=ROOT,
        env=core.env(sandbox.collections, ANSIBLE_DISPLAY_SKIPPED_HOSTS="false", **sandbox.env()),
    )
    if status:
        raise Failed(
            "The dialogue failed: what Ansible said is above, and the services' logs are in .dev/sandbox/log"
        )
    look_around()


def sandbox_down() -> None:
    log = DEV / "logs" / "demo-down.log"
    if (DEV / "sandbox").exists():
        core = Core()
        make_core(core, log)
        with lock("sandbox"):
            Sandbox(core, "sandbox", link_collection()).stop(log)
    (DEV / "env").unlink(missing_ok=True)
    say("The demo's sandbox is stopped and its state removed.")


# The tests


class Report:
    """One line a step; for a failed one also the end of its log."""

    def __init__(self, core: Core) -> None:
        self.core, self.passed, self.failed = core, 0, 0
        self.begun, self.lock = time.monotonic(), threading.Lock()

    def step(self, name: str, work) -> bool:
        """Do one step; whether it passed."""
        log = self.core.logs / f"{name.replace(' ', '-')}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        begun, failure = time.monotonic(), None
        try:
            work(log)
        except Failed as exc:
            failure = str(exc)
        except Exception as exc:  # a defect of ours fails the step, not the report
            failure = f"{type(exc).__name__}: {exc}"
        if not failure or not stopping.is_set():
            self.done(name, failure, time.monotonic() - begun, log)
        return failure is None

    def done(
        self, name: str, failure: str | None, took: float, log: pathlib.Path | None = None
    ) -> None:
        with self.lock:
            self.passed += failure is None
            self.failed += failure is not None
            say(
                f"{'FAIL' if failure else 'PASS'}  {name:<24} {took:5.0f} s"
                + (f"  {failure}" if failure else "")
            )
            if failure and log and log.exists():
                lines = log.read_text(errors="replace").splitlines()
                begun = max(
                    (place for place, line in enumerate(lines) if line.startswith("$ ")), default=0
                )
                for line in lines[begun:][-60:]:
                    say(f"    | {line}")
                say(f"    the whole log: {shown(log)}")

    def end(self) -> int:
        say(f"{time.monotonic() - self.begun:.0f} s in all")
        say(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def get_pip(core: Core) -> None:
    """Stand in for the script that ansible-test downloads to install pip: uv does that from the package index."""
    library = next(core.venv.glob("lib/python3*/site-packages/ansible_test"))
    versions = re.findall(
        r"\bpip='([\d.]+)'", (library / "_internal" / "python_requirements.py").read_text()
    )
    folder = HOME / ".ansible" / "test" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        key: value
        for key, value in environ(TOOLS).items()
        if key.startswith("UV_") or key == "SSL_CERT_FILE"
    }
    script = (
        "import os, subprocess, sys\n"
        f"os.environ.update({settings!r})\n"
        "packages = [word for word in sys.argv[1:] if not word.startswith('-')]\n"
        f"subprocess.check_call([{str(TOOLS / 'bin' / 'uv')!r}, 'pip', 'install', '-q', '--python', sys.executable] + packages)\n"
    )
    for version in versions:
        (folder / f"get_pip_{version.replace('.', '_')}.py").write_text(script)


def ansible_test(core: Core, collections: pathlib.Path, log: pathlib.Path, *command) -> None:
    get_pip(core)
    # ansible-test takes the nearest repository above for the collection's, and the checkout's ignores .dev
    if shutil.which("git"):
        run(["git", "init", "-q"], log, core.env(collections), cwd=inside(collections))
    run(
        [core.venv / "bin" / "ansible-test", *command, "--color", "no"],
        log,
        core.env(collections),
        cwd=inside(collections),
    )
    if "All targets skipped" in log.read_text(errors="replace"):
        raise Failed("ansible-test found nothing to test", log)


class Tests:
    """The steps that make up the targets; each gets the file to log to."""

    def __init__(self, core: Core) -> None:
        whole = sys.argv[1] in ("check", "test", "test-full")
        self.core, self.only = core, [] if whole else os.environ.get("T", "").split()
        self.full = sys.argv[1] == "test-full"
        self.report = Report(core)
        self.sandboxes: dict[str, Sandbox] = {}
        self.copies: dict[str, pathlib.Path] = {}
        self.e2e_files: queue.SimpleQueue[str] = queue.SimpleQueue()

    def environment(self, log: pathlib.Path) -> None:
        make_core(self.core, log, tests=True)

    def sanity(self, log: pathlib.Path) -> None:
        skipped = UNMEETABLE.get(self.core.name, ([], ""))[0]
        # one interpreter, or each that PATH names would be tried, whether it runs or not
        ansible_test(
            self.core,
            copy_collection(self.core, "sanity", log, others=True),
            log,
            "sanity",
            "--local",
            "--truncate",
            "0",
            "--python",
            self.core.version,
            *(word for test in skipped for word in ("--skip-test", test)),
        )

    def unit(self, log: pathlib.Path) -> None:
        self.pytest("unit", log, self.only or ["tests/unit"])

    def pytest(self, purpose: str, log: pathlib.Path, paths: list[str], **more: str) -> None:
        if purpose not in self.copies:
            self.copies[purpose] = copy_collection(self.core, purpose, log, others=True)
        collections = self.copies[purpose]
        run(
            [
                self.core.venv / "bin" / "python",
                "-m",
                "pytest",
                "-q",
                "--import-mode=importlib",
                "-p",
                "no:cacheprovider",
                *paths,
            ],
            log,
            self.core.env(collections, PYTHONPATH=str(collections), **more),
            cwd=inside(collections),
        )

    def ansible_lint(self, log: pathlib.Path) -> None:
        self.lint(log, "ansible-lint", "--offline", "--nocolor")

    def yamllint(self, log: pathlib.Path) -> None:
        self.lint(log, "yamllint", "--strict", ".")

    def docs(self, log: pathlib.Path) -> None:
        self.lint(
            log,
            "antsibull-docs",
            "lint-collection-docs",
            "--plugin-docs",
            "--validate-collection-refs=all",
            ".",
        )

    def changelog(self, log: pathlib.Path) -> None:
        self.lint(log, "antsibull-changelog", "lint")

    def ruff_format(self, log: pathlib.Path) -> None:
        self.lint_python(log, "ruff", "format", "--no-cache", "--diff", ".")

    def ruff(self, log: pathlib.Path) -> None:
        self.lint_python(log, "ruff", "check", "--no-cache", "--output-format", "concise", ".")

    def ternaries(self, log: pathlib.Path) -> None:
        self.lint_python(log, "python", "tools/nested_ternaries.py", *PYTHON_FOLDERS)

    def mypy(self, log: pathlib.Path) -> None:
        venv = make_lint(log)
        collections = copy_collection(self.core, "mypy", log)
        # no namespace package is found from inside of it
        run(
            [
                venv / "bin" / "mypy",
                "--config-file",
                inside(collections) / "pyproject.toml",
                "--cache-dir",
                CACHE / "mypy",
                "-p",
                "ansible_collections.interactive.openstack.plugins",
            ],
            log,
            environ(venv),
            cwd=collections,
        )

    def lint_python(self, log: pathlib.Path, tool: str, *options: str) -> None:
        """Run a linter on the checkout itself, which it leaves as it is."""
        venv = make_lint(log)
        run([venv / "bin" / tool, *options], log, environ(venv))

    def lint(self, log: pathlib.Path, tool: str, *options: str) -> None:
        venv = make_lint(log)
        collections = copy_collection(self.core, tool, log, others=True)
        run(
            [venv / "bin" / tool, *options],
            log,
            environ(venv, ANSIBLE_COLLECTIONS_PATH=str(collections)),
            cwd=inside(collections),
        )

    def integration(self, log: pathlib.Path) -> None:
        collections = copy_collection(self.core, "integration", log, others=True)
        again = self.only
        if not again and not self.full:
            again = list(AS_MODULES)
        self.integration_pass(log, collections, self.only, in_process=True)
        self.integration_pass(log, collections, again, in_process=False)

    def integration_pass(
        self, log: pathlib.Path, collections: pathlib.Path, targets: list[str], in_process: bool
    ) -> None:
        """Run integration targets in one of the two shells; all of them if none is named."""
        sandbox = self.sandboxes["integration"]
        settings = {
            "sandbox_clouds_file": str(sandbox.clouds),
            "sandbox_cloud": sandbox.cloud,
            "interactive_openstack_in_process": in_process,
        }
        config = inside(collections) / "tests" / "integration" / "integration_config.yml"
        config.write_text(json.dumps(settings))
        begun = time.monotonic()
        ansible_test(self.core, collections, log, "integration", "--local", *targets)
        shell = "in-process" if in_process else "as modules"
        say(f"      integration, {shell}: {time.monotonic() - begun:.0f} s")

    def e2e(self, log: pathlib.Path, paths: list[str] | None = None, sandbox: str = "e2e") -> None:
        self.pytest(sandbox, log, paths or self.only, **self.sandboxes[sandbox].env())

    def e2e_steps(self, sandbox: str) -> Iterator[tuple[str, Callable]]:
        """The end-to-end tests of one sandbox: the next file, as often as it is done with one."""
        while not stopping.is_set():
            try:
                file = self.e2e_files.get_nowait()
            except queue.Empty:
                return
            name = pathlib.Path(file).stem.removeprefix("test_")
            yield f"e2e {name}", functools.partial(self.e2e, paths=[file], sandbox=sandbox)

    def faults(self, log: pathlib.Path) -> None:
        number = os.environ.get("DIALOGUES") or "200"
        try:
            self.pytest(
                "faults",
                log,
                ["tests/e2e/test_random_dialogues.py"],
                **self.sandboxes["faults"].env(),
                DIALOGUES=number,
            )
        finally:
            found = re.search(
                r"^SEED=.*\n(?:\S.* +[\d.]+\n|way .*\n)+", log.read_text(errors="replace"), re.M
            )
            say(found.group().rstrip() if found else "The dialogues did not come to an end.")

    # Targets

    def with_sandbox(self, name: str, steps: Iterable[tuple[str, Callable]] | None = None) -> None:
        """Start a sandbox, run some steps on it, and stop it, whatever happens.

        KEEP=1 leaves it running for the next time. Without steps it is for the one that has its name.
        """
        if steps is None:
            steps = [(name, getattr(self, name))]

        def start(log: pathlib.Path) -> None:
            self.sandboxes[name] = Sandbox(self.core, f"sandbox-{name}")
            self.sandboxes[name].start(log)

        with lock(f"sandbox-{name}"):
            try:
                if self.report.step(f"sandbox {name}", start):
                    for step, work in steps:
                        self.report.step(step, work)
                elif not stopping.is_set():
                    self.report.done(name, "not run: its sandbox did not start", 0)
            finally:
                sandbox = self.sandboxes.get(name)
                if sandbox and os.environ.get("KEEP") and not stopping.is_set():
                    say(
                        f"The sandbox is left running in {shown(sandbox.path)}: make clean stops it."
                    )
                elif sandbox:
                    self.report.step(f"sandbox {name} stop", sandbox.stop)

    def without_sandbox(self, *steps: str) -> None:
        for name in steps:
            self.report.step(name.replace("_", "-"), getattr(self, name))

    def run(self, alone: tuple = (), with_sandbox: tuple = (), e2e: bool = False) -> int:
        """Run the steps, each that needs a sandbox beside the others: they mostly wait."""
        say(
            f"Testing on ansible-core {self.core.name}, Python {self.core.version}; logs: {shown(self.core.logs)}"
        )
        if "sanity" in alone and self.core.name in UNMEETABLE:
            names, reason = UNMEETABLE[self.core.name]
            say(
                f"Left out of sanity on ansible-core {self.core.name}: {', '.join(names)} ({reason})."
            )
        if self.report.step("environment", self.environment):
            # not threading.Thread: a join() that was interrupted takes the thread for ended
            with concurrent.futures.ThreadPoolExecutor() as pool:
                beside = [
                    pool.submit(self.without_sandbox, *alone),
                    *(pool.submit(self.with_sandbox, name) for name in with_sandbox),
                ]
                if e2e:
                    beside += self.all_e2e(pool)
                try:
                    for work in beside:
                        work.result()
                except BaseException:
                    stop_processes()
                    raise
        return self.report.end()

    def all_e2e(self, pool: concurrent.futures.Executor) -> list[concurrent.futures.Future]:
        """Begin the end-to-end tests, the largest files first: then no sandbox works alone for long."""
        files = list((ROOT / "tests" / "e2e").glob("test_*.py"))
        files.sort(key=lambda file: file.stat().st_size, reverse=True)
        later = [file for file in files if file.name in E2E_LATER]
        others = [file for file in files if file.name not in E2E_LATER]
        for file in (*others[:3], *later, *others[3:]):
            self.e2e_files.put(str(file.relative_to(ROOT)))
        return [
            pool.submit(self.with_sandbox, name, self.e2e_steps(name)) for name in E2E_SANDBOXES
        ]


class OldestCore(Core):
    """The oldest ansible-core on the oldest Python, in an environment with exactly the oldest clients."""

    def __init__(self) -> None:
        self.name = OLDEST_CORE
        self.python = find_python(OLDEST_PYTHON, OLDEST_PYTHON, "make test-minimum")
        self.version = f"3.{OLDEST_PYTHON}"
        self.folder = DEV / "minimum"
        self.venv = self.folder / "venv"
        self.logs = DEV / "logs" / "minimum"
        self.requirement = f"ansible-core>={OLDEST_CORE}.0,<2.{int(OLDEST_CORE.split('.')[1]) + 1}"


class MinimumTests(Tests):
    """The unit tests and the integration targets, in-process, with exactly the versions that are the lower bounds of requirements.txt."""

    def environment(self, log: pathlib.Path) -> None:
        wanted = ROOT / "requirements.txt"
        make_venv(
            self.core.venv,
            self.core.python,
            log,
            ansible=[self.core.requirement, "pytest"],
            oldest=["--resolution", "lowest-direct", wanted],
        )
        program = "import importlib.metadata as m, sys; print(*(p + '>=' + m.version(p) for p in sys.argv[1:]), sep='\\n')"
        names = [line.split(">=")[0] for line in wanted.read_text().split()]
        installed = subprocess.run(
            [self.core.venv / "bin" / "python", "-c", program, *names],
            capture_output=True,
            text=True,
            check=True,
        )
        if installed.stdout.split() != wanted.read_text().split():
            raise Failed(
                f"These are not the lower bounds of requirements.txt: {', '.join(installed.stdout.split())}"
            )

    def unit(self, log: pathlib.Path) -> None:
        self.pytest("unit", log, ["tests/unit/plugins"])

    def integration(self, log: pathlib.Path) -> None:
        self.integration_pass(
            log,
            copy_collection(self.core, "integration", log, others=True),
            self.only,
            in_process=True,
        )


PYTHON_FOLDERS = "plugins", "roles", "tests", "tools"
LINTERS = (
    *("ruff_format", "ruff", "ternaries", "mypy"),
    *("ansible_lint", "yamllint", "docs", "changelog"),
)


def check() -> int:
    return Tests(Core()).run(("unit", *LINTERS))


def test() -> int:
    return Tests(Core()).run(("unit", "sanity", *LINTERS), ("integration",), e2e=True)


def test_minimum() -> int:
    return MinimumTests(OldestCore()).run(("unit",), ("integration",))


def test_full() -> int:
    return max(test(), test_minimum())


def test_e2e() -> int:
    tests = Tests(Core())
    if tests.only:
        return tests.run((), ("e2e",))
    return tests.run(e2e=True)


# The benchmark


def bench() -> int:
    """Run it against a sandbox of its own; what is not the whole of it leaves the published results alone."""
    core, progress, log = Core(), Progress(3), DEV / "logs" / "bench.log"
    quick, parts = bool(os.environ.get("QUICK")), os.environ.get("T", "").split()
    output = DEV / "bench" / "results" if quick or parts else ROOT / "docs" / "benchmark"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    with progress(
        f"Python environment in .dev/core-{core.name}: ansible-core {core.name}, OpenStack clients, matplotlib"
    ):
        make_core(core, log, bench=True)
    with lock("sandbox-bench"):
        sandbox = Sandbox(core, "sandbox-bench")
        try:
            with progress("Sandbox in .dev/sandbox-bench: Keystone, Zaqar, Mistral") as note:
                sandbox.start(log, note)
            say("[3/3] Benchmark")
            collections = copy_collection(core, "bench", log, others=True)
            run(
                [
                    core.venv / "bin" / "python",
                    "-m",
                    "ansible_collections.interactive.openstack.tests.bench.bench",
                    *parts,
                    *(["--quick"] if quick else []),
                    "--work",
                    DEV / "bench" / "work",
                    "--services",
                    SERVICES,
                    "--output",
                    output,
                ],
                log,
                core.env(
                    collections, PYTHONPATH=str(collections), PYTHONUNBUFFERED="1", **sandbox.env()
                ),
                follow=lambda line: say(line.rstrip()),
                wrong="The benchmark did not come to an end",
            )
        finally:
            if os.environ.get("KEEP") and not stopping.is_set():
                say(f"The sandbox is left running in {shown(sandbox.path)}: make clean stops it.")
            else:
                sandbox.stop(log)
    say(f"The same with plots: {shown(output / 'README.md')}")
    return 0


def build() -> None:
    core = Core()
    log = DEV / "logs" / "build.log"
    make_core(core, log)
    collections = copy_collection(core, "build", log)
    target = DEV / "build"
    run(
        [
            core.venv / "bin" / "ansible-galaxy",
            "collection",
            "build",
            "--force",
            "--output-path",
            target,
        ],
        log,
        core.env(collections),
        cwd=inside(collections),
    )
    say("Built " + ", ".join(shown(path) for path in sorted(target.glob("*.tar.gz"))))


def lock_versions() -> None:
    log = DEV / "logs" / "lock.log"
    make_tools(log)
    # only the index that everybody has decides
    env = {
        key: value
        for key, value in environ(TOOLS).items()
        if key not in ("UV_INDEX", "UV_FIND_LINKS")
    }
    for name, oldest in (
        ("clients", "3.10"),
        ("test", "3.10"),
        ("bench", "3.10"),
        ("lint", "3.11"),
    ):
        run(
            [
                TOOLS / "bin" / "uv",
                "pip",
                "compile",
                "-q",
                "--universal",
                "--upgrade",
                "--python-version",
                oldest,
                "--no-emit-index-url",
                "--no-annotate",
                "--custom-compile-command",
                "make lock",
                f"{name}.in",
                "-o",
                f"{name}.txt",
            ],
            log,
            env,
            cwd=REQUIREMENTS,
        )
        say(f"Renewed {shown(REQUIREMENTS / name)}.txt")


def clean() -> None:
    if not DEV.exists():
        return
    for path in sorted(path for path in DEV.glob("sandbox*") if path.is_dir()):
        core, log = Core(), DEV / "logs" / "clean.log"
        make_core(core, log)
        Sandbox(core, path.name, link_collection()).stop(log)
    shutil.rmtree(DEV)
    say("Removed .dev")


TARGETS = {
    "demo": demo,
    "sandbox": sandbox_up,
    "sandbox-down": sandbox_down,
    "check": check,
    "test": test,
    "test-full": test_full,
    "build": build,
    "lock": lock_versions,
    "clean": clean,
    "test-unit": lambda: Tests(Core()).run(("unit",)),
    "test-sanity": lambda: Tests(Core()).run(("sanity",)),
    "test-integration": lambda: Tests(Core()).run((), ("integration",)),
    "test-e2e": test_e2e,
    "test-minimum": test_minimum,
    "test-faults": lambda: Tests(Core()).run((), ("faults",)),
    "bench": bench,
    "lint": lambda: Tests(Core()).run(LINTERS),
}


def main() -> int:
    def interrupted(number, _frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    try:
        DEV.mkdir(exist_ok=True)
        return TARGETS[sys.argv[1]]() or 0
    except Failed as failure:
        say()
        where = f" The log: {shown(failure.log)}" if failure.log else ""
        print(f"{str(failure).rstrip('.')}.{where}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        stop_processes()
        print("Stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
