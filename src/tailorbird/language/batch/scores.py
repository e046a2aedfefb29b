"""Scores as SQL: sums of points, weighted by age in integers."""

from __future__ import annotations

from typing import Final

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

_TABLE: Final = f"[{', '.join(map(str, MANTISSAS))}]"


def points(operation: Points, moment: Moment) -> Reading:
    """How a score is answered."""
    hop_us = None if operation.half_life_us is None else operation.half_life_us // HOPS
    if any(line.cap_per_day is not None for line in operation.lines):
        return _capped(operation.lines, hop_us, moment)
    lines = [(line.points, filters.selected(line.select, moment)) for line in operation.lines]
    shared, after = _pushed_down(operation.lines, hop_us, moment)
    unit = "1::BIGINT" if hop_us is None else _weight(hop_us, moment)

    def build(condition: str | None) -> list[str]:
        sums = []
        for line_points, conditions in lines:
            fits = " AND ".join([condition, *conditions] if condition else conditions)
            sums.append(f"coalesce(sum({when(fits, unit)}), 0)::HUGEINT * {whole(line_points)}")
        return [_value(" + ".join(sums), hop_us)]

    return Aggregated(Rows(moment.seen, (), shared, after), build, numbers, 0)


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


def _value(total: str, hop_us: int | None) -> str:
    return bounded(f"({total})" if hop_us is None else f"(({total}) >> {SHIFT})")


def _weight(hop_us: int, moment: Moment) -> str:
    """The weight of a fact at T."""
    # Hops are counted from before the first instant, because the engine's division of a
    # negative integer does not floor.
    shift = -(FIRST_INSTANT // hop_us) * hop_us
    hop_of = "(({}) + " + f"{shift}) // {hop_us}"
    if moment.shared_us is not None:
        now = str((moment.shared_us + shift) // hop_us)
    else:
        now = f"({hop_of.format(moment.now)})"
    age = f"({now} - {hop_of.format('time_us')})"
    weight = f"({_TABLE}[{age} % {HOPS} + 1] >> ({age} // {HOPS}))"
    return f"CASE WHEN {age} < {DECAY_HOPS} THEN {weight} ELSE 0 END"


def _capped(lines: tuple[PointLine, ...], hop_us: int | None, moment: Moment) -> Reading:
    """Scores of which a line counts only so many facts of a local date."""
    parts = " UNION ALL ".join(_line(line, hop_us, moment) for line in lines)
    value = _value("sum(part)", hop_us)
    return Queried(f"SELECT who, {value} AS score FROM ({parts}) GROUP BY who", numbers, 0)


def _line(line: PointLine, hop_us: int | None, moment: Moment) -> str:
    rows = f"FROM {moment.seen}{where(filters.selected(line.select, moment))}"
    unit = "1::BIGINT" if hop_us is None else _weight(hop_us, moment)
    counted = f"SELECT who, {unit} AS weight {rows}"
    if line.cap_per_day is not None:
        # Facts of one time weigh the same, so that their order does not matter.
        ranked = (
            f"SELECT who, {unit} AS weight, row_number() OVER (PARTITION BY who, "
            f"{moment.local_us('time_us')} // {DAY} ORDER BY time_us) AS number {rows}"
        )
        counted = f"SELECT who, weight FROM ({ranked}) WHERE number <= {line.cap_per_day}"
    return (
        f"SELECT who, sum(weight)::HUGEINT * {whole(line.points)} AS part "
        f"FROM ({counted}) GROUP BY who"
    )
