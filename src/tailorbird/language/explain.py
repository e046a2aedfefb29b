"""Why a definition has its value for a person: the tree of its parts, with facts and instants.

Every part of the tree is made a definition of its own and answered by the live engine, so that
an explanation cannot say anything else than the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.kernel.instants import find_zone
from tailorbird.kernel.values import MISSING, Value
from tailorbird.language import live
from tailorbird.language.arguments import is_selection
from tailorbird.language.ast import Call, Each, Node, Ref, Text
from tailorbird.language.definitions import PERSONAS, Definition, Definitions, Key
from tailorbird.language.evidence import Evidence
from tailorbird.language.live.retelling import without_bots
from tailorbird.language.live.scene import Scene
from tailorbird.language.lower import lower
from tailorbird.language.operations import Expr, Given, Held, Operation, Turned, leaves
from tailorbird.language.operators import OPERATORS, Scope, Slot, Type
from tailorbird.language.printer import show
from tailorbird.language.ranks import no_figure
from tailorbird.language.words import describe, words
from tailorbird.language.world import World

_PARTS: Final = frozenset(
    {Slot.CONDITION, Slot.VALUE, Slot.NUMBER, Slot.TEXT, Slot.LIST, Slot.INSTANT, Slot.MOMENT}
)
"""Arguments in these slots are expressions about the person."""
_NAMING: Final = {"score": "score", "trait": "trait", "in_segment": "segment"}
_TURNING: Final = frozenset({"entered", "left"})
_ZONE: Final[Key] = ("trait", "\0zone")


class Turn(NamedTuple):
    """An instant at which a condition turned, and to what."""

    at_us: int
    holds: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a definition, and what it is for the person."""

    text: str
    """The part as it is written; of a definition its kind and name."""
    says: str
    """The part in plain words."""
    gives: Type
    value: Value
    changes_at: int | None
    """The first later instant with another value; None when there is none that is known of."""
    moves: bool
    """A duration that grows with time: then ``changes_at`` says nothing."""
    facts: tuple[Fact, ...] = ()
    """What made a value that is read from facts, in order."""
    beside: Fact | None = None
    """Where no fact counts: the latest one that would count, were it in the window."""
    turns: tuple[Turn, ...] = ()
    """Of a condition that is followed over time."""
    notes: tuple[str, ...] = ()
    parts: tuple[Reason, ...] = ()


class Explanation(NamedTuple):
    """Why a definition has its value for a person at an instant."""

    key: Key
    at_us: int
    exists: bool
    """Whether the person has a fact by then; who has none is in nothing and has no value."""
    reason: Reason
    seen_us: int
    """Up to this instant changes were looked for."""


def explain(
    definitions: Definitions,
    key: Key,
    facts: Sequence[Fact],
    world: World,
    *,
    at_us: int,
    horizon_us: int,
) -> Explanation:
    """The tree of reasons for a definition's value at an instant.

    A definition that stands in several places is taken apart in the first; elsewhere a note says
    so. ``facts`` are all that count of the person, later ones too: they decide when values change.
    """
    outline = _Outline(definitions.closure(_reach(definitions, key)))
    root = outline.definition(key)
    return _Told(outline, facts, world, at_us).explanation(root, key, horizon_us)


def _reach(definitions: Definitions, key: Key) -> set[Key]:
    return {p.key for p in definitions.personas} if key == PERSONAS else {key}


@dataclass(slots=True)
class _Part:
    """One node of the tree before it has values."""

    key: Key
    text: str
    says: str
    parts: list[_Part] = field(default_factory=list)
    followed: Key | None = None
    """The condition that an operation looks at over time."""
    figure: str | None = None
    whole: bool = False
    """Whether it is a definition, whose facts are told by its parts."""
    again: bool = False
    """Whether its parts are told elsewhere in the tree."""


class _Outline:
    """Takes definitions apart, and makes a definition of each part."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._by_key = definitions.by_key()
        self._made: list[Definition] = [Definition("trait", _ZONE[1], Ref("traits", ("timezone",)))]
        self._told: set[Key] = set()

    def extended(self) -> Definitions:
        """The definitions together with those made of their parts."""
        written = self._definitions.ordered
        lowered = lower(replace(self._definitions, ordered=(*written, *self._made)))
        typed = (replace(made, gives=lowered[made.key].gives) for made in self._made)
        return replace(self._definitions, ordered=(*written, *typed))

    def definition(self, key: Key) -> _Part:
        """A definition with its parts; without them where it is told of a second time."""
        part = self._named(key)
        if key in self._told:
            part.again = True
            return part
        self._told.add(key)
        if key == PERSONAS:
            part.parts = [self.definition(p.key) for p in self._definitions.personas]
            return part
        definition = self._by_key[key]
        if definition.parent is not None:
            part.parts.append(self.definition(("segment", definition.parent)))
        if definition.body is not None:
            part.parts.append(self.node(definition.body))
        else:
            part.parts = [self._line(definition, number) for number in range(len(definition.lines))]
        return part

    def node(self, node: Node) -> _Part:
        """An expression about the person with its parts."""
        part = _Part(self._key_of(node), show(node), words(node, self._definitions))
        if not isinstance(node, Call):
            return part
        if node.op in _TURNING:
            part.followed = self._reference(node)
            part.parts = [self.definition(part.followed)]
        elif node.op in _NAMING or node.op == "persona":
            named = self.definition(self._reference(node))
            part.parts, part.again = named.parts, named.again
        elif node.op != "in_one_session":
            part.parts = [self.node(arg) for arg in _about_person(node)]
        if node.op == "held":
            part.followed = part.parts[0].key
        if node.op == "percentile_rank":
            part.figure = show(node.args[0])
        return part

    def _reference(self, node: Call) -> Key:
        if node.op == "persona":
            return PERSONAS
        (name,) = node.args
        assert isinstance(name, Text)
        if node.op == "score":
            return "score", name.value
        return ("trait", name.value) if node.op == "trait" else ("segment", name.value)

    def _named(self, key: Key) -> _Part:
        if key == PERSONAS:
            return _Part(key, "persona", "the first persona that fits", whole=True)
        definition = self._by_key[key]
        says = definition.description or describe(definition, self._definitions)
        return _Part(key, f"{key[0]} {key[1]}", says, whole=True)

    def _line(self, score: Definition, number: int) -> _Part:
        line = replace(score, name=f"\0{len(self._made)}", lines=(score.lines[number],))
        self._made.append(line)
        says = describe(line, self._definitions)
        return _Part(line.key, line.text().split("\n")[-1], says)

    def _key_of(self, node: Node) -> Key:
        made = Definition("trait", f"\0{len(self._made)}", node)
        self._made.append(made)
        return made.key


def _about_person(node: Call) -> list[Node]:
    """The arguments that are expressions themselves; literals say what they are anyway."""
    operator = OPERATORS[node.op]
    if operator.scope is Scope.ARGUMENT:
        return []
    slots = [*operator.takes, *[operator.more] * len(node.args)]
    return [
        arg
        for arg, slot in zip(node.args, slots, strict=False)
        if slot in _PARTS and isinstance(arg, Call | Ref | Each) and not is_selection(arg)
    ]


class _Told:
    """The values, facts and instants of change for an outline."""

    def __init__(self, outline: _Outline, facts: Sequence[Fact], world: World, at_us: int) -> None:
        extended = outline.extended()
        self._at_us = at_us
        self._facts = facts
        self._world = world
        self._lowered = lower(extended)
        self._plan = live.plan(extended)
        self._ahead = live.Ahead(self._plan, facts, at_us, world)
        self._values = self._ahead.answers()
        workspace = world.at(at_us)
        own_zone = self._values[_ZONE]
        in_zone = find_zone(own_zone) if isinstance(own_zone, str) else None
        scene = Scene(at_us, workspace, in_zone or workspace.zone, {})
        past = sorted({f.id: f for f in facts if f.time_us <= at_us}.values(), key=_order)
        self._counted = without_bots(past)
        self._evidence = Evidence(self._plan, self._counted, scene)
        self._changes: dict[Key, int] = {}

    def explanation(self, root: _Part, key: Key, horizon_us: int) -> Explanation:
        exists = live.exists(live.PersonState(first_us=self._first_us()), self._at_us)
        self._changes, seen_us = self._ahead.changes(_keys(root), horizon_us)
        return Explanation(key, self._at_us, exists, self._reason(root), seen_us)

    def _first_us(self) -> int | None:
        times = [fact.time_us for fact in self._counted if fact.name != VERDICT]
        return min(times, default=None)

    def _reason(self, part: _Part) -> Reason:
        expr, at_us = self._lowered[part.key], self._changes.get(part.key)
        operations = self._read_here(part, expr)
        facts = _joined([self._evidence.of(operation) for operation in operations])
        beside = None if facts else self._beside(operations)
        moves = expr.gives is Type.DURATION and at_us == self._at_us + 1
        return Reason(
            part.text,
            part.says,
            expr.gives,
            MISSING if self._values[part.key] is None else self._values[part.key],
            None if moves else at_us,
            moves,
            tuple(facts),
            beside,
            () if part.followed is None else tuple(self._turns(part.followed)),
            self._notes(part),
            tuple(map(self._reason, part.parts)),
        )

    def _read_here(self, part: _Part, expr: Expr) -> list[Operation]:
        """The operations whose facts are told of here, because no part below does."""
        if part.whole or part.parts or isinstance(expr, Given):
            return []
        found = [leaf.operation for leaf in leaves(expr)]
        return [operation for operation in found if not isinstance(operation, Held | Turned)]

    def _beside(self, operations: list[Operation]) -> Fact | None:
        read = [fact for operation in operations for fact in self._evidence.read_by(operation)[-1:]]
        return max(read, key=_order, default=None)

    def _turns(self, key: Key) -> list[Turn]:
        first_us = self._first_us()
        if first_us is None:
            return []
        past = [fact for fact in self._facts if fact.time_us <= self._at_us]
        ahead = live.Ahead(self._plan, past, first_us - 1, self._world)
        return [Turn(at_us, bool(value)) for at_us, value in ahead.turns(key, self._at_us)]

    def _notes(self, part: _Part) -> tuple[str, ...]:
        if part.again:
            return ("told above",)
        if part.figure is None or part.figure in self._world.at(self._at_us).figures:
            return ()
        return (no_figure(part.figure),)


def _keys(part: _Part) -> set[Key]:
    return {part.key}.union(*map(_keys, part.parts))


def _joined(found: list[list[Fact]]) -> list[Fact]:
    return sorted({fact.key: fact for facts in found for fact in facts}.values(), key=_order)


def _order(fact: Fact) -> tuple[int, str]:
    return fact.key


def notes_of(reason: Reason) -> list[str]:
    """Everything that is noted anywhere in a tree, each once."""
    found = [*reason.notes, *(note for part in reason.parts for note in notes_of(part))]
    return list(dict.fromkeys(found))


def evaluated(reason: Reason) -> list[Any]:
    """The values of a tree from its root down, in reading order."""
    return [reason.value, *(value for part in reason.parts for value in evaluated(part))]
