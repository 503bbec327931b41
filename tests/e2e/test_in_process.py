# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks without a process of their own: when they are, that they log in once, what they show, how
they are interrupted.

That they return the same as modules is what the integration target ``shells`` is for, and all other
targets run both ways.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import uuid

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from faults import Fault, Proxies, Services, until

MODULE = "interactive.openstack.zaqar_queue_info"
RUNS_AS = re.compile(re.escape(MODULE) + r" runs as a module: (.*)")


def play(*tasks: dict, **keywords) -> str:
    whole = {"name": "Test", "hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}
    whole["module_defaults"] = {"group/interactive.openstack.openstack": {"cloud": "{{ cloud }}"}}
    return yaml.safe_dump([{**whole, **keywords}])


def requests(output: str) -> list[dict]:
    """What each task says at -vvv that it sent."""
    return [json.loads(found) for found in re.findall(r'"requests": (\{[^}]*\})', output)]


@pytest.mark.parametrize(
    "keywords, reason",
    [
        ({}, None),
        ({"environment": {"OS_REGION_NAME": "RegionOne"}}, None),
        ({"become": True}, "become"),
        ({"async": 60, "poll": 1}, "async"),
        ({"vars": {"interactive_openstack_in_process": False}}, "in_process is false"),
        ({"vars": {"interactive_openstack_in_process": "{{ 1 == 2 }}"}}, "in_process is false"),
        ({"vars": {"ansible_python_interpreter": "auto_silent"}}, "interpreter auto_silent"),
        (
            {"vars": {"ansible_connection": "ssh", "ansible_ssh_executable": "/bin/false"}},
            "connection ssh",
        ),
        ({"environment": {"PYTHONPATH": "/nonexistent"}}, "environment PYTHONPATH"),
        (
            {"environment": {"HOME": "/nonexistent", "ANSIBLE_REMOTE_TMP": "/tmp"}},
            "environment HOME",
        ),
        ({"delegate_to": "elsewhere"}, "connection ssh"),
        ({"delegate_to": "here"}, None),
    ],
)
def test_a_task_is_run_as_a_module_where_that_makes_a_difference(
    playbook, tmp_path, keywords, reason
):
    (tmp_path / "inventory.yml").write_text(
        yaml.safe_dump(
            {
                "all": {
                    "hosts": {
                        "localhost": {
                            "ansible_connection": "local",
                            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                        },
                        "here": {
                            "ansible_connection": "local",
                            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                        },
                        "elsewhere": {
                            "ansible_connection": "ssh",
                            "ansible_ssh_executable": "/bin/false",
                        },
                    }
                }
            }
        )
    )
    file = tmp_path / "play.yml"
    file.write_text(
        play(
            {
                "name": "Ask",
                MODULE: {},
                "ignore_unreachable": True,
                "ignore_errors": True,
                **keywords,
            }
        )
    )
    played = playbook(file, None, "-vvv", "-i", "inventory.yml", "-l", "localhost")
    assert played.rc == 0 and (reason or "ignored=0" in played.output), played.output
    assert RUNS_AS.findall(played.output)[:1] == ([reason] if reason else []), played.output


def test_it_can_be_switched_off_for_all(playbook, tmp_path):
    file = tmp_path / "play.yml"
    file.write_text(play({"name": "Ask", MODULE: {}}))
    (tmp_path / "ansible.cfg").write_text("[interactive_openstack]\nin_process = no\n")
    assert RUNS_AS.search(playbook(file, None, "-vvv").output)
    (tmp_path / "ansible.cfg").unlink()
    assert RUNS_AS.search(
        playbook(file, None, "-vvv", INTERACTIVE_OPENSTACK_IN_PROCESS="no").output
    )
    assert not RUNS_AS.search(playbook(file, None, "-vvv").output)


def test_tasks_of_a_run_log_in_once(playbook, tmp_path):
    absent = {
        "name": f"absent-{uuid.uuid4()}"
    }  # a list of all queues takes as many requests as it has pages
    asks = [
        {"name": "Ask", MODULE: absent},
        {"name": "Ask", "interactive.openstack.mistral_execution_info": {"limit": 1}},
    ]
    loop = {"name": "Ask", MODULE: absent, "loop": [1, 2]}
    file = tmp_path / "play.yml"
    file.write_text(play(*asks, loop, *asks))
    sent = requests(playbook(file, None, "-vvv", ANSIBLE_INJECT_INVOCATION="true").output)
    assert len(sent) == 6
    assert [one.get("Keystone", 0) for one in sent] == [1, 0, 0, 0, 0, 0]
    # to read a queue without metadata of its own, and to see whether it is there
    assert [(one.get("Zaqar", 0), one.get("Mistral", 0)) for one in sent] == [
        (2, 0),
        (0, 1),
        (2, 0),
        (2, 0),
        (2, 0),
        (0, 1),
    ]


def test_logins_are_not_mixed_up(playbook, tmp_path, sandbox):
    """The credentials make the login, not the cloud's name or URL."""
    known = yaml.safe_load(sandbox.clouds.read_text())["clouds"][sandbox.cloud]
    wrong = {**known, "auth": {**known["auth"], "password": "wrong"}}
    file = tmp_path / "play.yml"
    file.write_text(
        play(
            {"name": "Ask", MODULE: {}},
            {
                "name": "Ask with a wrong password",
                MODULE: {"cloud": wrong},
                "ignore_errors": True,
                "register": "refused",
            },
            {
                "name": "It is refused",
                "ansible.builtin.assert": {"that": ["refused.error_code == 'unauthorized'"]},
            },
            {"name": "Ask again", MODULE: {}},
        )
    )
    played = playbook(file)
    assert played.rc == 0, played.output


@pytest.mark.parametrize("in_process", [True, False])
def test_a_login_outlives_the_run_where_the_user_allows_it(playbook, tmp_path, sandbox, in_process):
    clouds = {"cache": {"auth": True}, **yaml.safe_load(sandbox.clouds.read_text())}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    file = tmp_path / "play.yml"
    file.write_text(play({"name": "Ask", MODULE: {}}))
    env = {
        "OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"),
        "ANSIBLE_INJECT_INVOCATION": "true",
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    logins = [
        requests(
            playbook(file, {"interactive_openstack_in_process": in_process}, "-vvv", **env).output
        )[0].get("Keystone", 0)
        for _run in range(2)
    ]
    assert logins == [1, 0]


def test_a_missing_client_is_told_in_the_same_words(playbook, tmp_path):
    broken = tmp_path / "broken" / "zaqarclient"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('not installed')\n")
    file = tmp_path / "play.yml"
    file.write_text(play({"name": "Ask", MODULE: {}}))
    said = []
    for in_process in True, False:
        played = playbook(
            file,
            {"interactive_openstack_in_process": in_process},
            PYTHONPATH=str(tmp_path / "broken"),
        )
        assert played.rc
        said.append(re.search(r'"msg": "(.*)"', played.output)[1])
    assert (
        said[0] == said[1]
        and "python-zaqarclient is installed" in said[0]
        and "(ImportError: not installed)" in said[0]
    )


# Progress


@pytest.fixture
def waits(tmp_path):
    """A play that waits for a workflow with two tasks, of which the second has no end of its own;
    and the execution's id.
    """
    name = f"slow-{uuid.uuid4()}"
    tasks = {
        "first": {"action": "std.noop", "on-success": "second"},
        "second": {"action": "std.async_noop"},
    }
    definition = {"version": "2.0", name: {"tasks": tasks}}
    file = tmp_path / "waits.yml"
    upload = {
        "name": "Upload",
        "interactive.openstack.mistral_workflow": {"definition": definition},
    }
    wait = {"workflow": name, "id": str(uuid.uuid4()), "wait_for": ["SUCCESS"], "wait_timeout": 8}
    remove = {"id": wait["id"], "state": "absent", "force": True}
    file.write_text(
        play(
            upload,
            {
                "name": "Wait",
                "interactive.openstack.mistral_execution": wait,
                "ignore_errors": True,
                "no_log": "{{ hidden | default(false) }}",
            },
            {"name": "Remove", "interactive.openstack.mistral_execution": remove},
            {
                "name": "Remove",
                "interactive.openstack.mistral_workflow": {"name": [name], "state": "absent"},
            },
        )
    )
    return file, wait["id"]


def test_a_long_wait_says_how_far_it_is(playbook, waits):
    file, execution = waits
    played = playbook(file)
    assert played.rc == 0, played.output
    line = rf"progress: \[localhost\] => execution {execution} of workflow '.*' is RUNNING, 1 of 2 tasks done, now at 'second'"
    assert len(re.findall(line, played.output)) == 1, played.output


def test_a_job_of_ansible_runner_shows_it_too(waits, ansible_env, sandbox, tmp_path):
    """As AWX's jobs do, whose output comes that way."""
    private = tmp_path / "private"
    (private / "project").mkdir(parents=True)
    (private / "env").mkdir()
    (private / "project" / "waits.yml").write_text(waits[0].read_text())
    (private / "env" / "extravars").write_text(json.dumps({"cloud": sandbox.cloud}))
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "ansible_runner",
            "run",
            str(private),
            "-p",
            "waits.yml",
            "--ident",
            "1",
        ],
        env=ansible_env,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0 and "1 of 2 tasks done, now at 'second'" in ran.stdout, (
        ran.stdout + ran.stderr
    )


@pytest.mark.parametrize(
    "variables",
    [
        {"interactive_openstack_progress": False},
        {"hidden": True},
        {"interactive_openstack_in_process": False},
    ],
)
def test_a_long_wait_can_be_silent(playbook, waits, variables):
    played = playbook(waits[0], variables)
    assert played.rc == 0, played.output
    assert "progress:" not in played.output


# Ctrl-C


def subscriptions(cloud, queue: str) -> list:
    return cloud.zaqar.get(f"/v2/queues/{queue}/subscriptions").json()["subscriptions"]


@pytest.mark.parametrize("in_process", [True, False])
def test_an_interrupted_wait_leaves_nothing_behind(terminal, tmp_path, cloud, in_process):
    queue = f"interrupted-{uuid.uuid4()}"
    file = tmp_path / "wait.yml"
    file.write_text(
        play(
            {
                "name": "Wait",
                "interactive.openstack.zaqar_wait": {
                    "queue": queue,
                    "mode": "push",
                    "wait_timeout": 300,
                },
            }
        )
    )
    waiting = terminal(
        str(file), "-e", f"interactive_openstack_in_process={json.dumps(in_process)}"
    )
    until(lambda: subscriptions(cloud, queue), "the wait has subscribed to its queue")
    if in_process:
        waiting.expect("progress: ")
    waiting.child.sendintr()
    assert waiting.end() != 0
    assert "User interrupted execution" in waiting.seen
    if in_process:
        assert (
            f"Nothing was taken out of queue '{queue}'. To wait again, run the same task."
            in waiting.seen
        )
    until(lambda: not subscriptions(cloud, queue), "the subscription is gone")
    cloud.zaqar.delete(f"/v2/queues/{queue}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_claim_that_is_being_made_is_released(sandbox, tmp_path, ansible_env, cloud, number):
    """The request is on its way as the signal comes: its answer is waited for, as nobody could undo
    it otherwise.
    """
    services = Services(sandbox.clouds, sandbox.cloud)
    proxies = Proxies(services)
    queue = f"interrupted-{uuid.uuid4()}"
    cloud.zaqar.post(
        f"/v2/queues/{queue}/messages", json={"messages": [{"body": "one", "ttl": 600}]}
    )
    rule = proxies.zaqar.inject(Fault("delay", seconds=3), "POST .*/claims")
    release = proxies.zaqar.inject(Fault("delay", seconds=0), "DELETE .*/claims/")
    file = tmp_path / "claim.yml"
    file.write_text(
        play(
            {
                "name": "Claim",
                "interactive.openstack.zaqar_wait": {
                    "queue": queue,
                    "consume": "pop",
                    "mode": "poll",
                    "wait_timeout": 300,
                    "cloud": proxies.cloud,
                },
            }
        )
    )
    playing = subprocess.Popen(
        ["ansible-playbook", str(file), "-e", f"cloud={sandbox.cloud}"],
        env=ansible_env,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        until(lambda: rule.hits, "the claim is asked for")
        os.killpg(playing.pid, number)  # as a terminal and a service manager do
        playing.communicate(timeout=60)
        until(lambda: release.hits, "the claim is released")
        free = cloud.zaqar.get(f"/v2/queues/{queue}/messages", params={"echo": "true"}).json()[
            "messages"
        ]
        assert [message["body"] for message in free] == ["one"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(playing.pid, signal.SIGKILL)
        proxies.close()
        cloud.zaqar.delete(f"/v2/queues/{queue}")


@pytest.mark.parametrize(
    "task, what, said",
    [
        (
            {"interactive.openstack.zaqar_pop": {"queue": "QUEUE"}},
            "DELETE .*pop",
            'Taken out of the queue already, and in no result: "one"',
        ),
        ({"interactive.openstack.zaqar_claim": {"queue": "QUEUE"}}, "POST .*/claims", ""),
        (
            {
                "interactive.openstack.zaqar_wait": {
                    "queue": "QUEUE",
                    "mode": "poll",
                    "consume": "claim",
                    "filter": {"a": 1},
                }
            },
            "POST .*/claims",
            "Nothing was taken out of queue",
        ),
    ],
)
def test_what_an_interrupted_task_has_taken_is_given_back_or_shown(
    sandbox, tmp_path, ansible_env, cloud, task, what, said
):
    proxies = Proxies(Services(sandbox.clouds, sandbox.cloud))
    queue = f"interrupted-{uuid.uuid4()}"
    for body in "one", {"a": 1}:
        cloud.zaqar.post(
            f"/v2/queues/{queue}/messages", json={"messages": [{"body": body, "ttl": 600}]}
        )
    # of the last request of each task
    times = 2 if "zaqar_wait" in str(task) else 1
    rule = proxies.zaqar.inject(Fault("delay", seconds=2), what, times)
    [(module, options)] = task.items()
    file = tmp_path / "take.yml"
    file.write_text(
        play({"name": "Take", module: {**options, "queue": queue, "cloud": proxies.cloud}})
    )
    playing = subprocess.Popen(
        ["ansible-playbook", str(file), "-e", f"cloud={sandbox.cloud}"],
        env=ansible_env,
        cwd=tmp_path,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        until(lambda: rule.hits == times, "the request is sent")
        os.killpg(playing.pid, signal.SIGINT)
        output = playing.communicate(timeout=60)[0]
        assert said in output and playing.returncode
        left = ["one", {"a": 1}][1 if "zaqar_pop" in module else 0 :]

        def free() -> list:
            found = cloud.zaqar.get(f"/v2/queues/{queue}/messages", params={"echo": "true"}).json()[
                "messages"
            ]
            return [message["body"] for message in found]

        until(lambda: free() == left, "all others are free")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(playing.pid, signal.SIGKILL)
        proxies.close()
        cloud.zaqar.delete(f"/v2/queues/{queue}")


def test_logins_of_other_scopes_are_not_taken(playbook, tmp_path, sandbox):
    """What keystoneauth calls the same for its cache differs for Keystone."""
    known = yaml.safe_load(sandbox.clouds.read_text())["clouds"][sandbox.cloud]
    auth = {key: value for key, value in known["auth"].items() if not key.startswith("project")}
    file = tmp_path / "play.yml"
    said = {}
    for in_process in True, False:
        file.write_text(
            play(
                *(
                    {
                        "name": "Ask",
                        MODULE: {"cloud": {**known, "auth": {**auth, **scope}}},
                        "ignore_errors": True,
                    }
                    for scope in ({}, {"system_scope": "all"})
                )
            )
        )
        said[in_process] = re.findall(
            r'"msg": "(.*)"',
            playbook(file, {"interactive_openstack_in_process": in_process}).output,
        )
    assert said[True] == said[False] and len(said[True]) == 2, said


@pytest.mark.parametrize("in_process", [True, False])
def test_relative_paths_begin_where_the_playbook_is(playbook, tmp_path, sandbox, in_process):
    known = yaml.safe_load(sandbox.clouds.read_text())["clouds"][sandbox.cloud]
    name = f"relative-{uuid.uuid4()}"
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"only_there": known}}))
    (folder / "wf.yaml").write_text(
        json.dumps({"version": "2.0", name: {"tasks": {"a": {"action": "std.noop"}}}})
    )
    (folder / "play.yml").write_text(
        play(
            *(
                {
                    "name": "Ask",
                    "interactive.openstack.mistral_workflow": {
                        "file": "wf.yaml",
                        "cloud": "only_there",
                        "state": state,
                    },
                }
                for state in ("present", "absent")
            )
        )
    )
    env = {"OS_CLIENT_CONFIG_FILE": ""}
    played = playbook(folder / "play.yml", {"interactive_openstack_in_process": in_process}, **env)
    assert played.rc == 0 and "changed=2" in played.output, played.output
