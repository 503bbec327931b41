# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until an execution asks something or has ended."""

from __future__ import annotations

import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._dialogue import Dialogue
from ansible_collections.interactive.openstack.plugins.module_utils._flow import Flow


class DialogueQuestion(Flow):
    OPTIONS = dict(
        execution=dict(type="str", required=True),
        wait_timeout=dict(type="int", default=3600),
    )

    def run(self) -> dict[str, t.Any]:
        dialogue = Dialogue(self.mistral, self.zaqar, self.params["execution"])
        question = dialogue.wait(0 if self.context.check_mode else self.params["wait_timeout"])
        return {
            "changed": False,
            "question": question,
            "messages": question["messages"] if question else dialogue.messages(),
            "failed_tasks": dialogue.failed_tasks(),
            **dialogue.summary(),
        }
