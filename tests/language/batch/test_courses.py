"""Values over time turn exactly where they should, and all facts of an instant act together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.batch.columns import Column, value_at
from tailorbird.language.batch.courses import (
    Course,
    at_least,
    counted,
    during,
    elapsed_since,
    together,
    totalled,
    turned,
)

TIMES = st.lists(st.integers(0, 30), max_size=12).map(sorted)


def value_of(course: Course, who: int, at_us: int) -> object:
    """What a course says about a person at an instant."""
    rows = np.flatnonzero((course.who == who) & (course.time_us <= at_us))
    return value_at(course.value, int(rows[-1])) if len(rows) else course.before


def check(course: Course, wanted: Callable[[int], object], who: int = 1) -> None:
    order = list(zip(course.who.tolist(), course.time_us.tolist(), strict=True))
    assert order == sorted(set(order))
    for at_us in range(80):
        assert value_of(course, who, at_us) == wanted(at_us), at_us


def of_two(times: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The times of person 1, and others of person 2 who must not disturb."""
    others = [3, 7, 7]
    who = np.array([1] * len(times) + [2] * len(others))
    return who, np.array([*times, *others])


@given(TIMES, st.integers(1, 4), st.integers(0, 3), st.integers(1, 9))
def test_a_number_of_facts_in_a_window_is_reached_and_lost(
    times: list[int], least: int, near: int, length: int
) -> None:
    course = at_least(*of_two(times), least, near, near + length)
    check(course, lambda t: sum(t - near - length < f <= t - near for f in times) >= least)


@given(TIMES, st.integers(0, 3), st.integers(1, 9))
def test_facts_are_counted_in_a_window_that_moves(times: list[int], near: int, length: int) -> None:
    course = counted(*of_two(times), (near, near + length))
    check(course, lambda t: sum(t - near - length < f <= t - near for f in times) * UNIT)
    check(counted(*of_two(times), None), lambda t: sum(f <= t for f in times) * UNIT)


def test_sums_out_of_range_are_missing_and_come_back() -> None:
    who, amounts = np.ones(3, np.int64), np.array([10**18 - 1, 1, -5])
    course = totalled(who, np.array([1, 2, 3]), amounts, None)
    assert [value_of(course, 1, t) for t in range(4)] == [0, 10**18 - 1, MISSING, 10**18 - 5]


@given(TIMES, st.integers(-2, 9), st.sampled_from(["<", "<=", ">", ">=", "=="]))
def test_the_time_since_the_latest_fact_passes_a_length(
    times: list[int], length: int, name: str
) -> None:
    def compare(a: int, b: int) -> bool:
        return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b}[name]

    def wanted(at_us: int) -> bool:
        past = [time for time in times if time <= at_us]
        return bool(past) and compare(at_us - past[-1], length)

    check(elapsed_since(*of_two(times), compare, length), wanted)


def test_intervals_that_touch_are_one_and_empty_ones_are_none() -> None:
    who = np.array([1, 1, 1, 2])
    course = during(who, np.array([1, 4, 9, 4]), np.array([4, 6, 9, 5]))
    assert list(zip(course.who.tolist(), course.time_us.tolist(), strict=True)) == [
        *((1, 1), (1, 6)),
        *((2, 4), (2, 5)),
    ]


def test_courses_are_put_together_at_every_instant_of_either() -> None:
    one = counted(np.array([1, 1, 2]), np.array([1, 5, 2]), None)
    other = during(np.array([1]), np.array([3]), np.array([5]))
    who, time_us, columns = together([one, other])
    rows = range(len(who))

    def column(found: Column) -> list[object]:
        return [value_at(found, row) for row in rows]

    assert list(zip(who.tolist(), time_us.tolist(), strict=True)) == [
        (1, 1),
        (1, 3),
        (1, 5),
        (2, 2),
    ]
    assert column(columns[0]) == [UNIT, UNIT, 2 * UNIT, UNIT]
    assert column(columns[1]) == [False, True, False, False]


def test_a_condition_turns_where_it_differs_from_before() -> None:
    who = np.array([1, 1, 1, 2, 2, 3])
    holds = np.array([True, True, False, False, True, True])
    assert turned(who, holds).tolist() == [0, 2, 4, 5]
