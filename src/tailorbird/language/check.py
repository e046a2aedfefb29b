"""Types and places of one expression: what stands where, and durations made of texts.

`Checker.condition` and its siblings give back the checked tree. The only change they make is
that a text literal which stands for a duration becomes a `Duration` node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn, cast

from tailorbird.kernel.errors import DefinitionError, Place, Problem, nearest
from tailorbird.kernel.instants import parse_duration
from tailorbird.kernel.values import IdNumber
from tailorbird.language import arguments
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
from tailorbird.language.definitions import PERSONAS, Key
from tailorbird.language.operators import (
    FACT_ROOTS,
    HISTORY,
    IN_SESSION,
    OPERATORS,
    Operator,
    Scope,
    Slot,
    Type,
)

_NOWHERE: Final = Place("<definition>", 1, 1)
_ORDERED: Final = frozenset(
    {Type.NUMBER, Type.TEXT, Type.DURATION, Type.INSTANT, Type.VERSION, Type.ANY}
)
_PLAIN: Final = frozenset({Type.NUMBER, Type.TEXT, Type.BOOLEAN, Type.LIST})
"""What a value that is only known fact by fact may turn out to be."""
_SLOT_TYPES: Final = {
    Slot.NUMBER: {Type.NUMBER, Type.ANY},
    Slot.TEXT: {Type.TEXT, Type.ANY},
    Slot.LIST: {Type.LIST, Type.ANY},
    Slot.INSTANT: {Type.INSTANT},
    Slot.PLACE: {Type.ANY},
}
_COMPARED: Final = {
    Type.NUMBER: "`> 0`",
    Type.BOOLEAN: "`== True`",
    Type.TEXT: '`== "a"` or exists(...)',
    Type.DURATION: '`< "7d"`',
    Type.INSTANT: '`> at("2024-01-01T05:00Z")`',
    Type.ANY: "`== True` or exists(...)",
}
"""How a value becomes a condition."""


@dataclass(slots=True)
class Checker:
    """Checks one definition's expressions against the types of what they refer to."""

    types: Mapping[Key, Type]
    """Of every definition that may be referred to; of those not yet checked, any."""
    known: Mapping[str, list[str]]
    """Names of each kind, for the nearest spelling."""
    hourly: bool = False
    depends: set[Key] = field(default_factory=set)
    history: bool = False
    """Whether the expression asks for held, entered or left itself."""
    inside_history: set[Key] = field(default_factory=set)
    """What is referred to from within a history operator."""
    warnings: list[Problem] = field(default_factory=list)
    _scope: str = "person"
    _within: str | None = None
    """The operator whose condition is being checked: held or in_one_session."""
    _in_each: bool = False

    def condition(self, node: Node) -> Node:
        """An expression that has to be a condition of the person."""
        return self._typed(node, Slot.CONDITION)

    def value(self, node: Node) -> tuple[Node, Type]:
        """An expression of any type."""
        return self._node(node)

    def events(self, node: Node) -> Node:
        """A selection of events."""
        return self._slot(node, Slot.EVENTS)

    def where(self, node: Node) -> Node:
        """A condition on a fact."""
        return self._slot(node, Slot.WHERE)

    def refuse(self, node: Node, message: str) -> NoReturn:
        """Stop here, with the node's place."""
        raise DefinitionError([Problem(node.place or _NOWHERE, message)])

    def _warn(self, node: Node, message: str) -> None:
        self.warnings.append(Problem(node.place or _NOWHERE, message, "warning"))

    # Expressions

    def _node(self, node: Node) -> tuple[Node, Type]:
        if isinstance(node, Number):
            return node, Type.NUMBER
        if isinstance(node, Text):
            return node, Type.TEXT
        if isinstance(node, Boolean):
            return node, Type.BOOLEAN
        if isinstance(node, Duration):
            return node, Type.DURATION
        if isinstance(node, Listing):
            return self._listing(node), Type.LIST
        if isinstance(node, Ref):
            return self._ref(node), Type.ANY
        if isinstance(node, Each):
            return self._each(node)
        return self._call(node)

    def _listing(self, node: Listing) -> Node:
        for item in node.items:
            if not isinstance(item, Number | Text | Boolean | Duration):
                self.refuse(item, "a list holds numbers, texts and booleans written out")
        return node

    def _ref(self, node: Ref) -> Node:
        if node.root in ("request", "event"):
            self.refuse(node, f"{node.root}.… exists only in journeys and content slots")
        if node.root == "traits" and (self._scope != "person" or self._within == "in_one_session"):
            self.refuse(
                node, "traits cannot be asked here; compare outside of where or in_one_session"
            )
        if node.root == "context" and self._within == "in_one_session" and self._scope == "person":
            self.refuse(node, "within in_one_session, context stands only in where=")
        if node.root in ("properties", "prev") and self._scope == "person":
            self.refuse(
                node, f"{node.root}.… belongs to a fact: it stands in where=, or as a value of one"
            )
        if node.root == "prev" and self._scope != "step":
            self.refuse(node, "prev.… stands in the where= of a sequence's second or later step")
        if node.root == "item" and not self._in_each:
            self.refuse(node, "item stands only in any(... for item in ...), all and sum")
        return node

    def _each(self, node: Each) -> tuple[Node, Type]:
        if self._in_each:
            self.refuse(node, "any, all and sum over items do not nest")
        source = self._typed(node.source, Slot.LIST)
        self._in_each = True
        try:
            if node.op == "sum":
                body = self._typed(node.body, Slot.NUMBER)
                return replace(node, body=body, source=source), Type.NUMBER
            body = self._typed(node.body, Slot.CONDITION)
            return replace(node, body=body, source=source), Type.CONDITION
        finally:
            self._in_each = False

    def _typed(self, node: Node, slot: Slot) -> Node:
        checked, gives = self._node(node)
        if slot is Slot.CONDITION:
            if gives is not Type.CONDITION:
                example = _COMPARED.get(gives, "exists(...)")
                self.refuse(
                    node,
                    f"a condition is needed here, this is {gives.value}; compare it, for example "
                    f"{example}",
                )
        elif slot is Slot.VALUE:
            if gives is Type.CONDITION:
                self.refuse(node, "a value is needed here, this is a condition")
        elif gives not in _SLOT_TYPES[slot]:
            self.refuse(node, f"{slot.value} is needed here, this is {gives.value}")
        return checked

    # Calls

    def _call(self, node: Call) -> tuple[Node, Type]:
        operator = OPERATORS[node.op]
        self._check_scope(node, operator)
        self._check_count(node, operator)
        if operator.scope is Scope.ANYWHERE:
            return self._applied(node, operator)
        # What is asked about the person knows nothing of the item that a loop looks at.
        in_each, self._in_each = self._in_each, False
        try:
            return self._applied(node, operator)
        finally:
            self._in_each = in_each

    def _applied(self, node: Call, operator: Operator) -> tuple[Node, Type]:
        special = _SPECIAL.get(node.op)
        if special is not None:
            return special(self, node)
        return self._arguments(node, operator), operator.gives

    def _check_count(self, node: Call, operator: Operator) -> None:
        most = None if operator.more else len(operator.takes)
        least = len(operator.takes) - operator.optional
        given = len(node.args)
        if given < least or (most is not None and given > most):
            wanted = str(least) if most == least else f"{least} or more"
            if most is not None and most != least:
                wanted = f"{least} to {most}"
            names = ", ".join(slot.value for slot in operator.takes) or "nothing"
            self.refuse(node, f"{node.op} takes {wanted} arguments ({names}), given are {given}")
        for name in operator.required:
            if node.keyword(name) is None:
                self.refuse(node, f"{node.op} needs {name}=")

    def _check_scope(self, node: Call, operator: Operator) -> None:
        scope, name = operator.scope, node.op
        if scope is Scope.ARGUMENT:
            self.refuse(node, f"{name}(...) stands only where an event is asked for")
        if scope is Scope.FACT and self._scope == "person":
            self.refuse(node, f"{name}() is about one fact: it stands in where=")
        if scope is Scope.NOW and not self.hourly:
            self.refuse(
                node,
                f"{name}() changes without any event; set `refresh: hourly` on the segment",
            )
        if self._scope != "person" and scope in (Scope.PERSON, Scope.NOW):
            self.refuse(node, f"{name}(...) is about the person: it cannot stand in where=")
        if self._within == "held" and name in HISTORY:
            self.refuse(node, f"{name}(...) cannot stand within held(...)")
        if self._within == "held" and scope is Scope.NOW:
            self.refuse(node, f"{name}() cannot stand within held(...)")
        if (
            self._within == "in_one_session"
            and self._scope == "person"
            and scope is not Scope.ANYWHERE
            and name not in IN_SESSION
        ):
            self.refuse(node, f"{name}(...) cannot be asked about a single session")

    def _arguments(self, node: Call, operator: Operator) -> Call:
        slots = list(operator.takes[: len(node.args)])
        if operator.more is not None:
            slots += [operator.more] * (len(node.args) - len(slots))
        args = tuple(
            self._slot(arg, slot, first=i == 0)
            for i, (arg, slot) in enumerate(zip(node.args, slots, strict=True))
        )
        if self._within == "in_one_session" and self._scope == "person":
            self._no_window(node)
        kinds = dict(operator.keywords)
        keywords = tuple((key, self._slot(value, kinds[key])) for key, value in node.keywords)
        checked = Call(node.op, args, keywords, place=node.place)
        fault = arguments.fault(checked)
        if fault is not None:
            self.refuse(fault[0], fault[1])
        return checked

    def _no_window(self, node: Call) -> None:
        for key, value in node.keywords:
            if key not in ("where", "by", "within", "gap", "same", "without", "contiguous"):
                self.refuse(value, f"{key}= cannot be asked about a single session")

    def _slot(self, node: Node, slot: Slot, *, first: bool = False) -> Node:
        if slot in (Slot.CONDITION, Slot.VALUE) or slot in _SLOT_TYPES:
            return self._typed(node, slot)
        reader = _SLOTS.get(slot)
        if reader is not None:
            return reader(self, node)
        if slot is Slot.STEP:
            return self._step(node, first=first)
        checked, message = arguments.literal(node, slot)
        if checked is None:
            self.refuse(node, message)
        return checked

    # Slots with expressions of their own

    def _where(self, node: Node) -> Node:
        return self._in_fact(node, lambda: self._typed(node, Slot.CONDITION))

    def _fact_value(self, node: Node) -> Node:
        def check() -> Node:
            checked, gives = self._node(node)
            if gives not in _PLAIN and gives is not Type.ANY:
                self.refuse(node, f"a value of the fact is needed here, this is {gives.value}")
            return checked

        return self._in_fact(node, check)

    def _in_fact(self, node: Node, check: Callable[[], Node]) -> Node:
        if self._scope != "person":
            self.refuse(node, "where= cannot stand within where=")
        self._scope = "fact"
        try:
            return check()
        finally:
            self._scope = "person"

    def _events(self, node: Node) -> Node:
        if isinstance(node, Call) and node.op in ("any_event", "active_events", "passive_events"):
            self._check_count(node, OPERATORS[node.op])
            for key, value in node.keywords:
                if arguments.literal(value, Slot.NAME)[0] is None:
                    self.refuse(value, f'{key}= is a pattern in text, such as "TEST_*"')
            return node
        names = node.items if isinstance(node, Listing) else (node,)
        for name in names:
            if not isinstance(name, Text):
                self.refuse(name, f"{Slot.EVENTS.value} is needed here")
            if not name.value:
                self.refuse(name, "an event's name is not empty")
        if not names:
            self.refuse(node, "the list of events is empty")
        return node

    def _moment(self, node: Node) -> Node:
        if isinstance(node, Text | Listing):
            return self._events(node)
        if isinstance(node, Call) and OPERATORS[node.op].scope is Scope.ARGUMENT:
            return self._events(node)
        checked, gives = self._node(node)
        if gives is not Type.INSTANT:
            hint = "; write instant(...)" if gives is Type.ANY else ""
            self.refuse(node, f"{Slot.MOMENT.value} is needed here, this is {gives.value}{hint}")
        return checked

    def _step(self, node: Node, *, first: bool = False) -> Node:
        if not (isinstance(node, Call) and node.op == "step"):
            return self._events(node)
        self._check_count(node, OPERATORS["step"])
        args = (self._events(node.args[0]),)
        keywords = []
        times = node.keyword("times")
        for key, value in node.keywords:
            if key == "where":
                repeated = isinstance(times, Number)
                value = self._step_where(value, allow_prev=not first or repeated)
            else:
                value = self._slot(value, dict(OPERATORS["step"].keywords)[key])
            keywords.append((key, value))
        checked = Call("step", args, tuple(keywords), place=node.place)
        fault = arguments.fault(checked)
        if fault is not None:
            self.refuse(fault[0], fault[1])
        return checked

    def _step_where(self, node: Node, *, allow_prev: bool) -> Node:
        self._scope = "step" if allow_prev else "fact"
        try:
            return self._typed(node, Slot.CONDITION)
        finally:
            self._scope = "person"

    def _filtered(self, node: Node) -> Node:
        if isinstance(node, Call) and node.op == "step":
            for key, value in node.keywords:
                if key != "where":
                    self.refuse(value, f"{key}= has no meaning for a single event")
            return self._step(node, first=True)
        return self._events(node)

    def _occasion(self, node: Node) -> Node:
        if isinstance(node, Call) and node.op == "sequence":
            if node.keyword("last") is not None:
                self.refuse(node, "within after=, a sequence takes no last=; give it to absent")
            return self._arguments(node, OPERATORS["sequence"])
        return self._filtered(node)

    # Names of definitions

    def _name(self, node: Node, kind: str) -> Node:
        if not isinstance(node, Text):
            self.refuse(node, f"the name of a {kind} in text is needed here")
        names = self.known[kind]
        if node.value not in names:
            self.refuse(node, f"there is no {kind} {node.value!r}{nearest(node.value, names)}")
        return node

    def _refer(self, kind: str, name: str) -> Type:
        key = cast("Key", (kind, name))
        self.depends.add(key)
        if self._within == "held":
            self.inside_history.add(key)
        return self.types.get(key, Type.ANY)

    def _reference(self, node: Call) -> tuple[Node, Type]:
        if node.op == "persona":
            self._refer(*PERSONAS)
            return node, Type.TEXT
        kind = {"score": "score", "trait": "trait", "in_segment": "segment"}[node.op]
        name = self._name(node.args[0], kind)
        assert isinstance(name, Text)
        gives = self._refer(kind, name.value)
        return node, gives if kind == "trait" else OPERATORS[node.op].gives

    def _turned(self, node: Call) -> tuple[Node, Type]:
        self.history = True
        name = self._name(node.args[0], "segment")
        assert isinstance(name, Text)
        self._refer("segment", name.value)
        self.inside_history.add(("segment", name.value))
        return self._keywords_of(node), Type.CONDITION

    def _keywords_of(self, node: Call) -> Call:
        kinds = dict(OPERATORS[node.op].keywords)
        keywords = tuple((key, self._slot(value, kinds[key])) for key, value in node.keywords)
        return replace(node, keywords=keywords)

    def _enclosing(self, node: Call) -> tuple[Node, Type]:
        if self._within is not None:
            self.refuse(node, f"{node.op}(...) cannot stand within {self._within}(...)")
        if node.op == "held":
            self.history = True
        self._within = node.op
        try:
            body = self._typed(node.args[0], Slot.CONDITION)
        finally:
            self._within = None
        return replace(self._keywords_of(node), args=(body,)), Type.CONDITION

    # Operators whose types depend on their arguments

    def _comparison(self, node: Call) -> tuple[Node, Type]:
        (left, one), (right, other) = self._pair(node)
        if Type.CONDITION in (one, other):
            self.refuse(node, "a condition cannot be compared; use and, or, not")
        self._check_alike(node, one, other)
        if node.op not in ("==", "!=") and not {one, other} <= _ORDERED:
            odd = one if one not in _ORDERED else other
            self.refuse(node, f"{odd.value} has no order; only == and != compare it")
        if node.op not in ("==", "!="):
            self._warn_of_ids(node, left, right)
        if Type.LIST in (one, other):
            self._warn(node, "a list is never equal to anything; use contains or in")
        self._warn_of_personas(left, right)
        self._warn_of_personas(right, left)
        return replace(node, args=(left, right)), Type.CONDITION

    def _warn_of_personas(self, asked: Node, names: Node) -> None:
        """Warn of what no persona is called."""
        if not (isinstance(asked, Call) and asked.op == "persona"):
            return
        known = self.known["persona"]
        for name in names.items if isinstance(names, Listing) else (names,):
            if isinstance(name, Text) and name.value not in known:
                hint = nearest(name.value, known)
                self._warn(name, f"there is no persona {name.value!r}{hint}")

    def _warn_of_ids(self, node: Call, *sides: Node) -> None:
        for side in sides:
            if isinstance(side, Number) and isinstance(side.value, IdNumber):
                digits = side.value.digits
                self._warn(node, f"{digits} is an id number: only == and != compare it")

    def _check_alike(self, node: Call, one: Type, other: Type) -> None:
        if one is other or {one, other} <= _PLAIN | {Type.ANY}:
            if one is not other and Type.ANY not in (one, other):
                relation = "equal to" if node.op in ("==", "!=") else "more or less than"
                self._warn(node, f"{one.value} is never {relation} {other.value}")
            return
        hint = ""
        if Type.INSTANT in (one, other):
            hint = '; write at("2024-01-01T05:00Z") or instant(traits.x)'
        if Type.DURATION in (one, other):
            hint = f"; {Slot.DURATION.value} is needed"
        if Type.VERSION in (one, other):
            hint = '; write version("1.10.0")'
        self.refuse(node, f"{one.value} cannot be compared with {other.value}{hint}")

    def _pair(self, node: Call) -> tuple[tuple[Node, Type], tuple[Node, Type]]:
        left, right = self._node(node.args[0]), self._node(node.args[1])
        if Type.DURATION in (left[1], right[1]):
            return self._lasting(left), self._lasting(right)
        return left, right

    def _lasting(self, pair: tuple[Node, Type]) -> tuple[Node, Type]:
        node, _ = pair
        if not isinstance(node, Text):
            return pair
        length_us = parse_duration(node.value)
        if length_us is None:
            self.refuse(node, f'{node.value!r} is no duration; write for example "7d" or "2h"')
        return Duration(length_us, place=node.place), Type.DURATION

    def _membership(self, node: Call) -> tuple[Node, Type]:
        value, gives = self._node(node.args[0])
        items, _ = self._node(node.args[1])
        if gives is Type.CONDITION:
            self.refuse(node, "a condition cannot be compared; use and, or, not")
        if isinstance(items, Listing) and gives is Type.DURATION:
            lengths = (self._lasting((item, Type.TEXT))[0] for item in items.items)
            items = replace(items, items=tuple(lengths))
            if not all(isinstance(item, Duration) for item in items.items):
                self.refuse(items, "durations are compared with durations only")
        elif gives not in _PLAIN and gives is not Type.ANY:
            self.refuse(node, f"{gives.value} cannot be looked up in this list")
        elif not isinstance(items, Listing):
            items = self._typed(node.args[1], Slot.LIST)
        self._warn_of_personas(value, items)
        return replace(node, args=(value, items)), Type.CONDITION

    def _sum(self, node: Call) -> tuple[Node, Type]:
        (left, one), (right, other) = self._addends(node)
        gives = _SUMS.get((node.op, one, other))
        if gives is None:
            word = "added to" if node.op == "+" else "taken from"
            first, second = (one, other) if node.op == "+" else (other, one)
            self.refuse(node, f"{first.value} cannot be {word} {second.value}")
        return replace(node, args=(left, right)), gives

    def _addends(self, node: Call) -> tuple[tuple[Node, Type], tuple[Node, Type]]:
        left, right = self._node(node.args[0]), self._node(node.args[1])
        timed = {Type.DURATION, Type.INSTANT}
        if left[1] in timed or right[1] in timed:
            return self._lasting(left), self._lasting(right)
        return left, right

    def _coalesce(self, node: Call) -> tuple[Node, Type]:
        pairs = [self._node(arg) for arg in node.args]
        if any(gives is Type.DURATION for _, gives in pairs):
            pairs = [self._lasting(pair) for pair in pairs]
        kinds = {gives for _, gives in pairs}
        if Type.CONDITION in kinds:
            self.refuse(node, "a condition is never missing; coalesce takes values")
        if len(kinds) > 1 and not kinds <= _PLAIN | {Type.ANY}:
            names = ", ".join(sorted(kind.value for kind in kinds))
            self.refuse(node, f"coalesce takes values of one type, given are {names}")
        gives = kinds.pop() if len(kinds) == 1 else Type.ANY
        return replace(node, args=tuple(arg for arg, _ in pairs)), gives

    def _ranked(self, node: Call) -> tuple[Node, Type]:
        checked, gives = self._node(node.args[0])
        if gives not in (Type.NUMBER, Type.DURATION, Type.INSTANT, Type.ANY):
            self.refuse(node, f"a rank needs a number, duration or instant, not {gives.value}")
        return replace(node, args=(checked,)), Type.NUMBER

    def _text_of(self, node: Call) -> tuple[Node, Type]:
        checked = self._arguments(node, OPERATORS[node.op])
        literal = checked.args[0]
        if node.op == "version" and isinstance(literal, Text):
            message = arguments.version_fault(literal.value)
            if message:
                self.refuse(literal, message)
        return checked, OPERATORS[node.op].gives

    def _located(self, node: Call) -> tuple[Node, Type]:
        if not (isinstance(node.args[0], Ref) and node.args[0].root in ("context", *FACT_ROOTS)):
            self.refuse(node.args[0], "a location is needed here, such as context.location")
        return self._arguments(node, OPERATORS[node.op]), Type.CONDITION


_Special = Callable[[Checker, Call], tuple[Node, Type]]
_SPECIAL: Final[dict[str, _Special]] = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), Checker._comparison),
    **dict.fromkeys(("in", "not in"), Checker._membership),
    **dict.fromkeys(("+", "-"), Checker._sum),
    **dict.fromkeys(("score", "trait", "persona", "in_segment"), Checker._reference),
    **dict.fromkeys(("entered", "left"), Checker._turned),
    **dict.fromkeys(("held", "in_one_session"), Checker._enclosing),
    **dict.fromkeys(("near", "inside"), Checker._located),
    "coalesce": Checker._coalesce,
    "percentile_rank": Checker._ranked,
    "version": Checker._text_of,
}
_SLOTS: Final[dict[Slot, Callable[[Checker, Node], Node]]] = {
    Slot.WHERE: Checker._where,
    Slot.FACT_VALUE: Checker._fact_value,
    Slot.EVENTS: Checker._events,
    Slot.MOMENT: Checker._moment,
    Slot.FILTERED: Checker._filtered,
    Slot.OCCASION: Checker._occasion,
}
_N, _D, _I, _A = Type.NUMBER, Type.DURATION, Type.INSTANT, Type.ANY
_SUMS: Final[dict[tuple[str, Type, Type], Type]] = {
    **{(op, a, b): _N for op in "+-" for a in (_N, _A) for b in (_N, _A)},
    ("+", _D, _D): _D,
    ("-", _D, _D): _D,
    ("+", _I, _D): _I,
    ("+", _D, _I): _I,
    ("-", _I, _D): _I,
    ("-", _I, _I): _D,
}
