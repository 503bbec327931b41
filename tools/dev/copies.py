"""Copies of the collection where Ansible looks for it, and other collections that tests need."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import zipfile

from .common import CACHE, DEV, ROOT, TOOLS
from .cores import Core
from .environments import Stamp, environ, pip
from .processes import lock, run

# The community package that carries other collections.
ANSIBLE_PACKAGE = "ansible==13.8.0"
OTHER_COLLECTIONS = "openstack/cloud", "awx/awx"

NOT_OURS = {".ansible", ".dev", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def inside(collections: pathlib.Path) -> pathlib.Path:
    """The folder of this collection in a folder of collections."""
    return collections / "ansible_collections" / "interactive" / "openstack"


def copy_collection(
    core: Core, purpose: str, log: pathlib.Path, *, others: bool = False
) -> pathlib.Path:
    """Copy the checkout as it is now; return the folder of collections that has the copy.

    Tests leave no trace in a copy, and edits of the checkout don't disturb them.
    """
    collections = core.folder / purpose
    shutil.rmtree(collections / "ansible_collections", ignore_errors=True)
    target = inside(collections)
    for path in _checkout_files():
        copy = target / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, copy, follow_symlinks=False)
    if others:
        shutil.copytree(
            _other_collections(log), collections / "ansible_collections", dirs_exist_ok=True
        )
    return collections


def link_collection() -> pathlib.Path:
    """Link the checkout itself; return the folder of collections that has the link."""
    collections = DEV / "collections"
    link = inside(collections)
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.resolve() != ROOT:
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT)
    return collections


def _checkout_files() -> list[pathlib.Path]:
    """The files that belong to the checkout, relative to its root."""
    paths = _git_files()
    if paths is None:
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        paths = [path for path in paths if not (NOT_OURS | {"__pycache__"}) & set(path.parts)]
    return [path for path in paths if (ROOT / path).is_file() or (ROOT / path).is_symlink()]


def _git_files() -> list[pathlib.Path] | None:
    """The files that git tracks or would track, or None if there is no git or no repository."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        return None
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        return None
    return [pathlib.Path(name) for name in listed.stdout.split("\0") if name]


def _other_collections(log: pathlib.Path) -> pathlib.Path:
    """Extract openstack.cloud and awx.awx from the package that carries a hundred collections."""
    folder = CACHE / "collections"
    prefixes = tuple(f"ansible_collections/{name}/" for name in OTHER_COLLECTIONS)
    with lock("environments"):
        stamp = Stamp(folder, "others", ANSIBLE_PACKAGE, *prefixes)
        if not stamp.is_current():
            shutil.rmtree(folder, ignore_errors=True)
            download = CACHE / "download"
            _download(ANSIBLE_PACKAGE, download, log)
            with zipfile.ZipFile(next(download.glob("ansible-*.whl"))) as wheel:
                names = [name for name in wheel.namelist() if name.startswith(prefixes)]
                wheel.extractall(folder, names)
            shutil.rmtree(download)
            stamp.write()
    return folder / "ansible_collections"


def _download(package: str, folder: pathlib.Path, log: pathlib.Path) -> None:
    # uv cannot download a wheel without installing it
    options = ("--no-deps", "--only-binary=:all:", "--python-version=3.13")
    run(
        [*pip(), "download", "-q", *options, "-d", folder, package],
        log,
        environ(TOOLS),
        failure="openstack.cloud and awx.awx could not be taken from the package index",
    )
