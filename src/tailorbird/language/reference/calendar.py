"""Local hours, weekdays and dates, of a fact and of now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from tailorbird.kernel.instants import (
    DAY,
    days_to_anniversary,
    local_date,
    local_hour,
    local_weekday,
    parse_instant,
    to_date,
)
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.ast import Call
from tailorbird.language.reference.moment import (
    Answer,
    Bound,
    Moment,
    Operator,
    duration_argument,
)


def _now(read: Callable[[int, ZoneInfo], int]) -> Operator:
    return lambda moment, _call, _bound: read(moment.now_us, moment.zone) * UNIT


def _of_fact(read: Callable[[int, ZoneInfo], int]) -> Operator:
    def of_fact(moment: Moment, _call: Call, bound: Bound) -> Answer:
        return MISSING if bound.fact is None else read(bound.fact.time_us, moment.zone) * UNIT

    return of_fact


def _date(moment: Moment, _call: Call, _bound: Bound) -> str:
    return to_date(local_date(moment.now_us, moment.zone)).isoformat()


def _anniversary(moment: Moment, call: Call, bound: Bound) -> bool:
    value, within_us = moment.evaluate(call.args[0], bound), duration_argument(call, "within")
    born_us = parse_instant(value, moment.zone) if isinstance(value, str) else None
    if born_us is None or within_us is None:
        return False
    born, today = (local_date(t, moment.zone) for t in (born_us, moment.now_us))
    return days_to_anniversary(born, today) <= within_us // DAY


OPERATORS: Final[dict[str, Operator]] = {
    "hour": _now(local_hour),
    "weekday": _now(local_weekday),
    "date": _date,
    "event_hour": _of_fact(local_hour),
    "event_weekday": _of_fact(local_weekday),
    "anniversary": _anniversary,
}
