"""Sessions: where they begin and end, and what is asked within one."""

from __future__ import annotations

import pytest
from tests.language.reference.asking import ask, events, fact, setting

from tailorbird.kernel.instants import MINUTE
from tailorbird.kernel.values import MISSING, UNIT


def test_a_session_ends_with_a_pause_longer_than_the_gap() -> None:
    assert ask("session_count()", events("A", "0s", "30m", "1h"), "9d") == UNIT
    assert ask("session_count()", events("A", "0s", "30m 1us", "1h"), "9d") == 2 * UNIT
    assert ask("session_count()", [fact("0s", "$list")], "9d") == 0


def test_the_gap_in_force_now_cuts_all_sessions() -> None:
    facts = events("A", "0s", "10m", "20m 1us")
    workspace = [
        setting("1h", "session_gap", "10m"),
        setting("2h", "session_gap", "soon"),
        setting("2h", "session_gap", "-1h"),
        setting("3h", "session_gap", "0s"),
    ]
    counts = {"1h -1us": 1, "1h": 2, "2h": 2, "3h": 3}
    found = {at: ask("session_count()", facts, at, workspace=workspace) for at in counts}
    assert found == {at: count * UNIT for at, count in counts.items()}


@pytest.mark.parametrize(("at", "counted"), [("10m", 1), ("1d -1us", 1), ("1d", 0)])
def test_a_session_belongs_to_the_window_in_which_it_begins(at: str, counted: int) -> None:
    facts = events("A", "0s", "10m", "20m")
    assert ask('session_count(last="1d")', facts, at) == counted * UNIT


def test_length_depth_and_bounce_are_of_the_latest_session() -> None:
    facts = [
        *events("Page Viewed", "0s", "1m"),
        *events("Page Viewed", "5h"),
        *events("Click", "5h 5m"),
        *events("Screen Viewed", "5h 9m"),
        fact("5h 20m", "$list"),
    ]
    asked = ("session_duration()", "session_depth()", "bounced()")
    assert [ask(text, facts, "9d") for text in asked] == [9 * MINUTE, 2 * UNIT, False]
    assert [ask(text, facts, "5h") for text in asked] == [0, UNIT, True]
    assert [ask(text, facts[-1:], "9d") for text in asked] == [MISSING, MISSING, False]


HOT = """in_one_session(count("View") > 1 and did("Checkout") and not did("$list"){})"""


def test_a_condition_within_one_session_sees_that_session_only() -> None:
    first, second = events("View", "0s", "1m"), events("View", "2h")
    assert ask(HOT.format(""), [*first, *second, *events("Checkout", "2h 1m")], "9d") is False
    assert ask(HOT.format(""), [*first, *second, *events("Checkout", "2m")], "9d") is True


def test_what_was_learnt_within_a_session_is_seen_there() -> None:
    facts = [*events("View", "0s", "1m"), *events("Checkout", "9m")]
    for time, found in {"0s": False, "5m": False, "9m": False, "9m 1us": True}.items():
        assert ask(HOT.format(""), [*facts, fact(time, "$list")], "9d") is found


@pytest.mark.parametrize(("at", "found"), [("1d -1us", True), ("1d", False)])
def test_sessions_are_looked_at_in_a_window(at: str, found: bool) -> None:
    facts = [*events("View", "0s", "1m"), *events("Checkout", "9m")]
    assert ask(HOT.format(', last="1d"'), facts, at) is found


def test_sequences_and_dates_within_a_session_use_the_zone_in_force() -> None:
    facts = [
        fact("-9d", "$traits", {"timezone": "Asia/Tokyo"}),
        *events("A", "14h 50m"),
        *events("B", "15h 10m"),
    ]
    days = 'in_one_session(active_days(any_event()) == 2 and sequence("A", "B", within="21m"))'
    assert ask(days, facts, "9d") is True
    assert ask(days, facts[1:], "9d") is False
