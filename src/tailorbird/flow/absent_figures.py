"""Which cut points of the population definitions ask for and nobody has written yet."""

from __future__ import annotations

from tailorbird.language.definitions import Definitions
from tailorbird.language.ranks import ranked
from tailorbird.language.world import World


def figures_read(definitions: Definitions) -> list[str]:
    """The names of the figures that definitions compare with: what is ranked, as text."""
    return list(ranked(definitions))


def absent_figures(definitions: Definitions, world: World, at_us: int) -> list[str]:
    """The figures that definitions read and that are not in force at an instant."""
    there = world.at(at_us).figures
    return [name for name in figures_read(definitions) if name not in there]
