"""How values are spread: exact quantiles, bars of round width, the right names at the top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.distribution import Bar, Distribution, distribution
from tailorbird.kernel.facts import MERGE, Fact
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.kernel.values import UNIT
from tailorbird.language.files import load_text

DEFINITIONS = load_text(
    "traits:\n  spent: sum('Order', properties.total)\n  age: since('Order')\n"
    "  most: max('Order', properties.total)\n"
).definitions


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        yield opened


def order(who: str, total: int, time_us: int = 1) -> Fact:
    properties = {"total": total}
    return Fact(who, time_us, f"{who}{total}", "Order", properties, {}, True, True, "web", 0, 1)


def spread(history: DuckDbHistory, totals: Sequence[int], top: int = 3) -> Distribution:
    history.append([order(f"p{number}", total) for number, total in enumerate(totals)])
    return distribution(history, DEFINITIONS, ("trait", "most"), 10, top=top)


def test_a_quantile_is_the_value_with_that_number(history: DuckDbHistory) -> None:
    found = dict(spread(history, [5, 1, 3, 2]).quantiles)
    assert (found[0], found[25], found[50], found[75], found[90], found[100]) == (1, 1, 2, 3, 5, 5)


@pytest.mark.parametrize("large", [10**18 - 1, 1 - 10**18])
def test_the_mean_of_very_large_values_does_not_overflow(
    history: DuckDbHistory, large: int
) -> None:
    assert spread(history, [large] * 40).mean == large


def test_a_mean_is_rounded_half_away_from_zero(history: DuckDbHistory) -> None:
    assert spread(history, [-1, -2]).mean == -2


def test_bars_are_of_round_width_and_at_most_ten(history: DuckDbHistory) -> None:
    bars = spread(history, [-3, 0, 17, 41]).histogram
    assert bars[0] == Bar(-5, 0, 1)
    assert [bar.people for bar in bars] == [1, 1, 0, 0, 1, 0, 0, 0, 0, 1]


def test_one_value_makes_one_bar(history: DuckDbHistory) -> None:
    assert spread(history, [7, 7]).histogram == [Bar(7, 8, 2)]


def test_bars_of_time_are_of_clock_units(history: DuckDbHistory) -> None:
    history.append([order("ann", UNIT, 0), order("bob", UNIT, 40 * HOUR)])
    found = distribution(history, DEFINITIONS, ("trait", "age"), 2 * DAY)
    assert {bar.high - bar.low for bar in found.histogram} == {6 * HOUR}


def test_names_and_values_belong_together_also_for_people_with_several_ids(
    history: DuckDbHistory,
) -> None:
    link = Fact("b", 1, "link", MERGE, {"other": "c"}, {}, False, True, "web", 0, 1)
    history.append([order("a", 1), order("b", 5), order("c", 4), order("d", 3), link])
    found = distribution(history, DEFINITIONS, ("trait", "spent"), 10, top=2)
    assert list(found.top) == [("b", 9), ("d", 3)]


def test_of_equal_values_those_who_came_first_are_named(history: DuckDbHistory) -> None:
    assert [name for name, _ in spread(history, [1, 2, 2, 2, 2]).top] == ["p1", "p2", "p3"]
