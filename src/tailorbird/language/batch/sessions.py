"""Sessions of many people at once by arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from tailorbird.kernel.facts import PAGE_VIEWED, SCREEN_VIEWED
from tailorbird.kernel.values import MISSING, UNIT, Value
from tailorbird.language.batch.columns import Array
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.ordered import Chunk, latest_rows, tallied
from tailorbird.language.batch.readings import Computed, Decode, Ordered, Rows, flags, numbers
from tailorbird.language.operations import Sessions

_PAGES: Final = f"name IN ('{PAGE_VIEWED}', '{SCREEN_VIEWED}')"


def sessions(operation: Sessions, moment: Moment) -> Ordered:
    """The number of sessions, or a measure of the latest one."""
    rows = Rows(moment.seen, ("act",), after=opens_after(moment, operation.last_us))
    columns = [_PAGES] if operation.measure == "depth" else []
    gap_us = moment.shared_gap_us
    if gap_us is None:
        columns.append(moment.session_gap())
    measure, decode, default = _MEASURES[operation.measure]
    last_us = operation.last_us

    def compute(chunk: Chunk, now: Array) -> Computed:
        begins = _begins(chunk, chunk.columns[-1][1:] if gap_us is None else gap_us)
        if operation.measure == "count":
            return _count(chunk, begins, None if last_us is None else now - last_us)
        first = np.maximum.accumulate(np.where(begins, chunk.places, 0))
        last = latest_rows(chunk.who)
        return chunk.who[last], [measure(chunk, first[last], last)]

    # Sessions are cut by times alone: acts of one time may come in any order.
    return Ordered(rows, tuple(columns), None, compute, decode, default, by_id=False)


def opens_after(moment: Moment, last_us: int | None) -> int | None:
    """Acts at or before this instant do not tell which sessions begin in the window.

    An act that seems to begin a session, because what came before it is not looked at, lies
    before the window itself.
    """
    if last_us is None or moment.shared_us is None or moment.shared_gap_us is None:
        return None
    return moment.shared_us - last_us - moment.shared_gap_us


def _begins(chunk: Chunk, gap_us: Array | int) -> Array:
    """The rows that begin a session."""
    begins = chunk.begins.copy()
    begins[1:] |= chunk.time_us[1:] - chunk.time_us[:-1] > gap_us
    return begins


def _count(chunk: Chunk, begins: Array, after_us: Array | None) -> Computed:
    if after_us is not None:
        begins = begins & (chunk.time_us > after_us)
    people, counts = tallied(chunk.who[begins])
    return people, [counts * UNIT]


def _duration(chunk: Chunk, first: Array, last: Array) -> Array:
    length_us: Array = chunk.time_us[last] - chunk.time_us[first]
    return length_us


def _depth(chunk: Chunk, first: Array, last: Array) -> Array:
    pages = np.append(0, np.cumsum(chunk.columns[0].astype(np.int64)))
    seen: Array = (pages[last + 1] - pages[first]) * UNIT
    return seen


def _bounced(_chunk: Chunk, first: Array, last: Array) -> Array:
    single: Array = first == last
    return single


_Measure = Callable[[Chunk, Array, Array], Array]
_MEASURES: Final[dict[str, tuple[_Measure, Decode, Value]]] = {
    "count": (_duration, numbers, 0),
    "duration": (_duration, numbers, MISSING),
    "depth": (_depth, numbers, MISSING),
    "bounced": (_bounced, flags, False),
}
