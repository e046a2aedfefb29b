"""Names, types and the order of definitions: from what was parsed to what can be read.

Every fault is collected, so that one run of ``tailorbird check`` shows them all. A definition
that uses a faulty one is not blamed for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, Place, Problem, nearest
from tailorbird.kernel.instants import SECOND
from tailorbird.language.ast import Call, Node, children, walk
from tailorbird.language.check import Checker
from tailorbird.language.definitions import KINDS, PERSONAS, Definition, Definitions, Key, Line
from tailorbird.language.operators import Type
from tailorbird.language.purposes import READY, Purpose

_SHORTEST_HALF_LIFE: Final = 64 * SECOND
_START: Final = Place("<definitions>", 1, 1)


@dataclass(slots=True)
class Resolved:
    """Checked definitions together with everything that was remarked on the way."""

    definitions: Definitions
    warnings: list[Problem] = field(default_factory=list)


def resolve(written: Sequence[Definition], purposes: Sequence[Purpose] = READY) -> Resolved:
    """Check parsed definitions against each other and put them in order of dependency.

    Raises `DefinitionError` with every problem found: unknown names with the nearest known one,
    wrong types, cycles with their path.
    """
    return _Resolver(written, tuple(purposes)).resolve()


class _Resolver:
    def __init__(self, written: Sequence[Definition], purposes: tuple[Purpose, ...]) -> None:
        self._written = written
        self._purposes = purposes
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []
        self._by_key: dict[Key, Definition] = {}
        self._names: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self._checked: dict[Key, Definition] = {}
        self._types: dict[Key, Type] = {}
        self._inside_history: dict[Key, set[Key]] = {}
        self._historical: set[Key] = set()

    def resolve(self) -> Resolved:
        self._collect()
        order = self._order()
        for definition in order:
            self._check(definition)
        if self._problems:
            raise DefinitionError(sorted(self._problems, key=_position))
        self._refuse_nested_history(order)
        self._refuse_hidden_clock(order)
        self._refuse_long_chains(order)
        if self._problems:
            raise DefinitionError(sorted(self._problems, key=_position))
        checked = tuple(self._checked[d.key] for d in order)
        personas = tuple(self._checked[d.key] for d in self._written if d.kind == "persona")
        definitions = Definitions(checked, personas, self._purposes)
        return Resolved(definitions, sorted(self._warnings, key=_position))

    def _blame(self, definition: Definition, message: str) -> None:
        self._problems.append(Problem(definition.place or _START, message))

    def _collect(self) -> None:
        if len(self._written) > limits.DEFINITIONS:
            message = f"there are {len(self._written)} definitions, at most {limits.DEFINITIONS}"
            raise DefinitionError([Problem(_START, message)])
        for definition in self._written:
            earlier = self._by_key.setdefault(definition.key, definition)
            if earlier is not definition:
                where = f", first at {earlier.place}" if earlier.place else ""
                self._blame(
                    definition, f"the {definition.kind} {definition.name!r} is given twice{where}"
                )
            else:
                self._names[definition.kind].append(definition.name)

    # Order

    def _order(self) -> list[Definition]:
        needs = {key: self._needs(definition) for key, definition in self._by_key.items()}
        done: set[Key] = set()
        ordered: list[Definition] = []
        for key in self._by_key:
            self._visit(key, needs, done, ordered)
        return ordered

    def _visit(
        self, start: Key, needs: dict[Key, list[Key]], done: set[Key], ordered: list[Definition]
    ) -> None:
        """Depth first without recursion: a chain of definitions may be thousands long."""
        path: dict[Key, None] = {}
        pending: list[tuple[Key, bool]] = [(start, False)]
        while pending:
            key, leaving = pending.pop()
            if leaving:
                path.popitem()
                done.add(key)
                ordered.append(self._by_key[key])
            elif key in path:
                way = list(path)
                self._blame_cycle([*way[way.index(key) :], key])
            elif key not in done:
                path[key] = None
                pending.append((key, True))
                pending.extend((need, False) for need in reversed(needs[key]))

    def _blame_cycle(self, path: list[Key]) -> None:
        shown = " -> ".join(f"{kind} {name!r}" for kind, name in path)
        message = f"definitions go round in a circle: {shown}"
        if all(problem.message != message for problem in self._problems):
            self._blame(self._by_key[path[0]], message)

    def _needs(self, definition: Definition) -> list[Key]:
        found: list[Key] = []
        for node in _expressions(definition):
            for part in walk(node):
                if isinstance(part, Call):
                    found.extend(self._named(part))
        if definition.parent is not None:
            found.append(("segment", definition.parent))
        return [key for key in dict.fromkeys(found) if key in self._by_key]

    def _named(self, call: Call) -> Iterable[Key]:
        if call.op == "persona":
            return [d.key for d in self._written if d.kind == "persona"]
        kinds: dict[str, str] = {
            "score": "score",
            "trait": "trait",
            "in_segment": "segment",
            "entered": "segment",
            "left": "segment",
        }
        kind = kinds.get(call.op)
        name = getattr(call.args[0], "value", None) if call.args else None
        return [cast("Key", (kind, name))] if kind and isinstance(name, str) else []

    # Types

    def _check(self, definition: Definition) -> None:
        checker = Checker(self._types, self._names, hourly=definition.hourly)
        body, lines, gives = definition.body, definition.lines, Type.CONDITION
        try:
            if definition.kind == "score":
                lines, gives = self._score(definition, checker), Type.NUMBER
            elif definition.kind == "trait":
                assert body is not None
                body, gives = checker.value(body)
            else:
                assert body is not None
                body = checker.condition(body)
            self._parent(definition, checker)
            self._purpose(definition)
        except DefinitionError as error:
            self._problems.extend(_placed(error, definition))
        self._warnings.extend(checker.warnings)
        self._types[definition.key] = gives
        self._inside_history[definition.key] = checker.inside_history
        if checker.history:
            self._historical.add(definition.key)
        self._checked[definition.key] = replace(
            definition, body=body, lines=lines, gives=gives, depends=tuple(sorted(checker.depends))
        )

    def _score(self, definition: Definition, checker: Checker) -> tuple[Line, ...]:
        half_life_us = definition.half_life_us
        if half_life_us is not None and (
            half_life_us < _SHORTEST_HALF_LIFE or half_life_us % SECOND
        ):
            self._blame(definition, "half_life is in whole seconds and at least 64s")
        if not definition.lines:
            self._blame(definition, f"the score {definition.name!r} has no points")
        return tuple(
            replace(
                line,
                events=checker.events(line.events),
                where=None if line.where is None else checker.where(line.where),
            )
            for line in definition.lines
        )

    def _parent(self, definition: Definition, checker: Checker) -> None:
        if definition.parent is None:
            return
        key: Key = ("segment", definition.parent)
        if key not in self._by_key:
            hint = nearest(definition.parent, self._names["segment"])
            self._blame(definition, f"there is no segment {definition.parent!r}{hint}")
        checker.depends.add(key)

    def _purpose(self, definition: Definition) -> None:
        known = [purpose.name for purpose in self._purposes]
        if definition.purpose is not None and definition.purpose not in known:
            hint = nearest(definition.purpose, known)
            says = f"there is no purpose {definition.purpose!r}{hint}; purposes: is the table"
            self._blame(definition, says)

    # What may not be hidden behind a name

    def _refuse_nested_history(self, order: Sequence[Definition]) -> None:
        tainted = self._spread(order, self._historical)
        for definition in order:
            for key in sorted(self._inside_history[definition.key]):
                if key in tainted or (key == PERSONAS and self._any_persona(tainted)):
                    kind, name = key
                    self._blame(
                        definition,
                        f"held, entered and left cannot look at {kind} {name!r}, "
                        "which uses one of them itself",
                    )

    def _refuse_hidden_clock(self, order: Sequence[Definition]) -> None:
        asking = {d.key for d in order if any(_asks_now(node) for node in _expressions(d))}
        changing = self._spread(order, asking)
        for definition in order:
            if definition.kind == "persona" or definition.hourly:
                continue
            for key in self._checked[definition.key].depends:
                if key in changing:
                    self._blame(
                        definition,
                        f"{key[0]} {key[1]!r} changes by the hour; set `refresh: hourly` here too",
                    )

    def _refuse_long_chains(self, order: Sequence[Definition]) -> None:
        """A reading goes into a definition where it is used, so that depths add up."""
        levels: dict[Key, int] = {}
        blamed: set[Key] = set()
        for definition in order:
            key, needs = definition.key, self._needs(definition)
            levels[key] = self._levels(definition, levels)
            if any(need in blamed for need in needs):
                blamed.add(key)
            elif levels[key] > limits.CHAIN_DEPTH:
                blamed.add(key)
                way = _deepest(
                    key, {need: self._needs(self._by_key[need]) for need in levels}, levels
                )
                self._blame(
                    definition,
                    f"{key[0]} {key[1]!r} is nested {levels[key]} deep, counted through what it "
                    f"uses, at most {limits.CHAIN_DEPTH}: {way}; use fewer definitions in a row",
                )

    def _levels(self, definition: Definition, levels: Mapping[Key, int]) -> int:
        """How deep a definition is nested, what it uses included."""
        parent: Key = ("segment", definition.parent or "")
        deepest = 2 + levels.get(parent, 0) if definition.parent is not None else 0
        pending = [(node, 1) for node in _expressions(definition)]
        while pending:
            node, level = pending.pop()
            below = (
                [levels.get(key, 0) for key in self._named(node)] if isinstance(node, Call) else []
            )
            deepest = max(deepest, level + max(below, default=0))
            pending.extend((child, level + 1) for child in children(node))
        return deepest

    def _spread(self, order: Sequence[Definition], roots: set[Key]) -> set[Key]:
        """The roots and every definition that depends on one of them."""
        found = set(roots)
        for definition in order:
            depends = self._checked[definition.key].depends
            if any(key in found for key in depends) or (
                PERSONAS in depends and self._any_persona(found)
            ):
                found.add(definition.key)
        return found

    def _any_persona(self, keys: set[Key]) -> bool:
        return any(kind == "persona" for kind, _ in keys)


def _expressions(definition: Definition) -> list[Node]:
    nodes = [] if definition.body is None else [definition.body]
    for line in definition.lines:
        nodes.append(line.events)
        if line.where is not None:
            nodes.append(line.where)
    return nodes


def _deepest(start: Key, needs: Mapping[Key, Sequence[Key]], levels: Mapping[Key, int]) -> str:
    """The way down to the most deeply nested, its middle left out."""
    way = [start]
    while needs[way[-1]]:
        way.append(max(needs[way[-1]], key=lambda key: levels[key]))
    shown = [f"{kind} {name!r}" for kind, name in way]
    return " -> ".join(shown if len(shown) <= 6 else [*shown[:3], "...", *shown[-2:]])


def _asks_now(node: Node) -> bool:
    clock = {"hour", "weekday", "date"}
    return any(isinstance(part, Call) and part.op in clock for part in walk(node))


def _placed(error: DefinitionError, definition: Definition) -> list[Problem]:
    """A fault in a tree without places (from JSON) is shown at its definition."""
    where = definition.place or _START
    return [
        replace(problem, place=where) if problem.place.file == "<definition>" else problem
        for problem in error.problems
    ]


def _position(problem: Problem) -> tuple[str, int, int]:
    return problem.place.file, problem.place.line, problem.place.column
