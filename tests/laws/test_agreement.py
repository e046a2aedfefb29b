"""All readings give the same answers, to questions made by chance and by Hypothesis."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.readings import EVERYBODY, READINGS

from tailorbird.language import live
from tailorbird.language.laws.campaign import Report, campaign
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Size, disagreements, random_world
from tailorbird.language.laws.live_stream import StreamReading
from tailorbird.language.laws.readings import ReferenceReading

CASES = 20_000
SIZES = {
    "many definitions": (CASES, Size(definitions=16, households=20, instants=4)),
    "a few long histories": (3_000, Size(definitions=12, households=3, facts=120)),
    "one definition at many instants": (3_000, Size(definitions=1, households=10, instants=40)),
}


@pytest.mark.parametrize("name", SIZES)
def test_all_readings_agree_on_random_worlds(name: str, seed: int) -> None:
    cases, size = SIZES[name]
    report = campaign(READINGS, seed, cases, size)
    assert not report.found, str(report)
    assert report.cases >= cases


def test_batch_agrees_where_everybody_is_asked_at_once(seed: int) -> None:
    size = Size(definitions=12, households=120, instants=0, together=2)
    report = campaign(EVERYBODY, seed, 10_000, size)
    assert not report.found, str(report)


class Drawn(Chance):
    """Chance that Hypothesis decides, so that it can look for the simplest failure."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__(0)
        self._data = data

    def bits(self) -> int:
        return self._data.draw(st.integers(0, 2**64 - 1))

    def below(self, bound: int) -> int:
        return self._data.draw(st.integers(0, bound - 1))

    def split(self) -> Chance:
        return self


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_all_readings_agree_on_worlds_that_hypothesis_draws(data: st.DataObject) -> None:
    size = Size(definitions=2, households=1, facts=6, instants=3)
    world = random_world(Drawn(data), size)
    found = disagreements(READINGS, world)
    assert not found, str(found[0])


def test_heavy_people_are_answered_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = [import_module(f"{live.__name__}.{m.name}") for m in iter_modules(live.__path__)]
    bounded = [module for module in modules if hasattr(module, "BAG_ENTRIES")]
    assert bounded
    for module in bounded:
        monkeypatch.setattr(module, "BAG_ENTRIES", 3)
    report = campaign([ReferenceReading(), StreamReading()], seed, 4_000)
    assert not report.found, str(report)


def test_a_report_says_what_was_counted() -> None:
    counted = "1,234 cases in 2 worlds from seed 7: 0 disagreements"
    assert str(Report(7, worlds=2, cases=1_234)) == counted
