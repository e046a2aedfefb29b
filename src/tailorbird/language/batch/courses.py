"""Values over time: what many people's values are from one instant to the next.

Everything here is right-continuous: a value holds from its instant on, and all facts of one
instant take effect together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tailorbird.kernel.instants import LAST_INSTANT
from tailorbird.kernel.values import UNIT, Value
from tailorbird.language.batch.columns import (
    Array,
    Column,
    Flags,
    spread,
    taken,
)
from tailorbird.language.batch.sums import Sums

NEVER_US: Final = 2 * LAST_INSTANT
"""Later than any instant that can be asked about."""


@dataclass(frozen=True, slots=True)
class Course:
    """A value over time: row i holds for its person from its time to that of her next row."""

    who: Array
    time_us: Array
    """Rows are in ascending order of person and time, each such pair once."""
    value: Column
    before: Value
    """The value of everybody before her first row."""


def settled(who: Array, time_us: Array, value: Column, before: Value) -> Course:
    """A course from rows in order, of which the last one of an instant counts."""
    if not len(who):
        return Course(who, time_us, value, before)
    last = np.append((who[1:] != who[:-1]) | (time_us[1:] != time_us[:-1]), True)
    rows = np.flatnonzero(last)
    return Course(who[rows], time_us[rows], taken(value, rows), before)


def during(who: Array, start_us: Array, end_us: Array) -> Course:
    """When some of a person's intervals [start, end) goes on.

    The intervals of a person begin in order, and end in order.
    """
    some = start_us < end_us
    who, start_us, end_us = who[some], start_us[some], end_us[some]
    if not len(who):
        return Course(who, start_us, Flags(np.zeros(0, bool)), False)
    apart = (who[1:] != who[:-1]) | (start_us[1:] > end_us[:-1])
    first, last = np.append(True, apart), np.append(apart, True)
    count = int(first.sum())
    times = np.empty(2 * count, np.int64)
    times[::2], times[1::2] = start_us[first], end_us[last]
    turns = np.zeros(2 * count, bool)
    turns[::2] = True
    return Course(np.repeat(who[first], 2), times, Flags(turns), False)


def at_least(who: Array, time_us: Array, least: int, near_us: int, far_us: int) -> Course:
    """When at least so many of some facts lie in the window (T - far, T - near]."""
    size = len(who) - least + 1
    if size <= 0:
        return during(who[:0], time_us[:0], time_us[:0])
    together = who[least - 1 :] == who[:size]
    newest = time_us[least - 1 :][together] + near_us
    return during(who[:size][together], newest, time_us[:size][together] + far_us)


def counted(who: Array, time_us: Array, window: tuple[int, int] | None) -> Course:
    """How many facts lie in a window (near, far), or have happened at all."""
    return totalled(who, time_us, np.full(len(who), UNIT, np.int64), window)


def totalled(who: Array, time_us: Array, amounts: Array, window: tuple[int, int] | None) -> Course:
    """The sum of the amounts of the facts in a window (near, far), or of all."""
    if window is not None:
        near_us, far_us = window
        who = np.concatenate([who, who])
        time_us = np.concatenate([time_us + near_us, time_us + far_us])
        amounts = np.concatenate([amounts, -amounts])
        order = np.lexsort((time_us, who))
        who, time_us, amounts = who[order], time_us[order], amounts[order]
    places = np.arange(len(who))
    begins = np.append(True, who[1:] != who[:-1])[: len(who)]
    first = np.maximum.accumulate(np.where(begins, places, 0)) if len(who) else places
    return settled(who, time_us, Sums(amounts).between(first, places + 1), 0)


def elapsed_since(
    who: Array, time_us: Array, compare: Callable[[int, int], bool], length_us: int
) -> Course:
    """When the time since a person's latest row compares with a length as wanted.

    That turns at most at three instants after a row: at once, after the length, and one later.
    """
    last = np.append((who[1:] != who[:-1]) | (time_us[1:] != time_us[:-1]), True)[: len(who)]
    who, time_us = who[last], time_us[last]
    until = np.append(np.where(who[1:] == who[:-1], time_us[1:], NEVER_US), NEVER_US)[: len(who)]
    edges = sorted({0, max(length_us, 0), max(length_us + 1, 0)})
    people, times, flags = [], [], []
    for edge_us in edges:
        there = time_us + edge_us < until
        people.append(who[there])
        times.append(time_us[there] + edge_us)
        flags.append(np.full(int(there.sum()), compare(edge_us, length_us)))
    whose, instants = np.concatenate(people), np.concatenate(times)
    order = np.lexsort((instants, whose))
    return Course(whose[order], instants[order], Flags(np.concatenate(flags)[order]), False)


def together(courses: Sequence[Course]) -> tuple[Array, Array, list[Column]]:
    """All instants at which some course goes on to another row, and the value of each there."""
    if len(courses) == 1:
        only = courses[0]
        return only.who, only.time_us, [only.value]
    who = np.concatenate([course.who for course in courses])
    time_us = np.concatenate([course.time_us for course in courses])
    whence = np.repeat(np.arange(len(courses)), [len(course.who) for course in courses])
    order = np.lexsort((time_us, who))
    who, time_us, whence = who[order], time_us[order], whence[order]
    places = np.arange(len(who))
    begins = np.append(True, who[1:] != who[:-1])[: len(who)]
    first = np.maximum.accumulate(np.where(begins, places, 0)) if len(who) else places
    last = np.append((who[1:] != who[:-1]) | (time_us[1:] != time_us[:-1]), True)[: len(who)]
    rows = np.flatnonzero(last)
    columns = []
    for number, course in enumerate(courses):
        mine = whence == number
        latest = np.maximum.accumulate(np.where(mine, places, -1)) if len(who) else places
        own = np.cumsum(mine) - 1
        known = latest >= first
        columns.append(_looked_up(course, np.where(known, own, -1)[rows]))
    return who[rows], time_us[rows], columns


def _looked_up(course: Course, rows: Array) -> Column:
    """The values in some rows; -1 stands for what was before any."""
    there = np.flatnonzero(rows >= 0)
    return spread(taken(course.value, rows[there]), there, len(rows), course.before)


def turned(who: Array, holds: Array) -> Array:
    """The rows at which a condition turns; before a person's first row it is false."""
    begins = np.append(True, who[1:] != who[:-1])[: len(who)]
    before = np.append(False, holds[:-1])[: len(holds)] & ~begins
    return np.flatnonzero(holds != before)
