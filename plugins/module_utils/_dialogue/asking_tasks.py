# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the tasks of a definition that ask a person with interactive.ask."""

from __future__ import annotations

from .._base.json_types import Json, as_object
from .._base.text import one_line
from .._questions.protocol import ASK
from .._services.definition import tasks_of, workflows

NAME_LENGTH = 60  # characters of a name in a sentence


def complaints(data: Json) -> list[str]:
    """Return a sentence for each task that can end while its question stays open.

    ``data`` is a definition of workflows.
    """
    sentences = []
    for workflow, specification in workflows(data).items():
        for name, task in tasks_of(as_object(specification)).items():
            called = str(task.get("workflow")).partition(" ")[0]
            if called == ASK and task.get("timeout"):
                sentences.append(
                    f"Task '{one_line(name, NAME_LENGTH)}' of workflow"
                    f" '{one_line(workflow, NAME_LENGTH)}' has a 'timeout' of its own, after which"
                    f" its question stays open: set the 'timeout' in the input of {ASK} instead."
                )
    return sentences
