"""Histories told again from the beginning, as far as the order of things matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.language.live.cutting import cut
from tailorbird.language.live.following import follow, observe
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.state import PersonState
from tailorbird.language.live.taking import add, added
from tailorbird.language.world import World

_NONE: Final = frozenset[str]()


def without_bots(facts: Sequence[Fact]) -> list[Fact]:
    """The facts that the latest verdict about them does not call a bot's."""
    return without(bots_among(facts), facts)


def without(bots: frozenset[str], facts: Sequence[Fact]) -> list[Fact]:
    """The facts that have none of these message ids."""
    return [fact for fact in facts if fact.id not in bots] if bots else list(facts)


def bots_among(facts: Sequence[Fact]) -> frozenset[str]:
    """The message ids that the latest verdict about each calls a bot's."""
    told = [fact for fact in facts if fact.name == VERDICT]
    if not told:  # about nearly everybody
        return _NONE
    verdicts: dict[str, Fact] = {}
    for fact in told:
        about = fact.properties.get("message_id")
        if isinstance(about, str) and (about not in verdicts or verdicts[about].key < fact.key):
            verdicts[about] = fact
    return frozenset(
        about for about, fact in verdicts.items() if fact.properties.get("bot") is True
    )


def retold(plan: Plan, facts: Sequence[Fact], now_us: int, world: World, limit: int) -> PersonState:
    """The history told instant by instant, so that conditions are followed on the way."""
    state = PersonState()
    if not facts:
        cut(plan, state, now_us, world)
        return state
    by_time: dict[int, list[Fact]] = {fact.time_us: [] for fact in facts}
    for fact in facts:
        by_time[fact.time_us].append(fact)
    first_us = facts[0].time_us
    seen: list[Fact] = []
    bots: frozenset[str] = frozenset()
    cut(plan, state, first_us, world)
    for time_us in sorted({*by_time, *world.changes(first_us, now_us)}):
        follow(plan, state, time_us - 1, world)
        arrived = by_time.get(time_us, [])
        seen.extend(arrived)
        if any(fact.name == VERDICT for fact in arrived):
            bots = bots_among(seen)
            state = _anew(plan, state, seen, time_us, world, limit)
        else:
            for fact in arrived:
                if fact.id not in bots:
                    add(plan, state, fact, world, limit)
            state = _recut(plan, state, seen, time_us, world, limit)
        if state.first_us is not None:
            observe(plan, state, time_us, world)
        else:
            _end_existence(plan, state, time_us)
    return state


def _end_existence(plan: Plan, state: PersonState, now_us: int) -> None:
    """A verdict may leave nothing of a person: then she is a member of nothing."""
    state.clock_us = None
    for index in plan.timelines:
        turns = state.slots.get(index)
        if turns and turns[-1][1]:
            turns.append([now_us, False])


def _recut(
    plan: Plan, state: PersonState, seen: list[Fact], now_us: int, world: World, limit: int
) -> PersonState:
    """Cut the states anew when the zone or the settings are no longer those they were cut in."""
    zone, settings = state.zone, state.settings
    cut(plan, state, now_us, world)
    moved = plan.zoned and zone != state.zone
    if moved or (plan.placed and settings != state.settings):
        return _anew(plan, state, seen, now_us, world, limit)
    return state


def _anew(
    plan: Plan, state: PersonState, seen: list[Fact], now_us: int, world: World, limit: int
) -> PersonState:
    """The same facts added again, of which only the recorded turns are kept."""
    again = added(plan, without_bots(seen), now_us, world, limit)
    turns = {index: state.slots[index] for index in plan.timelines if index in state.slots}
    again.slots.update(turns)
    again.clock_us = state.clock_us
    return again
