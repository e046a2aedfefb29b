"""Points, their caps and their decay."""

from __future__ import annotations

from typing import Any

import pytest
from tests.language.reference.asking import events, fact, person, setting

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import MISSING, UNIT


def points(score: str, facts: list[Fact], at: str, **rest: Any) -> Any:
    definitions = f"scores: {{s: {{{score}}}}}"
    return person("1", facts, at, definitions=definitions, **rest).value(("score", "s"))


def test_a_fact_counts_for_every_line_that_it_fits() -> None:
    lines = (
        "points: [{event: A, points: 3}, {event: [A, B], points: -0.5}, "
        "{event: A, where: properties.x > 1, points: 10}]"
    )
    facts = [fact("1h", "A", {"x": 1}), fact("2h", "A", {"x": 2}), fact("3h", "B")]
    assert points(lines, facts, "9h") == 14_500_000
    assert points(lines, facts, "0s") is MISSING
    assert points(lines, events("C", "0s"), "1h") == 0


def test_a_sum_of_points_out_of_range_is_missing() -> None:
    assert points("points: {A: 600000000000}", events("A", "1h", "2h"), "9h") is MISSING


def test_points_are_halved_once_a_half_life() -> None:
    score, facts = "half_life: 64h, points: {A: 8}", events("A", "0s")
    assert points(score, facts, "0s") == 8 * UNIT
    assert points(score, facts, "1h -1us") == 8 * UNIT
    assert points(score, facts, "1h") == 7_913_824  # 8 x 2^(-1/64) = 7.913824...
    assert points(score, facts, "64h") == 4 * UNIT
    assert points(score, facts, "128h") == 2 * UNIT


def test_hops_are_counted_from_the_epoch_and_not_from_the_fact() -> None:
    score = "half_life: 64h, points: {A: 8}"
    assert points(score, events("A", "59m"), "1h -1us") == 8 * UNIT
    assert points(score, events("A", "59m"), "1h") == 7_913_824


def test_after_twenty_half_lives_nothing_is_left() -> None:
    score = "half_life: 64h, points: {A: 999999999999}"
    assert points(score, events("A", "0s"), "1279h") > 0
    assert points(score, events("A", "0s"), "1280h") == 0


def test_a_decayed_score_is_floored_once() -> None:
    halves = "half_life: 64h, points: {A: 0.000001}"
    assert points(halves, events("A", "0s", "0s 1us"), "64h") == 1
    assert points(halves, events("A", "0s"), "64h") == 0
    assert points(halves.replace("0.0", "-0.0"), events("A", "0s"), "64h") == -1


@pytest.mark.parametrize(("zone", "earned"), [("UTC", 2), ("Asia/Tokyo", 3)])
def test_a_cap_is_of_each_line_and_local_date(zone: str, earned: int) -> None:
    """In Tokyo the date changes at 15:00 UTC."""
    score = "points: [{event: A, points: 1, cap_per_day: 2}]"
    facts = events("A", "14h", "14h 1us", "14h 2us", "15h")
    workspace = [setting("0s", "zone", zone)]
    assert points(score, facts, "16h", workspace=workspace) == earned * UNIT


def test_the_first_facts_of_a_date_are_those_that_count() -> None:
    score = "half_life: 64h, points: [{event: A, points: 8, cap_per_day: 1}]"
    facts = [fact("2h", "A", id="m1"), fact("1h", "A", id="m2")]
    assert points(score, facts, "2h") == 7_913_824
    twice = score.replace("points: [", "points: [{event: A, points: 8, cap_per_day: 1}, ")
    assert points(twice, facts, "1h") == 16 * UNIT
