"""Scores as SQL: sums of points, weighted by age in integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd
from typing import Final, TypeAlias

from tailorbird.kernel.decay import HOPS, MANTISSAS, SHIFT
from tailorbird.kernel.instants import DAY, FIRST_INSTANT
from tailorbird.kernel.limits import DECAY_HOPS
from tailorbird.language.batch import filters
from tailorbird.language.batch.literals import whole
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.readings import (
    Aggregated,
    Queried,
    Reading,
    Rows,
    numbers,
    when,
    where,
)
from tailorbird.language.batch.typed import bounded
from tailorbird.language.operations import PointLine, Points

_WEIGHT: Final = (
    f"CASE WHEN age < {DECAY_HOPS} THEN {list(MANTISSAS)}[(age & {HOPS - 1}) + 1] "
    f">> (age >> {HOPS.bit_length() - 1}) ELSE 0 END"
)
"""The weight of an age, which is a column; a half life has 64 hops."""

_Line: TypeAlias = tuple[int, str]
"""Points, and what holds for the facts that give them."""


def points(operation: Points, moment: Moment) -> Reading:
    """How a score is answered."""
    hop_us = None if operation.half_life_us is None else operation.half_life_us // HOPS
    if any(line.cap_per_day is not None for line in operation.lines):
        return _capped(operation.lines, hop_us, moment)
    lines = [
        (line.points, " AND ".join(filters.selected(line.select, moment)))
        for line in operation.lines
    ]
    shared, after = _pushed_down(operation.lines, hop_us, moment)
    if hop_us is None:
        return Aggregated(Rows(moment.seen, (), shared), _counted(lines), numbers, 0)
    relation = _with_points(lines, _weighted(hop_us, moment))
    return Aggregated(Rows(relation, (), shared, after), _decayed(lines), numbers, 0)


def _counted(lines: Sequence[_Line]) -> Callable[[str | None], list[str]]:
    def build(condition: str | None) -> list[str]:
        each = [(p, f"{condition} AND {fits}" if condition else fits) for p, fits in lines]
        counts = [f"count({when(fits, '1')})::HUGEINT * {whole(points)}" for points, fits in each]
        return [bounded(" + ".join(counts))]

    return build


def _decayed(lines: Sequence[_Line]) -> Callable[[str | None], list[str]]:
    def build(condition: str | None) -> list[str]:
        total = f"coalesce(sum({when(condition, 'points * weight')}), 0)::HUGEINT"
        return [bounded(f"({total} * {_unit(lines)}) >> {SHIFT}")]

    return build


def _with_points(lines: Sequence[_Line], relation: str) -> str:
    """Facts with the points of all lines, counted in the largest unit.

    Points, weight and age are columns, so that the engine works them out once a fact.
    """
    # A weight is at most 2^40; the sum over a person's facts has 128 bits in any case.
    most = sum(abs(points) for points, _ in lines) // _unit(lines)
    kind = "BIGINT" if most < 2 ** (63 - SHIFT) else "HUGEINT"
    points = " + ".join(
        f"CASE WHEN {fits} THEN {whole(points // _unit(lines))}::{kind} ELSE 0 END"
        for points, fits in lines
    )
    return f"(SELECT *, {points} AS points FROM {relation})"


def _unit(lines: Sequence[_Line]) -> int:
    """What the points of every line are a multiple of."""
    return gcd(*(points for points, _ in lines)) or 1


def _pushed_down(
    lines: tuple[PointLine, ...], hop_us: int | None, moment: Moment
) -> tuple[frozenset[str] | None, int | None]:
    """The names of all lines, and the instant up to which nothing has any weight."""
    named = [line.select.names for line in lines]
    names = frozenset().union(*(found for found in named if found is not None))
    after = None
    if hop_us is not None and moment.shared_us is not None:
        after = (moment.shared_us // hop_us - DECAY_HOPS + 1) * hop_us - 1
    return (None if None in named else names), after


def _weighted(hop_us: int | None, moment: Moment) -> str:
    """Facts with their weight at T, 1 for each where nothing decays."""
    if hop_us is None:
        return f"(SELECT *, 1::BIGINT AS weight FROM {moment.seen})"
    # Hops are counted from before the first instant, because the engine's division of a
    # negative integer does not floor.
    shift = -(FIRST_INSTANT // hop_us) * hop_us
    hop_of = "(({}) + " + f"{shift}) // {hop_us}"
    if moment.shared_us is not None:
        now = str((moment.shared_us + shift) // hop_us)
    else:
        now = hop_of.format(moment.now)
    age = f"{now} - {hop_of.format('time_us')}"
    return f"(SELECT *, {_WEIGHT} AS weight FROM (SELECT *, {age} AS age FROM {moment.seen}))"


def _capped(lines: tuple[PointLine, ...], hop_us: int | None, moment: Moment) -> Reading:
    """Scores of which a line counts only so many facts of a local date."""
    relation = _weighted(hop_us, moment)
    parts = " UNION ALL ".join(_line(line, relation, moment) for line in lines)
    value = bounded("sum(part)" if hop_us is None else f"sum(part) >> {SHIFT}")
    return Queried(f"SELECT who, {value} AS score FROM ({parts}) GROUP BY who", numbers, 0)


def _line(line: PointLine, relation: str, moment: Moment) -> str:
    rows = f"FROM {relation}{where(filters.selected(line.select, moment))}"
    counted = f"SELECT who, weight {rows}"
    if line.cap_per_day is not None:
        # Facts of one time weigh the same, so that their order does not matter.
        ranked = (
            f"SELECT who, weight, row_number() OVER (PARTITION BY who, "
            f"{moment.local_us('time_us')} // {DAY} ORDER BY time_us) AS number {rows}"
        )
        counted = f"SELECT who, weight FROM ({ranked}) WHERE number <= {line.cap_per_day}"
    return (
        f"SELECT who, sum(weight)::HUGEINT * {whole(line.points)} AS part "
        f"FROM ({counted}) GROUP BY who"
    )
