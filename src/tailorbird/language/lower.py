"""Sugar away: a checked definition becomes an expression over a dozen kinds of operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tailorbird.kernel import facts
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import MISSING
from tailorbird.language.arguments import as_integer, is_selection, length_of, number_of
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
from tailorbird.language.definitions import PERSONAS, Definition, Definitions, Key
from tailorbird.language.operations import (
    LIFETIME,
    ZERO,
    Absence,
    Apply,
    Calendar,
    Const,
    CurrentSession,
    Dwell,
    Expr,
    Fixed,
    Fold,
    FoldKind,
    Given,
    Held,
    InSession,
    Item,
    Leaf,
    Match,
    Pattern,
    PointLine,
    Points,
    Rolling,
    Select,
    Sessions,
    SinceEvent,
    Smooth,
    Step,
    TraitValue,
    Turned,
    Window,
)
from tailorbird.language.operators import OPERATORS, Type
from tailorbird.language.printer import show

_DEFAULT_ALPHA: Final = 300_000
_SHORT_US: Final = 7 * DAY
_LONG_US: Final = 28 * DAY
_EVERYTHING: Final = Select(everything=True)
_NO_PERSONA: Final = Const(MISSING, Type.TEXT)


def lower(definitions: Definitions) -> dict[Key, Expr]:
    """The expression of every definition, in their order; `PERSONAS` names the first that holds."""
    lowering = _Lowering(definitions)
    lowered = {
        definition.key: lowering.definition(definition) for definition in definitions.ordered
    }
    if definitions.personas:
        lowered[PERSONAS] = lowering.persona()
    return lowered


class _Lowering:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._by_key = definitions.by_key()

    def definition(self, definition: Definition) -> Expr:
        if definition.kind == "score":
            lines = tuple(
                PointLine(_select(line.events, line.where), line.points, line.cap_per_day)
                for line in definition.lines
            )
            return Leaf(Points(lines, definition.half_life_us), Type.NUMBER)
        assert definition.body is not None
        body = self.expression(definition.body)
        if definition.parent is not None:
            parent = Given(("segment", definition.parent), Type.CONDITION)
            return Apply("and", (parent, body), Type.CONDITION)
        return body

    def persona(self) -> Expr:
        """``first_true``: the literal's name at the first argument that holds."""
        personas = self._definitions.personas
        conditions = tuple(Given(persona.key, Type.CONDITION) for persona in personas)
        names = tuple(persona.name for persona in personas)
        return Apply("first_true", conditions, Type.TEXT, names)

    def expression(self, node: Node) -> Expr:
        if isinstance(node, Number):
            return Const(node.value, Type.NUMBER)
        if isinstance(node, Text):
            return Const(node.value, Type.TEXT)
        if isinstance(node, Boolean):
            return Const(node.value, Type.BOOLEAN)
        if isinstance(node, Duration):
            return Const(node.length_us, Type.DURATION)
        if isinstance(node, Listing):
            return Const(tuple(_constant(item) for item in node.items), Type.LIST)
        if isinstance(node, Ref):
            return self._ref(node)
        if isinstance(node, Each):
            gives = Type.NUMBER if node.op == "sum" else Type.CONDITION
            arguments = (self.expression(node.source), self.expression(node.body))
            return Apply(node.op, arguments, gives, "each")
        return self._call(node)

    def _ref(self, node: Ref) -> Expr:
        if node.root == "item":
            return Item(node.path)
        if node.root == "traits":
            trait: Expr = Leaf(TraitValue(node.path[0]), Type.ANY)
            rest = node.path[1:]
            return Apply("path", (trait,), Type.ANY, rest) if rest else trait
        assert node.root == "context"
        has = Select(where=Call("exists", (Ref("context", node.path),)))
        return Leaf(Fold("latest", has, value=Ref("context", node.path)), Type.ANY)

    def _call(self, node: Call) -> Expr:
        special = _SPECIAL.get(node.op)
        if special is not None:
            return special(self, node)
        if node.op in _FOLDS:
            return self._fold(node)
        return self._function(node)

    def _function(self, node: Call) -> Expr:
        """Functions of values stay functions of values."""
        arguments = tuple(self.expression(arg) for arg in node.args)
        if node.op in ("!=", "not in"):
            positive = "==" if node.op == "!=" else "in"
            inner = Apply(positive, arguments, Type.CONDITION)
            return Apply("not", (inner,), Type.CONDITION)
        return Apply(node.op, arguments, self._gives(node.op, arguments))

    def _gives(self, op: str, arguments: tuple[Expr, ...]) -> Type:
        if op in ("+", "-"):
            one, other = arguments[0].gives, arguments[1].gives
            if Type.INSTANT in (one, other):
                return Type.DURATION if one is other else Type.INSTANT
            return Type.DURATION if Type.DURATION in (one, other) else Type.NUMBER
        if op == "coalesce":
            kinds = {argument.gives for argument in arguments}
            return kinds.pop() if len(kinds) == 1 else Type.ANY
        return OPERATORS[op].gives

    def _fold(self, node: Call) -> Expr:
        select = _select(node.args[0], node.keyword("where"))
        by = node.keyword("by")
        kind: FoldKind = "count_by" if by is not None else _FOLDS[node.op]
        value, argument = by, 0
        if node.op == "percentile_of":
            argument, value = as_integer(node.args[1]) or 0, node.args[2]
        elif len(node.args) > 1:
            value = node.args[1]
            argument = as_integer(node.args[2]) or 0 if len(node.args) > 2 else 0
        fold = Fold(kind, select, _window(node), value, argument)
        return Leaf(fold, OPERATORS[node.op].gives)

    def _did(self, node: Call) -> Expr:
        fold = Fold("count", _select(node.args[0], node.keyword("where")), _window(node))
        return _more_than_none(fold)

    def _since(self, node: Call) -> Expr:
        if not is_selection(node.args[0]):
            return Apply("elapsed", (self.expression(node.args[0]),), Type.DURATION)
        select = _select(node.args[0], node.keyword("where"))
        last = Leaf(Fold("last_time", select, _window(node)), Type.INSTANT)
        return Apply("elapsed", (last,), Type.DURATION)

    def _at_least(self, node: Call) -> Expr:
        conditions = tuple(self.expression(arg) for arg in node.args[1:])
        return Apply("at_least", conditions, Type.CONDITION, as_integer(node.args[0]))

    def _reference(self, node: Call) -> Expr:
        if node.op == "persona":
            return Given(PERSONAS, Type.TEXT) if self._definitions.personas else _NO_PERSONA
        name = _text(node.args[0])
        if node.op == "score":
            return Given(("score", name), Type.NUMBER)
        if node.op == "in_segment":
            return Given(("segment", name), Type.CONDITION)
        return Given(("trait", name), self._by_key["trait", name].gives)

    def _rank(self, node: Call) -> Expr:
        ranked = self.expression(node.args[0])
        return Apply("rank", (ranked,), Type.NUMBER, show(node.args[0]))

    def _literal(self, node: Call) -> Expr:
        """at, matches: the last argument is fixed."""
        *values, literal = node.args
        arguments = tuple(self.expression(value) for value in values)
        return Apply(node.op, arguments, OPERATORS[node.op].gives, _text(literal))

    def _near(self, node: Call) -> Expr:
        fixed = (number_of(node.args[1]), number_of(node.args[2]), number_of(node.keyword("km")))
        return Apply("near", (self.expression(node.args[0]),), Type.CONDITION, fixed)

    def _match(self, node: Call) -> Expr:
        counting = node.op == "sequence_count"
        last_us = length_of(node.keyword("last"))
        match = Match(_pattern(node), last_us, counting)
        return Leaf(match, Type.NUMBER if counting else Type.CONDITION)

    def _absent(self, node: Call) -> Expr:
        after = node.keyword("after")
        assert after is not None
        occasion: Select | Pattern
        if isinstance(after, Call) and after.op == "sequence":
            occasion = _pattern(after)
        else:
            occasion = _filtered(after)
        absence = Absence(
            occasion,
            _filtered(node.args[0]),
            length_of(node.keyword("wait")) or 0,
            node.keyword("same"),
            length_of(node.keyword("last")),
            _flag(node.keyword("ever")),
        )
        return Leaf(absence, Type.CONDITION)

    def _sessions(self, node: Call) -> Expr:
        last_us = length_of(node.keyword("last"))
        gives = OPERATORS[node.op].gives
        if node.op == "session_count":
            return Leaf(Sessions("count", last_us), gives)
        if node.op == "session_duration":
            return Leaf(Sessions("duration"), gives)
        if node.op == "session_depth":
            return Leaf(Sessions("depth"), gives)
        if node.op == "bounced":
            return Leaf(Sessions("bounced"), gives)
        return Leaf(InSession(self.expression(node.args[0]), last_us), gives)

    def _held(self, node: Call) -> Expr:
        lasting_us = length_of(node.keyword("lasting")) or 0
        return Leaf(Held(self.expression(node.args[0]), lasting_us), Type.CONDITION)

    def _turned(self, node: Call) -> Expr:
        segment = Given(("segment", _text(node.args[0])), Type.CONDITION)
        turned = Turned(segment, node.op == "entered", length_of(node.keyword("last")))
        return Leaf(turned, Type.CONDITION)

    def _smooth(self, node: Call) -> Expr:
        select = _select(node.args[0], node.keyword("where"))
        q, r = number_of(node.keyword("q")), number_of(node.keyword("r"))
        if node.keyword("method") is not None:
            smooth = Smooth(select, node.args[1], "kalman", q=q or 0, r=r or 0)
        else:
            alpha = number_of(node.keyword("alpha")) or _DEFAULT_ALPHA
            smooth = Smooth(select, node.args[1], "ewma", alpha=alpha)
        return Leaf(smooth, Type.NUMBER)

    def _trend(self, node: Call) -> Expr:
        select = _select(node.args[0], node.keyword("where"))
        short_us = length_of(node.keyword("short")) or _SHORT_US
        long_us = length_of(node.keyword("long")) or _LONG_US
        counts = tuple(
            Leaf(Fold("count", select, Rolling(length_us)), Type.NUMBER)
            for length_us in (short_us, long_us)
        )
        return Apply("trend", counts, Type.NUMBER, (short_us, long_us))

    def _dwell(self, node: Call) -> Expr:
        area, last_us = _text(node.args[0]), length_of(node.keyword("last"))
        if node.op == "dwell_in":
            return Leaf(Dwell("time", area, last_us), Type.DURATION)
        measure = Dwell("entered" if node.op == "entered_area" else "left", area, last_us)
        return Leaf(measure, Type.CONDITION)

    def _anniversary(self, node: Call) -> Expr:
        within_us = length_of(node.keyword("within")) or 0
        arguments = (self.expression(node.args[0]),)
        return Apply("anniversary", arguments, Type.CONDITION, within_us // DAY)

    # Reserved facts

    def _in_list(self, node: Call) -> Expr:
        member = _latest(facts.LIST, "list", _text(node.args[0]), "member")
        return Apply("==", (member, Const(True, Type.BOOLEAN)), Type.CONDITION)

    def _in_experiment(self, node: Call) -> Expr:
        select = _reserved(facts.ASSIGNED, "experiment", _text(node.args[0]))
        if len(node.args) == 1:
            return _more_than_none(Fold("count", select))
        variation = Leaf(Fold("first", select, value=Ref("properties", ("variation",))), Type.ANY)
        return Apply("==", (variation, self.expression(node.args[1])), Type.CONDITION)

    def _bucket(self, node: Call) -> Expr:
        anchor = Leaf(Fold("anchor", _EVERYTHING), Type.TEXT)
        return Apply("bucket", (anchor,), Type.NUMBER, _text(node.args[0]))

    def _predicted(self, node: Call) -> Expr:
        return _latest(facts.PREDICTED, "model", _text(node.args[0]), "value")

    def _message(self, node: Call) -> Expr:
        status = {"received": "delivered"}.get(node.op, node.op)
        select = _reserved(facts.MESSAGE, "message", _text(node.args[0]))
        assert select.where is not None
        has_status = Call("==", (Ref("properties", ("status",)), Text(status)))
        select = replace(select, where=Call("and", (select.where, has_status)))
        return _more_than_none(Fold("count", select, _window(node)))

    def _subscribed(self, node: Call) -> Expr:
        granted = _latest(facts.CONSENT, "group", _text(node.args[0]), "granted")
        is_granted = Apply("==", (granted, Const(True, Type.BOOLEAN)), Type.CONDITION)
        if not _flag(node.keyword("default")):
            return is_granted
        select = _reserved(facts.CONSENT, "group", _text(node.args[0]))
        none = Apply("not", (_more_than_none(Fold("count", select)),), Type.CONDITION)
        return Apply("or", (is_granted, none), Type.CONDITION)

    def _consented(self, node: Call) -> Expr:
        purpose = _text(node.args[0])
        granted = _latest(facts.CONSENT, "purpose", purpose, "granted")
        expires = _latest(facts.CONSENT, "purpose", purpose, "expires")
        in_force = Apply("unexpired", (expires,), Type.CONDITION)
        is_granted = Apply("==", (granted, Const(True, Type.BOOLEAN)), Type.CONDITION)
        return Apply("and", (is_granted, in_force), Type.CONDITION)

    def _fresh(self, node: Call) -> Expr:
        select = Select(everything=True, source=_text(node.args[0]))
        length_us = length_of(node.args[1])
        assert length_us is not None
        return _more_than_none(Fold("count", select, Rolling(length_us)))


_FOLDS: Final[dict[str, FoldKind]] = {
    "count": "count",
    "first_time": "first_time",
    "last_time": "last_time",
    "active_days": "active_days",
    "sum": "sum",
    "avg": "avg",
    "min": "min",
    "max": "max",
    "stddev": "stddev",
    "distinct": "distinct",
    "first": "first",
    "latest": "latest",
    "favourite": "favourite",
    "top": "top",
    "percentile_of": "percentile_of",
}
_SPECIAL: Final[dict[str, Callable[[_Lowering, Call], Expr]]] = {
    "did": _Lowering._did,
    "since": _Lowering._since,
    "at_least": _Lowering._at_least,
    "percentile_rank": _Lowering._rank,
    "near": _Lowering._near,
    "absent": _Lowering._absent,
    "held": _Lowering._held,
    "smooth": _Lowering._smooth,
    "trend": _Lowering._trend,
    "anniversary": _Lowering._anniversary,
    "in_list": _Lowering._in_list,
    "in_experiment": _Lowering._in_experiment,
    "bucket": _Lowering._bucket,
    "predicted": _Lowering._predicted,
    "subscribed": _Lowering._subscribed,
    "consented": _Lowering._consented,
    "fresh": _Lowering._fresh,
    **dict.fromkeys(("score", "trait", "persona", "in_segment"), _Lowering._reference),
    **dict.fromkeys(("at", "matches", "inside"), _Lowering._literal),
    **dict.fromkeys(("sequence", "sequence_count"), _Lowering._match),
    **dict.fromkeys(("entered", "left"), _Lowering._turned),
    **dict.fromkeys(("dwell_in", "entered_area", "left_area"), _Lowering._dwell),
    **dict.fromkeys(("received", "opened", "clicked"), _Lowering._message),
    **dict.fromkeys(
        ("session_count", "session_duration", "session_depth", "bounced", "in_one_session"),
        _Lowering._sessions,
    ),
}


def _constant(node: Node) -> object:
    if isinstance(node, Number | Text | Boolean):
        return node.value
    assert isinstance(node, Duration)
    return node.length_us


def _text(node: Node) -> str:
    assert isinstance(node, Text)
    return node.value


def _flag(node: Node | None) -> bool:
    return isinstance(node, Boolean) and node.value


def _more_than_none(fold: Fold) -> Expr:
    return Apply(">", (Leaf(fold, Type.NUMBER), ZERO), Type.CONDITION)


def _reserved(name: str, key: str, value: str) -> Select:
    where = Call("==", (Ref("properties", (key,)), Text(value)))
    return Select(frozenset({name}), where=where)


def _latest(name: str, key: str, value: str, wanted: str) -> Leaf:
    select = _reserved(name, key, value)
    return Leaf(Fold("latest", select, value=Ref("properties", (wanted,))), Type.ANY)


def _select(events: Node, where: Node | None = None) -> Select:
    if isinstance(events, Text):
        return Select(frozenset({events.value}), where=where)
    if isinstance(events, Listing):
        return Select(frozenset(_text(item) for item in events.items), where=where)
    assert isinstance(events, Call)
    if events.op == "any_event":
        name = events.keyword("name")
        return Select(pattern=None if name is None else _text(name), where=where)
    signal = events.op.removesuffix("_events")
    return Select(signal="active" if signal == "active" else "passive", where=where)


def _filtered(node: Node) -> Select:
    """An event, or a step with nothing but a filter."""
    if isinstance(node, Call) and node.op == "step":
        return _select(node.args[0], node.keyword("where"))
    return _select(node)


def _window(node: Call) -> Window:
    last_us = length_of(node.keyword("last"))
    if last_us is not None:
        return Rolling(last_us)
    between = node.keyword("between")
    if isinstance(between, Listing):
        far_us, near_us = (length_of(item) or 0 for item in between.items)
        return Rolling(far_us, near_us)
    period = node.keyword("calendar")
    if isinstance(period, Text):
        return Calendar(period.value)  # type: ignore[arg-type]
    start, end = node.keyword("start"), node.keyword("end")
    if start is not None or end is not None:
        return Fixed(None if start is None else _text(start), None if end is None else _text(end))
    if node.keyword("session") is not None:
        return CurrentSession()
    since = node.keyword("since_event")
    return LIFETIME if since is None else SinceEvent(_select(since))


def _pattern(node: Call) -> Pattern:
    steps: list[Step] = []
    general = _gap(node.keyword("gap"))
    for arg in node.args:
        if isinstance(arg, Call) and arg.op == "step":
            select = _select(arg.args[0], arg.keyword("where"))
            gap = _gap(arg.keyword("gap")) or general
            times = as_integer(arg.keyword("times")) or 1
        else:
            select, gap, times = _select(arg), general, 1
        steps.extend([Step(select, gap)] * times)
    first = replace(steps[0], gap=None)
    without = node.keyword("without")
    return Pattern(
        (first, *steps[1:]),
        length_of(node.keyword("within")),
        node.keyword("same"),
        None if without is None else _filtered(without),
        _flag(node.keyword("contiguous")),
    )


def _gap(node: Node | None) -> tuple[int, int] | None:
    if isinstance(node, Listing):
        return length_of(node.items[0]) or 0, length_of(node.items[1]) or 0
    length_us = length_of(node)
    return None if length_us is None else (0, length_us)
