"""Many facts of one person in one commit are answered once, in the place of the last of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.flow.live_reading import Service, service
from tests.flow.test_advance import PLAN, START, entries, fact, pending

from tailorbird.flow.together import FEW
from tailorbird.kernel.facts import MERGE
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text


@pytest.fixture
def running() -> Iterator[Service]:
    with service(live.plan(load_text(PLAN).definitions)) as made:
        yield made


def test_many_facts_of_one_person_in_a_commit_are_answered_once(running: Service) -> None:
    many = [fact("a", at_us=START + n) for n in range(FEW + 1)]
    running.accept(fact("b"), *many[:5], fact("b", at_us=START + 8), *many[5:], fact("c"))
    found = running.live.advance(START + 60)
    kept = [(e.subject, e.position) for e in found if e.key[1] == "keen"]
    assert kept == [("b", 6), ("a", FEW + 3)]
    assert running.live.position == FEW + 4
    seen = running.live.person("a", START + 60)
    assert seen is not None and seen.traits["seen"] == (FEW + 1) * UNIT
    running.check_record()


def test_what_waits_for_others_is_taken_in_before_whoever_it_is_about_changes(
    running: Service,
) -> None:
    running.accept(*(fact("b", at_us=START + n) for n in range(FEW)))
    running.accept(fact("b", MERGE, other="a", at_us=START + 50), fact("b", at_us=START + 51))
    found = running.live.advance(START + 60)
    kept = [(e.subject, bool(e.value), e.position) for e in found if e.key[1] == "keen"]
    assert kept == [("b", True, FEW - 1), ("b", False, FEW), ("a", True, FEW)]
    seen = running.live.person("a", START + 60)
    assert seen is not None and seen.traits["seen"] == (FEW + 1) * UNIT
    running.check_record()


def test_many_facts_of_a_pending_person_wait_too_and_turn_nobody(running: Service) -> None:
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")
    running.ask_histories(10)
    before = running.live.last_number
    running.accept(*(fact("a", "Bought", at_us=START + n) for n in range(FEW + 2)))
    running.live.advance(START + 60)
    assert running.live.last_number == before
    running.tell_histories()
    assert ("a", "buyer", True) in entries(running.live.record(before, 99))
    running.check_record()


def test_what_many_facts_turn_has_the_cause_of_the_last_of_them(running: Service) -> None:
    now_us = START + DAY
    late = [fact("a", at_us=START + n, known_us=now_us) for n in range(FEW)]
    for who, last in (("a", late), ("b", [])):
        facts = [one._replace(subject=who, id=f"{who}{one.id}") for one in late]
        now = [fact(who, at_us=now_us) for _ in range(2)]
        running.accept(*([*now, *facts] if last else [*facts, *now]))
    found = running.live.advance(now_us)
    causes = {entry.subject: entry.cause for entry in found if entry.key[1] == "keen"}
    assert causes == {"a": "late", "b": "event"}


def test_what_waits_of_somebody_is_taken_in_before_what_came_under_another_name_of_hers(
    running: Service,
) -> None:
    running.accept(fact("a"), fact("b"), fact("a", MERGE, other="b"))
    running.run_to(START)
    at = running.live.position
    many = [fact("a", "Bought", at_us=START + n) for n in range(FEW + 1)]
    running.accept(*many, fact("b", at_us=START + 50), fact("z", at_us=START + 51))
    found = running.live.advance(START + 60)
    kept = [(entry.key[1], entry.position - at) for entry in found if entry.subject == "a"]
    assert ("buyer", FEW) in kept
