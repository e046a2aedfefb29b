"""Bugs planted into the batch reading's SQL are found by asking many people at many instants."""

from __future__ import annotations

from typing import Any

import pytest
from tests.flow.batch_readings import AskedReading
from tests.laws.planted import Planted, raises_nothing

from tailorbird.flow.asking import Asking
from tailorbird.language.batch import folds, readings, scores, windows
from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.compare import Size
from tailorbird.language.laws.readings import ReferenceReading

CASES = 60_000


def window_that_keeps_its_far_end(window: Any, moment: Any) -> list[str]:
    return [text.replace("time_us > ", "time_us >= ") for text in WITHIN(window, moment)]


def since_by_time_alone(window: Any, moment: Any) -> list[str]:
    return [text.replace("id > mark_id", "false") for text in WITHIN(window, moment)]


def sessions_that_end_at_the_gap(moment: Any) -> str:
    return WITH_SESSION(moment).replace("pause_us > longest_us", "pause_us >= longest_us")


def decay_that_ends_early(hop_us: int | None, moment: Any) -> str:
    return WEIGHTED(hop_us, moment).replace(" < 1280 ", " < 64 ")


def out_of_range_is_a_number(sql: str) -> str:
    return sql


def groups_without_the_latest(rows: Any, typed: Any) -> str:
    return GROUPS(rows, typed).replace(f"max({folds.ORDER})", "min(time_us)")


def codes_without_types(code: str) -> Any:
    value = FROM_CODE(code)
    return int(value) if isinstance(value, bool) else value


def everything_is_known(self: Any, *given: Any, known_then: bool = False, **more: Any) -> None:
    del known_then
    INIT(self, *given, **more)


WITHIN, WITH_SESSION, WEIGHTED = windows._within, windows._with_session, scores._weighted
GROUPS, FROM_CODE, INIT = folds._groups, readings.from_code, Asking.__init__

BUGS: list[tuple[Any, str, Any, tuple[str, ...]]] = [
    (windows, "_within", window_that_keeps_its_far_end, ("count", "sum")),
    (windows, "_within", since_by_time_alone, ("count", "sum")),
    (windows, "_with_session", sessions_that_end_at_the_gap, ("count", "sum")),
    (scores, "_weighted", decay_that_ends_early, ("score",)),
    (folds, "bounded", out_of_range_is_a_number, ("sum",)),
    (folds, "_groups", groups_without_the_latest, ("favourite", "top")),
    (readings, "from_code", codes_without_types, ("first", "latest")),
    (Asking, "__init__", everything_is_known, ("count",)),
]


@pytest.mark.parametrize(
    ("place", "name", "wrong", "about"), BUGS, ids=[f"{bug[1]} {bug[2].__name__}" for bug in BUGS]
)
def test_a_bug_planted_into_the_batch_reading_is_found(
    place: Any, name: str, wrong: Any, about: tuple[str, ...]
) -> None:
    planted = Planted(AskedReading(), place, name, wrong)
    size = Size(definitions=8, households=30, about=about)
    report = campaign([ReferenceReading(), planted], 7, CASES, size, most=1, shrinking=False)
    assert report.found, f"{report.cases} cases did not find it"
    assert raises_nothing(report), str(report)
