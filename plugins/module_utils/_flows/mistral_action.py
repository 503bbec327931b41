# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module mistral_action does."""

from __future__ import annotations

from .._base.errors import Failure, ServiceError
from .._base.json_types import Result
from .._services.failure_causes import cause_in
from .._services.records import State
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

    def run(self) -> Result:
        name = self.params["name"]
        mistral = self.mistral
        if self.context.check_mode:
            return {"changed": True, "result": None}
        # Mistral answers when the action has ended. It refuses actions that end only when somebody
        # completes them.
        try:
            ran = mistral.run_action(
                name, self.params["input"], self.params["namespace"], run_sync=True
            )
        except ServiceError as error:  # Mistral keeps nothing of it that could be looked for
            if error.outcome_unknown:
                say_unknown(error, MAY_HAVE_RUN)
            raise
        if ran.state is not State.SUCCESS:
            cause = cause_in(ran.result) or "Mistral gives no reason"
            raise Failure(
                f"Action '{name}' ended in {ran.state}: {cause}.",
                "action_failed",
                result=ran.result,
            )
        return {"changed": True, "result": ran.result}
