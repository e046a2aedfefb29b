"""What definitions call by a name that only facts can have: events, lists, areas and the like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from tailorbird.kernel.errors import Place
from tailorbird.language.ast import Call, Listing, Node, Text, walk
from tailorbird.language.definitions import Definition, Definitions
from tailorbird.language.operators import OPERATORS, Slot

What = Literal["event", "list", "experiment", "model", "area"]

_EVENTS: Final = frozenset({Slot.EVENTS, Slot.MOMENT, Slot.FILTERED, Slot.STEP, Slot.OCCASION})
_NAMED: Final[dict[str, tuple[What, int]]] = {
    "in_list": ("list", 0),
    "in_experiment": ("experiment", 0),
    "predicted": ("model", 0),
    "inside": ("area", 1),
    "dwell_in": ("area", 0),
    "entered_area": ("area", 0),
    "left_area": ("area", 0),
}
"""Operators that take such a name, and as which argument."""


class Mention(NamedTuple):
    """A name, and where it is used."""

    what: What
    name: str
    place: Place | None


def mentions(definitions: Definitions) -> list[Mention]:
    """Every name of that kind in some definitions, in order; the same one as often as it is used.

    >>> from tailorbird.language.files import load_text
    >>> found = mentions(load_text('segments: {a: did("Seen") and in_list("vip")}').definitions)
    >>> [(mention.what, mention.name) for mention in found]
    [('event', 'Seen'), ('list', 'vip')]
    """
    return [found for one in definitions.ordered for found in _in_definition(one)]


def _in_definition(definition: Definition) -> Iterator[Mention]:
    for line in definition.lines:
        yield from _events(line.events)
    for part in (definition.body, *(line.where for line in definition.lines)):
        for node in () if part is None else walk(part):
            if isinstance(node, Call):
                yield from _in_call(node)


def _in_call(node: Call) -> Iterator[Mention]:
    operator = OPERATORS.get(node.op)
    if operator is None:
        return
    keywords = dict(operator.keywords)
    slots = [*operator.takes, *[operator.more] * len(node.args)]
    given = [*zip(slots, node.args, strict=False)]
    given += [(keywords[name], value) for name, value in node.keywords if name in keywords]
    for slot, value in given:
        if slot in _EVENTS:
            yield from _events(value)
    what, place = _NAMED.get(node.op, (None, 0))
    if what is not None and isinstance(node.args[place], Text):
        name = node.args[place]
        assert isinstance(name, Text)
        yield Mention(what, name.value, name.place)


def _events(node: Node) -> Iterator[Mention]:
    for name in node.items if isinstance(node, Listing) else (node,):
        if isinstance(name, Text):
            yield Mention("event", name.value, name.place)
