"""Which cut points of the population definitions ask for and nobody has written yet."""

from __future__ import annotations

from tailorbird.language.ast import Call, walk
from tailorbird.language.definitions import Definitions
from tailorbird.language.printer import show
from tailorbird.language.world import World


def figures_read(definitions: Definitions) -> list[str]:
    """The names of the figures that definitions compare with: what is ranked, as text."""
    nodes = [d.body for d in definitions.ordered if d.body is not None]
    nodes += [line.where for d in definitions.ordered for line in d.lines if line.where is not None]
    names = {
        show(part.args[0])
        for node in nodes
        for part in walk(node)
        if isinstance(part, Call) and part.op == "percentile_rank"
    }
    return sorted(names)


def absent_figures(definitions: Definitions, world: World, at_us: int) -> list[str]:
    """The figures that definitions read and that are not in force at an instant."""
    there = world.at(at_us).figures
    return [name for name in figures_read(definitions) if name not in there]
