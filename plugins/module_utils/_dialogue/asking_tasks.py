# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the tasks of a definition that ask a person with interactive.ask."""

from __future__ import annotations

from .._base.json_types import Json, JsonObject, as_object
from .._base.text import one_line
from .._questions.protocol import ASK
from .._services.definition import tasks_of, workflows
from .defined_tasks import AFTER_ANY_END, followers

ASK_TIMEOUT = 86400  # seconds, the default of the input `timeout` of interactive.ask
PAUSE = "pause"  # an engine command, which can be written in the place of a task
NAME_LENGTH = 60  # characters of a name in a sentence


def complaints(data: Json) -> list[str]:
    """Return a sentence for each task that asks in a way that cannot work.

    ``data`` is a definition of workflows.
    """
    sentences = []
    for workflow, specification in workflows(data).items():
        sentences += gates_that_pass(workflow, as_object(specification))
        for name, task in tasks_of(as_object(specification)).items():
            if ends_before_its_question(task):
                sentences.append(
                    f"{_title(name, workflow)} has a 'timeout' that ends before its question"
                    f" expires, which then stays open: set the 'timeout' in the input of {ASK}, and"
                    " a longer one on the task, or none."
                )
    return sentences


def gates_that_pass(workflow: str, specification: JsonObject) -> list[str]:
    """Return a sentence for each task that looks as if it asked, and at which nobody is asked."""
    sentences = []
    for name, task in tasks_of(specification).items():
        title = _title(name, workflow)
        if "join" in task and task.get("pause-before"):
            sentences.append(
                f"{title} has a 'join', with which Mistral ignores its 'pause-before', so that"
                " nobody would be asked: put 'pause-before' on a task of its own that follows it."
            )
        commands = {follower for follower, _condition in followers(task, AFTER_ANY_END)}
        if PAUSE in commands:
            sentences.append(
                f"{title} is followed by the engine command 'pause', in which no task waits for an"
                " answer: write 'pause-before: true' on the task that reads the answer instead."
            )
    return sentences


def _title(task: str, workflow: str) -> str:
    task, workflow = one_line(task, NAME_LENGTH), one_line(workflow, NAME_LENGTH)
    return f"Task '{task}' of workflow '{workflow}'"


def ends_before_its_question(task: JsonObject) -> bool:
    """Tell whether a task has a timeout that is not longer than that of its question.

    An expression can be any number, so it counts as longer.
    """
    of_task = task.get("timeout")
    of_question = as_object(task.get("input")).get("timeout", ASK_TIMEOUT)
    are_numbers = isinstance(of_task, int) and isinstance(of_question, int)
    if task.get("workflow") != ASK or not are_numbers or of_task == 0:
        return False
    return bool(of_question == 0 or of_task <= of_question)
