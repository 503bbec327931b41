# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the tasks of a definition that ask a person with interactive.ask."""

from __future__ import annotations

from .._base.json_types import Json, JsonObject, as_object
from .._base.text import one_line
from .._questions.protocol import ASK
from .._services.definition import tasks_of, workflows

ASK_TIMEOUT = 86400  # seconds, the default of the input `timeout` of interactive.ask
NAME_LENGTH = 60  # characters of a name in a sentence


def complaints(data: Json) -> list[str]:
    """Return a sentence for each task that ends before the question that it asks.

    ``data`` is a definition of workflows.
    """
    sentences = []
    for workflow, specification in workflows(data).items():
        for name, task in tasks_of(as_object(specification)).items():
            if ends_before_its_question(task):
                sentences.append(
                    f"Task '{one_line(name, NAME_LENGTH)}' of workflow"
                    f" '{one_line(workflow, NAME_LENGTH)}' has a 'timeout' that ends before its"
                    f" question expires, which then stays open: set the 'timeout' in the input of"
                    f" {ASK}, and a longer one on the task, or none."
                )
    return sentences


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
