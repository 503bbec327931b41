# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a dialogue begins: with which queues and what input, and what is refused before."""

from __future__ import annotations

import dataclasses
import difflib
import typing as t

from .._base.errors import Failure
from .._base.json_types import JsonObject
from .._base.text import one_line
from .._questions import schema as schemas
from .._services.definition import listed
from .defined import DefinedQuestion, Foreseen
from .snapshot import DEFAULT_INPUT_QUEUE, DEFAULT_OUTPUT_QUEUE, ENVIRONMENT_KEY, Queues

INPUTS = ("input_queue", "output_queue")
# Seconds: a question can wait for as long as Zaqar can keep a message.
MESSAGE_TTL = 1209600
# What a dialogue has created whose execution something else has started
NOTHING_CREATED: JsonObject = {
    "queues": [],
    "namespace": "",
    "workflows": [],
    "execution": False,
    "auto_resume": False,
}


@dataclasses.dataclass(frozen=True)
class QueueOptions:
    """The names of the queues as the caller gave them; empty if not."""

    input: str
    output: str
    is_shared: bool  # whether others may have messages in the output queue


def own_queues(execution_id: str) -> Queues:
    """Return the queues that only this execution uses."""
    return Queues(f"dialogue-{execution_id}-input", f"dialogue-{execution_id}-output")


def choose_queues(
    execution_id: str,
    options: QueueOptions,
    workflow_input: JsonObject,
    input_names: t.Collection[str],
    calls_ask: bool,
) -> Queues:
    """Return the queues of a dialogue. Raises Failure ``same_queue``.

    A workflow that declares no queue among its inputs names it itself: the default one. But
    interactive.ask uses the queues of the dialogue.
    """
    own = own_queues(execution_id)

    def chosen(option: str, name: str, own_name: str, default: str) -> str:
        if option or workflow_input.get(name):
            return option or str(workflow_input[name])
        return own_name if calls_ask or name in input_names else default

    queues = Queues(
        chosen(options.input, INPUTS[0], own.input, DEFAULT_INPUT_QUEUE),
        chosen(options.output, INPUTS[1], own.output, DEFAULT_OUTPUT_QUEUE),
        options.is_shared,
    )
    if queues.input == queues.output:
        raise Failure(
            f"Queue '{queues.input}' cannot take the answers as well as the questions: nobody could"
            " tell one from the other. Give 'input_queue' and 'output_queue' two names.",
            "same_queue",
        )
    return queues


def start_input(
    workflow_input: JsonObject, input_names: t.Collection[str], queues: Queues
) -> JsonObject:
    """Return the input of the execution: with the queues, where the workflow takes them."""
    values = {"input_queue": queues.input, "output_queue": queues.output}
    return workflow_input | {name: values[name] for name in INPUTS if name in input_names}


def queue_metadata(is_input: bool, foreseen: Foreseen) -> JsonObject:
    """Return the metadata of a queue that the dialogue creates.

    Zaqar decrypts messages that are listed, but not those that are popped.
    """
    metadata: JsonObject = {"_default_message_ttl": MESSAGE_TTL}
    if is_input and foreseen.has_secret and not foreseen.pops:
        metadata["_enable_encrypt_messages"] = True
    return metadata


def record(queues: Queues, created: JsonObject, has_secret: bool) -> JsonObject:
    """Return the environment in which an execution notes how its dialogue was started."""
    return {
        ENVIRONMENT_KEY: {
            "input_queue": queues.input,
            "output_queue": queues.output,
            "shared_output_queue": queues.is_shared,
            "secret": has_secret,
            "created": created,
        }
    }


def check_questions(foreseen: Foreseen) -> None:
    """Raise Failure for a question that nobody can answer, or that is never asked."""
    if foreseen.gates:
        raise Failure(f"{foreseen.gates[0]} Nothing was started.", "unanswerable")
    for question in foreseen.questions:
        if question.problem:
            raise Failure(
                f"The workflow would ask '{one_line(question.name, 60)}', which cannot be answered:"
                f" {question.problem}. Correct the workflow. Nothing was started.",
                "unanswerable",
            )


def check_answers(names: t.Sequence[str], questions: t.Sequence[DefinedQuestion]) -> None:
    """Raise Failure for answers to questions, or to fields of forms, that nothing asks.

    A question that is only known while the workflow runs can have any name.
    """
    if not questions or any(question.unknown for question in questions):
        return
    known = [question.name for question in questions]
    for question in questions:
        known += [field.name for field in schemas.fields(question.schema or {}) if field.name]
    unasked = [name for name in names if name not in known]
    if not unasked:
        return
    near = difflib.get_close_matches(unasked[0], known, 1)
    meant = f" Did you mean '{one_line(near[0], 60)}'?" if near else ""
    raise Failure(
        f"There are answers to {listed(unasked)}, but the workflow has no question or field of"
        f" that name, only {listed(dict.fromkeys(known))}.{meant} Nothing was started.",
        "not_asked",
    )
