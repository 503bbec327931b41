# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a task's options, and is told before anything is sent."""

from __future__ import annotations

import importlib
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.options import (
    INT32_MAX,
    Range,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Flow

ID = "0b7fd1b6-9a3e-4f0c-8d52-4a4d6b0c1d2e"


class Example(Flow):
    OPTIONS = dict(
        name=dict(type="str", required=True),
        body=dict(type="raw", required=True),
        state=dict(type="str", default="present"),
        execution=dict(type="str"),
        task=dict(type="str"),
        pattern=dict(type="str"),
        time=dict(type="str"),
        limit=dict(type="int"),
        ttl=dict(type="int"),
        wait_timeout=dict(type="int", default=600),
        part=dict(type="dict", options=dict(name=dict(type="str", required=True))),
        parts=dict(
            type="list",
            elements="dict",
            options=dict(
                body=dict(type="raw", required=True),
                name=dict(type="str", required=True),
                ttl=dict(type="int"),
            ),
        ),
    )
    CONSTRAINTS = dict(
        required_one_of=[("execution", "task")],
        required_together=[("pattern", "time")],
        required_if=[
            ("state", "absent", ("limit", "ttl")),
            ("state", "either", ("limit", "ttl"), True),
        ],
    )
    IDS = {"execution": "an execution"}
    RANGES = {"ttl": Range(60, 100, "seconds", "Ask for less.")}
    NULLABLE = frozenset(["body"])


def check(**given: t.Any) -> None:
    params: dict[str, t.Any] = {name: spec.get("default") for name, spec in Example.OPTIONS.items()}
    Example.check_options(params | {"name": "n", "body": None, "task": "t"} | given)


@pytest.mark.parametrize(
    "given, words",
    [
        ({"name": None}, "The option 'name' is empty or null: give it a value."),
        ({"name": ""}, "The option 'name' is empty or null: give it a value."),
        ({"part": {"name": ""}}, "The option 'name' is empty or null: give it a value."),
        (
            {"parts": [{"body": 1, "name": "n"}, {"body": 1, "name": None}]},
            "The option 'name' is empty or null: give it a value.",
        ),
        (
            {"task": None},
            "The options 'execution', 'task' are empty or null: give one of them a value.",
        ),
        (
            {"task": ""},
            "The options 'execution', 'task' are empty or null: give one of them a value.",
        ),
        ({"pattern": "p"}, "The option 'time' is empty or null: give it a value."),
        ({"pattern": "p", "time": ""}, "The option 'time' is empty or null: give it a value."),
        ({"state": "absent", "limit": 1}, "The option 'ttl' is empty or null: give it a value."),
        (
            {"state": "either"},
            "The options 'limit', 'ttl' are empty or null: give one of them a value.",
        ),
        (
            {"wait_timeout": -1},
            f"The option 'wait_timeout' is -1: it has to be a number from 0 to {INT32_MAX}.",
        ),
        (
            {"wait_timeout": 10**5000},
            f"'wait_timeout' is out of range: it has to be a number from 0 to {INT32_MAX}.",
        ),
        ({"limit": 0}, f"The option 'limit' is 0: it has to be a number from 1 to {INT32_MAX}."),
        (
            {"api_timeout": 0},
            f"The option 'api_timeout' is 0: it has to be a number from 1 to {INT32_MAX}.",
        ),
        (
            {"ttl": 59},
            "The option 'ttl' is 59: it has to be a number of seconds from 60 to 100. Ask for less.",
        ),
        (
            {"parts": [{"body": 1, "name": "n"}, {"body": 1, "name": "n", "ttl": 101}]},
            "The option 'ttl' is 101: it has to be a number of seconds",
        ),
        ({"execution": ""}, "The id of an execution is empty"),
        ({"execution": "nothing"}, "'nothing' cannot be the id of an execution"),
        ({"execution": ID + "\n"}, "cannot be the id of an execution"),
        ({"execution": "x" * 5000 + "\x1b[2J"}, "…' cannot be the id of an execution"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(given, words):
    with pytest.raises(Failure) as caught:
        check(**given)
    assert (
        words in caught.value.message
        and "\n" not in caught.value.message
        and len(caught.value.message) < 400
    )
    assert caught.value.error_code == ("bad_id" if "execution" in given else "bad_option")


@pytest.mark.parametrize(
    "flow, name, values, unit",
    [
        (
            "zaqar_claim.ZaqarClaim",
            "count",
            [0, 21],
            "messages from 1 to 20. One claim holds no more: claim again for more.",
        ),
        ("zaqar_claim.ZaqarClaim", "ttl", [59, 43201], "seconds from 60 to 43200."),
        ("zaqar_claim.ZaqarClaim", "grace", [59, 43201], "seconds from 60 to 43200."),
        ("zaqar_wait.ZaqarWait", "count", [0], f"messages from 1 to {INT32_MAX}."),
        ("zaqar_wait.ZaqarWait", "claim_ttl", [59, 43201], "seconds from 60 to 43200."),
        ("zaqar_pop.ZaqarPop", "count", [0, -1], f"messages from 1 to {INT32_MAX}."),
        (
            "zaqar_signed_url.ZaqarSignedUrl",
            "ttl",
            [0, INT32_MAX + 1],
            f"seconds from 1 to {INT32_MAX}.",
        ),
        ("zaqar_subscription.ZaqarSubscription", "ttl", [59], f"seconds from 60 to {INT32_MAX}."),
        (
            "mistral_cron_trigger.MistralCronTrigger",
            "count",
            [0],
            f"executions from 1 to {INT32_MAX}.",
        ),
        ("zaqar_post.ZaqarPost", "ttl", [59, 1209601], "seconds from 60 to 1209600."),
        ("zaqar_post.ZaqarPost", "delay", [-1, 901], "seconds from 0 to 900."),
    ],
)
def test_the_numbers_of_a_module_have_their_ranges(flow, name, values, unit):
    module, kind = flow.split(".")
    found = getattr(
        importlib.import_module(
            f"ansible_collections.interactive.openstack.plugins.module_utils._flows.{module}"
        ),
        kind,
    )
    needed = {
        "queue": "q",
        "name": "n",
        "state": "present",
        "workflow": "w",
        "pattern": "p",
        "subscriber": "s",
        "body": 1,
    }
    for value in values:
        with pytest.raises(Failure) as caught:
            found.check_options(
                {name: option.get("default") for name, option in found.OPTIONS.items()}
                | needed
                | {name: value}
            )
        assert (
            caught.value.message.startswith(f"The option '{name}' is ")
            and caught.value.error_code == "bad_option"
        )
        assert caught.value.message.endswith(f": it has to be a number of {unit}")


@pytest.mark.parametrize(
    "given",
    [
        {"wait_timeout": 0},
        {"limit": None},
        {"body": None},
        {"parts": [{"body": None, "name": "n"}]},
        {"parts": []},
        {"part": None},
        {"execution": ID.upper()},
        {"execution": None},
        {"execution": ID, "task": ""},
        {"pattern": "p", "time": "t"},
        {"state": "absent", "limit": 1, "ttl": 60},
        {"state": "either", "ttl": 60},
    ],
)
def test_what_may_be_meant_passes(given):
    check(**given)


def test_an_id_is_used_as_mistral_writes_it():
    params: dict[str, t.Any] = {name: spec.get("default") for name, spec in Example.OPTIONS.items()}
    params |= {"name": "n", "task": "t", "execution": ID.upper()}
    Example.check_options(params)
    assert params["execution"] == ID
