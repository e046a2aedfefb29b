"""Facts into states: one at a time, or a whole history at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tailorbird.kernel.facts import TRAITS, VERDICT, Fact
from tailorbird.kernel.limits import BAG_ENTRIES
from tailorbird.language.live.as_cut import view_as_cut, zone_named
from tailorbird.language.live.cutting import check_cut, cut
from tailorbird.language.live.following import move_clock, observe
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.scene import IGNORED, ReplayError, tidied
from tailorbird.language.live.state import PersonState
from tailorbird.language.predicates import View
from tailorbird.language.world import World


def take(plan: Plan, state: PersonState, fact: Fact, world: World) -> set[int]:
    """Add one fact whose time has come; gives the tracked definitions that it may change."""
    if fact.name == VERDICT or fact.id in state.bots:
        raise ReplayError("verdict")
    is_first = state.first_us is None
    if is_first and plan.timelines and state.bots:
        raise ReplayError("verdict")  # what was recorded ends where she had no other facts
    if is_first:
        cut(plan, state, fact.time_us, world)
    in_order = not plan.timelines or move_clock(plan, state, fact, world)
    touched = add(plan, state, fact, world, BAG_ENTRIES)
    if plan.timelines and in_order:
        check_cut(plan, state, fact.time_us, world)
        observe(plan, state, fact.time_us, world)
    if is_first:
        # A verdict makes nobody exist, but operations may have read it before she did.
        touched.update(n for index in state.slots for n in plan.affected[index])
        touched.update(plan.restless)
    return touched


def add(plan: Plan, state: PersonState, fact: Fact, world: World, limit: int) -> set[int]:
    """Show a fact to the operations that may read it; gives what they may change."""
    touched: set[int] = set()
    if fact.name != VERDICT:
        state.first_us = earliest(state.first_us, fact.time_us)
        if fact.act and (state.first_act_us is None or fact.time_us < state.first_act_us):
            state.first_act_us = fact.time_us
            touched.update(n for index in plan.timelines for n in plan.affected[index])
    view = view_as_cut(state, fact, world)
    show(plan, state, plan.readers(fact), view, limit, touched)
    return touched


def show(
    plan: Plan,
    state: PersonState,
    readers: Iterable[int],
    view: View,
    limit: int,
    touched: set[int],
) -> None:
    """Let some operations take in the fact that a view looks at."""
    slots, table, time_us = state.slots, plan.table, view.fact.time_us
    for index in readers:
        operation = table[index]
        taken = operation.add(slots.get(index), view, limit)
        if taken is not IGNORED:
            slots[index] = tidied(operation, taken, time_us)
            touched.update(plan.affected[index])


def take_pending(plan: Plan, state: PersonState, now_us: int, world: World) -> None:
    """Take in the facts whose time has come."""
    while state.pending and state.pending[0].time_us <= now_us:
        take(plan, state, state.pending.pop(0), world)


def added(plan: Plan, facts: Sequence[Fact], now_us: int, world: World, limit: int) -> PersonState:
    """All facts added in the zone and under the settings in force at the end."""
    state = PersonState()
    traits = [fact for fact in facts if fact.name == TRAITS]
    if traits:
        zone_trait = plan.table[plan.zone_index]
        view = View(_NO_FACT, zone_named(""), {})
        for fact in traits:
            view.fact = fact
            taken = zone_trait.add(state.slots.get(plan.zone_index), view, limit)
            if taken is not IGNORED:
                state.slots[plan.zone_index] = taken
    cut(plan, state, now_us, world)
    state.slots.clear()
    for fact in facts:
        addition = plan.additions.to(fact) if limit == BAG_ENTRIES else None
        if addition is None or addition.is_not_for(fact):
            add(plan, state, fact, world, limit)
            continue
        time_us = fact.time_us
        if state.first_us is None or time_us < state.first_us:
            state.first_us = time_us
        if fact.act and (state.first_act_us is None or time_us < state.first_act_us):
            state.first_act_us = time_us
        addition.function(state, fact, time_us, world)
    return state


def catch_up(
    plan: Plan, state: PersonState, unread: frozenset[int], facts: Iterable[Fact], world: World
) -> None:
    """Show facts of the past, in order, to those operations that have not read them."""
    additions = plan.additions_to(unread)
    for fact in facts:
        addition = additions.to(fact)
        if addition is not None and not addition.is_not_for(fact):
            addition.function(state, fact, fact.time_us, world)
            continue
        readers = [index for index in plan.readers(fact) if index in unread]
        show(plan, state, readers, view_as_cut(state, fact, world), BAG_ENTRIES, set())


_NO_FACT: Final = Fact("", 0, "", "", {}, {}, False, False, "", 0, 0)


def earliest(one: int | None, other: int | None) -> int | None:
    """The earlier of two instants, None standing for never."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
