# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._base.userinfo import (
    remember_url,
    url_without_userinfo,
    without_userinfo,
)
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.login import Cloud
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.options import redacted

SECRET = "hunter2"
AUTH = {
    "auth_url": "http://127.0.0.1:1/v3",
    "username": "u",
    "password": SECRET,
    "project_name": "p",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder of its own to look for a clouds.yaml in, and no cloud in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "OS_CLOUD",
        "OS_CLIENT_CONFIG_FILE",
        "OS_AUTH_URL",
        "OS_USERNAME",
        "OS_PASSWORD",
        "OS_PROJECT_NAME",
    ):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def write(folder, name="clouds.yaml", **clouds):
    (folder / name).write_text(yaml.safe_dump({"clouds": clouds}))


def refused(**params) -> str:
    with pytest.raises(Failure) as raised:
        Cloud(params)
    assert raised.value.error_code == "no_cloud"
    assert SECRET not in raised.value.message and raised.value.message.endswith(".")
    return raised.value.message


def test_a_cloud_that_is_not_there_says_which_are(place, monkeypatch):
    write(place, first={"auth": AUTH}, second={"auth": AUTH})
    assert (
        f"There is no cloud 'third': {place}/clouds.yaml has first, second. Check 'cloud'"
        in refused(cloud="third")
    )
    monkeypatch.setenv("OS_USERNAME", "somebody")  # of which openstacksdk makes another cloud
    assert "clouds.yaml has first, second. Check" in refused(cloud="third")
    monkeypatch.setenv("OS_CLOUD", "fourth")
    assert (
        f"There is no cloud 'fourth', which OS_CLOUD names: {place}/clouds.yaml has first, second."
        in refused()
    )
    assert Cloud({"cloud": "first"})


def test_a_cloud_without_any_clouds_yaml_says_where_none_is(place, monkeypatch):
    assert f"There is no cloud 'mine': no clouds.yaml in {place}, " in refused(cloud="mine")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "/nonexistent/x.yaml")
    message = refused(cloud="mine")
    assert (
        f"/nonexistent/x.yaml, which OS_CLIENT_CONFIG_FILE names, is not there, and no clouds.yaml in {place}, "
        in message
    )
    assert "No usable cloud is configured (" in refused()


def test_several_clouds_of_which_none_is_chosen_are_named(place):
    write(place, first={"auth": AUTH}, second={"auth": AUTH})
    assert (
        f"{place}/clouds.yaml has first, second): set 'cloud' to an entry of clouds.yaml"
        in refused()
    )


def test_secrets_of_a_file_of_its_own_are_read_too(place):
    write(
        place, first={"auth": {name: value for name, value in AUTH.items() if name != "password"}}
    )
    write(place, "secure.yaml", first={"auth": {"password": SECRET}})
    message = refused(cloud="other")
    assert f"{place}/clouds.yaml" in message and "has first." in message
    assert Cloud({"cloud": "first"})


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (f"clouds:\n  a:\n    auth: {{password: {SECRET}\n  b: [", "is not YAML (line 4)"),
        (f"clouds:\n  a: '\xff{SECRET}".encode("latin-1"), "is not UTF-8"),
        (f"- {SECRET}\n", "is empty or not a "),
        (f"clouds:\n  a: {SECRET}\n", "configuration cannot be used"),
        (f"clouds:\n  a:\n    auth: {SECRET}\n", "configuration cannot be used"),
    ],
)
def test_a_clouds_yaml_that_cannot_be_read_is_named_and_not_shown(place, capfd, text, cause):
    (place / "clouds.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    message = refused(cloud="a")
    assert cause in message and "clouds.yaml" in message
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("value", [[SECRET], {"a": SECRET}])
def test_a_password_that_is_not_text_is_refused_and_not_shown(place, value):
    auth = AUTH | {"password": value}
    write(place, first={"auth": auth})
    for params in {"auth": auth}, {"cloud": {"auth": auth}}, {"cloud": "first"}:
        assert "'password' in the cloud's 'auth' is a list or a dictionary" in refused(**params)


@pytest.mark.parametrize("cloud", [[SECRET], 4711, True, "{" + SECRET, f"a\n{SECRET}"])
def test_a_cloud_that_is_neither_a_name_nor_a_dictionary_is_not_shown(cloud):
    assert "The option 'cloud' is neither the name" in refused(cloud=cloud)
    assert redacted({"cloud": cloud}) == {"cloud": "REDACTED"}


@pytest.mark.parametrize(
    ("option", "key"), [("ca_cert", "cacert"), ("client_cert", "cert"), ("client_key", "key")]
)
def test_a_file_of_certificates_that_is_not_there_is_named(place, option, key):
    (place / "there").touch()
    files = {"cacert": "there", "cert": "there", "key": "there"}
    write(
        place,
        first={"auth": AUTH} | files,
        second={"auth": AUTH} | files | {key: "/nonexistent/x.pem"},
    )
    sentence = f"The file /nonexistent/x.pem is not there where the task runs: check '{option}'"
    assert sentence in refused(cloud="first", **{option: "/nonexistent/x.pem"})
    assert sentence in refused(cloud="second")
    assert Cloud({"cloud": "first"})


def test_a_bundle_that_is_not_used_need_not_be_there(place):
    write(place, first={"auth": AUTH, "cacert": "/nonexistent/x.pem", "verify": False})
    assert Cloud({"cloud": "first"})


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("http://user:hunter2@host:5000/v3", "http://REDACTED@host:5000/v3"),
        ("http://user:hunt@er2@host", "http://REDACTED@host"),
        (
            "see https://wiki.example/page?mail=bob@corp.org",
            "see https://wiki.example/page?mail=bob@corp.org",
        ),
        ("https://wiki.example?mail=bob@corp.org", "https://wiki.example?mail=bob@corp.org"),
        ("https://wiki.example/a#bob@corp.org", "https://wiki.example/a#bob@corp.org"),
        ("trust+http://a:b@c/d, mailto:a@b", "trust+http://REDACTED@c/d, mailto:a@b"),
        (
            "no 'https://token@host' and ws://a:b@c:",
            "no 'https://REDACTED@host' and ws://REDACTED@c:",
        ),
        ("http://host/v3, ask ops@example.org", "http://host/v3, ask ops@example.org"),
        ("ops@example.org http://host", "ops@example.org http://host"),
    ],
)
def test_who_logs_in_is_left_out_of_a_url(text, without):
    assert without_userinfo(text) == without


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:hunter2@host:5000/v3", "http://REDACTED@host:5000/v3"),
        ("http://user:hun/t@er2@host", "http://REDACTED@host"),
        ("http://user:hunter 2?#@host", "http://REDACTED@host"),
        ("https://token@host", "https://REDACTED@host"),
        ("http://host/v3", "http://host/v3"),
        ("mailto:ada@example.com", "mailto:ada@example.com"),
    ],
)
def test_of_an_option_that_is_a_url_all_before_the_host_is_left_out(url, shown):
    assert url_without_userinfo(url) == shown
    remember_url(url)
    assert (
        without_userinfo(f"Not reachable: '{url}/x', see http://a/b@c")
        == f"Not reachable: '{shown}/x', see http://a/b@c"
    )


@pytest.mark.parametrize(
    "password", ["pa/ss", "pa ss", "pa?ss", "pa#ss", "pa@ss", "pa:ss", "9/pass"]
)
def test_a_strange_password_in_the_url_of_keystone_is_not_shown(place, password):
    auth = AUTH | {"auth_url": f"http://u:{password}@127.0.0.1:1/v3"}
    with pytest.raises(Exception) as raised:
        Cloud({"auth": auth}).endpoint("workflow")
    said = without_userinfo(str(raised.value))
    assert isinstance(raised.value, Failure) and (
        "REDACTED@127.0.0.1:1" in said or "'auth_url' is not a URL" in said
    ), said
    assert password not in said and "u:pa" not in said and "'pa" not in said, said


def test_a_password_in_a_url_is_not_shown(place):
    auth = AUTH | {"auth_url": f"http://u:{SECRET}@127.0.0.1:1/v3"}
    assert SECRET not in str(redacted({"auth": auth, "cloud": {"auth": auth}}))
    with pytest.raises(Failure) as raised:
        Cloud({"auth": auth}).endpoint("workflow")
    assert (
        raised.value.error_code == "unreachable"
        and "http://REDACTED@127.0.0.1:1/v3" in raised.value.message
    )
    assert SECRET not in raised.value.message


def test_a_harmless_key_shows_text_only():
    assert redacted({"auth": {"username": [SECRET], "project_name": "p"}}) == {
        "auth": {"username": "REDACTED", "project_name": "p"}
    }
