from __future__ import annotations

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import MINUTE, SECOND
from tailorbird.kernel.limits import BAG_ENTRIES
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.world import World


def fact(number: int, name: str, at_us: int) -> Fact:
    return Fact("ann", at_us, f"m{number:06}", name, {}, {}, True, True, "web", 0, at_us)


def folded(condition: str, facts: list[Fact]) -> live.Step | live.Replay:
    plan = live.plan(load_text(f"segments: {{s: '{condition}'}}").definitions)
    return live.fold(plan, facts, facts[-1].time_us, World())


def many_views(more: list[Fact]) -> list[Fact]:
    views = [fact(n, "Viewed", n * SECOND) for n in range(BAG_ENTRIES + 1)]
    return sorted([*views, *more], key=lambda one: one.key)


def test_of_a_completed_sequence_nothing_is_kept_after_its_completion() -> None:
    facts = many_views([fact(9_000, "Added", 2 * MINUTE)])
    told = folded('sequence("Viewed", "Added", within="1h")', facts)
    assert isinstance(told, live.Step)
    assert told.changes == (live.Change(("segment", "s"), True),)
    (kept,) = (slot for slot in told.state.slots.values())
    assert len(kept) <= 2 * MINUTE // SECOND + 2


def test_what_a_later_fact_can_undo_is_kept() -> None:
    condition = 'sequence("Viewed", "Added", "Viewed", without="Removed")'
    facts = many_views([fact(9_000, "Added", 2 * MINUTE)])
    assert folded(condition, facts) == live.Replay("heavy")
