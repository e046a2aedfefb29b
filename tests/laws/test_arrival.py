from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from tailorbird.language import live
from tailorbird.language.laws.arrival import ArrivalReading
from tailorbird.language.laws.campaign import campaign
from tailorbird.language.laws.compare import Size
from tailorbird.language.laws.readings import ReferenceReading


def test_facts_in_disorder_are_answered_like_facts_in_order(seed: int) -> None:
    readings = [ReferenceReading(), ArrivalReading(seed)]
    report = campaign(readings, seed, 6_000, Size(instants=12))
    assert not report.found, str(report)


def test_so_are_those_of_heavy_people(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in iter_modules(live.__path__):
        found = import_module(f"{live.__name__}.{module.name}")
        if hasattr(found, "BAG_ENTRIES"):
            monkeypatch.setattr(found, "BAG_ENTRIES", 3)
    report = campaign([ReferenceReading(), ArrivalReading(seed)], seed, 2_000)
    assert not report.found, str(report)


def test_an_engine_that_wakes_too_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(scene: live.scene.Scene, instant_us: int) -> None:
        scene.until_us = min(scene.until_us, instant_us + 3_600_000_000)

    monkeypatch.setattr(live.scene.Scene, "soon", late)
    report = campaign(
        [ReferenceReading(), ArrivalReading(7)],
        7,
        20_000,
        Size(instants=12),
        most=1,
        shrinking=False,
    )
    assert report.found
