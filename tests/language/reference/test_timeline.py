"""Whether a condition has held, and when membership turned."""

from __future__ import annotations

import pytest
from tests.language.reference.asking import ask, events, fact, setting

RECENT = 'segments: {recent: \'did("A", last="7d")\', idle: \'not did("A", last="7d")\'}'


@pytest.mark.parametrize(
    ("at", "held"),
    [("3d -1us", False), ("3d", True), ("7d -1us", True), ("7d", False), ("90d", False)],
)
def test_a_condition_holds_at_every_instant_of_a_stretch(at: str, held: bool) -> None:
    assert ask('held(did("A", last="7d"), lasting="3d")', events("A", "0s"), at) is held


def test_a_break_of_one_microsecond_is_seen() -> None:
    held = 'held(did("A", last="7d"), lasting="3d")'
    assert ask(held, events("A", "0s", "7d"), "8d") is True
    assert ask(held, events("A", "0s", "7d 1us"), "8d") is False
    assert ask(held, events("A", "0s", "7d 1us"), "10d") is False
    assert ask(held, events("A", "0s", "7d 1us"), "10d 1us") is True


@pytest.mark.parametrize(("at", "held"), [("3d -1us", False), ("3d", True)])
def test_nothing_has_held_before_the_first_act(at: str, held: bool) -> None:
    facts = [fact("-9d", "$traits", {"x": 1}), *events("B", "0s")]
    assert ask('held(not did("A"), lasting="3d")', facts, at) is held
    assert ask('held(not did("A"), lasting="3d")', facts[:1], at) is False


def test_what_is_known_now_corrects_the_past() -> None:
    late = fact("1d", "A", known_us=fact("5d", "A").time_us)
    facts = [*events("B", "0s"), late]
    assert ask('held(not did("A"), lasting="1d")', facts, "4d") is False


@pytest.mark.parametrize(
    ("expression", "edge"),
    [
        ('since("A") < "30h"', "30h -1us"),
        ('since("A") <= "30h"', "30h"),
        ('not since("A") == "30h"', "30h -1us"),
        ('since("A") not in ["30h"]', "30h -1us"),
        ('since("A") + since("A") <= "60h"', "30h"),
        ('coalesce(since("B"), since("A")) <= "30h"', "30h"),
        ('trait("age") <= "30h"', "30h"),
        ('since(at("2024-03-02T00:00Z")) <= "6h"', "30h"),
        ('did("A", calendar="week")', "3d -1us"),
        ('did("A", session="current")', "30m"),
        ('not absent("B", after="A", wait="30h")', "30h -1us"),
        ('not absent("B", after="A", wait="30h", last="1h")', "30h -1us"),
        ('did("A", between=("30h", "0s"))', "30h -1us"),
        ('trend("A", short="30h", long="90h") > 1', "30h -1us"),
        ('fresh("web", "30h")', "30h -1us"),
        ('score("warm") > 0.99', "1h -1us"),
        ('percentile_rank(since("A")) == 0', "30h -1us"),
        ('consented("ads")', "5h -1us"),
        ('in_segment("recent")', "7d -1us"),
        ('persona() == "Young"', "30h"),
    ],
)
def test_conditions_that_end_by_themselves_have_held_until_then(expression: str, edge: str) -> None:
    """All hold from the 1st of March 2024, a Friday, to the given edge, or a bit longer."""
    definitions = f"""
traits: {{age: 'since("A")'}}
scores: {{warm: {{half_life: 64h, points: {{A: 1}}}}}}
{RECENT}
personas: [{{Young: 'since("A") <= "30h"'}}]
"""
    figure = {"name": 'since("A")', "cuts": [30 * 3600] * 99}
    workspace = [fact("0s", "$figure", figure, subject="$workspace")]
    consent = {"purpose": "ads", "granted": True, "expires": "2024-03-01T05:00Z"}
    facts = [*events("A", "0s"), fact("0s", "$consent", consent)]
    lasting = f'held({expression}, lasting="10m")'
    given = {"definitions": definitions, "workspace": workspace}
    assert ask(lasting, facts, edge, **given) is True
    assert ask(lasting, facts, f"{edge} 1us", **given) is False


def test_a_condition_on_the_day_turns_at_midnight_of_the_zone_in_force() -> None:
    held = 'held(did("A", calendar="day"), lasting="1h")'
    tokyo = [setting("-1d", "zone", "Asia/Tokyo")]
    assert ask(held, events("A", "0s"), "15h -1us", workspace=tokyo) is True
    assert ask(held, events("A", "0s"), "15h", workspace=tokyo) is False


@pytest.mark.parametrize(
    ("operator", "at", "found"),
    [
        ('entered("recent")', "0s", True),
        ('entered("recent")', "90d", True),
        ('entered("recent", last="1d")', "1d -1us", True),
        ('entered("recent", last="1d")', "1d", False),
        ('left("recent")', "7d -1us", False),
        ('left("recent")', "7d", True),
        ('left("recent", last="1d")', "8d -1us", True),
        ('left("recent", last="1d")', "8d", False),
        ('entered("idle")', "0s", False),
        ('entered("idle", last="1d")', "7d", True),
        ('left("idle")', "90d", False),
    ],
)
def test_a_turn_is_seen_for_the_length_of_the_window(operator: str, at: str, found: bool) -> None:
    assert ask(operator, events("A", "0s"), at, definitions=RECENT) is found


def test_whoever_comes_to_exist_as_a_member_enters_then() -> None:
    facts = [fact("0s", "$list")]
    assert ask('entered("idle")', facts, "0s", definitions=RECENT) is True
    assert ask('entered("recent")', facts, "0s", definitions=RECENT) is False


def test_membership_that_a_fact_only_prolongs_does_not_turn() -> None:
    facts = events("A", "0s", "6d")
    assert ask('left("recent")', facts, "13d -1us", definitions=RECENT) is False
    assert ask('entered("recent", last="6d")', facts, "6d", definitions=RECENT) is False
    twice = events("A", "0s", "7d")
    assert ask('left("recent")', twice, "7d", definitions=RECENT) is False


def test_a_turn_by_a_fact_that_was_a_bots_stays_in_the_timeline_until_its_verdict() -> None:
    facts = [fact("0s", "B"), fact("1h", "A", id="x")]
    verdict = fact("2h", "$verdict", {"message_id": "x", "bot": True})
    assert ask('left("recent")', [*facts, verdict], "3h", definitions=RECENT) is True
    assert ask('entered("recent")', [*facts, verdict], "3h", definitions=RECENT) is True
