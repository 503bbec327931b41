# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks a pause holds back, and which are about to start.

Mistral stores a task before it tells an engine to start it, and the engine sets the pause. So a
task is IDLE before its start and in its pause. In the pause it has words that say so.
"""

from __future__ import annotations

from .._questions.protocol import moment
from .._services import definition as definitions
from .._services.mistral import Mistral
from .._services.records import Execution, Task

# Seconds until a task that is about to start counts as one that never will.
START_TIMEOUT = 60


def is_paused_before(task: Task) -> bool:
    """Tell whether a pause holds back a task that is IDLE."""
    return "pause-before" in task.state_info


def start_was_lost(task: Task, execution: Execution) -> bool:
    """Tell whether a task that is IDLE will never start by itself.

    Its execution was paused when the task had been about to start for START_TIMEOUT seconds: a
    recovery does that.
    """
    created, paused = moment(task.created_at), moment(execution.updated_at)
    if created is None or paused is None or is_paused_before(task):
        return False
    return (paused - created).total_seconds() >= START_TIMEOUT


def pauses_before(mistral: Mistral, task: Task) -> bool:
    """Tell whether the workflow pauses before a task."""
    if task.workflow_id:
        workflow = mistral.workflow_by_id(task.workflow_id)
    else:
        workflow = mistral.workflow(task.workflow_name, task.workflow_namespace)
    tasks = definitions.stored_tasks(workflow, task.workflow_name)
    return bool(tasks.get(task.name, {}).get("pause-before"))
