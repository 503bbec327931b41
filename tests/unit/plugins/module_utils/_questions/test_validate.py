# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.interactive.openstack.plugins.module_utils._base import limits as _limits
from ansible_collections.interactive.openstack.plugins.module_utils._base.limits import (
    Budget,
    NoRoom,
    TooMuch,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions import (
    validate as _validation,
)
from ansible_collections.interactive.openstack.plugins.module_utils._questions.form import Form
from ansible_collections.interactive.openstack.plugins.module_utils._questions.validate import (
    COSTLY,
    UNCHECKED,
    UNCHECKED_NOW,
    complaint,
    default_answer,
    problems,
)

FORM = {
    "type": "object",
    "required": ["name", "nodes"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "default": "overcloud"},
        "nodes": {"type": "integer", "minimum": 1, "maximum": 50},
        "password": {"type": "string", "writeOnly": True, "minLength": 8},
    },
}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([1], "no dictionary"),
        ({"type": "intger"}, "is no JSON Schema: type"),
        ({"properties": {"a": {"minimum": "x"}}}, "is no JSON Schema: properties.a.minimum"),
        ({"type": "integer", "default": "many"}, "has a default that it does not allow"),
        (
            {"type": "object", "properties": {"n": {"maximum": 5, "default": 6}}},
            "has a default of 'n' that it does not allow",
        ),
        ({"$ref": "http://example.org/schema"}, "uses $ref"),
        ({"properties": {"a": {"items": {"$ref": "#"}}}}, "uses $ref"),
        ({"properties": {"default": {"$ref": "http://example.org/schema"}}}, "uses $ref"),
        ({"$schema": {}}, "names a $schema that is not known"),
        (
            {"$schema": "http://json-schema.org/draft-03/schema#", "required": True},
            "names a $schema that is not known",
        ),
        ({"$schema": "http://example.org/schema"}, "names a $schema that is not known"),
        ({"enum": []}, "without a value to choose"),
        ({"properties": {"": {"type": "string"}}}, "a property without a name"),
        ({"minimum": 5, "maximum": 4}, "allows nothing: its minimum, 5, is above its maximum, 4"),
        ({"properties": {"a": {"pattern": "("}}}, "is no JSON Schema: properties.a.pattern"),
    ],
)
def test_what_is_no_schema_of_an_answer(schema: object, said: str) -> None:
    assert complaint(schema).startswith("its schema ") and said in complaint(schema)


@pytest.mark.parametrize(
    "schema",
    [FORM, {}, {"properties": {"$ref": {"type": "string"}}}, {"enum": [{"$ref": "a value"}]}],
)
def test_what_is_one(schema: dict) -> None:
    assert not complaint(schema)


def test_a_schema_that_is_nested_too_deep() -> None:
    schema: dict = {}
    for _level in range(2000):
        schema = {"properties": {"a": schema}}
    assert complaint(schema) == "its schema is nested too deep"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_what_json_has_no_number_for(value: object) -> None:
    assert problems({}, value) == ["has to be a number that is not infinite"]


@pytest.mark.parametrize(
    ("pattern", "value", "said"),
    [
        ("^[a-z]+(-[a-z]+)*$", "a-b", []),
        ("^[a-z]+(-[a-z]+)*$", "a-größe", ["has to match ^[a-z]+(-[a-z]+)*$, not 'a-größe'"]),
        ("^[a-z]*$", "A", ["has to match ^[a-z]*$, not 'A'"]),
    ],
)
def test_patterns(pattern: str, value: str, said: list) -> None:
    assert problems({"pattern": pattern}, value) == said


def nested(keyword: str, depth: int, inner: dict) -> dict:
    """A schema in a schema in a schema."""
    schema = inner
    for _level in range(depth):
        schema = {keyword: {"a": schema} if keyword == "properties" else [schema]}
    return schema


def triple(depth: int) -> dict:
    """A schema that looks at all of itself three times a level."""
    schema: dict = {"properties": {"a": True}}
    for _level in range(depth):
        schema = {"allOf": [schema], "unevaluatedProperties": False}
    return schema


AAA = "a" * 60 + "!"
MANY_OBJECTS = [{"n": number} for number in range(3000)]
# a schema, and a value with which it would take for ever, or all memory
HOSTILE = {
    "alternatives": ({"pattern": "^(a|a)+$"}, AAA),
    "counted": ({"pattern": "^(a{1,50}){1,50}$"}, AAA),
    "optional": ({"pattern": "^(a?){32}a{32}$"}, "a" * 31 + "!"),
    "nested": ({"pattern": "^(a+)+$"}, AAA),
    "back reference": ({"pattern": r"^(a*)*\1b$"}, AAA),
    "names": ({"patternProperties": {"^(a|a)+$": {}}}, {AAA: 1}),
    "other names": (
        {"patternProperties": {"^(a|a)+$": {}}, "additionalProperties": False},
        {AAA: 1},
    ),
    "each name": ({"propertyNames": {"pattern": "^(a|a)+$"}}, {AAA: 1}),
    "items": ({"items": {"pattern": "^(a|a)+$"}}, [AAA] * 20),
    "properties": (
        {"properties": {f"p{n}": {"pattern": "^(a|a)+$"} for n in range(20)}},
        {f"p{n}": AAA for n in range(20)},
    ),
    "unevaluated": (triple(30), {"a": 1}),
    "in a draft of old": (
        {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a|a)+$"},
        AAA,
    ),
}


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_limits, "CPU_SECONDS", 0.05)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_schema_costs_an_answer_no_more_than_the_limit(
    little_time: None, name: str
) -> None:
    schema, value = HOSTILE[name]
    budget = Budget()
    assert problems(schema, value, budget) == [UNCHECKED]
    assert budget.seconds == 0  # so that nothing is left for what shares it
    assert problems(schema, value, budget) == [UNCHECKED]
    entry = Form(schema)
    entry.take_all(value)
    assert entry.problems() and all("cannot be checked" in problem for problem in entry.problems())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_default_costs_the_question_no_more_than_the_limit(
    little_time: None, name: str
) -> None:
    schema, value = HOSTILE[name]
    assert (
        complaint(dict(schema, default=value))
        == f"its schema takes {COSTLY} to be checked: make it simpler"
    )


def test_memory_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern that is small as a text, and takes gigabytes when it is compiled or compared."""
    monkeypatch.setattr(_limits, "MEMORY_MEGABYTES", 32)
    assert problems({"pattern": "^(?:(a)|b|c)*$"}, "a" * 1_900_000) == [UNCHECKED]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"minimum": 10**5000}, "holds a number of more than 300 digits"),
        ({"enum": [[-(10**5000)]]}, "holds a number of more than 300 digits"),
        ({"maximum": float("inf")}, "holds a number that is infinite or none"),
        (nested("properties", 10_000, {}), "is nested too deep"),
        (nested("allOf", 10_000, {}), "is nested too deep"),
        ({"properties": {f"p{n}": {} for n in range(200_000)}}, "is too large"),
        ({"description": "x" * 3_000_000}, "is too large"),
        ({"pattern": "a{99999999999999999999}"}, "cannot be used: "),
        ({"enum": [b"bytes"]}, "holds what JSON has no type for"),
    ],
)
def test_what_is_too_much_for_a_schema_is_told_before_anything_is_done_with_it(
    schema: dict, said: str
) -> None:
    assert said in complaint(schema)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(10**5000, "has to be a number that is not as large", id="a large number"),
        ({"a": [10**5000]}, "has to be a number that is not as large"),
        (json.loads("[" * 900 + "]" * 900), "has to be nested less deep"),
        (["x"] * 200_000, "has to be smaller"),
        ("x" * 3_000_000, "has to be smaller"),
    ],
)
def test_what_is_too_much_for_a_value(value: t.Any, said: str) -> None:
    assert problems({}, value) == [said]
    entry = Form({})
    entry.take_all(value)
    assert entry.problems() == [f"The answer {said}"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (MANY_OBJECTS, []),
        ([*MANY_OBJECTS, {"n": 7.0}], ["has a value twice"]),
        ([1, True, "1", [1], 0, False], []),
        ([1, 1.0], ["has a value twice"]),
    ],
)
def test_values_that_are_there_twice_are_found_without_comparing_each_with_each(
    values: list, said: list
) -> None:
    found = problems({"uniqueItems": True}, values)
    assert [one.partition(":")[0] for one in found] == said


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {f"p{n}": {"type": "string"} for n in range(500)}},
        {"enum": [f"choice {n}" for n in range(10_000)]},
        nested("properties", 20, {"type": "integer"}),
    ],
)
def test_what_is_large_and_simple_is_a_schema(schema: dict) -> None:
    assert not complaint(schema)


def test_no_more_problems_are_told_than_somebody_reads() -> None:
    assert len(problems({"items": {"type": "integer"}}, ["x"] * 5000)) == 100
    [said] = problems({"enum": ["x" * 100_000] * 50}, "y" * 100_000)
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"properties": {"c": False}}, {"c": 1}, "'c' is not allowed: leave it out"),
        ({"items": False}, [1], "'1' is not allowed: leave it out"),
        ({"properties": {"c": {"not": {}}}}, {"c": 1}, "'c' is not allowed: leave it out"),
        ({"if": {"required": ["c"]}, "then": False}, {"c": 1}, "is not allowed"),
        ({"patternProperties": {"^c": False}}, {"c": 1}, "'c' is not allowed: leave it out"),
        ({"properties": {"c": False}, "additionalProperties": False}, {"d": 1}, "takes no 'd'"),
        (
            {"unevaluatedProperties": False},
            {"c": 1},
            "does not satisfy the schema's 'unevaluatedProperties': {\"c\": 1}",
        ),
    ],
)
def test_what_no_value_satisfies(schema: dict, value: t.Any, said: str) -> None:
    assert problems(schema, value)[0] == said


def test_a_number_that_is_too_large() -> None:
    assert problems({"multipleOf": 0.5}, 10**400) == ["has to be a number that is not as large"]


def test_a_name_that_a_pattern_allows_is_not_the_wrong_one() -> None:
    schema = {"patternProperties": {"^x": {}}, "additionalProperties": False}
    assert problems(schema, {"x1": 1, "y": 2}) == ["takes no 'y'"]


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "integer"}, "x", "has to be a whole number, not 'x'"),
        (FORM, {"name": "a", "nodes": 51}, "'nodes' has to be at most 50, not 51"),
        (FORM, {"name": "a"}, "lacks 'nodes'"),
        (FORM, {"name": "", "nodes": 1}, "'name' has to have at least 1 characters"),
        ({"enum": ["a", "b"]}, "c", "has to be one of 'a', 'b', not 'c'"),
        ({"type": "string", "format": "ipv4"}, "1.2.3", "has to be an IPv4 address, not '1.2.3'"),
        ({"type": "object", "additionalProperties": False}, {"x": 1}, "takes no 'x'"),
        ({"items": {"enum": ["a"]}}, ["a", "b"], "'2' has to be 'a', not 'b'"),
    ],
)
def test_problems_are_sentences(schema: dict, value: object, said: str) -> None:
    assert problems(schema, value) == [said]


def test_a_secret_is_in_no_sentence() -> None:
    value = {"name": "a", "nodes": 1, "password": "hunter2"}
    for wrong in (dict(value), dict(value, password=["hunter2"])):
        told = problems(FORM, wrong)
        assert len(told) == 1 and "hunter2" not in told[0]


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"type": "integer", "default": 0}, 0),
        ({"type": "integer"}, None),
        (FORM, None),
        ({"type": "object", "properties": {"a": {"default": 1}, "b": {}}}, {"a": 1}),
    ],
)
def test_the_answer_that_defaults_make(schema: dict, answer: object) -> None:
    assert default_answer(schema) == answer


RISKY = {"type": "string", "pattern": "^([a-c]|d)+$"}


class Spending:
    """Stands in for budgets: each piece of work ends by the next of these errors, and after them as it should."""

    def __init__(self, *errors: type[Exception]) -> None:
        self.errors = list(errors)
        self.spent = 0

    def __call__(self) -> Spending:
        return self

    def spend(self, work: t.Callable[[], t.Any]) -> t.Any:
        self.spent += 1
        if self.errors:
            raise self.errors.pop(0)
        return work()


@pytest.fixture
def spending(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., Spending]:
    def make(*errors: type[Exception]) -> Spending:
        made = Spending(*errors)
        monkeypatch.setattr(_validation, "Budget", made)
        monkeypatch.setattr(_validation, "_costly_until", {})
        _validation._remembered.cache_clear()
        return made

    return make


def test_a_machine_without_room_says_nothing_of_a_schema(
    spending: t.Callable[..., Spending],
) -> None:
    budget = spending(NoRoom)
    with pytest.raises(NoRoom):
        complaint(RISKY)
    assert complaint(RISKY) == "" and complaint(RISKY) == "" and budget.spent == 2


def test_a_machine_without_room_says_nothing_of_an_answer(
    spending: t.Callable[..., Spending],
) -> None:
    spending(NoRoom)
    assert problems(RISKY, "abc") == [UNCHECKED_NOW]
    assert problems(RISKY, "abc") == []


def test_that_a_schema_takes_too_long_is_remembered_for_a_minute(
    spending: t.Callable[..., Spending], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits looks at it every few seconds; but the machine may only have been busy."""
    now = 1000.0
    monkeypatch.setattr(_validation.time, "monotonic", lambda: now)
    budget = spending(TooMuch)
    said = f"its schema takes {COSTLY} to be checked: make it simpler"
    assert complaint(RISKY) == said and complaint(RISKY) == said and budget.spent == 1
    now += _validation.COSTLY_FOR + 1
    assert complaint(RISKY) == "" and budget.spent == 2


def test_a_question_asks_for_no_more_values_than_somebody_gives() -> None:
    schema = {"properties": {f"p{n}": {"type": "string"} for n in range(1001)}}
    assert complaint(schema) == "its schema asks for more than 1000 values"


def test_many_values_are_checked_in_linear_time() -> None:
    """With a list of those that are checked in a process, which was searched for each: minutes for as many."""
    pairs = [({"type": "string", "pattern": "^(a|b)+$"}, "ab")] * 3000 + [
        ({"type": "integer"}, 1)
    ] * 3000

    class Number(int):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Number.compared += 1
            return int(self) == other

        __hash__ = int.__hash__

    original = enumerate
    _validation.enumerate = lambda values: ((Number(n), value) for n, value in original(values))
    try:
        assert _validation.problems_of(pairs, Budget(60)) == [[]] * 6000
    finally:
        del _validation.enumerate
    assert Number.compared < 100_000


def test_a_draft_is_extended_once(monkeypatch: pytest.MonkeyPatch) -> None:
    extend, made = _validation.validators.extend, []
    monkeypatch.setattr(
        _validation.validators, "extend", lambda *given: made.append(1) or extend(*given)
    )
    for _time in range(3):
        assert problems({"type": "integer"}, 1) == []
    assert len(made) <= 1


class Unlimited:
    """A budget that does the work here, where its branches are counted."""

    def spend(self, work: t.Callable[[], t.Any]) -> t.Any:
        return work()


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_validation, "Budget", Unlimited)
    _validation._remembered.cache_clear()


@pytest.mark.parametrize(
    ("schema", "value", "causes"),
    [
        ({"type": "integer"}, "x", ["has to be a whole number, not 'x'"]),
        (
            {"type": ["integer", "null"]},
            "x",
            ["has to be a whole number or nothing (null), not 'x'"],
        ),
        ({"enum": ["a", 2]}, 3, ["has to be one of 'a', 2, not 3"]),
        ({"enum": ["a"]}, 3, ["has to be 'a', not 3"]),
        ({"const": ["a", "b"]}, 3, ['has to be ["a", "b"], not 3']),
        ({"format": "date"}, "x", ["has to be a date, YYYY-MM-DD, not 'x'"]),
        ({"format": "idn-email"}, "x", ["has to be of the format idn-email, not 'x'"]),
        ({"required": ["a", "b"]}, {"a": 1}, ["lacks 'b'"]),
        ({"additionalProperties": False}, {"a": 1}, ["takes no 'a'"]),
        (
            {
                "properties": {"a": {}},
                "patternProperties": {"^x": {}},
                "additionalProperties": False,
            },
            {"a": 1, "x1": 2, "b": 3},
            ["takes no 'b'"],
        ),
        ({"minimum": 5}, 4, ["has to be at least 5, not 4"]),
        ({"maximum": 5}, 6, ["has to be at most 5, not 6"]),
        ({"exclusiveMinimum": 5}, 5, ["has to be more than 5, not 5"]),
        ({"exclusiveMaximum": 5}, 5, ["has to be less than 5, not 5"]),
        ({"multipleOf": 5}, 6, ["has to be a multiple of 5, not 6"]),
        ({"minLength": 2}, "a", ["has to have at least 2 characters"]),
        ({"maxLength": 2}, "abc", ["has to have at most 2 characters"]),
        ({"pattern": "^a$"}, "b", ["has to match ^a$, not 'b'"]),
        ({"minItems": 2}, [1], ["has to have at least 2 values"]),
        ({"maxItems": 1}, [1, 2], ["has to have at most 1 values"]),
        ({"uniqueItems": True}, [1, 1.0], ["has a value twice: [1, 1.0]"]),
        ({"uniqueItems": True}, [1, True, {"a": [1]}, {"a": [2]}], []),
        ({"uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1}], None),
        ({"uniqueItems": True}, "no list", []),
        ({"uniqueItems": False}, [1, 1], []),
        ({"minProperties": 1}, {}, ["does not satisfy the schema's 'minProperties': {}"]),
        (
            {"minProperties": 1, "writeOnly": True},
            {},
            ["does not satisfy the schema's 'minProperties'"],
        ),
        ({"minimum": 5, "writeOnly": True}, 4, ["has to be at least 5, not what was given"]),
        ({"properties": {"a": False}}, {"a": 1}, ["'a' is not allowed: leave it out"]),
        ({"not": {}}, 1, ["is not allowed"]),
        ({"properties": {"a": True}, "items": True}, {"a": 1}, []),
        (
            {"items": {"properties": {"n": {"minimum": 5}}}},
            [{"n": 9}, {"n": 4}],
            ["'2.n' has to be at least 5, not 4"],
        ),
        ({"prefixItems": [False]}, [1], ["'1' is not allowed: leave it out"]),
        ({"items": False}, [1], None),
        (
            {"items": {"properties": {"a": {"type": "integer", "writeOnly": True}}}},
            [{"a": "hunter2"}],
            ["'1.a' has to be a whole number, not what was given"],
        ),
        (
            {"items": {"allOf": [{"type": "integer", "format": "password"}]}},
            ["hunter2"],
            ["'1' has to be a whole number, not what was given"],
        ),
        (
            {"properties": {"a": {"writeOnly": True, "items": {"type": "integer"}}}},
            {"a": ["hunter2"]},
            ["'a.1' has to be a whole number, not what was given"],
        ),
        (
            {"properties": {"b": {"maximum": 1}, "a": {"maximum": 1}}},
            {"b": 2, "a": 2},
            ["'a' has to be at most 1, not 2", "'b' has to be at most 1, not 2"],
        ),
    ],
)
def test_why_a_value_is_not_valid(
    unlimited: None, schema: dict, value: object, causes: list | None
) -> None:
    assert not complaint(schema)
    if causes is None:
        assert problems(schema, value)
    else:
        assert problems(schema, value) == causes


@pytest.mark.parametrize(
    ("schema", "cause"),
    [
        ({"properties": {"a": {"$schema": "http://json-schema.org/schema#"}}}, "in its midst"),
        (
            {"minItems": 5, "maxItems": 4},
            "allows nothing: its minItems, 5, is above its maxItems, 4",
        ),
        ({"minimum": 4, "maximum": 5}, ""),
        ({"minimum": 4}, ""),
        (
            {"default": "x", "type": "integer"},
            "has a default that it does not allow: has to be a whole",
        ),
        ({"patternProperties": {"^(a|a)+$": {}}, "default": 5}, ""),
        ({"patternProperties": {"^(a|a)+$": {}}, "$ref": "#"}, "uses $ref"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, ""),
        ({"default": {1, 2}}, "holds what JSON has no type for"),
    ],
)
def test_why_a_schema_is_refused(unlimited: None, schema: dict, cause: str) -> None:
    assert bool(complaint(schema)) == bool(cause)
    assert cause in complaint(schema)


@pytest.mark.parametrize(
    ("error", "causes"),
    [
        (OverflowError(), ["has to be a number that is not as large"]),
        (RecursionError(), ["has to be nested less deep"]),
        (MemoryError(), [UNCHECKED]),
        (ValueError(), ["cannot be checked by the question's schema, which has to be mended"]),
    ],
)
def test_what_ends_a_check_is_a_cause(
    monkeypatch: pytest.MonkeyPatch, error: Exception, causes: list
) -> None:
    def fail(schema: object) -> t.NoReturn:
        raise error

    monkeypatch.setattr(_validation, "_without_false", fail)
    assert problems({"type": "integer"}, 1) == causes


@pytest.mark.parametrize(
    ("error", "flaw"),
    [
        (RecursionError(), "its schema is nested too deep"),
        (MemoryError(), f"its schema takes {COSTLY} to be checked: make it simpler"),
        (ArithmeticError("no such number"), "its schema cannot be used: no such number"),
        (ValueError(), "its schema cannot be used: ValueError"),
    ],
)
def test_what_ends_a_check_of_a_schema_is_its_flaw(
    unlimited: None, monkeypatch: pytest.MonkeyPatch, error: Exception, flaw: str
) -> None:
    def fail(schema: object) -> t.NoReturn:
        raise error

    monkeypatch.setattr(_validation, "_costly_until", {})
    monkeypatch.setattr(_validation, "_check_keywords", fail)
    assert complaint({"type": "integer", "title": flaw}) == flaw


def test_a_default_that_cannot_be_checked_makes_a_schema_too_costly(
    unlimited: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_validation, "_costly_until", {})
    monkeypatch.setattr(_validation, "_problems", lambda schema, value: [UNCHECKED])
    assert complaint({"default": 1}) == f"its schema takes {COSTLY} to be checked: make it simpler"


def test_what_is_remembered_of_costly_schemas_does_not_grow(
    spending: t.Callable[..., Spending], monkeypatch: pytest.MonkeyPatch
) -> None:
    spending(TooMuch)
    full = {str(number): 0.0 for number in range(_validation.MOST_REMEMBERED)}
    monkeypatch.setattr(_validation, "_costly_until", full)
    assert complaint(RISKY)
    assert list(full) == [json.dumps(RISKY)]


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"default": 5}, 5),
        ({"properties": {"a": {"default": 1}, "b": {}}}, {"a": 1}),
        ({"properties": {"a": {"default": 1}, "b": {}}, "required": ["b"]}, None),
        ({"properties": {"a": {}}}, None),
        ({"type": "integer"}, None),
    ],
)
def test_the_answer_of_the_defaults(schema: dict, answer: object) -> None:
    assert default_answer(schema) == answer
