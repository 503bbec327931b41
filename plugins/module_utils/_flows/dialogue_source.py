# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflow that a dialogue starts: one that is uploaded, or one that Mistral has."""

from __future__ import annotations

import dataclasses

from .._base.errors import Failure
from .._dialogue.defined import Foreseen, chosen, foresee
from .._dialogue.reachable import Reachable
from .._services.definition import Workflows, input_names, names
from .._services.mistral import Mistral
from .._services.records import Workflow
from .mistral_workflow import MistralWorkflow


@dataclasses.dataclass(frozen=True)
class Source:
    """The workflow to start.

    ``uploaded`` are the names of the workflows that are uploaded with it, its own included.
    """

    name: str
    namespace: str
    input_names: tuple[str, ...]
    foreseen: Foreseen
    uploaded: tuple[str, ...] = ()


def source_of_definition(
    mistral: Mistral, upload: MistralWorkflow, name: str, is_private: bool
) -> Source:
    """Return the source for a definition that ``upload`` stores. Raises Failure.

    ``name`` is that of the workflow to start; empty if the definition has only one. ``is_private``
    is whether nothing else can be in its namespace.
    """
    name = chosen(upload.data, name)
    namespace = upload.params["namespace"]
    planned = Workflow.planned(None, name, namespace, "private", upload.text)
    others = "" if is_private else namespace
    reachable = Reachable(Workflows(upload.data), lambda called: _read(mistral, called, others))
    return Source(
        name,
        namespace,
        tuple(input_names(planned)),
        foresee(reachable, name),
        tuple(names(upload.data)),
    )


def source_in_mistral(mistral: Mistral, name: str, namespace: str) -> Source:
    """Return the source for a workflow that Mistral has, by its name or id. Raises Failure."""
    workflow = mistral.workflow(name, namespace)
    if workflow is None:
        where = f" in namespace '{namespace}'" if namespace else ""
        raise Failure(
            f"Mistral has no workflow '{name}'{where}: check its name, or give its definition.",
            "no_workflow",
        )
    reachable = Reachable(
        Workflows({}), lambda called: _read(mistral, called, workflow.namespace), workflow
    )
    return Source(
        workflow.name,
        workflow.namespace,
        tuple(input_names(workflow)),
        foresee(reachable, workflow.name),
    )


def _read(mistral: Mistral, name: str, namespace: str) -> Workflow | None:
    """Return the workflow that Mistral takes if a workflow of this namespace calls the name."""
    return (namespace and mistral.workflow(name, namespace)) or mistral.workflow(name)
