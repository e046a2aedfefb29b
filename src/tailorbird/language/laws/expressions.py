"""Random expressions over the whole grammar, made from the catalogue of operators.

An operator that the catalogue gains is written about from then on: its arguments are made by
what its slots accept. Only what the slots cannot say (types that must agree, numbers in a
range, one window at a time) is said here by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tailorbird.kernel.values import UNIT
from tailorbird.language.ast import Boolean, Call, Each, Listing, Node, Number, Ref, Text
from tailorbird.language.laws import vocabulary
from tailorbird.language.laws.combined import COMBINED, PLAIN, timed
from tailorbird.language.laws.leaves import Leaves
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
class Writer(Leaves):
    """Writes expressions. What it writes is mostly, not always, accepted by the checker."""

    names: Names = field(default_factory=Names)
    calm: Names = field(default_factory=Names)
    """Those of the names that use no history operator, for use within one."""
    hourly: bool = False

    # Expressions by type

    def condition(self, depth: int) -> Node:
        """A condition, at most so many calls deep."""
        if depth <= 0:
            return self._plain_condition()
        if not self.in_each and self.chance.once_in(16) and self.may_refer():
            return self._each(self.chance.choice(("any", "all")), depth)
        return self.call(self._pick(Type.CONDITION), depth)

    def value(self, gives: Type, depth: int) -> Node:
        """A value of a type; `Type.ANY` leaves open which."""
        if gives is Type.CONDITION:
            return self.condition(depth)
        if depth <= 0 or self.chance.once_in(4):
            return self._leaf(gives, depth)
        if gives is Type.DURATION and self.chance.once_in(4):
            return timed(self, gives, depth)
        if gives is Type.INSTANT and self.chance.once_in(3):
            return timed(self, gives, depth)
        if gives is Type.NUMBER and not self.in_each and self.chance.once_in(10):
            return self._each("sum", depth) if self.may_refer() else self._leaf(gives, depth)
        operator = self._pick(gives)
        return self._leaf(gives, depth) if operator is None else self.call(operator, depth)

    def events(self) -> Node:
        """A selection of events."""
        chance = self.chance
        if chance.once_in(5):
            selection = OPERATORS[chance.choice(("any_event", "active_events", "passive_events"))]
            return self.call(selection, 0)
        if chance.once_in(5):
            return Listing(tuple(Text(name) for name in chance.sample(vocabulary.EVENTS, 2)))
        return Text(vocabulary.event(chance))

    def where(self, depth: int) -> Node:
        """A condition on a fact."""
        with self.narrowed("fact"):
            return self.condition(depth)

    def _pick(self, gives: Type) -> Operator | None:
        operators = [op for op in OPERATORS.values() if op.gives is gives and self.allows(op)]
        # What reads facts is where readings can differ: it comes up more often.
        weighted = [op for op in operators for _ in range(_weight(op))]
        return self.chance.choice(weighted) if weighted else None

    def allows(self, operator: Operator) -> bool:
        """Whether an operator may stand here, and what it names is there."""
        if operator.scope is Scope.ARGUMENT or not self._has_names(operator):
            return False
        if operator.scope is Scope.ANYWHERE:
            return Slot.PLACE not in operator.takes or self.within != "in_one_session"
        if self.scope != "person":
            return operator.scope is Scope.FACT
        if operator.scope is Scope.FACT:
            return False
        if operator.scope is Scope.NOW:
            return self.hourly and self.within is None
        if self.within == "in_one_session":
            return operator.name in IN_SESSION
        nests = operator.name == "in_one_session" or operator.name in HISTORY
        return not (self.within == "held" and nests)

    def _known(self) -> Names:
        return self.calm if self.within == "held" else self.names

    def _has_names(self, operator: Operator) -> bool:
        known = self.calm if operator.name in HISTORY else self._known()
        return bool(
            (operator.name != "persona" or known.personas)
            and (Slot.SCORE not in operator.takes or known.scores)
            and (Slot.TRAIT not in operator.takes or known.traits)
            and (Slot.SEGMENT not in operator.takes or known.segments)
        )

    # Calls

    def call(self, operator: Operator | None, depth: int) -> Node:
        """An operator with arguments; some condition when there is none."""
        if operator is None:
            return self._plain_condition()
        special = COMBINED.get(operator.name)
        if special is not None:
            return special(self, operator, depth)
        return self.plain_call(operator, depth)

    def plain_call(self, operator: Operator, depth: int) -> Call:
        """A call whose arguments are made by what their slots accept."""
        slots = list(operator.takes)
        if operator.optional and self.chance.once_in(2):
            slots = slots[: -operator.optional]
        if operator.more is not None:
            slots += [operator.more] * self.chance.below(3)
        args = tuple(
            self.slot(slot, operator.name, depth - 1, first=i == 0) for i, slot in enumerate(slots)
        )
        return Call(operator.name, args, self.keywords_of(operator, depth))

    def keywords_of(self, operator: Operator, depth: int) -> tuple[tuple[str, Node], ...]:
        """Some of the keywords, with at most one kind of window."""
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
        if self.within == "in_one_session" and key not in _SESSION_KEYWORDS:
            return False
        if key in operator.required:
            return True
        return self.chance.once_in(3 if key == "last" else 12 if key in _WINDOWS else 4)

    def _keyword(self, operator: Operator, key: str, slot: Slot, depth: int) -> Node:
        if slot in (Slot.INTEGER, Slot.DECIMAL):
            return self.slot(slot, key, depth - 1)
        return self.slot(slot, operator.name, depth - 1)

    def slot(self, slot: Slot, about: str, depth: int, *, first: bool = False) -> Node:
        """What may stand in a slot, for an operator or a keyword."""
        if slot is Slot.FACT_VALUE and about in _NUMERIC and self.chance.below(4):
            with self.narrowed("fact"):
                return self.likely_ref(about)
        if slot is Slot.TEXT and about == "anniversary" and self.chance.below(4):
            return self.likely_ref(about)
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
        return self.value(self.chance.choice((*PLAIN, Type.ANY, Type.LIST)), depth)

    def _fact_value(self, depth: int) -> Node:
        with self.narrowed("fact"):
            if depth > 0 and self.chance.once_in(6):
                return self.value(self.chance.choice((Type.NUMBER, Type.TEXT, Type.ANY)), 1)
            return self.ref()

    def _moment(self, depth: int) -> Node:
        return self.events() if self.chance.below(3) else self.value(Type.INSTANT, depth)

    def _filtered(self, depth: int) -> Node:
        if self.chance.once_in(2):
            return self.events()
        return Call("step", (self.events(),), (("where", self.where(min(depth, 1))),))

    def _step(self, depth: int, *, first: bool) -> Node:
        if self.chance.once_in(2):
            return self.events()
        call = self.plain_call(OPERATORS["step"], 0)
        keywords = [(key, node) for key, node in call.keywords if key != "where"]
        if self.chance.once_in(2):
            repeated = call.keyword("times") is not None
            with self.narrowed("fact" if first and not repeated else "step"):
                keywords.insert(0, ("where", self.condition(min(depth, 1))))
        return Call("step", call.args, tuple(keywords))

    def _occasion(self, depth: int) -> Node:
        if self.chance.below(3):
            return self._filtered(depth)
        call = self.plain_call(OPERATORS["sequence"], depth)
        keywords = tuple((key, node) for key, node in call.keywords if key != "last")
        return Call(call.op, call.args, keywords)

    def literal_list(self, depth: int) -> Node:
        """A list written out, or some expression that gives one."""
        if depth > 0 and self.chance.once_in(3):
            return self.value(Type.LIST, depth)
        return Listing(tuple(self.literal() for _ in range(self.chance.below(4))))

    # Ends

    def _leaf(self, gives: Type, depth: int) -> Node:
        if gives is Type.NUMBER:
            if self.scope == "person" and self.chance.once_in(2):
                return self.call(OPERATORS["count"], 0)
            return Number(vocabulary.number(self.chance))
        if gives is Type.TEXT:
            return Text(vocabulary.text(self.chance))
        if gives is Type.BOOLEAN:
            return Boolean(self.chance.once_in(2))
        if gives is Type.LIST:
            return Listing(tuple(self.literal() for _ in range(self.chance.below(3))))
        if gives in (Type.INSTANT, Type.VERSION):
            name = "instant" if gives is Type.INSTANT else "version"
            if self.chance.once_in(3) or not self.may_refer():
                return self.fixed(gives)
            return Call(name, (self.likely_ref(name),))
        if gives is Type.DURATION:
            asks = self.scope == "person" and self.within != "in_one_session"
            return self.call(OPERATORS["since"], 0) if asks else self.difference()
        return self.ref() if self.may_refer() else self.call(self._pick(Type.ANY), depth)

    def _plain_condition(self) -> Node:
        if self.scope == "person" and (self.within == "in_one_session" or self.chance.below(4)):
            return Call("did", (self.events(),))
        return Call(self.chance.choice(("==", "<", ">=", "!=")), (self.ref(), self.literal()))

    def _each(self, op: str, depth: int) -> Node:
        source = self.ref() if self.scope == "person" else Ref("properties", ("products",))
        self.in_each = True
        try:
            if op == "sum":
                return Each(op, self.value(Type.NUMBER, min(depth - 1, 1)), source)
            return Each(op, self.condition(min(depth - 1, 1)), source)
        finally:
            self.in_each = False


def _weight(operator: Operator) -> int:
    if operator.scope is Scope.NOW:
        return 40
    if Slot.STEP in operator.takes or Slot.OCCASION in dict(operator.keywords).values():
        return 16
    if operator.scope is not Scope.ANYWHERE:
        return 4
    return 3 if Slot.VALUE in operator.takes and operator.name in SYMBOLS else 2


_SLOTS: Final[dict[Slot, Callable[[Writer, int], Node]]] = {
    Slot.CONDITION: Writer.condition,
    Slot.VALUE: Writer._any_value,
    Slot.NUMBER: lambda writer, depth: writer.value(Type.NUMBER, depth),
    Slot.TEXT: lambda writer, depth: writer.value(
        writer.chance.choice((Type.TEXT, Type.ANY)), depth
    ),
    Slot.INSTANT: lambda writer, depth: writer.value(Type.INSTANT, depth),
    Slot.LIST: Writer.literal_list,
    Slot.WHERE: lambda writer, depth: writer.where(min(depth, 2)),
    Slot.FACT_VALUE: Writer._fact_value,
    Slot.EVENTS: lambda writer, _: writer.events(),
    Slot.MOMENT: Writer._moment,
    Slot.FILTERED: Writer._filtered,
    Slot.OCCASION: Writer._occasion,
    Slot.DURATION: Writer.length,
    Slot.DURATION_PAIR: Writer.length_pair,
    Slot.GAP: Writer.gap,
    Slot.PERIOD: lambda writer, _: Text(writer.chance.choice(vocabulary.PERIOD_TEXTS)),
    Slot.SESSION: lambda *_: Text("current"),
    Slot.FLAG: lambda writer, _: Boolean(bool(writer.chance.below(3))),
    Slot.MOMENT_TEXT: lambda writer, _: Text(
        writer.chance.choice(("2024-03-09", "2024-03-08T12:00:00Z", "2024-03-31", "2011-12-31"))
    ),
    Slot.PLACE: Writer.place,
    Slot.PATTERN: lambda writer, _: Text(writer.chance.choice(vocabulary.REGEXES)),
}
