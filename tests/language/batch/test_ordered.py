"""Rows in order are looked through from each row backwards and forwards, within its story."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.language.batch.ordered import Chunk, greatest_within, sorted_rows, tallied

ROWS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 6), st.booleans()), max_size=30)


def chunk_of(rows: list[tuple[int, int, bool]]) -> Chunk:
    who, time_us, fits = (np.array(column) for column in zip(*sorted(rows), strict=True))
    return Chunk(who, time_us, [fits])


@given(ROWS.filter(bool))
def test_what_comes_before_and_after_a_row_is_of_its_own_story(
    rows: list[tuple[int, int, bool]],
) -> None:
    chunk = chunk_of(rows)
    fits, before, after = chunk.columns[0], -1, -1
    places = range(len(chunk))
    for place in places:
        own = [p for p in places if chunk.who[p] == chunk.who[place]]
        before = max((p for p in own if p < place and fits[p]), default=-1)
        after = min((p for p in own if p > place and fits[p]), default=-1)
        assert chunk.latest_before(fits)[place] == before
        assert chunk.next_after(fits)[place] == after
        assert (chunk.first[place], chunk.end[place]) == (own[0], own[-1] + 1)


@given(ROWS.filter(bool), st.integers(0, 5))
def test_the_first_row_later_than_an_instant_is_found(rows: Any, length_us: int) -> None:
    chunk = chunk_of(rows)
    found = chunk.first_later_than(chunk.time_us - length_us)
    for place in range(len(chunk)):
        own = [p for p in range(place + 1) if chunk.who[p] == chunk.who[place]]
        later = [p for p in own if chunk.time_us[p] > chunk.time_us[place] - length_us]
        assert found[place] == (later[0] if later else place)


@given(st.lists(st.integers(-1, 20), min_size=1, max_size=40), st.data())
def test_the_greatest_mark_between_two_places_is_found(marks: list[int], data: Any) -> None:
    size = len(marks)
    first = data.draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
    last = data.draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
    found = greatest_within(np.array(marks), np.array(first), np.array(last))
    wanted = [max(marks[a : b + 1], default=-1) for a, b in zip(first, last, strict=True)]
    assert found.tolist() == wanted


@given(ROWS, ROWS)
def test_late_rows_are_sorted_in_among_the_others(early: Any, late: Any) -> None:
    rows = [*sorted((who, time) for who, time, _ in early), *((w, t) for w, t, _ in late)]
    who, time_us = (np.array([row[i] for row in rows], np.int64) for i in (0, 1))
    found = sorted_rows([who, time_us, np.arange(len(rows))])
    order = np.lexsort((time_us, who))
    assert [column.tolist() for column in found] == [
        who[order].tolist(),
        time_us[order].tolist(),
        order.tolist(),
    ]


def test_stories_of_one_person_are_told_apart_by_their_keys() -> None:
    keys = np.array(["a", "a", "b"], object)
    chunk = Chunk(np.array([1, 1, 1]), np.array([0, 5, 5]), [], keys)
    assert chunk.first.tolist() == [0, 0, 2]
    assert chunk.latest_before(np.ones(3, bool)).tolist() == [-1, 0, -1]


def test_numbers_in_order_are_counted() -> None:
    people, counts = tallied(np.array([1, 1, 4, 7, 7, 7]))
    assert (people.tolist(), counts.tolist()) == ([1, 4, 7], [2, 1, 3])
    assert tallied(np.zeros(0, np.int64))[0].tolist() == []


def test_a_chunk_without_rows_has_answers() -> None:
    none = np.zeros(0, np.int64)
    chunk = Chunk(none, none, [none])
    assert chunk.next_after(none).tolist() == chunk.latest_before(none).tolist() == []
    assert chunk.first_later_than(none).tolist() == []
