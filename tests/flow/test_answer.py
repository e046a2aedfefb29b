"""Batch answers are those of the reference, whichever way they are found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from tests.flow.batch_readings import AskedReading, EverybodyReading

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.answer import answer, answers_many
from tailorbird.kernel.facts import MERGE, SETTING, TRAITS, VERDICT, WORKSPACE, Fact
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.definitions import PERSONAS, Definitions
from tailorbird.language.files import load_text
from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.compare import Size
from tailorbird.language.laws.readings import Reading, ReferenceReading

SEED = int(os.environ["TAILORBIRD_TEST_SEED"])

DEFINITIONS = """
traits:
  spent: sum("Order Completed", properties.total)
scores:
  heat:
    points:
      - {event: Viewed, points: 1}
segments:
  hot: count("Viewed", last="7d") >= 2
  dormant: not did(any_event(), last="30d")
  spender: trait("spent") > 10
  monday: count("Viewed", calendar="day") >= 1
personas:
  - Hot: in_segment("hot")
  - Rest: not in_segment("hot")
"""


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return load_text(DEFINITIONS).definitions


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        yield opened


def fact(subject: str, time_us: int, name: str, properties: Any = None, **others: Any) -> Fact:
    fact.count = getattr(fact, "count", 0) + 1
    made = Fact(
        subject,
        time_us,
        f"m{fact.count}",
        name,
        properties or {},
        {},
        not name.startswith("$"),
        True,
        "web",
        0,
        time_us,
    )
    return made._replace(**others)


@pytest.mark.parametrize(
    "reading", [AskedReading(), AskedReading({"sql"}), AskedReading({"arrays"})]
)
def test_random_definitions_are_answered_as_by_the_reference(reading: Reading) -> None:
    report = campaign([ReferenceReading(), reading], SEED, 3_000)
    assert not report.found, str(report)


def test_everybody_is_answered_as_by_the_reference() -> None:
    size = Size(definitions=8, households=30, instants=1)
    report = campaign([ReferenceReading(), EverybodyReading()], SEED, 300, size)
    assert not report.found, str(report)


def test_members_of_a_window_are_those_whose_facts_lie_in_it(
    history: DuckDbHistory, definitions: Definitions
) -> None:
    history.append([fact("ann", t * DAY, "Viewed") for t in (3, 5)])
    history.append([fact("bob", t * DAY, "Viewed") for t in (2, 5)])
    history.append([fact("cat", 4 * DAY, "Bought")])
    keys = [("segment", name) for name in ("hot", "dormant")]
    given = answer(history, definitions, keys, 9 * DAY)
    assert given.members("hot") == ["ann"]
    assert (given.size("hot"), given.size("dormant"), given.existing) == (1, 0, 3)
    later = answer(history, definitions, keys, 34 * DAY)
    assert later.members("dormant") == ["cat"]


def test_people_without_any_fact_that_is_read_are_counted_as_existing(
    history: DuckDbHistory, definitions: Definitions
) -> None:
    history.append([fact("ann", DAY, "Viewed"), fact("bob", DAY, "Bought")])
    given = answer(history, definitions, [("segment", "hot")], 2 * DAY)
    assert not given.people.complete
    assert given.existing == 2
    assert given.value(("segment", "hot"), "bob") is False


def test_values_are_those_of_everybody_who_exists(
    history: DuckDbHistory, definitions: Definitions
) -> None:
    history.append([fact("ann", DAY, "Order Completed", {"total": 12 * UNIT})])
    history.append([fact("bob", DAY, "Viewed"), fact("bob", DAY, "Viewed")])
    history.append([fact("cat", 5 * DAY, "Viewed")])
    given = answer(history, definitions, [("trait", "spent"), ("score", "heat"), PERSONAS], 2 * DAY)
    values = {
        name: [given.value(key, name) for key in given.columns] for name in ("ann", "bob", "cat")
    }
    assert values == {
        "ann": [12 * UNIT, 0, "Rest"],
        "bob": [0, 2 * UNIT, "Hot"],
        "cat": [MISSING, MISSING, MISSING],
    }


def test_merged_people_answer_under_the_smallest_subject(
    history: DuckDbHistory, definitions: Definitions
) -> None:
    history.append([fact("bob", DAY, "Viewed"), fact("zoe", DAY, "Viewed")])
    history.append([fact("zoe", 3 * DAY, MERGE, {"other": "bob"})])
    keys = [("segment", "hot")]
    assert answer(history, definitions, keys, 2 * DAY).members("hot") == ["bob"]
    assert answer(history, definitions, keys, 2 * DAY).existing == 1
    before = answer(history, definitions, keys, 2 * DAY, known_then=True)
    assert (before.members("hot"), before.existing) == ([], 2)
    first = answer(history, definitions, keys, 2 * DAY, position=1)
    assert (first.members("hot"), first.existing) == ([], 2)


def test_facts_of_bots_count_for_nobody(history: DuckDbHistory, definitions: Definitions) -> None:
    seen = [fact("ann", DAY, "Viewed"), fact("ann", DAY, "Viewed")]
    history.append([*seen, fact("ann", 2 * DAY, VERDICT, {"message_id": seen[0].id, "bot": True})])
    keys = [("segment", "hot")]
    assert answer(history, definitions, keys, DAY).members("hot") == ["ann"]
    assert answer(history, definitions, keys, 2 * DAY).members("hot") == []


def test_days_begin_in_the_zone_of_each_person(
    history: DuckDbHistory, definitions: Definitions
) -> None:
    eleven_in_the_evening = 5 * DAY + 23 * DAY // 24
    history.append([fact(WORKSPACE, 0, SETTING, {"name": "zone", "value": "Europe/Berlin"})])
    history.append([fact("ann", 0, TRAITS, {"timezone": "America/New_York"})])
    history.append([fact("cat", 0, TRAITS, {"timezone": "Nowhere/Land"})])
    history.append([fact(s, eleven_in_the_evening - 1, "Viewed") for s in ("ann", "bob", "cat")])
    given = answer(history, definitions, [("segment", "monday")], eleven_in_the_evening)
    assert given.members("monday") == ["ann"]


def test_given_people_are_answered_by_any_of_their_subjects(
    history: DuckDbHistory, definitions: Definitions
) -> None:
    history.append([fact(s, DAY, "Viewed") for s in ("ann", "ann", "bob")])
    history.append([fact("ann", DAY, MERGE, {"other": "zoe"})])
    keys = [("segment", "hot")]
    given = answer(history, definitions, keys, 2 * DAY, people=["zoe", "bob", "nobody"])
    assert given.members("hot") == ["ann"]
    assert given.existing == 2


def test_many_questions_are_answered_in_their_order(
    history: DuckDbHistory, definitions: Definitions
) -> None:
    history.append([fact("ann", t * DAY, "Viewed") for t in (1, 2)])
    questions = [("ann", 2 * DAY), ("bob", 2 * DAY), ("ann", DAY), ("ann", 8 * DAY)]
    key = ("segment", "hot")
    found = answers_many(history, definitions, [key], questions)
    assert [reply[key] for reply in found] == [True, False, False, False]
    assert answers_many(history, definitions, [key], []) == []


def test_the_values_of_some_people_are_found_among_those_of_everybody(
    history: DuckDbHistory, definitions: Definitions
) -> None:
    history.append([fact(s, DAY, "Viewed") for s in ("ann", "ann", "bob", "cat", "cat", "dan")])
    history.append([fact("cat", DAY, MERGE, {"other": "abe"})])
    history.append([fact("dan", 0, TRAITS, {"timezone": "America/New_York"})])
    keys = [("segment", "hot"), ("segment", "monday")]
    given = answer(history, definitions, keys, 2 * DAY)
    people = ["dan", "nobody", "abe", "bob", "ann"]
    expected = [{key: given.value(key, person) for key in keys} for person in people]
    assert given.values(keys, people) == expected
    assert [told["segment", "hot"] for told in expected] == [False, False, True, False, True]
