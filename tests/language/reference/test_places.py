"""Where somebody is, how long she stayed, when she came and went."""

from __future__ import annotations

from typing import Any

import pytest
from tests.language.reference.asking import ask, fact, setting

from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.instants import MINUTE
from tailorbird.kernel.values import UNIT


def square(time: str, size: int, name: str = "park", **geometry: Any) -> Fact:
    """An area with its lower left corner at (0, 0)."""
    corners = [[0, 0], [size, 0], [size, size], [0, size], [0, 0]]
    given = {"type": "Polygon", "coordinates": [corners]} | geometry
    return fact(time, "$area", {"name": name, "geometry": given}, subject=WORKSPACE)


def seen(time: str, latitude: Any, longitude: Any = 0.5, name: str = "Ping", **rest: Any) -> Fact:
    location = {"latitude": latitude, "longitude": longitude}
    return fact(time, name, context={"location": location}, **rest)


PARK = [square("0s", 1)]
IN, OUT = 0.5, 5


def test_a_location_is_compared_with_an_area_now_and_in_where() -> None:
    facts = [seen("1h", OUT), seen("2h", IN), seen("3h", OUT)]
    expression = 'inside(context.location, "park")'
    answers = [ask(expression, facts, at, workspace=PARK) for at in ("1h", "2h", "3h")]
    assert answers == [False, True, False]
    assert ask(f'count("Ping", where={expression})', facts, "9d", workspace=PARK) == UNIT
    assert ask(expression, facts, "2h") is False


def test_the_latest_readable_area_is_in_force() -> None:
    areas = [square("0s", 1), square("3h", 9), square("4h", 1, type="Circle"), square("9h", 1, "x")]
    expression = 'inside(context.location, "park")'
    facts = [seen("1h", OUT, OUT)]
    answers = [ask(expression, facts, at, workspace=areas) for at in ("3h -1us", "3h", "9h")]
    assert answers == [False, True, True]


@pytest.mark.parametrize(
    "latitude", [None, "0.5", True, 91, {"x": 1}], ids=["null", "text", "boolean", "far", "object"]
)
def test_what_is_no_location_is_nowhere(latitude: Any) -> None:
    facts = [seen("1h", latitude)]
    assert ask('inside(context.location, "park")', facts, "2h", workspace=PARK) is False
    assert ask("near(context.location, 0, 0, km=200)", facts, "2h") is False


def test_near_takes_its_edge_in_and_reaches_over_the_180th_meridian() -> None:
    expression = "near(context.location, 0, 179.999, km=1)"
    edge = 0.008993  # one kilometre in degrees
    assert ask(expression, [seen("1h", edge, 179.999)], "2h") is True
    assert ask(expression, [seen("1h", edge + 0.000001, 179.999)], "2h") is False
    assert ask(expression, [seen("1h", 0, -179.993)], "2h") is True
    assert ask(expression, [seen("1h", 0, -179.991)], "2h") is False


def test_time_in_an_area_adds_neighbours_that_are_both_inside() -> None:
    facts = [
        seen("0s", IN),
        seen("10m", IN),
        fact("15m", "Page Viewed"),
        seen("20m", OUT),
        seen("30m", IN),
        seen("31m", "nowhere"),
        seen("32m", OUT, act=False),
        seen("1h", IN),
        seen("90m 1us", IN),
    ]
    assert ask('dwell_in("park")', facts, "9d", workspace=PARK) == 40 * MINUTE
    short = [*PARK, setting("0s", "session_gap", "10m")]
    assert ask('dwell_in("park")', facts, "9d", workspace=short) == 10 * MINUTE
    assert ask('dwell_in("park")', facts, "9d") == 0
    assert ask('dwell_in("park") > "39m"', facts, "9d", workspace=PARK) is True


@pytest.mark.parametrize(("at", "minutes"), [("1d 10m -1us", 10), ("1d 10m", 0)])
def test_a_stay_counts_while_its_end_lies_in_the_window(at: str, minutes: int) -> None:
    facts = [seen("0s", IN), seen("10m", IN)]
    assert ask('dwell_in("park", last="1d")', facts, at, workspace=PARK) == minutes * MINUTE


@pytest.mark.parametrize(
    ("route", "came", "went"),
    [
        ([], False, False),
        ([IN], True, False),
        ([OUT], False, False),
        ([OUT, IN], True, False),
        ([IN, IN], True, False),
        ([IN, OUT], True, True),
    ],
)
def test_coming_and_going(route: list[Any], came: bool, went: bool) -> None:
    facts = [fact("0s", "$list")] + [seen(f"{hour}h", x) for hour, x in enumerate(route, 1)]
    assert ask('entered_area("park")', facts, "9d", workspace=PARK) is came
    assert ask('left_area("park")', facts, "9d", workspace=PARK) is went


@pytest.mark.parametrize(
    ("at", "came", "went"), [("25h", True, True), ("26h", False, True), ("27h", False, False)]
)
def test_the_window_is_about_the_fact_after_the_line(at: str, came: bool, went: bool) -> None:
    facts = [seen("1h", OUT), seen("2h", IN), seen("3h", OUT)]
    assert ask('entered_area("park", last="1d")', facts, at, workspace=PARK) is came
    assert ask('left_area("park", last="1d")', facts, at, workspace=PARK) is went
