# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many dialogues answered at once: by the playbook, by somebody who is interrupted, and through a
network that breaks.
"""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import signal
import subprocess
import sys
import threading
import typing as t
import uuid

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.worker_pool import (
    THREAD_NAME,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer_bulk import (
    DialogueAnswerBulk,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_question import (
    DialogueQuestion,
)
from faults import (
    FAULTS,
    Fault,
    Proxies,
    Services,
    check_sentence,
    prepare,
    ready,
    run,
    start,
    until,
)

BULK = "interactive.openstack.answer_bulk"
WORKFLOWS = pathlib.Path(__file__).parent / "workflows"
LIBRARY = pathlib.Path(__file__).parents[2] / "playbooks" / "workflows"
SCHEMA = {"type": "string"}


@pytest.fixture(scope="module")
def direct(sandbox) -> dict[str, t.Any]:
    return ready(
        sandbox,
        WORKFLOWS / "asks_with_schema.yaml",
        WORKFLOWS / "asks_what_it_is_told.yaml",
        LIBRARY / "interactive.ask.yaml",
    )


def begin(direct, cloud, pauses: int, callbacks: int = 0) -> dict[str, str]:
    """Start executions and wait until all of them ask; return the ids of their questions by the ids
    of the executions.
    """
    executions = [
        start(cloud, "asks_what_it_is_told", question="Well?") for _number in range(pauses)
    ]
    executions += [start(cloud, "asks_with_schema", schema=SCHEMA) for _number in range(callbacks)]

    def asked(execution: str) -> str:
        return run(DialogueQuestion, direct, execution=execution, wait_timeout=120)["question"][
            "id"
        ]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return dict(zip(executions, pool.map(asked, executions)))


def state(cloud, execution: str) -> str:
    return cloud.mistral.get(f"/executions/{execution}?fields=state").json()["state"]


def got(cloud, execution: str) -> t.Any:
    """What an execution was answered with, once it has ended."""
    until(lambda: state(cloud, execution) == "SUCCESS", f"{execution} ends")
    output = json.loads(cloud.mistral.get(f"/executions/{execution}").json()["output"])
    return output["told"]["answer"] if "told" in output else output["answer"]


def unread(cloud, queue: str) -> list[t.Any]:
    return [
        message["body"]
        for message in cloud.zaqar.get(
            f"/v2/queues/{queue}/messages", params={"echo": "true"}
        ).json()["messages"]
    ]


def test_a_playbook_answers_thirty_from_a_file_as_often_as_it_is_told_to(
    playbook, direct, cloud, tmp_path
):
    questions = begin(direct, cloud, pauses=15, callbacks=15)
    nowhere = str(uuid.uuid4())
    answers = {execution: f"secret-{number}" for number, execution in enumerate(questions)}
    items = [
        {"execution": execution, "question_id": questions[execution], "answer": answer}
        for execution, answer in answers.items()
    ]
    file, log = tmp_path / "answers.json", tmp_path / "ansible.log"
    file.write_text(
        json.dumps([*items[:20], {"execution": nowhere, "answer": "secret"}, *items[20:]])
    )
    options = {"answers_file": str(file), "wait_timeout": 30}
    told = {"ANSIBLE_LOG_PATH": str(log), "ANSIBLE_INJECT_INVOCATION": "true"}
    played = playbook(BULK, options, "-vvv", **told)
    assert played.rc == 2, played.output
    assert {execution: got(cloud, execution) for execution in questions} == answers
    assert (
        f"1 of 31 questions were not answered. Item 21: There is no execution {nowhere}"
        in played.output
    )
    for execution in questions:
        assert any(
            f"{execution}: answered ({name})" in played.output for name in ("read", "ask_it")
        )
    assert "secret-" not in log.read_text() and "secret-" not in played.output

    file.write_text(json.dumps({"answers": items}))
    played = playbook(BULK, options)
    assert played.rc == 0 and "changed=0" in played.output, played.output
    assert all(
        f"{execution}: answered before, as it is here" in played.output for execution in questions
    )

    for variables in ({}, {"hide_sensitive_logs": True}):
        played = playbook(
            BULK,
            {"answers": items[:2]} | variables,
            "-vvv",
            INTERACTIVE_OPENSTACK_IN_PROCESS="false",
            **told,
        )
        assert played.rc == 0 and "secret-" not in played.output + log.read_text(), played.output
        assert all(f"{item['execution']}: answered" in played.output for item in items[:2])


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "set answers_file to the path of a list, or answers"),
        ({"answers_file": "nowhere.yml"}, "Could not read the answers in"),
        (
            {"answers": [{"execution": "nothing"}]},
            "Item 1 of 1 cannot be used, so nothing was sent: 'nothing' cannot be the id",
        ),
        (
            {"answers": '[{"execution": "nothing"}]', "hide_sensitive_logs": True},
            "Item 1 of 1 cannot be used, so nothing was sent",
        ),
    ],
)
def test_a_playbook_says_what_it_lacks(playbook, variables, says):
    played = playbook(BULK, variables)
    assert played.rc == 2 and says in played.output.replace('\\"', '"'), played.output


class Interrupted(BaseException):
    """What comes at Ctrl-C, and at the timeout of a task."""


def check_nothing_is_half_done(direct, cloud, executions: list[str]) -> list[str]:
    """Check that each has its answer or its question, and return those that have their question;
    then answer these.
    """
    open_still = [one for one in executions if unread(cloud, f"o-{one}") == ["Well?"]]
    for one in executions:
        if one in open_still:
            assert state(cloud, one) == "PAUSED" and unread(cloud, f"i-{one}") == []
        else:
            assert got(cloud, one) == f"mine-{one}"
    if open_still:
        done = run(
            DialogueAnswerBulk,
            direct,
            answers=[{"execution": one, "answer": "later"} for one in open_still],
        )
        assert done["answered"] == len(open_still) and done["not_answered"] == 0
    assert all(got(cloud, one) == "later" for one in open_still)
    return open_still


def test_a_task_that_runs_out_of_time_leaves_nothing_half_done(direct, cloud):
    executions = list(begin(direct, cloud, pauses=24))
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        if len(lines) == 1:
            raise Interrupted

    flow = prepare(
        DialogueAnswerBulk,
        direct,
        parallel=4,
        answers=[{"execution": one, "answer": f"mine-{one}"} for one in executions],
    )
    flow.context = flow.context._replace(progress=interrupt)
    with pytest.raises(Interrupted):
        flow.run()
    assert all(thread.name != THREAD_NAME for thread in threading.enumerate())
    assert f"{len(lines)} of 24 items are done" in flow.go_on()
    open_still = check_nothing_is_half_done(direct, cloud, executions)
    assert len(open_still) == 24 - len(lines) and open_still


def test_ctrl_c_leaves_nothing_half_done(direct, cloud, terminal, tmp_path):
    executions = list(begin(direct, cloud, pauses=24))
    file = tmp_path / "answers.yml"
    file.write_text(json.dumps([{"execution": one, "answer": f"mine-{one}"} for one in executions]))
    screen = terminal(BULK, "-e", f"answers_file={file}", "-e", "parallel=2")
    screen.expect(r": answered \(read\)")
    screen.child.sendintr()
    screen.end()
    check_nothing_is_half_done(direct, cloud, executions)


def descendants(pid: int) -> list[int]:
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [one for child in map(int, children) for one in (child, *descendants(child))]


def lives(pid: int) -> bool:
    try:
        return (
            pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        )
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("in_process", [True, False], ids=["in-process", "module"])
def test_whoever_is_orphaned_stops_at_the_next_item(
    sandbox, direct, cloud, ansible_env, tmp_path, in_process
):
    executions = list(begin(direct, cloud, pauses=10))
    proxies = Proxies(Services(sandbox.clouds, sandbox.cloud))
    posts = proxies.zaqar.inject(Fault("delay", seconds=1.5), "POST .*/i-", times=10)
    clouds, answers = tmp_path / "clouds.yaml", tmp_path / "answers.yml"
    clouds.write_text(yaml.safe_dump({"clouds": {sandbox.cloud: proxies.cloud}}))
    answers.write_text(
        json.dumps([{"execution": one, "answer": f"mine-{one}"} for one in executions])
    )
    env = ansible_env | {
        "OS_CLIENT_CONFIG_FILE": str(clouds),
        "INTERACTIVE_OPENSTACK_IN_PROCESS": str(in_process),
    }
    words = ["-e", f"cloud={sandbox.cloud}", "-e", f"answers_file={answers}", "-e", "parallel=2"]
    playing = subprocess.Popen(
        ["ansible-playbook", BULK, *words],
        env=env,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        until(lambda: posts.hits >= 3, "some items are answered, others are under way")
        orphans = descendants(playing.pid)
        playing.send_signal(signal.SIGKILL)
        playing.wait(60)
        posted = posts.hits
        assert orphans
        until(lambda: not any(map(lives, orphans)), "whoever is left ends by itself")
        assert posts.hits <= posted + 1  # one may have been begun just before
    finally:
        playing.kill()
        playing.stdout.close()
        proxies.close()
    assert check_nothing_is_half_done(direct, cloud, executions)


def test_all_is_answered_once_with_one_login_though_requests_break(sandbox, direct, cloud):
    questions = begin(direct, cloud, pauses=12, callbacks=4)
    proxies = Proxies(Services(sandbox.clouds, sandbox.cloud))
    try:
        for fault in FAULTS:
            proxies.mistral.inject(fault, "(GET|PUT) /v2/(executions|tasks|action_executions)/")
            proxies.zaqar.inject(fault, "POST .*/messages|DELETE |GET .*/messages")
        answers = {execution: f"{number}" for number, execution in enumerate(questions)}
        items = [
            {"execution": execution, "answer": answer, "question_id": questions[execution]}
            for execution, answer in answers.items()
        ]
        done = run(DialogueAnswerBulk, proxies.cloud, answers=items)
        assert done["answered"] == 16, done
        assert [request for request in proxies.keystone.requests if request.startswith("POST")] == [
            "POST /v3/auth/tokens"
        ]
        assert done["requests"] == sum(len(proxy.requests) for proxy in proxies.all)
    finally:
        proxies.close()
    assert {execution: got(cloud, execution) for execution in questions} == answers
    for execution in questions:
        assert unread(cloud, f"i-{execution}") == []


def test_what_an_earlier_run_has_left_half_done_is_finished(direct, cloud):
    questions = begin(direct, cloud, pauses=2)
    for execution in questions:  # as if a run had died between the post and the resume
        cloud.zaqar.post(
            f"/v2/queues/i-{execution}/messages", json={"messages": [{"body": "mine", "ttl": 600}]}
        )
        for message in cloud.zaqar.get(
            f"/v2/queues/o-{execution}/messages", params={"echo": "true"}
        ).json()["messages"]:
            cloud.zaqar.delete(f"/v2/queues/o-{execution}/messages/{message['id']}")
    one, other = questions
    with pytest.raises(Failure) as raised:
        run(
            DialogueAnswerBulk,
            direct,
            answers=[
                {"execution": one, "question_id": questions[one], "answer": "mine"},
                {"execution": other, "question_id": questions[other], "answer": "another"},
            ],
        )
    done, refused = raised.value.result["results"]
    assert (done["status"], done["resumed"], done["message_ids"]) == ("answered", True, []) and got(
        cloud, one
    ) == "mine"
    assert refused["error_code"] == "answer_waits" and state(cloud, other) == "PAUSED"
    run(DialogueAnswerBulk, direct, answers=[{"execution": other}])
    assert got(cloud, other) == "mine"


def test_no_question_gets_the_answer_of_one_that_was_not_answered(direct, cloud):
    (pause, _question), (callback, _other) = begin(direct, cloud, pauses=1, callbacks=1).items()
    with pytest.raises(Failure) as raised:
        run(
            DialogueAnswerBulk,
            direct,
            wait_timeout=0,
            answers=[
                {"execution": callback, "answer": {"no": "text"}},
                {"execution": callback, "answer": "for the second"},
                {"execution": callback, "question": "ask_it", "answer": "for the second"},
                {"execution": pause, "answer": "yes"},
            ],
        )
    check_sentence(raised.value)
    results = raised.value.result["results"]
    assert [result.get("error_code") for result in results] == [
        "invalid_answer",
        "not_tried",
        "not_tried",
        None,
    ]
    assert got(cloud, pause) == "yes" and state(cloud, callback) == "RUNNING"
    run(DialogueAnswerBulk, direct, answers=[{"execution": callback, "status": "declined"}])
    assert got(cloud, callback) is None
