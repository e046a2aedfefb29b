"""Places: where the person is, how long she stayed in an area, when she came and went."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from tailorbird.kernel import geometry
from tailorbird.kernel.facts import AREA
from tailorbird.kernel.values import MISSING
from tailorbird.language.ast import Call
from tailorbird.language.reference.moment import (
    Answer,
    Bound,
    Moment,
    Operator,
    duration_argument,
    number_argument,
    text_argument,
)
from tailorbird.language.reference.selection import is_recent


def _location(moment: Moment, call: Call, bound: Bound) -> tuple[int, int] | None:
    value = moment.evaluate(call.args[0], bound)
    return None if isinstance(value, tuple) else geometry.read_location(value)


def _near(moment: Moment, call: Call, bound: Bound) -> bool:
    location, km = _location(moment, call, bound), call.keyword("km")
    assert km is not None
    latitude, longitude, distance = map(number_argument, (*call.args[1:], km))
    circle = geometry.circle(latitude, longitude, distance)
    return location is not None and geometry.near(circle, *location)


def _inside(moment: Moment, call: Call, bound: Bound) -> bool:
    location, area = _location(moment, call, bound), _area(moment, text_argument(call, 1))
    return location is not None and geometry.inside(area, *location)


def _area(moment: Moment, name: str) -> geometry.Area:
    """The area in force: the latest whose geometry can be read; without one, it is empty."""
    for fact in reversed(moment.workspace):
        if fact.name == AREA and fact.properties.get("name") == name:
            area = geometry.read_area(fact.properties.get("geometry"))
            if area is not None:
                return area
    return ()


def _visits(moment: Moment, call: Call) -> list[tuple[int, bool]]:
    """Of each act with a location: its time, and whether it lies in the area."""
    area, found = _area(moment, text_argument(call)), []
    for act in moment.acts:
        location = geometry.read_location(act.context.get("location", MISSING))
        if location is not None:
            found.append((act.time_us, geometry.inside(area, *location)))
    return found


def _dwell_in(moment: Moment, call: Call, _bound: Bound) -> Answer:
    last_us = duration_argument(call, "last")
    return sum(
        time_us - before_us
        for (before_us, was_in), (time_us, is_in) in pairwise(_visits(moment, call))
        if was_in
        and is_in
        and time_us - before_us <= moment.session_gap_us
        and is_recent(moment, time_us, last_us)
    )


def _passed(moment: Moment, call: Call, to: bool) -> bool:
    """Whether the person came into the area, or went out; before anything she is outside."""
    last_us = duration_argument(call, "last")
    return any(
        is_in is to and was_in is not to and is_recent(moment, time_us, last_us)
        for (_, was_in), (time_us, is_in) in pairwise([(0, False), *_visits(moment, call)])
    )


def _entered_area(moment: Moment, call: Call, _bound: Bound) -> bool:
    return _passed(moment, call, True)


def _left_area(moment: Moment, call: Call, _bound: Bound) -> bool:
    return _passed(moment, call, False)


OPERATORS: Final[dict[str, Operator]] = {
    "near": _near,
    "inside": _inside,
    "dwell_in": _dwell_in,
    "entered_area": _entered_area,
    "left_area": _left_area,
}
