# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tools/dev decides before it does anything; the check for nested ternaries."""

from __future__ import annotations

import ast
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import venv

import pytest
from ansible_collections.interactive.openstack.tests.bench.starts import IMPORTS

TOOLS = pathlib.Path(__file__).parents[2] / "tools"


@pytest.fixture
def checkout(tmp_path):
    shutil.copytree(TOOLS, tmp_path / "tools")
    return tmp_path


def run_python(*command: str, checkout: pathlib.Path, **env: str):
    """Run Python in a checkout, where the package `dev` can be imported."""
    return subprocess.run(
        command,
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": "tools"} | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("answer", ["", " "])
def test_demo_does_not_post_an_empty_answer(checkout, answer):
    done = run_python(sys.executable, "-m", "dev", "demo", checkout=checkout, ANSWER=answer)
    assert done.returncode == 1
    assert "ANSWER is empty" in done.stderr


def test_an_environment_in_dev_is_never_made_of_another_one(checkout):
    """After `. .dev/env` the python3 on PATH is that of .dev, which would be made from itself."""
    venv.create(checkout / ".dev" / "venv", with_pip=False, symlinks=True)
    folder = checkout / ".dev" / "venv" / "bin"
    program = (
        "from dev.interpreters import find_python; import sys; minor = sys.version_info[1]; "
        "print(find_python(minor, minor, ''), find_python(0, 99, ''))"
    )
    path = f"{folder}:{os.environ['PATH']}"
    done = run_python(str(folder / "python3"), "-c", program, checkout=checkout, PATH=path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 2
    assert ".dev" not in done.stdout


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("a if b else c", []),
        ("a if b else c if d else e", ["1"]),
        ("a if b else [\n    c if d else e for d in f\n]", ["1"]),
        ("x = [a if b else c, d if e else f]", []),
    ],
)
def test_nested_ternaries(checkout, source, lines):
    folder = checkout / "plugins"
    folder.mkdir()
    (folder / "example.py").write_text(source)
    script = str(checkout / "tools" / "nested_ternaries.py")
    done = run_python(sys.executable, script, "plugins", checkout=checkout)
    assert done.returncode == bool(lines)
    assert done.stdout.splitlines() == [
        f"plugins/example.py:{line}: nested ternary" for line in lines
    ]


def test_modules_import_from_those_above_them_only():
    package = TOOLS / "dev"
    documentation = ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
    listed = re.findall(r"^    (\w+)  ", documentation.split("Its modules")[1], re.M)
    files = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}
    assert sorted(listed) == sorted(files)
    for place, name in enumerate(listed):
        source = (package / f"{name}.py").read_text()
        for line in re.findall(r"^from \.(?:\w+)? import .*", source, re.M):
            module, names = re.fullmatch(r"from \.(\w*) import (.*)", line).groups()
            imported = [module] if module else names.split(", ")
            assert set(imported) <= set(listed[:place]), name


@pytest.mark.parametrize(
    ("quick", "most", "numbers"),
    [
        (False, "", [10, 100, 300, 1000]),
        (False, "200", [10, 100, 200]),
        (False, "10", [10]),
        (True, "", [5]),
        (True, "30", [30]),
    ],
)
def test_how_many_dialogues_the_rounds_of_bench_scale_have(checkout, quick, most, numbers):
    program = f"from dev.scale import numbers; print(list(numbers({quick}, {most!r})))"
    done = run_python(sys.executable, "-c", program, checkout=checkout)
    assert done.stdout.strip() == str(numbers), done.stderr


def test_bench_scale_refuses_what_is_no_number(checkout):
    done = run_python(
        sys.executable, "-m", "dev", "bench-scale", checkout=checkout, DIALOGUES="many"
    )
    assert done.returncode == 1
    assert "DIALOGUES=many is not a number" in done.stderr


@pytest.mark.parametrize("imports", IMPORTS.values(), ids=list(IMPORTS))
def test_the_modules_exist_whose_start_is_measured(imports: str) -> None:
    for name in re.findall(r"ansible_collections[\w.]+", imports):
        assert importlib.util.find_spec(name), name
