# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer the open question of an execution and wake it."""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._answer import Answer, answered_meanwhile, resumes
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue import Dialogue
from ansible_collections.interactive.openstack.plugins.module_utils._errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flow import Flow
from ansible_collections.interactive.openstack.plugins.module_utils._question import as_seen
from ansible_collections.interactive.openstack.plugins.module_utils._wait import Deadline


class DialogueAnswer(Flow):
    OPTIONS = dict(
        execution=dict(type="str", required=True),
        answer=dict(type="raw"),
        answers=dict(type="list", elements="raw"),
        question_id=dict(type="str"),
        ttl=dict(type="int", default=3600),
        wait_timeout=dict(type="int", default=600),
    )
    CONSTRAINTS = dict(mutually_exclusive=[("answer", "answers")])

    def run(self) -> dict[str, t.Any]:
        answers = self._given()
        deadline = Deadline(0 if self.context.check_mode else self.params["wait_timeout"])
        dialogue = Dialogue(self.cloud, self.mistral, self.zaqar, self.params["execution"], deadline)
        question = dialogue.wait(self.params["question_id"])
        if question is None:
            raise Failure(
                f"Execution {dialogue.id} has ended in {dialogue.execution['state']}: nothing waits for an answer.",
                "execution_ended",
                **dialogue.summary(),
            )
        if self.params["question_id"] is not None:
            question = as_seen(question, self.params["question_id"])
            if question is None:
                raise answered_meanwhile(dialogue.execution)
        to_post = self._to_post(answers, question, dialogue)
        posted: list[str] = []
        if not self.context.check_mode:
            answer = Answer(self.mistral, self.zaqar, dialogue, question, deadline)
            posted = answer.hand_over(to_post, self.params["ttl"])
        return {
            "changed": True,
            "question": question,
            "message_ids": posted,
            "resumed": resumes(question, to_post),
            **dialogue.summary(),
        }

    def _given(self) -> list[t.Any]:
        answer, answers = self.params["answer"], self.params["answers"]
        given = answers if answers is not None else [] if answer is None else [answer]
        if "" in given:
            raise Failure("An empty answer is not posted: give it a value.", "empty_answer")
        return given

    @staticmethod
    def _to_post(answers: list[t.Any], question: dict[str, t.Any], dialogue: Dialogue) -> list[t.Any]:
        """Return what is still to be posted; answers that wait already, from a run that died, are not posted again."""
        waiting, needed = question["waiting_answers"], question["answers_needed"]
        if not needed and answers and answers != waiting:
            raise Failure(
                f"Another answer already waits unread in queue '{dialogue.input_queue}'; yours was not posted. To hand the"
                " waiting one over, run this without an answer; else purge the queue first, with"
                " interactive.openstack.zaqar_queue.",
                "answer_waits",
                **dialogue.summary(),
            )
        if needed and not answers:
            raise Failure(
                f"No answer waits in queue '{dialogue.input_queue}' and none was given: set 'answer'.", "empty_answer"
            )
        if needed and len(answers) > needed:
            raise Failure(
                f"The question takes {needed} answer{'s' if needed > 1 else ''}, 'answers' holds {len(answers)}.", "bad_option"
            )
        return answers if needed else []
