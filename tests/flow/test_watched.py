"""Whoever is watched is shown whenever she changed, whatever becomes of her identifiers."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.flow.live_reading import Service, service

from tailorbird.flow.watched import REFRESH_US
from tailorbird.kernel.facts import MERGE, SETTING, UNMERGE, WORKSPACE, Fact
from tailorbird.kernel.instants import HOUR, SECOND
from tailorbird.language import live
from tailorbird.language.files import load_text

PLAN = """
traits: {seen: count("Seen")}
scores: {interest: {half_life: 1h, points: {Seen: 2}}}
segments:
  keen: count("Seen", last="1h") >= 2
  late_night: count("Seen", where=event_hour() == 23) >= 1
personas: [{Looker: in_segment("keen")}]
"""
OTHER = 'segments: {anybody: count("Seen") >= 1}'
START = 1_700_000_000 * SECOND
COUNTER = itertools.count()
PEOPLE = ("a", "b", "c", "d")


def plan(text: str) -> live.Plan:
    return live.plan(load_text(text).definitions)


def fact(subject: str, at_us: int, called: str = "Seen", **more: Any) -> Fact:
    id_ = more.pop("id", f"w{next(COUNTER)}")
    return Fact(
        subject, at_us, id_, called, more, {}, not called.startswith("$"), True, "", 0, at_us
    )


@pytest.fixture
def running() -> Iterator[Service]:
    with service(plan(PLAN)) as made:
        yield made


def shown(running: Service, now_us: int) -> list[str]:
    return sorted(identifier for identifier, _ in running.live.to_show(now_us))


def test_only_who_is_watched_is_shown_and_only_after_a_change(running: Service) -> None:
    assert running.live.watch("a", START) is None
    running.accept(fact("a", START), fact("b", START))
    running.run_to(START)
    ((identifier, seen),) = running.live.to_show(START)
    assert identifier == "a" and seen is not None and seen.traits == {"seen": 1_000_000}
    assert shown(running, START) == []
    running.accept(fact("b", START))
    running.run_to(START)
    assert shown(running, START) == []


def test_who_is_watched_twice_is_shown_until_nobody_watches(running: Service) -> None:
    for _ in range(2):
        running.live.watch("a", START)
    for left in (["a"], []):
        running.live.unwatch("a")
        running.accept(fact("a", START))
        running.run_to(START)
        assert shown(running, START) == left


def test_an_exit_by_the_passing_of_time_is_shown(running: Service) -> None:
    running.accept(fact("a", START), fact("a", START))
    running.run_to(START)
    running.live.watch("a", START)
    running.run_to(START + HOUR)
    ((_, seen),) = running.live.to_show(START + HOUR)
    assert seen is not None and seen.segments == ()


def test_a_decaying_score_is_shown_again_after_a_while(running: Service) -> None:
    running.accept(fact("a", START))
    running.run_to(START)
    running.live.watch("a", START)
    assert shown(running, START + REFRESH_US - 1) == []
    ((_, seen),) = running.live.to_show(START + REFRESH_US)
    assert seen is not None and 1_900_000 < seen.scores["interest"] < 2_000_000
    assert shown(running, START + REFRESH_US + 1) == []


def test_a_watch_follows_to_the_person_who_is_kept_and_back(running: Service) -> None:
    running.accept(fact("a", START), fact("b", START), fact("b", START))
    running.run_to(START)
    running.live.watch("b", START)
    running.accept(fact("b", START, MERGE, other="a", id="link"))
    running.run_to(START)
    ((_, seen),) = running.live.to_show(START)
    assert seen is not None and seen.name == "a" and seen.traits["seen"] == 3_000_000
    running.accept(fact("a", START))
    running.run_to(START)
    assert shown(running, START) == ["b"]
    running.accept(fact("a", START, UNMERGE, links=["link"]))
    running.run_to(START)
    ((_, seen),) = running.live.to_show(START)
    assert seen is not None and seen.name == "b" and seen.traits["seen"] == 2_000_000


def test_everybody_watched_is_shown_when_other_definitions_are_published(running: Service) -> None:
    running.accept(fact("a", START))
    running.run_to(START)
    running.live.watch("a", START)
    running.adopt(plan(OTHER), START)
    ((_, seen),) = running.live.to_show(START)
    assert seen is not None and seen.segments == ("anybody",)
    running.accept(fact("a", START))
    running.run_to(START)
    assert shown(running, START) == ["a"]


@pytest.mark.parametrize("seed", range(8))
def test_what_was_shown_last_is_what_a_read_would_tell(seed: int) -> None:
    chance = random.Random(seed)
    plain = PLAN.replace("half_life: 1h, ", "")  # values that stand still between facts
    with service(plan(plain), chance.choice((0, 1 << 28))) as running:
        now_us, last = START, {}
        for identifier in PEOPLE[:3]:
            last[identifier] = running.live.watch(identifier, now_us)
        for _ in range(60):
            now_us += chance.choice((0, SECOND, HOUR // 2))
            running.accept(*(happening(chance, now_us) for _ in range(chance.randint(1, 4))))
            for _ in range(chance.randint(1, 3)):
                step(running, chance, now_us)
            while running.live.next_wake_us <= now_us:
                running.live.wake(now_us)  # a read is exact before anybody was woken
            last.update(running.live.to_show(now_us))
            for identifier, seen in last.items():
                now = running.live.person(identifier, now_us)
                assert stripped(seen) == stripped(now), identifier


def happening(chance: random.Random, now_us: int) -> Fact:
    kind, who = chance.randrange(10), chance.choice(PEOPLE)
    if kind == 0:
        return fact(who, now_us, MERGE, other=chance.choice(PEOPLE), id=f"l{chance.randrange(4)}")
    if kind == 1:
        return fact(who, now_us, UNMERGE, links=[f"l{chance.randrange(4)}"])
    if kind == 2:
        zone = chance.choice(("UTC", "Asia/Tokyo"))
        return fact(WORKSPACE, now_us, SETTING, name="zone", value=zone)
    late_us = chance.choice((0, 0, HOUR, 3 * HOUR))
    return fact(who, now_us - late_us)


def step(running: Service, chance: random.Random, now_us: int) -> None:
    kind = chance.randrange(4)
    if kind == 0:
        running.live.wake(now_us, chance.randint(1, 3))
    elif kind == 1:
        running.settle(chance.randint(1, 3))
    else:
        running.live.advance(now_us, chance.randint(1, 5))


def stripped(seen: Any) -> Any:
    """What a view tells, without when and by which facts."""
    return seen and (seen.identifiers, seen.traits, seen.scores, seen.segments, seen.persona)
