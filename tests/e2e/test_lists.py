# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that Mistral cuts into pages, here of two, while what is on them comes and goes."""

from __future__ import annotations

import typing as t
import uuid

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.login import Cloud
from ansible_collections.interactive.openstack.plugins.module_utils._services import (
    definition as definitions,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services import (
    mistral as _mistral,
)

SUFFIX = uuid.uuid4().hex[:8]
NAMES = [f"{'l' * number}isted_{SUFFIX}" for number in range(1, 6)]


@pytest.fixture(scope="module")
def connect(sandbox) -> t.Iterator[t.Callable[[], _mistral.Mistral]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_mistral, "ITEMS_AT_ONCE", 2)
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(sandbox.clouds))
        yield lambda: _mistral.Mistral(Cloud({"cloud": sandbox.cloud}))


@pytest.fixture
def mistral(connect):
    return connect()


@pytest.fixture(scope="module")
def namespace(connect):
    mistral, name = connect(), f"lists-{uuid.uuid4()}"
    definition = {"version": "2.0"} | {
        one: {"tasks": {"a": {"action": "std.noop"}}} for one in NAMES
    }
    definition[NAMES[0]] = {
        "tasks": {f"task{number}": {"action": "std.noop"} for number in range(5)}
    }
    definition[NAMES[1]] = {
        "tasks": {
            "items": {
                "with-items": "i in <% range(5) %>",
                "action": "std.echo",
                "input": {"output": "<% $.i %>"},
            }
        }
    }
    mistral.create_workflows(definitions.dump(definition), name, "private")
    yield name
    for workflow in mistral.own_workflows(NAMES, name).values():
        mistral.delete_workflow(workflow.id, name)


@pytest.fixture(scope="module")
def started(connect, namespace):
    mistral = connect()
    ids = [mistral.start(NAMES[0], namespace).id for _number in range(5)]
    ids.append(mistral.start(NAMES[1], namespace).id)
    yield ids
    for id in ids:
        mistral.delete_execution(id, force=True)


def when_asked(mistral, request: int, then: t.Callable[[], None]) -> None:
    """Do something before a request for a page is sent, which is counted from 1."""
    page, count = mistral._page, 0

    def counted(*args):
        nonlocal count
        count += 1
        if count == request:
            then()
        return page(*args)

    mistral._page = counted


def test_all_pages_of_each_list_are_read(mistral, namespace, started):
    assert sorted(mistral.own_workflows(NAMES, namespace)) == sorted(NAMES)
    assert {one.id for one in mistral.own_workflows(NAMES, namespace).values()} <= {
        one.id for one in mistral.visible_workflows()
    }
    assert sorted(one.id for one in mistral.executions(NAMES[0])) == sorted(started[:5])
    everything = mistral.executions()
    assert len({one.id for one in everything}) == len(everything) >= 6
    times = [one.created_at for one in everything]
    assert times == sorted(times, reverse=True)
    assert [len(mistral.executions(limit=limit)) for limit in (1, 2, 3, 5)] == [1, 2, 3, 5]
    assert sorted(task.name for task in mistral.tasks(started[0])) == [
        f"task{number}" for number in range(5)
    ]
    assert len(mistral.task_states(started[0])) == 5
    (items,) = mistral.tasks(started[5])
    assert len(mistral.action_executions(items.id)) == 5


def test_what_the_next_page_was_to_follow_is_deleted_meanwhile(mistral, started):
    before = [one.id for one in mistral.executions(NAMES[0])]
    gone = before[1]  # the last one of the first page
    when_asked(mistral, 2, lambda: mistral.delete_execution(gone, force=True))
    found = [one.id for one in mistral.executions(NAMES[0])]
    assert found == [id for id in before if id != gone]
    started.remove(gone)


def test_what_is_created_meanwhile_makes_nothing_come_twice(mistral, namespace, started):
    before = [one.id for one in mistral.executions(NAMES[0])]
    when_asked(mistral, 2, lambda: started.append(mistral.start(NAMES[0], namespace).id))
    found = [one.id for one in mistral.executions(NAMES[0])]
    assert len(found) == len(set(found)) and set(before) <= set(found)
