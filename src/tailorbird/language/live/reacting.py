"""Taking in a fact by the function that is written for its kind."""

from __future__ import annotations

from tailorbird.kernel.facts import Fact
from tailorbird.language.live.answering import Step, turn
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.state import PersonState
from tailorbird.language.world import World


def react(plan: Plan, state: PersonState, fact: Fact, now_us: int, world: World) -> Step | None:
    """What `take` and `evaluated` do, of somebody whom nothing wakes at this instant.

    None, with the state as it was: this fact, or this person, has to go the long way.
    """
    found = _reacted(plan, state, fact, now_us, world)
    if found is None:
        return None
    turns, until_us = found
    state.wake_at = until_us if world.is_still else min(until_us, world.next_change(now_us))
    return Step(state, turn(plan, state, turns))


def is_taken(plan: Plan, state: PersonState, fact: Fact, now_us: int, world: World) -> bool:
    """Do what `take` does, of somebody who exists; False where the long way has to be gone.

    What turns is not told: it is for whoever wakes at this instant and is asked everything.
    """
    exists = state.first_us is not None
    return exists and _reacted(plan, state, fact, now_us, world) is not None


def _reacted(
    plan: Plan, state: PersonState, fact: Fact, now_us: int, world: World
) -> tuple[list[int], int] | None:
    """Add a fact; gives what turns with it, and when the person is to be woken."""
    if plan.timelines or state.bots:
        return None
    reaction = plan.reactions.to(fact)
    if reaction is None or world.version(now_us) != state.settings:
        return None
    if reaction.is_not_for(fact):
        return None
    time_us = fact.time_us
    if state.first_us is None:
        if plan.restless:
            return None
        state.first_us = time_us
        state.zone = world.of(state.settings).zone.key
    elif time_us < state.first_us:
        state.first_us = time_us
    if fact.act and (state.first_act_us is None or time_us < state.first_act_us):
        state.first_act_us = time_us
    return reaction.function(state, fact, now_us, world)
