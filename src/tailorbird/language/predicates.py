"""Conditions and values of single facts, compiled from their trees to closures.

A compiled tree is called with a `View`: the fact, the fact before it in a sequence, the item of
a list, and what is in force. Compiling happens once a plan, calling once a fact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from re import DOTALL, escape
from re import Pattern as Regex
from re import compile as compile_regex
from typing import Any, Final
from zoneinfo import ZoneInfo

from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.kernel.geometry import Area, circle, inside, near, read_location
from tailorbird.kernel.instants import (
    local_hour,
    local_weekday,
    parse_instant,
    zone,
)
from tailorbird.kernel.values import MISSING, UNIT, Value, at_path
from tailorbird.language import functions
from tailorbird.language.arguments import as_integer, number_of
from tailorbird.language.ast import (
    Boolean,
    Call,
    Duration,
    Each,
    Listing,
    Node,
    Number,
    Ref,
    Text,
    walk,
)
from tailorbird.language.functions import VALUE_FUNCTIONS
from tailorbird.language.operations import Select
from tailorbird.language.text import is_found


@dataclass(slots=True)
class View:
    """What a compiled condition looks at."""

    fact: Fact
    zone: ZoneInfo
    areas: dict[str, Area]
    prev: Fact | None = None
    item: Value = MISSING


Compiled = Callable[[View], Any]
_ZONED: Final = frozenset({"event_hour", "event_weekday", "instant", "at"})


def depends_on_zone(node: Node | None) -> bool:
    """Whether a condition's answer changes with the zone in force."""
    return node is not None and any(isinstance(n, Call) and n.op in _ZONED for n in walk(node))


def depends_on_areas(node: Node | None) -> bool:
    """Whether a condition's answer changes with the workspace's areas."""
    return node is not None and any(isinstance(n, Call) and n.op == "inside" for n in walk(node))


def depends_on_prev(node: Node | None) -> bool:
    """Whether a condition looks at the fact before."""
    return node is not None and any(isinstance(n, Ref) and n.root == "prev" for n in walk(node))


def compile_value(node: Node) -> Compiled:
    """The value of a checked tree in the scope of a fact."""
    if isinstance(node, Number | Text | Boolean):
        value = node.value
        return lambda view: value
    if isinstance(node, Duration):
        length_us = node.length_us
        return lambda view: length_us
    if isinstance(node, Listing):
        items = [compile_value(item)(_NO_VIEW) for item in node.items]
        return lambda view: items
    if isinstance(node, Ref):
        return _compile_ref(node)
    if isinstance(node, Each):
        return _compile_each(node)
    return _compile_call(node)


def _compile_ref(node: Ref) -> Compiled:
    path = node.path
    if node.root == "properties" and len(path) == 1:
        key = path[0]
        return lambda view: view.fact.properties.get(key, MISSING)
    if node.root == "properties":
        return lambda view: at_path(view.fact.properties, path)
    if node.root == "context":
        return lambda view: at_path(view.fact.context, path)
    if node.root == "item":
        return lambda view: at_path(view.item, path)
    assert node.root == "prev"
    root, rest = path[0], path[1:]

    def before(view: View) -> Value:
        if view.prev is None:
            return MISSING
        parts = view.prev.properties if root == "properties" else view.prev.context
        return at_path(parts, rest)

    return before


def _compile_each(node: Each) -> Compiled:
    op, source, body = node.op, compile_value(node.source), compile_value(node.body)

    def over_items(view: View) -> Value:
        def of(item: Value) -> Any:
            return body(View(view.fact, view.zone, view.areas, view.prev, item))

        return functions.each(op, source(view), of)

    return over_items


def _compile_call(node: Call) -> Compiled:
    special = _SPECIAL.get(node.op)
    if special is not None:
        return special(node)
    arguments = [compile_value(arg) for arg in node.args]
    function = VALUE_FUNCTIONS[node.op]
    if len(arguments) == 1:
        only = arguments[0]
        return lambda view: function(only(view))
    if len(arguments) == 2:
        left, right = arguments
        return lambda view: function(left(view), right(view))
    return lambda view: function(*(argument(view) for argument in arguments))


def _logic(node: Call) -> Compiled:
    arguments = [compile_value(arg) for arg in node.args]
    if node.op == "not":
        only = arguments[0]
        return lambda view: not only(view)
    if node.op == "and":
        return lambda view: all(argument(view) for argument in arguments)
    if node.op == "or":
        return lambda view: any(argument(view) for argument in arguments)
    least = as_integer(node.args[0]) or 0
    return lambda view: sum(argument(view) for argument in arguments[1:]) >= least


def _negated(node: Call) -> Compiled:
    positive = "==" if node.op == "!=" else "in"
    inner = _compile_call(Call(positive, node.args))
    return lambda view: not inner(view)


def _matches(node: Call) -> Compiled:
    text, pattern = compile_value(node.args[0]), node.args[1]
    assert isinstance(pattern, Text)
    wanted = pattern.value

    def found(view: View) -> bool:
        value = text(view)
        return isinstance(value, str) and is_found(wanted, value)

    return found


def _near(node: Call) -> Compiled:
    place = compile_value(node.args[0])
    latitude, longitude = number_of(node.args[1]), number_of(node.args[2])
    km = number_of(node.keyword("km"))
    assert latitude is not None and longitude is not None and km is not None
    around = circle(latitude, longitude, km)

    def within(view: View) -> bool:
        location = read_location(place(view))
        return location is not None and near(around, *location)

    return within


def _inside(node: Call) -> Compiled:
    place, name = compile_value(node.args[0]), node.args[1]
    assert isinstance(name, Text)
    wanted = name.value

    def within(view: View) -> bool:
        area, location = view.areas.get(wanted), read_location(place(view))
        return area is not None and location is not None and inside(area, *location)

    return within


def _instant(node: Call) -> Compiled:
    text = compile_value(node.args[0])

    def read(view: View) -> Value:
        value = text(view)
        found = parse_instant(value, view.zone) if isinstance(value, str) else None
        return MISSING if found is None else found

    return read


_SPECIAL: Final[dict[str, Callable[[Call], Compiled]]] = {
    **dict.fromkeys(("and", "or", "not", "at_least"), _logic),
    **dict.fromkeys(("!=", "not in"), _negated),
    **dict.fromkeys(("instant", "at"), _instant),
    "matches": _matches,
    "near": _near,
    "inside": _inside,
    "event_hour": lambda node: lambda view: local_hour(view.fact.time_us, view.zone) * UNIT,
    "event_weekday": lambda node: lambda view: local_weekday(view.fact.time_us, view.zone) * UNIT,
}
_NO_FACT: Final = Fact("", 0, "", "", {}, {}, False, False, "", 0, 0)
_NO_VIEW: Final = View(_NO_FACT, zone("UTC"), {})


def compile_select(select: Select) -> Compiled:
    """Whether a fact is selected, its name included."""
    named = _compile_name(select)
    if select.where is None:
        return named
    where = compile_value(select.where)
    return lambda view: named(view) and where(view)


def _compile_name(select: Select) -> Compiled:
    names, source, signal = select.names, select.source, select.signal
    if names is not None:
        return lambda view: view.fact.name in names
    if source is not None:
        return lambda view: view.fact.source == source
    if select.everything:
        return lambda view: view.fact.name != VERDICT
    if select.pattern is not None:
        fits = name_pattern(select.pattern)
        return lambda view: view.fact.act and fits.fullmatch(view.fact.name) is not None
    if signal is not None:
        active = signal == "active"
        return lambda view: view.fact.act and view.fact.active is active
    return lambda view: view.fact.act


@lru_cache(maxsize=1024)
def name_pattern(pattern: str) -> Regex[str]:
    """A pattern of event names as a regular expression: ``*`` stands for any text."""
    parts = (escape(part) for part in pattern.split("*"))
    return compile_regex(".*".join(parts), DOTALL)
