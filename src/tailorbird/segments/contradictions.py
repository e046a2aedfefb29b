"""Conditions that nobody can ever fulfil, found in the definitions themselves.

What a segment demands is a list of conditions that must all hold: those joined by ``and``, its
parent's, and those of the segments that it asks for. Two of them contradict each other when one
is the other's negation, or when they leave a value no room.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tailorbird.kernel.values import UNIT
from tailorbird.language.ast import Call, Duration, Node, Number, Text
from tailorbird.language.definitions import Definition, Definitions
from tailorbird.language.printer import show

_COUNTS: Final = frozenset({"count", "distinct", "active_days", "session_count", "sequence_count"})
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Contradiction(NamedTuple):
    """Two conditions of a segment that cannot both hold, as text."""

    segment: str
    one: str
    other: str


class _Demand(NamedTuple):
    """One condition that has to hold, or not to hold."""

    node: Node
    holds: bool

    def __str__(self) -> str:
        return show(self.node) if self.holds else f"not ({show(self.node)})"


class _Bound(NamedTuple):
    """A comparison of some expression with a value written out."""

    subject: str
    op: str
    value: object


def contradictions(definitions: Definitions) -> list[Contradiction]:
    """The first contradiction of every segment that has one.

    >>> from tailorbird.language.files import load_text
    >>> told = load_text("segments: {none: 'did(\\"A\\") and not did(\\"A\\")'}").definitions
    >>> contradictions(told)[0].other
    'not (did("A"))'
    """
    found = []
    for definition in definitions.of_kind("segment"):
        pair = _first(list(_demands(definition, definitions)))
        if pair is not None:
            found.append(Contradiction(definition.name, str(pair[0]), str(pair[1])))
    return found


def _demands(definition: Definition, definitions: Definitions) -> Iterator[_Demand]:
    if definition.parent is not None:
        yield from _demands(definitions.find("segment", definition.parent), definitions)
    assert definition.body is not None
    yield from _parts(definition.body, True, definitions)


def _parts(node: Node, holds: bool, definitions: Definitions) -> Iterator[_Demand]:
    if isinstance(node, Call) and node.op == "not":
        yield from _parts(node.args[0], not holds, definitions)
    elif isinstance(node, Call) and node.op == ("and" if holds else "or"):
        for arg in node.args:
            yield from _parts(arg, holds, definitions)
    elif holds and isinstance(node, Call) and node.op == "in_segment":
        name = node.args[0]
        assert isinstance(name, Text)
        yield _Demand(node, holds)
        yield from _demands(definitions.find("segment", name.value), definitions)
    else:
        yield _Demand(node, holds)


def _first(demands: list[_Demand]) -> tuple[_Demand, _Demand] | None:
    for number, other in enumerate(demands):
        for one in demands[:number]:
            if one.node == other.node and one.holds is not other.holds:
                return one, other
            if _exclude(_bound(one), _bound(other)):
                return one, other
    return None


def _bound(demand: _Demand) -> _Bound | None:
    node = demand.node
    if not isinstance(node, Call):
        return None
    if node.op == "did":
        # Whoever did something has a count above zero.
        count = show(Call("count", node.args, node.keywords))
        return _Bound(count, ">=", UNIT) if demand.holds else _Bound(count, "<=", 0)
    if node.op not in _TURNED:
        return None
    left, right, op = node.args[0], node.args[1], node.op
    if _constant(left) is not None:
        left, right, op = right, left, _TURNED[op]
    value = _constant(right)
    if value is None or (not demand.holds and not _is_always_there(left)):
        return None
    if not demand.holds:
        if op not in _OPPOSITE:
            return None
        op = _OPPOSITE[op]
    found = _Bound(show(left), op, value)
    return _whole(found) if isinstance(left, Call) and left.op in _COUNTS else found


def _whole(bound: _Bound) -> _Bound:
    """The same bound for a value that is a whole number: more than 2 is at least 3."""
    subject, op, value = bound
    if not isinstance(value, int):
        return bound
    if op == ">":
        return _Bound(subject, ">=", (value // UNIT + 1) * UNIT)
    if op == "<":
        return _Bound(subject, "<=", (-(-value // UNIT) - 1) * UNIT)
    return bound


def _is_always_there(node: Node) -> bool:
    """Whether an expression is never missing, so that a denied comparison turns around."""
    return isinstance(node, Call) and (node.op in _COUNTS or node.op == "score")


def _constant(node: Node) -> object | None:
    if isinstance(node, Number | Text):
        return node.value
    return node.length_us if isinstance(node, Duration) else None


def _exclude(one: _Bound | None, other: _Bound | None) -> bool:
    """Whether two bounds leave their common subject no value."""
    if one is None or other is None or one.subject != other.subject:
        return False
    if type(one.value) is not type(other.value):
        return True  # no value is a number and a text
    if one.op == "==" and other.op == "==":
        return one.value != other.value
    if not isinstance(one.value, int) or not isinstance(other.value, int):
        return False
    lower = [bound for bound in (one, other) if bound.op in (">", ">=", "==")]
    upper = [bound for bound in (one, other) if bound.op in ("<", "<=", "==")]
    return any(_apart(low, high) for low in lower for high in upper if low is not high)


def _apart(low: _Bound, high: _Bound) -> bool:
    assert isinstance(low.value, int) and isinstance(high.value, int)
    strict = low.op == ">" or high.op == "<"
    return low.value > high.value or (strict and low.value == high.value)
