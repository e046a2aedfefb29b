"""Live people follow the log and the clock, over restarts, and the record says who turned."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.flow.live_reading import Service, service
from tests.stored import stored

from tailorbird.flow import advance
from tailorbird.kernel.facts import (
    MERGE,
    SETTING,
    TRAITS,
    UNMERGE,
    VERDICT,
    WORKSPACE,
    Fact,
)
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, SECOND
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.world import FOREVER
from tailorbird.segments.membership import Turned

PLAN = """
traits:
  seen: count("Seen")
scores:
  interest: {points: {Seen: 2}}
segments:
  keen: count("Seen", last="7d") >= 2
  buyer: did("Bought")
  late_night: count("Seen", where=event_hour() == 23) >= 1
personas:
  - Shopper: in_segment("buyer")
  - Looker: in_segment("keen")
"""
START = 1_700_000_000 * SECOND
COUNTER = itertools.count()


def fact(subject: str, called: str = "Seen", at_us: int = START, **more: Any) -> Fact:
    known_us = more.pop("known_us", max(at_us, START))
    id_ = more.pop("id", f"m{next(COUNTER)}")
    return Fact(
        subject, at_us, id_, called, more, {}, not called.startswith("$"), True, "", 0, known_us
    )


@pytest.fixture
def running() -> Iterator[Service]:
    with service(live.plan(load_text(PLAN).definitions)) as made:
        yield made


def entries(found: Sequence[Turned]) -> list[tuple[str, str, Any]]:
    return [(entry.subject, entry.key[1], entry.value) for entry in found]


def test_a_person_is_told_by_any_of_her_identifiers(running: Service) -> None:
    running.accept(fact("bea"), fact("bea", at_us=START + 1))
    running.accept(fact("bea", MERGE, other="anna", at_us=START + 2))
    running.run_to(START + 3)
    seen = running.live.person("anna", START + 3)
    assert seen is not None and seen == running.live.person("bea", START + 3)
    assert seen.identifiers == ("anna", "bea") and seen.name == "anna"
    assert seen.traits == {"seen": 2 * UNIT} and seen.scores == {"interest": 4 * UNIT}
    assert (seen.segments, seen.persona, seen.as_of) == (("keen",), "Looker", 3)
    assert running.live.person("nobody", START) is None


def test_a_commit_that_has_taken_long_enough_goes_on_with_the_next_fact(running: Service) -> None:
    running.accept(fact("bea"), fact("bea", MERGE, other="anna"), fact("bea"), fact("cid"))
    asked = itertools.count(1)
    told = running.live.advance(START + 3, enough=lambda: next(asked) == 2)
    assert (running.live.position, running.live.committed, entries(told)) == (2, 2, [])
    running.restart()
    assert running.live.position == 2
    assert ("anna", "keen", True) in entries(running.live.advance(START + 3, enough=lambda: True))
    assert running.live.position == 3
    running.run_to(START + 3)
    running.check_record()
    seen = running.live.person("anna", START + 3)
    assert seen is not None and seen.traits == {"seen": 2 * UNIT}


def test_sent_traits_that_definitions_read_are_told_too(running: Service) -> None:
    running.accept(fact("ann", TRAITS, city="Ulm", timezone="Europe/Berlin", seen="no"))
    running.accept(fact("bob", TRAITS, timezone="UTC"))
    running.accept(fact("bob", TRAITS, timezone=None, at_us=START + 1))
    running.run_to(START + 1)
    seen = running.live.person("ann", START + 1)
    assert seen is not None and seen.traits == {"timezone": "Europe/Berlin", "seen": 0}
    seen = running.live.person("bob", START + 1)
    assert seen is not None and seen.traits == {"seen": 0}


def test_exits_come_first_when_people_are_joined_or_parted_later(running: Service) -> None:
    running.accept(fact("a"), fact("a", at_us=START + 1), fact("b"))
    running.run_to(START + 1)
    running.accept(fact("b", MERGE, other="a", at_us=START + 8 * DAY))
    found = running.live.advance(START + 8 * DAY)
    assert found[0][1:] == (("segment", "keen"), False, START + 7 * DAY, 2, "time", 2)


def test_a_segment_is_left_at_the_exact_instant(running: Service) -> None:
    running.accept(fact("ann"), fact("ann", at_us=START + HOUR))
    running.run_to(START + HOUR)
    leaves_us = START + 7 * DAY
    assert running.live.next_wake_us <= leaves_us
    running.run_to(leaves_us - 1)
    assert running.live.next_wake_us == leaves_us
    assert running.live.members("keen", None, 10) == ["ann"]
    left = running.live.wake(leaves_us + 5 * SECOND)
    assert [e[1:5] for e in left] == [
        (("segment", "keen"), False, leaves_us, 1),
        (("persona", ""), left[1].value, leaves_us, 1),
    ]
    assert {entry.cause for entry in left} == {"time"}
    assert running.live.members("keen", None, 10) == []


def test_after_very_many_instants_the_clock_jumps_and_time_is_still_the_cause(
    running: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "WAKES", 0)
    running.accept(fact("ann"), fact("ann"))
    running.run_to(START)
    running.accept(fact("ann", "Bought", at_us=START + 30 * DAY), now_us=START + 30 * DAY)
    found = running.live.advance(START + 30 * DAY)
    causes = {entry.key[1]: entry.cause for entry in found if entry.key[0] == "segment"}
    assert causes == {"keen": "time", "buyer": "event"}
    assert running.live.members("keen", None, 9) == []


def test_reads_are_exact_before_anybody_was_woken(running: Service) -> None:
    running.accept(fact("ann"), fact("ann", at_us=START + MINUTE))
    running.run_to(START + MINUTE)
    seen = running.live.person("ann", START + 7 * DAY)
    assert seen is not None and seen.segments == ()
    assert running.live.members("keen", None, 10) == ["ann"]


def test_the_record_says_when_by_which_facts_and_why(running: Service) -> None:
    running.accept(fact("ann", at_us=START - 72 * HOUR), fact("ann", at_us=START + MINUTE))
    running.accept(fact("ann", "Bought", at_us=START - 60 * HOUR, known_us=START + HOUR))
    found = running.live.advance(START + 2 * HOUR) + running.live.advance(START + 2 * HOUR)
    assert [(e.key[1], e.value, e.at_us, e.position, e.cause, e.number) for e in found] == [
        ("keen", True, START + MINUTE, 1, "event", 1),
        ("", "Looker", START + MINUTE, 1, "event", 1),
        ("buyer", True, START + HOUR, 2, "late", 2),
        ("", "Shopper", START + HOUR, 2, "late", 2),
    ]
    assert running.live.record(0, 10) == found and running.live.record(1, 10) == found[2:]


def test_an_event_72_hours_late_counts_at_its_own_time(running: Service) -> None:
    running.accept(fact("ann", at_us=START))
    running.accept(fact("ann", at_us=START - 72 * HOUR, known_us=START + HOUR))
    running.run_to(START + HOUR)
    assert running.live.members("keen", None, 10) == ["ann"]
    leaves_us = START - 72 * HOUR + 7 * DAY
    running.run_to(leaves_us - 1)
    assert running.live.members("keen", None, 10) == ["ann"]
    running.run_to(leaves_us)
    assert running.live.members("keen", None, 10) == []


def test_a_fact_of_the_future_waits_for_its_time(running: Service) -> None:
    running.accept(fact("ann", "Bought", at_us=START + DAY, known_us=START))
    running.run_to(START + HOUR)
    seen = running.live.person("ann", START + HOUR)
    assert seen is not None and not seen.exists
    assert running.live.next_wake_us == START + DAY
    assert entries(running.live.wake(START + DAY))[0] == ("ann", "buyer", True)


def test_everything_is_the_same_after_a_restart(running: Service) -> None:
    running.accept(fact("ann"), fact("ann", at_us=START + HOUR), fact("bob", "Bought"))
    running.run_to(START + HOUR)
    before = (running.live.position, running.live.next_wake_us, everybody(running))
    running.restart()
    assert (running.live.position, running.live.next_wake_us, everybody(running)) == before
    assert running.live.advance(START + HOUR) == []


def everybody(running: Service, *, timeless: bool = False) -> list[tuple[str, bytes]]:
    """Names and stored states; ``timeless``: without the instants of waking."""
    people = [row for row in map(running.store.find, range(1, 100)) if row is not None]
    states = [(row.name, live.decode(row.state)) for row in people]
    return [(name, stored(replace(s, wake_at=0) if timeless else s)) for name, s in states]


def test_rebuilt_states_are_bit_equal(running: Service) -> None:
    facts = [fact(who, at_us=START + n * MINUTE) for n, who in enumerate("abcabcdea")]
    for some in (facts[:2], facts[2:7], facts[7:]):
        running.accept(*some)
        running.run_to(some[-1].known_us)
    with service(running.plan) as again:
        again.accept(*facts)
        again.run_to(facts[-1].known_us)
        assert everybody(again) == everybody(running)
    with_wakes = sorted(everybody(running, timeless=True))
    running.adopt(running.plan, facts[-1].known_us)
    assert sorted(everybody(running, timeless=True)) == with_wakes  # live wakes may come early


class StoppedError(Exception):
    """The process ends here."""


def test_a_crash_before_the_commit_loses_and_doubles_nothing(
    running: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.accept(fact("ann"), fact("ann", at_us=START + 1), fact("zoe", MERGE, other="ann"))

    def stop(*_: Any) -> None:
        raise StoppedError

    with monkeypatch.context() as patched:
        patched.setattr(running.store, "put_meta", stop)
        with pytest.raises(StoppedError):
            running.live.advance(START + 2)
    assert running.live.position == 0 and running.live.record(0, 9) == []
    assert running.live.person("zoe", START) is None
    running.restart()
    running.run_to(START + 2)
    running.check_record()
    seen = running.live.person("zoe", START + 2)
    assert seen is not None and seen.traits["seen"] == 2 * UNIT


def test_who_is_joined_ends_in_the_record_and_goes_on_as_one(running: Service) -> None:
    running.accept(fact("a"), fact("b", at_us=START + 1), fact("b", at_us=START + 2))
    running.run_to(START + 3)
    running.accept(fact("b", MERGE, other="a", at_us=START + 4))
    found = running.live.advance(START + 4)
    assert [(e.subject, e.key[1], bool(e.value), e.cause) for e in found if e.key[1]] == [
        ("b", "keen", False, "merge"),
        ("a", "keen", True, "merge"),
    ]
    running.check_record()
    assert running.live.members("keen", None, 10) == ["a"]


def test_a_smaller_identifier_renames_a_person(running: Service) -> None:
    running.accept(fact("m"), fact("m", at_us=START + 1))
    running.accept(fact("m", MERGE, other="c", at_us=START + 2))
    running.run_to(START + 3)
    assert running.live.members("keen", None, 10) == ["c"]
    running.check_record()


def test_who_is_renamed_and_then_pending_in_one_commit_goes_by_the_new_name(
    running: Service,
) -> None:
    running.accept(fact("m"), fact("m", at_us=START + 1), fact("m", id="m-3", at_us=START + 1))
    running.run_to(START + 1)
    running.accept(fact("m", MERGE, other="c", at_us=START + 2))
    running.accept(fact("m", VERDICT, message_id="m-3", bot=True, at_us=START + 3))
    running.live.advance(START + 3)
    assert running.live.replays_wanted(1) != []
    running.check_record()
    running.restart()
    running.run_to(START + 4)
    assert running.live.members("keen", None, 10) == ["c"]
    running.check_record()


def test_an_unmerge_is_as_if_they_had_never_been_one(running: Service) -> None:
    running.accept(fact("a"), fact("b"), fact("c"), fact("c", at_us=START + 1))
    running.accept(fact("a", MERGE, other="b", id="ab"), fact("b", MERGE, other="c", id="bc"))
    running.accept(fact("x", UNMERGE, links=["ab", "unknown"], at_us=START + 2))
    running.run_to(START + 3)
    assert running.live.members("keen", None, 10) == ["b"]
    assert running.live.person("c", START + 3) == running.live.person("b", START + 3)
    running.accept(fact("x", UNMERGE, links=["bc"], at_us=START + 4))
    running.run_to(START + 5)
    assert running.live.members("keen", None, 10) == ["c"]
    running.accept(fact("a", MERGE, other="b", id="unknown", at_us=START + 6))
    running.run_to(START + 7)
    alone = running.live.person("a", START + 7)
    assert alone is not None and alone.identifiers == ("a",)
    running.check_record()


def pending(running: Service, *subjects: str) -> None:
    """People who have been parted, so that their histories are needed."""
    first, *others = subjects
    for other in others:
        running.accept(fact(first, MERGE, other=other, id=f"{first}{other}"))
    running.run_to(START)
    links = [f"{first}{other}" for other in others]
    running.accept(fact("x", UNMERGE, links=links, at_us=START + 1))
    running.live.advance(START + 1)


def test_facts_of_pending_people_wait_and_others_go_on(running: Service) -> None:
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")
    running.ask_histories(10)
    running.accept(fact("a", at_us=START + 2), fact("z"), fact("z", at_us=START + 2))
    running.live.advance(START + 2)
    assert running.live.members("keen", None, 10) == ["a", "z"]  # a: as before she was parted
    seen = running.live.person("a", START + 2)
    assert seen is not None and seen.is_pending and seen.as_of < running.live.position
    running.tell_histories()
    assert running.live.replays_wanted(1) == []
    seen = running.live.person("a", START + 2)
    assert seen is not None and seen.traits["seen"] == 2 * UNIT and not seen.is_pending
    running.check_record()


def test_a_pending_person_who_gets_a_smaller_identifier_goes_by_it_at_once(
    running: Service,
) -> None:
    running.accept(fact("b"), fact("b"), fact("c"))
    pending(running, "b", "c")
    assert running.live.members("keen", None, 9) == ["b"]
    running.accept(fact("b", MERGE, other="a", at_us=START + 3))
    running.live.advance(START + 3)
    assert running.live.members("keen", None, 9) == ["a"]
    running.restart()
    assert running.live.members("keen", None, 9) == ["a"]
    running.check_record()


def test_pending_people_are_still_pending_after_a_restart(running: Service) -> None:
    running.accept(fact("a"), fact("b"))
    pending(running, "a", "b")
    running.ask_histories(10)
    running.restart()
    running.accept(fact("a", at_us=START + 2))
    running.live.advance(START + 2)
    running.tell_histories()  # an answer from before the restart is not enough
    seen = running.live.person("a", START + 2)
    assert seen is not None and seen.is_pending
    running.run_to(START + 3)
    seen = running.live.person("a", START + 3)
    assert seen is not None and seen.traits["seen"] == 2 * UNIT


def test_an_answer_about_people_who_were_joined_meanwhile_is_not_taken(running: Service) -> None:
    running.accept(fact("a"), fact("b"), fact("c"))
    pending(running, "a", "b")
    running.ask_histories(10)
    running.accept(fact("a", MERGE, other="c", at_us=START + 2))
    running.live.advance(START + 2)
    running.tell_histories()
    seen = running.live.person("c", START + 2)
    assert seen is not None and seen.is_pending
    running.run_to(START + 3)
    seen = running.live.person("c", START + 3)
    assert seen is not None and seen.traits["seen"] == 2 * UNIT
    running.check_record()


def test_an_answer_from_before_people_were_parted_and_joined_again_is_not_taken(
    running: Service,
) -> None:
    running.accept(fact("a"), fact("b"), fact("c"))
    pending(running, "a", "c")
    running.accept(fact("a", MERGE, other="b", id="ab", at_us=START + 2))
    running.live.advance(START + 2)
    running.ask_histories(10)  # of a and b as one person
    running.accept(fact("x", UNMERGE, links=["ab"], at_us=START + 3))
    running.accept(fact("b", at_us=START + 4))  # waits with the history of b alone
    running.accept(fact("a", MERGE, other="b", at_us=START + 5))
    running.live.advance(START + 5)
    running.tell_histories()
    seen = running.live.person("a", START + 5)
    assert seen is not None and seen.is_pending
    running.run_to(START + 6)
    seen = running.live.person("a", START + 6)
    assert seen is not None and seen.traits["seen"] == 3 * UNIT


def test_who_is_joined_with_a_pending_person_is_pending(running: Service) -> None:
    running.accept(fact("y"), fact("z"), fact("y", at_us=START + 1), fact("a"))
    pending(running, "y", "z")
    running.accept(fact("y", MERGE, other="a", at_us=START + 2))
    running.live.advance(START + 2)
    seen = running.live.person("y", START + 2)
    assert seen is not None and seen.identifiers == ("a", "y") and seen.is_pending
    running.run_to(START + 3)
    seen = running.live.person("y", START + 3)
    assert seen is not None and seen.traits["seen"] == 3 * UNIT
    running.check_record()


def test_what_is_told_of_a_pending_person_stays_as_it_was_when_she_is_joined(
    running: Service,
) -> None:
    running.accept(fact("a"), fact("b"), fact("b", at_us=START + 1), fact("c"))
    running.accept(fact("b", MERGE, other="c", id="bc"))
    running.run_to(START + 1)
    running.accept(fact("a", at_us=START + 2), fact("x", UNMERGE, links=["bc"]))
    running.accept(fact("b", MERGE, other="a", at_us=START + 2))
    found = running.live.advance(START + 2)  # a turns and is marked in one commit
    assert ("a", "keen", True) in entries(found)
    assert running.live.members("keen", None, 9) == ["a"]
    running.check_record()
    running.accept(fact("a", MERGE, other="d", at_us=START + 3), fact("d", at_us=START + 3))
    running.live.advance(START + 3)
    running.restart()
    running.check_record()
    assert running.live.members("keen", None, 9) == ["a"]


def test_nobody_goes_on_before_a_change_for_everybody_is_taken_in(running: Service) -> None:
    running.accept(fact("ann", at_us=START + 10 * MINUTE), fact("bob"))
    running.run_to(START + HOUR)
    later = START + 2 * HOUR
    running.accept(fact(WORKSPACE, SETTING, later, name="zone", value="Europe/Berlin"))
    running.accept(fact("ann", at_us=later))
    running.live.advance(later)
    for who in ("ann", "bob"):
        seen = running.live.person(who, later)
        assert seen is not None and seen.is_pending
        assert (seen.as_of, seen.traits["seen"]) == (2, UNIT)


def test_settings_stay_in_force_under_other_definitions(running: Service) -> None:
    running.accept(fact(WORKSPACE, SETTING, START, name="zone", value="Europe/Berlin"))
    running.run_to(START)
    running.adopt(running.plan, START)
    running.restart()
    running.accept(fact("ann", at_us=START + 10 * MINUTE))  # 22:23 UTC
    running.run_to(START + HOUR)
    assert running.live.members("late_night", None, 9) == ["ann"]


def test_who_was_let_go_of_is_woken_when_everybody_is() -> None:
    with service(live.plan(load_text(PLAN).definitions), memory_bytes=0) as running:
        running.accept(fact("ann", at_us=START + 10 * MINUTE))
        running.run_to(START + HOUR)
        soon = START + DAY
        running.accept(
            fact(WORKSPACE, SETTING, soon, name="zone", value="Europe/Berlin", known_us=START + DAY)
        )
        running.live.advance(START + 2 * HOUR)
        assert running.live.next_wake_us == soon
        running.live.wake(soon)
        assert running.live.next_wake_us > soon
        running.run_to(soon)
        assert running.live.members("late_night", None, 9) == ["ann"]


def test_an_answer_that_only_a_history_gives_is_exact_before_anybody_was_woken(
    running: Service,
) -> None:
    running.accept(fact("ann", at_us=START + 10 * MINUTE))  # 22:23 UTC
    running.accept(
        fact("ann", TRAITS, timezone="Europe/Berlin", at_us=START + DAY, known_us=START + HOUR)
    )
    running.run_to(START + HOUR)
    seen = running.live.person("ann", START + DAY)
    assert seen is not None and seen.segments == ("late_night",)
    assert running.live.members("late_night", None, 9) == []


def test_a_change_of_zone_is_a_change_for_everybody(running: Service) -> None:
    running.accept(fact("ann", at_us=START + 10 * MINUTE))  # 22:23 UTC
    running.run_to(START + HOUR)
    assert running.live.members("late_night", None, 9) == []
    later = START + 2 * HOUR
    running.accept(fact(WORKSPACE, SETTING, later, name="zone", value="Europe/Berlin"))
    running.accept(fact("bob", at_us=later + 1))
    running.run_to(later + 1)
    assert running.live.members("late_night", None, 9) == ["ann"]
    last = running.live.record(0, 99)[-1]
    assert (last.subject, last.cause) == ("ann", "definition")
    soon = later + DAY
    running.accept(fact(WORKSPACE, SETTING, soon, name="zone", value="UTC", known_us=later + HOUR))
    running.run_to(soon - 1)
    assert running.live.members("late_night", None, 9) == ["ann"]
    running.run_to(soon)
    assert running.live.members("late_night", None, 9) == []


def test_people_out_of_memory_come_back_as_they_were() -> None:
    with service(live.plan(load_text(PLAN).definitions), memory_bytes=0) as running:
        for n in range(50):
            running.accept(fact(f"p{n % 10}", at_us=START + n))
            running.live.advance(START + n)
            assert running.live.bytes_held == 0
        assert len(running.live.members("keen", None, 99)) == 10
        seen = running.live.person("p3", START + 60)
        assert seen is not None and seen.traits["seen"] == 5 * UNIT


def test_members_come_in_pages(running: Service) -> None:
    for who in "cabd":
        running.accept(fact(who), fact(who, at_us=START + 1))
    running.accept(fact("b", "Bought"))
    running.run_to(START + 2)
    assert running.live.members("keen", None, 3) == ["a", "b", "c"]
    assert running.live.members("keen", "c", 3) == ["d"]


def test_other_definitions_take_effect_at_one_position(running: Service) -> None:
    running.accept(fact("ann"), fact("ann", at_us=START + 1), fact("bob", "Bought"))
    running.run_to(START + 2)
    other = live.plan(load_text(PLAN.replace(">= 2", ">= 1") + "").definitions)
    running.accept(fact("cid", at_us=START + 2))
    running.adopt(other, START + 3)
    found = running.live.record(2, 99)
    assert entries(found) == []
    running.run_to(START + 3)
    assert running.live.members("keen", None, 9) == ["ann", "cid"]
    assert running.live.next_wake_us < FOREVER
    running.check_record()


def test_who_stands_otherwise_by_other_definitions_is_in_the_record(running: Service) -> None:
    running.accept(fact("ann"), fact("bob", "Bought"))
    running.run_to(START + 2)
    running.adopt(live.plan(load_text(PLAN.replace(">= 2", ">= 1")).definitions), START + 2)
    found = running.live.record(1, 99)
    assert [(e.subject, e.key[1], e.cause) for e in found] == [
        ("ann", "keen", "definition"),
        ("ann", "", "definition"),
    ]
    running.check_record()


def test_states_that_are_ahead_take_effect_where_they_are(running: Service) -> None:
    running.accept(fact("ann"), fact("bob", "Bought"))
    running.run_to(START + 2)
    running.accept(fact("cid", at_us=START + 2), fact("bob", at_us=START + 2))
    other = live.plan(load_text(PLAN.replace(">= 2", ">= 1")).definitions)
    running.adopt(other, START + 3, back=-2)
    assert running.live.position == 4
    assert running.live.members("keen", None, 9) == ["ann", "bob", "cid"]
    running.check_record()
    running.accept(fact("dan", at_us=START + 3))
    running.run_to(START + 3)
    assert running.live.members("keen", None, 9) == ["ann", "bob", "cid", "dan"]
    running.check_record()


def test_links_that_were_taken_back_stay_so_after_adoption(running: Service) -> None:
    running.accept(fact("a"), fact("b"), fact("a", MERGE, other="b", id="ab"))
    running.accept(fact("a", MERGE, other="c", id="ac"), fact("b", UNMERGE, links=["ab"]))
    running.run_to(START)
    running.adopt(running.plan, START)
    running.accept(fact("a", at_us=START + 1), fact("b", UNMERGE, links=["ac"], at_us=START + 1))
    running.run_to(START + 2)
    for subject, seen in (("a", 2), ("b", 1)):
        found = running.live.person(subject, START + 2)
        assert found is not None and found.identifiers == (subject,)
        assert found.traits["seen"] == seen * UNIT


def test_states_of_other_definitions_are_not_gone_on_with(running: Service) -> None:
    running.accept(fact("ann"))
    running.run_to(START)
    running.plan = live.plan(load_text("segments: {keen: 'did(\"Seen\")'}").definitions)
    running.restart()
    assert running.live.is_stale
    running.adopt(running.plan, START)
    assert not running.live.is_stale
    assert running.live.members("keen", None, 9) == ["ann"]


def test_a_context_is_only_left_out_where_nobody_will_look_at_it() -> None:
    text = """segments: {mobile: 'did("Seen", where=context.device == "phone")'}"""
    for plan, asked in ((text, True), (PLAN, False)):
        with service(live.plan(load_text(plan).definitions)) as running:
            phone = {"device": "phone"}
            running.accept(fact("a")._replace(context=phone))
            running.live.advance(START)
            seen = running.live.person("a", START)
            assert seen is not None and ("mobile" in seen.segments) is asked
            coming = fact("a", at_us=START + HOUR, known_us=START)._replace(context=phone)
            running.accept(coming, now_us=START)
            running.live.advance(START)
            found = running.store.find(1)
            assert found is not None
            assert [one.context for one in live.decode(found.state).pending] == [phone]


def test_the_clock_never_goes_back(running: Service) -> None:
    running.accept(fact("ann", at_us=START + DAY), now_us=START + DAY)
    running.run_to(START + DAY)
    running.accept(fact("bob", at_us=START, known_us=START), fact("bob", known_us=START))
    found = running.live.advance(START + DAY)
    assert {entry.at_us for entry in found} == {START + DAY}
