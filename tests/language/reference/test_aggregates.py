"""What is counted, added up or picked from the facts of a window."""

from __future__ import annotations

from typing import Any

import pytest
from tests.language.reference.asking import ask, events, fact, setting, when

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import HOUR
from tailorbird.kernel.values import MISSING, UNIT


def views(*values: Any) -> list[Fact]:
    """One fact an hour, each with a value."""
    return [fact(f"{hour}h", "A", {"x": x}) for hour, x in enumerate(values, 1)]


def of(operator: str, *values: Any) -> Any:
    return ask(f'{operator}("A", properties.x)', views(*values), "9d")


def test_numbers_are_added_compared_and_averaged_and_the_rest_is_skipped() -> None:
    values = (1, "2", None, True, 2.5, [4], -1, {"y": 1})
    assert of("sum", *values) == 2_500_000
    assert of("avg", *values) == 833_333
    assert of("min", *values) == -UNIT
    assert of("max", *values) == 2_500_000


def test_over_no_numbers_sum_and_distinct_are_zero_and_the_rest_is_missing() -> None:
    assert of("sum", "a", None) == 0
    assert of("distinct", None, []) == 0
    assert ask('top("A", properties.x, 3)', views(None), "9d") == []
    for operator in ("avg", "min", "max", "stddev", "favourite"):
        assert of(operator, None, [], {}) is MISSING
    assert ask('percentile_of("A", 50, properties.x)', views("a"), "9d") is MISSING
    for operator in ("first", "latest"):
        assert ask(f'{operator}("B", properties.x)', views(1), "9d") is MISSING
    for operator in ("first_time", "last_time", "since"):
        assert ask(f'{operator}("B")', views(1), "9d") is MISSING
    assert ask('count("B", by=properties.x)', views(1), "9d") == 0
    assert ask('active_days("B")', views(1), "9d") == 0


def test_a_sum_is_exact_until_it_is_out_of_range() -> None:
    assert of("sum", 999_999_999_999, 1) is MISSING
    assert of("sum", 999_999_999_999, 1, -1) == 999_999_999_999 * UNIT
    assert of("avg", 999_999_999_999, 999_999_999_999) == 999_999_999_999 * UNIT


def test_the_deviation_is_that_of_a_sample() -> None:
    assert of("stddev", 2, 4, 4, 4, 5, 5, 7, 9) == 2_138_090
    assert of("stddev", 3, 3) == 0
    assert of("stddev", 3) is MISSING
    assert of("stddev", 1, 10**9) is MISSING
    assert of("stddev", 1, -(10**9)) is MISSING
    assert of("stddev", 1, 10**9 - 1) == 707_106_779_772_334


def test_a_percentile_is_the_value_at_the_nearest_rank() -> None:
    facts = views(15, 50, 20, 40, 35)
    ranks = {1: 15, 20: 15, 21: 20, 40: 20, 41: 35, 50: 35, 100: 50}
    found = {p: ask(f'percentile_of("A", {p}, properties.x)', facts, "9d") for p in ranks}
    assert found == {p: x * UNIT for p, x in ranks.items()}


def test_values_of_different_types_are_different() -> None:
    assert of("distinct", 1, 1, True, "1", 0.000001, None, [1], False) == 5 * UNIT


def test_the_favourite_has_most_facts_then_the_latest() -> None:
    assert of("favourite", "a", "b", "b", "a", None, None, None) == "a"
    assert of("favourite", "a", "b", "b", "a", "b") == "b"
    assert of("favourite", 1, True, 1.0) == UNIT
    assert ask('top("A", properties.x, 2)', views("a", "b", "c", "b"), "9d") == ["b", "c"]


def test_of_facts_at_one_instant_the_greater_id_is_later() -> None:
    facts = [fact("1h", "A", {"x": x}, id=id) for id, x in [("m2", "p"), ("m1", "q")]]
    assert ask('favourite("A", properties.x)', facts, "2h") == "p"
    assert ask('latest("A", properties.x)', facts, "2h") == "p"
    assert ask('first("A", properties.x)', facts, "2h") == "q"


def test_first_and_latest_look_at_one_fact_even_where_it_says_nothing() -> None:
    facts = views(None, 1, 2, "x", None)
    assert ask('first("A", properties.x)', facts, "9d") is None
    assert ask('latest("A", properties.x)', facts, "9d") is None
    assert ask('exists(latest("A", properties.x))', facts, "9d") is False
    assert ask('first("A", properties.x, where=properties.x > 1)', facts, "9d") == 2 * UNIT
    assert ask('latest("A", properties.x, where=exists(properties.x))', facts, "9d") == "x"


def test_the_largest_group_counts() -> None:
    facts = views("p", "q", 1, "p", None, [], [], [], "q", "p", True)
    assert ask('count("A", by=properties.x)', facts, "9d") == 3 * UNIT
    assert ask('count("A", by=properties.x, last="2h")', facts, "11h") == UNIT
    assert ask('count("A", by=properties.y)', facts, "9d") == 0


def test_active_days_are_dates_of_the_zone_in_force() -> None:
    facts = events("A", "2024-06-01T21:59Z", "2024-06-01T22:01Z", "2024-06-02T21:00Z")
    assert ask('active_days("A")', facts, "2024-07-01") == 2 * UNIT
    berlin = [setting("0s", "zone", "Europe/Berlin")]
    assert ask('active_days("A")', facts, "2024-07-01", workspace=berlin) == 2 * UNIT
    assert ask('active_days("A")', facts[:2], "2024-07-01", workspace=berlin) == 2 * UNIT
    assert ask('active_days("A")', facts[:2], "2024-07-01") == UNIT


def test_times_of_facts_are_instants_and_since_is_a_duration() -> None:
    facts = events("A", "1h", "2h", "4h")
    assert ask('first_time("A", last="3h")', facts, "5h") == when("4h")
    assert ask('first_time("A")', facts, "5h") == when("1h")
    assert ask('last_time("A", end="2024-03-01T04:00Z")', facts, "5h") == when("2h")
    assert ask('since("A")', facts, "5h") == HOUR
    assert ask('since(any_event(), last="1h")', facts, "5h") is MISSING
    assert ask('last_time("A") - first_time("A")', facts, "5h") == 3 * HOUR
    assert ask('since(last_time("A") + "2h")', facts, "5h") == -HOUR
    assert ask('since(at("2024-03-01T00:00Z"))', facts, "5h") == 5 * HOUR
    assert ask("since(instant(traits.x))", facts, "5h") is MISSING


@pytest.mark.parametrize(("at", "held"), [("0s", True), ("30d", True), ("30d 1us", False)])
def test_since_compares_with_a_duration(at: str, held: bool) -> None:
    assert ask('since("A") <= "30d"', events("A", "0s"), at) is held
