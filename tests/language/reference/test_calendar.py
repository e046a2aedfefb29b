"""Local hours, weekdays, dates and anniversaries."""

from __future__ import annotations

import pytest
from tests.language.reference.asking import ask, events, fact, setting

from tailorbird.kernel.values import UNIT


def test_the_clock_now_is_that_of_the_zone_in_force() -> None:
    facts = [fact("1h", "$traits", {"timezone": "Asia/Tokyo"})]
    asked = ("hour()", "weekday()", "date()")
    at = "2024-03-03T15:30Z"
    assert [ask(text, facts, at) for text in asked] == [0, UNIT, "2024-03-04"]
    nowhere = [*facts, fact("2h", "$traits", {"timezone": "Mars/Olympus"})]
    assert [ask(text, nowhere, at) for text in asked] == [15 * UNIT, 7 * UNIT, "2024-03-03"]


def test_a_setting_that_cannot_be_read_leaves_the_one_before_in_force() -> None:
    workspace = [setting("0s", "zone", "Asia/Tokyo"), setting("1h", "zone", "Mars/Olympus")]
    assert ask("hour()", events("A", "0s"), "2h", workspace=workspace) == 11 * UNIT


def test_facts_are_asked_for_their_own_hour_in_the_zone_in_force_now() -> None:
    facts = events("A", "2024-03-03T15:30Z")
    expression = 'did("A", where=event_hour() == 0 and event_weekday() == 1)'
    assert ask(expression, facts, "2024-03-09") is False
    tokyo = fact("2024-03-08", "$traits", {"timezone": "Asia/Tokyo"})
    assert ask(expression, [*facts, tokyo], "2024-03-09") is True
    assert ask(expression, [*facts, tokyo], "2024-03-07") is False


@pytest.mark.parametrize(
    ("born", "at", "near"),
    [
        ("1990-03-08", "2024-03-01T12:00Z", True),
        ("1990-03-09", "2024-03-01T12:00Z", False),
        ("1990-03-01", "2024-03-01T23:59Z", True),
        ("1990-02-29", "2024-03-01T12:00Z", False),
        ("1992-02-29", "2024-03-01T12:00Z", False),
        ("1992-02-29", "2023-03-01T12:00Z", True),
        ("1992-02-29", "2023-02-22T12:00Z", True),
        ("1992-02-29", "2023-02-21T12:00Z", False),
        ("1990-01-03", "2023-12-28T12:00Z", True),
        ("2030-03-02", "2024-03-01T12:00Z", True),
        ("1990-03-09T00:00+12:00", "2024-03-01T12:00Z", True),
        ("soon", "2024-03-01T12:00Z", False),
    ],
)
def test_an_anniversary_is_near(born: str, at: str, near: bool) -> None:
    facts = [fact("2020-01-01", "$traits", {"birthday": born})]
    assert ask('anniversary(traits.birthday, within="7d")', facts, at) is near


def test_an_anniversary_is_a_matter_of_local_dates() -> None:
    facts = [fact("0s", "$traits", {"birthday": "1990-03-02", "timezone": "Asia/Tokyo"})]
    expression = 'anniversary(traits.birthday, within="0s")'
    assert [ask(expression, facts, at) for at in ("15h -1us", "15h", "39h -1us", "39h")] == [
        False,
        True,
        True,
        False,
    ]
