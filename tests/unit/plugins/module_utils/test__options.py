# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a task's options, and is told before anything is sent."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flow import Flow
from ansible_collections.interactive.openstack.plugins.module_utils._options import MOST

ID = "0b7fd1b6-9a3e-4f0c-8d52-4a4d6b0c1d2e"


class Example(Flow):
    OPTIONS = dict(
        name=dict(type="str", required=True),
        body=dict(type="raw", required=True),
        execution=dict(type="str"),
        task=dict(type="str"),
        limit=dict(type="int"),
        ttl=dict(type="int"),
        wait_timeout=dict(type="int", default=600),
        parts=dict(type="list", elements="dict", options=dict(
            name=dict(type="str", required=True), kind=dict(type="str", default="usual"))),
    )
    CONSTRAINTS = dict(required_one_of=[("execution", "task"), ("name", "body")])
    IDS = {"execution": "an execution"}
    RANGES = {"ttl": (60, 100)}


def checked(**given: t.Any) -> dict[str, t.Any]:
    params: dict[str, t.Any] = {name: spec.get("default") for name, spec in Example.OPTIONS.items()}
    return Example.checked(params | {"name": "n", "body": "b", "task": "t"} | given)


@pytest.mark.parametrize("given, words", [
    ({"name": None}, "The option 'name' is null: give it a value."),
    ({"parts": [{"name": None}]}, "The option 'name' is null: give it a value."),
    ({"task": None}, "The options 'execution' or 'task' are null: give one of them a value."),
    ({"wait_timeout": -1}, f"The option 'wait_timeout' is -1: it has to be a number from 0 to {MOST}."),
    ({"wait_timeout": 10**5000}, f"'wait_timeout' is out of range: it has to be a number from 0 to {MOST}."),
    ({"limit": 0}, f"The option 'limit' is 0: it has to be a number from 1 to {MOST}."),
    ({"api_timeout": 0}, f"The option 'api_timeout' is 0: it has to be a number from 1 to {MOST}."),
    ({"ttl": 59}, "The option 'ttl' is 59: it has to be a number from 60 to 100."),
    ({"execution": ""}, "'' cannot be the id of an execution"),
    ({"execution": "nothing"}, "'nothing' cannot be the id of an execution"),
    ({"execution": ID + "\n"}, "cannot be the id of an execution"),
    ({"execution": "x" * 5000 + "\x1b[2J"}, "…' cannot be the id of an execution"),
])
def test_what_cannot_be_meant_is_one_sentence(given, words):
    with pytest.raises(Failure) as caught:
        checked(**given)
    assert words in caught.value.message and "\n" not in caught.value.message and len(caught.value.message) < 400
    assert caught.value.error_code == ("bad_id" if "execution" in given else "bad_option")


@pytest.mark.parametrize("given, name, expected", [
    ({"wait_timeout": None}, "wait_timeout", 600),
    ({"wait_timeout": 0}, "wait_timeout", 0),
    ({"parts": [{"name": "n", "kind": None}]}, "parts", [{"name": "n", "kind": "usual"}]),
    ({"parts": None}, "parts", None),
    ({"limit": None}, "limit", None),
    ({"body": None}, "body", None),
    ({"execution": ID.upper()}, "execution", ID.upper()),
    ({"execution": None}, "execution", None),
])
def test_null_is_an_option_that_is_left_out(given, name, expected):
    assert checked(**given)[name] == expected
