"""Run ansible-test on a copy of the collection, without a container."""

from __future__ import annotations

import pathlib
import re
import shutil

from .common import HOME, TOOLS, Failed
from .copies import inside
from .cores import Core
from .environments import environ
from .processes import run

PIP_VERSION = re.compile(r"\bpip='([\d.]+)'")

GET_PIP = """\
import os, subprocess, sys
os.environ.update({settings!r})
packages = [word for word in sys.argv[1:] if not word.startswith('-')]
install = [{uv!r}, 'pip', 'install', '-q', '--python', sys.executable]
subprocess.check_call(install + packages)
"""


def ansible_test(core: Core, collections: pathlib.Path, log: pathlib.Path, *command: str) -> None:
    _provide_get_pip(core)
    env, cwd = core.env(collections), inside(collections)
    # it takes the nearest repository above for the collection's, and the checkout's ignores .dev
    if shutil.which("git"):
        run(["git", "init", "-q"], log, env, cwd=cwd)
    run([core.venv / "bin" / "ansible-test", *command, "--color", "no"], log, env, cwd=cwd)
    if "All targets skipped" in log.read_text(errors="replace"):
        raise Failed("ansible-test found nothing to test", log)


def _provide_get_pip(core: Core) -> None:
    """Stand in for the script that ansible-test downloads to install pip: uv does that."""
    package = next(core.venv.glob("lib/python3*/site-packages/ansible_test"))
    source = (package / "_internal" / "python_requirements.py").read_text()
    settings = {
        name: value
        for name, value in environ(TOOLS).items()
        if name.startswith("UV_") or name == "SSL_CERT_FILE"
    }
    script = GET_PIP.format(settings=settings, uv=str(TOOLS / "bin" / "uv"))
    folder = HOME / ".ansible" / "test" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSION.findall(source):
        (folder / f"get_pip_{version.replace('.', '_')}.py").write_text(script)
