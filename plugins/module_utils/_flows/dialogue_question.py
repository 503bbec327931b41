# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until an execution asks something or has ended."""

from __future__ import annotations

from .._base.json_types import Result
from .._base.options import WAIT_TIMEOUT
from .._base.text import display_data
from .._dialogue.commands import answer_command
from .._dialogue.decide import Wish
from .._dialogue.dialogue import Dialogue, Services
from .._questions.question import Question
from .._shell.flow import Flow


class DialogueQuestion(Flow):
    OPTIONS = dict(
        execution=dict(type="str", required=True),
        question=dict(type="str"),
        wait_timeout=WAIT_TIMEOUT,
    )
    IDS = {"execution": "an execution"}

    def go_on(self) -> str:
        id = self.params["execution"]
        return (
            f"Execution {id} is not touched by that; its question can be answered with"
            f" '{answer_command(id, self.params['cloud'])}'."
        )

    def run(self) -> Result:
        dialogue = Dialogue(
            Services(self.cloud, self.mistral, self.zaqar),
            self.params["execution"],
            self.deadline,
            self.context.progress,
            self.context.check_mode,
        )
        question = dialogue.wait(Wish(name=self.params["question"]))
        messages = question.messages if question else dialogue.messages()
        failed_tasks = dialogue.failed_tasks()
        return {
            "changed": False,
            "question": question and as_result(question),
            "messages": [message.as_result() for message in messages],
            "messages_of_others": dialogue.messages_of_others,
            "output_shown": display_data(dialogue.execution.output),
            "failed_tasks": [task.as_result() for task in failed_tasks],
            "cause": dialogue.cause(failed_tasks),
            **dialogue.summary(),
        }


def as_result(question: Question) -> Result:
    """Return the question without secret answers that wait: no result is kept secret."""
    return question.as_result(with_answers=not question.terms.secret)
