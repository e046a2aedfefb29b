"""The states of live operations as SQL: what `live.fold` would remember of everybody.

Only plain data leaves here, in the form that the live operations keep it. What SQL cannot say is
left to those operations themselves: they are shown the facts that they read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, Final, TypeAlias

import numpy as np

from tailorbird.kernel.decay import HOPS
from tailorbird.kernel.facts import TRAITS, VERDICT
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.limits import DECAY_HOPS
from tailorbird.kernel.values import STDDEV_BOUND, Value, write_tagged
from tailorbird.language.batch import filters
from tailorbird.language.batch.columns import Array, Coded, Column
from tailorbird.language.batch.folds import ORDER
from tailorbird.language.batch.literals import whole
from tailorbird.language.batch.moments import SHIFT_DAYS, Moment, Questions
from tailorbird.language.batch.readings import (
    Aggregated,
    Queried,
    Reading,
    Rows,
    from_code,
    when,
    where,
    whole_code,
)
from tailorbird.language.batch.typed import NotInSqlError, Typed, of_property
from tailorbird.language.batch.windows import rows_of
from tailorbird.language.operations import (
    Calendar,
    Fixed,
    Fold,
    Lifetime,
    Operation,
    Points,
    Rolling,
    Select,
    TraitValue,
)

_LIMB: Final = 2**62
_NULL: Final = "0"
"""The code of an explicit null, which operations keep apart from what is not there."""

State: TypeAlias = Any
"""What an operation remembers; None when nothing that it reads has happened."""


def existence(moment: Moment) -> Reading:
    """The times of the first fact that counts and of the first act, each None when none."""
    times = [f"name <> '{VERDICT}'", "act"]

    def build(condition: str | None) -> list[str]:
        both = [" AND ".join([condition, own]) if condition else own for own in times]
        return [f"min({when(one, 'time_us')})" for one in both]

    return Aggregated(Rows(moment.seen), build, _decoded(lambda *row: row), None)


def state(
    operation: Operation, moment: Moment, *, after_us: int | None = None, keep: int | None = None
) -> Reading | None:
    """How the states of an operation are computed; None where SQL cannot.

    Of windows only what is later than ``after_us`` is remembered, and of that only so many of
    the newest when ``keep`` says how many are enough.
    """
    try:
        if isinstance(operation, Fold):
            return _fold(operation, moment, after_us, keep)
        if isinstance(operation, Points):
            return _points(operation, moment)
        return _trait(operation, moment) if isinstance(operation, TraitValue) else None
    except NotInSqlError:
        return None


def readable(selects: Iterable[Select], moment: Questions) -> str:
    """What holds for the facts that some selects pick, and perhaps for others.

    It is the same for everybody, and is looked up without the table of the questions.
    """
    return " OR ".join(dict.fromkeys(_readable(select, moment) for select in selects))


def _readable(select: Select, moment: Questions) -> str:
    shared = replace(moment, columns={})
    usual = len(shared.columns)
    try:
        conditions = filters.selected(select, shared)
    except NotInSqlError:
        conditions = None
    if conditions is None or len(shared.columns) > usual:  # where zones differ, for instance
        conditions = filters.selected(replace(select, where=None), moment)
    return f"({' AND '.join(conditions)})"


def _decoded(of_row: Callable[..., State]) -> Callable[[Sequence[Array]], Column]:
    """States, one a row, from the values of the row; null is None."""

    def decode(arrays: Sequence[Array]) -> Column:
        rows = zip(*(array.tolist() for array in arrays), strict=True)
        return Coded(np.arange(len(arrays[0])), [of_row(*row) for row in rows])

    return decode


def _filtered(condition: str | None) -> str:
    return f" FILTER (WHERE {condition})" if condition else ""


# Windows


def _fold(fold: Fold, moment: Moment, after_us: int | None, keep: int | None) -> Reading | None:
    if isinstance(fold.window, Lifetime | Fixed):
        return _lifetime(fold, moment)
    if not isinstance(fold.window, Rolling | Calendar) or after_us is None:
        return None
    name, *others = filters.selected(fold.select, moment)
    conditions = (name, f"time_us > {whole(after_us)}", *others)
    rows = Rows(moment.seen, conditions, fold.select.names, after_us)
    if fold.value is None:
        return _times(rows, keep)
    code = _code(filters.value(fold.value, moment))
    return _picked("max", rows, code, _only_entry) if keep == 1 else _entries(rows, code)


def _times(rows: Rows, keep: int | None) -> Reading:
    def build(condition: str | None) -> list[str]:
        if keep is not None:
            return [f"list_sort(max({when(condition, 'time_us')}, {keep}))"]
        return [f"list_sort(list(time_us){_filtered(condition)})"]

    return Aggregated(
        rows, build, _decoded(lambda times: None if times is None else times.tolist()), None
    )


def _entries(rows: Rows, code: str) -> Reading:
    def build(condition: str | None) -> list[str]:
        values = ("time_us", "id", when(condition, code))
        return [f"list({value}){_filtered(condition)}" for value in values]

    def entries(times: Any, ids: Any, codes: Any) -> State:
        if times is None:
            return None
        columns = times.tolist(), ids.tolist(), codes.tolist()
        found = [[time, id_, _value(code)] for time, id_, code in zip(*columns, strict=True)]
        found.sort(key=itemgetter(0, 1))
        return found

    return Aggregated(rows, build, _decoded(entries), None)


def _code(typed: Typed) -> str:
    """Like `whole_code`, with an explicit null told apart."""
    return (
        f"CASE WHEN {typed.said} AND NOT {typed.there} THEN '{_NULL}' ELSE {whole_code(typed)} END"
    )


def _value(code: str) -> Value:
    return None if code == _NULL else from_code(code)


# All facts


def _lifetime(fold: Fold, moment: Moment) -> Reading:
    rows = rows_of(fold.select, fold.window, moment)
    if fold.kind == "anchor":
        return _anchor(rows)
    if fold.kind == "count":
        return _counted(rows, [], lambda count: count)
    if fold.kind == "active_days":
        return _members(rows, f"{moment.local_us('time_us')} // {DAY} - {SHIFT_DAYS}")
    typed = Typed() if fold.value is None else filters.value(fold.value, moment)
    if fold.kind in _PICKS:
        # Of the first and last time the value is never looked at: it is missing.
        return _picked(_PICKS[fold.kind], rows, _code(typed), _entry)
    if fold.kind == "percentile_of":
        return _members(rows, typed.number or "NULL::BIGINT")
    if fold.kind in _TOTALS:
        aggregates, of_row = _TOTALS[fold.kind]
        number = typed.number or "NULL::BIGINT"
        return _counted(rows, aggregates, of_row, number)
    return _groups(rows, typed)


_PICKS: Final = {"first": "min", "first_time": "min", "latest": "max", "last_time": "max"}


def _picked(extreme: str, rows: Rows, code: str, of_row: Callable[..., State]) -> Reading:
    """Time, id and value of the first or the last fact."""

    def build(condition: str | None) -> list[str]:
        values = (when(condition, value) for value in ("time_us", "id", code))
        return [f"arg_{extreme}({value}, {ORDER})" for value in values]

    return Aggregated(rows, build, _decoded(of_row), None)


def _entry(time_us: int | None, id_: str, code: str) -> State:
    return None if time_us is None else [time_us, id_, _value(code)]


def _only_entry(time_us: int | None, id_: str, code: str) -> State:
    return None if time_us is None else [_entry(time_us, id_, code)]


def _counted(
    rows: Rows, aggregates: Sequence[str], of_row: Callable[..., State], number: str = "NULL"
) -> Reading:
    """A state made of how many facts there are, and of aggregates over a number of each."""

    def build(condition: str | None) -> list[str]:
        found = ["count(*)" if condition is None else f"count({when(condition, '1')})"]
        value = f"({when(condition, number)})"
        return [*found, *(aggregate.format(value) for aggregate in aggregates)]

    def decode(count: int, *values: Any) -> State:
        return of_row(*(values or (count,))) if count else None

    return Aggregated(rows, build, _decoded(decode), None)


def _integer(text: str | None) -> int:
    """128-bit sums leave the engine as text."""
    return int(text or 0)


def _with_squares(count: int, total: str, high: str, low: str, large: int) -> State:
    return [count, _integer(total), _integer(high) * _LIMB + _integer(low), large]


_SQUARE: Final = "(({0})::HUGEINT * ({0}))"
_SUM: Final = (
    ("count({0})", "sum({0})::VARCHAR"),
    lambda count, total: [count, _integer(total)],
)
_EXTREME: Final = (
    ("min({0})", "max({0})"),
    lambda least, most: [] if least is None else [least, most],
)
_SQUARES: Final = (
    (
        "count({0})",
        "sum({0})::VARCHAR",
        # Squares are added up in two parts, because many large ones exceed 128 bits.
        f"sum({_SQUARE} // {_LIMB})::VARCHAR",
        f"sum({_SQUARE} % {_LIMB})::VARCHAR",
        f"count(CASE WHEN abs({{0}}) >= {STDDEV_BOUND} THEN 1 END)",
    ),
    _with_squares,
)
_TOTALS: Final[dict[str, tuple[Sequence[str], Callable[..., State]]]] = {
    "sum": _SUM,
    "avg": _SUM,
    "min": _EXTREME,
    "max": _EXTREME,
    "stddev": _SQUARES,
}


def _members(rows: Rows, number: str) -> Reading:
    """How many facts have each number; facts without one count as having happened."""

    def build(condition: str | None) -> list[str]:
        value = when(condition, number)
        there = f"({value}) IS NOT NULL"
        return [
            f"count({when(condition, '1')})" if condition else "count(*)",
            f"list({value}) FILTER (WHERE {there})",
        ]

    def members(count: int, numbers: Any) -> State:
        if not count:
            return None
        return {} if numbers is None else dict(Counter(numbers.tolist()))

    return Aggregated(rows, build, _decoded(members), None)


def _groups(rows: Rows, typed: Typed) -> Reading:
    """By value, in its stored form: how many facts have it, time and id of the latest."""
    each = (
        f"SELECT who, coalesce({typed.key()}, '') AS code, time_us, id "
        f"FROM {rows.relation}{where(rows.conditions)}"
    )
    groups = (
        "SELECT who, code, count(*) AS times, max(time_us) AS latest_us, "
        f"arg_max(id, {ORDER}) AS latest_id FROM ({each}) GROUP BY who, code"
    )
    listed = ", ".join(f"list({c}) AS {c}" for c in ("code", "times", "latest_us", "latest_id"))
    sql = f"SELECT who, {listed} FROM ({groups}) GROUP BY who"

    keys: dict[str, str] = {}

    def key(code: str) -> str:
        """The same values come again and again."""
        known = keys.get(code)
        if known is None:
            known = keys[code] = write_tagged(from_code(code))
        return known

    def by_value(*columns: Any) -> State:
        each = zip(*(column.tolist() for column in columns), strict=True)
        return {key(code): [times, *latest] for code, times, *latest in each if code}

    return Queried(sql, _decoded(by_value), None, width=4)


def _anchor(rows: Rows) -> Reading:
    first = (
        f"SELECT who, min(time_us) AS time_us, arg_min(id, {ORDER}) AS id, "
        f"arg_min(subject, {ORDER}) AS anchor "
        f"FROM {rows.relation}{where(rows.conditions)} GROUP BY who"
    )
    sql = (
        f"SELECT f.who, f.time_us, f.id, s.subject FROM ({first}) f "
        "JOIN subjects s ON s.who = f.anchor"
    )
    return Queried(sql, _decoded(lambda *entry: list(entry)), None, width=3)


# Traits and scores


def _trait(trait: TraitValue, moment: Moment) -> Reading:
    typed = of_property((trait.key,), moment.hot)
    rows = Rows(moment.seen, (f"name = '{TRAITS}'", typed.said), frozenset({TRAITS}))
    return _picked("max", rows, _code(typed), _entry)


def _points(points: Points, moment: Moment) -> Reading | None:
    if any(line.cap_per_day is not None for line in points.lines):
        return None
    lines = [" AND ".join(filters.selected(line.select, moment)) for line in points.lines]
    each = [line.points for line in points.lines]
    named = [line.select.names for line in points.lines]
    names = frozenset[str]().union(*(found or () for found in named))
    shared = None if None in named else names
    if points.half_life_us is None:
        return Aggregated(
            Rows(moment.seen, (), shared), _counts(lines), _decoded(_total(each)), None
        )
    hop_us = points.half_life_us // HOPS
    if moment.shared_us is None:
        return None
    after_us = (moment.shared_us // hop_us - DECAY_HOPS + 1) * hop_us - 1
    return Aggregated(
        Rows(moment.seen, (), shared, after_us),
        _lists([f"time_us > {whole(after_us)} AND {line}" for line in lines]),
        _decoded(_by_hop(each, hop_us)),
        None,
    )


def _counts(lines: Sequence[str]) -> Callable[[str | None], list[str]]:
    return lambda condition: [f"count({when(_both(condition, line), '1')})" for line in lines]


def _lists(lines: Sequence[str]) -> Callable[[str | None], list[str]]:
    return lambda condition: [f"list(time_us){_filtered(_both(condition, line))}" for line in lines]


def _both(condition: str | None, line: str) -> str:
    return f"{condition} AND {line}" if condition else line


def _total(points: Sequence[int]) -> Callable[..., State]:
    def total(*counts: int) -> State:
        return sum(map(int.__mul__, counts, points)) if any(counts) else None

    return total


def _by_hop(points: Sequence[int], hop_us: int) -> Callable[..., State]:
    def by_hop(*times: Any) -> State:
        hops: dict[int, int] = {}
        for gained, listed in zip(points, times, strict=True):
            for time_us in () if listed is None else listed.tolist():
                hop = time_us // hop_us
                hops[hop] = hops.get(hop, 0) + gained
        return hops or None

    return by_hop
