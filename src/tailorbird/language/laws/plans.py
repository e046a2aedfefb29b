"""Random sets of definitions that refer to each other, all accepted by the checker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tailorbird.kernel.errors import DefinitionError
from tailorbird.language.ast import Call, Node, Text, walk
from tailorbird.language.definitions import Definition, Definitions, Key, Kind, Line
from tailorbird.language.laws import vocabulary
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.expressions import Names, Writer
from tailorbird.language.operators import HISTORY, OPERATORS, Operator, Scope, Type
from tailorbird.language.resolve import resolve

_KINDS: Final[tuple[Kind, ...]] = ("trait", "trait", "trait", "score", "segment", "segment")
_TYPES: Final = (
    *(Type.NUMBER, Type.NUMBER, Type.NUMBER, Type.NUMBER, Type.NUMBER, Type.TEXT),
    *(Type.ANY, Type.ANY, Type.ANY),
    *(Type.LIST, Type.DURATION, Type.INSTANT, Type.CONDITION),
)
_ATTEMPTS: Final = 8
ROOTS: Final = tuple(
    op.name
    for op in OPERATORS.values()
    if op.scope in (Scope.ANYWHERE, Scope.PERSON) and op.gives is not Type.VERSION
)
"""Operators that may stand at the top of a definition and give what a case can show."""


@dataclass(slots=True)
class Plan:
    """Definitions as written, and as checked."""

    written: tuple[Definition, ...]
    checked: Definitions


def random_plan(chance: Chance, size: int, about: Sequence[str] = ()) -> Plan:
    """So many definitions, each using some of those before it; their order is shuffled.

    Half of them have an operator of the catalogue at their top, each as often as any other; all
    of them one of the operators that they are to be about.
    """
    draft = _Draft(chance)
    for _ in range(size):
        if about or chance.once_in(2):
            draft.add_about(OPERATORS[chance.choice(about or ROOTS)])
        else:
            draft.add(chance.choice(_KINDS))
    if chance.once_in(2):
        draft.add("persona")
        draft.add("persona")
        draft.add("segment")
        draft.add_about(OPERATORS["persona"])
    personas = [d for d in draft.written if d.kind == "persona"]
    others = chance.shuffled([d for d in draft.written if d.kind != "persona"])
    written = (*others, *personas)
    return Plan(written, resolve(written).definitions)


@dataclass(slots=True)
class _Draft:
    chance: Chance
    written: list[Definition] = field(default_factory=list)
    _names: Names = field(default_factory=Names)
    _calm: Names = field(default_factory=Names)
    _restless: set[Key] = field(default_factory=set)
    """Definitions that use a history operator, themselves or through others."""

    def add(self, kind: Kind) -> None:
        """One more definition; none when chance offers only what the checker refuses."""
        for _ in range(_ATTEMPTS):
            if self._add(self._random(kind, self._name(kind))):
                return

    def add_about(self, operator: Operator) -> None:
        """One more definition, at whose top stands an operator; another one if it cannot yet."""
        for _ in range(_ATTEMPTS):
            writer, hourly = self._writer("segment")
            if not writer.allows(operator):
                self.add(self.chance.choice(_KINDS))
                return
            body = writer.call(operator, self.chance.between(1, 2))
            is_condition = operator.gives is Type.CONDITION
            kind: Kind = "segment" if is_condition and self.chance.below(4) else "trait"
            definition = Definition(kind, self._name(kind), body, hourly=hourly)
            if self._add(definition if kind == "segment" else replace(definition, hourly=False)):
                return

    def _name(self, kind: Kind) -> str:
        return f"{kind[0]}{len(self.written)}"

    def _add(self, definition: Definition) -> bool:
        try:
            checked = resolve([*self._needed(definition), definition]).definitions
        except DefinitionError:
            return False
        self.written.append(definition)
        self._remember(checked.find(definition.kind, definition.name))
        return True

    def _needed(self, definition: Definition) -> list[Definition]:
        """What a definition refers to, directly and through others."""
        found: dict[Key, Definition] = {}
        pending = [definition]
        while pending:
            nodes = [node for tree in trees_of(pending.pop()) for node in walk(tree)]
            names = {node.value for node in nodes if isinstance(node, Text)}
            personas = any(isinstance(node, Call) and node.op == "persona" for node in nodes)
            for other in self.written:
                needed = other.name in names or (personas and other.kind == "persona")
                if needed and other.key not in found:
                    found[other.key] = other
                    pending.append(other)
        return list(found.values())

    def _writer(self, kind: Kind) -> tuple[Writer, bool]:
        """A writer for a definition of this kind, and whether that changes by the hour."""
        hourly = kind == "segment" and self.chance.once_in(8)
        writer = Writer(self.chance, names=self._names, calm=self._calm, hourly=hourly)
        return writer, hourly

    def _random(self, kind: Kind, name: str) -> Definition:
        chance = self.chance
        writer, hourly = self._writer(kind)
        depth = chance.between(1, 3)
        if kind == "score":
            return self._score(writer, name)
        if kind == "trait":
            return Definition(kind, name, writer.value(chance.choice(_TYPES), depth))
        segments = self._names.segments
        parent = chance.choice(segments) if segments and chance.once_in(6) else None
        parent = parent if kind == "segment" else None
        return Definition(kind, name, writer.condition(depth), parent=parent, hourly=hourly)

    def _score(self, writer: Writer, name: str) -> Definition:
        chance = self.chance
        lines = tuple(
            Line(
                writer.events(),
                vocabulary.number(chance),
                writer.where(1) if chance.once_in(3) else None,
                chance.between(1, 2) if chance.once_in(3) else None,
            )
            for _ in range(chance.between(1, 3))
        )
        half_life_us = chance.choice(vocabulary.HALF_LIVES) if chance.below(3) else None
        return Definition("score", name, lines=lines, half_life_us=half_life_us)

    def _remember(self, definition: Definition) -> None:
        """Let later definitions refer to this one, unless it changes by the hour."""
        if definition.kind == "persona":
            self._names.personas = True
            self._calm.personas = not self._is_restless(definition) and (
                self._calm.personas or self._first_persona()
            )
            return
        if definition.hourly:
            return
        known = [self._names]
        if self._is_restless(definition):
            self._restless.add(definition.key)
        else:
            known.append(self._calm)
        for names in known:
            if definition.kind == "trait":
                names.traits[definition.name] = definition.gives
            elif definition.kind == "score":
                names.scores.append(definition.name)
            else:
                names.segments.append(definition.name)

    def _first_persona(self) -> bool:
        return sum(definition.kind == "persona" for definition in self.written) == 1

    def _is_restless(self, definition: Definition) -> bool:
        uses = (
            any(_is_history(node) for node in walk(definition.body)) if definition.body else False
        )
        return uses or not self._restless.isdisjoint(definition.depends)


def trees_of(definition: Definition) -> list[Node]:
    """Every expression of a definition; a parent's name too, as a text."""
    parts = [
        definition.body,
        *(part for line in definition.lines for part in (line.events, line.where)),
    ]
    found = [part for part in parts if part is not None]
    return found if definition.parent is None else [*found, Text(definition.parent)]


def _is_history(node: Node) -> bool:
    return isinstance(node, Call) and node.op in HISTORY


def without(plan: Plan, key: Key) -> Plan | None:
    """The plan with a definition left out; None when others need it."""
    kept = tuple(definition for definition in plan.written if definition.key != key)
    try:
        return Plan(kept, resolve(kept).definitions)
    except DefinitionError:
        return None


def with_definition(plan: Plan, definition: Definition) -> Plan | None:
    """The plan with another definition for the same key; None when it is refused."""
    changed = tuple(definition if d.key == definition.key else d for d in plan.written)
    try:
        return Plan(changed, resolve(changed).definitions)
    except DefinitionError:
        return None
