"""Rows in order, each person's one after the other, and what arrays can ask of them.

A *story* is what is looked at by itself: all rows of a person, or those of a person with one
value. Places in a chunk are row numbers, and -1 stands for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tailorbird.language.batch.columns import Array


@dataclass
class Chunk:
    """Rows ordered by person, story, time and message id; no person goes on in another chunk."""

    who: Array
    time_us: Array
    columns: list[Array]
    """What a reading asked for, one array a column."""
    keys: Array | None = None
    """What tells the stories of a person apart."""

    def __len__(self) -> int:
        return len(self.who)

    def without(self, people: Array) -> Chunk:
        """The rows of all but some people."""
        kept = ~np.isin(self.who, people)
        keys = None if self.keys is None else self.keys[kept]
        columns = [column[kept] for column in self.columns]
        return Chunk(self.who[kept], self.time_us[kept], columns, keys)

    @cached_property
    def places(self) -> Array:
        """The number of each row."""
        return np.arange(len(self.who))

    @cached_property
    def first(self) -> Array:
        """The place at which the story of each row begins."""
        return np.maximum.accumulate(self.places * self.begins)

    @cached_property
    def end(self) -> Array:
        """The place after the last row of each row's story."""
        size = len(self.who)
        following = np.append(self.begins[1:], True)[:size]
        ends = np.where(following, self.places + 1, size)
        return np.minimum.accumulate(ends[::-1])[::-1]

    @cached_property
    def begins(self) -> Array:
        """Which rows are the first of their story."""
        begins = np.ones(len(self.who), bool)
        np.not_equal(self.who[1:], self.who[:-1], out=begins[1:])
        if self.keys is not None:
            begins[1:] |= np.asarray(self.keys[1:] != self.keys[:-1], bool)
        return begins

    def latest_before(self, fits: Array) -> Array:
        """For each row the place of the last earlier row of its story that fits."""
        return self.greatest_before(np.where(fits, self.places, -1))

    def greatest_before(self, marks: Array) -> Array:
        """The greatest of the marks of earlier rows; marks are places of their own story."""
        found = np.full(len(self.who), -1)
        if len(found):
            found[1:] = np.maximum.accumulate(marks)[:-1]
        return np.where(found >= self.first, found, -1)

    def next_after(self, fits: Array) -> Array:
        """For each row the place of the first later row of its story that fits."""
        size = len(self.who)
        found = np.full(size, size)
        if size:
            marked = np.where(fits, self.places, size)
            found[:-1] = np.minimum.accumulate(marked[::-1])[::-1][1:]
        return np.where(found < self.end, found, -1)

    def first_later_than(self, instant_us: Array) -> Array:
        """For each row the first place of its story with a later time than an instant.

        The instants are not after the rows' own times; the row's own place when there is none
        before it.
        """
        low, high = self.first.copy(), self.places.copy()
        while True:
            open_ = low < high
            if not open_.any():
                return low
            middle = (low + high) >> 1
            later = self.time_us[middle] > instant_us
            high = np.where(open_ & later, middle, high)
            low = np.where(open_ & ~later, middle + 1, low)


def greatest_within(marks: Array, first: Array, last: Array) -> Array:
    """The greatest mark between two places, both included, of each row; -1 where there is none."""
    found = np.full(len(marks), -1)
    length = last - first + 1
    rows = np.flatnonzero(length > 0)
    level = np.zeros(len(marks), np.int64)
    level[rows] = np.frexp(length[rows].astype(np.float64))[1] - 1
    table, step = marks, 1
    highest = int(level[rows].max(initial=-1))
    for number in range(highest + 1):
        here = rows[level[rows] == number]
        found[here] = np.maximum(table[first[here]], table[last[here] - step + 1])
        if number < highest:
            table = np.maximum(table[:-step], table[step:])
            step *= 2
    return found


def sorted_rows(columns: Sequence[Array]) -> list[Array]:
    """Columns sorted by the first two, of which a long beginning is mostly sorted already."""
    who, time_us, *_ = columns
    falls = (who[1:] < who[:-1]) | ((who[1:] == who[:-1]) & (time_us[1:] < time_us[:-1]))
    if not falls.any():
        return list(columns)
    start = int(np.argmax(falls)) + 1
    late = start + np.lexsort((time_us[start:], who[start:]))
    if 2 * len(late) > len(who):
        order = np.lexsort((time_us, who))
    else:
        places = _places_after(who[:start], time_us[:start], who[late], time_us[late])
        order = np.empty(len(who), np.int64)
        is_late = np.zeros(len(who), bool)
        is_late[places + np.arange(len(late))] = True
        order[is_late], order[~is_late] = late, np.arange(start)
    return [column[order] for column in columns]


def _places_after(who: Array, time_us: Array, person: Array, instant_us: Array) -> Array:
    """How many of some sorted rows come before or together with each of others."""
    low, high = np.searchsorted(who, person, "left"), np.searchsorted(who, person, "right")
    while (low < high).any():
        middle = np.minimum((low + high) >> 1, len(who) - 1)
        later = time_us[middle] > instant_us
        open_ = low < high
        high = np.where(open_ & later, middle, high)
        low = np.where(open_ & ~later, middle + 1, low)
    return low


def distinct(numbers: Array) -> Array:
    """The different ones of numbers in ascending order."""
    if not len(numbers):
        return numbers
    found: Array = numbers[np.append(True, numbers[1:] != numbers[:-1])]
    return found


def tallied(numbers: Array) -> tuple[Array, Array]:
    """The different ones of numbers in ascending order, and how often each occurs."""
    if not len(numbers):
        return numbers, numbers
    first = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
    return numbers[first], np.diff(np.append(first, len(numbers)))


def latest_rows(who: Array) -> Array:
    """The place of each person's last row."""
    return np.flatnonzero(np.append(who[1:] != who[:-1], True)) if len(who) else who
