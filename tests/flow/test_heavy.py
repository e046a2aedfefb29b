"""People of whom only their history tells everything: what is remembered of them, and how long."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from tests.flow.live_reading import Service, service
from tests.flow.test_advance import START, fact

from tailorbird.kernel import limits
from tailorbird.kernel.facts import MERGE, UNMERGE, Fact
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text

PLAN = """
traits: {spent: 'sum("Bought", properties.price, last="30d")'}
segments:
  buyer: did("Bought")
  rich: sum("Bought", properties.price, last="30d") >= 5
"""
MANY = 8


def bought(who: str, at_us: int = START) -> Fact:
    return fact(who, "Bought", at_us, price=UNIT)


@pytest.fixture
def heavy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Two people with more than may be kept of each."""
    for module in list(sys.modules.values()):
        if hasattr(module, "BAG_ENTRIES") and module is not limits:
            monkeypatch.setattr(module, "BAG_ENTRIES", MANY - 1)
    with service(live.plan(load_text(PLAN).definitions)) as running:
        running.accept(*(bought(who, START + n) for who in ("a", "b") for n in range(MANY)))
        running.run_to(START + MANY)
        yield running


def remembered(running: Service) -> list[float]:
    """What those views tell that are kept of whoever is heavy."""
    return [view.traits["spent"] / UNIT for view in running.live._heavy.values()]


def test_of_two_who_are_one_no_more_is_remembered_than_of_one(heavy: Service) -> None:
    assert remembered(heavy) == [MANY, MANY]
    heavy.accept(fact("a", MERGE, other="b", id="ab", at_us=START + MANY))
    heavy.run_to(START + MANY)
    assert remembered(heavy) == [2 * MANY]
    heavy.accept(fact("x", UNMERGE, links=["ab"], at_us=START + MANY + 1))
    heavy.run_to(START + MANY + 1)
    assert remembered(heavy) == [MANY, MANY]
    heavy.check_record()


def test_whoever_joins_somebody_heavy_is_heavy_with_her(heavy: Service) -> None:
    heavy.accept(bought("c"), fact("b", MERGE, other="c", at_us=START + MANY))
    heavy.run_to(START + MANY)
    assert sorted(remembered(heavy)) == [MANY, MANY + 1]
    heavy.restart()
    assert remembered(heavy) == []  # it is read again when somebody asks
    seen = heavy.live.person("c", START + MANY)
    assert seen is not None and seen.traits["spent"] == (MANY + 1) * UNIT


def test_what_is_remembered_says_as_of_when_it_is(heavy: Service) -> None:
    assert [view.as_of for view in heavy.live._heavy.values()] == [2 * MANY] * 2


def test_whoever_is_heavy_leaves_as_time_passes(heavy: Service) -> None:
    assert heavy.live.members("rich", None, 9) == ["a", "b"]
    heavy.restart()
    heavy.run_to(START + 30 * DAY + 2)
    assert heavy.live.members("rich", None, 9) == ["a", "b"]
    heavy.run_to(START + 30 * DAY + 3)  # five of eight purchases are left for one more
    assert heavy.live.members("rich", None, 9) == []
    heavy.check_record()
