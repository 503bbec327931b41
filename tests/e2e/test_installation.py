# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users install: the built tarball and its requirements in an empty environment, then a
dialogue by FQCN alone.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import venv

COLLECTION = pathlib.Path(__file__).parents[2]


def test_the_tarball_alone_runs_a_dialogue(ansible_env, sandbox, tmp_path):
    def run(*words: str) -> str:
        done = subprocess.run(
            words,
            env=env,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    env = dict(ansible_env)
    version = subprocess.run(
        ["ansible", "--version"], env=env, capture_output=True, text=True, check=True
    ).stdout
    core = version.split("core ", 1)[1].split("]", 1)[0]
    run("ansible-galaxy", "collection", "build", str(COLLECTION), "--output-path", str(tmp_path))
    tarball = next(tmp_path.glob("interactive-openstack-*.tar.gz"))

    empty = tmp_path / "venv"
    venv.create(empty, with_pip=True)
    env["PATH"] = os.pathsep.join([str(empty / "bin"), os.environ.get("PATH", os.defpath)])
    env["ANSIBLE_COLLECTIONS_PATH"] = str(tmp_path / "collections")
    env.update({name: value for name, value in os.environ.items() if name.startswith("PIP_")})
    run("pip", "install", "-q", f"ansible-core=={core}")
    run(
        "ansible-galaxy", "collection", "install", str(tarball), "-p", str(tmp_path / "collections")
    )
    installed = tmp_path / "collections" / "ansible_collections" / "interactive" / "openstack"
    run("pip", "install", "-q", "-r", str(installed / "requirements.txt"))

    output = run(
        "ansible-playbook",
        "interactive.openstack.run",
        "-e",
        "workflow_file=ask_with_pause.yaml",
        "-e",
        f"cloud={sandbox.cloud}",
        "-e",
        "answer=Ida",
    )
    assert "Hello, Ida!" in output
    assert not (installed / "tests" / "output").exists() and not (installed / ".dev").exists()
