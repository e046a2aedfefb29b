"""What SQL and arrays answer is what folding answers, operation by operation."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from tests.flow.batch_readings import AskedReading

from tailorbird.kernel.instants import zone
from tailorbird.language.batch.moments import Questions
from tailorbird.language.batch.plan import batch_plan, readings
from tailorbird.language.definitions import Definitions
from tailorbird.language.files import load_text
from tailorbird.language.laws.campaign import worlds
from tailorbird.language.laws.compare import Size
from tailorbird.language.laws.readings import same

SEED = int(os.environ["TAILORBIRD_TEST_SEED"])
DEFINITIONS = """
traits:
  a1: count("Product Viewed", where=properties.price > 1, last="1d")
  a2: sum(["Product Viewed", "Product Added"], properties.price * properties.quantity)
  a3: avg(any_event(), properties.price, between=("7d", "1h"))
  a4: stddev("Product Viewed", properties.price)
  a5: percentile_of(any_event(), 75, properties.price)
  a6: distinct(active_events(), properties.category)
  a7: count(any_event(), by=properties.category, calendar="week")
  a8: top(any_event(name="Product*"), properties.category, 2)
  a9: favourite("Product Viewed", properties.tags)
  b1: latest("Product Viewed", properties.address)
  b2: first(passive_events(), properties.seen_at, start="2024-03-01", end="2024-11-03T12:00Z")
  b3: active_days(any_event(), where=event_hour() >= 6 and event_weekday() != 7)
  b4: min("Product Viewed", properties.price / properties.quantity, session="current")
  b5: max(any_event(), length(properties.category), since_event="Product Added")
  b6: count(any_event(), where=contains(properties.tags, "shoes")
    or properties.price in [1, 2, "X"])
  b7: count(any_event(), where=matches(lower(properties.category), "s.*s")
    or empty(properties.tags))
  b8: count(any_event(), where=coalesce(properties.address.city, context.device) == "X")
  b9: count(any_event(), where=at_least(2, exists(context.location), properties["a.b"] == "X",
    starts_with(properties.category, "s"), not ends_with(properties["last-name"], "x")))
  b10: count(any_event(), where=any(item.c == "shoes" for item in properties.products))
  b11: sum(any_event(), sum(item.price * item.quantity for item in properties.products))
  b12: count(any_event(), where=all(item.price > 1 or item == "X" for item in properties.products))
  b13: count(any_event(), where=near(context.location, 1, 1.5, km=111.2))
  b14: count(any_event(), where=near(context.location, 0, 179.9, km=200))
  c1: since("Product Viewed")
  c2: traits.tags
  c3: sequence_count("Product Viewed", step("Product Added", gap=("1s", "1d")),
    same=properties.category)
  c4: session_count(last="1d")
  c5: session_depth()
  c6: smooth("Product Viewed", properties.price, alpha=0.5)
  c7: smooth(any_event(), properties.price, method="kalman", q=0.1, r=1)
scores:
  d1:
    half_life: 3d
    points:
      - {event: Product Viewed, points: 1.5}
      - {event: Product Added, points: -2, where: properties.price > 1}
      - {event: "any_event()", points: 1, cap_per_day: 2}
  d2:
    points:
      - {event: "any_event()", points: 3}
      - {event: Product Viewed, points: 0.5, cap_per_day: 1}
segments:
  e1: sequence("Product Viewed", "Product Added", step("Order Completed", gap="1d"),
    within="3d", last="7d")
  e2: sequence("Product Viewed", any_event(), "Product Viewed", without="Product Added")
  e3: sequence("Product Viewed", "Product Viewed", contiguous=True)
  e4: absent("Order Completed", after="Product Added", wait="1h", last="1d")
  e5: absent(any_event(), after=sequence("Product Viewed", "Product Added", gap="1d"), wait="10m")
  e6: absent("Order Completed", after="Product Added", wait="1h",
    same=properties.category, ever=True)
  e7: bounced() or session_duration() > "10m"
  e8: in_one_session(count("Product Viewed") > 1 and did("Product Added"))
  e9: in_one_session(sum(any_event(), properties.price) > 3
    or not did("Product Viewed"), last="1d")
  f1: in_one_session(sequence("Product Viewed", "Product Added")
    and sequence_count(any_event()) < 4)
  f2: held(count("Product Viewed", last="7d") >= 1, lasting="1d")
  f3: held(not did("Product Viewed", last="1h"), lasting="10m")
  f4: entered("g1")
  f5: left("g1", last="1d")
  f6: entered("g2", last="7d") and not left("g2")
  f7: held(since("Product Viewed") < "3d" or traits.plan == "X", lasting="1h")
  g1: count("Product Viewed", last="1d") >= 2 and not did("Product Added", last="1h")
  g2: not did("Order Completed")
"""


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return load_text(DEFINITIONS).definitions


def test_none_of_these_definitions_is_folded(definitions: Definitions) -> None:
    plan = batch_plan(definitions, [definition.key for definition in definitions.ordered])
    moment = Questions([0], [zone("UTC")], [1], 0)
    known = readings(plan, moment, ("sql", "arrays"))
    folded = {key for key in plan.keys if any(op not in known for op in plan.operations[key])}
    assert folded == set()


HOT = [("price",), ("category",), ("address", "city"), ("tags",), ("timezone",), ("a.b",)]


@pytest.mark.parametrize("hot", [(), HOT])
def test_every_way_gives_the_same_answers(
    definitions: Definitions, hot: Sequence[tuple[str, ...]]
) -> None:
    size = Size(definitions=1, households=12, facts=40)
    for world, _ in zip(worlds(SEED, size), range(8), strict=False):
        folded, quick = (
            reading.answers(
                definitions, world.history.facts, world.questions, known_then=world.known_then
            )
            for reading in (AskedReading(frozenset()), AskedReading(hot=hot))
        )
        for one, other, question in zip(folded, quick, world.questions, strict=True):
            different = [key for key in one if not same(one[key], other[key])]
            assert different == [], (question, [(one[k], other[k]) for k in different])
