"""Taking in a fact by the function that is written for its kind."""

from __future__ import annotations

from tailorbird.kernel.facts import Fact
from tailorbird.language.live.answering import Step, turn
from tailorbird.language.live.cutting import scene_as_cut, view_as_cut
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.state import PersonState
from tailorbird.language.world import World


def react(plan: Plan, state: PersonState, fact: Fact, now_us: int, world: World) -> Step | None:
    """What `take` and `evaluated` do, of somebody whom nothing wakes at this instant.

    None, with the state as it was: this fact, or this person, has to go the long way.
    """
    if plan.timelines:
        return None
    reaction = plan.reactions.to(fact)
    if reaction is None or state.bots or world.version(now_us) != state.settings:
        return None
    if reaction.is_special is not None and reaction.is_special(fact.properties):
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
    scene = scene_as_cut(state, now_us, world) if reaction.uses_scene else None
    turns, until_us = reaction.function(
        state.slots,
        state.turned,
        state.wake_at,
        fact,
        now_us,
        view_as_cut(state, fact, world) if reaction.uses_view else None,
        scene,
    )
    if scene is not None and scene.until_us < until_us:
        until_us = scene.until_us
    state.wake_at = until_us if world.is_still else min(until_us, world.next_change(now_us))
    return Step(state, turn(plan, state, turns))
