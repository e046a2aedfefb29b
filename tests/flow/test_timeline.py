"""Sizes over time are those of the reference, and who came and went is counted exactly."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.timeline import SizeAt, sizes_over
from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.language.ast import Call, Text
from tailorbird.language.batch.plan import ALL_WAYS, Ways
from tailorbird.language.definitions import Definitions
from tailorbird.language.files import load_text
from tailorbird.language.laws.campaign import worlds
from tailorbird.language.laws.compare import Size, World
from tailorbird.language.reference import Person, people_facts
from tailorbird.language.reference.edges import changes

SEED = int(os.environ["TAILORBIRD_TEST_SEED"])
DEFINITIONS = """
traits:
  spent: sum(["Order Completed", "Product Added"], properties.price)
scores:
  heat:
    points:
      - {event: Product Viewed, points: 1}
      - {event: Product Added, points: 2.5, where: properties.price > 1}
segments:
  a1: count("Product Viewed", last="1d") >= 2
  a2: count("Product Viewed", last="1h") < 1
  a3: count("Product Viewed") == 2
  a4: not did(any_event(), last="1d")
  a5: did(any_event(), between=("3d", "1h"))
  a6: since("Product Viewed") < "1h"
  a7: since("Product Viewed") >= "10m" and since("Product Added") <= "1d"
  a8: sum("Product Viewed", properties.price, last="1d") > 2
  a9: trait("spent") >= 5
  b1: traits.plan == "X" or traits.price > 2
  b2: latest("Product Viewed", properties.category) == "shoes"
  b3: sequence("Product Viewed", "Product Added", within="1h", last="1d")
  b4: sequence("Product Viewed", "Product Viewed")
  b5: sequence_count("Product Viewed", "Product Added", last="3d") >= 2
  b6: absent("Order Completed", after="Product Added", wait="30m", last="1d")
  b7: absent("Order Completed", after="Product Added", wait="30m", ever=True)
  b8: absent("Product Viewed", after="Product Viewed", wait="0s")
  b9: session_count(last="1d") >= 2
  c1: score("heat") >= 3
  c2: at_least(2, in_segment("a1"), in_segment("c1"), not in_segment("b3"))
  c3: count("Product Viewed", last="1d") * 2 > count("Product Added", last="1d") + 1
  c4: since("Product Viewed") == "1h"
  c5: since("Product Viewed") > "0s"
  c6: >-
    sequence("Product Viewed", step("Product Added", gap="1h"),
    step("Order Completed", gap=("1s", "1d")), without="TEST_a", last="3d")
  c7: count("Product Viewed", where=properties.price > 1, last="1d") > 1.5
  c8: sequence("Product Viewed", "Product Added", contiguous=True, last="1d")
"""


def expected(
    definitions: Definitions, facts: Sequence[Fact], segment: str, instants: Sequence[int]
) -> list[SizeAt]:
    """The sizes that the reference finds by looking at every instant of possible change."""
    workspace = [fact for fact in facts if fact.subject == WORKSPACE]
    turned = [[0, 0, 0] for _ in instants]
    for own in people_facts(facts).values():
        person = Person(definitions, own, workspace, at_us=instants[-1])
        if not person.facts:
            continue

        def holds(at_us: int, person: Person = person) -> bool:
            return person.value_at(("segment", segment), at_us) is True

        start_us = person.facts[0].time_us - 1
        condition = Call("in_segment", (Text(segment),))
        moment = person.moment(instants[-1])
        edges = [start_us, *changes(moment, condition, start_us, instants[-1])]
        for before_us, at_us in pairwise(edges):
            place = bisect_left(instants, at_us)
            if holds(before_us) is not holds(at_us) and 0 < place < len(instants):
                turned[place][1 if holds(at_us) else 2] += 1
        for place, at_us in enumerate(instants):
            turned[place][0] += holds(at_us)
    return [SizeAt(at_us, *counts) for at_us, counts in zip(instants, turned, strict=True)]


def check(world: World, definitions: Definitions, ways: Ways) -> None:
    instants = sorted({question.at_us for question in world.questions})[:5]
    with DuckDbHistory(None) as history:
        history.append(world.history.facts)
        for definition in definitions.of_kind("segment"):
            found = sizes_over(history, definitions, definition.name, instants, ways=ways)
            wanted = expected(definitions, world.history.facts, definition.name, instants)
            assert found == wanted, (definition, instants)


@pytest.mark.parametrize("ways", [ALL_WAYS, frozenset()])
def test_sizes_of_conditions_over_random_histories_are_those_of_the_reference(ways: Ways) -> None:
    definitions = load_text(DEFINITIONS).definitions
    size = Size(definitions=1, households=6, facts=30, instants=3)
    for world, _ in zip(worlds(SEED, size), range(2), strict=False):
        check(world, definitions, ways)


def test_sizes_of_random_segments_are_those_of_the_reference() -> None:
    size = Size(definitions=5, households=6, instants=3)
    for world, _ in zip(worlds(SEED + 1, size), range(8), strict=False):
        check(world, world.plan.checked, ALL_WAYS)


def view(subject: str, time_us: int) -> Fact:
    return Fact(
        subject, time_us, f"{subject}{time_us}", "Viewed", {}, {}, True, True, "web", 0, time_us
    )


def test_who_comes_and_goes_between_two_instants_is_counted_twice() -> None:
    definitions = load_text('segments: {lately: \'did("Viewed", last="1h")\'}').definitions
    facts = [view("ann", 5 * HOUR), view("ann", 8 * HOUR), view("bob", 23 * HOUR + 1)]
    with DuckDbHistory(None) as history:
        history.append(facts)
        assert sizes_over(history, definitions, "lately", [0, DAY, 2 * DAY]) == [
            SizeAt(0, 0, 0, 0),
            SizeAt(DAY, 1, 3, 2),
            SizeAt(2 * DAY, 0, 0, 1),
        ]


def test_no_instants_have_no_sizes() -> None:
    definitions = load_text('segments: {lately: \'did("Viewed", last="1h")\'}').definitions
    with DuckDbHistory(None) as history:
        assert sizes_over(history, definitions, "lately", []) == []
