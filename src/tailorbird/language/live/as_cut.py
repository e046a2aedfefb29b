"""A state as it is looked at: in the zone and under the settings in force when it was cut."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import find_zone
from tailorbird.language.live.scene import Scene
from tailorbird.language.live.state import PersonState
from tailorbird.language.predicates import View
from tailorbird.language.world import World


def zone_named(name: str) -> ZoneInfo:
    """The zone of a state; of a fresh one UTC."""
    found = _ZONES.get(name)
    if found is None:
        found = find_zone(name or "UTC")
        assert found is not None
        _ZONES[name] = found
    return found


_ZONES: Final[dict[str, ZoneInfo]] = {}
"""Zones that people live in, by name: there are a few hundred."""


def scene_as_cut(state: PersonState, now_us: int, world: World) -> Scene:
    """A scene in the zone and under the settings that were noted last."""
    return Scene(
        now_us,
        world.of(state.settings),
        zone_named(state.zone),
        state.slots,
        state.first_act_us,
        state.clock_us,
    )


def view_as_cut(state: PersonState, fact: Fact, world: World) -> View:
    """A view of a fact in the zone and under the settings that were noted last."""
    return View(fact, zone_named(state.zone), world.of(state.settings).areas)
