"""Columns hold a value of any kind for each person, as narrowly as they can."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tailorbird.kernel.values import MISSING, IdNumber
from tailorbird.language.batch.columns import (
    Coded,
    Flags,
    Numbers,
    Same,
    as_coded,
    as_flags,
    as_numbers,
    column_of,
    joined,
    spread,
    taken,
    value_at,
)

MIXED = [1, True, "x", MISSING, IdNumber("12345678901234567890"), [1]]


def values(column: Any, size: int) -> list[Any]:
    return [value_at(column, row) for row in range(size)]


@pytest.mark.parametrize(
    ("given", "kind"),
    [([True, False], Flags), ([3, MISSING], Numbers), (MIXED, Coded), ([1, True], Coded)],
)
def test_a_column_gives_back_what_it_was_made_of(given: list[Any], kind: type) -> None:
    column = column_of(given)
    assert type(column) is kind
    assert values(column, len(given)) == given
    assert [type(value) for value in values(column, len(given))] == [type(g) for g in given]


def test_codes_of_any_column_stand_for_its_values() -> None:
    for given in ([True, False, True], [7, MISSING, 7, -1], MIXED):
        assert values(as_coded(column_of(given), len(given)), len(given)) == given
    assert values(as_coded(Same("x"), 2), 2) == ["x", "x"]


def test_only_true_is_true_and_only_numbers_are_numbers() -> None:
    column = column_of(MIXED)
    assert as_flags(column, len(MIXED)).tolist() == [False, True, *[False] * 4]
    assert values(as_numbers(column, len(MIXED)), len(MIXED)) == [1, *[MISSING] * 5]
    assert as_flags(column_of([1, 2]), 2).tolist() == [False, False]


def test_people_without_a_value_get_the_default() -> None:
    places = np.array([2, 0])
    assert values(spread(column_of([5, MISSING]), places, 3, 0), 3) == [MISSING, 0, 5]
    assert values(spread(column_of([True, False]), places, 3, False), 3) == [False, False, True]
    assert values(spread(column_of(["a", []]), places, 3, []), 3) == [[], [], "a"]


def test_columns_of_different_kinds_are_joined_without_loss() -> None:
    parts = [column_of([1, MISSING]), column_of(["x"]), Same(True), column_of([False])]
    assert values(joined(parts, [2, 1, 2, 1]), 6) == [1, MISSING, "x", True, True, False]


def test_rows_are_taken_in_the_order_asked_for() -> None:
    rows = np.array([2, 0, 2])
    assert values(taken(column_of([1, 2, 3]), rows), 3) == [3, 1, 3]
    assert values(taken(column_of(["a", 1, "c"]), rows), 3) == ["c", "a", "c"]
