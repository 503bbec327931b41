# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a question that is no longer open."""

from __future__ import annotations

import dataclasses

from .._base.json_types import Json
from .form import InvalidAnswer, validated_answer
from .protocol import Status
from .validate import complaint
from .wording import as_text


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the workflow got for a question.

    ``status`` is a Status, or the text that the workflow has in its place; empty if it is unknown.
    ``answers`` are empty if they are unknown. ``schema`` is that of the question, None if there is
    none or it is unknown.
    """

    status: str
    answers: tuple[Json, ...] = ()
    schema: Json = None

    def is_answered_with(self, answers: list[Json]) -> bool:
        """Tell whether the workflow is known to have got these answers. Raises NoRoom."""
        if self.status != Status.ANSWERED:
            return False
        if not answers or len(answers) != len(self.answers):
            return False
        return all(map(self._are_same, answers, self.answers))

    def _are_same(self, answer: Json, received: Json) -> bool:
        """Tell whether an answer as it was given is what the workflow received."""
        if self._is_received_as(answer, received):
            return True
        # A text can become a number on its way.
        return answer == received or as_text(answer) == as_text(received)

    def _is_received_as(self, answer: Json, received: Json) -> bool:
        if not self.schema or not isinstance(self.schema, dict) or complaint(self.schema):
            return False
        try:
            return bool(validated_answer(self.schema, answer) == received)
        except InvalidAnswer:
            return False
