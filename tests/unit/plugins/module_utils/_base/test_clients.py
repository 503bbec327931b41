# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import re

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base import clients as _clients
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure

REQUIREMENTS = pathlib.Path(__file__).parents[5] / "requirements.txt"
TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n'


def test_the_requirements_say_which_versions_work():
    lines = sorted(f"{package}>={client.oldest}" for package, client in _clients.CLIENTS.items())
    assert REQUIREMENTS.read_text().split() == lines


@pytest.mark.parametrize(
    ("last_line", "sentence"),
    [
        (
            "ModuleNotFoundError: No module named 'mistralclient'",
            "python-mistralclient is missing for this task's interpreter; install",
        ),
        (
            "ModuleNotFoundError: No module named 'mistralclient.api'",
            "python-mistralclient is missing",
        ),
        (
            "ModuleNotFoundError: No module named 'pkg_resources'",
            "is installed for this task's interpreter, but cannot be imported (ModuleNotFoundError: No module named 'pkg_resources')",
        ),
        (
            "ImportError: libffi.so.6: cannot open shared object file",
            "cannot be imported (ImportError: libffi.so.6: cannot open shared object file)",
        ),
        (
            "AttributeError: module 'ssl' has no attribute 'wrap_socket'",
            "cannot be imported (AttributeError: module 'ssl' has no attribute",
        ),
    ],
)
def test_a_client_that_cannot_be_imported_says_why(last_line, sentence):
    with pytest.raises(Failure) as raised:
        _clients.check_client("python-mistralclient", f"{TRACEBACK}{last_line}\n")
    assert raised.value.error_code == "missing_client"
    assert sentence in raised.value.message and "pip install" in raised.value.message


@pytest.mark.parametrize(
    ("version", "is_too_old"),
    [
        ("4.2.0", True),
        ("4.2.99.dev7", True),
        ("3.10", True),
        ("4", True),
        ("4.3.0", False),
        ("4.3.0.dev1", False),
        ("10.0", False),
        ("", False),
    ],
)
def test_a_client_that_is_too_old_is_refused(monkeypatch, version, is_too_old):
    monkeypatch.setattr(_clients, "_version", lambda package: version)
    if not is_too_old:
        _clients.check_client("python-mistralclient", None)
        return
    with pytest.raises(Failure) as raised:
        _clients.check_client("python-mistralclient", None)
    assert raised.value.error_code == "missing_client"
    assert (
        f"python-mistralclient of this task's interpreter is too old ({version}): at least 4.3.0 is needed"
        in raised.value.message
    )


def test_the_version_of_what_is_too_old_need_not_be_known():
    sentence = "python-mistralclient of this task's interpreter is too old: at least 4.3.0 is needed, so install that there"
    assert sentence in _clients.too_old("python-mistralclient").message


def test_what_is_installed_is_new_enough():
    for package in _clients.CLIENTS:
        assert _clients._version(package)
        _clients.check_client(package, None)
    assert not _clients._version("no-such-package")


def test_the_documentation_says_which_versions_work():
    collection = REQUIREMENTS.parent
    folders = [collection / "plugins" / folder for folder in ("modules", "filter", "doc_fragments")]
    lines = [
        line
        for folder in folders
        for file in folder.glob("*.py")
        for line in file.read_text().splitlines()
    ]
    named = set()
    for line in lines:
        required = re.match(r"  - ([\w-]+)( >= ([\d.]+))?(,| for |$)", line)
        if required and required[1] in _clients.CLIENTS:
            named.add(required[1])
            assert required[3] == _clients.CLIENTS[required[1]].oldest, line
    assert named == set(_clients.CLIENTS)
