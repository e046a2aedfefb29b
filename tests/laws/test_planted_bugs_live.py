"""Bugs planted into the live engine are found by feeding it facts one by one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.laws.planted import Planted, raises_nothing

from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.compare import Size
from tailorbird.language.laws.live_stream import StreamReading
from tailorbird.language.laws.readings import ReferenceReading
from tailorbird.language.live import answering, bags, engine, lifetime, points, sessions, stories
from tailorbird.language.live.scene import Scene

CASES = 60_000


def window_that_keeps_its_far_end(window: Any, scene: Any) -> tuple[int, int]:
    low, high = EDGES(window, scene)
    return low - 1, high


def nobody_is_woken_for_a_window(*_: Any) -> None:
    return None


def noted_a_microsecond_late(self: Scene, instant_us: int) -> None:
    SOON(self, instant_us + 1)


def pruned_a_microsecond_early(window: Any, now_us: int) -> int:
    return FLOOR(window, now_us) + 1


def merged_from_one_side(_self: Any, one: Any, _other: Any) -> Any:
    return one


def verdicts_are_forgotten(_facts: Any) -> frozenset[str]:
    return frozenset()


def decay_that_begins_a_hop_late(hops: dict[int, int], hop: int) -> Any:
    return WORTH(hops, max([hop - 1, *hops]))


def exists_a_microsecond_late(state: Any, now_us: int) -> bool:
    return EXISTS(state, now_us - 1)


EDGES, SOON, FLOOR = bags.edges, Scene.soon, bags.floor
WORTH, EXISTS = points.worth, answering.exists

COUNTS = ("count", "did", "sum", "active_days", "favourite")

BUGS: list[tuple[Any, str, Any, tuple[str, ...]]] = [
    (bags, "edges", window_that_keeps_its_far_end, COUNTS),
    (bags, "note_changes", nobody_is_woken_for_a_window, COUNTS),
    (Scene, "soon", noted_a_microsecond_late, COUNTS),
    (bags, "floor", pruned_a_microsecond_early, COUNTS),
    (bags.TimesBag, "merge", merged_from_one_side, COUNTS),
    (stories.LiveAbsence, "merge", merged_from_one_side, ("absent",)),
    (lifetime.LifetimeFold, "merge", merged_from_one_side, COUNTS),
    (sessions.LiveSessions, "merge", merged_from_one_side, ("session_count",)),
    (engine, "bots_among", verdicts_are_forgotten, COUNTS),
    (points, "worth", decay_that_begins_a_hop_late, ("score",)),
    (answering, "exists", exists_a_microsecond_late, COUNTS),
]


@pytest.mark.parametrize(
    ("place", "name", "wrong", "about"), BUGS, ids=[f"{bug[1]} {bug[2].__name__}" for bug in BUGS]
)
def test_a_bug_planted_into_the_live_engine_is_found(
    place: Any, name: str, wrong: Any, about: tuple[str, ...]
) -> None:
    readings = [ReferenceReading(), Planted(StreamReading(), place, name, wrong)]
    report = campaign(readings, 7, CASES, Size(about=about), most=1, shrinking=False)
    assert report.found, f"{report.cases} cases did not find it"
    assert raises_nothing(report), str(report)
