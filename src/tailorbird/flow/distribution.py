"""How the values of a score or trait are spread over people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from tailorbird.flow.answer import Answer, answer
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, SECOND
from tailorbird.kernel.values import Missing, mean
from tailorbird.language.batch.columns import Array, as_numbers
from tailorbird.language.definitions import Definitions, Key
from tailorbird.language.operators import Type
from tailorbird.ports.history import Warehouse

QUANTILES: Final = (0, 10, 25, 50, 75, 90, 95, 99, 100)
"""In per cent; by nearest rank, as ``percentile_of`` takes them."""
BARS: Final = 10


class Bar(NamedTuple):
    """How many people have a value in [low, high)."""

    low: int
    high: int
    people: int


class Distribution(NamedTuple):
    """The values of a definition over everybody who exists; all values as they are stored."""

    people: int
    with_value: int
    mean: int | Missing
    quantiles: Sequence[tuple[int, int]]
    histogram: Sequence[Bar]
    top: Sequence[tuple[str, int]]
    """Those with the largest values, by name; of equal ones those who came first."""


def distribution(
    history: Warehouse,
    definitions: Definitions,
    key: Key,
    at_us: int,
    *,
    top: int = 10,
    known_then: bool = False,
) -> Distribution:
    """The values of a score or trait that are numbers, durations or instants."""
    told = answer(history, definitions, [key], at_us, known_then=known_then)
    numbers = as_numbers(told.columns[key], told.listed)
    rows = np.flatnonzero(numbers.present)
    values = numbers.values[rows]
    ascending = np.sort(values)
    return Distribution(
        told.existing,
        len(values),
        mean(_total(values), len(values)),
        [(p, int(ascending[_rank(p, len(values))])) for p in QUANTILES if len(values)],
        _histogram(ascending, _widths(definitions, key)) if len(values) else [],
        _largest(told, rows, values, top),
    )


def _rank(percent: int, count: int) -> int:
    return max(-(-percent * count // 100), 1) - 1


def _total(values: Array) -> int:
    """The exact sum of 64-bit integers, in two halves that do not overflow."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def _histogram(ascending: Array, widths: Iterator[int]) -> list[Bar]:
    low, high = int(ascending[0]), int(ascending[-1])
    width = next(width for width in widths if width * (BARS - 1) >= high - low)
    first = low // width * width
    edges = [first + width * number for number in range((high - first) // width + 2)]
    places = np.searchsorted(ascending, np.array(edges, np.int64)).tolist()
    return [
        Bar(edges[number], edges[number + 1], places[number + 1] - places[number])
        for number in range(len(edges) - 1)
    ]


def _widths(definitions: Definitions, key: Key) -> Iterator[int]:
    """Round widths of bars, ascending: in clock units for what is a length or point of time."""
    is_time = definitions.by_key()[key].gives in (Type.DURATION, Type.INSTANT)
    if is_time:
        yield from (unit * n for unit in (SECOND, MINUTE) for n in (1, 2, 5, 10, 20, 30))
        yield from (HOUR * n for n in (1, 2, 3, 6, 12))
    unit = DAY if is_time else 1
    while True:
        yield from (unit * n for n in (1, 2, 5))
        unit *= 10


def _largest(told: Answer, rows: Array, values: Array, top: int) -> list[tuple[str, int]]:
    chosen = np.sort(np.lexsort((rows, -values))[:top])
    named = zip(told.names_of(rows[chosen]), values[chosen].tolist(), strict=True)
    return sorted(named, key=lambda entry: -entry[1])
