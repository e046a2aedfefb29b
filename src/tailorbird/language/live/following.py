"""Timelines kept up with a person's clock, fact by fact."""

from __future__ import annotations

from tailorbird.kernel.facts import Fact
from tailorbird.language.live.cutting import scene_of
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.scene import ReplayError
from tailorbird.language.live.state import PersonState
from tailorbird.language.live.timeline import Timeline
from tailorbird.language.world import World


def move_clock(plan: Plan, state: PersonState, fact: Fact, world: World) -> bool:
    """Follow the timelines up to a fact; false for a late one that no timeline looks at."""
    clock_us = state.clock_us
    if clock_us is None or fact.time_us >= clock_us:
        if clock_us is not None and world.changes(clock_us, fact.time_us):
            raise ReplayError("settings")
        follow(plan, state, fact.time_us - 1, world)
        return True
    assert state.first_us is not None
    if fact.time_us < state.first_us or not plan.followed.isdisjoint(plan.readers(fact)):
        raise ReplayError("late")
    return False


def follow(plan: Plan, state: PersonState, to_us: int, world: World) -> None:
    """Record what the passing of time turns, up to an instant."""
    if state.clock_us is None or state.clock_us > to_us:
        return
    for index in plan.timelines:
        timeline = plan.table[index]
        assert isinstance(timeline, Timeline)
        scene = scene_of(plan, state, state.clock_us, world)
        timeline.follow(state.slots.setdefault(index, []), scene, to_us)


def observe(plan: Plan, state: PersonState, now_us: int, world: World) -> None:
    """Record what the conditions are after the facts of an instant."""
    state.clock_us = now_us
    for index in plan.timelines:
        timeline = plan.table[index]
        assert isinstance(timeline, Timeline)
        scene = scene_of(plan, state, now_us, world)
        timeline.observe(state.slots.setdefault(index, []), scene)
