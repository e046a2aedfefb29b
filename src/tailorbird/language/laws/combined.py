"""Operators whose arguments depend on each other: types agree, keywords go together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tailorbird.language.ast import Call, Listing, Node, Text
from tailorbird.language.laws import vocabulary
from tailorbird.language.operators import OPERATORS, Operator, Scope, Slot, Type

if TYPE_CHECKING:
    from tailorbird.language.laws.expressions import Writer

PLAIN: Final = (Type.NUMBER, Type.TEXT, Type.BOOLEAN, Type.ANY)
"""Types that may stand for each other, because only facts tell them apart."""
_ORDERED: Final = (Type.NUMBER, Type.TEXT, Type.DURATION, Type.INSTANT, Type.VERSION, Type.ANY)


def comparison(writer: Writer, operator: Operator, depth: int) -> Node:
    """Two values of one type; plain types are mixed now and then."""
    equality = operator.name in ("==", "!=")
    kinds = (*_ORDERED, Type.BOOLEAN, Type.LIST) if equality else _ORDERED
    one = writer.chance.choice(kinds)
    other = writer.chance.choice(PLAIN) if one in PLAIN and writer.chance.once_in(4) else one
    if not equality and other is Type.BOOLEAN:
        other = Type.NUMBER
    args = writer.value(one, depth - 1), writer.value(other, depth - 1 if other is one else 0)
    if one is Type.DURATION and writer.chance.once_in(2):
        args = args[0], writer.length()
    return Call(operator.name, args)


def membership(writer: Writer, operator: Operator, depth: int) -> Node:
    """A value and a list, of durations too."""
    if writer.chance.once_in(8):
        lengths = tuple(writer.length() for _ in range(2))
        return Call(operator.name, (writer.value(Type.DURATION, depth - 1), Listing(lengths)))
    kind = writer.chance.choice(PLAIN)
    return Call(operator.name, (writer.value(kind, depth - 1), writer.literal_list(depth - 1)))


def within_text(writer: Writer, operator: Operator, depth: int) -> Node:
    """A text or list and a piece that may be in it."""
    kinds = (Type.TEXT, Type.ANY, Type.ANY)
    if operator.name == "contains":
        kinds = (Type.ANY, Type.ANY, Type.LIST)
    piece: Node = Text(writer.chance.choice(vocabulary.PIECES))
    if writer.chance.once_in(3):
        piece = writer.value(writer.chance.choice(kinds), depth - 1)
    elif operator.name == "contains" and writer.chance.once_in(2):
        piece = writer.literal()
    return Call(operator.name, (writer.value(writer.chance.choice(kinds), depth - 1), piece))


def arithmetic(writer: Writer, operator: Operator, depth: int) -> Node:
    """Two numbers, or values that may be numbers."""
    kinds = (Type.NUMBER, Type.NUMBER, Type.ANY)
    left, right = writer.chance.choice(kinds), writer.chance.choice(kinds)
    return Call(operator.name, (writer.value(left, depth - 1), writer.value(right, depth - 1)))


def timed(writer: Writer, gives: Type, depth: int) -> Node:
    """A sum or difference of durations and instants."""
    if gives is Type.INSTANT:
        op = writer.chance.choice("+-")
        return Call(op, (writer.value(Type.INSTANT, depth - 1), writer.length()))
    if writer.chance.once_in(2):
        instants = writer.value(Type.INSTANT, depth - 1), writer.value(Type.INSTANT, depth - 1)
        return Call("-", instants)
    op = writer.chance.choice("+-")
    return Call(op, (writer.value(Type.DURATION, depth - 1), writer.length()))


def coalesce(writer: Writer, operator: Operator, depth: int) -> Node:
    """Two or three values of one type."""
    kind = writer.chance.choice((Type.DURATION, Type.INSTANT, *PLAIN))
    count = writer.chance.between(2, 3)
    return Call(operator.name, tuple(writer.value(kind, depth - 1) for _ in range(count)))


def ranked(writer: Writer, operator: Operator, depth: int) -> Node:
    """A rank of something that can be measured."""
    kinds = (Type.NUMBER, Type.NUMBER, Type.ANY, Type.DURATION, Type.INSTANT)
    return Call(operator.name, (writer.value(writer.chance.choice(kinds), min(depth - 1, 1)),))


def since(writer: Writer, operator: Operator, depth: int) -> Node:
    """Since an event with a window, or since an instant without one."""
    call = writer.plain_call(operator, depth)
    selects = isinstance(call.args[0], Text | Listing) or (
        isinstance(call.args[0], Call) and OPERATORS[call.args[0].op].scope is Scope.ARGUMENT
    )
    return call if selects else Call(call.op, call.args)


def smooth(writer: Writer, operator: Operator, depth: int) -> Node:
    """Exponential with alpha, or a Kalman filter with q and r."""
    call = writer.plain_call(operator, depth)
    kept = [(key, node) for key, node in call.keywords if key in ("where", "alpha")]
    if writer.chance.once_in(2):
        rates = [(key, writer.slot(Slot.DECIMAL, key, 0)) for key in ("q", "r")]
        kept = [*(pair for pair in kept if pair[0] == "where"), ("method", Text("kalman"))]
        kept += rates
    return Call(call.op, call.args, tuple(kept))


def trend(writer: Writer, operator: Operator, depth: int) -> Node:
    """A short and a long stretch, or the default ones."""
    call = writer.plain_call(operator, depth)
    pair = writer.length_pair(0)
    assert isinstance(pair, Listing)
    kept = [(key, node) for key, node in call.keywords if key == "where"]
    if writer.chance.below(4) and pair.items[1] != Text("0s"):
        kept += [("short", pair.items[1]), ("long", pair.items[0])]
    return Call(call.op, call.args, tuple(kept))


def enclosing(writer: Writer, operator: Operator, depth: int) -> Node:
    """A condition within another frame: a session, or all the time."""
    outer, writer.within = writer.within, operator.name
    try:
        body = writer.condition(depth - 1)
    finally:
        writer.within = outer
    return Call(operator.name, (body,), writer.keywords_of(operator, depth))


_Combined = Callable[["Writer", Operator, int], Node]
COMBINED: Final[Mapping[str, _Combined]] = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), comparison),
    **dict.fromkeys(("in", "not in"), membership),
    **dict.fromkeys(("+", "-", "*", "/"), arithmetic),
    **dict.fromkeys(("held", "in_one_session"), enclosing),
    **dict.fromkeys(("contains", "starts_with", "ends_with"), within_text),
    "coalesce": coalesce,
    "percentile_rank": ranked,
    "since": since,
    "smooth": smooth,
    "trend": trend,
}
"""Who writes calls of these operators."""
