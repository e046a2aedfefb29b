"""What has not followed is the same by aggregates as by the facts in order."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow import running
from tailorbird.flow.answer import answer
from tailorbird.kernel.facts import MERGE, Fact
from tailorbird.kernel.instants import HOUR, zone
from tailorbird.kernel.values import UNIT, Value
from tailorbird.language.batch.moments import Everybody
from tailorbird.language.batch.plan import Way, batch_plan, reading
from tailorbird.language.batch.readings import Aggregated, Ordered
from tailorbird.language.files import load_text

SEED = int(os.environ["TAILORBIRD_TEST_SEED"])
NEWEST_DECIDES = load_text(
    """
segments:
  ever_since: absent("Bought", after="Added", wait="2h")
  lately: absent("Bought", after="Added", wait="1h", last="3h")
  nothing_at_all: absent(any_event(), after="Added", wait="1h")
  of_some: absent(["Added", "Bought"], after=any_event(), wait="2h")
  of_expensive: absent("Bought", after=step("Added", where=properties.price > 1), wait="1h")
"""
).definitions
EACH_DECIDES = load_text(
    """
segments:
  in_time: absent("Bought", after="Added", wait="2h", ever=True)
  of_one_product: absent("Bought", after="Added", wait="1h", same=properties.product, last="4h")
  after_two: absent("Bought", after=sequence("Viewed", "Added", within="2h"), wait="1h")
"""
).definitions
MOMENT = Everybody(9 * HOUR, zone("UTC"), HOUR, 0)


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        yield opened


def few_times(chance: random.Random, people: int, facts: int) -> list[Fact]:
    """Facts of which many have one time, so that often only their ids say what came first."""
    found = []
    for number in chance.sample(range(facts), facts):
        time_us = chance.randrange(6) * HOUR
        name = chance.choices(["Viewed", "Added", "Bought", MERGE], [10, 20, 10, 1])[0]
        properties: dict[str, Value] = {"product": chance.choice("xy"), "price": UNIT}
        if name == MERGE:
            properties = {"other": f"p{chance.randrange(people)}"}
        elif chance.random() < 0.3:
            properties = {"price": 2 * UNIT}
        subject, act = f"p{chance.randrange(people)}", name != MERGE
        found.append(
            Fact(subject, time_us, f"m{number}", name, properties, {}, act, True, "web", 0, 0)
        )
    return found


@pytest.mark.parametrize("listed", [0, 10_000])
def test_the_newest_occasion_decides_as_all_of_them_do(
    history: DuckDbHistory, listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_LISTED", listed)
    history.append(few_times(random.Random(SEED + listed), 60, 500))
    keys = list(NEWEST_DECIDES.by_key())
    for at_us in (0, HOUR, 3 * HOUR, 5 * HOUR, 6 * HOUR + 1, 9 * HOUR):
        by_sql, by_arrays = (
            answer(history, NEWEST_DECIDES, keys, at_us, ways=ways)
            for ways in (frozenset[Way]({"sql"}), frozenset[Way]({"arrays"}))
        )
        for _, name in keys:
            assert by_sql.members(name) == by_arrays.members(name), (name, at_us)


def test_aggregates_are_taken_exactly_where_the_newest_decides() -> None:
    for definitions, kind in ((NEWEST_DECIDES, Aggregated), (EACH_DECIDES, Ordered)):
        keys = list(definitions.by_key())
        for operation in batch_plan(definitions, keys).of(keys):
            assert isinstance(reading(operation, MOMENT), kind), operation
