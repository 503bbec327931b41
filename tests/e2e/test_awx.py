# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder awx/ as far as it goes without AWX: jobs in ansible-runner as AWX runs them, and the
setup against a stand-in for its API.
"""

from __future__ import annotations

import copy
import dataclasses
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import typing as t
import urllib.parse
import uuid

import pytest
import yaml
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.defined import (
    questions,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._awx_survey import survey
from jinja2 import StrictUndefined
from jinja2 import sandbox as jinja_sandbox
from openstack.config import OpenStackConfig

COLLECTION = pathlib.Path(__file__).parents[2]
AWX = COLLECTION / "awx"
SAMPLES = COLLECTION / "playbooks" / "workflows"
SECRET = "hunter2-{{ 7 * 7 }}"
# Any character that can be typed, among them each that YAML, JSON, Jinja or a shell could take for
# its own.
NASTY = "\"q' \\ \\n a: b # {{ 7 * 7 }} {% raw %} {x} %s <&> - [ ] , ? * ! | > @ ` \u00e4\u00df\u20ac \u2028 \U0001f389 "
ASKS_FOR_A_PASSWORD = """---
version: '2.0'

asks_for_a_password:
  input: [output_queue]
  tasks:
    login:
      workflow: interactive.ask
      input:
        question: Who shall log in?
        schema:
          type: object
          required: [user, password]
          properties:
            user: {type: string}
            password: {type: string, writeOnly: true, minLength: 8}
      publish:
        user: <% task().result.answer.user %>
        length: <% task().result.answer.password.len() %>
      on-success: tell

    tell:
      action: zaqar.queue_post
      input:
        queue_name: <% $.output_queue %>
        messages:
          body: The password of <% $.user %> has <% $.length %> characters.
"""


# What AWX does before a job


class Reader(yaml.SafeLoader):
    """YAML with Ansible's tag for texts that are no templates."""


Reader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


class Writer(yaml.SafeDumper):
    """What comes from a person reaches a job as texts that are no templates."""


Writer.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))

CREDENTIAL_TYPE = yaml.load((AWX / "credential_type.yml").read_text(), Reader)
INPUTS = CREDENTIAL_TYPE["credential_type_inputs"]["fields"]
INJECTORS = CREDENTIAL_TYPE["credential_type_injectors"]


def inject(folder: pathlib.Path, **entered: str) -> dict[str, str]:
    """Write the file of a credential; return the environment of the job. What is empty is not there
    for the templates.
    """
    templates = jinja_sandbox.ImmutableSandboxedEnvironment()
    known: dict[str, t.Any] = {field["id"]: False for field in INPUTS if field["type"] == "boolean"}
    known.update({name: value for name, value in entered.items() if value})
    file = folder / f"tmp{uuid.uuid4().hex[:8]}"
    file.write_text(
        templates.from_string(INJECTORS["file"]["template"]).render(**known), encoding="utf-8"
    )
    return {
        name: templates.from_string(text).render(tower={"filename": str(file)}, **known)
        for name, text in INJECTORS["env"].items()
    }


def survey_of(definition: str) -> list[dict[str, t.Any]]:
    return survey(questions(definition))["spec"]


def not_a_survey(spec: t.Any) -> str:
    """Return why AWX would refuse a survey."""
    if (
        not all(
            isinstance(spec.get(key), kind)
            for key, kind in (("name", str), ("description", str), ("spec", list))
        )
        or not spec["spec"]
    ):
        return "no name, description or question"
    types = {"integer": int, "float": (int, float)}
    for one in spec["spec"]:
        words = all(isinstance(one.get(key), str) for key in ("type", "question_name", "variable"))
        numbers = all(one.get(key) is None or isinstance(one[key], int) for key in ("min", "max"))
        default = one.get("default", "")
        if not (words and numbers and isinstance(one.get("required"), bool)):
            return f"{one}: a key is missing or of another type"
        if one["type"] not in (
            "text",
            "textarea",
            "password",
            "integer",
            "float",
            "multiplechoice",
            "multiselect",
        ):
            return f"{one}: unknown type"
        if default != "" and not isinstance(default, types.get(one["type"], str)):
            return f"{one}: the default is of another type"
        if one["type"].startswith("multi") and not (
            one["choices"] and set(default.splitlines()) <= set(one["choices"])
        ):
            return f"{one}: no choices, or a default that is none of them"
    return (
        ""
        if len({one["variable"] for one in spec["spec"]}) == len(spec["spec"])
        else "a variable stands twice"
    )


def fill_out(spec: list[dict[str, t.Any]], **entered: t.Any) -> dict[str, t.Any]:
    """Return the variables of a survey that a person fills out, who keeps its defaults. Other texts
    are empty, other things left out.
    """
    assert not not_a_survey({"name": "", "description": "", "spec": spec})
    variables = {}
    for one in spec:
        name, type_ = one["variable"], one["type"]
        default = one["default"].splitlines() if type_ == "multiselect" else one["default"]
        value = entered.pop(name, default)
        if value in ("", []) and one["required"]:
            pytest.fail(f"AWX asks for {name}")
        if value in ("", []) and (type_ not in ("text", "textarea", "password") or one["min"]):
            continue
        if type_ in ("integer", "float"):
            ok = type(value) in (int, *([float] if type_ == "float" else []))
            ok = ok and all(
                one[end] is None or (value - one[end]) * sign >= 0
                for end, sign in (("min", 1), ("max", -1))
            )
        elif type_.startswith("multi"):
            ok = set(value if type_ == "multiselect" else [value]) <= set(one["choices"])
        else:
            ok = isinstance(value, str) and one["min"] <= len(value) <= one["max"]
        assert ok, f"AWX does not take {value!r} for {one}"
        variables[name] = value
    assert not entered, f"no question for {entered}"
    return variables


@dataclasses.dataclass(frozen=True)
class Job:
    """How a job ended, what it showed, and what it hands on to the next one."""

    rc: int
    output: str
    stats: dict[str, t.Any]
    artifacts: pathlib.Path

    @property
    def end(self) -> str:
        """What the workflow said at the end."""
        assert self.rc == 0, self.output
        return self.output.split("Show the workflow's output")[-1]


@pytest.fixture
def entered(sandbox) -> dict[str, str]:
    """What a person enters for a credential with a password."""
    cloud = yaml.safe_load(sandbox.clouds.read_text())["clouds"][sandbox.cloud]
    return cloud["auth"] | {"region_name": cloud["region_name"]}


@pytest.fixture
def job(ansible_env, entered, tmp_path):
    """Run a playbook of the project: `job("run", variables of the template, **variables of the
    launch)`.
    """
    ansible_env.pop("OS_CLIENT_CONFIG_FILE")

    def run(
        playbook: str,
        template: dict[str, t.Any],
        credential: dict[str, str] | None = None,
        verbosity: int = 0,
        files: t.Any = (),
        **launch: t.Any,
    ) -> Job:
        private = tmp_path / f"awx_{uuid.uuid4().hex[:8]}"
        shutil.copytree(AWX, private / "project" / "awx")
        for name, text in dict(files).items():
            (private / "project" / name).write_text(text)
        for folder in "env", "inventory":
            (private / folder).mkdir()
        (private / "inventory" / "hosts").write_text(
            'localhost ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"\n'
        )
        (private / "env" / "envvars").write_text(
            json.dumps(inject(private / "env", **(credential or entered)))
        )
        launch = {
            "awx_user_name": "ada",
            "awx_job_launch_type": "manual",
            "tower_user_name": "ada",
        } | launch
        (private / "env" / "extravars").write_text(
            (yaml.safe_dump(template) if template else "")
            + yaml.dump(launch, Dumper=Writer, allow_unicode=True)
        )
        if verbosity:
            (private / "env" / "cmdline").write_text(f"-{'v' * verbosity}")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ansible_runner",
                "run",
                str(private),
                "-p",
                f"awx/{playbook}.yml",
                "--ident",
                "1",
            ],
            env=ansible_env,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        events = [
            json.loads(file.read_text())
            for file in (private / "artifacts" / "1" / "job_events").glob("*.json")
        ]
        assert events, done.stdout
        stats: dict[str, t.Any] = {}
        for event in events:
            stats |= event.get("event_data", {}).get("artifact_data", {})
        return Job(done.returncode, done.stdout, stats, private / "artifacts")

    return run


# Jobs


def test_a_survey_is_written_where_its_caller_is(playbook, tmp_path):
    played = playbook(
        "interactive.openstack.survey",
        {"workflow_file": "configure_deployment.yaml", "dest": "survey.json"},
    )
    assert played.rc == 0, played.output
    assert not not_a_survey(json.loads((tmp_path / "survey.json").read_text()))


@pytest.mark.parametrize(
    ("sample", "chosen", "lines"),
    [
        (
            "approve_with_comment",
            {"answer_approval_decision": "approve"},
            ['"approved": true', '"comment": ""', '"by": "ada"'],
        ),
        (
            "configure_deployment",
            {
                "answer_deployment_services": ["dns", "block-storage"],
                "answer_deployment_compute_nodes": 50,
            },
            ['"compute_nodes": 50', '"stack_name": "overcloud"', '"block-storage"', '"dns"'],
        ),
        (
            "size_by_purpose",
            {"answer_purpose": "production", "answer_production_nodes": 4},
            ['"compute_nodes": 4', '"purpose": "production"'],
        ),
        (
            "two_approvals",
            {"answer_network_approval": "yes", "answer_storage_approval": "no"},
            ['"approved": false'],
        ),
    ],
)
def test_a_job_with_the_survey_of_a_sample(job, sample, chosen, lines):
    answers = fill_out(survey_of((SAMPLES / f"{sample}.yaml").read_text()), **chosen)
    done = job("run", {"workflow_file": f"{sample}.yaml"}, **answers)
    for line in lines:
        assert line in done.end, done.output


def test_a_workflow_in_three_jobs(job):
    template = {"workflow_file": "approve_with_comment.yaml"}
    answers = fill_out(
        survey_of((SAMPLES / "approve_with_comment.yaml").read_text()),
        answer_approval_decision="approve",
        answer_approval_comment="f\u00fcr {{ alle }}",
    )
    start = job("start", template, **answers)
    assert start.rc == 0, start.output
    assert list(start.stats) == ["execution_id"]
    answer = job("answer", {}, **answers, **start.stats, decline="no", awx_user_name="grace")
    assert answer.rc == 0, answer.output
    finish = job("finish", {}, **answers, **start.stats)
    for line in '"approved": true', '"by": "grace"', '"comment": "f\u00fcr {{ alle }}"':
        assert line in finish.end, finish.output


def test_a_job_that_declines(job):
    start = job("start", {"workflow_file": "approve_with_comment.yaml"})
    assert job("answer", {}, **start.stats, decline="yes").rc == 0
    assert '"comment": "DECLINED"' in job("finish", {}, **start.stats).end


def test_a_job_answers_the_question_that_is_named(job):
    start = job("start", {"workflow_file": "two_approvals.yaml"})
    for name in "storage_approval", "network_approval":
        done = job(
            "answer", {}, **start.stats, question=name, decline="no", **{f"answer_{name}": "yes"}
        )
        assert done.rc == 0, done.output
    assert '"approved": true' in job("finish", {}, **start.stats).end


@pytest.mark.parametrize(
    ("sample", "chosen", "variable"),
    [
        ("ask_with_pause", {}, "answer_read_answer"),
        ("size_by_purpose", {"answer_purpose": "production"}, "answer_production_nodes"),
    ],
)
def test_a_job_that_lacks_an_answer_ends(job, sample, chosen, variable):
    done = job("run", {"workflow_file": f"{sample}.yaml"}, **chosen)
    assert done.rc != 0
    assert "has nobody at it" in done.output and variable in done.output, done.output


def test_a_job_with_an_application_credential(job, entered, cloud):
    session = cloud.mistral.session
    made = session.post(
        f"{entered['auth_url']}/users/{session.get_user_id()}/application_credentials",
        json={"application_credential": {"name": str(uuid.uuid4()), "secret": NASTY}},
    ).json()["application_credential"]
    credential = {
        "auth_type": "v3applicationcredential",
        "auth_url": entered["auth_url"],
        "region_name": entered["region_name"],
        "application_credential_id": made["id"],
        "application_credential_secret": NASTY,
    }
    assert (
        "Hello, Ada!"
        in job(
            "run", {"workflow_file": "ask_with_pause.yaml"}, credential, answer_read_answer="Ada"
        ).output
    )


@pytest.mark.parametrize(
    ("password", "verbosity", "told"),
    [
        (SECRET, 0, f"The password of ada has {len(SECRET)} characters."),
        (SECRET, 3, f"The password of ada has {len(SECRET)} characters."),
        ("hunter2", 3, "'password' has to have at least 8 characters"),
    ],
)
def test_a_job_shows_no_secret(job, password, verbosity, told):
    spec = survey_of(ASKS_FOR_A_PASSWORD)
    assert {one["variable"]: one["type"] for one in spec} == {
        "answer_login_user": "text",
        "answer_login_password": "password",
    }
    done = job(
        "run",
        {"workflow_file": "mine.yaml"},
        verbosity=verbosity,
        files={"mine.yaml": ASKS_FOR_A_PASSWORD},
        answer_login_user="ada",
        answer_login_password=password,
    )
    assert (done.rc == 0) == (password == SECRET) and told in done.output, done.output
    written = {path: path.read_text() for path in done.artifacts.rglob("*") if path.is_file()}
    assert any(path.parent.name == "job_events" for path in written)
    for text in done.output, *written.values():
        assert "hunter2" not in text


READ_THE_PASSWORD = "cat $OS_CLIENT_CONFIG_FILE >&2; exit 255"
BY_CONNECTION = {
    "gather_facts": True,
    "ansible_connection": "ssh",
    "ansible_ssh_executable": "/bin/sh",
    "ansible_ssh_args": f"-c '{READ_THE_PASSWORD}'",
}


def test_a_job_runs_no_program_of_whoever_gives_it_variables(job, entered):
    done = job(
        "answer",
        {},
        verbosity=3,
        execution_id=str(uuid.uuid4()),
        decline="no",
        answer_any="yes",
        **BY_CONNECTION,
    )
    assert done.rc != 0 and "This job runs in its own environment only" in done.output, done.output
    assert "Answer the open question" not in done.output
    for path in done.artifacts.rglob("*"):
        assert path.is_dir() or entered["password"] not in path.read_text()


@pytest.mark.parametrize(
    ("variables", "refused"),
    [
        ({"cloud": "devstack", "gather_facts": True, "ansible_connection": "local"}, False),
        ({"ansible_python_interpreter": f"/bin/sh -c '{READ_THE_PASSWORD}'"}, True),
        ({"ansible_remote_tmp": "$(cat $OS_CLIENT_CONFIG_FILE >&2)"}, True),
        ({"ansible_become": True, "ansible_become_exe": f"/bin/sh -c '{READ_THE_PASSWORD}'"}, True),
        ({"ansible_shell_executable": "/bin/cat", "ansible_playbook_python": "/bin/cat"}, True),
        ({"tripleo_target_host": "127.0.0.1"}, True),
        ({"cloud": {"auth": {"auth_url": "http://127.0.0.1:1/v3"}}}, True),
        ({"interactive_workflow_cloud": '{"auth": {"auth_url": "http://127.0.0.1:1/v3"}}'}, True),
    ],
)
def test_what_a_job_refuses(playbook, variables, refused):
    done = playbook(AWX / "here_only.yml", variables)
    assert ("This job runs in its own environment only" in done.output, done.rc != 0) == (
        refused,
        refused,
    ), done.output


# The credential type


@pytest.mark.parametrize(
    "entered",
    [
        {"username": "u", "password": NASTY, "project_name": NASTY},
        {
            "username": NASTY,
            "password": "p",
            "project_name": "p",
            "user_domain_name": NASTY,
            "project_domain_name": "d",
            "region_name": "R",
        },
        {
            "auth_type": "v3applicationcredential",
            "application_credential_id": "i",
            "application_credential_secret": NASTY,
            "username": "not used",
            "password": "not used",
        },
    ],
)
def test_a_credential_becomes_a_clouds_yaml(tmp_path, entered):
    env = inject(tmp_path, auth_url="http://127.0.0.1:5000/v3", **entered)
    assert list(env) == ["OS_CLIENT_CONFIG_FILE"]
    cloud = OpenStackConfig(
        config_files=[env["OS_CLIENT_CONFIG_FILE"]], load_envvars=False
    ).get_one()
    given = {
        name: value
        for name, value in entered.items()
        if name not in ("auth_type", "region_name") and value != "not used"
    }
    defaults = (
        {}
        if "auth_type" in entered
        else {"user_domain_name": "Default", "project_domain_name": "Default"}
    )
    assert dict(cloud.config["auth"]) == defaults | given | {"auth_url": "http://127.0.0.1:5000/v3"}
    assert cloud.config["auth_type"] == entered.get("auth_type", "password")
    assert (cloud.region_name or None, cloud.config["verify"]) == (entered.get("region_name"), True)


def test_certificates_are_checked_unless_somebody_says_no(tmp_path):
    file = pathlib.Path(
        inject(tmp_path, auth_url="https://127.0.0.1", insecure=True)["OS_CLIENT_CONFIG_FILE"]
    )
    assert yaml.safe_load(file.read_text())["clouds"]["openstack"]["verify"] is False


def test_the_templates_of_the_credential_type_know_all_that_they_use():
    """As AWX checks them: with each input, and no other variable."""
    known = {field["id"]: "EXAMPLE" for field in INPUTS} | {"tower": {"filename": "EXAMPLE"}}
    for text in INJECTORS["file"]["template"], *INJECTORS["env"].values():
        assert "EXAMPLE" in jinja_sandbox.ImmutableSandboxedEnvironment(
            undefined=StrictUndefined
        ).from_string(text).render(**known)
    for field in INPUTS:
        assert field["type"] in ("string", "boolean")
        assert field.get("secret", False) == field["id"].endswith(("password", "secret"))


# The execution environment


def test_the_execution_environment_has_the_collection(ansible_env, tmp_path):
    def run(*words: str, cwd: pathlib.Path = tmp_path) -> str:
        done = subprocess.run(
            words,
            env=ansible_env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    checkout = tmp_path / "checkout"
    shutil.copytree(AWX, checkout / "awx")
    run(
        "ansible-galaxy",
        "collection",
        "build",
        str(COLLECTION),
        "--output-path",
        str(checkout / ".dev" / "build"),
    )
    run(
        "ansible-builder",
        "create",
        "-f",
        str(checkout / "awx" / "execution-environment.yml"),
        "-c",
        str(tmp_path / "context"),
    )
    image = (tmp_path / "context" / "Dockerfile", tmp_path / "context" / "Containerfile")
    assert any(
        "ansible-galaxy collection install" in file.read_text() for file in image if file.exists()
    )

    # what the image's build does with it
    installed = tmp_path / "installed"
    ansible_env["ANSIBLE_COLLECTIONS_PATH"] = str(installed)
    run(
        "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "-r",
        "requirements.yml",
        "-p",
        str(installed),
        cwd=tmp_path / "context" / "_build",
    )
    needed = yaml.safe_load(run("ansible-builder", "introspect", str(installed)))["python"]
    assert {one.split()[0] for one in needed} == set(
        (COLLECTION / "requirements.txt").read_text().split()
    )


# The setup


class Controller(http.server.ThreadingHTTPServer):
    """A stand-in for AWX's API that keeps what it is given: objects, their surveys, and which
    belong together.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Api)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.objects: dict[str, list[dict[str, t.Any]]] = {
            "organizations": [{"id": 1, "name": "Default"}]
        }
        self.surveys: dict[str, t.Any] = {}
        self.related: dict[str, list[int]] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def state(self) -> t.Any:
        return copy.deepcopy((self.objects, self.surveys, self.related))

    def find(self, endpoint: str, **wanted: t.Any) -> list[dict[str, t.Any]]:
        if endpoint == "unified_job_templates":
            endpoint = f"{wanted.pop('type')}s"
        return [
            one
            for one in self.objects.get(endpoint, [])
            if all(str(one.get(key)) == str(value) for key, value in wanted.items())
        ]

    def get(self, endpoint: str, name: str) -> dict[str, t.Any]:
        [found] = self.find(
            endpoint,
            **{"identifier" if endpoint == "workflow_job_template_nodes" else "name": name},
        )
        return found

    def survey(self, endpoint: str, name: str) -> dict[str, t.Any]:
        return self.surveys.get(
            f"/api/v2/{endpoint}/{self.get(endpoint, name)['id']}/survey_spec/", {}
        )

    def names(self, endpoint: str, name: str, what: str, of: str) -> list[str]:
        """The names of what belongs to an object."""
        ids = self.related.get(f"/api/v2/{endpoint}/{self.get(endpoint, name)['id']}/{what}/", [])
        return [
            one.get("identifier") or one["name"] for one in self.objects[of] if one["id"] in ids
        ]

    def shown(self, endpoint: str, one: dict[str, t.Any]) -> dict[str, t.Any]:
        url = f"/api/v2/{endpoint}/{one['id']}/"
        told = one | {
            "url": url,
            "type": endpoint[:-1],
            "related": {"survey_spec": f"{url}survey_spec/"},
            "summary_fields": {},
        }
        told |= {
            "inventories": {"kind": "", "host_filter": None},
            "projects": {"scm_revision": ""},
        }.get(endpoint, {})
        if endpoint == "credentials":
            [type_] = self.find("credential_types", id=one["credential_type"])
            secrets = [field["id"] for field in type_["inputs"]["fields"] if field.get("secret")]
            told["inputs"] = {
                name: "$encrypted$" if name in secrets else value
                for name, value in one["inputs"].items()
            }
        return told


class Api(http.server.BaseHTTPRequestHandler):
    server: Controller

    def log_message(self, format: str, *args: t.Any) -> None:
        """Nobody reads it."""

    def answer(self, status: int, body: t.Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle_request(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers["Authorization"] != "Bearer a-token":
            return self.answer(401)
        url = urllib.parse.urlsplit(self.path)
        endpoint, *rest = url.path.removeprefix("/api/v2/").strip("/").split("/")
        data = {
            name: value for name, value in json.loads(content or b"{}").items() if value is not None
        }
        if len(rest) == 2 and rest[1] == "survey_spec":
            return self.survey(url.path, data)
        if len(rest) == 2:
            return self.associate(url.path, rest[1], data)
        if rest:
            [one] = self.server.find(endpoint, id=rest[0])
            one |= data
            return self.answer(200, self.server.shown(endpoint, one))
        if self.command == "POST":
            one = data | {"id": sum(map(len, self.server.objects.values())) + 1}
            self.server.objects.setdefault(endpoint, []).append(one)
            return self.answer(201, self.server.shown(endpoint, one))
        return self.list(
            endpoint, self.server.find(endpoint, **dict(urllib.parse.parse_qsl(url.query)))
        )

    def list(self, endpoint: str, found: list[dict[str, t.Any]]) -> None:
        self.answer(
            200,
            {
                "count": len(found),
                "next": None,
                "results": [self.server.shown(endpoint, one) for one in found],
            },
        )

    def survey(self, path: str, data: dict[str, t.Any]) -> None:
        if self.command == "GET":
            return self.answer(200, self.server.surveys.get(path, {}))
        wrong = not_a_survey(data) if self.command == "POST" else ""
        if not wrong:
            self.server.surveys[path] = data
        return self.answer(400 if wrong else 200, {"error": wrong})

    def associate(self, path: str, what: str, data: dict[str, t.Any]) -> None:
        ids = self.server.related.setdefault(path, [])
        if self.command == "GET":
            endpoint = "workflow_job_template_nodes" if what.endswith("_nodes") else what
            return self.list(
                endpoint, [one for one in self.server.find(endpoint) if one["id"] in ids]
            )
        ids.remove(data["id"]) if data.get("disassociate") else ids.append(data["id"])
        return self.answer(204)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_request


@pytest.fixture
def controller():
    with Controller() as one:
        yield one
        one.shutdown()


@pytest.fixture
def set_up(playbook, controller):
    def run(**variables: t.Any) -> str:
        given = {
            "execution_environment_image": "registry.example.org/interactive:1",
            "project_branch": "main",
        } | variables
        done = playbook(
            AWX / "setup.yml",
            given,
            CONTROLLER_HOST=controller.url,
            CONTROLLER_OAUTH_TOKEN="a-token",
        )
        assert done.rc == 0, done.output
        return done.output

    return run


def test_the_setup(set_up, controller, entered):
    definition = (SAMPLES / "configure_deployment.yaml").read_text()
    given: dict[str, t.Any] = {
        "workflow_file": "configure_deployment.yaml",
        "credential_inputs": entered | {"password": "hunter2"},
        "template_variables": {"workflow_input": {"queue": "x"}, "hide_sensitive_logs": True},
    }
    assert "hunter2" not in set_up(**given)

    shared = "interactive.openstack"
    type_ = controller.get("credential_types", shared)
    assert (type_["kind"], type_["inputs"], type_["injectors"]) == (
        "cloud",
        CREDENTIAL_TYPE["credential_type_inputs"],
        INJECTORS,
    )
    credential = controller.get("credentials", shared)
    assert (credential["credential_type"], credential["inputs"]) == (
        type_["id"],
        given["credential_inputs"],
    )
    image, project, inventory = (
        controller.get(what, shared)
        for what in ("execution_environments", "projects", "inventories")
    )
    assert image["image"] == "registry.example.org/interactive:1"
    assert (project["scm_type"], project["scm_branch"]) == ("git", "main") and project[
        "scm_url"
    ].startswith("https://")
    host = controller.get("hosts", "localhost")
    assert (host["inventory"], json.loads(host["variables"])) == (
        inventory["id"],
        {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        },
    )

    asked = survey_of(definition)
    only = [one["variable"] for one in asked]
    surveys = {
        "run": only,
        "start": [],
        "answer": ["execution_id", *only, "decline"],
        "finish": ["execution_id"],
    }
    for name, variables in surveys.items():
        template = controller.get("job_templates", f"configure_deployment {name}")
        assert (COLLECTION / template["playbook"]).read_text() == (AWX / f"{name}.yml").read_text()
        assert (template["project"], template["inventory"], template["execution_environment"]) == (
            project["id"],
            inventory["id"],
            image["id"],
        )
        assert template["allow_simultaneous"] and template["ask_variables_on_launch"] is False
        wanted = {"workflow_file": "configure_deployment.yaml"} if name in ("run", "start") else {}
        assert json.loads(template["extra_vars"]) == wanted | given["template_variables"]
        assert controller.names(
            "job_templates", template["name"], "credentials", "credentials"
        ) == [shared]
        spec = controller.survey("job_templates", template["name"]).get("spec", [])
        assert ([one["variable"] for one in spec], template["survey_enabled"]) == (
            variables,
            bool(variables),
        )
        assert [one["variable"] for one in spec if one["required"]] == {
            "run": [one["variable"] for one in asked if one["required"]],
            "start": [],
            "answer": ["execution_id", "decline"],
            "finish": ["execution_id"],
        }[name]
    assert controller.survey("job_templates", "configure_deployment run")["spec"] == asked

    workflow = controller.get("workflow_job_templates", "configure_deployment")
    assert workflow["survey_enabled"] and workflow["ask_variables_on_launch"] is False
    assert controller.survey("workflow_job_templates", "configure_deployment") == {
        "name": "configure_deployment",
        "description": "",
        "spec": asked,
    }
    nodes = {node["identifier"]: node for node in controller.objects["workflow_job_template_nodes"]}
    for name, following in {"start": ["answer"], "answer": ["finish"], "finish": []}.items():
        assert (
            nodes[name]["unified_job_template"]
            == controller.get("job_templates", f"configure_deployment {name}")["id"]
        )
        assert (
            controller.names(
                "workflow_job_template_nodes", name, "success_nodes", "workflow_job_template_nodes"
            )
            == following
        )
    assert len(nodes) == 3

    before = controller.state()
    assert re.search(r"changed=0 .*failed=0", set_up(**given))
    assert controller.state() == before


def test_the_setup_of_a_workflow_with_two_questions(set_up, controller):
    shown = set_up(
        workflow_file="two_approvals.yaml", prefix="Two", prompt_for_variables=["answer"]
    )
    prompts = {
        name: controller.get("job_templates", f"Two {name}")["ask_variables_on_launch"]
        for name in ("run", "start", "answer", "finish")
    }
    assert prompts == {"run": False, "start": False, "answer": True, "finish": False}
    spec = controller.survey("job_templates", "Two answer")["spec"]
    assert [one["variable"] for one in spec] == [
        "execution_id",
        "question",
        "answer_network_approval",
        "answer_storage_approval",
        "decline",
    ]
    assert spec[1]["choices"] == ["network_approval", "storage_approval"]
    assert "workflow_job_templates" not in controller.objects
    assert "'Two' asks 2 questions" in shown and "The templates have no credential yet" in shown


def test_the_setup_has_to_be_told_the_image_and_the_workflow(playbook):
    for given, sentence in (
        ({}, "set execution_environment_image"),
        ({"execution_environment_image": "x"}, "Say which workflow"),
    ):
        refused = playbook(AWX / "setup.yml", given)
        assert refused.rc != 0 and sentence in re.sub(r"\s+", " ", refused.output), refused.output
