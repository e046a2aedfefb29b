"""Conditions and values of single facts as SQL over the columns of a fact.

A condition is never null. What SQL cannot say raises `NotInSqlError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from tailorbird.kernel.facts import VERDICT
from tailorbird.kernel.geometry import HALF_TURN, QUARTER, circle
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.kernel.limits import ITEMS
from tailorbird.kernel.values import UNIT, IdNumber
from tailorbird.language.arguments import as_integer, number_of
from tailorbird.language.ast import Boolean, Call, Each, Listing, Node, Number, Ref, Text, walk
from tailorbird.language.batch.literals import text_list, text_literal, whole
from tailorbird.language.batch.typed import (
    NotInSqlError,
    Path,
    Typed,
    bounded,
    of_json,
    of_number,
    of_property,
    of_text,
    product,
    quotient,
)
from tailorbird.language.operations import Select

_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class FactScope(Protocol):
    """What conditions on single facts read besides the fact."""

    @property
    def hot(self) -> Mapping[Path, int]:
        """The properties with typed columns."""

    def local_us(self, time_us: str) -> str:
        """The wall clock of the zone in force, at least 0, for an expression of an instant."""


def selected(select: Select, scope: FactScope) -> list[str]:
    """The conditions that all hold for a fact that is selected, the cheapest first."""
    found = _named(select)
    if select.source is not None:
        found.append(f"source = {text_literal(select.source)}")
    if select.where is not None:
        found.append(condition(select.where, scope))
    return found


def _named(select: Select) -> list[str]:
    if select.names is not None:
        return [f"name IN {text_list(select.names)}"]
    if select.everything:
        return ["true"] if select.source is not None else [f"name <> '{VERDICT}'"]
    if select.pattern is not None:
        return ["act", like(select.pattern)]
    if select.signal is not None:
        return ["act", "active" if select.signal == "active" else "NOT active"]
    return ["act"]


def like(pattern: str) -> str:
    """Whether the name fits a pattern in which ``*`` stands for any text."""
    escaped = pattern.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"name LIKE {text_literal(escaped.replace('*', '%'))} ESCAPE '!'"


def condition(node: Node, scope: FactScope) -> str:
    """A condition on a fact."""
    if isinstance(node, Each) and node.op != "sum":
        return _some_or_all(node, scope)
    if isinstance(node, Call) and node.op in _CONDITIONS:
        return _CONDITIONS[node.op](node, scope)
    raise NotInSqlError(str(node))


def value(node: Node, scope: FactScope) -> Typed:
    """A value of a fact."""
    if isinstance(node, Number):
        if isinstance(node.value, IdNumber):
            return Typed(id_number=text_literal(node.value.digits), there="true")
        return Typed(number=whole(node.value), there="true")
    if isinstance(node, Text):
        return Typed(text=text_literal(node.value), there="true")
    if isinstance(node, Boolean):
        return Typed(boolean=str(node.value).lower(), there="true")
    if isinstance(node, Ref):
        if node.root == "properties":
            return of_property(node.path, scope.hot)
        if node.root in ("context", "item"):
            return of_json(node.root, node.path)
    if isinstance(node, Each):
        return _sum_of(node, scope) if node.op == "sum" else _truth(_some_or_all(node, scope))
    if isinstance(node, Call):
        if node.op in _VALUES:
            return _VALUES[node.op](node, scope)
        if node.op in _CONDITIONS:
            return _truth(condition(node, scope))
    raise NotInSqlError(str(node))


def _truth(condition: str) -> Typed:
    return Typed(boolean=condition, there="true")


def _items(node: Each, scope: FactScope) -> str | None:
    """The items of a list that are looked at; None where there is no list."""
    if any(isinstance(part, Each) for part in walk(node.body)):
        raise NotInSqlError("a list within a list")
    listing = value(node.source, scope).listing
    return listing and f"json_extract({listing}, '$[*]')[:{ITEMS}]"


def _some_or_all(node: Each, scope: FactScope) -> str:
    items, body = _items(node, scope), condition(node.body, scope)
    if items is None:
        return "false"
    if node.op == "any":
        return f"coalesce(len(list_filter({items}, lambda item: {body})) > 0, false)"
    return f"coalesce(len(list_filter({items}, lambda item: NOT {body})) = 0, false)"


def _sum_of(node: Each, scope: FactScope) -> Typed:
    items, number = _items(node, scope), value(node.body, scope).number or "NULL::BIGINT"
    if items is None:
        return Typed()
    # A sum over no numbers is 0, but there is none where there is no list.
    total = f"coalesce(list_sum(list_transform({items}, lambda item: {number})), 0)"
    return of_number(f"CASE WHEN {items} IS NOT NULL THEN {bounded(total)} END")


def _near(node: Call, scope: FactScope) -> str:
    place = node.args[0]
    if not isinstance(place, Ref):
        raise NotInSqlError("a place that is worked out")
    latitude, longitude = (
        value(Ref(place.root, (*place.path, part)), scope).number
        for part in ("latitude", "longitude")
    )
    north, east, km = map(number_of, (node.args[1], node.args[2], node.keyword("km")))
    assert north is not None and east is not None and km is not None
    within, turn = circle(north, east, km), 2 * HALF_TURN
    # One turn more keeps the engine's remainder from being negative.
    up = f"({latitude} - {whole(within.latitude)})::HUGEINT * {UNIT}"
    along = (
        f"(({longitude} - {whole(within.longitude)} + {turn + HALF_TURN}) % {turn} - {HALF_TURN})"
    )
    across = f"{along}::HUGEINT * {within.cosine}"
    radius = (UNIT * within.radius) ** 2
    return (
        f"coalesce(abs({latitude}) <= {QUARTER} AND abs({longitude}) <= {HALF_TURN} "
        f"AND ({up}) * ({up}) + ({across}) * ({across}) <= {radius}::HUGEINT, false)"
    )


def _any(parts: Iterable[str | None]) -> str:
    known = [part for part in parts if part]
    return f"coalesce({' OR '.join(known)}, false)" if known else "false"


def _equal(a: Typed, b: Typed) -> str:
    pairs = (
        (a.number, b.number),
        (a.text, b.text),
        (a.boolean, b.boolean),
        (a.id_number, b.id_number),
    )
    # Of different types one side is null, so that "or" of nulls is null: coalesced at the end.
    return _any(f"({x}) = ({y})" for x, y in pairs if x and y)


def _equals(node: Call, scope: FactScope) -> str:
    return _equal(value(node.args[0], scope), value(node.args[1], scope))


def _is_in(node: Call, scope: FactScope) -> str:
    items, of = node.args[1], value(node.args[0], scope)
    if not isinstance(items, Listing):
        return _any([_has_item(value(items, scope), of)])
    return _any(_equal(of, value(item, scope)) for item in items.items)


def _has_item(of: Typed, part: Typed) -> str | None:
    """Whether some item of a list equals a value; null where it is no list."""
    if not of.listing:
        return None
    # Lists are compared by the codes of their items, which keep 1, "1" and true apart.
    items = f"json_extract({of.listing}, '$[*]')"
    keys = f"list_transform({items}, lambda item: {of_json('item', ()).key()})"
    return f"list_contains({keys}, {part.key()})"


def _ordered(node: Call, scope: FactScope) -> str:
    a, b = (value(arg, scope) for arg in node.args)
    pairs = ((a.number, b.number), (a.text, b.text))
    return _any(f"({x}) {node.op} ({y})" for x, y in pairs if x and y)


def _joined(word: str) -> Callable[[Call, FactScope], str]:
    def combined(node: Call, scope: FactScope) -> str:
        return f"({f' {word} '.join(condition(arg, scope) for arg in node.args)})"

    return combined


def _not(node: Call, scope: FactScope) -> str:
    return f"(NOT {condition(node.args[0], scope)})"


def _negated(positive: Callable[[Call, FactScope], str]) -> Callable[[Call, FactScope], str]:
    return lambda node, scope: f"(NOT {positive(node, scope)})"


def _at_least(node: Call, scope: FactScope) -> str:
    counted = " + ".join(f"{condition(arg, scope)}::INTEGER" for arg in node.args[1:])
    return f"({counted} >= {as_integer(node.args[0]) or 0})"


def _texts(function: str) -> Callable[[Call, FactScope], str]:
    def asked(node: Call, scope: FactScope) -> str:
        a, b = (value(arg, scope).text for arg in node.args[:2])
        return f"coalesce({function}({a}, {b}), false)" if a and b else "false"

    return asked


def _contains(node: Call, scope: FactScope) -> str:
    of, part = (value(arg, scope) for arg in node.args)
    found = [_has_item(of, part)]
    if of.text and part.text:
        found.append(f"contains({of.text}, {part.text})")
    return _any(found)


def _matches(node: Call, scope: FactScope) -> str:
    text, pattern = value(node.args[0], scope).text, node.args[1]
    assert isinstance(pattern, Text)
    return (
        f"coalesce(regexp_matches({text}, {text_literal(pattern.value)}), false)"
        if text
        else "false"
    )


def _exists(node: Call, scope: FactScope) -> str:
    return value(node.args[0], scope).there


def _empty(node: Call, scope: FactScope) -> str:
    of = value(node.args[0], scope)
    blank = [f"(NOT {of.there})"]
    if of.text:
        blank.append(f"coalesce({of.text} = '', false)")
    if of.listing:
        blank.append(f"coalesce(json_array_length({of.listing}) = 0, false)")
    return f"({' OR '.join(blank)})"


def _lower(node: Call, scope: FactScope) -> Typed:
    text = value(node.args[0], scope).text
    return of_text(f"translate({text}, '{_UPPER}', '{_UPPER.lower()}')") if text else Typed()


def _length(node: Call, scope: FactScope) -> Typed:
    of = value(node.args[0], scope)
    sizes = [
        size
        for size in (
            of.text and f"length({of.text})",
            of.listing and f"json_array_length({of.listing})::BIGINT",
        )
        if size
    ]
    return of_number(f"(coalesce({', '.join(sizes)}) * {UNIT})") if sizes else Typed()


def _coalesce(node: Call, scope: FactScope) -> Typed:
    of = [value(arg, scope) for arg in node.args]

    def first(parts: list[str | None]) -> str | None:
        if not any(parts):
            return None
        cases = (f"WHEN {o.there} THEN {p or 'NULL'}" for o, p in zip(of, parts, strict=True))
        return f"CASE {' '.join(cases)} END"

    return Typed(
        number=first([o.number for o in of]),
        text=first([o.text for o in of]),
        boolean=first([o.boolean for o in of]),
        id_number=first([o.id_number for o in of]),
        listing=first([o.listing for o in of]),
        there=_any(o.there for o in of),
        json=first([o.json for o in of]) if all(_is_told(o) for o in of) else None,
    )


def _is_told(of: Typed) -> bool:
    """Whether a list or an object, if the value may be one, can be had whole."""
    return of.json is not None or of.listing is None


def _numeric(node: Call, scope: FactScope) -> Typed:
    a, b = (value(arg, scope).number for arg in node.args)
    if a is None or b is None:
        return Typed()
    if node.op == "*":
        return of_number(product(a, b))
    if node.op == "/":
        return of_number(quotient(a, b))
    return of_number(bounded(f"({a}) {node.op} ({b})"))


def _hour(_node: Call, scope: FactScope) -> Typed:
    return of_number(f"({scope.local_us('time_us')} // {HOUR} % 24 * {UNIT})")


def _weekday(_node: Call, scope: FactScope) -> Typed:
    return of_number(f"((({scope.local_us('time_us')} // {DAY}) % 7 + 1) * {UNIT})")


_Condition = Callable[[Call, FactScope], str]
_CONDITIONS: Final[dict[str, _Condition]] = {
    "and": _joined("AND"),
    "or": _joined("OR"),
    "not": _not,
    "at_least": _at_least,
    "==": _equals,
    "!=": _negated(_equals),
    "in": _is_in,
    "not in": _negated(_is_in),
    **dict.fromkeys(("<", "<=", ">", ">="), _ordered),
    "contains": _contains,
    "starts_with": _texts("starts_with"),
    "ends_with": _texts("ends_with"),
    "matches": _matches,
    "exists": _exists,
    "empty": _empty,
    "near": _near,
}
_VALUES: Final[dict[str, Callable[[Call, FactScope], Typed]]] = {
    "lower": _lower,
    "length": _length,
    "coalesce": _coalesce,
    **dict.fromkeys(("+", "-", "*", "/"), _numeric),
    "event_hour": _hour,
    "event_weekday": _weekday,
}
