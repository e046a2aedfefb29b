"""Random trees from the catalogue, for Hypothesis.

`nodes()` gives any tree that can be written down, sensible or not; `conditions()` gives trees
that the checker accepts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from hypothesis import strategies as st

from tailorbird.kernel.values import NUMBER_BOUND, UNIT, IdNumber
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
)
from tailorbird.language.operators import (
    EACH,
    HISTORY,
    IN_SESSION,
    OPERATORS,
    ROOTS,
    SYMBOLS,
    WINDOWED,
    Operator,
    Scope,
    Slot,
    Type,
)

Draw: TypeAlias = Callable[[st.SearchStrategy[Node]], Node]

SECOND: Final = 1_000_000
ODD: Final = [
    "",
    "7d",
    'a"b',
    "a\\b",
    "a\nb",
    "\x00",
    "\t",
    "é😀",
    "last-name",
    "class",
    "\u2028",
    " ",
]
TEXTS = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KEYS = st.sampled_from(["price", "x", "$current_url", "a.b"]) | TEXTS
NUMBERS = st.one_of(
    st.integers(-20, 200).map(lambda whole: whole * UNIT),
    st.integers(1 - NUMBER_BOUND, NUMBER_BOUND - 1),
).map(Number)
ID_NUMBERS = st.builds(
    lambda size, sign: Number(IdNumber(str(size * sign))),
    st.integers(10**12, 10**38 - 1),
    st.sampled_from([1, -1]),
)
LENGTHS = st.one_of(
    st.integers(1, 90).map(lambda days: days * 86_400 * SECOND),
    st.integers(1, 10**6).map(lambda seconds: seconds * SECOND),
    st.integers(1, 10**15 - 1),
)
DURATIONS = LENGTHS.map(Duration)


@st.composite
def refs(draw: st.DrawFn, roots: frozenset[str] = ROOTS) -> Ref:
    root = draw(st.sampled_from(sorted(roots)))
    path = draw(st.lists(KEYS, min_size=root != "item", max_size=3))
    if root == "prev":
        path = [draw(st.sampled_from(["properties", "context"])), *(path or ["x"])]
    return Ref(root, tuple(path))


LITERALS = st.one_of(NUMBERS, ID_NUMBERS, TEXTS.map(Text), st.booleans().map(Boolean))


def nodes(*, durations: bool = False) -> st.SearchStrategy[Node]:
    """Any tree; with `durations` also nodes that text alone cannot tell from text literals."""
    leaves: st.SearchStrategy[Node] = st.one_of(LITERALS, refs())
    if durations:
        leaves |= DURATIONS
    return st.recursive(leaves, _above, max_leaves=25)


def _above(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    lists = st.lists(below, max_size=3).map(lambda items: Listing(tuple(items)))
    loops = st.builds(Each, st.sampled_from(sorted(EACH)), below, below)
    return st.one_of(lists, loops, calls(below), calls(below))


@st.composite
def calls(draw: st.DrawFn, below: st.SearchStrategy[Node]) -> Call:
    operator = draw(st.sampled_from(list(OPERATORS.values())))
    least = most = len(operator.takes)
    if operator.name not in SYMBOLS:
        least, most = 0, most + 1
    elif operator.more is not None:
        most += 2
    args = draw(st.lists(below, min_size=least, max_size=most))
    given = (
        draw(st.sets(st.sampled_from(operator.keywords), max_size=3)) if operator.keywords else ()
    )
    pairs = st.lists(below, max_size=3).map(lambda items: Listing(tuple(items)))
    keywords = tuple(
        (key, draw(below | pairs)) for key, slot in operator.keywords if (key, slot) in given
    )
    return Call(operator.name, tuple(args), keywords)


def deep(depth: int) -> st.SearchStrategy[Node]:
    """A chain of operators exactly so many nodes deep, the deeper part anywhere in each."""
    return st.lists(st.integers(0, 9), min_size=depth - 1, max_size=depth - 1).map(_chain)


def _chain(kinds: list[int]) -> Node:
    x: Node = Ref("properties", ("a b",))
    node = x
    for kind in kinds:
        node = (
            Call("not", (node,)),
            Call("and", (node, x)),
            Call("or", (x, node)),
            Call("==", (node, x)),
            Call("<", (x, node)),
            Call("-", (node, x)),
            Call("*", (x, node)),
            Call("count", (x,), (("where", node),)),
            Listing((x, node)),
            Each("any", x, node),
        )[kind]
    return node


# Trees that the checker accepts


@dataclass(frozen=True)
class Spot:
    """What the surroundings of a node allow."""

    depth: int = 3
    scope: str = "person"
    within: str | None = None
    each: bool = False
    first: bool = True
    """The first step of a sequence has no fact before it."""

    def below(self) -> Spot:
        return replace(self, depth=self.depth - 1)


SCORES, TRAITS, SEGMENTS = ("intent",), ("plan",), ("buyers", "vip")
"""Names that `conditions()` refers to."""
_EVENTS: Final = ["Product Viewed", "Product Added", "Order Completed", 'odd "name"']
_MOMENTS: Final = ["2024-01-01", "2024-02-29T23:59:59.5+01:00", "2030-06-01T00:00Z"]


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> Node:
    """A condition of the person that the checker accepts, durations being nodes."""
    return _condition(draw, Spot(depth))


@st.composite
def asking(draw: st.DrawFn, name: str) -> Node:
    """A condition that the checker accepts and that this operator stands in."""
    operator = OPERATORS[name]
    if operator.scope is Scope.FACT:
        where = Call("exists", (Call(name),))
        return Call("did", (Text("A"),), (("where", where),))
    if operator.scope is Scope.ARGUMENT:
        return Call("sequence", (_argument(draw, name),))
    sides = {Type.DURATION: DURATIONS, Type.INSTANT: st.just(Call("at", (Text("2024-01-01"),)))}
    if name in ("+", "-", "*", "/", "coalesce"):
        node: Node = Call(name, (_value(draw, Type.NUMBER, Spot(1)), draw(NUMBERS)))
    else:
        node = _call(draw, name, Spot(2))
    if operator.gives is Type.CONDITION:
        return node
    return (
        Call(">", (node, draw(sides[operator.gives])))
        if operator.gives in sides
        else Call("exists", (node,))
    )


def _argument(draw: st.DrawFn, name: str) -> Node:
    if name == "any_event":
        return Call(name, (), draw(st.sampled_from([(), (("name", Text("TEST_*")),)])))
    if name != "step":
        return Call(name)
    where = _condition(draw, Spot(1, scope="fact"))
    times, gap = Number(draw(st.integers(1, 9)) * UNIT), _plain(draw, Slot.GAP)
    return Call(name, (_events(draw),), (("where", where), ("times", times), ("gap", gap)))


def _condition(draw: st.DrawFn, spot: Spot) -> Node:
    names = [o.name for o in OPERATORS.values() if o.gives is Type.CONDITION and _fits(o, spot)]
    if spot.depth <= 0:
        names = [name for name in names if name in _SHALLOW]
    elif not spot.each:
        names += ["any", "all"]
    return _call(draw, draw(st.sampled_from(names)), spot)


_SHALLOW: Final = frozenset({"==", "exists", "empty", "did", "bounced", "in_segment", "in"})


def _fits(operator: Operator, spot: Spot) -> bool:
    if operator.scope in (Scope.ARGUMENT, Scope.NOW):
        return False
    if operator.scope is Scope.FACT:
        return spot.scope != "person"
    if operator.scope is Scope.ANYWHERE:
        return operator.name not in ("near", "inside") or spot.within != "in_one_session"
    if spot.scope != "person":
        return False
    if spot.within == "in_one_session":
        return operator.name in IN_SESSION
    if spot.within == "held":
        return operator.name not in HISTORY | {"in_one_session"}
    return True


def _call(draw: st.DrawFn, name: str, spot: Spot) -> Node:
    below = spot.below()
    if name in EACH and (name not in OPERATORS or spot.scope != "person"):
        return _each(draw, name, below)
    if name in _COMPARED:
        return Call(name, _alike(draw, below, ordered=name not in ("==", "!=")))
    if name in ("in", "not in"):
        items = Listing(tuple(draw(st.lists(LITERALS, max_size=3))))
        return Call(name, (_value(draw, Type.ANY, below), items))
    if name in ("near", "inside"):
        rest = (Number(52_500_000), Number(13_400_000)) if name == "near" else (Text("city"),)
        km = (("km", Number(5 * UNIT)),) if name == "near" else ()
        return Call(name, (Ref("context", ("location",)), *rest), km)
    if name in ("held", "in_one_session"):
        inner = replace(below, within=name, each=False)
        if spot.within is not None:
            return Call("did", (Text("A"),))
        keys = (("lasting", draw(DURATIONS)),) if name == "held" else _last(draw)
        return Call(name, (_condition(draw, inner),), keys)
    operator = OPERATORS[name]
    slots = operator.takes[: len(operator.takes) - draw(st.integers(0, operator.optional))]
    if operator.more is not None:
        slots += (operator.more,) * draw(st.integers(0, 2))
    if operator.scope is not Scope.ANYWHERE:
        below = replace(below, each=False)
    args = tuple(
        _slot(draw, slot, replace(below, first=i == 0) if slot is Slot.STEP else below)
        for i, slot in enumerate(slots)
    )
    return Call(name, _bounded(draw, name, args), _keywords(draw, operator, below))


_COMPARED: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})


def _bounded(draw: st.DrawFn, name: str, args: tuple[Node, ...]) -> tuple[Node, ...]:
    if name == "at_least":
        return (Number(draw(st.integers(1, len(args) - 1)) * UNIT), *args[1:])
    if name == "top":
        return (*args[:2], Number(draw(st.integers(1, 100)) * UNIT))
    if name == "percentile_of":
        return (args[0], Number(draw(st.integers(1, 100)) * UNIT), args[2])
    return args


def _each(draw: st.DrawFn, name: str, spot: Spot) -> Node:
    inner = replace(spot, each=True)
    body = _value(draw, Type.NUMBER, inner) if name == "sum" else _condition(draw, inner)
    return Each(name, body, _ref(draw, spot))


def _alike(draw: st.DrawFn, spot: Spot, *, ordered: bool) -> tuple[Node, Node]:
    """Two values of one type, at least one of which is no literal."""
    kinds = [Type.NUMBER, Type.TEXT]
    kinds += [Type.VERSION] if ordered else [Type.VERSION, Type.BOOLEAN]
    if spot.scope == "person" and spot.within is None:
        kinds += [Type.DURATION, Type.INSTANT]
    kind = draw(st.sampled_from(kinds))
    other: Node = _literal(draw, kind)
    if kind is Type.BOOLEAN:
        return _ref(draw, spot), other
    if draw(st.booleans()):
        other = _value(draw, kind, spot)
    return _value(draw, kind, spot), other


def _literal(draw: st.DrawFn, kind: Type) -> Node:
    literals: dict[Type, st.SearchStrategy[Node]] = {
        Type.NUMBER: NUMBERS,
        Type.TEXT: TEXTS.map(Text),
        Type.BOOLEAN: st.booleans().map(Boolean),
        Type.DURATION: DURATIONS,
        Type.INSTANT: st.sampled_from(_MOMENTS).map(lambda text: Call("at", (Text(text),))),
        Type.VERSION: st.just(Call("version", (Text("1.10.0"),))),
    }
    return draw(literals[kind])


def _value(draw: st.DrawFn, kind: Type, spot: Spot) -> Node:
    """A value of a type that is no literal, so that its type can be told from its text."""
    names = [o.name for o in OPERATORS.values() if o.gives is kind and _fits(o, spot)]
    names = [name for name in names if name not in ("+", "-", "*", "/", "coalesce")]
    if kind in (Type.ANY, Type.NUMBER, Type.TEXT):
        if spot.depth <= 0 or not names or draw(st.booleans()):
            return _ref(draw, spot)
        if kind is Type.NUMBER and draw(st.integers(0, 4)) == 0:
            sides = _value(draw, kind, spot.below()), draw(NUMBERS)
            return Call(draw(st.sampled_from("+-*/")), sides)
    elif spot.depth <= 0:
        shallow = {
            Type.DURATION: Call("since", (Text("A"),)),
            Type.INSTANT: Call("last_time", (Text("A"),)),
            Type.VERSION: Call("version", (_ref(draw, spot),)),
        }
        return shallow[kind]
    return _call(draw, draw(st.sampled_from(names)), spot)


def _ref(draw: st.DrawFn, spot: Spot) -> Node:
    roots = {"traits", "context"} if spot.scope == "person" else {"properties", "context"}
    if spot.scope == "step" and not spot.first:
        roots.add("prev")
    if spot.each:
        roots = {"item"}
    elif spot.within == "in_one_session" and spot.scope == "person":
        return Call("latest", (Text("A"), Ref("properties", ("x",))))
    return draw(refs(frozenset(roots)))


def _slot(draw: st.DrawFn, slot: Slot, spot: Spot) -> Node:
    typed = {
        Slot.VALUE: Type.ANY,
        Slot.NUMBER: Type.NUMBER,
        Slot.TEXT: Type.ANY,
        Slot.LIST: Type.ANY,
        Slot.INSTANT: Type.INSTANT,
    }
    if slot is Slot.CONDITION:
        return _condition(draw, spot)
    if slot in typed:
        return _value(draw, typed[slot], spot)
    if slot is Slot.WHERE:
        return _condition(draw, replace(spot, scope="fact", depth=min(spot.depth, 1)))
    if slot is Slot.FACT_VALUE:
        return draw(refs(frozenset({"properties", "context"})))
    if slot in (Slot.EVENTS, Slot.MOMENT):
        return _events(draw)
    if slot in (Slot.STEP, Slot.FILTERED, Slot.OCCASION):
        return _step(draw, slot, spot)
    return _plain(draw, slot)


def _plain(draw: st.DrawFn, slot: Slot) -> Node:
    names: dict[Slot, tuple[str, ...]] = {
        Slot.SCORE: SCORES,
        Slot.TRAIT: TRAITS,
        Slot.SEGMENT: SEGMENTS,
        Slot.PERIOD: ("day", "week", "month", "quarter", "year"),
        Slot.SESSION: ("current",),
        Slot.MOMENT_TEXT: tuple(_MOMENTS),
        Slot.PATTERN: ("^a+$", "\\d", 'a"b'),
        Slot.NAME: ("spring", "news letter", "TEST_*"),
    }
    if slot in names:
        return Text(draw(st.sampled_from(names[slot])))
    if slot in (Slot.INTEGER, Slot.DECIMAL):
        return Number(draw(st.integers(1, 3)) * UNIT)
    if slot is Slot.FLAG:
        return Boolean(draw(st.booleans()))
    if slot is Slot.DURATION or (slot is Slot.GAP and draw(st.booleans())):
        return draw(DURATIONS)
    two = draw(st.lists(LENGTHS, min_size=2, max_size=2, unique=True))
    return Listing(tuple(map(Duration, sorted(two, reverse=slot is Slot.DURATION_PAIR))))


def _events(draw: st.DrawFn) -> Node:
    name = st.sampled_from(_EVENTS).map(Text)
    return draw(
        st.one_of(
            name,
            name,
            st.lists(name, min_size=1, max_size=3).map(lambda names: Listing(tuple(names))),
            st.sampled_from(
                [
                    Call("any_event"),
                    Call("any_event", (), (("name", Text("TEST_*")),)),
                    Call("active_events"),
                    Call("passive_events"),
                ]
            ),
        )
    )


def _step(draw: st.DrawFn, slot: Slot, spot: Spot) -> Node:
    spot = replace(spot, first=spot.first or slot is not Slot.STEP)
    if slot is Slot.OCCASION and spot.depth > 0 and draw(st.booleans()):
        return Call("sequence", (Text("A"), _step(draw, Slot.STEP, replace(spot, first=False))))
    if draw(st.booleans()):
        return _events(draw)
    scope = "step" if slot is Slot.STEP else "fact"
    inner = replace(spot, scope=scope, depth=min(spot.depth, 1))
    keys: list[tuple[str, Node]] = []
    if draw(st.booleans()):
        keys.append(("where", _condition(draw, inner)))
    if slot is Slot.STEP and draw(st.booleans()):
        keys.append(("times", Number(draw(st.integers(1, 100)) * UNIT)))
    if slot is Slot.STEP and draw(st.booleans()):
        keys.append(("gap", _plain(draw, Slot.GAP)))
    return Call("step", (_events(draw),), tuple(keys))


def _last(draw: st.DrawFn) -> tuple[tuple[str, Node], ...]:
    return (("last", draw(DURATIONS)),) if draw(st.booleans()) else ()


_KINDS_OF_WINDOW: Final = (
    ("last",), ("between",), ("calendar",), ("start",), ("end",), ("start", "end"),
    ("session",), ("since_event",),
)  # fmt: skip


def _keywords(draw: st.DrawFn, operator: Operator, spot: Spot) -> tuple[tuple[str, Node], ...]:
    slots = dict(operator.keywords)
    allowed = set(slots)
    if operator.name in WINDOWED:
        allowed &= {"where", "by"}
        if spot.within != "in_one_session":
            allowed |= set(draw(st.sampled_from(_KINDS_OF_WINDOW)))
    elif spot.within == "in_one_session":
        allowed.discard("last")
    if operator.name == "smooth":
        return draw(
            st.sampled_from(
                [
                    (),
                    (("alpha", Number(250_000)),),
                    (("method", Text("kalman")), ("q", Number(10)), ("r", Number(UNIT))),
                ]
            )
        )
    if operator.name == "trend":
        allowed &= {"where"}
    given = {name for name in sorted(allowed) if draw(st.booleans())} | set(operator.required)
    return tuple(
        (name, _slot(draw, slot, spot)) for name, slot in operator.keywords if name in given
    )
