# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file of answers may hold, that no sentence tells of it, and what is shown of a task with answers."""

from __future__ import annotations

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._flows.dialogue_answer_bulk import (
    DialogueAnswerBulk,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions import (
    answer_list as _answer_list,
)

ID = "089a377e-a1df-5098-901a-b7bb2a2ed483"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("2024-01-01", "2024-01-01"),
        ("12:30:45", 45045),
        ("'5'", "5"),
        ("5", 5),
        ("null", None),
        ("{1: a}", {"1": "a"}),
        ('"{{ 7 * 7 }}"', "{{ 7 * 7 }}"),
        ("!!timestamp 2024-01-01", Failure),
        ("!!binary aGk=", Failure),
        ("!!set {a}", Failure),
        ("!!python/object:os.system x", Failure),
        ("&a [*a]", Failure),
    ],
)
def test_a_file_holds_what_json_has_a_type_for(tmp_path, text, answer):
    file = tmp_path / "answers"
    file.write_text(f"- execution: {ID}\n  answer: {text}\n")
    if answer is Failure:
        with pytest.raises(Failure) as raised:
            _answer_list.read(str(file))
        assert raised.value.error_code == "bad_file" and str(file) in raised.value.message
    else:
        assert _answer_list.read(str(file)) == [{"execution": ID, "answer": answer}]


@pytest.mark.parametrize(
    "text",
    ["!!bool maybe", "!!int abc", "!!float abc", "!!int ''", "[" * 1000 + "]" * 1000, '"\x00"'],
)
def test_what_yaml_refuses_has_a_place_and_is_not_shown(tmp_path, text):
    file = tmp_path / "answers"
    file.write_text(f"- execution: {ID}\n  answer: {text}\n")
    with pytest.raises(Failure) as raised:
        _answer_list.read(str(file))
    assert raised.value.error_code == "bad_file"
    assert "line 2, column 1" in raised.value.message and "maybe" not in raised.value.message


def test_json_is_read_as_well_and_what_is_no_text_is_not(tmp_path):
    file = tmp_path / "answers"
    file.write_text('{"answers": [{"execution": "' + ID + '", "answer": "\\u00fc\\t"}]}')
    assert _answer_list.read(str(file))[0]["answer"] == "ü\t"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Failure) as raised:
        _answer_list.read(str(file))
    assert raised.value.error_code == "no_file" and "UTF-8" in raised.value.message
    file.write_text("$ANSIBLE_VAULT;1.1;AES256\n313233\n")
    with pytest.raises(Failure) as raised:
        _answer_list.read(str(file))
    assert raised.value.error_code == "encrypted"


def test_without_pyyaml_a_file_cannot_be_read(tmp_path, monkeypatch):
    file = tmp_path / "answers"
    file.write_text("[]")
    monkeypatch.setattr(_answer_list.yaml_text, "HAS_YAML", False)
    with pytest.raises(Failure) as raised:
        _answer_list.read(str(file))
    assert raised.value.error_code == "missing_client" and "PyYAML" in raised.value.message


def test_of_the_answers_of_a_task_only_what_they_are_for_is_shown():
    shown = DialogueAnswerBulk.redacted(
        {
            "cloud": "c",
            "answers": [
                {"execution": ID, "answer": "secret", "question": "q"},
                {"execution": ID, "answers": ["secret"], "anwser": "secret"},
                "secret",
            ],
        }
    )
    assert shown == {
        "cloud": "c",
        "answers": [{"execution": ID, "question": "q"}, {"execution": ID}, "REDACTED"],
    }
    assert DialogueAnswerBulk.redacted({"cloud": "c", "answers": None}) == {
        "cloud": "c",
        "answers": None,
    }


ITEM = {
    "execution": {"type": "str", "required": True},
    "answer": {"type": "raw"},
    "answers": {"type": "list", "elements": "raw"},
}
CONSTRAINTS = {"mutually_exclusive": [("answer", "answers")]}


def test_the_items_of_a_list_have_all_options():
    items = [{"execution": ID, "answer": 5}, {"execution": ID}]
    assert _answer_list.checked(items, ITEM, CONSTRAINTS) == [
        {"execution": ID, "answer": 5, "answers": None},
        {"execution": ID, "answer": None, "answers": None},
    ]


@pytest.mark.parametrize(
    ("item", "cause"),
    [
        ("secret", "It is no dictionary with 'execution' and 'answer'"),
        (
            {"execution": ID, "anwser": "secret"},
            "Of execution, answer, answers, none is called 'anwser'",
        ),
        ({"answer": "secret"}, "Missing required arguments: execution"),
        (
            {"execution": ID, "answer": "secret", "answers": ["secret"]},
            "Parameters are mutually exclusive: answer|answers",
        ),
    ],
)
def test_an_item_that_is_not_valid_is_named_without_its_answer(item, cause):
    with pytest.raises(Failure) as raised:
        _answer_list.checked([{"execution": ID, "answer": 5}, item], ITEM, CONSTRAINTS)
    failure = raised.value
    assert (
        failure.message.lower()
        == f"item 2 of 2 cannot be used, so nothing was sent: {cause}.".lower()
    )
    assert failure.message.startswith("Item 2 of 2") and "secret" not in failure.message
    assert failure.error_code == "bad_item" and failure.result == {"item": 2}


def test_a_list_without_an_item_is_refused():
    with pytest.raises(Failure, match="empty") as raised:
        _answer_list.checked([], ITEM, CONSTRAINTS)
    assert raised.value.error_code == "bad_item"


@pytest.mark.parametrize("text", ["{}", "a: []", "answers: {}", "5"])
def test_a_file_without_a_list_is_refused(tmp_path, text):
    file = tmp_path / "answers"
    file.write_text(text)
    with pytest.raises(Failure, match="holds no list of answers") as raised:
        _answer_list.read(str(file))
    assert raised.value.error_code == "bad_file"
