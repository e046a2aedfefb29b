"""Who would move between segments, and what came of these people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.difference import differences, edited_segments
from tailorbird.kernel.facts import MERGE, Fact
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.definitions import Definitions
from tailorbird.language.files import load_text

ORDER, VIEW = "Order Completed", "Product Viewed"


def written(text: str) -> Definitions:
    return load_text(f"segments:\n  keen: '{text}'\n  same: did(\"Order Completed\")\n").definitions


PUBLISHED = written('count("Product Viewed") >= 2')
EDITED = written('count("Product Viewed") >= 1 and count("Product Viewed") < 3')


def fact(number: int, who: str, day: float, name: str, **properties: Any) -> Fact:
    time_us = int(day * DAY)
    return Fact(who, time_us, f"m{number}", name, properties, {}, True, True, "w", 0, time_us)


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    facts = [
        *(fact(n, "many", 1 + n / 100, VIEW) for n in range(3)),
        fact(10, "once", 1, VIEW),
        fact(11, "twice", 1, VIEW),
        fact(12, "twice", 2, VIEW),
        fact(13, "once", 9, ORDER, revenue=50 * UNIT),
        fact(14, "once", 10, ORDER),
        fact(15, "once", 33, VIEW),
        fact(16, "many", 4, ORDER, revenue="12"),
        fact(17, "twice", 45, VIEW),
    ]
    with DuckDbHistory(None) as opened:
        opened.append(facts)
        yield opened


def test_who_enters_and_leaves_is_told_and_who_stays_is_not(history: DuckDbHistory) -> None:
    (keen,) = differences(history, PUBLISHED, EDITED, 3 * DAY, data_end_us=45 * DAY)
    assert (keen.segment, keen.change) == ("keen", "changed")
    assert (keen.entering.people, keen.leaving.people) == (["once"], ["many"])
    assert (keen.published_size, keen.edited_size) == (2, 2)


def test_only_what_came_after_the_instant_and_within_the_window_counts(
    history: DuckDbHistory,
) -> None:
    (keen,) = differences(history, PUBLISHED, EDITED, 3 * DAY, data_end_us=45 * DAY)
    week, month = keen.entering.afterwards
    # Day 10 is the last of the week and belongs to it; day 33 is the last of the month.
    assert (week.orders, week.buyers, week.active) == (2, 1, 1)
    assert (week.orders_with_revenue, week.revenue) == (1, 50 * UNIT)
    assert (month.days, month.orders, month.active) == (30, 2, 1)


def test_revenue_that_no_order_says_is_not_zero(history: DuckDbHistory) -> None:
    (keen,) = differences(history, PUBLISHED, EDITED, 3 * DAY, data_end_us=45 * DAY)
    week = keen.leaving.afterwards[0]
    assert (week.orders, week.orders_with_revenue, week.revenue) == (1, 0, MISSING)


def test_a_window_that_the_data_do_not_cover_is_marked(history: DuckDbHistory) -> None:
    (keen,) = differences(history, PUBLISHED, EDITED, 3 * DAY, data_end_us=20 * DAY)
    week, month = keen.entering.afterwards
    assert (week.complete, week.covered_to_us) == (True, 10 * DAY)
    assert (month.complete, month.covered_to_us) == (False, 20 * DAY)


def test_new_and_removed_segments_are_compared_with_nothing(history: DuckDbHistory) -> None:
    (both,) = [
        d
        for d in differences(history, Definitions(), EDITED, 3 * DAY, data_end_us=45 * DAY)
        if d.segment == "keen"
    ]
    assert (both.change, both.published_size, both.entering.people) == ("new", 0, ["once", "twice"])
    gone = differences(history, PUBLISHED, Definitions(), 3 * DAY, data_end_us=45 * DAY)
    assert (gone[0].segment, gone[0].change, gone[0].edited_size) == ("keen", "removed", 0)


def test_a_segment_is_edited_when_something_below_it_is() -> None:
    old = load_text('traits: {t: \'count("A")\'}\nsegments: {s: trait("t") > 1}\n').definitions
    new = load_text('traits: {t: \'count("B")\'}\nsegments: {s: trait("t") > 1}\n').definitions
    assert edited_segments(old, new) == {"s": "changed"}
    assert edited_segments(old, old) == {}


def test_people_who_turned_out_to_be_one_later_are_counted_once() -> None:
    link = fact(3, "tab", 5, MERGE, other="ann")._replace(act=False)
    order = fact(4, "tab", 6, ORDER, revenue=9 * UNIT)
    with DuckDbHistory(None) as opened:
        opened.append([fact(1, "ann", 1, VIEW), fact(2, "tab", 1, VIEW), link, order])
        (keen,) = differences(
            opened, PUBLISHED, EDITED, 3 * DAY, data_end_us=45 * DAY, known_then=True
        )
    week = keen.entering.afterwards[0]
    assert keen.entering.people == ["ann", "tab"] and week.people == 2
    assert (week.buyers, week.orders, week.revenue) == (1, 1, 9 * UNIT)
