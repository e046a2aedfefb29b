"""Aggregates over the facts of a window as SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from tailorbird.kernel.facts import TRAITS
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import MISSING, STDDEV_BOUND, Value, sample_deviation
from tailorbird.language.batch import filters
from tailorbird.language.batch.columns import Array, Coded, Column, column_of
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.readings import (
    Aggregated,
    Queried,
    Reading,
    Rows,
    coded,
    counted,
    filled,
    from_code,
    numbers,
    when,
    where,
    whole_code,
)
from tailorbird.language.batch.typed import Typed, bounded, of_property, rounded
from tailorbird.language.batch.windows import rows_of
from tailorbird.language.operations import Fold, TraitValue

ORDER: Final = "row(time_us, id)"
"""What facts are ordered by."""
_LIMB: Final = 2**62
"""128-bit integers leave the engine as two integers, in this number system."""


def fold(operation: Fold, moment: Moment) -> Reading:
    """How a fold is answered; raises `NotInSqlError` where it is not."""
    rows = rows_of(operation.select, operation.window, moment)
    if operation.kind == "anchor":
        return _anchor(rows)
    if operation.value is None:
        return _VALUELESS[operation.kind](rows, moment)
    typed = filters.value(operation.value, moment)
    of_values = _OF_VALUES.get(operation.kind)
    if of_values is not None:
        return of_values(rows, typed, operation.argument)
    # Where no value can be a number it is as if there were none.
    return _OF_NUMBERS[operation.kind](rows, typed.number or "NULL::BIGINT", operation.argument)


def trait(operation: TraitValue, moment: Moment) -> Reading:
    """The value in the latest fact about traits in which the key is there, null included."""
    typed = of_property((operation.key,), moment.hot)
    rows = Rows(moment.seen, (f"name = '{TRAITS}'", typed.said), frozenset({TRAITS}))
    return _picked("arg_max", rows, typed)


def _anchor(rows: Rows) -> Reading:
    first = f"SELECT who, arg_min(subject, {ORDER}) AS anchor FROM {rows.relation}"
    sql = (
        f"SELECT f.who, 't' || s.subject AS anchor FROM ({first}{where(rows.conditions)} "
        "GROUP BY who) f JOIN subjects s ON s.who = f.anchor"
    )
    return Queried(sql, coded, MISSING)


# Without a value


def _count(rows: Rows, _moment: Moment) -> Reading:
    def build(condition: str | None) -> list[str]:
        return ["count(*)" if condition is None else f"count({when(condition, '1')})"]

    return Aggregated(rows, build, counted, 0)


def _time(extreme: str) -> Callable[[Rows, Moment], Reading]:
    def reading(rows: Rows, _moment: Moment) -> Reading:
        return Aggregated(
            rows, lambda condition: [f"{extreme}({when(condition, 'time_us')})"], numbers, MISSING
        )

    return reading


def _active_days(rows: Rows, moment: Moment) -> Reading:
    date = f"{moment.local_us('time_us')} // {DAY}"
    return _distinct_of(rows, date)


_VALUELESS: Final[dict[str, Callable[[Rows, Moment], Reading]]] = {
    "count": _count,
    "first_time": _time("min"),
    "last_time": _time("max"),
    "active_days": _active_days,
}


# Of values of any type


def _distinct_of(rows: Rows, key: str) -> Reading:
    def build(condition: str | None) -> list[str]:
        return [f"count(DISTINCT {when(condition, key)})"]

    return Aggregated(rows, build, counted, 0)


def _distinct(rows: Rows, typed: Typed, _argument: int) -> Reading:
    return _distinct_of(rows, typed.key())


def _picked(pick: str, rows: Rows, typed: Typed) -> Reading:
    code = whole_code(typed)

    def build(condition: str | None) -> list[str]:
        return [f"{pick}({when(condition, code)}, {ORDER})"]

    return Aggregated(rows, build, coded, MISSING)


def _first(rows: Rows, typed: Typed, _argument: int) -> Reading:
    return _picked("arg_min", rows, typed)


def _latest(rows: Rows, typed: Typed, _argument: int) -> Reading:
    return _picked("arg_max", rows, typed)


def _groups(rows: Rows, typed: Typed) -> str:
    """A relation of how often each value occurs, and where it did so last."""
    inner = f"SELECT *, {typed.key()} AS value FROM {rows.relation}{where(rows.conditions)}"
    return (
        f"(SELECT who, value, count(*) AS times, max({ORDER}) AS latest FROM ({inner}) "
        "WHERE value IS NOT NULL GROUP BY who, value)"
    )


def _count_by(rows: Rows, typed: Typed, _argument: int) -> Reading:
    sql = f"SELECT who, max(times) AS times FROM {_groups(rows, typed)} GROUP BY who"
    return Queried(sql, counted, 0)


def _favourite(rows: Rows, typed: Typed, _argument: int) -> Reading:
    best = "arg_max(value, row(times, latest))"
    sql = f"SELECT who, {best} AS value FROM {_groups(rows, typed)} GROUP BY who"
    return Queried(sql, coded, MISSING)


def _top(rows: Rows, typed: Typed, argument: int) -> Reading:
    best = f"arg_max(value, row(times, latest), {argument})" if argument else "[]::VARCHAR[]"
    sql = f"SELECT who, {best} AS value FROM {_groups(rows, typed)} GROUP BY who"

    def decode(arrays: Sequence[Array]) -> Column:
        lists = [[from_code(code) for code in codes] for codes in arrays[0]]
        return Coded(np.arange(len(lists)), lists)

    return Queried(sql, decode, [])


_OF_VALUES: Final[dict[str, Callable[[Rows, Typed, int], Reading]]] = {
    "distinct": _distinct,
    "first": _first,
    "latest": _latest,
    "count_by": _count_by,
    "favourite": _favourite,
    "top": _top,
}


# Of numbers


def _sum(rows: Rows, number: str, _argument: int) -> Reading:
    def build(condition: str | None) -> list[str]:
        return [bounded(f"coalesce(sum({when(condition, number)}), 0)")]

    return Aggregated(rows, build, numbers, 0)


def _avg(rows: Rows, number: str, _argument: int) -> Reading:
    def build(condition: str | None) -> list[str]:
        value = when(condition, number)
        return [bounded(rounded(f"sum({value})", f"count({value})::HUGEINT"))]

    return Aggregated(rows, build, numbers, MISSING)


def _extreme(extreme: str) -> Callable[[Rows, str, int], Reading]:
    def reading(rows: Rows, number: str, _argument: int) -> Reading:
        return Aggregated(
            rows, lambda condition: [f"{extreme}({when(condition, number)})"], numbers, MISSING
        )

    return reading


def _stddev(rows: Rows, number: str, _argument: int) -> Reading:
    def build(condition: str | None) -> list[str]:
        value = when(condition, number)
        small = when(f"abs({value}) < {STDDEV_BOUND}", value)
        total, squares = f"sum({small})", f"sum(({small})::HUGEINT * ({small}))"
        return [
            f"count({value})",
            f"count({small})",
            *_limbs(total),
            *_limbs(squares),
        ]

    def decode(arrays: Sequence[Array]) -> Column:
        columns = [filled(array).tolist() for array in arrays]
        return column_of([_deviation(*row) for row in zip(*columns, strict=True)])

    return Aggregated(rows, build, decode, MISSING)


def _limbs(huge: str) -> list[str]:
    high = f"({huge}) >> 62"
    return [f"({high})::BIGINT", f"(({huge}) - (({high}) * {_LIMB}::HUGEINT))::BIGINT"]


def _deviation(
    count: int, small: int, total_high: int, total: int, squares_high: int, squares: int
) -> Value:
    if count != small:
        return MISSING
    return sample_deviation(count, total_high * _LIMB + total, squares_high * _LIMB + squares)


def _percentile_of(rows: Rows, number: str, percent: int) -> Reading:
    def build(condition: str | None) -> list[str]:
        value = when(condition, number)
        values = f"list({value}) FILTER (WHERE ({value}) IS NOT NULL)"
        return [f"list_sort({values})[({percent} * count({value}) + 99) // 100]"]

    return Aggregated(rows, build, numbers, MISSING)


_OF_NUMBERS: Final[dict[str, Callable[[Rows, str, int], Reading]]] = {
    "sum": _sum,
    "avg": _avg,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "stddev": _stddev,
    "percentile_of": _percentile_of,
}
