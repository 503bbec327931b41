# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a workflow's file is looked for, and what is said of one that cannot be read."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.plugin_utils import _workflow_file


@pytest.fixture
def folders(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pathlib.Path]:
    """Return the folders in which a file is looked for, the first one first."""
    made = {name: tmp_path / name for name in ("here", "caller", "playbook")}
    for folder in made.values():
        folder.mkdir()
    monkeypatch.chdir(made["here"])
    monkeypatch.setenv("PWD", str(made["caller"]))
    return made


def read(name: str, folders: dict[str, pathlib.Path]) -> str:
    return _workflow_file.read(name, str(folders["playbook"]))


@pytest.mark.parametrize("first", ["here", "caller", "playbook"])
def test_the_folders_have_an_order(folders: dict[str, pathlib.Path], first: str) -> None:
    for name in list(folders)[list(folders).index(first) :]:
        (folders[name] / "w.yaml").write_text(name)
    assert read("w.yaml", folders) == first


def test_a_sample_is_found_from_anywhere(folders: dict[str, pathlib.Path]) -> None:
    assert "ask_with_pause" in read("ask_with_pause.yaml", folders)


def test_an_absolute_path_is_that_file(
    folders: dict[str, pathlib.Path], tmp_path: pathlib.Path
) -> None:
    (tmp_path / "w.yaml").write_text("absolute")
    assert read(str(tmp_path / "w.yaml"), folders) == "absolute"


@pytest.mark.parametrize(
    ("name", "meant"), [("ask_with_pauze.yaml", "ask_with_pause.yaml"), ("mein.yaml", "mine.yaml")]
)
def test_a_typo_is_answered_with_the_near_name(
    folders: dict[str, pathlib.Path], name: str, meant: str
) -> None:
    (folders["playbook"] / "mine.yaml").write_text("")
    with pytest.raises(Failure, match=f"There is no workflow file '{name}'.*mean '{meant}'"):
        read(name, folders)


def test_without_a_near_name_the_samples_are_listed(folders: dict[str, pathlib.Path]) -> None:
    with pytest.raises(Failure, match="The samples are .*two_approvals.yaml") as caught:
        read("zzz", folders)
    assert "interactive.ask" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "sentence"), [("", "is a folder"), ("latin_1.yaml", "it is not UTF-8 text")]
)
def test_what_cannot_be_read(folders: dict[str, pathlib.Path], name: str, sentence: str) -> None:
    (folders["here"] / "latin_1.yaml").write_bytes("# für\n".encode("latin-1"))
    with pytest.raises(Failure, match=sentence) as caught:
        read(name, folders)
    assert caught.value.error_code == "no_file"


@pytest.mark.parametrize("name", ["~nobody-has-this-name/x.yaml", "x" * 5000, "a: b\n" * 2000])
def test_what_can_be_no_file(folders: dict[str, pathlib.Path], name: str) -> None:
    with pytest.raises(Failure, match="There is no workflow file"):
        read(name, folders)


def test_an_encrypted_file_is_decrypted(folders: dict[str, pathlib.Path]) -> None:
    for name in ("w.yaml", "decrypted"):
        (folders["here"] / name).write_text(name)
    real = {str(folders["here"] / "w.yaml"): str(folders["here"] / "decrypted")}
    text = _workflow_file.read("w.yaml", str(folders["playbook"]), real.__getitem__)
    assert text == "decrypted"


def test_the_library_has_the_workflows_by_their_names() -> None:
    assert all(f"\n{name}:" in text for name, text in _workflow_file.library().items())
