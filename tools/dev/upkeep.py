"""Build the collection, renew the locked versions, clean up."""

from __future__ import annotations

import shutil

from .common import DEV, LOGS, REQUIREMENTS, TOOLS, display_path, say
from .copies import copy_collection, inside, link_collection
from .cores import chosen_core, make_core
from .environments import environ, make_tools
from .processes import run
from .sandbox import Sandbox

# Requirement files and the oldest Python they are for. The first ones constrain the later ones.
LOCKED = {"clients": "3.10", "test": "3.10", "bench": "3.10", "lint": "3.11"}


def build() -> None:
    core = chosen_core()
    log = LOGS / "build.log"
    make_core(core, log)
    collections = copy_collection(core, "build", log)
    target = DEV / "build"
    galaxy = core.venv / "bin" / "ansible-galaxy"
    run(
        [galaxy, "collection", "build", "--force", "--output-path", target],
        log,
        core.env(collections),
        cwd=inside(collections),
    )
    tarballs = sorted(target.glob("*.tar.gz"))
    say("Built " + ", ".join(display_path(path) for path in tarballs))


def lock_versions() -> None:
    log = LOGS / "lock.log"
    make_tools(log)
    env = environ(TOOLS)
    # only the index that everybody has decides
    env.pop("UV_INDEX", None)
    env.pop("UV_FIND_LINKS", None)
    for name, python in LOCKED.items():
        run(
            [
                *(TOOLS / "bin" / "uv", "pip", "compile", "-q", "--universal", "--upgrade"),
                *("--python-version", python),
                *("--no-emit-index-url", "--no-annotate"),
                *("--custom-compile-command", "make lock"),
                *(f"{name}.in", "-o", f"{name}.txt"),
            ],
            log,
            env,
            cwd=REQUIREMENTS,
        )
        say(f"Renewed {display_path(REQUIREMENTS / name)}.txt")


def clean() -> None:
    if not DEV.exists():
        return
    sandboxes = sorted(path for path in DEV.glob("sandbox*") if path.is_dir())
    if sandboxes:
        core, log = chosen_core(), LOGS / "clean.log"
        make_core(core, log)
        for path in sandboxes:
            Sandbox(core, path.name, link_collection()).stop(log)
    shutil.rmtree(DEV)
    say("Removed .dev")
