# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_action does."""

from __future__ import annotations

import typing as t

from .._base.errors import Failure, ServiceError
from .._services.mistral import SUCCESS, reason
from .._services.unknown import say_unknown
from .._shell.flow import Flow

MAY_HAVE_RUN = (
    "It may have run all the same, or may still run: find that out before you run it again."
)


class MistralAction(Flow):
    OPTIONS = dict(
        name=dict(type="str", required=True),
        input=dict(type="dict", default={}),
        namespace=dict(type="str", default=""),
    )

    def run(self) -> dict[str, t.Any]:
        name = self.params["name"]
        mistral = self.mistral
        if self.context.check_mode:
            return {"changed": True, "result": None}
        # Mistral answers when the action has ended, and refuses those that only end when somebody completes them.
        try:
            ran = mistral.run_action(
                name, self.params["input"], self.params["namespace"], run_sync=True
            )
        except ServiceError as error:  # Mistral keeps nothing of it that could be looked for
            if error.outcome_unknown:
                say_unknown(error, MAY_HAVE_RUN)
            raise
        output = ran.get("output")
        result = output.get("result") if isinstance(output, dict) else output
        if ran.get("state") != SUCCESS:
            raise Failure(
                f"Action '{name}' ended in {ran.get('state')}: {reason(result) or 'Mistral gives no reason'}.",
                "action_failed",
                result=result,
            )
        return {"changed": True, "result": result}
