# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the library workflows have to have. The roles know an older one by the version that it
carries.
"""

from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible_collections.interactive.openstack.plugins.module_utils._dialogue.asking_tasks import (
    ASK_TIMEOUT,
)

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["interactive.ask", "interactive.resume"])
def test_the_second_tag_is_the_version(name: str) -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    workflow = yaml.safe_load((ROOT / "playbooks" / "workflows" / f"{name}.yaml").read_text())[name]
    assert workflow["tags"] == ["interactive.openstack", version]


def test_the_default_timeout_of_a_question_is_known() -> None:
    file = ROOT / "playbooks" / "workflows" / "interactive.ask.yaml"
    inputs = yaml.safe_load(file.read_text())["interactive.ask"]["input"]
    assert {"timeout": ASK_TIMEOUT} in inputs


def test_each_task_that_delivers_ends_and_goes_on_whatever_dies() -> None:
    path = ROOT / "playbooks" / "workflows" / "interactive.resume.yaml"
    tasks = yaml.safe_load(path.read_text())["interactive.resume"]["tasks"]
    assert [name for name in tasks if not {"timeout", "on-error"} <= set(tasks[name])] == []
