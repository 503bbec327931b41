# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the shell makes of a flow's result, its failures and its interruption."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.interactive.openstack.plugins.module_utils._base import signals
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.userinfo import HIDDEN
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context, Flow
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module

try:  # ansible-core 2.19
    from ansible.module_utils import _internal as module_internals
except ImportError:
    module_internals = None

PASSWORD = "hunter2"


class Example(Flow):
    """A flow that does what a test lets it do."""

    OPTIONS = dict(word=dict(type="str", required=True), diff_of=dict(type="str"))
    work: t.Callable[[Example], dict[str, t.Any]]
    undone: list[str] = []

    def run(self) -> dict[str, t.Any]:
        return type(self).work(self)

    def undo(self) -> None:
        self.undone.append(self.params["word"])

    def go_on(self) -> str:
        return f"It has begun.\x1b[31m Go on with '{self.params['word']}'."


def example(work: t.Callable[[Example], dict[str, t.Any]]) -> type[Example]:
    return type("Example", (Example,), {"work": staticmethod(work), "undone": []})


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a flow as a module, and return the result that it prints."""
    if module_internals:  # another test may have imported the controller
        monkeypatch.setattr(module_internals, "is_controller", False)

    def run(flow: type[Flow], progress=None, **options: t.Any) -> dict[str, t.Any]:
        if "inject_invocation" in PASS_VARS:  # ansible-core 2.21, at -vvv
            options["_ansible_inject_invocation"] = True
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {"word": "a", **options}})
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", arguments.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with contextlib.suppress(SystemExit):
            run_module(flow, progress)
        return json.loads(capsys.readouterr().out)

    return run


def fail(error: BaseException) -> type[Example]:
    def work(_flow: Example) -> dict[str, t.Any]:
        raise error

    return example(work)


def test_a_result_comes_with_what_it_cost(run):
    result = run(example(lambda flow: {"changed": True, "word": flow.params["word"]}))
    assert result["changed"] is True and result["word"] == "a"
    assert result["invocation"]["requests"] == {}
    assert set(result["invocation"]["seconds"]) == {"start", "total"}


def test_secrets_are_not_in_the_result_and_innocent_words_are(run):
    auth = {"username": "admin", "password": PASSWORD}
    result = run(example(lambda _flow: {"state": "admin"}), auth=auth)
    assert result["state"] == "admin"
    assert result["invocation"]["module_args"]["auth"] == {
        "username": "admin",
        "password": HIDDEN,
    }


def test_a_failure_is_display_text_with_its_code_and_its_keys(run):
    failure = Failure(
        "No\x1b[2J way to http://u:p@host.", "no_way", state="\x9bERROR", http_status=400
    )
    result = run(fail(failure))
    assert result["failed"] and result["error_code"] == "no_way"
    assert result["msg"] == f"No way to http://{HIDDEN}@host."
    assert (result["state"], result["http_status"]) == ("ERROR", 400)
    assert "exception" not in result


def test_the_error_of_a_service_is_a_failure(run):
    result = run(fail(ServiceError("Zaqar", 503, "busy", "service_error")))
    assert result["msg"] == "Zaqar answered 503: busy" and result["http_status"] == 503


@pytest.mark.parametrize(
    ("options", "code"),
    [({"word": ""}, "bad_option"), ({"auth": {"username": float("inf")}}, "not_encodable")],
)
def test_options_that_cannot_be_meant_are_refused_before_the_flow_begins(run, options, code):
    result = run(example(lambda _flow: pytest.fail("it has begun")), **options)
    assert result["failed"] and result["error_code"] == code
    assert set(result["invocation"]) == {"module_args"}


def test_what_cannot_be_encoded_is_replaced(run):
    result = run(example(lambda _flow: {"body": "M\udcc3", "diff": {"after": "\x9b"}}))
    assert result["body"] == "M\ufffd" and result["diff"] == {"after": ""}


def test_an_interrupted_flow_undoes_and_says_how_to_go_on(run, monkeypatch):
    monkeypatch.setattr(signals, "deferred", contextlib.nullcontext)
    lines: list[str] = []
    flow = fail(signals.Interrupted())
    with pytest.raises(signals.Interrupted):
        run(flow, lines.append)
    assert flow.undone == ["a"] and lines == ["It has begun. Go on with 'a'."]


def test_a_flow_whose_result_nobody_gets_undoes(run, monkeypatch):
    def interrupt() -> None:
        raise signals.Interrupted

    monkeypatch.setattr(signals, "raise_pending", interrupt)
    flow = example(lambda _flow: {})
    with pytest.raises(signals.Interrupted):
        run(flow)
    assert flow.undone == ["a"]


def test_any_other_exception_undoes_too(run):
    flow = fail(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        run(flow)
    assert flow.undone == ["a"]


def test_a_flow_warns_in_display_text(run):
    def work(flow: Example) -> dict[str, t.Any]:
        flow.context.warn("careful \x1b[2Jwith http://u:p@host")
        return {}

    assert f"careful with http://{HIDDEN}@host" in str(run(example(work))["warnings"])


@pytest.mark.parametrize(
    ("params", "check_mode", "seconds"),
    [({"wait_timeout": 5}, False, 5), ({"wait_timeout": 5}, True, 0), ({}, False, float("inf"))],
)
def test_the_deadline_of_a_task(params, check_mode, seconds):
    class Waiting(Flow):
        OPTIONS = {name: dict(type="int") for name in params}

    assert Waiting(params, Context(check_mode=check_mode)).deadline.seconds == seconds
