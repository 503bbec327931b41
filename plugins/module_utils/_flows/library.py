# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflows of this collection that dialogues use, in Mistral."""

from __future__ import annotations

import typing as t

from .._base.errors import Failure
from .._base.json_types import JsonObject, as_list
from .._services.definition import load, spec
from .._services.mistral import Mistral
from .._shell.flow import Flow
from .mistral_workflow import MistralWorkflow

VERSION_TAG = 1  # the place of the collection's version among the tags of a library workflow


class Library:
    """Uploads the workflows of the library that are missing or older.

    ``definitions`` are the texts that this collection ships, by name. ``step`` makes a flow.
    """

    def __init__(
        self, step: t.Callable[..., Flow], mistral: Mistral, definitions: JsonObject
    ) -> None:
        self._step = step
        self._mistral = mistral
        self._definitions = definitions

    def provide(self, name: str) -> None:
        """Upload a workflow unless Mistral has it, or a newer one. Raises Failure."""
        text = self._definitions.get(name)
        stored = self._mistral.workflow(name)
        if stored is not None:
            shipped = version(spec(load(text), name).get("tags")) if text else ()
            if version(stored.resource.get("tags")) >= shipped:
                return
        if not text:
            raise Failure(
                f"Mistral has no workflow '{name}' of this collection, and nobody gave its"
                " definition in 'library'.",
                "no_library",
            )
        try:
            self._step(MistralWorkflow, definition=text).run()
        except Failure as failure:
            if failure.error_code != "conflict":  # another dialogue that begins was faster
                raise


def version(tags: object) -> tuple[int, ...]:
    """Return the version among the tags of a library workflow; empty if there is none."""
    texts = as_list(tags)[VERSION_TAG : VERSION_TAG + 1]
    parts = str(texts[0]).split(".") if texts else []
    return tuple(int(part) for part in parts if part.isdigit())
