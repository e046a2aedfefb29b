"""Functions over columns give what the functions of single values give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tailorbird.kernel.instants import zone
from tailorbird.kernel.values import MISSING, UNIT, IdNumber
from tailorbird.language.batch.columns import column_of, value_at
from tailorbird.language.batch.expressions import Asked, Evaluation
from tailorbird.language.batch.scalars import Here, evaluate
from tailorbird.language.operations import Apply, Const, Expr, Fold, Item, Leaf, Select
from tailorbird.language.operators import Type
from tailorbird.language.world import World

HERE = Here(zone("Europe/Berlin"), World().at(0))
NUMBERS = [0, 1, -1, UNIT, -5 * UNIT // 2, 10**18 - 1, 1 - 10**18, 3_333_333, MISSING]
ANYTHING = ["x", "", True, False, 2 * UNIT, IdNumber("12345678901234567890"), ["x", 1], MISSING]
ONE, OTHER = (Leaf(Fold("count", Select(frozenset({name}))), Type.ANY) for name in "ab")


def check(name: str, left: list[Any], right: list[Any], literal: object = None) -> None:
    """Every pair of values, as columns and one by one."""
    expr = Apply(name, (ONE, OTHER), Type.ANY, literal)
    pairs = [(a, b) for a in left for b in right]
    columns = {
        ONE.operation: column_of([a for a, _ in pairs]),
        OTHER.operation: column_of([b for _, b in pairs]),
    }
    asked = Asked(np.zeros(len(pairs), np.int64), [HERE], np.zeros(len(pairs), np.int64))
    column = Evaluation(asked, columns, {}).column(expr)
    for row, (a, b) in enumerate(pairs):
        wanted = evaluate(expr, {ONE: a, OTHER: b}, HERE, 0)
        found = value_at(column, row)
        assert (type(found), found) == (type(wanted), wanted), (name, a, b)


@pytest.mark.parametrize("name", ["==", "<", "<=", ">", ">=", "+", "-", "*", "/"])
def test_numbers_are_compared_and_calculated_as_one_by_one(name: str) -> None:
    check(name, NUMBERS, NUMBERS)
    check(name, [1, MISSING], [2, 3])


@pytest.mark.parametrize("name", ["==", "<", ">=", "+", "/", "contains", "coalesce", "starts_with"])
def test_values_of_any_type_are_taken_as_one_by_one(name: str) -> None:
    check(name, ANYTHING, [*ANYTHING, *NUMBERS])


@pytest.mark.parametrize("name", ["and", "or"])
def test_logic_takes_nothing_but_true_for_true(name: str) -> None:
    check(name, [True, False, MISSING, UNIT], [True, False, "x"])
    check("at_least", [True, False], [True, MISSING], 1)


def ask(expr: Expr, columns: dict[Any, Any], instants: list[int]) -> list[Any]:
    asked = Asked(np.array(instants), [HERE], np.zeros(len(instants), np.int64))
    column = Evaluation(asked, columns, {}).column(expr)
    return [value_at(column, row) for row in range(len(instants))]


def test_the_time_since_an_instant_is_that_of_each_question() -> None:
    columns = {ONE.operation: column_of([5, MISSING, 9])}
    assert ask(Apply("elapsed", (ONE,), Type.DURATION), columns, [6, 6, 7]) == [1, MISSING, -2]


def test_functions_of_the_instant_are_asked_at_each_instant() -> None:
    assert ask(Apply("hour", (), Type.NUMBER), {}, [0, 3_600_000_000]) == [UNIT, 2 * UNIT]


def test_each_item_of_a_list_is_asked_with_what_else_is_known() -> None:
    body = Apply("==", (Item(()), OTHER), Type.CONDITION)
    expr = Apply("any", (ONE, body), Type.CONDITION, "each")
    columns = {
        ONE.operation: column_of([["a", "b"], ["a"], "a"]),
        OTHER.operation: column_of(["b", "b", "a"]),
    }
    assert ask(expr, columns, [0, 0, 0]) == [True, False, False]


def test_nobody_is_asked_without_harm() -> None:
    columns = {ONE.operation: column_of([])}
    expr = Apply("lower", (Apply("coalesce", (ONE, Const("X", Type.TEXT)), Type.ANY),), Type.TEXT)
    assert ask(expr, columns, []) == []


def test_the_first_condition_that_holds_gives_its_name() -> None:
    expr = Apply("first_true", (ONE, OTHER), Type.TEXT, ("one", "other"))
    columns = {
        ONE.operation: column_of([True, False, False]),
        OTHER.operation: column_of([True, True, False]),
    }
    assert ask(expr, columns, [0, 0, 0]) == ["one", "other", MISSING]
