"""Running what a plan asks for: queries, and functions of the rows in order, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from tailorbird.flow.ahead import ahead
from tailorbird.flow.asking import Asking
from tailorbird.language.batch.columns import Array, Column, replaced, spread, taken
from tailorbird.language.batch.moments import Everybody, Moment, Questions
from tailorbird.language.batch.ordered import Chunk, sorted_rows
from tailorbird.language.batch.plan import scans
from tailorbird.language.batch.readings import (
    Aggregated,
    Ordered,
    Reading,
    Rows,
    filled,
    row_conditions,
    where,
)
from tailorbird.language.operations import Operation
from tailorbird.ports.history import Warehouse

CHUNK_ROWS = 1_000_000
"""Rows that are held in memory at a time, as long as no single person has more."""
_LISTED = 10_000
"""People that a condition lists; beyond, it takes less to look at everybody."""
_SHIFT = 4
"""People are counted by sixteens."""


class Needed(Protocol):
    """What rows in order are wanted for."""

    @property
    def rows(self) -> Rows:
        """Which rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What is read of each, besides the person and the time."""

    @property
    def partition(self) -> str | None:
        """What tells the stories of a person apart."""

    @property
    def by_id(self) -> bool:
        """Whether the order of rows with one time matters."""


@dataclass(frozen=True)
class Result:
    """The people that some readings are about, in order, and what was found out about them."""

    whose: Array
    found: Sequence[tuple[Operation, Reading, Sequence[Array]]]


def run(
    asking: Asking, moment: Moment, readings: Mapping[Operation, Reading], *, dense: bool
) -> list[Result]:
    """Run readings; a dense run's first result tells everybody who has a fact that is seen."""
    results: list[Result] = []
    for scan in scans(readings, moment, dense=dense):
        first, *others = asking.history.query(scan.sql).values()
        whose = filled(first).astype(np.int64)
        order = np.argsort(whose)
        columns = [column[order] for column in others]
        found: list[tuple[Operation, Reading, Sequence[Array]]] = []
        for operation, how, start, end in scan.parts:
            arrays = columns[start:end]
            if isinstance(how, Aggregated) and how.otherwise is not None:
                how = _settled(asking, moment, operation, how, whose[order], arrays)
            found.append((operation, how, arrays))
        results.append(Result(whose[order], found))
    for operation, how in readings.items():
        if isinstance(how, Ordered):
            results.append(_computed(asking, moment, operation, how))
    return results


def people_of(results: Sequence[Result]) -> Array:
    """The people of all results, each once, in order."""
    if not results:
        return np.zeros(0, np.int64)
    every = [result.whose for result in results]
    return np.unique(np.concatenate(every)) if len(every) > 1 else every[0]


def columns_of(results: Sequence[Result], people: Array) -> dict[Operation, Column]:
    """What was found out about some people, given in order; the others are left out."""
    columns: dict[Operation, Column] = {}
    for result in results:
        if np.array_equal(people, result.whose):
            columns.update((op, how.decode(arrays)) for op, how, arrays in result.found)
            continue
        places = np.searchsorted(people, result.whose)
        known = places < len(people)
        known[known] = people[places[known]] == result.whose[known]
        rows = np.flatnonzero(known)
        for operation, how, arrays in result.found:
            column = taken(how.decode(arrays), rows)
            columns[operation] = spread(column, places[rows], len(people), how.default)
    return columns


def _settled(
    asking: Asking,
    moment: Moment,
    operation: Operation,
    how: Aggregated,
    whose: Array,
    arrays: Sequence[Array],
) -> Aggregated:
    """A reading whose column is also right for those of whom aggregates do not tell."""
    assert how.otherwise is not None
    rows = np.flatnonzero(how.otherwise.unsure(arrays))
    if not len(rows):
        return how
    ordered = how.otherwise.ordered
    if len(rows) <= _LISTED:
        only = f"who IN ({', '.join(map(str, whose[rows].tolist()))})"
        limited = replace(ordered.rows, conditions=(*ordered.rows.conditions, only))
        ordered = replace(ordered, rows=limited)
    answered = _computed(asking, moment, operation, ordered)
    column = columns_of([answered], whose[rows])[operation]
    settled = replaced(how.decode(arrays), rows, column)
    return replace(how, decode=lambda _arrays: settled)


# Rows in order


def _computed(asking: Asking, moment: Moment, operation: Operation, how: Ordered) -> Result:
    parts = [how.compute(chunk, now) for chunk, now in chunks_of(asking, moment, how)]
    whose = np.concatenate([people for people, _ in parts])
    columns = [_one_after_another(arrays) for arrays in zip(*(a for _, a in parts), strict=True)]
    return Result(whose, [(operation, how, columns)])


def _one_after_another(arrays: Sequence[Array]) -> Array:
    if not any(isinstance(array, np.ma.MaskedArray) for array in arrays):
        return np.concatenate(arrays)
    masked: Any = np.ma  # it says nothing of its types
    found: Array = masked.concatenate(arrays)
    return found


def chunks_of(asking: Asking, moment: Moment, how: Needed) -> Iterator[tuple[Chunk, Array]]:
    """The rows chunk by chunk, with the instants that they are asked about."""
    if how.partition is None and isinstance(moment, Everybody) and not moment.with_united:
        yield from _stored_chunks(asking, moment, how)
        return
    if isinstance(moment, Questions):
        # Most questions are about few facts, which are not worth counting first.
        arrays = _fetch(asking.history, moment, how, f" LIMIT {CHUNK_ROWS}", ordered=True)
        if len(arrays[0]) < CHUNK_ROWS:
            yield _chunk(arrays, how)
            return
    for first, last in _spans(asking, how):
        span = f"who BETWEEN {first} AND {last}"
        yield _chunk(_fetch(asking.history, moment, how, "", span, ordered=True), how)


def _stored_chunks(asking: Asking, moment: Everybody, how: Needed) -> Iterator[tuple[Chunk, Array]]:
    """Rows as they are stored: in order, but for those that have not been compacted."""
    if asking.is_compact:
        for arrays in ahead(_compact(asking.history.reading_ahead(), moment, how)):
            yield _chunk(arrays, how)
        return
    spans = [f"who BETWEEN {first} AND {last}" for first, last in _spans(asking, how)]

    beside = asking.history.reading_ahead()
    for arrays in ahead(sorted_rows(_fetch(beside, moment, how, "", span)) for span in spans):
        # Where facts of different roles have one time, ids decide.
        unsure = _unsure(arrays) if how.by_id else arrays[0][:0]
        if len(unsure):
            kept = ~np.isin(arrays[0], unsure)
            arrays = [array[kept] for array in arrays]
            listed = f"who IN ({', '.join(map(str, unsure.tolist()))})"
            yield _chunk(_fetch(asking.history, moment, how, "", listed, ordered=True), how)
        yield _chunk(arrays, how)


def _compact(history: Warehouse, moment: Everybody, how: Needed) -> Iterator[list[Array]]:
    """Compacted rows, which the engine gives in order without being asked to."""
    start = 0
    while True:
        arrays = _fetch(history, moment, how, f" LIMIT {CHUNK_ROWS}", f"who >= {start}")
        who = arrays[0]
        if len(who) < CHUNK_ROWS:
            yield arrays
            return
        start = int(who[-1])
        whole = int(np.searchsorted(who, start))
        if whole:  # the last person's rows may not be all there
            yield [array[:whole] for array in arrays]
        else:
            yield _fetch(history, moment, how, "", f"who = {start}")
            start += 1


def _spans(asking: Asking, how: Needed) -> Iterator[tuple[int, int]]:
    """Ranges of people with about as many rows as fit a chunk; one with nobody if need be."""
    counted = asking.history.query(
        f"SELECT who >> {_SHIFT} AS bucket, count(*) AS size FROM {how.rows.relation}"
        f"{where(row_conditions(how.rows))} GROUP BY bucket ORDER BY bucket"
    )
    buckets, sizes = (filled(counted[name]) for name in ("bucket", "size"))
    if not len(buckets):
        yield 0, -1
        return
    chunk = (np.cumsum(sizes) - 1) // CHUNK_ROWS
    first = np.flatnonzero(np.append(True, chunk[1:] != chunk[:-1]))
    for start, end in zip(first, [*first[1:], len(buckets)], strict=True):
        yield int(buckets[start]) << _SHIFT, (int(buckets[end - 1]) + 1 << _SHIFT) - 1


def _fetch(
    history: Warehouse, moment: Moment, how: Needed, end: str, *limits: str, ordered: bool = False
) -> list[Array]:
    """Person, time, instant asked about, the reading's columns, and the partition if any."""
    columns = [*how.columns, *([] if how.partition is None else [how.partition])]
    listed = "".join(f", {column} AS c{number}" for number, column in enumerate(columns))
    now = f", {moment.now} AS asked_us" if moment.shared_us is None else ""
    key = f", c{len(how.columns)}" if how.partition is not None else ""
    last = ", id" if how.by_id else ""
    order = f" ORDER BY who{key}, time_us{last}" if ordered else ""
    found = history.query(
        f"SELECT who, time_us{listed}{now} FROM {how.rows.relation}"
        f"{where([*row_conditions(how.rows), *limits])}{order}{end}"
    )
    who, time_us, *others = (filled(column) for column in found.values())
    if moment.shared_us is None:
        return [who, time_us, others.pop(), *others]
    return [who, time_us, np.broadcast_to(np.int64(moment.shared_us), len(who)), *others]


def _unsure(arrays: Sequence[Array]) -> Array:
    """The people with facts of different roles at one time."""
    who, time_us, _, *columns = arrays
    differs = np.zeros(max(len(who) - 1, 0), bool)
    for column in columns:
        differs |= np.asarray(column[1:] != column[:-1], bool)
    together = (who[1:] == who[:-1]) & (time_us[1:] == time_us[:-1])
    return np.unique(who[1:][together & differs])


def _chunk(arrays: list[Array], how: Needed) -> tuple[Chunk, Array]:
    who, time_us, now, *columns = arrays
    keys = columns.pop() if how.partition is not None else None
    return Chunk(who, time_us, columns, keys), now
