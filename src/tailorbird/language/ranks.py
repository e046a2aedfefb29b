"""What definitions rank among all people, and which figures that needs."""

from __future__ import annotations

from tailorbird.language.ast import Call, Node, walk
from tailorbird.language.definitions import Definition, Definitions
from tailorbird.language.printer import show


def ranked(definitions: Definitions) -> dict[str, Node]:
    """What ``percentile_rank`` is asked about anywhere, by the name of the figure it needs."""
    found: dict[str, Node] = {}
    for definition in definitions.ordered:
        found.update(_ranked_by(definition))
    return dict(sorted(found.items()))


def no_figure(name: str) -> str:
    """What is said where a figure is not in force: the rank is missing, not 0."""
    return f"no figure is in force for {name}; `tailorbird figures` makes one"


def _ranked_by(definition: Definition) -> dict[str, Node]:
    parts = [definition.body, *(line.where for line in definition.lines)]
    return {
        show(node.args[0]): node.args[0]
        for part in parts
        if part is not None
        for node in walk(part)
        if isinstance(node, Call) and node.op == "percentile_rank"
    }
