# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An execution on the fakes that asks somebody, in each of the ways that a workflow can."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.interactive.openstack.tests.unit.fake_mistral import Resource
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    TaskFailed,
    reader,
)

IN, OUT = "in", "out"


def interaction(id: str = "i", text: str = "How many?", **keys: t.Any) -> dict[str, t.Any]:
    """Return the body of a message that is a question with an id."""
    asked = {"version": 1, "id": id, **keys}
    return {"type": "t", "payload": {"message": text, "interaction": asked}}


class FakeDialogue:
    """The execution, its queues ``in`` and ``out``, and the answers that its tasks have got."""

    def __init__(self, cloud: FakeCloud, **keys: t.Any) -> None:
        self.cloud = cloud
        self.mistral = cloud.mistral
        self.zaqar = cloud.zaqar
        queues = {"input_queue": IN, "output_queue": OUT}
        self.execution = self.mistral.add_execution("dialogue", **{"input": queues, **keys})
        self.id: str = self.execution["id"]
        self.answers: list[t.Any] = []

    @property
    def state(self) -> str:
        return str(self.execution["state"])

    def work(self) -> Resource:
        """Let a task run that never ends."""
        return self.mistral.add_task(self.execution, "work")

    def say(self, *bodies: t.Any, **keys: t.Any) -> list[str]:
        """Post messages to the output queue and return their ids."""
        return self.zaqar.put(OUT, *bodies, **keys)

    def pause(self, *bodies: t.Any, name: str = "read", then: t.Any = None) -> Resource:
        """Say something and pause before a task that reads the answer, and does ``then``."""
        self.say(*bodies)
        read = reader(self.zaqar, IN)

        def work() -> t.Any:
            self.answers.append(read())
            if then:
                then()
            return self.answers[-1]

        return self.mistral.pause_before(self.execution, name, work)

    def ask(self, question: str = "How many?", **input: t.Any) -> Resource:
        """Call interactive.ask, which posts its question and waits; return the sub-execution."""
        sub: Resource = {}

        def work() -> t.Any:
            output = self.mistral.action_of(sub)["output"]
            if output is None:
                return None
            result = output["result"]
            if result.get("status", "ANSWERED") != "ANSWERED":
                raise TaskFailed("The question was declined")
            self.answers.append(result["answer"])
            return result

        sub = self.mistral.ask(self.execution, question, work=work, **input)
        body = interaction(sub["id"], question, name=input.get("name", ""))
        body["type"] = "interactive.ask"
        body["payload"]["execution_id"] = sub["id"]
        body["payload"]["root_execution_id"] = self.id
        self.say(body)
        return sub

    def poll(self, *bodies: t.Any, seconds: float = 5, name: str = "read") -> Resource:
        """Say something and let a task read the input queue every few seconds."""
        self.say(*bodies)
        task = self.mistral.add_task(self.execution, name, "DELAYED")

        def read() -> None:
            if task["state"] != "DELAYED":
                return
            action = self.mistral.add_action(
                task, "zaqar.queue_pop", input={"queue_name": IN}, state="SUCCESS"
            )
            read_bodies = self.zaqar.take(IN)
            action["output"] = {"result": read_bodies}
            if read_bodies:
                self.answers += read_bodies
                self.mistral.end_task(task)
            else:
                self.cloud.clock.at(self.cloud.clock.now + seconds, read)

        read()
        return task

    def end(self, state: str = "SUCCESS", **output: t.Any) -> None:
        """End the execution."""
        self.execution["output"] = output
        self.mistral.end(self.execution, state)

    def subscribe(self) -> str:
        """Let messages in the input queue resume the execution; return the subscription's id."""
        body = {"workflow_name": "interactive.resume", "input": {"execution_id": self.id}}
        return self.zaqar.subscribe(IN, "trust+http://a/", post_data=json.dumps(body))
