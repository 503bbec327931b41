# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import stat
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.zaqar_signed_url import (
    Request,
    ZaqarSignedUrl,
)
from ansible_collections.interactive.openstack.tests.unit.fakes import (
    FakeCloud,
    run_flow,
)

SIGNATURE = "5" * 64
LOCAL = "http://127.0.0.1"


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.urls["messaging"] = LOCAL
    cloud.zaqar.signature = SIGNATURE
    return cloud


def run(cloud: FakeCloud, **params: t.Any) -> dict[str, t.Any]:
    options = {"queue": "q", "methods": ["POST"], "paths": ["messages"], "ttl": 60}
    return run_flow(ZaqarSignedUrl, cloud, **{**options, "show_signature": True, **params})


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


def test_the_signature_is_in_the_file_only_unless_asked(cloud, tmp_path):
    dest = tmp_path / "signed"
    dest.write_text("before")
    dest.chmod(0o644)
    result = run(cloud, show_signature=False, dest=str(dest))
    assert SIGNATURE not in str(result)
    assert f'header = "URL-Signature: {SIGNATURE}"' in dest.read_text().splitlines()
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["signed"]

    shown = run(cloud, dest=str(dest))
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
def test_the_command_fits_what_is_signed(cloud, methods, paths, said):
    curl = run(cloud, methods=methods, paths=paths)["signed_url"]["curl"]
    assert said in curl
    assert ("--data" in curl) is ("POST" in methods and paths[0] == "messages")


WITH_SUBSCRIPTIONS = {"paths": ["messages", "subscriptions"]}


@pytest.mark.parametrize(
    "params, error_code",
    [
        ({"methods": []}, "bad_option"),
        ({"paths": []}, "bad_option"),
        ({"show_signature": False}, "bad_option"),  # and no file for it
        ({"paths": ["subscriptions"]}, "refused"),
        (WITH_SUBSCRIPTIONS, "refused"),
    ],
)
def test_what_makes_no_sense_or_does_harm_is_not_signed(cloud, params, error_code):
    with pytest.raises(Failure) as caught:
        run(cloud, **params)
    assert caught.value.error_code == error_code and cloud.count("sign_url") == 0


def test_a_url_that_lets_its_holder_subscribe_is_signed_by_force(cloud):
    headers = run(cloud, **WITH_SUBSCRIPTIONS, force=True)["signed_url"]["headers"]
    assert headers["URL-Paths"].count(",") == 1


def test_check_mode_writes_no_file(cloud, tmp_path):
    assert run(cloud, dest=str(tmp_path / "signed"), check_mode=True)["changed"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["missing/signed", "folder"])
def test_a_file_that_cannot_be_written_leaves_nothing_behind(cloud, tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(Failure) as caught:
        run(cloud, dest=str(tmp_path / name))
    assert caught.value.error_code == "not_written"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    "url, warned",
    [(LOCAL, 0), ("https://zaqar.example.com", 0), ("http://zaqar.example.com", 1)],
)
def test_an_endpoint_without_tls_is_warned_of(cloud, url, warned):
    warnings: list[str] = []
    cloud.urls["messaging"] = url
    run(cloud, warn=warnings.append)
    assert len(warnings) == warned


def test_a_service_without_a_key_is_explained(cloud):
    cloud.fail("sign_url", status=400, reason="The `key` can't be None")
    with pytest.raises(Failure) as caught:
        run(cloud)
    assert "[signed_url] secret_key" in caught.value.message
