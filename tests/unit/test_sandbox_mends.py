# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sandbox mends in Mistral, without Mistral."""

from __future__ import annotations

import importlib.util
import pathlib

import jsonschema
import pytest

FILE = pathlib.Path(__file__).parents[2] / "roles" / "sandbox" / "files" / "mend_mistral.py"


@pytest.fixture(scope="module")
def mends():
    spec = importlib.util.spec_from_file_location("mend_mistral", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_equal_schema_is_checked_once(mends):
    checked = []
    check = mends.once_per_schema(checked.append)
    for schema in (
        {"type": "string", "minLength": 1},
        {"minLength": 1, "type": "string"},
        {"type": "number"},
        {"type": "number"},
    ):
        check(schema)
    assert checked == [{"type": "string", "minLength": 1}, {"type": "number"}]


def test_a_wrong_schema_is_refused_each_time(mends):
    check = mends.once_per_schema(jsonschema.Draft202012Validator.check_schema)
    for _time in range(2):
        with pytest.raises(jsonschema.SchemaError):
            check({"type": "nothing"})


class Transaction:
    def __init__(self, opened):
        self.opened, self.log = opened, []

    def is_open(self):
        return self.opened

    def close(self):
        self.log.append("close")

    def open(self):
        self.log.append("open")


@pytest.mark.parametrize("opened, log", [(True, ["close", "run", "open"]), (False, ["run"])])
def test_an_action_runs_outside_the_transaction(mends, opened, log):
    transaction = Transaction(opened)
    run = mends.outside_transaction(lambda: transaction.log.append("run"), transaction)
    run()
    assert transaction.log == log


def test_an_action_that_raises_leaves_the_transaction_open(mends):
    transaction = Transaction(True)
    with pytest.raises(ZeroDivisionError):
        mends.outside_transaction(lambda: 1 / 0, transaction)()
    assert transaction.log == ["close", "open"]
