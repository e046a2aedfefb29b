"""Events, filters and windows at their edges."""

from __future__ import annotations

import pytest
from tests.language.reference.asking import ask, events, fact, setting, when

from tailorbird.kernel.values import UNIT


@pytest.mark.parametrize(("at", "counted"), [("0s", 1), ("7d -1us", 1), ("7d", 0), ("7d 1us", 0)])
def test_a_rolling_window_has_its_end_and_not_its_beginning(at: str, counted: int) -> None:
    facts = [fact("0s", "A"), fact("-30d", "B")]
    assert ask('count("A", last="7d")', facts, at) == counted * UNIT


def test_a_fact_counts_from_its_own_instant_on() -> None:
    facts = [fact("0s", "A"), fact("-30d", "B")]
    assert ask('did("A")', facts, "0s -1us") is False
    assert ask('did("A")', facts, "0s") is True


@pytest.mark.parametrize(("at", "counted"), [("3d -1us", 0), ("3d", 1), ("9d -1us", 1), ("9d", 0)])
def test_a_window_between_two_ages_is_open_at_the_older(at: str, counted: int) -> None:
    assert ask('count("A", between=("9d", "3d"))', events("A", "0s"), at) == counted * UNIT


@pytest.mark.parametrize(
    ("expression", "counted"),
    [
        ('count("A", start="2024-03-02", end="2024-03-03")', 2),
        ('count("A", start="2024-03-02")', 3),
        ('count("A", end="2024-03-02T00:00Z")', 1),
        ('count("A")', 4),
    ],
)
def test_a_fixed_window_has_its_beginning_and_not_its_end(expression: str, counted: int) -> None:
    facts = events("A", "1d -1us", "1d", "2d -1us", "2d")
    assert ask(expression, facts, "90d") == counted * UNIT


def test_a_fixed_window_may_end_after_now() -> None:
    assert ask('count("A", end="2024-04-01")', events("A", "1d", "3d"), "2d") == UNIT


@pytest.mark.parametrize(
    ("period", "counted"), [("day", 1), ("week", 2), ("month", 3), ("quarter", 4), ("year", 5)]
)
def test_a_calendar_window_begins_with_the_local_period(period: str, counted: int) -> None:
    """The 18th of August 2024 was a Sunday."""
    first_moments = ["2024-01-01", "2024-07-01", "2024-08-01", "2024-08-12", "2024-08-18"]
    begun = [fact(f"{day}T00:00Z", "A") for day in first_moments]
    just_before = [
        fact(f"{day}T00:00Z", "B")._replace(time_us=when(day) - 1) for day in first_moments
    ]
    assert ask(f'count("A", calendar="{period}")', begun, "2024-08-18T12:00Z") == counted * UNIT
    late = ask(f'count("B", calendar="{period}")', just_before, "2024-08-18T12:00Z")
    assert late == (counted - 1) * UNIT


def test_a_calendar_day_begins_at_midnight_in_the_zone_in_force() -> None:
    facts = events("A", "2024-06-01T21:59:59Z", "2024-06-01T22:00Z")
    berlin = [setting("0s", "zone", "Europe/Berlin")]
    at = "2024-06-02T01:00Z"
    assert ask('count("A", calendar="day")', facts, at) == 0
    assert ask('count("A", calendar="day")', facts, at, workspace=berlin) == UNIT
    own = [*facts, fact("2024-06-01T00:00Z", "$traits", {"timezone": "Asia/Tokyo"})]
    assert ask('count("A", calendar="day")', own, at, workspace=berlin) == 2 * UNIT


def test_since_event_counts_what_is_later_in_time_or_in_id() -> None:
    facts = [
        fact("1h", "A", id="m1"),
        fact("1h", "B", id="m2"),
        fact("1h", "A", id="m3"),
        fact("2h", "A", id="m0"),
    ]
    assert ask('count("A", since_event="B")', facts, "3h") == 2 * UNIT
    assert ask('count("A", since_event="C")', facts, "3h") == 0
    assert ask('count("A", since_event=["B", "A"])', facts, "3h") == 0


@pytest.mark.parametrize(("at", "counted"), [("61m", 2), ("90m", 2), ("90m 1us", 0)])
def test_the_current_session_lasts_as_long_as_the_gap(at: str, counted: int) -> None:
    facts = events("A", "0s", "30m 1us", "60m")
    assert ask('count("A", session="current")', facts, at) == counted * UNIT


def test_the_current_session_shows_what_was_learnt_in_it() -> None:
    facts = [
        *events("A", "0s", "50m", "80m"),
        fact("20m", "$list"),
        fact("50m", "$list"),
        fact("81m", "$list"),
    ]
    assert ask('count("$list", session="current")', facts, "82m") == 2 * UNIT


def test_events_are_chosen_by_name_list_kind_and_pattern() -> None:
    facts = [
        fact("1h", "TEST_a"),
        fact("2h", "TEST_"),
        fact("3h", "xTEST_a", active=False),
        fact("4h", "a.b"),
        fact("5h", "axb", act=False),
        fact("6h", "$traits", {"plan": "free"}),
    ]
    counts = {
        '"TEST_a"': 1,
        '["TEST_a", "a.b", "axb"]': 3,
        "any_event()": 4,
        'any_event(name="TEST_*")': 2,
        'any_event(name="*TEST_*a")': 2,
        'any_event(name="a.b")': 1,
        'any_event(name="a*b")': 1,
        "active_events()": 3,
        "passive_events()": 1,
        '"$traits"': 1,
    }
    asked = {text: ask(f"count({text})", facts, "1d") for text in counts}
    assert asked == {text: number * UNIT for text, number in counts.items()}


def test_where_sees_properties_and_context_of_the_fact_alone() -> None:
    facts = [
        fact("1h", "A", {"price": 5}, context={"page": {"path": "/x"}}),
        fact("2h", "A", {"price": 15}, context={"page": {"path": "/y"}}),
        fact("3h", "A", {"price": "20"}),
    ]
    assert ask('count("A", where=properties.price > 4)', facts, "1d") == 2 * UNIT
    assert ask('count("A", where=context.page.path == "/x")', facts, "1d") == UNIT
    assert ask('count("A", where=not exists(context.page))', facts, "1d") == UNIT
