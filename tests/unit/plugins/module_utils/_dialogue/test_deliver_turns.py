# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several people answer one question at once: every order of their requests has to end with one answer."""

from __future__ import annotations

import contextlib
import random
import threading
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.deadline import Deadline
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    CONNECTION_LOST,
    NO_ANSWER,
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.deliver import (
    Delivery,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.dialogue import (
    Services,
)
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.snapshot import Queues
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    Answer,
    Status,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
    QuestionMessage,
    Terms,
    WaitsBy,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.lock import (
    HOLD,
    LOCK_TTL,
    LONGEST_STEP,
    Lock,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Claim,
    Execution,
    Message,
)

CLAIM_TTL = 60
REQUEST = 0.01  # seconds that a request takes
PATIENCE = 60  # seconds after which a request is given up
LONGEST_WAY = 34  # seconds after which even a slow network brings a request, or loses it
GIVEN_UP = ServiceError("Zaqar", None, "Zaqar did not answer within 60 seconds", NO_ANSWER)
LOST = ServiceError("Zaqar", None, "the connection was lost", CONNECTION_LOST)


class Killed(BaseException):
    """What ends a person: nothing is given back."""


class Schedule:
    """One request at a time: of all who are about to send one, the next is drawn by lot."""

    def __init__(self, seed: int) -> None:
        self._lot = random.Random(seed)
        self._changed = threading.Condition()
        self._ready_at: dict[str, float] = {}
        self._running: set[str] = set()
        self._chosen = ""
        self._late: list[tuple[float, t.Callable[[], t.Any]]] = []
        self.now = 0.0

    def later(self, seconds: float, do: t.Callable[[], t.Any]) -> None:
        """Do something after some seconds, whatever the others do."""
        self._late.append((self.now + seconds, do))

    def _arrive(self, until: float) -> None:
        """Do what was to be done later, up to a time."""
        for at, do in sorted(
            (late for late in self._late if late[0] <= until), key=lambda late: late[0]
        ):
            self.now = max(self.now, at)
            self._late.remove((at, do))
            do()

    def pause(self, person: str, seconds: float) -> None:
        with self._changed:
            self._ready_at[person] = self.now + seconds
            self._running.discard(person)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._chosen == person)
            self._chosen = ""

    def run(self, work: dict[str, t.Callable[[], None]]) -> None:
        """Do the work of all, and return when it is done."""
        threads = [threading.Thread(target=self._do, args=job, daemon=True) for job in work.items()]
        self._running = set(work)
        for thread in threads:
            thread.start()
        while True:
            with self._changed:
                assert self._changed.wait_for(lambda: not self._running and not self._chosen, 30), (
                    "a thread hangs"
                )
                if not self._ready_at:
                    self._arrive(float("inf"))
                    return
                self._arrive(min(self._ready_at.values()))
                self.now = max(self.now, min(self._ready_at.values()))
                ready = sorted(
                    person for person, at in self._ready_at.items() if at <= self.now + REQUEST
                )
                self._chosen = self._lot.choice(ready)
                del self._ready_at[self._chosen]
                self._running.add(self._chosen)
                self._changed.notify_all()

    def _do(self, person: str, work: t.Callable[[], None]) -> None:
        self.pause(person, 0)
        work()
        with self._changed:
            self._running.discard(person)
            self._changed.notify_all()


class World:
    """An execution that is paused before its first task. Each task reads one answer, and then it pauses before the next."""

    def __init__(self, seed: int, messages: t.Iterable[str] = ()) -> None:
        self.schedule = Schedule(seed)
        self.task = 1
        self.got: list[t.Any] = []
        self.unread: list[Message] = []
        self.said = {
            id: ("", 0.0) for id in messages
        }  # the claim of each message, and when it expires
        self.locks: dict[str, dict[str, t.Any]] = {}
        self.count = 0

    def claimed(self, id: str) -> bool:
        return self.said[id][1] > self.schedule.now


class Person:
    """What one of them sees of the world: the services, and the dialogue."""

    id = "execution"
    is_alone = True
    queues = Queues("in", "out")

    def __init__(
        self,
        world: World,
        name: str,
        killed_at: int = 0,
        lost: int = 0,
        slow: t.Callable[[], float] | None = None,
    ) -> None:
        self.world = world
        self.name = name
        self.execution = Execution.of({"id": self.id, "workflow_name": "w", "state": "PAUSED"})
        self.reader = self
        self.result = ""
        self._killed_at = killed_at  # before which of its requests
        self._lost = lost  # of which of its requests the answer is lost
        self._slow = slow  # tells how long a request is on its way
        self._end: float | None = None
        self._requests = 0
        self._deadline = Deadline(
            600,
            clock=lambda: world.schedule.now,
            sleep=lambda seconds: world.schedule.pause(name, seconds),
        )

    @contextlib.contextmanager
    def within(self, seconds):
        self._end = self.world.schedule.now + seconds
        try:
            yield
        finally:
            self._end = None

    def _request(self, do: t.Callable[[], t.Any]) -> t.Any:
        if self._slow:
            self._on_its_way(do)
        self.world.schedule.pause(self.name, REQUEST)
        self._requests += 1
        if self._killed_at and self._requests >= self._killed_at:
            raise Killed
        done = do()
        if self._requests == self._lost:
            raise LOST
        return done

    def _on_its_way(self, do: t.Callable[[], t.Any]) -> None:
        """Wait until a request is about to arrive. If that takes too long, it arrives without anybody who waits for it."""
        way = self._slow()
        patience = PATIENCE
        if self._end is not None:
            patience = min(patience, self._end - self.world.schedule.now)
        if way < patience:
            self.world.schedule.pause(self.name, way)
            return
        self.world.schedule.later(way, do)
        self.world.schedule.pause(self.name, patience)
        raise GIVEN_UP

    def _new_id(self) -> str:
        self.world.count += 1
        return f"{self.world.count}"

    # Zaqar

    def claim(self, queue, ttl, grace, limit):
        def do():
            free = [id for id in self.world.said if not self.world.claimed(id)]
            claim = self._new_id()
            self.world.said.update(
                dict.fromkeys(free, (claim, self.world.schedule.now + CLAIM_TTL))
            )
            if not free:
                return None
            return Claim(claim, tuple(Message.of({"id": id}) for id in free))

        return self._request(do)

    def give_back(self, queue, claim):
        def do():
            for id, (by, _until) in self.world.said.items():
                if by == claim:
                    self.world.said[id] = ("", 0.0)

        self._request(do)

    def delete_message(self, queue, id, claim=None):
        def do():
            if queue == "in":
                self.world.unread = [message for message in self.world.unread if message.id != id]
            elif id in self.world.said:
                assert self.world.said.pop(id)[0] == claim

        self._request(do)

    def post(self, queue, bodies):
        def do():
            posted = [Message.of({"id": self._new_id(), "body": new.body}) for new in bodies]
            self.world.unread += posted
            return [message.id for message in posted]

        return self._request(do)

    def messages(self, queue, limit=None):
        return self._request(lambda: self.world.unread[:limit])

    # Mistral

    def create_environment(self, name, variables):
        return self._request(lambda: self.world.locks.setdefault(name, variables) is variables)

    def environment(self, name):
        return self._request(lambda: self.world.locks.get(name))

    def delete_environment(self, name):
        self._request(lambda: self.world.locks.pop(name, None))

    def set_state(self, id, state, env=None):
        def do():
            assert self.world.unread, "resumed without an answer"
            self.world.got.append(self.world.unread.pop(0).body)
            self.world.task += 1

        self._request(do)

    # The dialogue

    def plain_messages(self):
        return self._request(
            lambda: tuple(
                QuestionMessage(id, "", 0, 60)
                for id in self.world.said
                if not self.world.claimed(id)
            )
        )

    def is_being_answered(self):
        return self._request(lambda: any(map(self.world.claimed, self.world.said)))

    def still_waits(self, question):
        return self._request(lambda: question.task_ids[0] == str(self.world.task))

    def answer(self) -> None:
        """Look, and answer if the question is open."""
        try:
            messages = self.plain_messages()
            if not messages and self.is_being_answered():
                self.result = "answered_meanwhile"
                return
            unread = self.messages("in")
            task = self._request(lambda: self.world.task)
            if task > 1 or unread:
                self.result = "answered_meanwhile"
                return
            self.deliver(messages, task, [self.name])
        except Failure as failure:
            self.result = failure.error_code
        except Killed:
            self.result = "killed"

    def deliver(
        self,
        messages: t.Sequence[QuestionMessage],
        task: int,
        answers: list[str],
        waiting: t.Sequence[str] = (),
    ) -> None:
        tasks = ("",) * (len(answers) + len(waiting))
        question = Question(
            id="",
            text="",
            terms=Terms(),
            waits_by=WaitsBy.PAUSE,
            tasks=tasks,
            task_ids=(str(task),),
            messages=tuple(messages),
            waiting_answers=tuple(waiting),
        )
        services = Services(t.cast(t.Any, None), t.cast(t.Any, self), t.cast(t.Any, self))
        given = [Answer(answer, Status.ANSWERED, None, "") for answer in answers]
        Delivery(services, t.cast(t.Any, self), question, self._deadline).deliver(given, 60)
        self.result = "done"


def check_one_was_first(world: World, people: list[Person]) -> None:
    first = [person.name for person in people if person.result == "done"]
    assert world.got == first and len(first) == 1, [person.result for person in people]
    assert {person.result for person in people} <= {"done", "answered_meanwhile"}
    assert not world.unread and not world.locks and not world.said


SEEDS = range(20)


@pytest.mark.parametrize("messages", [[], ["question"], ["question", "hint"]], ids=len)
def test_in_every_order_one_is_first(messages):
    for seed in SEEDS:
        world = World(seed, messages)
        people = [Person(world, f"person {number}") for number in range(4)]
        world.schedule.run({person.name: person.answer for person in people})
        check_one_was_first(world, people)


@pytest.mark.parametrize("gone", [["question"], ["hint"], ["question", "hint"]], ids=",".join)
def test_a_message_that_goes_meanwhile_makes_no_difference(gone):
    for seed in SEEDS:
        world = World(seed, ["question", "hint"])
        people = [Person(world, f"person {number}") for number in range(4)]

        def remove() -> None:
            for _time in range(seed % 5):
                world.schedule.pause("somebody", REQUEST)
            for id in gone:
                if id in world.said and not world.claimed(
                    id
                ):  # what is claimed cannot be popped, and does not expire
                    del world.said[id]

        world.schedule.run(
            {"somebody": remove, **{person.name: person.answer for person in people}}
        )
        world.said.pop("hint", None)  # said since, for whoever looked before it was
        world.said.pop("question", None)
        check_one_was_first(world, people)


@pytest.mark.parametrize("messages", [[], ["question"]], ids=len)
@pytest.mark.parametrize("request_number", range(1, 16))
def test_of_one_who_dies_the_others_go_on(messages, request_number):
    for seed in SEEDS[:6]:
        world = World(seed, messages)
        people = [
            Person(world, f"person {number}", killed_at=request_number * (not number))
            for number in range(3)
        ]
        world.schedule.run({person.name: person.answer for person in people})
        if world.unread:  # it died between the post and the resume: somebody hands over what waits
            assert [message.body for message in world.unread] == ["person 0"] and not world.got
            late = [Person(world, f"late {number}") for number in range(2)]

            def finish(person: Person) -> None:
                try:
                    person.deliver([], 1, [], ["person 0"])
                except Failure as failure:
                    person.result = failure.error_code

            world.schedule.run(
                {person.name: lambda person=person: finish(person) for person in late}
            )
            assert sorted(person.result for person in late) == ["answered_meanwhile", "done"]
        assert len(world.got) == 1 and not world.unread
        done = [person.name for person in people if person.result == "done"]
        assert done == world.got or (world.got == ["person 0"] and not done)


@pytest.mark.parametrize("messages", [[], ["question"]], ids=len)
@pytest.mark.parametrize("request_number", range(1, 14))
def test_an_answer_that_is_lost_makes_no_difference(messages, request_number):
    for seed in SEEDS[:6]:
        world = World(seed, messages)
        people = [
            Person(world, f"person {number}", lost=request_number * (not number))
            for number in range(3)
        ]
        world.schedule.run({person.name: person.answer for person in people})
        assert len(world.got) == 1 and not world.unread
        assert [person.name for person in people if person.result == "done"] == world.got


@pytest.mark.parametrize("messages", [[], ["question"]], ids=len)
def test_a_slow_network_makes_no_second_answer(messages):
    for seed in range(200):
        world = World(seed, messages)
        lot = random.Random(seed)

        def slow(lot: random.Random = lot) -> float:
            return lot.choice([0, 0, 0, lot.uniform(0, LONGEST_WAY)])

        people = [Person(world, "slow", slow=slow), Person(world, "quick"), Person(world, "late")]
        world.schedule.run({person.name: person.answer for person in people})
        answers = world.got + [message.body for message in world.unread]
        assert len(answers) == 1, (seed, answers, [person.result for person in people])
        assert [person.name for person in people if person.result == "done"] in (answers, [])


@pytest.mark.parametrize("messages", [[], ["question"]], ids=len)
@pytest.mark.parametrize("request_number", range(16))
def test_what_was_given_up_and_comes_late_is_not_done_twice(messages, request_number):
    world = World(0, messages)
    ways = iter([0] * request_number + [30])
    slow = Person(world, "slow", slow=lambda: next(ways, 0))
    world.schedule.run({"slow": slow.answer})
    if world.got:
        assert world.got == ["slow"]
        assert not world.unread
    else:
        assert slow.result == "no_answer"


def test_near_the_end_of_a_turn_nothing_is_sent():
    for seed in SEEDS[:6]:
        world = World(seed)
        # up to the lock, then what is read before the post, and the post
        ways = iter([0] * 5 + [20, 19, 0, 0, LONGEST_WAY])
        slow = Person(world, "slow", slow=lambda ways=ways: next(ways, 0))
        quick = Person(world, "quick")
        world.schedule.run(
            {
                "slow": slow.answer,
                "quick": lambda quick=quick, world=world: (
                    world.schedule.pause("quick", 1) or quick.answer()
                ),
            }
        )
        assert len(world.got) == 1 and not world.unread, (slow.result, quick.result)


def test_what_a_turn_sends_has_time_to_come_through():
    assert LONGEST_WAY < LOCK_TTL - HOLD and HOLD <= LONGEST_STEP


class Environments:
    """What Mistral has, and a clock."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, t.Any]] = {}
        self.now = 0.0

    def create_environment(self, name, variables):
        return self.there.setdefault(name, variables) is variables

    def environment(self, name):
        return self.there.get(name)

    def delete_environment(self, name):
        self.there.pop(name, None)

    def within(self, seconds):
        return contextlib.nullcontext()

    def lock(self) -> Lock:
        return Lock(self, "lock", lambda: self.now)


def test_a_lock_is_held_by_one_until_it_is_released():
    mistral = Environments()
    first, second = mistral.lock(), mistral.lock()
    assert first.take() and first.is_held and not second.take() and not second.is_held
    first.release(over=False)
    assert not mistral.there and second.take() and not first.take()


def test_the_lock_of_a_dead_holder_stays_until_all_is_over():
    mistral = Environments()
    dead, second, third = mistral.lock(), mistral.lock(), mistral.lock()
    assert dead.take()
    for mistral.now in range(1, LOCK_TTL):
        assert not second.take()
    assert not third.take()  # it has only begun to wait
    for mistral.now in range(LOCK_TTL, LOCK_TTL + 3):
        second.take()
    assert second.is_held and not third.take() and sorted(mistral.there) == ["lock.0", "lock.1"]
    assert not dead.is_held
    dead.release(over=True)  # it was not dead, only slow: somebody else may have its lock by now
    assert sorted(mistral.there) == ["lock.0", "lock.1"]
    second.release(over=True)
    assert not mistral.there and third.take()


def test_a_lock_that_others_take_and_give_back_is_not_the_one_of_a_dead_holder():
    mistral = Environments()
    waits = mistral.lock()
    for mistral.now in range(0, 3 * LOCK_TTL, 10):
        holder = mistral.lock()
        assert holder.take() and not waits.take()
        holder.release(over=False)
    assert waits.take() and list(mistral.there) == ["lock.0"]


def test_a_lock_whose_answer_was_lost_is_held_since_it_was_first_asked_for():
    mistral = Environments()
    lock = mistral.lock()
    create = mistral.create_environment

    def lost(name, variables):
        create(name, variables)
        raise LOST

    mistral.create_environment = lost
    with pytest.raises(ServiceError):
        lock.take()
    mistral.create_environment = create
    mistral.now = HOLD - 1.0
    assert lock.take() and lock.is_held
    mistral.now = HOLD + 1.0
    assert not lock.is_held and lock.take() and sorted(mistral.there) == ["lock.0", "lock.1"]
