"""The instants that are named as possible turns: local clocks, also where they are changed."""

from __future__ import annotations

from tests.language.reference.asking import events, fact, person, when

from tailorbird.kernel.instants import HOUR, MINUTE
from tailorbird.language.reference.edges import changes
from tailorbird.language.syntax import parse


def named(expression: str, zone: str, start: str, end: str) -> list[int]:
    traits = fact("2001-01-01", "$traits", {"timezone": zone})
    ann = person("1", [traits, *events("A", "2001-01-02")], end)
    return changes(ann.moment(when(end)), parse(expression), when(start), when(end))


def test_local_midnights_are_named_and_no_other_instant() -> None:
    found = named("weekday() == 1", "Asia/Kolkata", "2024-03-01", "2024-03-02")
    assert when("2024-03-01T18:30Z") in found
    utc = [when("2024-03-02")]
    assert set(found) <= {when("2024-03-01T18:30Z"), *utc, when("2024-03-01") + 1}


def test_hours_are_named_in_zones_that_are_off_by_minutes() -> None:
    found = named("hour() == 1", "Asia/Kolkata", "2024-03-01", "2024-03-01T02:00Z")
    half_hours = {when("2024-03-01") + n * HOUR + 30 * MINUTE for n in range(2)}
    assert half_hours <= set(found)


def test_a_clock_that_goes_back_over_midnight_is_named_at_each_turn() -> None:
    """At 00:01 on 29 October 2006 the clocks in St. John's went back to 23:01 of the 28th."""
    found = named(
        'did("A", calendar="day")',
        "America/St_Johns",
        "2006-10-29T02:00Z",
        "2006-10-29T04:00Z",
    )
    first_midnight, change = when("2006-10-29T02:30Z"), when("2006-10-29T02:31Z")
    second_midnight = when("2006-10-29T03:30Z")
    assert {first_midnight, change, second_midnight} <= set(found)
