# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until an execution asks something or has ended."""

from __future__ import annotations

import shlex
import typing as t

from .._base.options import WAIT_TIMEOUT
from .._base.text import display_data
from .._cloud.options import is_dictionary
from .._dialogue.dialogue import Dialogue
from .._shell.flow import Flow


class DialogueQuestion(Flow):
    OPTIONS = dict(
        execution=dict(type="str", required=True),
        question=dict(type="str"),
        wait_timeout=WAIT_TIMEOUT,
    )
    IDS = {"execution": "an execution"}

    def go_on(self) -> str:
        id, cloud = self.params["execution"], self.params["cloud"]
        named = (
            f" -e cloud={shlex.quote(cloud)}"
            if isinstance(cloud, str) and not is_dictionary(cloud)
            else ""
        )
        return (
            f"Execution {id} is not touched by that; its question can be answered with 'ansible-playbook"
            f" interactive.openstack.answer -e execution_id={id}{named}'."
        )

    def run(self) -> dict[str, t.Any]:
        dialogue = Dialogue(
            self.cloud,
            self.mistral,
            self.zaqar,
            self.params["execution"],
            self.deadline,
            self.context.progress,
        )
        question = dialogue.wait(named=self.params["question"])
        if question and question["secret"]:
            question = dict(
                question, waiting_answers=[]
            )  # they are for the workflow, and no result is kept secret
        failed = dialogue.failed_tasks()
        return {
            "changed": False,
            "question": question,
            "messages": question["messages"] if question else dialogue.messages(),
            "messages_of_others": dialogue.others,
            "output_shown": display_data(dialogue.execution.get("output") or {}),
            "failed_tasks": failed,
            "cause": dialogue.why(failed),
            **dialogue.summary(),
        }
