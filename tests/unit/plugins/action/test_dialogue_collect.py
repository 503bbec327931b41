# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dialogue_collect with a task that is real enough; what it collects is tested in test__collect.py."""

from __future__ import annotations

import types
import typing as t
from unittest import mock

import pytest
from ansible.errors import AnsibleError
from ansible_collections.interactive.openstack.plugins.action import dialogue_collect
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
    Terms,
    WaitsBy,
)

QUESTION = Question(
    "t", "Which?", Terms(name="q", interaction_id="i"), WaitsBy.PAUSE, ("t",), ("t",), ()
).as_result()


class Task:
    """What an action plugin reads of its task."""

    no_log = False
    async_val = 0
    check_mode = False
    diff = False
    _parent = None

    def __init__(self, args: dict) -> None:
        self.args = args
        self.action = "interactive.openstack.dialogue_collect"

    def copy(self) -> Task:
        return Task(self.args)


class Pause:
    """ansible.builtin.pause, at which a person types a text or an error is raised."""

    def __init__(self, typed: str | Exception) -> None:
        self.typed = typed
        self.asked: list[dict] = []

    def get(self, name: str, task: Task, **_rest: object) -> Pause:
        assert name == "ansible.builtin.pause"
        self.asked.append(task.args)
        return self

    def run(self, task_vars: dict) -> dict:
        if isinstance(self.typed, Exception):
            raise self.typed
        return {"user_input": self.typed}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., dict]:
    monkeypatch.setattr(dialogue_collect, "WHY_NOT_INTERACTIVE", "")

    def run_task(
        pause: Pause | None = None, task_vars: dict | None = None, **options: t.Any
    ) -> dict:
        action = dialogue_collect.ActionModule(
            task=Task({"question": QUESTION, **options}),
            connection=mock.Mock(),
            play_context=types.SimpleNamespace(remote_addr="localhost", check_mode=False),
            loader=mock.Mock(),
            templar=types.SimpleNamespace(template=lambda value: value),
            shared_loader_obj=None,
        )
        action._shared_loader_obj = types.SimpleNamespace(action_loader=pause)
        return action.run(task_vars=task_vars)

    return run_task


def test_prepared_answers_are_the_result(run: t.Callable[..., dict]) -> None:
    result = run(answers=["a"])
    expected = {
        "changed": False,
        "answers": ["a"],
        "shown": ["> a"],
        "status": "ANSWERED",
        "problem": "",
    }
    assert {key: result[key] for key in expected} == expected
    assert run(task_vars={"answer_q": "b"})["answers"] == ["b"]


def test_the_person_is_asked_with_pause(run: t.Callable[..., dict]) -> None:
    pause = Pause("typed")
    assert run(pause)["answers"] == ["typed"]
    [args] = pause.asked
    assert args["echo"] is True and args["prompt"].startswith("Which?\n")


def test_a_secret_is_typed_without_an_echo(run: t.Callable[..., dict]) -> None:
    pause = Pause("typed")
    assert run(pause, question=dict(QUESTION, schema={"writeOnly": True}))["answers"] == ["typed"]
    assert pause.asked[0]["echo"] is False


def test_ctrl_c_and_a_decline_a_question_with_an_id(run: t.Callable[..., dict]) -> None:
    abort = Pause(AnsibleError("user requested abort!"))
    assert run(abort)["status"] == "DECLINED"
    with pytest.raises(AnsibleError, match="abort"):
        run(abort, question=dict(QUESTION, interaction_id=None))
    with pytest.raises(AnsibleError, match="broken"):
        run(Pause(AnsibleError("broken")))


def test_nobody_is_asked(run: t.Callable[..., dict], monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = {"ansible_play_hosts": ["a", "b"]}
    assert (
        "the play has several hosts and a prompt only one answer" in run(task_vars=hosts)["problem"]
    )
    monkeypatch.setattr(dialogue_collect, "WHY_NOT_INTERACTIVE", "there is no terminal")
    assert "there is no terminal: give the answer in" in run(task_vars=hosts)["problem"]


@pytest.mark.parametrize(
    "question", [{}, {"text": "Which?"}, dict(QUESTION, tasks=None), dict(QUESTION, waits_by="?")]
)
def test_what_is_no_question_is_refused(run: t.Callable[..., dict], question: dict) -> None:
    with pytest.raises(AnsibleError, match="pass that on as it is"):
        run(question=question)
