# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._services.definition_errors import (
    definition_error,
    place_of_schema_error,
)


@pytest.mark.parametrize(
    "text",
    [
        "On instance" + "[a]" * 200_000,
        "On instance" + "['" * 200_000 + "[1]:\n  x",
        "Failed to find a specification class " + "data={" * 200_000,
        "Failed to find a specification class data={" + "'type': '" * 200_000,
    ],
    ids=["places", "keys", "classes", "types"],
)
def test_an_error_is_found_in_linear_time(text):
    """It holds what somebody else wrote; each of these took hours, or for ever."""
    assert len(definition_error(text)) <= 500
    assert place_of_schema_error("", text) in (
        "",
        ", at " + text[len("On instance") :].partition(":")[0],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Task 'nope' not found.", "Task 'nope' not found"),
        (
            "Failed to find a specification class to instantiate [spec_cls=<class 'x.WorkflowSpec'>, data={'type': 'foo', 'tasks': {}}]",
            "Mistral knows no workflow of type 'foo', only 'direct' and 'reverse'",
        ),
        (
            "Invalid DSL: {} should be non-empty\n\nFailed validating 'minProperties' in schema:\n    {}\n\n"
            "On instance['w']['tasks']:\n    {}",
            "Invalid DSL: {} should be non-empty",
        ),
        (
            "Definition could not be parsed: while parsing a flow node\nexpected the node content, but found '<stream"
            ' end>\'\n  in "<unicode string>", line 1, column 7:\n    foo: [\n          ^\n',
            "it is not valid YAML: while parsing a flow node, expected the node content, but found '<stream end>'"
            " (line 1, column 7)",
        ),
    ],
)
def test_definition_error(text, expected):
    assert definition_error(text) == expected


DEFINITION = """version: '2.0'
w:
  tasks:
    t: {action: std.noop, timeout: '5', foo: 1}
    u: {action: std.noop, join: some}
  output: 3
v: {tasks: {}}
"""


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (
            "Invalid DSL: '5' is not valid\n\nOn instance:\n    '5'",
            " (workflow 'w', task 't', key timeout, line 4)",
        ),
        (
            "Invalid DSL: no ('foo' was unexpected)\n\nOn instance:\n    {'action': 'std.noop',",
            " (workflow 'w', task 't', key foo, line 4)",
        ),
        (
            "Invalid DSL: 'some' is not valid\n\nOn instance['join']:\n    'some'",
            " (workflow 'w', task 'u', key join, line 5)",
        ),
        (
            "Invalid DSL: 3 is not of type 'object'\n\nOn instance['output']:\n    3",
            " (workflow 'w', key output, line 6)",
        ),
        (
            "Invalid DSL: {} should be non-empty\n\nOn instance['v']:\n    {}",
            " (workflow 'v', line 7)",
        ),
        # it can be here or there
        ("Invalid DSL: {} should be non-empty\n\nOn instance['tasks']:\n    {}", ", at ['tasks']"),
        ("Invalid DSL: 'std.noop' is not valid\n\nOn instance:\n    'std.noop'", ""),
        ("Task 'b' not found.", ""),
    ],
)
def test_the_place_of_a_schema_error(error, place):
    assert place_of_schema_error(DEFINITION, error) == place
