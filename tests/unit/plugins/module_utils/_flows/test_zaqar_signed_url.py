# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import stat
import types

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_signed_url import (
    Request,
    ZaqarSignedUrl,
)
from ansible_collections.interactive.openstack.plugins.module_utils._services.records import (
    Signature,
)
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Context

SIGNATURE = "5" * 64
OPTIONS = {
    "queue": "q",
    "methods": ["POST"],
    "paths": ["messages"],
    "ttl": 60,
    "force": False,
    "dest": None,
    "show_signature": True,
}


def sign(queue, methods, paths, ttl):
    return Signature(
        signature=SIGNATURE,
        expires="2026-11-25T00:00:00",
        methods=tuple(methods),
        paths=tuple(f"/v2/queues/{queue}/{path}" for path in paths),
        project_id="p",
    )


@pytest.fixture
def flow():
    warnings = []

    def make(url="http://127.0.0.1", sign=sign, **params):
        made = ZaqarSignedUrl(dict(OPTIONS, **params), Context(warn=warnings.append))
        made.zaqar = types.SimpleNamespace(
            sign=sign, queue_url=lambda queue: f"{url}/v2/queues/{queue}"
        )
        return made

    make.warnings = warnings
    return make


def test_commands_are_quoted_for_a_shell():
    request = Request("POST", "http://host/a'b", {"X": 'it\'s "so"'}, '{"a": "b"}')
    assert shlex.split(request.curl()) == [
        "curl",
        "--fail",
        "--request",
        "POST",
        "--header",
        'X: it\'s "so"',
        "--data",
        '{"a": "b"}',
        "http://host/a'b",
    ]
    assert shlex.split(request.curl_with("/a b/c")) == [
        "curl",
        "--config",
        "/a b/c",
        "--data",
        '{"a": "b"}',
    ]
    assert 'header = "X: it\'s \\"so\\""' in request.config().splitlines()


def test_the_signature_is_in_the_file_only_unless_asked(flow, tmp_path):
    dest = tmp_path / "signed"
    dest.write_text("before")
    dest.chmod(0o644)
    result = flow(show_signature=False, dest=str(dest)).run()
    assert SIGNATURE not in str(result)
    assert f'header = "URL-Signature: {SIGNATURE}"' in dest.read_text().splitlines()
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["signed"]

    shown = flow(dest=str(dest)).run()
    assert shown["changed"] is True
    assert shown["signed_url"]["headers"]["URL-Signature"] == SIGNATURE
    assert SIGNATURE in shown["signed_url"]["curl"]


@pytest.mark.parametrize(
    "methods, paths, said",
    [
        (["GET", "POST"], ["messages", "claims"], "--request POST"),
        (["GET"], ["messages"], "--request GET"),
        (["POST"], ["claims"], "/claims"),
    ],
)
def test_the_command_fits_what_is_signed(flow, methods, paths, said):
    curl = flow(methods=methods, paths=paths).run()["signed_url"]["curl"]
    assert said in curl
    assert ("--data" in curl) is ("POST" in methods and paths[0] == "messages")


def test_an_endpoint_without_tls_is_warned_of(flow):
    flow().run()
    flow(url="https://zaqar.example.com").run()
    assert flow.warnings == []
    flow(url="http://zaqar.example.com").run()
    assert len(flow.warnings) == 1


def test_a_service_without_a_key_is_explained(flow):
    def no_key(*args):
        raise ServiceError("Zaqar", 400, "The `key` can't be None", "bad_request")

    with pytest.raises(Failure) as caught:
        flow(sign=no_key).run()
    assert "[signed_url] secret_key" in caught.value.message
