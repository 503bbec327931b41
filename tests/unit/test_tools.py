# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tools/dev.py decides before it does anything."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import venv

import pytest

DEV_PY = pathlib.Path(__file__).parents[2] / "tools" / "dev.py"


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "tools").mkdir()
    shutil.copy(DEV_PY, tmp_path / "tools")
    return tmp_path


@pytest.mark.parametrize("answer", ["", " "])
def test_demo_does_not_post_an_empty_answer(checkout, answer):
    done = subprocess.run(
        [sys.executable, "tools/dev.py", "demo"],
        cwd=checkout,
        env=os.environ | {"ANSWER": answer},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "ANSWER is empty" in done.stderr


def test_an_environment_in_dev_is_never_made_of_another_one(checkout):
    """After `. .dev/env` the python3 on PATH is that of .dev, which would be made anew from itself."""
    venv.create(checkout / ".dev" / "venv", with_pip=False, symlinks=True)
    folder = checkout / ".dev" / "venv" / "bin"
    asked = "import dev, sys; print(dev.find_python(*[sys.version_info[1]] * 2, ''), dev.find_python(0, 99, ''))"
    done = subprocess.run(
        [folder / "python3", "-c", asked],
        cwd=checkout / "tools",
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        check=True,
    )
    assert ".dev" not in done.stdout
