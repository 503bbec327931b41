# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect the answer to a question: from prepared answers, else from the person at the terminal."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.interactive.openstack.plugins.module_utils._base.json_types import (
    JsonObject,
    Result,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._collect import (
    CollectOptions,
    Collector,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._prepared_answers import (
    PreparedAnswers,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._prompt import (
    Declined,
    Prompt,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._terminal import (
    WHY_NOT_INTERACTIVE,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._verbose import (
    escape_for_terminal,
)

OPTIONS = dict(
    question=dict(type="dict", required=True),
    answers=dict(type="raw"),
    default_answer=dict(type="raw"),
    decline=dict(type="bool", default=False),
    go_on=dict(type="str", default=""),
    execution=dict(type="str", default=""),
    hide=dict(type="bool", default=False),
)


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        self._vars = task_vars or {}
        options = self._validated_options()
        self._question = options.question
        prepared = PreparedAnswers(
            options.question, options.answers, self._vars, self._templar.template
        )
        prompt = Prompt(options.question, options.go_on, self._pause)
        collected = Collector(options, prepared, prompt, self._why_nobody()).collect()
        result.update(changed=False, **collected.as_result())
        escape_for_terminal(
            self._display, result, self._play_context.remote_addr, bool(self._task.no_log)
        )
        return result

    def _validated_options(self) -> CollectOptions:
        options = self.validate_argument_spec(argument_spec=OPTIONS)[1]
        return CollectOptions(**{**options, "question": _question(options["question"])})

    def _why_nobody(self) -> str:
        """Return the cause why nobody can be asked; empty if somebody can."""
        if WHY_NOT_INTERACTIVE:
            return WHY_NOT_INTERACTIVE
        if len(self._vars.get("ansible_play_hosts") or []) > 1:
            return "the play has several hosts and a prompt only one answer"
        return ""

    def _pause(self, prompt: str, secret: bool) -> str:
        """Ask with ansible.builtin.pause, which does not use its text as a template.

        Raises Declined.
        """
        task = self._task.copy()
        task.args = {"prompt": prompt, "echo": not secret}
        pause = self._shared_loader_obj.action_loader.get(
            "ansible.builtin.pause",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            result = pause.run(task_vars=self._vars)
        except AnsibleError as error:
            if "abort" in str(error) and self._question.terms.interaction_id:
                raise Declined from None
            raise
        typed: str = result["user_input"]
        return typed


def _question(result: JsonObject) -> Question:
    try:
        return Question.from_result(result)
    except (KeyError, TypeError, ValueError):
        raise AnsibleError(
            "'question' is not what interactive.openstack.dialogue_question returns as 'question':"
            " pass that on as it is."
        ) from None
