"""Facts that go through a real log into live people are answered as the reference answers."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest
from tests.flow.live_reading import LiveReading

from tailorbird.flow import advance, staging, together
from tailorbird.language import live
from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Size
from tailorbird.language.laws.readings import ReferenceReading

SIZE = Size(definitions=10, households=6, instants=4)


def test_live_people_are_answered_as_by_the_reference(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "WAKES", 25)
    monkeypatch.setattr(staging, "NEAR", 2)
    monkeypatch.setattr(together, "FEW", Chance(seed).choice((1, 2, 16)))
    report = campaign([ReferenceReading(), LiveReading(Chance(seed))], seed, 4_000, SIZE)
    assert not report.found, str(report)
    assert report.cases >= 4_000


def test_heavy_people_are_answered_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advance, "WAKES", 25)
    modules = [import_module(f"{live.__name__}.{m.name}") for m in iter_modules(live.__path__)]
    for module in modules:
        if hasattr(module, "BAG_ENTRIES"):
            monkeypatch.setattr(module, "BAG_ENTRIES", 3)
    report = campaign([ReferenceReading(), LiveReading(Chance(seed))], seed, 1_000, SIZE)
    assert not report.found, str(report)
