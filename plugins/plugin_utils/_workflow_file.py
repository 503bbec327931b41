# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files with workflows, on the controller: those of the user, and those of this collection."""

from __future__ import annotations

import difflib
import os
import pathlib
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure

SAMPLES = pathlib.Path(__file__).parents[2] / "playbooks" / "workflows"
LIBRARY = ("interactive.ask", "interactive.resume")  # workflows that dialogues use
FILES = ("*.yaml", "*.yml")
MOST_NAMED = 12  # files that an error names at most


def library() -> dict[str, str]:
    """Return the definitions of the library workflows, by their names."""
    return {name: _text(str(SAMPLES / f"{name}.yaml")) for name in LIBRARY}


def read(name: str, playbook_folder: str, decrypted: t.Callable[[str], str] = str) -> str:
    """Return the text of a workflow file. Raises Failure.

    ``decrypted`` returns the path of a file that is not encrypted, for one that may be.

    It is looked for from this folder, from that of the caller, which ``PWD`` names, beside the
    playbook, and among the samples of this collection.
    """
    here = pathlib.Path.cwd()
    caller = pathlib.Path(os.environ.get("PWD") or here)
    folders = [here, caller, pathlib.Path(playbook_folder), SAMPLES]
    paths = [folder / _in_home(name) for folder in folders]
    path = next(filter(_exists, paths), None)
    if path is None:
        raise Failure(
            f"There is no workflow file '{name}', neither from '{here}' nor beside the playbook nor"
            f" among the collection's samples.{_meant(name, paths)}",
            "no_file",
        )
    if path.is_dir():
        raise Failure(
            f"'{path}' is a folder: name the file with the workflow's definition.", "no_file"
        )
    return _text(decrypted(str(path)))


def _in_home(name: str) -> pathlib.Path:
    try:
        return pathlib.Path(name).expanduser()
    except RuntimeError:  # nobody has such a home
        return pathlib.Path(name)


def _exists(path: pathlib.Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a text that is too long for a path
        return False


def _meant(name: str, paths: list[pathlib.Path]) -> str:
    """Return a sentence with the file that was meant, or with those that there are."""
    known = {file.name for path in paths for kind in FILES for file in path.parent.glob(kind)}
    near = difflib.get_close_matches(pathlib.Path(name).name, sorted(known), 1)
    if near:
        return f" Did you mean '{near[0]}'?"
    samples = sorted(file.name for kind in FILES for file in SAMPLES.glob(kind))
    named = [sample for sample in samples if sample.removesuffix(".yaml") not in LIBRARY]
    return f" The samples are {', '.join(named[:MOST_NAMED])}."


def _text(path: str) -> str:
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        cause = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Failure(f"Could not read the workflow file '{path}': {cause}.", "no_file") from None
