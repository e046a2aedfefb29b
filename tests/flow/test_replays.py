"""Facts of people whose histories are being read wait for them: none is lost or counts twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from tests.flow.live_reading import Service, service
from tests.flow.test_advance import START, fact, pending
from tests.flow.test_advance import running as running

from tailorbird.flow import advance
from tailorbird.flow.together import FEW
from tailorbird.kernel import limits
from tailorbird.kernel.facts import FIGURE, MERGE, SETTING, UNMERGE, WORKSPACE, Fact
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text


def views(running: Service, who: str, at_us: int) -> tuple[Any, bool]:
    """How often somebody was seen, and whether her history is still needed."""
    seen = running.live.person(who, at_us)
    assert seen is not None
    return seen.traits["seen"] / UNIT, seen.is_pending


def test_many_facts_of_a_pending_person_wait_together(running: Service) -> None:
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")
    running.ask_histories(10)
    running.accept(*(fact("a", at_us=START + 2) for _ in range(FEW + 2)))
    running.live.advance(START + 2)
    running.tell_histories()
    assert views(running, "a", START + 2) == (FEW + 3, False)


def test_more_facts_than_can_wait_are_read_with_the_history(
    running: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "WAITING", 2)
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")
    running.ask_histories(10)
    running.accept(*(fact("a", at_us=START + 2) for _ in range(4)))
    running.live.advance(START + 2)
    running.tell_histories()
    assert views(running, "a", START + 2) == (2, True)  # as before she was parted
    assert views(running, "b", START + 2) == (1, False)
    running.run_to(START + 2)
    assert views(running, "a", START + 2) == (5, False)


def test_what_waits_for_a_history_that_is_asked_for_again_counts_once(running: Service) -> None:
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")
    running.ask_histories(10)
    running.accept(fact("a", at_us=START + 2))
    running.live.advance(START + 2)
    running.ask_histories(10)
    running.accept(fact("a", at_us=START + 3))
    running.live.advance(START + 3)
    running.tell_histories()
    assert views(running, "a", START + 3) == (3, False)
    running.check_record()


def test_an_answer_from_before_a_change_for_everybody_is_not_taken(running: Service) -> None:
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")
    running.ask_histories(10)
    running.accept(fact(WORKSPACE, FIGURE, START + 2, name="seen.p90", value=2 * UNIT))
    running.live.advance(START + 2)
    running.tell_histories()
    assert views(running, "a", START + 2) == (2, True)  # as before she was parted
    running.run_to(START + 2)
    assert views(running, "a", START + 2) == (1, False)


def test_who_has_nothing_but_what_came_meanwhile_stays_somebody(running: Service) -> None:
    running.accept(fact("a"))
    pending(running, "a", "b")  # all that was said of b is that she was a
    running.ask_histories(10)
    running.accept(fact("b", at_us=START + 2))
    running.live.advance(START + 2)
    running.tell_histories()
    assert views(running, "b", START + 2) == (1, False)
    running.check_record()


def test_a_pending_person_with_whom_another_is_joined_is_still_pending_after_a_restart(
    running: Service,
) -> None:
    running.accept(fact("a"), fact("b"), fact("c"), fact("c"))
    pending(running, "a", "b")
    running.accept(fact("a", MERGE, other="c", at_us=START + 2))
    running.live.advance(START + 2)
    assert views(running, "c", START + 2) == (2, True)  # as a was before she was parted
    running.restart()
    assert views(running, "c", START + 2) == (2, True)
    running.run_to(START + 2)
    assert views(running, "c", START + 2) == (3, False)
    running.check_record()


def test_who_came_just_before_a_change_for_everybody_is_one_of_them(running: Service) -> None:
    running.accept(
        fact("ann"), fact(WORKSPACE, SETTING, START + 1, name="zone", value="Europe/Berlin")
    )
    running.live.advance(START + 1)
    assert views(running, "ann", START + 1) == (1, True)
    running.run_to(START + 1)
    assert views(running, "ann", START + 1) == (1, False)


def test_what_ended_before_people_were_parted_ended_by_itself(running: Service) -> None:
    running.accept(fact("a"), fact("a"), fact("b"), fact("a", MERGE, other="b", id="ab"))
    running.run_to(START)
    running.accept(fact("x", UNMERGE, links=["ab"], at_us=START + 8 * DAY))
    first = running.live.advance(START + 8 * DAY)[0]
    assert (first.key, first.value) == (("segment", "keen"), False)
    assert (first.at_us, first.cause) == (START + 7 * DAY, "time")


def test_links_go_with_those_whom_they_join_when_people_are_parted(running: Service) -> None:
    names = ("a", "b", "c", "d")
    running.accept(*map(fact, names))
    for one, other in pairwise(names):
        running.accept(fact(one, MERGE, other=other, id=one + other))
    running.run_to(START)
    for number, link in enumerate(("bc", "ab"), 1):
        running.accept(fact("x", UNMERGE, links=[link], at_us=START + number))
        running.run_to(START + number)
    seen = [running.live.person(name, START + 2) for name in names]
    assert [one and one.identifiers for one in seen] == [("a",), ("b",), ("c", "d"), ("c", "d")]


def test_of_whom_nothing_is_left_nobody_is_left(running: Service) -> None:
    running.accept(fact("a"))
    pending(running, "a", "b")  # all that was said of b is that she was a
    running.run_to(START + 2)
    assert views(running, "a", START + 2) == (1, False)
    assert running.live.person("b", START + 2) is None
    running.restart()
    assert running.live.person("b", START + 2) is None


# People of whom only their history tells everything

HEAVY = """
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
    with service(live.plan(load_text(HEAVY).definitions)) as running:
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


def test_whoever_is_heavy_by_her_history_is_read_again_under_other_definitions(
    heavy: Service,
) -> None:
    heavy.adopt(heavy.plan, START + MANY)
    assert heavy.live.members("rich", None, 9) == []  # nobody knows yet
    assert heavy.live.next_wake_us > START + MANY
    assert {one.subjects for one in heavy.live.replays_wanted(9)} == {("a",), ("b",)}
    heavy.run_to(START + MANY)
    assert heavy.live.members("rich", None, 9) == ["a", "b"]
    assert remembered(heavy) == [MANY, MANY]
    heavy.check_record()
