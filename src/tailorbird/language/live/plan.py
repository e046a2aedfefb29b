"""A plan: the op table of published definitions, compiled for reading facts.

Equal operations of many definitions stand in the table once. Every operation is found by the
names of the facts that it reads and, where its filter fixes a property's value, by that value:
a fact costs what it touches, however many definitions there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import zone
from tailorbird.language.ast import Boolean, Call, Node, Number, Ref, Text
from tailorbird.language.definitions import Definitions, Key
from tailorbird.language.live.bags import EntriesBag, SessionBag, SinceBag, TimesBag
from tailorbird.language.live.expressions import Closure, Compiler
from tailorbird.language.live.generated.questions import Table
from tailorbird.language.live.generated.reactions import Reactions, Rules, Special
from tailorbird.language.live.generated.wakings import Prune, Wakings
from tailorbird.language.live.lifetime import LifetimeFold
from tailorbird.language.live.points import live_points
from tailorbird.language.live.scene import Lasting, LiveOperation, Scene
from tailorbird.language.live.sessions import LiveInSession, LiveSessions
from tailorbird.language.live.stories import (
    LiveAbsence,
    LiveDwell,
    LiveMatch,
    LiveSmooth,
    LiveTrait,
)
from tailorbird.language.live.timeline import Timeline
from tailorbird.language.live.turning import Turning
from tailorbird.language.lower import lower
from tailorbird.language.operations import (
    Absence,
    Apply,
    Calendar,
    Const,
    CurrentSession,
    Dwell,
    Expr,
    Fold,
    Given,
    Held,
    InSession,
    Leaf,
    Match,
    Operation,
    Points,
    Rolling,
    Select,
    Sessions,
    SinceEvent,
    Smooth,
    TraitValue,
    Turned,
    leaves,
    parts,
)
from tailorbird.language.operators import Type
from tailorbird.language.world import World

_ZONE: Final = TraitValue("timezone")
_CLOCK: Final = frozenset({"hour", "weekday", "date", "at", "instant", "anniversary", "rank"})
_NEEDED: Final = {">=": 0, "<": 0, ">": 1, "<=": 1, "==": 1}
"""How many more than the bound must be told apart to answer a comparison."""


@dataclass(slots=True)
class Plan:
    """Definitions compiled for the live reading; see `plan` to make one."""

    definitions: Definitions
    operations: list[Operation]
    table: list[LiveOperation]
    closures: dict[Key, Closure]
    tracked: tuple[Key, ...]
    """Segments, then personas: what people enter and leave. Elsewhere they go by number."""
    tests: tuple[Closure, ...]
    affected: list[tuple[int, ...]]
    """By operation: the tracked definitions that may change with it."""
    zone_index: int
    timelines: tuple[int, ...]
    """Operations that follow a condition over time."""
    followed: frozenset[int]
    """Operations that the conditions of timelines read."""
    restless: frozenset[int]
    """Tracked definitions that may turn although nothing touched them: they ask the clock."""
    zoned: bool
    placed: bool
    reads_context: bool
    """Whether any operation looks at more of a fact than its properties."""
    blank: frozenset[int] = frozenset()
    """Tracked definitions that hold for somebody to whom nothing that is asked for happened."""
    turning: Turning = field(init=False)
    prunes: tuple[Prune | None, ...] = ()
    """By operation: what time makes useless of a state is taken away by it; None where nothing."""
    reactions: Reactions = field(init=False)
    additions: Reactions = field(init=False)
    """For histories: what facts do to states, without asking any definition."""
    _additions: dict[frozenset[int], Reactions] = field(default_factory=dict)
    wakings: Wakings = field(init=False)
    _named: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _keyed: dict[str, dict[str, dict[Any, tuple[int, ...]]]] = field(default_factory=dict)
    _acts: tuple[int, ...] = ()
    _all: tuple[int, ...] = ()

    def readers(self, fact: Fact) -> list[int] | tuple[int, ...]:
        """The operations that may read a fact."""
        named = self._named.get(fact.name, ())
        keyed = self._keyed.get(fact.name)
        if keyed is None and not self._all and not (fact.act and self._acts):
            return named
        found = dict.fromkeys(named)
        if keyed is not None:
            for key, by_value in keyed.items():
                value = fact.properties.get(key)
                if type(value) in _INDEXED:
                    found.update(dict.fromkeys(by_value.get((type(value), value), ())))
        if fact.act:
            found.update(dict.fromkeys(self._acts))
        found.update(dict.fromkeys(self._all))
        return list(found)

    def additions_to(self, operations: frozenset[int]) -> Reactions:
        """The same to some operations alone."""
        found = self._additions.get(operations)
        if found is None:
            found = self._additions[operations] = self.additions.limited_to(operations)
        return found

    def prunes_of(self, operations: Iterable[int]) -> list[tuple[int, Prune]]:
        """Those of some operations of whose states time makes something useless."""
        each = [(index, self.prunes[index]) for index in operations]
        return [(index, prune) for index, prune in each if prune is not None]

    def by_name(self) -> tuple[dict[str | None, tuple[int, ...]], dict[str | None, Special]]:
        """By each name that definitions mention, and for all others: who may read such a fact.

        Filters that fix a value count among these where they are few. Where they are many, a
        fact with such a value is special: only `readers` tells who reads it.
        """
        anyone = (*self._acts, *self._all)
        readers: dict[str | None, tuple[int, ...]] = {None: anyone}
        special: dict[str | None, Special] = {}
        for name in {*self._named, *self._keyed}:
            by_key = self._keyed.get(name, {})
            keyed = dict.fromkeys(
                index
                for by_value in by_key.values()
                for some in by_value.values()
                for index in some
            )
            if len(keyed) > _FEW_KEYED:
                keyed, special[name] = {}, _with_value_in(by_key)
            if self.zone_index in self._named.get(name, ()):
                special[name] = _either(special.get(name), _sets_zone)
            readers[name] = tuple(dict.fromkeys((*self._named.get(name, ()), *keyed, *anyone)))
        return readers, special


_FEW_KEYED: Final = 8
"""Filters that fix a value: up to here it is quicker to try each than to look the value up."""


def _with_value_in(by_key: dict[str, dict[Any, tuple[int, ...]]]) -> Special:
    def is_special(properties: dict[str, Any]) -> bool:
        for key, by_value in by_key.items():
            value = properties.get(key)
            if type(value) in _INDEXED and (type(value), value) in by_value:
                return True
        return False

    return is_special


def _sets_zone(properties: dict[str, Any]) -> bool:
    return _ZONE.key in properties


def _either(one: Special | None, other: Special) -> Special:
    return other if one is None else lambda properties: one(properties) or other(properties)


_INDEXED: Final = frozenset({int, str, bool})


def plan(definitions: Definitions) -> Plan:
    """Compile checked definitions into an op table."""
    return _Builder(definitions).build()


class _Builder:
    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._lowered: Mapping[Key, Expr] = lower(definitions)
        self._index: dict[Operation, int] = {}
        self._operations: list[Operation] = []
        self._table: list[LiveOperation] = []
        self._kept = _kept_newest(self._lowered.values())
        self._compiler = Compiler(self._index_of, self._table, self._lowered)

    def build(self) -> Plan:
        zone_index = self._index_of(_ZONE)
        closures = {key: self._compiler.definition(key) for key in self._lowered}
        segments = [key for key in self._lowered if key[0] == "segment"]
        personas = [persona.key for persona in self._definitions.personas]
        tracked = (*segments, *personas)
        timelines = tuple(i for i, op in enumerate(self._table) if isinstance(op, Timeline))
        made = Plan(
            self._definitions,
            self._operations,
            self._table,
            closures,
            tracked,
            tuple(_decided(closures[key]) for key in tracked),
            self._affected(tracked),
            zone_index,
            timelines,
            self._followed(timelines),
            frozenset(i for i, key in enumerate(tracked) if self._asks_time(key)),
            zoned=any(op.zoned for op in self._table),
            placed=any(op.placed for op in self._table),
            reads_context=_reads_context(self._operations),
        )
        self._index_facts(made)
        made.prunes = tuple(None if isinstance(op, Lasting) else op.prune for op in self._table)
        scene = Scene(0, World().at(0), zone("UTC"), {})
        made.blank = frozenset(i for i, test in enumerate(made.tests) if test(scene))
        names = {len(segments) + i: p.name for i, p in enumerate(self._definitions.personas)}
        made.turning = Turning(tracked, made.blank, names)
        table = self._knowledge(made)
        rules = Rules(self._operations, table, *made.by_name())
        made.reactions, made.additions = Reactions(rules), Reactions(rules, asks=False)
        made.wakings = Wakings(table, made.restless, made.prunes)
        return made

    def _knowledge(self, made: Plan) -> Table:
        tracked = tuple(self._lowered[key] for key in made.tracked)
        return Table(
            self._index_of,
            self._table,
            self._lowered,
            self._compiler.compile,
            tracked,
            made.affected,
            made.blank,
        )

    def _asks_time(self, key: Key) -> bool:
        pending, seen = [self._lowered[key]], {key}
        while pending:
            expr = pending.pop()
            pending.extend(parts(expr))
            if isinstance(expr, Apply) and expr.name in _CLOCK:
                return True
            if isinstance(expr, Leaf) and isinstance(expr.operation, Held | Turned):
                return True
            if isinstance(expr, Given) and expr.key not in seen:
                seen.add(expr.key)
                pending.append(self._lowered[expr.key])
        return False

    def _index_of(self, operation: Operation) -> int:
        found = self._index.get(operation)
        if found is None:
            live = self._live(operation)  # its own parts come first
            found = self._index[operation] = len(self._operations)
            self._operations.append(operation)
            self._table.append(live)
        return found

    def _live(self, operation: Operation) -> LiveOperation:
        if isinstance(operation, Fold):
            return self._live_fold(operation)
        if isinstance(operation, Points):
            return live_points(operation)
        if isinstance(operation, Match):
            return LiveMatch(operation)
        if isinstance(operation, Absence):
            return LiveAbsence(operation)
        if isinstance(operation, Sessions):
            return LiveSessions(operation)
        if isinstance(operation, InSession):
            return self._live_in_session(operation)
        if isinstance(operation, Held | Turned):
            return Timeline(operation, self._compiler.compile(operation.condition))
        if isinstance(operation, Smooth):
            return LiveSmooth(operation)
        return LiveDwell(operation) if isinstance(operation, Dwell) else LiveTrait(operation)

    def _live_fold(self, fold: Fold) -> LiveOperation:
        if isinstance(fold.window, Rolling | Calendar):
            if fold.value is None:
                return TimesBag(fold, self._kept.get(fold))
            return EntriesBag(fold)
        if isinstance(fold.window, SinceEvent):
            return SinceBag(fold)
        if isinstance(fold.window, CurrentSession):
            return SessionBag(fold)
        return LifetimeFold(fold)

    def _live_in_session(self, operation: InSession) -> LiveOperation:
        """A table of its own, because its operations see the facts of one session only."""
        inner = [leaf.operation for leaf in leaves(operation.condition)]
        table = [self._live(part) for part in inner]
        compiler = Compiler(inner.index, table, self._lowered)
        return LiveInSession(table, compiler.compile(operation.condition), operation.last_us)

    def _affected(self, tracked: tuple[Key, ...]) -> list[tuple[int, ...]]:
        affected: list[list[int]] = [[] for _ in self._operations]
        for number, key in enumerate(tracked):
            for operation in self._reads(self._lowered[key], set()):
                affected[self._index[operation]].append(number)
        return [tuple(numbers) for numbers in affected]

    def _reads(self, expr: Expr, found: set[Operation]) -> set[Operation]:
        pending = [expr]
        seen: set[Key] = set()
        while pending:
            current = pending.pop()
            pending.extend(parts(current))
            if isinstance(current, Given) and current.key not in seen:
                seen.add(current.key)
                pending.append(self._lowered[current.key])
            elif isinstance(current, Leaf):
                found.add(current.operation)
                if isinstance(current.operation, Held | Turned):
                    pending.append(current.operation.condition)
        return found

    def _followed(self, timelines: tuple[int, ...]) -> frozenset[int]:
        found: set[Operation] = set()
        for index in timelines:
            operation = self._operations[index]
            assert isinstance(operation, Held | Turned)
            self._reads(operation.condition, found)
        return frozenset(self._index[operation] for operation in found)

    # Which facts an operation reads

    def _index_facts(self, made: Plan) -> None:
        named: dict[str, list[int]] = {}
        keyed: dict[str, dict[str, dict[Any, list[int]]]] = {}
        acts: dict[int, None] = {}
        everything: dict[int, None] = {}
        for index, operation in enumerate(made.table):
            fixed = _fixed_value(operation.selects[0]) if len(operation.selects) == 1 else None
            for select in operation.selects:
                if select.everything:
                    everything[index] = None
                elif select.names is None:
                    acts[index] = None
                elif fixed is not None:
                    key, value = fixed
                    for name in select.names:
                        by_value = keyed.setdefault(name, {}).setdefault(key, {})
                        by_value.setdefault(value, []).append(index)
                else:
                    for name in select.names:
                        if index not in named.setdefault(name, []):
                            named[name].append(index)
        made._named = {name: tuple(found) for name, found in named.items()}
        made._keyed = {
            name: {
                key: {value: tuple(found) for value, found in by_value.items()}
                for key, by_value in keys.items()
            }
            for name, keys in keyed.items()
        }
        made._acts, made._all = tuple(acts), tuple(everything)


def _reads_context(part: object) -> bool:
    """Whether an operation, or any part of one, may look at a fact's context."""
    if isinstance(part, Ref):
        return part.root in ("context", "prev")
    if isinstance(part, list | tuple):
        return any(map(_reads_context, part))
    if isinstance(part, Dwell):
        return True
    return is_dataclass(part) and any(_reads_context(getattr(part, f.name)) for f in fields(part))


def _decided(condition: Closure) -> Closure:
    """A condition whose answer is one of the two booleans themselves."""
    return lambda scene: bool(condition(scene))


def _fixed_value(select: Select) -> tuple[str, Any] | None:
    """A property and the value that a filter demands of it; None when it demands none."""
    for part in _conjuncts(select.where):
        if not isinstance(part, Call) or part.op != "==":
            continue
        for ref, literal in (part.args, part.args[::-1]):
            if not isinstance(ref, Ref) or ref.root != "properties" or len(ref.path) != 1:
                continue
            if isinstance(literal, Number | Text | Boolean) and type(literal.value) in _INDEXED:
                return ref.path[0], (type(literal.value), literal.value)
    return None


def _conjuncts(node: Node | None) -> tuple[Node, ...]:
    if isinstance(node, Call) and node.op == "and":
        return node.args
    return () if node is None else (node,)


def _kept_newest(lowered: Any) -> dict[Fold, int]:
    """Rolling counts that are only compared with numbers: how many entries decide them."""
    kept: dict[Fold, int] = {}
    exact: set[Fold] = set()
    pending: list[Expr] = list(lowered)
    while pending:
        expr = pending.pop()
        if isinstance(expr, Leaf):
            if isinstance(expr.operation, Fold):
                exact.add(expr.operation)
            elif isinstance(expr.operation, Held | Turned):
                pending.append(expr.operation.condition)
            continue
        compared = _compared_count(expr)
        if compared is None:
            pending.extend(parts(expr))
        else:
            fold, needed = compared
            kept[fold] = max(kept.get(fold, 1), needed)
    return {fold: needed for fold, needed in kept.items() if fold not in exact}


def _compared_count(expr: Expr) -> tuple[Fold, int] | None:
    if not isinstance(expr, Apply) or expr.name not in _NEEDED or len(expr.arguments) != 2:
        return None
    leaf, bound = expr.arguments
    if not isinstance(leaf, Leaf) or not isinstance(bound, Const):
        return None
    fold = leaf.operation
    if not isinstance(fold, Fold) or fold.kind != "count" or bound.gives is not Type.NUMBER:
        return None
    if not isinstance(fold.window, Rolling) or fold.window.near_us:
        return None
    if type(bound.value) is not int:
        return None
    return fold, max(-(-bound.value // 1_000_000) + _NEEDED[expr.name], 1)
