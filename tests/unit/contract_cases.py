# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Zaqar and Mistral do: cases that both the fakes and the sandbox must pass.

`test_fakes_contract.py` runs them, here on the fakes and in tests/e2e on the sandbox.
"""

from __future__ import annotations

import abc
import json
import typing as t
import uuid

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.mistral import (
    Mistral,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Message,
    NewMessage,
    State,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.zaqar import (
    PAGE,
    Zaqar,
)

# A workflow that is paused before it reads, one that waits, and two that call one of these.
DEFINITION = """---
version: '2.0'
NAME:
  input:
    - input_queue
  output:
    said: <% $.said %>
  tasks:
    read:
      pause-before: true
      action: zaqar.queue_pop queue_name=<% $.input_queue %>
      publish:
        said: <% task().result[0].body %>
NAME-waits:
  tasks:
    wait:
      action: std.async_noop
NAME-calls:
  tasks:
    call:
      workflow: NAME-waits
NAME-nests:
  input:
    - input_queue
  tasks:
    call:
      workflow: NAME input_queue=<% $.input_queue %>
"""
SUFFIXES = ("", "-calls", "-nests", "-waits")
NOTHING = str(uuid.UUID(int=1))  # the id of nothing


class World(abc.ABC):
    """Services, real or fake, and what differs between the two."""

    def __init__(self, cloud: t.Any) -> None:
        self.zaqar = Zaqar(cloud)
        self.mistral = Mistral(cloud)
        self.unique = f"contract-{uuid.uuid4().hex[:8]}"

    @property
    def queue(self) -> str:
        """The name of a queue that is this case's alone, and need not be there."""
        return f"{self.unique}-queue"

    @abc.abstractmethod
    def wait(self, seconds: float) -> None:
        """Let time pass."""

    @abc.abstractmethod
    def deadline(self, seconds: float) -> Deadline:
        """Return a deadline on the clock of the services."""

    def upload(self) -> None:
        """Create the workflows of DEFINITION, where NAME is ``unique``."""
        definition = DEFINITION.replace("NAME", self.unique)
        self.mistral.create_workflows(definition, "", "private")

    def start(self, suffix: str = "", state: State = State.RUNNING, **input: t.Any) -> str:
        """Start a workflow and return the execution's id once its tasks have begun."""
        workflow = self.unique + suffix
        execution = self.mistral.start(workflow, input=input).id
        self.wait_for(execution, state)
        tasks = 2 if suffix in ("-calls", "-nests") else 1
        for _attempt in range(100):
            tree = self.mistral.tree(execution)
            if len(self.mistral.tasks_named(tree)) == tasks:
                return execution
            self.wait(0.2)
        raise AssertionError(f"{workflow} begins no tasks")

    def wait_for(self, execution: str, state: State) -> None:
        for _attempt in range(100):
            if self.mistral.state(execution) == state:
                return
            self.wait(0.2)
        raise AssertionError(f"execution {execution} does not come to {state}")

    def wait_for_all(self, execution: str, state: State) -> None:
        for sub in self.mistral.tree(execution):
            self.wait_for(sub.id, state)

    def remove(self) -> None:
        """Remove what a case has created."""
        names = [self.unique + suffix for suffix in SUFFIXES]
        for name in names:
            for execution in self.mistral.executions(name):
                self.mistral.delete_execution(execution.id, force=True)
        for name in self.mistral.own_workflows(names):
            self.mistral.delete_workflow(name)
        self.zaqar.delete_queue(self.queue)


def values(records: t.Iterable[t.Any], name: str) -> list[t.Any]:
    """Return one attribute of all records."""
    return [getattr(record, name) for record in records]


def claim(world: World, limit: int = PAGE, ttl: int = 60) -> tuple[str, tuple[Message, ...]]:
    """Claim messages; return the claim's id, empty if there are none, and the messages."""
    claimed = world.zaqar.claim(world.queue, ttl, ttl, limit)
    if claimed is None:
        return "", ()
    return claimed.id, claimed.messages


def counts(world: World) -> tuple[int, int, int]:
    """Return how many messages are free, claimed, and there."""
    stats = world.zaqar.stats(world.queue)
    return stats.free, stats.claimed, stats.total


def bodies(world: World, **options: t.Any) -> list[t.Any]:
    return values(world.zaqar.messages(world.queue, **options), "body")


def post(world: World, *contents: t.Any, **times: int) -> list[str]:
    messages = [NewMessage(body, **{"ttl": 3600, **times}) for body in contents]
    return world.zaqar.post(world.queue, messages)


def refused(call: t.Callable[..., t.Any], *args: t.Any, **options: t.Any) -> tuple[int | None, str]:
    """Return the status and the code of the error that a call raises."""
    with pytest.raises(ServiceError) as caught:
        call(*args, **options)
    return caught.value.status, caught.value.error_code


def failed(call: t.Callable[..., t.Any], *args: t.Any) -> str:
    """Return the code of the failure that a call raises."""
    with pytest.raises(Failure) as caught:
        call(*args)
    return caught.value.error_code


# Zaqar: queues


def a_queue_that_is_not_there_is_empty(world: World) -> None:
    zaqar, queue = world.zaqar, world.queue
    assert zaqar.queue(queue)["_max_messages_post_size"] == 262144
    assert bodies(world) == bodies(world, include_claimed=True) == []
    assert zaqar.pop(queue, 1) == [] and claim(world) == ("", ())
    assert counts(world) == (0, 0, 0) and zaqar.subscriptions(queue) == []
    zaqar.delete_queue(queue)
    assert not zaqar.exists(queue)


def a_queue_is_created_once_and_changed_by_patches(world: World) -> None:
    zaqar, queue = world.zaqar, world.queue
    assert zaqar.create_queue(queue, {"a": 1}) is True
    assert zaqar.create_queue(queue, {"a": 2}) is False
    assert zaqar.exists(queue) and zaqar.queue(queue)["a"] == 1
    change = [{"op": "replace", "path": "/metadata/a", "value": 3}]
    assert zaqar.update_queue(queue, change)["a"] == 3
    change[0]["path"] = "/metadata/b"
    assert refused(zaqar.update_queue, queue, change) == (409, "conflict")
    listed = {found.name: found for found in zaqar.queues(detailed=True)}
    assert listed[queue].metadata["a"] == 3
    zaqar.delete_queue(queue)
    assert refused(zaqar.update_queue, queue, change) == (404, "not_found")
    assert queue not in values(zaqar.queues(), "name")


def a_queue_whose_metadata_is_wrong_is_refused(world: World) -> None:
    metadata = {"_max_messages_post_size": "large"}
    assert refused(world.zaqar.create_queue, world.queue, metadata) == (400, "bad_request")


def a_purge_leaves_what_is_claimed(world: World) -> None:
    post(world, 1, 2)
    claim(world, limit=1)
    world.zaqar.purge_queue(world.queue, ["messages"])
    assert bodies(world) == [] and counts(world) == (0, 1, 1)
    assert world.zaqar.exists(world.queue)


def the_messages_go_with_the_queue(world: World) -> None:
    post(world, 1)
    world.zaqar.delete_queue(world.queue)
    assert bodies(world) == [] and not world.zaqar.exists(world.queue)


# Zaqar: messages


def a_post_creates_the_queue_and_keeps_the_order(world: World) -> None:
    ids = post(world, "a", {"b": [None, 1.5, "ä"]}) + post(world, None)
    assert bodies(world) == ["a", {"b": [None, 1.5, "ä"]}, None]
    messages = world.zaqar.messages(world.queue)
    assert values(messages, "id") == ids and len(set(ids)) == 3
    assert set(values(messages, "ttl")) == {3600} and max(values(messages, "age")) < 10
    assert world.zaqar.exists(world.queue)


def all_pages_are_read(world: World) -> None:
    numbers = list(range(2 * PAGE + 3))
    post(world, *numbers)
    assert bodies(world) == numbers
    assert bodies(world, limit=PAGE + 2) == numbers[: PAGE + 2]
    claim(world)
    assert bodies(world) == numbers[PAGE:]
    assert bodies(world, include_claimed=True) == numbers
    assert counts(world) == (PAGE + 3, PAGE, 2 * PAGE + 3)


def a_pop_takes_the_oldest_that_are_free(world: World) -> None:
    post(world, 1, 2, 3, 4)
    claim(world, limit=1)
    assert values(world.zaqar.pop(world.queue, 2), "body") == [2, 3]
    assert bodies(world, include_claimed=True) == [1, 4]
    assert values(world.zaqar.pop(world.queue, PAGE), "body") == [4]
    assert world.zaqar.pop(world.queue, PAGE) == []
    assert refused(world.zaqar.pop, world.queue, PAGE + 1) == (400, "bad_request")


def what_is_too_large_or_lives_too_short_is_refused(world: World) -> None:
    world.zaqar.create_queue(world.queue, {"_max_messages_post_size": 100})
    assert refused(post, world, "x" * 100) == (400, "bad_request")
    assert refused(post, world) == (400, "bad_request")
    assert refused(post, world, 1, ttl=59) == (400, "bad_request")
    largest = 100 - len(json.dumps({"messages": [{"body": "", "ttl": 3600}]}))
    post(world, "x" * largest)
    assert refused(post, world, "x" * (largest + 1)) == (400, "bad_request")
    assert bodies(world) == ["x" * largest]


def a_delay_needs_a_queue_with_one(world: World) -> None:
    post(world, 1, ttl=100, delay=60)
    assert values(claim(world)[1], "body") == [1]


def a_message_is_deleted_once_and_nothing_is_deleted_twice(world: World) -> None:
    ids = post(world, 1, 2)
    world.zaqar.delete_message(world.queue, ids[0])
    assert bodies(world) == [2]
    world.zaqar.delete_message(world.queue, ids[0])
    world.zaqar.delete_message(world.queue, NOTHING)
    assert bodies(world) == [2]


# Zaqar: claims


def a_claim_hides_the_oldest_messages(world: World) -> None:
    ids = post(world, 1, 2, 3)
    id, messages = claim(world, limit=2)
    assert id and values(messages, "id") == ids[:2] and values(messages, "body") == [1, 2]
    assert bodies(world) == [3] and bodies(world, include_claimed=True) == [1, 2, 3]
    assert counts(world) == (1, 2, 3)
    claimed = world.zaqar.claimed(world.queue, id)
    assert claimed.ttl == 60 and claimed.age < 10
    assert values(claimed.messages, "id") == ids[:2]
    other, messages = claim(world)
    assert other and other != id and values(messages, "body") == [3]
    assert claim(world) == ("", ())


def who_has_the_claim_deletes(world: World) -> None:
    zaqar, queue = world.zaqar, world.queue
    ids = post(world, 1, 2)
    id = claim(world, limit=1)[0]
    assert refused(zaqar.delete_message, queue, ids[0]) == (403, "forbidden")
    assert refused(zaqar.delete_message, queue, ids[0], "nonsense") == (400, "bad_request")
    assert refused(zaqar.delete_message, queue, ids[0], NOTHING) == (400, "bad_request")
    assert refused(zaqar.delete_message, queue, ids[1], id) == (400, "bad_request")
    other = claim(world)[0]
    assert refused(zaqar.delete_message, queue, ids[0], other) == (403, "forbidden")
    zaqar.delete_message(queue, ids[0], id)
    assert bodies(world, include_claimed=True) == [2]
    assert zaqar.claimed(queue, id).messages == ()
    zaqar.delete_message(queue, ids[0], id)


def what_is_released_is_free_again(world: World) -> None:
    zaqar, queue = world.zaqar, world.queue
    ids = post(world, 1, 2)
    id = claim(world)[0]
    zaqar.release(queue, id)
    assert bodies(world) == [1, 2] and zaqar.claimed(queue, id) is None
    assert refused(zaqar.delete_message, queue, ids[0], id) == (400, "bad_request")
    assert refused(zaqar.renew, queue, id, 60, 60) == (404, "not_found")
    zaqar.release(queue, id)
    zaqar.give_back(queue, id)
    assert values(claim(world)[1], "body") == [1, 2]


def a_claim_takes_all_that_follows_a_free_message(world: World) -> None:
    """An oddity of Zaqar on Redis: also what somebody else has claimed."""
    ids = post(world, 1, 2, 3)
    first, second = claim(world, limit=1)[0], claim(world, limit=1)[0]
    world.zaqar.release(world.queue, first)
    third, messages = claim(world, limit=2)
    assert values(messages, "body") == [1, 2]
    delete = world.zaqar.delete_message
    assert refused(delete, world.queue, ids[1], second) == (403, "forbidden")
    delete(world.queue, ids[1], third)
    assert bodies(world, include_claimed=True) == [1, 3]


def a_renewed_claim_has_another_time_to_live(world: World) -> None:
    post(world, 1)
    id = claim(world)[0]
    world.zaqar.renew(world.queue, id, 120, 60)
    assert world.zaqar.claimed(world.queue, id).ttl == 120


def a_claim_lets_messages_live_longer(world: World) -> None:
    post(world, 1, ttl=60)
    post(world, 2, ttl=3600)
    assert values(claim(world, ttl=100)[1], "ttl") == [200, 3600]


def a_claim_has_limits(world: World) -> None:
    post(world, 1)
    create = world.zaqar.claim
    assert refused(create, world.queue, 59, 60, 1) == (400, "bad_request")
    assert refused(create, world.queue, 60, 59, 1) == (400, "bad_request")
    assert refused(create, world.queue, 60, 60, PAGE + 1) == (400, "bad_request")
    assert bodies(world) == [1]


def claims_and_messages_expire(world: World) -> None:
    zaqar, queue = world.zaqar, world.queue
    ids = post(world, 1, 2) + post(world, 3, ttl=60)
    id = claim(world, limit=2)[0]
    world.wait(62)
    assert bodies(world) == [1, 2] and zaqar.claimed(queue, id) is None
    assert counts(world) == (2, 0, 2)
    assert refused(zaqar.delete_message, queue, ids[0], id) == (400, "bad_request")
    other, messages = claim(world)
    assert values(messages, "body") == [1, 2]
    assert refused(zaqar.delete_message, queue, ids[0], id) == (400, "bad_request")
    zaqar.delete_message(queue, ids[0], other)
    assert bodies(world, include_claimed=True) == [2]


# Zaqar: subscriptions


def a_subscription_is_created_once_and_changed(world: World) -> None:
    zaqar, queue = world.zaqar, world.queue
    subscriber = "http://127.0.0.1:1/"
    id = zaqar.create_subscription(queue, subscriber, 60, {"post_data": "x"})
    assert zaqar.create_subscription(queue, subscriber, 90, {}) == id
    assert zaqar.exists(queue) and values(zaqar.subscriptions(queue), "id") == [id]
    subscription = zaqar.subscription(queue, id)
    assert subscription.subscriber == subscriber and subscription.ttl == 60
    assert subscription.options == {"post_data": "x"}
    zaqar.update_subscription(queue, id, {"ttl": 100, "options": {}})
    subscription = zaqar.subscription(queue, id)
    assert subscription.ttl == 100 and subscription.options == {}
    zaqar.delete_queue(queue)
    assert values(zaqar.subscriptions(queue), "id") == [id]
    zaqar.delete_subscription(queue, id)
    zaqar.delete_subscription(queue, id)
    assert zaqar.subscriptions(queue) == []
    assert refused(zaqar.subscription, queue, id) == (404, "not_found")
    assert refused(zaqar.update_subscription, queue, id, {"ttl": 60}) == (404, "not_found")
    assert refused(zaqar.create_subscription, queue, subscriber, 59, {}) == (400, "bad_request")


def a_url_is_signed(world: World) -> None:
    signed = world.zaqar.sign(world.queue, ["POST"], ["messages"], 60)
    assert signed.paths == (f"/v2/queues/{world.queue}/messages",)
    assert signed.methods == ("POST",) and signed.signature and signed.expires


# Mistral: executions


def nothing_is_not_found(world: World) -> None:
    mistral = world.mistral
    assert mistral.execution(NOTHING) is None and failed(mistral.existing, NOTHING) == "not_found"
    assert refused(mistral.state, NOTHING) == (404, "not_found")
    assert failed(mistral.tree, NOTHING) == "not_found"
    assert mistral.tasks(NOTHING) == []
    assert refused(mistral.task, NOTHING) == (404, "not_found")
    assert mistral.action_executions(NOTHING) == []
    assert failed(mistral.action_execution, NOTHING) == "not_found"
    assert refused(mistral.set_state, NOTHING, State.RUNNING) == (404, "not_found")
    assert refused(mistral.delete_execution, NOTHING) == (404, "not_found")
    assert failed(mistral.start, world.unique) == "not_found"
    assert mistral.executions(world.unique) == []


def an_execution_is_paused_before_its_task(world: World) -> None:
    mistral = world.mistral
    world.upload()
    id = world.start(state=State.PAUSED, input_queue=world.queue)
    execution = mistral.existing(id)
    assert execution.workflow_name == world.unique
    assert execution.input == {"input_queue": world.queue}
    assert execution.params == {"namespace": "", "env": {}}
    assert execution.output == {}
    assert not execution.task_execution_id
    assert values(mistral.tree(id), "id") == [id]
    (task,) = mistral.tasks(id)
    assert (task.name, task.state) == ("read", State.IDLE)
    assert task.state_info == "Set by 'pause-before' policy"
    assert task.type == "ACTION" and task.workflow_execution_id == id
    assert values(mistral.task_states(id), "state") == [State.IDLE]
    assert mistral.action_executions(task.id) == []
    again = mistral.start(world.unique, id=id)
    assert (again.id, again.state) == (id, State.PAUSED)
    assert refused(mistral.delete_execution, id) == (403, "forbidden")


def a_resumed_execution_reads_its_answer_and_ends(world: World) -> None:
    mistral = world.mistral
    world.upload()
    id = world.start(state=State.PAUSED, input_queue=world.queue)
    post(world, "yes", "surplus")
    assert mistral.set_state(id, State.RUNNING).state == State.RUNNING
    world.wait_for(id, State.SUCCESS)
    assert bodies(world) == ["surplus"]
    assert mistral.existing(id).output == {"said": "yes"}
    assert values(mistral.tasks(id), "state") == [State.SUCCESS]
    for state in (State.RUNNING, State.CANCELLED, State.ERROR):
        assert mistral.set_state(id, state).state == State.SUCCESS
    assert refused(mistral.set_state, id, State.PAUSED) == (400, "bad_request")
    assert mistral.failed_tasks(id) == []
    mistral.delete_execution(id)
    assert mistral.execution(id) is None


def a_resume_without_an_answer_ends_in_an_error(world: World) -> None:
    world.upload()
    id = world.start(state=State.PAUSED, input_queue=world.queue)
    world.mistral.set_state(id, State.RUNNING)
    world.wait_for(id, State.ERROR)
    assert "read" in world.mistral.existing(id).state_info
    assert values(world.mistral.failed_tasks(id), "name") == ["read"]
    assert world.mistral.set_state(id, State.RUNNING).state == State.ERROR


def the_environment_can_be_changed_by_a_resume(world: World) -> None:
    world.upload()
    id = world.start(state=State.PAUSED, input_queue=world.queue)
    post(world, "yes")
    world.mistral.set_state(id, State.RUNNING, env={"a": 1})
    assert world.mistral.existing(id).params["env"] == {"a": 1}


def a_list_has_pages_and_filters(world: World) -> None:
    mistral = world.mistral
    world.upload()
    ids = []
    for _number in range(3):
        ids.append(world.start(state=State.PAUSED, input_queue=world.queue))
        world.wait(1.1)
    assert values(mistral.executions(world.unique), "id") == ids[::-1]
    assert values(mistral.executions(world.unique, limit=2), "id") == ids[:0:-1]
    assert len(mistral.executions(world.unique, State.PAUSED)) == 3
    assert mistral.executions(world.unique, State.RUNNING) == []
    assert mistral.executions(world.unique + "-waits") == []


def the_children_are_paused_and_resumed_with_the_parent(world: World) -> None:
    mistral = world.mistral
    world.upload()
    id = world.start("-calls")
    _top, sub = mistral.tree(id)
    assert sub.workflow_name == f"{world.unique}-waits"
    assert sub.root_execution_id == id
    (caller,) = mistral.tasks(id)
    assert (caller.type, caller.state) == ("WORKFLOW", State.RUNNING)
    assert sub.task_execution_id == caller.id
    mistral.set_state(id, State.PAUSED)
    world.wait_for_all(id, State.PAUSED)
    world.wait(1)
    assert values(mistral.tasks(id), "state") == [State.PAUSED]
    assert values(mistral.tasks(sub.id), "state") == [State.RUNNING]
    mistral.set_state(sub.id, State.RUNNING)
    world.wait_for_all(id, State.RUNNING)
    world.wait(1)
    assert values(mistral.tasks(id), "state") == [State.RUNNING]
    assert refused(mistral.delete_execution, id) == (403, "forbidden")


def a_pause_below_pauses_what_is_above(world: World) -> None:
    mistral = world.mistral
    world.upload()
    id = world.start("-nests", State.PAUSED, input_queue=world.queue)
    world.wait_for_all(id, State.PAUSED)
    _top, sub = mistral.tree(id)
    assert values(mistral.tasks(id), "state") == [State.PAUSED]
    assert values(mistral.tasks(sub.id), "state") == [State.IDLE]
    post(world, "yes", "surplus")
    mistral.set_state(sub.id, State.RUNNING)
    world.wait_for_all(id, State.SUCCESS)
    assert bodies(world) == ["surplus"]
    assert mistral.existing(sub.id).output == {"said": "yes"}


def an_end_from_outside_leaves_what_is_below(world: World) -> None:
    mistral = world.mistral
    world.upload()
    for state in (State.ERROR, State.SUCCESS):
        id = world.start("-calls")
        action = waiting_action(world, id)
        assert mistral.set_state(id, state).state == state
        world.wait(1)
        tree = mistral.tree(id)
        tasks = mistral.tasks_named(tree)
        assert values(tree, "state") == [state, State.RUNNING]
        assert values(tasks, "state") == [State.RUNNING, State.RUNNING]
        assert mistral.running_actions(tasks) == []
        assert failed(mistral.complete_action, action, State.SUCCESS, None) == "too_late"


# Mistral: actions


def waiting_action(world: World, execution: str) -> str:
    tasks = world.mistral.tasks_named(world.mistral.tree(execution), "wait")
    (action,) = world.mistral.running_actions(tasks)
    return action.id


def an_action_is_ended_once(world: World) -> None:
    mistral = world.mistral
    world.upload()
    id = world.start("-calls")
    action = waiting_action(world, id)
    before = mistral.action_execution(action)
    assert before.state == State.RUNNING and before.name == "std.async_noop"
    after, ours = mistral.complete_action(action, State.SUCCESS, {"answer": "yes"})
    assert ours and after.output == {"result": {"answer": "yes"}}
    world.wait_for_all(id, State.SUCCESS)
    assert mistral.complete_action(action, State.SUCCESS, {"answer": "yes"})[1] is False
    complete = mistral.complete_action
    assert failed(complete, action, State.SUCCESS, {"answer": "no"}) == "already_completed"
    assert failed(complete, action, State.ERROR, None) == "already_completed"
    assert failed(complete, NOTHING, State.SUCCESS, None) == "not_found"
    (task,) = mistral.tasks_named(mistral.tree(id), "wait")
    assert task.state == State.SUCCESS
    assert mistral.task(task.id).result == {"answer": "yes"}


def a_failed_action_fails_what_is_above(world: World) -> None:
    mistral = world.mistral
    world.upload()
    id = world.start("-calls")
    after, ours = mistral.complete_action(waiting_action(world, id), State.ERROR, {"why": "no"})
    assert ours and after.output == {"result": {"why": "no"}}
    world.wait_for_all(id, State.ERROR)
    assert values(mistral.failed_tasks(id), "name") == ["wait", "call"]


def what_is_below_a_cancelled_execution_is_too_late(world: World) -> None:
    mistral = world.mistral
    world.upload()
    id = world.start("-calls")
    action = waiting_action(world, id)
    assert mistral.set_state(id, State.CANCELLED).state == State.CANCELLED
    world.wait_for_all(id, State.CANCELLED)
    world.wait(1)
    tasks = mistral.tasks_named(mistral.tree(id))
    assert values(tasks, "state") == [State.CANCELLED, State.RUNNING]
    assert mistral.running_actions(tasks) == []
    assert failed(mistral.complete_action, action, State.SUCCESS, None) == "too_late"
    assert mistral.action_execution(action).state == State.RUNNING


# Mistral: workflows and environments


def a_workflow_is_created_once(world: World) -> None:
    mistral, name = world.mistral, world.unique
    world.upload()
    assert refused(world.upload) == (409, "conflict")
    found = mistral.workflow(name)
    assert found.name == name and "pause-before" in found.definition
    assert mistral.workflow_by_id(found.id).name == name
    assert set(mistral.own_workflows([name, f"{name}-waits"])) == {name, f"{name}-waits"}
    changed = (
        DEFINITION.split("NAME-waits", maxsplit=1)[0].replace("NAME", name).replace("read", "look")
    )
    updated = mistral.update_workflow(found.id, changed, "", "private")
    assert "look" in updated.definition
    mistral.delete_workflow(name)
    assert refused(mistral.delete_workflow, name) == (404, "not_found")
    assert mistral.workflow(name) is None and mistral.workflow_by_id(NOTHING) is None


def a_definition_is_validated(world: World) -> None:
    deadline = world.deadline(60)
    world.mistral.validate(DEFINITION.replace("NAME", world.unique), deadline)
    assert failed(world.mistral.validate, "a: [", deadline) == "invalid_definition"


def an_environment_is_created_once(world: World) -> None:
    mistral = world.mistral
    lock = f"interactive.answer.{world.unique}.0"
    assert mistral.create_environment(lock, {"holder": "me"}) is True
    try:
        assert mistral.create_environment(lock, {"holder": "you"}) is False
        assert mistral.environment(lock) == {"holder": "me"}
        assert mistral.locks(world.unique) == [lock]
    finally:
        mistral.delete_environment(lock)
    mistral.delete_environment(lock)
    assert mistral.environment(lock) is None and mistral.locks(world.unique) == []


def a_cron_trigger_is_created_once(world: World) -> None:
    mistral, name = world.mistral, world.unique
    world.upload()
    workflow = mistral.workflow(f"{name}-waits").id
    assert mistral.cron_trigger(name) is None
    times = {"pattern": "0 2 * * *", "first_time": "2099-01-01 00:00", "count": 2}
    created = mistral.create_cron_trigger(name, workflow, **times)
    try:
        assert created.workflow_name == f"{name}-waits"
        found = mistral.cron_trigger(name)
        assert found.id == created.id and found.pattern == "0 2 * * *"
        assert found.workflow_input == found.workflow_params == {}
        for other in (name, f"{name}-other"):
            with pytest.raises(ServiceError) as caught:
                mistral.create_cron_trigger(other, workflow, **times)
            assert caught.value.status == 409
        assert refused(mistral.delete_workflow, f"{name}-waits") == (400, "bad_request")
        with pytest.raises(ServiceError) as caught:
            mistral.create_cron_trigger(name, workflow, pattern="often")
        assert caught.value.status == 400
    finally:
        mistral.delete_cron_trigger(name, created.id)
    mistral.delete_cron_trigger(name, created.id)
    assert mistral.cron_trigger(name) is None


def an_action_is_run_alone(world: World) -> None:
    done = world.mistral.run_action("std.echo", {"output": {"a": 1}}, "")
    assert done.state == State.SUCCESS and done.output == {"result": {"a": 1}}
    assert refused(world.mistral.run_action, "std.nonsense", {}, "") == (400, "bad_request")


CASES: list[t.Callable[[World], None]] = [
    a_queue_that_is_not_there_is_empty,
    a_queue_is_created_once_and_changed_by_patches,
    a_queue_whose_metadata_is_wrong_is_refused,
    a_purge_leaves_what_is_claimed,
    the_messages_go_with_the_queue,
    a_post_creates_the_queue_and_keeps_the_order,
    all_pages_are_read,
    a_pop_takes_the_oldest_that_are_free,
    what_is_too_large_or_lives_too_short_is_refused,
    a_delay_needs_a_queue_with_one,
    a_message_is_deleted_once_and_nothing_is_deleted_twice,
    a_claim_hides_the_oldest_messages,
    who_has_the_claim_deletes,
    what_is_released_is_free_again,
    a_claim_takes_all_that_follows_a_free_message,
    a_renewed_claim_has_another_time_to_live,
    a_claim_lets_messages_live_longer,
    a_claim_has_limits,
    claims_and_messages_expire,
    a_subscription_is_created_once_and_changed,
    a_url_is_signed,
    nothing_is_not_found,
    an_execution_is_paused_before_its_task,
    a_resumed_execution_reads_its_answer_and_ends,
    a_resume_without_an_answer_ends_in_an_error,
    the_environment_can_be_changed_by_a_resume,
    a_list_has_pages_and_filters,
    the_children_are_paused_and_resumed_with_the_parent,
    a_pause_below_pauses_what_is_above,
    an_end_from_outside_leaves_what_is_below,
    an_action_is_ended_once,
    a_failed_action_fails_what_is_above,
    what_is_below_a_cancelled_execution_is_too_late,
    a_workflow_is_created_once,
    a_definition_is_validated,
    an_environment_is_created_once,
    a_cron_trigger_is_created_once,
    an_action_is_run_alone,
]
