# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that take turns at jobs, and what becomes of them when the one who waits for them is interrupted."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base import (
    signals,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.worker_pool import (
    THREAD_NAME,
    Later,
    WorkerPool,
)

HANGING = 30  # seconds until a test that hangs fails


def threads_left() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]


def results(jobs, size):
    with WorkerPool(jobs, size, threading.Event()) as pool:
        return list(pool.results())


def test_all_jobs_are_done_by_no_more_threads_than_allowed():
    lock, running, most, together = threading.Lock(), set(), 0, threading.Barrier(3)

    def job(number):
        nonlocal most
        with lock:
            running.add(number)
            most = max(most, len(running))
        together.wait(HANGING)  # 9 jobs in 3 threads come in threes, or this breaks
        with lock:
            running.discard(number)
        yield number

    assert sorted(results([job(number) for number in range(9)], 3)) == list(range(9))
    assert most == 3


def test_a_job_says_its_things_in_order_and_others_come_between():
    first_may_go_on = threading.Event()

    def first():
        yield "a"
        while not first_may_go_on.is_set():
            yield Later(0.01)
        yield "b"

    def second():
        first_may_go_on.set()
        yield "c"

    words = results(
        [first(), second()], 1
    )  # one thread only: the first one leaves it to the second
    assert sorted(words) == ["a", "b", "c"] and words.index("a") < words.index("c") < words.index(
        "b"
    )


def test_no_job_is_nothing_to_do():
    assert results([], 4) == []


def test_an_exception_of_a_job_is_raised_where_it_is_waited_for():
    def broken():
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        results([broken()], 2)
    assert not threads_left()


class Interrupted(BaseException):
    """What comes in a main thread at Ctrl-C, and at the timeout of a task."""


def test_what_has_begun_is_finished_and_nothing_else_begins():
    begun, done, interrupted = [], [], threading.Event()
    stopping = threading.Event()

    def job(number):
        begun.append(number)
        if number == 0:
            yield "begun"
        assert interrupted.wait(HANGING) and stopping.wait(HANGING)
        done.append(number)
        yield number

    pool = WorkerPool([job(number) for number in range(20)], 3, stopping)
    with pytest.raises(Interrupted), pool:
        for _word in pool.results():
            interrupted.set()
            raise Interrupted
    assert sorted(done) == sorted(begun) or sorted(done) == sorted(set(begun) - {0})
    assert len(begun) <= 3 and not threads_left()


def test_a_pause_ends_when_all_shall_stop():
    stopping = threading.Event()

    def job():
        yield "here"
        yield Later(3600)

    with WorkerPool([job()], 1, stopping) as pool:
        assert next(pool.results()) == "here"
    assert not threads_left()


@pytest.fixture
def controller_death(monkeypatch):
    """What ends the controller; without a signal, nothing else tells."""
    death = threading.Event()
    monkeypatch.setattr(signals._interruption, "is_orphaned", death.is_set)
    monkeypatch.setattr(signals._interruption, "number", None)
    monkeypatch.setattr(signals._interruption, "is_raised", False)
    monkeypatch.setattr(signals, "CONTROLLER_CHECK_INTERVAL", 0.01)
    return death


def test_orphans_stop_at_the_next_job(controller_death):
    done = []

    def job(number):
        controller_death.set()
        done.append(number)
        yield number
        done.append("more")
        yield number

    with pytest.raises(signals.Interrupted):
        results([job(number) for number in range(9)], 1)
    assert done == [0] and not threads_left()


def test_who_waits_for_jobs_that_say_nothing_sees_that_the_controller_is_gone(controller_death):
    stopping = threading.Event()

    def job():
        controller_death.set()
        stopping.wait(HANGING)
        yield "ended"

    with pytest.raises(signals.Interrupted):
        with WorkerPool([job()], 1, stopping) as pool:
            list(pool.results())
    assert list(pool.remaining_results()) == ["ended"] and not threads_left()
