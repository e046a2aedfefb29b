"""Instants at which durations that grow with time pass what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tailorbird.kernel import limits
from tailorbird.language.ast import Call, Each, Listing, Node
from tailorbird.language.operators import WINDOWED
from tailorbird.language.printer import show
from tailorbird.language.reference.moment import Answer, Moment
from tailorbird.language.reference.references import cut_points

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_LISTS: Final = frozenset({"in", "not in"})
_OF_FACTS: Final = WINDOWED | {"sequence", "sequence_count", "absent", "in_one_session", "smooth"}
"""Operators whose arguments speak of single facts, which do not move with time."""


def crossings(moment: Moment, trees: Sequence[Node], first_us: int, next_us: int) -> Iterator[int]:
    """Instants in (first, next) at which a comparison may turn because time passes.

    Nothing else may happen between the two. Every duration and instant is then a straight line,
    known from two points, and two lines meet at most once.
    """
    if next_us - first_us < 2:
        return
    now, then = moment.at(first_us), moment.at(first_us + 1)
    for tree in trees:
        for ahead, ahead_then in _differences(now, then, tree):
            if ahead != ahead_then:
                met_us = first_us + -ahead // (ahead_then - ahead)
                yield from (t for t in (met_us, met_us + 1) if first_us < t < next_us)


def _differences(now: Moment, then: Moment, node: Node) -> Iterator[tuple[int, int]]:
    """How far apart the sides of each comparison are at two moments."""
    if isinstance(node, Each):
        source = now.evaluate(node.source)
        for item in source[: limits.ITEMS] if isinstance(source, list) else ():
            yield from _differences(now.with_item(item), then.with_item(item), node.body)
    if not isinstance(node, Call) or node.op in _OF_FACTS:
        return
    for left, left_then, right, right_then in _compared(now, then, node):
        if all(type(side) is int for side in (left, left_then, right, right_then)):
            yield left - right, left_then - right_then  # type: ignore[operator]
    for arg in node.args:
        yield from _differences(now, then, arg)


def _compared(
    now: Moment, then: Moment, call: Call
) -> Iterator[tuple[Answer, Answer, Answer, Answer]]:
    def both(node: Node) -> tuple[Answer, Answer]:
        return now.evaluate(node), then.evaluate(node)

    if call.op in _COMPARISONS:
        yield *both(call.args[0]), *both(call.args[1])
    elif call.op in _LISTS and isinstance(items := call.args[1], Listing):
        for item in items.items:
            yield *both(call.args[0]), *both(item)
    elif call.op == "percentile_rank":
        for cut in cut_points(now, show(call.args[0])) or ():
            yield *both(call.args[0]), cut, cut
