# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._questions.protocol import (
    Status,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.question import (
    Question,
    Terms,
    WaitsBy,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._collect import (
    Collected,
    CollectOptions,
    Collector,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._prepared_answers import (
    PreparedAnswers,
)
from ansible_collections.interactive.openstack.plugins.plugin_utils._prompt import (
    Declined,
    Prompt,
)

NOBODY = "there is no terminal"
PAST = "2020-01-01T00:00:00Z"
FORM = {
    "required": ["n"],
    "properties": {"n": {"type": "integer", "maximum": 5}, "stack": {"default": "overcloud"}},
}
WHERE = "interactive_workflow_answers (the playbooks' answers)"


def question(tasks: str = "t", waiting: str = "", **terms: t.Any) -> Question:
    return Question(
        id="t",
        text="Which?",
        terms=Terms(**{"name": "q", **terms}),
        waits_by=WaitsBy.PAUSE,
        tasks=tuple(tasks),
        task_ids=tuple(tasks),
        messages=(),
        waiting_answers=tuple(waiting),
    )


class Terminal:
    def __init__(self, lines: list) -> None:
        self.lines = list(lines)
        self.prompts: list[str] = []

    def __call__(self, prompt: str, secret: bool) -> str:
        self.prompts.append(prompt)
        line = self.lines.pop(0)
        if isinstance(line, Exception):
            raise line
        return line


def collect(
    asked: Question, typed: list | None = None, variables: dict | None = None, **options: t.Any
) -> tuple[Collected, list[str]]:
    """Return what is collected, and the prompts. Without ``typed`` nobody can be asked."""
    terminal = Terminal(typed or [])
    given = CollectOptions(asked, **{"execution": "x", "go_on": "run it", **options})
    prepared = PreparedAnswers(asked, given.answers, variables or {}, lambda value: value)
    nobody = NOBODY if typed is None else ""
    collected = Collector(given, prepared, Prompt(asked, "", terminal), nobody).collect()
    assert not terminal.lines
    return collected, terminal.prompts


@pytest.mark.parametrize(
    ("asked", "case", "answers", "lines"),
    [
        (question(), {"answers": ["a"]}, ["a"], ["> a"]),
        (question(), {"answers": ["a", "b"]}, ["a"], ["> a"]),
        (question(), {"answers": {"q": "a", "other": "b"}}, ["a"], ["> a"]),
        (question(), {"answers": [{"k": "ü"}]}, [{"k": "ü"}], ['> {"k": "ü"}']),
        (question(), {"variables": {"answer_q": "a"}}, ["a"], ["> a"]),
        (question(), {"answers": ["a"], "variables": {"answer_q": "b"}}, ["a"], ["> a"]),
        (question(), {"answers": [" "], "default_answer": "d"}, ["d"], ["> d"]),
        (question("tu"), {"answers": ["a", "b", "c"]}, ["a", "b"], ["> a", "> b"]),
        (question("tu", "w"), {"answers": ["a", "b"]}, ["a"], ["> a"]),
        (question("t", "w"), {"answers": ["a"]}, ["a"], ["> a"]),
        (question("t", "w"), {}, [], []),
        (question(), {"typed": ["a"]}, ["a"], []),
        (question(), {"typed": ["", " ", "a"]}, ["a"], []),
        (question(), {"typed": [""], "default_answer": 5}, [5], []),
        (question("tu"), {"typed": ["b"], "answers": ["a"]}, ["a", "b"], ["> a"]),
        (question(schema=FORM), {"answers": [{"n": "3"}]}, [{"n": 3, "stack": "overcloud"}], None),
        (
            question(schema=FORM),
            {"answers": {"q": {"n": 3}}},
            [{"n": 3, "stack": "overcloud"}],
            None,
        ),
        (question(schema=FORM), {"answers": {"n": 3}}, [{"n": 3, "stack": "overcloud"}], None),
        (
            question(schema=FORM),
            {"variables": {"answer_q_n": 3, "answer_q_stack": "s"}},
            [{"n": 3, "stack": "s"}],
            ["> n: 3", "> stack: s"],
        ),
        (
            question(schema=FORM),
            {"variables": {"answer_q_n": 3, "answer_q_stack": "s"}, "answers": {"n": 4}},
            [{"n": 4, "stack": "s"}],
            None,
        ),
        (
            question(schema=FORM),
            {"variables": {"answer_q_n": 3, "answer_q": {"n": 5}}},
            [{"n": 5, "stack": "overcloud"}],
            None,
        ),
        (question(schema={"type": "integer"}), {"answers": ["3"]}, [3], ["> 3"]),
        (question(schema={"type": "integer"}), {"variables": {"answer_q": "3"}}, [3], ["> 3"]),
        (question(schema=FORM), {"typed": ["3", ""]}, [{"n": 3, "stack": "overcloud"}], None),
        (
            question(schema=FORM),
            {"typed": ["4"], "answers": {"stack": "s"}},
            [{"n": 4, "stack": "s"}],
            None,
        ),
        (
            question(schema=FORM),
            {"typed": ["9", "x", "5", ""]},
            [{"n": 5, "stack": "overcloud"}],
            None,
        ),
        (question("t", "w", schema=FORM), {"answers": {"n": 3}}, [], []),
        (
            question(schema={"properties": {"q": {"type": "integer"}}}),
            {"answers": {"q": "3"}},
            [{"q": 3}],
            None,
        ),
        (
            question(schema={"properties": {"q": {}}}),
            {"answers": {"q": {"q": 3}}},
            [{"q": 3}],
            None,
        ),
    ],
)
def test_answers_are_prepared_or_typed(
    asked: Question, case: dict, answers: list, lines: list | None
) -> None:
    collected, _prompts = collect(asked, **case)
    assert (collected.problem, collected.status) == ("", Status.ANSWERED)
    assert collected.answers == answers
    if lines is not None:
        assert collected.lines == lines


GO_ON = " Execution x keeps waiting; to answer it later, run 'run it'."
NO_ANSWER = (
    f'The workflow asks "Which?", but {NOBODY}: give the answer in {WHERE} or answer_q{{}}.{{}}'
    f"{GO_ON}"
)
NOT_VALID = f"What {WHERE} or answer_q_n, ... holds is not what the workflow asks for"


@pytest.mark.parametrize(
    ("asked", "case", "problem"),
    [
        (question(), {}, NO_ANSWER.format("", "")),
        (question("tu"), {"answers": ["a"]}, NO_ANSWER.format("", "")),
        (question(), {"hide": True}, NO_ANSWER.format("", "").replace('"Which?"', "something")),
        (question(), {"go_on": ""}, NO_ANSWER.format("", "").partition(" Execution x")[0]),
        (question(), {"execution": ""}, NO_ANSWER.format("", "").partition(" Execution x")[0]),
        (
            question(schema=FORM),
            {},
            NO_ANSWER.format("_n, ...", " 'n' is missing (a whole number of at most 5)."),
        ),
        (
            question(schema=FORM),
            {"hide": True},
            NO_ANSWER.format("_n, ...", "").replace('"Which?"', "something"),
        ),
        (
            question(name="", schema=FORM),
            {"answers": {"n": 9}},
            f"What {WHERE} holds is not what the workflow asks for, and was not delivered:"
            f" 'n' has to be at most 5, not 9.{GO_ON}",
        ),
        (
            question(schema=FORM),
            {"answers": {"stack": "s"}},
            f"{NOT_VALID}, and was not delivered: 'n' is missing (a whole number of at most 5)."
            f"{GO_ON}",
        ),
        (
            question(schema=FORM),
            {"answers": {"n": 9}, "hide": True},
            f"{NOT_VALID}: 1 of the values are wrong or missing.{GO_ON}",
        ),
        (
            question(schema=FORM),
            {"answers": {"stack": "s"}, "hide": True},
            f"{NOT_VALID}: 1 of the values are wrong or missing.{GO_ON}",
        ),
        (question(schema=FORM), {"answers": {"n": 9}, "typed": []}, "*has to be at most 5, not 9."),
        (question(), {"answers": [""]}, f"An answer in {WHERE} or answer_q is empty: *"),
        (question(), {"answers": ["\udcc3"]}, f"What {WHERE} or answer_q holds cannot be sent: *"),
        (question(), {"variables": {"answer_q": "\udcc3"}}, "*holds cannot be sent: *"),
        (
            question(schema=FORM),
            {"variables": {"answer_q_n": "\udcc3"}},
            "*holds cannot be sent: *",
        ),
        (question(), {"answers": [""], "default_answer": "\udcc3"}, "*holds cannot be sent: *"),
        (
            question(),
            {"decline": True, "answers": ["a"]},
            "A question is declined without an answer*",
        ),
        (
            question(problem="asks something that nobody can answer: its schema is 7"),
            {"answers": ["a"]},
            "The workflow asks something that nobody can answer: its schema is 7. Mend the workflow; *",
        ),
    ],
)
def test_why_there_is_no_answer(asked: Question, case: dict, problem: str) -> None:
    collected, prompts = collect(asked, **case)
    assert prompts == [] and collected.answers == [] and collected.status is Status.ANSWERED
    knows_how = "" not in (case.get("go_on"), case.get("execution"))
    can_be_answered = not asked.terms.problem
    assert collected.problem.endswith(GO_ON) is (knows_how and can_be_answered)
    beginning, _star, end = problem.partition("*")
    if "*" in problem:
        assert collected.problem.startswith(beginning) and end.strip("*") in collected.problem
    else:
        assert collected.problem == problem


@pytest.mark.parametrize(
    ("asked", "case", "status"),
    [
        (question(), {"decline": True}, Status.DECLINED),
        (question(problem="asks nothing"), {"decline": True}, Status.DECLINED),
        (question(interaction_id="i"), {"typed": ["abort"]}, Status.DECLINED),
        (question(schema=FORM), {"typed": ["3", Declined()]}, Status.DECLINED),
        (question(deadline=PAST), {"answers": ["a"]}, Status.EXPIRED),
        (question(deadline=PAST), {"decline": True}, Status.EXPIRED),
        (question(deadline=PAST, problem="asks nothing"), {}, Status.EXPIRED),
    ],
)
def test_a_question_that_is_not_answered(asked: Question, case: dict, status: Status) -> None:
    collected, _prompts = collect(asked, **case)
    assert collected == Collected(status=status)


def test_a_question_that_the_workflow_ends_itself_is_asked_after_its_deadline() -> None:
    asked = dataclasses.replace(question(deadline=PAST), waits_by=WaitsBy.CALLBACK)
    assert collect(asked, answers=["a"])[0].answers == ["a"]


def test_a_wrong_value_is_asked_for_again_with_the_cause() -> None:
    collected, prompts = collect(question(schema=FORM), typed=["x", "9", "5", ""])
    assert collected.answers == [{"n": 5, "stack": "overcloud"}]
    first = "That was not taken: it has to be a whole number, not 'x'.\n\nn (1 of 2)\n"
    second = "That was not taken: it has to be at most 5, not 9.\n\nn (1 of 2)\n"
    assert prompts[0].endswith("\n\nn (1 of 2)\nA whole number of at most 5.\nYour answer")
    assert prompts[1].startswith(first) and prompts[2].startswith(second)
    assert prompts[3] == "stack (2 of 2)\nA text.\nEnter takes overcloud.\nYour answer"


def test_the_part_that_is_wrong_is_named() -> None:
    schema = {"properties": {"l": {"type": "array", "items": {"maximum": 5, "type": "integer"}}}}
    collected, prompts = collect(question(schema=schema), typed=["1, 9", "1"])
    assert collected.answers == [{"l": [1]}]
    assert prompts[1].startswith("That was not taken: '2' has to be at most 5, not 9.\n\nl\n")


def test_all_fields_are_asked_for_again_if_the_answer_as_a_whole_is_not_valid() -> None:
    schema = {
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "not": {"properties": {"a": {"const": 1}, "b": {"const": 1}}},
    }
    collected, prompts = collect(question(schema=schema), typed=["1", "1", "1", "2"])
    assert collected.answers == [{"a": 1, "b": 2}] and len(prompts) == 4
    assert prompts[2].startswith(
        "That was not taken: The answer does not satisfy the schema's 'not'"
    )
    assert prompts[3].startswith("b (2 of 2)\n")


def test_why_an_empty_text_is_asked_for_again_is_said_each_time() -> None:
    collected, prompts = collect(question("tu"), typed=["", " ", "a", "b"])
    assert collected.answers == ["a", "b"]
    again = "That was not taken: it needs a value.\nYour answer (1 of 2)"
    assert "not taken" not in prompts[0] and prompts[1:3] == [again, again]
    assert prompts[3] == "\nYour answer (2 of 2)"


def test_texts_are_counted_and_the_default_is_named() -> None:
    _collected, prompts = collect(question("tu"), typed=["a", "b"], default_answer="d")
    assert prompts[0].endswith("\nYour answer (1 of 2) [d]")
    assert prompts[1] == "\nYour answer (2 of 2) [d]"


def test_the_result_has_texts_only() -> None:
    result = Collected([1], ["> 1"], Status.DECLINED, "p").as_result()
    assert result == {"answers": [1], "shown": ["> 1"], "status": "DECLINED", "problem": "p"}
    assert not isinstance(result["status"], Status)
