from __future__ import annotations

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import MISSING
from tailorbird.language import live
from tailorbird.language.definitions import PERSONAS, Key
from tailorbird.language.files import load_text
from tailorbird.language.live import Change, PersonState
from tailorbird.language.world import World
from tailorbird.segments.membership import (
    LATE_US,
    Entries,
    Turned,
    Turns,
    cause_of,
    differences,
    standing,
    told_changes,
)

BUYER: Key = ("segment", "buyer")
QUIET: Key = ("segment", "quiet")
PLAN = live.plan(
    load_text(
        "segments: {buyer: 'did(\"Bought\")', quiet: 'not did(\"Seen\")'}\n"
        "personas: [{Shopper: 'in_segment(\"buyer\")'}]"
    ).definitions
)


def bought(known_us: int = 5) -> Fact:
    return Fact("ann", 5, "m", "Bought", {}, {}, True, True, "", 0, known_us)


def test_a_standing_is_the_segments_and_the_persona() -> None:
    assert standing(PLAN, PersonState()) == {}
    told = live.step(PLAN, PersonState(), bought(), 5, World())
    assert isinstance(told, live.Step)
    found = standing(PLAN, told.state)
    assert found == {BUYER: True, QUIET: True, PERSONAS: "Shopper"}
    assert dict(told_changes(told.changes)) == found


def test_differences_lead_from_one_standing_to_the_other() -> None:
    before = {BUYER: True, PERSONAS: "Shopper"}
    assert differences(before, {QUIET: True}) == (
        (QUIET, True),
        (BUYER, False),
        (PERSONAS, MISSING),
    )
    assert differences(before, before) == ()
    assert differences(before, {BUYER: True, PERSONAS: "Other"}) == ((PERSONAS, "Other"),)


def test_a_fact_is_late_when_it_becomes_known_long_after_its_time() -> None:
    assert cause_of(bought(5 + LATE_US)) == "event"
    assert cause_of(bought(6 + LATE_US)) == "late"


def test_steps_are_told_entry_by_entry() -> None:
    ann = Turns("ann", (Change(BUYER, True), Change(PERSONAS, "Shopper")), 5, 2, "event", 1)
    bob = Turns("bob", (Change(QUIET, False),), 6, 3, "time", 2)
    told = [
        Turned("ann", BUYER, True, 5, 2, "event", 1),
        Turned("ann", PERSONAS, "Shopper", 5, 2, "event", 1),
        Turned("bob", QUIET, False, 6, 3, "time", 2),
    ]
    found = Entries([ann]) + Entries([bob])
    assert len(found) == 3 and list(found) == told and found == told
    assert (found[-1], found[1:]) == (told[-1], told[1:])
    assert not Entries() and Entries() == [] and found != told[1:]
