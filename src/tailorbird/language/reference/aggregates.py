"""Aggregates: what is counted, added up or picked from the facts of a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import local_date
from tailorbird.kernel.values import (
    MISSING,
    STDDEV_BOUND,
    UNIT,
    IdNumber,
    Missing,
    bounded,
    mean,
    sample_deviation,
)
from tailorbird.language.ast import Call, Listing, Node, Text
from tailorbird.language.reference.moment import (
    Answer,
    Bound,
    Moment,
    Operator,
    number_argument,
)
from tailorbird.language.reference.selection import chosen

Comparable: TypeAlias = tuple[type, int | str | IdNumber]
"""A value that can be equal to others, with its type: 1 and True are two."""


def comparable(value: Answer) -> Comparable | None:
    """What a value is told apart by; None when it cannot be equal to anything."""
    if isinstance(value, int | str | IdNumber):
        return type(value), value
    return None


def _did(moment: Moment, call: Call, _bound: Bound) -> bool:
    return bool(chosen(moment, call))


def _count(moment: Moment, call: Call, _bound: Bound) -> int:
    facts, by = chosen(moment, call), call.keyword("by")
    if by is None:
        return len(facts) * UNIT
    return max(map(len, _groups(moment, facts, by).values()), default=0) * UNIT


def _groups(moment: Moment, facts: list[Fact], by: Node) -> dict[Comparable, list[Fact]]:
    """The facts of each value; those whose value cannot be equal to another have no group."""
    groups: dict[Comparable, list[Fact]] = {}
    for fact in facts:
        value = comparable(moment.evaluate(by, Bound(fact)))
        if value is not None:
            groups.setdefault(value, []).append(fact)
    return groups


def _since(moment: Moment, call: Call, bound: Bound) -> Answer:
    then = call.args[0]
    names_events = isinstance(then, Text | Listing) or (isinstance(then, Call) and then.op in _ANY)
    past = _last_time(moment, call, bound) if names_events else moment.evaluate(then, bound)
    return moment.now_us - past if isinstance(past, int) else MISSING


_ANY: Final = ("any_event", "active_events", "passive_events")


def _first_time(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return next((fact.time_us for fact in chosen(moment, call)), MISSING)


def _last_time(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return next((fact.time_us for fact in reversed(chosen(moment, call))), MISSING)


def _active_days(moment: Moment, call: Call, _bound: Bound) -> int:
    return len({local_date(fact.time_us, moment.zone) for fact in chosen(moment, call)}) * UNIT


def _first(moment: Moment, call: Call, _bound: Bound) -> Answer:
    values = (moment.evaluate(call.args[1], Bound(fact)) for fact in chosen(moment, call))
    return next(values, MISSING)


def _latest(moment: Moment, call: Call, _bound: Bound) -> Answer:
    facts = reversed(chosen(moment, call))
    return next((moment.evaluate(call.args[1], Bound(fact)) for fact in facts), MISSING)


def numbers(moment: Moment, facts: list[Fact], of: Node) -> list[int]:
    """The numbers among the values of facts, in order."""
    values = (moment.evaluate(of, Bound(fact)) for fact in facts)
    return [value for value in values if type(value) is int]


def _over_numbers(calculate: Callable[[list[int]], int | Missing]) -> Operator:
    def calculated(moment: Moment, call: Call, _bound: Bound) -> int | Missing:
        return calculate(numbers(moment, chosen(moment, call), call.args[1]))

    return calculated


def _deviation(values: list[int]) -> int | Missing:
    if any(abs(value) >= STDDEV_BOUND for value in values):
        return MISSING
    return sample_deviation(len(values), sum(values), sum(value * value for value in values))


def _percentile_of(moment: Moment, call: Call, _bound: Bound) -> int | Missing:
    _, percent, of = call.args
    values = sorted(numbers(moment, chosen(moment, call), of))
    rank = -(-number_argument(percent) // UNIT * len(values) // 100)
    return values[rank - 1] if values else MISSING


def _distinct(moment: Moment, call: Call, _bound: Bound) -> int:
    return len(_groups(moment, chosen(moment, call), call.args[1])) * UNIT


def _ranking(moment: Moment, call: Call) -> list[Answer]:
    """The values with the most facts first; of two with as many, the one seen later."""
    groups = _groups(moment, chosen(moment, call), call.args[1])
    order = sorted(groups, key=lambda v: (len(groups[v]), groups[v][-1].key), reverse=True)
    return [value for _, value in order]


def _favourite(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return next(iter(_ranking(moment, call)), MISSING)


def _top(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return _ranking(moment, call)[: number_argument(call.args[2]) // UNIT]


OPERATORS: Final[dict[str, Operator]] = {
    "did": _did,
    "count": _count,
    "since": _since,
    "first_time": _first_time,
    "last_time": _last_time,
    "active_days": _active_days,
    "sum": _over_numbers(lambda values: bounded(sum(values))),
    "avg": _over_numbers(lambda values: mean(sum(values), len(values))),
    "min": _over_numbers(lambda values: min(values, default=MISSING)),
    "max": _over_numbers(lambda values: max(values, default=MISSING)),
    "stddev": _over_numbers(_deviation),
    "distinct": _distinct,
    "first": _first,
    "latest": _latest,
    "favourite": _favourite,
    "top": _top,
    "percentile_of": _percentile_of,
}
