"""Scores: points for facts, worth less as they age."""

from __future__ import annotations

from tailorbird.kernel.decay import HOPS, SHIFT, weight
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import local_date
from tailorbird.kernel.values import Missing, bounded
from tailorbird.language.definitions import Definition, Line
from tailorbird.language.reference.moment import Moment
from tailorbird.language.reference.selection import fits


def score(moment: Moment, definition: Definition) -> int | Missing:
    """The value of a score."""
    counted = [(line.points, fact) for line in definition.lines for fact in _earning(moment, line)]
    half_life_us = definition.half_life_us
    if half_life_us is None:
        return bounded(sum(points for points, _ in counted))
    hop_us = half_life_us // HOPS
    now = moment.now_us // hop_us
    total = sum(points * weight(now - fact.time_us // hop_us) for points, fact in counted)
    return bounded(total >> SHIFT)


def _earning(moment: Moment, line: Line) -> list[Fact]:
    """The facts that earn a line's points: of each local date only so many as its cap allows."""
    found: list[Fact] = []
    on_date: dict[int, int] = {}
    for fact in moment.facts:
        if fits(moment, fact, line.events, line.where):
            date = local_date(fact.time_us, moment.zone)
            on_date[date] = on_date.get(date, 0) + 1
            if line.cap_per_day is None or on_date[date] <= line.cap_per_day:
                found.append(fact)
    return found
