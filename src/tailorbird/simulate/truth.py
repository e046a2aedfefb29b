"""The truth about a simulation: what was planted, who must be found, and who must not."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

from tailorbird.kernel.instants import DAY, format_instant
from tailorbird.simulate.cast import Part, cast
from tailorbird.simulate.planted import EVERYTHING, Behaviour
from tailorbird.simulate.rows import EVENTS
from tailorbird.simulate.simulation import Simulation


def truth_of(simulation: Simulation) -> dict[str, Any]:
    """Everything that was planted, as JSON values.

    A person to be found is in from ``from`` until just before ``until`` (null: to the end). A
    near miss must not be in at ``at``. Where ``exact`` is true nobody else may be found.
    """
    grouped = groupby(cast(simulation), key=lambda part: part.behaviour)
    first_bot = simulation.population
    shape = asdict(simulation)
    return {
        "simulation": {"start": format_instant(shape.pop("start_us")), **shape},
        "end": format_instant(simulation.start_us + simulation.days * DAY),
        "bots": [f"a{first_bot + number}" for number in range(simulation.bot_count)],
        "behaviours": [_behaviour(behaviour, list(parts)) for behaviour, parts in grouped],
    }


def _behaviour(behaviour: Behaviour, parts: list[Part]) -> dict[str, Any]:
    return {
        "name": behaviour.name,
        "definition": behaviour.definition,
        "exact": behaviour.exact,
        "people": [_found(part) for part in parts if part.recipe == 0],
        "near_misses": [_missed(part) for part in parts if part.recipe > 0],
    }


def _found(part: Part) -> dict[str, Any]:
    return {
        "ids": _ids(part),
        "from": _at(part, part.behaviour.from_us),
        "until": _at(part, part.behaviour.until_us),
        "facts": _facts(part),
    }


def _missed(part: Part) -> dict[str, Any]:
    miss = part.behaviour.near_misses[part.recipe - 1]
    return {
        "ids": _ids(part),
        "at": _at(part, miss.at_us),
        "why": miss.why,
        "facts": _facts(part),
    }


def _ids(part: Part) -> list[str]:
    """Every identifier of the person, the user id first."""
    known = {step.known for step in part.steps}
    return [f"{'u' if each else 'a'}{part.person}" for each in sorted(known, reverse=True)]


def _facts(part: Part) -> list[dict[str, Any]]:
    return [{"event": EVENTS[step.event], "time": _at(part, step.after_us)} for step in part.steps]


def _at(part: Part, after_us: int) -> str | None:
    return format_instant(part.start_us + after_us) if after_us < EVERYTHING else None
