"""Random expressions over the whole grammar, made from the catalogue of operators.

An operator that the catalogue gains is written about from then on: its arguments are made by
what its slots accept. Only what the slots cannot say (types that must agree, numbers in a
range, one window at a time) is said here by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tailorbird.kernel.values import UNIT
from tailorbird.language.ast import Boolean, Call, Each, Listing, Node, Number, Ref, Text
from tailorbird.language.laws import vocabulary
from tailorbird.language.laws.chance import Chance
from tailorbird.language.operators import (
    HISTORY,
    IN_SESSION,
    OPERATORS,
    SYMBOLS,
    WINDOW,
    Operator,
    Scope,
    Slot,
    Type,
)

_WINDOWS: Final = frozenset(key for key, _ in WINDOW)
_PLAIN: Final = (Type.NUMBER, Type.TEXT, Type.BOOLEAN, Type.ANY)
_ORDERED: Final = (Type.NUMBER, Type.TEXT, Type.DURATION, Type.INSTANT, Type.VERSION, Type.ANY)
_INTEGERS: Final[Mapping[str, tuple[int, ...]]] = {
    "percentile_of": (1, 10, 50, 75, 99, 100),
    "top": (1, 2, 3),
    "times": (1, 2, 3),
    "at_least": (1, 2),
}
_DECIMALS: Final[Mapping[str, tuple[float, ...]]] = {
    "km": (1, 55.6, 111.2, 157, 200),
    "alpha": (0.3, 0.5, 1, 0.000001),
    "q": (0.1, 1, 0.000001),
    "r": (0.5, 1, 100),
    "near": (0, 1, 1.5, -33, 45),
}
_NUMERIC: Final = frozenset(
    op.name
    for op in OPERATORS.values()
    if Slot.FACT_VALUE in op.takes and op.gives is Type.NUMBER and op.name != "distinct"
)
"""Operators that want numbers from facts."""
_SESSION_KEYWORDS: Final = frozenset(
    {"where", "by", "within", "gap", "same", "without", "contiguous"}
)


@dataclass(slots=True)
class Names:
    """The definitions that an expression may refer to."""

    traits: dict[str, Type] = field(default_factory=dict)
    scores: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    personas: bool = False


@dataclass(slots=True)
class Writer:
    """Writes expressions. What it writes is mostly, not always, accepted by the checker."""

    chance: Chance
    names: Names
    calm: Names
    """Those of the names that use no history operator, for use within one."""
    hourly: bool = False
    _scope: str = "person"
    _within: str | None = None
    _in_each: bool = False

    # Expressions by type

    def condition(self, depth: int) -> Node:
        """A condition, at most so many calls deep."""
        if depth <= 0:
            return self._plain_condition()
        if not self._in_each and self.chance.once_in(16) and self._may_refer():
            return self._each(self.chance.choice(("any", "all")), depth)
        return self._call(self._pick(Type.CONDITION), depth)

    def value(self, gives: Type, depth: int) -> Node:
        """A value of a type; `Type.ANY` leaves open which."""
        if gives is Type.CONDITION:
            return self.condition(depth)
        if depth <= 0 or self.chance.once_in(4):
            return self._leaf(gives, depth)
        if gives is Type.DURATION and self.chance.once_in(4):
            return self._timed(gives, depth)
        if gives is Type.INSTANT and self.chance.once_in(3):
            return self._timed(gives, depth)
        if gives is Type.NUMBER and not self._in_each and self.chance.once_in(10):
            return self._each("sum", depth) if self._may_refer() else self._leaf(gives, depth)
        operator = self._pick(gives)
        return self._leaf(gives, depth) if operator is None else self._call(operator, depth)

    def events(self) -> Node:
        """A selection of events."""
        chance = self.chance
        if chance.once_in(5):
            selection = OPERATORS[chance.choice(("any_event", "active_events", "passive_events"))]
            return self._call(selection, 0)
        if chance.once_in(5):
            return Listing(tuple(Text(name) for name in chance.sample(vocabulary.EVENTS, 2)))
        return Text(vocabulary.event(chance))

    def where(self, depth: int) -> Node:
        """A condition on a fact."""
        with self._narrowed("fact"):
            return self.condition(depth)

    def _pick(self, gives: Type) -> Operator | None:
        operators = [op for op in OPERATORS.values() if op.gives is gives and self._allows(op)]
        # What reads facts is where readings can differ: it comes up more often.
        weighted = [op for op in operators for _ in range(_weight(op))]
        return self.chance.choice(weighted) if weighted else None

    def _allows(self, operator: Operator) -> bool:
        if operator.scope is Scope.ARGUMENT or not self._has_names(operator):
            return False
        if operator.scope is Scope.ANYWHERE:
            return Slot.PLACE not in operator.takes or self._within != "in_one_session"
        if self._scope != "person":
            return operator.scope is Scope.FACT
        if operator.scope is Scope.FACT:
            return False
        if operator.scope is Scope.NOW:
            return self.hourly and self._within is None
        if self._within == "in_one_session":
            return operator.name in IN_SESSION
        nests = operator.name == "in_one_session" or operator.name in HISTORY
        return not (self._within == "held" and nests)

    def _known(self) -> Names:
        return self.calm if self._within == "held" else self.names

    def _has_names(self, operator: Operator) -> bool:
        known = self.calm if operator.name in HISTORY else self._known()
        return bool(
            (operator.name != "persona" or known.personas)
            and (Slot.SCORE not in operator.takes or known.scores)
            and (Slot.TRAIT not in operator.takes or known.traits)
            and (Slot.SEGMENT not in operator.takes or known.segments)
        )

    # Calls

    def _call(self, operator: Operator | None, depth: int) -> Node:
        if operator is None:
            return self._plain_condition()
        special = _SPECIAL.get(operator.name)
        if special is not None:
            return special(self, operator, depth)
        return self._plain_call(operator, depth)

    def _plain_call(self, operator: Operator, depth: int) -> Call:
        slots = list(operator.takes)
        if operator.optional and self.chance.once_in(2):
            slots = slots[: -operator.optional]
        if operator.more is not None:
            slots += [operator.more] * self.chance.below(3)
        args = tuple(
            self._slot(slot, operator.name, depth - 1, first=i == 0) for i, slot in enumerate(slots)
        )
        return Call(operator.name, args, self._keywords(operator, depth))

    def _keywords(self, operator: Operator, depth: int) -> tuple[tuple[str, Node], ...]:
        chosen = {key for key, _ in operator.keywords if self._wants(operator, key)}
        windows = [key for key, _ in operator.keywords if key in chosen & _WINDOWS]
        if len(windows) > 1 and operator.name not in ("sequence", "sequence_count", "absent"):
            kept = self.chance.choice(windows)
            both = {"start", "end"} if kept in ("start", "end") else {kept}
            chosen -= _WINDOWS - both
        return tuple(
            (key, self._keyword(operator, key, slot, depth))
            for key, slot in operator.keywords
            if key in chosen
        )

    def _wants(self, operator: Operator, key: str) -> bool:
        if self._within == "in_one_session" and key not in _SESSION_KEYWORDS:
            return False
        if key in operator.required:
            return True
        return self.chance.once_in(3 if key == "last" else 12 if key in _WINDOWS else 4)

    def _keyword(self, operator: Operator, key: str, slot: Slot, depth: int) -> Node:
        if slot in (Slot.INTEGER, Slot.DECIMAL):
            return self._slot(slot, key, depth - 1)
        return self._slot(slot, operator.name, depth - 1)

    def _slot(self, slot: Slot, about: str, depth: int, *, first: bool = False) -> Node:
        if slot is Slot.FACT_VALUE and about in _NUMERIC and self.chance.below(4):
            with self._narrowed("fact"):
                return self._likely_ref(about)
        if slot is Slot.VALUE and about == "anniversary" and self.chance.below(4):
            return self._likely_ref(about)
        if slot is Slot.STEP:
            return self._step(depth, first=first)
        reader = _SLOTS.get(slot)
        if reader is not None:
            return reader(self, depth)
        if slot is Slot.INTEGER:
            return Number(self.chance.choice(_INTEGERS.get(about, (1, 2))) * UNIT)
        if slot is Slot.DECIMAL:
            return Number(int(self.chance.choice(_DECIMALS.get(about, (0.5, 1))) * UNIT))
        if slot in (Slot.SCORE, Slot.SEGMENT, Slot.TRAIT):
            return self._named(slot, about)
        assert slot is Slot.NAME, slot
        if about == "any_event":
            return Text(self.chance.choice(vocabulary.PATTERNS))
        return Text(self.chance.choice(vocabulary.NAMES))

    def _named(self, slot: Slot, about: str) -> Node:
        known = self.calm if about in HISTORY else self._known()
        if slot is Slot.SCORE:
            return Text(self.chance.choice(known.scores))
        if slot is Slot.SEGMENT:
            return Text(self.chance.choice(known.segments))
        return Text(self.chance.choice(sorted(known.traits)))

    # Slots

    def _any_value(self, depth: int) -> Node:
        return self.value(self.chance.choice((*_PLAIN, Type.ANY, Type.LIST)), depth)

    def _fact_value(self, depth: int) -> Node:
        with self._narrowed("fact"):
            if depth > 0 and self.chance.once_in(6):
                return self.value(self.chance.choice((Type.NUMBER, Type.TEXT, Type.ANY)), 1)
            return self._ref()

    def _moment(self, depth: int) -> Node:
        return self.events() if self.chance.below(3) else self.value(Type.INSTANT, depth)

    def _filtered(self, depth: int) -> Node:
        if self.chance.once_in(2):
            return self.events()
        return Call("step", (self.events(),), (("where", self.where(min(depth, 1))),))

    def _step(self, depth: int, *, first: bool) -> Node:
        if self.chance.once_in(2):
            return self.events()
        call = self._plain_call(OPERATORS["step"], 0)
        keywords = [(key, node) for key, node in call.keywords if key != "where"]
        if self.chance.once_in(2):
            repeated = call.keyword("times") is not None
            with self._narrowed("fact" if first and not repeated else "step"):
                keywords.insert(0, ("where", self.condition(min(depth, 1))))
        return Call("step", call.args, tuple(keywords))

    def _occasion(self, depth: int) -> Node:
        if self.chance.below(3):
            return self._filtered(depth)
        call = self._plain_call(OPERATORS["sequence"], depth)
        keywords = tuple((key, node) for key, node in call.keywords if key != "last")
        return Call(call.op, call.args, keywords)

    def _length(self, _depth: int = 0) -> Node:
        return Text(self.chance.choice(vocabulary.LENGTHS))

    def _length_pair(self, _depth: int, *, descending: bool = True) -> Node:
        lengths = list(dict.fromkeys(vocabulary.LENGTHS))
        longer = self.chance.between(1, len(lengths) - 1)
        shorter = "0s" if self.chance.once_in(8) else lengths[self.chance.below(longer)]
        pair = (Text(lengths[longer]), Text(shorter))
        return Listing(pair if descending else pair[::-1])

    def _gap(self, depth: int) -> Node:
        if self.chance.below(3):
            return self._length()
        return self._length_pair(depth, descending=False)

    def _literal_list(self, depth: int) -> Node:
        if depth > 0 and self.chance.once_in(3):
            return self.value(Type.LIST, depth)
        return Listing(tuple(self._literal() for _ in range(self.chance.below(4))))

    def _place(self, _depth: int) -> Node:
        return Ref("context", ("location",))

    # Leaves

    def _literal(self) -> Node:
        kind = self.chance.below(8)
        if kind == 0:
            return Boolean(self.chance.once_in(2))
        if kind < 4:
            return Number(vocabulary.number(self.chance))
        if kind == 4:
            return Number(self.chance.choice(vocabulary.ID_NUMBERS))
        return Text(vocabulary.text(self.chance))

    def _leaf(self, gives: Type, depth: int) -> Node:
        if gives is Type.NUMBER:
            if self._scope == "person" and self.chance.once_in(2):
                return self._call(OPERATORS["count"], 0)
            return Number(vocabulary.number(self.chance))
        if gives is Type.TEXT:
            return Text(vocabulary.text(self.chance))
        if gives is Type.BOOLEAN:
            return Boolean(self.chance.once_in(2))
        if gives is Type.LIST:
            return Listing(tuple(self._literal() for _ in range(self.chance.below(3))))
        if gives in (Type.INSTANT, Type.VERSION):
            name = "instant" if gives is Type.INSTANT else "version"
            if self.chance.once_in(3) or not self._may_refer():
                return self._fixed(gives)
            return Call(name, (self._likely_ref(name),))
        if gives is Type.DURATION:
            asks = self._scope == "person" and self._within != "in_one_session"
            return self._call(OPERATORS["since"], 0) if asks else self._difference()
        return self._ref() if self._may_refer() else self._call(self._pick(Type.ANY), depth)

    def _fixed(self, gives: Type) -> Node:
        if gives is Type.VERSION:
            return Call("version", (Text(self.chance.choice(("1.10.0", "v1.9", "2"))),))
        dates = [text for text in vocabulary.DATES if text[:4].isdigit() and text[-4:] != ":60Z"]
        return Call("at", (Text(self.chance.choice([d for d in dates if d != dates[6]])),))

    def _difference(self) -> Node:
        return Call("-", (self._fixed(Type.INSTANT), self._fixed(Type.INSTANT)))

    def _plain_condition(self) -> Node:
        if self._scope == "person" and (self._within == "in_one_session" or self.chance.below(4)):
            return Call("did", (self.events(),))
        return Call(self.chance.choice(("==", "<", ">=", "!=")), (self._ref(), self._literal()))

    def _may_refer(self) -> bool:
        return self._scope != "person" or self._within != "in_one_session"

    def _ref(self) -> Node:
        chance = self.chance
        if self._in_each and not chance.once_in(5):
            path = () if chance.once_in(6) else (chance.choice(vocabulary.ITEM_KEYS),)
            return Ref("item", path)
        if self._scope == "person":
            if chance.once_in(3):
                return Ref("context", chance.choice(vocabulary.CONTEXT))
            return Ref("traits", (chance.choice(vocabulary.TRAITS),))
        if self._scope == "step" and chance.once_in(3):
            return Ref("prev", ("properties", chance.choice(vocabulary.PROPERTIES)))
        if chance.once_in(8):
            return Ref("context", chance.choice(vocabulary.CONTEXT))
        if chance.once_in(8):
            return Ref("properties", chance.choice(vocabulary.NESTED))
        return Ref("properties", (chance.choice(vocabulary.PROPERTIES),))

    def _likely_ref(self, about: str) -> Node:
        """A reference that is likely to hold what an operator is about."""
        if self._in_each or self.chance.once_in(4):
            return self._ref()
        root = "traits" if self._scope == "person" else "properties"
        if about == "version":
            return Ref("context", ("app", "version"))
        if about == "instant":
            return Ref(root, ("seen_at",))
        if about == "anniversary":
            return Ref(root, ("birthday",))
        return Ref(root, (self.chance.choice(("price", "quantity")),))

    def _each(self, op: str, depth: int) -> Node:
        source = self._ref() if self._scope == "person" else Ref("properties", ("products",))
        self._in_each = True
        try:
            if op == "sum":
                return Each(op, self.value(Type.NUMBER, min(depth - 1, 1)), source)
            return Each(op, self.condition(min(depth - 1, 1)), source)
        finally:
            self._in_each = False

    @contextmanager
    def _narrowed(self, scope: str) -> Iterator[None]:
        outer, self._scope = self._scope, scope
        try:
            yield
        finally:
            self._scope = outer

    # Operators whose arguments depend on each other

    def _comparison(self, operator: Operator, depth: int) -> Node:
        equality = operator.name in ("==", "!=")
        kinds = (*_ORDERED, Type.BOOLEAN, Type.LIST) if equality else _ORDERED
        one = self.chance.choice(kinds)
        other = self.chance.choice(_PLAIN) if one in _PLAIN and self.chance.once_in(4) else one
        if not equality and other is Type.BOOLEAN:
            other = Type.NUMBER
        args = self.value(one, depth - 1), self.value(other, depth - 1 if other is one else 0)
        if one is Type.DURATION and self.chance.once_in(2):
            args = args[0], self._length()
        return Call(operator.name, args)

    def _membership(self, operator: Operator, depth: int) -> Node:
        if self.chance.once_in(8):
            lengths = tuple(self._length() for _ in range(2))
            return Call(operator.name, (self.value(Type.DURATION, depth - 1), Listing(lengths)))
        kind = self.chance.choice(_PLAIN)
        return Call(operator.name, (self.value(kind, depth - 1), self._literal_list(depth - 1)))

    def _within_text(self, operator: Operator, depth: int) -> Node:
        """A text or list and a piece that may be in it."""
        kinds = (Type.TEXT, Type.ANY, Type.ANY)
        if operator.name == "contains":
            kinds = (Type.ANY, Type.ANY, Type.LIST)
        piece: Node = Text(self.chance.choice(vocabulary.PIECES))
        if self.chance.once_in(3):
            piece = self.value(self.chance.choice(kinds), depth - 1)
        elif operator.name == "contains" and self.chance.once_in(2):
            piece = self._literal()
        return Call(operator.name, (self.value(self.chance.choice(kinds), depth - 1), piece))

    def _arithmetic(self, operator: Operator, depth: int) -> Node:
        kinds = (Type.NUMBER, Type.NUMBER, Type.ANY)
        left, right = self.chance.choice(kinds), self.chance.choice(kinds)
        return Call(operator.name, (self.value(left, depth - 1), self.value(right, depth - 1)))

    def _timed(self, gives: Type, depth: int) -> Node:
        """A sum or difference of durations and instants."""
        if gives is Type.INSTANT:
            op = self.chance.choice("+-")
            return Call(op, (self.value(Type.INSTANT, depth - 1), self._length()))
        if self.chance.once_in(2):
            instants = self.value(Type.INSTANT, depth - 1), self.value(Type.INSTANT, depth - 1)
            return Call("-", instants)
        op = self.chance.choice("+-")
        return Call(op, (self.value(Type.DURATION, depth - 1), self._length()))

    def _coalesce(self, operator: Operator, depth: int) -> Node:
        kind = self.chance.choice((Type.DURATION, Type.INSTANT, *_PLAIN))
        count = self.chance.between(2, 3)
        return Call(operator.name, tuple(self.value(kind, depth - 1) for _ in range(count)))

    def _ranked(self, operator: Operator, depth: int) -> Node:
        kinds = (Type.NUMBER, Type.NUMBER, Type.ANY, Type.DURATION, Type.INSTANT)
        return Call(operator.name, (self.value(self.chance.choice(kinds), min(depth - 1, 1)),))

    def _since(self, operator: Operator, depth: int) -> Node:
        call = self._plain_call(operator, depth)
        selects = isinstance(call.args[0], Text | Listing) or (
            isinstance(call.args[0], Call) and OPERATORS[call.args[0].op].scope is Scope.ARGUMENT
        )
        return call if selects else Call(call.op, call.args)

    def _smooth(self, operator: Operator, depth: int) -> Node:
        call = self._plain_call(operator, depth)
        kept = [(key, node) for key, node in call.keywords if key in ("where", "alpha")]
        if self.chance.once_in(2):
            rates = [(key, self._slot(Slot.DECIMAL, key, 0)) for key in ("q", "r")]
            kept = [*(pair for pair in kept if pair[0] == "where"), ("method", Text("kalman"))]
            kept += rates
        return Call(call.op, call.args, tuple(kept))

    def _trend(self, operator: Operator, depth: int) -> Node:
        call = self._plain_call(operator, depth)
        pair = self._length_pair(0)
        assert isinstance(pair, Listing)
        kept = [(key, node) for key, node in call.keywords if key == "where"]
        if self.chance.below(4) and pair.items[1] != Text("0s"):
            kept += [("short", pair.items[1]), ("long", pair.items[0])]
        return Call(call.op, call.args, tuple(kept))

    def _enclosing(self, operator: Operator, depth: int) -> Node:
        outer, self._within = self._within, operator.name
        try:
            body = self.condition(depth - 1)
        finally:
            self._within = outer
        return Call(operator.name, (body,), self._keywords(operator, depth))


def _weight(operator: Operator) -> int:
    if operator.scope is Scope.NOW:
        return 40
    if Slot.STEP in operator.takes or Slot.OCCASION in dict(operator.keywords).values():
        return 16
    if operator.scope is not Scope.ANYWHERE:
        return 4
    return 3 if Slot.VALUE in operator.takes and operator.name in SYMBOLS else 2


_Special = Callable[[Writer, Operator, int], Node]
_SPECIAL: Final[dict[str, _Special]] = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), Writer._comparison),
    **dict.fromkeys(("in", "not in"), Writer._membership),
    **dict.fromkeys(("+", "-", "*", "/"), Writer._arithmetic),
    **dict.fromkeys(("held", "in_one_session"), Writer._enclosing),
    **dict.fromkeys(("contains", "starts_with", "ends_with"), Writer._within_text),
    "coalesce": Writer._coalesce,
    "percentile_rank": Writer._ranked,
    "since": Writer._since,
    "smooth": Writer._smooth,
    "trend": Writer._trend,
}
_SLOTS: Final[dict[Slot, Callable[[Writer, int], Node]]] = {
    Slot.CONDITION: Writer.condition,
    Slot.VALUE: Writer._any_value,
    Slot.NUMBER: lambda writer, depth: writer.value(Type.NUMBER, depth),
    Slot.TEXT: lambda writer, depth: writer.value(
        writer.chance.choice((Type.TEXT, Type.ANY)), depth
    ),
    Slot.INSTANT: lambda writer, depth: writer.value(Type.INSTANT, depth),
    Slot.LIST: Writer._literal_list,
    Slot.WHERE: lambda writer, depth: writer.where(min(depth, 2)),
    Slot.FACT_VALUE: Writer._fact_value,
    Slot.EVENTS: lambda writer, _: writer.events(),
    Slot.MOMENT: Writer._moment,
    Slot.FILTERED: Writer._filtered,
    Slot.OCCASION: Writer._occasion,
    Slot.DURATION: Writer._length,
    Slot.DURATION_PAIR: Writer._length_pair,
    Slot.GAP: Writer._gap,
    Slot.PERIOD: lambda writer, _: Text(writer.chance.choice(vocabulary.PERIOD_TEXTS)),
    Slot.SESSION: lambda *_: Text("current"),
    Slot.FLAG: lambda writer, _: Boolean(bool(writer.chance.below(3))),
    Slot.MOMENT_TEXT: lambda writer, _: Text(
        writer.chance.choice(("2024-03-09", "2024-03-08T12:00:00Z", "2024-03-31", "2011-12-31"))
    ),
    Slot.PLACE: Writer._place,
    Slot.PATTERN: lambda writer, _: Text(writer.chance.choice(vocabulary.REGEXES)),
}
