"""What batch seeds up to a place in the log, and live goes on with, answers as the reference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from tests.laws.planted import Planted, raises_nothing

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow import seed as seeding
from tailorbird.flow.seeded_reading import SeedReading
from tailorbird.kernel.instants import HOUR
from tailorbird.language.batch import states
from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Size
from tailorbird.language.laws.readings import ReferenceReading
from tailorbird.language.operations import Select

CASES = 5_000
SIZE = Size(definitions=10, households=25, instants=4)


def seed_reading(seed: int) -> SeedReading:
    return SeedReading(lambda: DuckDbHistory(None), Chance(seed))


def test_seeds_with_the_rest_of_the_log_answer_as_the_reference(seed: int) -> None:
    report = campaign([ReferenceReading(), seed_reading(seed)], seed, CASES, SIZE)
    assert not report.found, str(report)
    assert report.cases >= CASES


def window_that_begins_an_hour_late(window: Any, now_us: int) -> int:
    return FLOOR(window, now_us) + HOUR


def only_acts_are_read(selects: Iterable[Select], moment: Any) -> str:
    return f"({READABLE(selects, moment)}) AND act"


def facts_after_the_place_in_the_log(self: Any, *given: Any) -> None:
    INIT(self, *given)
    self._position = "true"


FLOOR, READABLE, INIT = seeding.floor, states.readable, seeding._Seeding.__init__

BUGS: list[tuple[Any, str, Any]] = [
    (seeding, "floor", window_that_begins_an_hour_late),
    (states, "readable", only_acts_are_read),
    (states, "_integer", lambda _text: 0),
    (seeding._Seeding, "__init__", facts_after_the_place_in_the_log),
]


@pytest.mark.parametrize(("place", "name", "wrong"), BUGS, ids=lambda v: getattr(v, "__name__", v))
def test_a_bug_planted_into_seeding_is_found(place: Any, name: str, wrong: Any) -> None:
    planted = Planted(seed_reading(7), place, name, wrong)
    report = campaign([ReferenceReading(), planted], 7, 40_000, SIZE, most=1, shrinking=False)
    assert report.found, f"{report.cases} cases did not find it"
    assert raises_nothing(report), str(report)
