"""Values smoothed over their last occurrences, and frequency against that of a longer time."""

from __future__ import annotations

from typing import Final

from tailorbird.kernel.instants import DAY
from tailorbird.kernel.smoothing import exponential, kalman
from tailorbird.kernel.values import MISSING, UNIT, bounded, divide_rounded
from tailorbird.language.ast import Call
from tailorbird.language.reference.aggregates import numbers
from tailorbird.language.reference.moment import (
    Answer,
    Bound,
    Moment,
    Operator,
    duration_argument,
    number_argument,
)
from tailorbird.language.reference.selection import chosen, is_recent

ALPHA: Final = 3 * UNIT // 10
SHORT_US: Final = 7 * DAY
LONG_US: Final = 28 * DAY


def _smooth(moment: Moment, call: Call, _bound: Bound) -> Answer:
    values = numbers(moment, chosen(moment, call), call.args[1])
    alpha, q, r = (call.keyword(name) for name in ("alpha", "q", "r"))
    if q is not None and r is not None:
        return kalman(values, number_argument(q), number_argument(r))
    return exponential(values, ALPHA if alpha is None else number_argument(alpha))


def trend_lengths(call: Call) -> tuple[int, int]:
    """The short and the long length of a trend."""
    short_us, long_us = duration_argument(call, "short"), duration_argument(call, "long")
    return (
        SHORT_US if short_us is None else short_us,
        LONG_US if long_us is None else long_us,
    )


def _trend(moment: Moment, call: Call, _bound: Bound) -> Answer:
    short_us, long_us = trend_lengths(call)
    times = [fact.time_us for fact in chosen(moment, call)]
    in_short = sum(is_recent(moment, time_us, short_us) for time_us in times)
    in_long = sum(is_recent(moment, time_us, long_us) for time_us in times)
    if not in_long:
        return MISSING
    return bounded(divide_rounded(in_short * long_us * UNIT, in_long * short_us))


OPERATORS: Final[dict[str, Operator]] = {"smooth": _smooth, "trend": _trend}
