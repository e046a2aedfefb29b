"""Settings that can change an answer become facts, so that every reading sees them in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Final

from tailorbird.events.columns import columns_of
from tailorbird.flow.accept import Arrival, accept
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import SETTING, WORKSPACE, Fact
from tailorbird.kernel.instants import FIRST_INSTANT, format_duration
from tailorbird.language.world import Workspace, World
from tailorbird.ports.history import History

SOURCE: Final = "settings"

_IN_FORCE: Final[dict[str, Callable[[Workspace], str]]] = {
    "zone": lambda workspace: workspace.zone.key,
    "session_gap": lambda workspace: format_duration(workspace.session_gap_us),
}


def in_force(world: World, at_us: int) -> dict[str, str]:
    """The settings that hold at an instant, as texts."""
    workspace = world.at(at_us)
    return {name: told(workspace) for name, told in _IN_FORCE.items()}


def unpublished(stored: Iterable[Fact], wanted: Mapping[str, str], now_us: int) -> list[Fact]:
    """The facts that would put settings into force that are not.

    The first time they hold for all time, later ones from now on.
    """
    facts = [fact for fact in stored if fact.name == SETTING]
    now_in_force = in_force(World(facts), now_us)
    time_us = now_us if facts else FIRST_INSTANT
    return [
        _fact(name, value, time_us) for name, value in wanted.items() if now_in_force[name] != value
    ]


def put_settings(history: History, wanted: Mapping[str, str], *, now_us: int) -> dict[str, str]:
    """Store facts for the settings that are not in force now, and give those."""
    new = unpublished(history.history_of([WORKSPACE]), wanted, now_us)
    if new:
        accept([Arrival(columns_of(new), _refuse)], history, now_us=now_us)
    return {fact.properties["name"]: fact.properties["value"] for fact in new}


def _fact(name: str, value: str, time_us: int) -> Fact:
    id_ = sha256(f"{name} {value} {time_us}".encode()).hexdigest()[:32]
    properties = {"name": name, "value": value}
    return Fact(WORKSPACE, time_us, id_, SETTING, properties, {}, False, True, SOURCE, 0, time_us)


def _refuse(_place: int, reason: str) -> None:
    raise InputError(f"a setting cannot be stored: {reason}")
