# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer the open question of an execution and wake it."""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._dialogue import Dialogue
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flow import Flow


class DialogueAnswer(Flow):
    OPTIONS = dict(
        execution=dict(type="str", required=True),
        answer=dict(type="raw"),
        ttl=dict(type="int", default=3600),
        wait_timeout=dict(type="int", default=600),
    )

    def run(self) -> dict[str, t.Any]:
        answer = self.params["answer"]
        if answer == "":
            raise Failure("An empty answer is not posted: give 'answer' a value.", "empty_answer")
        dialogue = Dialogue(self.mistral, self.zaqar, self.params["execution"])
        question = dialogue.wait(0 if self.context.check_mode else self.params["wait_timeout"])
        if question is None:
            raise Failure(
                f"Execution {dialogue.id} has ended in {dialogue.execution['state']}: nothing waits for an answer.",
                "ended",
                **dialogue.summary(),
            )
        if question["answer_waits"]:
            if answer is not None:
                self.context.warn(
                    f"An unread answer already waits in queue '{dialogue.input_queue}': the workflow gets that one,"
                    " yours was not posted."
                )
        elif answer is None:
            raise Failure(
                f"No answer waits in queue '{dialogue.input_queue}' and none was given: set 'answer'.", "empty_answer"
            )
        posted = [] if self.context.check_mode else dialogue.answer(question, answer, self.params["ttl"])
        return {
            "changed": True,
            "question": question,
            "message_ids": posted,
            "resumed": question["waits_by"] == "pause",
            **dialogue.summary(),
        }
