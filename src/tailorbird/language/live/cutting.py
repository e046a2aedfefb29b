"""What was in force when a state was cut, and whether it still is.

Some states depend on the person's zone or on the workspace's settings: on which local date a
fact fell, whether a place was inside. When those change, the history has to be folded again.
"""

from __future__ import annotations

from tailorbird.kernel.instants import find_zone
from tailorbird.language.live.as_cut import scene_as_cut
from tailorbird.language.live.plan import Plan
from tailorbird.language.live.scene import ReplayError, Scene
from tailorbird.language.live.state import PersonState
from tailorbird.language.world import World


def cut(plan: Plan, state: PersonState, now_us: int, world: World) -> None:
    """Note the zone and the settings in force at an instant."""
    state.settings = world.version(now_us)
    trait = state.slots.get(plan.zone_index)
    name = None if trait is None else trait[2]
    if isinstance(name, str) and find_zone(name) is not None:
        state.zone = name
    else:
        state.zone = world.of(state.settings).zone.key


def check_cut(plan: Plan, state: PersonState, now_us: int, world: World) -> None:
    """The states must have been cut in the zone and under the settings in force."""
    zone, settings = state.zone, state.settings
    cut(plan, state, now_us, world)
    if plan.zoned and zone != state.zone:
        raise ReplayError("zone")
    if plan.placed and settings != state.settings:
        raise ReplayError("settings")


def scene_of(plan: Plan, state: PersonState, now_us: int, world: World) -> Scene:
    """A scene for questions to a state at an instant."""
    cut(plan, state, now_us, world)
    return scene_as_cut(state, now_us, world)
